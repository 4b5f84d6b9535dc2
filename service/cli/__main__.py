"""``python -m service.cli``: the same as ``reflections``; children are started so, whatever the PATH."""

from service.cli import main

main()
