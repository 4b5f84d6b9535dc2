"""Bytes by the million: what strangers send, made up by a fuzzer that watches which branches they reach.

``targets`` says what each target does with bytes and what must hold afterwards. ``python -m tests.fuzz scan`` looks for
bytes that break it (atheris stands beside requirements-test.txt then), ``test_corpus`` runs all that was worth keeping,
what broke something among it, as ordinary tests. How long it ran and what it found: docs/fuzzing.md.
"""
