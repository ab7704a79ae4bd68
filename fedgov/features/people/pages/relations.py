"""Following, blocking and muting from a page, and deciding about requests."""

from __future__ import annotations

from typing import Any

from quart import Response

from fedgov.features.people import present, queries
from fedgov.features.people.service import blocks, follows
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.uris import parse_handle
from fedgov.store.transaction import Transaction
from fedgov.web.desk import current_instance
from fedgov.web.forms import read_form
from fedgov.web.redirects import back
from fedgov.web.render import render
from fedgov.web.rows import FollowRequestRow
from fedgov.web.session import require_visitor


async def follow() -> Response:
    """Follow somebody by handle, here or elsewhere."""
    visitor = await require_visitor()
    target = await _whom(look_elsewhere=True)
    state = await current_instance().write(follows.follow, actor=visitor.actor_uri, target=target)
    return await back(default="/home", notice="followed" if state == "accepted" else "follow_requested")


async def unfollow() -> Response:
    """Stop following somebody, or take the request back."""
    visitor = await require_visitor()
    await current_instance().write(follows.unfollow, actor=visitor.actor_uri, target=await _whom())
    return await back(default="/home", notice="unfollowed")


async def block() -> Response:
    """Shut the door on somebody."""
    visitor = await require_visitor()
    await current_instance().write(blocks.block, who=visitor.actor_uri, whom=await _whom())
    return await back(default="/home", notice="blocked")


async def unblock() -> Response:
    """Open the door again."""
    visitor = await require_visitor()
    await current_instance().write(blocks.unblock, who=visitor.actor_uri, whom=await _whom())
    return await back(default="/home", notice="unblocked")


async def mute() -> Response:
    """Leave somebody's posts out of the reader's timelines."""
    visitor = await require_visitor()
    await current_instance().write(blocks.mute, who=visitor.actor_uri, whom=await _whom())
    return await back(default="/home", notice="done")


async def unmute() -> Response:
    """See somebody's posts again."""
    visitor = await require_visitor()
    await current_instance().write(blocks.unmute, who=visitor.actor_uri, whom=await _whom())
    return await back(default="/home", notice="done")


async def remove_follower() -> Response:
    """End that somebody follows the reader."""
    visitor = await require_visitor()
    await current_instance().write(follows.remove_follower, actor=visitor.actor_uri, follower=await _whom())
    return await back(default="/home", notice="done")


async def _whom(*, look_elsewhere: bool = False) -> str:
    """Return the URI of the actor whose handle the form names.

    Args:
        look_elsewhere: Ask the other server about somebody who is not known yet.

    Raises:
        NotFoundError: Nobody has that handle.
        MalformedError: It is not a handle.
    """
    handle = (await read_form()).value("handle")
    instance = current_instance()
    known = await instance.read(queries.find_person, handle=handle)
    if known is not None:
        return str(known.uri)
    if not look_elsewhere or "@" not in handle.strip().lstrip("@"):
        return str((await instance.read(queries.get_person, handle=handle)).uri)
    return await instance.fetch.actor_by_handle(parse_handle(handle, scheme=instance.site.scheme))


# --- requests ---------------------------------------------------------------------------------------------------


async def show_requests() -> Response:
    """Show who asks to follow the reader."""
    visitor = await require_visitor()
    requests = await current_instance().read(_requests, actor=visitor.actor_uri)
    return await render("people/follow_requests.html", requests=requests)


def _requests(tx: Transaction, *, actor: str) -> list[FollowRequestRow]:
    rows: tuple[Any, ...] = queries.follow_requests(tx, of=actor).rows
    cards = present.person_cards(tx, [row.uri for row in rows])
    return [FollowRequestRow(person=cards[row.uri], at=row.created_at) for row in rows]


async def decide() -> Response:
    """Accept or refuse somebody who asks to follow the reader."""
    visitor, form = await require_visitor(), await read_form()
    decisions = {"accept": (follows.accept_request, "accepted"), "reject": (follows.reject_request, "rejected")}
    if form.value("action") not in decisions:
        raise InvalidError("choose accept or refuse", field="action")
    decision, notice = decisions[form.value("action")]
    await current_instance().write(decision, actor=visitor.actor_uri, follower=form.value("actor"))
    return await back(default="/follow-requests", notice=notice)
