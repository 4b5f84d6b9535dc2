"""The rooms of the tests' real parts."""

pytest_plugins = ["tests.support.databases"]
