"""Pictures are drawn anew: what is kept contains pixels and nothing else.

So no place, no camera and no hidden file travels along, and a crafted file
ends here. Its size is looked at before anything is decoded.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import blurhash
from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from fedgov.features.media.vocabulary import FileType, Picture
from fedgov.kernel.errors import InvalidError

MAX_SIDE: Final = 4_096
"""Pixels; a larger picture is made smaller."""

PREVIEW_SIDE: Final = 800
"""Pixels of the longer side of a preview."""

MAX_FRAMES: Final = 300
"""Most pictures in an animation."""

_HASH_SIDE: Final = 32
_HASH_PARTS: Final = (4, 3)
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"quality": 88, "progressive": True, "optimize": True},
    "PNG": {},
    "GIF": {},
    "WEBP": {"quality": 85, "method": 4},
}
_PREVIEW: Final[dict[str, Any]] = {"quality": 75, "method": 3}

_AT_ONCE: Final = threading.BoundedSemaphore(2)
"""A picture of 50 million pixels takes 200 MB while it is open, so few are open at once in this process."""


def redraw(data: bytes, file_type: FileType, *, max_pixels: int) -> Picture:
    """Return a picture without anything but its pixels, upright, with preview and blurhash.

    Takes up to seconds: call it outside of the event loop.

    Args:
        data: The file.
        file_type: What `kinds.recognise` made of it.
        max_pixels: Most pixels, width times height, over all frames together.

    Raises:
        InvalidError: It is damaged or too large.
    """
    with _opened(data, file_type, max_pixels=max_pixels) as (image, frames):
        if frames > 1:
            encoded, first = _animation(image, file_type)
        else:
            image.draft("RGB", (MAX_SIDE, MAX_SIDE))
            first = _upright(image)
            first.thumbnail((MAX_SIDE, MAX_SIDE))
            encoded = _encode(first, file_type.picture_format, **_OPTIONS[file_type.picture_format])
        return Picture(
            data=encoded,
            width=first.width,
            height=first.height,
            preview=_preview(first, smaller_than=len(encoded)),
            blurhash=_blurhash(first),
        )


def shrink(data: bytes, file_type: FileType, *, max_pixels: int) -> bytes | None:
    """Return a preview of a picture from elsewhere; None when the picture is small itself and does not move.

    Raises:
        InvalidError: It is damaged or too large.
    """
    with _opened(data, file_type, max_pixels=max_pixels) as (image, frames):
        image.draft("RGB", (PREVIEW_SIDE, PREVIEW_SIDE))
        # Of what moves the preview stands still, so there must be one however small it is.
        return _preview(_upright(image), smaller_than=len(data) if frames == 1 else sys.maxsize)


@contextmanager
def _opened(data: bytes, file_type: FileType, *, max_pixels: int) -> Iterator[tuple[Image.Image, int]]:
    """Open a picture as exactly the format that it was recognised as; give it with its number of frames."""
    with _AT_ONCE:
        try:
            with Image.open(io.BytesIO(data), formats=[file_type.picture_format]) as image:
                frames = _count_frames(data, image)
                if image.width * image.height * frames > max_pixels:
                    raise InvalidError("the picture has too many pixels", field="file")
                yield image, frames
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise InvalidError("the picture has too many pixels", field="file") from None
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError) as error:
            # Pillow raises any of these for a damaged file, depending on the format.
            raise InvalidError("the picture is damaged", field="file", detail=repr(error)[:200]) from None


def _count_frames(data: bytes, image: Image.Image) -> int:
    frames = gif_frames(data) if image.format == "GIF" else getattr(image, "n_frames", 1)
    if frames > MAX_FRAMES:
        raise InvalidError("the animation is too long", field="file")
    return max(1, int(frames))


def gif_frames(data: bytes) -> int:
    """Count the frames of a GIF without decoding any, at most one more than we accept.

    Pillow walks through all of them to count, however many there are.

    Spec: GIF89a, sections 18 to 26.
    """
    position, frames = 13 + _table_length(data[10]), 0
    while frames <= MAX_FRAMES and position < len(data):
        block = data[position]
        if block == 0x2C:  # image descriptor, its colour table, the code size, the data
            frames += 1
            position += 10 + _table_length(data[position + 9]) + 1
        elif block == 0x21:  # extension
            position += 2
        else:
            break
        while data[position]:  # sub-blocks
            position += data[position] + 1
        position += 1
    return frames


def _table_length(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _animation(image: Image.Image, file_type: FileType) -> tuple[bytes, Image.Image]:
    """Encode an animation anew, every frame."""
    frames, durations = [], []
    loop = image.info.get("loop", 1)
    for frame in ImageSequence.Iterator(image):
        durations.append(int(frame.info.get("duration", 100) or 100))
        drawn = frame.convert("RGBA")
        drawn.info = {}
        drawn.thumbnail((MAX_SIDE, MAX_SIDE))
        frames.append(drawn)
    timing = (
        {"duration": durations, "loop": loop, "disposal": 2}
        if file_type.picture_format != "WEBP"
        else {
            "duration": durations,
            "loop": loop,
        }
    )
    options = {**_OPTIONS[file_type.picture_format], **timing, "save_all": True, "append_images": frames[1:]}
    return _encode(frames[0], file_type.picture_format, **options), frames[0]


def _upright(image: Image.Image) -> Image.Image:
    """Decode a picture, turn it as its EXIF data says, bring its colours to sRGB and drop all that is not pixels."""
    profile = image.info.get("icc_profile")
    turned = ImageOps.exif_transpose(image)
    has_alpha = turned.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in turned.info
    mode = "RGBA" if has_alpha else "L" if turned.mode in ("1", "L") else "RGB"
    drawn = _to_srgb(turned, profile) if profile and turned.mode in ("RGB", "CMYK") else turned
    drawn = drawn.convert(mode)
    drawn.info = {}
    return drawn


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken profile: the numbers as they are
    return converted if converted is not None else image


def _preview(image: Image.Image, *, smaller_than: int) -> bytes | None:
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    encoded = _encode(small, "WEBP", **_PREVIEW)
    return encoded if len(encoded) < smaller_than else None


def _blurhash(image: Image.Image) -> str:
    small = image.copy()
    small.thumbnail((_HASH_SIDE, _HASH_SIDE))
    on_white = Image.new("RGB", small.size, "white")
    on_white.paste(small, mask=small.getchannel("A") if small.mode == "RGBA" else None)
    flat, width = list(on_white.get_flattened_data()), on_white.width
    rows = [flat[start : start + width] for start in range(0, len(flat), width)]
    return str(blurhash.encode(rows, *_HASH_PARTS))


def _encode(image: Image.Image, picture_format: str, **options: object) -> bytes:
    target = io.BytesIO()
    if picture_format == "WEBP" and image.mode == "L":
        image = image.convert("RGB")
    image.save(target, picture_format, **options)
    return target.getvalue()
