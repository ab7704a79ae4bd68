"""Direct messages by thread."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.queries.conversations import conversation_page, get_conversation
from fedgov.features.notices.service.conversations import mark, remove_conversation
from fedgov.features.people.vocabulary import ActorRemoved
from fedgov.features.posts.tables import posts
from fedgov.features.posts.vocabulary import PostAppeared, PostRemoved
from fedgov.instance import Instance
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from tests.unit.features.notices.people import ANNA, BOUKE, CARLA, JELLE, keep, say


def whisper(tx: Transaction, author: str, *to: str, thread: int | None = None) -> int:
    """Let somebody write a direct message."""
    number = keep(tx, author, visibility=Visibility.DIRECT, to=to)
    if thread is not None:
        tx.execute(posts.update().where(posts.c.object_id == number).values(thread_id=thread))
    tx.tell(
        PostAppeared(
            object_id=number, uri="", author=author, visibility=Visibility.DIRECT, published_at=tx.now, mentions=to
        )
    )
    return number


def seen(tx: Transaction, owner: str) -> list[tuple[int, bool]]:
    page = conversation_page(tx, owner=owner, request=PageRequest())
    return [(each.last_object_id, each.unread) for each in page.items]


async def test_everybody_in_a_thread_has_it_once_and_it_is_new_to_those_who_did_not_write(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        first = whisper(tx, ANNA, BOUKE, JELLE)
        other = whisper(tx, JELLE, ANNA)
        assert seen(tx, ANNA) == [(other, True), (first, False)]
        answer = whisper(tx, BOUKE, ANNA, thread=first)
        assert seen(tx, ANNA) == [(answer, True), (other, True)]
        assert seen(tx, BOUKE) == [(answer, False)]
        say(tx, JELLE, naming=[CARLA])
        assert seen(tx, CARLA) == seen(tx, JELLE) == []

    await town.write(scene)


async def test_a_conversation_is_read_and_removed_and_comes_back(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        first = whisper(tx, JELLE, ANNA)
        (each,) = conversation_page(tx, owner=ANNA, request=PageRequest()).items
        mark(tx, owner=ANNA, conversation_id=each.id, unread=False)
        assert seen(tx, ANNA) == [(first, False)]
        mark(tx, owner=ANNA, conversation_id=each.id, unread=True)
        assert get_conversation(tx, owner=ANNA, conversation_id=each.id) == each
        remove_conversation(tx, owner=ANNA, conversation_id=each.id)
        assert seen(tx, ANNA) == []
        answer = whisper(tx, JELLE, ANNA, thread=first)
        assert seen(tx, ANNA) == [(answer, True)]

    await town.write(scene)


async def test_the_conversation_of_somebody_else_does_not_exist(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        whisper(tx, JELLE, ANNA)
        (each,) = conversation_page(tx, owner=ANNA, request=PageRequest()).items
        acts: tuple[Callable[[], object], ...] = (
            lambda: get_conversation(tx, owner=BOUKE, conversation_id=each.id),
            lambda: mark(tx, owner=BOUKE, conversation_id=each.id, unread=False),
            lambda: remove_conversation(tx, owner=BOUKE, conversation_id=each.id),
        )
        for act in acts:
            with pytest.raises(NotFoundError):
                act()
        assert len(seen(tx, ANNA)) == 1

    await town.write(scene)


async def test_a_conversation_goes_back_to_the_message_before_one_that_is_deleted(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        first = whisper(tx, JELLE, ANNA)
        whisper(tx, JELLE, BOUKE, thread=first)
        last = whisper(tx, JELLE, ANNA, thread=first)
        tx.tell(PostRemoved(object_id=last, uri="", author=JELLE))
        assert seen(tx, ANNA) == [(first, True)]
        tx.execute(posts.delete().where(posts.c.object_id == last))
        tx.tell(PostRemoved(object_id=first, uri="", author=JELLE))
        assert seen(tx, ANNA) == []

    await town.write(scene)


async def test_the_conversations_of_who_is_gone_are_forgotten(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        whisper(tx, JELLE, ANNA)
        tx.tell(ActorRemoved(uri=ANNA))
        assert seen(tx, ANNA) == []

    await town.write(scene)
