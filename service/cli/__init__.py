"""The command line: a module for each group of commands, imported when it is asked for.

0: it worked. 2: used wrongly. 1: it failed, with one line on standard error that says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

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

FAILURES: Mapping[str, str] = {
    "config.settings.BadSettings": "{}",
    "service.migrations.WrongDatabase": "{}",
    "sqlalchemy.exc.OperationalError": "the database can't be used: {}",
    "redis.exceptions.RedisError": "Redis can't be used: {}",
}
"""What may fail in any command, and how it is said. By name: who only asks for help waits for none of these modules."""


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
        except (BrokenPipeError, click.exceptions.Exit):
            raise
        except OSError as failed:
            raise click.ClickException(f"{failed.filename or 'the system'}: {failed.strerror or failed}") from None
        except Exception as failed:
            for kind in type(failed).__mro__:
                if said := FAILURES.get(f"{kind.__module__}.{kind.__qualname__}"):
                    raise click.ClickException(said.format(first_line(getattr(failed, "orig", failed)))) from None
            raise


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
