"""Authors' pictures as readers get them: our own copies, of approved items alone, from our own address."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import Engine

from service.values.held import HOLD, HeldAnswer
from service.values.state import State
from tests.publish.asking import HIDDEN, ask, thread
from tests.support.pictures import face, opened, shows
from tests.support.service import KnownSite, MakeSite
from tests.support.threads import Says, Threads

BASE = "http://127.0.0.1:8000"


def test_an_approved_item_shows_our_own_copy(
    client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine
) -> None:
    post = threads.post(site)
    (one, _other) = threads.add(post, Says("words", "Ada"), Says("words", "Bob"))
    name = shows(engine, one, face())
    first, second = thread(client, post.url)["reflections"]
    assert first["author"]["photo"] == f"{BASE}/pictures/{name}.webp"
    assert second["author"]["photo"] is None
    answer = client.get(f"/pictures/{name}.webp")
    assert answer.status_code == 200 and opened(answer.data).size == (96, 96)
    assert dict(answer.headers) | {
        "Content-Type": "image/webp",
        "Cache-Control": "public, max-age=31536000, immutable, s-maxage=1",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
        "ETag": f'"{name}"',
    } == dict(answer.headers)
    assert "Set-Cookie" not in answer.headers
    assert client.get(f"/pictures/{name}.webp", headers={"If-None-Match": f'"{name}"'}).status_code == 304


def test_the_embedded_page_shows_it_and_else_initials(
    client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine
) -> None:
    post = threads.post(site)
    (one, _) = threads.add(post, Says("words", "Ada Marsh"), Says("words", "Bob Ray"))
    name = shows(engine, one, face())
    made = BeautifulSoup(ask(client, "/embed", url=post.url).text, "lxml")
    one_face, other_face = made.select(".face")
    assert (one_face.text, other_face.text, other_face.img) == ("AM", "BR", None)
    assert one_face.img is not None and one_face.img.attrs == {
        "class": ["picture"],
        "src": f"pictures/{name}.webp",
        "alt": "",
        "width": "96",
        "height": "96",
        "loading": "lazy",
    }


@pytest.mark.parametrize("state", HIDDEN)
def test_a_picture_that_no_approved_item_shows_is_nobodys(
    client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine, state: State
) -> None:
    (item,) = threads.add(threads.post(site), Says("words", "Ada", state=state))
    name = shows(engine, item, face())
    answer = client.get(f"/pictures/{name}.webp")
    assert answer.status_code == 404 and "immutable" not in answer.headers.get("Cache-Control", "")


def test_a_picture_goes_down_with_its_item(
    client: FlaskClient, site: KnownSite, threads: Threads, engine: Engine
) -> None:
    (item,) = threads.add(threads.post(site), Says("words", "Ada"))
    name = shows(engine, item, face())
    assert client.get(f"/pictures/{name}.webp").status_code == 200
    threads.decide(item, State.REJECTED)
    assert client.get(f"/pictures/{name}.webp").status_code == 404


@pytest.mark.parametrize("name", ["0" * 32, "..%2f..%2fetc%2fpasswd", "%00", "a" * 3000, "%F0%9F%90%88"])
def test_what_is_no_picture_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/pictures/{name}.webp").status_code == 404


def test_the_door_keeps_it(client: FlaskClient, make_site: MakeSite, threads: Threads, engine: Engine) -> None:
    (item,) = threads.add(threads.post(make_site("https://held.example/")), Says("words", "Ada"))
    name = shows(engine, item, face())
    offered: list[HeldAnswer] = []
    client.get(f"/pictures/{name}.webp", environ_overrides={HOLD: offered.append})
    client.get(f"/pictures/{name}.webp", query_string={"page": "2"}, environ_overrides={HOLD: offered.append})
    [held] = offered
    assert (held.etag, held.gzip, held.br) == (f'"{name}"', None, None) and opened(held.body).format == "WEBP"
