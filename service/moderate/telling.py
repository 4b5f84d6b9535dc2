"""What pages and API say of an item in words: who did what and when, why it is here, what it is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from babel.dates import format_datetime, format_timedelta
from babel.units import format_unit

from service.languages import gettext, ngettext, sentence, spoken
from service.moderate.decisions import Conflict
from service.moderate.item import Happened, Item
from service.values.address import stored
from service.values.reason import REASONS, Reason
from service.values.state import State

# Written out so that they stand in the catalogues; they are said by gettext below.
KINDS = {
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
}
STATES = {
    State.RECEIVED: "Being checked",
    State.PENDING: "Waiting",
    State.APPROVED: "Approved",
    State.REJECTED: "Rejected",
    State.SPAM: "Spam",
    State.FAILED: "Failed",
    State.GONE: "Gone",
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
}
BY_ITSELF = {
    State.RECEIVED: "It was sent again %(when)s.",
    State.PENDING: "It was verified %(when)s.",
    State.FAILED: "It failed its verification %(when)s.",
    State.GONE: "It went away %(when)s.",
}
NOBODY = frozenset({"worker", "sender", "source", "writer"})
"""What stands in a record where no person decided."""

MOST_SHOWN = 90
"""Characters of a title in a line that says what was done."""


def age(moment: datetime, now: datetime | None = None) -> str:
    """``3 hours ago``, in the spoken language."""
    span = moment - (now or datetime.now(UTC))
    return format_timedelta(span, add_direction=True, locale=spoken().replace("-", "_"))


def clock(moment: datetime) -> str:
    """Day and time in UTC, in the spoken language."""
    return format_datetime(moment, "d MMMM y HH:mm 'UTC'", tzinfo=UTC, locale=spoken().replace("-", "_"))


def size(octets: int) -> str:
    """``18.4 kB``, in the spoken language."""
    return format_unit(round(octets / 1000, 1), "digital-kilobyte", "short", locale=spoken().replace("-", "_"))


def rfc3339(moment: datetime) -> str:
    """``2011-10-14T09:30:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def kind(item: Item) -> str:
    """``Reply · Webmention, Pingback``: what it is, and by what it came."""
    came = ", ".join(gettext(KINDS[protocol]) for protocol in item.protocols or (item.kind,) if protocol in KINDS)
    what = gettext(KINDS.get(item.type, item.type))
    return what if item.type in ("mention", "comment") and what == came else f"{what} · {came}"


def state(of: State) -> str:
    """The state's name."""
    return gettext(STATES[of])


def somebody(by: str) -> str:
    """Who it was, for a sentence."""
    if by == "token":
        return gettext("A script with the site’s token")
    if by.startswith("rule "):
        return gettext("Rule %(number)s", number=by.removeprefix("rule "))
    return by


def happened(event: Happened, now: datetime) -> str:
    """``Olga approved it 2 hours ago.``"""
    when = age(event.at, now)
    if event.by in NOBODY and event.moved:
        return gettext(BY_ITSELF.get(event.went_to, "It was looked at %(when)s."), when=when)
    if not event.moved:
        return gettext("It was looked at %(when)s.", when=when)
    who = somebody(event.by)
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
    return gettext(DONE[event.went_to], title=title)


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


def why(item: Item) -> Iterator[str]:
    """What a moderator should know at a glance: why it is here, and what is odd about it."""
    evidence, moved_to = item.evidence, item.moved_to
    if item.reason is not None and item.state in (State.FAILED, State.GONE):
        yield sentence(item.reason, spoken())
    if item.changed:
        yield gettext("It changed since it was approved.")
    if item.state is State.PENDING and any(event.came_from is State.GONE for event in item.history):
        yield gettext("It was gone, and came back.")
    if evidence is not None and evidence.hidden:
        yield gettext("The link is hidden: a reader of that page can’t see it.")
    if moved_to is not None and item.page is not None and moved_to.domain != item.page.domain:
        yield gettext("It leads to another host.")
    if evidence is not None and evidence.downgraded:
        yield gettext("On the way there, the connection is no longer secure.")
    if evidence is not None and evidence.too_heavy:
        yield gettext("The page is so large that only the link was looked for.")
    claimed = stored(item.version.author_url if item.version else None)
    if claimed is not None and item.page is not None and claimed.domain != item.page.domain:
        yield gettext("Its author’s address is on another host: %(host)s.", host=claimed.host)


def record(item: Item) -> str:
    """What its host sent so far: ``first time``, or ``12 approved, 1 spam``."""
    if item.record.first:
        return gettext("first time")
    counted: Mapping[str, int] = {
        ngettext("%(num)s approved", "%(num)s approved", item.record.approved): item.record.approved,
        ngettext("%(num)s rejected", "%(num)s rejected", item.record.rejected): item.record.rejected,
        ngettext("%(num)s spam", "%(num)s spam", item.record.spam): item.record.spam,
    }
    said = [words for words, number in counted.items() if number]
    return ", ".join(said) or gettext("nothing decided yet")


def reason(event: Happened) -> str | None:
    """Why: the reason's sentence, or the decider's own words."""
    if event.reason is not None and event.reason in REASONS:
        return sentence(Reason(event.reason, event.details), spoken())
    return event.words
