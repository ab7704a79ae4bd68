"""The one error tree.

Every refusal that a service, policy or check can give is one of these. A door
turns ``code`` into an HTTP status; nothing else knows about statuses. Anything
that is not in this tree is a bug and stays loud.
"""

from __future__ import annotations

from typing import ClassVar


class FedgovError(Exception):
    """A refusal with a reason.

    Args:
        safe: What may be shown to whoever asked: plain English, no secrets and
            no internals. Doors translate by ``code``.
        detail: What only the log may see.
    """

    code: ClassVar[str] = "error"

    def __init__(self, safe: str, *, detail: str = "") -> None:
        super().__init__(f"{safe} ({detail})" if detail else safe)
        self.safe = safe
        self.detail = detail


class MalformedError(FedgovError):
    """The input breaks its own format; sending it again will not help."""

    code = "malformed"


class InvalidError(FedgovError):
    """The input is well formed, but a value is not acceptable.

    Args:
        field: Name of the form field or parameter that is wrong.
    """

    code = "invalid"

    def __init__(self, safe: str, *, field: str = "", detail: str = "") -> None:
        super().__init__(safe, detail=detail)
        self.field = field


class UnverifiedError(FedgovError):
    """Who sent this was decided, and it is not who it says."""

    code = "unverified"


class ForbiddenError(FedgovError):
    """We know who asks, and a rule says no."""

    code = "forbidden"


class NotFoundError(FedgovError):
    """It does not exist, or must look as if it does not exist."""

    code = "not_found"


class ConflictError(FedgovError):
    """It contradicts what is already stored."""

    code = "conflict"


class GoneError(NotFoundError):
    """It existed and was deleted."""

    code = "gone"


class _RetryableError(FedgovError):
    """Asking again later may succeed.

    Args:
        retry_after: Seconds to wait before the next attempt; None when unknown.
    """

    def __init__(self, safe: str, *, retry_after: float | None = None, detail: str = "") -> None:
        super().__init__(safe, detail=detail)
        self.retry_after = retry_after


class UnreachableError(_RetryableError):
    """Something that we depend on did not answer: a peer, a key host, the disk."""

    code = "unreachable"


class RateLimitedError(_RetryableError):
    """Too much, too fast."""

    code = "rate_limited"


class OverLimitError(RateLimitedError):
    """Too much, too fast, by our own count; another server's count is a plain `RateLimitedError`."""
