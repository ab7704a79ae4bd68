"""What somebody does with a post: like it, share it, save it, pin it, vote in it.

Spec: https://docs.joinmastodon.org/methods/statuses/ and polls
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.service.bookmarks import bookmark, unbookmark
from fedgov.features.posts.present import post_card
from fedgov.features.posts.queries.entries import entry
from fedgov.features.posts.service import pinning, polls, reacting
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.poll import poll_entity
from fedgov.mastodon.replies import shown
from fedgov.mastodon.shelves import status_entity_of
from fedgov.store.transaction import Transaction

Act = Callable[..., Any]

MAX_CHOICES: Final = 50
_SHARED_AS: Final = {"": Visibility.PUBLIC, "public": Visibility.PUBLIC, "unlisted": Visibility.UNLISTED}


async def _act(call: Call, act: Act, *, name: str) -> Reply:
    """Do one thing with a post, and show the post as it is then."""
    return shown(await call.write(_acted, act=act, name=name, row_id=call.row_id(), actor=call.me))


def _acted(tx: Transaction, *, act: Act, name: str, row_id: int, actor: str) -> Entity:
    post = entry(tx, row_id=row_id, viewer=actor).row
    act(tx, object_id=post.object_id, **{name: actor})
    return status_entity_of(tx, row_id=post.object_id, viewer=actor)


async def favourite(call: Call) -> Reply:
    """Favourite a status."""
    return await _act(call, reacting.like, name="actor")


async def unfavourite(call: Call) -> Reply:
    """Undo favourite of a status."""
    return await _act(call, reacting.unlike, name="actor")


async def save(call: Call) -> Reply:
    """Bookmark a status."""
    return await _act(call, bookmark, name="owner")


async def unsave(call: Call) -> Reply:
    """Undo bookmark of a status."""
    return await _act(call, unbookmark, name="owner")


async def pin(call: Call) -> Reply:
    """Pin status to profile."""
    try:
        return await _act(call, pinning.pin, name="actor")
    except ForbiddenError:
        raise InvalidError("Validation failed: Someone else's post cannot be pinned") from None


async def unpin(call: Call) -> Reply:
    """Unpin status from profile."""
    return await _act(call, pinning.unpin, name="actor")


async def reblog(call: Call) -> Reply:
    """Boost a status."""
    sent = call.parameters.text("visibility")
    if sent not in _SHARED_AS:
        raise InvalidError("visibility must be public or unlisted", field="visibility")
    return shown(await call.write(_share, row_id=call.row_id(), actor=call.me, visibility=_SHARED_AS[sent]))


async def unreblog(call: Call) -> Reply:
    """Undo boost of a status."""
    return await _act(call, reacting.unshare, name="actor")


def _share(tx: Transaction, *, row_id: int, actor: str, visibility: Visibility) -> Entity:
    post = entry(tx, row_id=row_id, viewer=actor).row
    reacting.share(tx, actor=actor, object_id=post.object_id, visibility=visibility)
    share_id = reacting.share_of(tx, actor=actor, object_id=post.object_id)
    return status_entity_of(tx, row_id=share_id, viewer=actor)


async def show_poll(call: Call) -> Reply:
    """View a poll."""
    return shown(await call.read(_poll, row_id=call.row_id(), viewer=call.viewer))


async def vote(call: Call) -> Reply:
    """Vote on a poll."""
    sent = call.parameters.texts("choices")[:MAX_CHOICES]
    if not all(each.isascii() and each.isdigit() and len(each) < 5 for each in sent):
        raise InvalidError("choices must be numbers of answers", field="choices")
    choices = [int(each) for each in sent]
    try:
        return shown(await call.write(_vote, row_id=call.row_id(), actor=call.me, choices=choices))
    except ForbiddenError as error:
        raise InvalidError(f"Validation failed: {error.safe}") from None


def _vote(tx: Transaction, *, row_id: int, actor: str, choices: list[int]) -> Entity:
    polls.vote(tx, actor=actor, object_id=row_id, choices=choices)
    return _poll(tx, row_id=row_id, viewer=actor)


def _poll(tx: Transaction, *, row_id: int, viewer: str | None) -> Entity:
    card = post_card(tx, row=entry(tx, row_id=row_id, viewer=viewer).row, viewer=viewer)
    found = poll_entity(card, site=tx.site, is_person=viewer is not None)
    if found is None:
        raise NotFoundError("Record not found")
    return found


def _acting(path: str, handle: Callable[[Call], Any], *scopes: str) -> Endpoint:
    return Endpoint(method="POST", path=f"/api/v1/statuses/:id/{path}", access=Access.person(*scopes), handle=handle)


ENDPOINTS: Final = (
    _acting("favourite", favourite, "write:favourites"),
    _acting("unfavourite", unfavourite, "write:favourites"),
    _acting("reblog", reblog, "write:statuses"),
    _acting("unreblog", unreblog, "write:statuses"),
    _acting("bookmark", save, "write:bookmarks"),
    _acting("unbookmark", unsave, "write:bookmarks"),
    _acting("pin", pin, "write:accounts"),
    _acting("unpin", unpin, "write:accounts"),
    Endpoint(method="GET", path="/api/v1/polls/:id", access=Access.public("read:statuses"), handle=show_poll),
    Endpoint(method="POST", path="/api/v1/polls/:id/votes", access=Access.person("write:statuses"), handle=vote),
)
