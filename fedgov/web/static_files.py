"""Style sheets, icons and scripts: served from memory, named with a hash, kept by the browser for a year."""

from __future__ import annotations

import functools
import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quart import Response, request

from fedgov.kernel.errors import NotFoundError
from fedgov.web import resources
from fedgov.web.desk import Desk, current_desk

FOREVER: Final = "public, max-age=31536000, immutable"
_COMPRESSED: Final = ("text/", "application/javascript", "application/json", "image/svg+xml")
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file in memory; ``gzipped`` is None for what does not get smaller."""

    body: bytes
    gzipped: bytes | None
    media_type: str
    digest: str


@functools.lru_cache(maxsize=256)
def _load(path: Path, _changed: int) -> StaticFile:
    body = path.read_bytes()
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    small = gzip.compress(body, 9, mtime=0) if media_type.startswith(_COMPRESSED) else None
    digest = hashlib.sha256(body).hexdigest()[:16]
    return StaticFile(body=body, gzipped=small, media_type=media_type, digest=digest)


def find(path: Path) -> StaticFile | None:
    """Return a file, read again only when it changed; None when it is not there."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    return _load(path, changed) if path.is_file() else None


def asset_url(name: str) -> str:
    """Return the path of a static file with its hash, so that a browser may keep it for ever."""
    found = find(resources.static_dir() / name)
    return f"/static/{name}?v={found.digest}" if found else f"/static/{name}"


def own_asset_url(desk: Desk, name: str) -> str | None:
    """Return the path of the organisation's own ``tokens.css`` or ``logo``; None when it has none."""
    path = _own(desk).get(name)
    found = find(path) if path else None
    return f"/static/own/{name}?v={found.digest}" if found else None


def _own(desk: Desk) -> dict[str, Path | None]:
    return {"tokens.css": desk.tokens, "logo": desk.logo}


async def serve_static(name: str) -> Response:
    """Answer a request for a file under ``/static/``.

    Raises:
        NotFoundError: There is no such file.
    """
    root = resources.static_dir()
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise NotFoundError("no such file", detail=name[:100])
    return _answer(find(path))


async def serve_own(name: str) -> Response:
    """Answer a request for the organisation's own style sheet or logo.

    Raises:
        NotFoundError: The organisation has none.
    """
    path = _own(current_desk()).get(name)
    response = _answer(find(path) if path else None)
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def _answer(found: StaticFile | None) -> Response:
    if found is None:
        raise NotFoundError("no such file")
    etag = f'"{found.digest}"'
    headers = {
        "ETag": etag,
        "Cache-Control": FOREVER if request.args.get("v") == found.digest else "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if etag in request.headers.get("If-None-Match", ""):
        return Response(b"", status=304, headers=headers)
    body = found.body
    if found.gzipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = found.gzipped, "gzip"
    return Response(body, headers=headers, content_type=_content_type(found.media_type))


def _content_type(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
