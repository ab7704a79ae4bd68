"""Custom emoji of this instance's own: which there are, and which of them a text uses.

They are added and removed in the room that keeps files; here they are read, for people and posts alike.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, select

from fedgov.activitystreams.context import CONTEXT
from fedgov.activitystreams.document import Document
from fedgov.activitystreams.tag import Emoji, emoji_member
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.text.emoji import shortcodes_in
from fedgov.kernel.uris import Site
from fedgov.store.tables import custom_emojis
from fedgov.store.transaction import Transaction

TOPIC: Final = "emojis"
"""Signalled when one is added, changed or removed."""

_ALL: Final = select(custom_emojis).order_by(custom_emojis.c.category, custom_emojis.c.shortcode)
_NAMED: Final = select(custom_emojis).where(custom_emojis.c.shortcode.in_(bindparam("names", expanding=True)))
_ONE: Final = select(custom_emojis).where(custom_emojis.c.id == bindparam("emoji"))


def every(tx: Transaction) -> Sequence[Row[Any]]:
    """Return the rows of all of them, hidden ones too, by category and name."""
    return tx.rows(_ALL)


def get(tx: Transaction, *, emoji_id: int) -> Row[Any]:
    """Return the row of one.

    Raises:
        NotFoundError: There is none.
    """
    row = tx.row(_ONE, {"emoji": emoji_id})
    if row is None:
        raise NotFoundError("there is no such emoji")
    return row


def find(tx: Transaction, *, shortcode: str) -> Row[Any]:
    """Return the row of the one with this name, without colons.

    Raises:
        NotFoundError: There is none.
    """
    row = tx.row(_NAMED, {"names": [shortcode]})
    if row is None:
        raise NotFoundError("there is no such emoji")
    return row


def named(tx: Transaction, *, shortcodes: Collection[str]) -> tuple[Emoji, ...]:
    """Return those that there are of some names, without colons, by name."""
    rows = tx.rows(_NAMED, {"names": list(shortcodes)}) if shortcodes else ()
    return tuple(sorted((emoji_of(row, site=tx.site) for row in rows), key=lambda each: each.shortcode))


def used_in(tx: Transaction, *texts: str | None) -> tuple[Emoji, ...]:
    """Return those that some texts use; hidden ones may be used too by whoever knows the name.

    Args:
        tx: The open transaction.
        *texts: HTML or plain texts.
    """
    return named(tx, shortcodes=shortcodes_in(*texts))


def emoji_of(row: Row[Any], *, site: Site) -> Emoji:
    """Return one as it stands in documents."""
    return Emoji(
        shortcode=row.shortcode,
        url=site.url(f"/media/{row.token}"),
        uri=site.url(f"/emojis/{row.id}"),
        media_type=row.media_type,
        updated=row.updated_at,
    )


def stored(emojis: Collection[Emoji]) -> str:
    """Return emoji as they are stored beside the text that uses them: JSON of pairs."""
    return orjson.dumps([(each.shortcode, each.url) for each in emojis]).decode()


def restored(column: str) -> tuple[Emoji, ...]:
    """Return what `stored` wrote."""
    return tuple(Emoji(shortcode=shortcode, url=url) for shortcode, url in orjson.loads(column))


def document(tx: Transaction, *, emoji_id: int) -> Document:
    """Return the ActivityPub document of one.

    Raises:
        NotFoundError: There is none.
    """
    row = get(tx, emoji_id=emoji_id)
    return {"@context": CONTEXT} | emoji_member(emoji_of(row, site=tx.site))
