"""Figures about one running instance, for Prometheus.

Each instance has its own instruments, so that one process can serve many. They
are counted where something happens and read by the door `/metrics`. A label is
always one of a few words of ours, never a host, a name, an id or a text: figures
hold nothing about anybody, and their number does not grow with the fediverse.

Spec: ``docs/reference/metrics.md``.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from fedgov import __version__
from fedgov.kernel.errors import FedgovError

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
OTHER: Final = "other"
"""Label for what has no word of its own."""

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ANSWERS: Final = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_PATIENCE: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
_BATCHES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class Described:
    """One figure as the documentation names it.

    Args:
        name: As it is asked for; of a histogram without its endings.
        kind: ``counter``, ``gauge`` or ``histogram``.
        labels: Names of its labels.
        meaning: What it says.
    """

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


class Metrics:
    """The instruments of one instance.

    Attributes:
        requests: Answers given, by door and class of status.
        refusals: Requests refused, by door and stable code.
        process: What is said of the process, whichever instance is asked.
    """

    def __init__(self) -> None:
        self.process = CollectorRegistry()
        ProcessCollector(registry=self.process)
        build = Gauge(
            "fedgov_build_info", "Which program this is; always 1.", ("version", "python"), registry=self.process
        )
        build.labels(__version__, platform.python_version()).set(1)
        self.loop_lag = Histogram(
            "fedgov_event_loop_lag_seconds",
            "How much later than asked the event loop came back: what every request waits for.",
            buckets=_SECONDS,
            registry=self.process,
        )

        self._registry = own = CollectorRegistry()
        self.requests = Histogram(
            "fedgov_http_request_seconds",
            "Requests answered and how long that took, by door and class of status.",
            ("door", "status"),
            buckets=_ANSWERS,
            registry=own,
        )
        self.refusals = Counter(
            "fedgov_refusals_total", "Requests refused, by door and reason.", ("door", "code"), registry=own
        )
        self.accepted = Counter(
            "fedgov_inbox_accepted_total", "Activities that were verified and stored, repeated ones too.", registry=own
        )
        self.handled = Counter(
            "fedgov_inbox_handled_total",
            "Accepted activities that were tried, by result: done, refused, postponed or parked.",
            ("result",),
            registry=own,
        )
        self.inbox_items = Gauge(
            "fedgov_inbox_items",
            "Accepted activities that are not done: due, waiting for a later attempt, or parked.",
            ("state",),
            registry=own,
        )
        self.inbox_oldest = Gauge(
            "fedgov_inbox_oldest_seconds",
            "Age of the oldest accepted activity that is not done, by state; 0 when there is none.",
            ("state",),
            registry=own,
        )
        self.deliveries = Gauge(
            "fedgov_deliveries",
            "Deliveries that have not arrived: due, waiting for a later attempt, resting because their server does "
            "not answer, parked after a week, or failed.",
            ("state",),
            registry=own,
        )
        self.deliveries_oldest = Gauge(
            "fedgov_deliveries_oldest_seconds",
            "Age of the oldest delivery that has not arrived, by state; 0 when there is none.",
            ("state",),
            registry=own,
        )
        self.posted = Histogram(
            "fedgov_delivery_seconds",
            "Attempts to deliver and how long the other server took, by result: delivered, refused, later (busy or "
            "failing there) or unreachable.",
            ("result",),
            buckets=_PATIENCE,
            registry=own,
        )
        self.pushed = Counter(
            "fedgov_pushes_total",
            "Push messages for apps that were tried, by result: delivered, later (the push server is busy or away), "
            "gone (the app is no longer there), refused, late (a day passed) or withdrawn (nothing to tell any more).",
            ("result",),
            registry=own,
        )
        self.push_messages = Gauge(
            "fedgov_push_messages",
            "Push messages that were not sent: due, or resting because their push server is busy or away.",
            ("state",),
            registry=own,
        )
        self.push_oldest = Gauge(
            "fedgov_push_oldest_seconds",
            "Age of the oldest push message that is due; 0 when there is none.",
            registry=own,
        )
        self.streams = Gauge(
            "fedgov_streams", "Connections of apps that are open for news, in this process.", registry=own
        )
        self.searched = Histogram(
            "fedgov_search_seconds",
            "Searches by words and how long they took, by what was searched: people or messages.",
            ("what",),
            buckets=_SECONDS,
            registry=own,
        )
        self.peers = Gauge(
            "fedgov_peers",
            "Other servers: known, resting (they do not answer now), parked (for over a week) or pinned to Ed25519.",
            ("state",),
            registry=own,
        )
        self.write_batch = Histogram(
            "fedgov_write_batch_size", "Use cases that shared one commit.", buckets=_BATCHES, registry=own
        )
        self.write_seconds = Histogram(
            "fedgov_write_seconds",
            "How long a transaction was open, the sync to disk included.",
            buckets=_SECONDS,
            registry=own,
        )
        self.write_queue = Gauge(
            "fedgov_write_queue", "Use cases that wait for the writer of SQLite; always 0 on PostgreSQL.", registry=own
        )
        self.intake_queue = Gauge(
            "fedgov_intake_queue", "Verified activities that wait to be stored before their sender hears.", registry=own
        )
        self.worker_beat_age = Gauge(
            "fedgov_worker_beat_age_seconds",
            "How long ago each worker gave a sign of life.",
            ("worker",),
            registry=own,
        )
        self.worker_failures = Counter(
            "fedgov_worker_failures_total",
            "How often a worker ended by a mistake and was started again.",
            ("worker",),
            registry=own,
        )
        self.pruned = Counter(
            "fedgov_pruned_total",
            "Rows that were removed because they were kept long enough, by what they were.",
            ("what",),
            registry=own,
        )
        self.ready = Gauge("fedgov_ready", "1 when /readyz says yes.", registry=own)
        self.figures_fresh = Gauge(
            "fedgov_figures_fresh",
            "1 when the figures of queues and peers could be read from the database; they stay as they were when not.",
            registry=own,
        )
        self.disk_free = Gauge(
            "fedgov_disk_free_bytes",
            "Free space for the files of this instance, on SQLite its database too.",
            registry=own,
        )
        self.backup_at = Gauge(
            "fedgov_backup_timestamp_seconds",
            "When `fedgov backup` last began, in seconds since 1970; 0 when never.",
            registry=own,
        )
        self._spent: dict[tuple[str, int], Histogram] = {}
        for result in ("delivered", "refused", "later", "unreachable"):
            self.posted.labels(result)
        for result in ("delivered", "later", "gone", "refused", "late", "withdrawn"):
            self.pushed.labels(result)
        for what in PRUNED:
            self.pruned.labels(what)
        for what in ("people", "messages"):
            self.searched.labels(what)
        self._handled = {result: self.handled.labels(result) for result in ("done", "refused", "postponed", "parked")}

    def answered(self, door: str, status: int, seconds: float) -> None:
        """Note that a request was answered.

        Args:
            door: Which part of the house answered.
            status: HTTP status.
            seconds: How long it took.
        """
        key = (door, status // 100)
        spent = self._spent.get(key)  # a look-up by label costs more than counting
        if spent is None:
            spent = self._spent[key] = self.requests.labels(door, f"{status // 100}xx")
        spent.observe(seconds)

    def refused(self, door: str, code: str) -> None:
        """Note that a request was refused.

        Args:
            door: Which part of the house refused.
            code: Stable code of the error tree or of an answer; any other word is counted as `OTHER`.
        """
        self.refusals.labels(door, code if code in CODES else OTHER).inc()

    def tried(self, result: str) -> None:
        """Note what became of an accepted activity: done, refused, postponed or parked."""
        self._handled[result].inc()

    def committed(self, size: int, seconds: float) -> None:
        """Note that a transaction ended.

        Args:
            size: How many use cases shared it.
            seconds: How long it was open.
        """
        self.write_batch.observe(size)
        self.write_seconds.observe(seconds)

    @contextmanager
    def searching(self, what: str) -> Iterator[None]:
        """Note how long a search by words takes.

        Args:
            what: ``people`` or ``messages``.
        """
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.searched.labels(what).observe(time.perf_counter() - begin)

    def exposition(self) -> bytes:
        """Return all figures in the text format of Prometheus."""
        return self.process_exposition() + generate_latest(_Plain((self._registry,)))

    def process_exposition(self) -> bytes:
        """Return the figures of the process alone."""
        return generate_latest(_Plain((self.process,)))

    def described(self) -> list[Described]:
        """Return every figure, for the documentation."""
        return [
            Described(
                name=family.name + ("_total" if family.type == "counter" else ""),
                kind=family.type,
                labels=self._labels_of(family.name),
                meaning=family.documentation,
            )
            for family in _Plain((self.process, self._registry)).collect()
        ]

    def _labels_of(self, name: str) -> tuple[str, ...]:
        own = (each for each in vars(self).values() if isinstance(each, Counter | Gauge | Histogram))
        labels = {str(each._name): tuple(each._labelnames) for each in own}
        return ("version", "python") if name == "fedgov_build_info" else labels.get(name, ())


class _Plain(CollectorRegistry):
    """Some registries as one, without the moments at which each counter was made."""

    def __init__(self, registries: Iterable[CollectorRegistry]) -> None:
        super().__init__()
        self._registries = tuple(registries)

    def collect(self) -> Iterator[Metric]:
        for registry in self._registries:
            for family in registry.collect():
                family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
                yield family


PRUNED: Final = (
    "deliveries",
    "peers",
    "inbox log",
    "graves",
    "sessions",
    "codes",
    "tokens",
    "apps",
    "notifications",
    "push keys",
)
"""What is removed when it was kept long enough."""

STATUS_CODES: Final = {
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_type",
    500: "internal",
}
"""Codes of answers that no error of the tree stands behind."""


def _all_codes(kind: type[FedgovError] = FedgovError) -> Iterator[str]:
    yield kind.code
    for below in kind.__subclasses__():
        yield from _all_codes(below)


CODES: Final = frozenset((*_all_codes(), *STATUS_CODES.values(), "stale_form", "login_required"))
"""Every reason that is counted by its own word."""
