"""What a site's rules say of an item that nobody has decided yet.

The first line that holds decides; of several rules in one line the oldest is named:

=====================================================  =========  =================================================
an item is …                                           goes to    because
=====================================================  =========  =================================================
1. concerned by a rule that says *spam* or *refuse*    spam       who is shut out stays out, whoever vouches
2. concerned by a rule that says *wait*                pending    to ask once too often harms nobody
3. linked where no reader sees the link                pending    no trust covers what is hidden from the trusting
4. covered on its whole way by rules that *approve*    approved   what was verified, never what was typed
5. let in by the site's default                        approved   the owner's own wish for what no rule speaks about
6. anything else                                       pending    the default rule is to ask
=====================================================  =========  =================================================

One place on the way is enough for spam, and all of them must be covered for trust, since anybody may redirect to whom
he likes. Trust covers what its page's author says: not a link among the comments, which others write there. An author
is believed on pages beneath his own address alone, so nobody speaks for his neighbour on a shared host.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from service.decide import words
from service.decide.subject import Subject
from service.values.state import State

APPROVE, WAIT, SPAM, REFUSE = "approve", "wait", "spam", "refuse"

BLOCKS = frozenset({SPAM, REFUSE})
"""What puts a verified item among the spam. What is refused never comes past the door by its own address; it may by
another's that leads to it."""

EVERYTHING, KNOWN = "all", "known"
"""The values of the site's default: approve all that no rule speaks about, or what comes from where something was
approved before."""

VERDICTS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "host": (APPROVE, WAIT, SPAM, REFUSE),
    "author": (APPROVE, WAIT, SPAM),
    "address": (APPROVE, WAIT, SPAM),
    "words": (WAIT, SPAM),
    "links": (WAIT, SPAM),
    "language": (WAIT, SPAM),
    "foreign": (WAIT, SPAM),
    "hidden": (WAIT, SPAM),
    "kind": (WAIT, SPAM),
    "type": (WAIT, SPAM),
    "self": (APPROVE, WAIT, SPAM),
    "default": (APPROVE,),
})  # fmt: skip
"""What a rule of each kind may say. Nothing is let in on what anybody may type."""


@dataclass(frozen=True, slots=True)
class SiteRule:
    """A rule that stands: what it looks at, for what, and what is to become of what it finds."""

    id: int
    kind: str
    value: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Advice:
    """Where the rules would put an item, and which of them; none where no rule speaks."""

    to: State
    rule: SiteRule | None = None
    own: bool = False
    """Whether it is a link from a post of the same site, about which no rule speaks."""
    held: bool = False
    """Whether it would have been approved, had everything not been held."""
    by_triage: bool = False
    """Whether no rule spoke, and triage puts it there alone (:mod:`service.decide.triage`)."""

    def hold(self) -> Advice:
        """What becomes of one that approves, where everything is held."""
        return Advice(State.PENDING, held=True)


_CONCERNS: Mapping[str, Callable[[str, Subject], bool]] = MappingProxyType({
    "host": lambda host, item: any(domain == host for domain, _ in item.places),
    "address": lambda prefix, item: any(prefix in prefixes for _, prefixes in item.places),
    "author": lambda who, item: who == item.claim or any(who in prefixes for _, prefixes in item.places),
    "words": lambda phrase, item: words.says(item.said, phrase),
    "links": lambda least, item: least.isdecimal() and item.links >= int(least),
    "language": lambda tag, item: _speaks(item.language, tag),
    "foreign": lambda tags, item: _foreign(item.language, tags),
    "hidden": lambda _, item: item.hidden,
    "kind": lambda kind, item: item.kind == kind,
    "type": lambda relation, item: item.type == relation,
    "self": lambda _, item: item.ours,
})  # fmt: skip
"""Whether a rule of this kind and value concerns an item at all."""

_COVERS: Mapping[str, Callable[[str, str, Collection[str], Subject], bool]] = MappingProxyType({
    "host": lambda host, domain, _prefixes, _item: domain == host,
    "address": lambda prefix, _domain, prefixes, _item: prefix in prefixes,
    "author": lambda who, _domain, prefixes, item: who == item.claim and who in prefixes,
    "self": lambda _value, _domain, _prefixes, item: item.ours,
})  # fmt: skip
"""Whether trust of this kind and value covers a place on the way: what it stands on was verified."""


def advise(rules: Iterable[SiteRule], item: Subject) -> Advice:
    """What the rules make of an item, as the table above says."""
    return Order.of(rules).advise(item)


@dataclass(frozen=True, slots=True)
class Order:
    """Rules in the order in which they are heard, for whoever asks them about many items."""

    against: Sequence[SiteRule]
    holding: Sequence[SiteRule]
    trusting: Sequence[SiteRule]
    default: SiteRule | None

    @classmethod
    def of(cls, rules: Iterable[SiteRule]) -> Order:
        """A rule of another release, whose kind or verdict is not known here, says nothing."""
        known = (rule for rule in rules if rule.verdict in VERDICTS.get(rule.kind, ()))
        oldest_first = sorted(known, key=lambda rule: rule.id)
        return cls(
            against=[rule for rule in oldest_first if rule.verdict in BLOCKS],
            holding=[rule for rule in oldest_first if rule.verdict == WAIT],
            trusting=[rule for rule in oldest_first if rule.verdict == APPROVE and rule.kind in _COVERS],
            default=next((rule for rule in oldest_first if rule.kind == "default"), None),
        )

    def advise(self, item: Subject) -> Advice:
        """What they make of an item."""
        if against := _concerned(self.against, item):
            return Advice(State.SPAM, against)
        if held := _concerned(self.holding, item):
            return Advice(State.PENDING, held)
        if not item.hidden and (welcome := self._covering(item) or self._let_in(item)):
            return Advice(State.APPROVED, welcome)
        return Advice(State.PENDING, own=item.ours)

    def _covering(self, item: Subject) -> SiteRule | None:
        """The rule that covers the source, if the whole way is covered."""
        if item.by_others or not self.trusting:
            return None
        found = [self._first(domain, prefixes, item) for domain, prefixes in item.places]
        return found[0] if found and None not in found else None

    def _first(self, domain: str, prefixes: Collection[str], item: Subject) -> SiteRule | None:
        return next((rule for rule in self.trusting if _COVERS[rule.kind](rule.value, domain, prefixes, item)), None)

    def _let_in(self, item: Subject) -> SiteRule | None:
        wishes = {EVERYTHING: True, KNOWN: item.known and not item.by_others}
        return self.default if self.default and wishes.get(self.default.value) else None


def _concerned(rules: Iterable[SiteRule], item: Subject) -> SiteRule | None:
    return next((rule for rule in rules if _CONCERNS[rule.kind](rule.value, item)), None)


def _speaks(language: str | None, tag: str) -> bool:
    """Basic filtering (RFC 4647 3.3.1): ``en`` is spoken in ``en-GB``."""
    spoken = (language or "").lower().replace("_", "-")
    return spoken == tag or spoken.startswith(f"{tag}-")


def _foreign(language: str | None, tags: str) -> bool:
    """Whether it is in none of these; what tells no language is in none of another."""
    return bool(language) and not any(_speaks(language, tag) for tag in tags.split(", "))
