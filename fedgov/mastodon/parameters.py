"""What a client sent, however it sent it: in the query, as a form, with files, or as JSON.

All of it becomes one tree of values, written as Rails writes it:
``types[]=mention`` is a list, ``poll[expires_in]=3600`` a value inside of
another, ``fields_attributes[0][name]=Werk`` one inside of a numbered one.

Spec: https://docs.joinmastodon.org/client/intro/ (parameters).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import orjson

from fedgov.kernel.errors import InvalidError, MalformedError
from fedgov.kernel.pagination import DEFAULT_LIMIT, MAX_LIMIT, PageRequest, page_request

MAX_PAIRS: Final = 1_000
"""Most values that one request may bring."""

MAX_DEPTH: Final = 6
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP: Final = re.compile(r"\[([^\[\]]*)\]")
_NO: Final = frozenset({"", "0", "f", "F", "false", "FALSE", "False", "off", "OFF"})
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,19}")
_ROW_ID: Final = re.compile(r"[0-9]{1,19}")
"""Python refuses to read numbers of thousands of digits, and says so in an exception."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that came along.

    Args:
        name: As the client calls it, plain text.
        data: Its bytes.
    """

    name: str
    data: bytes = field(repr=False)


def tree_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the tree that the names of a form spell.

    Args:
        pairs: Names and values in the order in which they came.

    Raises:
        MalformedError: There are too many, they are too deep, or one is both a value and a list.
    """
    tree: dict[str, Any] = {}
    for count, (name, value) in enumerate(pairs, start=1):
        if count > MAX_PAIRS:
            raise MalformedError("too many parameters")
        found = _NAME.fullmatch(name)
        if found is None:
            continue  # no parameter of anybody's
        steps = [found[1], *_STEP.findall(found[2])]
        if len(steps) > MAX_DEPTH:
            raise MalformedError("the parameters are nested too deeply")
        _put(tree, steps, value)
    return tree


def _put(tree: dict[str, Any], steps: list[str], value: Any) -> None:  # noqa: ANN401 - text or a file
    here: Any = tree
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if following is None and step:
            _demand(here, dict)[step] = value
        elif following is None:
            _demand(here, list).append(value)
        elif step:
            here = _demand(here, dict).setdefault(step, [] if following == "" else {})
        else:
            here = _row_of(_demand(here, list), following)


def _row_of(rows: list[Any], step: str) -> Any:  # noqa: ANN401 - the row is a dictionary or a list
    """Return the row that a value belongs to: a name that the last row has already begins a new one."""
    if step == "" or not rows or not isinstance(rows[-1], dict) or step in rows[-1]:
        rows.append([] if step == "" else {})
    return rows[-1]


def _demand(found: Any, kind: type[T]) -> T:  # noqa: ANN401 - a part of the tree
    if not isinstance(found, kind):
        raise MalformedError("a parameter is sent both as a value and as a list")
    return found


@dataclass(frozen=True, slots=True)
class Parameters:
    """A tree of values, read with the type that an endpoint wants.

    Args:
        tree: By name; values are text, numbers, truth values, None, lists, trees and files.
    """

    tree: Mapping[str, Any] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Tell whether a value was sent, even an empty one."""
        return name in self.tree

    def text(self, name: str, otherwise: str = "") -> str:
        """Return plain text; what was not sent, or is null, is the other.

        Raises:
            InvalidError: It is no text.
        """
        value = self.tree.get(name)
        if value is None:
            return otherwise
        return _text(name, value)

    def flag(self, name: str, otherwise: bool = False) -> bool:
        """Return a truth value as Rails reads it; what was not sent, or is null, is the other.

        Raises:
            InvalidError: It is none.
        """
        value = self.tree.get(name)
        return otherwise if value is None else _text(name, value) not in _NO

    def whole(self, name: str) -> int | None:
        """Return a whole number; None when none was sent.

        Raises:
            InvalidError: It is none.
        """
        value = self.tree.get(name)
        if value is None or value == "":
            return None
        text = _text(name, value).strip()
        if not _WHOLE.fullmatch(text):
            raise InvalidError(f"{name} must be a whole number", field=name)
        return int(text)

    def row_ids(self, name: str) -> list[int]:
        """Return the ids in a list, each once; what cannot be an id is left out, for it is nobody's."""
        numbers = dict.fromkeys(int(each) for each in self.texts(name) if _ROW_ID.fullmatch(each))
        return [number for number in numbers if number < 2**63]

    def texts(self, name: str) -> list[str]:
        """Return a list of plain texts; one value is a list of one.

        Raises:
            InvalidError: One of them is no text.
        """
        value = self.tree.get(name)
        if value is None:
            return []
        if isinstance(value, Mapping):  # numbered: choices[0]=…
            value = list(value.values())
        return [_text(name, each) for each in (value if isinstance(value, list) else [value]) if each is not None]

    def inner(self, name: str) -> Parameters:
        """Return the values inside of another; none when it was not sent.

        Raises:
            InvalidError: It is no such thing.
        """
        value = self.tree.get(name)
        if value is None or value == "":
            return Parameters()
        if not isinstance(value, Mapping):
            raise InvalidError(f"{name} must hold named values", field=name)
        return Parameters(value)

    def rows(self, name: str) -> list[Parameters]:
        """Return a list of which each row holds values, numbered or not.

        Raises:
            InvalidError: It is no such list.
        """
        value = self.tree.get(name)
        if value is None or value == "":
            return []
        rows = list(value.values()) if isinstance(value, Mapping) else value
        if not isinstance(rows, list) or not all(isinstance(each, Mapping) for each in rows):
            raise InvalidError(f"{name} must be a list of named values", field=name)
        return [Parameters(each) for each in rows]

    def file(self, name: str) -> UploadedFile | None:
        """Return a file; None when none was sent.

        Raises:
            InvalidError: It came as something else.
        """
        value = self.tree.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, UploadedFile):
            raise InvalidError(f"{name} must be a file", field=name)
        return value

    def page(self, *, default: int = DEFAULT_LIMIT, maximum: int = MAX_LIMIT) -> PageRequest:
        """Return which part of a list is wanted; what cannot be read counts as not sent, limits are clamped."""
        bounds = {name: _bound(self.tree.get(name)) for name in ("max_id", "since_id", "min_id", "limit")}
        return page_request(**bounds, default=default, maximum=maximum)


def _bound(value: object) -> str | int | None:
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if "\0" in value:  # PostgreSQL keeps no such text, and nobody types it
            raise MalformedError(f"{name} holds a null character")
        return value
    if isinstance(value, int | float):
        return str(value)
    raise InvalidError(f"{name} must be text", field=name)


def json_tree(body: bytes) -> dict[str, Any]:
    """Return what a JSON body says.

    Raises:
        MalformedError: It is no JSON object.
    """
    if not body.strip():
        return {}
    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedError("the body is not valid JSON", detail=str(error)) from None
    if tree is None:  # what some clients send for nothing
        return {}
    if not isinstance(tree, dict):
        raise MalformedError("the body must be a JSON object")
    return tree
