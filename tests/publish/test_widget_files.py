"""What the widget is made of: the files that a reader's browser loads."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

from flask.testing import FlaskClient

from service.languages import words
from service.languages.widget import edition
from service.publish.widget import STYLE, script

ROOT = Path(__file__).parents[2]
NODE = Path(sys.executable).with_name("node")
"""From the tests' lock."""
BUDGET = 7 * 1024
"""Bytes (gzip -9) that a page view may load, script and style together."""


def test_a_page_view_loads_no_more_than_seven_kilobytes() -> None:
    assert len(gzip.compress(script("https://reflections.example"), 9, mtime=0)) <= BUDGET


def test_another_language_is_one_small_file() -> None:
    assert len(gzip.compress(json.dumps(words("fr")).encode(), 9)) <= 1024


def test_the_script_knows_its_service(client: FlaskClient) -> None:
    answer = client.get("/widget.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=3600, stale-while-revalidate=86400"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert '"base":"http://127.0.0.1:8000"' in answer.text and "@service@" not in answer.text
    assert client.get("/widget.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_script_does_nothing_that_a_strict_page_forbids() -> None:
    made = script("https://reflections.example").decode()
    for banned in ("eval(", "new Function", "document.write", ".style.", "outerHTML", "insertAdjacent"):
        assert banned not in made


def test_words_and_style_are_kept_for_a_year_under_their_own_names(client: FlaskClient) -> None:
    french = client.get(f"/widget/{edition()}/fr.json")
    assert french.json["closed"] == "Les commentaires sont fermés."
    assert french.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in client.get("/widget/older/fr.json").headers["Cache-Control"]
    assert client.get(f"/widget/{edition()}/xx.json").status_code == 404
    style = client.get(f"/embed/{STYLE}.css")
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_what_is_committed_is_what_the_sources_build(tmp_path: Path) -> None:
    built = subprocess.run(
        [NODE, ROOT / "service/publish/widget/build.mjs", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    for name in ("widget.js", "embed.css"):
        committed = (ROOT / "service/publish/widget" / name).read_bytes()
        assert (tmp_path / name).read_bytes() == committed, f"{name} is older than its sources: npm run build"
