"""JSON sources: one whose property values hold the target links to it (Webmention 3.2.2); jf2 and mf2-JSON say more."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from service.values import clean
from service.values.address import Address, BadAddress, parse
from service.values.entry import Entry
from service.values.evidence import LONGEST_SNAPSHOT, Evidence, Link
from service.values.page import Failure, Page
from service.values.reading import Reading
from workers.reading import hentry
from workers.reading import microformats as mf
from workers.reading.charset import decode_json
from workers.reading.links import LONGEST_HREF, MOST_LINKS
from workers.reading.prefilter import Trace, trace
from workers.reading.reading import Verdict, evidence_of, failed, reading


def judge(page: Page, targets: Sequence[Address]) -> Verdict | Failure:
    """Whether a property's value is the address of a target; part of a longer text, or a key, is none."""
    try:
        # Numbers are nobody's address; one of 100,000 digits would raise (CVE-2020-10735).
        data = json.loads(
            decode_json(page.body), parse_int=_no_number, parse_float=_no_number, parse_constant=_no_number
        )
    except RecursionError:
        return failed(page, "too_heavy")
    except ValueError:
        return failed(page, "malformed_answer")
    pages = frozenset(target.page for target in targets)
    least = trace(targets, page.final)
    found = [words for words in _strings(data) if _is_address(words, pages, least)]
    if not found:
        return failed(page, "no_link")
    evidence = replace(
        evidence_of(page),
        charset="utf-8",
        links=tuple(Link("json", clean.line(words, LONGEST_HREF)) for words in found[:MOST_LINKS]),
        links_on_page=len(found),
    )
    judged = Reading(replace(evidence, too_heavy=True), Entry())
    return Verdict(judged, lambda: _whole(evidence, _entry(data, page, targets), page))


def _whole(evidence: Evidence, entry: Entry, page: Page) -> Reading:
    return reading(replace(evidence, snapshot=entry.text[:LONGEST_SNAPSHOT]), entry, page)


def _entry(data: Any, page: Page, targets: Sequence[Address]) -> Entry:
    if not isinstance(data, Mapping):
        return Entry()
    if "items" in data:
        parsed = data
    elif isinstance(data.get("properties"), Mapping):
        parsed = {"items": [data]}
    else:
        children = data.get("children")
        inner = children if data.get("type") == "feed" and isinstance(children, list) else [data]
        parsed = {"items": [mf.from_jf2(one) for one in inner if isinstance(one, Mapping)]}
    return hentry.entry(parsed, hentry.Source(page.final, page.final, targets), Entry(), named=True)


def _strings(data: Any) -> Iterator[str]:
    """Every string that is a value, at any depth, without recursion."""
    awaiting = [data]
    while awaiting:
        value = awaiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            awaiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            awaiting.extend(reversed(value))


def _is_address(words: str, pages: frozenset[str], least: Trace) -> bool:
    if not least.in_reference(words):
        return False
    try:
        return parse(words.strip()).page in pages
    except BadAddress:
        return False


def _no_number(_digits: str) -> None:
    return None
