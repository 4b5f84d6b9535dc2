"""One parser for every URL: what it takes, what it makes of it, and when two mean one page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.values.address import BadAddress, parse, post_key, prefix_key, prefix_keys, registrable, same_page


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("HTTP://Blog.Example:80", "http://blog.example/"),
        ("https://blog.example.:443/a", "https://blog.example/a"),
        ("https://blog.example/%7eada/%c3%a9", "https://blog.example/~ada/%C3%A9"),
        ("https://blog.example/é", "https://blog.example/%C3%A9"),
        ("https://blog.example/a/./b/%2e%2e/c", "https://blog.example/a/c"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://[::0:1]:8001/x", "http://[::1]:8001/x"),
        ("https://blog.example/a%0d%0ab", "https://blog.example/a%0D%0Ab"),
        ("https://blog.example/%2%642e/100%?%zz", "https://blog.example/%252d2e/100%25?%25zz"),
        ("https://blog.example/🎉?q=🎉#part", "https://blog.example/%F0%9F%8E%89?q=%F0%9F%8E%89#part"),
    ],
)
def test_every_form_of_an_address_has_one_normal_form(given: str, normal: str) -> None:
    assert parse(given).url == normal
    assert parse(normal).url == normal


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "invalid_url"),
        ("hello", "invalid_url"),
        ("/relative", "invalid_url"),
        ("//blog.example/x", "invalid_url"),
        ("http:///x", "invalid_url"),
        ("http://", "invalid_url"),
        ("http://host:0/", "invalid_url"),
        ("http://host:65536/", "invalid_url"),
        ("http://host:abc/", "invalid_url"),
        ("http://user@host/", "invalid_url"),
        ("http://user:secret@host/", "invalid_url"),
        ("http://127.0.0.1\\@example.com/", "invalid_url"),
        ("http://host/a b", "invalid_url"),
        ("http://host/a\tb", "invalid_url"),
        ("http://host/\r\nX: y", "invalid_url"),
        ("http://host/\x00", "invalid_url"),
        ("http://host/\ud800", "invalid_url"),
        ("http://a..b/", "invalid_url"),
        ("http://[::1%25eth0]/", "invalid_url"),
        ("mailto:ada@blog.example", "unsupported_scheme"),
        ("ftp://blog.example/", "unsupported_scheme"),
        ("file:///etc/passwd", "unsupported_scheme"),
        ("gopher://blog.example/", "unsupported_scheme"),
        ("javascript:alert(1)", "unsupported_scheme"),
        ("data:text/html,x", "unsupported_scheme"),
        ("http://blog.example/" + "a" * 2029, "url_too_long"),
    ],
)
def test_what_is_no_web_address_is_refused_with_its_reason(given: str, code: str) -> None:
    with pytest.raises(BadAddress) as refused:
        parse(given)
    assert refused.value.code == code


def test_an_address_of_2048_characters_is_taken() -> None:
    assert len(parse("http://blog.example/" + "a" * 2028).url) == 2048


@given(st.text(max_size=60))
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    for candidate in (text, "http://" + text, "http://host/" + text):
        try:
            address = parse(candidate)
        except BadAddress:
            continue
        assert parse(address.url) == address


@pytest.mark.parametrize(
    ("reference", "resolved"),
    [
        ("c.html", "https://blog.example/a/c.html"),
        ("../d", "https://blog.example/d"),
        ("//other.example/z", "https://other.example/z"),
        ("\\\\other.example\\z", "https://other.example/z"),
        ("https:c", "https://blog.example/a/c"),
        ("http:/other.example", "http://other.example/"),
        (" /q\n?x=1 2#c ", "https://blog.example/q?x=1%202#c"),
        ("?y", "https://blog.example/a/b.html?y"),
        ("#part", "https://blog.example/a/b.html?x#part"),
        ("", "https://blog.example/a/b.html?x"),
        ("?q\\r#s\\t", "https://blog.example/a/b.html?q%5Cr#s%5Ct"),
        ("javascript:alert(1)", None),
        ("mailto:ada@blog.example", None),
        ("http://user@host/", None),
    ],
)
def test_a_reference_resolves_as_in_a_browser(reference: str, resolved: str | None) -> None:
    joined = parse("https://blog.example/a/b.html?x#y").join(reference)
    assert (joined and joined.url) == resolved


@pytest.mark.parametrize(
    "other",
    [
        "http://blog.example/post",
        "https://BLOG.example:443/post",
        "https://blog.example/post#comments",
        "https://blog.example/post/",
        "https://blog.example/post?utm_source=news&fbclid=1",
        "https://blog.example/%70ost",
    ],
)
def test_forms_of_one_post_share_its_key(other: str) -> None:
    assert post_key(parse(other)) == post_key(parse("https://blog.example/post"))


@pytest.mark.parametrize("other", ["/post-2", "/post?x=1", "/Post", "/posts", "/post/2"])
def test_other_posts_have_other_keys(other: str) -> None:
    assert post_key(parse("https://blog.example" + other)) != post_key(parse("https://blog.example/post"))


def test_a_site_may_say_that_the_slash_matters() -> None:
    one, other = parse("https://blog.example/post"), parse("https://blog.example/post/")
    assert post_key(one, slash_matters=True) != post_key(other, slash_matters=True)


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("https://host.example/~a/post", True),
        ("http://host.example/~a", True),
        ("https://host.example/%7Ea/post", True),
        ("https://host.example/~ab/post", False),
        ("https://host.example/~b/../~a/post", True),
        ("https://host.example.evil.example/~a/post", False),
        ("https://evil.example/?x=host.example/~a/", False),
        ("https://host.example:8443/~a/post", False),
    ],
)
def test_a_prefix_holds_what_lies_below_it_and_nothing_that_looks_alike(address: str, inside: bool) -> None:
    assert (prefix_key(parse("https://host.example/~a/")) in prefix_keys(parse(address))) is inside


@pytest.mark.parametrize("other", ["http://a.example/x", "https://A.example:443/x#f", "https://a.example./%78"])
def test_the_same_page_is_recognised(other: str) -> None:
    assert same_page(parse("https://a.example/x"), parse(other))


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.blog.example.co.uk", "example.co.uk"),
        ("ada.github.io", "ada.github.io"),
        ("deep.ada.github.io", "ada.github.io"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "[::1]"),
        ("localhost", "localhost"),
    ],
)
def test_a_host_is_its_registrable_domain(host: str, domain: str) -> None:
    assert registrable(host) == domain
