"""What a file is: its first bytes decide, never its name or what the sender says.

Only what stands in this list exists for us. SVG, HTML, scripts and programs
are not in it, so they can be neither uploaded nor shown.

Spec: rows MED-02 and XSS-04 of the threat table; WHATWG MIME Sniffing, section 6.
"""

from __future__ import annotations

from typing import Final

from fedgov.features.media.policy import office
from fedgov.features.media.vocabulary import FileType

JPEG: Final = FileType("image", "image/jpeg", "jpg", picture_format="JPEG")
PNG: Final = FileType("image", "image/png", "png", picture_format="PNG")
GIF: Final = FileType("image", "image/gif", "gif", picture_format="GIF")
WEBP: Final = FileType("image", "image/webp", "webp", picture_format="WEBP")
AVIF: Final = FileType("image", "image/avif", "avif", picture_format="AVIF", accepted=False)
MP4: Final = FileType("video", "video/mp4", "mp4")
WEBM: Final = FileType("video", "video/webm", "webm")
OGG_VIDEO: Final = FileType("video", "video/ogg", "ogv")
OGG_AUDIO: Final = FileType("audio", "audio/ogg", "ogg")
M4A: Final = FileType("audio", "audio/mp4", "m4a")
MP3: Final = FileType("audio", "audio/mpeg", "mp3")
WAV: Final = FileType("audio", "audio/wav", "wav", accepted=False)
FLAC: Final = FileType("audio", "audio/flac", "flac", accepted=False)
PDF: Final = FileType("document", "application/pdf", "pdf")

MEDIA_TYPES: Final = frozenset(
    kind.media_type
    for kind in (JPEG, PNG, GIF, WEBP, MP4, WEBM, OGG_VIDEO, OGG_AUDIO, M4A, MP3, PDF, *office.TYPES)
    if kind.accepted
)
"""What may be uploaded."""

_BRANDS: Final = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"M4A ", b"M4B "), M4A),
    **dict.fromkeys(
        (b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"),
        MP4,
    ),
}
"""ISO base media files say in their first box what they are (ISO/IEC 14496-12, section 4.3)."""

_BITRATES: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLE_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def recognise(data: bytes) -> FileType | None:
    """Return what a file is; None when it is nothing that we know.

    Args:
        data: The whole file.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return office.recognise(data)
    return _recording(data)


def _recording(data: bytes) -> FileType | None:
    if data.startswith(b"RIFF"):
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12])
    if data.startswith(b"\x1aE\xdf\xa3"):
        return WEBM if b"\x42\x82\x84webm" in data[:64] else None  # the element DocType, 4 bytes long
    if data.startswith(b"OggS\x00"):
        return OGG_VIDEO if b"\x80theora" in data[:200] else OGG_AUDIO
    if data.startswith(b"fLaC"):
        return FLAC
    if data.startswith(b"ID3") or _is_mp3(data):
        return MP3
    return None


def _is_mp3(data: bytes) -> bool:
    """Tell whether an MPEG audio frame of layer III stands at the start and another one right behind it."""
    length = _frame_length(data[:4])
    return length is not None and _frame_length(data[length : length + 4]) is not None


def _frame_length(header: bytes) -> int | None:
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return None
    version, rate, sample = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version not in _SAMPLE_RATES or rate in (0, 15) or sample == 3:
        return None
    kilobits = (_BITRATES if version == 3 else _BITRATES_2)[rate]
    return (144 if version == 3 else 72) * kilobits * 1_000 // _SAMPLE_RATES[version][sample] + (header[2] >> 1 & 1)
