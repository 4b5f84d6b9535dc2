"""``/admin/sites/<id>/move``: a site goes to another address. First what that is about: how many posts and items go,
and which can't; then a job with its progress, and one way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.bell import Bell
from service.database import db, write
from service.model import Batch, Post, Relocated, Relocation, Site, SitePrefix, relocation
from service.model.relocation import BadMove
from service.moderate.sites import words
from service.people import person
from service.people.guard import OwnersOnly
from service.people.moderators import NoOwner, as_owner
from service.values.address import Address, BadAddress, parse

SHOWN = 3
"""Posts that are shown as examples of where they go."""

MOST_STAYING = 100
"""Posts that stay, and are named, at the most."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a move, or its way back, is."""

    listed: int
    done: int
    left: int


@dataclass(frozen=True, slots=True)
class Stays:
    """A post that stays where it is."""

    post: int
    title: str
    was: str
    to: str
    why: str


def register(pages: Blueprint, of_one: str, bell: Bell) -> None:
    """Adds the pages; ``bell`` wakes the worker that takes the posts along."""
    pages.add_url_rule(f"{of_one}/move", "move", move)
    pages.add_url_rule("/moves/<int(max=2147483647):batch>", "moved", moved)

    @pages.post(f"{of_one}/move")
    def move_now(number: int) -> ResponseReturnValue:
        site, (old, new) = _site(number), _wanted()
        if old is None or new is None:
            return _form(site, "address"), 422
        try:
            batch = _begin(site, old, new)
        except BadMove as bad:
            return _form(site, bad.code), 409 if bad.code in ("busy", "not_ours") else 422
        write(lambda session: relocation.turn(session, datetime.now(UTC)))
        bell.ring("errands")
        return redirect(url_for("moderate.pages.sites.moved", batch=batch), 303)

    @pages.post("/moves/<int(max=2147483647):batch>/back")
    def move_back(batch: int) -> ResponseReturnValue:
        _job(batch)
        who, by, now = person().id, person().name, datetime.now(UTC)

        def work(session: Session) -> int | None:
            as_owner(session, who)
            return relocation.take_back(session, batch, by, now)

        try:
            undoing = write(work)
        except NoOwner:
            raise OwnersOnly from None
        if undoing is None:
            return _progress(batch, overtaken=True), 409
        write(lambda session: relocation.turn(session, now))
        bell.ring("errands")
        return redirect(url_for("moderate.pages.sites.moved", batch=batch), 303)


def move(number: int) -> ResponseReturnValue:
    """Asks where to; with ``to`` says what it would be about."""
    site, (old, new) = _site(number), _wanted()
    if not request.args.get("to"):
        return _form(site)
    if old is None or new is None:
        return _form(site, "address"), 422
    try:
        relocation.check(db.session(), site, old, new)
    except BadMove as bad:
        return _form(site, bad.code), 422
    planned = relocation.plan(db.session(), site, old, new)
    staying = [Stays(one.post, "", one.was, one.to, one.why or "") for one in planned.staying[:MOST_STAYING]]
    return _form(site, planned=planned, staying=_titled(staying), more=len(planned.staying) - len(staying))


def moved(batch: int) -> ResponseReturnValue:
    """``/admin/moves/7``: how far it is; then what stayed, and how all of it is taken back."""
    return _progress(batch)


def _begin(site: Site, old: Address, new: Address) -> int:
    number, who, by, now = site.id, person().id, person().name, datetime.now(UTC)
    # Reading thousands of addresses takes its time, in which nobody else's writing is to wait.
    planned = relocation.plan(db.session(), site, old, new)

    def work(session: Session) -> int:
        as_owner(session, who)
        return relocation.begin(session, number, old, new, planned, by, now)

    try:
        return write(work)
    except NoOwner:
        raise OwnersOnly from None


def _progress(number: int, overtaken: bool = False) -> str:
    job = _job(number)
    back = db.session.get(Batch, job.back_id) if job.back_id else None
    mine = Relocated.batch_id == number
    rows = select(Relocated.open, Relocated.why.is_(None), func.count()).where(mine)
    counted = {
        (open_, goes): count
        for open_, goes, count in db.session.execute(rows.group_by(Relocated.open, Relocated.why.is_(None)))
    }
    done, left = counted.get((False, True), 0), counted.get((False, False), 0)
    stays = select(Relocated.post_id, Post.title, Relocated.was, Relocated.to, Relocated.why).join(
        Post, Post.id == Relocated.post_id
    )
    rest = stays.where(mine, Relocated.why.is_not(None)).order_by(Relocated.post_id).limit(MOST_STAYING)
    return render_template(
        "moderate/moved.html",
        job=job,
        site=_site(job.site_id),
        begun=db.session.get_one(Batch, number),
        back=back,
        progress=Progress(sum(counted.values()), done, left),
        staying=[Stays(row[0], row[1], row[2], row[3], row[4] or "") for row in db.session.execute(rest)],
        overtaken=overtaken,
        last=_last(job),
    )


def _last(job: Relocation) -> bool:
    """Whether it can be taken back: it is the last of its site that stands."""
    later = (Relocation.site_id == job.site_id, Relocation.batch_id > job.batch_id, Relocation.back_id.is_(None))
    return job.back_id is None and db.session.scalar(select(Relocation.batch_id).where(*later).limit(1)) is None


def _wanted() -> tuple[Address | None, Address | None]:
    """From where and to where."""
    found = list[Address | None]()
    for name in ("from", "to"):
        try:
            found.append(parse(request.values.get(name, "").strip()))
        except BadAddress:
            found.append(None)
    return found[0], found[1]


def _titled(staying: Sequence[Stays]) -> list[Stays]:
    titles = dict(
        db.session.execute(select(Post.id, Post.title).where(Post.id.in_([one.post for one in staying]))).tuples().all()
    )
    return [Stays(one.post, titles.get(one.post, ""), one.was, one.to, one.why) for one in staying]


def _form(site: Site, wrong: str = "", **further: object) -> str:
    prefixes = select(SitePrefix.url).where(SitePrefix.site_id == site.id).order_by(SitePrefix.url)
    return render_template(
        "moderate/move_site.html",
        site=site,
        prefixes=list(db.session.scalars(prefixes)),
        chosen=request.values.get("from", site.base_url),
        to=request.values.get("to", ""),
        wrong=words.wrong(wrong),
        shown=SHOWN,
        **further,
    )


def _job(number: int) -> Relocation:
    found = db.session.get(Relocation, number)
    return found if found is not None else abort(404)


def _site(number: int) -> Site:
    found = db.session.get(Site, number)
    return found if found is not None else abort(404)
