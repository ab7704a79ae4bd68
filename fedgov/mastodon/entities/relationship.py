"""How a person stands to an account, as apps show it.

Spec: https://docs.joinmastodon.org/entities/Relationship/
"""

from __future__ import annotations

from fedgov.features.notices.service.follow_choices import FollowChoice
from fedgov.features.people.service.standing import Standing
from fedgov.kernel.clock import to_rfc3339
from fedgov.mastodon.entities.account import Entity


def relationship_entity(row_id: int, *, standing: Standing, choice: FollowChoice) -> Entity:
    """Return a Relationship entity.

    Args:
        row_id: Of the other actor.
        standing: How the person stands to them.
        choice: What the person wants of them; counts only while they follow or asked to.
    """
    follows = standing.following or standing.requested
    return {
        "id": str(row_id),
        "following": standing.following,
        "showing_reblogs": follows and choice.shares,
        "notifying": follows and choice.notify,
        "languages": (list(choice.languages) or None) if follows else None,
        "followed_by": standing.followed_by,
        "blocking": standing.blocking,
        "blocked_by": standing.blocked_by,
        "muting": standing.muting,
        "muting_notifications": standing.muting_notifications,
        "muting_expires_at": None if standing.muted_until is None else to_rfc3339(standing.muted_until),
        "requested": standing.requested,
        "requested_by": standing.requested_by,
        "domain_blocking": standing.blocking_host,
        "endorsed": standing.endorsed,
        "note": standing.note,
    }
