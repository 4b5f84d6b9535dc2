"""A stranger's picture → ours: a small square, drawn anew, so that nothing of the stranger's bytes is left in it.

Which kind it is its first bytes say, never its name or type. JPEG, PNG, WebP and GIF (its first frame) are read; no
SVG, which is a program, and none of the formats that nobody puts on a page. How large it is its head says before a
pixel is unpacked. Runs in the reading child alone.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable

from PIL import Image, ImageFile, ImageOps
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from service.values.page import Failure, Page
from service.values.portrait import SIDE, Portrait, portrait
from workers.reading.reading import failed

MOST_PIXELS = 20_000_000
"""Of the largest picture that is unpacked: with its square 160 MB."""

QUALITY = 80

_KINDS: tuple[tuple[bytes, bytes, Callable[[io.BytesIO], ImageFile.ImageFile]], ...] = (
    (b"\xff\xd8\xff", b"", JpegImageFile),
    (b"\x89PNG\r\n\x1a\n", b"", PngImageFile),
    (b"RIFF", b"WEBP", WebPImageFile),
    (b"GIF87a", b"", GifImageFile),
    (b"GIF89a", b"", GifImageFile),
)
# Pillow warns of half of what it reads, and stderr is nobody's.
warnings.filterwarnings("ignore", module="PIL")


def draw(page: Page) -> Portrait | Failure:
    """The small square, its middle, upright; a failure is ``unsupported_type`` or ``too_heavy``."""
    kind = next((kind for start, further, kind in _KINDS if _begins(page.body, start, further)), None)
    if kind is None or page.truncated:
        return failed(page, "unsupported_type" if kind is None else "too_heavy")
    try:
        with kind(io.BytesIO(page.body)) as image:
            if image.width * image.height > MOST_PIXELS:
                return failed(page, "too_heavy")
            drawn = portrait(_square(image))
    except MemoryError:
        raise
    except Exception:
        # Pillow raises whatever its decoders meet: SyntaxError, struct.error, EOFError, OSError, ValueError, KeyError.
        return failed(page, "unsupported_type")
    return drawn or failed(page, "too_heavy")


def _begins(body: bytes, start: bytes, further: bytes) -> bool:
    return body.startswith(start) and body[8:12].startswith(further)


def _square(image: ImageFile.ImageFile) -> bytes:
    image.draft("RGB", (2 * SIDE, 2 * SIDE))
    orientation = image.getexif().get(274)
    clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    small = ImageOps.fit(image.convert("RGBA" if clear else "RGB"), (SIDE, SIDE), Image.Resampling.BOX)
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    upright = small.transpose(turn) if turn is not None else small
    # On white: what is clear would let through whatever it is shown on. A picture of its own takes no metadata along.
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright if clear else None)
    made = io.BytesIO()
    paper.save(made, "WEBP", quality=QUALITY, method=6)
    return made.getvalue()


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What an EXIF orientation asks for, the middle square being the same whichever way it stands."""
