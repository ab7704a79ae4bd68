"""What a reader does with a post: like, react, share, vote, pin, send again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from quart import Response

from fedgov.features.posts.service import pinning, polls, publishing, reacting
from fedgov.kernel.errors import InvalidError
from fedgov.web.desk import current_instance
from fedgov.web.forms import read_form
from fedgov.web.redirects import back
from fedgov.web.session import require_visitor

View = Callable[[int], Awaitable[Response]]
MAX_CHOICES: Final = 50


async def like(post_id: int) -> Response:
    """Like a post."""
    visitor = await require_visitor()
    await current_instance().write(reacting.like, actor=visitor.actor_uri, object_id=post_id)
    return await _back(post_id)


async def unlike(post_id: int) -> Response:
    """Take a like back."""
    visitor = await require_visitor()
    await current_instance().write(reacting.unlike, actor=visitor.actor_uri, object_id=post_id)
    return await _back(post_id)


async def react(post_id: int) -> Response:
    """React with an emoji, or take that back when it was given."""
    visitor, form = await require_visitor(), await read_form()
    emoji = form.value("emoji")
    instance = current_instance()
    added = await instance.write(reacting.like, actor=visitor.actor_uri, object_id=post_id, emoji=emoji)
    if not added:
        await instance.write(reacting.unlike, actor=visitor.actor_uri, object_id=post_id, emoji=emoji)
    return await _back(post_id)


async def share(post_id: int) -> Response:
    """Pass a post on to one's followers."""
    visitor = await require_visitor()
    await current_instance().write(reacting.share, actor=visitor.actor_uri, object_id=post_id)
    return await _back(post_id, notice="shared")


async def unshare(post_id: int) -> Response:
    """Take a share back."""
    visitor = await require_visitor()
    await current_instance().write(reacting.unshare, actor=visitor.actor_uri, object_id=post_id)
    return await _back(post_id, notice="unshared")


async def vote(post_id: int) -> Response:
    """Answer a poll."""
    visitor, form = await require_visitor(), await read_form()
    sent = form.all("choice")[:MAX_CHOICES]
    if not all(value.isascii() and value.isdigit() and len(value) < 5 for value in sent):
        raise InvalidError("choose one of the answers", field="choice")
    await current_instance().write(
        polls.vote, actor=visitor.actor_uri, object_id=post_id, choices=[int(value) for value in sent]
    )
    return await _back(post_id, notice="voted")


async def pin(post_id: int) -> Response:
    """Put an own post on top of the own profile."""
    visitor = await require_visitor()
    await current_instance().write(pinning.pin, actor=visitor.actor_uri, object_id=post_id)
    return await _back(post_id, notice="pinned")


async def unpin(post_id: int) -> Response:
    """Take an own post off the top of the own profile."""
    visitor = await require_visitor()
    await current_instance().write(pinning.unpin, actor=visitor.actor_uri, object_id=post_id)
    return await _back(post_id, notice="unpinned")


async def resend(post_id: int) -> Response:
    """Try again now where an own post has not arrived."""
    visitor = await require_visitor()
    await current_instance().write(publishing.send_again, actor=visitor.actor_uri, object_id=post_id)
    return await back(default=f"/posts/{post_id}/receipt", notice="resent")


async def _back(post_id: int, *, notice: str = "") -> Response:
    return await back(default=f"/posts/{post_id}", notice=notice)


ACTIONS: Final[dict[str, View]] = {
    "like": like,
    "unlike": unlike,
    "react": react,
    "share": share,
    "unshare": unshare,
    "vote": vote,
    "pin": pin,
    "unpin": unpin,
    "resend": resend,
}
"""What comes behind ``/posts/ID/``, by POST."""
