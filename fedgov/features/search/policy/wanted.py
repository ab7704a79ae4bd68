"""What somebody is looking for, read from what they typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fedgov.kernel.errors import MalformedError
from fedgov.kernel.uris import Handle, canonical, is_http_uri, parse_handle

MAX_QUERY: Final = 500
"""Characters; more than that nobody types."""


@dataclass(frozen=True, slots=True)
class Link:
    """The address of a person or a post, in canonical form."""

    uri: str


@dataclass(frozen=True, slots=True)
class Words:
    """Part of a name, handle, function or department; may be empty."""

    text: str


Wanted = Handle | Link | Words


def read_query(text: str, *, scheme: str = "https") -> Wanted:
    """Return what somebody is looking for.

    A handle that is typed only in part, such as ``@name`` or ``@name@leeuw``,
    is words: the people whom we know are found by it.

    Args:
        text: As typed or pasted.
        scheme: Of this instance; its default port is left out of handles.
    """
    words = tidy(text)
    if is_http_uri(words):
        return Link(canonical(words))
    try:
        handle = parse_handle(words, scheme=scheme)
    except MalformedError:
        return Words(words)
    return handle if _is_whole(handle.host) else Words(words)


def tidy(text: str) -> str:
    """Return what was typed on one line, without what nobody types."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:MAX_QUERY]


def _is_whole(host: str) -> bool:
    """Tell whether this can be the name of a server, rather than the beginning of one."""
    return "." in host or ":" in host or host == "localhost"
