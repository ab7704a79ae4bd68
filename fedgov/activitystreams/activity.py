"""Activities: what somebody did, read from others and written for others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from fedgov.activitystreams.audience import Audience, read_audience
from fedgov.activitystreams.context import CONTEXT
from fedgov.activitystreams.document import (
    LAST_TIME,
    Document,
    embedded,
    required_type,
    required_uri,
    text,
    timestamp,
    types,
    uri,
    uris,
)
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.errors import MalformedError

WITHOUT_OBJECT: Final = frozenset({"Travel", "Arrive", "Question"})
"""The activities that ActivityStreams defines as intransitive."""

NEEDS_TARGET: Final = frozenset({"Add", "Remove", "Move"})

MAX_FLAGGED: Final = 100
"""Most things that one Flag may name."""


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """What somebody says to have done. Nothing here is proven yet: that is the gate's work.

    Args:
        id: URI of the activity.
        type: Its first type, for instance ``Create``.
        actor: URI of who did it.
        object_uri: URI of what it was done to; None when the object has no id.
        object: The embedded object; None when only its URI was given.
        objects: URIs of all objects; a Flag names several.
        target: URI of the target of Add, Remove or Move.
        audience: Who it is for.
        published: Milliseconds since the epoch, as the sender says.
        content: Text of a reaction or the explanation of a report.
        document: The whole document as received.
    """

    id: str
    type: str
    actor: str
    object_uri: str | None
    object: Document | None = field(repr=False)
    objects: tuple[str, ...]
    target: str | None
    audience: Audience
    published: int | None
    content: str | None = field(repr=False)
    document: Document = field(repr=False)  # what somebody wrote is in no log

    @property
    def to(self) -> tuple[str, ...]:
        """First row of addressees."""
        return self.audience.to

    @property
    def cc(self) -> tuple[str, ...]:
        """Second row of addressees."""
        return self.audience.cc

    @property
    def object_type(self) -> str | None:
        """First type of the embedded object; None when only its URI was given."""
        return next(iter(types(self.object)), None) if self.object is not None else None


def read_activity(doc: Document, *, latest: int = LAST_TIME) -> Activity:
    """Read an activity that somebody sent.

    Args:
        doc: The activity.
        latest: Time of receipt in milliseconds; a later ``published`` is moved back to it.

    Raises:
        MalformedError: It has no http(s) ``id``, no type, not exactly one actor,
            or lacks the object or target that its type needs.

    Spec: ActivityPub, sections 6 and 7.
    """
    kind = required_type(doc)
    identifier = required_uri(doc, "id")
    actor = required_uri(doc, "actor")
    objects = uris(doc, "object", limit=MAX_FLAGGED)
    content = embedded(doc, "object")
    if not objects and content is None and kind not in WITHOUT_OBJECT:
        raise MalformedError(f"{kind} needs an object", detail=identifier)
    target = uri(doc, "target")
    if target is None and kind in NEEDS_TARGET:
        raise MalformedError(f"{kind} needs a target", detail=identifier)
    return Activity(
        id=identifier,
        type=kind,
        actor=actor,
        object_uri=uri(doc, "object"),
        object=content,
        objects=objects,
        target=target,
        audience=read_audience(doc),
        published=timestamp(doc, "published", latest=latest),
        content=text(doc, "content", limit=20_000),
        document=doc,
    )


# --- writing ----------------------------------------------------------------------------------------------------


def _document(
    kind: str,
    *,
    uri: str,
    actor: str,
    what: object,
    audience: Audience | None = None,
    published: int | None = None,
    **members: object,
) -> Document:
    document: Document = {"@context": CONTEXT, "id": uri, "type": kind, "actor": actor, "object": what}
    if audience is not None:
        document |= audience.fields()
    if published is not None:
        document["published"] = to_rfc3339(published)
    return document | {key: value for key, value in members.items() if value is not None}


def embeddable(document: Document) -> Document:
    """Return a document as it stands inside another one: without its own ``@context``."""
    return {key: value for key, value in document.items() if key != "@context"}


def create(uri: str, *, actor: str, document: Document, audience: Audience, published: int) -> Document:
    """Publish something new.

    Args:
        uri: Id of the activity.
        actor: URI of the author.
        document: The object itself, as its builder made it.
        audience: The audience of the object.
        published: Milliseconds since the epoch.
    """
    return _document("Create", uri=uri, actor=actor, what=embeddable(document), audience=audience, published=published)


def update(uri: str, *, actor: str, document: Document, audience: Audience, updated: int) -> Document:
    """Publish the new version of an object or of the actor itself."""
    return _document(
        "Update",
        uri=uri,
        actor=actor,
        what=embeddable(document),
        audience=audience,
        published=updated,
        updated=to_rfc3339(updated),
    )


def delete(uri: str, *, actor: str, tombstone: Document | str, audience: Audience, published: int) -> Document:
    """Withdraw an object; of an actor only its URI is named."""
    what = tombstone if isinstance(tombstone, str) else embeddable(tombstone)
    return _document("Delete", uri=uri, actor=actor, what=what, audience=audience, published=published)


def follow(uri: str, *, actor: str, followed: str) -> Document:
    """Ask to follow somebody."""
    return _document("Follow", uri=uri, actor=actor, what=followed, audience=Audience(to=(followed,)))


def accept(uri: str, *, actor: str, activity: Document, published: int | None = None) -> Document:
    """Agree to an activity, which is embedded because Lemmy needs that."""
    return _answer("Accept", uri=uri, actor=actor, activity=activity, published=published)


def reject(uri: str, *, actor: str, activity: Document, published: int | None = None) -> Document:
    """Refuse an activity, or take an earlier Accept back."""
    return _answer("Reject", uri=uri, actor=actor, activity=activity, published=published)


def _answer(kind: str, *, uri: str, actor: str, activity: Document, published: int | None) -> Document:
    asker = activity.get("actor")
    audience = Audience(to=(asker,)) if isinstance(asker, str) else None
    return _document(kind, uri=uri, actor=actor, what=embeddable(activity), audience=audience, published=published)


def undo(uri: str, *, actor: str, activity: Document, published: int | None = None) -> Document:
    """Take an own activity back; whoever got that gets this."""
    return _document(
        "Undo",
        uri=uri,
        actor=actor,
        what=embeddable(activity),
        audience=read_audience(activity),
        published=published,
    )


def like(uri: str, *, actor: str, object_uri: str, author: str) -> Document:
    """Say that one likes something; only its author is told."""
    return _document("Like", uri=uri, actor=actor, what=object_uri, audience=Audience(to=(author,)))


def emoji_react(
    uri: str, *, actor: str, object_uri: str, author: str, emoji: str, tag: Document | None = None
) -> Document:
    """React with an emoji.

    Args:
        uri: Id of the activity.
        actor: URI of who reacts.
        object_uri: URI of the thing.
        author: URI of its author.
        emoji: One Unicode emoji, or ``:shortcode:`` of a custom one.
        tag: The Emoji object of a custom one.

    Spec: FEP-c0e0.
    """
    return _document(
        "EmojiReact",
        uri=uri,
        actor=actor,
        what=object_uri,
        audience=Audience(to=(author,)),
        content=emoji,
        tag=None if tag is None else [tag],
    )


def announce(uri: str, *, actor: str, object_uri: str, audience: Audience, published: int) -> Document:
    """Share something with one's own followers."""
    return _document("Announce", uri=uri, actor=actor, what=object_uri, audience=audience, published=published)


def block(uri: str, *, actor: str, blocked: str) -> Document:
    """Tell a server that somebody of it is blocked, so that it stops showing what must not be shown."""
    return _document("Block", uri=uri, actor=actor, what=blocked, audience=Audience(to=(blocked,)))


def flag(uri: str, *, actor: str, object_uris: list[str], to: str, content: str = "") -> Document:
    """Report an actor and its posts to the moderators of its server.

    Args:
        uri: Id of the activity.
        actor: URI of the Application actor, so that the reporter stays unnamed.
        object_uris: The reported actor first, then posts.
        to: URI of the reported actor.
        content: Plain-text explanation.
    """
    return _document("Flag", uri=uri, actor=actor, what=object_uris, audience=Audience(to=(to,)), content=content)


def add(uri: str, *, actor: str, object_uri: str, target: str, audience: Audience) -> Document:
    """Put something in an own collection, for instance ``featured``."""
    return _document("Add", uri=uri, actor=actor, what=object_uri, audience=audience, target=target)


def remove(uri: str, *, actor: str, object_uri: str, target: str, audience: Audience) -> Document:
    """Take something out of an own collection."""
    return _document("Remove", uri=uri, actor=actor, what=object_uri, audience=audience, target=target)


def move(uri: str, *, actor: str, target: str, followers_uri: str) -> Document:
    """Tell followers that the actor continues under another URI."""
    return _document("Move", uri=uri, actor=actor, what=actor, audience=Audience(to=(followers_uri,)), target=target)
