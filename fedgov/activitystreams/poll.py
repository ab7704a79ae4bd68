"""The poll inside a Question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fedgov.activitystreams.document import (
    Document,
    boolean,
    embedded,
    integer,
    language_text,
    objects,
    timestamp,
    types,
)
from fedgov.kernel.clock import to_rfc3339

MAX_OPTIONS: Final = 500
MAX_OPTION_NAME: Final = 1_000


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be chosen: plain text, and how often it was."""

    name: str
    votes: int = 0


@dataclass(frozen=True, slots=True)
class Poll:
    """A question with options.

    Args:
        options: In the order of the author, each name once.
        multiple: Whether several may be chosen.
        end_time: Milliseconds since the epoch; None when it stays open.
        closed: When it closed; None while open. 0 when closed at an unknown time.
        voters_count: Number of people who voted; None when not said.
    """

    options: tuple[Option, ...]
    multiple: bool = False
    end_time: int | None = None
    closed: int | None = None
    voters_count: int | None = None

    def is_closed(self, now: int) -> bool:
        """Tell whether nobody can vote any more."""
        return self.closed is not None or (self.end_time is not None and self.end_time <= now)


def read_poll(doc: Document) -> Poll | None:
    """Return the poll of a Question; None when the object is not one or offers nothing to choose.

    Spec: FEP-9967.
    """
    if "Question" not in types(doc):
        return None
    several = _options(doc, "anyOf")
    options = several or _options(doc, "oneOf")
    if not options:
        return None
    return Poll(
        options=options,
        multiple=bool(several),
        end_time=timestamp(doc, "endTime"),
        closed=0 if boolean(doc, "closed") else timestamp(doc, "closed"),
        voters_count=integer(doc, "votersCount"),
    )


def _options(doc: Document, key: str) -> tuple[Option, ...]:
    found: dict[str, Option] = {}
    for member in objects(doc, key, limit=MAX_OPTIONS):
        name = language_text(member, "name", limit=MAX_OPTION_NAME)
        if name is not None:
            count = integer(embedded(member, "replies") or {}, "totalItems")
            found.setdefault(name, Option(name=name, votes=count or 0))
    return tuple(found.values())


def poll_members(poll: Poll) -> Document:
    """Build the members that make an object a poll."""
    options = [
        {"type": "Note", "name": option.name, "replies": {"type": "Collection", "totalItems": option.votes}}
        for option in poll.options
    ]
    members: Document = {
        "anyOf" if poll.multiple else "oneOf": options,
        "endTime": None if poll.end_time is None else to_rfc3339(poll.end_time),
        "closed": None if poll.closed is None else to_rfc3339(poll.closed),
        "votersCount": poll.voters_count,
    }
    return {key: value for key, value in members.items() if value is not None}
