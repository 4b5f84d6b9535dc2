"""The command line: a module for each group of commands, imported when it is asked for.

0: it worked. 2: used wrongly. 1: it failed, with one line on standard error that says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from config.settings import BadSettings
from service.migrations import WrongDatabase

COMMANDS: Mapping[str, str] = {
    "run": "service.cli.run",
    "web": "service.cli.web",
    "worker": "service.cli.worker",
    "scheduler": "service.cli.scheduler",
    "db": "service.cli.db",
    "site": "service.cli.sites",
    "moderator": "service.cli.moderators",
    "demo": "service.cli.demo",
    "doctor": "service.cli.doctor",
}
"""A command's name and its module, whose ``command`` it is."""


class Commands(click.Group):
    """Commands by name, each from its own module, and their failures as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run what was asked for."""
        try:
            return super().invoke(ctx)
        except (BadSettings, WrongDatabase) as wrong:
            raise click.ClickException(str(wrong)) from None
        except OperationalError as away:
            raise click.ClickException(f"the database can't be used: {first_line(away.orig)}") from None
        except RedisError as away:
            raise click.ClickException(f"Redis can't be used: {first_line(away)}") from None
        except (BrokenPipeError, click.exceptions.Exit):
            raise
        except OSError as failed:
            raise click.ClickException(f"{failed.filename or 'the system'}: {failed.strerror or failed}") from None


def first_line(failed: object) -> str:
    """What went wrong, without the lines that drivers add to it."""
    return (str(failed).strip().splitlines() or [type(failed).__name__])[0]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="reflections", message="%(prog)s %(version)s")
def cli() -> None:
    """Pingbacks, webmentions and comments for a blog: received, verified, moderated, shown by one tag."""


def main() -> None:
    """What ``reflections`` runs."""
    cli(prog_name="reflections")
