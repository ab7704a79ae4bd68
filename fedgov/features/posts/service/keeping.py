"""What others wrote: kept, brought up to date, removed. Texts are sanitised here, once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from typing import Any, Final

import orjson
from sqlalchemy import Row

from fedgov.activitystreams.actor import KINDS as ACTOR_TYPES
from fedgov.activitystreams.audience import NOBODY, Audience, Visibility, visibility
from fedgov.activitystreams.collection import COLLECTION_TYPES
from fedgov.activitystreams.document import Document
from fedgov.activitystreams.object import ObjectView, read_object
from fedgov.activitystreams.quotation import read_quotable, read_stamp
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import quoting, storing
from fedgov.features.posts.vocabulary import PostAppeared, PostChanged
from fedgov.federation import actors
from fedgov.federation import objects as object_store
from fedgov.kernel.errors import ConflictError, ForbiddenError, GoneError, MalformedError
from fedgov.kernel.text.markdown import render
from fedgov.kernel.text.plain import clean_name, html_to_plain, truncate
from fedgov.kernel.text.sanitise import sanitise
from fedgov.kernel.uris import same_origin
from fedgov.store.transaction import Transaction

MAX_SUMMARY: Final = 1_000
MAX_TITLE: Final = 500
MAX_ALT: Final = 1_500
NOT_POSTS: Final = frozenset(ACTOR_TYPES) | COLLECTION_TYPES | {"Tombstone", "Relationship"}
_SHORT: Final = frozenset({"Note", "Question"})
"""Types whose summary is a note in advance; elsewhere it is an abstract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An object that came in, and what is certain about it.

    Args:
        document: The object as received.
        author: URI of the actor who vouches for it: the proven sender, or the author at the object's own origin.
        received_at: Milliseconds since the epoch.
        stated_at: When the activity around it says to have been published; None when there is none.
        audience: Addressees of the activity around it, used when the object names none.
        is_backfill: It is older news, fetched to complete a thread or because somebody shared it.

    Attributes:
        view: What it says.

    Raises:
        MalformedError: It says nothing that can be read.
    """

    document: Document
    author: str
    received_at: int
    stated_at: int | None = None
    audience: Audience = NOBODY
    is_backfill: bool = False
    view: ObjectView = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "view", read_object(self.document, latest=self.received_at))  # as it is frozen


def keep_remote_post(tx: Transaction, received: Received) -> int:
    """Store what somebody elsewhere wrote, whatever its type.

    Something that is known already is brought up to date when this is newer.

    Args:
        tx: The open transaction.
        received: The object and who vouches for it.

    Returns:
        Row id of the object.

    Raises:
        MalformedError: It is not something that can be posted.
        ForbiddenError: Its author does not vouch for it, or it claims to be ours.
        GoneError: It was deleted; that is final.

    Spec: rows FET-06, FET-09, FET-10 and AUT-09 of the threat table.
    """
    view = received.view
    _check(tx, view, author=received.author)
    known = _known(tx, uri=view.uri, author=received.author)
    if known is not None:
        if not _update_known(tx, known=known, view=view, received=received):
            _weigh_again(tx, known=known)
        return int(known.id)
    audience = view.audience if view.audience.everyone else received.audience
    kind = _visibility(tx, audience=audience, author=received.author)
    published_at = min(view.published or received.stated_at or received.received_at, received.received_at)
    object_id = object_store.add(
        tx,
        uri=view.uri,
        kind=view.type,
        author=received.author,
        visibility=kind,
        targets=audience.everyone,
        document=orjson.dumps(received.document).decode(),
        published_at=published_at,
        updated_at=view.updated,
    )
    if object_id is None:  # pragma: no cover - found above, in the same transaction
        raise ConflictError("it is being stored already", detail=view.uri)
    edited_at = view.updated if view.updated is not None and view.updated > published_at else None
    parent = storing.store(
        tx,
        storing.NewPost(
            object_id=object_id,
            uri=view.uri,
            author=received.author,
            kind=view.type,
            visibility=kind,
            text=_text(view),
            published_at=published_at,
            in_reply_to=view.in_reply_to,
            poll=view.poll,
            backfilled=received.is_backfill,
            edited_at=edited_at,
        ),
    )
    _note_quoting(tx, object_id=object_id, author=received.author, received=received)
    tx.tell(
        PostAppeared(
            object_id=object_id,
            uri=view.uri,
            author=received.author,
            visibility=kind,
            published_at=published_at,
            in_reply_to_author=parent.author if parent is not None else None,
            mentions=_told(tx, author=received.author, view=view, audience=audience, kind=kind),
            is_backfill=received.is_backfill,
        )
    )
    return object_id


def _check(tx: Transaction, view: ObjectView, *, author: str) -> None:
    if not NOT_POSTS.isdisjoint(view.types):
        raise MalformedError("this is not something that can be posted", detail=view.type)
    if tx.site.owns(view.uri):
        raise ForbiddenError("nobody else publishes objects of ours", detail=view.uri)
    if not same_origin(view.uri, author):
        raise ForbiddenError("the object belongs to another server than its author", detail=view.uri)
    if view.attributed_to is not None and view.attributed_to != author:
        raise ForbiddenError("the object is somebody else's", detail=view.uri)


def _known(tx: Transaction, *, uri: str, author: str) -> Row[Any] | None:
    """Return what is stored; a grave that only others dug before its author was known counts for nothing."""
    known = object_store.find(tx, uri=uri)
    if known is None or known.deleted_at is None or object_store.is_final(tx, uri=uri, author=author):
        return known
    object_store.unbury(tx, row_id=known.id)
    return None


def _visibility(tx: Transaction, *, audience: Audience, author: str) -> Visibility:
    row = actors.find(tx, uri=author)
    return visibility(audience.to, audience.cc, followers_uri=row.followers_uri if row is not None else None)


def _told(tx: Transaction, *, author: str, view: ObjectView, audience: Audience, kind: Visibility) -> tuple[str, ...]:
    """Return the people here who are named; a direct message names everyone it is addressed to."""
    named = [mention.href for mention in view.mentions]
    if kind is Visibility.DIRECT:
        named += audience.everyone
    names = frozenset(audience.everyone).__contains__
    return tuple(
        uri
        for uri in post_queries.local_among(tx, uris=named)
        if object_store.is_for(tx, author=author, visibility=kind, names=names, viewer=uri)
    )


def _text(view: ObjectView) -> storing.Text:
    """Return what a received object says, made harmless and short enough to store."""
    content = render(view.content, content_type=view.content_type) if view.content else ""
    summary = html_to_plain(view.summary) if view.summary else ""
    is_note_in_advance = view.type in _SHORT or view.sensitive
    if not is_note_in_advance:
        # The abstract of an article and the description of an unknown thing are text to be read.
        content, summary = content or (f"<p>{escape(summary)}</p>" if summary else ""), ""
    content += "".join(
        _link(each.url, each.name)
        for each in view.attachments
        if each.kind == "link" and escape(each.url) not in content
    )
    return storing.Text(
        name=clean_name(view.name or "", limit=MAX_TITLE),
        summary=truncate(" ".join(summary.split()), limit=MAX_SUMMARY),
        content_html=content,
        language=view.language,
        sensitive=view.sensitive,
        quote_uri=view.quote,
        url=view.url,
        files=tuple(
            storing.FileRow(file=replace(each, name=truncate(each.name, limit=MAX_ALT) if each.name else None))
            for each in view.attachments
            if each.kind != "link"
        ),
        mentions=view.mentions,
        hashtags=tuple(tag.name for tag in view.hashtags),
        emojis=view.emojis,
    )


def _link(url: str, name: str | None) -> str:
    """Return a link that hangs on an object as a paragraph of its text."""
    return sanitise(f'<p><a href="{escape(url)}">{escape(clean_name(name or "", limit=MAX_TITLE) or url)}</a></p>')


# --- newer versions ---------------------------------------------------------------------------------------------


def update_remote_post(tx: Transaction, received: Received) -> None:
    """Store a newer version of what somebody elsewhere wrote.

    Args:
        tx: The open transaction.
        received: The object and who vouches for it.

    Raises:
        MalformedError: It is not something that can be posted.
        ForbiddenError: It is somebody else's.
        GoneError: It was deleted; that is final.
        ConflictError: The stored version is newer.

    Spec: rows AUT-01, AUT-02 and AUT-10 of the threat table.
    """
    view = received.view
    _check(tx, view, author=received.author)
    known = _known(tx, uri=view.uri, author=received.author)
    if known is None:
        keep_remote_post(tx, received)
    elif not _update_known(tx, known=known, view=view, received=received) and not _weigh_again(tx, known=known):
        raise ConflictError("a newer version is here already", detail=view.uri)


def _update_known(tx: Transaction, *, known: Row[Any], view: ObjectView, received: Received) -> bool:
    if known.deleted_at is not None:
        raise GoneError("it was deleted, and that is final", detail=view.uri)
    if known.attributed_to != received.author:
        raise ForbiddenError("the object is somebody else's", detail=view.uri)
    row = post_queries.find(tx, object_id=known.id)
    if row is None:
        return False
    stated = view.updated or received.stated_at
    if stated is None:
        # What we fetched ourselves is as new as the moment of fetching, unless nothing in it changed.
        stated = received.received_at
    audience = view.audience if view.audience.everyone else received.audience
    kind = _visibility(tx, audience=audience, author=received.author) if audience.everyone else None
    targets = audience.everyone if audience.everyone else object_store.targets(tx, row_id=known.id)
    replaced = object_store.replace(
        tx,
        row=known,
        document=orjson.dumps(received.document).decode(),
        updated_at=min(stated, received.received_at),
        visibility=kind or Visibility(known.visibility),
        targets=targets,
    )
    if not replaced:
        return False
    if view.poll is not None:
        storing.replace_poll(tx, object_id=known.id, poll=view.poll)
    _rewrite(tx, row=row, text=_text(view), kind=kind or Visibility(known.visibility), at=stated)
    _note_quoting(tx, object_id=known.id, author=received.author, received=received, known=row)
    return True


def _note_quoting(
    tx: Transaction, *, object_id: int, author: str, received: Received, known: Row[Any] | None = None
) -> None:
    """Note who may quote it, and how what it quotes stands with its author."""
    by = actors.find(tx, uri=author)
    followers = by.followers_uri if by is not None else None
    quotable = read_quotable(received.document, author=author, followers=followers)
    if quotable is not None:
        quoting.set_quotable(tx, object_id=object_id, quotable=quotable)
    if received.view.quote is not None or (known is not None and known.quote_id is not None):
        quoting.note_received(tx, object_id=object_id, stamp=read_stamp(received.document))


def _weigh_again(tx: Transaction, *, known: Row[Any]) -> bool:
    """Weigh what the version that is here quotes: its stamp may have come only now, with an older one."""
    row = post_queries.find(tx, object_id=known.id)
    stamp = None if row is None else read_stamp(object_store.stored_document(known))
    if row is None or stamp is None or row.quote_stamp == stamp:
        return False
    quoting.note_received(tx, object_id=known.id, stamp=stamp)
    return bool(post_queries.get_any(tx, object_id=known.id).quote_stamp == stamp)


def _rewrite(tx: Transaction, *, row: Row[Any], text: storing.Text, kind: Visibility, at: int) -> None:
    """Store the new text, unless only the numbers of a poll changed."""
    same = text.columns().items() <= dict(row._mapping).items() and not _other_parts(tx, row=row, text=text)
    if same:
        if kind.value != row.visibility:
            storing.change_visibility(tx, object_id=row.object_id, visibility=kind)
        return
    storing.rewrite(tx, row=row, text=text, visibility=kind, at=at)
    tx.tell(PostChanged(object_id=row.object_id, uri=row.uri, author=row.author))


def _other_parts(tx: Transaction, *, row: Row[Any], text: storing.Text) -> bool:
    ids = [row.object_id]
    files = storing.files_of(parts.attachments_of(tx, object_ids=ids)[row.object_id])
    return (
        {(each.file.url, each.file.name) for each in files} != {(each.file.url, each.file.name) for each in text.files}
        or {each.actor_uri for each in parts.mentions_of(tx, object_ids=ids)[row.object_id]}
        != {each.href for each in text.mentions}
        or {each.tag for each in parts.hashtags_of(tx, object_ids=ids)[row.object_id]} != set(text.hashtags)
    )


# --- removal ----------------------------------------------------------------------------------------------------


def remove_remote_post(tx: Transaction, *, uri: str, actor: str) -> None:
    """Forget what somebody elsewhere deleted, for good: also when it was never here, so a late Create stays dead.

    Args:
        tx: The open transaction.
        uri: Id of the object.
        actor: URI of the proven sender: the author, or the program that is the author's own server.

    Raises:
        ForbiddenError: The object belongs to another origin, or to another person there.

    Spec: ActivityPub, section 7.4; rows AUT-01 and AUT-09 of the threat table.
    """
    if tx.site.owns(uri) or not same_origin(uri, actor):
        raise ForbiddenError("the object belongs to another server", detail=uri)
    row = post_queries.find_by_uri(tx, uri=uri)
    if row is not None and row.author != actor and not actors.is_program(tx, uri=actor):
        raise ForbiddenError("the object is somebody else's", detail=uri)
    if row is not None:
        storing.erase(tx, row=row)
        return
    object_store.bury(tx, uri=uri, author=actor)
    grave = object_store.find(tx, uri=uri)
    if grave is not None and grave.attributed_to != actor:  # whose of them it was, shows when it comes
        object_store.address(tx, row_id=grave.id, targets=(actor,))


def forget_author(tx: Transaction, *, actor: str) -> None:
    """Forget everything that somebody wrote, liked, shared and answered, because the actor is gone.

    Args:
        tx: The open transaction.
        actor: URI of the actor, here or elsewhere.
    """
    for object_id in post_queries.all_by_author(tx, author=actor):
        row = post_queries.find(tx, object_id=object_id)
        if row is not None:
            storing.erase(tx, row=row)
