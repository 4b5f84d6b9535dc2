"""The words of our mail, in its reader's language. What strangers wrote stands in it as plain text, a line each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from service.languages import gettext, ngettext, speaking
from service.model.waiting import COUNTED, Waiting
from service.values.address import shown, stored

LISTED = 15
"""Items that a mail names."""

LONGEST = 120
"""Characters of a line that a stranger wrote."""

# An address in a header is one word, however long it is: it must not be cut into encoded ones.
_POLICY = SMTP.clone(max_line_length=990)

KINDS = {
    "mention": "Mention",
    "reply": "Reply",
    "like": "Like",
    "repost": "Repost",
    "bookmark": "Bookmark",
    "rsvp": "Invitation answered",
    "comment": "Comment",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who gets the mail."""

    id: int
    name: str
    mail: str
    language: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every mail of this service has."""

    sender: str
    base_url: str
    now: datetime


def confirmation(to: Reader, envelope: Envelope, key: str) -> EmailMessage:
    """The one mail to an address that nobody has confirmed yet: it lists nothing."""
    where = envelope.base_url
    with speaking(to.language):
        lines = [
            gettext("Somebody who moderates at %(where)s wants to be told there of what waits.", where=where),
            gettext("If that is you, %(name)s, confirm this address within two days:", name=to.name),
            f"{envelope.base_url}/admin/told/confirm?key={key}",
            gettext("If it is not, there is nothing to do: nothing more comes."),
        ]
        return _message(to, envelope, gettext("Confirm your address"), "\n\n".join(lines) + "\n", key)


def digest(to: Reader, envelope: Envelope, items: Sequence[Waiting], news: int, count: int, stop: str) -> EmailMessage:
    """What waits, in one mail; ``stop`` is the key of the link that ends it."""
    with speaking(to.language):
        end = f"{envelope.base_url}/told/stop?who={to.id}&key={stop}"
        subject = ngettext("%(num)s new item waits for you", "%(num)s new items wait for you", news)
        text = "\n".join(_lines(to, envelope, items, count, end))
        message = _message(to, envelope, subject, text, f"{news} {count} {items[0].revision if items else 0}")
    message["List-Unsubscribe"] = f"<{end}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def _lines(to: Reader, envelope: Envelope, items: Sequence[Waiting], count: int, end: str) -> list[str]:
    many = ngettext("%(num)s item waits for you in all.", "%(num)s items wait for you in all.", count)
    lines = [gettext("More than a thousand items wait for you.") if count >= COUNTED else many]
    lines += [f"{envelope.base_url}/admin/", ""]
    for one in items[:LISTED]:
        lines += [f"• {_told(one)}", f"  {envelope.base_url}/admin/items/{one.uid}"]
    further = count - min(len(items), LISTED)
    if further > 0 and count < COUNTED:
        lines += ["", ngettext("And %(num)s more.", "And %(num)s more.", further)]
    lines += ["", "-- ", gettext("How often you are told: %(where)s", where=f"{envelope.base_url}/admin/told")]
    return [*lines, gettext("No more mail: %(where)s", where=end), ""]


def _told(one: Waiting) -> str:
    source = stored(one.source)
    who = " · ".join(part for part in (one.author, shown(source).split("/")[0] if source else "") if part)
    kind = gettext(KINDS.get("comment" if one.kind == "comment" else one.relation, "Mention"))
    said = gettext("%(kind)s on “%(post)s”", kind=kind, post=_cut(one.post_title or one.post_url))
    return " — ".join(part for part in (said, _cut(who), _cut(one.title)) if part)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _message(to: Reader, envelope: Envelope, subject: str, text: str, about: str) -> EmailMessage:
    message = EmailMessage(_POLICY)
    local, _, domain = to.mail.rpartition("@")
    message["From"] = MailAddress("Reflections", *_halves(envelope.sender))
    message["To"] = MailAddress("", local, domain)
    message["Subject"] = subject
    message["Date"] = format_datetime(envelope.now)
    # The same mail twice, after a crash between sending and noting it, has the same name.
    name = hashlib.sha256(f"{to.id} {to.mail} {about}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{name}@{_halves(envelope.sender)[1]}>"
    message["Content-Language"] = to.language
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    return message


def _halves(mail: str) -> tuple[str, str]:
    local, _, domain = mail.rpartition("@")
    return local, domain
