"""A claim: somebody says that one page links to one of ours. By which protocol he says so makes no difference here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from service.values.address import Address, BadAddress, parse, same_page, source_key
from service.values.reason import Refused
from service.values.state import Protocol

NO_HINTS: Mapping[str, str] = MappingProxyType({})

_REPLY = re.compile(r"reflection-([A-Za-z0-9_-]{1,32})")


@dataclass(frozen=True, slots=True)
class Claim:
    """``source`` links to ``target``: two addresses in normal form, never the same page."""

    protocol: Protocol
    source: Address
    target: Address
    received: datetime
    sender: str
    """The address that the request came from, for the limits; it is not kept."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """What was said beside: a trackback's ``title``, ``excerpt`` and ``blog_name``, a webmention's ``vouch``."""

    @property
    def key(self) -> str:
        """What the source is known by under a post: a hash of its normal form without the fragment."""
        return source_key(self.source)

    @property
    def answered(self) -> str | None:
        """The public id of the item that this one replies to, where the target's fragment names one."""
        found = _REPLY.fullmatch(self.target.fragment or "")
        return found[1] if found else None


def read(
    protocol: Protocol,
    source: str,
    target: str,
    *,
    received: datetime,
    sender: str,
    hints: Mapping[str, str] = NO_HINTS,
) -> Claim:
    """The claim that two addresses make; :class:`Refused` where one is none that we take, or both are one page."""
    claim = Claim(
        protocol, _address(source, "invalid_source"), _address(target, "invalid_target"), received, sender, hints
    )
    if same_page(claim.source, claim.target):
        raise Refused("same_page")
    return claim


def _address(text: str, wrong: str) -> Address:
    try:
        return parse(text)
    except BadAddress as bad:
        raise Refused(bad.code if bad.code == "url_too_long" else wrong) from None
