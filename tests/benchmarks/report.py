"""The table on ``docs/reference/benchmarks.md``, made from the raw results beside it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

RESULTS: Final = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks"

Rows = tuple[tuple[str, str, str], ...]

SHOWN: Final[dict[str, Rows]] = {
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
    "W1b": (
        ("new_actors_per_s", "posts of unknown actors accepted per second, one key fetch each", "{:,.0f}"),
        ("limit_bare_fetches_per_s", "bare fetches of such documents per second in the same run", "{:,.0f}"),
        ("ratio_to_bare_fetches", "ratio to the bare fetches", "{:.2f}"),
        ("cpu_us_per_new_actor", "CPU per new actor, its post handled, beside the steady load (µs)", "{:,.0f}"),
        ("known_p99_ms_alone", "p99 for known actors, 100 a second, alone (ms)", "{:,.0f}"),
        ("known_p99_ms_meanwhile", "p99 for known actors meanwhile (ms)", "{:,.0f}"),
    ),
    "W1c": (
        ("refused_per_s", "hostile requests answered per second (bad signatures, duplicates, Deletes)", "{:,.0f}"),
        ("accepted_per_s", "good ones accepted per second in the same run", "{:,.0f}"),
        ("handled_per_s", "good ones accepted and handled per second in the same run", "{:,.0f}"),
        ("ratio_to_accepted", "ratio to accepted", "{:.2f}"),
        ("ratio_to_accepted_and_handled", "ratio to accepted and handled", "{:.2f}"),
        ("good_p99_ms_alone", "p99 of good ones, 100 a second, alone (ms)", "{:,.0f}"),
        ("good_p99_ms_meanwhile", "p99 of good ones beside 1,000 hostile a second (ms)", "{:,.0f}"),
    ),
    "W2": (
        ("rsa_300.seconds_to_last_healthy", "one post to 300 hosts, RSA: until the last (s)", "{:.2f}"),
        ("p99_with_faults_to_without", "p99 with 20 % dead, 10 % slow, 5 % busy hosts, to p99 without", "{:.2f}"),
        ("rsa_3000.per_s", "3,000 hosts, RSA: deliveries per second", "{:,.0f}"),
        ("rsa_3000.cpu_us_per_delivery", "CPU per delivery, RSA (µs)", "{:,.0f}"),
        ("ed25519_3000.per_s", "3,000 hosts, Ed25519: deliveries per second", "{:,.0f}"),
        ("ed25519_3000.cpu_us_per_delivery", "CPU per delivery, Ed25519 (µs)", "{:,.0f}"),
        ("limit_bare_rsa.cpu_us", "CPU of bare signing and POSTing by aiohttp, RSA (µs)", "{:,.0f}"),
        ("limit_bare_ed25519.cpu_us", "the same, Ed25519 (µs)", "{:,.0f}"),
        ("rsa_cpu_ratio_to_bare", "bare CPU to ours, RSA", "{:.2f}"),
        ("ed25519_cpu_ratio_to_bare", "bare CPU to ours, Ed25519", "{:.2f}"),
        ("limit_rsa_signatures_per_s", "RSA signatures per second and core in the same run", "{:,.0f}"),
    ),
    "W3": (
        ("p50_ms", "a post on a page of one, until it is in a timeline at the other: p50 (ms)", "{:,.0f}"),
        ("p99_ms", "the same: p99 (ms)", "{:,.0f}"),
        ("p50_ms_after_the_answer", "after the author's page answered: p50 (ms)", "{:,.0f}"),
        ("limit_look_ms", "longest look at that timeline (ms)", "{:,.0f}"),
        ("cpu_ms_per_post_both", "CPU per post, both instances and the page (ms)", "{:,.1f}"),
    ),
    "W4": (
        ("one_client_p50_ms", "home timeline of 20 as JSON, one client: p50 (ms)", "{:,.1f}"),
        ("one_client_p99_ms", "one client: p99 (ms)", "{:,.1f}"),
        ("clients_8_p50_ms", "8 clients, each as fast as it is answered: p50 (ms)", "{:,.1f}"),
        ("clients_64_p50_ms", "64 clients, each as fast as it is answered: p50 (ms)", "{:,.1f}"),
        ("clients_64_p99_ms", "64 clients: p99 (ms)", "{:,.1f}"),
        ("per_s", "timelines per second, 8 clients", "{:,.0f}"),
        ("cpu_us_per_timeline", "CPU per timeline (µs)", "{:,.0f}"),
        ("open_loop_p50_ms", "64 connections in an open loop at half that rate: p50 (ms)", "{:,.1f}"),
        ("open_loop_p99_ms", "the same: p99 (ms)", "{:,.1f}"),
        ("limit_per_s", "bare ASGI with the bare query and the bare JSON per second", "{:,.0f}"),
        ("ratio_to_limit", "ratio to that limit", "{:.2f}"),
        ("kib", "size of the answer (KiB)", "{:,.1f}"),
    ),
    "W5": (
        ("posts", "messages", "{:,.0f}"),
        *(
            row
            for kind, words in (
                ("rare", "a rare word"),
                ("common", "a common word"),
                ("and", "two common words"),
                ("and_rare", "a common and a rare word"),
                ("prefix", "the beginning of a word"),
                ("diacritics", "a word with accents, with and without"),
                ("phrase", "a phrase"),
                ("excluded", "one word without another"),
                ("operators", "a word, a time and a file"),
                ("nothing", "nothing"),
            )
            for row in (
                (f"{kind}.p99_ms", f"{words}: p99 (ms)", "{:,.1f}"),
                (f"{kind}.cpu_p99_ms", f"{words}: p99 of the CPU time (ms)", "{:,.1f}"),
            )
        ),
        ("limit_bare_fts5_common_p99_ms", "FTS5 itself, a common word, whoever may read it: p99 (ms)", "{:,.1f}"),
        ("api_p50_ms", "all kinds by an app, with whole Status entities: p50 (ms)", "{:,.1f}"),
        ("api_p99_ms", "the same: p99 (ms)", "{:,.1f}"),
    ),
    "W6": (
        ("idle.pss_mib", "idle instance (PSS, MiB)", "{:,.0f}"),
        ("limit_bare_imports_pss_mib", "bare imports of quart, sqlalchemy, aiohttp, uvicorn (PSS, MiB)", "{:,.0f}"),
    ),
    "W6-loaded": (
        ("loaded_pss_mib", "after 20,000 activities and 250 pages (PSS, MiB)", "{:,.0f}"),
        ("growth_of_the_last_three_loads_mib", "growth over the last two of five equal loads (MiB)", "{:,.1f}"),
    ),
    "W7": (
        ("seconds_to_first_200", "start to the first 200 (s)", "{:.2f}"),
        ("limit_bare_imports_s", "bare imports of quart, sqlalchemy, aiohttp (s)", "{:.2f}"),
        ("above_imports_s", "above the imports (s)", "{:.2f}"),
    ),
    "W8": (
        ("lost", "lost of 10,000", "{:,.0f}"),
        ("doubled", "doubled", "{:,.0f}"),
        ("seconds_to_drain", "until the other had all of them (s)", "{:,.1f}"),
        ("per_s", "sent, accepted and handled per second", "{:,.0f}"),
        ("cpu_ms_per_activity_both", "CPU per activity, both instances (ms)", "{:,.2f}"),
    ),
    "W9": (
        ("p99_ms", "a post until all of 5,000 apps have it, ten posts a second: p99 (ms)", "{:,.0f}"),
        ("p50_ms", "the same: p50 (ms)", "{:,.0f}"),
        ("kib_per_client", "memory for each app that listens (PSS, KiB)", "{:,.1f}"),
        ("messages_per_s", "messages sent per second", "{:,.0f}"),
        ("cpu_us_per_message", "CPU per message, publishing included (µs)", "{:,.1f}"),
        ("limit_bare_cpu_us", "CPU of a bare broadcast in the same run (µs)", "{:,.1f}"),
        ("cpu_ratio_to_bare", "bare CPU to ours", "{:.2f}"),
    ),
    "W10": (
        ("deliveries_per_activity", "deliveries for 5,000 followers on 100 servers", "{:,.0f}"),
        ("post_seconds_to_last_host", "post: until the last server (s)", "{:.2f}"),
        ("edit_seconds_to_last_host", "edit: until the last server (s)", "{:.2f}"),
        ("delete_seconds_to_last_host", "deletion: until the last server (s)", "{:.2f}"),
        ("cpu_us_per_delivery", "CPU per delivery (µs)", "{:,.0f}"),
        ("limit_rsa_signatures_per_s", "RSA signatures per second and core in the same run", "{:,.0f}"),
    ),
    "W11": (
        ("home_query_p50_us", "first page of the home timeline, the query alone: p50 (µs)", "{:,.0f}"),
        ("home_page_p50_ms", "the same as a page in HTML: p50 (ms)", "{:,.1f}"),
        ("home_page_p99_ms", "p99 (ms)", "{:,.1f}"),
        ("handled_per_s", "posts accepted and handled per second", "{:,.0f}"),
        ("cpu_us_per_activity", "CPU per activity (µs)", "{:,.0f}"),
        ("pss_mib", "memory (PSS, MiB)", "{:,.0f}"),
        ("seconds_to_first_200", "start to the first 200 (s)", "{:.2f}"),
        ("bytes_per_byte_received", "bytes on disk for each byte of JSON received", "{:.2f}"),
        ("backup_s", "backup (s)", "{:,.1f}"),
        ("restore_s", "restore (s)", "{:,.1f}"),
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
        parts += (
            _growth(rows, runs) if name in ("W4", "W11") else _spread([row for row in rows if _has(runs, row[0])], runs)
        )
        parts.append("")
    return "\n".join(parts).strip()


def _spread(rows: Sequence[tuple[str, str, str]], runs: Sequence[dict[str, Any]]) -> list[str]:
    head = ["| what | median | least … most |", "|---|---|---|"]
    return head + [_row(words, form, [_pick(run, key) for run in runs]) for key, words, form in rows]


def _growth(rows: Rows, runs: Sequence[dict[str, Any]]) -> list[str]:
    """Return a column for each size, with the median of the runs."""
    sizes = [key for key in runs[0] if key.startswith("posts_")]
    names = [f"{int(size.removeprefix('posts_')):,} posts" for size in sizes]
    lines = [f"| what | {' | '.join(names)} |", "|---" * (len(sizes) + 1) + "|"]
    for key, words, form in rows:
        medians = [statistics.median(_pick(run, f"{size}.{key}") for run in runs) for size in sizes]
        lines.append(f"| {words} | {' | '.join(form.format(each) for each in medians)} |")
    return lines


def _row(words: str, form: str, values: list[float]) -> str:
    spread = f"{form.format(min(values))} … {form.format(max(values))}"
    return f"| {words} | {form.format(statistics.median(values))} | {spread} |"


def _has(runs: Sequence[dict[str, Any]], key: str) -> bool:
    """Tell whether a record is new enough to have this figure."""
    try:
        return all(_pick(run, key) is not None for run in runs)
    except KeyError:
        return False


def _pick(run: dict[str, Any], key: str) -> float:
    found: Any = run
    for name in key.split("."):
        found = found[name]
    return float(found)
