"""The one limiter: how often somebody may do something, in bounded memory that empties itself.

For each subject one number is kept: until when what it did is paid off (the
"generic cell rate algorithm", a token bucket without a timer). Whoever did
nothing lately has no entry.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from fedgov.kernel.acting import By
from fedgov.kernel.clock import HOUR, MINUTE, SECOND
from fedgov.kernel.config import Config, LimitSettings
from fedgov.kernel.errors import OverLimitError
from fedgov.kernel.networks import is_countable

MAX_SUBJECTS: Final = 50_000
"""Most subjects that are remembered; beyond that, those that were quiet longest are forgotten."""


class Limiter:
    """Counts, for the doors and services of one instance in one process."""

    def __init__(self) -> None:
        self._paid_until: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()  # the writer's thread and the event loop both count

    def __len__(self) -> int:
        """Return how many subjects are remembered."""
        return len(self._paid_until)

    def wait(self, what: str, who: str, *, most: int, per: int, now: int) -> float:
        """Return how many milliseconds somebody must wait before doing something once more; 0 for none.

        Args:
            what: What is counted.
            who: Whose count it is.
            most: How often in a row, and in each period.
            per: Milliseconds of that period.
            now: Milliseconds since the epoch.
        """
        paid = self._paid((what, who), per=per, now=now)
        return max(0.0, paid - now - (per - per / most))

    def note(self, what: str, who: str, *, most: int, per: int, now: int, cost: float = 1.0) -> None:
        """Count something, whether it was allowed or not.

        Args:
            what: What is counted.
            who: Whose count it is.
            most: How often in a row, and in each period.
            per: Milliseconds of that period.
            now: Milliseconds since the epoch.
            cost: As how many times it counts.
        """
        key = (what, who)
        with self._lock:
            paid = min(self._paid(key, per=per, now=now), now + per) + per / most * cost
            self._paid_until[key] = min(paid, now + 2.0 * per)
            self._paid_until.move_to_end(key)
            self._forget(now)

    def spend(self, what: str, who: str, *, most: int, per: int, now: int) -> None:
        """Count something and refuse it when it is too often; what is refused does not count.

        Raises:
            OverLimitError: Too often; it says when to come back.
        """
        self.demand(what, who, most=most, per=per, now=now)
        self.note(what, who, most=most, per=per, now=now)

    def left(self, what: str, who: str, *, most: int, per: int, now: int) -> tuple[int, int]:
        """Return how many times more somebody may do something now, and when it will be all of them again.

        Args:
            what: What is counted.
            who: Whose count it is.
            most: How often in a row, and in each period.
            per: Milliseconds of that period.
            now: Milliseconds since the epoch.
        """
        paid = self._paid((what, who), per=per, now=now)
        return max(0, int((now + per - paid) * most / per)), int(paid)

    def act(self, what: str, *, of: str, by: By, limits: LimitSettings, now: int) -> None:
        """Count one thing more that an account does, and refuse when it is too often.

        What is counted stays counted when it fails later: the attempt is what costs. What the server does
        by itself in somebody's name, such as following who has moved, is not limited.

        Args:
            what: A setting of ``[limits]`` without its ending ``_per_hour``, such as ``posts``.
            of: URI of the local actor.
            by: Who acts.
            limits: How often is too often.
            now: Milliseconds since the epoch.

        Raises:
            OverLimitError: Too often; it says when to come back.
        """
        if by.door != "server":
            self.spend(what, of, most=getattr(limits, f"{what}_per_hour"), per=HOUR, now=now)

    def demand(self, what: str, who: str, *, most: int, per: int, now: int) -> None:
        """Refuse what would be too often, without counting it.

        Raises:
            OverLimitError: Too often; it says when to come back.
        """
        pause = self.wait(what, who, most=most, per=per, now=now)
        if pause > 0:
            raise OverLimitError(
                "too many requests; wait a moment", retry_after=pause / SECOND, detail=f"{what}: more than {most}"
            )

    def _paid(self, key: tuple[str, str], *, per: int, now: int) -> float:
        """Return until when somebody has used up the time; what was counted by a clock that was ahead is forgotten."""
        paid = self._paid_until.get(key, 0.0)
        return float(now) if paid < now or paid > now + 2.0 * per else paid

    def _forget(self, now: int) -> None:
        """Drop the two that were quiet longest if they are paid off, and whatever is too much."""
        for _ in range(2):
            oldest = next(iter(self._paid_until), None)
            if oldest is None or (self._paid_until[oldest] > now and len(self._paid_until) <= MAX_SUBJECTS):
                return
            del self._paid_until[oldest]


class Turnstile:
    """Puts off a network from which too much was refused lately, before anything it sends is read.

    A proxy is never counted, because everybody is behind it: not one that is trusted but named no client, and,
    while none is configured, nothing that is not on the public internet; nor what comes from this machine.

    Args:
        limiter: Who counts.
        config: How often is too often, and whether proxies are known.
    """

    def __init__(self, limiter: Limiter, *, config: Config) -> None:
        self._limiter = limiter
        self._most = config.limits.refused_per_minute
        self._proxies = config.server.trusted_proxies

    def demand(self, network: str, *, now: int) -> None:
        """Let a request in.

        Args:
            network: Where it came from, as `fedgov.kernel.networks.network_of` gives it.
            now: Milliseconds since the epoch.

        Raises:
            OverLimitError: Not now; it says when to come back.
        """
        self._limiter.demand("refused", network, most=self._most, per=MINUTE, now=now)

    def note(self, network: str, *, now: int) -> None:
        """Count a request that was refused."""
        if is_countable(network, proxies=self._proxies):
            self._limiter.note("refused", network, most=self._most, per=MINUTE, now=now)
