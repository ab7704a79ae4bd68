"""Who lives where in these tests, and what they do there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.queries.home import home_page
from fedgov.features.notices.queries.notifications import notification_page
from fedgov.features.people.tables import blocks, mutes
from fedgov.features.posts.tables import posts, shares
from fedgov.features.posts.vocabulary import PostAppeared, PostShared
from fedgov.federation import objects
from fedgov.kernel.pagination import PageRequest
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction
from tests.unit.features.trust.town import befriend, meet

HERE: Final = "https://groningen.example/users/"
THERE: Final = "https://leeuwarden.example/users/"

ANNA: Final = HERE + "anna"
BOUKE: Final = HERE + "bouke"
CARLA: Final = HERE + "carla"
JELLE: Final = THERE + "jelle"
SJOERD: Final = THERE + "sjoerd"


def settle(tx: Transaction) -> None:
    """Three people here and two there; nobody follows anybody."""
    for uri in (ANNA, BOUKE, CARLA):
        meet(tx, uri=uri, host="groningen.example", local=True)
    for uri in (JELLE, SJOERD):
        meet(tx, uri=uri, host="leeuwarden.example")


def follow(tx: Transaction, follower: str, *following: str) -> None:
    """Let somebody follow some people."""
    for each in following:
        befriend(tx, follower=follower, following=each)


def keep(
    tx: Transaction,
    author: str,
    *,
    visibility: Visibility = Visibility.PUBLIC,
    to: Sequence[str] = (),
    answers: int | None = None,
) -> int:
    """Store a post without telling anybody; return its row id."""
    number = tx.new_id()
    uri = tx.site.post(number) if tx.site.owns(author) else f"{author}/posts/{number}"
    object_id = objects.add(
        tx,
        uri=uri,
        kind="Note",
        author=author,
        visibility=visibility,
        targets=to,
        document="{}",
        published_at=tx.now,
        row_id=number,
    )
    assert object_id == number
    tx.execute(
        posts.insert(),
        {
            "object_id": number,
            "author": author,
            "local": tx.site.owns(author),
            "type": "Note",
            "visibility": visibility.value,
            "in_reply_to_uri": None if answers is None else f"https://leeuwarden.example/posts/{answers}",
            "in_reply_to_id": answers,
            "thread_id": number,
            "content_html": "<p>Moi</p>",
            "published_at": tx.now,
        },
    )
    return number


def say(
    tx: Transaction,
    author: str,
    *,
    visibility: Visibility = Visibility.PUBLIC,
    naming: Sequence[str] = (),
    to: Sequence[str] | None = None,
    answering: str | None = None,
    is_backfill: bool = False,
) -> int:
    """Let somebody write a post, addressed to whom it names unless said otherwise; return its row id."""
    object_id = keep(tx, author, visibility=visibility, to=naming if to is None else to)
    row = objects.find_by_id(tx, row_id=object_id)
    assert row is not None
    tx.tell(
        PostAppeared(
            object_id=object_id,
            uri=row.uri,
            author=author,
            visibility=visibility,
            published_at=tx.now,
            in_reply_to_author=answering,
            mentions=tuple(naming),
            is_backfill=is_backfill,
        )
    )
    return object_id


def share(tx: Transaction, by: str, object_id: int) -> int:
    """Let somebody share a post; return the row id of the share."""
    row = objects.find_by_id(tx, row_id=object_id)
    assert row is not None
    share_id = tx.new_id()
    tx.execute(
        shares.insert(),
        {
            "id": share_id,
            "object_id": object_id,
            "actor": by,
            "visibility": "public",
            "activity_uri": f"{by}/shares/{share_id}",
            "at": tx.now,
        },
    )
    tx.tell(
        PostShared(
            object_id=object_id,
            uri=row.uri,
            by=by,
            author=row.attributed_to,
            share_id=share_id,
            visibility=Visibility.PUBLIC,
        )
    )
    return share_id


def block(tx: Transaction, who: str, whom: str) -> None:
    """Let somebody shut the door on somebody; only the row, nobody is told."""
    tx.execute(blocks.insert(), {"id": tx.new_id(), "who": who, "whom": whom, "created_at": tx.now})


def mute(tx: Transaction, who: str, whom: str) -> None:
    """Let somebody not want to see somebody."""
    tx.execute(mutes.insert(), {"id": tx.new_id(), "who": who, "whom": whom, "created_at": tx.now})


def timeline(tx: Transaction, owner: str, request: PageRequest = PageRequest()) -> list[int]:  # noqa: B008 (frozen)
    """The row ids of the posts on somebody's home timeline."""
    return [entry.object_id for entry in home_page(tx, owner=owner, request=request).items]


def told(tx: Transaction, owner: str) -> list[tuple[str, str | None, int | None]]:
    """What somebody was told, newest first: kind, who did it, row id of the post."""
    page = notification_page(tx, owner=owner, request=PageRequest())
    return [(each.kind.value, each.actor, each.object_id) for each in page.items]


def row_id_of(tx: Transaction, uri: str) -> int:
    """The row id of an actor."""
    found: int = tx.value(actors.select().with_only_columns(actors.c.id).where(actors.c.uri == uri))
    return found
