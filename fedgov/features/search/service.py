"""Getting to know somebody or something at another organisation by its handle or address."""

from __future__ import annotations

from fedgov.features.search.policy.wanted import Link
from fedgov.features.search.queries import Found, known
from fedgov.instance import Instance
from fedgov.kernel.errors import ForbiddenError, MalformedError, NotFoundError
from fedgov.kernel.uris import Handle, host


async def look_up(instance: Instance, *, wanted: Handle | Link, viewer: str) -> Found:
    """Find a person or post by handle or address, asking the server it lives on when it is not known here.

    Only for people of ours: it makes this server send requests.

    Args:
        instance: The instance.
        wanted: Handle, or address of a person, profile page or post.
        viewer: URI of the local actor who asks.

    Raises:
        NotFoundError: There is no such thing, or this person may not see it.
        ForbiddenError: We do not exchange messages with that server.
        UnreachableError: It does not answer.
        RateLimitedError: It asks us to wait.
    """
    there = host_of(wanted)
    if there != instance.site.domain and not instance.trust.allows(there):
        raise ForbiddenError("messages are not exchanged with this server", detail=there)
    found = await instance.read(known, wanted=wanted, viewer=viewer)
    try:
        if isinstance(wanted, Handle):
            # Asked anew although it is known: a handle can go over to somebody else.
            found = Found(actor=await instance.fetch.actor_by_handle(wanted))
        elif not found and there != instance.site.domain:
            found = await _follow_link(instance, wanted.uri, viewer=viewer)
    except MalformedError as error:
        raise NotFoundError("there is no such person or message", detail=f"{wanted}: {error}") from None
    if not found:
        raise NotFoundError("there is no such person or message", detail=str(wanted))
    return found


async def _follow_link(instance: Instance, uri: str, *, viewer: str) -> Found:
    """Read what is at an address elsewhere; only the server there knows whether it is a person or a post."""
    try:
        return Found(actor=await instance.fetch.actor(uri))
    except MalformedError:  # no actor
        uri = await instance.fetch.object(uri)
    return await instance.read(known, wanted=Link(uri), viewer=viewer)


def host_of(wanted: Handle | Link) -> str:
    """Return the canonical host of where something is looked for."""
    return wanted.host if isinstance(wanted, Handle) else host(wanted.uri)
