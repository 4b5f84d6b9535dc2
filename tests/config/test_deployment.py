"""What stands round the service when it runs for real says what the programs that read it understand."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest

from config.settings import PREFIX, Settings
from service.cli import cli
from tests.support.commands import environ_with
from tests.support.programs import program

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "config" / "systemd").glob("*.service"))
SNIPPETS = sorted(file for file in (ROOT / "config" / "integrations").iterdir() if file.is_file())


def understood(words: list[str]) -> None:
    """Whether ``reflections WORDS`` is a command with these options; nothing is started."""
    command: click.Command = cli
    while isinstance(command, click.Group):
        with click.Context(command) as context:
            found = command.get_command(context, words[0])
        assert found is not None, f"reflections has no command {words}"
        command, words = found, words[1:]
    command.make_context(command.name, list(words)).close()


@pytest.fixture
def composed(tmp_path: Path) -> Any:
    """``docker-compose config``: what Debian's docker-compose makes of our file, as its own text."""
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    example = (ROOT / "config" / "compose.env.example").read_text()
    (tmp_path / ".env").write_text(re.sub(r"=$", "=0123456789abcdef0123456789abcdef", example, flags=re.MULTILINE))
    done = subprocess.run(
        [program("docker-compose", "docker-compose"), "config"],
        cwd=tmp_path,
        env=environ_with(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_docker_compose_takes_our_file(composed: str) -> None:
    services = re.findall(r"^  (\w+):$", composed.partition("services:")[2].partition("\nvolumes:")[0], re.MULTILINE)
    assert set(services) == {"web", "verify", "errands", "scheduler", "upgrade", "nginx", "postgres", "redis"}


def test_its_containers_start_our_commands(composed: str) -> None:
    said = re.findall(r"^    command: (.+)$", composed, re.MULTILINE)
    ours = [words for words in said if not words.startswith("valkey")]
    assert len(ours) == 5
    for words in ours:
        understood(shlex.split(words))


def test_without_its_secrets_docker_compose_does_not_begin(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    (tmp_path / ".env").write_text("REFLECTIONS_BASE_URL=https://reflections.example\n")
    done = subprocess.run(
        [program("docker-compose", "docker-compose"), "config"],
        cwd=tmp_path, env=environ_with(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "put it into .env" in done.stderr


def test_the_image_starts_our_commands_and_holds_what_they_need() -> None:
    said = (ROOT / "Dockerfile").read_text()
    (words,) = re.findall(r"^CMD (\[.+\])$", said, re.MULTILINE)
    understood([word.strip('"') for word in re.findall(r'"[^"]+"', words)])
    left_in = (ROOT / ".dockerignore").read_text().splitlines()
    for copied in re.findall(r"^COPY (.+) \S+$", said, re.MULTILINE):
        for name in copied.split():
            assert (ROOT / name).exists()
            assert f"!{name}" in left_in, f"{name} is kept out of the image"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_our_commands(unit: Path) -> None:
    lines = re.findall(r"^ExecStart(?:Pre)?=\S+/reflections (.+)$", unit.read_text(), re.MULTILINE)
    assert lines
    for line in lines:
        understood(shlex.split(line))


def test_systemd_takes_our_units(tmp_path: Path) -> None:
    command = tmp_path / "reflections"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    units = []
    for file in (ROOT / "config" / "systemd").iterdir():
        units.append(tmp_path / file.name)
        units[-1].write_text(file.read_text().replace("/srv/reflections/.venv/bin/reflections", str(command)))
    done = subprocess.run(
        [program("systemd-analyze", "systemd"), "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if "reflections" in line]
    assert (done.returncode, told) == (0, []), done.stderr


def test_every_setting_of_the_example_is_one() -> None:
    said = re.findall(rf"^#?{PREFIX}(\w+)=", (ROOT / "config" / "compose.env.example").read_text(), re.MULTILINE)
    assert said
    assert {name.lower() for name in said} <= set(Settings.model_fields)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_a_snippet_holds_all_that_a_blog_needs(snippet: Path) -> None:
    said = snippet.read_text()
    for part in (
        "/webmention",
        "/pingback",
        "<script async src=",
        "/widget.js",
        "<reflections-thread url=",
        "/embed?url=",
    ):
        assert part in said, part
    assert f"`{snippet.name}`" in (ROOT / "docs" / "connecting.md").read_text()
