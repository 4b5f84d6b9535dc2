"""A fetch connects to no address that is not open to it, whatever name, number or redirect leads there.

The canary is the web itself: it listens on every address of 127.0.0.0/8 and on ::1, and counts connections.
Only 127.0.0.2 is open to the fetcher.
"""

from __future__ import annotations

import itertools
import socket

import pytest

from service.values.address import BadAddress, parse
from service.values.page import Failure, Fetched, Page
from tests.support.fetching import Opened, code, fetcher
from tests.support.nameserver import NameServer
from tests.support.web import Web

OPEN = "127.0.0.2"
CANARY = "127.0.0.1"

PRIVATE = [
    "127.0.0.1", "127.0.0.3", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.1", "192.0.0.192", "198.18.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "[::1]", "[::]", "[::127.0.0.1]",
    "[::ffff:127.0.0.1]", "[::ffff:127.0.0.2]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fc00::1]", "[fec0::1]", "[fd00:ec2::254]",
    "[ff02::1]",
]  # fmt: skip

NUMBERS = ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "0", "017700000001"]

NOT_A_PAGE = [
    "file:///etc/passwd", "ftp://127.0.0.2/", "gopher://127.0.0.2:6379/_FLUSHALL", "dict://127.0.0.2/",
    "data:text/html,hi", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "javascript:alert(1)", "about:blank",
    "mailto:a@b.example", "ws://127.0.0.2/", "http://:80/", "http://user:pass@127.0.0.2/",
    "http://127.0.0.2:0/", "http://127.0.0.2:65536/", "//[::1", "http://127.0.0.1%00.example/",
]  # fmt: skip


def get(url: str, nameserver: NameServer | None = None) -> Fetched:
    return fetcher(f"{OPEN}/32", nameserver=nameserver).fetch(parse(url))


def nobody_was_let_in(web: Web) -> bool:
    hosts = {CANARY, "127.0.0.3", "127.255.255.254", "[::1]"}
    return sum(web.connections(host) for host in hosts) == 0


@pytest.mark.parametrize("host", [*PRIVATE, *NUMBERS])
def test_no_connection_leaves_for_an_address_that_is_not_public(web: Web, host: str) -> None:
    assert code(get(web.url(host=host))) == "refused_address"
    assert nobody_was_let_in(web)


@pytest.mark.parametrize("host", [*PRIVATE, *NUMBERS])
def test_no_redirect_leads_to_an_address_that_is_not_public(web: Web, host: str) -> None:
    failure = get(web.redirect("/", web.url(host=host)))

    assert isinstance(failure, Failure)
    assert failure.reason.code == "refused_address"
    assert [hop.url for hop in failure.hops] == [web.url("/")]
    assert nobody_was_let_in(web)


@pytest.mark.parametrize("location", NOT_A_PAGE)
def test_no_redirect_leads_out_of_the_web(web: Web, location: str) -> None:
    assert code(get(web.redirect("/", location))) == "refused_redirect"
    assert len(web.requests()) == 1 and nobody_was_let_in(web)


@pytest.mark.parametrize(
    "trick",
    [
        "http://127.0.0.1\\@127.0.0.2:{port}/",
        "http://127.0.0.2:{port}\\@127.0.0.1/",
        "http://127.0.0.2@127.0.0.1:{port}/",
        "http://127.0.0.1#@127.0.0.2:{port}/",
        "http://①②⑦.0.0.1:{port}/",
        "http://127。0。0。1:{port}/",
        "http://127.0.0.1 .example:{port}/",
    ],
)
def test_no_spelling_of_an_address_means_one_thing_to_the_guard_and_another_to_the_socket(web: Web, trick: str) -> None:
    url = trick.format(port=web.port)
    try:
        found = get(url)
    except BadAddress:
        found = None
    redirected = get(web.redirect("/", url))

    assert not isinstance(found, Page) and not isinstance(redirected, Page)
    assert nobody_was_let_in(web)


@pytest.mark.parametrize("port", [1, 21, 22, 25, 81, 6379, 6667])
def test_ports_that_are_no_web_servers_are_refused(port: int) -> None:
    assert code(get(f"http://{OPEN}:{port}/")) == "refused_port"


def test_a_redirect_to_a_port_that_is_no_web_servers_is_refused(web: Web) -> None:
    assert code(get(web.redirect("/", f"http://{OPEN}:25/"))) == "refused_port"


def test_a_network_that_is_open_on_one_port_is_shut_on_others(web: Web) -> None:
    other = Web()
    one_port = fetcher(Opened.of(f"{OPEN}/32", web.port))
    with other:
        assert isinstance(one_port.fetch(parse(web.page("/"))), Page)
        assert code(one_port.fetch(parse(other.page("/")))) == "refused_address"
        assert other.connections(OPEN) == 0


def test_a_name_with_a_private_address_is_refused(web: Web, nameserver: NameServer) -> None:
    nameserver.name("inner.example", CANARY)

    assert code(get(web.url(host="inner.example"), nameserver)) == "refused_address"
    assert nobody_was_let_in(web)


@pytest.mark.parametrize("addresses", [(OPEN, CANARY), (CANARY, OPEN), (OPEN, "::1"), (OPEN, "fe80::1")])
def test_a_name_with_one_private_address_among_others_is_refused(
    web: Web, nameserver: NameServer, addresses: tuple[str, ...]
) -> None:
    nameserver.name("mixed.example", *addresses)

    assert code(get(web.url(host="mixed.example"), nameserver)) == "refused_address"
    assert nobody_was_let_in(web)


@pytest.mark.parametrize("name", ["metadata.google.internal", "localhost", "a.localhost"])
def test_names_of_inner_services_are_refused(web: Web, nameserver: NameServer, name: str) -> None:
    nameserver.name("metadata.google.internal", "169.254.169.254")

    assert code(get(web.url(host=name), nameserver)) == "refused_address"
    assert nobody_was_let_in(web)


def test_a_name_that_changes_between_look_up_and_connection_gains_nothing(web: Web, nameserver: NameServer) -> None:
    # Each look-up asks twice, for A and AAAA: whoever looked up again to connect would reach the canary.
    turns = itertools.cycle([[OPEN], [OPEN], [CANARY], [CANARY]])
    nameserver.changing("rebind.example", lambda: next(turns))
    web.page("/", "open")
    guarded = fetcher(f"{OPEN}/32", nameserver=nameserver)
    address = parse(web.url(host="rebind.example"))

    found = [guarded.fetch(address) for _ in range(1000)]

    assert any(isinstance(each, Page) for each in found)
    assert any(code(each) == "refused_address" for each in found)
    assert nobody_was_let_in(web)


def test_a_name_is_looked_up_once_for_each_request(web: Web, nameserver: NameServer) -> None:
    nameserver.name("blog.example", OPEN)
    web.page("/", "open")

    assert isinstance(get(web.url(host="blog.example"), nameserver), Page)
    assert nameserver.asked == [("blog.example", "A"), ("blog.example", "AAAA")]
    assert web.requests()[0].headers["host"] == f"blog.example:{web.port}"


def test_the_next_address_is_tried_where_one_does_not_answer(web: Web, nameserver: NameServer) -> None:
    nameserver.name("blog.example", "203.0.113.9", OPEN)
    web.page("/", "open")
    patient = fetcher(f"{OPEN}/32", "203.0.113.0/24", nameserver=nameserver)

    assert isinstance(patient.fetch(parse(web.url(host="blog.example"))), Page)


def test_a_name_with_many_addresses_does_not_make_us_knock_at_all_of_them(nameserver: NameServer) -> None:
    hosts = [f"127.0.9.{last}" for last in range(1, 21)]
    nameserver.name("crowd.example", *hosts)
    with socket.create_server((hosts[-1], 0)) as last:
        last.setblocking(False)

        found = fetcher(nameserver=nameserver).fetch(parse(f"http://crowd.example:{last.getsockname()[1]}/"))

        assert code(found) == "unreachable"
        with pytest.raises(BlockingIOError):
            last.accept()


def test_a_name_that_nobody_knows_is_unknown(nameserver: NameServer) -> None:
    assert code(get("http://nowhere.example/", nameserver)) == "unknown_host"


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with Web() as closed:
        port = closed.port

    assert code(get(f"http://{OPEN}:{port}/")) == "unreachable"
