"""Audiences in the words of apps, both ways.

Spec: https://docs.joinmastodon.org/entities/Status/#visibility; decision 0009
"""

from __future__ import annotations

from typing import Final

from fedgov.activitystreams.audience import Visibility
from fedgov.kernel.errors import InvalidError

_WORDS: Final = {
    Visibility.PUBLIC: "public",
    Visibility.UNLISTED: "unlisted",
    Visibility.FOLLOWERS: "private",
    Visibility.ORGANISATION: "private",  # apps have no word for it; this is the narrowest that is no direct message
    Visibility.DIRECT: "direct",
}
_MEANT: Final = {
    "public": Visibility.PUBLIC,
    "unlisted": Visibility.UNLISTED,
    "private": Visibility.FOLLOWERS,
    "direct": Visibility.DIRECT,
    "organisation": Visibility.ORGANISATION,  # ours: apps that do not know it do not send it
}


def visibility_of(visibility: str) -> str:
    """Return how apps call an audience of ours."""
    return _WORDS[Visibility(visibility)]


def audience_of(word: str, *, field: str = "visibility") -> Visibility:
    """Return which audience an app means.

    Args:
        word: As it was sent.
        field: Name of the parameter, for a refusal.

    Raises:
        InvalidError: It is none.
    """
    if word not in _MEANT:
        raise InvalidError(f"{field} must be one of: {', '.join(_MEANT)}", field=field)
    return _MEANT[word]
