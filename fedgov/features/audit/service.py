"""Keeping the head of the audit log where a hand in the database does not reach, and comparing."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Final

import structlog

from fedgov.instance import Instance
from fedgov.kernel.errors import InvalidError
from fedgov.store import audit
from fedgov.store.audit import Finding, Mark

HEAD_FILE: Final = "audit.head"
"""Beside the configuration. It is not part of a backup: the copy of the database is of another moment."""

_MARK: Final = re.compile(r"(?:(\d{1,18}):)?([0-9a-fA-F]{64})\Z")
_log = structlog.get_logger(__name__)


async def keep_head(instance: Instance) -> None:
    """Write the newest place of the chain into a file, and say so loudly when the log became shorter than that."""
    path = instance.config.folder / HEAD_FILE
    mark = await instance.read(audit.head)
    kept = await asyncio.to_thread(read_head, path)
    if kept is not None and kept.number > mark.number:
        _log.error("audit_log_is_shorter_than_it_was", kept=str(kept), found=str(mark))
        return
    if mark.number and kept != mark:
        _log.info("audit_head", head=str(mark))  # the log of the system is one more place that remembers it
        await asyncio.to_thread(_write, path, f"{mark}\n")


def read_head(path: Path) -> Mark | None:
    """Return the head in a file; None when there is none.

    Raises:
        InvalidError: Something else is in it.
    """
    try:
        number, found = read_mark(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise InvalidError(f"{path} is damaged", detail="no text") from None
    return Mark(number=number, hash=found) if number else None


def read_mark(text: str) -> tuple[int, str]:
    """Read ``NUMBER:HASH`` or ``HASH`` as a person kept it; without a number, 0 stands for it.

    Raises:
        InvalidError: It is neither.
    """
    match = _MARK.match(text.strip())
    if match is None:
        raise InvalidError("a head is 64 hexadecimal digits, with or without its number and a colon before it")
    return int(match[1] or 0), match[2].lower()


async def verify(instance: Instance, *, heads: tuple[str, ...] = ()) -> Finding:
    """Check the whole log, also against the head in the file and those that somebody kept.

    Args:
        instance: Whose log.
        heads: ``NUMBER:HASH`` or ``HASH``, as an earlier check printed them.

    Raises:
        InvalidError: A head cannot be read.
    """
    given = [read_mark(each) for each in heads]
    kept = await asyncio.to_thread(read_head, instance.config.folder / HEAD_FILE)
    marks = [Mark(number=number, hash=found) for number, found in given if number]
    finding = await instance.read(audit.check, marks=marks, hashes=[found for number, found in given if not number])
    if finding.fault or kept is None:
        return finding
    return await instance.read(audit.check, marks=[kept])


def _write(path: Path, text: str) -> None:
    """Put a file in its place at once: half a head would look like tampering."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
