"""Who runs which tests, and when, if several processes share the work.

What takes long begins first, so that nobody is left with it at the end, and all
tests in a browser are done by one process: they share a browser and two town halls.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import pytest

_BROWSER: Final = "tests/web"
# In seconds of an idle core; the other files take less than a quarter of a minute.
_LONG: Final = (
    _BROWSER,
    "tests/federation/test_conversation.py",
    "tests/faults",
    "tests/cli",
    "tests/federation",
    "tests/mastodon",
    "tests/security",
    "tests/unit/features/audit",
    "tests/unit/features/notices",
    "tests/c2s",
)


def share_out(config: pytest.Config, log: Any) -> Any:
    """Return the scheduler of pytest-xdist: a file at a time, in the order in which tests were collected."""
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class Scheduler(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _BROWSER if nodeid.startswith(f"{_BROWSER}/") else super()._split_scope(nodeid)

    config.option.loadscopereorder = False  # it would put files with few tests last, and those take longest
    return Scheduler(config, log)


def longest_first(items: list[pytest.Item]) -> None:
    """Put tests of what takes long before the others, and files with many tests before those with few."""
    many = Counter(_file(item) for item in items)

    def rank(item: pytest.Item) -> tuple[int, int, str]:
        file = _file(item)
        place = next((place for place, start in enumerate(_LONG) if file.startswith(start)), len(_LONG))
        return place, -many[file], file

    items.sort(key=rank)


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
