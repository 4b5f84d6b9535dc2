"""A small name server on loopback that the tests fill: it answers, lies, changes its mind, or is silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

Records = Callable[[], list[str]]


class NameServer:
    """Answers A and AAAA questions over UDP, from a thread, until :meth:`close`."""

    def __init__(self) -> None:
        self._names: dict[str, Records] = {}
        self._silent: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        """Every question: name and type."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve, name="name server", daemon=True)
        self._thread.start()

    def name(self, name: str, *addresses: str) -> str:
        """A name with these addresses, of both families, answered in this order; the name."""
        return self.changing(name, lambda: list(addresses))

    def changing(self, name: str, records: Records) -> str:
        """A name whose addresses are made up anew for each question; the name."""
        self._names[name] = records
        return name

    def silent(self, name: str) -> str:
        """A name that is never answered for; the name."""
        self._silent.add(name)
        return name

    def close(self) -> None:
        self._socket.sendto(b"", self.address)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            wire, client = self._socket.recvfrom(4096)
            if not wire:
                return
            question = dns.message.from_wire(wire)
            name = question.question[0].name.to_text(omit_final_dot=True)
            kind = dns.rdatatype.to_text(question.question[0].rdtype)
            self.asked.append((name, kind))
            if name not in self._silent:
                self._socket.sendto(self._answer(question, name, kind).to_wire(want_shuffle=False), client)

    def _answer(self, question: dns.message.Message, name: str, kind: str) -> dns.message.Message:
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        if name not in self._names:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return answer
        wanted = [each for each in self._names[name]() if (":" in each) == (kind == "AAAA")]
        if wanted:
            answer.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", kind, *wanted))
        return answer


@pytest.fixture
def nameserver() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.close()
