"""Strangers' words become text that can do nothing, and the same text in both databases."""

from __future__ import annotations

import time

import pytest

from service.values import clean
from service.values.address import parse

BASE = parse("https://other.example/a/b")


@pytest.mark.parametrize(
    ("markup", "left"),
    [
        ("<p onclick=alert(1) style='position:fixed' id=x class=y>Hi</p>", "<p>Hi</p>"),
        ("<script>alert(1)</script>a<style>b{}</style>", "a"),
        ("<img src=//tracker.example/p.gif srcset=x><video src=y></video>", ""),
        ("<svg><script>alert(1)</script></svg><math><mi>x</mi></math>", ""),
        ("<a href='javascript:alert(1)'>x</a>", '<a rel="nofollow ugc noopener noreferrer">x</a>'),
        ("<a href='/x' ping=//t target=_top>x</a>",
         '<a href="https://other.example/x" rel="nofollow ugc noopener noreferrer">x</a>'),
        ("<form action=/x><input name=y></form><my-element slot=z>t</my-element>", "t"),
        ("<b>open", "<b>open</b>"),
    ],
)  # fmt: skip
def test_html_keeps_words_and_safe_links_alone(markup: str, left: str) -> None:
    assert clean.html(markup, BASE).markup == left


def test_markdown_is_inert() -> None:
    made = clean.markdown("**bold** [x](javascript:alert(1)) ![i](https://t.example/p) <img src=x onerror=y>").markup
    assert "<strong>bold</strong>" in made
    assert "<img" not in made and 'href="javascript' not in made


@pytest.mark.parametrize("hostile", ["[" * 10_000, "*" * 10_000, "> " * 5_000, "`" * 10_001, "<" * 10_000])
def test_pathological_markdown_comes_out_as_text(hostile: str) -> None:
    assert isinstance(clean.markdown(hostile).markup, str)


@pytest.mark.parametrize("refused", ["\x00", "\ud800", "\udfff", "\x1b", "\x85"])
def test_text_holds_nothing_that_postgresql_refuses(refused: str) -> None:
    assert clean.text(f"a{refused}b") == "ab"


def test_a_name_of_100000_characters_is_cut_at_200() -> None:
    assert len(clean.line("n" * 100_000)) == 200


def test_a_name_cannot_turn_the_direction_of_what_follows() -> None:
    assert clean.line("Ada\u202e\u2066 Lovelace\u200b") == "Ada Lovelace"


def test_towers_of_marks_are_lowered() -> None:
    assert len(clean.line("Z" + "\u0335" * 500)) <= 6


def test_long_rows_of_marks_cost_no_time() -> None:
    began = time.monotonic()
    for row in ("\u0301" * 100_000 + "\u0316" * 100_000, "a" + "\u0301\u0316" * 100_000):
        assert len(clean.text(row)) <= 31
    assert time.monotonic() - began < 2


def test_as_many_marks_as_any_language_has_stay_and_are_put_in_their_order() -> None:
    assert clean.text("e" + "\u0301" * 20 + "\u0316" * 9) == "é" + "\u0316" * 9 + "\u0301" * 19
    assert clean.text("เก้าอี้ กี่ตัว") == "เก้าอี้ กี่ตัว"


def test_joiners_stay_because_scripts_need_them() -> None:
    assert clean.line("می‌خواهم 👩‍💻") == "می‌خواهم 👩‍💻"
