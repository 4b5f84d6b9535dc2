"""The service as it runs for real: PostgreSQL, Redis, each part started by its own command, nginx in front."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.support.commands import command, environ_with
from tests.support.programs import program, running
from tests.support.service import SECRET, WholeRun, ask, reflections
from tests.support.waiting import answers, free_port, until

SHIPPED = Path(__file__).parents[2] / "config" / "nginx"
PROCESSES = 2

MAIN = """\
{user}
daemon off;
pid {folder}/nginx.pid;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inside}
}}
"""


@pytest.fixture(scope="session")
def production(
    postgresql_server: Engine, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeRun]:
    """All parts, started one by one as docs/running.md says; it answers at its nginx."""
    folder = tmp_path_factory.mktemp("production")
    with postgresql_server.connect() as connection:
        connection.execute(text("CREATE DATABASE production ENCODING 'UTF8' TEMPLATE template0"))
    behind, before = free_port(), free_port()
    url = f"http://127.0.0.1:{before}"
    environ = environ_with(
        DATABASE_URL=postgresql_server.url.set(database="production").render_as_string(hide_password=False),
        REDIS_URL=f"{redis_server}?db=3",
        DATA_DIR=str(folder / "nothing"),
        BASE_URL=url,
        SECRET_KEY=SECRET,
        FETCH_ALLOW="127.0.0.0/8",
        FETCH_HOST_INTERVAL="0",
        INTAKE_LIMITS="address=20/hour",
        TRUSTED_PROXIES="1",
    )
    upgraded = command("db", "upgrade", environ=environ)
    assert upgraded.status == 0, upgraded.err
    with ExitStack() as stack:
        for name, words in {
            "verify": ("worker", "verify"),
            "errands": ("worker", "errands"),
            "scheduler": ("scheduler",),
        }.items():
            stack.enter_context(running([reflections(), *words], folder / f"{name}.log", environ))
        served = stack.enter_context(web(behind, folder / "web.log", environ))
        stack.enter_context(nginx(before, behind, folder / "nginx"))
        yield WholeRun(url, folder, folder / "web.log", served.process, served.environ)


@contextmanager
def web(port: int, log: Path, environ: dict[str, str]) -> Iterator[WholeRun]:
    """``reflections web`` on that port, once it answers."""
    words = ["web", "--port", str(port), "--processes", str(PROCESSES)]
    with running([reflections(), *words], log, environ) as process:
        until(lambda: answers("127.0.0.1", port), 30, "web did not listen")
        url = f"http://127.0.0.1:{port}"
        until(lambda: ask(url + "/readyz").status == 200, 30, f"web is not ready:\n{log.read_text()}")
        yield WholeRun(url, log.parent, log, process, environ)


@contextmanager
def nginx(port: int, behind: int, folder: Path) -> Iterator[str]:
    """Debian's nginx with the configuration that we ship, on these ports."""
    (folder / "cache").mkdir(parents=True)
    upstream = (SHIPPED / "reflections-upstream.conf").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    shipped = (SHIPPED / "reflections.conf").read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
    inside = upstream + shipped.replace("/var/cache/nginx/", f"{folder}/cache/")
    # Root's would else give up the right to read the tests' folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(user=user, folder=folder, inside=inside))
    started = [program("nginx", "nginx-light"), "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
    with running(started, folder / "log"):
        until(lambda: answers("127.0.0.1", port), 10, "nginx did not listen")
        yield f"http://127.0.0.1:{port}"
