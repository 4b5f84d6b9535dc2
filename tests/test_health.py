"""Alive, ready, and the numbers: for machines that watch, and not for strangers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from config.settings import PREFIX, Settings, load
from tests.support.service import OPEN, SECRET, KnownSite, WholeRun

TOKEN = "the token of the machine that watches"


def house(settings: Settings) -> FlaskClient:
    """The web side with these settings, and its client."""
    from service.app import create_app

    return create_app(settings).test_client()


def changed(settings: Settings, **values: str) -> Settings:
    environ = OPEN | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": str(settings.data_dir),
        "BASE_URL": settings.base_url,
        "SECRET_KEY": SECRET,
    }
    return load({PREFIX + name: value for name, value in (environ | values).items()})


def numbers(body: str) -> Mapping[str, float]:
    """Name with its labels → number."""
    return {
        sample.name
        + "".join(f",{name}={value}" for name, value in sorted(sample.labels.items()) if name != "process"): (
            sample.value
        )
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


def test_it_is_ready_with_database_and_redis(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "alive"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ready"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_redis_it_is_alive_and_not_ready(settings: Settings, tmp_path: Path) -> None:
    client = house(changed(settings, REDIS_URL=f"unix://{tmp_path / 'nobody.sock'}"))
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "not ready", "missing": ["redis"]})


def test_without_a_database_it_is_alive_and_not_ready(settings: Settings) -> None:
    away = "postgresql+psycopg://secret-name:secret-word@127.0.0.1:1/none"
    client = house(changed(settings, DATABASE_URL=away))
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "not ready", "missing": ["database"]})
    numbers_ = client.get("/metrics")
    assert numbers_.status_code == 200, "what can be counted without a database is counted"
    assert "secret" not in answer.text + numbers_.text


def test_the_numbers_count_what_is_there(client: FlaskClient, site: KnownSite) -> None:
    target, source = site.page("post"), "https://a.example/1"
    assert client.post("/webmention", data={"source": source, "target": target}).status_code == 201
    found = numbers(client.get("/metrics").text)
    assert found["reflections_items,state=received"] == 1
    assert found["reflections_items,state=approved"] == 0
    assert found["reflections_due"] == 1
    assert 0 <= found["reflections_due_oldest_seconds"] < 60
    assert found["reflections_workers"] == 0
    assert found["reflections_requests_total,route=/webmention,status=201"] == 1


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Real-IP", "Via"])
def test_the_numbers_are_not_for_who_comes_through_a_proxy(client: FlaskClient, name: str) -> None:
    answer = client.get("/metrics", headers={name: "127.0.0.1"})
    assert (answer.status_code, answer.text) == (403, "Metrics are not for strangers.\n")


def test_behind_a_proxy_the_numbers_are_for_who_has_the_token(settings: Settings) -> None:
    """A proxy that calls from loopback, and loses what the client says of himself, makes him look like its machine."""
    behind = house(changed(settings, TRUSTED_PROXIES="1"))
    assert behind.get("/metrics").status_code == 403


def test_the_numbers_are_for_loopback_alone(client: FlaskClient) -> None:
    for address, status in (("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 403), ("10.0.0.1", 403)):
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == status, address


def test_with_a_token_the_numbers_are_for_who_has_it(settings: Settings) -> None:
    client = house(changed(settings, METRICS_TOKEN=TOKEN))
    for given in ("", "Bearer", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"):
        answer = client.get("/metrics", headers={"Authorization": given} if given else {})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), given
    far = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, environ_base=far).status_code == 200


def test_a_running_service_tells_the_doors_numbers_too(whole_run: WholeRun) -> None:
    found = numbers(whole_run.ask("/metrics").text)
    assert "reflections_held_answers_total" in found
    assert found["reflections_workers"] >= 2
    assert whole_run.ask("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status == 403
