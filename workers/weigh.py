"""Triage as an item arrives: after the rules, by what was learned of the site's own decisions, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.decide.rules import Advice
from service.decide.subject import Subject
from service.decide.triage import Weighed, decides, traits
from service.model import Reflection, Revision, acquaintance, weights
from service.model.states import Step
from service.values.state import State


@dataclass(frozen=True, slots=True)
class Opinion:
    """What triage holds of an item, and where it puts it alone, if it may."""

    weighed: Weighed
    to: State | None = None

    def note(self, session: Session, item: int, number: int | None) -> None:
        """Writes it beside the words that were weighed."""
        session.execute(
            update(Revision)
            .where(Revision.reflection_id == item, Revision.number == number)
            .values(spam=self.weighed.spam, weighed=self.weighed.as_json)
        )

    def decided(self, wanted: Step, latest: int | None) -> Step:
        """The step that triage wants alone: in its name, with what it held of the item."""
        return replace(
            wanted,
            by="triage",
            values={**wanted.values, "decided": latest},
            details={**(wanted.details or {}), "spam": round(self.weighed.spam, 4)},
        )


def weigh(session: Session, item: Reflection, subject: Subject, advice: Advice | None) -> Opinion | None:
    """What triage holds of an item as it is now; ``None`` where a rule decided, or nothing was learned yet.

    It decides about new items alone, of which no rule speaks, and asks a person about links from a site's own posts.
    """
    if advice is not None and advice.to is not State.PENDING:
        return None
    if (learned := weights.learned(session, item.site_id)) is None:
        return None
    standing = acquaintance.standing(session, item.site_id, item.host) if item.host else None
    weighed = learned.model.weigh(traits(subject, standing))
    free = item.state is State.RECEIVED and advice is not None and advice.rule is None and not advice.own
    return Opinion(weighed, decides(weighed, learned.wishes, learned.past, subject.hidden) if free else None)
