"""A site's triage before its owner: what it learned, how often it would have been right, and what he lets it decide."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from service.decide.precision import Past
from service.decide.triage import Model
from service.model import Reflection, Revision, Triage, weights
from service.model.engine import writing
from service.model.states import Step, step
from service.values.state import Kind, State
from tests.support.desk import Dashboard, Desk, OpenDashboard
from tests.support.service import KnownSite

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PAGE = "/admin/triage"
PAST = {State.SPAM: {0.8: Past(60, 57), 0.9: Past(50, 50), 0.99: Past(3, 3)}, State.APPROVED: {0.1: Past(40, 39)}}


def learned(engine: Engine, site: KnownSite, decisions: int = 314) -> None:
    with writing(engine) as session:
        weights.keep(session, site.id, Model.of(0.0, {1: 1.0}), PAST, decisions, 1, datetime.now(UTC))


def setting(engine: Engine, site: KnownSite) -> tuple[float | None, float | None, str] | None:
    with Session(engine) as session:
        found = session.get(Triage, site.id)
        return (found.as_spam, found.as_good, found.changed_by) if found else None


def let(dashboard: Dashboard, site: KnownSite, **chosen: str) -> Any:
    return dashboard.send(PAGE, {"csrf": dashboard.token(), "site": str(site.id), **chosen})


def test_a_new_site_is_told_what_it_takes(dashboard: Dashboard, site: KnownSite) -> None:
    page = dashboard.page(PAGE).select_one("main")
    assert page is not None
    assert "people have approved 30 items here and marked 30 as spam" in page.text
    assert "decides alone" not in page.text


def test_an_owner_sees_how_often_it_was_right_and_lets_it_decide(
    engine: Engine, dashboard: Dashboard, site: KnownSite
) -> None:
    learned(engine, site)
    page = dashboard.page(PAGE)
    assert "It has learned from 314 decisions" in page.text
    said = {str(one["value"]): one.find_parent("label").text for one in page.select("input[name=as_spam]")}  # type: ignore[union-attr]
    assert "95.0% right (between 86.3% and 98.3%), of 60 items of the past" in said["0.8"]
    assert "only 3 items of the past were so: too few to know" in said["0.99"]
    off = {str(one["value"]) for one in page.select("input[name=as_spam][disabled]")}
    assert off == {"0.95", "0.98", "0.99"}

    answer = let(dashboard, site, as_spam="0.9", as_good="")
    assert (answer.status_code, setting(engine, site)) == (303, (0.9, None, "Olga"))
    page = dashboard.page(str(answer.location))
    assert [str(one["value"]) for one in page.select("input[checked]")] == ["0.9", ""]
    assert "Saved." in page.text

    assert let(dashboard, site, as_spam="", as_good="0.1").status_code == 303
    assert setting(engine, site) == (None, 0.1, "Olga")


@pytest.mark.parametrize(
    ("chosen", "status"),
    [({"as_spam": "0.99"}, 409), ({"as_good": "0.05"}, 409), ({"as_spam": "0.7"}, 400), ({"as_good": "nan"}, 400)],
)
def test_what_was_never_tried_is_not_to_be_had(
    engine: Engine, dashboard: Dashboard, site: KnownSite, chosen: dict[str, str], status: int
) -> None:
    learned(engine, site)
    assert let(dashboard, site, **chosen).status_code == status
    assert setting(engine, site) is None


def test_a_moderator_looks_and_an_owner_decides(
    engine: Engine, desk: Desk, open_dashboard: OpenDashboard, site: KnownSite
) -> None:
    learned(engine, site)
    max_ = open_dashboard(desk.moderator("Max"))
    page = max_.page(PAGE)
    assert len(page.select("fieldset[disabled]")) == 2
    assert "An owner can change this." in page.text
    assert let(max_, site, as_spam="0.9").status_code == 403
    assert setting(engine, site) is None


def test_a_site_out_of_reach_is_not_there(dashboard: Dashboard, site: KnownSite) -> None:
    for wanted in (str(site.id + 1), "x", "9" * 40, "²"):
        assert dashboard.read(f"{PAGE}?site={wanted}").status_code == 404
        assert dashboard.send(PAGE, {"csrf": dashboard.token(), "site": wanted}).status_code == 404


def test_it_learns_when_somebody_asks(engine: Engine, dashboard: Dashboard, site: KnownSite) -> None:
    form = dashboard.page(PAGE).select_one("form[action$=learn]")
    assert form is not None
    assert dashboard.press(form, "Learn now").status_code == 303
    assert "It is about to learn." in dashboard.page(PAGE).text
    with Session(engine) as session:
        assert list(weights.due(session)) == [site.id]
    learned(engine, site)
    assert let(dashboard, site, as_spam="0.9").status_code == 303
    with Session(engine) as session:
        assert list(weights.due(session)) == [site.id]


def test_a_card_says_how_likely_it_is_spam_and_why(desk: Desk, dashboard: Dashboard, engine: Engine) -> None:
    weighed = [["word", "check out", 2.5], ["record", "bad", 1.5], ["word", "<b>", 1.0]]
    offer = desk.came(kind=Kind.COMMENT, text="Check out my page", spam=0.934)
    with writing(engine) as session:
        session.execute(update(Revision).where(Revision.reflection_id == offer.id).values(weighed=weighed))
    sentence = "Probably spam (93%): words “check out”, “<b>”; a host of which nothing was approved."
    card = dashboard.page("/admin/").select_one(f"#item-{offer.uid}")
    assert card is not None
    assert [one.text for one in card.select(".why li")] == [sentence]
    whole = dashboard.page(f"/admin/items/{offer.uid}")
    assert sentence in whole.text
    french = dashboard.page("/admin/", **{"Accept-Language": "fr"})
    assert "Probablement du spam (93\xa0%) : mots «\u202fcheck out\u202f», «\u202f<b>\u202f» ; un hôte" in french.text


def test_the_record_says_that_triage_decided(desk: Desk, dashboard: Dashboard, engine: Engine) -> None:
    item = desk.came()
    with writing(engine) as session:
        wanted = Step(State.PENDING, State.SPAM, "triage", details={"spam": 0.97})
        step(session, session.get_one(Reflection, item.id), wanted, datetime.now(UTC))
    said = dashboard.page(f"/admin/items/{item.uid}").text
    assert re.search(r"Triage put it among the spam \d seconds? ago, with 97%\.", said)
