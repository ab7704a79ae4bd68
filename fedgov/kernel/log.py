"""Logs: one line of JSON per event, or readable lines on a terminal.

Nothing that identifies a person, no content and no secret belongs in a line:
log ids, hosts, reasons and counts. What was logged while one request was answered
carries the same ``request``.

Spec: ``docs/how-to/monitor.md``, "Logs".
"""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import sys
import traceback
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Final, TextIO

import structlog

MAX_WORDS: Final = 500
"""Most characters of what an exception says of itself."""

_SECRET: Final = ("authorization", "signature", "password", "token", "cookie", "secret", "private")
_RUN: Final = secrets.token_hex(3)  # so that the numbers of two runs are not taken for the same request
_numbers: Final = itertools.count(1)
_request: Final[ContextVar[int]] = ContextVar("fedgov_request", default=0)
# In these lines PostgreSQL repeats the values that it was given.
_VALUES: Final = re.compile(r"^\s*(?:DETAIL|CONTEXT|WHERE):.*\n?", re.MULTILINE)


def begin_request() -> None:
    """Give what is logged from here on, in this task and those it starts, the next request's number."""
    _request.set(next(_numbers))


def configure(*, level: str = "info", pretty: bool | None = None) -> None:
    """Set up logging for this process.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        pretty: Readable lines instead of JSON; None decides by whether stderr is a terminal.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    readable = sys.stderr.isatty() if pretty is None else pretty
    common: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _with_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    # Tracebacks never show local variables: those are the keys, passwords and messages at hand.
    last: list[Any] = [structlog.dev.ConsoleRenderer(exception_formatter=_plain_traceback)]
    if not readable:
        shown = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        last = [structlog.processors.ExceptionRenderer(shown), _brief, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*common, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    _configure_libraries(number, common, last)


def _configure_libraries(number: int, common: list[Any], last: list[Any]) -> None:
    """Write what goes through Python's own logging in the same form.

    Of libraries, warnings only, whatever the level: at debug level drivers write every value that they handle.
    """
    handler = logging.StreamHandler(sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    name = structlog.stdlib.add_logger_name
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*common, name], processors=[remove, *last])
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)
    logging.getLogger("fedgov").setLevel(number)


def _with_request(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    number = _request.get()
    if number:
        event["request"] = f"{_RUN}-{number}"
    return event


def _without_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if any(word in key.lower() for word in _SECRET):
            event[key] = "[not logged]"
    return event


def _plain_traceback(out: TextIO, failure: Any) -> None:  # noqa: ANN401 - as structlog has it
    """Write a traceback for people, without the values that a database repeats."""
    out.write(_VALUES.sub("", "".join(traceback.format_exception(*failure))))


def _brief(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Shorten what exceptions say of themselves, and leave out the values that a database repeats."""
    for each in event.get("exception") or ():
        if isinstance(each, dict):
            each["exc_value"] = _VALUES.sub("", str(each.get("exc_value", "")))[:MAX_WORDS]
    return event
