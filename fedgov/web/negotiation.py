"""What kind of answer a client asks for (RFC 9110, section 12.5.1).

A thing's page and its ActivityPub id are one URL, so every answer on such a
URL says ``Vary: Accept``.
"""

from __future__ import annotations

from typing import Final, Literal

Wanted = Literal["activity", "html", "json"]

ACTIVITY_JSON: Final = "application/activity+json"
LD_JSON: Final = "application/ld+json"
PROBLEM_JSON: Final = "application/problem+json"
MAX_ACCEPT: Final = 1_000

_OFFERS: Final[tuple[tuple[str, Wanted], ...]] = (
    ("text/html", "html"),
    ("application/xhtml+xml", "html"),
    (ACTIVITY_JSON, "activity"),
    (LD_JSON, "activity"),
    ("application/json", "json"),
    (PROBLEM_JSON, "json"),
)


def wanted(accept: str | None) -> Wanted:
    """Return what the client prefers; a page when it does not say.

    With equal preference an explicit type wins from a wildcard, and the one
    named first wins from one named later.

    Args:
        accept: The Accept header, or None.

    Spec: RFC 9110, section 12.5.1; ActivityPub, section 3.2.
    """
    best: tuple[float, int, int] = (0.0, 0, 0)
    found: Wanted = "html"
    for position, (media_type, quality) in enumerate(_ranges(accept)):
        for offer, kind in _OFFERS:
            specificity = _specificity(media_type, offer)
            rank = (quality, specificity, -position)
            if specificity and quality > 0 and rank > best:
                best, found = rank, kind
    return found


def wants_activity(accept: str | None) -> bool:
    """Tell whether the client asks for ActivityPub JSON; plain JSON counts too.

    Args:
        accept: The Accept header, or None.
    """
    return wanted(accept) != "html"


def _specificity(media_range: str, offer: str) -> int:
    if media_range == offer:
        return 3
    if media_range == "*/*":
        return 1
    return 2 if media_range.endswith("/*") and offer.startswith(media_range[:-1]) else 0


def _ranges(accept: str | None) -> list[tuple[str, float]]:
    ranges = []
    for part in (accept or "")[:MAX_ACCEPT].lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        if media_type:
            ranges.append((media_type, _quality(parameters)))
    return ranges


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
