"""Reading a parameter that is one of a few words."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from fedgov.kernel.errors import InvalidError
from fedgov.mastodon.parameters import Parameters

E = TypeVar("E", bound=StrEnum)


def choice(parameters: Parameters, name: str, kind: type[E]) -> E | None:
    """Return which one was chosen; None when nothing was sent.

    Args:
        parameters: What the client sent.
        name: Of the parameter.
        kind: What can be chosen.

    Raises:
        InvalidError: It is none of them.
    """
    word = parameters.text(name)
    return one_of(kind, word, name=name) if word else None


def one_of(kind: type[E], word: str, *, name: str) -> E:
    """Return the value with this word.

    Raises:
        InvalidError: There is none.
    """
    try:
        return kind(word)
    except ValueError:
        raise InvalidError(f"{name} must be one of: {', '.join(kind)}", field=name) from None
