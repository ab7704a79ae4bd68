"""What of accounts and posts is the same for all who look: made once, and kept until any of it changes.

Whether something changed is read with the page, from editions that the database keeps
(`fedgov.store.editions`); so nothing is ever stale, whichever process changed it. What
is kept never depends on who looks, and who may look was decided before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row

from fedgov.features.notices.present import texts_of
from fedgov.features.people.present import profile_cards
from fedgov.features.people.service.sanctions import NONE, Sanctions, sanctions_of
from fedgov.features.posts.present import plain_cards
from fedgov.features.posts.queries import briefs
from fedgov.features.posts.queries.timelines import figures
from fedgov.federation import actors
from fedgov.mastodon.entities.account import Entity, Known, account_entity, figures_of
from fedgov.mastodon.entities.status import Plain, counted_status, plain_status
from fedgov.store.transaction import Transaction


def known_accounts(tx: Transaction, *, uris: Collection[str]) -> dict[str, Known]:
    """Return what is known of accounts, by URI; those that are not known here are left out.

    Args:
        tx: The open transaction.
        uris: URIs of actors.
    """
    rows = actors.find_many(tx, uris=list(dict.fromkeys(uris)))
    moved = actors.find_many(tx, uris=[row.moved_to for row in rows.values() if row.moved_to])
    everybody = {**moved, **rows}
    profiles = profile_cards(tx, list(everybody.values()))
    written = figures(tx, authors=list(everybody))
    found = {
        uri: Known(profile=profiles[uri], posts=written[uri][0], last_post_at=written[uri][1]) for uri in everybody
    }
    return {
        uri: replace(found[uri], moved_to=found.get(row.moved_to)) if row.moved_to else found[uri]
        for uri, row in rows.items()
    }


@dataclass(frozen=True, slots=True)
class _Account:
    """An Account entity, and the figures that are in it."""

    figures: tuple[object, ...]
    entity: Entity


def accounts_of(tx: Transaction, *, uris: Collection[str]) -> dict[str, Entity]:
    """Return Account entities by URI; those that are not known here are left out, and nobody changes one.

    Args:
        tx: The open transaction.
        uris: URIs of actors.
    """
    rows = briefs.people(tx, uris=uris)
    decided = sanctions_of(tx, uris=rows.keys())
    found = {uri: _kept_account(tx, row, decided.get(uri, NONE)) for uri, row in rows.items()}
    missing = [uri for uri, entity in found.items() if entity is None]
    for uri, known in known_accounts(tx, uris=missing).items() if missing else ():
        entity = found[uri] = account_entity(known, site=tx.site)
        _keep_account(tx, rows[uri], decided.get(uri, NONE), entity)
    return {uri: found[uri] for uri in uris if found.get(uri) is not None}  # type: ignore[misc]


def _kept_account(tx: Transaction, row: Row[Any], decided: Sanctions) -> Entity | None:
    remembered, key, edition = tx.setting.remembered, ("account", row.id), (row.edition, decided)
    kept: _Account | None = remembered.get(key, edition=edition)
    if kept is None or kept.figures == _figures(row):
        return None if kept is None else kept.entity
    entity = kept.entity | _counted(row)
    if tx.is_snapshot:
        remembered.keep(key, _Account(_figures(row), entity), edition=edition)
    return entity


def _keep_account(tx: Transaction, row: Row[Any], decided: Sanctions, entity: Entity) -> None:
    """Keep an Account entity; not one with another in it, which may change for itself, nor one that may be undone."""
    if tx.is_snapshot and row.moved_to is None:
        kept = _Account(_figures(row), entity)
        tx.setting.remembered.keep(("account", row.id), kept, edition=(row.edition, decided))


def _figures(row: Row[Any]) -> tuple[object, ...]:
    follows = (row.followers, row.following) if row.local else (None, None)
    return (*follows, row.posts, row.newest_at)


def _counted(row: Row[Any]) -> Entity:
    followers, following = (row.followers, row.following) if row.local else (None, None)
    return figures_of(followers, following, posts=row.posts or 0, last_post_at=row.newest_at)


def plain_statuses(tx: Transaction, *, rows: Mapping[int, Row[Any]]) -> dict[int, Plain]:
    """Return posts as they are to everybody who may read them, by row id.

    Args:
        tx: The open transaction.
        rows: The posts in brief, which were checked to be readable.
    """
    remembered = tx.setting.remembered
    found: dict[int, Plain] = {}
    for key, row in rows.items():
        kept = remembered.get(("post", key), edition=row.edition)
        if kept is not None:
            found[key] = kept
    missing = [key for key in rows if key not in found]
    for key, card in plain_cards(tx, object_ids=missing).items() if missing else ():
        made = found[key] = plain_status(card, site=tx.site)
        if tx.is_snapshot:
            remembered.keep(("post", key), made, edition=rows[key].edition)
    return found


def counted_status_of(tx: Transaction, row: Row[Any], plain: Plain, *, account: Entity, covered: bool) -> Entity:
    """Return a post with its author and its counters, as it is to everybody who may read it; nobody changes it.

    Args:
        tx: The open transaction.
        row: The post in brief.
        plain: The post.
        account: Account entity of who wrote it.
        covered: Whatever this author posts is covered.
    """
    key = ("counted", row.object_id)
    edition = (row.edition, row.shares, row.likes, row.replies, row.quotes, covered, account)
    found: Entity | None = tx.setting.remembered.get(key, edition=edition)
    if found is None:
        found = counted_status(
            plain,
            account=account,
            shares=row.shares,
            likes=row.likes,
            replies=row.replies,
            quotes=row.quotes,
            covered=covered,
        )
        if tx.is_snapshot:
            tx.setting.remembered.keep(key, found, edition=edition)
    return found


def words_of(tx: Transaction, plain: Plain, *, edition: int) -> tuple[str, ...]:
    """Return what a post says, as plain texts, for filters.

    Args:
        tx: The open transaction.
        plain: The post.
        edition: As its row has it.
    """
    key = ("words", plain.card.id)
    said: tuple[str, ...] | None = tx.setting.remembered.get(key, edition=edition)
    if said is None:
        said = texts_of(plain.card)
        if tx.is_snapshot:
            tx.setting.remembered.keep(key, said, edition=edition)
    return said
