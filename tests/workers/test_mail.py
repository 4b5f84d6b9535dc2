"""What waits is mailed to whoever wants it: to a confirmed address, one mail for many items, and one of two workers."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import Tag
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from config.settings import MailServer as Named
from config.settings import Settings
from service.model import Moderator, Told
from service.model.engine import writing
from service.values.state import State
from tests.support.certificates import Authority
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.mail import PASSWORD, USER, MailServer, OpenMailServer
from tests.support.service import SECRET, SignIn
from workers.notify.letters import Envelope, Reader, confirmation
from workers.notify.mail import Digests, any_due
from workers.notify.mailer import TROUBLE, Mailer

FROM = "reflections@blog.example"
BASE = "https://reflections.example"

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the database."""


@pytest.fixture
def settings(settings: Settings, mail_server: MailServer) -> Settings:
    """The tests' settings, with a mail server."""
    return settings.model_copy(update={"smtp_url": mail_server.url, "mail_from": FROM})


@pytest.fixture
def digests(engine: Engine, settings: Settings) -> Digests:
    assert settings.mail_server is not None
    return Digests(engine, Mailer(settings.mail_server, FROM), BASE, SECRET)


def run(digests: Digests) -> int:
    return digests(threading.Event())


def told(engine: Engine, who: SignIn) -> Told:
    with Session(engine) as session:
        found = session.query(Told).join(Moderator, Moderator.id == Told.moderator_id).filter_by(name=who.name).one()
        session.expunge(found)
        return found


def make_due(engine: Engine) -> None:
    """As if the morning had come."""
    with writing(engine) as session:
        session.execute(update(Told).values(due_at=datetime.now(UTC) - timedelta(seconds=1)))


def link(server: MailServer, path: str) -> str:
    """The address in the last mail that begins so, without the origin."""
    found = re.search(re.escape(BASE) + rf"({re.escape(path)}\S*)", server.text)
    assert found is not None, server.text
    return found[1]


def confirm(dashboard: Dashboard, digests: Digests, server: MailServer, mail: str = "olga@home.example") -> None:
    answer = dashboard.press(_form(dashboard, "/admin/told/mail", mail), "Send me a link to confirm it")
    assert answer.status_code == 303, answer.text
    assert run(digests) == 1
    page = dashboard.page(link(server, "/admin/told/confirm"))
    assert dashboard.press(page.select("main form")[0], "Confirm").status_code == 303


def _form(dashboard: Dashboard, action: str, mail: str) -> Tag:
    form = dashboard.page("/admin/told").select_one(f'form[action="{action}"]')
    assert form is not None
    form.select("input[name=mail]")[0]["value"] = mail
    return form


def test_nothing_is_mailed_before_an_address_is_confirmed_and_then_one_mail_tells_of_many(
    dashboard: Dashboard, owner: SignIn, desk: Desk, digests: Digests, mail_server: MailServer, engine: Engine
) -> None:
    desk.letters(4)
    desk.came(title="Cheap pills", state=State.SPAM)
    confirm(dashboard, digests, mail_server)
    asked = mail_server.mails[0]
    assert asked["To"] == "olga@home.example"
    assert "Letter" not in mail_server.text
    make_due(engine)
    assert run(digests) == 1
    mail = mail_server.mails[1]
    assert mail["Subject"] == "4 new items wait for you"
    assert mail["From"] == f"Reflections <{FROM}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"] == f"<{BASE}{link(mail_server, '/told/stop')}>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert all(f"Letter {number}" in mail_server.text for number in (1, 2, 3, 4))
    assert "pills" not in mail_server.text
    # Nothing is new, so nothing is sent; what is most likely spam is no news either.
    desk.came(title="More pills", spam=0.97)
    make_due(engine)
    assert run(digests) == 0
    desk.came(title="A real one")
    make_due(engine)
    assert run(digests) == 1
    assert mail_server.mails[2]["Subject"] == "1 new item waits for you"
    assert told(engine, owner).due_at > datetime.now(UTC)


def test_of_two_workers_one_sends_the_mail(
    dashboard: Dashboard, desk: Desk, digests: Digests, mail_server: MailServer, engine: Engine
) -> None:
    confirm(dashboard, digests, mail_server)
    desk.letters(2)
    make_due(engine)
    with ThreadPoolExecutor(4) as hands:
        sent = sum(hands.map(lambda _: run(digests), range(4)))
    assert sent == 1
    assert len(mail_server.mails) == 2
    assert not any_due(engine, datetime.now(UTC))


@on_sqlite
def test_mail_ends_by_one_click_without_signing_in(
    dashboard: Dashboard,
    open_dashboard: OpenDashboard,
    owner: SignIn,
    desk: Desk,
    digests: Digests,
    mail_server: MailServer,
    engine: Engine,
) -> None:
    desk.letters(1)
    confirm(dashboard, digests, mail_server)
    make_due(engine)
    assert run(digests) == 1
    stop = link(mail_server, "/told/stop")
    stranger = open_dashboard().client
    assert stranger.post(stop[:-1] + ("0" if stop[-1] != "0" else "1")).status_code == 404
    assert told(engine, owner).often == "daily"
    assert "Stop the mail" in stranger.get(stop).text
    assert told(engine, owner).often == "daily"  # whatever looks at a mail's links changes nothing
    answer = stranger.post(stop, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert told(engine, owner).often == "never"
    assert told(engine, owner).due_at is None
    assert answer.headers["Cache-Control"] == "no-store"


@on_sqlite
def test_a_link_confirms_once_and_only_for_whom_it_was_sent(
    dashboard: Dashboard,
    open_dashboard: OpenDashboard,
    owner: SignIn,
    desk: Desk,
    digests: Digests,
    mail_server: MailServer,
    engine: Engine,
) -> None:
    confirm(dashboard, digests, mail_server)
    again = dashboard.page(link(mail_server, "/admin/told/confirm")).select("main form")[0]
    assert dashboard.press(again, "Confirm").status_code == 422
    other = open_dashboard(desk.moderator("Mona"))
    page = other.page(link(mail_server, "/admin/told/confirm")).select("main form")[0]
    assert other.press(page, "Confirm").status_code == 422
    assert told(engine, owner).mail == "olga@home.example"
    soon = dashboard.press(_form(dashboard, "/admin/told/mail", "olga@home.example"), "Send me a link to confirm it")
    assert soon.status_code == 422
    assert "two minutes" in soon.text


@on_sqlite
def test_somebody_is_told_of_his_own_sites_in_his_own_language(
    open_dashboard: OpenDashboard, desk: Desk, digests: Digests, mail_server: MailServer, engine: Engine
) -> None:
    mona = desk.moderator("Mona")
    dashboard = open_dashboard(mona)
    dashboard.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "fr"
    form = _form(dashboard, "/admin/told/mail", "mona@home.example")
    assert dashboard.press(form, "M’envoyer un lien pour la confirmer").status_code == 303
    run(digests)
    page = dashboard.page(link(mail_server, "/admin/told/confirm"))
    dashboard.press(page.select("main form")[0], "Confirmer")
    desk.came(title="Une réponse\u202e à l’envers", source="https://ada.example/1")
    make_due(engine)
    assert run(digests) == 1
    assert mail_server.mails[-1]["Subject"] == "1 nouvel élément vous attend"
    assert "Ne plus recevoir de courriel" in mail_server.text


@on_sqlite
def test_a_server_that_takes_nothing_is_asked_later_and_the_page_says_so(
    dashboard: Dashboard, owner: SignIn, desk: Desk, digests: Digests, mail_server: MailServer, engine: Engine
) -> None:
    confirm(dashboard, digests, mail_server)
    desk.letters(1)
    mail_server.refuses = "451 greylisted, come again"
    make_due(engine)
    assert run(digests) == 0
    assert told(engine, owner).due_at > datetime.now(UTC) + timedelta(seconds=30)
    assert "greylisted" in dashboard.page("/admin/told").text
    mail_server.refuses = ""
    make_due(engine)
    assert run(digests) == 1
    assert "greylisted" not in dashboard.page("/admin/told").text


def send(server: Named) -> None:
    reader = Reader(1, "Olga", "olga@home.example", "en")
    Mailer(server, FROM).send(confirmation(reader, Envelope(FROM, BASE, datetime.now(UTC)), "key"))


def test_a_server_that_offers_tls_is_spoken_to_in_it(open_mail_server: OpenMailServer, stranger: Authority) -> None:
    server = open_mail_server(tls=stranger.server("127.0.0.1"))
    send(Named.parse(server.url))
    assert server.encrypted == [True]


def test_a_password_reaches_a_server_on_this_machine(open_mail_server: OpenMailServer) -> None:
    server = open_mail_server(login=True)
    with pytest.raises(TROUBLE):
        send(Named.parse(server.url))
    send(Named.parse(f"smtp://{USER}:a%20password%3A%20of%2Fours@127.0.0.1:{server.port}"))
    assert len(server.mails) == 1
    assert "a password" not in repr(Named.parse("smtp://reflections:a%20password@mail.example"))


# 127.0.0.2 counts as another machine.
def test_a_password_is_kept_from_whom_nobody_vouches_for(open_mail_server: OpenMailServer, stranger: Authority) -> None:
    for tls in (None, stranger.server("127.0.0.2")):
        server = open_mail_server("127.0.0.2", tls=tls)
        with pytest.raises(TROUBLE):
            send(Named("127.0.0.2", server.port, False, USER, PASSWORD))
        assert server.mails == []


def test_smtps_begins_with_tls_that_is_verified(
    open_mail_server: OpenMailServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = open_mail_server(tls=authority.server("127.0.0.1"), smtps=True)
    named = Named.parse(f"smtps://127.0.0.1:{server.port}")
    with pytest.raises(TROUBLE):
        send(named)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    send(named)
    assert server.encrypted == [True]
