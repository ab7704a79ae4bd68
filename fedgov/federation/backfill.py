"""Completing threads: the replies to a remote post that nobody sent to us.

A server sends a reply to the followers of its author, so two organisations see
different parts of one talk. When somebody opens a thread, its ``replies``
collections are read, within limits that no hostile collection can stretch.

Spec: ActivityStreams vocabulary, ``replies``; FEP-7458.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from typing import Final

import structlog

from fedgov.activitystreams.collection import is_collection, item_uris, next_page
from fedgov.activitystreams.document import Document, embedded, http_uri
from fedgov.federation import objects
from fedgov.federation.fetch import Fetcher
from fedgov.instance import Instance
from fedgov.kernel.clock import MINUTE
from fedgov.kernel.errors import FedgovError
from fedgov.kernel.uris import host, is_http_uri, same_origin
from fedgov.store.transaction import Transaction

COOL_DOWN: Final = 15 * MINUTE
MAX_PER_POST: Final = 500
MAX_PER_TREE: Final = 1_000
MAX_PAGES: Final = 25
MAX_WAITING: Final = 1_000
AT_ONCE: Final = 2

_log = structlog.get_logger(__name__)


class Backfiller:
    """Reads threads in the background.

    Args:
        instance: The server.
        fetcher: How documents and objects are read.
    """

    def __init__(self, instance: Instance, *, fetcher: Fetcher) -> None:
        self._instance = instance
        self._fetcher = fetcher
        self._queue: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
        self._not_before: OrderedDict[str, int] = OrderedDict()

    def note(self, uri: str) -> None:
        """Ask for the replies to a post; costs next to nothing, and nothing at all within the cool-down.

        Args:
            uri: Id of a post in the store; one of our own needs no reading.
        """
        now = self._instance.clock.now()
        if self._instance.site.owns(uri) or self._not_before.get(uri, 0) > now or self._queue.full():
            return
        self._not_before.pop(uri, None)
        self._not_before[uri] = now + COOL_DOWN
        while len(self._not_before) > MAX_WAITING * 10:
            self._not_before.popitem(last=False)
        self._queue.put_nowait(uri)

    async def run(self) -> None:
        """Read threads until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            await self.fill(await self._queue.get())

    @property
    def waiting(self) -> int:
        """How many threads wait to be read."""
        return self._queue.qsize()

    async def fill(self, uri: str) -> int:
        """Read the replies to a post, and the replies to those; return how many posts were new.

        What cannot be read is passed over: the thread stays as complete as it was.
        """
        waiting, seen, new = deque([uri]), {uri}, 0
        while waiting:
            for reply in await self._replies(waiting.popleft()):
                if reply in seen or len(seen) > MAX_PER_TREE:
                    continue
                seen.add(reply)
                if await self._get(reply):
                    new += 1
                waiting.append(reply)
        return new

    async def _get(self, uri: str) -> bool:
        """Fetch one reply; False when it was here already or cannot be had."""
        if self._instance.site.owns(uri) or not self._instance.trust.allows(host(uri)):
            return False
        if await self._instance.read(objects.find, uri=uri) is not None:
            return False
        try:
            await self._fetcher.object(uri)
        except FedgovError as error:
            _log.debug("reply_not_fetched", uri=uri, reason=error.safe)
            return False
        return True

    async def _replies(self, uri: str) -> list[str]:
        """Return the ids in the ``replies`` of a stored post, page after page."""
        document = await self._instance.read(_remote_document, uri=uri)
        if document is None:
            return []
        found: dict[str, None] = {}
        try:
            page = await self._opened(document, "replies", home=uri)
            visited: set[str] = set()
            for _ in range(MAX_PAGES):
                if page is None:
                    break
                found.update(dict.fromkeys(item for item in item_uris(page) if is_http_uri(item)))
                following = next_page(page)
                if following is None or following in visited or len(found) >= MAX_PER_POST:
                    break
                visited.add(following)
                page = await self._read(following, home=uri)
        except FedgovError as error:
            _log.debug("replies_not_read", uri=uri, reason=error.safe)
        return list(found)[:MAX_PER_POST]

    async def _opened(self, document: Document, key: str, *, home: str) -> Document | None:
        """Return a collection that a document embeds or names."""
        inside = embedded(document, key)
        if inside is not None:
            return inside
        named = http_uri(document, key)
        return None if named is None else await self._read(named, home=home)

    async def _read(self, uri: str, *, home: str) -> Document | None:
        """Fetch a collection or page; only the post's own server says what answers it."""
        if not same_origin(uri, home):
            return None
        found, _ = await self._fetcher.document(uri)
        return found if is_collection(found) else None


def _remote_document(tx: Transaction, *, uri: str) -> Document | None:
    row = objects.find(tx, uri=uri)
    if row is None or row.local or not row.document:
        return None
    return objects.stored_document(row)
