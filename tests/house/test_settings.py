"""Every setting has its line in the docs, and every line its setting."""

from __future__ import annotations

import re
from pathlib import Path

from config.settings import PREFIX, Settings

TABLE = Path(__file__).parents[2] / "docs" / "settings.md"


def documented() -> dict[str, str]:
    """Setting → what the docs' table says of it."""
    rows = re.findall(rf"^\| `{PREFIX}(\w+)` \| (.+) \|$", TABLE.read_text(), flags=re.MULTILINE)
    return {name.lower(): said for name, said in rows}


def test_each_setting_is_documented() -> None:
    assert set(Settings.model_fields) - set(documented()) == set()


def test_each_documented_setting_exists() -> None:
    assert set(documented()) - set(Settings.model_fields) == set()


def test_the_docs_tell_the_default() -> None:
    for name, said in documented().items():
        field = Settings.model_fields[name]
        default = field.default
        if isinstance(default, (int, float)) and not isinstance(default, bool):
            assert f"`{str(default).removesuffix('.0')}`" in said, f"{name}: {default} is not in {said!r}"
