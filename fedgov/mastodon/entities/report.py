"""Reports, as apps show them.

Spec: https://docs.joinmastodon.org/entities/Report/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Row

from fedgov.kernel.clock import to_rfc3339
from fedgov.mastodon.entities.account import Entity


def report_entity(row: Row[Any], *, target: Entity, rules: Sequence[str] = (), posts: Sequence[int] = ()) -> Entity:
    """Return a Report entity.

    Args:
        row: The report.
        target: Account entity of whom it is about.
        rules: House rules as they are now, in which those are looked up that were broken.
        posts: Row ids of the reported posts.
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
        "status_ids": [str(number) for number in posts] or None,
        "rule_ids": [str(number) for number, rule in enumerate(rules, start=1) if rule in broken] or None,
        "collection_ids": None,
        "target_account": target,
    }
