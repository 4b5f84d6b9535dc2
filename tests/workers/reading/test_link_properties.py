"""The link test against a slow reference, and the prefilter against the link test, on generated pages."""

from __future__ import annotations

from html import escape

import html5lib
from hypothesis import given, settings
from hypothesis import strategies as st

from service.values.address import Address, parse
from workers.reading.links import LINKING, scan
from workers.reading.prefilter import absent

SOURCE = parse("https://src.example/a/b")
NEAR = parse("https://src.example/a/post-1")
POST = parse("https://blog.example/2026/post-1?x=1&y=%C3%A9")
HOME = parse("https://blog.example/")


def found_by_the_reference(markup: str, target: Address) -> bool:
    """Whether a tree by the HTML standard's own algorithm holds an element that links to the target."""
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parse(markup)
    bases = [there for base in tree.iter("base") if (there := SOURCE.join(base.get("href", "")))]
    first = next((base for base in tree.iter("base") if "href" in base.attrib), None)
    base = bases[0] if bases and first is not None and SOURCE.join(first.attrib["href"]) else SOURCE
    for name, attribute in LINKING.items():
        for element in tree.iter(name):
            if attribute in element.attrib and (name != "link" or element.get("class", "").startswith("u-")):
                there = base.join(element.attrib[attribute])
                if there is not None and there.page == target.page:
                    return True
    return False


PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<b>", "</b>", "<table><tr><td>", "</table>", "<div hidden>", "</div>", "<ul><li>", "x", " ",
        "<!-- ", " -->", "<!-->", "<script>", "</script>", "<style>", "</style>", "<textarea>", "</textarea>", "<xmp>",
        "</xmp>", "<iframe>", "</iframe>", "<title>", "</title>", "</a>", "<p title='", "'>", '">', "<br/>", "&lt;",
        "<a href=https://blog.example/>", "<a href='//BLOG.example:443'>", "<a href=' https:\\\\blog.example '>",
        "<a href='http://blog.example/'>", "<a href='https://blog.example/x'>", "<a href='https://blog.example.evil.example/'>",
        "<a href='https&colon;//blog&#46;example/#f'>", "<a href='?https://blog.example/'>", "<a href='/'>",
        "<a href='..'>",
        "<a title='>' href='https://blog.example/'>", "<a href=x href='https://blog.example/'>", "<A\nHREF\n=\nhttps://blog.example/\n>",
        "<a data-href='https://blog.example/'>", "<q cite='https://blog.example/'>", "<q href='https://blog.example/'>",
        "<img src='https://blog.example/'>", "<img href='https://blog.example/'>", "<object data='https://blog.example/'>",
        "<link class=u-url href='https://blog.example/'>", "<link rel=canonical href='https://blog.example/'>",
    ]
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(["", "<base href=https://blog.example/x/>", "<base href=//else.example>"]),
    st.lists(PIECES, max_size=10),
)
def test_it_finds_a_link_where_the_reference_finds_one_and_nowhere_else(base: str, pieces: list[str]) -> None:
    # A <body> in front: what stands in the head is moved about, but not what links.
    markup = f"<head>{base}</head><body>" + "".join(pieces)
    found = scan(markup, SOURCE, [HOME]).count > 0
    assert found is found_by_the_reference(markup, HOME)
    assert not (found and absent(markup, SOURCE, [HOME]))


@st.composite
def spelt(draw: st.DrawFn) -> tuple[Address, str]:
    """A target, and an attribute's value by which a browser gets there from the source."""
    target = draw(st.sampled_from([POST, HOME, NEAR]))
    start, rest = target.origin, target.request_target
    written = draw(
        st.sampled_from([start.upper(), start, start.removeprefix("https:"), start + ":443", start.replace("/", "\\")])
    )
    if target is NEAR and draw(st.booleans()):
        written, rest = "", draw(st.sampled_from(["/a/post-1", "post-1", "./post-1", "../a/post-1", "x/../post-1"]))
    path = (
        "".join(
            f"%{ord(letter):02x}" if letter.isalnum() and letter.isascii() and hexed else letter
            for letter, hexed in zip(
                rest, draw(st.lists(st.booleans(), min_size=len(rest), max_size=len(rest))), strict=True
            )
        )
        if "%" not in rest
        else draw(
            st.sampled_from(
                [rest, rest.replace("%C3%A9", "é"), rest.replace("%C3%A9", "%c3%a9"), rest.replace("post", "%70ost")]
            )
        )
    )
    reference = written + path + draw(st.sampled_from(["", "#", "#part", "#a\\b"]))
    at = draw(st.integers(0, len(reference)))
    reference = (
        draw(st.sampled_from(["", " ", "\n"]))
        + reference[:at]
        + draw(st.sampled_from(["", "\t", "\n"]))
        + reference[at:]
    )
    letters = draw(
        st.lists(st.sampled_from(["", "&#{};", "&#x{:x};"]), min_size=len(reference), max_size=len(reference))
    )
    return target, "".join(
        form.format(ord(letter)) if form else escape(letter) for letter, form in zip(reference, letters, strict=True)
    )


@settings(max_examples=250, deadline=None)
@given(spelt(), st.sampled_from(["<a href='{}'>x</a>", "<p>y<img alt='' src='{}'>", '<A title=x HREF = "{}" >']))
def test_every_spelling_of_a_link_is_found_and_passed_over_by_none(spelling: tuple[Address, str], markup: str) -> None:
    target, reference = spelling
    page = markup.replace("{}", reference)
    assert scan(page, SOURCE, [target]).count == 1, reference
    assert not absent(page, SOURCE, [target])
