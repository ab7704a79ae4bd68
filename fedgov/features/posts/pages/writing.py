"""Pages on which somebody writes: the composer, editing and deleting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from quart import Response, request
from sqlalchemy import Row

from fedgov.activitystreams.audience import Visibility
from fedgov.features.people.present import person_cards
from fedgov.features.posts import policy
from fedgov.features.posts.pages import uploads
from fedgov.features.posts.pages.reading import own_card
from fedgov.features.posts.present import post_card, preview_card
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries.quotes import consent_of
from fedgov.features.posts.queries.reach import reach
from fedgov.features.posts.service import publishing, quoting
from fedgov.features.posts.service.looking_up import look_up_named
from fedgov.features.posts.vocabulary import AttachmentDraft, PollDraft, QuotePolicy
from fedgov.instance import Instance
from fedgov.kernel.clock import SECOND
from fedgov.kernel.errors import ForbiddenError, InvalidError
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard, ReachCard
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, form_of, read_form
from fedgov.web.redirects import NEXT_FIELD, back, redirect_to
from fedgov.web.render import current_translator, render, render_text
from fedgov.web.session import Visitor, require_visitor

DEFAULT_POLL_SECONDS: Final = 259_200


# --- the composer -----------------------------------------------------------------------------------------------


async def compose() -> Response:
    """Show the composer; ``?mention=`` names somebody, ``?reply_to=`` what is answered, ``?quote=`` what is quoted."""
    visitor = await require_visitor()
    values = {"audience": visitor.default_audience}
    mention = request.args.get("mention", "")[:320].strip()
    if mention:
        values |= {"text": f"{mention} ", "audience": Visibility.DIRECT.value}
    if _number(request.args.get("reply_to", "")):
        values["in_reply_to"] = request.args["reply_to"]
    quoted = _number(request.args.get("quote", ""))
    if quoted is not None:
        if not await current_instance().read(_may_quote, actor=visitor.actor_uri, object_id=quoted):
            return redirect_to(f"/posts/{quoted}", notice="not_quotable")
        values["quote"] = str(quoted)
    return await _composer(visitor, form_of(values))


async def _composer(visitor: Visitor, form: Form, *, status: int = 200, preview: PostCard | None = None) -> Response:
    found = await current_instance().read(_around, actor=visitor.actor_uri, form=form)
    return await render(
        "posts/compose.html",
        status=status,
        form=form,
        reach=found.reach,
        reply_to=found.reply_to,
        locked=found.locked,
        quoted=found.quoted,
        kept_files=await uploads.kept_files(visitor.actor_uri, form),
        preview=preview,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What stands around the composer."""

    reach: ReachCard | None = None
    reply_to: PostCard | None = None
    quoted: PostCard | None = None
    locked: tuple[str, ...] = ()


def _around(tx: Transaction, *, actor: str, form: Form) -> _Around:
    parent, quoted = _parent(tx, actor=actor, form=form), _quoted(tx, actor=actor, form=form)
    return _Around(
        reach=_reach(tx, actor=actor, form=form),
        reply_to=post_card(tx, row=parent, viewer=actor) if parent is not None else None,
        quoted=post_card(tx, row=quoted, viewer=actor) if quoted is not None else None,
        locked=_locked(parent, quoted),
    )


def _locked(parent: Row[Any] | None, quoted: Row[Any] | None) -> tuple[str, ...]:
    """Return whom the message may be for; nothing when it may be for anybody."""
    kind = None if quoted is None else Visibility(quoted.visibility)
    closed = () if kind is None or policy.may_share(kind) else policy.quote_audiences(kind)
    if parent is None:
        return tuple(each.value for each in closed)
    allowed = policy.reply_audiences(Visibility(parent.visibility))
    return tuple(each.value for each in allowed if not closed or each in closed)


def _may_quote(tx: Transaction, *, actor: str, object_id: int) -> bool:
    row = post_queries.get(tx, object_id=object_id, viewer=actor)
    return consent_of(tx, rows=[row], viewer=actor)[row.object_id] != "denied"


def _quoted(tx: Transaction, *, actor: str, form: Form) -> Row[Any] | None:
    """Return what is quoted; None when nothing is, or when it is gone meanwhile."""
    object_id = _number(form.value("quote"))
    row = None if object_id is None else post_queries.find(tx, object_id=object_id)
    return row if row is not None and post_queries.may_read(tx, row=row, viewer=actor) else None


def _parent(tx: Transaction, *, actor: str, form: Form) -> Row[Any] | None:
    object_id = _number(form.value("in_reply_to"))
    return post_queries.get(tx, object_id=object_id, viewer=actor) if object_id is not None else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


# --- whom it reaches --------------------------------------------------------------------------------------------


async def preview_reach() -> Response:
    """Say whom the text would reach as it stands, for the line under the audience."""
    visitor, form = await require_visitor(), await read_form()
    found = await current_instance().read(_reach, actor=visitor.actor_uri, form=form)
    response = Response(await render_text("posts/reach.html", reach=found), content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def _reach(tx: Transaction, *, actor: str, form: Form) -> ReachCard | None:
    try:
        visibility = _audience(form)
    except InvalidError:
        return None
    text = form.value("text")[: tx.config.posts.max_characters]
    named = dict.fromkeys(publishing.named_in(tx, text=text))
    parent = _parent(tx, actor=actor, form=form)
    if parent is not None:
        named.setdefault(parent.author)
    unknown = tuple(str(handle) for handle in publishing.unknown_handles(tx, text=text))
    cards = person_cards(tx, list(named))
    return reach(
        tx,
        author=actor,
        visibility=visibility,
        mentioned=list(named),
        unknown=unknown,
        cards=tuple(cards.values()),
    )


def _audience(form: Form) -> Visibility:
    try:
        return Visibility(form.value("audience"))
    except ValueError:
        raise InvalidError("choose who this is for", field="audience") from None


# --- publishing -------------------------------------------------------------------------------------------------


async def publish() -> Response:
    """Publish what was written, or show how it would look; on a mistake everything typed is still there."""
    visitor = await require_visitor()
    form = await uploads.take(visitor.actor_uri, await read_form())
    if form.errors:
        return await _composer(visitor, form, status=422)
    try:
        if form.value("action") == "preview":
            return await _preview(visitor, form)
        object_id = await _publish(current_instance(), visitor, form)
    except InvalidError as error:
        return await _refused(visitor, form, error)
    if form.value(NEXT_FIELD).startswith("/compose"):
        return redirect_to(f"/posts/{object_id}", notice="posted")
    return await back(default="/home", notice="posted")


async def _refused(visitor: Visitor, form: Form, error: InvalidError) -> Response:
    translator = await current_translator()
    return await _composer(visitor, form.with_refusal(error, message=translator.gettext(error.safe)), status=422)


async def _preview(visitor: Visitor, form: Form) -> Response:
    visibility = _audience(form)
    around = await current_instance().read(_around, actor=visitor.actor_uri, form=form)
    card = await current_instance().read(
        preview_card,
        author=visitor.actor_uri,
        text=form.value("text"),
        visibility=visibility,
        title=form.value("title"),
        summary=form.value("summary"),
        sensitive=form.has("sensitive"),
        attachments=await uploads.kept_files(visitor.actor_uri, form),
        quoted=around.quoted,
    )
    return await _composer(visitor, form, preview=card)


async def _publish(instance: Instance, visitor: Visitor, form: Form) -> int:
    visibility = _audience(form)
    mentioned = await look_up_named(instance, text=form.value("text"), visibility=visibility)
    return await instance.write(
        _publish_form,
        actor=visitor.actor_uri,
        form=form,
        visibility=visibility,
        mentioned=mentioned,
        poll=_poll(form, now=instance.clock.now()),
    )


def _publish_form(
    tx: Transaction,
    *,
    actor: str,
    form: Form,
    visibility: Visibility,
    mentioned: Mapping[str, str],
    poll: PollDraft | None,
) -> int:
    parent, quoted = _parent(tx, actor=actor, form=form), _quoted(tx, actor=actor, form=form)
    if quoted is None and form.value("quote"):
        raise InvalidError("what you quote is no longer there", field="quote")
    return publishing.publish_post(
        tx,
        author=actor,
        text=form.value("text"),
        title=form.value("title").strip(),
        summary=form.value("summary").strip(),
        language=_language(form),
        sensitive=form.has("sensitive"),
        visibility=visibility,
        in_reply_to=parent.uri if parent is not None else None,
        attachments=_attachments(form),
        poll=poll,
        mentioned=mentioned,
        quote=quoted.uri if quoted is not None else None,
        quote_policy=_quote_policy(form),
    )


def _quote_policy(form: Form) -> QuotePolicy | None:
    """Return who may quote it; None for what the author chose once for all."""
    value = form.value("quote_policy")
    if not value:
        return None
    try:
        return QuotePolicy(value)
    except ValueError:
        raise InvalidError("choose who may quote this", field="quote_policy") from None


def _language(form: Form) -> str | None:
    tag = form.value("language")
    return tag if 2 <= len(tag) <= 3 and tag.isascii() and tag.isalpha() else None


def _attachments(form: Form) -> Sequence[AttachmentDraft]:
    return [
        AttachmentDraft(media_id=media_id, alt=form.value(f"media_alt_{media_id}").strip())
        for media_id in uploads.media_ids(form)
    ]


def _poll(form: Form, *, now: int) -> PollDraft | None:
    options = tuple(label.strip() for label in form.all("poll_option") if label.strip())
    if not options:
        return None
    seconds = _number(form.value("poll_ends")) or DEFAULT_POLL_SECONDS
    return PollDraft(options=options, ends_at=now + min(seconds, 10**9) * SECOND, multiple=form.has("poll_multiple"))


# --- editing and deleting ---------------------------------------------------------------------------------------


async def edit(post_id: int) -> Response:
    """Show an own post for editing."""
    return await _editor(await require_visitor(), post_id)


async def _editor(visitor: Visitor, post_id: int, *, form: Form | None = None, status: int = 200) -> Response:
    instance = current_instance()
    card = await instance.read(own_card, object_id=post_id, actor=visitor.actor_uri)
    row = await instance.read(post_queries.get_any, object_id=post_id)
    stored = {"text": row.source or "", "summary": row.summary, "quote_policy": quoting.policy_of(row)}
    shown = form or form_of({"language": row.language or ""})
    return await render("posts/edit.html", status=status, post=card, values=stored, form=shown)


async def save(post_id: int) -> Response:
    """Store a changed post and send it to everyone who got it."""
    visitor, form, instance = await require_visitor(), await read_form(), current_instance()
    try:
        mentioned = await look_up_named(instance, text=form.value("text"), visibility=Visibility.PUBLIC)
        await instance.write(_save_form, actor=visitor.actor_uri, object_id=post_id, form=form, mentioned=mentioned)
    except InvalidError as error:
        translator = await current_translator()
        refused = form.with_refusal(error, message=translator.gettext(error.safe))
        return await _editor(visitor, post_id, form=refused, status=422)
    return redirect_to(f"/posts/{post_id}", notice="edited")


def _save_form(tx: Transaction, *, actor: str, object_id: int, form: Form, mentioned: Mapping[str, str]) -> None:
    row = post_queries.get(tx, object_id=object_id, viewer=actor)
    if not policy.may_edit(author=row.author, actor=actor):
        raise ForbiddenError("this message is somebody else's")
    hanging = parts.attachments_of(tx, object_ids=[object_id])[object_id]
    described = [
        AttachmentDraft(media_id=each.media_id, alt=form.value(f"media_alt_{each.media_id}", each.alt).strip())
        for each in hanging
        if each.media_id is not None
    ]
    publishing.edit_post(
        tx,
        actor=actor,
        object_id=object_id,
        text=form.value("text"),
        title=form.value("title", row.name).strip(),
        summary=form.value("summary").strip(),
        language=_language(form),
        sensitive=row.sensitive and not row.summary,
        attachments=described,
        mentioned=mentioned,
    )
    wanted = _quote_policy(form)
    if wanted is not None:
        publishing.change_quote_policy(tx, actor=actor, object_id=object_id, quote_policy=wanted)


async def delete(post_id: int) -> Response:
    """Ask whether an own post should really go."""
    visitor = await require_visitor()
    card = await current_instance().read(own_card, object_id=post_id, actor=visitor.actor_uri)
    return await render("posts/delete.html", post=card)


async def confirm_delete(post_id: int) -> Response:
    """Delete an own post everywhere."""
    visitor = await require_visitor()
    await current_instance().write(publishing.delete_post, actor=visitor.actor_uri, object_id=post_id)
    return await back(default="/home", notice="deleted")
