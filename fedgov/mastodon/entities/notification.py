"""Notifications, as apps show them, one by one and in groups.

Spec: https://docs.joinmastodon.org/entities/Notification/; https://docs.joinmastodon.org/methods/grouped_notifications/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from fedgov.features.notices.vocabulary import Group, Kind, Notification, NotificationPolicy, NotificationRequest
from fedgov.kernel.clock import to_rfc3339
from fedgov.mastodon.entities.account import Entity

TYPES: Final[Mapping[Kind, str]] = {
    Kind.MENTION: "mention",
    Kind.REPLY: "mention",
    Kind.STATUS: "status",
    Kind.SHARE: "reblog",
    Kind.FOLLOW: "follow",
    Kind.FOLLOW_REQUEST: "follow_request",
    Kind.LIKE: "favourite",
    Kind.REACTION: "favourite",
    Kind.POLL: "poll",
    Kind.UPDATE: "update",
    Kind.QUOTE: "quote",
    Kind.QUOTED_UPDATE: "quoted_update",
    Kind.SIGN_UP: "admin.sign_up",
    Kind.REPORT: "admin.report",
}
"""An emoji is told as a favourite, which every app knows; what became of a report, no app can tell."""


def kinds_of(types: Iterable[str]) -> frozenset[Kind]:
    """Return our kinds that apps know under some types; an unknown type is none of them."""
    wanted = set(types)
    return frozenset(kind for kind, name in TYPES.items() if name in wanted)


def notification_entity(
    each: Notification, *, account: Entity, status: Entity | None, report: Entity | None = None
) -> Entity:
    """Return a Notification entity.

    Args:
        each: The notification.
        account: Account entity of who caused it.
        status: Status entity of the post, or None.
        report: Report entity, or None.
    """
    return {
        "id": str(each.id),
        "type": TYPES[each.kind],
        "created_at": to_rfc3339(each.at),
        "group_key": each.group_key,
        "account": account,
        "status": status,
        "report": report,
        "event": None,
        "moderation_warning": None,
        **({"emoji": each.emoji} if each.emoji else {}),
    }


def group_entity(group: Group, *, sample: Sequence[str], report: Entity | None = None) -> Entity:
    """Return a NotificationGroup entity.

    Args:
        group: The group.
        sample: Ids of the accounts of some of those who caused it, the newest first.
        report: Report entity, or None.
    """
    newest = group.newest
    return {
        "group_key": group.key,
        "notifications_count": group.count,
        "type": TYPES[newest.kind],
        "most_recent_notification_id": newest.id,
        "page_min_id": str(group.oldest_id),
        "page_max_id": str(newest.id),
        "latest_page_notification_at": to_rfc3339(newest.at),
        "sample_account_ids": list(sample),
        "status_id": None if newest.object_id is None else str(newest.object_id),
        "report": report,
        "event": None,
        "moderation_warning": None,
    }


def policy_entity(wanted: NotificationPolicy, *, requests: int, notifications: int) -> Entity:
    """Return a NotificationPolicy entity.

    Args:
        wanted: The policy.
        requests: How many people wait.
        notifications: How many notifications of theirs wait.
    """
    return {
        "for_not_following": wanted.not_following.value,
        "for_not_followers": wanted.not_followers.value,
        "for_new_accounts": wanted.new_accounts.value,
        "for_private_mentions": wanted.private_mentions.value,
        "for_limited_accounts": wanted.limited_accounts.value,
        "summary": {"pending_requests_count": requests, "pending_notifications_count": notifications},
    }


def request_entity(found: NotificationRequest, *, account: Entity, last_status: Entity | None) -> Entity:
    """Return a NotificationRequest entity.

    Args:
        found: Who waits.
        account: Account entity of theirs.
        last_status: Status entity of their newest post that waits, or None.
    """
    return {
        "id": str(found.id),
        "created_at": to_rfc3339(found.created_at),
        "updated_at": to_rfc3339(found.updated_at),
        "notifications_count": str(found.count),
        "account": account,
        "last_status": last_status,
    }
