"""Every command explains itself, and fails with the status and the one line that scripts rely on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from service.cli import cli
from tests.support.commands import command


def every_command(group: click.Group = cli, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            yield (*above, name)
            if isinstance(found, click.Group):
                yield from every_command(found, (*above, name))


ALL = list(every_command())


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    with click.Context(cli, info_name="reflections") as context:
        found: click.Command | None = cli
        for word in words:
            assert isinstance(found, click.Group)
            found = found.get_command(context, word)
        assert found is not None
        assert found.help
        with pytest.raises(click.exceptions.Exit) as left:
            found.main(["--help"], standalone_mode=False) or context.exit()
        assert left.value.exit_code == 0


@pytest.mark.parametrize(
    "words", [("run",), ("web",), ("worker",), ("scheduler",), ("db", "upgrade"), ("site", "add"), ("site", "list"),
              ("site", "show"), ("site", "token"), ("doctor",)], ids=" ".join,
)  # fmt: skip
def test_the_commands_of_the_contract_are_there(words: tuple[str, ...]) -> None:
    assert words in ALL


def test_help_is_printed_with_success() -> None:
    said = command("site", "add", "--help")
    assert said.status == 0
    assert "BASE_URL" in said.out


def test_the_version_is_printed() -> None:
    said = command("--version")
    assert (said.status, said.out.split()[0]) == (0, "reflections")


@pytest.mark.parametrize("words", [("nonsense",), ("site", "nonsense"), ("site", "add"), ("worker", "nonsense"),
                                   ("run", "--port", "0"), ("run", "--port", "65535"), ("site", "list", "--nonsense"),
                                   ("site", "add", "ftp://blog.example/"),
                                   ("site", "add", "https://b.example", "--locale", "xx")], ids=" ".join)  # fmt: skip
def test_bad_usage_is_status_2(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(cli, words, prog_name="reflections")
    assert said.exit_code == 2
    assert said.stdout == ""
    assert said.stderr.splitlines()[-1].startswith("Error: ")


def test_bad_usage_is_status_2_for_a_shell_too(tmp_path: Path) -> None:
    said = command("run", "--port", "0", cwd=tmp_path)
    assert (said.status, said.out) == (2, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("run",), ("web",), ("worker", "verify"), ("scheduler",), ("site", "list"),
                                   ("db", "upgrade")], ids=" ".join)  # fmt: skip
def test_a_misspelt_setting_stops_every_command_with_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    said = command(*words, cwd=tmp_path, FETCH_ALOW="10.0.0.0/8")
    assert "REFLECTIONS_FETCH_ALOW is not a setting; did you mean REFLECTIONS_FETCH_ALLOW?" in said.complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("web",), ("worker", "verify"), ("scheduler",), ("site", "list")], ids=" ".join)
def test_without_a_database_one_line_says_how_to_make_one(words: tuple[str, ...], tmp_path: Path) -> None:
    said = command(*words, cwd=tmp_path, BASE_URL="https://reflections.example")
    assert f"there is no database at {tmp_path}/var/reflections.db yet" in said.complaint
    assert list(tmp_path.iterdir()) == [], "a command that only looks has made something"


def test_a_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    away = {"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none", "SECRET_KEY": "k" * 32}
    said = command("site", "list", cwd=tmp_path, BASE_URL="https://reflections.example", **away)
    assert "the database can't be used: connection" in said.complaint
