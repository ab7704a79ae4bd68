"""Fuzz one target: ``python -m tests.fuzz.one TARGET FOLDER [options of libFuzzer]``."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["fedgov"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until the options say that it is enough, or a property does not hold."""
    name, *options = sys.argv[1:]
    atheris.Setup([sys.argv[0], *options], TARGETS[name].check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
