"""What posts quote, as far as a reader may see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.activitystreams.quotation import EVERYONE, FOLLOWERS, OTHERS, restored
from fedgov.features.people.queries import blocked_by, paged
from fedgov.features.posts.queries.posts import find_many, find_many_by_uri, readable
from fedgov.features.posts.tables import posts
from fedgov.features.posts.vocabulary import ACCEPTED, Consent
from fedgov.features.trust.queries import hidden
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.tables import follows, objects
from fedgov.store.transaction import Transaction

_DELETED: Final = select(objects.c.uri).where(
    objects.c.uri.in_(bindparam("uris", expanding=True)), objects.c.deleted_at.is_not(None)
)

_FOLLOWED: Final = select(follows.c.following).where(
    follows.c.follower == bindparam("viewer"),
    follows.c.state == "accepted",
    follows.c.following.in_(bindparam("authors", expanding=True)),
)
_QUOTERS: Final = (
    select(posts.c.object_id, posts.c.author)
    .where(posts.c.quote_id == bindparam("id"), posts.c.quote_state == ACCEPTED, posts.c.local)
    .order_by(posts.c.object_id.desc())
    .limit(bindparam("limit"))
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


# --- consent ----------------------------------------------------------------------------------------------------


def consent_of(tx: Transaction, *, rows: Sequence[Row[Any]], viewer: str | None) -> dict[int, Consent]:
    """Return what somebody may expect who quotes some posts, by row id of the post.

    Args:
        tx: The open transaction.
        rows: The posts, which that actor may read.
        viewer: URI of the actor who would quote; None for a visitor, who cannot.
    """
    followed = _followed(tx, rows=rows, viewer=viewer)
    return {row.object_id: _consent(row, viewer=viewer, followed=followed) for row in rows}


def _followed(tx: Transaction, *, rows: Sequence[Row[Any]], viewer: str | None) -> frozenset[str]:
    """Return whom of these authors somebody follows, where that matters; in one query for a whole timeline."""
    asked = {row.author for row in rows if row.quotable is not None and FOLLOWERS in row.quotable}
    if viewer is None or not asked - {viewer}:
        return frozenset()
    return frozenset(tx.values(_FOLLOWED, {"viewer": viewer, "authors": sorted(asked)}))


def _consent(row: Row[Any], *, viewer: str | None, followed: frozenset[str]) -> Consent:
    if viewer is None:
        return "denied"
    if row.author == viewer:
        return "denied" if row.visibility == Visibility.DIRECT.value else "automatic"
    if row.visibility not in FOR_EVERYONE:
        return "denied"
    quotable = restored(row.quotable)
    if quotable is None:
        return "unknown"
    mine = {EVERYONE, FOLLOWERS} if row.author in followed else {EVERYONE}
    if not mine.isdisjoint(quotable.automatic):
        return "automatic"
    if not mine.isdisjoint(quotable.manual):
        return "manual"
    return "unknown" if OTHERS in (*quotable.automatic, *quotable.manual) else "denied"


def quotes_page(tx: Transaction, *, object_id: int, viewer: str | None, page: PageRequest) -> Page[Row[Any]]:
    """Return a page of the posts that quote one with consent, newest first, as far as somebody may read them.

    Args:
        tx: The open transaction.
        object_id: Row id of the quoted post, which was checked to be readable.
        viewer: URI of the actor who reads; None for a visitor.
        page: Which part.
    """
    query = select(posts.c.object_id.label("id")).where(posts.c.quote_id == object_id, posts.c.quote_state == ACCEPTED)
    found = paged(tx, query, column=posts.c.object_id, page=page)
    rows = find_many(tx, object_ids=[each.id for each in found.items])
    allowed = {row.object_id: row for row in readable(tx, rows=list(rows.values()), viewer=viewer)}
    return found.map(lambda each: allowed.get(each.id))


def quoters(tx: Transaction, *, object_id: int, limit: int) -> Sequence[Row[Any]]:
    """Return the posts of people here that quote one with consent (``object_id``, ``author``), the newest first."""
    return tx.rows(_QUOTERS, {"id": object_id, "limit": limit})


def is_approved(row: Row[Any], *, quoted: Row[Any]) -> bool:
    """Tell whether a quotation is shown: its author is quoted, agreed, or was never asked by anybody.

    Who states who may quote is asked. Software that knows no consent states nothing; what it writes is shown as ever.
    """
    if row.author == quoted.author or row.quote_state == ACCEPTED:
        return True
    return row.quote_state is None and quoted.quotable is None
