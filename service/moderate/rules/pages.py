"""``/admin/rules``: a site's rules; a new one, with what it would have decided; one rule, with what it decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.database import db, write
from service.decide.admissible import BadRule, Draft, draft
from service.decide.rules import VERDICTS
from service.model import Rule, Site
from service.moderate import answers, done, items, telling
from service.moderate.decisions import Decider
from service.moderate.item import Item
from service.moderate.rules import back, store, words
from service.moderate.rules.preview import Preview, preview
from service.people import person
from service.values.address import prefix_key, stored


def register(room: Blueprint) -> None:
    """Adds the pages, and the words that their templates use."""
    room.context_processor(lambda: {"ruled": words})
    room.add_url_rule("/rules", "rules", rules)
    room.add_url_rule("/rules", "put_rule", put, methods=["POST"])
    room.add_url_rule("/rules/new", "new_rule", new)
    room.add_url_rule("/rules/<int:number>", "rule", rule)
    room.add_url_rule("/rules/<int:number>/remove", "remove_rule", remove, methods=["POST"])
    room.add_url_rule("/rules/<int:number>/back", "take_rule_back", take_back, methods=["POST"])


def rules() -> ResponseReturnValue:
    """``/admin/rules?site=…``: the rules of a site, its default first."""
    return _list()


def new() -> ResponseReturnValue:
    """``/admin/rules/new``: what a rule would have decided, before it is saved. ``about`` says what it looks at, with
    ``value`` and ``verdict``; ``from`` is an item to begin from; ``replaces`` a rule to change."""
    found = items.one(db.session(), person().reach, request.args.get("from", ""))
    old = _rule(int(request.args["replaces"])) if _is_number(request.args.get("replaces", "")) else None
    site = _site(old.site_id if old else found.site_id if found else None)
    if site is None:
        abort(404)
    return _form(site, _asked(old, found), found, old)


def put() -> ResponseReturnValue:
    """Saves the rule that was shown."""
    form = request.form
    if not _is_number(form.get("site", "")) or not (_is_number(form.get("replaces", "")) or not form.get("replaces")):
        abort(400)
    site, replaces = int(form["site"]), int(form["replaces"]) if form.get("replaces") else None
    asked = _Asked(form.get("about", ""), form.get("value", ""), form.get("verdict", ""))
    decider, now = _decider(), datetime.now(UTC)
    try:
        made = write(partial(store.put, who=decider, site_id=site, new=asked.draft(), replaces=replaces, now=now))
    except BadRule as bad:
        if bad.code == "not_there" or (there := _site(site)) is None:
            abort(404)
        return _form(there, asked, None, _rule(replaces) if replaces else None, bad), 409
    return redirect(url_for("moderate.pages.rules", site=site, made=made, _anchor=f"rule-{made}"), 303)


def rule(number: int) -> ResponseReturnValue:
    """``/admin/rules/7``: one rule, and what is where it is by it."""
    found = _rule(number)
    decided, held = back.stands(number), back.held(number)
    return render_template(
        "moderate/rule.html",
        rule=found,
        site=db.session.get_one(Site, found.site_id),
        decided=back.count(db.session(), decided),
        held=back.count(db.session(), held),
        listed=back.listed(db.session(), decided) + back.listed(db.session(), held),
        most=back.MOST,
        done=done.named(),
    )


def remove(number: int) -> ResponseReturnValue:
    """Takes a rule away; what it decided stays."""
    decider, now = _decider(), datetime.now(UTC)
    try:
        gone = write(partial(store.remove, who=decider, number=number, now=now))
    except BadRule as bad:
        if bad.code == "not_there":
            abort(404)
        return _list(_rule(number).site_id, bad), 409
    return redirect(url_for("moderate.pages.rules", site=gone.site_id, removed=gone.id), 303)


def take_back(number: int) -> ResponseReturnValue:
    """Takes back what the rule decided and nobody touched since: all of it is asked about."""
    results, batch = back.take_back(_decider(), _rule(number), datetime.now(UTC))
    if not results:
        return redirect(url_for("moderate.pages.rule", number=number), 303)
    return answers.many(results, batch)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the form says, as it was written."""

    about: str
    """A kind of rule; or ``kind:pingback``, ``type:like``, which say their value too."""
    value: str = ""
    verdict: str = ""

    def draft(self) -> Draft:
        """The rule that it is. Raises :class:`BadRule`."""
        kind, chosen, value = self.about.partition(":")
        return draft(kind, value if chosen else self.value, self.verdict)


def _asked(old: Rule | None, item: Item | None) -> _Asked:
    """What the query says, else what the rule is that is changed, or what an item suggests."""
    query = request.args
    if query.get("about"):
        return _Asked(query["about"], query.get("value", ""), query.get("verdict", ""))
    if old is not None:
        about = f"{old.kind}:{old.value}" if old.kind in ("kind", "type") else old.kind
        return _Asked(about, words.value(old), old.verdict)
    suggested = next(iter(suggestions(item)), None) if item is not None else None
    return _Asked(*suggested, "") if suggested else _Asked("")


def suggestions(item: Item) -> list[tuple[str, str]]:
    """What a rule from this item may be about, with its value."""
    page, version = item.page, item.version
    author = stored(version.author_url) if version else None
    found = [("host", item.host or "")]
    if author is not None and author.query is None:
        found.append(("author", prefix_key(author).rstrip("/")))
    if page is not None and page.path != "/":
        found.append(("address", prefix_key(page).rstrip("/") if page.query is None else page.netloc))
    if version is not None and version.title:
        found.append(("words", version.title))
    if item.own:
        found.insert(0, ("self", ""))
    return [(about, value) for about, value in found if value or about == "self"]


def _list(number: int | None = None, bad: BadRule | None = None) -> str:
    site = _site(number)
    standing = store.standing(db.session(), site.id) if site else ()
    return render_template(
        "moderate/rules.html",
        site=site,
        sites=store.sites(db.session(), person().reach),
        rules=[one for one in standing if one.kind != "default"],
        default=next((one for one in standing if one.kind == "default"), None),
        past=store.past(db.session(), site.id) if site else (),
        wrong=_wrong(bad),
        made=request.args.get("made", ""),
        removed=request.args.get("removed", ""),
    )


def _form(site: Site, asked: _Asked, item: Item | None, old: Rule | None = None, bad: BadRule | None = None) -> str:
    wanted, seen = None, None
    if asked.verdict and bad is None:
        try:
            wanted = asked.draft()
            seen = _preview(site, wanted, old)
        except BadRule as refused:
            bad = refused
    return render_template(
        "moderate/new_rule.html",
        site=site,
        sites=store.sites(db.session(), person().reach),
        asked=asked,
        draft=wanted,
        seen=seen,
        old=old,
        item=item,
        suggestions=suggestions(item) if item else [],
        allowed=VERDICTS.get(asked.about.partition(":")[0]),
        wrong=_wrong(bad),
    )


def _preview(site: Site, new: Draft, old: Rule | None) -> Preview:
    return preview(db.session(), site.id, new, old.id if old else None, datetime.now(UTC))


def _wrong(bad: BadRule | None) -> str | None:
    if bad is None:
        return None
    at = words.moment(bad)
    return words.wrong(bad, telling.age(at) if at else "")


def _site(number: int | None) -> Site | None:
    """The site that is meant, or else the first on which one decides; none is not found."""
    reach = store.sites(db.session(), person().reach)
    given = request.args.get("site", "")
    wanted = number or (int(given) if _is_number(given) else None)
    if given and number is None and wanted is None:
        abort(404)
    if wanted is None:
        return next(iter(reach), None)
    return next((site for site in reach if site.id == wanted), None) or abort(404)


def _rule(number: int) -> Rule:
    found = store.one(db.session(), person().reach, number) if number < 2**31 else None
    if found is None:
        abort(404)
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _decider() -> Decider:
    return Decider(person().name, person().reach)
