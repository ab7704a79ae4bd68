"""Files and links that hang on an object."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from fedgov.activitystreams.document import Document, boolean, integer, objects, text, types
from fedgov.activitystreams.link import HTML, Link, links, media_type
from fedgov.kernel.uris import is_http_uri

MAX_ATTACHMENTS: Final = 16
MAX_ALT: Final = 10_000
_MAX_READ: Final = 100
_MAX_PIXELS: Final = 100_000
_BLURHASH: Final = re.compile(r"[0-9A-Za-z#$%*+,.:;=?@\[\]^_{|}~-]{6,128}\Z")

AttachmentKind = Literal["image", "video", "audio", "document", "link"]
_KIND_OF_TYPE: Final[dict[str, AttachmentKind]] = {
    "Image": "image",
    "Video": "video",
    "Audio": "audio",
    "Document": "document",
    "Page": "link",
    "Link": "link",
}
_MEDIA_TYPE_OF_ENDING: Final = {
    **{"avif": "image/avif", "gif": "image/gif", "jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png"},
    **{"svg": "image/svg+xml", "tiff": "image/tiff", "webp": "image/webp", "flac": "audio/flac", "mp3": "audio/mpeg"},
    **{"m4a": "audio/mp4", "oga": "audio/ogg", "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav"},
    **{"m4v": "video/mp4", "mov": "video/quicktime", "mp4": "video/mp4", "ogv": "video/ogg", "webm": "video/webm"},
    **{"pdf": "application/pdf", "txt": "text/plain", "csv": "text/csv"},
}
_KIND_OF_MEDIA: Final[dict[str, AttachmentKind]] = {"image": "image", "video": "video", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or link.

    Args:
        url: Its http(s) address.
        kind: How to show it.
        media_type: As stated, or guessed from the ending of the address; None when neither tells.
        name: Text alternative, plain text that may contain anything.
        blurhash: Blurred preview; None when not given.
        width: Pixels.
        height: Pixels.
        focal_point: Horizontal and vertical, each from -1 to 1.
        sensitive: Whether it should be covered at first.
    """

    url: str
    kind: AttachmentKind = "document"
    media_type: str | None = None
    name: str | None = None
    blurhash: str | None = None
    width: int | None = None
    height: int | None = None
    focal_point: tuple[float, float] | None = None
    sensitive: bool = False


def read_attachments(doc: Document, *, limit: int = MAX_ATTACHMENTS) -> tuple[Attachment, ...]:
    """Return the attachments that have a usable address; the rest is left out."""
    found: list[Attachment] = []
    for member in objects(doc, "attachment", limit=_MAX_READ):
        attachment = read_attachment(member)
        if attachment is not None and len(found) < limit:
            found.append(attachment)
    return tuple(found)


def read_attachment(member: Document) -> Attachment | None:
    """Read one attachment, or an object that is itself a file; None when it has no http(s) address."""
    link = _best(member)
    if link is None:
        return None
    stated = link.media_type or media_type(member)
    guessed = stated or _guess(link.href)
    return Attachment(
        url=link.href,
        kind=_kind(member, guessed),
        media_type=guessed,
        name=text(member, "name", limit=MAX_ALT) or text(member, "summary", limit=MAX_ALT),
        blurhash=_blurhash(member),
        width=_pixels(member, link, "width"),
        height=_pixels(member, link, "height"),
        focal_point=_focal_point(member),
        sensitive=boolean(member, "sensitive") or False,
    )


def _best(member: Document) -> Link | None:
    """Return the link to the file: one of a medium, else one of no stated kind, else the first."""
    href = text(member, "href")
    if href is not None and is_http_uri(href):
        return Link(href=href, media_type=media_type(member))
    found = links(member)
    media = [link for link in found if (link.media_type or "").partition("/")[0] in _KIND_OF_MEDIA]
    other = [link for link in found if link.media_type not in HTML]
    return next(iter(media or other or found), None)


def _guess(href: str) -> str | None:
    path = re.split(r"[?#]", href, maxsplit=1)[0]
    return _MEDIA_TYPE_OF_ENDING.get(path.rpartition("/")[2].rpartition(".")[2].lower())


def _kind(member: Document, guessed: str | None) -> AttachmentKind:
    names = types(member)
    if "Link" in names or "Page" in names:
        return "link"
    if guessed is not None:
        return _KIND_OF_MEDIA.get(guessed.partition("/")[0], "document")
    return next((_KIND_OF_TYPE[name] for name in names if name in _KIND_OF_TYPE), "document")


def _blurhash(member: Document) -> str | None:
    value = text(member, "blurhash", limit=200)
    return value if value is not None and _BLURHASH.match(value) else None


def _pixels(member: Document, link: Link, key: str) -> int | None:
    own = integer(member, key, minimum=1, maximum=_MAX_PIXELS)
    return own or integer(link.document or {}, key, minimum=1, maximum=_MAX_PIXELS)


def _focal_point(member: Document) -> tuple[float, float] | None:
    value = member.get("focalPoint")
    if not isinstance(value, list) or len(value) != 2:
        return None
    if not all(type(part) in (int, float) and -1 <= part <= 1 for part in value):
        return None
    return float(value[0]), float(value[1])


def attachment_member(attachment: Attachment) -> Document:
    """Build the JSON of an attachment; Mastodon reads ``Document`` for every kind of file."""
    member: Document = {
        "type": "Link" if attachment.kind == "link" else "Document",
        "mediaType": attachment.media_type,
        "href" if attachment.kind == "link" else "url": attachment.url,
        "name": attachment.name,
        "blurhash": attachment.blurhash,
        "width": attachment.width,
        "height": attachment.height,
        "focalPoint": None if attachment.focal_point is None else list(attachment.focal_point),
        "sensitive": attachment.sensitive or None,
    }
    return {key: value for key, value in member.items() if value is not None}
