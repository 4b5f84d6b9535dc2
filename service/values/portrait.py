"""An author's picture as we show it: a small square in WebP, made in the reading child, checked on this side of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

SIDE = 96
"""Pixels of each side."""

LARGEST = 64 * 1024
"""Bytes of a copy at the most; usual ones have 2 to 6 KB."""

MEDIA_TYPE = "image/webp"


@dataclass(frozen=True, slots=True)
class Portrait:
    """One copy."""

    body: bytes

    @property
    def hash(self) -> str:
        """Its name: the first 128 bits of its SHA-256."""
        return hashlib.sha256(self.body).hexdigest()[:32]


def is_hash(name: str) -> bool:
    """Whether this may be a copy's name at all; both databases take it then."""
    return re.fullmatch(r"[0-9a-f]{32}", name) is not None


def portrait(body: bytes) -> Portrait | None:
    """The copy, where the bytes are one WebP file from beginning to end (RFC 9649 2.3) with nothing behind it."""
    length = int.from_bytes(body[4:8], "little")
    whole = body[:4] == b"RIFF" and body[8:12] == b"WEBP" and length + 8 == len(body)
    return Portrait(body) if whole and len(body) <= LARGEST else None
