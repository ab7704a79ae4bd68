"""Writing posts: publishing, planning, editing and deleting.

Spec: https://docs.joinmastodon.org/methods/statuses/ and scheduled_statuses
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row

from fedgov.activitystreams.audience import Visibility
from fedgov.features.media import queries as media_queries
from fedgov.features.people.queries import account_of
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries.entries import entry
from fedgov.features.posts.service import drafting, publishing, quoting, reacting
from fedgov.features.posts.service.looking_up import look_up_named
from fedgov.features.posts.vocabulary import AttachmentDraft, PostDraft, QuotePolicy, ScheduledPost
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.clock import from_rfc3339
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.choices import choice
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.audience import audience_of
from fedgov.mastodon.entities.scheduled import scheduled_entity
from fedgov.mastodon.parameters import Parameters
from fedgov.mastodon.replies import NOTHING, listed, shown
from fedgov.mastodon.shelves import status_entity_of
from fedgov.store.transaction import Transaction

_MAX_KEY: Final = 200


class ApprovalPolicy(StrEnum):
    """Who may quote, as apps say it."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    NOBODY = "nobody"


async def publish(call: Call) -> Reply:
    """Post a new status."""
    draft = await _draft(call)
    key = call.request.headers.get(b"idempotency-key", b"").decode("latin-1")[:_MAX_KEY]
    due_at = _moment(call.parameters, "scheduled_at")
    if due_at is not None and due_at > call.instance.clock.now():
        return shown(await call.write(_schedule, author=call.me, draft=draft, due_at=due_at, key=key))
    mentioned = await look_up_named(call.instance, text=draft.text, visibility=draft.visibility)
    return shown(await call.write(_publish, author=call.me, draft=draft, mentioned=mentioned, key=key))


def _publish(tx: Transaction, *, author: str, draft: PostDraft, mentioned: dict[str, str], key: str) -> Entity:
    object_id = drafting.publish_draft(tx, author=author, draft=draft, mentioned=mentioned, key=key)
    return status_entity_of(tx, row_id=object_id, viewer=author)


async def _draft(call: Call) -> PostDraft:
    """Return what the app wants to publish."""
    sent = call.parameters
    poll = sent.inner("poll")
    account = await call.read(account_of, actor=call.me)
    if account is None:
        raise ForbiddenError("This action is not allowed")
    return PostDraft(
        text=sent.text("status"),
        visibility=_visibility(sent.text("visibility"), otherwise=account.app_audience),
        reply_to=_row_id(sent, "in_reply_to_id"),
        summary=sent.text("spoiler_text"),
        language=_language(sent) or account.posts_language,
        sensitive=sent.flag("sensitive", account.posts_sensitive and bool(sent.texts("media_ids"))),
        media_ids=tuple(sent.row_ids("media_ids")),
        poll_options=tuple(each.strip() for each in poll.texts("options")),
        poll_seconds=min(max(poll.whole("expires_in") or 0, 0), 10**9),
        poll_multiple=poll.flag("multiple"),
        quote=_row_id(sent, "quoted_status_id") or _row_id(sent, "quote_id"),
        quote_policy=quoting.meant_by_app(quote_policy_of(sent), present=QuotePolicy(account.quote_policy)),
    )


def quote_policy_of(sent: Parameters) -> QuotePolicy | None:
    """Return who may quote the post; None when the app does not say.

    Raises:
        InvalidError: It is no such answer.
    """
    found = choice(sent, "quote_approval_policy", ApprovalPolicy)
    return None if found is None else QuotePolicy(found)


def _visibility(sent: str, *, otherwise: str) -> Visibility:
    """Return who may read it; where an app does not say, what the person chose for apps."""
    return audience_of(sent) if sent else Visibility(otherwise)


def _row_id(sent: Parameters, name: str) -> int | None:
    """Return the row id of another post.

    Raises:
        NotFoundError: Nothing can have that id.
    """
    text = sent.text(name)
    if not text:
        return None
    found = sent.row_ids(name)
    if not found:
        raise NotFoundError("Record not found")
    return found[0]


def _language(sent: Parameters) -> str | None:
    tag = sent.text("language").partition("-")[0].lower()
    return tag if 2 <= len(tag) <= 3 and tag.isascii() and tag.isalpha() else None


def _moment(sent: Parameters, name: str) -> int | None:
    text = sent.text(name)
    if not text:
        return None
    moment = from_rfc3339(text)
    if moment is None:
        raise InvalidError(f"{name} must be a date and time", field=name)
    return moment


async def edit(call: Call) -> Reply:
    """Edit a status."""
    text = call.parameters.text("status")
    mentioned = await look_up_named(call.instance, text=text, visibility=Visibility.PUBLIC)
    return shown(await call.write(_edit, call=call, text=text, mentioned=mentioned))


def _edit(tx: Transaction, *, call: Call, text: str, mentioned: dict[str, str]) -> Entity:
    sent, row = call.parameters, entry(tx, row_id=call.row_id(), viewer=call.me).row
    publishing.edit_post(
        tx,
        actor=call.me,
        object_id=row.object_id,
        text=text,
        title=row.name,
        summary=sent.text("spoiler_text"),
        language=_language(sent),
        sensitive=sent.flag("sensitive"),
        attachments=_files(tx, call=call, row=row),
        mentioned=mentioned,
    )
    wanted = quoting.meant_by_app(quote_policy_of(sent), present=quoting.policy_of(row))
    if wanted is not None:
        publishing.change_quote_policy(tx, actor=call.me, object_id=row.object_id, quote_policy=wanted)
    return status_entity_of(tx, row_id=row.object_id, viewer=call.me)


def _files(tx: Transaction, *, call: Call, row: Row[Any]) -> list[AttachmentDraft]:
    """Return the files of an edited post: those named, or those that hang on it, with their new descriptions."""
    sent = call.parameters
    hanging = [each.media_id for each in parts.attachments_of(tx, object_ids=[row.object_id])[row.object_id]]
    wanted = sent.row_ids("media_ids") if sent.has("media_ids") else [each for each in hanging if each is not None]
    changes = {each.text("id"): each for each in sent.rows("media_attributes")}
    known = media_queries.find_many(tx, media_ids=wanted)
    return [
        AttachmentDraft(media_id=each, alt=changes.get(str(each), Parameters()).text("description", known[each].alt))
        if each in known
        else AttachmentDraft(media_id=each)
        for each in wanted
    ]


async def delete(call: Call) -> Reply:
    """Delete a status."""
    return shown(await call.write(_delete, row_id=call.row_id(), actor=call.me))


def _delete(tx: Transaction, *, row_id: int, actor: str) -> Entity:
    """Delete a post, or take a share back; return the post as it was, so that it can be written anew."""
    found = entry(tx, row_id=row_id, viewer=actor)
    entity = status_entity_of(tx, row_id=row_id, viewer=actor)
    if found.shared_by is not None:
        if found.shared_by != actor:
            raise NotFoundError("Record not found")
        reacting.unshare(tx, actor=actor, object_id=found.row.object_id)
        return entity
    if found.row.author != actor:
        raise NotFoundError("Record not found")
    publishing.delete_post(tx, actor=actor, object_id=found.row.object_id)
    return {**entity, "text": found.row.source or "", "content": entity["content"]}


# --- planned posts ----------------------------------------------------------------------------------------------


async def list_scheduled(call: Call) -> Reply:
    """View scheduled statuses."""
    page = await call.read(_scheduled_page, author=call.me, request=call.parameters.page())
    return listed(page.items, links=call.links(page))


async def show_scheduled(call: Call) -> Reply:
    """View a single scheduled status."""
    return shown(await call.read(_scheduled, author=call.me, scheduled_id=call.row_id()))


async def reschedule(call: Call) -> Reply:
    """Update a scheduled status's publishing date."""
    due_at = _moment(call.parameters, "scheduled_at")
    if due_at is None:
        raise InvalidError("scheduled_at must be a date and time", field="scheduled_at")
    return shown(await call.write(_reschedule, author=call.me, scheduled_id=call.row_id(), due_at=due_at))


async def cancel(call: Call) -> Reply:
    """Cancel a scheduled status."""
    await call.write(drafting.cancel, author=call.me, scheduled_id=call.row_id())
    return NOTHING


def _schedule(tx: Transaction, *, author: str, draft: PostDraft, due_at: int, key: str) -> Entity:
    return _entity(tx, drafting.schedule(tx, author=author, draft=draft, due_at=due_at, key=key))


def _scheduled(tx: Transaction, *, author: str, scheduled_id: int) -> Entity:
    return _entity(tx, drafting.scheduled(tx, author=author, scheduled_id=scheduled_id))


def _reschedule(tx: Transaction, *, author: str, scheduled_id: int, due_at: int) -> Entity:
    return _entity(tx, drafting.reschedule(tx, author=author, scheduled_id=scheduled_id, due_at=due_at))


def _scheduled_page(tx: Transaction, *, author: str, request: PageRequest) -> Page[Entity]:
    return drafting.scheduled_page(tx, author=author, request=request).map(lambda post: _entity(tx, post))


def _entity(tx: Transaction, post: ScheduledPost) -> Entity:
    files = media_queries.find_many(tx, media_ids=post.draft.media_ids)
    return scheduled_entity(post, files=files, site=tx.site)


_WRITING: Final = Access.person("write:statuses")
_PLANNED: Final = "/api/v1/scheduled_statuses"

ENDPOINTS: Final = (
    Endpoint(method="POST", path="/api/v1/statuses", access=_WRITING, handle=publish),
    Endpoint(method="PUT", path="/api/v1/statuses/:id", access=_WRITING, handle=edit),
    Endpoint(method="DELETE", path="/api/v1/statuses/:id", access=_WRITING, handle=delete),
    Endpoint(method="GET", path=_PLANNED, access=Access.person("read:statuses"), handle=list_scheduled),
    Endpoint(method="GET", path=f"{_PLANNED}/:id", access=Access.person("read:statuses"), handle=show_scheduled),
    Endpoint(method="PUT", path=f"{_PLANNED}/:id", access=_WRITING, handle=reschedule),
    Endpoint(method="DELETE", path=f"{_PLANNED}/:id", access=_WRITING, handle=cancel),
)
