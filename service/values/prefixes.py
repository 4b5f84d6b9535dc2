"""A site's prefixes: under which of them an address is, and what it is called since the pages under one went
elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.values.address import Address, prefix_key, prefix_keys, rebased


@dataclass(frozen=True, slots=True)
class Prefix:
    """One of them, and where its pages went, if they did."""

    at: Address
    moved_to: Address | None = None


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Those of one site, by their keys."""

    known: Mapping[str, Prefix]

    def of(self, address: Address) -> str | None:
        """The key of the one that the address is under: the longest, on a segment boundary."""
        return next((key for key in reversed(list(prefix_keys(address))) if key in self.known), None)

    def called(self, address: Address) -> Address:
        """What the page is called by now."""
        for _ in self.known:  # a site that moved often, at the most from one to the next
            prefix = self.known.get(self.of(address) or "")
            if prefix is None or prefix.moved_to is None:
                break
            address = rebased(address, prefix.at, prefix.moved_to) or address
        return address

    def formerly(self, address: Address, but: frozenset[str] = frozenset()) -> Iterator[Address]:
        """What the page was called before, as far as that is not under the prefixes of these keys."""
        under = self.of(address)
        for key, prefix in self.known.items():
            if prefix.moved_to is None or key in but or prefix_key(prefix.moved_to) != under:
                continue
            former = rebased(address, prefix.moved_to, prefix.at)
            if former is not None and self.of(former) == key:
                yield former
                yield from self.formerly(former, but | {key})
