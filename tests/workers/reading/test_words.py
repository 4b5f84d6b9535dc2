"""What a page says of itself, and who wrote it."""

from __future__ import annotations

import json

import pytest

from service.values.address import parse
from service.values.entry import Author, Entry
from service.values.page import Page
from service.values.reading import Reading
from service.values.state import Relation
from tests.workers.reading.test_link_test import TARGET, reading
from workers.reading.author import author

LINK = f"<a href='{TARGET.url}'>x</a>"
T = TARGET.url


def read(markup: str) -> Reading:
    found = reading(markup)
    assert isinstance(found, Reading)
    return found


def entry(markup: str) -> Entry:
    return read(markup).entry


def linked(*things: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps(things[0] if len(things) == 1 else things)}</script>{LINK}"


@pytest.mark.parametrize(
    ("markup", "relation"),
    [
        (f"<a class=u-in-reply-to href='{T}'>x</a>", Relation.REPLY),
        (f"<a class=u-like-of href='{T}'>x</a>", Relation.LIKE),
        (f"<a class=u-repost-of href='{T}'>x</a>", Relation.REPOST),
        (f"<a class=u-bookmark-of href='{T}'>x</a>", Relation.BOOKMARK),
        (f"<a class=u-in-reply-to href='{T}'>x</a><data class=p-rsvp value=maybe>", Relation.RSVP),
        (f"<a class=u-in-reply-to href='{T}'>x</a><data class=p-rsvp value=perhaps>", Relation.REPLY),
        (f"<a class=u-in-reply-to href='{T}-2'>x</a><p class=e-content>{LINK}", Relation.MENTION),
    ],
)
def test_what_a_page_is_to_its_post_is_told_by_its_properties(markup: str, relation: Relation) -> None:
    assert entry(f"<div class=h-entry>{markup}</div>").relation is relation


@pytest.mark.parametrize("answer", ["yes", "no", "maybe", "interested"])
def test_the_four_answers_to_an_invitation_are_known(answer: str) -> None:
    said = entry(
        f"<div class=h-entry><a class=u-in-reply-to href='{T}'>x</a><b class=p-rsvp>{answer.upper()}</b></div>"
    )
    assert (said.relation, said.rsvp) == (Relation.RSVP, answer)


def test_an_entry_brings_its_dates_pictures_places_and_categories() -> None:
    said = entry(
        f"""<div class=h-entry><p class=e-content>Words, {LINK}.</p><p class=p-summary>Short.</p>
        <img class=u-photo src=/one.jpg alt=One><img class=u-photo src=javascript:alert(1)>
        <time class=dt-published datetime=2011-10-14T09:30:00+02:00></time>
        <time class=dt-updated datetime=2011-10-15></time> <a class=u-syndication href=https://social.example/1></a>
        <i class=p-category>one</i><i class=p-category> two </i>
        <i class=p-category>one</i></div>"""
    )
    assert (said.published, said.updated) == ("2011-10-14T09:30:00+02:00", "2011-10-15")
    assert said.photos == ("https://src.example/one.jpg",)
    assert said.syndication == ("https://social.example/1",)
    assert said.categories == ("one", "two")
    assert (said.summary, said.text) == ("Short.", "Words, x.")


def test_the_words_of_blocks_do_not_run_together() -> None:
    said = entry(f"<div class=h-entry><div class=e-content><div>One.</div><ul><li>Two<li>{LINK}</ul></div></div>")
    assert said.text == "One.\nTwo\nx"


@pytest.mark.parametrize(
    "tag", ["object", "svg", "math", "iframe", "textarea", "title", "template", "noscript", "video"]
)
def test_the_text_is_what_stands_in_the_html_that_is_shown(tag: str) -> None:
    nice = f"<{tag}>Thank you for this thoughtful post.</{tag}>"
    said = entry(f"<div class=h-entry><div class=e-content>{nice} BUY PILLS {LINK}</div></div>")
    assert ("Thank you" in said.text, "BUY PILLS" in said.text) == ("Thank you" in said.content.markup, True)


def test_nor_does_json_say_one_thing_and_show_another() -> None:
    content = {"html": "<p>BUY <b>PILLS</b></p>", "value": "Thank you for this thoughtful post."}
    properties = {"in-reply-to": [T], "content": [content]}
    found = reading(json.dumps({"type": ["h-entry"], "properties": properties}), "application/json")
    assert isinstance(found, Reading)
    assert (found.entry.text, found.entry.content.markup) == ("BUY PILLS", "<p>BUY <b>PILLS</b></p>")


@pytest.mark.parametrize("gap", [" ", "&nbsp;", "<i> </i>"])
def test_gaps_hide_no_words(gap: str) -> None:
    said = entry(f"<div class=h-entry><div class=e-content><p>Nice.{gap * 8_000}PILLS {LINK}</div></div>")
    assert "".join(said.text.split()) == "Nice.PILLSx"


def test_of_several_entries_the_one_that_has_the_link_speaks() -> None:
    other = "<div class=h-entry><p class=p-name>Other</p><p class=e-content>words</p></div>"
    ours = f"<div class=h-entry><p class=p-name>Ours</p><p class=e-content>See {LINK}</p></div>"
    assert entry(f"<div class=h-feed>{other}{ours}{other}</div>").title == "Ours"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<a class='p-author h-card' href=/me>Ada</a>", Author("Ada", "https://src.example/me")),
        ("<p class=p-author>Ada</p>", Author("Ada")),
        (
            "<a class=u-author href=/me></a></div><div class=h-card><a class='u-url p-name' href=/me>Ada</a>"
            "<img class=u-photo src=/a.jpg>",
            Author("Ada", "https://src.example/me", "https://src.example/a.jpg"),
        ),
        (
            "</div><p class=h-card><a class='u-url p-name' href=https://src.example/>Ada</a></p>",
            Author("Ada", "https://src.example/"),
        ),
        ("</div><p class=h-card><a class='u-url p-name' href=https://friend.example/>A friend</a></p>", Author()),
    ],
)
def test_the_author_is_whom_the_entry_names_else_whose_page_it_is(markup: str, expected: Author) -> None:
    found = read(f"<div class=h-entry><p class=e-content>{LINK}</p>{markup}</div>")
    assert found.entry.author == expected and found.wants is None


def test_a_feed_s_author_is_that_of_its_entries() -> None:
    page = f"<div class=h-feed><a class='p-author h-card' href=/me>Ada</a><div class=h-entry><p class=e-content>{LINK}"
    assert entry(page).author.name == "Ada"


@pytest.mark.parametrize(
    "markup", ["<div class=h-entry>{a}<a class=u-author href=/about></a></div>", "<link rel=author href=/about>{a}"]
)
def test_an_author_of_whom_only_the_page_is_known_is_asked_for(markup: str) -> None:
    assert read(markup.replace("{a}", LINK)).wants == "https://src.example/about"


def test_an_author_whose_page_is_the_source_is_not_asked_for() -> None:
    found = read(f"<div class=h-entry>{LINK}<a class=u-author href=/a/b#me></a></div>")
    assert (found.entry.author.url, found.wants) == ("https://src.example/a/b#me", None)


def of_page(body: str, url: str = "https://ada.example/about") -> Author:
    address = parse(url)
    return author(Page(address, address, {"content-type": "text/html"}, body.encode()), address)


CARD = "<div class=h-card><a class='{0} p-name' href={1}>{2}</a><img class=u-photo src=/{2}.jpg></div>"


@pytest.mark.parametrize(
    "body",
    [
        CARD.format("u-url", "/about", "Bob") + CARD.format("u-url u-uid", "/about", "Ada"),
        CARD.format("u-url", "https://else.example/", "Bob") + CARD.format("u-url u-uid", "/about", "Ada"),
        CARD.format("u-url", "/else", "Bob") + CARD.format("u-url", "/ada", "Ada") + "<a rel=me href=/ada></a>",
        CARD.format("u-url", "/about", "Ada"),
    ],
)
def test_an_author_s_page_tells_of_its_owner_by_its_representative_card(body: str) -> None:
    assert of_page(body) == Author("Ada", "https://ada.example/about", "https://ada.example/Ada.jpg")


@pytest.mark.parametrize("body", ["", "<p>Ada</p>", CARD.format("u-url", "https://else.example/", "Bob")])
def test_a_page_that_has_no_such_card_tells_nothing(body: str) -> None:
    assert of_page(body) == Author(url="https://ada.example/about")


def test_json_ld_tells_what_nothing_else_does() -> None:
    article = {
        "@type": ["NewsArticle"], "headline": "A title", "description": "Short.", "datePublished": "2026-05-01T08:00Z",
        "dateModified": "2026-05-02", "author": [{"@id": "#ada"}, {"name": "Bo"}], "publisher": {"name": "The Site"},
    }  # fmt: skip
    person = {"@type": "Person", "@id": "#ada", "name": "Ada", "url": "/ada"}
    said = entry(linked({"@graph": [{"@type": "WebSite"}, article, person]}))
    assert said.author == Author("Ada", "https://src.example/ada")
    assert (said.title, said.summary, said.site) == ("A title", "Short.", "The Site")
    assert (said.published, said.updated) == ("2026-05-01T08:00:00Z", "2026-05-02")


@pytest.mark.parametrize(
    "block",
    [
        "{", "[" * 5_000, "null", '"Article"', '{"@type": 1}', '{"@graph": 7}', '{"@type": "Article", "author": [[]]}',
        '{"@type": "Article", "author": {"name": {}, "url": [1]}, "headline": ["", 2], "datePublished": {}}',
        '{"@type": "Article", "headline": ' + "9" * 9_000 + "}",
    ],
)  # fmt: skip
def test_json_ld_that_makes_no_sense_tells_nothing(block: str) -> None:
    said = entry(f"<title>T</title><script type=application/ld+json>{block}</script>{LINK}")
    assert (said.title, said.author, said.published) == ("T", Author(), None)


def test_a_number_without_end_spoils_no_json_ld() -> None:
    block = '{"@type": "Article", "headline": "H", "wordCount": ' + "9" * 9_000 + "}"
    assert entry(f"<script type=application/ld+json>{block}</script>{LINK}").title == "H"


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Slow – The Site</title>", "Slow – The Site"),
        ("<title>Slow – The Site</title><meta property=og:site_name content='the site'>", "Slow"),
        ("<title>The Site: Slow</title><meta property=og:site_name content='The Site'>", "Slow"),
        ("<title>The Site</title><meta property=og:site_name content='The Site'>", "The Site"),
        ("<title>On The Site</title><meta property=og:site_name content='The Site'>", "On The Site"),
        ("<title>Slow | by Ada | Site</title><meta property=og:title content=Slow>", "Slow"),
        ("<title>« Slow » | Site</title><meta property=og:site_name content=Site>", "« Slow »"),
        ("<title>Slow reading</title><meta property=og:title content=Slow>", "Slow reading"),
        ("<meta property=og:title content=Slow>", "Slow"),
    ],
)
def test_a_title_goes_without_what_the_page_tells_beside_it(head: str, title: str) -> None:
    assert entry(head + LINK).title == title


def test_the_first_time_of_the_text_is_a_page_s_date_where_it_tells_no_other() -> None:
    times = "<header><time datetime=2020-01-01></time></header><main><time datetime=2026-05-01>May</time>"
    assert entry(f"{times}{LINK}").published == "2026-05-01"
    assert entry(f"<meta name=date content=2026-04-01>{times}{LINK}").published == "2026-04-01"
