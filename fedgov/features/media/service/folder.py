"""Files on disk: whole and synced, or not there at all."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fedgov.kernel.errors import UnreachableError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_RETRY_AFTER: Final = 60.0


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write files that are on disk when this returns; after a failure none of them is there.

    Args:
        files: Content by path; the names are made here, never by a person.

    Raises:
        UnreachableError: The disk is full or broken.
    """
    try:
        for path, data in files.items():
            _write(path, data)
    except OSError as error:
        remove_all(files)
        full = error.errno in _FULL
        raise UnreachableError(
            "there is no space left on this server; nothing was stored" if full else "the file could not be stored",
            retry_after=_RETRY_AFTER,
            detail=str(error),
        ) from error


def remove_all(paths: Mapping[Path, object] | list[Path]) -> None:
    """Remove files, as far as they are there."""
    for path in paths:
        for each in (path, _partial(path)):
            with contextlib.suppress(OSError):
                each.unlink(missing_ok=True)


def _partial(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _write(path: Path, data: bytes) -> None:
    _make_folder(path.parent)
    with _partial(path).open("wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())
    _partial(path).replace(path)
    _sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True, mode=0o750)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
