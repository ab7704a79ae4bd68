"""Notifications, one by one and in groups.

Spec: https://docs.joinmastodon.org/methods/notifications/; https://docs.joinmastodon.org/methods/grouped_notifications/
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fedgov.features.moderation import queries as moderation
from fedgov.features.notices.queries import notifications as queries
from fedgov.features.notices.service import notifications as service
from fedgov.features.notices.vocabulary import GROUPED, FilterContext, Group, Kind, Notification
from fedgov.federation.actors import known_uris
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.notification import TYPES, group_entity, kinds_of, notification_entity
from fedgov.mastodon.entities.report import report_entity
from fedgov.mastodon.parameters import Parameters
from fedgov.mastodon.remembered import accounts_of
from fedgov.mastodon.replies import NOTHING, listed, shown
from fedgov.mastodon.shelves import account_entities, status_entities
from fedgov.store.transaction import Transaction

_DEFAULT: Final = 40
_MOST: Final = 80
_SAMPLE: Final = 8
_UNREAD: Final = 100
_MOST_UNREAD: Final = 1_000


# --- what is wanted ---------------------------------------------------------------------------------------------


def _kinds(sent: Parameters) -> frozenset[Kind]:
    types = kinds_of(sent.texts("types")) if sent.texts("types") else frozenset(TYPES)
    return types - kinds_of(sent.texts("exclude_types"))


def _grouped(sent: Parameters) -> frozenset[Kind]:
    return kinds_of(sent.texts("grouped_types")) & GROUPED if sent.has("grouped_types") else GROUPED


def _wanted(call: Call) -> dict[str, Any]:
    sent = call.parameters
    return {
        "viewer": call.me,
        "kinds": _kinds(sent),
        "account_ids": sent.row_ids("account_id")[:1] if sent.text("account_id") else None,
        "waiting": sent.flag("include_filtered"),
    }


def _actor(tx: Transaction, account_ids: Sequence[int] | None) -> tuple[str | None, bool]:
    """Return the URI of whom only is wanted, and whether there is nobody like that."""
    if account_ids is None:
        return None, False
    uris = known_uris(tx, row_ids=account_ids)
    return (uris[0], False) if uris else (None, True)


# --- what they are made of --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a page of notifications is about."""

    accounts: Mapping[str, Entity]
    statuses: Mapping[int, Entity]
    reports: Mapping[int, Entity]

    @classmethod
    def gather(
        cls, tx: Transaction, *, items: Sequence[Notification], viewer: str, others: Collection[str] = ()
    ) -> _Found:
        ids = [each.object_id for each in items if each.object_id is not None]
        statuses = status_entities(tx, ids, viewer=viewer, context=FilterContext.NOTIFICATIONS)
        uris = {each.actor for each in items if each.actor is not None} | set(others)
        accounts = accounts_of(tx, uris=uris)
        found = {each.report_id: each.actor for each in items if each.report_id is not None and each.actor is not None}
        return cls(
            accounts=accounts,
            statuses={int(status["id"]): status for status in statuses},
            reports={
                number: report_entity(moderation.get(tx, report_id=number), target=accounts[target])
                for number, target in found.items()
                if target in accounts
            },
        )

    def author(self, each: Notification) -> Entity | None:
        """Return who caused it; where nobody in particular did, who wrote the post. None: it is not shown."""
        status = self.status(each)
        if each.object_id is not None and status is None:
            return None
        if each.actor is not None:
            return self.accounts.get(each.actor)
        return None if status is None else status["account"]

    def status(self, each: Notification) -> Entity | None:
        """Return the post that it is about; None also where the reader may not read it or filters hide it."""
        return None if each.object_id is None else self.statuses.get(each.object_id)

    def entity(self, each: Notification) -> Entity | None:
        """Return the Notification entity; None when it is not shown."""
        account = self.author(each)
        if account is None:
            return None
        report = None if each.report_id is None else self.reports.get(each.report_id)
        return notification_entity(each, account=account, status=self.status(each), report=report)


# --- one by one -------------------------------------------------------------------------------------------------


async def index(call: Call) -> Reply:
    """Get all notifications."""
    request = call.parameters.page(default=_DEFAULT, maximum=_MOST)
    page = await call.read(_index, request=request, **_wanted(call))
    return listed(page.items, links=call.links(page))


def _index(
    tx: Transaction,
    *,
    viewer: str,
    request: PageRequest,
    kinds: Collection[Kind],
    account_ids: Sequence[int] | None,
    waiting: bool,
) -> Page[Entity]:
    actor, is_nobody = _actor(tx, account_ids)
    if is_nobody:
        return Page(items=())
    page = queries.notification_page(tx, owner=viewer, request=request, kinds=kinds, actor=actor, waiting=waiting)
    return page.map(_Found.gather(tx, items=page.items, viewer=viewer).entity)


async def show(call: Call) -> Reply:
    """Get a single notification."""
    return shown(await call.read(notification_entity_of, viewer=call.me, notification_id=call.row_id()))


def notification_entity_of(tx: Transaction, *, viewer: str, notification_id: int) -> Entity:
    """Return the Notification entity of one of somebody's notifications.

    Args:
        tx: The open transaction.
        viewer: URI of the local actor whose it is.
        notification_id: Its row id.

    Raises:
        NotFoundError: This person has no such notification, or it is not shown.
    """
    each = queries.find_notification(tx, owner=viewer, notification_id=notification_id)
    found = None if each is None else entity_of(tx, each, viewer=viewer)
    if found is None:
        raise NotFoundError("Record not found")
    return found


def entity_of(tx: Transaction, each: Notification, *, viewer: str) -> Entity | None:
    """Return one notification as a Notification entity; None when its owner is not shown it.

    Args:
        tx: The open transaction.
        each: The notification.
        viewer: URI of the local actor whose it is.
    """
    return _Found.gather(tx, items=[each], viewer=viewer).entity(each) if each.kind in TYPES else None


async def dismiss(call: Call) -> Reply:
    """Dismiss a single notification."""
    await call.write(_dismiss, owner=call.me, ids=[call.row_id()])
    return NOTHING


async def dismiss_old(call: Call) -> Reply:
    """Dismiss a single notification, named in a parameter."""
    await call.write(_dismiss, owner=call.me, ids=call.parameters.row_ids("id")[:1])
    return NOTHING


async def dismiss_many(call: Call) -> Reply:
    """Dismiss several notifications; those that are not there make no difference."""
    for number in call.parameters.row_ids("ids")[:_MOST]:
        await call.write(service.dismiss, owner=call.me, notification_id=number)
    return NOTHING


def _dismiss(tx: Transaction, *, owner: str, ids: Sequence[int]) -> None:
    if not any(service.dismiss(tx, owner=owner, notification_id=number) for number in ids):
        raise NotFoundError("Record not found")


async def clear(call: Call) -> Reply:
    """Dismiss all notifications."""
    await call.write(service.clear, owner=call.me)
    return NOTHING


async def unread_count(call: Call) -> Reply:
    """Get the number of unread notifications."""
    return await _count(call, in_groups=())


async def unread_groups(call: Call) -> Reply:
    """Get the number of unread notification groups."""
    return await _count(call, in_groups=_grouped(call.parameters))


async def _count(call: Call, *, in_groups: Collection[Kind]) -> Reply:
    limit = call.parameters.page(default=_UNREAD, maximum=_MOST_UNREAD).limit
    values = _wanted(call)
    number = await call.read(
        _unread,
        viewer=call.me,
        kinds=values["kinds"],
        account_ids=values["account_ids"],
        limit=limit,
        in_groups=in_groups,
    )
    return shown({"count": number})


def _unread(
    tx: Transaction,
    *,
    viewer: str,
    kinds: Collection[Kind],
    account_ids: Sequence[int] | None,
    limit: int,
    in_groups: Collection[Kind],
) -> int:
    actor, is_nobody = _actor(tx, account_ids)
    if is_nobody:
        return 0
    return queries.count_unread(tx, owner=viewer, kinds=kinds, actor=actor, limit=limit, in_groups=in_groups)


# --- in groups --------------------------------------------------------------------------------------------------


async def groups(call: Call) -> Reply:
    """Get all grouped notifications."""
    page, results = await call.read(
        _groups,
        request=call.parameters.page(default=_DEFAULT, maximum=_MOST),
        grouped=_grouped(call.parameters),
        partly=call.parameters.text("expand_accounts") == "partial_avatars",
        **_wanted(call),
    )
    links = call.links(page)
    return shown(results, headers=[] if links is None else [(b"link", links.encode("ascii", "replace"))])


def _groups(
    tx: Transaction,
    *,
    viewer: str,
    request: PageRequest,
    kinds: Collection[Kind],
    grouped: Collection[Kind],
    account_ids: Sequence[int] | None,
    waiting: bool,
    partly: bool,
) -> tuple[Page[Group], Entity]:
    actor, is_nobody = _actor(tx, account_ids)
    page: Page[Group] = Page(items=())
    if not is_nobody:
        page = queries.group_page(
            tx, owner=viewer, request=request, kinds=kinds, grouped=grouped, actor=actor, waiting=waiting
        )
    return page, _results(tx, page.items, viewer=viewer, partly=partly)


async def group(call: Call) -> Reply:
    """Get a single notification group."""
    return shown(await call.read(_group, viewer=call.me, key=call.places["group_key"]))


def _group(tx: Transaction, *, viewer: str, key: str) -> Entity:
    results = _results(tx, [_get_group(tx, viewer=viewer, key=key)], viewer=viewer, partly=False)
    if not results["notification_groups"]:
        raise NotFoundError("Record not found")
    return results


def _get_group(tx: Transaction, *, viewer: str, key: str) -> Group:
    found = queries.get_group(tx, owner=viewer, key=key)
    if found.newest.kind not in TYPES:
        raise NotFoundError("Record not found")
    return found


async def group_accounts(call: Call) -> Reply:
    """Get accounts of all notifications in a notification group."""
    return shown(await call.read(_group_accounts, viewer=call.me, key=call.places["group_key"]))


def _group_accounts(tx: Transaction, *, viewer: str, key: str) -> list[Entity]:
    uris = list(dict.fromkeys(_get_group(tx, viewer=viewer, key=key).actors))[:_MOST]
    return account_entities(tx, uris=uris)


async def dismiss_group(call: Call) -> Reply:
    """Dismiss a single notification group."""
    await call.write(service.dismiss_group, owner=call.me, key=call.places["group_key"])
    return NOTHING


def _results(tx: Transaction, found: Sequence[Group], *, viewer: str, partly: bool) -> Entity:
    """Return a GroupedNotificationsResults entity."""
    samples = {each.key: list(dict.fromkeys(each.actors))[:_SAMPLE] for each in found}
    gathered = _Found.gather(
        tx,
        items=[each.newest for each in found],
        viewer=viewer,
        others={uri for sample in samples.values() for uri in sample},
    )
    shown_groups: list[Entity] = []
    accounts: dict[str, Entity] = {}
    partial: dict[str, Entity] = {}
    statuses: dict[str, Entity] = {}
    for each in found:
        author, status = gathered.author(each.newest), gathered.status(each.newest)
        if author is None:
            continue
        people = [gathered.accounts[uri] for uri in samples[each.key] if uri in gathered.accounts] or [author]
        for place, account in enumerate(people):
            (partial if partly and place else accounts)[account["id"]] = account
        if status is not None:
            statuses[status["id"]] = status
        report = None if each.newest.report_id is None else gathered.reports.get(each.newest.report_id)
        shown_groups.append(group_entity(each, sample=[account["id"] for account in people], report=report))
    results: Entity = {
        "accounts": list(accounts.values()),
        "statuses": list(statuses.values()),
        "notification_groups": shown_groups,
    }
    if partly:
        left = [each for number, each in partial.items() if number not in accounts]
        results["partial_accounts"] = [{name: each[name] for name in _PARTIAL} for each in left]
    return results


_PARTIAL: Final = ("id", "acct", "locked", "bot", "url", "avatar", "avatar_static")
_READ: Final = Access.person("read:notifications")
_WRITE: Final = Access.person("write:notifications")
_OLD: Final = "/api/v1/notifications"
_NEW: Final = "/api/v2/notifications"
ENDPOINTS: Final = (
    Endpoint(method="GET", path=_OLD, access=_READ, handle=index),
    Endpoint(method="GET", path=f"{_OLD}/:id", access=_READ, handle=show),
    Endpoint(method="POST", path=f"{_OLD}/:id/dismiss", access=_WRITE, handle=dismiss),
    Endpoint(method="POST", path=f"{_OLD}/dismiss", access=_WRITE, handle=dismiss_old),
    Endpoint(method="DELETE", path=f"{_OLD}/destroy_multiple", access=_WRITE, handle=dismiss_many),
    Endpoint(method="POST", path=f"{_OLD}/clear", access=_WRITE, handle=clear),
    Endpoint(method="GET", path=f"{_OLD}/unread_count", access=_READ, handle=unread_count),
    Endpoint(method="GET", path=_NEW, access=_READ, handle=groups),
    Endpoint(method="POST", path=f"{_NEW}/clear", access=_WRITE, handle=clear),
    Endpoint(method="GET", path=f"{_NEW}/unread_count", access=_READ, handle=unread_groups),
    Endpoint(method="GET", path=f"{_NEW}/:group_key", access=_READ, handle=group),
    Endpoint(method="GET", path=f"{_NEW}/:group_key/accounts", access=_READ, handle=group_accounts),
    Endpoint(method="POST", path=f"{_NEW}/:group_key/dismiss", access=_WRITE, handle=dismiss_group),
)
