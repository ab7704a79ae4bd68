"""Leaving messages at push servers: a persistent queue, each server at its own pace.

A server that does not answer rests, with everything that waits for it, and costs the others nothing. A message
is made when it is sent; one about something that its reader may no longer see is thrown away instead.

Spec: RFC 8030, section 5; ``docs/explanation/push.md``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import orjson
import structlog

from fedgov.features.notices.queries import push as queries
from fedgov.features.notices.service import push
from fedgov.features.notices.vocabulary import PushMessage
from fedgov.federation.client import Answer
from fedgov.federation.fetch import retry_after
from fedgov.federation.postroom import PostRoom
from fedgov.federation.webpush import MAX_MESSAGE, PushKey, read_receiver, wrap
from fedgov.kernel.errors import FedgovError, ForbiddenError, InvalidError, MalformedError, UnreachableError
from fedgov.kernel.uris import host as host_of
from fedgov.store.leases import ONLY_PROCESS, Lease
from fedgov.store.transaction import Transaction

HOSTS_AT_ONCE: Final = 16
PER_HOST: Final = 8
"""So many messages at once for one push server."""
BATCH: Final = 64
IDLE_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)

Compose = Callable[..., Mapping[str, Any] | None]
"""``(tx, *, owner, notification_id)``: what an app is told; None when there is nothing to tell any more."""


class _ServerRestsError(Exception):
    """The push server does not answer; the rest of its queue waits."""


class PushWorker:
    """Sends what waits for the apps of one instance.

    Args:
        room: The post room, with the one way out.
        compose: Makes what an app is told.
        lease: The right to send.
    """

    def __init__(self, room: PostRoom, *, compose: Compose, lease: Lease = ONLY_PROCESS) -> None:
        self._room = room
        self._instance = room.instance
        self._compose = compose
        self._lease = lease
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._keys: dict[int, PushKey] = {}
        room.instance.signals.expect(push.TOPIC)

    async def run(self) -> None:
        """Send until cancelled, whenever it is ours to do."""
        await self._lease.hold(self._run)

    async def _run(self) -> None:
        self._instance.vitals.begin("push")
        try:
            while True:
                try:
                    await self.start_due()
                except UnreachableError as error:  # the store is busy: what is queued stays queued
                    _log.warning("push_waits", reason=error.safe, detail=error.detail)
                self._instance.vitals.beat("push")  # not before: one that fails each time is no sign of life
                await self._instance.signals.wait(push.TOPIC, seconds=IDLE_SECONDS)
        except asyncio.CancelledError:
            self._instance.vitals.rest("push")  # another process does it now
            raise
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def settle(self) -> None:
        """Send everything that is due now and wait until it was tried; for tests."""
        while await self.start_due() or self._busy:
            await asyncio.gather(*self._busy.values())

    async def start_due(self) -> int:
        """Begin with every push server that something is due for and that is not being sent to; return how many."""
        room = HOSTS_AT_ONCE - len(self._busy)
        if room <= 0:
            return 0  # one of them will be done soon
        hosts = await self._instance.read(queries.hosts_due, busy=tuple(self._busy), most=room)
        if hosts:
            await self._instance.trust.settled()
        for host in hosts:
            task = asyncio.create_task(self._drain(host), name=f"push to {host}")
            self._busy[host] = task
            task.add_done_callback(partial(self._drained, host))
        return len(hosts)

    def _drained(self, host: str, task: asyncio.Task[None]) -> None:
        self._busy.pop(host, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:  # a bug: tried again when the worker looks next
            _log.error("push_failed", host=host, exc_info=error)
            return
        self._instance.signals.send([push.TOPIC])  # something for this host may have come in meanwhile

    async def _drain(self, host: str) -> None:
        """Send the queue of one push server, beginning with a single message when it was failing."""
        try:
            while messages := await self._instance.read(push.due_messages, host=host, most=BATCH):
                width = 1 if messages[0].attempts else PER_HOST
                while messages:
                    now, messages = messages[:width], messages[width:]
                    await self._together(now)
                    width = PER_HOST
        except _ServerRestsError:
            pass
        except UnreachableError as error:
            _log.warning("push_result_not_stored", host=host, reason=error.safe, detail=error.detail)

    async def _together(self, messages: Sequence[PushMessage]) -> None:
        ends = await asyncio.gather(*(self._send(message) for message in messages), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def _send(self, message: PushMessage) -> None:
        """Try one message.

        Raises:
            _ServerRestsError: The push server does not answer.
        """
        if push.is_too_late(message, now=self._instance.clock.now()):
            await self._finish(message, "late")
            return
        try:
            told = await self._instance.read(self._told, message)
        except UnreachableError:
            raise  # the store is busy: what is queued stays queued
        except Exception as error:  # a bug in one message must not hold up the others
            _log.exception("push_not_made", notification=message.notification_id, error=type(error).__name__)
            await self._finish(message, "refused")
            return
        if told is None:
            await self._finish(message, "withdrawn")
            return
        try:
            answer = await self._post(message, told)
        except (ForbiddenError, InvalidError, MalformedError) as error:
            self._note_refusal(message, error)
            await self._finish(message, "refused")
        except UnreachableError as error:
            await self._rest(message, reason=error.safe)
        else:
            await self._judge(message, answer)

    def _told(self, tx: Transaction, message: PushMessage) -> Mapping[str, Any] | None:
        if push.is_blocked(tx, endpoint=message.endpoint):
            return None
        return self._compose(tx, owner=message.owner, notification_id=message.notification_id)

    async def _post(self, message: PushMessage, told: Mapping[str, Any]) -> Answer:
        key = await self._key(message.key_id)
        config = self._instance.config.instance
        wrapped = await asyncio.to_thread(
            wrap,
            fitting({"access_token": message.access_token, **told}),
            to=read_receiver(p256dh=message.p256dh, auth=message.auth),
            endpoint=message.endpoint,
            key=key,
            contact=f"mailto:{config.contact}" if config.contact else self._instance.site.origin,
            standard=message.standard,
            now=self._instance.clock.now(),
        )
        self._lease.demand_held()
        return await self._room.client.post(message.endpoint, body=wrapped.body, headers=wrapped.headers)

    async def _key(self, number: int) -> PushKey:
        """Return the key that an app subscribed with; push servers let nobody else write to it."""
        key = self._keys.get(number)
        if key is None:
            stored = await self._instance.read(queries.push_key, number=number)
            if stored is None:
                raise MalformedError("this instance has no such key for push servers")
            key = self._keys[number] = PushKey.of_pem(stored.private)
        return key

    async def _judge(self, message: PushMessage, answer: Answer) -> None:
        """Decide what an answer means (RFC 8030, sections 5, 7.3 and 8.4)."""
        status = answer.status
        if 200 <= status < 300:
            await self._finish(message, "delivered")
        elif status in (404, 410):
            self._count("gone")
            await self._instance.write(self._lease.fenced(push.end), subscription_id=message.subscription_id)
        elif status in (408, 429) or status >= 500:
            asked = retry_after(answer) if "retry-after" in answer.headers else 0.0
            await self._rest(message, reason=f"the push server answered {status}", seconds=asked)
        else:
            self._note_refusal(message, ForbiddenError(f"the push server answered {status}"))
            await self._finish(message, "refused")

    async def _finish(self, message: PushMessage, result: str) -> None:
        self._count(result)
        await self._instance.write(self._lease.fenced(push.finish), message_ids=[message.id])

    async def _rest(self, message: PushMessage, *, reason: str, seconds: float = 0.0) -> None:
        self._count("later")
        _log.info("push_server_rests", host=host_of(message.endpoint), reason=reason)
        await self._instance.write(self._lease.fenced(push.let_rest), message=message, seconds=seconds)
        raise _ServerRestsError

    def _note_refusal(self, message: PushMessage, error: FedgovError) -> None:
        _log.info("push_refused", host=host_of(message.endpoint), reason=error.safe, detail=error.detail)

    def _count(self, result: str) -> None:
        self._instance.metrics.pushed.labels(result).inc()


def fitting(told: Mapping[str, Any]) -> bytes:
    """Return what an app is told as JSON that a push server still takes: at need without its longest words."""
    whole = orjson.dumps(told)
    if len(whole) <= MAX_MESSAGE:
        return whole
    return orjson.dumps({**told, "title": str(told.get("title", ""))[:100], "body": "", "icon": ""})
