"""An item as whoever decides sees it: what came, what it says, what we saw of it, and what became of it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.values.address import Address, stored
from service.values.clean import CleanHtml
from service.values.evidence import Evidence, Link
from service.values.reason import Reason
from service.values.state import Kind, State


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

    @property
    def words(self) -> str:
        """What it says, without markup."""
        return self.text or self.summary


@dataclass(frozen=True, slots=True)
class Visit:
    """One attempt at the source: the last answer's status and address, and the seconds it took."""

    status: int | None = None
    final: str | None = None
    seconds: float = 0.0
    spared: bool = False
    """Whether its host was not asked, since it could not be reached shortly before."""


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
    def moved(self) -> bool:
        """Whether it changed anything; a look that found all as it was did not."""
        return self.came_from is not self.went_to or self.seen is not None or self.renews


@dataclass(frozen=True, slots=True)
class Record:
    """What a source's host sent to this site so far, the item itself included."""

    approved: int = 0
    spam: int = 0
    rejected: int = 0
    total: int = 1

    @property
    def first(self) -> bool:
        return self.total <= 1


@dataclass(frozen=True, slots=True)
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

    @property
    def attempts(self) -> tuple[Happened, ...]:
        """The visits to its source, the newest first."""
        return tuple(event for event in self.history if event.visit is not None)

    @property
    def waits(self) -> bool:
        """Whether a person is asked."""
        return self.state is State.PENDING or self.changed

    @property
    def changed(self) -> bool:
        """Whether it is up, and its source says something newer that nobody decided."""
        return self.state is State.APPROVED and (self.latest or 0) > (self.decided or 0)

    @property
    def version(self) -> Version | None:
        """The newest revision: what is decided about."""
        return self._numbered(self.latest)

    @property
    def public(self) -> Version | None:
        """The revision that readers see."""
        return self._numbered(self.shown) if self.state is State.APPROVED else None

    @property
    def type(self) -> str:
        """``comment``, or what the linkback is to its post."""
        if self.kind == Kind.COMMENT:
            return "comment"
        return self.version.relation if self.version else "mention"

    @property
    def evidence(self) -> Evidence | None:
        return self.version.evidence if self.version else None

    @property
    def link(self) -> Link | None:
        return self.evidence.link if self.evidence else None

    @property
    def page(self) -> Address | None:
        """The source."""
        return stored(self.source)

    @property
    def moved_to(self) -> Address | None:
        """Where the source was read, where that is another address than the one sent."""
        final, page = stored(self.evidence.final if self.evidence else None), self.page
        return final if final and page and final.page != page.page else None

    @property
    def elsewhere(self) -> Mapping[str, Address]:
        """What its source claims of itself that does not fit its host, by what it is: ``author``, ``url``,
        ``canonical``; each domain once."""
        version, evidence = self.version, self.evidence
        if version is None or self.page is None:
            return {}
        ours = {self.page.domain} | ({self.moved_to.domain} if self.moved_to else set())
        canonical = evidence.canonical if evidence else None
        claims = {"author": version.author_url, "url": version.url, "canonical": canonical}
        found: dict[str, Address] = {}
        for name, claim in claims.items():
            if (there := stored(claim)) is not None and there.domain not in ours:
                found[name] = there
                ours.add(there.domain)
        return found

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
