"""What administrators tell everybody here, and what people do with it; the only writer of announcements.

An announcement is shown from its start to its end, while it is published. Whoever
listens hears when that begins and ends, also when only time passed (`keep_time`).
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

import orjson
from sqlalchemy import bindparam, delete, func, select, update

from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.tag import normalise_hashtag
from fedgov.features.notices import policy
from fedgov.features.notices.queries import announcements as queries
from fedgov.features.notices.service.actor_ids import actor_id, reader_id
from fedgov.features.notices.tables import announcement_dismissals, announcement_reactions, announcements
from fedgov.features.notices.vocabulary import AnnouncementGone, AnnouncementReacted, AnnouncementShown
from fedgov.features.posts.queries import posts
from fedgov.federation import actors, emojis
from fedgov.instance import Instance
from fedgov.kernel.clock import MINUTE
from fedgov.kernel.errors import FedgovError, ForbiddenError, NotFoundError
from fedgov.kernel.text.markdown import render_markdown
from fedgov.kernel.uris import parse_handle
from fedgov.store import audit
from fedgov.store.transaction import Transaction, insert_or_ignore

EVERY: Final = MINUTE
"""Milliseconds between two looks at the clock."""

_DISMISS: Final = insert_or_ignore(announcement_dismissals)
_REACT: Final = insert_or_ignore(announcement_reactions)
_UNREACT: Final = delete(announcement_reactions).where(
    announcement_reactions.c.announcement_id == bindparam("announcement"),
    announcement_reactions.c.emoji == bindparam("named"),
    announcement_reactions.c.actor_id == bindparam("who"),
)
_COUNT: Final = (
    select(func.count())
    .select_from(announcement_reactions)
    .where(
        announcement_reactions.c.announcement_id == bindparam("announcement"),
        announcement_reactions.c.emoji == bindparam("named"),
    )
)
_LIVING: Final = select(announcements).where(announcements.c.published_at.is_not(None) | announcements.c.announced)


# --- administrators ---------------------------------------------------------------------------------------------


def write(
    tx: Transaction,
    *,
    text: str,
    starts_at: int | None = None,
    ends_at: int | None = None,
    all_day: bool = False,
    published: bool = True,
    by: str = "",
) -> int:
    """Write an announcement for everybody here.

    Args:
        tx: The open transaction.
        text: Markdown.
        starts_at: From when it is shown, in milliseconds since the epoch; None for at once.
        ends_at: The last moment; None until it is withdrawn.
        all_day: Both are about whole days.
        published: Show it; False keeps it as a draft.
        by: URI of the administrator; empty for the command line.

    Returns:
        Row id of the announcement.

    Raises:
        InvalidError: It says nothing or too much, or ends before it begins.
    """
    values = _values(tx, text=text, starts_at=starts_at, ends_at=ends_at, all_day=all_day)
    number = tx.new_id()
    row = {"id": number, "author": by, "created_at": tx.now, "published_at": tx.now if published else None}
    tx.execute(announcements.insert(), {**row, **values})
    audit.note(tx, "announcement.published" if published else "announcement.written", target=number)
    _keep(tx, number)
    return number


def change(
    tx: Transaction,
    *,
    announcement_id: int,
    text: str,
    starts_at: int | None = None,
    ends_at: int | None = None,
    all_day: bool = False,
) -> None:
    """Change an announcement; who dismissed it sees it again.

    Args:
        tx: The open transaction.
        announcement_id: Row id.
        text: As for `write`, and so are the others.
        starts_at: See there.
        ends_at: See there.
        all_day: See there.

    Raises:
        NotFoundError: There is none.
        InvalidError: As for `write`.
    """
    before = queries.get(tx, announcement_id=announcement_id)
    values = _values(tx, text=text, starts_at=starts_at, ends_at=ends_at, all_day=all_day)
    tx.execute(update(announcements).where(announcements.c.id == announcement_id).values(**values))
    if before.text != values["text"]:
        tx.execute(delete(announcement_dismissals).where(announcement_dismissals.c.announcement_id == announcement_id))
    audit.note(tx, "announcement.changed", target=announcement_id)
    _keep(tx, announcement_id, changed=True)


def publish(tx: Transaction, *, announcement_id: int) -> None:
    """Show a draft; nothing happens when it is published already.

    Raises:
        NotFoundError: There is none.
    """
    if queries.get(tx, announcement_id=announcement_id).published_at is None:
        _set(tx, announcement_id, published_at=tx.now)
        audit.note(tx, "announcement.published", target=announcement_id)
        _keep(tx, announcement_id)


def withdraw(tx: Transaction, *, announcement_id: int) -> None:
    """Show an announcement no more; it stays as a draft.

    Raises:
        NotFoundError: There is none.
    """
    if queries.get(tx, announcement_id=announcement_id).published_at is not None:
        _set(tx, announcement_id, published_at=None)
        audit.note(tx, "announcement.withdrawn", target=announcement_id)
        _keep(tx, announcement_id)


def remove(tx: Transaction, *, announcement_id: int) -> None:
    """Remove an announcement for good.

    Raises:
        NotFoundError: There is none.
    """
    queries.get(tx, announcement_id=announcement_id)
    _set(tx, announcement_id, published_at=None)
    _keep(tx, announcement_id)
    for table in (announcement_dismissals, announcement_reactions):
        tx.execute(delete(table).where(table.c.announcement_id == announcement_id))
    tx.execute(delete(announcements).where(announcements.c.id == announcement_id))
    audit.note(tx, "announcement.removed", target=announcement_id)


# --- everybody --------------------------------------------------------------------------------------------------


def dismiss(tx: Transaction, *, reader: str, announcement_id: int) -> None:
    """Let somebody see an announcement no more on their pages.

    Args:
        tx: The open transaction.
        reader: URI of the local actor.
        announcement_id: Row id.

    Raises:
        NotFoundError: It is not shown.
        ForbiddenError: It is nobody of this instance.
    """
    queries.get_shown(tx, announcement_id=announcement_id, reader=reader)
    tx.execute(_DISMISS, {"announcement_id": announcement_id, "owner_id": _reader(tx, reader), "at": tx.now})


def react(tx: Transaction, *, reader: str, announcement_id: int, emoji: str) -> None:
    """Put an emoji under an announcement; once, however often it is said.

    Args:
        tx: The open transaction.
        reader: URI of the local actor.
        announcement_id: Row id.
        emoji: One Unicode emoji, or the name of one of our own, with or without colons.

    Raises:
        NotFoundError: It is not shown.
        InvalidError: It is no emoji, or there are too many different ones already.
        ForbiddenError: It is nobody of this instance.
    """
    found = queries.get_shown(tx, announcement_id=announcement_id, reader=reader)
    own = [each.shortcode for each in emojis.named(tx, shortcodes=[emoji.strip().strip(":")])]
    named = policy.checked_reaction(emoji, there=[each.emoji for each in found.reactions], own=own)
    row = {"announcement_id": announcement_id, "emoji": named, "actor_id": _reader(tx, reader), "at": tx.now}
    if tx.execute(_REACT, row):
        _tell_reaction(tx, announcement_id, named)


def unreact(tx: Transaction, *, reader: str, announcement_id: int, emoji: str) -> None:
    """Take an emoji away again.

    Args:
        tx: The open transaction.
        reader: URI of the local actor.
        announcement_id: Row id.
        emoji: As for `react`.

    Raises:
        NotFoundError: It is not shown, or this person did not put that emoji there.
    """
    queries.get_shown(tx, announcement_id=announcement_id, reader=reader)
    named = emoji.strip().strip(":")
    values = {"announcement": announcement_id, "named": named, "who": actor_id(tx, uri=reader)}
    if not tx.execute(_UNREACT, values):
        raise NotFoundError("there is no such reaction")
    _tell_reaction(tx, announcement_id, named)


def _tell_reaction(tx: Transaction, announcement_id: int, emoji: str) -> None:
    count = int(tx.value(_COUNT, {"announcement": announcement_id, "named": emoji}))
    tx.tell(AnnouncementReacted(announcement_id=announcement_id, emoji=emoji, count=count))


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Forget what somebody who is gone dismissed and reacted."""
    gone = actor_id(tx, uri=uri)
    tx.execute(delete(announcement_dismissals).where(announcement_dismissals.c.owner_id == gone))
    tx.execute(delete(announcement_reactions).where(announcement_reactions.c.actor_id == gone))


# --- time -------------------------------------------------------------------------------------------------------


async def keep_time(instance: Instance) -> None:
    """Tell of announcements that begin or end now; for a job that runs once every `EVERY` milliseconds."""
    due = await instance.read(_due)
    if due:
        await instance.write(_keep_all, announcement_ids=due)


def _due(tx: Transaction) -> list[int]:
    return [row.id for row in tx.rows(_LIVING) if row.announced != queries.is_shown(row, now=tx.now)]


def _keep_all(tx: Transaction, *, announcement_ids: list[int]) -> None:
    for number in announcement_ids:
        _keep(tx, number)


def _keep(tx: Transaction, announcement_id: int, *, changed: bool = False) -> None:
    """Tell when an announcement begins or ends to be shown, or is shown with another text."""
    row = tx.row(select(announcements).where(announcements.c.id == announcement_id))
    if row is None:
        return
    shown = queries.is_shown(row, now=tx.now)
    if shown != row.announced:
        _set(tx, announcement_id, announced=shown)
    if shown and (changed or not row.announced):
        tx.tell(AnnouncementShown(announcement_id=announcement_id))
    elif row.announced and not shown:
        tx.tell(AnnouncementGone(announcement_id=announcement_id))


def _set(tx: Transaction, announcement_id: int, **values: Any) -> None:  # noqa: ANN401 - values of columns
    tx.execute(update(announcements).where(announcements.c.id == announcement_id).values(**values))


# --- pieces -----------------------------------------------------------------------------------------------------


def _reader(tx: Transaction, uri: str) -> int:
    found = reader_id(tx, uri=uri)
    if found is None:
        raise ForbiddenError("only somebody of this instance is told anything")
    return found


def _values(tx: Transaction, *, text: str, starts_at: int | None, ends_at: int | None, all_day: bool) -> dict[str, Any]:
    words = policy.checked_announcement(text, starts_at=starts_at, ends_at=ends_at)
    named: dict[str, None] = {}

    def resolve(name: str) -> str | None:
        row = _known(tx, name)
        if row is None:
            return None
        named.setdefault(row.uri)
        return tx.site.url(f"/@{row.username}") if row.local else str(row.uri)

    rendered = render_markdown(
        words, resolve_mention=resolve, hashtag_url=lambda tag: tx.site.url(f"/tags/{quote(tag)}")
    )
    tags = (normalise_hashtag(tag) for tag in rendered.hashtags)
    return {
        "text": words,
        "content_html": rendered.html,
        "mentions": orjson.dumps(list(named)).decode(),
        "hashtags": orjson.dumps(list(dict.fromkeys(tag for tag in tags if tag))).decode(),
        "posts": orjson.dumps(_linked_posts(tx, words)).decode(),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "all_day": all_day and (starts_at is not None or ends_at is not None),
        "updated_at": tx.now,
    }


def _known(tx: Transaction, name: str) -> Any:  # noqa: ANN401 - a row of actors, or None
    try:
        handle = parse_handle(name if "@" in name else f"{name}@{tx.site.domain}", scheme=tx.site.scheme)
    except FedgovError:
        return None
    row = actors.find_by_handle(tx, username=handle.username, at_host=handle.host)
    return None if row is None or row.deleted_at is not None else row


def _linked_posts(tx: Transaction, text: str) -> list[int]:
    """Return the row ids of the posts of ours that a text links to and that everybody may read."""
    found = re.findall(rf"{re.escape(tx.site.url('/posts/'))}([0-9]{{1,19}})\b", text)
    rows = posts.find_many(tx, object_ids=[int(number) for number in found if int(number) < 2**63])
    return [number for number, row in rows.items() if row.visibility == Visibility.PUBLIC.value]
