"""``reflections moderator``: who may decide is said on this machine alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from config.settings import PREFIX
from service.cli import cli
from tests.support.desk import OpenDashboard
from tests.support.service import SECRET, KnownSite, SignIn

PASSWORD = "a pass phrase that was typed"


class Command:
    """The command line on the test's own database."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ

    def __call__(self, *arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(cli, ["moderator", *arguments], input=typed, env=self.environ)


@pytest.fixture
def command(database_url: str, redis_url: str, tmp_path: Path) -> Command:
    own = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(tmp_path),
        "BASE_URL": "http://127.0.0.1:8000",
        "SECRET_KEY": SECRET,
    }
    return Command({PREFIX + name: value for name, value in own.items()})


def test_a_moderator_is_made_with_a_password_that_is_printed_once(
    command: Command, site: KnownSite, open_dashboard: OpenDashboard
) -> None:
    done = command("add", "Bob", "--site", site.base)
    assert done.exit_code == 0, done.output
    password = done.stdout.split()[-1]
    assert open_dashboard().sign_in(SignIn("Bob", password)).status_code == 303
    assert password not in command("list").stdout


def test_a_password_may_be_given(command: Command, open_dashboard: OpenDashboard) -> None:
    done = command("add", "Olga", "--role", "owner", "--password-stdin", typed=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.stdout
    assert open_dashboard().sign_in(SignIn("Olga", PASSWORD)).status_code == 303


def test_a_new_password_ends_the_old_one_and_its_sessions(command: Command, open_dashboard: OpenDashboard) -> None:
    command("add", "Olga", "--role", "owner", "--password-stdin", typed=PASSWORD)
    signed_in = open_dashboard(SignIn("Olga", PASSWORD))
    done = command("password", "olga")
    assert done.exit_code == 0, done.output
    assert signed_in.read().status_code == 302
    assert open_dashboard().sign_in(SignIn("Olga", PASSWORD)).status_code == 422
    assert open_dashboard().sign_in(SignIn("Olga", done.stdout.split()[-1])).status_code == 303


def test_the_list_says_who_decides_where(command: Command, site: KnownSite) -> None:
    command("add", "Olga", "--role", "owner")
    command("add", "Bob", "--site", site.base)
    assert command("list").stdout.splitlines() == ["Olga\towner\t*", f"Bob\tmoderator\t{site.base}"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_done_is_one_line(command: Command, site: KnownSite, engine: Engine) -> None:
    command("add", "Bob", "--site", site.base)
    refusals = {
        ("add", "bob", "--site", site.base): "there is a moderator called bob already",
        ("add", "Carol"): "a moderator decides on sites: name at least one",
        ("add", "Carol", "--site", "https://elsewhere.example/"): "there is no site https://elsewhere.example/",
        ("add", "worker", "--role", "owner"): "worker is what the record calls the service itself",
        ("add", " ", "--role", "owner"): "a moderator's name has 1 to 60 characters",
        ("add", "x" * 61, "--role", "owner"): "a moderator's name has 1 to 60 characters",
        ("password", "Carol"): "there is no moderator called Carol",
    }
    for arguments, sentence in refusals.items():
        done = command(*arguments)
        assert done.exit_code == 1, arguments
        assert sentence in done.stderr
        assert len(done.stderr.splitlines()) == 1
    short = command("password", "Bob", "--password-stdin", typed="short\n")
    assert (short.exit_code, "at least 12 characters" in short.stderr) == (1, True)
    assert command("add", "Dora", "--role", "king").exit_code == 2
