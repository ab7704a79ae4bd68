"""Published test vectors, by folder: see the README beside them for sources and licences."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import services


def vectors(name: str) -> Path:
    """The folder of this name; the test is skipped where it is absent.

    Args:
        name: For instance ``cavage``.
    """
    folder = services.vectors() / name
    if not folder.is_dir():
        pytest.skip(f"the test vectors have no folder {name}")
    return folder
