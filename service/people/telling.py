"""What the pages of people say in words: when, by what, and what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime

from babel.dates import format_date, format_datetime, format_timedelta

from service.languages import gettext, ngettext, spoken
from service.model import Site
from service.model.session import Session as SignedIn
from service.people.browsers import Browser
from service.people.moderators import LONGEST_NAME
from service.people.passwords import SHORTEST
from service.people.roles import OWNER
from service.values.address import parse, shown

# Written out so that they stand in the catalogues; they are said by gettext below.
MISTAKES = {
    "name": "A name has 1 to %(name)s characters.",
    "ours": "This is what the record calls the service itself. Choose another name.",
    "taken": "Somebody here has this name already.",
    "sites": "A moderator decides on sites: choose at least one.",
    "last_owner": "This is the last owner. Make somebody else an owner first.",
    "too_short": "A password has at least %(number)s characters.",
    "too_long": "This password is too long.",
    "like_the_name": "A password can’t be the name.",
    "nothing": "Choose a password, or make a passkey.",
    "old": "This is not your present password.",
    "passkey": "This passkey could not be taken. Try again.",
    "signature": "This passkey is not known here, or it took too long. Try again, or use your password.",
    "last_way": "This is your only way to sign in. Choose a password first, or make another passkey.",
}


def mistake(code: str) -> str:
    """The sentence to a mistake."""
    return gettext(MISTAKES[code], number=SHORTEST, name=LONGEST_NAME)


def role(of: str) -> str:
    """``Owner``."""
    return gettext("Owner") if of == OWNER else gettext("Moderator")


def browser(of: SignedIn | Browser) -> str:
    """``Firefox on Linux``."""
    name = of.browser if isinstance(of, SignedIn) else of.name
    if name and of.system:
        return gettext("%(browser)s on %(system)s", browser=name, system=of.system)
    return name or of.system or gettext("A browser that does not say which")


def site(of: Site) -> str:
    """``Carnets (blog.example)``."""
    place = shown(parse(of.base_url))
    return f"{of.name} ({place})" if of.name else place


def ways_in(password: bool, passkeys: int) -> str:
    """By what somebody signs in."""
    if not passkeys:
        return gettext("signs in with a password")
    if password:
        return ngettext(
            "signs in with a password or a passkey", "signs in with a password or %(num)s passkeys", passkeys
        )
    return ngettext("signs in with a passkey", "signs in with %(num)s passkeys", passkeys)


def ago(moment: datetime) -> str:
    """``3 hours ago``, or ``in 6 days``."""
    return format_timedelta(moment - datetime.now(UTC), add_direction=True, locale=_locale())


def day(moment: datetime) -> str:
    """``3 March 2026``, of UTC."""
    return format_date(moment.astimezone(UTC), "d MMMM y", locale=_locale())


def clock(moment: datetime) -> str:
    """``3 March 2026 14:03 UTC``."""
    return format_datetime(moment, "d MMMM y HH:mm 'UTC'", tzinfo=UTC, locale=_locale())


def stamp(moment: datetime) -> str:
    """``2011-10-14T09:30:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _locale() -> str:
    return spoken().replace("-", "_")
