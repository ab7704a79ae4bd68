"""Lists, as apps show them.

Spec: https://docs.joinmastodon.org/entities/List/
"""

from __future__ import annotations

from fedgov.features.notices.vocabulary import PersonList
from fedgov.mastodon.entities.account import Entity


def list_entity(found: PersonList) -> Entity:
    """Return a List entity."""
    return {
        "id": str(found.id),
        "title": found.title,
        "replies_policy": found.replies.value,
        "exclusive": found.exclusive,
    }
