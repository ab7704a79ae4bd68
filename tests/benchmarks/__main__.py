"""``python -m tests.benchmarks [W1 …]``: run workloads, print a table, keep the raw results."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson

from fedgov import __version__
from tests.benchmarks.report import RESULTS
from tests.benchmarks.workloads.registry import WORKLOADS


def main() -> int:
    """Run what was asked for; 1 when a run was not correct, because its numbers are void then."""
    parser = argparse.ArgumentParser(description="Run workloads and keep their raw results.")
    parser.add_argument("workloads", nargs="*", choices=[*WORKLOADS, []], help="all when none is named")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; the table shows median and spread")
    parser.add_argument("--keep", type=Path, default=RESULTS, help="folder for the raw results (JSON)")
    chosen = parser.parse_args()
    chosen.keep.mkdir(parents=True, exist_ok=True)
    correct = True
    for name in chosen.workloads or WORKLOADS:
        runs = [_run(name) for _ in range(chosen.runs)]
        correct &= all(run["correct"] for run in runs)
        record = {"workload": name, "machine": _machine(), "fedgov": __version__, "runs": runs}
        (chosen.keep / f"{name}.json").write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2) + b"\n")
        _show(name, runs)
    return 0 if correct else 1


def _run(name: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="fedgov-bench-") as folder:
        return asyncio.run(WORKLOADS[name](Path(folder)))


def _machine() -> dict[str, Any]:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _show(name: str, runs: list[dict[str, Any]]) -> None:
    write = sys.stdout.write
    write(f"\n{name}: {'correct' if all(run['correct'] for run in runs) else 'NOT CORRECT, the numbers are void'}\n")
    for key, values in sorted(_numbers(runs).items()):
        spread = f"   ({min(values):.4g} … {max(values):.4g})" if len(values) > 1 else ""
        write(f"  {key:55} {statistics.median(values):>12.4g}{spread}\n")


def _numbers(runs: list[dict[str, Any]], prefix: str = "") -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for run in runs:
        for key, value in run.items():
            if isinstance(value, dict):
                for inner, numbers in _numbers([value], f"{prefix}{key}.").items():
                    found.setdefault(inner, []).extend(numbers)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                found.setdefault(prefix + key, []).append(value)
    return found


if __name__ == "__main__":
    sys.exit(main())
