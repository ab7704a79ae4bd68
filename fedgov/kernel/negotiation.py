"""Whether a client asks for a document or for a page (RFC 9110, section 12.5.1).

A thing's page and its ActivityPub id are one URL, so every answer on such a
URL says ``Vary: Accept``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

MAX_ACCEPT: Final = 1_000

_PAGES: Final = frozenset({"text/html", "application/xhtml+xml", "text/*"})
_DOCUMENTS: Final = frozenset(
    {"application/activity+json", "application/ld+json", "application/json", "application/problem+json"}
)
_ANY: Final = frozenset({"*/*", "application/*"})


@lru_cache(maxsize=1_024)
def wants_document(accept: bytes, *, otherwise: bool) -> bool:
    """Tell whether JSON is wanted more than a page.

    With equal preference an explicit type wins from a wildcard, and the one
    named first wins from one named later.

    Args:
        accept: The Accept header; empty when there is none.
        otherwise: The answer for a client that takes anything.

    Spec: RFC 9110, section 12.5.1; ActivityPub, section 3.2.
    """
    best: tuple[float, bool, int] = (0.0, False, 0)
    wanted = otherwise
    for position, part in enumerate(accept[:MAX_ACCEPT].decode("latin-1").lower().split(",")):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        named = media_type in _PAGES or media_type in _DOCUMENTS
        rank = (_quality(parameters), named, -position)
        if (named or media_type in _ANY) and rank[0] > 0 and rank > best:
            best, wanted = rank, media_type in _DOCUMENTS if named else otherwise
    return wanted


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
