"""Being told at once: an app's push subscription, one for each token.

Nobody can name the subscription of another: there is no id in these addresses, the token says whose it is.

Spec: https://docs.joinmastodon.org/methods/push/
"""

from __future__ import annotations

from typing import Final

from fedgov.features.notices.service import push as service
from fedgov.features.notices.vocabulary import Kind, PushPolicy
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import InvalidError, UnverifiedError
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.choices import choice
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.notification import TYPES, kinds_of
from fedgov.mastodon.entities.push import push_subscription_entity
from fedgov.mastodon.parameters import Parameters
from fedgov.mastodon.replies import NOTHING, shown


async def show(call: Call) -> Reply:
    """Get current subscription."""
    return shown(push_subscription_entity(await call.read(service.get_subscription, token_id=_token_id(call))))


async def create(call: Call) -> Reply:
    """Subscribe to push notifications."""
    sent, data = call.parameters.inner("subscription"), call.parameters.inner("data")
    keys = sent.inner("keys")
    for name, text in (
        ("endpoint", sent.text("endpoint")),
        ("p256dh", keys.text("p256dh")),
        ("auth", keys.text("auth")),
    ):
        if not text.strip():
            raise InvalidError(f"Validation failed: {name} can't be blank", field="subscription")
    found = await call.write(
        service.subscribe,
        owner=call.me,
        token_id=_token_id(call),
        token=call.token,
        endpoint=sent.text("endpoint"),
        p256dh=keys.text("p256dh"),
        auth=keys.text("auth"),
        standard=sent.flag("standard"),
        policy_word=_policy(data),
        kinds=_kinds(data),
    )
    return shown(push_subscription_entity(found))


async def update(call: Call) -> Reply:
    """Change types of notifications."""
    data = call.parameters.inner("data")
    found = await call.write(
        service.change, token_id=_token_id(call), policy_word=_policy(data, call.parameters), kinds=_kinds(data)
    )
    return shown(push_subscription_entity(found))


async def remove(call: Call) -> Reply:
    """Remove current subscription."""
    await call.write(service.unsubscribe, token_id=_token_id(call))
    return NOTHING


def _token_id(call: Call) -> int:
    if call.bearer is None:
        raise UnverifiedError("The access token is invalid")
    return call.bearer.token_id


def _kinds(data: Parameters) -> frozenset[Kind]:
    alerts = data.inner("alerts")
    return kinds_of(name for name in dict.fromkeys(TYPES.values()) if _is_on(alerts, name))


def _is_on(alerts: Parameters, name: str) -> bool:
    """Tell whether an alert is asked for; masto.js and others nest the names with a point in them."""
    folder, point, inside = name.partition(".")
    nested = alerts.inner(folder) if point and alerts.has(folder) else Parameters()
    return alerts.flag(name) or nested.flag(inside)


def _policy(*places: Parameters) -> PushPolicy:
    """Return of what whom does; apps put it beside the alerts, and older ones at the top."""
    return next((found for place in places if (found := choice(place, "policy", PushPolicy))), PushPolicy.ALL)


_PATH: Final = "/api/v1/push/subscription"
_PUSH: Final = Access.person("push")
ENDPOINTS: Final = (
    Endpoint(method="GET", path=_PATH, access=_PUSH, handle=show),
    Endpoint(method="POST", path=_PATH, access=_PUSH, handle=create),
    Endpoint(method="PUT", path=_PATH, access=_PUSH, handle=update),
    Endpoint(method="DELETE", path=_PATH, access=_PUSH, handle=remove),
)
