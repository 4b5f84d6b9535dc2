"""Pages in the shapes of real life read well."""

from __future__ import annotations

import pytest

from tests.workers.reading.shapes import DOCUMENT, SHAPES, WEB, Shape, document, excerpt


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.path)
def test_a_page_as_it_comes_in_real_life_reads_well(shape: Shape) -> None:
    found = shape.reading()
    entry, link = found.entry, found.evidence.link
    assert link is not None
    read = Shape(
        shape.path,
        shape.what,
        kind=shape.kind,
        relation=entry.relation,
        rsvp=entry.rsvp,
        author=entry.author.name,
        author_url=entry.author.url,
        title=entry.title,
        published=entry.published,
        excerpt=" ".join(excerpt(found).split())[: len(shape.excerpt)],
        place=link.place,
        hidden=link.hidden,
    )
    assert read == shape


def test_every_page_of_the_made_up_web_is_among_them() -> None:
    assert {shape.path for shape in SHAPES} == {
        file.relative_to(WEB).as_posix() for file in WEB.rglob("*") if file.is_file()
    }


def test_the_page_of_the_docs_shows_them_as_they_are_read() -> None:
    assert DOCUMENT.read_text() == document()
