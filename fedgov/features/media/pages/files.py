"""Giving files to whoever may have them: a fixed type, never run by a browser."""

from __future__ import annotations

import asyncio
import functools
import io
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from PIL import Image
from quart import Response, request
from quart.wrappers.response import FileBody
from werkzeug.datastructures import ContentRange
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import parse_etags, parse_range_header

from fedgov.features.media import queries
from fedgov.features.media.service.copies import CopyRoom
from fedgov.kernel.errors import NotFoundError, UnreachableError
from fedgov.web.desk import current_instance
from fedgov.web.proxied import read_token, secret_of
from fedgov.web.session import current_visitor

SANDBOX: Final = "default-src 'none'; style-src 'none'; script-src 'none'; frame-ancestors 'none'; sandbox"
_CHUNK: Final = 262_144
_PUBLIC_SECONDS: Final = 86_400
_COPY_SECONDS: Final = 7 * 86_400
_MISSING_SECONDS: Final = 60


async def give_file(name: str, *, preview: bool) -> Response:
    """Give an uploaded file to somebody who may have it."""
    visitor = await current_visitor()
    found = await current_instance().read(
        queries.serve, name=name, viewer=visitor.actor_uri if visitor else None, preview=preview
    )
    # Whoever may not have it tomorrow must not find it in a cache, so a browser asks again each time.
    caching = f"public, max-age={_PUBLIC_SECONDS}" if found.public else "private, no-cache"
    return await _give(
        found.path,
        media_type=found.media_type,
        etag=found.etag,
        caching=caching,
        disposition=_disposition(found.name, inline=found.kind != "document"),
        vary="" if found.public else "Cookie",
    )


async def give_emoji(token: str, *, copies: CopyRoom) -> Response:
    """Give a custom emoji, standing still; nothing where it cannot be had, so that its name is read instead."""
    return await give_copy(token, copies=copies, preview=True, absent=_nothing)


async def give_copy(
    token: str, *, copies: CopyRoom, preview: bool, absent: Callable[[], Response] | None = None
) -> Response:
    """Give a copy of a file from elsewhere; a neutral picture where it cannot be had."""
    missing = absent or _missing
    instance = current_instance()
    url = read_token(secret_of(instance.config.folder), token)
    if url is None:
        raise NotFoundError("there is no such file")
    try:
        copy = await copies.get(instance, url=url, preview=preview)
        if copy is None:
            return missing()
        return await _give(
            copy.path,
            media_type=copy.media_type,
            etag=copy.etag,
            caching=f"private, max-age={_COPY_SECONDS}",
            disposition="inline",
        )
    except (NotFoundError, UnreachableError):  # thrown away meanwhile, or the disk is full
        return missing()


class ClosingFileBody(FileBody):
    """A file that is closed also when the reader leaves while it is opened or closed."""

    async def __aenter__(self) -> Self:
        entering = asyncio.ensure_future(super().__aenter__())
        try:
            await asyncio.shield(entering)
        except asyncio.CancelledError:
            await entering
            await super().__aexit__(asyncio.CancelledError, asyncio.CancelledError(), None)  # type: ignore[arg-type]
            raise
        return self

    async def __aexit__(self, kind: type, error: BaseException, trace: TracebackType) -> None:
        await asyncio.shield(asyncio.ensure_future(super().__aexit__(kind, error, trace)))


async def _give(path: Path, *, media_type: str, etag: str, caching: str, disposition: str, vary: str = "") -> Response:
    """Answer with a file or the part of it that was asked for.

    Spec: RFC 9110, sections 13 and 14.
    """
    try:
        body = ClosingFileBody(path, buffer_size=_CHUNK)
    except FileNotFoundError:
        raise NotFoundError("there is no such file", detail=str(path)) from None
    response = Response(body, content_type=media_type)
    response.set_etag(etag)
    _harden(response, caching=caching)
    response.headers["Content-Disposition"] = disposition
    response.headers["Accept-Ranges"] = "bytes"
    if vary:
        response.headers["Vary"] = vary
    if parse_etags(request.headers.get("If-None-Match")).contains_weak(etag):
        response.status_code = 304
        response.set_data(b"")
        del response.content_length
        return response
    _choose_part(response, body, etag=etag)
    if request.method == "HEAD":
        response.set_data(b"")
    response.content_length = body.end - body.begin
    return response


def _choose_part(response: Response, body: FileBody, *, etag: str) -> None:
    """Narrow the answer to the one range that was asked for; several at once get the whole file.

    Raises:
        RequestedRangeNotSatisfiable: The range lies outside of the file.
    """
    condition = request.headers.get("If-Range")
    asked = parse_range_header(request.headers.get("Range"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return
    if condition is not None and condition != f'"{etag}"':
        return
    part = asked.range_for_length(body.size)
    if part is None or part[0] >= part[1]:
        raise RequestedRangeNotSatisfiable(length=body.size)
    body.begin, body.end = part
    response.status_code = 206
    response.content_range = ContentRange("bytes", body.begin, body.end, body.size)


def _harden(response: Response, *, caching: str) -> None:
    response.headers["Cache-Control"] = caching
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"


def _disposition(name: str, *, inline: bool) -> str:
    """Return the Content-Disposition header; a name with anything special in it is encoded.

    Spec: RFC 6266; RFC 8187.
    """
    plain = "".join(each if each.isascii() and (each.isalnum() or each in " ._-") else "_" for each in name)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _missing() -> Response:
    response = Response(_placeholder(), status=404, content_type="image/png")
    _harden(response, caching=f"private, max-age={_MISSING_SECONDS}")
    return response


def _nothing() -> Response:
    response = Response(b"", status=404, content_type="text/plain; charset=utf-8")
    _harden(response, caching=f"private, max-age={_MISSING_SECONDS}")
    return response


@functools.cache
def _placeholder() -> bytes:
    target = io.BytesIO()
    Image.new("L", (16, 16), 0xDD).save(target, "PNG")
    return target.getvalue()
