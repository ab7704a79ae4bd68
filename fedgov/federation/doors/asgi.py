"""What reaches a door, and what it gives back; the only place that speaks ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from fedgov.federation.doors.answers import TOO_LARGE, TOO_SLOW, Reply
from fedgov.federation.signatures.message import Message, incoming

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Door = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_SECONDS: Final = 20.0


class HungUpError(Exception):
    """The client went away; nobody waits for an answer."""


class TurnedAwayError(Exception):
    """The request is answered before it was read to its end.

    Args:
        reply: The answer.
    """

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Args:
        scope: The ASGI scope.
        headers: Its header fields; of a repeated one the last counts.
        receive: Where its body comes from.
    """

    scope: Scope = field(repr=False)
    headers: dict[bytes, bytes] = field(repr=False)
    receive: Receive = field(repr=False)

    @property
    def is_signed(self) -> bool:
        """Whether there is a signature, good or bad."""
        return b"signature" in self.headers or b"signature-input" in self.headers

    def message(self, *, origin: str, body: bytes = b"") -> Message:
        """Return the request as signatures see it.

        Args:
            origin: Origin of the instance that it was given to.
            body: The raw bytes.
        """
        return incoming(self.scope, origin=origin, body=body)

    async def body(self, *, limit: int, weigh: Callable[[int], None], seconds: float = BODY_SECONDS) -> bytes:
        """Read the body to its end.

        Args:
            limit: Most bytes, whatever Content-Length says.
            weigh: Told how many bytes came in, as they come; what it raises ends the reading.
            seconds: How long the client may take.

        Raises:
            TurnedAwayError: It is too large, or comes too slowly.
            HungUpError: The client went away.
        """
        stated = self.headers.get(b"content-length", b"0")
        if not stated.isdigit() or len(stated) > 18 or int(stated) > limit:
            raise TurnedAwayError(TOO_LARGE)
        # What asyncio.timeout() does, in a fifth of its time; it would be a twentieth of accepting a message.
        task, is_late = asyncio.current_task(), False

        def give_up() -> None:
            nonlocal is_late
            is_late = True
            if task is not None:
                task.cancel()

        timer = asyncio.get_running_loop().call_later(seconds, give_up)
        try:
            return await self._read(limit, weigh)
        except asyncio.CancelledError:
            if not is_late or task is None or task.uncancel():
                raise  # somebody else wants this to end
            raise TurnedAwayError(TOO_SLOW) from None
        finally:
            timer.cancel()

    async def _read(self, limit: int, weigh: Callable[[int], None]) -> bytes:
        message = await self.receive()
        body: bytes = message.get("body", b"")
        weigh(len(body))
        if message["type"] == "http.request" and not message.get("more_body") and len(body) <= limit:
            return body  # nearly always: it came in one piece
        chunks, size = [body], len(body)
        while message.get("more_body") and message["type"] == "http.request" and size <= limit:
            message = await self.receive()
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            weigh(len(chunks[-1]))
        if message["type"] != "http.request":
            raise HungUpError
        if size > limit:
            raise TurnedAwayError(TOO_LARGE)
        return b"".join(chunks)


async def give(reply: Reply, *, send: Send, head: bool) -> None:
    """Send an answer.

    Args:
        reply: The answer.
        send: Where it goes.
        head: Whether only its head was asked for.
    """
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": b"" if head else reply.body})
