"""Files for tests, made here."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image

OOXML = "application/vnd.openxmlformats-officedocument"
DOCX = f"{OOXML}.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"


def picture(
    picture_format: str = "PNG", *, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any
) -> bytes:
    """A picture with a red left half and a blue right half."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    target = io.BytesIO()
    image.convert(mode).save(target, picture_format, **options)
    return target.getvalue()


def animation(picture_format: str = "GIF", *, frames: int = 3, size: tuple[int, int] = (20, 10)) -> bytes:
    """An animation in which every frame has another colour."""
    images = [Image.new("RGB", size, (index * 7 % 256, index * 13 % 256, 90)) for index in range(frames)]
    target = io.BytesIO()
    images[0].save(target, picture_format, save_all=True, append_images=images[1:], duration=50, loop=0)
    return target.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """The head of a PNG that says to be this large; its pixels are not there."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def gif_of_many_frames(frames: int) -> bytes:
    """A GIF of one pixel with very many frames."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b"\x3b"


def archive(entries: dict[str, bytes | str]) -> bytes:
    """A zip archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as found:
        for name, data in entries.items():
            found.writestr(name, data)
    return target.getvalue()


def content_types(*main: str, extra: str = "") -> str:
    """The list of types in an Office Open XML file."""
    parts = "".join(f'<Override PartName="/word/document.xml" ContentType="{each}.main+xml"/>' for each in main)
    return f'<?xml version="1.0"?><Types xmlns="urn:x">{parts}{extra}</Types>'


def docx(**entries: bytes | str) -> bytes:
    """A text document of Word."""
    return archive({"[Content_Types].xml": content_types(DOCX), "word/document.xml": "<w/>", **entries})


def odt(kind: str = ODT, **entries: bytes | str) -> bytes:
    """A text document of LibreOffice."""
    return archive({"mimetype": kind, "content.xml": "<o/>", **entries})


MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(5_000)
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04" + bytes(50)
OGG = b"OggS\x00\x02" + bytes(20) + b"\x01\x1e\x01vorbis" + bytes(50)
MP3 = (b"\xff\xfb\x90\x00" + bytes(413)) * 3
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
