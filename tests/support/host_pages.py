"""Owners' pages: blogs on hosts of their own that carry the widget, and one running service that they get it from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError

import pytest
from sqlalchemy import Engine

from config.settings import PREFIX
from service.model import site as sites
from service.model.engine import create, writing
from service.values.address import parse
from service.values.state import Kind
from tests.support.programs import running
from tests.support.service import OPEN, SECRET, KnownSite, ask, reflections
from tests.support.threads import KnownPost, Says, Threads
from tests.support.waiting import free_port, until
from tests.support.web import Web

BLOG = "127.0.0.21"
"""The host of the owner's pages: another origin than the service's."""

LOOK = """
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; font: 18px/1.6 Georgia, serif; color: #2b2622;
       background: #fdfbf7 }
h1, h2 { font-family: "Gill Sans", Optima, sans-serif; font-weight: 500 }
a { color: #8a3b12 }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid #d9d2c5; font-size: .85em }
@media (prefers-color-scheme: dark) { body { color: #dad4cb; background: #1a1816 } a { color: #e0a070 } }
"""
"""How a blog may look: serif, warm, with a dark side."""


def blog_page(body: str, head: str = "", look: str = LOOK, lang: str = "fr") -> str:
    """An owner's page with ``body`` (the tags) under its text; its style comes from ``/look.css``."""
    style = '<link rel="stylesheet" href="/look.css">' if look else ""
    return f"""<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Le billet</title><link rel="icon" href="data:,">{head}{style}</head>
<body><article><h1>De la lenteur</h1>
<p>On écrit lentement, on lit plus lentement encore, et l’on répond quand on a quelque chose à dire.</p></article>
{body}
<footer>Carnets, depuis 2008</footer></body></html>"""


@dataclass(frozen=True)
class Served:
    """A service that answers at ``url`` behind its door, and the database that it answers from."""

    url: str
    engine: Engine
    threads: Threads

    def site(self, base: str, locale: str = "fr") -> KnownSite:
        with writing(self.engine) as session:
            site, token, read_token = sites.add(session, [parse(base)], datetime.now(UTC), "Carnets", locale)
            return KnownSite(site.id, base, token, read_token)

    @property
    def script(self) -> str:
        """The one tag that an owner pastes."""
        return f'<script async src="{self.url}/widget.js"></script>'


@dataclass(frozen=True)
class Blog:
    """An owner's blog with the widget in it."""

    web: Web
    served: Served
    site: KnownSite

    def post(self, path: str, title: str = "De la lenteur", **columns: bool) -> KnownPost:
        return self.served.threads.post(self.site, path, title, **columns)

    def page(
        self,
        path: str,
        body: str | None = None,
        *,
        head: str = "",
        look: str = LOOK,
        policy: str = "",
        lang: str = "fr",
    ) -> str:
        """The page at ``path``, with the one tag or ``body`` in it, under a content security policy; its address."""
        self.web.page("/look.css", look, host=BLOG, headers={"Content-Type": "text/css"})
        markup = blog_page(self.served.script if body is None else body, head, look, lang)
        return self.web.page(
            f"/{path}", markup, host=BLOG, headers={"Content-Security-Policy": policy} if policy else {}
        )


@pytest.fixture(scope="session")
def served(migrated_sqlite: Path, redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``reflections web`` as production starts it, for all tests that only read from it; each makes its own site."""
    folder = tmp_path_factory.mktemp("served")
    database = f"sqlite:///{shutil.copy(migrated_sqlite, folder / 'reflections.db')}"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = OPEN | {
        "DATABASE_URL": database,
        "REDIS_URL": redis_server,
        "DATA_DIR": str(folder),
        "BASE_URL": url,
        "SECRET_KEY": SECRET,
    }
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environ |= {PREFIX + name: value for name, value in own.items()}
    log = folder / "web.log"
    with running([reflections(), "web", "--port", str(port)], log, environ) as process:

        def answers() -> bool:
            assert process.poll() is None, f"the service ended by itself:\n{log.read_text()}"
            try:
                return ask(url + "/healthz").status == 200
            except URLError:
                return False

        until(answers, 60, "the service did not answer")
        engine = create(database)
        yield Served(url, engine, Threads(engine))
        engine.dispose()


@pytest.fixture
def blog(web: Web, served: Served) -> Blog:
    """A French blog on a host of its own."""
    return Blog(web, served, served.site(web.url("/", BLOG)))


def the_thread_of_2011(blog: Blog, path: str = "lenteur") -> KnownPost:
    """A closed post with eight reflections, as blogs had them: a talk with the author, and four pingbacks."""
    post = blog.post(path, comments_open=False)
    began = datetime(2011, 10, 14, 9, 30, tzinfo=UTC)

    def comment(hours: int, name: str, text: str, **further: object) -> Says:
        return Says(text, name, received=began + timedelta(hours=hours), **further)  # type: ignore[arg-type]

    def pingback(hours: int, host: str, title: str) -> Says:
        return Says(
            kind=Kind.PINGBACK,
            source=f"https://{host}/a-propos-de-la-lenteur",
            title=title,
            received=began + timedelta(hours=hours),
        )

    first, _ = blog.served.threads.add(
        post,
        comment(
            0,
            "Jean-Luc Marchand",
            "Merci pour ce texte. J’ajouterais que la lenteur est *aussi* une politesse : on laisse à l’autre le temps "
            "de n’être pas d’accord.\n\nVoir [le billet de Karl](https://la-grange.example/2011/10/lent), sur le même "
            "sujet.",
            author_url="https://marchand.example/",
        ),
        pingback(2, "www.la-grange.example", "La Grange : ralentir, un éloge"),
    )
    (answer,) = blog.served.threads.add(
        post,
        comment(3, "Claude", "Oui, et c’est bien dit. Je garde « une politesse ».", parent=first, owner=True),
    )
    blog.served.threads.add(
        post,
        comment(5, "Jean-Luc Marchand", "Gardez, gardez !", parent=answer, author_url="https://marchand.example/"),
        pingback(26, "notes.example", "Revue de liens, semaine 41"),
        comment(
            30,
            "Anaïs",
            "Je ne suis pas convaincue :\n\n> on lit plus lentement encore\n\nNon : on relit. La *première* "
            "lecture est rapide, c’est la seconde qui prend du temps.",
        ),
        pingback(50, "blog.tisserand.example", "Ce que j’ai lu en octobre"),
        pingback(24 * 400, "archives.example", "Dix textes pour ralentir"),
    )
    return post
