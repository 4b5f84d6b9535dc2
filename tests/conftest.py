"""The rooms of the tests' real parts, a folder in memory for their files, and the same chance each time."""

import os
import sys

import hypothesis

from tests.support import memory

hypothesis.settings.register_profile("the same each time", derandomize=True, deadline=None)
hypothesis.settings.load_profile("the same each time")

# Hundreds of processes are started: each would compile all that is ours where no byte code is kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

if folder := memory.folder():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))

pytest_plugins = [
    "tests.support.browser",
    "tests.support.certificates",
    "tests.support.databases",
    "tests.support.desk",
    "tests.support.door",
    "tests.support.fetching",
    "tests.support.host_pages",
    "tests.support.kept",
    "tests.support.mail",
    "tests.support.nameserver",
    "tests.support.production",
    "tests.support.redis",
    "tests.support.service",
    "tests.support.threads",
    "tests.support.verifying",
    "tests.support.web",
    "tests.support.wordpress",
    "tests.support.worker",
]
