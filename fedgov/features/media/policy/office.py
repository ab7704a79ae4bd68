"""Office files: zip archives that say inside what they are.

Files with macros are programs, so they are refused. Nothing of an archive is
unpacked but the one small entry that names its type.

Spec: ECMA-376, part 2 (Open Packaging Conventions); OpenDocument 1.3, part 2.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final

from fedgov.features.media.vocabulary import FileType

_ODF: Final = {
    f"application/vnd.oasis.opendocument.{name}".encode(): FileType(
        "document", f"application/vnd.oasis.opendocument.{name}", ending
    )
    for name, ending in (("text", "odt"), ("spreadsheet", "ods"), ("presentation", "odp"))
}
_OOXML: Final = {
    f"application/vnd.openxmlformats-officedocument.{name}.main+xml".encode(): FileType(
        "document", f"application/vnd.openxmlformats-officedocument.{name.removesuffix('.main')}", ending
    )
    for name, ending in (
        ("wordprocessingml.document", "docx"),
        ("spreadsheetml.sheet", "xlsx"),
        ("presentationml.presentation", "pptx"),
    )
}
TYPES: Final = (*_ODF.values(), *_OOXML.values())
_MAX_DIRECTORY: Final = 2_000_000
_MAX_TYPES: Final = 1_000_000
_END: Final = b"PK\x05\x06"
_END_LENGTH: Final = 22
_MAX_COMMENT: Final = 65_535


def recognise(data: bytes) -> FileType | None:
    """Return which office file this is; None for any other archive, a damaged one, or one with macros.

    Args:
        data: The whole file, which starts as a zip archive does.
    """
    if not _has_small_directory(data):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _type_of(archive)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        return None  # whatever zipfile makes of a damaged or encrypted archive


def _has_small_directory(data: bytes) -> bool:
    """Look at the end of the archive first: reading a list of a million names would take seconds."""
    start = data.rfind(_END, max(0, len(data) - _END_LENGTH - _MAX_COMMENT))
    if start < 0 or len(data) - start < _END_LENGTH or data[start - 20 : start - 16] == b"PK\x06\x07":
        return False
    return int.from_bytes(data[start + 12 : start + 16], "little") <= _MAX_DIRECTORY


def _type_of(archive: zipfile.ZipFile) -> FileType | None:
    names = [entry.filename for entry in archive.infolist()]
    if len(set(names)) != len(names) or any(_is_macro(name) for name in names):
        return None
    if names and names[0] == "mimetype":
        return _ODF.get(_read(archive, "mimetype", limit=100))
    if "[Content_Types].xml" in names:
        return _ooxml_type(_read(archive, "[Content_Types].xml", limit=_MAX_TYPES))
    return None


def _ooxml_type(types: bytes) -> FileType | None:
    # An entity or another encoding could hide a word from us that an office program would read.
    if b"&" in types or b"<!" in types or b"\x00" in types:
        return None
    if any(word in types.lower() for word in (b"macroenabled", b"vbaproject", b"activex")):
        return None
    found = [kind for name, kind in _OOXML.items() if b'"' + name + b'"' in types]
    return found[0] if len(found) == 1 else None


def _read(archive: zipfile.ZipFile, name: str, *, limit: int) -> bytes:
    with archive.open(name) as entry:
        data = entry.read(limit + 1)
    return data if len(data) <= limit else b""


def _is_macro(name: str) -> bool:
    lowered = name.lower()
    return lowered.startswith(("basic/", "scripts/")) or "vbaproject" in lowered or "vbadata" in lowered
