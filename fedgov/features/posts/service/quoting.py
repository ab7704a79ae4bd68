"""Quoting with consent: asking for it, giving it, and taking it back.

Spec: FEP-044f; ``FEDERATION.md``.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select, update

from fedgov.activitystreams.activity import embeddable
from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.activitystreams.document import Document
from fedgov.activitystreams.quotation import (
    EVERYONE,
    FOLLOWERS,
    REQUEST,
    STAMP,
    Quotable,
    request_document,
)
from fedgov.features.people.queries import account_of
from fedgov.features.posts import policy
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries import quote_requests as requests
from fedgov.features.posts.queries.quotes import consent_of
from fedgov.features.posts.service import documents, stamps
from fedgov.features.posts.tables import posts, quote_requests
from fedgov.features.posts.vocabulary import (
    ACCEPTED,
    PENDING,
    REJECTED,
    REVOKED,
    PostQuoted,
    QuoteAsked,
    QuotePolicy,
    QuoteSettled,
)
from fedgov.federation import objects as object_store
from fedgov.federation import outbox
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.uris import same_origin
from fedgov.store.transaction import Transaction, insert_or_update

_SETTLED: Final = frozenset({REJECTED, REVOKED})
_OURS_TO_SAY: Final = frozenset({ACCEPTED, PENDING})
_WORDS: Final[dict[QuotePolicy, Quotable]] = {
    QuotePolicy.PUBLIC: Quotable(automatic=(EVERYONE,)),
    QuotePolicy.FOLLOWERS: Quotable(automatic=(FOLLOWERS,)),
    QuotePolicy.ASK_OTHERS: Quotable(automatic=(FOLLOWERS,), manual=(EVERYONE,)),
    QuotePolicy.ASK: Quotable(manual=(EVERYONE,)),
    QuotePolicy.NOBODY: Quotable(),
}
_SET: Final = (
    update(posts)
    .where(posts.c.object_id == bindparam("id"))
    .values(quote_id=bindparam("quote"), quote_state=bindparam("state"), quote_stamp=bindparam("stamp"))
)
_SET_POLICY: Final = update(posts).where(posts.c.object_id == bindparam("id")).values(quotable=bindparam("quotable"))
_STAMPED: Final = select(posts.c.object_id).where(posts.c.quote_stamp == bindparam("stamp"))
_HOLD: Final = insert_or_update(quote_requests, key=["object_id"], update=["quoted_id", "author", "activity_uri", "at"])
_LET_GO: Final = delete(quote_requests).where(quote_requests.c.object_id == bindparam("id"))
_original: Final = posts.alias("original")
_BETWEEN: Final = (
    select(posts.c.object_id)
    .join(_original, _original.c.object_id == posts.c.quote_id)
    .where(
        posts.c.author == bindparam("by"),
        posts.c.quote_state.in_((ACCEPTED, PENDING)),
        _original.c.author == bindparam("author"),
    )
)
MAX_WAITING: Final = 20
"""Most requests of one actor that wait for the same person; what comes after them is refused."""


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
    return _WORDS[wanted or usual_policy(tx, author=author)]


def usual_policy(tx: Transaction, *, author: str) -> QuotePolicy:
    """Return who may quote what somebody here writes for everybody, where the post does not say otherwise."""
    account = account_of(tx, actor=author)
    return QuotePolicy.PUBLIC if account is None else QuotePolicy(account.quote_policy)


def policy_of(row: Row[Any]) -> QuotePolicy | None:
    """Return who may quote a post of ours; None where that is no choice, because not everybody may read it."""
    if not row.local or not policy.may_share(Visibility(row.visibility)):
        return None
    return next((word for word, quotable in _WORDS.items() if quotable.stored() == row.quotable), None)


def meant_by_app(wanted: QuotePolicy | None, *, present: QuotePolicy | None) -> QuotePolicy | None:
    """Return what an app means that knows only who may at once: who may ask stays as it was, when that does.

    Args:
        wanted: What it sent; None for nothing.
        present: What it was, or what it would be if the app said nothing.
    """
    return present if wanted is not None and present is not None and present.at_once is wanted else wanted


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
    elif not quoted.local:
        _put(tx, row=row, quote_id=quoted.object_id, state=PENDING, stamp=None)
    elif consent_of(tx, rows=[quoted], viewer=row.author)[quoted.object_id] == "automatic":
        _accept(tx, row=row, quoted=quoted)
    elif _has_too_many(tx, row=row, quoted=quoted):
        raise InvalidError("its author has several of your requests to answer already", field="quote")
    else:
        _hold(tx, row=row, quoted=quoted, activity_uri=None)


def ask(tx: Transaction, *, object_id: int, quoted: Row[Any]) -> None:
    """Ask the author elsewhere of what a post of ours quotes, when that has not been settled."""
    row = post_queries.get_any(tx, object_id=object_id)
    if row.quote_state != PENDING or quoted.local:
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
    return int(row.object_id) if stamp is not None or row.quote_stamp is not None else None


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
    """Answer somebody elsewhere who wants to quote a post of ours, as its policy says, or let them wait.

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
    request_uri = str(request["id"])
    consent = consent_of(tx, rows=[original], viewer=actor)[original.object_id]
    if row.quote_state in _SETTLED:
        _answer(tx, row=row, quoted=original, request_uri=request_uri, stamp=None)
    elif consent == "automatic" or row.quote_state == ACCEPTED:
        stamp = row.quote_stamp or _accept(tx, row=row, quoted=original)
        _answer(tx, row=row, quoted=original, request_uri=request_uri, stamp=stamp)
    elif consent == "denied" or _has_too_many(tx, row=row, quoted=original):
        _put(tx, row=row, quote_id=original.object_id, state=REJECTED, stamp=None)
        _answer(tx, row=row, quoted=original, request_uri=request_uri, stamp=None)
    else:
        _hold(tx, row=row, quoted=original, activity_uri=request_uri)


def answer_request(tx: Transaction, *, actor: str, quoting_id: int, agrees: bool) -> None:
    """Answer somebody who waits, as the quoted author decided.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who is quoted.
        quoting_id: Row id of the post that quotes.
        agrees: Whether it may.

    Raises:
        NotFoundError: Nobody waits for this person to answer that.
    """
    waiting = requests.waiting(tx, object_id=quoting_id)
    quoted = None if waiting is None else post_queries.find(tx, object_id=waiting.quoted_id)
    if waiting is None or quoted is None or waiting.author != actor:
        raise NotFoundError("nobody waits for an answer to that", detail=str(quoting_id))
    row = post_queries.get_any(tx, object_id=quoting_id)
    stamp = None
    if agrees:
        stamp = _accept(tx, row=row, quoted=quoted, told=True)
    else:
        _put(tx, row=row, quote_id=quoted.object_id, state=REJECTED, stamp=None)
    if waiting.activity_uri is not None:
        _answer(tx, row=row, quoted=quoted, request_uri=waiting.activity_uri, stamp=stamp)


def _answer(tx: Transaction, *, row: Row[Any], quoted: Row[Any], request_uri: str, stamp: str | None) -> None:
    """Tell somebody elsewhere what came of a request."""
    asked = {"id": request_uri, "type": REQUEST, "actor": row.author, "object": quoted.uri, "instrument": row.uri}
    told: Document = {"type": "Reject", "object": asked}
    if stamp is not None:
        told = {"type": "Accept", "object": asked, "result": stamp}
    _tell(tx, actor=quoted.author, to=row.author, activity=told)


def _has_too_many(tx: Transaction, *, row: Row[Any], quoted: Row[Any]) -> bool:
    if requests.waiting(tx, object_id=row.object_id) is not None:
        return False
    return requests.count(tx, author=quoted.author, by=row.author) >= MAX_WAITING


def _hold(tx: Transaction, *, row: Row[Any], quoted: Row[Any], activity_uri: str | None) -> None:
    """Let somebody wait until the author looked at it; who asks again waits no longer and is told of once."""
    is_new = requests.waiting(tx, object_id=row.object_id) is None
    values = {"object_id": row.object_id, "quoted_id": quoted.object_id, "author": quoted.author}
    tx.execute(_HOLD, {**values, "activity_uri": activity_uri, "at": tx.now})
    _put(tx, row=row, quote_id=quoted.object_id, state=PENDING, stamp=None)
    if is_new:
        tx.tell(QuoteAsked(object_id=row.object_id, by=row.author, author=quoted.author))


def _let_go(tx: Transaction, *, row: Row[Any]) -> None:
    waiting = requests.waiting(tx, object_id=row.object_id)
    if waiting is not None:
        tx.execute(_LET_GO, {"id": row.object_id})
        tx.tell(QuoteSettled(object_id=row.object_id, by=row.author, author=waiting.author))


def revoke(tx: Transaction, *, actor: str, object_id: int, quoting_id: int) -> None:
    """Take consent back, for good; from somebody who still waits for it, it is a no.

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
    if requests.waiting(tx, object_id=quoting_id) is not None:
        answer_request(tx, actor=actor, quoting_id=quoting_id, agrees=False)
        return
    _take_back(tx, row=row, quoted=quoted)


def _take_back(tx: Transaction, *, row: Row[Any], quoted: Row[Any]) -> None:
    _put(tx, row=row, quote_id=quoted.object_id, state=REVOKED, stamp=None)
    stamps.bury(tx, stamp=row.quote_stamp, author=quoted.author, quoting_author=row.author, quoted=quoted)


def repeat_revocation(tx: Transaction, *, stamp: str, author: str) -> list[int] | None:
    """Take consent back once more that was taken back after a backup; who quotes is told again.

    Args:
        tx: The open transaction.
        stamp: URI of the stamp that was erased.
        author: URI of whose it was.

    Returns:
        Row ids of posts of ours that have to be sent anew; None when no quotation here has this stamp.
    """
    if not tx.site.owns(stamp):
        return receive_revocation(tx, actor=author, stamp=stamp)
    stamped = [post_queries.get_any(tx, object_id=object_id) for object_id in tx.values(_STAMPED, {"stamp": stamp})]
    for row in stamped:
        quoted = post_queries.find(tx, object_id=row.quote_id)
        _put(tx, row=row, quote_id=row.quote_id, state=REVOKED, stamp=None)
        stamps.bury(tx, stamp=stamp, author=author, quoting_author=row.author, quoted=quoted)
    return [int(row.object_id) for row in stamped if row.local] if stamped else None


def end_between(tx: Transaction, *, author: str, by: str) -> list[int]:
    """Take back all consent that somebody here gave to somebody whom they block now, and refuse what waits.

    Args:
        tx: The open transaction.
        author: URI of who blocks; nothing happens for somebody elsewhere.
        by: URI of who is blocked.

    Returns:
        Row ids of posts of ours that have to be sent anew.

    Spec: row AUT-11 of the threat table.
    """
    ours = []
    for object_id in tx.values(_BETWEEN, {"author": author, "by": by}) if tx.site.owns(author) else ():
        row = post_queries.get_any(tx, object_id=object_id)
        revoke(tx, actor=author, object_id=row.quote_id, quoting_id=object_id)
        if row.local:
            ours.append(int(object_id))
    return ours


def _accept(tx: Transaction, *, row: Row[Any], quoted: Row[Any], told: bool = False) -> str:
    """Make a stamp; return its URI."""
    uri = stamps.make(tx, quoted=quoted, quoting=row.uri)
    _put(tx, row=row, quote_id=quoted.object_id, state=ACCEPTED, stamp=uri, told=told)
    return uri


# --- others quote others ----------------------------------------------------------------------------------------


def note_received(tx: Transaction, *, object_id: int, stamp: str | None) -> None:
    """Weigh what a post elsewhere quotes, each time that it comes.

    A stamp counts when it was read at the quoted author's own server. To be
    quoted without a request counts where the policy of a post of ours says yes anyhow, to who may read it.
    A post that was refused once stays refused, whatever it is edited to quote meanwhile.

    Args:
        tx: The open transaction.
        object_id: Row id of the post.
        stamp: URI of the stamp that it says to have.
    """
    row = post_queries.get_any(tx, object_id=object_id)
    quoted = None if row.quote_uri is None else post_queries.find_by_uri(tx, uri=row.quote_uri)
    if row.quote_state in _SETTLED:
        _put(
            tx,
            row=row,
            quote_id=row.quote_id if quoted is None else quoted.object_id,
            state=row.quote_state,
            stamp=None,
        )
        return
    if quoted is None:
        if row.quote_state is not None or row.quote_id is not None:
            _put(tx, row=row, quote_id=None, state=None, stamp=None)
        return
    same = row.quote_id == quoted.object_id
    if quoted.author == row.author:
        _put(tx, row=row, quote_id=quoted.object_id, state=ACCEPTED, stamp=None)
    elif stamp is not None and stamps.is_valid(tx, stamp, quoting=row.uri, quoted=quoted):
        _put(tx, row=row, quote_id=quoted.object_id, state=ACCEPTED, stamp=stamp)
    elif quoted.local and same and row.quote_state in _OURS_TO_SAY:
        return
    else:
        allowed = quoted.local and _needs_no_request(tx, quoted=quoted, by=row.author)
        _put(tx, row=row, quote_id=quoted.object_id, state=ACCEPTED if allowed else None, stamp=None)


def _needs_no_request(tx: Transaction, *, quoted: Row[Any], by: str) -> bool:
    """Tell whether anybody who asked would get consent to quote a post of ours, and this actor may read it."""
    consent = consent_of(tx, rows=[quoted], viewer=by)[quoted.object_id]
    return consent == "automatic" and post_queries.may_read(tx, row=quoted, viewer=by)


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
        if not same_origin(stamp, actor) or (quoted is not None and quoted.author != actor):
            raise ForbiddenError("only who is quoted can take that back", detail=actor)
        _put(tx, row=row, quote_id=row.quote_id, state=REVOKED, stamp=None)
        if row.local:
            ours.append(int(object_id))
    if found is not None and found.attributed_to == actor:
        object_store.bury(tx, uri=stamp, author=actor)
    return ours


# --- pieces -----------------------------------------------------------------------------------------------------


def _put(
    tx: Transaction,
    *,
    row: Row[Any],
    quote_id: int | None,
    state: str | None,
    stamp: str | None,
    told: bool = False,
) -> None:
    """Store how a quotation stands; who is quoted hears of new consent, unless asked before or quoting themself."""
    if (row.quote_id, row.quote_state, row.quote_stamp) == (quote_id, state, stamp):
        return
    tx.execute(_SET, {"id": row.object_id, "quote": quote_id, "state": state, "stamp": stamp})
    if row.quote_state == PENDING and state != PENDING:
        _let_go(tx, row=row)
    quoted = None if quote_id is None or state != ACCEPTED else post_queries.find(tx, object_id=quote_id)
    if quoted is not None and row.quote_state != ACCEPTED and quoted.author != row.author and not told:
        tx.tell(PostQuoted(object_id=row.object_id, by=row.author, author=quoted.author))


def _tell(tx: Transaction, *, actor: str, to: str, activity: Document) -> None:
    outbox.publish(tx, actor=actor, activity=activity, audience=Audience(to=(to,)), visibility=Visibility.DIRECT)
