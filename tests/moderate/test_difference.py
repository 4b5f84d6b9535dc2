"""A moderator sees what changed, word by word, before it takes the place of what readers see."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

import pytest

from service.model import Reflection, Revision
from service.model.engine import writing
from service.model.states import Step, step
from service.moderate.difference import MOST_WORDS, compared
from service.values.state import State
from tests.support.desk import Dashboard, Desk, KnownItem

KINDS = {"same": "", "old": "-", "new": "+"}


def told(old: str, new: str) -> list[str]:
    return [KINDS[part.kind] + part.text for part in compared(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("one two three", "one two three", ["one two three"]),
        ("one two three", "one 2 three", ["one ", "-two", "+2", " three"]),
        ("one two", "one two three", ["one two", "+ three"]),
        ("one two three", "three", ["-one two ", "three"]),
        ("", "all new", ["+all new"]),
        ("I agree.", "I agree!", ["I agree", "-.", "+!"]),
        ("ça va très bien", "ça va bien", ["ça va ", "-très ", "bien"]),
        ("a a a a", "a a a", ["a a a", "- a"]),
        (
            "needs a quiet room, I say",
            "needs cheap watches, I say",
            ["needs ", "-a quiet room", "+cheap watches", ", I say"],
        ),
    ],
)
def test_words_are_compared_one_by_one(old: str, new: str, parts: list[str]) -> None:
    assert told(old, new) == parts


def test_a_few_words_said_over_and_over_take_no_longer() -> None:
    began = time.monotonic()
    for often in (10, 190, 800):
        assert "".join(part.text for part in compared("x" + "!a" * 1900 + "y", "z" + "!" * often + "w")).startswith("x")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("seed", range(5))
def test_both_texts_can_be_read_off_the_difference(seed: int) -> None:
    chance = random.Random(seed)
    old, new = (" ".join(chance.choice("abcdefg\n,.") for _ in range(chance.randrange(400))) for _ in "xy")
    parts = list(compared(old, new))
    assert "".join(part.text for part in parts if part.kind != "new") == old
    assert "".join(part.text for part in parts if part.kind != "old") == new


@pytest.mark.parametrize("words", [1, 2, 90, 110, 10_000])
@pytest.mark.parametrize("length", [MOST_WORDS // 4 - 2, 100_000])
def test_no_two_texts_take_long_to_compare(words: int, length: int) -> None:
    chance = random.Random(words)
    old, new = (" ".join(str(chance.randrange(words)) for _ in range(length)) for _ in "xy")
    began = time.process_time()
    list(compared("<" + old, ">" + new))
    assert time.process_time() - began < 2.0


def says(desk: Desk, item: KnownItem, **columns: object) -> None:
    """Its source says something else by now, in these columns."""
    with writing(desk.engine) as session:
        row = session.get_one(Reflection, item.id)
        shown = session.query(Revision).filter_by(reflection_id=item.id, number=row.shown).one()
        same = ("made", "relation", "title", "author_name", "author_url", "html", "text", "evidence", "cleaned_by")
        row.latest = (row.latest or 0) + 1
        new = {name: getattr(shown, name) for name in same} | columns
        session.add(Revision(reflection_id=item.id, number=row.latest, **new))


def changed(dashboard: Dashboard, item: KnownItem) -> dict[str, str]:
    """What the item's page says of the change, by its headings."""
    page = dashboard.page(f"/admin/items/{item.uid}")
    section = page.select_one("#changed")
    assert section is not None
    for hidden in section.select(".hidden"):
        hidden.decompose()
    marked = {"ins": "+", "del": "-"}
    for mark in section.select("ins, del"):
        mark.string = f"[{marked[mark.name]}{mark.text}]"
    return {heading.text: heading.find_next("dd").text for heading in section.select("dt")}  # type: ignore[union-attr]


def test_its_page_shows_what_was_put_in_and_taken_out(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.APPROVED, text="I agree with every word.")
    says(desk, item, text="I agree with no word.", title="Cheap pills", author_name="Mallory", relation="reply")
    found = changed(dashboard, item)
    assert found["Words"] == "I agree with [-every][+no] word."
    assert found["Title"].endswith("[+Cheap pills]")
    assert found["Author"].endswith("[+Mallory]")
    assert found["Kind"] == "[-Mention][+Reply]"


def test_a_screen_reader_says_which_is_which(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.APPROVED, text="old words")
    says(desk, item, text="new words")
    page = dashboard.page(f"/admin/items/{item.uid}")
    assert page.select_one("#changed del").text.startswith("Taken out: old")  # type: ignore[union-attr]
    assert page.select_one("#changed ins").text.startswith("Put in: new")  # type: ignore[union-attr]


def test_what_changed_can_do_nothing(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.APPROVED, text="harmless")
    says(desk, item, text="<script>alert(1)</script>", title="</ins><img src=x onerror=alert(1)>")
    page = dashboard.page(f"/admin/items/{item.uid}")
    assert page.select("#changed script, #changed img") == []
    assert "<script>alert(1)</script>" in page.select_one("#changed").text  # type: ignore[union-attr]


def test_other_links_under_the_same_words_are_told(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.APPROVED, text="same words")
    says(desk, item, html="<p><a href='https://pills.example/'>same words</a></p>")
    page = dashboard.page(f"/admin/items/{item.uid}")
    assert "their formatting or links are not" in page.select_one("#changed").text  # type: ignore[union-attr]


def test_its_page_tells_which_rule_let_new_words_through(desk: Desk, dashboard: Dashboard) -> None:
    item = desk.came(state=State.APPROVED)
    says(desk, item, text="new words")
    with writing(desk.engine) as session:
        row = session.get_one(Reflection, item.id)
        renewed = Step(State.APPROVED, State.APPROVED, "rule 7", show=2, values={"decided": 2}, details={"renews": 2})
        assert step(session, row, renewed, datetime.now(UTC)) is not None
    page = dashboard.page(f"/admin/items/{item.uid}")
    assert "Rule 7 let its new version through" in page.text
    assert page.select_one("#changed") is None


@pytest.mark.parametrize("state", [State.APPROVED, State.PENDING])
def test_where_nothing_changed_nothing_is_compared(desk: Desk, dashboard: Dashboard, state: State) -> None:
    item = desk.came(state=state)
    assert dashboard.page(f"/admin/items/{item.uid}").select_one("#changed") is None
