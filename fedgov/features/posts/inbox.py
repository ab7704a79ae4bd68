"""What others do with posts: theirs and ours.

Who did it was proven before; here it is decided whether that actor may do it.
A handler that refuses raises from the error tree, and the reason stands in the log.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fedgov.activitystreams.activity import Activity
from fedgov.activitystreams.audience import Visibility, visibility
from fedgov.activitystreams.document import Document, embedded, http_uri, required_uri, types, uri
from fedgov.activitystreams.object import ObjectView, read_object, read_quote
from fedgov.activitystreams.quotation import STAMP, read_stamp
from fedgov.activitystreams.tag import Emoji, read_emojis
from fedgov.features.posts import policy
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import keeping, pinning, polls, publishing, quoting, reacting, stamps
from fedgov.federation import actors, outbox
from fedgov.federation import objects as object_store
from fedgov.federation.dispatch import ANY, FetchedObject, Handler, Keeper, Need, VerifiedActivity
from fedgov.kernel.errors import ForbiddenError, MalformedError, NotFoundError
from fedgov.kernel.uris import host, is_http_uri, same_origin
from fedgov.store.transaction import Transaction

QUOTE_PATIENCE: Final = 12
"""So many attempts, some two hours, a post waits for what it quotes by consent: later nobody would send it again."""

# --- posts ------------------------------------------------------------------------------------------------------


def on_create(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere wrote something, or voted."""
    activity = verified.activity
    if activity.object is None:
        _check_known(tx, activity)
        return
    received = _received(verified, activity.object)
    view = received.view
    if view.is_vote and _is_our_poll(tx, view.in_reply_to):
        _check_vote(view, actor=activity.actor)
        polls.receive_vote(tx, actor=activity.actor, object_uri=view.in_reply_to or "", label=view.name or "")
        return
    if not _is_here(tx, view.uri):
        _check_concerns_us(tx, activity=activity, view=view)
    keeping.keep_remote_post(tx, received)
    if view.in_reply_to is not None and tx.site.owns(view.in_reply_to):
        outbox.confirm(tx, host=host(activity.actor), object_uri=view.in_reply_to)


def _received(verified: VerifiedActivity, document: Document) -> keeping.Received:
    activity = verified.activity
    return keeping.Received(
        document=document,
        author=activity.actor,
        received_at=verified.received_at,
        stated_at=None if activity.published is None else min(activity.published, verified.received_at),
        audience=activity.audience,
    )


def _is_here(tx: Transaction, uri: str) -> bool:
    """Tell whether an object is stored; the grave of one that never was here is no reason to take it in."""
    known = object_store.find(tx, uri=uri)
    return known is not None and known.deleted_at is None


def _check_known(tx: Transaction, activity: Activity) -> None:
    """Accept a Create that only names its object, once that was fetched from its origin."""
    known = object_store.find(tx, uri=activity.object_uri or "")
    if known is None:
        raise NotFoundError("the object is not there", detail=activity.object_uri or "")
    if known.attributed_to != activity.actor:
        raise ForbiddenError("the object is somebody else's", detail=known.uri)


def _is_our_poll(tx: Transaction, uri: str | None) -> bool:
    if uri is None or not tx.site.owns(uri):
        return False
    row = post_queries.find_by_uri(tx, uri=uri)
    return row is not None and row.type == "Question"


def _check_vote(view: ObjectView, *, actor: str) -> None:
    if view.attributed_to is not None and view.attributed_to != actor:
        raise ForbiddenError("the vote is somebody else's", detail=view.uri)


def _check_concerns_us(tx: Transaction, *, activity: Activity, view: ObjectView) -> None:
    """Refuse what nobody here asked for, so that a stranger cannot fill the disk with what nobody reads.

    It concerns us when somebody here follows the author, is addressed or named,
    or when it answers somebody of here or somebody who is followed from here.

    Raises:
        ForbiddenError: It is none of these.
    """
    if post_queries.is_followed_here(tx, actor=activity.actor):
        return
    named = (*view.audience.everyone, *activity.audience.everyone, *(mention.href for mention in view.mentions))
    if post_queries.local_among(tx, uris=named):
        return
    parent = post_queries.find_by_uri(tx, uri=view.in_reply_to) if view.in_reply_to is not None else None
    if parent is not None and (parent.local or post_queries.is_followed_here(tx, actor=parent.author)):
        return
    raise ForbiddenError("nobody here follows the author, and it is not for anybody here", detail=view.uri)


def check_create(tx: Transaction, verified: VerifiedActivity) -> None:
    """Refuse what does not concern us before fetching what it answers, or a Create that only names its object."""
    activity = verified.activity
    if activity.object is not None:
        view = read_object(activity.object, latest=verified.received_at)
        is_vote = view.is_vote and _is_our_poll(tx, view.in_reply_to)
        if not is_vote and not _is_here(tx, view.uri):
            _check_concerns_us(tx, activity=activity, view=view)
    elif not same_origin(activity.object_uri or "", activity.actor):
        raise ForbiddenError("the object belongs to another server than its author", detail=activity.object_uri or "")
    elif not post_queries.is_followed_here(tx, actor=activity.actor) and not post_queries.local_among(
        tx, uris=activity.audience.everyone
    ):
        raise ForbiddenError("nobody here follows the author, and it is not for anybody here", detail=activity.id)


def needs_of_create(activity: Activity) -> Iterable[Need]:
    """Name what is answered and what is quoted; without these it stands alone."""
    if activity.object is None:
        if activity.object_uri is not None:
            yield Need("object", activity.object_uri)
        return
    answered, quoted = _first_http(activity.object, "inReplyTo"), read_quote(activity.object)
    needs = tuple(_quotation_needed(activity.object, author=activity.actor))
    for each in dict.fromkeys((answered, quoted)):
        if each is not None and each not in {need.uri for need in needs}:
            yield Need("object", each, required=False)
    yield from needs


def _first_http(document: Document, key: str) -> str | None:
    value = document.get(key)
    for member in value if isinstance(value, list) else [value]:
        found = uri({"it": member}, "it")
        if found is not None and is_http_uri(found):
            return found
    return None


def on_update(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere changed an own post; an older version than ours is refused."""
    activity = verified.activity
    if activity.object is None:
        _check_known(tx, activity)  # it was fetched anew, which brought it up to date
        return
    received = _received(verified, activity.object)
    if not _is_here(tx, received.view.uri):
        _check_concerns_us(tx, activity=activity, view=received.view)
    keeping.update_remote_post(tx, received)


def check_update(tx: Transaction, verified: VerifiedActivity) -> None:
    """Refuse what does not concern us before fetching the stamp of what it quotes."""
    document = verified.activity.object
    if document is not None:
        view = read_object(document, latest=verified.received_at)
        if not _is_here(tx, view.uri):
            _check_concerns_us(tx, activity=verified.activity, view=view)


def needs_of_update(activity: Activity) -> Iterable[Need]:
    """Name what is quoted, with the stamp that proves that its author agrees."""
    return () if activity.object is None else _quotation_needed(activity.object, author=activity.actor)


def _quotation_needed(document: Document, *, author: str) -> Iterable[Need]:
    """Name what is quoted and its stamp, where that is certain to be there: nobody sends them once more."""
    stamp, quoted = read_stamp(document), read_quote(document)
    if quoted is None:
        return
    is_stamped = stamp is not None and same_origin(stamp, quoted)
    if is_stamped or same_origin(quoted, author):
        yield Need("object", quoted, required=False, patience=QUOTE_PATIENCE)
    if stamp is not None and is_stamped:
        yield Need("object", stamp, required=False, patience=QUOTE_PATIENCE)


def on_delete(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere deleted a post, or their server did; or takes back the consent to a quotation."""
    activity = verified.activity
    if activity.object_uri is None:
        raise MalformedError("Delete needs the id of an object")
    revoked = quoting.receive_revocation(tx, actor=activity.actor, stamp=activity.object_uri)
    if revoked is not None:
        for object_id in revoked:
            publishing.send_update(tx, object_id=object_id)
        return
    keeping.remove_remote_post(tx, uri=activity.object_uri, actor=activity.actor)


# --- likes, reactions, shares -----------------------------------------------------------------------------------


def on_like(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere likes a post, or reacts to it with an emoji."""
    activity = verified.activity
    reacting.like(
        tx,
        actor=activity.actor,
        object_uri=_object_uri(activity),
        emoji=activity.content,
        activity_uri=activity.id,
        picture=_picture(activity.document, activity.content),
    )


def _picture(document: Document, emoji: str | None) -> Emoji | None:
    if emoji is None:
        return None
    wanted = emoji.strip(":").partition("@")[0]
    return next((each for each in read_emojis(document) if each.shortcode == wanted), None)


def on_announce(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere shares a post with their followers."""
    activity = verified.activity
    _refuse_passed_on(activity)
    object_uri = _object_uri(activity)
    sharer = actors.get(tx, uri=activity.actor)
    kind = visibility(activity.to, activity.cc, followers_uri=sharer.followers_uri)
    row = post_queries.find_by_uri(tx, uri=object_uri)
    if row is None:
        raise NotFoundError("what was shared is not there", detail=object_uri)
    if not policy.may_share(Visibility(row.visibility)):
        raise ForbiddenError("what was shared is not public", detail=object_uri)
    if not row.local:
        check_announce(tx, verified)
    reacting.share(tx, actor=activity.actor, object_uri=object_uri, visibility=kind, activity_uri=activity.id)


def check_announce(tx: Transaction, verified: VerifiedActivity) -> None:
    """Refuse to fetch what a stranger shares (AC-15): it would stand in nobody's timeline."""
    activity = verified.activity
    if not post_queries.is_followed_here(tx, actor=activity.actor):
        raise ForbiddenError("nobody here follows who shared it", detail=activity.object_uri or "")
    _refuse_passed_on(activity)


def _refuse_passed_on(activity: Activity) -> None:
    """Refuse an activity inside a share, as groups send them: as a share every comment would flood the home page."""
    if activity.object is not None and "actor" in activity.object:
        raise ForbiddenError("what a group passes on is not taken in; only posts that are shared", detail=activity.id)


def needs_of_announce(activity: Activity) -> Iterable[Need]:
    """Name what is shared: it is taken from its own origin, never from who shares it."""
    if activity.object_uri is not None:
        yield Need("object", activity.object_uri)


def on_undo_like(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere takes a like or reaction back."""
    inner = _own_inner(verified.activity)
    content = inner.get("content")
    reacting.unlike(
        tx,
        actor=verified.activity.actor,
        object_uri=_target_of(inner),
        emoji=content if isinstance(content, str) else None,
    )


def on_undo_announce(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere takes a share back."""
    inner = _own_inner(verified.activity)
    reacting.unshare(tx, actor=verified.activity.actor, object_uri=_target_of(inner))


def _own_inner(activity: Activity) -> Document:
    """Return what is undone; only who did it can undo it (row AUT-03 of the threat table)."""
    inner = activity.object
    if inner is None:
        raise NotFoundError("we do not know what is undone", detail=activity.object_uri or "")
    if uri(inner, "actor") != activity.actor:
        raise ForbiddenError("only who did it can undo it", detail=activity.id)
    return inner


def _target_of(inner: Document) -> str:
    found = uri(inner, "object")
    if found is None:
        raise MalformedError("what is undone has no object", detail=" ".join(types(inner)))
    return found


def _object_uri(activity: Activity) -> str:
    if activity.object_uri is None:
        raise MalformedError(f"{activity.type} needs the id of an object", detail=activity.id)
    return activity.object_uri


# --- quoting ----------------------------------------------------------------------------------------------------


def on_quote_request(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere asks to quote a post of ours."""
    activity = verified.activity
    document = embedded(activity.document, "instrument")
    if document is not None and "content" in document:
        latest = verified.received_at
        # As it was when they asked: what came late must not undo what changed since.
        stated_at = activity.published or read_object(document, latest=latest).published
        received = keeping.Received(
            document=document,
            author=activity.actor,
            received_at=latest,
            stated_at=None if stated_at is None else min(stated_at, latest),
        )
        keeping.keep_remote_post(tx, received)
    quoting.receive_request(
        tx,
        actor=activity.actor,
        quoted=_object_uri(activity),
        quoting=required_uri(activity.document, "instrument"),
        request=activity.document,
    )


def check_quote_request(tx: Transaction, verified: VerifiedActivity) -> None:
    """Refuse what is not about a post of ours that they may read, before anything is fetched."""
    quoting.check_request(tx, actor=verified.activity.actor, quoted=_object_uri(verified.activity))


def needs_of_quote_request(activity: Activity) -> Iterable[Need]:
    """Name the post that quotes, when it did not come along."""
    instrument = http_uri(activity.document, "instrument")
    if instrument is not None and embedded(activity.document, "instrument") is None:
        if not same_origin(instrument, activity.actor):
            raise ForbiddenError("the post that quotes belongs to another server", detail=instrument)
        yield Need("object", instrument)


def on_quote_answer(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere answers our request to quote."""
    activity = verified.activity
    inner = activity.object
    if inner is None:
        raise NotFoundError("we do not know what is answered", detail=activity.object_uri or "")
    stamp = http_uri(activity.document, "result") if activity.type == "Accept" else None
    if activity.type == "Accept" and stamp is None:
        raise MalformedError("the answer has no stamp", detail=activity.id)
    changed = quoting.receive_answer(
        tx,
        author=activity.actor,
        quoting=required_uri(inner, "instrument"),
        quoted=required_uri(inner, "object"),
        stamp=stamp,
    )
    if changed is not None:
        publishing.send_update(tx, object_id=changed)


def keep_stamp(tx: Transaction, fetched: FetchedObject) -> None:
    """Store the consent to a quotation, read from its author's own server."""
    stamps.keep(tx, uri=required_uri(fetched.document, "id"), author=fetched.author, document=fetched.document)


# --- the top of a profile ---------------------------------------------------------------------------------------


def on_add(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere puts an own post on top of the own profile."""
    object_id = _featured_post(tx, verified.activity)
    if object_id is not None:
        pinning.pin(tx, actor=verified.activity.actor, object_id=object_id)


def on_remove(tx: Transaction, verified: VerifiedActivity) -> None:
    """Somebody elsewhere takes an own post off the top of the own profile."""
    object_id = _featured_post(tx, verified.activity)
    if object_id is not None:
        pinning.unpin(tx, actor=verified.activity.actor, object_id=object_id)


def _featured_post(tx: Transaction, activity: Activity) -> int | None:
    """Return the row id of the post; None when it is not here (row AUT-06 of the threat table)."""
    _check_featured(tx, activity)
    row = post_queries.find_by_uri(tx, uri=_object_uri(activity))
    return None if row is None else int(row.object_id)


def _check_featured(tx: Transaction, activity: Activity) -> None:
    actor = actors.get(tx, uri=activity.actor)
    if actor.featured_uri is None or activity.target != actor.featured_uri:
        raise ForbiddenError("that is not a collection of this actor that we keep", detail=activity.target or "")


def check_add(tx: Transaction, verified: VerifiedActivity) -> None:
    """Refuse what is put in a collection that we do not keep, before it is fetched."""
    _check_featured(tx, verified.activity)


def needs_of_add(activity: Activity) -> Iterable[Need]:
    """Name what is put on top; it is waited for, because nobody tells it twice."""
    if activity.object_uri is not None:
        yield Need("object", activity.object_uri)


# --- what was fetched -------------------------------------------------------------------------------------------


def keep(tx: Transaction, fetched: FetchedObject) -> None:
    """Store a post that was read from its own origin, as older news; or bring the stored one up to date."""
    keeping.keep_remote_post(
        tx,
        keeping.Received(
            document=fetched.document, author=fetched.author, received_at=fetched.received_at, is_backfill=True
        ),
    )


_REACTION: Final = Handler(on_like)

HANDLERS: Final[dict[tuple[str, str], Handler]] = {
    ("Create", ANY): Handler(on_create, needs_of_create, check_create),
    ("Update", ANY): Handler(on_update, needs_of_update, check_update),
    ("Delete", ANY): Handler(on_delete),
    ("Like", ANY): _REACTION,
    ("EmojiReact", ANY): _REACTION,
    ("Announce", ANY): Handler(on_announce, needs_of_announce, check_announce),
    ("Undo", "Like"): Handler(on_undo_like),
    ("Undo", "EmojiReact"): Handler(on_undo_like),
    ("Undo", "Announce"): Handler(on_undo_announce),
    ("Add", ANY): Handler(on_add, needs_of_add, check_add),
    ("Remove", ANY): Handler(on_remove),
    ("QuoteRequest", ANY): Handler(on_quote_request, needs_of_quote_request, check_quote_request),
    ("Accept", "QuoteRequest"): Handler(on_quote_answer),
    ("Reject", "QuoteRequest"): Handler(on_quote_answer),
}

KEEPERS: Final[dict[str, Keeper]] = {ANY: keep, STAMP: keep_stamp}
