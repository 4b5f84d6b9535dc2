"""Passwords: kept as argon2id hashes, and what a new one must be."""

from __future__ import annotations

import secrets
import unicodedata
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 1000

Weakness = Literal["too_short", "too_long", "like_the_name"]

# OWASP's Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. A guess costs some 30 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = _HASHER.hash(secrets.token_bytes(16))


def hashed(password: str) -> str:
    """How a password is kept."""
    return _HASHER.hash(_bytes(password))


def fits(password: str, kept: str | None) -> bool:
    """Whether this is the password. For a person that does not exist (``None``) it takes as long to say no."""
    if len(password) > LONGEST:
        return False
    try:
        return _HASHER.verify(kept or _NOBODY, _bytes(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def weakness(password: str, name: str) -> Weakness | None:
    """Why this can't be the new password of ``name``; length is all that is asked (ASVS 5.0, 6.2)."""
    if len(password) < SHORTEST:
        return "too_short"
    if len(password) > LONGEST:
        return "too_long"
    return "like_the_name" if password.casefold() == name.casefold() else None


def random() -> str:
    """A password that nobody guesses (96 bits) and that can be read out."""
    return "-".join(secrets.token_hex(3) for _ in range(4))


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
