"""What posts quote, as far as a reader may see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from fedgov.features.people.queries import blocked_by
from fedgov.features.posts.queries.posts import find_many_by_uri, readable
from fedgov.features.trust.queries import hidden
from fedgov.store.tables import objects
from fedgov.store.transaction import Transaction

_DELETED: Final = select(objects.c.uri).where(
    objects.c.uri.in_(bindparam("uris", expanding=True)), objects.c.deleted_at.is_not(None)
)


@dataclass(frozen=True, slots=True)
class Quoted:
    """What some posts quote.

    Args:
        rows: The quoted posts that the reader may see, by id.
        links: The ids of others that the reader may be led to at their own place.
    """

    rows: dict[str, Row[Any]]
    links: frozenset[str]


def quoted_by(tx: Transaction, *, rows: Iterable[Row[Any]], viewer: str | None) -> Quoted:
    """Return what posts quote.

    What the reader may not read is as good as unknown: there is no link to what
    is of here, since only its reader finds it; nor to what is deleted, of a
    blocked domain, or by somebody whom the reader blocks.

    Args:
        tx: The open transaction.
        rows: Posts.
        viewer: URI of the actor who reads; None for a visitor.
    """
    wanted = {row.quote_uri for row in rows if row.quote_uri is not None}
    if not wanted:
        return Quoted(rows={}, links=frozenset())
    known = find_many_by_uri(tx, uris=wanted)
    shut = hidden(tx, uris=wanted | {row.author for row in known.values()})
    seen = readable(tx, rows=list(known.values()), viewer=viewer)
    shown = {row.uri: row for row in seen if row.uri not in shut and row.author not in shut}
    rest = {uri for uri in wanted - shown.keys() if uri not in shut and not tx.site.owns(uri)}
    return Quoted(rows=shown, links=_links(tx, rest, known=known, viewer=viewer))


def _links(tx: Transaction, rest: Collection[str], *, known: dict[str, Row[Any]], viewer: str | None) -> frozenset[str]:
    if not rest:
        return frozenset()
    unwanted = blocked_by(tx, who=viewer) if viewer is not None else frozenset()
    deleted = set(tx.values(_DELETED, {"uris": sorted(rest)}))
    return frozenset(
        uri for uri in rest if uri not in deleted and (uri not in known or known[uri].author not in unwanted)
    )
