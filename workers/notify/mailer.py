"""One mail to the server that the owner has named, by SMTP. It is the only address that this room ever calls."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

PATIENCE = 20.0
"""Seconds that the server may take for each of its answers."""

HERE = frozenset({"127.0.0.1", "::1", "localhost"})
"""A server on this very machine: what it is told crosses no wire."""

TROUBLE = (smtplib.SMTPException, OSError)
"""What a server raises that is away, busy, or does not want the mail. A certificate that is not good is among it."""


class Server(Protocol):
    """Where mail goes out (:class:`config.settings.MailServer`)."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def tls(self) -> bool: ...

    @property
    def user(self) -> str: ...

    @property
    def password(self) -> str: ...


class NoTls(smtplib.SMTPException):
    """A server to which a password would go in the clear."""


@dataclass(frozen=True, slots=True)
class Mailer:
    """Sends from one address by one server.

    A password goes through TLS with a certificate that was verified, or nowhere but to this machine. Without one
    the mail itself is encrypted where the server can (RFC 7435), as mail is between servers.
    """

    server: Server
    sender: str

    def send(self, message: EmailMessage) -> None:
        """Hands the mail over; raises one of :data:`TROUBLE`."""
        with self._connect() as line:
            if self.server.user:
                line.login(self.server.user, self.server.password)
            line.send_message(message, self.sender)

    def _connect(self) -> smtplib.SMTP:
        host, port, name = self.server.host, self.server.port, self.sender.rpartition("@")[2]
        if self.server.tls:
            return smtplib.SMTP_SSL(host, port, name, timeout=PATIENCE, context=ssl.create_default_context())
        line = smtplib.SMTP(host, port, name, timeout=PATIENCE)
        try:
            self._encrypt(line)
        except BaseException:
            line.close()
            raise
        return line

    def _encrypt(self, line: smtplib.SMTP) -> None:
        verified = bool(self.server.user) and self.server.host not in HERE
        line.ehlo()
        if line.has_extn("starttls"):
            line.starttls(context=ssl.create_default_context() if verified else _anybody())
            line.ehlo()
        elif verified:
            raise NoTls("the server offers no STARTTLS, and a password is not sent in the clear")


def _anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
