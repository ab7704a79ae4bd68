"""Figures: each instance its own, and no more of them however much happens."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from fedgov.kernel.errors import ForbiddenError, UnverifiedError
from fedgov.kernel.metrics import CODES, Metrics


def value_of(metrics: Metrics, name: str, **labels: str) -> float | None:
    """What Prometheus would read."""
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return None


def test_each_instance_counts_for_itself() -> None:
    gouda, delft = Metrics(), Metrics()

    gouda.accepted.inc()

    assert value_of(gouda, "fedgov_inbox_accepted_total") == 1
    assert value_of(delft, "fedgov_inbox_accepted_total") == 0


def test_requests_are_counted_by_door_and_class_of_status() -> None:
    metrics = Metrics()

    for status in (200, 202, 404):
        metrics.answered("inbox", status, 0.02)

    assert value_of(metrics, "fedgov_http_request_seconds_count", door="inbox", status="2xx") == 2
    assert value_of(metrics, "fedgov_http_request_seconds_count", door="inbox", status="4xx") == 1
    assert value_of(metrics, "fedgov_http_request_seconds_bucket", door="inbox", status="2xx", le="0.025") == 2


def test_a_refusal_is_counted_by_its_stable_code() -> None:
    metrics = Metrics()

    metrics.refused("inbox", UnverifiedError.code)
    metrics.refused("inbox", ForbiddenError.code)

    assert value_of(metrics, "fedgov_refusals_total", door="inbox", code="unverified") == 1
    assert value_of(metrics, "fedgov_refusals_total", door="inbox", code="forbidden") == 1


def test_whatever_others_make_up_there_are_not_more_figures() -> None:
    metrics = Metrics()

    for number in range(1_000):
        metrics.refused("inbox", f"fatima{number}@evil.example")

    text = metrics.exposition().decode()
    assert value_of(metrics, "fedgov_refusals_total", door="inbox", code="other") == 1_000
    assert text.count("\nfedgov_refusals_total{") == 1
    assert "evil" not in text


def test_every_error_of_the_tree_has_a_word_of_its_own() -> None:
    assert {"malformed", "unverified", "forbidden", "not_found", "gone", "rate_limited", "unreachable"} <= CODES
    assert len(CODES) < 40


def test_the_process_is_described_without_the_instances() -> None:
    text = Metrics().process_exposition().decode()
    assert "process_resident_memory_bytes" in text
    assert "fedgov_build_info" in text
    assert "fedgov_inbox" not in text


def test_moments_at_which_counters_were_made_are_left_out() -> None:
    metrics = Metrics()
    metrics.answered("inbox", 202, 0.1)
    assert "_created" not in metrics.exposition().decode()
