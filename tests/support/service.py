"""The service as a test has it: in process for what one request does, started as a user starts it for the whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine

from config.settings import PREFIX, Settings, load
from service.model import site as sites
from service.model.engine import writing
from service.values.address import parse
from tests.support.programs import end, running
from tests.support.waiting import free_port, until

SECRET = "a secret of the tests, long enough for one"
OPEN = {"FETCH_ALLOW": "127.0.0.0/8", "FETCH_HOST_INTERVAL": "0", "INTAKE_LIMITS": ""}
"""The settings of a run that may visit the tests' web, and counts nobody's requests."""


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings on the test's own database and Redis: loopback may be fetched from, without turns and limits."""
    environ = OPEN | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(tmp_path),
        "BASE_URL": "http://127.0.0.1:8000",
        "SECRET_KEY": SECRET,
    }
    return load({PREFIX + name: value for name, value in environ.items()})


@pytest.fixture
def ping_seconds() -> float:
    """For a pingback: more than any busy machine takes. Who tests that nobody waits too long has his own."""
    return 60.0


class Compiled(BytecodeCache):
    """Templates that were compiled for one test serve the next one: half of what a page costs its first reader."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


COMPILED = Compiled()


def new_app(settings: Settings, ping_seconds: float) -> Flask:
    """The web side without its door."""
    from service.app import create_app

    app = create_app(settings, ping_seconds)
    app.jinja_env.bytecode_cache = COMPILED
    return app


@pytest.fixture
def app(settings: Settings, ping_seconds: float) -> Flask:
    """The web side without its door, on either database."""
    return new_app(settings, ping_seconds)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without cookies, at the service's own address."""
    return app.test_client()


@dataclass(frozen=True)
class KnownSite:
    """A site, with what its owner was told once."""

    id: int
    base: str
    token: str
    read_token: str

    def page(self, path: str) -> str:
        return self.base + path.lstrip("/")

    @property
    def bearer(self) -> dict[str, str]:
        """The header by which its owner's scripts moderate."""
        return {"Authorization": f"Bearer {self.token}"}


MakeSite = Callable[..., KnownSite]


@pytest.fixture
def make_site(engine: Engine) -> MakeSite:
    """``make_site(base, *also, locale="en")``: a site under these addresses."""

    def make(base: str, *also: str, locale: str = "en", name: str = "") -> KnownSite:
        with writing(engine) as session:
            bases = [parse(url) for url in (base, *also)]
            site, token, read_token = sites.add(session, bases, datetime.now(UTC), name, locale)
            return KnownSite(site.id, base, token, read_token)

    return make


@pytest.fixture
def site(make_site: MakeSite) -> KnownSite:
    """The blog of most tests: ``https://blog.example/``."""
    return make_site("https://blog.example/")


@dataclass(frozen=True)
class SignIn:
    """A moderator's name and password."""

    name: str
    password: str


@cache
def kept_as(password: str) -> str:
    """How a password is kept, made once: that takes as long as a page, as it should."""
    from service.people import passwords

    return passwords.hashed(password)


@pytest.fixture
def owner(engine: Engine) -> SignIn:
    """An owner who may sign in."""
    from service.people import moderators

    who = SignIn("Olga", "olga's own pass phrase")
    with writing(engine) as session:
        moderators.add(session, who.name, "owner", (), None, datetime.now(UTC)).password_hash = kept_as(who.password)
    return who


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    url: str, data: bytes | None = None, method: str | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One request to a running service. Refusals are answers too."""
    request = urllib.request.Request(url, data, dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.headers, refusal.read())


@dataclass(frozen=True)
class WholeRun:
    """``reflections run``, as a user started it."""

    url: str
    data: Path
    log: Path
    """What it printed."""
    process: subprocess.Popen[bytes]
    environ: dict[str, str]

    @property
    def printed(self) -> str:
        return self.log.read_text()

    def command(self, *arguments: str) -> str:
        """``reflections …`` with the settings of this run; what it printed."""
        done = subprocess.run(
            [reflections(), *arguments], env=self.environ, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"reflections {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def add_site(self, base: str, *options: str) -> KnownSite:
        said = json.loads(self.command("site", "add", base, *options))
        return KnownSite(said["id"], base, said["token"], said["read_token"])

    def ask(
        self, path: str, data: bytes | None = None, method: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        return ask(self.url + path, data, method, headers)

    def webmention(self, source: str, target: str) -> Answer:
        return self.ask("/webmention", urlencode({"source": source, "target": target}).encode())

    def items(self, site: KnownSite, **query: str) -> list[dict[str, Any]]:
        """All items of a site that the moderation API gives, page by page."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            asked = query | ({"after": after} if after else {})
            answer = self.ask(f"/api/v1/reflections?{urlencode(asked)}", headers=site.bearer)
            assert answer.status == 200, answer.text
            found += answer.json["reflections"]
            after = answer.json["next"]
            if not after:
                return found

    def stop(self, seconds: float = 10) -> None:
        """Ends it as a user does, and again what overstays."""
        end(self.process, seconds)


StartRun = Callable[..., WholeRun]


@contextmanager
def whole(folder: Path, **settings: str) -> Iterator[WholeRun]:
    """``reflections run`` on a free port with its data in ``folder``, once it answers; ended at the end."""
    port = free_port()
    log = folder / "run.log"
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environ |= {PREFIX + name: value for name, value in (OPEN | settings).items()}
    arguments: list[str | Path] = [reflections(), "run", "--port", str(port), "--data", folder / "data"]
    with running(arguments, log, environ) as process:
        url = f"http://127.0.0.1:{port}"
        environ |= {PREFIX + "DATA_DIR": str(folder / "data"), PREFIX + "BASE_URL": url}
        run = WholeRun(url, folder / "data", log, process, environ)

        def ready() -> bool:
            assert process.poll() is None, f"the run ended by itself:\n{run.printed}"
            try:
                return ask(url + "/readyz").status == 200
            except URLError:
                return False

        until(ready, 60, f"the run did not become ready:\n{log.read_text()}")
        yield run


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeRun]:
    """One run for all the tests that only use it: they make sites of their own."""
    with whole(tmp_path_factory.mktemp("whole-run")) as run:
        yield run


def reflections() -> Path:
    """The command, as ``make run`` installs it."""
    return Path(sys.executable).with_name("reflections")
