"""An item as the moderation API gives it: everything that the dashboard shows."""

from __future__ import annotations

from typing import Any

from service.languages import sentence, spoken
from service.moderate import telling, whys
from service.moderate.decisions import Conflict
from service.moderate.item import Happened, Item, Sent, Version, Visit
from service.moderate.telling import rfc3339


def item(one: Item) -> dict[str, Any]:
    """One item, its newest revision first of all."""
    version = one.version
    return {
        "id": one.uid,
        "kind": one.kind,
        "type": one.type,
        "state": one.state,
        "waits": one.waits,
        "source": one.source,
        "host": one.host,
        "target": one.targets[0] if one.targets else one.post_url,
        "targets": list(one.targets),
        "protocols": list(one.protocols),
        "post": {"id": str(one.post_id), "url": one.post_url, "title": one.post_title},
        "site": {"id": one.site_id, "url": one.site_url, "name": one.site_name},
        "author": _author(version),
        "title": (version.title if version else "") or None,
        "content": _content(version),
        "received": rfc3339(one.received),
        "checked": rfc3339(one.checked) if one.checked else None,
        "due": rfc3339(one.due) if one.due else None,
        "reason": one.reason.code if one.reason else None,
        "sentence": sentence(one.reason, spoken()) if one.reason else None,
        "why": list(whys.of(one)),
        "record": {"approved": one.record.approved, "rejected": one.record.rejected, "spam": one.record.spam},
        "picture": one.picture,
        "sent": _sent(one.sent),
        "owner": one.owner,
        "edited": one.edited,
        "notes": [
            {"about": note.about, "words": note.words, "by": note.by, "made": rfc3339(note.made)} for note in one.notes
        ],
        "latest": one.latest,
        "shown": one.shown,
        "decided": one.decided,
        "revisions": [_revision(version) for version in one.versions],
        "history": [_event(event) for event in one.history],
    }


def overtaken(lost: Conflict) -> dict[str, Any]:
    """What an item is that was not decided, and who made it so, when."""
    if lost.state is None:
        return {}
    return {"now": lost.state, "by": lost.by, "at": telling.rfc3339(lost.at) if lost.at else None}


def _revision(version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "made": rfc3339(version.made),
        "by": version.made_by,
        "type": version.relation,
        "title": version.title or None,
        "author": _author(version),
        "content": _content(version),
        "summary": version.summary or None,
        "url": version.url,
        "moved_to": version.moved_to,
        "published": version.published,
        "updated": version.updated,
        "photos": list(version.photos),
        "syndication": list(version.syndication),
        "categories": list(version.categories),
        "rsvp": version.rsvp,
        "site_name": version.site_name or None,
        "evidence": version.evidence.as_json() if version.evidence else None,
    }


def _author(version: Version | None) -> dict[str, Any]:
    if version is None:
        return {"name": "", "url": None, "photo": None}
    return {"name": version.author_name, "url": version.author_url, "photo": version.author_photo}


def _sent(sent: Sent | None) -> dict[str, Any] | None:
    if sent is None:
        return None
    words = {"title": sent.title or None, "excerpt": sent.excerpt or None, "blog_name": sent.blog_name or None}
    return {"number": sent.number, "at": rfc3339(sent.at), **words}


def _content(version: Version | None) -> dict[str, str]:
    return {"html": version.content.markup, "text": version.text} if version else {"html": "", "text": ""}


def _visit(visit: Visit | None) -> dict[str, Any]:
    if visit is None:
        return {}
    return {"status": visit.status, "final": visit.final, "seconds": visit.seconds, "asked": not visit.spared}


def _event(event: Happened) -> dict[str, Any]:
    return {
        "at": rfc3339(event.at),
        "by": event.by,
        "from": event.came_from,
        "to": event.went_to,
        "seen": event.seen,
        "reason": event.words or event.reason,
        "sentence": telling.reason(event),
        **_visit(event.visit),
    }
