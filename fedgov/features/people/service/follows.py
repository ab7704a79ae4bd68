"""Following: asked, granted, refused and ended, by people here and elsewhere.

What happens between two people of this instance is an activity as well; it is
stored and answered in the same transaction instead of being sent.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from fedgov.activitystreams.activity import embeddable
from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.activitystreams.document import Document
from fedgov.features.people import queries
from fedgov.features.people.policy import people as policy
from fedgov.features.people.vocabulary import Followed, FollowRequested, Unfollowed
from fedgov.federation import actors, follows, outbox
from fedgov.kernel.errors import ForbiddenError, NotFoundError
from fedgov.store.transaction import Transaction

# --- by people here ---------------------------------------------------------------------------------------------


def follow(tx: Transaction, *, actor: str, target: str) -> str:
    """Follow somebody, here or elsewhere; doing it twice changes nothing.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who follows.
        target: URI of whom; must be in the store.

    Returns:
        ``accepted``, or ``pending`` until the other side answers.

    Raises:
        ForbiddenError: A block, a move or plain sense is against it.
        NotFoundError: One of the two is unknown.
        RateLimitedError: Too many follows in this hour.

    Spec: ActivityPub, section 6.5.
    """
    tx.limit("follows", of=actor)
    who, whom = active(tx, uri=actor), actors.get(tx, uri=target)
    known = follows.find(tx, follower=actor, following=target)
    if known is not None:
        return str(known.state)
    policy.may_follow(
        queries.party(who),
        whom=queries.party(whom),
        blocks=queries.blocks(tx, who=actor, whom=target) or queries.blocks_host_of(tx, who=actor, whom=target),
        blocked=queries.blocks(tx, who=target, whom=actor),
    )
    uri = tell(tx, actor=actor, to=target, activity={"type": "Follow", "object": target})
    follows.put(tx, follower=actor, following=target, state="pending", activity_uri=uri)
    if not whom.local:
        return "pending"
    return receive_follow(tx, follower=actor, following=target, activity=_own_follow(tx, uri=uri))


def unfollow(tx: Transaction, *, actor: str, target: str) -> bool:
    """Stop following somebody, or take the request back.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who follows.
        target: URI of whom.

    Returns:
        False when there was nothing to end.

    Spec: ActivityPub, section 6.10.
    """
    row = follows.find(tx, follower=actor, following=target)
    if row is None:
        return False
    tell(tx, actor=actor, to=target, activity={"type": "Undo", "object": follow_document(tx, row=row)})
    _end(tx, row=row)
    return True


def ask_again(tx: Transaction, *, follower: str, following: str) -> bool:
    """Repeat a request that the other side seems to have granted without us hearing of it.

    Its list of followers may be of before our last messages, so it alone grants nothing;
    the answer to the newest request does.

    Args:
        tx: The open transaction.
        follower: URI of the local actor who asked.
        following: URI of who was asked.

    Returns:
        False when no request of theirs is open.

    Spec: FEP-8fcf.
    """
    row = follows.find(tx, follower=follower, following=following)
    if row is None or row.state != "pending" or not tx.site.owns(follower):
        return False
    uri = tell(tx, actor=follower, to=following, activity={"type": "Follow", "object": following})
    follows.put(tx, follower=follower, following=following, state="pending", activity_uri=uri)
    return True


def accept_request(tx: Transaction, *, actor: str, follower: str) -> None:
    """Let somebody follow who asked for it.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who was asked.
        follower: URI of who asks.

    Raises:
        NotFoundError: There is no such request, so none can be forced (AC-12).
    """
    row = _pending(tx, follower=follower, following=actor)
    follows.accept(tx, follower=follower, following=actor)
    tell(tx, actor=actor, to=follower, activity={"type": "Accept", "object": follow_document(tx, row=row)})
    tx.tell(Followed(follower=follower, following=actor))


def reject_request(tx: Transaction, *, actor: str, follower: str) -> None:
    """Refuse somebody who asks to follow.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who was asked.
        follower: URI of who asks.

    Raises:
        NotFoundError: There is no such request.
    """
    row = _pending(tx, follower=follower, following=actor)
    _reject(tx, actor=actor, row=row)


def remove_follower(tx: Transaction, *, actor: str, follower: str) -> bool:
    """End that somebody follows a person here, whether that somebody agrees or not.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who is followed.
        follower: URI of who follows.

    Returns:
        False when nobody of that name follows.
    """
    row = follows.find(tx, follower=follower, following=actor)
    if row is None:
        return False
    _reject(tx, actor=actor, row=row)
    return True


# --- by others --------------------------------------------------------------------------------------------------


def receive_follow(tx: Transaction, *, follower: str, following: str, activity: Document) -> str:
    """Answer somebody who wants to follow an actor of this instance.

    The answer embeds the Follow as it came, because some servers know it only so.

    Args:
        tx: The open transaction.
        follower: URI of who asks.
        following: URI of the local actor.
        activity: The Follow, exactly as received.

    Returns:
        ``accepted``, ``pending`` or ``rejected``.

    Raises:
        NotFoundError: There is no such actor here.
    """
    asked = active(tx, uri=following)
    known = follows.find(tx, follower=follower, following=following)
    uri = str(activity.get("id"))
    unwanted = queries.any_block(tx, one=following, other=follower)
    if asked.kind == "Application" or unwanted or queries.blocks_host_of(tx, who=following, whom=follower):
        follows.remove(tx, follower=follower, following=following)
        tell(tx, actor=following, to=follower, activity={"type": "Reject", "object": activity})
        return "rejected"
    already = known is not None and known.state == "accepted"
    if asked.approves_followers and not already:
        asked_before = known is not None and known.activity_uri != uri
        follows.put(tx, follower=follower, following=following, state="pending", activity_uri=uri)
        if not asked_before:
            tx.tell(FollowRequested(follower=follower, following=following))
        return "pending"
    follows.put(tx, follower=follower, following=following, state="accepted", activity_uri=uri)
    tell(tx, actor=following, to=follower, activity={"type": "Accept", "object": activity})
    if not already:
        tx.tell(Followed(follower=follower, following=following))
    return "accepted"


def receive_accept(tx: Transaction, *, follower: str, following: str, request: str | None = None) -> bool:
    """Note that a request of somebody here was granted.

    Args:
        tx: The open transaction.
        follower: URI of the local actor who asked.
        following: URI of who granted it.
        request: Id of the Follow that is answered, where the answer says so.

    Returns:
        False when nothing was asked, so nothing happens (AUT-04), or when another request was answered.
    """
    row = follows.find(tx, follower=follower, following=following)
    if row is None or not tx.site.owns(follower) or _is_another(tx, row=row, request=request):
        return False
    if not follows.accept(tx, follower=follower, following=following):
        return False
    tx.tell(Followed(follower=follower, following=following))
    return True


def receive_reject(tx: Transaction, *, follower: str, following: str, request: str | None = None) -> bool:
    """Note that a request of somebody here was refused, or a granted one taken back.

    Args:
        tx: The open transaction.
        follower: URI of the local actor who asked or follows.
        following: URI of who refuses.
        request: Id of the Follow that is answered, where the answer says so.

    Returns:
        False when there was nothing to refuse, or when another request was answered.
    """
    row = follows.find(tx, follower=follower, following=following)
    if row is None or not tx.site.owns(follower) or _is_another(tx, row=row, request=request):
        return False
    _end(tx, row=row)
    return True


def _is_another(tx: Transaction, *, row: Row[Any], request: str | None) -> bool:
    """Tell whether an answer is about an earlier request than the one that stands.

    Who stops following and begins again has sent two of them, and the answer to the
    first may come last. Ids that are not ours say nothing: some servers make up their own.
    """
    return request is not None and row.activity_uri not in (None, request) and tx.site.owns(request)


def receive_undo(tx: Transaction, *, follower: str, following: str) -> bool:
    """Note that somebody stopped following an actor of this instance; False when there was no follow."""
    row = follows.find(tx, follower=follower, following=following)
    if row is None:
        return False
    _end(tx, row=row)
    return True


# --- pieces -----------------------------------------------------------------------------------------------------


def active(tx: Transaction, *, uri: str) -> Row[Any]:
    """Return the row of a local actor that may act.

    Raises:
        NotFoundError: There is none.
        ForbiddenError: Its account is disabled.
    """
    row = actors.get(tx, uri=uri)
    if not row.local:
        raise NotFoundError("there is no such person here", detail=uri)
    if row.disabled_at is not None:
        raise ForbiddenError("this account is disabled")
    return row


def tell(tx: Transaction, *, actor: str, to: str, activity: Document) -> str:
    """Store an activity that concerns one other actor, and send it when that one lives elsewhere.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who does it.
        to: URI of the other.
        activity: Type and object.

    Returns:
        Its id.
    """
    return outbox.publish(tx, actor=actor, activity=activity, audience=Audience(to=(to,)), visibility=Visibility.DIRECT)


def follow_document(tx: Transaction, *, row: Row[Any]) -> Document:
    """Return the Follow behind a row, as it was sent or received; rebuilt when it is not kept any more."""
    if row.activity_uri is not None:
        if tx.site.owns(row.follower):
            return _own_follow(tx, uri=row.activity_uri) or _rebuilt(row)
        received = queries.received(tx, activity_uri=row.activity_uri, actor=row.follower)
        if received is not None:
            return received
    return _rebuilt(row)


def _rebuilt(row: Row[Any]) -> Document:
    document = {"type": "Follow", "actor": row.follower, "object": row.following}
    return document if row.activity_uri is None else {"id": row.activity_uri} | document


def _own_follow(tx: Transaction, *, uri: str) -> Document:
    return bare(outbox.find(tx, uri=uri) or {})


def bare(document: Document) -> Document:
    """Return an activity of our own as it stands inside another: without context and proof."""
    return {key: value for key, value in embeddable(document).items() if key != "proof"}


def _pending(tx: Transaction, *, follower: str, following: str) -> Row[Any]:
    row = follows.find(tx, follower=follower, following=following)
    if row is None or row.state != "pending":
        raise NotFoundError("there is no such request")
    return row


def _reject(tx: Transaction, *, actor: str, row: Row[Any]) -> None:
    tell(tx, actor=actor, to=row.follower, activity={"type": "Reject", "object": follow_document(tx, row=row)})
    _end(tx, row=row)


def _end(tx: Transaction, *, row: Row[Any]) -> None:
    follows.remove(tx, follower=row.follower, following=row.following)
    tx.tell(Unfollowed(follower=row.follower, following=row.following))
