"""Publishing a post that is described by row ids: at once, under a key that makes it happen once, or later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import Row, bindparam, delete, func, select, update

from fedgov.activitystreams.audience import Visibility
from fedgov.features.media import queries as media_queries
from fedgov.features.media.service import attaching
from fedgov.features.posts import policy
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import publishing
from fedgov.features.posts.service.looking_up import look_up_named
from fedgov.features.posts.tables import posting_keys, scheduled_posts
from fedgov.features.posts.vocabulary import AttachmentDraft, PostDraft, QuotePolicy, ScheduledPost
from fedgov.instance import Instance
from fedgov.kernel.clock import HOUR
from fedgov.kernel.errors import ConflictError, FedgovError, InvalidError, NotFoundError, UnreachableError
from fedgov.kernel.pagination import Page, PageRequest, page_of
from fedgov.store import erasures
from fedgov.store.transaction import Transaction

KEY_LIFE: Final = HOUR
AT_ONCE: Final = 50
"""Most posts that one run of the job publishes."""
RESTORED: Final = "it may have been published before the server was restored from a backup"

_KNOWN_KEY: Final = select(posting_keys.c.made_id).where(
    posting_keys.c.author == bindparam("author"),
    posting_keys.c.key_hash == bindparam("key"),
    posting_keys.c.at > bindparam("after"),
)
_DUE: Final = (
    select(scheduled_posts)
    .where(scheduled_posts.c.due_at <= bindparam("now"), scheduled_posts.c.refusal == "")
    .order_by(scheduled_posts.c.due_at)
    .limit(AT_ONCE)
)
_OWN: Final = select(scheduled_posts).where(
    scheduled_posts.c.id == bindparam("id"), scheduled_posts.c.author == bindparam("author")
)

_log = structlog.get_logger(__name__)


def publish_draft(
    tx: Transaction, *, author: str, draft: PostDraft, mentioned: Mapping[str, str] | None = None, key: str = ""
) -> int:
    """Publish a post that is described by row ids.

    Args:
        tx: The open transaction.
        author: URI of the local actor who writes.
        draft: What.
        mentioned: As for `publishing.publish_post`.
        key: What the author's app calls this attempt: under the same one nothing is published twice in an hour.

    Returns:
        Row id of the object.

    Raises:
        InvalidError: Something in it is not acceptable; names the field.
        NotFoundError: What it answers or quotes is not there, or not for this author.
        ForbiddenError: The author may not post.
        RateLimitedError: The author posted very much in this hour.
    """
    made = _made_before(tx, author=author, key=key)
    if made is not None:
        return made
    object_id = publishing.publish_post(
        tx,
        author=author,
        text=draft.text,
        visibility=draft.visibility,
        in_reply_to=_uri_of(tx, draft.reply_to, author=author),
        summary=draft.summary,
        language=draft.language,
        sensitive=draft.sensitive,
        attachments=_files(tx, draft.media_ids, author=author),
        poll=draft.poll(now=tx.now),
        mentioned=mentioned,
        quote=_uri_of(tx, draft.quote, author=author),
        quote_policy=draft.quote_policy,
        alone=True,
    )
    _remember(tx, author=author, key=key, made_id=object_id)
    return object_id


def _uri_of(tx: Transaction, object_id: int | None, *, author: str) -> str | None:
    return None if object_id is None else str(post_queries.get(tx, object_id=object_id, viewer=author).uri)


def _files(tx: Transaction, media_ids: tuple[int, ...], *, author: str) -> list[AttachmentDraft]:
    try:
        found = [media_queries.get(tx, media_id=each, owner=author) for each in media_ids]
    except NotFoundError as error:
        raise InvalidError("a file is not there any more; add it again", field="media_ids") from error
    return [AttachmentDraft(media_id=each.id, alt=each.alt) for each in found]


def _made_before(tx: Transaction, *, author: str, key: str) -> int | None:
    if not key:
        return None
    values = {"author": author, "key": _hash(key), "after": tx.now - KEY_LIFE}
    found: int | None = tx.value(_KNOWN_KEY, values)
    return found


def _remember(tx: Transaction, *, author: str, key: str, made_id: int) -> None:
    if not key:
        return
    tx.execute(
        delete(posting_keys).where(posting_keys.c.author == author, posting_keys.c.key_hash == _hash(key))
    )  # an old one, which does not count any more
    row = {"author": author, "key_hash": _hash(key), "made_id": made_id, "at": tx.now}
    tx.execute(posting_keys.insert(), row)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


# --- later ------------------------------------------------------------------------------------------------------


def schedule(tx: Transaction, *, author: str, draft: PostDraft, due_at: int, key: str = "") -> ScheduledPost:
    """Keep a post until it is due.

    Args:
        tx: The open transaction.
        author: URI of the local actor who writes.
        draft: What.
        due_at: When, in milliseconds since the epoch.
        key: As for `publish_draft`.

    Raises:
        InvalidError: It is too soon, or something in it would not be acceptable.
        ConflictError: Too many wait already.
        RateLimitedError: The author posted very much in this hour.
    """
    made = _made_before(tx, author=author, key=key)
    if made is not None:
        return scheduled(tx, author=author, scheduled_id=made)
    tx.limit("posts", of=author)
    policy.check_schedule(due_at, now=tx.now)
    waiting = select(func.count()).select_from(scheduled_posts).where(scheduled_posts.c.author == author)
    if int(tx.value(waiting)) >= policy.MAX_SCHEDULED:
        raise ConflictError("too many messages are waiting for their time")
    policy.check_text(draft.text, settings=tx.config.posts, summary=draft.summary, has_more=bool(draft.media_ids))
    poll = draft.poll(now=tx.now)
    if poll is not None:
        policy.check_poll(poll, settings=tx.config.posts, now=tx.now)
    _files(tx, draft.media_ids, author=author)
    for each in (draft.reply_to, draft.quote):
        _uri_of(tx, each, author=author)
    row_id = tx.new_id()
    # Files that hang on nothing are swept away after a while.
    attaching.attach(tx, media_ids=list(draft.media_ids), owner=author, object_id=row_id)
    row = {"id": row_id, "author": author, "due_at": due_at, "draft": orjson.dumps(asdict(draft)).decode()}
    tx.execute(scheduled_posts.insert(), row)
    _remember(tx, author=author, key=key, made_id=row_id)
    return scheduled(tx, author=author, scheduled_id=row_id)


def scheduled(tx: Transaction, *, author: str, scheduled_id: int) -> ScheduledPost:
    """Return a post that waits for its time.

    Raises:
        NotFoundError: There is none, or it is somebody else's.
    """
    row = tx.row(_OWN, {"id": scheduled_id, "author": author})
    if row is None:
        raise NotFoundError("there is no such message")
    return _read(row)


def scheduled_page(tx: Transaction, *, author: str, request: PageRequest) -> Page[ScheduledPost]:
    """Return what of somebody waits for its time, newest first."""
    column = scheduled_posts.c.id
    query = select(scheduled_posts).where(scheduled_posts.c.author == author)
    if request.max_id is not None:
        query = query.where(column < request.max_id)
    if request.after is not None:
        query = query.where(column > request.after)
    rows = tx.rows(query.order_by(column if request.upwards else column.desc()).limit(request.limit))
    return page_of(rows, request, row_id=lambda row: int(row.id)).map(_read)


def reschedule(tx: Transaction, *, author: str, scheduled_id: int, due_at: int) -> ScheduledPost:
    """Change when a post is published; one that was refused is tried again then.

    Raises:
        NotFoundError: There is none, or it is somebody else's.
        InvalidError: It is too soon.
    """
    scheduled(tx, author=author, scheduled_id=scheduled_id)
    policy.check_schedule(due_at, now=tx.now)
    tx.execute(update(scheduled_posts).where(scheduled_posts.c.id == scheduled_id).values(due_at=due_at, refusal=""))
    return scheduled(tx, author=author, scheduled_id=scheduled_id)


def cancel(tx: Transaction, *, author: str, scheduled_id: int) -> None:
    """Let a post never be published.

    Raises:
        NotFoundError: There is none, or it is somebody else's.
    """
    scheduled(tx, author=author, scheduled_id=scheduled_id)
    forget_plan(tx, scheduled_id=scheduled_id)


def forget_plan(tx: Transaction, *, scheduled_id: int) -> None:
    """Forget what was planned, because it was published or cancelled: it must not come back from a backup either."""
    if tx.execute(delete(scheduled_posts).where(scheduled_posts.c.id == scheduled_id)):
        erasures.note(tx, "plan", str(scheduled_id))
        attaching.release(tx, object_id=scheduled_id)


def hold_back(tx: Transaction) -> int:
    """Let what a restored backup finds overdue wait for a word of its author: it may have been published since.

    Returns:
        How many planned posts wait.
    """
    overdue = scheduled_posts.c.due_at <= tx.now, scheduled_posts.c.refusal == ""
    return tx.execute(update(scheduled_posts).where(*overdue).values(refusal=RESTORED))


def forget_plans(tx: Transaction, *, author: str) -> None:
    """Forget what somebody who is gone wanted to publish later, and under which keys they published."""
    for table in (scheduled_posts, posting_keys):
        tx.execute(delete(table).where(table.c.author == author))


async def publish_due(instance: Instance) -> None:
    """Publish what is due; what is refused stays, with the reason, for its author to see."""
    await instance.write(_forget_keys)
    for waiting in await instance.read(_due):
        draft = waiting.draft
        try:
            mentioned = await look_up_named(instance, text=draft.text, visibility=draft.visibility)
            await instance.write(
                _publish_scheduled, author=waiting.author, scheduled_id=waiting.id, mentioned=mentioned
            )
        except UnreachableError:
            raise  # the store is busy: it is still due the next time
        except FedgovError as error:
            _log.info("scheduled_post_refused", scheduled=waiting.id, reason=error.safe)
            await instance.write(_refuse, scheduled_id=waiting.id, reason=error.safe)


def _due(tx: Transaction) -> list[ScheduledPost]:
    return [_read(row) for row in tx.rows(_DUE, {"now": tx.now})]


def _publish_scheduled(tx: Transaction, *, author: str, scheduled_id: int, mentioned: Mapping[str, str]) -> int | None:
    row = tx.row(_OWN, {"id": scheduled_id, "author": author})
    if row is None or row.due_at > tx.now:
        return None  # its author was quicker
    draft = _read(row).draft
    forget_plan(tx, scheduled_id=scheduled_id)
    return publish_draft(tx, author=author, draft=draft, mentioned=mentioned)


def _refuse(tx: Transaction, *, scheduled_id: int, reason: str) -> None:
    tx.execute(update(scheduled_posts).where(scheduled_posts.c.id == scheduled_id).values(refusal=reason))


def _forget_keys(tx: Transaction) -> None:
    tx.execute(delete(posting_keys).where(posting_keys.c.at < tx.now - KEY_LIFE))


def _read(row: Row[Any]) -> ScheduledPost:
    values = orjson.loads(row.draft)
    values["visibility"] = Visibility(values["visibility"])
    for name in ("media_ids", "poll_options"):
        values[name] = tuple(values[name])
    if values.get("quote_policy") is not None:
        values["quote_policy"] = QuotePolicy(values["quote_policy"])
    return ScheduledPost(
        id=row.id, author=row.author, due_at=row.due_at, draft=PostDraft(**values), refusal=row.refusal
    )
