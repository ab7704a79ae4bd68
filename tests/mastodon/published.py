"""The published description of the API: what each operation answers, and what it takes."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

import orjson
from jsonschema import Draft202012Validator

from tests import services

SCHEMA: Final = "mastodon_openapi_schema.json"
_PLACE: Final = re.compile(r"\{[^}]+\}|:[^/]+")


@cache
def description() -> dict[str, Any] | None:
    """Return the description; None where it is not at hand."""
    path = services.vectors() / SCHEMA
    found: dict[str, Any] | None = orjson.loads(path.read_bytes()) if path.is_file() else None
    if found is not None:
        # It wants exactly one of two forms, and every quotation has both: all their members may be left out.
        quote = found["components"]["schemas"]["Status"]["properties"]["quote"]
        quote["anyOf"] = quote.pop("oneOf")
    return found


def plain(path: str) -> str:
    """Return a path with ``:`` in each place, whatever the places are called."""
    return _PLACE.sub(":", path)


@cache
def _operations() -> dict[tuple[str, str], dict[str, Any]]:
    paths = (description() or {"paths": {}})["paths"]
    return {
        (method.upper(), plain(path)): operation
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in ("get", "post", "put", "patch", "delete")
    }


def operation(method: str, path: str) -> dict[str, Any] | None:
    """Return what is published of an operation; None when nothing is.

    Args:
        method: Such as ``GET``.
        path: With ``:name`` or ``{name}`` in its places.
    """
    return _operations().get((method, plain(path)))


def problems_of(value: object, schema: dict[str, Any]) -> list[str]:
    """Return what is wrong with a value; nothing where the description is not at hand."""
    whole = description()
    if whole is None:
        return []
    validator = Draft202012Validator({**schema, "components": whole["components"]})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)][:5]


def entity(name: str) -> dict[str, Any]:
    """Return the schema of an entity, such as ``Status``; of a list of them for ``[Status]``."""
    one = {"$ref": f"#/components/schemas/{name.strip('[]')}"}
    return {"type": "array", "items": one} if name.startswith("[") else one


def answer_of(method: str, path: str, *, status: int = 200) -> dict[str, Any] | None:
    """Return the schema of what an operation answers; None when it is not published."""
    found = (operation(method, path) or {"responses": {}})["responses"].get(str(status), {})
    schema: dict[str, Any] | None = found.get("content", {}).get("application/json", {}).get("schema")
    return schema
