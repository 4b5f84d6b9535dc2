"""Pages in the shapes of real life, as a moderator sees them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from service.model import Reflection, Revision
from service.model.engine import writing
from service.values.state import State
from tests.moderate.test_in_a_browser import enter
from tests.support.browser import OpenBrowser, Reader
from tests.support.desk import Came, Desk
from tests.support.host_pages import Served
from tests.support.threads import KnownItem
from tests.workers.reading.shapes import SHAPES, Shape
from workers.settle import revision

_numbers = itertools.count(1)

DOZEN = (
    "ada.example", "carnet-de-lou.example", "nils.example", "long-now-ish.example", "lesruchesdemarcel.example",
    "sam-goes.example", "longform.example", "lequotidien.example", "echo-du-val.example", "bridge.example",
    "bakery-north.example", "deals-4-you.example",
)  # fmt: skip


def a_dozen() -> list[Shape]:
    """One of each of these hosts."""
    return [next(shape for shape in SHAPES if shape.path.startswith(host)) for host in DOZEN]


def read(desk: Desk, shape: Shape, age: timedelta) -> KnownItem:
    """The page, come in, fetched and read."""
    now = datetime.now(UTC) - age
    item = desk.came(Came(title=shape.what, source=f"https://{shape.path}", age=age, post_title="Slow reading"))
    with writing(desk.engine) as session:
        row = session.get_one(Reflection, item.id)
        session.execute(delete(Revision).where(Revision.reflection_id == item.id))
        session.add(revision(row, shape.reading(), 1, None, now))
    return item


@pytest.fixture
def desk(served: Served) -> Desk:
    return Desk(served.engine, served.site(f"https://shapes-{next(_numbers)}.example/", "en"))


def test_a_queue_of_them_says_what_is_odd_about_each(open_browser: OpenBrowser, served: Served, desk: Desk) -> None:
    items = [read(desk, shape, timedelta(hours=hour + 1)) for hour, shape in enumerate(a_dozen())]
    known = dict(zip(DOZEN, items, strict=True))
    moderator = desk.moderator("Olga of the shapes")
    browser = open_browser(Reader(width=1000))
    enter(browser, served, moderator)
    odd = {
        "bakery-north.example": "The link stands in the page’s footer.",
        "deals-4-you.example": "The link is hidden: a style puts it where no screen shows it.",
        "bridge.example": "Its author’s address is on another host: social.example.",
    }
    for host, sentence in odd.items():
        assert browser.find(f"#item-{known[host].uid} .why", sentence)
    assert browser.find(f"#item-{known['deals-4-you.example'].uid} .why", "the original: watch-outlet.example.")
    assert not browser.all(f"#item-{known['lequotidien.example'].uid} .why")
    browser.shoot("shapes")
    browser.open(f"{served.url}/admin/items/{known['nils.example'].uid}")
    facts = browser.find("main", "What was seen of it").text
    for fact in ("in the text", "https://social.example/@nils/112233", "books, reading", "SHA-256"):
        assert fact in facts
    assert desk.state(known["nils.example"]) is State.PENDING
    assert browser.complaints() == []


def test_it_says_so_in_french_too(open_browser: OpenBrowser, served: Served, desk: Desk) -> None:
    shop, spam = (read(desk, shape, timedelta(hours=1)) for shape in a_dozen()[-2:])
    browser = open_browser(Reader.on_a_phone(language="fr"))
    enter(browser, served, desk.moderator("Odile of the shapes"))
    assert browser.find(f"#item-{shop.uid} .why", "Le lien se trouve dans le pied de page.")
    assert browser.find(f"#item-{spam.uid} .why", "un style le place hors de tout écran.")
    browser.open(f"{served.url}/admin/items/{spam.uid}")
    browser.click(".snapshot summary", "Son texte tel qu’il était")
    browser.find(".snapshot p", "Our experts have tested")
    browser.shoot("shapes fr")
