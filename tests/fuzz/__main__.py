"""``make fuzz``: every target for a bounded time, one after another.

A finding is printed and kept in ``build/fuzz``; put it beside its property as an
``@example``, with what mends it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import services
from tests.fuzz.targets import TARGETS

_FOUND = services.ROOT / "build" / "fuzz"
_PATIENCE = 25  # seconds for one input, after which it counts as a hang
_LONGEST = 4_096
_MEGABYTES = 2_048


def fuzz(name: str, *, seconds: int) -> bool:
    """Fuzz one target; tell whether nothing was found."""
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(TARGETS[name].inputs()):
            Path(folder, f"{number}").write_bytes(data)
        options = [f"-max_total_time={seconds}", f"-timeout={_PATIENCE}", f"-max_len={_LONGEST}"]
        options += [f"-rss_limit_mb={_MEGABYTES}", f"-artifact_prefix={_FOUND}/{name}-", "-print_final_stats=1"]
        command = [sys.executable, "-m", "tests.fuzz.one", name, folder, *options, "-verbosity=0"]
        done = subprocess.run(command, cwd=services.ROOT, check=False, capture_output=True, text=True, errors="replace")
    said = (done.stdout + done.stderr).splitlines()
    runs = next((line.split()[-1] for line in said if "number_of_executed_units" in line), "?")
    result = "nothing found" if done.returncode == 0 else "FOUND"
    sys.stdout.write(f"{name:12} {runs:>10} inputs in {seconds} s: {result}\n")
    sys.stdout.flush()
    if done.returncode != 0:
        # The traceback stands on the one, the input on the other.
        sys.stdout.write("\n".join([*done.stdout.splitlines()[-60:], *done.stderr.splitlines()[-15:]]) + "\n")
    return done.returncode == 0


def main() -> int:
    """Fuzz what was asked for; 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=", description=__doc__)
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(TARGETS)}; all when none is named"
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    asked = parser.parse_args()
    _FOUND.mkdir(parents=True, exist_ok=True)
    names = asked.targets or list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    found = [name for name in names if not fuzz(name, seconds=asked.seconds)]
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
