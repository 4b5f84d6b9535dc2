"""An answer's bytes under their tag, and compressed as readers take them."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass, replace

import brotli


@dataclass(frozen=True, slots=True)
class Bytes:
    """One answer with its strong entity tag (quotes included), compressed as far as somebody asked for it."""

    etag: str
    body: bytes
    gzip: bytes | None = None
    br: bytes | None = None

    @property
    def ready(self) -> bool:
        """Whether they are compressed for whoever asks."""
        return self.gzip is not None and self.br is not None

    def encoded(self, coding: str | None) -> bytes:
        """The bytes in a coding for which they are packed; else as they are."""
        return {"gzip": self.gzip, "br": self.br}.get(coding or "") or self.body

    def packed(self, *codings: str | None) -> Bytes:
        """The same, compressed in these codings too: ``gzip``, ``br``."""
        made = self
        if "gzip" in codings and made.gzip is None:
            made = replace(made, gzip=gzip.compress(self.body, 9, mtime=0))
        if "br" in codings and made.br is None:
            made = replace(made, br=brotli.compress(self.body, quality=5))
        return made


def plain(body: bytes) -> Bytes:
    """The bytes under their tag."""
    return Bytes(f'"{hashlib.sha256(body).hexdigest()[:32]}"', body)
