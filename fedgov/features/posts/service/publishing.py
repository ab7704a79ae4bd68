"""What a person here does with own posts: publish, edit, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote as percent

from sqlalchemy import Row

from fedgov.activitystreams.activity import embeddable
from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.object import tombstone
from fedgov.activitystreams.poll import Option, Poll
from fedgov.activitystreams.tag import MAX_TAGS, Mention, normalise_hashtag
from fedgov.features.posts import policy
from fedgov.features.posts.queries import parts, reach
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import documents, files, quoting, storing
from fedgov.features.posts.vocabulary import AttachmentDraft, PollDraft, PostAppeared, PostChanged, QuotePolicy
from fedgov.federation import actors, emojis, outbox, overview
from fedgov.federation import objects as object_store
from fedgov.kernel.errors import FedgovError, ForbiddenError, InvalidError
from fedgov.kernel.text.markdown import Rendered, render_markdown
from fedgov.kernel.text.plain import clean_name
from fedgov.kernel.uris import Handle, parse_handle
from fedgov.store.transaction import Transaction

MARKDOWN = "text/markdown"


def publish_post(
    tx: Transaction,
    *,
    author: str,
    text: str,
    visibility: Visibility,
    in_reply_to: str | None = None,
    title: str = "",
    summary: str = "",
    language: str | None = None,
    sensitive: bool = False,
    attachments: Sequence[AttachmentDraft] = (),
    poll: PollDraft | None = None,
    mentioned: Mapping[str, str] | None = None,
    quote: str | None = None,
    quote_policy: QuotePolicy | None = None,
    alone: bool = False,
    addressed: Sequence[str] | None = None,
    unnamed: Sequence[str] = (),
) -> int:
    """Publish a message and queue it for everyone in its audience.

    Object, activity and deliveries are one transaction: after a crash either
    all exist or none. What is for the organisation only is never delivered.

    Args:
        tx: The open transaction.
        author: URI of the local actor who writes.
        text: Markdown.
        visibility: Who may read it; a reply may not be for more people than what it answers.
        in_reply_to: URI of what it answers, which must be in the store.
        title: Plain text; makes it an Article.
        summary: Note in advance, plain text.
        language: BCP 47 tag; None: the language of the instance.
        sensitive: Whether pictures should be covered at first.
        attachments: Uploaded files of this author, in order.
        poll: Makes it a Question.
        mentioned: Actor URIs of the handles in the text (without the leading
            ``@``) that were looked up for it; whoever is known here is found without.
        quote: URI of the post that is quoted, which must be in the store.
        quote_policy: Who may quote it; None: what the author chose once for all.
        alone: Whether a message to named people may name nobody, so that it is a note for its author alone.
        addressed: URIs of the people it is for, where that is said apart from the text: then a name in the
            text is an address only for these, and whoever is answered is no addressee by that alone.
        unnamed: URIs of people who get it and may read it without standing in it.

    Returns:
        Row id of the object; the post is at ``/posts/{id}``.

    Raises:
        InvalidError: Something in it is not acceptable; names the field.
        NotFoundError: What it answers or quotes is not there, or not for this author.
        ForbiddenError: The author may not post.
        RateLimitedError: The author posted very much in this hour.

    Spec: ActivityPub, section 6.2; FEP-b2b8 (Article); FEP-9967 (Question).
    """
    tx.limit("posts", of=author)
    settings = tx.config.posts
    policy.check_text(text, settings=settings, title=title, summary=summary, has_more=bool(attachments))
    policy.check_attachments([each.alt for each in attachments], settings=settings)
    if poll is not None:
        if title:
            raise InvalidError("a poll cannot have a title", field="title")
        policy.check_poll(poll, settings=settings, now=tx.now)
    if not outbox.sender_exists(tx, actor=author):
        raise ForbiddenError("this account cannot post", detail=author)
    parent = _answered(tx, author=author, uri=in_reply_to, visibility=visibility)
    quoted = quoting.check_quote(tx, author=author, uri=quote, visibility=visibility)
    rendered, named = _render(
        tx,
        text=text,
        author=author,
        mentioned=mentioned or {},
        answered=parent.author if parent is not None else None,
        addressed=addressed,
    )
    if visibility is Visibility.DIRECT and not named and not alone:
        raise InvalidError("name somebody with @name@organisation, or choose another audience", field="audience")
    object_id = tx.new_id()
    uri = tx.site.post(object_id)
    _add_object(tx, object_id=object_id, uri=uri, author=author, visibility=visibility, kind=_kind(title, poll))
    object_store.address(tx, row_id=object_id, targets=unnamed)
    storing.store(
        tx,
        storing.NewPost(
            object_id=object_id,
            uri=uri,
            author=author,
            kind=_kind(title, poll),
            visibility=visibility,
            published_at=tx.now,
            in_reply_to=in_reply_to,
            poll=_poll(tx, poll),
            text=storing.Text(
                name=clean_name(title, limit=policy.MAX_TITLE),
                summary=summary.strip(),
                content_html=rendered.html,
                source=text,
                source_type=MARKDOWN,
                language=language or tx.config.instance.language,
                sensitive=sensitive or bool(summary.strip()),
                quote_uri=quote,
                url=uri,
                files=files.attach(tx, drafts=attachments, owner=author, object_id=object_id),
                mentions=named,
                hashtags=_hashtags(rendered),
                emojis=emojis.used_in(tx, title, summary, rendered.html, *(poll.options if poll is not None else ())),
            ),
        ),
    )
    quotable = quoting.quotable_of(tx, author=author, visibility=visibility, wanted=quote_policy)
    quoting.set_quotable(tx, object_id=object_id, quotable=quotable)
    if quoted is not None:
        quoting.begin(tx, object_id=object_id, quoted=quoted)
    _send(tx, object_id=object_id, kind="Create", also_to=unnamed)
    if quoted is not None:
        quoting.ask(tx, object_id=object_id, quoted=quoted)
    tx.tell(
        PostAppeared(
            object_id=object_id,
            uri=uri,
            author=author,
            visibility=visibility,
            published_at=tx.now,
            in_reply_to_author=parent.author if parent is not None else None,
            mentions=tuple(dict.fromkeys((*(each.href for each in named), *unnamed))),
        )
    )
    return object_id


def _kind(title: str, poll: PollDraft | None) -> str:
    return "Question" if poll is not None else "Article" if title.strip() else "Note"


def _poll(tx: Transaction, draft: PollDraft | None) -> Poll | None:
    if draft is None:
        return None
    options = tuple(Option(name=clean_name(label, limit=policy.MAX_OPTION)) for label in draft.options)
    return Poll(options=options, multiple=draft.multiple, end_time=draft.ends_at, voters_count=0)


def _add_object(tx: Transaction, *, object_id: int, uri: str, author: str, visibility: Visibility, kind: str) -> None:
    """Reserve the row; document and addressees follow once all that hangs on it is stored."""
    object_store.add(
        tx,
        uri=uri,
        kind=kind,
        author=author,
        visibility=visibility,
        targets=(),
        document="{}",
        published_at=tx.now,
        row_id=object_id,
    )


def _answered(tx: Transaction, *, author: str, uri: str | None, visibility: Visibility) -> Row[Any] | None:
    if uri is None:
        return None
    parent = post_queries.get(tx, uri=uri, viewer=author)
    policy.check_reply(parent=Visibility(parent.visibility), reply=visibility)
    return parent


# --- names ------------------------------------------------------------------------------------------------------


def unknown_handles(tx: Transaction, *, text: str) -> list[Handle]:
    """Return the people named in a text who are not known here yet, so that a door can look them up first.

    Args:
        tx: The open transaction.
        text: Markdown, as typed.
    """
    missing: dict[Handle, None] = {}

    def look(name: str) -> str | None:
        handle = _handle(tx, name)
        if handle is not None and handle.host != tx.site.domain and _known(tx, handle) is None:
            missing[handle] = None
        return None

    render_markdown(text, resolve_mention=look)
    return list(missing)[: policy.MAX_MENTIONS]


def named_in(tx: Transaction, *, text: str) -> list[str]:
    """Return the URIs of the people named in a text who are known here."""
    found: dict[str, None] = {}

    def look(name: str) -> str | None:
        handle = _handle(tx, name)
        row = _known(tx, handle) if handle is not None else None
        if row is not None:
            found[row.uri] = None
        return None

    render_markdown(text, resolve_mention=look)
    return list(found)[: policy.MAX_MENTIONS]


def _handle(tx: Transaction, name: str) -> Handle | None:
    try:
        return parse_handle(name if "@" in name else f"{name}@{tx.site.domain}", scheme=tx.site.scheme)
    except FedgovError:
        return None


def _known(tx: Transaction, handle: Handle) -> Row[Any] | None:
    row = actors.find_by_handle(tx, username=handle.username, at_host=handle.host)
    return None if row is None or row.deleted_at is not None else row


def _render(
    tx: Transaction,
    *,
    text: str,
    author: str,
    mentioned: Mapping[str, str],
    answered: str | None = None,
    addressed: Sequence[str] | None = None,
) -> tuple[Rendered, tuple[Mention, ...]]:
    """Return the text as HTML and whom it names; whoever is answered is always named, unless it says whom it is for."""
    given = {name.lstrip("@").lower(): uri for name, uri in mentioned.items()}
    named: dict[str, Mention] = {}

    def resolve(name: str) -> str | None:
        row = None
        if name.lower() in given:
            row = actors.find(tx, uri=given[name.lower()])
        handle = _handle(tx, name)
        if row is None and handle is not None:
            row = _known(tx, handle)
        if row is None or len(named) >= policy.MAX_MENTIONS or not (addressed is None or row.uri in addressed):
            return None
        named.setdefault(row.uri, _mention(row))
        return tx.site.url(f"/@{row.username}") if row.local else str(row.uri)

    rendered = render_markdown(
        text, resolve_mention=resolve, hashtag_url=lambda tag: tx.site.url(f"/tags/{percent(tag)}")
    )
    also = [answered] if addressed is None else addressed
    first = {uri: actors.find(tx, uri=uri) for uri in also if uri is not None and uri not in named and uri != author}
    front = [Mention(href=uri) if row is None else _mention(row) for uri, row in first.items()]
    return rendered, (*front, *named.values())


def _mention(row: Row[Any]) -> Mention:
    return Mention(href=row.uri, name=f"@{row.username}@{row.host}")


def _hashtags(rendered: Rendered) -> tuple[str, ...]:
    found = (normalise_hashtag(tag) for tag in rendered.hashtags)
    return tuple(dict.fromkeys(tag for tag in found if tag is not None))[:MAX_TAGS]


# --- sending ----------------------------------------------------------------------------------------------------


def _send(tx: Transaction, *, object_id: int, kind: str, also_to: Sequence[str] = ()) -> None:
    """Write the document as it is now and publish it in a Create or Update."""
    document, audience, visibility, author = documents.refresh(tx, object_id=object_id)
    outbox.publish(
        tx,
        actor=author,
        activity={"type": kind, "object": embeddable(document)},
        audience=audience,
        visibility=visibility,
        also_to=also_to,
        about=document["id"] if kind == "Update" else None,
    )


def send_update(tx: Transaction, *, object_id: int) -> None:
    """Send a post of ours anew to everyone who got it, because something about it changed besides its text."""
    _send(tx, object_id=object_id, kind="Update", also_to=parts.interested(tx, object_id=object_id))


def answer_quote(tx: Transaction, *, actor: str, quoting_id: int, agrees: bool) -> None:
    """Let somebody quote who asked, or not; a post of ours goes out anew with the stamp.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who is quoted.
        quoting_id: Row id of the post that quotes.
        agrees: Whether it may.

    Raises:
        NotFoundError: Nobody waits for this person to answer that.
    """
    quoting.answer_request(tx, actor=actor, quoting_id=quoting_id, agrees=agrees)
    _send_if_ours(tx, object_id=quoting_id)


def revoke_quote(tx: Transaction, *, actor: str, object_id: int, quoting_id: int) -> None:
    """Take the consent to a quotation back; a post of ours goes out anew without the stamp.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who is quoted.
        object_id: Row id of the quoted post.
        quoting_id: Row id of the post that quotes.

    Raises:
        NotFoundError: There is no such post, or not for this person, or it does not quote that one.
        ForbiddenError: The quoted post is somebody else's.
    """
    quoting.revoke(tx, actor=actor, object_id=object_id, quoting_id=quoting_id)
    _send_if_ours(tx, object_id=quoting_id)


def end_quotes(tx: Transaction, *, author: str, by: str) -> None:
    """Let somebody who is blocked quote nothing any more that they were allowed to, or asked for."""
    for object_id in quoting.end_between(tx, author=author, by=by):
        send_update(tx, object_id=object_id)


def _send_if_ours(tx: Transaction, *, object_id: int) -> None:
    row = post_queries.get_any(tx, object_id=object_id)
    if row.local:
        send_update(tx, object_id=object_id)


def change_quote_policy(tx: Transaction, *, actor: str, object_id: int, quote_policy: QuotePolicy) -> None:
    """Change who may quote an own post from now on; where not everybody may read it, that stays nobody.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who wrote it.
        object_id: Row id of the object.
        quote_policy: Who.

    Raises:
        NotFoundError: There is no such post, or not for this person.
        ForbiddenError: It is somebody else's.
        RateLimitedError: Too many posts in this hour.
    """
    tx.limit("posts", of=actor)
    row = _own(tx, actor=actor, object_id=object_id)
    kind = Visibility(row.visibility)
    quotable = quoting.quotable_of(tx, author=actor, visibility=kind, wanted=quote_policy)
    if quotable.stored() != row.quotable:
        quoting.set_quotable(tx, object_id=object_id, quotable=quotable)
        send_update(tx, object_id=object_id)


def edit_post(
    tx: Transaction,
    *,
    actor: str,
    object_id: int,
    text: str,
    title: str = "",
    summary: str = "",
    language: str | None = None,
    sensitive: bool = False,
    attachments: Sequence[AttachmentDraft] | None = None,
    mentioned: Mapping[str, str] | None = None,
    addressed: Sequence[str] | None = None,
) -> None:
    """Change an own post; the earlier text stays readable, and everyone who got it gets the new one.

    Who may read it and a poll in it stay as they are. Somebody who was named
    keeps getting it, so that no server keeps an old text for ever.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who edits.
        object_id: Row id of the object.
        text: Markdown.
        title: Plain text; of an Article only.
        summary: Note in advance, plain text.
        language: BCP 47 tag; None leaves it.
        sensitive: Whether pictures should be covered at first.
        attachments: Files from now on; None leaves them.
        mentioned: As for `publish_post`.
        addressed: As for `publish_post`; whoever was named before stays so.

    Raises:
        NotFoundError: There is no such post, or not for this person.
        ForbiddenError: It is somebody else's.
        InvalidError: Something in it is not acceptable; names the field.
        RateLimitedError: Too many posts in this hour.
    """
    tx.limit("posts", of=actor)
    row = _own(tx, actor=actor, object_id=object_id)
    hanging = parts.attachments_of(tx, object_ids=[object_id])[object_id]
    has_files = bool(hanging) if attachments is None else bool(attachments)
    policy.check_text(text, settings=tx.config.posts, title=title, summary=summary, has_more=has_files)
    if attachments is not None:
        policy.check_attachments([each.alt for each in attachments], settings=tx.config.posts)
    rendered, named = _render(tx, text=text, author=actor, mentioned=mentioned or {}, addressed=addressed)
    before = parts.mentions_of(tx, object_ids=[object_id])[object_id]
    everyone_named = {each.href: each for each in named} | {
        each.actor_uri: Mention(href=each.actor_uri, name=each.name) for each in before
    }
    storing.rewrite(
        tx,
        row=row,
        visibility=Visibility(row.visibility),
        at=tx.now,
        text=storing.Text(
            name=clean_name(title, limit=policy.MAX_TITLE) if row.type == "Article" else row.name,
            summary=summary.strip(),
            content_html=rendered.html,
            source=text,
            source_type=MARKDOWN,
            language=language or row.language,
            sensitive=sensitive or bool(summary.strip()),
            quote_uri=row.quote_uri,
            url=row.url,
            files=storing.files_of(hanging)
            if attachments is None
            else files.attach(tx, drafts=attachments, owner=actor, object_id=object_id),
            mentions=tuple(everyone_named.values()),
            hashtags=_hashtags(rendered),
            emojis=emojis.used_in(tx, title, summary, rendered.html, *_options(tx, row=row)),
        ),
    )
    _send(tx, object_id=object_id, kind="Update", also_to=parts.interested(tx, object_id=object_id))
    tx.tell(PostChanged(object_id=object_id, uri=row.uri, author=row.author))


def _options(tx: Transaction, *, row: Row[Any]) -> tuple[str, ...]:
    poll = parts.poll_of(tx, object_id=row.object_id) if row.type == "Question" else None
    return () if poll is None else tuple(each.name for each in poll.options)


def _own(tx: Transaction, *, actor: str, object_id: int) -> Row[Any]:
    row = post_queries.get(tx, object_id=object_id, viewer=actor)
    if not row.local or not policy.may_edit(author=row.author, actor=actor):
        raise ForbiddenError("this message is somebody else's")
    return row


def delete_post(tx: Transaction, *, actor: str, object_id: int) -> None:
    """Delete an own post everywhere, as far as others listen.

    What has not left yet never leaves; whoever may have got it is asked to
    delete it too.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who wrote it.
        object_id: Row id of the object.

    Raises:
        NotFoundError: There is no such post, or not for this person.
        ForbiddenError: It is somebody else's.
    """
    withdraw_post(tx, row=_own(tx, actor=actor, object_id=object_id))


def condemn(tx: Transaction, *, object_ids: Sequence[int]) -> None:
    """Take reported posts away, because an administrator decided so: those from here everywhere, others from here.

    Args:
        tx: The open transaction.
        object_ids: Row ids of the objects; what is gone already is passed over.
    """
    for object_id in object_ids:
        row = post_queries.find(tx, object_id=object_id)
        if row is None:
            continue
        if row.local:
            withdraw_post(tx, row=row)
        else:
            storing.erase(tx, row=row)


def withdraw_post(tx: Transaction, *, row: Row[Any]) -> None:
    """Delete a post of this instance in its author's name; who may do that was decided before.

    Args:
        tx: The open transaction.
        row: The post.
    """
    audience = documents.audience_of(tx, row=row)
    also_to = parts.interested(tx, object_id=row.object_id)
    visibility = Visibility(row.visibility)
    outbox.withdraw(tx, object_uri=row.uri)
    storing.erase(tx, row=row)
    kind = row.type if policy.may_share(visibility) else None
    outbox.publish(
        tx,
        actor=row.author,
        activity={"type": "Delete", "object": embeddable(tombstone(row.uri, deleted=tx.now, former_type=kind))},
        audience=audience,
        visibility=visibility,
        also_to=also_to,
        about=row.uri,
    )


def send_again(tx: Transaction, *, actor: str, object_id: int) -> int:
    """Try again now where an own post has not arrived.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who wrote it.
        object_id: Row id of the object.

    Returns:
        At how many servers.

    Raises:
        NotFoundError: There is no such post, or not for this person.
        ForbiddenError: It is somebody else's.
        RateLimitedError: Too many posts in this hour.
    """
    tx.limit("posts", of=actor)
    row = _own(tx, actor=actor, object_id=object_id)
    waiting = reach.waiting(tx, uri=row.uri)
    for delivery_id in waiting:
        overview.retry_delivery(tx, delivery_id=delivery_id)
    return len(waiting)
