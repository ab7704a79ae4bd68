"""Reading JSON that strangers wrote.

`parse` is the only way in. Behind it stand small typed accessors that never
raise on foreign input: a value of the wrong type is the same as no value.
Where a value is indispensable, the ``required_…`` accessors refuse the
document with a reason.
"""

from __future__ import annotations

import json
import math
import re
from itertools import islice
from typing import Any, Final

import orjson

from fedgov.kernel.clock import from_rfc3339
from fedgov.kernel.errors import MalformedError
from fedgov.kernel.uris import MAX_URI_LENGTH, is_http_uri

Document = dict[str, Any]
"""One JSON object as received."""

MAX_BYTES: Final = 1_048_576
MAX_DEPTH: Final = 32
MAX_URIS: Final = 1_000
LAST_TIME: Final = from_rfc3339("2200-01-01T00:00:00Z") or 0
"""No accessor gives a later time when the caller has no better limit."""

_LARGEST_INTEGER: Final = 2**63 - 1
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")
_NAMESPACES: Final = ("as:", "https://www.w3.org/ns/activitystreams#", "http://www.w3.org/ns/activitystreams#")


# --- the way in -------------------------------------------------------------------------------------------------


def parse(raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Document:
    """Read one JSON object, strictly.

    Besides what JSON itself forbids (NaN, lone surrogates, a byte order mark,
    other encodings than UTF-8) this refuses repeated keys, integers beyond 64
    bits and NUL characters, in every document: what was checked, what is stored
    and what another implementation reads must be the same thing.

    Args:
        raw: The body as received, undecoded.
        max_bytes: Longest accepted body.
        max_depth: Deepest accepted nesting; the outer object is level 1.

    Raises:
        MalformedError: It is not such an object.

    Spec: RFC 8259; RFC 7493 (I-JSON), sections 2.1-2.3.
    """
    if len(raw) > max_bytes:
        raise MalformedError("the document is too large", detail=f"{len(raw)} bytes")
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedError("not valid JSON", detail=str(error)[:200]) from None
    if type(document) is not dict:
        raise MalformedError("not a JSON object", detail=type(document).__name__)
    _check_shape(document, max_depth)
    if b"\\u0000" in raw:
        _check_no_nul(document)
    _check_keys_are_unique(raw, document)
    return document


def _check_shape(document: Document, max_depth: int) -> None:
    """Refuse deep nesting and huge numbers, level by level, so no input can exhaust the stack."""
    level: list[Any] = [document]
    for _ in range(max_depth):
        deeper: list[Any] = []
        for container in level:
            for value in container.values() if type(container) is dict else container:
                kind = type(value)
                if kind is dict or kind is list:
                    deeper.append(value)
                elif (kind is float or kind is int) and not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
                    # A number beyond 64 bits arrives as a float that lost its last digits.
                    raise MalformedError("a number is too large")
        if not deeper:
            return
        level = deeper
    raise MalformedError("the document is nested too deeply")


def _check_no_nul(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Refuse NUL, which PostgreSQL cannot store. Called only after the depth is known."""
    if isinstance(value, str):
        if "\x00" in value:
            raise MalformedError("a text contains a NUL character")
    elif isinstance(value, dict):
        for key, member in value.items():
            _check_no_nul(key)
            _check_no_nul(member)
    elif isinstance(value, list):
        for member in value:
            _check_no_nul(member)


def _check_keys_are_unique(raw: bytes, document: Document) -> None:
    r"""Refuse an object that names one key twice.

    orjson keeps the last of them, so writing the parsed document again gives
    fewer quotation marks than came in: each lost member had at least the two
    of its key. Only an escaped ``\u0022``, which is written back as a quotation
    mark, could hide that; such a rare document is read once more by the slow
    parser. Costs a quarter of what asking the slow parser always would.
    """
    if b"\\u0022" in raw:
        json.loads(raw, object_pairs_hook=_refuse_repetition)
    elif raw.count(b'"') != orjson.dumps(document).count(b'"'):
        raise MalformedError("a key occurs twice in one object")


def _refuse_repetition(pairs: list[tuple[str, Any]]) -> Document:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedError("a key occurs twice in one object")
    return members


# --- text -------------------------------------------------------------------------------------------------------


def text(doc: Document, key: str, *, limit: int | None = None) -> str | None:
    """Return a text; None when absent, empty or of another type.

    Args:
        doc: The object to read from.
        key: Name of the member.
        limit: Longest text in characters; the rest is cut off.
    """
    value = doc.get(key)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value[:limit] if isinstance(value, str) and value else None


def text_map(doc: Document, key: str) -> dict[str, str]:
    """Return the texts of a natural-language map (``contentMap``) by lower-case language tag."""
    value = doc.get(key)
    if not isinstance(value, dict):
        return {}
    return {tag.lower(): words for tag, words in value.items() if isinstance(words, str) and words}


def language_text(doc: Document, key: str, *, languages: tuple[str, ...] = (), limit: int | None = None) -> str | None:
    """Return a text in the best language that the document offers.

    The reader's languages come first, then the plain property, then whatever
    the map holds first.

    Args:
        doc: The object to read from.
        key: Name without ``Map``: ``content``, ``name`` or ``summary``.
        languages: Language tags in order of preference.
        limit: Longest text in characters.

    Spec: ActivityStreams 2.0, section 4.7.
    """
    offered = text_map(doc, key + "Map")
    for tag in languages:
        if tag.lower() in offered:
            return offered[tag.lower()][:limit]
    plain = text(doc, key, limit=limit)
    return plain if plain is not None else next((words[:limit] for words in offered.values()), None)


def language(doc: Document, key: str = "content") -> str | None:
    """Return the language tag of a property: of the map entry that equals it, or of the map's only entry."""
    offered = text_map(doc, key + "Map")
    plain = text(doc, key)
    tags = [tag for tag, words in offered.items() if (words == plain or plain is None) and tag != "und"]
    return tags[0][:35] if tags else None


# --- URIs -------------------------------------------------------------------------------------------------------


def _uri_of(value: object) -> str | None:
    if isinstance(value, dict):
        value = value["id"] if isinstance(value.get("id"), str) else value.get("href")
    if not isinstance(value, str) or not value or len(value) > MAX_URI_LENGTH:
        return None
    return None if _CONTROL.search(value) else value


def _members(doc: Document, key: str) -> list[Any]:
    value = doc.get(key)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def uri(doc: Document, key: str) -> str | None:
    """Return the one URI of a property; None when there is none or more than one.

    It may be a string, an object with an ``id``, a Link with ``href``, or an
    array of exactly one of these. It need not be an http URI.
    """
    members = _members(doc, key)
    return _uri_of(members[0]) if len(members) == 1 else None


def uris(doc: Document, key: str, *, limit: int = MAX_URIS) -> tuple[str, ...]:
    """Return the distinct URIs of a property in their order, at most ``limit``."""
    found: dict[str, None] = {}
    for member in _members(doc, key):
        value = _uri_of(member)
        if value is not None:
            found[value] = None
            if len(found) >= limit:
                break
    return tuple(found)


def http_uri(doc: Document, key: str) -> str | None:
    """Return the one http(s) URI of a property; None when there is no such."""
    value = uri(doc, key)
    return value if value is not None and is_http_uri(value) else None


def first_http_uri(doc: Document, key: str) -> str | None:
    """Return the first http(s) URI of a property that may have several."""
    return next((value for value in uris(doc, key) if is_http_uri(value)), None)


def http_uris(doc: Document, key: str, *, limit: int = MAX_URIS) -> tuple[str, ...]:
    """Return the distinct http(s) URIs of a property, at most ``limit``."""
    return tuple(value for value in uris(doc, key, limit=limit) if is_http_uri(value))


def required_uri(doc: Document, key: str) -> str:
    """Return the one http(s) URI of a property.

    Raises:
        MalformedError: There is none, more than one, or it is not http(s).
    """
    value = http_uri(doc, key)
    if value is None:
        raise MalformedError(f"{key} must be one http or https URI", detail=repr(doc.get(key))[:100])
    return value


# --- structure --------------------------------------------------------------------------------------------------


def embedded(doc: Document, key: str) -> Document | None:
    """Return the one embedded object of a property; None when it is only a URI."""
    members = _members(doc, key)
    return members[0] if len(members) == 1 and isinstance(members[0], dict) else None


def objects(doc: Document, key: str, *, limit: int | None = None) -> list[Document]:
    """Return the embedded objects of a property, leaving out everything else."""
    return list(islice((member for member in _members(doc, key) if isinstance(member, dict)), limit))


def types(doc: Document) -> tuple[str, ...]:
    """Return the types, without the prefix or namespace of ActivityStreams."""
    value = doc.get("type")
    if isinstance(value, str):
        return (_bare(value),) if value else ()
    return tuple(_bare(name) for name in _members(doc, "type")[:10] if isinstance(name, str) and name)


def _bare(name: str) -> str:
    if ":" not in name:  # as nearly always
        return name[:255]
    for namespace in _NAMESPACES:
        if name.startswith(namespace):
            name = name[len(namespace) :]
            break
    return name[:255]


def required_type(doc: Document) -> str:
    """Return the first type.

    Raises:
        MalformedError: The object has no type.
    """
    names = types(doc)
    if not names:
        raise MalformedError("type is missing")
    return names[0]


# --- other values -----------------------------------------------------------------------------------------------


def timestamp(doc: Document, key: str, *, latest: int = LAST_TIME) -> int | None:
    """Return a time in milliseconds since the epoch; None when absent or unreadable.

    Args:
        doc: The object to read from.
        key: Name of the member, for instance ``published``.
        latest: A later time is moved back to this one, so that nobody can put
            himself on top of every timeline for ever. Callers who know the
            time of receipt hand it in for ``published`` and ``updated``.
    """
    value = text(doc, key, limit=64)
    moment = from_rfc3339(value) if value is not None else None
    return None if moment is None else min(moment, latest)


def integer(doc: Document, key: str, *, minimum: int = 0, maximum: int = _LARGEST_INTEGER) -> int | None:
    """Return a whole number within bounds; None when absent, out of bounds or of another type."""
    value = doc.get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if minimum <= value <= maximum else None


def number(doc: Document, key: str) -> float | None:
    """Return a finite number; None when absent or of another type."""
    value = doc.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def boolean(doc: Document, key: str) -> bool | None:
    """Return true or false; None when absent or of another type."""
    value = doc.get(key)
    return value if isinstance(value, bool) else None
