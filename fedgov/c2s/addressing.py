"""From ``to``, ``cc``, ``bto`` and ``bcc`` to an audience that we have.

Spec: ActivityPub, section 6.2; ``FEDERATION.md``, "Client to server".
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fedgov.activitystreams.audience import PUBLIC, PUBLIC_ALIASES, Visibility, visibility
from fedgov.activitystreams.document import Document, uris
from fedgov.federation import actors
from fedgov.kernel.errors import InvalidError, MalformedError, NotFoundError
from fedgov.kernel.uris import is_http_uri
from fedgov.mastodon.call import Call

MOST: Final = 50
"""Addressees of one activity."""
_OPEN: Final = ("to", "cc", "audience")
_HIDDEN: Final = ("bto", "bcc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """Who something is for.

    Args:
        visibility: Who may read it.
        people: URIs of those who are named, all of them known here.
        unnamed: URIs of those who get it without being named.
        given: Whether it said anything about that.
    """

    visibility: Visibility
    people: tuple[str, ...]
    unnamed: tuple[str, ...] = ()
    given: bool = True


async def read_addressing(call: Call, *documents: Document) -> Addressed:
    """Return who an activity and its object are for, together.

    Args:
        call: The call.
        documents: The activity and its object, or one of them.

    Raises:
        InvalidError: It says something that no audience here means, or names somebody who cannot be found.
    """
    said = {name: _together(documents, name) for name in (*_OPEN, *_HIDDEN)}
    row = await call.read(actors.get, uri=call.me)
    followers, colleagues = row.followers_uri, call.site.colleagues
    kind = visibility(said["to"], (*said["cc"], *said["audience"]), followers_uri=followers, colleagues_uri=colleagues)
    collections = {PUBLIC, followers, colleagues}
    people = [uri for name in _OPEN for uri in said[name] if uri not in collections and uri != call.me]
    hidden = [uri for name in _HIDDEN for uri in said[name] if uri != call.me and uri not in people]
    _check(kind, everyone=[*said["to"], *said["cc"], *said["audience"]], colleagues=colleagues, hidden=hidden)
    if len({*people, *hidden}) > MOST:
        raise InvalidError(f"it can be addressed to at most {MOST} people", field="to")
    known = await asyncio.gather(*(_known(call, uri) for uri in dict.fromkeys((*people, *hidden))))
    if kind is Visibility.ORGANISATION and not all(call.site.owns(uri) for uri in known):
        raise InvalidError("what is for this organisation only cannot be addressed to others", field="to")
    return Addressed(
        visibility=kind,
        people=tuple(dict.fromkeys(people)),
        unnamed=tuple(dict.fromkeys(hidden)),
        given=any(said.values()),
    )


def _check(kind: Visibility, *, everyone: list[str], colleagues: str, hidden: list[str]) -> None:
    """Refuse what no audience here means: nothing may be read by fewer or more people than its writer believes."""
    if colleagues in everyone and kind is not Visibility.ORGANISATION:
        raise InvalidError("it is either for everybody or for this organisation only", field="to")
    if hidden and kind in (Visibility.DIRECT, Visibility.ORGANISATION):
        raise InvalidError("a message to named people names all of them: use to or cc", field="bcc")


def _together(documents: Iterable[Document], name: str) -> tuple[str, ...]:
    found = (each for document in documents for each in uris(document, name, limit=MOST * 4))
    return tuple(dict.fromkeys(PUBLIC if each in PUBLIC_ALIASES else each for each in found))


async def _known(call: Call, uri: str) -> str:
    """Return the URI of an addressee who is an actor that we know, or can get to know."""
    if not is_http_uri(uri):
        raise InvalidError(f"nobody can be addressed as {uri[:100]}", field="to")
    try:
        return await call.instance.fetch.actor(uri)
    except (NotFoundError, MalformedError):
        raise InvalidError(
            f"{uri[:200]} is not somebody; address people, your own followers, "
            "https://www.w3.org/ns/activitystreams#Public or your organisation",
            field="to",
        ) from None
