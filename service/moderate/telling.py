"""What pages and API say of an item in words: who did what and when, why it is here, what it is called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_percent
from babel.units import format_unit

from service.languages import gettext, ngettext, sentence, spoken
from service.moderate.decisions import Conflict
from service.moderate.item import Happened, Item
from service.moderate.rules import words
from service.values.evidence import Hiding, Link, Place, Vouching
from service.values.reason import REASONS, Reason
from service.values.state import State

# Written out so that they stand in the catalogues; they are said by gettext below.
STATES = {
    State.RECEIVED: "Being checked",
    State.PENDING: "Waiting",
    State.APPROVED: "Approved",
    State.REJECTED: "Rejected",
    State.SPAM: "Spam",
    State.FAILED: "Failed",
    State.GONE: "Gone",
    State.ERASED: "Erased",
}
CHANGED = {
    "title": "Title",
    "author": "Author",
    "author_url": "Author’s address",
    "photo": "Author’s picture",
    "type": "Kind",
    "rsvp": "Answer to the invitation",
    "moved_to": "Where it has moved to",
    "words": "Words",
    "markup": "The words are the same; their formatting or links are not.",
}
DONE = {
    State.RECEIVED: "“%(title)s” is checked again.",
    State.PENDING: "“%(title)s” waits again.",
    State.APPROVED: "Approved “%(title)s”.",
    State.REJECTED: "Rejected “%(title)s”.",
    State.SPAM: "Marked “%(title)s” as spam.",
    State.FAILED: "“%(title)s” is among the failed again.",
}
BY_SOMEBODY = {
    State.RECEIVED: "%(who)s had it checked again %(when)s.",
    State.PENDING: "%(who)s put it back among the waiting %(when)s.",
    State.APPROVED: "%(who)s approved it %(when)s.",
    State.REJECTED: "%(who)s rejected it %(when)s.",
    State.SPAM: "%(who)s marked it as spam %(when)s.",
    State.FAILED: "%(who)s took the approval back %(when)s.",
    State.ERASED: "%(who)s erased it %(when)s.",
}
BY_TRIAGE = {
    State.APPROVED: "Triage approved it %(when)s, as spam by %(share)s only.",
    State.SPAM: "Triage put it among the spam %(when)s, with %(share)s.",
}
MENDED = {
    "edit": "%(who)s edited it %(when)s.",
    "answers": "%(who)s wrote it %(when)s.",
    "moved": "%(who)s moved it %(when)s.",
    "merged": "%(who)s merged it into another item %(when)s.",
    "joined": "%(who)s merged another item into it %(when)s.",
}
DONE_WITH = {"edit": "Edited “%(title)s”.", "answers": "The answer is published."}
BY_ITSELF = {
    State.RECEIVED: "It was sent again %(when)s.",
    State.PENDING: "It was verified %(when)s.",
    State.FAILED: "It failed its verification %(when)s.",
    State.GONE: "It went away %(when)s.",
}
PLACES = {
    Place.TEXT: "in the text",
    Place.COMMENTS: "among the page’s comments",
    Place.ASIDE: "beside the text",
    Place.HEADER: "in the page’s header",
    Place.FOOTER: "in the page’s footer",
    Place.MENU: "in a menu",
    Place.LIST: "in a list of a hundred links or more",
}
HIDDEN = {
    Hiding.ATTRIBUTE: "The link is hidden: the page marks it as not to be shown.",
    Hiding.STYLE: "The link is hidden: a style makes it invisible.",
    Hiding.OFF_SCREEN: "The link is hidden: a style puts it where no screen shows it.",
    Hiding.EMPTY: "The link is hidden: there is nothing in it to see.",
    Hiding.PROPERTY: "The link is written for programs alone: a reader of that page can’t see it.",
}
ELSEWHERE = {
    "author": "Its author’s address is on another host: %(host)s.",
    "url": "The address that it gives as its own is on another host: %(host)s.",
    "canonical": "It calls a page on another host the original: %(host)s.",
}
TRIAGE = "triage"
NOBODY = frozenset({"worker", "sender", "source", "writer"})
"""What stands in a record where no person decided."""

VOUCHED = {
    Vouching.LINKS: "%(host)s vouches for it.",
    Vouching.SILENT: "Its sender says that %(host)s vouches for it, but that page doesn’t link to it.",
    Vouching.UNREAD: "Its sender says that %(host)s vouches for it, but that page could not be read.",
    Vouching.STRANGER: "Its sender says that %(host)s vouches for it, of whom nothing is approved here.",
}

UNCHANGED = 304
"""The status of a source that has nothing new (RFC 9110 15.4.5)."""

MOST_SHOWN = 90
"""Characters of a title in a line that says what was done."""


@cache
def _locale(spoken: str) -> Locale:
    return Locale.parse(spoken, sep="-")


def age(moment: datetime, now: datetime | None = None) -> str:
    """``3 hours ago``, in the spoken language."""
    span = moment - (now or datetime.now(UTC))
    return format_timedelta(span, add_direction=True, locale=_locale(spoken()))


def clock(moment: datetime) -> str:
    """Day and time in UTC, in the spoken language."""
    return format_datetime(moment, "d MMMM y HH:mm 'UTC'", tzinfo=UTC, locale=_locale(spoken()))


def size(octets: int) -> str:
    """``18.4 kB``, in the spoken language."""
    return format_unit(round(octets / 1000, 1), "digital-kilobyte", "short", locale=_locale(spoken()))


def seconds(count: float) -> str:
    """``2.31 s``, in the spoken language."""
    return format_unit(round(count, 2), "duration-second", "short", locale=_locale(spoken()))


def rfc3339(moment: datetime) -> str:
    """``2011-10-14T09:30:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def kind(item: Item) -> str:
    """``Reply · Webmention, Pingback``: what it is, and by what it came."""
    came = ", ".join(
        gettext(words.NAMES[protocol]) for protocol in item.protocols or (item.kind,) if protocol in words.NAMES
    )
    what = gettext(words.NAMES.get(item.type, item.type))
    return what if item.type in ("mention", "comment") and what == came else f"{what} · {came}"


def state(of: State) -> str:
    """The state's name."""
    return gettext(STATES[of])


def changed(what: str) -> str:
    """What of an item changed."""
    return gettext(CHANGED[what])


def relation(name: str) -> str:
    """What a linkback is to its post."""
    return gettext(words.NAMES.get(name, "Mention"))


def somebody(by: str) -> str:
    """Who it was, for a sentence."""
    if by == "token":
        return gettext("A script with the site’s token")
    if by == TRIAGE:
        return gettext("Triage")
    if by.startswith("rule "):
        return gettext("Rule %(number)s", number=by.removeprefix("rule "))
    return by


def happened(event: Happened, now: datetime) -> str:
    """``Olga approved it 2 hours ago.``"""
    when = age(event.at, now)
    if event.by in NOBODY and event.moved:
        return gettext(BY_ITSELF.get(event.went_to, "It was looked at %(when)s."), when=when)
    if event.by == TRIAGE and (said := BY_TRIAGE.get(event.went_to)):
        return gettext(said, when=when, share=_share(event.details.get("spam", 0.0)))
    if event.again:
        return gettext(BY_SOMEBODY[State.RECEIVED], who=somebody(event.by), when=when)
    if event.mends == "site":
        where = event.details["site"]
        return gettext("%(who)s moved its site to %(where)s %(when)s.", who=somebody(event.by), where=where, when=when)
    if not event.moved:
        return gettext("It was looked at %(when)s.", when=when)
    if event.ruled is not None:
        return words.did(event.ruled, event.went_to, event.renews, when)
    if event.takes_back:
        return gettext("%(who)s took back what a rule had decided %(when)s.", who=somebody(event.by), when=when)
    who = somebody(event.by)
    if event.renews:
        return gettext("%(who)s let its new version through %(when)s.", who=who, when=when)
    if event.mends:
        return gettext(MENDED[event.mends], who=who, when=when)
    if event.undoes:
        return gettext("%(who)s took the last decision back %(when)s.", who=who, when=when)
    if event.keeps:
        return gettext("%(who)s kept it as it is %(when)s.", who=who, when=when)
    return gettext(BY_SOMEBODY.get(event.went_to, "It was looked at %(when)s."), who=who, when=when)


def done(item: Item, event: Happened) -> str:
    """What was just decided, in a line."""
    title = item.title if len(item.title) <= MOST_SHOWN else item.title[: MOST_SHOWN - 1] + "…"
    if event.keeps:
        return gettext("Kept “%(title)s” as it is.", title=title)
    if event.mends in DONE_WITH:
        return gettext(DONE_WITH[event.mends], title=title)
    return gettext(DONE[State.RECEIVED if event.again else event.went_to], title=title)


def conflict(lost: Conflict, now: datetime) -> str:
    """Why a decision was not taken, in a sentence that says who was quicker, and when."""
    if lost.why == "not_there":
        return gettext("There is no such item here.")
    if lost.why == "no_revision":
        return gettext("The item has no such revision.")
    if lost.why == "newer" and lost.at is not None:
        return gettext(
            "Something newer came in %(when)s; this decision was about an older version.", when=age(lost.at, now)
        )
    if lost.why == "not_allowed":
        return gettext("An item that is “%(state)s” can’t be moved there.", state=state(lost.state or State.PENDING))
    if lost.by is None or lost.at is None or lost.went_to is None:
        return gettext("The item is “%(state)s” by now.", state=state(lost.state or State.PENDING))
    table = BY_ITSELF if lost.by in NOBODY else BY_SOMEBODY
    said = table.get(lost.went_to, "It was looked at %(when)s.")
    return gettext(said, who=somebody(lost.by), when=age(lost.at, now))


def stands(link: Link) -> Iterator[str]:
    """Where a link stands, and whether it is one for everybody: ``in the text``, ``hidden``."""
    yield gettext(PLACES[link.place])
    if link.hidden is not None:
        yield gettext("hidden")
    if link.noscript:
        yield gettext("only without scripts")


def tried_again(item: Item, now: datetime) -> str | None:
    """When a source that could not be read is visited again by itself."""
    if item.reason is None or item.due is None or item.due <= now:
        return None
    return gettext("It is tried again %(when)s.", when=age(item.due, now))


def attempt(event: Happened) -> str:
    """How a visit to the source ended, in a sentence."""
    if event.reason is None and event.visit is not None and event.visit.status == UNCHANGED:
        return gettext("The source is as it was when it was last read.")
    return reason(event) or gettext("The source was read, and links to the post.")


def spared(event: Happened) -> str:
    """Why a host was not asked."""
    if event.reason == "rate_limited":
        return gettext("The host to which it leads was not asked: it had asked for patience shortly before.")
    return gettext("Its host was not asked: it could not be reached shortly before.")


def record(item: Item) -> str:
    """What its host sent so far: ``first time``, or ``12 approved, 1 spam``."""
    if item.record.first:
        return gettext("first time")
    approved, rejected, spam = item.record.approved, item.record.rejected, item.record.spam
    said = [ngettext("%(num)s approved", "%(num)s approved", approved)]
    if rejected:
        said.append(ngettext("%(num)s rejected", "%(num)s rejected", rejected))
    said.append(ngettext("%(num)s spam", "%(num)s spam", spam))
    return ", ".join(said)


def language(item: Item) -> str | None:
    """The language that its page says it is in, in the spoken one."""
    tag = item.evidence.language if item.evidence else None
    return _locale(spoken()).languages.get(tag.split("-")[0].lower()) if tag else None


def weight(item: Item) -> str | None:
    """``spam: 87%``: what triage holds of it, where it gives no reasons (:mod:`service.moderate.weighing`)."""
    version = item.version
    if version is None or version.spam is None or version.weighed:
        return None
    return gettext("spam: %(share)s", share=_share(version.spam))


def _share(number: float) -> str:
    return format_percent(number, locale=_locale(spoken()))


def reason(event: Happened) -> str | None:
    """Why: the reason's sentence, or the decider's own words."""
    if event.reason is not None and event.reason in REASONS:
        return sentence(Reason(event.reason, event.details), spoken())
    return event.words
