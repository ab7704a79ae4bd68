"""The rows of a post: written the same way whether a person here wrote it or a server sent it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select, update

from fedgov.activitystreams.attachment import Attachment
from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.poll import Poll
from fedgov.activitystreams.tag import Emoji, Mention
from fedgov.features.media.service import attaching
from fedgov.features.posts import policy
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import indexing, stamps
from fedgov.features.posts.tables import (
    attachments,
    hashtags,
    mentions,
    poll_options,
    poll_votes,
    polls,
    post_edits,
    posts,
)
from fedgov.features.posts.vocabulary import PostRemoved
from fedgov.federation import emojis
from fedgov.federation import objects as object_store
from fedgov.store.tables import objects
from fedgov.store.transaction import Transaction, insert_or_ignore

_OBJECT: Final = select(objects.c.id, objects.c.deleted_at).where(objects.c.uri == bindparam("uri"))
_WAITING: Final = select(posts.c.object_id, posts.c.visibility, posts.c.author).where(
    posts.c.in_reply_to_uri == bindparam("uri"), posts.c.in_reply_to_id.is_(None)
)
_ADOPT: Final = (
    update(posts).where(posts.c.object_id.in_(bindparam("ids", expanding=True))).values(in_reply_to_id=bindparam("to"))
)
_JOIN_THREAD: Final = (
    update(posts).where(posts.c.thread_id.in_(bindparam("ids", expanding=True))).values(thread_id=bindparam("thread"))
)
_COUNT_REPLIES: Final = (
    update(posts).where(posts.c.object_id == bindparam("id")).values(replies=posts.c.replies + bindparam("more"))
)
_INSERT: Final = posts.insert()
_ATTACH: Final = attachments.insert()
_NAME: Final = insert_or_ignore(mentions)
_TAG: Final = insert_or_ignore(hashtags)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file that hangs on a post: somebody else's, or one that was uploaded here.

    Args:
        file: As it stands in the document.
        media_id: Row id of an uploaded file.
        name: Name of the file, for a reader.
        size: Bytes, where known.
        has_preview: There is a smaller picture of it here.
    """

    file: Attachment
    media_id: int | None = None
    name: str = ""
    size: int | None = None
    has_preview: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a post says now; texts are ready to be shown.

    Args:
        name: Title, plain text.
        summary: Plain text.
        content_html: Sanitised HTML.
        source: What was typed, for a post of our own.
        source_type: Media type of the source.
        language: BCP 47 tag.
        sensitive: Whether it should be covered at first.
        quote_uri: What it quotes.
        url: Page for people.
        files: In order.
        mentions: Who is named.
        hashtags: Subjects, as `normalise_hashtag` gives them.
        emojis: Custom emoji.
    """

    name: str = ""
    summary: str = ""
    content_html: str = ""
    source: str | None = None
    source_type: str | None = None
    language: str | None = None
    sensitive: bool = False
    quote_uri: str | None = None
    url: str | None = None
    files: tuple[FileRow, ...] = ()
    mentions: tuple[Mention, ...] = ()
    hashtags: tuple[str, ...] = ()
    emojis: tuple[Emoji, ...] = ()

    def columns(self) -> dict[str, Any]:
        """Return the columns of ``posts`` that hold it."""
        return {
            "name": self.name,
            "summary": self.summary,
            "content_html": self.content_html,
            "source": self.source,
            "source_type": self.source_type,
            "language": self.language,
            "sensitive": self.sensitive,
            "quote_uri": self.quote_uri,
            "url": self.url,
            "emojis": emojis.stored(self.emojis),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """A post that is stored for the first time. Its object is in the store already.

    Args:
        object_id: Row id of the object.
        uri: Its id.
        author: URI of the actor.
        kind: Its type.
        visibility: Who may read it.
        text: What it says.
        published_at: Milliseconds since the epoch.
        in_reply_to: URI of what it answers.
        poll: The question, when it is one.
        backfilled: It is older news.
    """

    object_id: int
    uri: str
    author: str
    kind: str
    visibility: Visibility
    text: Text
    published_at: int
    in_reply_to: str | None = None
    poll: Poll | None = None
    backfilled: bool = False
    edited_at: int | None = None


def store(tx: Transaction, post: NewPost) -> Row[Any] | None:
    """Write the rows of a new post and put it in its thread.

    Returns:
        What it answers, when that is known here.
    """
    parent, parent_id = _parent(tx, post.in_reply_to)
    thread_id = parent.thread_id if parent is not None else parent_id if parent_id is not None else post.object_id
    columns = {
        "object_id": post.object_id,
        "edition": tx.new_id(),
        "author": post.author,
        "local": tx.site.owns(post.uri),
        "type": post.kind[:100],
        "visibility": post.visibility.value,
        "in_reply_to_uri": post.in_reply_to,
        "in_reply_to_id": parent_id,
        "thread_id": thread_id,
        "backfilled": post.backfilled,
        "published_at": min(post.published_at, tx.now),
        "edited_at": post.edited_at,
        **post.text.columns(),
    }
    tx.execute(_INSERT, columns)
    _hang(tx, object_id=post.object_id, text=post.text)
    if post.poll is not None:
        _store_poll(tx, object_id=post.object_id, poll=post.poll)
    if parent is not None and policy.counts_as_reply(parent=Visibility(parent.visibility), reply=post.visibility):
        count_replies(tx, object_id=parent.object_id, more=1)
    answered_by = _adopt(tx, post=post, thread_id=thread_id)
    addressed = object_store.targets(tx, row_id=post.object_id) if post.visibility is Visibility.DIRECT else ()
    indexing.index_new(
        tx,
        row=SimpleNamespace(**columns),
        has_files=bool(post.text.files),
        is_poll=post.poll is not None,
        readers=(post.author, *(each.href for each in post.text.mentions), *addressed, *answered_by),
    )
    indexing.note_reader(tx, object_id=parent_id, actor=post.author)
    return parent


def _parent(tx: Transaction, uri: str | None) -> tuple[Row[Any] | None, int | None]:
    """Return the post that is answered, and the row id of its object; a deleted one has only the latter."""
    if uri is None:
        return None, None
    parent = post_queries.find_by_uri(tx, uri=uri)
    if parent is not None:
        return parent, parent.object_id
    buried = tx.row(_OBJECT, {"uri": uri})
    return None, buried.id if buried is not None else None


def _adopt(tx: Transaction, *, post: NewPost, thread_id: int) -> list[str]:
    """Attach the replies that were here before what they answer; return who wrote such.

    A post cannot adopt the one under which it stands itself, so that two that
    claim to answer each other make no circle.
    """
    answers = tx.rows(_WAITING, {"uri": post.uri})
    waiting = [row for row in answers if row.object_id not in (thread_id, post.object_id)]
    if waiting:
        _attach(tx, waiting, to=post, thread_id=thread_id)
    return [row.author for row in answers]


def _attach(tx: Transaction, waiting: Sequence[Row[Any]], *, to: NewPost, thread_id: int) -> None:
    ids = [row.object_id for row in waiting]
    tx.execute(_ADOPT, {"ids": ids, "to": to.object_id})
    tx.execute(_JOIN_THREAD, {"ids": ids, "thread": thread_id})
    counted = sum(policy.counts_as_reply(parent=to.visibility, reply=Visibility(row.visibility)) for row in waiting)
    count_replies(tx, object_id=to.object_id, more=counted)


def count_replies(tx: Transaction, *, object_id: int, more: int) -> None:
    """Change the number of replies that a post shows."""
    if more:
        tx.execute(_COUNT_REPLIES, {"id": object_id, "more": more})


def _hang(tx: Transaction, *, object_id: int, text: Text) -> None:
    files = [
        {
            "id": tx.new_id(),
            "object_id": object_id,
            "position": position,
            "kind": each.file.kind,
            "media_type": (each.file.media_type or "")[:255] or None,
            "url": each.file.url,
            "media_id": each.media_id,
            "name": each.name,
            "size": each.size,
            "has_preview": each.has_preview,
            "alt": each.file.name or "",
            "width": each.file.width,
            "height": each.file.height,
            "blurhash": each.file.blurhash,
            "focal_x": each.file.focal_point[0] if each.file.focal_point else None,
            "focal_y": each.file.focal_point[1] if each.file.focal_point else None,
        }
        for position, each in enumerate(text.files)
    ]
    named = [{"object_id": object_id, "actor_uri": each.href, "name": each.name} for each in text.mentions]
    tags = [{"object_id": object_id, "tag": tag} for tag in text.hashtags]
    for statement, rows in ((_ATTACH, files), (_NAME, named), (_TAG, tags)):
        if rows:
            tx.execute(statement, rows)


def _store_poll(tx: Transaction, *, object_id: int, poll: Poll) -> None:
    tx.execute(
        polls.insert(),
        {
            "object_id": object_id,
            "multiple": poll.multiple,
            "ends_at": poll.end_time,
            "closed_at": poll.closed,
            "voters_count": poll.voters_count,
        },
    )
    _store_options(tx, object_id=object_id, poll=poll)


def _store_options(tx: Transaction, *, object_id: int, poll: Poll) -> None:
    tx.execute(
        poll_options.insert(),
        [
            {"object_id": object_id, "position": position, "label": option.name, "votes": option.votes}
            for position, option in enumerate(poll.options)
        ],
    )


def replace_poll(tx: Transaction, *, object_id: int, poll: Poll) -> None:
    """Take over the numbers that the author of a poll published; with other answers all votes are void."""
    labels = tx.values(
        select(poll_options.c.label).where(poll_options.c.object_id == object_id).order_by(poll_options.c.position)
    )
    if not labels:
        _store_poll(tx, object_id=object_id, poll=poll)
        indexing.index_again(tx, object_id=object_id)
        return
    are_others = list(labels) != [option.name for option in poll.options]
    if are_others:
        tx.execute(delete(poll_votes).where(poll_votes.c.object_id == object_id))
    tx.execute(delete(poll_options).where(poll_options.c.object_id == object_id))
    _store_options(tx, object_id=object_id, poll=poll)
    if are_others:
        indexing.index_again(tx, object_id=object_id)
    ended = tx.value(select(polls.c.closed_at).where(polls.c.object_id == object_id))
    closed_at = poll.closed if poll.closed is not None else ended if poll.is_closed(tx.now) else None
    tx.execute(
        update(polls)
        .where(polls.c.object_id == object_id)
        .values(multiple=poll.multiple, ends_at=poll.end_time, closed_at=closed_at, voters_count=poll.voters_count)
    )


def rewrite(tx: Transaction, *, row: Row[Any], text: Text, visibility: Visibility, at: int) -> None:
    """Store the new text of a post and remember the one it had.

    Args:
        tx: The open transaction.
        row: The post as it was.
        text: What it says now.
        visibility: Who may read it now.
        at: When it was changed, in milliseconds.
    """
    tx.execute(
        post_edits.insert(),
        {
            "id": tx.new_id(),
            "object_id": row.object_id,
            "at": row.edited_at or row.published_at,
            "name": row.name,
            "summary": row.summary,
            "content_html": row.content_html,
            "sensitive": row.sensitive,
            "language": row.language,
        },
    )
    tx.execute(
        update(posts)
        .where(posts.c.object_id == row.object_id)
        .values(edited_at=at, visibility=visibility.value, **text.columns())
    )
    for table in (attachments, mentions, hashtags):
        tx.execute(delete(table).where(table.c.object_id == row.object_id))
    _hang(tx, object_id=row.object_id, text=text)
    indexing.index_again(tx, object_id=row.object_id)


def change_visibility(tx: Transaction, *, object_id: int, visibility: Visibility) -> None:
    """Store who may read a post now."""
    tx.execute(update(posts).where(posts.c.object_id == object_id).values(visibility=visibility.value))
    indexing.index_again(tx, object_id=object_id)


def erase(tx: Transaction, *, row: Row[Any]) -> None:
    """Take a post away for good; only its Tombstone stays.

    Args:
        tx: The open transaction.
        row: The post.
    """
    parent = post_queries.find(tx, object_id=row.in_reply_to_id) if row.in_reply_to_id is not None else None
    if parent is not None and policy.counts_as_reply(
        parent=Visibility(parent.visibility), reply=Visibility(row.visibility)
    ):
        count_replies(tx, object_id=parent.object_id, more=-1)
    if row.local:
        attaching.remove(tx, object_id=row.object_id)
    stamps.bury_all(tx, row=row)
    tx.tell(PostRemoved(object_id=row.object_id, uri=row.uri, author=row.author))
    indexing.forget(tx, object_id=row.object_id)
    tx.execute(delete(posts).where(posts.c.object_id == row.object_id))  # everything that hangs on it goes along
    object_store.bury(tx, uri=row.uri, author=row.author)
    indexing.note_reader(tx, object_id=row.in_reply_to_id, actor=row.author)


def files_of(rows: Sequence[Row[Any]]) -> tuple[FileRow, ...]:
    """Return files as they are stored, to be stored again with a changed text."""
    return tuple(
        FileRow(
            media_id=row.media_id,
            name=row.name,
            size=row.size,
            has_preview=row.has_preview,
            file=parts.file_of(row),
        )
        for row in rows
    )
