"""Search and filters: both databases find the same, whatever is asked for, and nothing that is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from bs4 import Tag
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from bench import crowd
from service.model import Reflection, Rule, Site, Words, words
from service.model.engine import create, writing
from service.model.states import Step, step
from service.moderate import asked, found
from service.people.roles import everywhere, site_alone, sites_of
from service.values.state import Kind, Relation, State
from tests.support.desk import Came, Dashboard, Desk
from tests.support.service import KnownSite, MakeSite
from tests.support.threads import KnownItem

DAY = timedelta(days=1)

Find = Callable[..., list[str]]


@pytest.fixture
def find(engine: Engine) -> Find:
    """``find(q="…")``: the names of what is found, by the name of its item; the newest first."""

    def find_(most: int = 50, **query: str) -> list[str]:
        with Session(engine) as session:
            ids = found.ids(session, everywhere, asked.read(MultiDict(query)), most)
            sources = dict(session.execute(select(Reflection.id, Reflection.source_key)).all())
            return [sources[item] for item in ids]

    return find_


def came(desk: Desk, key: str, **further: Any) -> KnownItem:
    return desk.came(Came(**{"title": "", "text": "", "name": "", **further, "columns": {"source_key": key}}))


def test_words_are_found_wherever_they_stand(desk: Desk, find: Find) -> None:
    """The title, the text, the author, the addresses; without case, accents and width; all of them, in any order."""
    came(desk, "school", title="L’École d’été", source="https://one.example/a")
    came(desk, "gas", text="A **zeppelin**, 100% full_of gas", name="Łukasz Ωmega", source="https://two.example/b")
    came(desk, "kanji", text="漢字を読む", name="Ada 'O\"Hara\\", author_url="https://social.example/@ada")
    comment = came(desk, "changed", text="First words", kind=Kind.COMMENT)
    desk.changes(comment, "Later words")
    for query, expected in {
        "ecole ETE": ["school"],
        "ｅｔｅ": ["school"],
        "gas zeppelin": ["gas"],
        "zeppelin school": [],
        "zepp": ["gas"],
        "zepp gas": [],
        "full_of": ["gas"],
        "two.example": ["gas"],
        "lukasz ωMEGA": ["gas"],
        "漢字": ["kanji"],
        "o'hara": ["kanji"],
        "social.example/@ada": ["kanji"],
        "first": ["changed"],
        "later": ["changed"],
        "words first later": ["changed"],
        "mention": [],
        "comment": [],
    }.items():
        assert find(q=query) == expected, query


HOSTILE = (
    *(
        "%",
        "_",
        "'",
        '"',
        "\\",
        '" OR 1',
        "' OR '1'='1",
        "NEAR(",
        "NEAR(a b, 2)",
        "said : ada",
        "a AND",
        "^ada",
        "ada*",
    ),
    *(
        "-ada",
        "ada:*",
        "!ada & | ()",
        "<->",
        "{a b}:c",
        "\ue000ada",
        "\x00",
        "\ud800",
        "\ufffd",
        "x" * 10_000,
        "a " * 5000,
    ),
)


WORDS_ALONE = ("a AND", "^ada", "ada*", "-ada", "ada:*", "!ada & | ()", "\ue000ada", "\x00", "a " * 5000)


def test_a_search_is_taken_by_its_letters_and_never_fails(desk: Desk, dashboard: Dashboard) -> None:
    """CWE-89, CVE-2026-22216: no pattern and no operator reaches the database."""
    item = desk.came(text="zzz and beyond")
    for words_ in HOSTILE:
        sent = words_.encode("utf-8", "surrogatepass")
        page = dashboard.page(f"/admin/?{urlencode({'state': 'all', 'q': sent})}")
        # It has "a" and "and", too; where nothing is asked for, that is no search.
        found_ = page.select_one(f"#item-{item.uid}") is not None
        assert found_ is (words_ in WORDS_ALONE), ascii(words_)
        dashboard.page(f"/admin/?{urlencode({'state': 'all', 'author': sent, 'host': sent, 'post': sent})}")
    assert dashboard.page("/admin/?state=all&q=ada%3A*").select_one(f"#item-{item.uid}") is not None


def test_filters_narrow_together(desk: Desk, find: Find, engine: Engine, site: KnownSite) -> None:
    now = datetime.now(UTC)
    came(desk, "old", name="Ada Marsh", text="boat", source="https://blog.ada.example/1", age=40 * DAY)
    came(desk, "like", name="Bob", relation=Relation.LIKE, text="boat", source="https://b.example/1", state=State.SPAM)
    boats = {"post": "boats", "post_title": "Élégies en bateau"}
    ping = {"kind": Kind.PINGBACK, "relation": Relation.REPLY, "state": State.APPROVED, **boats}
    came(desk, "ping", name="Ada Winter", text="boat", **ping)
    came(desk, "new", name="Marsh", kind=Kind.COMMENT, text="Ada said so", **boats)
    failed = came(desk, "failed", source="https://b.example/2", state=State.RECEIVED)
    came(desk, "unread", source="https://b.example/3", state=State.RECEIVED, kind=Kind.TRACKBACK)
    with writing(engine) as session:
        unread = session.get_one(Reflection, failed.id)
        assert step(session, unread, Step(State.RECEIVED, State.FAILED, "worker"), now) is not None
        rule = Rule(site_id=site.id, kind="host", value="b.example", verdict="spam", created=now)
        session.add(rule)
        session.flush()
        session.scalars(select(Reflection).where(Reflection.source_key == "like")).one().rule_id = rule.id
        number = str(rule.id)
    month, today = str((now - 40 * DAY).date()), str(now.date())
    for query, expected in (
        ({}, ["unread", "failed", "new", "ping", "like", "old"]),
        ({"state": "waiting"}, ["new", "old"]),
        ({"author": "ada"}, ["ping", "old"]),
        ({"author": "marsh ada"}, ["old"]),
        ({"author": "marsh"}, ["new", "old"]),
        ({"host": "ada.example"}, ["ping", "old"]),
        ({"host": "https://www.ada.example/anything"}, ["ping", "old"]),
        ({"host": "b.example"}, ["unread", "failed", "like"]),
        ({"host": "b.example", "q": "boat"}, ["like"]),
        ({"post": site.page("boats")}, ["new", "ping"]),
        ({"post": site.page("boats").replace("https", "http") + "/?utm_source=x"}, ["new", "ping"]),
        ({"post": "elegies bat"}, ["new", "ping"]),
        ({"post": "elegies boat"}, ["new", "ping"]),
        ({"post": "elegies nowhere"}, []),
        ({"post": "999999999"}, []),
        ({"kind": "pingback"}, ["ping"]),
        ({"kind": "trackback"}, []),
        ({"kind": "trackback", "state": "received"}, ["unread"]),
        ({"type": "comment"}, ["new"]),
        ({"type": "like"}, ["like"]),
        ({"type": "reply", "state": "approved", "author": "ada"}, ["ping"]),
        ({"type": "reply", "state": "spam"}, []),
        ({"until": month}, ["old"]),
        ({"since": month, "until": month, "q": "boat"}, ["old"]),
        ({"since": today, "q": "boat", "host": "b.example"}, ["like"]),
        ({"since": "0001-01-01", "until": "9999-12-31", "author": "ada"}, ["ping", "old"]),
        ({"rule": number}, ["like"]),
        ({"rule": "4000000"}, []),
        ({"site": str(site.id), "q": "ada said"}, ["new"]),
        ({"site": str(site.id + 1), "q": "ada said"}, []),
    ):
        assert find(**query) == expected, query
    # What could not be read is found by its address; what was not read yet by its host alone.
    assert find(q="b.example 2") == ["failed"]


def test_what_is_erased_or_deleted_leaves_no_word_behind(desk: Desk, find: Find, engine: Engine) -> None:
    erased, deleted = came(desk, "erased", text="secret one"), came(desk, "deleted", text="secret two")
    came(desk, "kept", text="no secret")
    with writing(engine) as session:
        item = session.get_one(Reflection, erased.id)
        assert step(session, item, Step(item.state, State.ERASED, "Olga"), datetime.now(UTC)) is not None
    desk.vanishes(deleted)
    with writing(engine) as session:
        words.sweep(session)
    assert find(q="secret") == ["kept"]
    with Session(engine) as session:
        assert indexed(session, "one") == indexed(session, "two") == 0


def test_an_item_does_not_inherit_the_words_of_one_that_is_gone(desk: Desk, find: Find, engine: Engine) -> None:
    """SQLite gives the number of the last one that is gone to the next one."""
    gone = came(desk, "gone", text="zeppelin and more")
    desk.vanishes(gone)
    came(desk, "next", text="more boats")
    assert find(q="zeppelin") == []
    assert find(q="more") == ["next"]
    with Session(engine) as session:
        assert indexed(session, "zeppelin") == 0
        assert indexed(session, "more") == 1


def test_a_site_goes_with_its_words(desk: Desk, engine: Engine, site: KnownSite) -> None:
    came(desk, "one", text="zeppelin")
    with writing(engine) as session:
        session.delete(session.get_one(Site, site.id))
        session.flush()
        words.sweep(session)
        assert session.scalar(select(Words.reflection_id)) is None
        assert indexed(session, "zeppelin") == 0


def indexed(session: Session, word: str) -> int:
    """How often the database's own index has a word."""
    index = words.found(session, words.said(word + "."))
    return len(session.execute(select(index.c.id)).all())


MANY = 5000
"""More items than are looked at one by one."""


@pytest.fixture(params=["sqlite", "postgresql"])
def crowded(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """So many items, in a database of its own: they would leave their statistics behind."""
    engine = create(request.getfixturevalue(f"{request.param}_url"))
    crowd.fill(engine, MANY)
    yield engine
    engine.dispose()


def test_pages_follow_each_other_without_gaps_however_the_words_are_spread(crowded: Engine) -> None:
    """In and below the window of what is looked at one by one: each item that has the words once, and in order."""
    with Session(crowded) as session:
        everything = session.execute(select(Reflection, Words.said).join(Words)).all()
    for query in (
        {"q": crowd.FREQUENT},
        {"q": crowd.RARE},
        {"q": crowd.WAVE},
        {"q": crowd.WAVE, "state": "approved"},
        {"q": crowd.ABSENT},
        {"q": f"{crowd.FREQUENT} r17", "host": crowd.SHARED},
        {"kind": "trackback"},
        {"type": "like", "state": "rejected"},
        {"q": crowd.FREQUENT, "until": "2025-01-03"},
        {"q": crowd.WAVE, "since": "2025-01-01"},
        {"since": "2025-01-02", "until": "2025-01-02"},
        {"author": "reader 77"},
    ):
        with Session(crowded) as session:
            walked: list[int] = []
            while len(walked) % 400 == 0:
                wanted = asked.read(MultiDict({**query, "after": str(walked[-1])} if walked else query))
                more = found.ids(session, everywhere, wanted, 400)
                walked += more
                if not more:
                    break
            fits = _fits(query)
            expected = (item.id for item, said in everything if fits(item, said))
            assert walked == sorted(expected, reverse=True), query


def _fits(query: dict[str, str]) -> Callable[[Reflection, str], bool]:
    """The same by looking at the row."""
    asked_for = [*words.said(query.get("q", "")), *words.written_by(query.get("author", ""))]
    asked_for += [words.of_type(query["type"])] if "type" in query else []

    def fits(item: Reflection, said: str) -> bool:
        has, day = said.split(), str(item.received.date())
        return (
            all(term.word in has or (term.begins and f" {term.word}" in said) for term in asked_for)
            and query.get("state", item.state) == item.state
            and query.get("host", item.host) == item.host
            and query.get("kind", item.kind) == item.kind
            and query.get("since", "0") <= day <= query.get("until", "9")
        )

    return fits


def test_a_search_reaches_no_further_than_one_may(engine: Engine, desk: Desk, make_site: MakeSite) -> None:
    mine, other = came(desk, "mine", text="boat"), Desk(engine, make_site("https://other.example/"))
    theirs = came(other, "theirs", text="boat")
    with Session(engine) as session:
        query = asked.read(MultiDict({"q": "boat"}))
        assert found.ids(session, everywhere, query, 50) == [theirs.id, mine.id]
        assert found.ids(session, site_alone(desk.site.id), query, 50) == [mine.id]
        assert found.ids(session, sites_of(999), query, 50) == []


def test_the_bar_works_without_a_script(desk: Desk, dashboard: Dashboard) -> None:
    boat, other = desk.came(text="A boat"), desk.came(text="A zeppelin", source="https://b.example/")
    form = dashboard.page().select_one(".search form")
    assert form is not None
    fields = {str(one["name"]): str(one.get("value", "")) for one in form.select("[name]")}
    sent = dashboard.read("/admin/?" + urlencode({**fields, "q": "boat", "type": "mention"}))
    kept = "/admin/?state=waiting&q=boat&type=mention"
    assert (sent.status_code, sent.headers["Location"]) == (302, kept)  # an address to keep: nothing empty in it
    page = dashboard.page(kept)
    assert [one["id"] for one in page.select(".item")] == [f"item-{boat.uid}"]
    assert page.select_one("input[name=q]")["value"] == "boat"  # type: ignore[index]
    assert page.select_one("option[selected]")["value"] == "mention"  # type: ignore[index]
    tab = next(one for one in page.select(".tabs a") if one.text.startswith("Everything"))
    assert tab["href"] == "/admin/?state=all&q=boat&type=mention"
    chips = {link_text(link): str(link["href"]) for link in page.select(".narrowed a")}
    assert chips["Type Mention × Remove"] == "/admin/?state=waiting&q=boat"
    assert chips["Remove all"] == "/admin/"
    dashboard.press_on(boat, "Approve", kept)
    assert "Nothing was found" in dashboard.page(kept).select_one(".empty").text  # type: ignore[union-attr]
    assert {one["id"] for one in dashboard.page(chips["Remove all"]).select(".item")} == {f"item-{other.uid}"}


def link_text(link: Tag) -> str:
    return " ".join(link.get_text(" ").split())


def test_the_bar_speaks_french(desk: Desk, dashboard: Dashboard) -> None:
    page = dashboard.page("/admin/?host=ada.example", **{"Accept-Language": "fr"})
    said = " ".join(page.select_one(".search").get_text(" ").split())  # type: ignore[union-attr]
    for expected_ in ("Chercher", "Filtres", "Auteur", "Hôte ada.example", "Billet", "Jusqu’au", "Tout retirer"):
        assert expected_ in said, said


def test_what_the_bar_can_not_ask_for_is_refused(dashboard: Dashboard) -> None:
    for query in (
        "type=nice",
        "kind=rss",
        "since=yesterday",
        "until=2026-13-01",
        "rule=x",
        "rule=-1",
        "q=a&q=b",
        "site=0",
    ):
        assert dashboard.read(f"/admin/?{query}").status_code == 400, query


def test_the_index_is_what_the_migration_made(engine: Engine) -> None:
    """The model does not know it: it must be there, and be used."""
    with Session(engine) as session:
        if engine.dialect.name == "sqlite":
            assert (
                session.scalar(text("SELECT count(*) FROM sqlite_master WHERE name IN ('words_index', 'words_go')"))
                == 2
            )
            session.execute(text("INSERT INTO words_index (words_index) VALUES ('integrity-check')"))
        else:
            assert session.scalar(text("SELECT count(*) FROM pg_indexes WHERE indexname = 'ix_words_tokens'")) == 1
