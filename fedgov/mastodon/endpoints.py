"""Endpoints, and which of them a request is for. What is not in the table does not exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from fedgov.federation.doors.answers import Reply
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[[Call], Awaitable[Reply]]

_PLACE: Final = ":"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One row of the table.

    Args:
        method: HTTP method; HEAD is answered where GET is.
        path: With ``:name`` in the places that differ, such as ``/api/v1/statuses/:id``.
        access: Who may call it.
        handle: Does it.
        files: Most files that one call may bring.
        raw: It reads its body by itself, because that is no list of parameters.
        what: What it does in one sentence, where its handler serves several; else its handler says so.
        token_in_address: The token may be the parameter ``access_token`` too: a browser's EventSource has no headers.
    """

    method: Method
    path: str
    access: Access
    handle: Handler
    files: int = 0
    raw: bool = False
    what: str = ""
    token_in_address: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Where a path leads.

    Args:
        methods: What can be done there.
        places: What stands in the places of the path.
    """

    methods: Mapping[str, Endpoint]
    places: Mapping[str, str]


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    places: dict[str, _Node] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)


class Table:
    """All endpoints, found by their path: a literal part goes before a place.

    Args:
        endpoints: The rows.

    Raises:
        ValueError: Two rows are for the same method and path.
    """

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self.endpoints = tuple(endpoints)
        self._root = _Node()
        for endpoint in self.endpoints:
            node = self._root
            for part in _parts(endpoint.path):
                branch = node.places if part.startswith(_PLACE) else node.literal
                node = branch.setdefault(part.removeprefix(_PLACE), _Node())
            if endpoint.method in node.endpoints:
                raise ValueError(f"two endpoints claim {endpoint.method} {endpoint.path}")
            node.endpoints[endpoint.method] = endpoint

    def find(self, path: str) -> Found | None:
        """Return what can be done at a path; None when nothing. A slash at its end makes no difference."""
        return _find(self._root, _parts(path), {})


def _parts(path: str) -> list[str]:
    return path.strip("/").split("/")


def _find(node: _Node, parts: list[str], places: dict[str, str]) -> Found | None:
    if not parts:
        return Found(node.endpoints, places) if node.endpoints else None
    first, rest = parts[0], parts[1:]
    known = node.literal.get(first)
    found = _find(known, rest, places) if known is not None else None
    if found is not None or not first:
        return found
    for name, branch in node.places.items():
        found = _find(branch, rest, {**places, name: first})
        if found is not None:
            return found
    return None
