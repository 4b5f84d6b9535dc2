"""The names of the states that a reflection may be in. The table of steps stands in ``service.model.states``."""

from enum import StrEnum


class State(StrEnum):
    RECEIVED = "received"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"
    FAILED = "failed"
    GONE = "gone"
    ERASED = "erased"


DECIDABLE = frozenset({State.PENDING, State.APPROVED, State.REJECTED, State.SPAM})
"""What a moderator may set."""


class Kind(StrEnum):
    """How a reflection came: written here, or a linkback by its first protocol."""

    COMMENT = "comment"
    PINGBACK = "pingback"
    WEBMENTION = "webmention"
    TRACKBACK = "trackback"


class Protocol(StrEnum):
    """By what a linkback arrived; one reflection may hold several."""

    PINGBACK = "pingback"
    WEBMENTION = "webmention"
    TRACKBACK = "trackback"


class Relation(StrEnum):
    """What a linkback is to its post (the API's ``type``)."""

    MENTION = "mention"
    REPLY = "reply"
    LIKE = "like"
    REPOST = "repost"
    BOOKMARK = "bookmark"
    RSVP = "rsvp"
