"""Reports, as apps show them.

Spec: https://docs.joinmastodon.org/entities/Report/
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from fedgov.kernel.clock import to_rfc3339
from fedgov.mastodon.entities.account import Entity


def report_entity(row: Row[Any], *, target: Entity) -> Entity:
    """Return a Report entity.

    Args:
        row: The report.
        target: Account entity of whom it is about.
    """
    return {
        "id": str(row.id),
        "action_taken": row.decided_at is not None,
        "action_taken_at": None if row.decided_at is None else to_rfc3339(row.decided_at),
        "category": "other",
        "comment": row.text,
        "forwarded": row.forwarded,
        "created_at": to_rfc3339(row.created_at),
        "status_ids": None,
        "rule_ids": None,
        "target_account": target,
    }
