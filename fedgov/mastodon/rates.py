"""How often somebody may call, and what we tell them of it.

Spec: https://docs.joinmastodon.org/api/rate-limits/
"""

from __future__ import annotations

from fedgov.instance import Instance
from fedgov.kernel.clock import MINUTE, to_rfc3339
from fedgov.mastodon.replies import Headers

CALLS_PER = 5 * MINUTE
UPLOADS_PER = 30 * MINUTE


def spend(instance: Instance, *, who: str, uploads: bool) -> None:
    """Count one call.

    Args:
        instance: Where.
        who: URI of the actor who calls, or the network of a visitor.
        uploads: Whether it brings a file, which is counted apart.

    Raises:
        OverLimitError: Too often; it says when to come back.
    """
    what, most, per = _limit(instance, uploads=uploads)
    instance.limiter.spend(what, who, most=most, per=per, now=instance.clock.now())


def left(instance: Instance, *, who: str, uploads: bool) -> Headers:
    """Return the headers that say how many calls are left; none is counted."""
    what, most, per = _limit(instance, uploads=uploads)
    number, full_at = instance.limiter.left(what, who, most=most, per=per, now=instance.clock.now())
    return [
        (b"x-ratelimit-limit", str(most).encode("ascii")),
        (b"x-ratelimit-remaining", str(number).encode("ascii")),
        (b"x-ratelimit-reset", to_rfc3339(full_at).encode("ascii")),
    ]


def _limit(instance: Instance, *, uploads: bool) -> tuple[str, int, int]:
    limits = instance.config.limits
    if uploads:
        return "api uploads", limits.api_uploads_per_half_hour, UPLOADS_PER
    return "api", limits.api_calls_per_five_minutes, CALLS_PER
