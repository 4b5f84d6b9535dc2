"""The rooms of the tests' real parts."""

pytest_plugins = [
    "tests.support.certificates",
    "tests.support.databases",
    "tests.support.door",
    "tests.support.nameserver",
    "tests.support.fetching",
    "tests.support.redis",
    "tests.support.web",
]
