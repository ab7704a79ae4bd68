"""Polls: votes in and out, their numbers, and their end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update

from fedgov.activitystreams.activity import embeddable
from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.activitystreams.object import vote_document
from fedgov.features.posts import policy
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import documents, indexing
from fedgov.features.posts.tables import poll_options, poll_votes, polls, posts
from fedgov.features.posts.vocabulary import PollEnded
from fedgov.federation import actors, outbox
from fedgov.kernel.clock import SECOND
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.uris import host
from fedgov.store.transaction import Transaction, insert_or_ignore

TALLY_AFTER: Final = 30 * SECOND
"""Milliseconds after a vote until the new numbers are sent, so that many votes make one message."""

AT_ONCE: Final = 100
"""Most polls of each kind that are handled in one transaction."""

_VOTE: Final = insert_or_ignore(poll_votes)
_COUNT: Final = (
    update(poll_options)
    .where(poll_options.c.object_id == bindparam("id"), poll_options.c.position == bindparam("at"))
    .values(votes=poll_options.c.votes + 1)
)
_ONE_MORE_VOTER: Final = (
    update(polls)
    .where(polls.c.object_id == bindparam("id"), polls.c.voters_count.is_not(None))
    .values(voters_count=polls.c.voters_count + 1)
)
_TALLY: Final = (
    update(polls)
    .where(polls.c.object_id == bindparam("id"), polls.c.tally_due_at.is_(None))
    .values(tally_due_at=bindparam("at"))
)
_OVER: Final = (
    select(polls.c.object_id)
    .where(polls.c.closed_at.is_(None), polls.c.ends_at <= bindparam("now"))
    .order_by(polls.c.ends_at)
    .limit(AT_ONCE)
)
_TALLIES: Final = (
    select(polls.c.object_id)
    .join(posts, posts.c.object_id == polls.c.object_id)
    .where(polls.c.tally_due_at <= bindparam("now"), posts.c.local)
    .limit(AT_ONCE)
)


def vote(tx: Transaction, *, actor: str, object_id: int, choices: Sequence[int]) -> None:
    """Answer a poll, here or elsewhere; for good.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who votes.
        object_id: Row id of the poll's object.
        choices: Which answers, from 0.

    Raises:
        NotFoundError: There is no such poll, or not for this person.
        InvalidError: Not one of the answers, or more than one where one counts.
        ConflictError: The poll is over, or this person answered already.
        ForbiddenError: It is the voter's own.
        RateLimitedError: Too many reactions in this hour.

    Spec: FEP-9967; row AUT-14 of the threat table.
    """
    tx.limit("reactions", of=actor)
    row = post_queries.get(tx, object_id=object_id, viewer=actor)
    poll, labels = _poll(tx, row)
    chosen = list(dict.fromkeys(choices))
    if not chosen or any(not 0 <= position < len(labels) for position in chosen):
        raise InvalidError("choose one of the answers", field="choice")
    if len(chosen) > 1 and not poll.multiple:
        raise InvalidError("only one answer can be chosen", field="choice")
    _check(tx, row=row, poll=poll, actor=actor, has_voted=_has_voted(tx, row=row, actor=actor))
    for position in chosen:
        _count(tx, row=row, poll=poll, actor=actor, position=position)
    indexing.note_reader(tx, object_id=object_id, actor=actor)
    if not row.local:
        for position in chosen:
            _send_vote(tx, row=row, actor=actor, label=labels[position])


def receive_vote(tx: Transaction, *, actor: str, object_uri: str, label: str) -> bool:
    """Count a vote from elsewhere in a poll of this instance.

    Args:
        tx: The open transaction.
        actor: URI of who votes.
        object_uri: Id of the poll.
        label: The answer, word for word.

    Returns:
        False when it was counted already.

    Raises:
        NotFoundError: There is no such poll, or not for this voter.
        InvalidError: Not one of the answers.
        ConflictError: The poll is over, or another answer counts already.
        ForbiddenError: It is the voter's own.
    """
    row = post_queries.get(tx, uri=object_uri, viewer=actor)
    poll, labels = _poll(tx, row)
    if label not in labels:
        raise InvalidError("that is not one of the answers")
    position = labels.index(label)
    before = parts.own_votes(tx, object_ids=[row.object_id], actor=actor).get(row.object_id, ())
    if position in before:
        return False
    _check(tx, row=row, poll=poll, actor=actor, has_voted=bool(before) and not poll.multiple)
    _count(tx, row=row, poll=poll, actor=actor, position=position)
    outbox.confirm(tx, host=host(actor), object_uri=row.uri)
    return True


def _poll(tx: Transaction, row: Row[Any]) -> tuple[Row[Any], list[str]]:
    poll = parts.poll_rows(tx, object_ids=[row.object_id]).get(row.object_id)
    if poll is None:
        raise NotFoundError("there is no such poll")
    options = parts.options_of(tx, object_ids=[row.object_id])[row.object_id]
    return poll, [option.label for option in options]


def _has_voted(tx: Transaction, *, row: Row[Any], actor: str) -> bool:
    return bool(parts.own_votes(tx, object_ids=[row.object_id], actor=actor))


def _is_closed(tx: Transaction, poll: Row[Any]) -> bool:
    return poll.closed_at is not None or (poll.ends_at is not None and poll.ends_at <= tx.now)


def _check(tx: Transaction, *, row: Row[Any], poll: Row[Any], actor: str, has_voted: bool) -> None:
    closed = _is_closed(tx, poll)
    if policy.may_vote(author=row.author, voter=actor, closed=closed, has_voted=has_voted):
        return
    if row.author == actor:
        raise ForbiddenError("nobody votes in an own poll")
    if closed:
        raise ConflictError("the poll is over")
    raise ConflictError("you have voted already")


def _count(tx: Transaction, *, row: Row[Any], poll: Row[Any], actor: str, position: int) -> None:
    """Store one answer; the primary key lets only one pass where one counts, whoever comes at the same moment."""
    first = not _has_voted(tx, row=row, actor=actor)
    added = tx.execute(
        _VOTE,
        {
            "object_id": row.object_id,
            "actor": actor,
            "slot": position if poll.multiple else 0,
            "position": position,
            "at": tx.now,
        },
    )
    if not added:
        raise ConflictError("you have voted already")
    tx.execute(_COUNT, {"id": row.object_id, "at": position})
    if first:
        tx.execute(_ONE_MORE_VOTER, {"id": row.object_id})
    if row.local:
        tx.execute(_TALLY, {"id": row.object_id, "at": tx.now + TALLY_AFTER})


def _send_vote(tx: Transaction, *, row: Row[Any], actor: str, label: str) -> None:
    document = vote_document(
        f"{actor}#votes/{tx.new_id()}",
        author=actor,
        option=label,
        question=row.uri,
        to=row.author,
        published=tx.now,
    )
    outbox.publish(
        tx,
        actor=actor,
        activity={"type": "Create", "object": embeddable(document)},
        audience=Audience(to=(row.author,)),
        visibility=Visibility.DIRECT,
    )


# --- numbers and the end ----------------------------------------------------------------------------------------


def end_polls(tx: Transaction, *, now: int | None = None) -> int:
    """Close the polls whose time is over, and send the numbers that changed; for a worker, every few seconds.

    Args:
        tx: The open transaction.
        now: Milliseconds since the epoch; the transaction's time unless given.

    Returns:
        How many polls were closed or sent; call again at once when it is `AT_ONCE` or more.
    """
    moment = tx.now if now is None else now
    over = tx.values(_OVER, {"now": moment})
    for object_id in over:
        _end(tx, object_id=object_id, now=moment)
    due = tx.values(_TALLIES, {"now": moment})
    for object_id in due:
        _publish_tally(tx, object_id=object_id)
    return len(over) + len(due)


def _end(tx: Transaction, *, object_id: int, now: int) -> None:
    tx.execute(update(polls).where(polls.c.object_id == object_id).values(closed_at=now))
    row = post_queries.get_any(tx, object_id=object_id)
    if row.local:
        _publish_tally(tx, object_id=object_id)
    voters = tuple(uri for uri in parts.voters(tx, object_id=object_id) if tx.site.owns(uri))
    if row.local or voters:
        tx.tell(PollEnded(object_id=object_id, author=row.author, voters=voters))


def _publish_tally(tx: Transaction, *, object_id: int) -> None:
    """Send the numbers of a poll to everyone who got it and everyone who voted."""
    tx.execute(update(polls).where(polls.c.object_id == object_id).values(tally_due_at=None))
    row = post_queries.get_any(tx, object_id=object_id)
    author = actors.find(tx, uri=row.author)
    if author is None or author.deleted_at is not None:
        return
    document, audience, visibility, _ = documents.refresh(tx, object_id=object_id)
    outbox.publish(
        tx,
        actor=row.author,
        activity={"type": "Update", "object": embeddable(document)},
        audience=audience,
        visibility=visibility,
        also_to=parts.interested(tx, object_id=object_id),
        about=row.uri,
    )
