"""The proxy of an actor: a program reads through it what its person may read elsewhere.

Everything goes the way that everything goes: the one guarded client, signed by this server, counted
for the person, stored as what it is, and shown only when the person may read it.

Spec: ActivityPub, section 4.1 (``proxyUrl``); rows SSRF-01 to SSRF-08 and AUT-08 of the threat table.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import Row

from fedgov.activitystreams.document import Document
from fedgov.c2s.inbox import without_hidden
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.trust.queries import hidden
from fedgov.federation import actors, objects
from fedgov.federation.doors.answers import ACTIVITY_JSON, Reply, plain
from fedgov.kernel.errors import InvalidError, MalformedError, NotFoundError
from fedgov.kernel.uris import MAX_URI_LENGTH, is_http_uri, without_fragment
from fedgov.mastodon.call import Call
from fedgov.store.transaction import Transaction

_PRIVATE: Final = [(b"cache-control", b"private, no-store"), (b"vary", b"Authorization, Origin")]


async def fetch(call: Call) -> Reply:
    """Read somebody or something, here or elsewhere, in the name of a person."""
    wanted = call.parameters.text("id")
    if not is_http_uri(wanted) or len(wanted) > MAX_URI_LENGTH:
        raise InvalidError("id must be an http or https address", field="id")
    uri = without_fragment(wanted)
    if not call.site.owns(uri):
        await _get_to_know(call, uri)
    document = await call.read(_shown, uri=uri, viewer=call.me)
    return plain(200, orjson.dumps(document), content_type=ACTIVITY_JSON, headers=_PRIVATE)


async def _get_to_know(call: Call, uri: str) -> None:
    if await call.read(actors.find, uri=uri) is not None:
        await call.instance.fetch.actor(uri)
        return
    try:
        await call.instance.fetch.object(uri)
    except MalformedError:  # it does not say who wrote it, so it may be somebody
        await call.instance.fetch.actor(uri)


def _shown(tx: Transaction, *, uri: str, viewer: str) -> Document:
    if hidden(tx, uris=(uri,)):
        raise NotFoundError("Record not found")
    person = actors.find(tx, uri=uri)
    if person is not None and person.deleted_at is None:
        found: Document = actors.document(tx, row=person) if person.local else orjson.loads(person.document)
        return found
    row = objects.find(tx, uri=uri)
    if row is None or row.deleted_at is not None or not _may_read(tx, row=row, viewer=viewer):
        raise NotFoundError("Record not found")
    return without_hidden(objects.stored_document(row))


def _may_read(tx: Transaction, *, row: Row[Any], viewer: str) -> bool:
    post = post_queries.find_by_uri(tx, uri=row.uri)
    if post is not None:
        return post_queries.may_read(tx, row=post, viewer=viewer)
    return objects.may_read(tx, row=row, viewer=viewer)
