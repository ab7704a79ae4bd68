"""What administrators see of people, reports and other servers, as apps show it.

Spec: https://docs.joinmastodon.org/entities/Admin_Account/; entities/Admin_Report; entities/Admin_DomainBlock;
entities/Admin_DomainAllow
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Row

from fedgov.kernel.clock import to_rfc3339
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.credentials import role_entity


def admin_account(row: Row[Any], *, account: Entity, addresses: Sequence[tuple[str, int]], language: str) -> Entity:
    """Return an Admin::Account entity.

    Args:
        row: As `people.service.roll` gives it.
        account: Account entity of the same.
        addresses: From where somebody here is logged in, and when last, in milliseconds; the newest first.
        language: Of this instance, for whoever did not choose one.
    """
    return {
        "id": str(row.id),
        "username": row.username,
        "domain": None if row.local else row.host,
        "created_at": to_rfc3339(row.created_at),
        "email": row.email or "",
        "ip": addresses[0][0] if addresses else None,
        "ips": [{"ip": address, "used_at": to_rfc3339(at)} for address, at in addresses],
        "locale": row.language or language,
        "invite_request": row.reason or None,
        "role": role_entity(administrator=bool(row.administrator)),
        "confirmed": True,
        "approved": not row.pending,
        "disabled": row.disabled_at is not None and not row.pending,
        "silenced": row.limited_at is not None,
        "suspended": row.suspended_at is not None,
        "sensitized": row.sensitive_at is not None,
        "account": account,
        "created_by_application_id": None,
        "invited_by_account_id": None,
    }


def admin_report(
    row: Row[Any], *, people: Mapping[str, Entity], posts: Sequence[Entity], rules: Sequence[Entity]
) -> Entity:
    """Return an Admin::Report entity.

    Args:
        row: The report.
        people: Admin::Account entities of those who have to do with it, by URI.
        posts: Status entities of what was reported.
        rules: Rule entities of the house rules as they are now.
    """
    broken = orjson.loads(row.rules)
    return {
        "id": str(row.id),
        "action_taken": row.decided_at is not None,
        "action_taken_at": None if row.decided_at is None else to_rfc3339(row.decided_at),
        "category": row.category,
        "comment": row.text,
        "forwarded": row.forwarded,
        "created_at": to_rfc3339(row.created_at),
        "updated_at": to_rfc3339(row.updated_at or row.created_at),
        "account": people.get(row.reporter),
        "target_account": people.get(row.target),
        "assigned_account": people.get(row.assigned_to or ""),
        "action_taken_by_account": people.get(row.decided_by or ""),
        "statuses": list(posts),
        "rules": [rule for rule in rules if rule["text"] in broken],
    }


def admin_domain_block(row: Row[Any]) -> Entity:
    """Return an Admin::DomainBlock entity: nothing at all is exchanged with the domain."""
    return {
        "id": str(row.id),
        "domain": row.domain,
        "digest": hashlib.sha256(row.domain.encode()).hexdigest(),
        "created_at": to_rfc3339(row.created_at),
        "severity": "suspend",
        "reject_media": True,
        "reject_reports": True,
        "private_comment": row.note or None,
        "public_comment": row.reason or None,
        "obfuscate": False,
    }


def admin_domain_allow(row: Row[Any]) -> Entity:
    """Return an Admin::DomainAllow entity."""
    return {"id": str(row.id), "domain": row.domain, "created_at": to_rfc3339(row.created_at)}
