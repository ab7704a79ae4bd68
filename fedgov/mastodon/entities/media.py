"""Files, as apps show them.

Spec: https://docs.joinmastodon.org/entities/MediaAttachment/
"""

from __future__ import annotations

from typing import Any, Final

from fedgov.kernel.uris import Site
from fedgov.web.cards import AttachmentCard

_TYPES: Final = {"image": "image", "video": "video", "audio": "audio"}
_SMALL: Final = 640
"""Longest side of a preview, in pixels (`fedgov.features.media.policy.pictures`)."""


def media_entity(card: AttachmentCard, *, site: Site) -> dict[str, Any]:
    """Return a MediaAttachment entity; documents are of an unknown type, so that apps show their address."""
    url = card.open_url or _absolute(card.url, site)
    preview = None if card.preview_url is None else _preview(card, site)
    return {
        "id": str(card.id or card.place),
        "type": _TYPES.get(card.kind, "unknown"),
        "url": url,
        "preview_url": preview or (url if card.kind == "image" else None),
        "remote_url": card.remote_url,
        "preview_remote_url": None,
        "text_url": None,
        "meta": _meta(card),
        "description": card.alt or None,
        "blurhash": card.blurhash,
    }


def _absolute(address: str, site: Site) -> str:
    return site.url(address) if address.startswith("/") else address


def _preview(card: AttachmentCard, site: Site) -> str:
    if card.open_url is not None:
        return f"{card.open_url}/preview"
    return _absolute(card.preview_url or "", site)


def _meta(card: AttachmentCard) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if card.width and card.height:
        found["original"] = _size(card.width, card.height)
        shrunk = min(1.0, _SMALL / max(card.width, card.height))
        found["small"] = _size(max(1, round(card.width * shrunk)), max(1, round(card.height * shrunk)))
    if card.focus is not None:
        found["focus"] = {"x": card.focus[0], "y": card.focus[1]}
    return found


def _size(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
