"""The table on ``docs/reference/benchmarks.md``, made from the raw results beside it."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any, Final

import orjson

RESULTS: Final = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks"

SHOWN: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "W1": (
        ("accepted_per_s", "activities accepted per second, durable before 202", "{:,.0f}"),
        ("floor_per_s", "the same run's floor (bare ASGI, bare verification, batched synced insert)", "{:,.0f}"),
        ("ratio_to_floor", "ratio to the floor", "{:.2f}"),
        ("cpu_us_per_activity_accepted_and_handled", "CPU per activity, accepted and handled (µs)", "{:,.0f}"),
        ("floor_cpu_us", "CPU of the floor (µs)", "{:,.0f}"),
        ("visible_per_s", "accepted and handled per second", "{:,.0f}"),
        ("open_loop_p99_ms", "p99 of the answer in an open loop at half that rate (ms)", "{:,.0f}"),
        ("memory_after.pss_mib", "memory afterwards (PSS, MiB)", "{:,.0f}"),
    ),
    "W2": (
        ("rsa_300.seconds_to_last_healthy", "one post to 300 hosts, RSA: until the last (s)", "{:.2f}"),
        ("p99_with_faults_to_without", "p99 with 20 % dead, 10 % slow, 5 % busy hosts, to p99 without", "{:.2f}"),
        ("rsa_3000.per_s", "3,000 hosts, RSA: deliveries per second", "{:,.0f}"),
        ("rsa_3000.cpu_us_per_delivery", "CPU per delivery, RSA (µs)", "{:,.0f}"),
        ("ed25519_3000.per_s", "3,000 hosts, Ed25519: deliveries per second", "{:,.0f}"),
        ("ed25519_3000.cpu_us_per_delivery", "CPU per delivery, Ed25519 (µs)", "{:,.0f}"),
        ("limit_rsa_signatures_per_s", "RSA signatures per second and core in the same run", "{:,.0f}"),
    ),
    "W6": (
        ("idle.pss_mib", "idle instance (PSS, MiB)", "{:,.0f}"),
        ("limit_bare_imports_pss_mib", "bare imports of quart, sqlalchemy, aiohttp, uvicorn (PSS, MiB)", "{:,.0f}"),
    ),
    "W7": (
        ("seconds_to_first_200", "start to the first 200 (s)", "{:.2f}"),
        ("limit_bare_imports_s", "bare imports of quart, sqlalchemy, aiohttp (s)", "{:.2f}"),
        ("above_imports_s", "above the imports (s)", "{:.2f}"),
    ),
}


def table() -> str:
    """Return the results as Markdown: median of the runs, and their spread."""
    parts = []
    for name, rows in SHOWN.items():
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        record: dict[str, Any] = orjson.loads(path.read_bytes())
        runs = record["runs"]
        machine = record["machine"]
        state = "correct" if all(run["correct"] for run in runs) else "**not correct: the numbers are void**"
        parts.append(f"### {name}\n")
        parts.append(
            f"{len(runs)} runs, {state}. {machine['cores']} cores, {machine['cpu']}, Python {machine['python']}, "
            f"load {machine['load_before']:.1f}, {machine['at'][:10]}, fedgov {record['fedgov']}.\n"
        )
        parts += ["| what | median | least … most |", "|---|---|---|"]
        parts += [_row(words, form, [_pick(run, key) for run in runs]) for key, words, form in rows]
        parts.append("")
    return "\n".join(parts).strip()


def _row(words: str, form: str, values: list[float]) -> str:
    spread = f"{form.format(min(values))} … {form.format(max(values))}"
    return f"| {words} | {form.format(statistics.median(values))} | {spread} |"


def _pick(run: dict[str, Any], key: str) -> float:
    found: Any = run
    for name in key.split("."):
        found = found[name]
    return float(found)
