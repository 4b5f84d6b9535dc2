"""Pictures as people keep them on their sites, and as nobody should."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime

from PIL import Image, ImageDraw
from sqlalchemy import Engine, update

from service.model import Picture, Revision
from service.model.engine import writing
from service.model.picture import want
from service.values.address import parse
from service.values.page import Page
from service.values.portrait import Portrait
from tests.support.threads import KnownItem
from workers.reading.picture import draw


def face(kind: str = "PNG", size: tuple[int, int] = (160, 120), colour: str = "#c33", **further: object) -> bytes:
    """A picture with something in its middle, of a format that Pillow writes."""
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).ellipse((size[0] // 4, size[1] // 4, 3 * size[0] // 4, 3 * size[1] // 4), "#fc6")
    made = io.BytesIO()
    image.save(made, kind, **further)
    return made.getvalue()


def bomb(side: int = 50_000) -> bytes:
    """A PNG of a few kilobytes that says truly that it has ``side`` times ``side`` pixels."""
    lines = zlib.compress(b"\0" * (side // 8 + 1) * 2000, 9)
    return png(side, side, 1, lines)


def png(width: int, height: int, depth: int, lines: bytes) -> bytes:
    """A PNG of grey with exactly this head and these packed lines."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def opened(body: bytes) -> Image.Image:
    """The picture, unpacked."""
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


def shows(engine: Engine, item: KnownItem, body: bytes, url: str = "https://ada.example/me.png") -> str:
    """Gives the item's author this picture, and shows it to readers; its hash."""
    name = comes(engine, item, body, url)
    with writing(engine) as session:
        session.execute(update(Revision).where(Revision.reflection_id == item.id).values(portrait=name))
    return name


def comes(engine: Engine, item: KnownItem, body: bytes, url: str, revision: int | None = None) -> str:
    """Gives the item's author this picture, with one revision or all, as the workers leave it there; its hash."""
    here = parse(url)
    drawn = draw(Page(here, here, {}, body))
    assert isinstance(drawn, Portrait)
    now = datetime.now(UTC)
    with writing(engine) as session:
        number = want(session, here, now)
        row = session.get_one(Picture, number)
        row.hash, row.body, row.fetched, row.due_at = drawn.hash, drawn.body, now, None
        revisions = update(Revision).where(Revision.reflection_id == item.id)
        if revision is not None:
            revisions = revisions.where(Revision.number == revision)
        session.execute(revisions.values(picture_id=number, author_photo=url))
    return drawn.hash
