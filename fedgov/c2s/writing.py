"""Create, Update and Delete: what a person writes, and how they describe themselves.

Spec: ActivityPub, sections 6.2 to 6.4; FEP-9967 (votes).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Row

from fedgov.activitystreams.actor import is_actor
from fedgov.activitystreams.audience import Visibility, visibility
from fedgov.activitystreams.document import (
    Document,
    boolean,
    language,
    language_text,
    objects,
    text,
    timestamp,
    uri,
    uris,
)
from fedgov.activitystreams.object import read_quote
from fedgov.c2s.addressing import Addressed, read_addressing
from fedgov.c2s.submission import POSTS, about, inner, kind_of
from fedgov.features.media import queries as media
from fedgov.features.people.queries import account_of
from fedgov.features.people.service import profiles
from fedgov.features.people.service.profiles import Profile
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import polls, publishing
from fedgov.features.posts.vocabulary import AttachmentDraft, PollDraft
from fedgov.federation import actors, outbox
from fedgov.kernel.clock import DAY
from fedgov.kernel.errors import ForbiddenError, InvalidError, MalformedError, NotFoundError
from fedgov.kernel.text.plain import html_to_plain
from fedgov.kernel.text.to_markdown import html_to_markdown
from fedgov.mastodon.call import Call
from fedgov.store.transaction import Transaction

_POLL_OPEN: Final = 7 * DAY
"""For a poll that does not say when it ends."""
_MOST_FILES: Final = 50


# --- create -----------------------------------------------------------------------------------------------------


async def create(call: Call, activity: Document) -> str | None:
    """Publish a message, or vote in a poll; return the id of the Create.

    Raises:
        InvalidError: It is nothing that can be written here, or something in it is not acceptable.
        NotFoundError: What it answers or quotes is not there, or not for this person.
    """
    thing = inner(activity)
    kind = kind_of(thing)
    if kind not in POSTS:
        raise InvalidError(f"{kind[:50]} cannot be created here; {', '.join(sorted(POSTS))} can", field="object")
    answered, quoted = uri(thing, "inReplyTo"), read_quote(thing)
    if kind == "Note" and text(thing, "name") and not _words(thing) and answered is not None:
        await get_to_know(call, answered)
        return await call.write(_vote, actor=call.me, poll=answered, label=text(thing, "name") or "")
    audience = await read_addressing(call, activity, thing)
    await asyncio.gather(*(get_to_know(call, each) for each in (answered, quoted) if each is not None))
    return await call.write(_publish, author=call.me, thing=thing, kind=kind, audience=audience, quoted=quoted)


async def get_to_know(call: Call, thing: str) -> None:
    """Fetch what is named and not known yet; whether it is there for this person is said where it is used."""
    if not call.site.owns(thing):
        with suppress(NotFoundError, MalformedError):
            await call.instance.fetch.object(thing)


def _publish(
    tx: Transaction, *, author: str, thing: Document, kind: str, audience: Addressed, quoted: str | None
) -> str | None:
    object_id = publishing.publish_post(
        tx,
        author=author,
        text=_words(thing),
        visibility=audience.visibility,
        in_reply_to=uri(thing, "inReplyTo"),
        title=_title(thing, kind),
        summary=html_to_plain(language_text(thing, "summary") or ""),
        language=_language(thing),
        sensitive=bool(boolean(thing, "sensitive")),
        attachments=_files(tx, thing, owner=author),
        poll=_poll(thing, kind, now=tx.now),
        quote=quoted,
        alone=True,
        addressed=audience.people,
        unnamed=audience.unnamed,
    )
    return outbox.latest(tx, actor=author, kind="Create", about=tx.site.post(object_id))


def _words(thing: Document) -> str:
    """Return what is written, in Markdown: as its writer typed it where that is said, else made of the HTML."""
    for source in objects(thing, "source", limit=1):
        if (text(source, "mediaType") or "text/markdown") == "text/markdown" and text(source, "content"):
            return text(source, "content") or ""
    content = language_text(thing, "content") or ""
    is_plain = (text(thing, "mediaType") or "text/html") in ("text/markdown", "text/plain")
    return content if is_plain else html_to_markdown(content)


def _title(thing: Document, kind: str) -> str:
    name = language_text(thing, "name") or ""
    if kind == "Article" and not name.strip():
        raise InvalidError("an Article needs a name", field="name")
    return name if kind == "Article" else ""


def _language(thing: Document) -> str | None:
    return language(thing) or text(thing, "language", limit=35)


def _poll(thing: Document, kind: str, *, now: int) -> PollDraft | None:
    if kind != "Question":
        return None
    multiple = "anyOf" in thing
    found = objects(thing, "anyOf" if multiple else "oneOf", limit=_MOST_FILES)
    options = tuple(text(each, "name") or "" for each in found)
    ends_at = timestamp(thing, "endTime") or now + _POLL_OPEN
    return PollDraft(options=options, ends_at=ends_at, multiple=multiple)


def _files(tx: Transaction, thing: Document, *, owner: str) -> list[AttachmentDraft]:
    """Return the uploaded files that hang on a message.

    Raises:
        InvalidError: One of them was not uploaded here by this person.
    """
    drafts = []
    for member in _list(thing.get("attachment"))[:_MOST_FILES]:
        each = member if isinstance(member, dict) else {"url": member}
        stored = media.find_by_address(tx, addresses=(*uris(each, "url"), *uris(each, "id")), owner=owner)
        if stored is None:
            raise InvalidError("a file must be uploaded at endpoints.uploadMedia first", field="attachment")
        drafts.append(
            AttachmentDraft(media_id=stored.id, alt=text(each, "name") or text(each, "summary") or stored.alt)
        )
    return drafts


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _vote(tx: Transaction, *, actor: str, poll: str, label: str) -> str | None:
    """Give one answer; one that was given elsewhere too is sent, one here is only counted."""
    row = post_queries.get(tx, uri=poll, viewer=actor)
    asked = parts.poll_of(tx, object_id=row.object_id)
    labels = [option.name for option in asked.options] if asked is not None else []
    if label not in labels:
        raise InvalidError("that is not one of the answers", field="name")
    polls.vote(tx, actor=actor, object_id=row.object_id, choices=[labels.index(label)])
    return outbox.newest(tx, actor=actor, kind="Create") if not row.local else None


# --- update -----------------------------------------------------------------------------------------------------


async def update(call: Call, activity: Document) -> str | None:
    """Change an own message or the own profile; what is not sent stays, null takes away.

    Raises:
        ForbiddenError: It is somebody else's.
        InvalidError: Something in it is not acceptable.
        NotFoundError: There is no such message, or not for this person.
    """
    thing, what = inner(activity), about(activity)
    if what == call.me:
        call_for(call, "write:accounts")
        return await call.write(_describe, actor=call.me, thing=thing)
    if is_actor(thing) or await call.read(actors.find, uri=what) is not None:
        raise ForbiddenError("that is somebody else")
    return await call.write(_edit, actor=call.me, what=what, thing=thing, activity=activity)


def call_for(call: Call, *scopes: str) -> None:
    """Return when the token reaches as far as one of these scopes.

    Raises:
        ForbiddenError: It does not.
    """
    if call.bearer is None or not any(call.bearer.may(scope) for scope in scopes):
        raise ForbiddenError("This action is outside the authorized scopes")


def _edit(tx: Transaction, *, actor: str, what: str, thing: Document, activity: Document) -> str | None:
    row = post_queries.get(tx, uri=what, viewer=actor)
    _keep_audience(tx, row=row, documents=(activity, thing))
    has_words = not thing.keys().isdisjoint(("content", "contentMap", "source"))
    publishing.edit_post(
        tx,
        actor=actor,
        object_id=row.object_id,
        text=_words(thing) if has_words else row.source or "",
        title=(language_text(thing, "name") or "") if _says(thing, "name") else row.name or "",
        summary=html_to_plain(language_text(thing, "summary") or "") if _says(thing, "summary") else row.summary or "",
        language=_language(thing),
        sensitive=bool(boolean(thing, "sensitive")) if "sensitive" in thing else row.sensitive,
        attachments=_files(tx, thing, owner=actor) if "attachment" in thing else None,
        addressed=(),
    )
    return outbox.latest(tx, actor=actor, kind="Update", about=row.uri)


def _says(thing: Document, name: str) -> bool:
    return name in thing or f"{name}Map" in thing


def _keep_audience(tx: Transaction, *, row: Row[Any], documents: Sequence[Document]) -> None:
    """Refuse to change who may read something: others have it already.

    Raises:
        InvalidError: It would be for others than it is.
    """
    to, cc = ([each for document in documents for each in uris(document, name)] for name in ("to", "cc"))
    author = actors.get(tx, uri=row.author)
    meant = visibility(to, cc, followers_uri=author.followers_uri, colleagues_uri=tx.site.colleagues)
    if (to or cc) and meant is not Visibility(row.visibility):
        raise InvalidError("who may read a message cannot be changed", field="to")


_FLAGS: Final = (
    ("approves_followers", "manuallyApprovesFollowers"),
    ("discoverable", "discoverable"),
    ("indexable", "indexable"),
)
"""What a setting is called here, and in a document."""


def _describe(tx: Transaction, *, actor: str, thing: Document) -> str | None:
    if account_of(tx, actor=actor) is None:
        raise ForbiddenError("this actor is not changed so")
    fields = None
    if "attachment" in thing:
        rows = [each for each in objects(thing, "attachment", limit=_MOST_FILES) if "PropertyValue" in _types(each)]
        fields = tuple((text(each, "name") or "", html_to_plain(text(each, "value") or "")) for each in rows)
    switches: dict[str, Any] = {ours: bool(boolean(thing, theirs)) for ours, theirs in _FLAGS if theirs in thing}
    profile = Profile(
        name=(language_text(thing, "name") or "") if _says(thing, "name") else None,
        summary=html_to_markdown(language_text(thing, "summary") or "") if _says(thing, "summary") else None,
        fields=fields,
        **switches,
    )
    profiles.change_profile(tx, actor=actor, profile=profile)
    return outbox.latest(tx, actor=actor, kind="Update", about=actor)


def _types(document: Document) -> list[Any]:
    return _list(document.get("type"))


# --- delete -----------------------------------------------------------------------------------------------------


async def delete(call: Call, activity: Document) -> str | None:
    """Delete an own message.

    Raises:
        ForbiddenError: It is somebody, or somebody else's.
        NotFoundError: There is no such message, or not for this person.
    """
    what = about(activity)
    if what == call.me or await call.read(actors.find, uri=what) is not None:
        raise ForbiddenError("an account is not deleted so")
    return await call.write(_delete, actor=call.me, what=what)


def _delete(tx: Transaction, *, actor: str, what: str) -> str | None:
    row = post_queries.get(tx, uri=what, viewer=actor)
    publishing.delete_post(tx, actor=actor, object_id=row.object_id)
    return outbox.latest(tx, actor=actor, kind="Delete", about=what)
