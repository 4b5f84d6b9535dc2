"""TLS: a host is who its certificate says, or it is not read."""

from __future__ import annotations

import ssl
from asyncio import StreamReader, StreamWriter

from service.values.address import parse
from service.values.page import Fetched, Page
from tests.support.certificates import Authority
from tests.support.fetching import code, fetcher
from tests.support.nameserver import NameServer
from tests.support.web import Web


def get(web: Web, context: ssl.SSLContext, trusted: Authority, nameserver: NameServer | None = None,
        host: str = "127.0.0.2") -> Fetched:  # fmt: skip
    port = web.secure(context)
    web.page("/", "secret")
    url = web.url(host=host, port=port, scheme="https")
    return fetcher(trusted=trusted.file, nameserver=nameserver).fetch(parse(url))


def test_a_host_with_a_good_certificate_is_read(web: Web, authority: Authority, nameserver: NameServer) -> None:
    nameserver.name("blog.example", "127.0.0.2")

    page = get(web, authority.server("blog.example"), authority, nameserver, "blog.example")

    assert isinstance(page, Page) and page.body == b"secret"


def test_an_address_with_a_certificate_of_its_own_is_read(web: Web, authority: Authority) -> None:
    assert isinstance(get(web, authority.server("127.0.0.2"), authority), Page)


def test_an_expired_certificate_is_refused(web: Web, authority: Authority) -> None:
    assert code(get(web, authority.server("127.0.0.2", expired=True), authority)) == "certificate"


def test_a_certificate_of_another_name_is_refused(web: Web, authority: Authority, nameserver: NameServer) -> None:
    nameserver.name("blog.example", "127.0.0.2")
    context = authority.server("other.example", "127.0.0.2")

    assert code(get(web, context, authority, nameserver, "blog.example")) == "certificate"


def test_a_certificate_that_nobody_trusts_is_refused(web: Web, authority: Authority, stranger: Authority) -> None:
    assert code(get(web, stranger.server("127.0.0.2"), authority)) == "certificate"


def test_a_certificate_signed_with_sha_1_is_refused(web: Web, old_authority: Authority) -> None:
    assert isinstance(get(web, old_authority.server("127.0.0.2"), old_authority), Page)
    assert code(get(web, old_authority.server_with_sha_1("127.0.0.2"), old_authority)) == "certificate"


def test_the_tests_own_authority_is_trusted_by_nobody_else(web: Web, authority: Authority) -> None:
    port = web.secure(authority.server("127.0.0.2"))

    assert code(fetcher().fetch(parse(web.url(port=port, scheme="https")))) == "certificate"


def test_a_server_of_1999_is_refused(web: Web, authority: Authority) -> None:
    assert code(get(web, authority.server_of_1999("127.0.0.2"), authority)) == "tls"


def test_a_server_that_speaks_no_tls_is_refused(web: Web) -> None:
    async def plain(_reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    web.greets(plain)

    assert code(fetcher().fetch(parse(web.url(scheme="https")))) == "tls"


def test_a_certificate_is_never_asked_for_before_the_address_is_checked(web: Web) -> None:
    port = web.secure(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))

    assert code(fetcher("127.0.0.9/32").fetch(parse(web.url(port=port, scheme="https")))) == "refused_address"
    assert web.connections("127.0.0.2") == 0
