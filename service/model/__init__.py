"""What the database holds: a file per table group, on SQLite and PostgreSQL alike, without Flask.

``import service.model`` knows every table: the migrations compare with it.
"""

from service.model.author_page import AuthorPage
from service.model.base import Base
from service.model.batch import Batch, Wanted
from service.model.brake import Brake
from service.model.daily import Counted, Daily
from service.model.event import Event
from service.model.host import Host, Origin
from service.model.invitation import Invitation, InvitationSite
from service.model.moderator import Moderator, ModeratorSite
from service.model.note import Note
from service.model.passkey import Challenge, Passkey
from service.model.picture import Picture
from service.model.post import Post, PostAddress
from service.model.published import Published
from service.model.reflection import Arrival, Former, Reflection
from service.model.relocation import Relocated, Relocation
from service.model.revision import Revision
from service.model.rule import Rule
from service.model.session import Session
from service.model.site import Site, SitePrefix
from service.model.told import Told
from service.model.weights import Triage, Weights
from service.model.words import Words

__all__ = [
    "Arrival",
    "AuthorPage",
    "Base",
    "Batch",
    "Brake",
    "Challenge",
    "Counted",
    "Daily",
    "Event",
    "Former",
    "Host",
    "Invitation",
    "InvitationSite",
    "Moderator",
    "ModeratorSite",
    "Note",
    "Origin",
    "Passkey",
    "Picture",
    "Post",
    "PostAddress",
    "Published",
    "Reflection",
    "Relocated",
    "Relocation",
    "Revision",
    "Rule",
    "Session",
    "Site",
    "SitePrefix",
    "Told",
    "Triage",
    "Wanted",
    "Weights",
    "Words",
]
