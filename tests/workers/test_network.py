"""Which addresses a fetch may connect to: the guard alone. That fetches ask it: test_fetch_addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.fetching import Opened
from workers.lookup import Lookup
from workers.network import REFUSED, Guard, embedded, is_public
from workers.stopped import Stopped

NOT_PUBLIC = [
    "0.0.0.0", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200",
    "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
    "::8.8.8.8", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8", "100::1", "100:0:0:1::1", "2001::1", "2001:0:7f00:1::80ff:fffe", "2001:2::1",
    "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "4000::1",
    "5f00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fec0::1", "febf::1", "ff02::1",
    "ff0e::1", "2a00:1450:4001::5efe:127.0.0.1", "2a00:1450:4001::200:5efe:10.0.0.1",
]  # fmt: skip

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
    "128.0.0.1", "172.15.255.255", "172.32.0.1", "168.63.129.15", "192.0.1.1", "192.167.255.255",
    "193.0.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700:4700::1111",
    "2a00:1450:4001::1", "2001:4860:4860::8888", "64:ff9b::8.8.8.8", "2a00:1450:4001::5efe:8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    refusal = Guard().refusal(ip_address(address), 80)

    assert refusal is not None and refusal.code == "refused_address"


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_open(address: str) -> None:
    assert Guard().refusal(ip_address(address), 443) is None


@pytest.mark.parametrize(
    ("six", "four"),
    [
        ("::ffff:127.0.0.1", ["127.0.0.1"]),
        ("::127.0.0.1", ["127.0.0.1"]),
        ("64:ff9b::127.0.0.1", ["127.0.0.1"]),
        ("64:ff9b:1::127.0.0.1", ["127.0.0.1"]),
        ("2002:7f00:1::", ["127.0.0.1"]),
        ("2001:0:a00:1:0:0:80ff:fffe", ["10.0.0.1", "127.0.0.1"]),
        ("2a00::5efe:7f00:1", ["127.0.0.1"]),
        ("2a00::200:5efe:7f00:1", ["127.0.0.1"]),
        ("2a00::1", []),
    ],
)
def test_every_ipv4_address_that_hides_in_an_ipv6_one_is_found(six: str, four: list[str]) -> None:
    assert [str(found) for found in embedded(ip_address(six))] == four


def test_an_address_of_one_interface_is_refused() -> None:
    refusal = Guard().refusal(ip_address("2a00:1450:4001::1%eth0"), 80)

    assert refusal is not None and refusal.code == "refused_address"


@pytest.mark.parametrize("port", [80, 443, 1024, 3000, 8000, 8080, 8443, 65535])
def test_ports_where_web_servers_stand_are_open(port: int) -> None:
    assert Guard().refusal(ip_address("8.8.8.8"), port) is None


@pytest.mark.parametrize(
    "port", [0, 1, 21, 22, 25, 53, 79, 81, 110, 442, 1023, 1720, 2049, 5060, 6000, 6379, 6667, 10080, 65536]
)
def test_other_ports_are_refused(port: int) -> None:
    refusal = Guard().refusal(ip_address("8.8.8.8"), port)

    assert refusal is not None and refusal.code == "refused_port"


def test_an_allowed_network_opens_itself_and_nothing_else() -> None:
    guard = Guard([Opened.of("10.1.0.0/16")])

    assert guard.refusal(ip_address("10.1.2.3"), 8080) is None
    for other in (
        "10.2.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "::ffff:10.1.2.3",
        "64:ff9b::10.1.2.3",
        "fd00::1",
    ):
        refusal = guard.refusal(ip_address(other), 8080)
        assert refusal is not None and refusal.code == "refused_address"


def test_an_allowed_network_keeps_the_ports_that_are_no_web_servers() -> None:
    refusal = Guard([Opened.of("127.0.0.0/8")]).refusal(ip_address("127.0.0.1"), 6379)

    assert refusal is not None and refusal.code == "refused_port"


def test_a_network_allowed_on_one_port_is_open_on_that_port_alone() -> None:
    guard = Guard([Opened.of("127.0.0.1/32", 8001)])

    assert guard.refusal(ip_address("127.0.0.1"), 8001) is None
    for port in (80, 8000, 8002):
        refusal = guard.refusal(ip_address("127.0.0.1"), port)
        assert refusal is not None and refusal.code == "refused_address"


def test_a_port_that_the_owner_named_is_open_whichever_it_is() -> None:
    guard = Guard([Opened.of("10.0.0.5/32", 81)])

    assert guard.refusal(ip_address("10.0.0.5"), 81) is None


def test_a_public_host_that_the_owner_named_for_one_port_keeps_its_others() -> None:
    guard = Guard([Opened.of("8.8.8.8/32", 81)])

    assert guard.refusal(ip_address("8.8.8.8"), 443) is None


def test_no_other_network_is_public_by_the_allowed_one() -> None:
    assert not is_public(ip_address("10.1.2.3"))


def wrapped(four: int) -> list[IPv6Address]:
    """The IPv6 addresses that some gateway takes for an IPv4 one, in a network that is public otherwise."""
    public = 0x2A00_1450_4001_0000 << 64
    return [
        IPv6Address(four),
        IPv6Address(0xFFFF << 32 | four),
        IPv6Address(0xFFFF_0000 << 32 | four),
        IPv6Address(0x64_FF9B << 96 | four),
        IPv6Address(0x64_FF9B_0001 << 80 | four),
        IPv6Address(0x2002 << 112 | four << 80),
        IPv6Address(0x2001_0000 << 96 | four << 64 | 0x0808_0808 ^ 0xFFFF_FFFF),
        IPv6Address(0x2001_0000 << 96 | 0x0808_0808 << 64 | four ^ 0xFFFF_FFFF),
        IPv6Address(public | 0x5EFE << 32 | four),
        IPv6Address(public | 0x0200_5EFE << 32 | four),
    ]


def numbers(four: int) -> list[str]:
    """The spellings that C's ``inet_aton`` takes, and with it every system's look-up."""
    octets = [four >> shift & 255 for shift in (24, 16, 8, 0)]
    return [
        str(four), hex(four), f"0{four:o}", ".".join(map(hex, octets)), ".".join(f"0{octet:o}" for octet in octets),
        f"{octets[0]}.{four & 0xFFFFFF}", f"{octets[0]}.{octets[1]}.{four & 0xFFFF}",
    ]  # fmt: skip


INNER = st.sampled_from([ip_network(network) for network, _ in REFUSED]).flatmap(
    lambda network: st.integers(int(network[0]), int(network[-1])).map(
        IPv4Address if isinstance(network, IPv4Network) else IPv6Address
    )
)


@settings(max_examples=300, deadline=None)
@given(INNER)
@example(IPv4Address("127.0.0.1"))
@example(IPv4Address("168.63.129.16"))
def test_a_refused_network_is_closed_in_every_wrapping_and_in_every_spelling(inner: IPv4Address | IPv6Address) -> None:
    if isinstance(inner, IPv4Address):
        assert not is_public(inner)
        assert [six for six in wrapped(int(inner)) if is_public(six)] == []
        for spelling in numbers(int(inner)):
            with pytest.raises(Stopped) as stopped:
                Lookup().addresses(spelling, 1.0)
            assert stopped.value.reason.code == "refused_address", spelling
    else:
        assert not is_public(inner) or (inner in ip_network("64:ff9b::/96") and all(map(is_public, embedded(inner))))
