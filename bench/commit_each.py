"""``python -m bench.commit_each --port N``: our web side, but each request commits for itself.

What the one writer that commits for many is measured by; all else is the same.
"""

from __future__ import annotations

import click

from config.settings import load
from service.app import create_app
from service.cli import log
from service.database import Single, db
from service.front.door import Door
from service.front.listen import listen, serve


@click.command()
@click.option("--port", required=True, type=int)
def main(port: int) -> None:
    """Answer requests, until told to stop."""
    log.begin()
    settings = load()

    def door() -> Door:
        app = create_app(settings)
        with app.app_context():
            app.extensions["reflections-writer"] = Single(db.engine)
        return Door(app, settings.base_url)

    serve(door, listen("127.0.0.1", port), 1, log.SETTINGS)


if __name__ == "__main__":
    main()
