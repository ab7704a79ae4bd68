"""That an app is told at once, as apps show it.

Spec: https://docs.joinmastodon.org/entities/WebPushSubscription/
"""

from __future__ import annotations

from fedgov.features.notices.vocabulary import PushSubscription
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.notification import TYPES


def push_subscription_entity(found: PushSubscription) -> Entity:
    """Return a WebPushSubscription entity."""
    wanted = {TYPES[kind] for kind in found.kinds if kind in TYPES}
    return {
        "id": str(found.id),
        "endpoint": found.endpoint,
        "standard": found.standard,
        "alerts": {name: name in wanted for name in dict.fromkeys(TYPES.values())},
        "policy": found.policy.value,
        "server_key": found.server_key,
    }
