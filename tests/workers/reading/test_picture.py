"""A stranger's picture is drawn anew: a small square, and nothing of his bytes in it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from service.values.address import parse
from service.values.page import Failure, Page
from service.values.portrait import LARGEST, Portrait, portrait
from tests.support.pictures import bomb, face, opened, png
from workers.reading.picture import draw

HERE = parse("https://ada.example/me.png")
SECRET = b"<script>alert(1)</script>"


def drawn(body: bytes, kind: str = "image/png", truncated: bool = False) -> Portrait | str:
    found = draw(Page(HERE, HERE, {"content-type": kind}, body, truncated))
    return found.reason.code if isinstance(found, Failure) else found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_format_of_the_web_becomes_a_small_square(kind: str) -> None:
    made = drawn(face(kind))
    assert isinstance(made, Portrait)
    small = opened(made.body)
    assert (small.format, small.size) == ("WEBP", (96, 96))
    red, green, blue = small.convert("RGB").getpixel((48, 48))  # type: ignore[misc]
    assert red > 230 and 180 < green < 230 and 70 < blue < 130
    assert len(made.body) < 6000


def test_the_name_that_its_server_gives_it_does_not_matter() -> None:
    assert isinstance(drawn(face("JPEG"), "image/svg+xml"), Portrait)


def test_the_same_picture_has_the_same_name_and_another_has_another() -> None:
    one, same, other = drawn(face()), drawn(face()), drawn(face(colour="#33c"))
    assert isinstance(one, Portrait) and isinstance(same, Portrait) and isinstance(other, Portrait)
    assert one.hash == same.hash != other.hash and len(one.hash) == 32


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("#0a0", "#a00", "#00a")]
    made = io.BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:])
    small = drawn(made.getvalue())
    assert isinstance(small, Portrait)
    image = opened(small.body)
    assert not getattr(image, "is_animated", False)
    assert image.convert("RGB").getpixel((50, 50))[1] > 120  # type: ignore[index]


def test_what_is_clear_becomes_white() -> None:
    made = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(made, "PNG")
    small = drawn(made.getvalue())
    assert isinstance(small, Portrait)
    assert (opened(small.body).mode, opened(small.body).getpixel((5, 5))) == ("RGB", (255, 255, 255))


def test_a_photograph_stands_upright_and_does_not_say_where_it_was_taken() -> None:
    image = Image.new("RGB", (60, 40), "#fff")
    image.paste("#000", (0, 0, 60, 20))
    exif = Image.Exif()
    exif[274], exif[270] = 6, "at home, 48.8566 N"
    made = io.BytesIO()
    image.save(made, "JPEG", exif=exif)
    small = drawn(made.getvalue())
    assert isinstance(small, Portrait) and b"at home" not in small.body and not opened(small.body).getexif()
    upright = opened(small.body).convert("L")
    assert upright.getpixel((10, 48)) > 200 and upright.getpixel((86, 48)) < 60  # type: ignore[operator]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_nothing_of_what_is_hidden_in_it_is_left(kind: str) -> None:
    small = drawn(face(kind) + SECRET)
    assert isinstance(small, Portrait) and SECRET not in small.body and b"<" + b"script" not in small.body


NO_PICTURES = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "html": b"<!doctype html><img src=x onerror=alert(1)>",
    "gif by its first bytes alone": b"GIF89a/*" + b"\0" * 40 + b"*/=alert(1)",
    "jpeg by its first bytes alone": b"\xff\xd8\xff" + b"\0" * 100,
    "half a png": face()[:200],
    "a png without a line": png(16, 16, 8, b""),
    "tiff": face("TIFF"),
    "bmp": face("BMP"),
    "icon": face("ICO"),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(r) run",
    "riff that is no picture": b"RIFF\x24\0\0\0WAVEfmt ",
    "nothing": b"",
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_of_the_web_is_none(name: str) -> None:
    assert drawn(NO_PICTURES[name]) == "unsupported_type"


def test_a_picture_of_too_many_pixels_is_not_even_unpacked() -> None:
    assert len(bomb()) < 2 * 1024 * 1024
    assert drawn(bomb()) == "too_heavy"
    assert drawn(face(), truncated=True) == "too_heavy"


def test_only_one_whole_webp_file_is_taken_for_a_copy() -> None:
    made = drawn(face())
    assert isinstance(made, Portrait) and portrait(made.body) == made
    assert portrait(made.body + b"x") is None and portrait(made.body[:-1]) is None
    assert portrait(face("JPEG")) is None and portrait(SECRET) is None
    assert portrait(b"RIFF" + (LARGEST + 4).to_bytes(4, "little") + b"WEBP" + b"\0" * LARGEST) is None
