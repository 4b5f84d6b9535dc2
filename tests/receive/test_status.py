"""The status resource: what became of a claim, in words that say no more of a decision than is public."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from service.model import Arrival, Reflection
from service.values.state import Kind, State
from tests.receive.senders import BROWSER, SOURCE, TARGET, Stored, mention, on_sqlite, ping, track
from tests.support.service import KnownSite


def where(client: FlaskClient) -> str:
    """The path of the status resource of a new webmention."""
    return mention(client).headers["Location"].removeprefix("http://127.0.0.1:8000")


def test_a_new_claim_is_received(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    answer = client.get(where(client))
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {
        "status": "received",
        "summary": "The source is looked at in a moment.",
        "source": SOURCE,
        "target": TARGET,
        "received": stored.item().received.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "checked": None,
    }


@on_sqlite
@pytest.mark.parametrize(
    ("state", "reason", "status"),
    [
        (State.PENDING, None, "accepted"),
        (State.REJECTED, None, "accepted"),
        (State.SPAM, None, "accepted"),
        (State.APPROVED, None, "published"),
        (State.FAILED, "no_link", "no_link"),
        (State.FAILED, "no_such_post", "no_target"),
        (State.FAILED, "timeout", "unfetchable"),
        (State.FAILED, "refused_address", "unfetchable"),
        (State.FAILED, "unsupported_type", "unfetchable"),
        (State.FAILED, "certificate", "unfetchable"),
        (State.FAILED, "gone", "gone"),
        (State.FAILED, None, "unfetchable"),
        (State.GONE, "no_link", "gone"),
    ],
)
def test_each_state_has_its_word(
    client: FlaskClient, site: KnownSite, stored: Stored, state: State, reason: str | None, status: str
) -> None:
    path = where(client)
    stored.change(Reflection, state=state, reason=reason, checked=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    told = client.get(path).json
    assert told["status"] == status
    assert told["checked"] == "2026-01-02T03:04:05Z"
    assert told["summary"].endswith(".")


@on_sqlite
def test_no_word_tells_why_a_source_could_not_be_read(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    path, told = where(client), []
    for reason in ("refused_address", "refused_port", "unreachable", "timeout", "unknown_host", "tls", "http_status"):
        stored.change(Reflection, state=State.FAILED, reason=reason, reason_details={"status": 403, "port": 22})
        told.append(client.get(path).json)
    assert all(answer == told[0] for answer in told)


@on_sqlite
def test_no_word_tells_what_a_person_decided_against(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    path, told = where(client), []
    for state in (State.PENDING, State.REJECTED, State.SPAM):
        stored.change(Reflection, state=state)
        told.append((client.get(path).json, client.get(path, headers={"Accept": BROWSER}).text))
    assert told[0] == told[1] == told[2]


def test_an_id_of_nobody_is_not_found(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    path = where(client)
    uid = stored.item().uid
    assert len(uid) >= 20, "96 bits or more"
    for unknown in ("1", str(stored.item().id), uid[:-1], uid + "A", uid.swapcase(), "%00", "é", "x" * 5000, "'"):
        answer = client.get(f"/webmention/{unknown}")
        assert (answer.status_code, (answer.json or {}).get("error")) == (404, "not_found")
        assert client.get(f"/webmention/{unknown}", headers={"Accept": BROWSER}).status_code == 404
    stored.change(Reflection, kind=Kind.COMMENT)
    assert client.get(path).status_code == 404, "a comment is no webmention"
    stored.change(Reflection, kind=Kind.WEBMENTION, state=State.ERASED, source=None)
    assert client.get(path).status_code == 404, "nothing of it is left"


@on_sqlite
def test_every_linkback_has_one(client: FlaskClient, site: KnownSite, stored: Stored) -> None:
    assert ping(client).rsplit("/", 1)[1] == stored.item().uid
    track(client, stored.posts()[0].id, url="https://tom.example/")
    for item in stored.items():
        assert client.get(f"/webmention/{item.uid}").json["source"] == item.source


@on_sqlite
def test_a_person_gets_a_page_and_a_program_json(client: FlaskClient, site: KnownSite) -> None:
    path = where(client)
    for accept, kind in [
        (BROWSER, "text/html"),
        ("text/html", "text/html"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/json;q=0.2, text/html;q=0.1", "application/json"),
    ]:
        answer = client.get(path, headers={"Accept": accept})
        assert answer.mimetype == kind
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert "Accept" in answer.headers["Vary"]
    assert client.head(path).status_code == 200


@on_sqlite
def test_scripts_of_any_origin_may_ask(client: FlaskClient, site: KnownSite) -> None:
    path = where(client)
    for answer in (client.get(path), client.get("/webmention/unknown"), client.options(path)):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in answer.headers
    refused = client.post(path)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")


@on_sqlite
def test_a_source_is_shown_as_text_and_never_as_a_link(client: FlaskClient, site: KnownSite) -> None:
    source = "https://sandra.example/?a=<script>alert(1)</script>&b=\"'"
    path = mention(client, source).headers["Location"].removeprefix("http://127.0.0.1:8000")
    page = client.get(path, headers={"Accept": BROWSER}).text
    assert "sandra.example/?a=" in page
    assert "<script" not in page
    assert 'href="https://sandra.example' not in page


@on_sqlite
@pytest.mark.parametrize("column", ["source", "target"])
def test_a_row_that_is_broken_in_the_database_is_shown_as_it_stands(
    client: FlaskClient, site: KnownSite, stored: Stored, column: str
) -> None:
    path = where(client)
    stored.change(Reflection if column == "source" else Arrival, **{column: "not <an> address"})
    answer = client.get(path, headers={"Accept": BROWSER})
    assert answer.status_code == 200 and "not &lt;an&gt; address" in answer.text
