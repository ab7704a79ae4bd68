"""How much a request may bring: a little, and more only for a form with files, which go to disk."""

from __future__ import annotations

from typing import Final, cast

from quart import request
from quart.wrappers import Request
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge

from fedgov.web.desk import DESK_KEY, current_desk

MAX_BYTES: Final = 1_000_000
"""Of a body without files: texts, and what travels along through the log-in page."""

FILES_AT_ONCE: Final = 4
"""Most files in one form."""


class BoundedBody(Body):
    """A body that is counted as it comes, whatever Content-Length says: it may have none."""

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        super().__init__(expected_content_length, max_content_length)
        self._size = expected_content_length or 0
        self._came = 0
        self._most: int | None = None

    def append(self, data: bytes) -> None:
        """Take in what came, up to the bound."""
        self._came += len(data)
        super().append(data)
        self._judge()

    async def __anext__(self) -> bytes:
        """Return the next piece; the end of a body that was cut off is no end."""
        try:
            return await super().__anext__()
        except StopAsyncIteration:
            if self._must_raise is not None:
                raise self._must_raise from None
            raise

    def bound(self, most: int) -> None:
        """Say how many bytes it may be; more than that is refused wherever it is read."""
        self._most = most
        self._judge()

    def _judge(self) -> None:
        if self._must_raise is None and self._most is not None and max(self._size, self._came) > self._most:
            self._must_raise = RequestEntityTooLarge()
            self.clear()
            self.set_complete()


class PageRequest(Request):
    """A request whose body can be bounded."""

    body_class = BoundedBody


async def bound_body() -> None:
    """Bound what this request may bring; for every request, before anything reads it."""
    with_files = request.mimetype == "multipart/form-data" and DESK_KEY in request.scope
    files = FILES_AT_ONCE * current_desk().max_upload if with_files else 0
    cast("BoundedBody", request.body).bound(files + MAX_BYTES)
