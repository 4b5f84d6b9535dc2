"""A post's approved items → its thread: who answers whom, how much of it fits on a page, and its form as JSON.

Pure. What an item may say stands in :class:`Item`; nothing that is not in it can become public.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Literal

from service.publish.view import View
from service.values.clean import CleanHtml
from service.values.state import Kind

REPLIES = 50
"""Replies, at any depth, that an item of the first level brings along."""

DEEPEST = 10
"""Levels of replies that a page holds; what is deeper is reached by ``more``."""


ACTS = frozenset({"like", "repost", "bookmark", "rsvp-yes", "rsvp-no", "rsvp-maybe", "rsvp-interested"})


@dataclass(frozen=True, slots=True)
class Heading:
    """What a thread says of its post."""

    url: str
    title: str
    locale: str
    comments_open: bool
    linkbacks_open: bool
    post: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One approved item, in the words of its approved revision."""

    id: int
    uid: str
    parent: int | None
    kind: str
    type: str
    url: str | None
    author_name: str
    author_url: str | None
    title: str
    content: CleanHtml
    text: str
    published: str | None
    received: datetime
    owner: bool = False
    edited: datetime | None = None
    rsvp: str | None = None
    picture: str | None = None
    """The hash of our copy of its author's picture."""

    @property
    def act(self) -> str | None:
        """What its author did without words, by the name of the sentence that says so: ``like``, ``rsvp-yes``."""
        act = f"rsvp-{self.rsvp}" if self.type == "rsvp" else self.type
        return act if act in ACTS else None

    @property
    def form(self) -> Literal["words", "act", "line"]:
        """How it is shown: with its words, as an act, or as one line that leads to the page it came from."""
        if self.act:
            return "act"
        return "words" if self.kind == Kind.COMMENT or (self.type == "reply" and self.content) else "line"


@dataclass(frozen=True, slots=True)
class Branch:
    """An item with those of its replies that fit on the page."""

    item: Item
    replies: tuple[Branch, ...] = ()
    more: bool = False
    """Whether it has replies that did not fit."""


@dataclass(frozen=True, slots=True)
class Thread:
    """One page of what a post's readers see."""

    heading: Heading
    counts: Mapping[str, int]
    """Approved items of the whole post by kind."""
    branches: tuple[Branch, ...] = ()
    view: View = field(default_factory=View)
    further: bool = False
    """Whether there is a next page."""

    @property
    def total(self) -> int:
        return sum(self.counts.values())


class Growth:
    """Takes a page's replies level by level, as many as fit: ``REPLIES`` for each item of the first level."""

    def __init__(self, tops: Sequence[Item]) -> None:
        self._tops = tops
        self._left = {item.id: REPLIES for item in tops}
        self._root = {item.id: item.id for item in tops}
        self._replies: dict[int, list[Item]] = {}
        self._cut: set[int] = set()

    def take(self, level: Iterable[Item]) -> list[int]:
        """Takes the replies to what was taken last, in their order; gives the ids whose replies are the next level."""
        taken = []
        for reply in level:
            parent = reply.parent
            if parent is None or parent not in self._root or reply.id in self._root:
                continue
            root = self._root[parent]
            if self._left[root] == 0:
                self._cut.add(parent)
                continue
            self._left[root] -= 1
            self._root[reply.id] = root
            self._replies.setdefault(parent, []).append(reply)
            taken.append(reply.id)
        return taken

    def cut(self, parents: Iterable[int]) -> None:
        """These have replies that nobody takes any more."""
        self._cut.update(parents)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out beneath these items."""
        return not self._cut

    @property
    def counts(self) -> Mapping[str, int]:
        """What was taken, by kind."""
        return Counter(item.kind for item in chain(self._tops, *self._replies.values()))

    def branches(self) -> tuple[Branch, ...]:
        return tuple(self._branch(item) for item in self._tops)

    def _branch(self, item: Item) -> Branch:
        replies = tuple(self._branch(reply) for reply in self._replies.get(item.id, ()))
        return Branch(item, replies, more=item.id in self._cut)


def counts_json(counts: Mapping[str, int]) -> dict[str, int]:
    """``{"total": 8, "comment": 4, …}``, every kind named."""
    return {"total": sum(counts.values()), **{kind.value: counts.get(kind, 0) for kind in Kind}}


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are, for those who read the thread elsewhere."""

    view: Callable[[View], str]
    """A further view of the thread."""
    picture: Callable[[str], str]
    """The picture of this hash."""


def as_json(thread: Thread, places: Places) -> dict[str, Any]:
    """The thread in the form of the public API."""
    heading, view = thread.heading, thread.view
    return {
        "url": heading.url,
        "title": heading.title,
        "post": heading.post,
        "locale": heading.locale,
        "total": thread.total,
        "counts": counts_json(thread.counts),
        "open": {"comments": heading.comments_open, "linkbacks": heading.linkbacks_open},
        "reflections": [_branch_json(branch, view.under, view, places) for branch in thread.branches],
        "next": places.view(view.next()) if thread.further else None,
    }


def moment(when: datetime) -> str:
    """A time as RFC 3339 in UTC: ``2011-10-14T09:30:00Z``."""
    return when.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def _branch_json(branch: Branch, parent: str | None, view: View, places: Places) -> dict[str, Any]:
    item = branch.item
    return {
        "id": item.uid,
        "kind": item.kind,
        "type": item.type,
        "url": item.url,
        "author": {
            "name": item.author_name,
            "url": item.author_url,
            "photo": places.picture(item.picture) if item.picture else None,
        },
        "title": item.title or None,
        "content": {"html": item.content.markup, "text": item.text},
        "published": item.published,
        "received": moment(item.received),
        "owner": item.owner,
        "edited": moment(item.edited) if item.edited else None,
        "rsvp": item.rsvp,
        "parent": parent,
        "replies": [_branch_json(reply, item.uid, view, places) for reply in branch.replies],
        "more": places.view(view.rest(item.uid, len(branch.replies))) if branch.more else None,
    }
