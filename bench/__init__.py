"""The benchmark: what we reach, beside nginx, Isso and the bare pieces in the same run. See docs/benchmarks.md."""
