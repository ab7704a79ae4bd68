"""A post of our own as ActivityPub document and audience, made of what is stored."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import Row

from fedgov.activitystreams.audience import Audience, Visibility, audience_for
from fedgov.activitystreams.document import Document
from fedgov.activitystreams.object import PostMembers, article_document, note_document, question_document
from fedgov.activitystreams.quotation import policy_member, restored
from fedgov.activitystreams.tag import Hashtag, Mention
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.vocabulary import ACCEPTED
from fedgov.federation import actors, emojis
from fedgov.federation import objects as object_store
from fedgov.kernel.text.plain import excerpt
from fedgov.store.transaction import Transaction

_PREVIEW: int = 500


def audience_of(tx: Transaction, *, row: Row[Any]) -> Audience:
    """Return the addressees of a post of our own: those of its visibility, and everyone it names.

    Args:
        tx: The open transaction.
        row: The post.
    """
    author = actors.get(tx, uri=row.author)
    named = parts.mentions_of(tx, object_ids=[row.object_id])[row.object_id]
    return audience_for(
        Visibility(row.visibility),
        followers_uri=author.followers_uri or f"{row.author}/followers",
        colleagues_uri=tx.site.colleagues,
        mentioned=[each.actor_uri for each in named],
    )


def _interaction_policy(tx: Transaction, *, row: Row[Any]) -> Document | None:
    quotable = restored(row.quotable)
    if quotable is None:
        return None
    author = actors.get(tx, uri=row.author)
    return policy_member(quotable, author=row.author, followers=author.followers_uri or f"{row.author}/followers")


def document_of(tx: Transaction, *, row: Row[Any], audience: Audience) -> Document:
    """Return the document of a post of our own.

    Args:
        tx: The open transaction.
        row: The post.
        audience: Its addressees.
    """
    ids = [row.object_id]
    members: PostMembers = {
        "url": row.uri,
        "updated": row.edited_at,
        "summary": row.summary or None,
        "sensitive": row.sensitive,
        "language": row.language,
        "in_reply_to": row.in_reply_to_uri,
        "attachments": [parts.file_of(each) for each in parts.attachments_of(tx, object_ids=ids)[row.object_id]],
        "mentions": [
            Mention(href=each.actor_uri, name=each.name)
            for each in parts.mentions_of(tx, object_ids=ids)[row.object_id]
        ],
        "hashtags": [
            Hashtag(name=each.tag, href=tx.site.url(f"/tags/{quote(each.tag)}"))
            for each in parts.hashtags_of(tx, object_ids=ids)[row.object_id]
        ],
        "emojis": emojis.named(tx, shortcodes=[each.shortcode for each in emojis.restored(row.emojis)]),
        "quote": row.quote_uri,
        "quote_stamp": row.quote_stamp if row.quote_state == ACCEPTED else None,
        "interaction_policy": _interaction_policy(tx, row=row),
        "replies": f"{row.uri}/replies",
    }
    poll = parts.poll_of(tx, object_id=row.object_id) if row.type == "Question" else None
    if poll is not None:
        return question_document(
            row.uri,
            author=row.author,
            content=row.content_html,
            options=poll.options,
            multiple=poll.multiple,
            end_time=poll.end_time,
            closed=poll.closed,
            voters_count=poll.voters_count,
            audience=audience,
            published=row.published_at,
            **members,
        )
    if row.type == "Article":
        return article_document(
            row.uri,
            author=row.author,
            name=row.name,
            content=row.content_html,
            preview=excerpt(row.content_html, limit=_PREVIEW),
            audience=audience,
            published=row.published_at,
            **members,
        )
    return note_document(
        row.uri,
        author=row.author,
        content=row.content_html,
        audience=audience,
        published=row.published_at,
        **members,
    )


def refresh(tx: Transaction, *, object_id: int) -> tuple[Document, Audience, Visibility, str]:
    """Write the document of a post of our own anew; return it with addressees, visibility and author."""
    row = post_queries.get_any(tx, object_id=object_id)
    audience = audience_of(tx, row=row)
    document = document_of(tx, row=row, audience=audience)
    visibility = Visibility(row.visibility)
    stored = object_store.find_by_id(tx, row_id=object_id)
    if stored is not None:
        object_store.replace(
            tx,
            row=stored,
            document=orjson.dumps(document).decode(),
            updated_at=max(tx.now, stored.updated_at or 0, stored.published_at),
            visibility=visibility,
            # Whoever could read it still can, also without standing in it.
            targets=(*audience.everyone, *object_store.targets(tx, row_id=object_id)),
        )
    return document, audience, visibility, row.author
