"""What a visit to a source means for what we knew: the pipeline acts, this decides.

Nobody un-publishes or re-publishes by sending a pair again: an approved item stays up while its source changes, a
rejected one stays rejected, and a timeout, a name that isn't found, a broken certificate or a server's error removes
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.decide.schedule import next_look
from service.values.page import Failure, Unchanged
from service.values.reading import Reading
from service.values.reason import Reason
from service.values.state import State

RETRIES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"""How long after each attempt that may pass by itself the next one comes, before jitter."""

JITTER = 0.2
"""By how much of itself a span is spread."""

MOST_PATIENCE = timedelta(hours=1)
"""The longest ``Retry-After`` that is honoured."""

CACHED = timedelta(minutes=5)
"""How young a claim may be for "no link yet" to be a cache's fault; it is tried again once."""

MISSING = timedelta(hours=24)
"""How long a source must be missing (404) before it counts as gone."""

DEATHS = 3
"""How many deaths of whoever reads it an item may cost."""


@dataclass(frozen=True, slots=True)
class Known:
    """What we knew of an item before this visit."""

    state: State
    received: datetime
    attempts: int = 0
    """Visits since it was last due anew."""
    fingerprint: str | None = None
    """Of what its source said last; ``None`` where no visit ever found the link."""
    missing_since: datetime | None = None
    sent_again: datetime | None = None
    """When it was sent once more while we looked: what we saw may be older than what its sender means."""
    approved: datetime | None = None
    """When it was approved, the last time."""
    follows: bool = False
    """Whether readers see what its source said last, and nothing that a person chose over it."""

    @property
    def was_found(self) -> bool:
        return self.state not in (State.RECEIVED, State.FAILED)


@dataclass(frozen=True, slots=True)
class Written:
    """A comment as it was written here: there is nothing to fetch."""


Found = Reading | Unchanged | Failure | Written
"""What a visit may bring."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of the item."""

    to: State
    revise: bool = False
    """Whether what was found is a new revision."""
    reason: Reason | None = None
    """Why it failed, or is gone, or is visited again."""
    due: datetime | None = None
    """When to visit it next because this visit wants it; ``None``: when somebody asks."""
    attempts: int = 0
    missing_since: datetime | None = None
    again: datetime | None = None
    """When to look again by ourselves, at what is up."""
    shows: bool = False
    """Whether the new revision takes the place of what is up, because the site's rule says so."""


def conclude(known: Known, found: Found, advice: State | None, now: datetime, chance: float) -> Outcome:
    """The outcome of one visit.

    ``advice`` is where the site's rules would put a new item (``None``: a person decides). ``chance``, from 0 to 1,
    spreads the next attempt and the next look.
    """
    outcome = _outcome(known, found, advice, now, chance)
    if known.sent_again is not None and isinstance(found, Failure):
        outcome = Outcome(known.state, reason=found.reason, due=known.sent_again, missing_since=known.missing_since)
    elif known.sent_again is not None:
        outcome = replace(outcome, due=known.sent_again, attempts=0)
    if outcome.to is not State.APPROVED or isinstance(found, Written):
        return outcome
    return replace(outcome, again=next_look(known.approved or now, now, chance))


def next_attempt(attempts: int, retry_after: float | None, now: datetime, chance: float) -> datetime | None:
    """When to try again what may pass, after so many attempts before this one; ``None``: not by ourselves."""
    if attempts >= len(RETRIES):
        return None
    span = RETRIES[attempts] * (1 + JITTER * (2 * chance - 1))
    asked = timedelta(seconds=max(retry_after or 0.0, 0.0))
    return now + max(span, min(asked, MOST_PATIENCE))


def _outcome(known: Known, found: Found, advice: State | None, now: datetime, chance: float) -> Outcome:
    if isinstance(found, Reading):
        return _found(known, advice, revise=found.fingerprint != known.fingerprint)
    if isinstance(found, Written):
        return Outcome(_ruled(advice) if known.state is State.RECEIVED else known.state)
    if isinstance(found, Unchanged):
        # Asked as of what was found, and received anew meanwhile: a whole page is needed.
        return Outcome(known.state, due=now if known.state is State.RECEIVED else None)
    if _may_pass(known, found.reason, now):
        due = next_attempt(known.attempts, found.retry_after, now, chance)
        return Outcome(known.state, False, found.reason, due, known.attempts + 1, known.missing_since)
    if not known.was_found:
        return Outcome(State.FAILED, reason=found.reason, attempts=known.attempts + 1)
    if found.reason.code == "not_found":
        return _missing(known, found.reason, now)
    if found.reason.meaning.removes and not _never_linked(known, found.reason):
        return Outcome(State.GONE, reason=found.reason)
    return Outcome(known.state, False, found.reason, _day_after(known, now), missing_since=known.missing_since)


def _found(known: Known, advice: State | None, revise: bool) -> Outcome:
    if known.state is State.GONE:
        return Outcome(State.PENDING, revise)
    if known.state is State.RECEIVED:
        return Outcome(_ruled(advice), revise)
    welcome = known.state is State.APPROVED and known.follows and advice is State.APPROVED
    return Outcome(known.state, revise, shows=revise and welcome)


def _never_linked(known: Known, reason: Reason) -> bool:
    """Whether a person approved it although no visit ever found its link: it has none to drop."""
    return reason.code == "no_link" and known.state is State.APPROVED and known.fingerprint is None


def _ruled(advice: State | None) -> State:
    return advice or State.PENDING


def _may_pass(known: Known, reason: Reason, now: datetime) -> bool:
    if known.attempts >= len(RETRIES):
        return False
    young = now - known.received < CACHED
    if reason.code == "no_link":
        return known.state is State.RECEIVED and known.attempts == 0 and young
    return reason.meaning.passes


def _day_after(known: Known, now: datetime) -> datetime | None:
    """When a source that is missing was to be asked again, whatever it answers in between."""
    due = known.missing_since + MISSING if known.missing_since else None
    return due if due is not None and due > now else None


def _missing(known: Known, reason: Reason, now: datetime) -> Outcome:
    since = known.missing_since or now
    if known.state is State.GONE or now - since >= MISSING:
        return Outcome(State.GONE, reason=reason)
    return Outcome(known.state, reason=reason, due=since + MISSING, missing_since=since)
