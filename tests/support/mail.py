"""A real SMTP server on loopback, which keeps what it is given."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socket import create_connection
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from tests.support.waiting import free_port, until

USER, PASSWORD = "reflections", "a password: of/ours"


@dataclass
class MailServer:
    """Where it is, what came in, and by which kind of connection."""

    port: int
    host: str = "127.0.0.1"
    mails: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refuses: str = ""
    """What it answers to each mail, where it takes none."""

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    @property
    def text(self) -> str:
        """The words of the last mail."""
        return str(self.mails[-1].get_content())


class _Takes:
    """Hands what comes in to the one whose server it is; aiosmtpd looks at every attribute, so it has no other."""

    def __init__(self, to: MailServer) -> None:
        self._to = to

    async def handle_DATA(self, server: Any, _session: Session, envelope: Envelope) -> str:
        if self._to.refuses:
            return self._to.refuses
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self._to.mails.append(mail)
        self._to.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 taken"


class _Controller(Controller):
    """It asks for its own first connection to begin; with TLS it would do so with a server's context."""

    def _trigger_server(self) -> None:
        with create_connection((self.hostname, self.port), 5):
            until(lambda: self.smtpd is not None, 10, "the mail server does not begin")


@contextmanager
def mail_server_at(host: str, tls: ssl.SSLContext | None, login: bool, smtps: bool) -> Iterator[MailServer]:
    """A server that offers STARTTLS with this context (or begins with TLS), and may want a password."""
    server = MailServer(free_port(), host)
    options: dict[str, Any] = {"authenticator": _knows, "auth_required": login, "auth_require_tls": False}
    if smtps:
        options["ssl_context"] = tls
    elif tls is not None:
        options["tls_context"] = tls
    controller = _Controller(_Takes(server), hostname=host, port=server.port, **options)
    controller.start()
    yield server
    controller.stop()


def _knows(_server: object, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right)


OpenMailServer = Callable[..., MailServer]


@pytest.fixture
def open_mail_server() -> Iterator[OpenMailServer]:
    """``open_mail_server(host, tls=…, login=…, smtps=…)``."""
    with ExitStack() as stack:

        def open_(
            host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, login: bool = False, smtps: bool = False
        ) -> MailServer:
            return stack.enter_context(mail_server_at(host, tls, login, smtps))

        yield open_


@pytest.fixture
def mail_server(open_mail_server: OpenMailServer) -> MailServer:
    """One that takes whatever it is given."""
    return open_mail_server()
