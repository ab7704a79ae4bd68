"""What is known about people: accounts, relations, requests and lists. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from sqlalchemy import (
    BigInteger,
    Row,
    Select,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union,
    union_all,
)

from fedgov.activitystreams.document import Document
from fedgov.features.people.policy.people import Party
from fedgov.features.people.tables import accounts, host_blocks, moves, sessions, tokens
from fedgov.features.people.tables import blocks as block_rows
from fedgov.features.people.tables import mutes as mute_rows
from fedgov.federation import actors as actor_store
from fedgov.kernel import pagination
from fedgov.kernel.clock import beginning_of_week
from fedgov.kernel.errors import FedgovError, NotFoundError
from fedgov.kernel.pagination import PageRequest, page_of
from fedgov.kernel.uris import origin, parse_handle
from fedgov.store.lists import filled_up
from fedgov.store.tables import actors, follows, inbox_items, objects
from fedgov.store.transaction import Transaction
from fedgov.web.cards import Relation

PAGE: Final = 40

_ACCOUNT_OF: Final = select(accounts).where(accounts.c.actor_uri == bindparam("actor"))
_ACCOUNT_BY_ID: Final = select(accounts).where(accounts.c.id == bindparam("id"))
_ACCOUNT_BY_NAME: Final = select(accounts).where(accounts.c.username == bindparam("username"))
_BLOCKS: Final = select(literal(1)).where(
    exists().where(block_rows.c.who == bindparam("who"), block_rows.c.whom == bindparam("whom"))
)
_MUTES: Final = select(mute_rows.c.id).where(
    mute_rows.c.who == bindparam("who"),
    mute_rows.c.whom == bindparam("whom"),
    or_(mute_rows.c.until.is_(None), mute_rows.c.until > bindparam("now")),
)
_for_good: Final = cast(null(), BigInteger)
_UNWANTED: Final = union_all(
    select(literal("shut out").label("kind"), block_rows.c.whom.label("what"), _for_good.label("until")).where(
        block_rows.c.who == bindparam("viewer")
    ),
    select(literal("shut out"), block_rows.c.who, _for_good).where(block_rows.c.whom == bindparam("viewer")),
    select(case((mute_rows.c.notifications, "silenced"), else_="muted"), mute_rows.c.whom, mute_rows.c.until).where(
        mute_rows.c.who == bindparam("viewer")
    ),
    select(literal("host"), host_blocks.c.host, _for_good).where(host_blocks.c.who == bindparam("viewer")),
)
_BLOCKED_BY: Final = select(block_rows.c.whom).where(block_rows.c.who == bindparam("who"))
_MUTED: Final = select(mute_rows.c.whom, mute_rows.c.until, mute_rows.c.notifications).where(
    mute_rows.c.who == bindparam("who")
)
"""Whether a mute has ended is looked at afterwards: a question without a time is the same one each time."""
_AT_BLOCKED_HOSTS: Final = (
    select(actors.c.uri)
    .join(host_blocks, host_blocks.c.host == actors.c.host)
    .where(host_blocks.c.who == bindparam("who"))
)
_AMONG_THEM: Final = _AT_BLOCKED_HOSTS.where(actors.c.uri.in_(bindparam("uris", expanding=True)))
_BLOCKS_HOST_OF: Final = (
    select(host_blocks.c.id)
    .join(actors, actors.c.host == host_blocks.c.host)
    .where(host_blocks.c.who == bindparam("who"), actors.c.uri == bindparam("whom"))
)
_WARY: Final = union(
    select(block_rows.c.who).where(block_rows.c.whom.in_(bindparam("whom", expanding=True))),
    select(block_rows.c.whom).where(block_rows.c.who.in_(bindparam("whom", expanding=True))),
    select(mute_rows.c.who).where(mute_rows.c.whom.in_(bindparam("whom", expanding=True))),
    select(host_blocks.c.who)
    .join(actors, actors.c.host == host_blocks.c.host)
    .where(actors.c.uri.in_(bindparam("whom", expanding=True))),
)
_BETWEEN: Final = select(follows.c.follower, follows.c.following, follows.c.state).where(
    or_(
        (follows.c.follower == bindparam("viewer")) & (follows.c.following == bindparam("target")),
        (follows.c.follower == bindparam("target")) & (follows.c.following == bindparam("viewer")),
    )
)


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a list, newest first.

    Args:
        rows: Its rows.
        newer: Row id to hand in as ``after`` for the piece before; None at the beginning.
        older: Row id to hand in as ``before`` for the piece after; None at the end.
    """

    rows: tuple[Row[Any], ...]
    newer: int | None = None
    older: int | None = None


# --- accounts ---------------------------------------------------------------------------------------------------


def account_of(tx: Transaction, *, actor: str) -> Row[Any] | None:
    """Return the account behind a local actor; None for the organisation, the server and everyone elsewhere."""
    return tx.row(_ACCOUNT_OF, {"actor": actor})


def account(tx: Transaction, *, account_id: int) -> Row[Any]:
    """Return an account by its row id.

    Raises:
        NotFoundError: There is none.
    """
    row = tx.row(_ACCOUNT_BY_ID, {"id": account_id})
    if row is None:
        raise NotFoundError("there is no such account")
    return row


def account_named(tx: Transaction, *, username: str) -> Row[Any]:
    """Return an account by its user name, in small letters or not, with or without ``@``.

    Raises:
        NotFoundError: There is none.
    """
    row = tx.row(_ACCOUNT_BY_NAME, {"username": username.strip().removeprefix("@").lower()})
    if row is None:
        raise NotFoundError("there is no account with this user name", detail=username[:100])
    return row


def accounts_page(tx: Transaction, *, before: int | None = None, after: int | None = None, limit: int = PAGE) -> Page:
    """Return accounts, newest first."""
    return _page(tx, select(accounts), column=accounts.c.id, before=before, after=after, limit=limit)


def all_accounts(tx: Transaction) -> Sequence[Row[Any]]:
    """Return every account by user name."""
    return tx.rows(select(accounts).order_by(accounts.c.username))


def count_accounts(tx: Transaction, *, active_since: int | None = None) -> int:
    """Return how many accounts can be used.

    Args:
        tx: The open transaction.
        active_since: Count only those that were used since then, in milliseconds.
    """
    query = select(func.count()).select_from(accounts).where(accounts.c.disabled_at.is_(None))
    if active_since is not None:
        query = query.where(accounts.c.last_seen_at >= active_since)
    return int(tx.value(query))


def weekly_accounts(tx: Transaction, *, since: int) -> dict[int, tuple[int, int]]:
    """Return how many accounts were made and how many were last used in each week.

    Args:
        tx: The open transaction.
        since: Beginning of the first week, in milliseconds since the epoch.

    Returns:
        Both numbers by the beginning of the week.
    """
    found: list[dict[int, int]] = []
    for column in (accounts.c.created_at, accounts.c.last_seen_at):
        week = beginning_of_week(column)
        query = select(week.label("week"), func.count().label("times")).where(column >= since).group_by("week")
        found.append({row.week: row.times for row in tx.rows(query)})
    made, used = found
    return {week: (made.get(week, 0), used.get(week, 0)) for week in made | used}


def count_other_administrators(tx: Transaction, *, account_id: int) -> int:
    """Return how many usable accounts of administrators there are besides this one."""
    return int(
        tx.value(
            select(func.count())
            .select_from(accounts)
            .where(accounts.c.administrator, accounts.c.disabled_at.is_(None), accounts.c.id != account_id)
        )
    )


def session(tx: Transaction, *, token_hash: str) -> Row[Any] | None:
    """Return a session that has not expired, with the columns of its account and the actor's name, or None."""
    return tx.row(_SESSION, {"token_hash": token_hash, "now": tx.now})


_SESSION: Final = (
    select(
        sessions.c.id,
        sessions.c.token_hash,
        sessions.c.csrf_secret,
        sessions.c.seen_at,
        accounts.c.id.label("account_id"),
        accounts.c.actor_uri,
        accounts.c.username,
        accounts.c.administrator,
        accounts.c.language,
        accounts.c.default_audience,
        actors.c.name,
        actors.c.avatar_url,
    )
    .join(accounts, accounts.c.id == sessions.c.account_id)
    .join(actors, actors.c.uri == accounts.c.actor_uri)
    .where(
        sessions.c.token_hash == bindparam("token_hash"),
        sessions.c.expires_at > bindparam("now"),
        accounts.c.disabled_at.is_(None),
    )
)


def sessions_of(tx: Transaction, *, account_id: int) -> Sequence[Row[Any]]:
    """Return where somebody is logged in, last used first."""
    return tx.rows(
        select(sessions)
        .where(sessions.c.account_id == account_id, sessions.c.expires_at > tx.now)
        .order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
    )


def token(tx: Transaction, *, token_hash: str) -> Row[Any] | None:
    """Return a token that may be used now, with the columns of its account (None for an app's own), or None."""
    return tx.row(_TOKEN, {"token_hash": token_hash})


_USABLE: Final = (tokens.c.revoked_at.is_(None), accounts.c.disabled_at.is_(None))
_TOKEN: Final = (
    select(
        tokens.c.id,
        tokens.c.app_id,
        tokens.c.account_id,
        tokens.c.scopes,
        tokens.c.last_used_at,
        accounts.c.actor_uri,
        accounts.c.username,
        accounts.c.administrator,
    )
    .join_from(tokens, accounts, accounts.c.id == tokens.c.account_id, isouter=True)
    .where(
        tokens.c.token_hash == bindparam("token_hash"),
        *_USABLE,
    )
)


def live_tokens(tx: Transaction, *, ids: Collection[int]) -> frozenset[int]:
    """Return those of some tokens (row ids) that may still be used, by the rule of `token`."""
    return frozenset(tx.values(_LIVE, {"ids": list(ids)})) if ids else frozenset()


_LIVE: Final = (
    select(tokens.c.id)
    .join_from(tokens, accounts, accounts.c.id == tokens.c.account_id, isouter=True)
    .where(
        tokens.c.id.in_(bindparam("ids", expanding=True)),
        *_USABLE,
    )
)


def tokens_of(tx: Transaction, *, account_id: int) -> Sequence[Row[Any]]:
    """Return the tokens of an account that were not revoked, newest first."""
    return tx.rows(
        select(tokens)
        .where(tokens.c.account_id == account_id, tokens.c.revoked_at.is_(None))
        .order_by(tokens.c.id.desc())
    )


# --- relations --------------------------------------------------------------------------------------------------


def blocks(tx: Transaction, *, who: str, whom: str) -> bool:
    """Tell whether one actor blocks another."""
    return tx.row(_BLOCKS, {"who": who, "whom": whom}) is not None


def any_block(tx: Transaction, *, one: str, other: str) -> bool:
    """Tell whether either of two actors blocks the other."""
    return blocks(tx, who=one, whom=other) or blocks(tx, who=other, whom=one)


def block_activity(tx: Transaction, *, who: str, whom: str) -> str | None:
    """Return the URI of the Block that was sent, or None."""
    found: str | None = tx.value(
        select(block_rows.c.activity_uri).where(block_rows.c.who == who, block_rows.c.whom == whom)
    )
    return found


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Whom a person does not want to see just now, or is not wanted by.

    Args:
        shut_out: URIs of everyone whom the person blocks or who blocks the person.
        muted: URIs of everyone who is muted, with notifications or without.
        silenced: URIs of those who are muted with their notifications.
        any_host: Whether the person blocks whole servers.
    """

    shut_out: frozenset[str]
    muted: frozenset[str]
    silenced: frozenset[str]
    any_host: bool


def unwanted(tx: Transaction, viewer: str) -> Unwanted:
    """Return whom a person does not want to see just now, or is not wanted by.

    Args:
        tx: The open transaction.
        viewer: URI of the person's actor.
    """
    return tx.once_of(_unwanted, viewer)


def _unwanted(tx: Transaction, viewer: str) -> Unwanted:
    found: dict[str, set[str]] = {"shut out": set(), "muted": set(), "silenced": set(), "host": set()}
    for row in tx.rows(_UNWANTED, {"viewer": viewer}):
        if row.until is None or row.until > tx.now:
            found[row.kind].add(row.what)
    return Unwanted(
        shut_out=frozenset(found["shut out"]),
        muted=frozenset(found["muted"] | found["silenced"]),
        silenced=frozenset(found["silenced"]),
        any_host=bool(found["host"]),
    )


def shut_out(tx: Transaction, *, viewer: str) -> frozenset[str]:
    """Return the URIs of everyone whom a person blocks or who blocks that person."""
    return unwanted(tx, viewer).shut_out


def blocked_by(tx: Transaction, *, who: str) -> frozenset[str]:
    """Return the URIs of everyone whom a person blocks."""
    return frozenset(tx.values(_BLOCKED_BY, {"who": who}))


def mutes(tx: Transaction, *, who: str, whom: str) -> bool:
    """Tell whether one actor does not want to see another just now."""
    return tx.row(_MUTES, {"who": who, "whom": whom, "now": tx.now}) is not None


def muted(tx: Transaction, *, who: str) -> frozenset[str]:
    """Return the URIs of everyone whom a person does not want to see just now."""
    return frozenset(row.whom for row in _mutes_of(tx, who))


def _mutes_of(tx: Transaction, who: str) -> Iterator[Row[Any]]:
    return (row for row in tx.rows(_MUTED, {"who": who}) if row.until is None or row.until > tx.now)


def blocks_host_of(tx: Transaction, *, who: str, whom: str) -> bool:
    """Tell whether a person here wants to see nothing of the server that an actor is of."""
    return tx.row(_BLOCKS_HOST_OF, {"who": who, "whom": whom}) is not None


def at_blocked_hosts(tx: Transaction, *, who: str) -> frozenset[str]:
    """Return the URIs of everyone known here who is of a server of which a person wants to see nothing."""
    return frozenset(tx.values(_AT_BLOCKED_HOSTS, {"who": who}))


def blocked_hosts(tx: Transaction, *, who: str, page: PageRequest) -> pagination.Page[Row[Any]]:
    """Return the servers of which a person wants to see nothing (``id``, ``host``), newest first."""
    query = select(host_blocks.c.id, host_blocks.c.host).where(host_blocks.c.who == who)
    return paged(tx, query, column=host_blocks.c.id, page=page)


def silences(tx: Transaction, *, who: str, whom: str) -> bool:
    """Tell whether one actor does not want to be told what another does just now."""
    return whom in unheard(tx, viewer=who)


def unheard(tx: Transaction, *, viewer: str) -> frozenset[str]:
    """Return the URIs of everyone of whom a person is told nothing.

    They are blocked either way, or of a server that the person blocks, or muted with their notifications.
    """
    found = unwanted(tx, viewer)
    there = at_blocked_hosts(tx, who=viewer) if found.any_host else frozenset()
    return found.shut_out | found.silenced | there


def hidden_from(tx: Transaction, *, viewer: str) -> frozenset[str]:
    """Return the URIs of everyone whose posts a person's timelines leave out.

    They are blocked either way, or muted, or of a server that the person blocks.
    """
    found = unwanted(tx, viewer)
    there = at_blocked_hosts(tx, who=viewer) if found.any_host else frozenset()
    return found.shut_out | found.muted | there


def unheard_among(tx: Transaction, *, viewer: str, uris: Collection[str]) -> frozenset[str]:
    """Return those of some people of whom a person is told nothing, by the rule of `unheard`."""
    found = unwanted(tx, viewer)
    return frozenset(uris) & (found.shut_out | found.silenced | _at_blocked_hosts_among(tx, viewer, found, uris))


def hidden_among(tx: Transaction, *, viewer: str, uris: Collection[str]) -> frozenset[str]:
    """Return those of some people whose posts a person's timelines leave out, by the rule of `hidden_from`."""
    found = unwanted(tx, viewer)
    return frozenset(uris) & (found.shut_out | found.muted | _at_blocked_hosts_among(tx, viewer, found, uris))


def _at_blocked_hosts_among(tx: Transaction, viewer: str, found: Unwanted, uris: Collection[str]) -> frozenset[str]:
    if not found.any_host or not uris:
        return frozenset()
    return frozenset(tx.values(_AMONG_THEM, {"who": viewer, "uris": filled_up(sorted(uris))}))


def wary_of(tx: Transaction, *, uris: Collection[str]) -> frozenset[str]:
    """Return the URIs of at least all those whose timelines leave out any of some people (see `hidden_from`).

    The same question the other way round, for one post and many readers.
    """
    return frozenset(tx.values(_WARY, {"whom": list(uris)})) if uris else frozenset()


def blocked_page(tx: Transaction, *, who: str, before: int | None = None, after: int | None = None) -> Page:
    """Return whom a person blocks (``whom``, ``created_at``), newest first."""
    query = select(block_rows.c.id, block_rows.c.whom.label("uri"), block_rows.c.created_at).where(
        block_rows.c.who == who
    )
    return _page(tx, query, column=block_rows.c.id, before=before, after=after)


def muted_page(tx: Transaction, *, who: str, before: int | None = None, after: int | None = None) -> Page:
    """Return whom a person muted (``uri``, ``until``, ``created_at``), newest first."""
    query = select(mute_rows.c.id, mute_rows.c.whom.label("uri"), mute_rows.c.until, mute_rows.c.created_at).where(
        mute_rows.c.who == who, or_(mute_rows.c.until.is_(None), mute_rows.c.until > tx.now)
    )
    return _page(tx, query, column=mute_rows.c.id, before=before, after=after)


def relation(tx: Transaction, *, viewer: str | None, target: str) -> Relation:
    """Return how a reader and a person stand.

    Args:
        tx: The open transaction.
        viewer: URI of the reader's actor; None for a visitor.
        target: URI of the person.
    """
    if viewer is None:
        return Relation()
    if viewer == target:
        return Relation(is_me=True)
    states = {(row.follower, row.state) for row in tx.rows(_BETWEEN, {"viewer": viewer, "target": target})}
    return Relation(
        following=(viewer, "accepted") in states,
        requested=(viewer, "pending") in states,
        followed_by=(target, "accepted") in states,
        blocked=blocks(tx, who=viewer, whom=target),
        muted=mutes(tx, who=viewer, whom=target),
    )


def local_actors(tx: Transaction) -> Sequence[str]:
    """Return the URIs of all actors of this instance that are not deleted."""
    return tx.values(select(actors.c.uri).where(actors.c.local, actors.c.deleted_at.is_(None)).order_by(actors.c.id))


def count_objects(tx: Transaction, *, by: Sequence[str]) -> dict[str, int]:
    """Return how many things each of these actors published that still exist."""
    statement = (
        select(objects.c.attributed_to, func.count().label("number"))
        .where(objects.c.attributed_to.in_(by), objects.c.deleted_at.is_(None))
        .group_by(objects.c.attributed_to)
    )
    return {row.attributed_to: int(row.number) for row in tx.rows(statement)} if by else {}


def find_actor(tx: Transaction, *, uri: str) -> Row[Any] | None:
    """Return the row of an actor that exists, or None."""
    row = actor_store.find(tx, uri=uri)
    return None if row is None or row.deleted_at is not None else row


def party(row: Row[Any]) -> Party:
    """Return what the rules must know of an actor, from its row."""
    return Party(
        uri=row.uri,
        kind=row.kind,
        gone=row.deleted_at is not None,
        moved_to=row.moved_to,
        also_known_as=tuple(orjson.loads(row.also_known_as)),
    )


def received(tx: Transaction, *, activity_uri: str, actor: str) -> Document | None:
    """Return an activity that an actor elsewhere sent, as it came; None when it is not kept (any more)."""
    body = tx.value(
        select(inbox_items.c.body).where(
            inbox_items.c.origin == origin(actor),
            inbox_items.c.activity_uri == activity_uri,
            inbox_items.c.actor == actor,
        )
    )
    found: Document | None = None if body is None else orjson.loads(bytes(body))
    return found


def asked_by_activity(tx: Transaction, *, activity_uri: str, following: str) -> str | None:
    """Return the URI of who asked to follow an actor by this very Follow, or None."""
    found: str | None = tx.value(
        select(follows.c.follower).where(follows.c.following == following, follows.c.activity_uri == activity_uri)
    )
    return found


def followed_by_activity(tx: Transaction, *, activity_uri: str, follower: str) -> str | None:
    """Return the URI of whom an actor follows by this very Follow, or None."""
    found: str | None = tx.value(
        select(follows.c.following).where(follows.c.follower == follower, follows.c.activity_uri == activity_uri)
    )
    return found


def last_move(tx: Transaction, *, old: str) -> Row[Any] | None:
    """Return the last move of an actor (``new``, ``at``), or None."""
    return tx.row(select(moves).where(moves.c.old == old).order_by(moves.c.at.desc(), moves.c.id.desc()))


def acquaintances(tx: Transaction, *, of: str) -> Sequence[str]:
    """Return the URIs of everyone whom somebody follows, asked to follow, is followed by, or blocks."""
    return tx.values(_ACQUAINTANCES, {"of": of})


_ACQUAINTANCES: Final = union(
    select(follows.c.following).where(follows.c.follower == bindparam("of")),
    select(follows.c.follower).where(follows.c.following == bindparam("of")),
    select(block_rows.c.whom).where(block_rows.c.who == bindparam("of")),
)


def who_blocks(tx: Transaction, *, whom: str) -> Sequence[str]:
    """Return the URIs of everyone who blocks somebody."""
    return tx.values(select(block_rows.c.who).where(block_rows.c.whom == whom))


# --- lists ------------------------------------------------------------------------------------------------------


def follow_requests(tx: Transaction, *, of: str, before: int | None = None, after: int | None = None) -> Page:
    """Return who asks to follow a person (``uri``, ``created_at``), newest first."""
    return _follows(tx, side="follower", of=of, state="pending", before=before, after=after)


def count_follow_requests(tx: Transaction, *, of: str) -> int:
    """Return how many people wait for an answer."""
    return int(tx.value(_REQUESTS, {"of": of}))


_REQUESTS: Final = (
    select(func.count())
    .select_from(follows)
    .where(follows.c.following == bindparam("of"), follows.c.state == "pending")
)


def followers(
    tx: Transaction, *, of: str, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> Page:
    """Return who follows somebody (``uri``, ``created_at``), newest first; a new follower shifts no page."""
    return _follows(tx, side="follower", of=of, state="accepted", before=before, after=after, limit=limit)


def following(
    tx: Transaction, *, of: str, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> Page:
    """Return whom somebody follows (``uri``, ``created_at``), newest first; a new follow shifts no page."""
    return _follows(tx, side="following", of=of, state="accepted", before=before, after=after, limit=limit)


def _follows(
    tx: Transaction, *, side: str, of: str, state: str, before: int | None, after: int | None, limit: int = PAGE
) -> Page:
    query = _follow_rows(side=side, of=of, state=state)
    return _page(tx, query, column=follows.c.id, before=before, after=after, limit=limit)


def _follow_rows(*, side: str, of: str, state: str) -> Select[Any]:
    shown = follows.c[side]
    owner = follows.c.following if side == "follower" else follows.c.follower
    return (
        select(follows.c.id, shown.label("uri"), follows.c.created_at)
        .join(actors, actors.c.uri == shown)
        .where(owner == of, follows.c.state == state, actors.c.deleted_at.is_(None))
    )


def paged(
    tx: Transaction,
    query: Select[Any],
    *,
    column: Any,  # noqa: ANN401 - a column of any table
    page: PageRequest,
) -> pagination.Page[Row[Any]]:
    """Return a piece of a list by row id, as apps ask for it.

    Args:
        tx: The open transaction.
        query: Selects the rows, the id among them.
        column: That id.
        page: Which part.
    """
    if page.max_id is not None:
        query = query.where(column < page.max_id)
    if page.after is not None:
        query = query.where(column > page.after)
    rows = tx.rows(query.order_by(column if page.upwards else column.desc()).limit(page.limit))
    return page_of(rows, page, row_id=lambda row: int(row.id))


def paged_follows(
    tx: Transaction, *, of: str, side: Literal["follower", "following"], page: PageRequest, state: str = "accepted"
) -> pagination.Page[Row[Any]]:
    """Return who follows somebody (``id``, ``uri``), or whom somebody follows, newest first.

    Args:
        tx: The open transaction.
        of: URI of the actor.
        side: Who is listed: the followers, or those who are followed.
        page: Which part.
        state: ``pending`` for the requests.
    """
    return paged(tx, _follow_rows(side=side, of=of, state=state), column=follows.c.id, page=page)


def paged_blocks(tx: Transaction, *, who: str, page: PageRequest) -> pagination.Page[Row[Any]]:
    """Return whom a person blocks (``id``, ``uri``), newest first."""
    query = select(block_rows.c.id, block_rows.c.whom.label("uri")).where(block_rows.c.who == who)
    return paged(tx, query, column=block_rows.c.id, page=page)


def paged_mutes(tx: Transaction, *, who: str, page: PageRequest) -> pagination.Page[Row[Any]]:
    """Return whom a person muted (``id``, ``uri``, ``until``), newest first."""
    query = select(mute_rows.c.id, mute_rows.c.whom.label("uri"), mute_rows.c.until).where(
        mute_rows.c.who == who, or_(mute_rows.c.until.is_(None), mute_rows.c.until > tx.now)
    )
    return paged(tx, query, column=mute_rows.c.id, page=page)


def _page(
    tx: Transaction,
    query: Select[Any],
    *,
    column: Any,  # noqa: ANN401 - a column of any table
    before: int | None,
    after: int | None,
    limit: int = PAGE,
) -> Page:
    """Return a piece of a list by row id, which no insertion or deletion can shift."""
    if after is not None:
        rows = list(reversed(tx.rows(query.where(column > after).order_by(column).limit(limit + 1))))
        more_newer, rows = len(rows) > limit, rows[-limit:]
        more_older = bool(rows)
    else:
        narrowed = query if before is None else query.where(column < before)
        rows = list(tx.rows(narrowed.order_by(column.desc()).limit(limit + 1)))
        more_older, rows = len(rows) > limit, rows[:limit]
        more_newer = before is not None and bool(rows)
    return Page(
        rows=tuple(rows),
        newer=rows[0].id if more_newer else None,
        older=rows[-1].id if more_older else None,
    )


# --- finding people ---------------------------------------------------------------------------------------------


def find_person(tx: Transaction, *, handle: str) -> Row[Any] | None:
    """Return the actor behind ``name``, ``@name`` or ``@name@host`` when it is known here; None otherwise.

    Args:
        tx: The open transaction.
        handle: As typed; without a host it is somebody of this instance.
    """
    name = handle.strip().lstrip("@")
    try:
        parsed = parse_handle(name if "@" in name else f"{name}@{tx.site.domain}", scheme=tx.site.scheme)
    except FedgovError:
        return None
    row = actor_store.find_by_handle(tx, username=parsed.username, at_host=parsed.host)
    return None if row is None or row.deleted_at is not None else row


def get_person(tx: Transaction, *, handle: str) -> Row[Any]:
    """Return the actor behind a handle.

    Raises:
        NotFoundError: Nobody known here has that handle.
    """
    row = find_person(tx, handle=handle)
    if row is None:
        raise NotFoundError("there is no such person", detail=handle[:100])
    return row
