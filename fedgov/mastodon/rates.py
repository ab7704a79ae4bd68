"""How often somebody may call, and what we tell them of it.

Spec: https://docs.joinmastodon.org/api/rate-limits/
"""

from __future__ import annotations

from fedgov.instance import Instance
from fedgov.kernel.clock import MINUTE, to_rfc3339
from fedgov.mastodon.replies import Headers

CALLS_PER = 5 * MINUTE
UPLOADS_PER = 30 * MINUTE


def spend(instance: Instance, *, who: str, uploads: bool) -> Headers:
    """Count one call, and return the headers that say how many are left.

    Args:
        instance: Where.
        who: URI of the actor who calls, or the network of a visitor.
        uploads: Whether it brings a file, which is counted apart.

    Raises:
        OverLimitError: Too often; it says when to come back.
    """
    limits = instance.config.limits
    what, most, per = (
        ("api uploads", limits.api_uploads_per_half_hour, UPLOADS_PER)
        if uploads
        else ("api", limits.api_calls_per_five_minutes, CALLS_PER)
    )
    now = instance.clock.now()
    instance.limiter.spend(what, who, most=most, per=per, now=now)
    left, full_at = instance.limiter.left(what, who, most=most, per=per, now=now)
    return [
        (b"x-ratelimit-limit", str(most).encode("ascii")),
        (b"x-ratelimit-remaining", str(left).encode("ascii")),
        (b"x-ratelimit-reset", to_rfc3339(full_at).encode("ascii")),
    ]
