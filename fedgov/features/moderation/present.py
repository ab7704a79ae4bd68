"""Reports as an administrator's page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from markupsafe import Markup
from sqlalchemy import Row

from fedgov.activitystreams.attachment import Attachment, read_attachments
from fedgov.activitystreams.document import Document, language, language_text
from fedgov.activitystreams.tag import read_emojis
from fedgov.features.people.present import person_cards
from fedgov.federation import objects
from fedgov.kernel.text.plain import clean_name
from fedgov.kernel.text.sanitise import sanitise
from fedgov.store.transaction import Transaction
from fedgov.web.cards import AttachmentCard, EmojiCard, PersonCard, PostCard
from fedgov.web.proxied import attachment_card, emoji_cards, own_emoji_cards, secret_of
from fedgov.web.rows import ReportRow


def report_rows(tx: Transaction, rows: Sequence[Row[Any]]) -> list[ReportRow]:
    """Return reports with the people and posts that they are about.

    An administrator sees what was reported, whoever may read it otherwise;
    the reporter, who could read it, showed it.

    Args:
        tx: The open transaction.
        rows: As `queries.list_reports` found them.
    """
    people = person_cards(tx, {uri for row in rows for uri in (row.reporter, row.target)})
    return [_report_row(tx, row, people=people) for row in rows]


def _report_row(tx: Transaction, row: Row[Any], *, people: dict[str, PersonCard]) -> ReportRow:
    about = people.get(row.target) or _nobody(row.target)
    found = (objects.find(tx, uri=uri) for uri in orjson.loads(row.objects))
    return ReportRow(
        id=row.id,
        at=row.created_at,
        about=about,
        comment=row.text,
        rules=tuple(orjson.loads(row.rules)),
        reporter=people.get(row.reporter) if tx.site.owns(row.reporter) else None,
        posts=tuple(_post(tx, thing, author=about) for thing in found if thing is not None and thing.document),
        state=row.state,
        forwarded=row.forwarded,
    )


def _nobody(uri: str) -> PersonCard:
    return PersonCard(uri=uri, url="", handle=uri, name=uri, initials="?", organisation="")


def _post(tx: Transaction, row: Row[Any], *, author: PersonCard) -> PostCard:
    """Return a reported post, plainly: without counts and buttons."""
    document: Document = objects.stored_document(row)
    return PostCard(
        id=row.id,
        uri=row.uri,
        url=f"/posts/{row.id}",
        author=author,
        published_at=row.published_at,
        content_html=Markup(sanitise(language_text(document, "content") or "")),  # noqa: S704 - sanitised right here
        visibility=row.visibility,
        edited_at=row.updated_at,
        language=language(document),
        summary=clean_name(language_text(document, "summary") or "") if row.type == "Note" else "",
        title=clean_name(language_text(document, "name") or ""),
        attachments=tuple(_file(tx, each) for each in read_attachments(document)),
        emojis=_emojis(tx, row, document),
    )


def _emojis(tx: Transaction, row: Row[Any], document: Document) -> tuple[EmojiCard, ...]:
    used = read_emojis(document)
    return own_emoji_cards(used) if row.local else emoji_cards(secret_of(tx.config.folder), used)


def _file(tx: Transaction, attachment: Attachment) -> AttachmentCard:
    if not tx.site.owns(attachment.url):
        return attachment_card(secret_of(tx.config.folder), attachment)
    kind = attachment.kind if attachment.kind != "link" else "document"
    return AttachmentCard(
        kind=kind,
        url=attachment.url.removeprefix(tx.site.origin),
        media_type=attachment.media_type or "application/octet-stream",
        alt=attachment.name or "",
        width=attachment.width,
        height=attachment.height,
        blurhash=attachment.blurhash,
    )
