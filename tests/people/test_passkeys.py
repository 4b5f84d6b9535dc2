"""Passkeys: added by whoever signed in just now, good for signing in, and for nobody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session
from webauthn.helpers import bytes_to_base64url
from werkzeug.test import TestResponse

from service.model import Challenge, Moderator, Passkey
from service.model.engine import writing
from service.model.session import Session as SignedIn
from service.people.ceremony import LONGEST, Made, party
from service.people.guard import FRESH
from service.people.passkeys import MOST, keep
from tests.support.authenticator import PRESENT, Device
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import SignIn

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def asked(dashboard: Dashboard) -> dict[str, Any]:
    """What a browser of somebody who is signed in is to make a passkey of."""
    answer = dashboard.send("/admin/me/passkeys/challenge", {"csrf": dashboard.token()})
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def add(dashboard: Dashboard, device: Device, name: str = "My phone", **lies: Any) -> TestResponse:
    """A passkey of this device, added."""
    given = device.create(asked(dashboard), **lies)
    return dashboard.send("/admin/me/passkeys", {"csrf": dashboard.token(), "credential": given, "name": name})


def to_sign(stranger: Dashboard) -> dict[str, Any]:
    return dict(stranger.send("/admin/sign-in/challenge", {}).json or {})


def sign_in(stranger: Dashboard, credential: str) -> TestResponse:
    return stranger.send("/admin/sign-in", {"credential": credential, "next": "/admin/?state=spam"})


@pytest.fixture
def phone(dashboard: Dashboard) -> Device:
    """The owner's phone, with a passkey on it."""
    device = Device()
    assert add(dashboard, device).status_code == 303
    return device


def test_a_passkey_is_added_and_signs_in(
    dashboard: Dashboard, phone: Device, open_dashboard: OpenDashboard, owner: SignIn
) -> None:
    assert "My phone" in dashboard.page("/admin/me").text
    stranger = open_dashboard()
    answer = sign_in(stranger, phone.get(to_sign(stranger)))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/?state=spam")
    assert stranger.page("/admin/me").select_one("h1").text == owner.name  # type: ignore[union-attr]
    assert "used" in dashboard.page("/admin/me").text


def test_a_signature_opens_once(phone: Device, open_dashboard: OpenDashboard) -> None:
    stranger = open_dashboard()
    signed = phone.get(to_sign(stranger))
    assert sign_in(stranger, signed).status_code == 303
    again = sign_in(open_dashboard(), signed)
    assert again.status_code == 422
    assert "Set-Cookie" not in again.headers


LIES: Mapping[str, dict[str, Any]] = {
    "by another key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "on another page": {"origin": "https://evil.example"},
    "for another host": {"party": "evil.example"},
    "while nobody showed who he is": {"flags": PRESENT},
    "while nobody was there": {"flags": 0},
    "for another purpose": {"type": "webauthn.create"},
    "as somebody else": {"handle": bytes_to_base64url(bytes(16))},
    "as nobody": {"handle": ""},
}


@on_one_database
def test_what_was_signed_otherwise_opens_nothing(phone: Device, open_dashboard: OpenDashboard) -> None:
    for how, lie in LIES.items():
        stranger = open_dashboard()
        answer = sign_in(stranger, phone.get(to_sign(stranger), **lie))
        assert answer.status_code == 422, how
        assert "This passkey is not known here" in answer.text
        assert stranger.read().status_code == 302, how
    assert sign_in(open_dashboard(), phone.get(to_sign(open_dashboard()))).status_code == 303


def test_a_copied_passkey_is_found_out_by_its_counter(phone: Device, open_dashboard: OpenDashboard) -> None:
    def opens(count: int) -> bool:
        stranger = open_dashboard()
        return sign_in(stranger, phone.get(to_sign(stranger), count=count)).status_code == 303

    assert [opens(count) for count in (5, 5, 4, 0, 4_294_967_295)] == [True, False, False, False, True]


@on_one_database
def test_a_challenge_is_good_for_five_minutes_and_for_what_it_was_given(
    dashboard: Dashboard, phone: Device, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    stranger = open_dashboard()
    for ends in (timedelta(seconds=-1), timedelta(minutes=6)):
        late = phone.get(to_sign(stranger))
        with writing(engine) as session:
            session.execute(update(Challenge).values(until=datetime.now(UTC) + ends))
        assert sign_in(stranger, late).status_code == 422
    assert sign_in(stranger, phone.get({"rpId": "localhost", **asked(dashboard)})).status_code == 422
    invented = {"rpId": "localhost", "challenge": bytes_to_base64url(bytes(32))}
    assert sign_in(stranger, phone.get(invented)).status_code == 422


@on_one_database
def test_a_passkey_that_was_not_made_here_by_a_person_is_not_taken(
    dashboard: Dashboard, phone: Device, desk: Desk, open_dashboard: OpenDashboard
) -> None:
    for lie in ({"origin": "https://evil.example"}, {"party": "evil.example"}, {"flags": PRESENT}):
        answer = add(dashboard, Device(), **lie)
        assert answer.status_code == 422
        assert "This passkey could not be taken." in answer.text
    nora = open_dashboard(desk.moderator("Nora"))
    assert add(nora, phone).status_code == 422  # a credential has one person
    stolen = Device().create(asked(dashboard))
    sent = nora.send("/admin/me/passkeys", {"csrf": nora.token(), "credential": stolen})
    assert sent.status_code == 422  # a challenge too
    assert add(nora, Device(credential=bytes(1024))).status_code == 422


@on_one_database
def test_nothing_that_is_sent_as_a_passkey_makes_it_fail(
    dashboard: Dashboard, phone: Device, open_dashboard: OpenDashboard
) -> None:
    stranger = open_dashboard()

    def broken(**response: Any) -> str:
        fields = json.loads(phone.get(to_sign(stranger)))
        fields["response"] |= response
        return json.dumps(fields)

    rubbish = (
        "",
        "null",
        "[]",
        '{"response": {}}',
        "[" * 5000,
        '{"rawId": ' + "9" * 5000 + "}",
        "x" * (LONGEST + 1),
        broken(authenticatorData="AAAA"),
        broken(authenticatorData=bytes_to_base64url(b"\xff" * 300)),
        broken(signature=7),
        broken(userHandle=[]),
        broken(clientDataJSON=bytes_to_base64url(b'{"type": "webauthn.get"}')),
        broken(clientDataJSON="é"),
    )
    for number, given in enumerate(rubbish):
        answer = stranger.client.post(
            "/admin/sign-in",
            data={"credential": given},
            headers={"Sec-Fetch-Site": "same-origin"},
            environ_base={"REMOTE_ADDR": f"198.51.100.{number}"},
        )
        assert answer.status_code == 422, given[:80]
    for attested in (b"", b"\xff", b"\xa0", b"\x9f" * 2000, b"\xa3cfmtdnonegattStmt\xa0hauthDataA\x00"):
        fields = json.loads(Device().create(asked(dashboard)))
        fields["response"]["attestationObject"] = bytes_to_base64url(attested)
        form = {"csrf": dashboard.token(), "credential": json.dumps(fields)}
        assert dashboard.send("/admin/me/passkeys", form).status_code == 422


@on_one_database
def test_whoever_asks_for_challenges_without_end_is_told_to_wait(open_dashboard: OpenDashboard) -> None:
    stranger = open_dashboard()
    answers = [stranger.send("/admin/sign-in/challenge", {}) for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert int(answers[-1].headers["Retry-After"]) <= 600
    assert "Try again in 10 minutes." in (answers[-1].json or {})["error"]


@on_one_database
def test_wrong_passkeys_count_as_guesses_of_their_address_alone(
    phone: Device, open_dashboard: OpenDashboard, owner: SignIn
) -> None:
    stranger = open_dashboard()
    answers = [sign_in(stranger, "{}").status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


@on_one_database
def test_a_screen_that_was_left_open_gets_no_new_way_in(dashboard: Dashboard, engine: Engine) -> None:
    given = Device().create(asked(dashboard))
    with writing(engine) as session:
        session.execute(update(SignedIn).values(created=datetime.now(UTC) - FRESH))
    token = {"csrf": dashboard.token()}
    assert dashboard.send("/admin/me/passkeys/challenge", token).status_code == 403
    answer = dashboard.send("/admin/me/passkeys", {**token, "credential": given})
    assert answer.headers["Location"] == "/admin/sign-in?again=1&next=/admin/me"
    page = dashboard.page("/admin/me")
    assert page.find("a", string="Sign in again to add a passkey") is not None
    assert page.select_one("[data-passkey]") is None
    assert dashboard.read("/admin/sign-in?again=1&next=/admin/me").status_code == 200


def test_ones_own_passkeys_are_named_and_removed_and_nobody_elses(
    dashboard: Dashboard, phone: Device, desk: Desk, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    with Session(engine) as session:
        key = str(session.scalars(select(Passkey.id)).one())
    nora = open_dashboard(desk.moderator("Nora"))
    for path in ("name", "remove"):
        nora.send(f"/admin/me/passkeys/{path}", {"csrf": nora.token(), "id": key, "name": "mine now"})
    assert "My phone" in dashboard.page("/admin/me").text
    dashboard.send("/admin/me/passkeys/name", {"csrf": dashboard.token(), "id": key, "name": " The <b>blue</b> one "})
    assert dashboard.page("/admin/me").select_one(".rows strong").text == "The <b>blue</b> one"  # type: ignore[union-attr]
    dashboard.send("/admin/me/passkeys/remove", {"csrf": dashboard.token(), "id": key})
    stranger = open_dashboard()
    assert sign_in(stranger, phone.get(to_sign(stranger))).status_code == 422


def test_the_only_way_in_stays(
    dashboard: Dashboard, phone: Device, owner: SignIn, open_dashboard: OpenDashboard, engine: Engine
) -> None:
    with writing(engine) as session:
        session.execute(update(Moderator).values(password_hash=None))
        key = str(session.scalars(select(Passkey.id)).one())
    answer = dashboard.send("/admin/me/passkeys/remove", {"csrf": dashboard.token(), "id": key})
    assert answer.status_code == 422
    assert "This is your only way to sign in." in answer.text
    assert open_dashboard().sign_in(SignIn(owner.name, "")).status_code == 422
    form = {"csrf": dashboard.token(), "new": "a first pass phrase"}
    assert dashboard.send("/admin/me/password", form).status_code == 303
    answer = dashboard.send("/admin/me/passkeys/remove", {"csrf": dashboard.token(), "id": key})
    assert answer.headers["Location"] == "/admin/me?done=removed"
    assert open_dashboard().sign_in(SignIn(owner.name, "a first pass phrase")).status_code == 303


@on_one_database
def test_a_first_password_is_for_whoever_signed_in_just_now(
    dashboard: Dashboard, phone: Device, engine: Engine
) -> None:
    with writing(engine) as session:
        session.execute(update(Moderator).values(password_hash=None))
        session.execute(update(SignedIn).values(created=datetime.now(UTC) - FRESH))
    form = {"csrf": dashboard.token(), "new": "a first pass phrase"}
    assert "again=1" in dashboard.send("/admin/me/password", form).headers["Location"]
    with Session(engine) as session:
        assert session.scalar(select(Moderator.password_hash)) is None


@on_one_database
def test_nobody_has_passkeys_without_end(dashboard: Dashboard, engine: Engine) -> None:
    now = datetime.now(UTC)
    with writing(engine) as session:
        olga = session.scalars(select(Moderator.id)).one()
        for one in range(MOST - 1):
            made = Made(bytes([one]), b"", 0)
            assert keep(session, olga, made, "", now)
    assert [add(dashboard, Device()).status_code for _ in range(2)] == [303, 422]


@on_one_database
def test_the_database_holds_no_challenge_that_could_be_answered(open_dashboard: OpenDashboard, engine: Engine) -> None:
    challenge = to_sign(open_dashboard())["challenge"]
    with writing(engine) as session:
        assert challenge not in str(session.execute(select(Challenge.hash)).all())
        session.execute(delete(Challenge))


@pytest.mark.parametrize(
    ("base_url", "id_and_origin"),
    [
        ("https://reflections.example", ("reflections.example", "https://reflections.example")),
        ("https://blog.example:8443/talk", ("blog.example", "https://blog.example:8443")),
        ("http://127.0.0.1:8000", ("localhost", "http://localhost:8000")),
        ("http://localhost:8000", ("localhost", "http://localhost:8000")),
        ("https://bücher.example", ("xn--bcher-kva.example", "https://xn--bcher-kva.example")),
        ("http://192.0.2.7", None),
    ],
)
def test_a_passkey_is_for_the_name_of_the_public_address(base_url: str, id_and_origin: tuple[str, str] | None) -> None:
    found = party(base_url)
    assert (found and (found.id, found.origin)) == id_and_origin
