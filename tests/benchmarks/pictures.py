"""Curves of growth as one picture, drawn from the raw results of W11.

Each panel shows one figure against the number of posts (logarithmic), the
median of the runs as a line and every run as a dot. Axes begin at zero, so that
flat looks flat.
"""

from __future__ import annotations

import math
import statistics
from html import escape
from typing import Any, Final

import orjson

from tests.benchmarks.report import RESULTS

PANELS: Final = (
    ("home_query_p50_us", "home timeline, query p50 (µs)"),
    ("home_page_p50_ms", "home timeline, page p50 (ms)"),
    ("handled_per_s", "accepted and handled per second"),
    ("cpu_us_per_activity", "CPU per activity (µs)"),
    ("pss_mib", "memory, PSS (MiB)"),
    ("bytes_per_byte_received", "bytes on disk per byte received"),
    ("backup_s", "backup (s)"),
    ("restore_s", "restore (s)"),
)
WIDTH: Final = 330
HEIGHT: Final = 210
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 34, 34
_STYLE: Final = (
    "text{font:12px sans-serif;fill:#333}.title{font-weight:bold}.axis{stroke:#999;fill:none}"
    ".grid{stroke:#e3e3e3}.line{stroke:#154273;stroke-width:2;fill:none}circle{fill:#154273;fill-opacity:.45}"
)


def growth() -> str:
    """Return the picture as SVG; an empty string when W11 was not run."""
    path = RESULTS / "W11.json"
    if not path.exists():
        return ""
    runs: list[dict[str, Any]] = orjson.loads(path.read_bytes())["runs"]
    sizes = sorted(int(key.removeprefix("posts_")) for key in runs[0] if key.startswith("posts_"))
    parts = []
    for number, (key, title) in enumerate(PANELS):
        points = {size: [float(run[f"posts_{size}"][key]) for run in runs] for size in sizes}
        x, y = WIDTH * (number % 2), HEIGHT * (number // 2)
        parts.append(f'<g transform="translate({x} {y})">{_panel(title, points)}</g>')
    width, height = 2 * WIDTH, HEIGHT * math.ceil(len(PANELS) / 2)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<title>Growth: one instance with {sizes[0]:,} to {sizes[-1]:,} posts</title><style>{_STYLE}</style>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _panel(title: str, points: dict[int, list[float]]) -> str:
    top = _ceiling(max(max(values) for values in points.values()))
    low, high = math.log10(min(points)), math.log10(max(points))

    def x(size: int) -> float:
        part = (math.log10(size) - low) / (high - low) if high > low else 0.5
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM), 1)

    found = [f'<text class="title" x="{LEFT}" y="20">{escape(title)}</text>']
    for part in (0.0, 0.5, 1.0):
        at = y(part * top)
        found.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>')
        found.append(f'<text x="{LEFT - 6}" y="{at + 4}" text-anchor="end">{part * top:,g}</text>')
    found += [f'<text x="{x(size)}" y="{HEIGHT - 14}" text-anchor="middle">{_short(size)}</text>' for size in points]
    found.append(f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    medians = " ".join(f"{x(size)},{y(statistics.median(values))}" for size, values in points.items())
    found.append(f'<polyline class="line" points="{medians}"/>')
    found += [f'<circle cx="{x(size)}" cy="{y(value)}" r="3"/>' for size, values in points.items() for value in values]
    return "".join(found)


def _ceiling(value: float) -> float:
    """Return the next round number above a value: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power)


def _short(size: int) -> str:
    return f"{size // 1_000_000} M" if size >= 1_000_000 else f"{size // 1_000} k" if size >= 1_000 else str(size)
