"""``reflections site``: what an owner makes once, and what a script reads from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from service.model import site as sites
from service.model.engine import create
from service.values.address import parse
from tests.support.commands import Said, typed
from tests.support.service import SECRET

OURS = "https://reflections.example"


class Desk:
    """Somebody who types commands for one database."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.url = database_url
        self.settings = {
            "DATABASE_URL": database_url, "DATA_DIR": str(folder), "BASE_URL": OURS, "SECRET_KEY": SECRET,
        }  # fmt: skip

    def site(self, *words: str) -> Said:
        return typed("site", *words, **self.settings)

    def owner_of(self, token: str) -> int | None:
        """The number of the site that this token moderates."""
        engine = create(self.url)
        with Session(engine) as session:
            found = sites.by_token(session, token)
            return found.id if found else None


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    return Desk(database_url, tmp_path)


def test_a_new_site_is_told_with_its_tokens_once(desk: Desk) -> None:
    said = desk.site(
        "add", "https://blog.example/~a/", "--name", "Élan", "--locale", "fr", "--also", "https://www.blog.example/"
    )
    assert said.status == 0, said.err
    told = said.json
    assert list(told) == ["id", "base_url", "token", "read_token", "webmention", "pingback", "embed"]
    assert told["base_url"] == "https://blog.example/~a/"
    assert (told["webmention"], told["pingback"]) == (f"{OURS}/webmention", f"{OURS}/pingback")
    assert told["embed"] == f'<script async src="{OURS}/widget.js"></script>'
    pasted = [f'<link rel="{rel}" href="{OURS}/{rel}">' for rel in ("pingback", "webmention")] + [told["embed"]]
    assert set(pasted) <= {line.strip() for line in said.err.splitlines()}
    assert desk.owner_of(told["token"]) == told["id"]
    assert desk.owner_of(told["read_token"]) is None
    shown = desk.site("show", str(told["id"]))
    assert told["token"] not in shown.out and told["read_token"] not in shown.out
    assert (shown.json["name"], shown.json["locale"], shown.json["also"]) == (
        "Élan",
        "fr",
        ["https://www.blog.example/"],
    )
    assert desk.site("show", "http://blog.example/~a").json == shown.json
    assert [site["id"] for site in desk.site("list").json] == [told["id"]]


def test_a_new_token_ends_the_old_one(desk: Desk) -> None:
    told = desk.site("add", "https://blog.example/").json
    new = desk.site("token", str(told["id"])).out.strip()
    assert desk.owner_of(new) == told["id"]
    assert desk.owner_of(told["token"]) is None
    read = desk.site("token", "https://blog.example/", "--read").out.strip()
    assert read not in (new, told["read_token"])
    assert desk.owner_of(new) == told["id"], "the moderation token is another matter"


def test_an_address_is_one_sites_alone(desk: Desk) -> None:
    assert desk.site("add", "https://blog.example/~a/").status == 0
    assert "belongs to site 1 already" in desk.site("add", "http://BLOG.example/~a").complaint
    assert (
        "belongs to site 1 already"
        in desk.site("add", "https://c.example", "--also", "https://blog.example/~a").complaint
    )
    assert desk.site("add", "https://blog.example/~b/", "--also", "http://blog.example/~b").status == 0
    assert [site["also"] for site in desk.site("list").json] == [[], []]


@pytest.mark.parametrize("base", ["https://blog.example/?page=1", "https://blog.example/#top"])
def test_a_base_is_an_origin_with_a_path(sqlite_url: str, tmp_path: Path, base: str) -> None:
    assert "has a query or a fragment" in Desk(sqlite_url, tmp_path).site("add", base).complaint


def test_a_site_that_is_not_there_is_said_in_one_line(sqlite_url: str, tmp_path: Path) -> None:
    desk = Desk(sqlite_url, tmp_path)
    for words in (("show", "7"), ("token", "7"), ("show", "https://nobody.example/")):
        assert f"there is no site {words[1]}" in desk.site(*words).complaint
    assert "there is no site 99999999999999999999" in desk.site("show", "99999999999999999999").complaint


def test_the_longest_base_has_the_page(sqlite_url: str, tmp_path: Path) -> None:
    desk = Desk(sqlite_url, tmp_path)
    outer = desk.site("add", "https://blog.example/").json["id"]
    inner = desk.site("add", "https://blog.example/~b/").json["id"]
    with Session(create(sqlite_url)) as session:
        asked = {"/~b/post": inner, "/~bc/post": outer, "/post": outer, "/~b": inner}
        for path, expected in asked.items():
            found = sites.of(session, parse(f"https://blog.example{path}"))
            assert found is not None and found.id == expected, path
