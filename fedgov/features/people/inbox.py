"""What others do that concerns people: follows, answers, blocks, profiles, moves and farewells.

Spec: ``docs/federation/people.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from fedgov.activitystreams.activity import Activity
from fedgov.activitystreams.actor import read_actor
from fedgov.activitystreams.document import Document, timestamp, types, uri
from fedgov.features.people import queries
from fedgov.features.people.service import blocks, follows, moves, removal
from fedgov.features.people.service.profiles import remember_profile
from fedgov.federation import actors
from fedgov.federation import follows as follow_rows
from fedgov.federation.dispatch import ACTOR, Handler, Need, VerifiedActivity
from fedgov.kernel.errors import ForbiddenError, MalformedError
from fedgov.store.transaction import Transaction


def on_follow(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody wants to follow a person, or the organisation, of this instance."""
    activity = verified.activity
    following = _local(tx, activity.object_uri)
    follows.receive_follow(tx, follower=activity.actor, following=following, activity=activity.document)


def on_accept(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody lets a person here follow; what nobody asked for has no effect (AUT-04)."""
    activity = verified.activity
    follower = _asker(tx, activity)
    if follower is not None:
        follows.receive_accept(tx, follower=follower, following=activity.actor, request=activity.object_uri)


def check_accept(tx: Transaction, verified: VerifiedActivity) -> None:
    """Refuse an answer to what nobody asked, or asks no longer, before anything is fetched."""
    activity = verified.activity
    follower = _asker(tx, activity)
    if follower is None or follow_rows.find(tx, follower=follower, following=activity.actor) is None:
        raise ForbiddenError("nobody here asked for this", detail=activity.id)


def needs_of_accept(activity: Activity) -> Iterable[Need]:
    """Read anew whom somebody begins to follow: of what changed before, their server told us nothing."""
    yield Need(kind="actor", uri=activity.actor, required=False, fresh=True)


def on_reject(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody refuses a person here as a follower, now or afterwards."""
    activity = verified.activity
    follower = _asker(tx, activity)
    if follower is not None:
        follows.receive_reject(tx, follower=follower, following=activity.actor, request=activity.object_uri)


def on_undo_follow(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody stops following."""
    following = _own_object(verified.activity)
    if following is None:
        following = queries.followed_by_activity(
            tx, activity_uri=verified.activity.object_uri or "", follower=verified.activity.actor
        )
    if following is not None:
        follows.receive_undo(tx, follower=verified.activity.actor, following=following)


def on_block(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody shuts the door on a person here."""
    activity = verified.activity
    whom = _local(tx, activity.object_uri)
    blocks.receive_block(tx, who=activity.actor, whom=whom, activity_uri=activity.id)


def on_undo_block(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody opens the door again."""
    whom = _own_object(verified.activity)
    if whom is not None:
        blocks.receive_unblock(tx, who=verified.activity.actor, whom=whom)


def on_update(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody describes themselves anew; nobody is described by others (AUT-02)."""
    activity = verified.activity
    if activity.object_uri != activity.actor:
        raise ForbiddenError("an actor is described by itself only", detail=f"{activity.actor} {activity.object_uri}")
    if activity.object is None:
        raise MalformedError("an Update of an actor must contain the actor")
    actor = read_actor(activity.object)
    if actor.uri != activity.actor:
        raise ForbiddenError("an actor is described by itself only", detail=f"{activity.actor} {actor.uri}")
    if not _is_older(tx, activity.object, of=actor.uri):
        remember_profile(tx, actor=actor, body=orjson.dumps(activity.object).decode())


def on_delete(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody is gone."""
    activity = verified.activity
    if activity.object_uri != activity.actor:
        raise ForbiddenError("an actor is deleted by itself only", detail=f"{activity.actor} {activity.object_uri}")
    removal.remove_actor(tx, uri=activity.actor)


def on_move(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody goes on under another name (AUT-05)."""
    check_move(tx, verified)
    activity = verified.activity
    moves.receive_move(tx, old=activity.actor, new=activity.target or "")


def check_move(_tx: Transaction, verified: VerifiedActivity) -> None:
    """Refuse to move somebody else, before the new account is fetched."""
    activity = verified.activity
    if activity.object_uri != activity.actor or activity.target is None:
        raise ForbiddenError("an account is moved by itself only", detail=f"{activity.actor} {activity.object_uri}")


def needs_of_move(activity: Activity) -> Iterable[Need]:
    """The new account must be known before its claim can be compared."""
    return () if activity.target is None else (Need(kind="actor", uri=activity.target, fresh=True),)


# --- pieces -----------------------------------------------------------------------------------------------------


def _local(tx: Transaction, who: str | None) -> str:
    """Return the URI when it is an actor of this instance.

    Raises:
        ForbiddenError: It is not.
    """
    row = actors.find(tx, uri=who) if who is not None else None
    if row is None or not row.local:
        raise ForbiddenError("this does not concern anybody here", detail=str(who)[:300])
    return str(row.uri)


def _asker(tx: Transaction, activity: Activity) -> str | None:
    """Return who here asked to follow the actor of this answer, or None when nobody did.

    The Follow may be embedded, also without an id of ours, or named by its URI.
    """
    inner = activity.object
    if inner is not None and _is(inner, "Follow"):
        asker = uri(inner, "actor")
        if asker is not None and uri(inner, "object") == activity.actor:
            return asker
    if activity.object_uri is None:
        return None
    return queries.asked_by_activity(tx, activity_uri=activity.object_uri, following=activity.actor)


def _own_object(activity: Activity) -> str | None:
    """Return what the undone activity was about; None when that is not said.

    Raises:
        ForbiddenError: It is somebody else's activity (AUT-03).
    """
    if activity.object is None:
        return None
    if uri(activity.object, "actor") != activity.actor:
        raise ForbiddenError("only who did something can undo it", detail=activity.actor)
    return uri(activity.object, "object")


def _is(document: Document, kind: str) -> bool:
    return kind in types(document)


def _is_older(tx: Transaction, document: Document, *, of: str) -> bool:
    """Tell whether what is stored is newer, as far as both say when they were made (AUT-10)."""
    row = actors.find(tx, uri=of)
    if row is None or row.document is None:
        return False
    said, known = timestamp(document, "updated"), timestamp(orjson.loads(row.document), "updated", latest=tx.now)
    return said is not None and known is not None and said < known


HANDLERS: Final[Mapping[tuple[str, str], Handler]] = {
    ("Follow", ACTOR): Handler(apply=on_follow),
    ("Accept", "Follow"): Handler(apply=on_accept, needs=needs_of_accept, check=check_accept),
    ("Reject", "Follow"): Handler(apply=on_reject),
    ("Undo", "Follow"): Handler(apply=on_undo_follow),
    ("Block", ACTOR): Handler(apply=on_block),
    ("Undo", "Block"): Handler(apply=on_undo_block),
    ("Update", ACTOR): Handler(apply=on_update),
    ("Delete", ACTOR): Handler(apply=on_delete),
    ("Move", ACTOR): Handler(apply=on_move, needs=needs_of_move, check=check_move),
}
