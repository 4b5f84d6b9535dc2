"""Looking up names: every answer within its time, numbers never taken for addresses."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.nameserver import NameServer
from workers.lookup import Lookup
from workers.stopped import Stopped


def refusal(lookup: Lookup, host: str, seconds: float = 2.0) -> str:
    with pytest.raises(Stopped) as stopped:
        lookup.addresses(host, seconds)
    return stopped.value.reason.code


def addresses(lookup: Lookup, host: str) -> list[str]:
    return [str(found) for found in lookup.addresses(host, 2.0)]


@pytest.mark.parametrize(
    "number",
    [
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0X7F.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "1",
        "host.1",
        "a.0x1",
    ],
)
def test_a_number_that_is_no_plain_address_is_refused(number: str) -> None:
    assert refusal(Lookup(), number) == "refused_address"


def test_an_address_literal_is_itself(nameserver: NameServer) -> None:
    lookup = Lookup([nameserver.address])

    assert addresses(lookup, "127.0.0.9") == ["127.0.0.9"]
    assert addresses(lookup, "[::1]") == ["::1"]
    assert nameserver.asked == []


def test_a_name_has_all_its_addresses_of_both_families(nameserver: NameServer) -> None:
    nameserver.name("blog.example", "127.0.0.2", "127.0.0.3", "fd00::2")

    assert addresses(Lookup([nameserver.address]), "blog.example") == ["127.0.0.2", "127.0.0.3", "fd00::2"]


def test_a_name_is_looked_up_as_it_stands_without_search_domains(nameserver: NameServer) -> None:
    assert refusal(Lookup([nameserver.address]), "blog.example") == "unknown_host"
    assert {name for name, _ in nameserver.asked} == {"blog.example"}


def test_a_name_without_addresses_is_unknown(nameserver: NameServer) -> None:
    nameserver.name("empty.example")

    assert refusal(Lookup([nameserver.address]), "empty.example") == "unknown_host"


def test_a_name_with_hundreds_of_addresses_is_unknown(nameserver: NameServer) -> None:
    nameserver.name("crowd.example", *(f"127.0.1.{last}" for last in range(100)))

    assert refusal(Lookup([nameserver.address]), "crowd.example") == "unknown_host"


def test_a_name_server_that_never_answers_is_given_up_at_the_deadline(nameserver: NameServer) -> None:
    nameserver.silent("slow.example")
    began = time.monotonic()

    assert refusal(Lookup([nameserver.address]), "slow.example", seconds=0.5) == "timeout"
    assert time.monotonic() - began < 5


def test_impossible_names_are_unknown(nameserver: NameServer) -> None:
    for name in ("a..b", "x" * 64 + ".example", ".".join(["label"] * 60)):
        assert refusal(Lookup([nameserver.address]), name) == "unknown_host"


def test_the_hosts_file_comes_first(nameserver: NameServer, tmp_path: Path) -> None:
    nameserver.name("blog.example", "127.0.0.2")
    hosts = tmp_path / "hosts"
    hosts.write_text("# names\n\nnonsense blog.example\n127.0.0.7  Blog.example www.blog.example # ours\n")
    lookup = Lookup([nameserver.address], hosts)

    assert addresses(lookup, "blog.example") == ["127.0.0.7"]
    assert addresses(lookup, "www.blog.example") == ["127.0.0.7"]


def test_localhost_is_this_machine_whatever_the_name_server_says(nameserver: NameServer, tmp_path: Path) -> None:
    nameserver.name("localhost", "8.8.8.8")
    nameserver.name("a.localhost", "8.8.8.8")
    lookup = Lookup([nameserver.address], tmp_path / "none")

    assert addresses(lookup, "localhost") == addresses(lookup, "a.localhost") == ["127.0.0.1"]
