"""What people do that is stored and sent in one go, to be interrupted at any statement.

Each `Writing` is a use case with what it must leave behind: so many activities and
deliveries more, or nothing at all.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.engine import Connection

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.activitystreams.document import Document
from fedgov.features.notices.service import push
from fedgov.features.notices.vocabulary import Kind, PushPolicy
from fedgov.features.people.service import accounts, blocks
from fedgov.features.people.service import follows as following
from fedgov.features.posts.service import drafting, keeping, pinning, polls, publishing, quoting, reacting
from fedgov.features.posts.tables import posts, scheduled_posts
from fedgov.features.posts.vocabulary import PollDraft, PostDraft, QuotePolicy
from fedgov.federation import follows
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, HOUR, to_rfc3339
from fedgov.store.tables import actors as actors_table
from fedgov.store.tables import objects
from fedgov.store.transaction import Transaction
from tests.fediverse import PASSWORD

HOSTS: Final = ("delft.example", "breda.example", "utrecht.example")
TEXT: Final = "Beste @jan@delft.example en @bram, **wie** doet mee met #fietsen? https://gouda.example/"
_P256DH: Final = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
_AUTH: Final = "BTBZMqHH6r4Tts7J_aSIgg"


def jan(number: int) -> str:
    """Somebody elsewhere who follows the author."""
    return f"https://{HOSTS[number]}/users/jan"


async def furnish(instance: Instance) -> str:
    """Make an author with followers here and elsewhere; return the URI."""
    for username in ("fatima", "bram"):
        await accounts.open_account(instance, username=username, password=PASSWORD, name=username.title())
    author = instance.site.actor("fatima")
    await instance.write(_befriend, author=author, colleague=instance.site.actor("bram"))
    return author


def _befriend(tx: Transaction, *, author: str, colleague: str) -> None:
    follows.put(tx, follower=colleague, following=author, state="accepted", activity_uri=None)
    for number, host in enumerate(HOSTS):
        uri = jan(number)
        tx.execute(
            actors_table.insert(),
            {
                "id": tx.new_id(),
                "uri": uri,
                "host": host,
                "local": False,
                "kind": "Person",
                "username": "jan",
                "inbox": f"{uri}/inbox",
                "shared_inbox": f"https://{host}/inbox" if number else None,
                "created_at": tx.now,
                "updated_at": tx.now,
                "fetched_at": tx.now,
            },
        )
        follows.put(tx, follower=uri, following=author, state="accepted", activity_uri=None)


def equip(tx: Transaction, *, colleague: str) -> None:
    """Let jan write something that can be reacted to, and let a colleague have an app that is told at once."""
    _receive(tx, "note", {"type": "Note", "content": "<p>Wie leest dit?</p>"})
    answers = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}} for name in "ab"]
    ends = to_rfc3339(tx.now + DAY)
    _receive(tx, "poll", {"type": "Question", "content": "<p>a of b?</p>", "anyOf": answers, "endTime": ends})
    push.subscribe(
        tx,
        owner=colleague,
        token_id=1,
        token="x",
        endpoint="https://push.example/bram",
        p256dh=_P256DH,
        auth=_AUTH,
        standard=True,
        policy_word=PushPolicy.ALL,
        kinds=tuple(Kind),
    )


def _receive(tx: Transaction, name: str, members: Document) -> None:
    """Keep something public of jan in Breda."""
    author = jan(1)
    document: Document = {"id": _there(name), "attributedTo": author, "to": [PUBLIC], "published": to_rfc3339(tx.now)}
    keeping.keep_remote_post(tx, keeping.Received(document=document | members, author=author, received_at=tx.now))


def _there(name: str) -> str:
    return f"https://{HOSTS[1]}/{name}"


def _id(tx: Transaction, name: str) -> int:
    return int(tx.value(select(objects.c.id).where(objects.c.uri == _there(name))))


def _own(tx: Transaction, *, quotes: bool = False) -> int:
    """The first own post, or the first that quotes."""
    found = select(posts.c.object_id).where(posts.c.local).order_by(posts.c.object_id)
    return int(tx.value(found.where(posts.c.quote_uri.is_not(None) if quotes else posts.c.quote_uri.is_(None))))


# --- what is done -----------------------------------------------------------------------------------------------


def publish(tx: Transaction, *, author: str) -> int:
    """Publish a post for everybody, with somebody here and elsewhere named in it."""
    return publishing.publish_post(tx, author=author, text=TEXT, visibility=Visibility.PUBLIC)


def _reply(tx: Transaction, *, author: str) -> None:
    publishing.publish_post(
        tx, author=author, text="Ik!", visibility=Visibility.FOLLOWERS, in_reply_to=_there("note"), summary="Kort"
    )


def _ask(tx: Transaction, *, author: str) -> None:
    poll = PollDraft(options=("ja", "nee"), ends_at=tx.now + DAY)
    publishing.publish_post(tx, author=author, text="Zullen we?", visibility=Visibility.UNLISTED, poll=poll)


def _quote(tx: Transaction, *, author: str) -> None:
    publishing.publish_post(tx, author=author, text="Kijk", visibility=Visibility.PUBLIC, quote=_there("note"))


def _be_quoted(tx: Transaction, *, author: str) -> None:
    """A colleague quotes the author, who consented: that makes a stamp."""
    colleague = tx.site.actor("bram")
    quoted = tx.site.post(_own(tx))
    publishing.publish_post(tx, author=colleague, text="Lees dit", visibility=Visibility.PUBLIC, quote=quoted)


def _publish_planned(tx: Transaction, *, author: str) -> None:
    """Publish what was planned: the plan is gone when the post is there."""
    draft = PostDraft(text="Op tijd", visibility=Visibility.PUBLIC)
    planned = drafting.schedule(tx, author=author, draft=draft, due_at=tx.now + HOUR)
    tx.execute(scheduled_posts.update().values(due_at=tx.now))
    drafting._publish_scheduled(tx, author=author, scheduled_id=planned.id, mentioned={})


def _publish_under_a_key(tx: Transaction, *, author: str) -> None:
    draft = PostDraft(text="Een keer", visibility=Visibility.PUBLIC)
    drafting.publish_draft(tx, author=author, draft=draft, key="k")


def _vote(tx: Transaction, *, author: str) -> None:
    polls.vote(tx, actor=author, object_id=_id(tx, "poll"), choices=[0, 1])


def _like(tx: Transaction, *, author: str) -> None:
    reacting.like(tx, actor=author, object_id=_id(tx, "note"))


def _unlike(tx: Transaction, *, author: str) -> None:
    reacting.unlike(tx, actor=author, object_id=_id(tx, "note"))


def _share(tx: Transaction, *, author: str) -> None:
    reacting.share(tx, actor=author, object_id=_id(tx, "note"))


def _unshare(tx: Transaction, *, author: str) -> None:
    reacting.unshare(tx, actor=author, object_id=_id(tx, "note"))


def _pin(tx: Transaction, *, author: str) -> None:
    pinning.pin(tx, actor=author, object_id=_own(tx))


def _change_policy(tx: Transaction, *, author: str) -> None:
    nobody = QuotePolicy.NOBODY
    publishing.change_quote_policy(tx, actor=author, object_id=_own(tx), quote_policy=nobody)


def _edit(tx: Transaction, *, author: str) -> None:
    publishing.edit_post(tx, actor=author, object_id=_own(tx), text="Toch anders, @jan@utrecht.example #lopen")


def _revoke(tx: Transaction, *, author: str) -> None:
    quoted = _own(tx)
    quoting.revoke(
        tx,
        actor=author,
        object_id=quoted,
        quoting_id=int(tx.value(select(posts.c.object_id).where(posts.c.quote_id == quoted))),
    )


def _delete(tx: Transaction, *, author: str) -> None:
    publishing.delete_post(tx, actor=author, object_id=_own(tx))


def _follow(tx: Transaction, *, author: str) -> None:
    following.follow(tx, actor=author, target=jan(2))


def _block(tx: Transaction, *, author: str) -> None:
    blocks.block(tx, who=author, whom=jan(2))


@dataclass(frozen=True, slots=True)
class Writing:
    """One of these use cases.

    Args:
        do: The use case, for an author.
        activities: So many more there are afterwards.
        deliveries: So many more.
        pushes: So many messages more wait for apps.
    """

    do: Callable[..., Any]
    activities: int = 1
    deliveries: int = 3
    pushes: int = 0


WRITINGS: Final[dict[str, Writing]] = {
    "publish": Writing(publish, pushes=1),
    "reply": Writing(_reply),
    "ask": Writing(_ask),
    "quote": Writing(_quote, activities=2, deliveries=4),
    "be quoted": Writing(_be_quoted, deliveries=0),
    "publish what was planned": Writing(_publish_planned),
    "publish under a key": Writing(_publish_under_a_key),
    "vote": Writing(_vote, activities=2, deliveries=2),
    "like": Writing(_like, deliveries=1),
    "unlike": Writing(_unlike, deliveries=1),
    "share": Writing(_share),
    "unshare": Writing(_unshare),
    "pin": Writing(_pin),
    "change who may quote": Writing(_change_policy),
    "edit": Writing(_edit, pushes=1),
    "revoke": Writing(_revoke),
    "delete": Writing(_delete),
    "follow": Writing(_follow, deliveries=1),
    "block": Writing(_block, activities=3),
}
"""In this order, because some need what another left."""

# --- what is there ----------------------------------------------------------------------------------------------

Snapshot = dict[str, list[Any]]
"""Of each table how many rows it has, and what they come to."""


def snapshot(connection: Connection) -> Snapshot:
    """Look at everything that a database holds."""
    if connection.dialect.name == "sqlite":
        return _of_sqlite(connection.connection.driver_connection)  # type: ignore[arg-type]  # it is one
    names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")).all()
    looks = " UNION ALL ".join(
        f"SELECT '{name}', count(*), md5(string_agg(t::text, '\n' ORDER BY t::text)) FROM \"{name}\" t"
        for name in sorted(names)
    )
    return {name: [count, digest] for name, count, digest in connection.execute(text(looks.replace(":", r"\:")))}


def snapshot_of(path: Path) -> Snapshot:
    """Look at everything in a SQLite file."""
    with closing(sqlite3.connect(path)) as connection:
        return _of_sqlite(connection)


def _of_sqlite(connection: sqlite3.Connection) -> Snapshot:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    found: Snapshot = {}
    for (name,) in names:
        rows = sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"').fetchall()))
        found[name] = [len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()]
    return found


def demand_all(name: str, *, before: Snapshot, after: Snapshot) -> None:
    """Check that a use case that was let be left everything that it should."""
    writing = WRITINGS[name]
    added = {table: after[table][0] - before[table][0] for table in ("activities", "deliveries", "push_messages")}
    assert added == {
        "activities": writing.activities,
        "deliveries": writing.deliveries,
        "push_messages": writing.pushes,
    }, (name, added)
    if name == "publish":
        more = [after[table][0] - before[table][0] for table in ("posts", "objects", "home_entries", "notifications")]
        assert more == [1, 1, 2, 1], "the author's timeline and her colleague's are of the same transaction"
