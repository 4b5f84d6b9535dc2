"""Why an item is before a person, in one table: the words of the filter, how the database finds those that it concerns,
and what is said of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from service.decide.folds import SURELY_SPAM
from service.decide.signs import Sign
from service.languages import gettext, sentence, spoken
from service.model import Event, Reflection, Revision
from service.model.reflection import up, waits
from service.moderate import weighing
from service.moderate.item import Item
from service.moderate.rules import words
from service.moderate.telling import ELSEWHERE, HIDDEN, PLACES, VOUCHED, tried_again
from service.values.address import stored
from service.values.state import State

UNREAD = frozenset({State.RECEIVED, State.FAILED, State.GONE})
"""The states in which the last visit's reason is why it is there."""

LOOK_YOURSELF = ("bot_wall", "forbidden")
"""The reasons for which a person may see what we can't."""

_DECIDED = (State.APPROVED, State.REJECTED, State.SPAM)


@dataclass(frozen=True, slots=True)
class Why:
    """One reason."""

    label: str
    """What its filter is called; said by gettext."""
    holds: ColumnElement[bool]
    says: Callable[[Item], Iterable[str]] = lambda _item: ()
    """The sentences that tell it of an item; none where it does not concern it, or the card tells it in another way."""


def of(item: Item) -> Iterator[str]:
    """What a moderator should know of an item at a glance: why it is here, and what is odd about it."""
    for why in WHYS.values():
        yield from why.says(item)


def counted(session: Session, ids: Collection[int]) -> Mapping[str, int]:
    """How many of these items each reason concerns, in the table's order; those that concern none are left out."""
    sums = (func.sum(case((why.holds, 1), else_=0)).label(code) for code, why in WHYS.items())
    row = session.execute(select(*sums).where(Reflection.id.in_(ids))).one()
    return {code: number for code, number in row._mapping.items() if number}


def _latest(*of_it: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether this is so of an item's newest revision."""
    latest = Revision.reflection_id == Reflection.id, Revision.number == Reflection.latest
    return select(Revision.id).where(*latest, *of_it).exists()


def _shows(sign: Sign) -> ColumnElement[bool]:
    return _latest(Revision.signs.contains(f" {sign} "))


def _never_decided() -> ColumnElement[bool]:
    """Whether nothing from its host was decided before on its site."""
    other = aliased(Reflection)
    same = other.host == Reflection.host, other.site_id == Reflection.site_id, other.state.in_(_DECIDED)
    asked = waits(Reflection.__table__) & Reflection.host.is_not(None)
    return asked & ~select(other.id).where(*same).exists()


def _failed_for(*reasons: str) -> ColumnElement[bool]:
    return and_(Reflection.state == State.FAILED, Reflection.reason.in_(reasons))


def _rule(item: Item) -> Iterator[str]:
    if item.state is State.PENDING and item.rule is not None:
        yield words.why(item.rule)


def _weighed(item: Item) -> Iterator[str]:
    """What triage holds of it, while somebody is asked or where it is among the spam."""
    version = item.version
    if version is not None and (item.waits or item.state is State.SPAM):
        yield from filter(None, [weighing.sentence(version.spam, version.weighed)])


def _hidden(item: Item) -> Iterator[str]:
    if item.look.hidden is not None:
        yield gettext(HIDDEN[item.look.hidden])


def _aside(item: Item) -> Iterator[str]:
    if Sign.ASIDE in item.look.signs and item.link is not None:
        yield gettext("The link stands %(where)s.", where=gettext(PLACES[item.link.place]))


def _claims(item: Item) -> Iterator[str]:
    for claim, there in item.look.elsewhere.items():
        yield gettext(ELSEWHERE[claim], host=there.host)


def _vouch(item: Item) -> Iterator[str]:
    """What became of the page that its sender says vouches for it: a hint."""
    named = item.evidence.vouch if item.evidence else None
    there = stored(named.url) if named else None
    if named and there:
        yield gettext(VOUCHED[named.says], host=there.host)


def _unread(item: Item) -> Iterator[str]:
    """Why its source was not read, and what is done about it."""
    if item.reason is not None and item.state in UNREAD:
        yield sentence(item.reason, spoken())
        if item.state is State.FAILED and item.reason.code in LOOK_YOURSELF:
            yield gettext("You can open it yourself, and approve it by hand if it links.")
    if again := tried_again(item, datetime.now(UTC)):
        yield again


def _said_if(so: Callable[[Item], bool], words: str) -> Callable[[Item], Iterator[str]]:
    return lambda item: iter((gettext(words),) if so(item) else ())


def _came_back(item: Item) -> bool:
    return item.state is State.PENDING and any(event.came_from is State.GONE for event in item.history)


WHYS: Mapping[str, Why] = MappingProxyType({
    "bot_wall": Why("Behind a bot wall", _failed_for(*LOOK_YOURSELF), _unread),
    "no_link": Why("No link to the post", _failed_for("no_link")),
    "changed": Why(
        "Changed since it was approved",
        up(Reflection.__table__) & (Reflection.latest > func.coalesce(Reflection.decided, 0)),
        _said_if(lambda item: item.changed, "It changed since it was approved."),
    ),
    "returned": Why(
        "Was gone, came back",
        (Reflection.state == State.PENDING)
        & select(Event.id).where(Event.reflection_id == Reflection.id, Event.came_from == State.GONE).exists(),
        _said_if(_came_back, "It was gone, and came back."),
    ),
    "first_time": Why("First time from its host", _never_decided()),
    "rule": Why("Kept by a rule", (Reflection.state == State.PENDING) & Reflection.rule_id.is_not(None), _rule),
    "spam": Why("Probably spam", _latest(Revision.spam >= SURELY_SPAM), _weighed),
    "hidden": Why("Its link is hidden", _shows(Sign.HIDDEN), _hidden),
    "aside": Why("Its link is not in the text", _shows(Sign.ASIDE), _aside),
    "leads": Why(
        "Leads to another host",
        _shows(Sign.LEADS),
        _said_if(lambda item: Sign.LEADS in item.look.signs, "It leads to another host."),
    ),
    "insecure": Why(
        "Not secure on the way",
        _shows(Sign.INSECURE),
        _said_if(
            lambda item: Sign.INSECURE in item.look.signs, "On the way there, the connection is no longer secure."
        ),
    ),
    "heavy": Why(
        "Too large to read",
        _shows(Sign.HEAVY),
        _said_if(
            lambda item: Sign.HEAVY in item.look.signs, "The page is so large that only the link was looked for."
        ),
    ),
    "vouch": Why("A page is to vouch for it", _shows(Sign.VOUCH), _vouch),
    "claims": Why("Names another host", _shows(Sign.CLAIMS), _claims),
})  # fmt: skip
"""By the name that an address has for it."""
