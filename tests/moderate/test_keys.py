"""Somebody's own keys: switched off, changed, and as they were again."""

from __future__ import annotations

import pytest

from service.moderate.keys import ACTS
from tests.support.desk import Dashboard

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def letters(dashboard: Dashboard) -> dict[str, str]:
    """The keys that the list's script reads."""
    return {str(key["data-act"]): key.text for key in dashboard.page().select("#keys [data-act]")}


def save(dashboard: Dashboard, **fields: str) -> tuple[int, str]:
    own = {act: letter for act, (letter, _name) in ACTS.items()}
    answer = dashboard.send("/admin/keys", {"csrf": dashboard.token(), "on": "1"} | own | fields)
    return answer.status_code, answer.text


def test_everybody_has_the_letters_that_wordpress_knows(dashboard: Dashboard) -> None:
    known = {"next": "j", "previous": "k", "approve": "a", "reject": "d", "spam": "s", "wait": "u", "undo": "z"}
    assert known.items() <= letters(dashboard).items()
    assert len(set(letters(dashboard).values())) == len(ACTS)


def test_a_key_is_changed_for_oneself_alone(dashboard: Dashboard) -> None:
    assert save(dashboard, approve="Y")[0] == 303
    assert letters(dashboard)["approve"] == "y"
    assert letters(dashboard)["reject"] == "d"
    assert dashboard.send("/admin/keys", {"csrf": dashboard.token(), "reset": "1"}).status_code == 303
    assert letters(dashboard)["approve"] == "a"


def test_keys_are_switched_off(dashboard: Dashboard) -> None:
    fields = {act: letter for act, (letter, _name) in ACTS.items()}
    assert dashboard.send("/admin/keys", {"csrf": dashboard.token()} | fields).status_code == 303
    assert letters(dashboard) == {}
    box = dashboard.page("/admin/keys").select_one("input[name=on]")
    assert box is not None and not box.has_attr("checked")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"approve": "d"}, "“d” can’t do both: “Approve” and “Reject”."),
        ({"approve": ""}, "“Approve” needs one letter or sign."),
        ({"approve": "ab"}, "“Approve” needs one letter or sign."),
        ({"approve": "\x07"}, "“Approve” needs one letter or sign."),
    ],
)
def test_keys_that_cannot_be_had_are_refused_with_a_sentence(
    dashboard: Dashboard, fields: dict[str, str], why: str
) -> None:
    status, page = save(dashboard, **fields)
    assert (status, why in page) == (422, True)
    assert letters(dashboard)["approve"] == "a"
