"""Rules in words: what one looks at, what it makes of it, what it did, and why one can't be saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from service.decide.admissible import KINDS as WAYS
from service.decide.admissible import TYPES, BadRule
from service.languages import gettext, ngettext
from service.values.state import State

VERDICTS = MappingProxyType({
    "approve": "Approve",
    "wait": "Have it wait",
    "spam": "Spam",
    "refuse": "Refuse",
})  # fmt: skip

ABOUT = MappingProxyType({
    "host": "Host",
    "author": "Author",
    "address": "Address, and all beneath it",
    "words": "Word or phrase",
    "links": "So many links or more",
    "language": "Language",
    "foreign": "Any other language than",
    "hidden": "Link that no reader sees",
    "self": "Link from a post of this site",
})  # fmt: skip
"""What a rule may look at; beside these each way to come and each type."""

NAMES = MappingProxyType({
    "comment": "Comment",
    "mention": "Mention",
    "reply": "Reply",
    "like": "Like",
    "repost": "Repost",
    "bookmark": "Bookmark",
    "rsvp": "Invitation answered",
    "pingback": "Pingback",
    "webmention": "Webmention",
    "trackback": "Trackback",
})  # fmt: skip

_SHORT = MappingProxyType({
    "host": "host %(value)s",
    "author": "author %(value)s",
    "address": "address %(value)s",
    "words": "word or phrase “%(value)s”",
    "links": "%(value)s links or more",
    "language": "language %(value)s",
    "foreign": "other language than %(value)s",
    "hidden": "hidden link",
    "kind": "came as %(value)s",
    "type": "%(value)s",
    "self": "a post of this site",
})  # fmt: skip
_DEFAULT = MappingProxyType({
    "all": "all that no rule speaks about",
    "known": "whoever was approved before",
})  # fmt: skip
_WHY = MappingProxyType({
    "host": "Host on your list: %(value)s.",
    "author": "Author on your list: %(value)s.",
    "address": "Address on your list: %(value)s.",
    "words": "Word on your list: “%(value)s”.",
    "links": "It has %(value)s links or more.",
    "language": "Language on your list: %(value)s.",
    "foreign": "It is in another language than %(value)s.",
    "hidden": "A rule of yours is about hidden links.",
    "kind": "A rule of yours is about what comes as %(value)s.",
    "type": "A rule of yours is about this type: %(value)s.",
    "self": "It comes from a post of this site.",
    "default": "No rule speaks about it: the site’s default decided.",
})  # fmt: skip
_DID = MappingProxyType({
    State.APPROVED: "The rule “%(rule)s” approved it %(when)s.",
    State.SPAM: "The rule “%(rule)s” put it among the spam %(when)s.",
    State.PENDING: "The rule “%(rule)s” had it wait %(when)s.",
})  # fmt: skip
_WRONG = MappingProxyType({
    "kind": "Choose what the rule is about.",
    "verdict": "That can’t be said on this alone: anybody may type it, so nothing is approved by it. "
    "Only a host can be refused altogether.",
    "empty": "Write what the rule is about.",
    "too_long": "That is too long: at most %(most)s characters.",
    "address": "That is no address: it looks like blog.example, or blog.example/~name.",
    "wider": "A host is a whole domain, here %(domain)s. For %(host)s alone, make a rule for the address.",
    "no_query": "An address here has no “?” and no “#”.",
    "too_deep": "That address is too deep: at most %(most)s folders.",
    "star": "A “*” may stand at the very end alone. There are no other patterns.",
    "no_letter": "There is no letter and no digit in it.",
    "number": "Write a number from 1 to %(most)s.",
    "language": "Write languages as codes: en, fr, pt-br; ten at most.",
    "there": "There is a rule for this already. Change that one.",
    "too_many": "There are %(most)s rules already: remove one first.",
    "removed": "%(by)s took this rule away %(when)s.",
    "not_there": "There is no such rule here.",
})  # fmt: skip


_WOULD = MappingProxyType({
    "approve": "Of %(items)s, %(num)s would be approved.",
    "wait": "Of %(items)s, %(num)s would wait.",
    "spam": "Of %(items)s, %(num)s would be spam.",
    "refuse": "Of %(items)s, %(num)s would have been refused.",
})  # fmt: skip


class Ruling(Protocol):
    """What a rule says, wherever it is from."""

    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def verdict(self) -> str: ...


def short(rule: Ruling) -> str:
    """What it looks at: ``host blog.example``."""
    if rule.kind == "default":
        return gettext(_DEFAULT.get(rule.value, rule.value))
    return gettext(_SHORT.get(rule.kind, rule.kind), value=value(rule))


def value(rule: Ruling) -> str:
    """For what it looks, as a person writes it."""
    if rule.kind in ("kind", "type"):
        return gettext(NAMES.get(rule.value, rule.value))
    return rule.value.removesuffix("/") if rule.kind in ("author", "address") else rule.value


def verdict(rule: Ruling) -> str:
    """What is to become of it."""
    return gettext(VERDICTS.get(rule.verdict, rule.verdict))


def why(rule: Ruling) -> str:
    """Why an item is where it is."""
    return gettext(_WHY.get(rule.kind, rule.kind), value=value(rule))


def did(rule: Ruling, went_to: State, renews: bool, when: str) -> str:
    """What it did with an item."""
    if renews:
        return gettext("The rule “%(rule)s” let its new version through %(when)s.", rule=short(rule), when=when)
    return gettext(_DID.get(went_to, "It was looked at %(when)s."), rule=short(rule), when=when)


def wrong(bad: BadRule, when: str = "") -> str:
    """Why a rule can't be saved or removed, in a sentence."""
    return gettext(_WRONG[bad.code], **{**bad.details, "when": when})


def about() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What a rule may be about, by groups: the value of each choice and its name. ``kind:`` and ``type:`` say their
    value in the choice itself."""
    yield (
        gettext("Where it comes from"),
        [(name, gettext(ABOUT[name])) for name in ("host", "author", "address", "self")],
    )
    yield (
        gettext("What it says"),
        [(name, gettext(ABOUT[name])) for name in ("words", "links", "hidden", "language", "foreign")],
    )
    yield gettext("What it is"), [(f"type:{name}", gettext(NAMES[name])) for name in TYPES]
    yield gettext("How it came"), [(f"kind:{name}", gettext(NAMES[name])) for name in WAYS if name != "comment"]


def outcomes(said: Mapping[State, int]) -> Iterator[tuple[State, int]]:
    """Where people put what a rule would have decided, in the order in which it is told."""
    for state in (State.APPROVED, State.REJECTED, State.SPAM, State.PENDING, State.GONE):
        if said.get(state):
            yield state, said[state]


def moment(bad: BadRule) -> datetime | None:
    """When what is in the way happened, if that is known."""
    at = bad.details.get("at")
    return at if isinstance(at, datetime) else None


def choice(about_: str) -> str:
    """What a rule looks at, as a choice: ``Host``."""
    return gettext(ABOUT[about_])


def sum_up(rule: Ruling, hits: int, of: int) -> str:
    """``Of 214 items, 37 would be spam.``"""
    would = _WOULD[rule.verdict]
    return ngettext(would, would, hits, items=ngettext("%(num)s item", "%(num)s items", of))


def against(rule: Ruling, number: int) -> str:
    """``Of those you approved 2:``"""
    if rule.verdict == "approve":
        return ngettext(
            "Of those, %(num)s was rejected here or marked as spam:",
            "Of those, %(num)s were rejected here or marked as spam:",
            number,
        )
    return ngettext("Of those, %(num)s was approved here:", "Of those, %(num)s were approved here:", number)


def decided(rule: Ruling, number: int) -> str:
    """How many items stand by it."""
    if rule.verdict == "approve":
        return ngettext("It let %(num)s item in.", "It let %(num)s items in.", number)
    return ngettext("It put %(num)s item among the spam.", "It put %(num)s items among the spam.", number)
