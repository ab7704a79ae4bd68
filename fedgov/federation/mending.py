"""Mending who of us follows whom elsewhere, when the other server's list differs from ours.

The list that a server gives counts only when it is the one that its signed
delivery announced: an empty page after a misunderstanding ends no follow.

Spec: FEP-8fcf.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.activitystreams.collection import is_collection, item_uris, next_page
from fedgov.federation import actors, followers_sync, follows, outbox
from fedgov.federation.fetch import Fetcher
from fedgov.federation.followers_sync import Synchronisation
from fedgov.federation.postroom import PostRoom
from fedgov.kernel.clock import MINUTE
from fedgov.kernel.errors import FedgovError, MalformedError
from fedgov.kernel.uris import same_origin
from fedgov.store.transaction import Transaction

MAX_WAITING: Final = 1_000
MAX_PAGES: Final = 10
COMPARE_EVERY: Final = MINUTE
MEND_EVERY: Final = 15 * MINUTE
MAX_REMEMBERED: Final = 10_000

_log = structlog.get_logger(__name__)

ChangeFollow = Callable[..., object]
"""``change(tx, *, follower=URI, following=URI)``: what a room does when a follow of somebody here changes."""


@dataclass(frozen=True, slots=True)
class _Ask:
    actor: str
    stated: Synchronisation


class Mender:
    """Compares and mends follows in the background, one actor at a time.

    Args:
        room: The post room.
        ended: Ends a follow of somebody here; ``(tx, *, follower, following)``.
        unanswered: Asks again when a request of somebody here was granted and we did not hear of it; likewise.
    """

    def __init__(self, room: PostRoom, *, ended: ChangeFollow, unanswered: ChangeFollow) -> None:
        self._instance = room.instance
        self._fetcher = Fetcher(room, keepers={})
        self._ended = ended
        self._unanswered = unanswered
        self._queue: asyncio.Queue[_Ask] = asyncio.Queue(MAX_WAITING)
        self._not_before: OrderedDict[str, int] = OrderedDict()

    def note(self, header: str, *, actor: str) -> None:
        """Take note of the Collection-Synchronization header of a delivery; costs next to nothing.

        Args:
            header: Its value.
            actor: URI of the verified sender.
        """
        now = self._instance.clock.now()
        if self._not_before.get(actor, 0) > now or self._queue.full():
            return
        try:
            stated = followers_sync.read_header(header, actor=actor)
        except MalformedError as error:
            _log.debug("synchronisation_not_read", actor=actor, reason=error.safe)
            return
        self._rest(actor, until=now + COMPARE_EVERY)
        self._queue.put_nowait(_Ask(actor=actor, stated=stated))

    async def run(self) -> None:
        """Mend until cancelled."""
        while True:
            await self._mend_safely(await self._queue.get())

    async def settle(self) -> None:
        """Mend what waits; for tests."""
        while not self._queue.empty():
            await self._mend_safely(self._queue.get_nowait())

    async def _mend_safely(self, ask: _Ask) -> None:
        try:
            await self._mend(ask)
        except FedgovError as error:  # the next delivery asks again
            _log.info("followers_not_mended", actor=ask.actor, reason=error.safe, detail=error.detail)

    async def _mend(self, ask: _Ask) -> None:
        if not await self._instance.read(followers_sync.differs, actor=ask.actor, stated=ask.stated):
            return
        self._rest(ask.actor, until=self._instance.clock.now() + MEND_EVERY)
        before = await self._instance.read(follows.local_followers, of=ask.actor)
        listed = await self._read(ask.stated.url)
        if followers_sync.digest(uri for uri in listed if self._instance.site.owns(uri)) != ask.stated.digest:
            raise MalformedError("the list of followers is not the one that was announced", detail=ask.stated.url)
        await self._instance.write(self._apply, actor=ask.actor, listed=listed, before=frozenset(before))

    async def _read(self, url: str) -> list[str]:
        """Return all URIs of a collection, at most `MAX_PAGES` pages of it.

        Raises:
            MalformedError: It is no collection, or has no end.
        """
        found: dict[str, None] = {}
        page = url
        for _ in range(MAX_PAGES + 1):
            document, _body = await self._fetcher.document(page)
            if not is_collection(document):
                raise MalformedError("this is not a collection", detail=page)
            found.update(dict.fromkeys(item_uris(document)))
            following = next_page(document)
            if following is None:
                return list(found)
            if not same_origin(url, following):
                break
            page = following
        raise MalformedError("the list of followers cannot be read whole", detail=url)

    def _apply(self, tx: Transaction, *, actor: str, listed: Sequence[str], before: frozenset[str]) -> None:
        """End what the other server does not have, and take back there what we do not have.

        Args:
            tx: The open transaction.
            actor: URI of the actor elsewhere.
            listed: Who follows, as its server says.
            before: Who followed before the list was read; who came after cannot be in it.
        """
        too_many, too_few = followers_sync.surplus(tx, actor=actor, listed=listed)
        for follower in too_many:
            if follower in before:
                self._ended(tx, follower=follower, following=actor)
        for follower in too_few:
            if follows.find(tx, follower=follower, following=actor) is not None:
                self._unanswered(tx, follower=follower, following=actor)
            else:
                _take_back(tx, follower=follower, following=actor)
        _log.info("followers_mended", actor=actor, ended=len(too_many), taken_back=len(too_few))

    def _rest(self, actor: str, *, until: int) -> None:
        self._not_before[actor] = until
        self._not_before.move_to_end(actor)
        while len(self._not_before) > MAX_REMEMBERED:
            self._not_before.popitem(last=False)


def _take_back(tx: Transaction, *, follower: str, following: str) -> None:
    """Tell the other server that somebody here does not follow (any more)."""
    row = actors.find(tx, uri=follower)
    if row is None or not row.local or row.deleted_at is not None:
        return
    follow = {
        "id": tx.site.activity(tx.new_id()),  # which one it was we do not know; others go by actor and object
        "type": "Follow",
        "actor": follower,
        "object": following,
    }
    outbox.publish(
        tx,
        actor=follower,
        activity={"type": "Undo", "object": follow},
        audience=Audience(to=(following,)),
        visibility=Visibility.DIRECT,
    )
