"""The dashboard and the alerts ask for figures that exist, and say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson
import pytest
import yaml

from fedgov.federation.figures import BACKUP
from fedgov.kernel.metrics import Described, Metrics
from fedgov.store import audit
from tests.documents import ROOT, anchors

MONITOR: Final = ROOT / "docs/how-to/monitor.md"
DASHBOARD: Final = ROOT / "docs/how-to/grafana-dashboard.json"
ALERTS: Final = ROOT / "docs/how-to/alerts.yml"
FIGURES: Final = {each.name: each for each in Metrics().described()}
_SELECTOR: Final = re.compile(r"\b((?:fedgov|process)_\w+)(?:\{([^}]*)\})?")
_MATCHER: Final = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
_OF_PROMETHEUS: Final = {"instance", "job", "le"}
_STATES: Final = {
    "fedgov_inbox_items": {"due", "waiting", "parked"},
    "fedgov_inbox_oldest_seconds": {"due", "waiting", "parked"},
    "fedgov_deliveries": {"due", "waiting", "resting", "parked", "failed"},
    "fedgov_deliveries_oldest_seconds": {"due", "waiting", "resting", "parked", "failed"},
    "fedgov_push_messages": {"due", "resting"},
    "fedgov_peers": {"known", "resting", "parked", "pinned"},
}


def rules() -> list[dict[str, Any]]:
    """The alert rules."""
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """What dashboard and alerts ask."""
    for panel in orjson.loads(DASHBOARD.read_bytes())["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (rule["expr"] for rule in rules())


def asked_for(expression: str) -> list[tuple[Described | None, dict[str, str]]]:
    """The figures in an expression, None for one that does not exist, each with what is asked of its labels."""
    found = []
    for name, labels in _SELECTOR.findall(expression):
        figure = FIGURES.get(name)
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        if figure is None and base in FIGURES and FIGURES[base].kind == "histogram":
            figure = FIGURES[base]
        if figure is not None and figure.kind == "histogram" and base == name:
            figure = None  # there is no figure of the bare name of a histogram
        found.append((figure, dict(_MATCHER.findall(labels))))
    return found


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_what_is_asked_for_exists(expression: str) -> None:
    found = asked_for(expression)
    assert found or expression.startswith("up{"), "it asks for no figure of ours"
    for figure, labels in found:
        assert figure is not None, expression
        assert set(labels) <= {*figure.labels, *_OF_PROMETHEUS}, expression
        if figure.name in _STATES and "state" in labels:
            assert set(labels["state"].split("|")) <= _STATES[figure.name], expression


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_an_expression_is_complete(expression: str) -> None:
    for opened, closed in ("()", "{}", "[]"):
        assert expression.count(opened) == expression.count(closed)
    # What sums or groups by a label keeps only labels that there are.
    known = {label for each in FIGURES.values() for label in each.labels} | _OF_PROMETHEUS
    for group in re.findall(r"\bby \(([^)]*)\)", expression):
        assert {label.strip() for label in group.split(",")} <= known
    # A counter only grows, so that only its rate says something; a gauge has none.
    for name in re.findall(r"\b(?:rate|increase)\((\w+)", expression):
        assert FIGURES.get(name, FIGURES.get(re.sub(r"_(bucket|sum|count)$", "", name))).kind != "gauge"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "expression", ["up == 0 or fedgov_gone > 1", "fedgov_write_seconds > 1", 'fedgov_peers{host="delft"} > 1']
)
def test_a_figure_that_does_not_exist_is_noticed(expression: str) -> None:
    assert any(figure is None or set(labels) - {*figure.labels} for figure, labels in asked_for(expression))


def test_every_figure_of_ours_is_looked_at() -> None:
    looked_at = {figure.name for each in expressions() for figure, _ in asked_for(each) if figure is not None}
    assert {name for name in FIGURES if name.startswith("fedgov_")} - looked_at == set()


def test_every_alert_is_explained_with_what_to_do() -> None:
    text = MONITOR.read_text(encoding="utf-8")
    headings = anchors(text)
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (ROOT / page, anchor) == (MONITOR, rule["alert"].lower())
        assert anchor in headings
        assert rule["labels"]["severity"] in {"page", "ticket"}
        section = text.partition(f"### {rule['alert']}\n")[2].partition("\n### ")[0]
        assert "Do: " in section or "nothing" in section, rule["alert"]
    assert set(re.findall(r"^### (Fedgov\w+)$", text, re.MULTILINE)) == set(names)


def test_every_reason_of_readyz_is_explained() -> None:
    from typing import get_args

    from fedgov.federation.readiness import Reason

    text = MONITOR.read_text(encoding="utf-8")
    assert [reason for reason in get_args(Reason) if f"| `{reason}` |" not in text] == []


def test_the_backup_that_is_looked_for_is_the_one_that_is_noted() -> None:
    assert BACKUP in audit.KINDS
