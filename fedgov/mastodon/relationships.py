"""How a person and others stand, and what changes that.

Spec: https://docs.joinmastodon.org/methods/accounts/; methods/follow_requests; methods/blocks; methods/mutes
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from sqlalchemy import Row

from fedgov.features.notices.service.follow_choices import choices_of, choose
from fedgov.features.people import queries
from fedgov.features.people.service import blocks, follows, notes, suggestions
from fedgov.features.people.service.standing import MAX_TARGETS, standings
from fedgov.federation import actors
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.clock import SECOND, to_rfc3339
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon import people
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.relationship import relationship_entity
from fedgov.mastodon.replies import listed, shown
from fedgov.mastodon.shelves import account_entities
from fedgov.store.transaction import Transaction

Change = Callable[..., object]

_LONGEST_MUTE: Final = 10 * 365 * 86_400
"""Seconds."""


async def index(call: Call) -> Reply:
    """Check relationships to other accounts."""
    wanted = (call.parameters.row_ids("id") or call.parameters.row_ids("ids"))[:MAX_TARGETS]
    return shown(await call.read(_index, viewer=call.me, row_ids=wanted))


def _index(tx: Transaction, *, viewer: str, row_ids: list[int]) -> list[Entity]:
    return relations(tx, viewer=viewer, uris=actors.known_uris(tx, row_ids=row_ids))


def relations(tx: Transaction, *, viewer: str, uris: list[str]) -> list[Entity]:
    """Return Relationship entities in the order given.

    Args:
        tx: The open transaction.
        viewer: URI of the actor who asks.
        uris: URIs of actors that are known here.
    """
    rows = actors.find_many(tx, uris=uris)
    found = standings(tx, viewer=viewer, targets=uris)
    chosen = choices_of(tx, follower=viewer, following=uris)
    return [relationship_entity(rows[uri].id, standing=found[uri], choice=chosen[uri]) for uri in uris]


async def familiar(call: Call) -> Reply:
    """Find familiar followers."""
    wanted = (call.parameters.row_ids("id") or call.parameters.row_ids("ids"))[: people.DEFAULT]
    return shown(await call.read(_familiar, who=call.me, row_ids=wanted))


def _familiar(tx: Transaction, *, who: str, row_ids: list[int]) -> list[Entity]:
    uris = actors.known_uris(tx, row_ids=row_ids)
    rows, found = actors.find_many(tx, uris=uris), suggestions.familiar_followers(tx, who=who, of=uris)
    return [{"id": str(rows[uri].id), "accounts": account_entities(tx, uris=found[uri])} for uri in uris]


# --- changes ----------------------------------------------------------------------------------------------------


async def follow(call: Call) -> Reply:
    """Follow account."""
    sent = call.parameters
    wants = {
        "shares": sent.flag("reblogs") if sent.has("reblogs") else None,
        "notify": sent.flag("notify") if sent.has("notify") else None,
        "languages": sent.texts("languages") if sent.has("languages") else None,
    }
    return await _changed(call, _follow, wants=wants)


def _follow(tx: Transaction, *, who: str, whom: str, wants: dict[str, Any]) -> None:
    follows.follow(tx, actor=who, target=whom)
    choose(tx, follower=who, following=whom, **wants)


async def mute(call: Call) -> Reply:
    """Mute account."""
    seconds = call.parameters.whole("duration") or 0
    if not 0 <= seconds <= _LONGEST_MUTE:
        raise InvalidError("duration must be a number of seconds", field="duration")
    until = call.instance.clock.now() + seconds * SECOND if seconds else None
    notifications = call.parameters.flag("notifications", otherwise=True)
    return await _changed(call, blocks.mute, until=until, notifications=notifications)


async def note(call: Call) -> Reply:
    """Set private note on profile."""
    return await _changed(call, notes.write_note, text=call.parameters.text("comment"))


def _unfollow(tx: Transaction, *, who: str, whom: str) -> None:
    follows.unfollow(tx, actor=who, target=whom)


def _remove_follower(tx: Transaction, *, who: str, whom: str) -> None:
    follows.remove_follower(tx, actor=who, follower=whom)


def _authorize(tx: Transaction, *, who: str, whom: str) -> None:
    follows.accept_request(tx, actor=who, follower=whom)


def _reject(tx: Transaction, *, who: str, whom: str) -> None:
    follows.reject_request(tx, actor=who, follower=whom)


async def _change(call: Call, *, change: Change) -> Reply:
    """Do it, and answer with how the two stand now."""
    return await _changed(call, change)


async def _changed(call: Call, change: Change, **values: object) -> Reply:
    return shown(await call.write(_apply, change, viewer=call.me, row_id=call.row_id(), values=values))


def _apply(tx: Transaction, change: Change, *, viewer: str, row_id: int, values: dict[str, Any]) -> Entity:
    whom = people.find(tx, row_id=row_id).uri
    change(tx, who=viewer, whom=whom, **values)
    return relations(tx, viewer=viewer, uris=[whom])[0]


# --- lists ------------------------------------------------------------------------------------------------------


async def follow_requests(call: Call) -> Reply:
    """View pending follow requests."""
    return await people.list_people(
        call, queries.paged_follows, of=call.me, side="follower", state="pending", page=people.wanted(call)
    )


async def blocked(call: Call) -> Reply:
    """View blocked users."""
    return await people.list_people(call, queries.paged_blocks, who=call.me, page=people.wanted(call))


async def muted(call: Call) -> Reply:
    """View muted accounts."""
    page = await call.read(_muted, who=call.me, request=people.wanted(call))
    return listed(page.items, links=call.links(page))


def _muted(tx: Transaction, *, who: str, request: PageRequest) -> Page[Entity]:
    page: Page[Row[Any]] = queries.paged_mutes(tx, who=who, page=request)
    until = {row.uri: row.until for row in page.items}
    rows = actors.find_many(tx, uris=list(until))
    ends = {str(rows[uri].id): until[uri] for uri in rows}
    found = account_entities(tx, uris=list(until))
    return page.with_items([each | {"mute_expires_at": _moment(ends[each["id"]])} for each in found])


def _moment(at: int | None) -> str | None:
    return None if at is None else to_rfc3339(at)


_FOLLOWS: Final = Access.person("write:follows", "follow")
_BLOCKS: Final = Access.person("write:blocks", "follow")
_MUTES: Final = Access.person("write:mutes", "follow")
_ACCOUNTS: Final = Access.person("write:accounts")
_READ: Final = Access.person("read:follows", "follow")

_CHANGES: Final[tuple[tuple[str, Access, Change, str], ...]] = (
    ("unfollow", _FOLLOWS, _unfollow, "Unfollow account."),
    ("remove_from_followers", _FOLLOWS, _remove_follower, "Remove account from followers."),
    ("block", _BLOCKS, blocks.block, "Block account."),
    ("unblock", _BLOCKS, blocks.unblock, "Unblock account."),
    ("unmute", _MUTES, blocks.unmute, "Unmute account."),
    ("endorse", _ACCOUNTS, notes.endorse, "Feature account on your profile."),
    ("pin", _ACCOUNTS, notes.endorse, "Feature account on your profile; the older address."),
    ("unendorse", _ACCOUNTS, notes.stop_endorsing, "Unfeature account from profile."),
    ("unpin", _ACCOUNTS, notes.stop_endorsing, "Unfeature account from profile; the older address."),
)

ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/accounts/relationships", access=_READ, handle=index),
    Endpoint(method="GET", path="/api/v1/accounts/familiar_followers", access=_READ, handle=familiar),
    Endpoint(method="POST", path="/api/v1/accounts/:id/follow", access=_FOLLOWS, handle=follow),
    Endpoint(method="POST", path="/api/v1/accounts/:id/mute", access=_MUTES, handle=mute),
    Endpoint(method="POST", path="/api/v1/accounts/:id/note", access=_ACCOUNTS, handle=note),
    *(
        Endpoint(
            method="POST",
            path=f"/api/v1/accounts/:id/{name}",
            access=access,
            handle=partial(_change, change=change),
            what=what,
        )
        for name, access, change, what in _CHANGES
    ),
    Endpoint(method="GET", path="/api/v1/follow_requests", access=_READ, handle=follow_requests),
    Endpoint(
        method="POST",
        path="/api/v1/follow_requests/:id/authorize",
        access=_FOLLOWS,
        handle=partial(_change, change=_authorize),
        what="Accept follow request.",
    ),
    Endpoint(
        method="POST",
        path="/api/v1/follow_requests/:id/reject",
        access=_FOLLOWS,
        handle=partial(_change, change=_reject),
        what="Reject follow request.",
    ),
    Endpoint(method="GET", path="/api/v1/blocks", access=Access.person("read:blocks", "follow"), handle=blocked),
    Endpoint(method="GET", path="/api/v1/mutes", access=Access.person("read:mutes", "follow"), handle=muted),
)
