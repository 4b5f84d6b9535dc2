"""An item as whoever decides sees it: what came, what it says, what we saw of it, and what became of it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from service.decide.rules import SiteRule
from service.decide.signs import Look
from service.decide.triage import Ground
from service.values.address import Address
from service.values.clean import CleanHtml
from service.values.evidence import Evidence, Link
from service.values.reason import Reason
from service.values.state import Kind, State

MENDS = ("edit", "answers", "merged", "joined", "moved", "site")
"""What an event's details name that is more than yes and no."""


def readable(uid: str) -> bool:
    """Whether this may be an item's id at all; both databases take it then."""
    return 0 < len(uid) <= 32 and uid.isascii() and uid.replace("-", "").replace("_", "").isalnum()


@dataclass(frozen=True, slots=True)
class Version:
    """One revision."""

    number: int
    made: datetime
    made_by: str
    relation: str
    title: str
    author_name: str
    author_url: str | None
    author_photo: str | None
    picture: str | None
    """The hash of our copy of it."""
    content: CleanHtml
    text: str
    summary: str
    url: str | None
    moved_to: str | None
    """Where its source had moved to for good."""
    published: str | None
    rsvp: str | None
    site_name: str
    updated: str | None
    photos: tuple[str, ...]
    syndication: tuple[str, ...]
    categories: tuple[str, ...]
    evidence: Evidence | None
    spam: float | None = None
    """Triage’s probability."""
    weighed: tuple[Ground, ...] = ()
    """What of it weighed most."""
    portrait: str | None = None
    """The hash of the copy that readers see with it, or saw last."""

    @property
    def words(self) -> str:
        """What it says, without markup."""
        return self.text or self.summary


@dataclass(frozen=True, slots=True)
class Sent:
    """What a trackback said beside its address (TrackBack 1.2), in its sender's own words."""

    number: int
    """Of its arrival."""
    at: datetime
    title: str
    excerpt: str
    blog_name: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One attempt at the source: the last answer's status and address, and the seconds it took."""

    status: int | None = None
    final: str | None = None
    seconds: float = 0.0
    spared: bool = False
    """Whether its host was not asked, since it could not be reached shortly before, or asked for patience."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: who did what, when, on what he had seen."""

    id: int
    at: datetime
    by: str
    came_from: State
    went_to: State
    seen: int | None
    reason: str | None
    details: Mapping[str, Any]

    @property
    def words(self) -> str | None:
        """The reason in the words of whoever decided."""
        said = self.details.get("words")
        return str(said) if said else None

    @property
    def visit(self) -> Visit | None:
        """The visit to the source that this was, if it was one."""
        made = self.details.get("visit")
        return Visit(**made) if made else None

    @property
    def again(self) -> bool:
        """Whether somebody wanted the source to be visited anew, of an item that stayed what it was."""
        return "again" in self.details

    @property
    def undoes(self) -> bool:
        return "undoes" in self.details

    @property
    def keeps(self) -> bool:
        """Whether it settled a newer revision without showing it."""
        shown = self.details.get("show")
        return self.went_to is State.APPROVED and shown is not None and shown != self.seen

    @property
    def renews(self) -> bool:
        """Whether a rule let a newer revision of what is up take its place."""
        return "renews" in self.details

    @property
    def mends(self) -> str | None:
        """What a moderator did with it beside deciding: ``edit``, ``answers``, ``merged``, ``joined``, ``moved``, or
        ``site``, where its site went elsewhere with all that is on it."""
        return next((name for name in MENDS if name in self.details), None)

    @property
    def ruled(self) -> SiteRule | None:
        """The rule that did it, as it was then."""
        told = self.details.get("rule")
        number = self.by.removeprefix("rule ")
        return SiteRule(id=int(number), **told) if isinstance(told, dict) and number.isdecimal() else None

    @property
    def takes_back(self) -> bool:
        """Whether it took back what a rule had decided."""
        return "takes_back" in self.details

    @property
    def moved(self) -> bool:
        """Whether it changed anything; a look that found all as it was did not."""
        told = self.renews or self.takes_back or self.undoes or self.mends not in (None, "site")
        return self.came_from is not self.went_to or self.seen is not None or told


@dataclass(frozen=True, slots=True)
class Record:
    """What was decided so far of what a source's host sent to this site."""

    approved: int = 0
    spam: int = 0
    rejected: int = 0

    @property
    def first(self) -> bool:
        """Whether nothing of it was."""
        return not (self.approved or self.rejected or self.spam)


@dataclass(frozen=True, slots=True)
class Noted:
    """What a moderator wrote down for the others."""

    id: int
    about: str
    """``item``, ``host`` or ``author``."""
    key: str
    words: str
    by: str
    made: datetime


@dataclass(frozen=True)
class Item:
    """One reflection with all that a decision needs."""

    id: int
    uid: str
    kind: str
    state: State
    source: str | None
    host: str | None
    owner: bool
    received: datetime
    checked: datetime | None
    due: datetime | None
    """When its source is visited because somebody asked, or once more because it could not be read."""
    reason: Reason | None
    latest: int | None
    shown: int | None
    decided: int | None
    post_id: int
    post_url: str
    post_title: str
    site_id: int
    site_url: str
    site_name: str
    protocols: tuple[str, ...]
    targets: tuple[str, ...]
    versions: tuple[Version, ...]
    """The newest first."""
    history: tuple[Happened, ...]
    """The newest first."""
    record: Record
    rule: SiteRule | None = None
    """The rule by which it is where it is."""
    sent: Sent | None = None
    """The words that it gets where it is approved by hand, as nothing was read of it."""
    notes: tuple[Noted, ...] = ()
    """What moderators wrote down about it, its host and its author, the newest first."""

    @property
    def attempts(self) -> tuple[Happened, ...]:
        """The visits to its source, the newest first."""
        return tuple(event for event in self.history if event.visit is not None)

    @property
    def own(self) -> bool:
        """Whether it waits, and comes from a post of its own site, about which no rule speaks."""
        return self.state is State.PENDING and any(event.details.get("own") for event in self.history)

    @property
    def merged_into(self) -> str | None:
        """The id of the item into which it was merged, while that stands."""
        last = next((event for event in self.history if event.moved), None)
        merged = last.details.get("merged") if last else None
        return merged["into"] if merged else None

    @property
    def waits(self) -> bool:
        """Whether a person is asked."""
        return self.state is State.PENDING or self.changed

    @property
    def changed(self) -> bool:
        """Whether it is up, and its source says something newer that nobody decided."""
        return self.state is State.APPROVED and (self.latest or 0) > (self.decided or 0)

    @cached_property
    def version(self) -> Version | None:
        """The newest revision: what is decided about."""
        return self._numbered(self.latest)

    @property
    def public(self) -> Version | None:
        """The revision that readers see."""
        return self._numbered(self.shown) if self.state is State.APPROVED else None

    @property
    def edited(self) -> bool:
        """Whether a moderator put other words in the place of its source's or writer's."""
        one = self.public or self.version
        return one is not None and one.made_by == "moderator" and one.number > 1

    @property
    def type(self) -> str:
        """``comment``, or what the linkback is to its post."""
        if self.kind == Kind.COMMENT:
            return "comment"
        return self.version.relation if self.version else "mention"

    @property
    def evidence(self) -> Evidence | None:
        return self.version.evidence if self.version else None

    @cached_property
    def look(self) -> Look:
        """What its source says of itself, and what was seen of it."""
        version = self.version
        if version is None:
            return Look(self.source, self.type, None, None, None)
        return Look(self.source, self.type, version.author_url, version.url, version.evidence)

    @property
    def link(self) -> Link | None:
        return self.look.link

    @property
    def page(self) -> Address | None:
        """The source."""
        return self.look.page

    @property
    def moved_to(self) -> Address | None:
        """Where the source was read, where that is another address than the one sent."""
        return self.look.moved_to

    @cached_property
    def says(self) -> str:
        """What it says in words of its own: its words, or else the sentence of its link; its title before them."""
        version, link = self.version, self.link
        sentence = f"{link.before}{link.text}{link.after}" if link else ""
        return f"{version.title}\n{version.words or sentence}".strip() if version else ""

    @property
    def author(self) -> str:
        """Who wrote it, as far as it tells; else its host."""
        version = self.version
        named = (version.author_name or version.site_name) if version else ""
        return named or (self.page.host.removeprefix("www.") if self.page else "")

    @property
    def picture(self) -> str | None:
        """The hash of our copy of its author's picture."""
        return self.version.picture if self.version else None

    @property
    def beside(self) -> str:
        """What else is seen of it than its newest revision, which a decision is about too: the hash of the picture; of
        what has no revision the number of the words that were sent."""
        return str(self.sent.number) if self.sent else self.picture or ""

    @property
    def mark(self) -> str:
        """Which item it is, and what is seen of it, as the list's forms carry it: by single spaces."""
        mark = f"{self.uid} {self.state} {self.latest or ''}"
        return f"{mark} {self.beside}" if self.beside else mark

    @property
    def initials(self) -> str:
        """Two letters at most."""
        words = [word for word in self.author.replace(".", " ").split() if word[0].isalnum()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"

    @property
    def title(self) -> str:
        """What it is called: its title, else its author or address."""
        return (self.version.title if self.version else "") or self.author or self.uid

    def _numbered(self, number: int | None) -> Version | None:
        return next((version for version in self.versions if version.number == number), None)
