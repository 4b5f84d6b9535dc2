"""Where a link stands, who can see it, and what is kept of its page."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from service.values.evidence import LARGEST, Evidence, Hiding, Link, Place
from service.values.page import Hop, Page
from service.values.reading import Reading
from tests.workers.reading.test_link_test import SOURCE, TARGET, reading
from workers.reading import crossing
from workers.reading.crossing import found_in

LINK = f"<a href='{TARGET.url}'>x</a>"


def found(markup: str) -> Evidence:
    read = reading(markup)
    assert isinstance(read, Reading)
    return read.evidence


@pytest.mark.parametrize(
    ("markup", "place"),
    [
        ("<p>words {a}", Place.TEXT),
        ("<body class='has-sidebar comments-open'><div id=content>{a}", Place.TEXT),
        ("<body class=sidebar><div>{a}", Place.TEXT),
        ("<div class=elementor-widget>{a}", Place.TEXT),
        ("<article><header>in answer to {a}</header>", Place.TEXT),
        ("<main><article><p>words<footer>via {a}</footer></article></main>", Place.TEXT),
        ("<aside><p>x</aside><p>{a}", Place.TEXT),
        ("<nav><ul><li>{a}</ul></nav>", Place.MENU),
        ("<div role=navigation>{a}</div>", Place.MENU),
        ("<header><p>{a}</header>", Place.HEADER),
        ("<article></article><footer><div><article>{a}</article></div></footer>", Place.FOOTER),
        ("<div id=colophon>{a}</div>", Place.FOOTER),
        ("<div class='pied'>{a}</div>", Place.FOOTER),
        ("<aside>{a}</aside>", Place.ASIDE),
        ("<div class='column sidebar'><div>x</div>{a}</div>", Place.ASIDE),
        ("<ol class=commentlist><li>{a}</ol>", Place.COMMENTS),
        ("<article>words<section id=comments><article>{a}</article></section></article>", Place.COMMENTS),
        ("<ul>" + "<li><a href=/x>a link</a>" * 60 + "<li>{a}" + "<li><a href=/x>a link</a>" * 60, Place.LIST),
        ("<ul>" + "<li><a href=/x>a link</a>" * 99 + "<li>{a}", Place.LIST),
        ("<ul>" + "<li><a href=/x>a link</a>" * 98 + "<li>{a}", Place.TEXT),
        ("<ul>" + "<li><a href=/x>a link</a>" * 150 + "</ul><h1>Title</h1><p>{a}", Place.TEXT),
        ("<p>" + ("<a href=/x>one</a> " + "and many words after it, so that nobody calls this a list, not at all " * 2)
         * 150 + "{a}", Place.TEXT),
    ],
)  # fmt: skip
def test_where_a_link_stands_is_told(markup: str, place: Place) -> None:
    [link] = found(markup.replace("{a}", LINK)).links
    assert link.place is place


@pytest.mark.parametrize(
    ("markup", "hiding"),
    [
        (LINK, None),
        (f"<p hidden>x</p>{LINK}", None),
        (f"<div hidden>{LINK}</div>", Hiding.ATTRIBUTE),
        (f"<a hidden href='{TARGET.url}'>x</a>", Hiding.ATTRIBUTE),
        (f"<div style='DISPLAY : none'>{LINK}</div>", Hiding.STYLE),
        (f"<div style='visibility:hidden'>{LINK}</div>", Hiding.STYLE),
        (f"<div style='opacity:0.0'>{LINK}</div>", Hiding.STYLE),
        (f"<div style='opacity:0.5'>{LINK}</div>", None),
        (f"<font style='font-size:0px'>{LINK}</font>", Hiding.STYLE),
        (f"<div style='transform: scale(0)'>{LINK}</div>", Hiding.STYLE),
        (f"<div style='position:absolute;left:-9999px'>{LINK}</div>", Hiding.OFF_SCREEN),
        (f"<div style='text-indent:-5000em'>{LINK}</div>", Hiding.OFF_SCREEN),
        (f"<div style='transform:translateX(-9999px)'>{LINK}</div>", Hiding.OFF_SCREEN),
        (f"<div style='clip:rect(0,0,0,0)'>{LINK}</div>", Hiding.OFF_SCREEN),
        (f"<div style='overflow:hidden;height:1px'>{LINK}</div>", Hiding.OFF_SCREEN),
        (f"<div style='overflow:hidden;height:100px'>{LINK}</div>", None),
        (f"<div style='height:1px'>{LINK}</div>", None),
        (f"<div style='margin-left:-12px'>{LINK}</div>", None),
        (f"<a href='{TARGET.url}'> </a>", Hiding.EMPTY),
        (f"<a href='{TARGET.url}'><img src=/x></a>", None),
        (f"<div class=h-entry><a class=u-in-reply-to href='{TARGET.url}'></a></div>", Hiding.PROPERTY),
        (f"<div class=h-entry><link class=u-in-reply-to href='{TARGET.url}'></div>", Hiding.PROPERTY),
    ],
)
def test_what_keeps_a_person_from_seeing_a_link_is_told(markup: str, hiding: Hiding | None) -> None:
    evidence = found(markup)
    assert evidence.links[0].hidden is hiding and evidence.hidden is (hiding is not None)


def test_a_link_in_the_text_is_shown_before_one_beside_it() -> None:
    menu = f"<nav><a href='{TARGET.url}'>menu</a></nav>" * 7
    unseen = f"<p hidden><a href='{TARGET.url}'>unseen</a></p>"
    page = f"{menu}{unseen}<p>As <a href='{TARGET.url}'>they</a> wrote.</p><footer>{LINK}</footer>"
    evidence = found(page)
    assert evidence.link is not None and evidence.link.text == "they"
    assert (len(evidence.links), evidence.links_on_page, evidence.hidden) == (5, 10, False)
    read = reading(page)
    assert isinstance(read, Reading) and read.entry.text == "As they wrote."


def test_what_nobody_sees_is_no_part_of_the_sentence() -> None:
    [link] = found(f"<p><span hidden>interested</span>I might come to {LINK}<i hidden>unseen</i> then.</p>").links
    assert (link.before, link.after) == ("I might come to ", "")


def test_the_text_as_it_was_is_kept_without_what_stands_round_it() -> None:
    page = (
        "<header>Site</header><nav>Menu</nav><p>before</p><main><h1>A &amp; B</h1><p>One  two.<p hidden>unseen</p>"
        f"<p>{LINK}</p><script>no()</script></main><footer>Foot</footer>"
    )
    assert found(page).snapshot == "A & B\nOne two.\nx"
    entry = f"<p>round it</p><div class=h-entry><div class=e-content><p>Its own words, {LINK}.</p></div></div>"
    assert found(entry).snapshot == "Its own words, x."
    assert len(found(LINK + "word " * 20_000).snapshot) <= 3_000


def worst(letter: str) -> Evidence:
    """As much as there can be, of a letter that costs most."""
    address = "https://src.example/" + "a" * 2_000
    link = Link("a", letter * 600, letter * 200, letter * 150, letter * 150, (letter * 40,) * 10)
    return Evidence(
        asked=address,
        final=address,
        hops=(Hop(address, 301, address),) * 20,
        links=(link,) * 5,
        canonical=address,
        snapshot=letter * 3_000,
        digest="0" * 64,
    )


@pytest.mark.parametrize("letter", ["a", "é", "語", "🦊", '"', "<"])
def test_the_evidence_of_one_item_takes_16_kilobytes_at_most(letter: str) -> None:
    stored = json.dumps(worst(letter).as_json())
    assert len(stored) <= LARGEST
    back = Evidence.from_json(json.loads(stored))
    assert back.link is not None and back.link.text and back.snapshot and back.hops


def test_what_is_kept_comes_back_as_it_was() -> None:
    evidence = found(f"<html lang=fr><footer><p hidden>{LINK}</p></footer>")
    assert Evidence.from_json(json.loads(json.dumps(evidence.as_json()))) == evidence


@pytest.mark.parametrize("name", ["place", "hidden"])
def test_a_child_that_tells_of_no_such_place_is_not_well(name: str) -> None:
    page = Page(SOURCE, SOURCE, {}, b"")
    read = reading(f"<p hidden>{LINK}</p>")
    assert isinstance(read, Reading)
    said = json.loads(json.dumps(crossing.message(read)))
    assert found_in(said, page) == replace(read, evidence=replace(read.evidence, **_of(page)))
    said["links"][0][name] = "nowhere"
    with pytest.raises(crossing.Nonsense):
        found_in(said, page)


def test_a_child_that_shows_other_words_than_it_tells_is_not_believed() -> None:
    read = reading(f"<div class=h-entry><p class=e-content>Yes. {LINK}</div>")
    assert isinstance(read, Reading)
    said = json.loads(json.dumps(crossing.message(read)))
    said["entry"] |= {"content": "<p>BUY PILLS</p>", "text": "Thank you."}
    entry = found_in(said, Page(SOURCE, SOURCE, {}, b"")).entry  # type: ignore[union-attr]
    assert (entry.text, entry.content.markup) == ("BUY PILLS", "<p>BUY PILLS</p>")


def test_markup_without_end_costs_no_time() -> None:
    read = reading(f"<p>{LINK}")
    assert isinstance(read, Reading)
    said = json.loads(json.dumps(crossing.message(read)))
    began = time.monotonic()
    for markup in ("<" + "a" * 100_000, "<a" * 300_000):
        said["entry"] |= {"content": markup, "text": "Words."}
        assert found_in(said, Page(SOURCE, SOURCE, {}, b"")).entry.text == "Words."  # type: ignore[union-attr]
    assert time.monotonic() - began < 2


def _of(page: Page) -> dict[str, object]:
    """What the fetch alone tells, which the child is not believed about."""
    plain = crossing.evidence_of(page)
    return {name: getattr(plain, name) for name in ("content_type", "size", "digest")}
