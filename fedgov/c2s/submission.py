"""What a program sends to the outbox of its person: read, and never kept as it came.

Spec: ActivityPub, section 6; row C2S-01 of the threat table.
"""

from __future__ import annotations

from typing import Final

from fedgov.activitystreams.document import Document, embedded, parse, types, uri
from fedgov.federation.doors.asgi import TurnedAwayError
from fedgov.federation.fetch import is_activitypub
from fedgov.kernel.errors import InvalidError
from fedgov.mastodon import replies
from fedgov.mastodon.bodies import MAX_BYTES
from fedgov.mastodon.call import Call

POSTS: Final = frozenset({"Note", "Article", "Question"})
"""What can be written; sent bare, it is meant to be created (ActivityPub, section 6.2.1)."""

_WRONG_TYPE: Final = replies.failure(
    415, 'send application/ld+json; profile="https://www.w3.org/ns/activitystreams" or application/activity+json'
)


async def read_submission(call: Call) -> Document:
    """Return the activity that a program sent; a bare object comes back inside a Create.

    Raises:
        TurnedAwayError: It is of another media type, too large or too slow.
        MalformedError: It is not one JSON object.
        InvalidError: It has no type.
    """
    if not is_activitypub(call.request.headers.get(b"content-type", b"").decode("latin-1")):
        raise TurnedAwayError(_WRONG_TYPE)
    document = parse(await call.request.body(limit=MAX_BYTES, weigh=lambda _size: None))
    kind = kind_of(document)
    return {"type": "Create", "object": document} if kind in POSTS else document


def kind_of(document: Document) -> str:
    """Return the one type of a document.

    Raises:
        InvalidError: It has none.
    """
    found = types(document)
    if not found:
        raise InvalidError("type is missing", field="type")
    return found[0]


def inner(document: Document) -> Document:
    """Return the object inside of an activity.

    Raises:
        InvalidError: There is none, or only its id.
    """
    found = embedded(document, "object")
    if found is None:
        raise InvalidError("object must be one object", field="object")
    return found


def about(document: Document, *, name: str = "object") -> str:
    """Return the id of what an activity is about; of an embedded object only its id counts.

    Raises:
        InvalidError: There is not exactly one.
    """
    found = uri(document, name)
    if found is None:
        raise InvalidError(f"{name} must be one id", field=name)
    return found


def about_a_thing(document: Document) -> str:
    """Return the id of the object of an activity, which is no activity itself.

    Raises:
        InvalidError: It is one, or there is not exactly one object.

    Spec: row C2S-02 of the threat table.
    """
    found = embedded(document, "object")
    if found is not None and (kind_of(found) if types(found) else "Note") not in POSTS | {"Page", "Event", "Video"}:
        raise InvalidError("name the message itself by its id, not an activity about it", field="object")
    return about(document)
