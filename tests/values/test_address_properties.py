"""What holds of every address, however it is spelt: one normal form, one meaning, one guard."""

from __future__ import annotations

import contextlib
import ipaddress
from dataclasses import replace

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from service.values.address import Address, BadAddress, parse, post_key, same_page, untracked

LETTERS = "aZ0-._~!$&'()*+,;=:@%/?#[]\\ \t\u00e9\u00df\u2488\uff0e\u3002\ud800\u202e🦊"
PIECES = st.sampled_from(
    ["http://", "HTTPS://", "//", "/", "..", ".", "%2e", "%2E%2e", "%7e", "%41", "%2F", "%", "%2", "%zz", "%25", "é",
     "?", "&", "=", "utm_source=x", "fbclid=1", "#", ":80", ":443", ":8080", "@", "blog.example", "BLOG.example.",
     "bücher.example", "xn--bcher-kva.example", "[::1]", "127.0.0.1", "0x7f.1", "a", "~", "+", ";", "\\", "🦊"]
)  # fmt: skip
SPELT = st.lists(PIECES, max_size=12).map("".join) | st.text(LETTERS, max_size=40)


def parsed(text: str) -> Address | None:
    with contextlib.suppress(BadAddress):
        return parse(text)
    return None


@settings(max_examples=500, deadline=None)
@given(SPELT)
@example("blog.example/%2%642e/..%2")
@example("blog.example/%252e%252e/")
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    for candidate in (text, "http://" + text, "https://blog.example/" + text):
        address = parsed(candidate)
        if address is not None:
            assert parse(address.url) == address
            assert parse(address.page) == replace(address, fragment=None)


@settings(max_examples=200, deadline=None)
@given(st.lists(SPELT, min_size=3, max_size=3))
def test_being_the_same_page_is_an_equivalence(texts: list[str]) -> None:
    found = [
        parsed(f"{scheme}://blog.example/{text}") for scheme, text in zip(("http", "https", "http"), texts, strict=True)
    ]
    one, other, third = found
    assume(one and other and third)
    assert one and other and third
    assert same_page(one, one) and same_page(one, other) is same_page(other, one)
    if same_page(one, other) and same_page(other, third):
        assert same_page(one, third)
    assert same_page(one, other) is (one.folded == other.folded)
    if same_page(one, other):
        assert post_key(one) == post_key(other)
    assert untracked(untracked(one)) == untracked(one) and post_key(untracked(one)) == post_key(one)


@settings(max_examples=500, deadline=None)
@given(SPELT)
@example("?a\\b#c\\d")
@example("%2%642e")
def test_what_a_reference_leads_to_is_an_address_in_its_normal_form(reference: str) -> None:
    here = parse("https://blog.example/a/b?x#y")
    there = here.join(reference)
    if there is not None:
        assert parse(there.url, longest=None) == there
        assert here.join(there.url) == there


def spellings(number: int) -> list[str]:
    """The ways in which C's ``inet_aton`` takes an IPv4 address, and the compatible dots of IDNA."""
    octets = [number >> shift & 255 for shift in (24, 16, 8, 0)]
    dotted = ".".join(map(str, octets))
    return [
        dotted,
        str(number),
        hex(number),
        oct(number).replace("0o", "0"),
        ".".join(map(hex, octets)),
        ".".join(f"0{octet:o}" for octet in octets),
        f"{octets[0]}.{number & 0xFFFFFF}",
        f"{octets[0]}.{octets[1]}.{number & 0xFFFF}",
        dotted.replace(".", "\u3002"),
        dotted.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)}),
        dotted + ".",
    ]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_spelling_of_an_address_is_a_name_of_another_host(number: int) -> None:
    for spelling in spellings(number):
        address = parsed(f"http://{spelling}/")
        if address is not None and address.literal is not None:
            assert address.literal == ipaddress.ip_address(number)
            assert address.domain == address.host
