"""Who a thing is for, in the words of ActivityPub and in ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fedgov.activitystreams.document import Document, uris

PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_ALIASES: Final = frozenset({PUBLIC, "as:Public", "Public"})
"""The ways in which others write the public collection (ActivityPub, section 5.6)."""

MAX_ADDRESSEES: Final = 1_000


class Visibility(StrEnum):
    """Who may read something, as people choose it."""

    PUBLIC = "public"
    """Everyone, and shown in public timelines."""
    UNLISTED = "unlisted"
    """Everyone, but not shown in public timelines."""
    FOLLOWERS = "followers"
    """Followers of the author and the people named."""
    DIRECT = "direct"
    """Only the people named."""
    ORGANISATION = "organisation"
    """Everyone of the author's organisation; never leaves the instance."""

    @property
    def leaves_the_instance(self) -> bool:
        """Whether other instances may get a copy."""
        return self is not Visibility.ORGANISATION


FOR_EVERYONE: Final = (Visibility.PUBLIC, Visibility.UNLISTED)
"""What anybody may read, known or unknown."""


@dataclass(frozen=True, slots=True)
class Audience:
    """The addressees of an object or activity.

    ``bto`` and ``bcc`` do not exist here: they are never read, stored or sent.

    Args:
        to: URIs of actors and collections, first row; the public collection in its full form.
        cc: The same, second row.
        audience: URIs of the groups whose context this is (FEP-1b12).
    """

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()

    @property
    def everyone(self) -> tuple[str, ...]:
        """All addressees once, ``to`` first."""
        return tuple(dict.fromkeys((*self.to, *self.cc, *self.audience)))

    @property
    def is_public(self) -> bool:
        """Whether everyone may read it, listed or not."""
        return PUBLIC in self.to or PUBLIC in self.cc

    def fields(self) -> dict[str, list[str]]:
        """Return the members for a JSON document; empty ones are left out, except ``to``."""
        found = {"to": list(self.to)}
        if self.cc:
            found["cc"] = list(self.cc)
        if self.audience:
            found["audience"] = list(self.audience)
        return found


NOBODY: Final = Audience()


def read_audience(doc: Document) -> Audience:
    """Read ``to``, ``cc`` and ``audience``; anything in them that is not a URI is left out."""
    return Audience(
        to=_addressees(uris(doc, "to", limit=MAX_ADDRESSEES * 50)),
        cc=_addressees(uris(doc, "cc", limit=MAX_ADDRESSEES * 50)),
        audience=_addressees(uris(doc, "audience", limit=MAX_ADDRESSEES)),
    )


def _addressees(found: Iterable[str]) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(PUBLIC if value in PUBLIC_ALIASES else value for value in found))
    if len(named) > MAX_ADDRESSEES:
        # The public collection decides the visibility, so the cap may not lose it.
        front = (PUBLIC,) if PUBLIC in named else ()
        named = front + tuple(value for value in named if value != PUBLIC)[: MAX_ADDRESSEES - len(front)]
    return named


def visibility(
    to: Collection[str], cc: Collection[str], *, followers_uri: str | None, colleagues_uri: str | None = None
) -> Visibility:
    """Return the visibility that an addressing means.

    Args:
        to: First row of addressees; the public collection in any of its forms.
        cc: Second row.
        followers_uri: Followers collection of the author; None when unknown,
            which makes the answer narrower, never wider.
        colleagues_uri: The collection of our own organisation, handed in only
            for what was written here: nobody else can address it.
    """
    if not PUBLIC_ALIASES.isdisjoint(to):
        return Visibility.PUBLIC
    if not PUBLIC_ALIASES.isdisjoint(cc):
        return Visibility.UNLISTED
    if colleagues_uri is not None and (colleagues_uri in to or colleagues_uri in cc):
        return Visibility.ORGANISATION
    if followers_uri is not None and (followers_uri in to or followers_uri in cc):
        return Visibility.FOLLOWERS
    return Visibility.DIRECT


def audience_for(
    choice: Visibility,
    *,
    followers_uri: str,
    colleagues_uri: str,
    mentioned: Iterable[str] = (),
    groups: Iterable[str] = (),
) -> Audience:
    """Return the addressing for what a person chose.

    Args:
        choice: The visibility chosen.
        followers_uri: Followers collection of the author.
        colleagues_uri: The collection of the author's own organisation.
        mentioned: URIs of the people named.
        groups: URIs of the groups it is posted in.
    """
    people, rooms = tuple(dict.fromkeys(mentioned)), tuple(dict.fromkeys(groups))
    rows: dict[Visibility, tuple[tuple[str, ...], tuple[str, ...]]] = {
        Visibility.PUBLIC: ((PUBLIC,), (followers_uri, *people)),
        Visibility.UNLISTED: ((followers_uri,), (PUBLIC, *people)),
        Visibility.FOLLOWERS: ((followers_uri,), people),
        Visibility.DIRECT: (people, ()),
        Visibility.ORGANISATION: ((colleagues_uri,), people),
    }
    to, cc = rows[choice]
    return Audience(to=(*to, *rooms), cc=cc, audience=rooms)
