"""The rooms of the tests' real parts."""

pytest_plugins = [
    "tests.support.browser",
    "tests.support.certificates",
    "tests.support.databases",
    "tests.support.desk",
    "tests.support.door",
    "tests.support.fetching",
    "tests.support.host_pages",
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
