"""The stream of tags: what WHATWG's tokenizer sees, and nothing that it does not."""

from __future__ import annotations

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workers.reading.references import in_attribute, in_text
from workers.reading.stream import End, Raw, Start, Words, tokens


def hrefs(markup: str) -> list[str]:
    """Of the ``<a>`` on the stream, decoded."""
    return [
        in_attribute(token.attributes["href"])
        for token in tokens(markup, xml=False)
        if isinstance(token, Start) and token.name == "a" and "href" in token.attributes
    ]


def hrefs_of_html5lib(markup: str) -> list[str]:
    """Of the ``<a>`` in the tree that the reference implementation builds."""
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parse(markup)
    return [element.attrib["href"] for element in tree.iter("a") if "href" in element.attrib]


PIECES = st.sampled_from(
    [
        "<", ">", "/", "!", "-", "--", "=", '"', "'", " ", "\n", "\t", "\f", "\r", "x", "a", "&", ";", "]]>", "?",
        "<!--", "-->", "--!>", "<!-->", "<!--->", "<!", "<?", "</", "</>", "<!doctype html>",
        "<a href=1>", "<a href='2'>", '<a href="3">', "<A HREF=4/>", "<a/href=5>", "<a href>", "<a href=6 href=7>",
        "<a x='>' href=8>", "<a =href=9>", "<a href = 10 >", "<a 'href=11>", "</a>", "</a href=12>", "<a\nhref\n=\n13>",
        "<a href=&#49;4>", "<a href='?a=1&copy=2&amp;x'>", "<a href='&copy'>", "<a href='&copy;'>",
        "<a href='&notit;'>",
        "<script>", "</script>", "<SCRIPT ", "</script ", "</scripty>", "<style>", "</style>", "</style/>",
        "<textarea>", "</textarea>", "<title>", "</title>", "<xmp>", "</xmp>", "<iframe>", "</iframe>",
        "<noembed>", "</noembed>", "<p>", "</p>", "<b>", "<br/>", "<div hidden>", "</div>", "<noscript>", "</noscript>",
    ]
)  # fmt: skip


@settings(max_examples=1200, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
@example("<script><!--<script></script><a href=1></script><a href=2>")
@example("<script><!--<script>--></script><a href=1>")
@example("<script><!--></script><a href=1>")
@example("<script><!--<script><!--></script><a href=1>")
def test_it_finds_the_links_that_the_reference_parser_finds(markup: str) -> None:
    # A <body> in front: what stands in the head is moved about, but not what links.
    # html5lib clones an open <a> where it mends the tree, so what is there counts, not how often.
    assert set(hrefs("<body>" + markup)) == set(hrefs_of_html5lib("<body>" + markup))


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<svg><title/><a href=1>", ["1"]),
        ("<svg><style/><a href=1>", ["1"]),
        ("<style/><a href=1>", []),
        ("<svg><![CDATA[<a href=1>]]></svg><a href=2>", ["2"]),
        ("<![CDATA[<p><a href=1>x</a></p>]]><a href=2>", ["2"]),
        ("<![CDATA[<p><a href=1>", ["1"]),
        ("<plaintext><a href=1>", []),
        ("<noframes><a href=1></noframes><a href=2>", ["2"]),
        ("<a href=1", []),
        ("<a href='1", []),
        ("<a href=1/>", ["1/"]),
        ("<a href=1 />", ["1"]),
        ("<a\0 href=1>", []),
        ("<lin\u212a href=1><a href=2>", ["2"]),
        ("<script></\u017fcript><a href=1>", []),
    ],
)
def test_what_decides_where_raw_text_begins_and_ends(markup: str, expected: list[str]) -> None:
    assert hrefs(markup) == expected


def test_xhtml_may_close_a_script_in_its_own_tag() -> None:
    markup = "<script src='x'/><a href='1'>"
    assert [token.name for token in tokens(markup, xml=True) if isinstance(token, Start)] == ["script", "a"]


def test_it_gives_tags_words_and_raw_text_in_their_order() -> None:
    assert list(tokens("<title>a<b></title>1 < 2<!-- c --><P CLASS=x>&amp;</p x=1>", xml=False)) == [
        Start("title", {}, 0, False),
        Raw("title", "a<b>"),
        End("title"),
        Words("1 < 2"),
        Start("p", {"class": "x"}, 1, False),
        Words("&amp;"),
        End("p"),
    ]


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("&eacute;&#233;&#xE9;&#XE9", "éééé"),
        ("&notit; &ampx &AMP", "¬it; &x &"),
        ("&#0; &#xD800; &#x110000; &#" + "9" * 100_000 + ";", "\ufffd \ufffd \ufffd \ufffd"),
        ("&#150; &#x81;", "– \x81"),
        ("&; &#; &#x; &nosuch; &", "&; &#; &#x; &nosuch; &"),
        ("&#8211; &laquo;&nbsp;x&raquo;", "– «\xa0x»"),
    ],
)
def test_references_in_text(text: str, decoded: str) -> None:
    assert in_text(text) == decoded
