"""What a page is called since its site moved, and what it was called before."""

from __future__ import annotations

import pytest

from service.values.address import parse, prefix_key, rebased
from service.values.prefixes import Prefix, Prefixes


@pytest.mark.parametrize(
    ("address", "old", "new", "there"),
    [
        ("http://old.example/blog/a?p=1#c", "http://old.example/blog/", "https://new.example/", "https://new.example/a?p=1#c"),
        ("https://old.example/a/", "http://old.example/", "https://new.example/b/", "https://new.example/b/a/"),
        ("http://old.example/blog", "http://old.example/blog/", "https://new.example/b", "https://new.example/b"),
        ("http://old.example/blog/", "http://old.example/blog", "https://new.example/b", "https://new.example/b/"),
        ("http://old.example/blog", "http://old.example/blog", "https://new.example/", "https://new.example/"),
        ("http://old.example/blog?p=1", "http://old.example/blog", "https://new.example/b", "https://new.example/b?p=1"),
        ("http://old.example/blogs/a", "http://old.example/blog", "https://new.example/", None),
        ("http://old.example:81/a", "http://old.example/", "https://new.example/", None),
    ],
)  # fmt: skip
def test_an_address_goes_with_the_prefix_that_it_is_under(address: str, old: str, new: str, there: str | None) -> None:
    found = rebased(parse(address), parse(old), parse(new))
    assert (found.url if found else None) == there


def moved_to(**moves: str) -> Prefixes:
    """``moved_to(old="new")``: what was under https://old.example/ is under https://new.example/."""
    at = {name: parse(f"https://{name}.example/") for name in {*moves, *moves.values()}}
    return Prefixes({prefix_key(at[name]): Prefix(at[name], at.get(moves.get(name, ""))) for name in at})


def test_a_site_that_moved_twice_is_followed_from_one_to_the_next_and_back() -> None:
    moved = moved_to(a="b", b="c", z="c")
    assert moved.called(parse("https://a.example/x")).url == "https://c.example/x"
    assert moved.called(parse("https://c.example/x")).url == "https://c.example/x"
    former = {address.url for address in moved.formerly(parse("https://c.example/x"))}
    assert former == {"https://b.example/x", "https://a.example/x", "https://z.example/x"}
    assert list(moved.formerly(parse("https://elsewhere.example/x"))) == []


def test_a_site_that_went_deeper_into_its_own_address_does_not_go_round() -> None:
    root, blog = parse("https://h.example/"), parse("https://h.example/blog/")
    deeper = Prefixes({prefix_key(root): Prefix(root, blog), prefix_key(blog): Prefix(blog)})
    assert deeper.called(parse("https://h.example/a")).url == "https://h.example/blog/a"
    assert deeper.called(parse("https://h.example/blog/a")).url == "https://h.example/blog/a"
    assert [one.url for one in deeper.formerly(parse("https://h.example/blog/a"))] == ["https://h.example/a"]
    out = Prefixes({prefix_key(root): Prefix(root), prefix_key(blog): Prefix(blog, root)})
    assert out.called(parse("https://h.example/blog/a")).url == "https://h.example/a"
    assert [one.url for one in out.formerly(parse("https://h.example/a"))] == ["https://h.example/blog/a"]
