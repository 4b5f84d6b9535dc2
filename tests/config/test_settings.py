"""Settings are checked at start: what is wrong is said in one line that names it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config import BadSettings, load


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"REFLECTIONS_FETCH_ALOW": "x"}, "FETCH_ALOW is not a setting; did you mean REFLECTIONS_FETCH_ALLOW"),
        ({"REFLECTIONS_FETCH_TIMEOUT": "soon"}, "REFLECTIONS_FETCH_TIMEOUT"),
        ({"REFLECTIONS_FETCH_ALLOW": "0.0.0.0/0"}, "would open every address"),
        ({"REFLECTIONS_FETCH_ALLOW": "::/0"}, "would open every address"),
        ({"REFLECTIONS_FETCH_ALLOW": "127.0.0.1/32:0"}, "port that does not exist"),
        ({"REFLECTIONS_FETCH_ALLOW": "127.0.0.1/8"}, "host bits"),
        ({"REFLECTIONS_INTAKE_LIMITS": "address=many"}, "REFLECTIONS_INTAKE_LIMITS"),
        ({"REFLECTIONS_BASE_URL": "reflections.example"}, "REFLECTIONS_BASE_URL"),
        ({"REFLECTIONS_SECRET_KEY": "short"}, "at least 32 characters"),
        ({"REFLECTIONS_DATABASE_URL": "postgresql+psycopg://h/d"}, "REFLECTIONS_SECRET_KEY must be set"),
        ({"REFLECTIONS_DATABASE_URL": "postgresql://h/d", "REFLECTIONS_SECRET_KEY": "k" * 32}, "BASE_URL must be set"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_in_one_line(environ: dict[str, str], named: str) -> None:
    with pytest.raises(BadSettings) as wrong:
        load(environ)
    assert named in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_limits_may_be_switched_off() -> None:
    assert load({"REFLECTIONS_INTAKE_LIMITS": ""}).intake_limits == {}
    assert load({}).intake_limits["address"].amount == 300


def test_a_network_may_be_opened_on_one_port() -> None:
    (allowed,) = load({"REFLECTIONS_FETCH_ALLOW": "127.0.0.1/32:8001"}).fetch_allow
    assert (str(allowed.network), allowed.port) == ("127.0.0.1/32", 8001)


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = load({"REFLECTIONS_DATA_DIR": str(tmp_path)})
    assert settings.secret == settings.secret
    assert len(settings.secret) >= 32
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
