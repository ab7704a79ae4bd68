"""Quoting with consent: asking for it, giving it, and taking it back.

A stamp of our own is a public object of its author, at an address like a post's.

Spec: FEP-044f; ``FEDERATION.md``.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, select, update

from fedgov.activitystreams.activity import embeddable
from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.activitystreams.document import Document
from fedgov.activitystreams.object import tombstone
from fedgov.activitystreams.quotation import (
    EVERYONE,
    FOLLOWERS,
    REQUEST,
    STAMP,
    Quotable,
    request_document,
    stamp_document,
    stamps,
)
from fedgov.features.people.queries import account_of
from fedgov.features.posts import policy
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries.quotes import consent_of
from fedgov.features.posts.service import documents
from fedgov.features.posts.tables import posts
from fedgov.features.posts.vocabulary import ACCEPTED, PENDING, REJECTED, REVOKED, PostQuoted, QuotePolicy
from fedgov.federation import objects as object_store
from fedgov.federation import outbox
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.uris import same_origin
from fedgov.store.transaction import Transaction

_SETTLED: Final = frozenset({REJECTED, REVOKED})
_WORDS: Final[dict[str, Quotable]] = {
    QuotePolicy.PUBLIC: Quotable(automatic=(EVERYONE,)),
    QuotePolicy.FOLLOWERS: Quotable(automatic=(FOLLOWERS,)),
    QuotePolicy.NOBODY: Quotable(),
}
_SET: Final = (
    update(posts)
    .where(posts.c.object_id == bindparam("id"))
    .values(quote_id=bindparam("quote"), quote_state=bindparam("state"), quote_stamp=bindparam("stamp"))
)
_SET_POLICY: Final = update(posts).where(posts.c.object_id == bindparam("id")).values(quotable=bindparam("quotable"))
_STAMPED: Final = select(posts.c.object_id).where(posts.c.quote_stamp == bindparam("stamp"))


def quotable_of(tx: Transaction, *, author: str, visibility: Visibility, wanted: QuotePolicy | None = None) -> Quotable:
    """Return who may quote a new post of somebody here: nobody, where not everybody may read it.

    Args:
        tx: The open transaction.
        author: URI of the local actor.
        visibility: Who may read it.
        wanted: As the author says for this one; None: as the author chose once for all.
    """
    if not policy.may_share(visibility):
        return Quotable()
    account = None if wanted is not None else account_of(tx, actor=author)
    return _WORDS[wanted or (QuotePolicy.PUBLIC if account is None else account.quote_policy)]


def set_quotable(tx: Transaction, *, object_id: int, quotable: Quotable) -> None:
    """Store who may quote a post."""
    tx.execute(_SET_POLICY, {"id": object_id, "quotable": quotable.stored()})


# --- a post of ours quotes --------------------------------------------------------------------------------------


def check_quote(tx: Transaction, *, author: str, uri: str | None, visibility: Visibility) -> Row[Any] | None:
    """Refuse a quotation of what may not be quoted, or that would show it to more people (AC-15).

    Args:
        tx: The open transaction.
        author: URI of the local actor who quotes.
        uri: URI of the quoted post; None for a post that quotes nothing.
        visibility: Who may read the post that quotes.

    Raises:
        NotFoundError: There is no such post, or not for this person.
        InvalidError: It may not be quoted.
    """
    if uri is None:
        return None
    quoted = post_queries.get(tx, uri=uri, viewer=author)
    kind = Visibility(quoted.visibility)
    if not policy.may_share(kind):
        if quoted.author != author or visibility not in policy.quote_audiences(kind):
            raise InvalidError("this message is not public, so it cannot be quoted", field="quote")
    elif consent_of(tx, rows=[quoted], viewer=author)[quoted.object_id] == "denied":
        raise InvalidError("its author does not want this message to be quoted", field="quote")
    return quoted


def begin(tx: Transaction, *, object_id: int, quoted: Row[Any]) -> None:
    """Note what a new post of ours quotes; where the author is of here, consent is given or it is one's own.

    Args:
        tx: The open transaction.
        object_id: Row id of the post that quotes.
        quoted: What it quotes, checked by `check_quote`.
    """
    row = post_queries.get_any(tx, object_id=object_id)
    if row.author == quoted.author:
        _put(tx, row=row, quote_id=quoted.object_id, state=ACCEPTED, stamp=None)
    elif quoted.local:
        _accept(tx, row=row, quoted=quoted)
    else:
        _put(tx, row=row, quote_id=quoted.object_id, state=PENDING, stamp=None)


def ask(tx: Transaction, *, object_id: int, quoted: Row[Any]) -> None:
    """Ask the author elsewhere of what a post of ours quotes, when that has not been settled."""
    row = post_queries.get_any(tx, object_id=object_id)
    if row.quote_state != PENDING:
        return
    document = documents.document_of(tx, row=row, audience=documents.audience_of(tx, row=row))
    _tell(
        tx,
        actor=row.author,
        to=quoted.author,
        activity=request_document(quoted=quoted.uri, quoting=embeddable(document)),
    )


def receive_answer(tx: Transaction, *, author: str, quoting: str, quoted: str, stamp: str | None) -> int | None:
    """Note the answer of an author elsewhere to our request.

    Args:
        tx: The open transaction.
        author: URI of the actor who answers.
        quoting: URI of our post.
        quoted: URI of the quoted post.
        stamp: URI of the stamp; None for a no.

    Returns:
        Row id of our post, which has to be sent anew; None when nothing changed.

    Raises:
        NotFoundError: There is no such quotation.
        ForbiddenError: The answer is not the quoted author's to give.
    """
    row, original = post_queries.find_by_uri(tx, uri=quoting), post_queries.find_by_uri(tx, uri=quoted)
    if row is None or not row.local or row.quote_uri != quoted or original is None:
        raise NotFoundError("there is no such quotation of ours", detail=quoting)
    if original.author != author or (stamp is not None and not same_origin(stamp, author)):
        raise ForbiddenError("only who is quoted can answer that", detail=author)
    state = REJECTED if stamp is None else ACCEPTED
    if row.quote_state in {state, REVOKED}:
        return None
    _put(tx, row=row, quote_id=original.object_id, state=state, stamp=stamp)
    return int(row.object_id) if stamp is not None else None


# --- a post of ours is quoted -----------------------------------------------------------------------------------


def check_request(tx: Transaction, *, actor: str, quoted: str) -> Row[Any]:
    """Return the post of ours that somebody wants to quote and may.

    Raises:
        NotFoundError: There is no such post of ours, or not for this actor.
    """
    row = post_queries.get(tx, uri=quoted, viewer=actor)
    if not row.local:
        raise NotFoundError("there is no such message of ours", detail=quoted)
    return row


def receive_request(tx: Transaction, *, actor: str, quoted: str, quoting: str, request: Document) -> None:
    """Answer somebody elsewhere who wants to quote a post of ours, as its policy says.

    Args:
        tx: The open transaction.
        actor: URI of who asks.
        quoted: URI of our post.
        quoting: URI of the post that quotes, which is in the store.
        request: The request, to be answered.

    Raises:
        NotFoundError: There is no such post of ours for this actor, or no post that quotes it.
        ForbiddenError: The post that quotes is somebody else's.
    """
    original = check_request(tx, actor=actor, quoted=quoted)
    row = post_queries.find_by_uri(tx, uri=quoting)
    if row is None or row.quote_uri != original.uri:
        raise NotFoundError("there is no such quotation", detail=quoting)
    if row.author != actor:
        raise ForbiddenError("only the author can ask to quote", detail=actor)
    answered = {"id": request["id"], "type": REQUEST, "actor": actor, "object": quoted, "instrument": quoting}
    allowed = consent_of(tx, rows=[original], viewer=actor)[original.object_id] == "automatic"
    if row.quote_state in _SETTLED or not (allowed or row.quote_state == ACCEPTED):
        _put(tx, row=row, quote_id=original.object_id, state=row.quote_state or REJECTED, stamp=None)
        _tell(tx, actor=original.author, to=actor, activity={"type": "Reject", "object": answered})
        return
    stamp = row.quote_stamp or _accept(tx, row=row, quoted=original)
    _tell(tx, actor=original.author, to=actor, activity={"type": "Accept", "object": answered, "result": stamp})


def revoke(tx: Transaction, *, actor: str, object_id: int, quoting_id: int) -> None:
    """Take consent back, for good.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who is quoted.
        object_id: Row id of the quoted post.
        quoting_id: Row id of the post that quotes.

    Raises:
        NotFoundError: There is no such post, or not for this person, or it does not quote that one.
        ForbiddenError: The quoted post is somebody else's.
    """
    quoted = post_queries.get(tx, object_id=object_id, viewer=actor)
    row = post_queries.get_any(tx, object_id=quoting_id)
    if quoted.author != actor:
        raise ForbiddenError("this message is somebody else's")
    if row.quote_id != object_id:
        raise NotFoundError("there is no such quotation", detail=str(quoting_id))
    stamp = row.quote_stamp
    _put(tx, row=row, quote_id=object_id, state=REVOKED, stamp=None)
    if stamp is None or not tx.site.owns(stamp):
        return
    object_store.bury(tx, uri=stamp, author=actor)
    grave = embeddable(tombstone(stamp, deleted=tx.now, former_type=STAMP))
    _tell(tx, actor=actor, to=row.author, activity={"type": "Delete", "object": grave})


def _accept(tx: Transaction, *, row: Row[Any], quoted: Row[Any]) -> str:
    """Make a stamp; return its URI."""
    number = tx.new_id()
    uri = tx.site.post(number)
    document = stamp_document(uri, author=quoted.author, quoting=row.uri, quoted=quoted.uri)
    object_store.add(
        tx,
        uri=uri,
        kind=STAMP,
        author=quoted.author,
        visibility=Visibility.PUBLIC,
        targets=(),
        document=orjson.dumps(document).decode(),
        published_at=tx.now,
        row_id=number,
    )
    _put(tx, row=row, quote_id=quoted.object_id, state=ACCEPTED, stamp=uri)
    return uri


# --- others quote others ----------------------------------------------------------------------------------------


def note_received(tx: Transaction, *, object_id: int, stamp: str | None) -> None:
    """Weigh what a post elsewhere quotes, each time that it comes.

    A stamp counts when it was read at the quoted author's own server. To be
    quoted without a request counts where the policy of a post of ours says yes anyhow.

    Args:
        tx: The open transaction.
        object_id: Row id of the post.
        stamp: URI of the stamp that it says to have.
    """
    row = post_queries.get_any(tx, object_id=object_id)
    quoted = None if row.quote_uri is None else post_queries.find_by_uri(tx, uri=row.quote_uri)
    if quoted is None:
        if row.quote_state is not None or row.quote_id is not None:
            _put(tx, row=row, quote_id=None, state=None, stamp=None)
        return
    same = row.quote_id == quoted.object_id
    if same and row.quote_state in _SETTLED:
        return
    if quoted.author == row.author:
        _put(tx, row=row, quote_id=quoted.object_id, state=ACCEPTED, stamp=None)
    elif stamp is not None and _is_stamped(tx, stamp, row=row, quoted=quoted):
        _put(tx, row=row, quote_id=quoted.object_id, state=ACCEPTED, stamp=stamp)
    elif quoted.local and same and row.quote_state == ACCEPTED:
        return
    else:
        allowed = quoted.local and consent_of(tx, rows=[quoted], viewer=row.author)[quoted.object_id] == "automatic"
        _put(tx, row=row, quote_id=quoted.object_id, state=ACCEPTED if allowed else None, stamp=None)


def _is_stamped(tx: Transaction, stamp: str, *, row: Row[Any], quoted: Row[Any]) -> bool:
    found = object_store.find(tx, uri=stamp)
    if found is None or found.deleted_at is not None or found.attributed_to != quoted.author:
        return False
    return stamps(object_store.stored_document(found), quoting=row.uri, quoted=quoted.uri)


def keep_stamp(tx: Transaction, *, uri: str, author: str, document: Document) -> None:
    """Store a stamp that was read at its author's own server."""
    object_store.add(
        tx,
        uri=uri,
        kind=STAMP,
        author=author,
        visibility=Visibility.PUBLIC,
        targets=(),
        document=orjson.dumps(document).decode(),
        published_at=tx.now,
    )


def receive_revocation(tx: Transaction, *, actor: str, stamp: str) -> list[int] | None:
    """Note that an author elsewhere takes consent back.

    Args:
        tx: The open transaction.
        actor: URI of who takes it back.
        stamp: URI of what was deleted.

    Returns:
        Row ids of posts of ours that have to be sent anew; None when it is no stamp that is known here.

    Raises:
        ForbiddenError: The stamp is somebody else's.
    """
    found = object_store.find(tx, uri=stamp)
    stamped = tx.values(_STAMPED, {"stamp": stamp})
    if not stamped and (found is None or found.type != STAMP):
        return None
    ours = []
    for object_id in stamped:
        row = post_queries.get_any(tx, object_id=object_id)
        quoted = None if row.quote_uri is None else post_queries.find_by_uri(tx, uri=row.quote_uri)
        if quoted is not None and quoted.author != actor:
            raise ForbiddenError("only who is quoted can take that back", detail=actor)
        _put(tx, row=row, quote_id=row.quote_id, state=REVOKED, stamp=None)
        if row.local:
            ours.append(int(object_id))
    if found is not None and found.attributed_to == actor:
        object_store.bury(tx, uri=stamp, author=actor)
    return ours


# --- pieces -----------------------------------------------------------------------------------------------------


def _put(tx: Transaction, *, row: Row[Any], quote_id: int | None, state: str | None, stamp: str | None) -> None:
    """Store how a quotation stands; its author is told when consent is new, and hears nothing of an own one."""
    if (row.quote_id, row.quote_state, row.quote_stamp) == (quote_id, state, stamp):
        return
    tx.execute(_SET, {"id": row.object_id, "quote": quote_id, "state": state, "stamp": stamp})
    quoted = None if quote_id is None or state != ACCEPTED else post_queries.find(tx, object_id=quote_id)
    if quoted is not None and row.quote_state != ACCEPTED and quoted.author != row.author:
        tx.tell(PostQuoted(object_id=row.object_id, by=row.author, author=quoted.author))


def _tell(tx: Transaction, *, actor: str, to: str, activity: Document) -> None:
    outbox.publish(tx, actor=actor, activity=activity, audience=Audience(to=(to,)), visibility=Visibility.DIRECT)
