"""The pages of what is there for one person: home, notifications, saved posts."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from quart import Response, request

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.present import announcement_cards, bookmark_cards, home_cards, notification_cards
from fedgov.features.notices.service.bookmarks import bookmark, unbookmark
from fedgov.features.notices.service.markers import mark_notifications_read
from fedgov.features.notices.service.notifications import clear
from fedgov.features.notices.vocabulary import Kind, Notification, Outcome
from fedgov.features.people.present import person_cards
from fedgov.features.posts.queries.reach import reach
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.pagination import Page, PageRequest, page_request
from fedgov.web.cards import PageLinks
from fedgov.web.desk import current_instance
from fedgov.web.forms import read_form
from fedgov.web.language import Translator
from fedgov.web.redirects import back, redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.session import require_visitor

_MENTIONS: Final = (Kind.MENTION, Kind.REPLY)


async def home() -> Response:
    """Show the timeline of whom the reader follows, with the composer on top."""
    visitor, wanted = await require_visitor(), _page_request()
    instance = current_instance()
    found = await instance.read(home_cards, viewer=visitor.actor_uri, request=wanted)
    if _is_above_everything(found.page, wanted):
        return redirect_to("/home")
    me = await instance.read(person_cards, {visitor.actor_uri})
    audience = Visibility(visitor.default_audience)
    return await render(
        "posts/home.html",
        posts=found.page.items,
        pages=_links("/home", found.page, wanted, has_older=found.has_older),
        me=me[visitor.actor_uri],
        reach=await instance.read(reach, author=visitor.actor_uri, visibility=audience),
        announcements=await instance.read(announcement_cards, reader=visitor.actor_uri),
    )


async def notifications() -> Response:
    """Show what happened that concerns the reader; ``?only=mentions`` leaves only what was said to them."""
    visitor, wanted = await require_visitor(), _page_request()
    which = "mentions" if request.args.get("only") == "mentions" else "all"
    found = await current_instance().read(
        notification_cards,
        viewer=visitor.actor_uri,
        request=wanted,
        kinds=_MENTIONS if which == "mentions" else tuple(Kind),
        in_words=partial(_in_words, await current_translator()),
    )
    extra = {"only": which} if which == "mentions" else {}
    if _is_above_everything(found.page, wanted):
        return redirect_to(_path("/notifications", extra))
    return await render(
        "notices/notifications.html",
        notifications=found.page.items,
        pages=_links("/notifications", found.page, wanted, has_older=found.has_older, extra=extra),
        which=which,
    )


async def change_notifications() -> Response:
    """Mark all notifications as read, or remove them."""
    visitor, form = await require_visitor(), await read_form()
    match form.value("action"):
        case "read":
            await current_instance().write(mark_notifications_read, owner=visitor.actor_uri)
        case "clear":
            await current_instance().write(clear, owner=visitor.actor_uri)
        case _:
            raise InvalidError("choose what to do with the notifications", field="action")
    return await back(default="/notifications", notice="done")


async def bookmarks() -> Response:
    """Show what the reader saved."""
    visitor, wanted = await require_visitor(), _page_request()
    found = await current_instance().read(bookmark_cards, viewer=visitor.actor_uri, request=wanted)
    if _is_above_everything(found.page, wanted):
        return redirect_to("/bookmarks")
    return await render(
        "notices/bookmarks.html",
        posts=found.page.items,
        pages=_links("/bookmarks", found.page, wanted, has_older=found.has_older),
    )


async def save(post_id: int) -> Response:
    """Save a post for the reader."""
    visitor = await require_visitor()
    await current_instance().write(bookmark, owner=visitor.actor_uri, object_id=post_id)
    return await back(default=f"/posts/{post_id}", notice="bookmarked")


async def unsave(post_id: int) -> Response:
    """No longer keep a post for the reader."""
    visitor = await require_visitor()
    await current_instance().write(unbookmark, owner=visitor.actor_uri, object_id=post_id)
    return await back(default=f"/posts/{post_id}", notice="unbookmarked")


def _in_words(translator: Translator, notification: Notification) -> str:
    """Return what a notification says beyond its kind, in the reader's language."""
    match notification.outcome:
        case Outcome.RESOLVED:
            said = translator.gettext("An administrator looked at your report and did something about it.")
        case Outcome.REJECTED:
            said = translator.gettext("An administrator looked at your report and found nothing that has to change.")
        case Outcome.ACCEPTED_THERE:
            said = translator.gettext("The other organisation did something about what you reported.")
        case Outcome.REFUSED_THERE:
            said = translator.gettext("The other organisation found nothing that has to change in what you reported.")
        case None:
            said = ""
    return f"{said} {notification.text}".strip()


def _page_request() -> PageRequest:
    return page_request(
        max_id=request.args.get("max_id"), min_id=request.args.get("min_id"), since_id=request.args.get("since_id")
    )


def _is_above_everything(page: Page[Any], wanted: PageRequest) -> bool:
    """Tell whether somebody went on to newer items until there were none: the list's own address shows the top."""
    return wanted.upwards and page.prev_min_id is None


def _links(
    path: str, page: Page[Any], wanted: PageRequest, *, has_older: bool, extra: dict[str, str] | None = None
) -> PageLinks:
    is_top = wanted.max_id is None and not wanted.upwards
    return PageLinks(
        newer=None if is_top or page.prev_min_id is None else _path(path, extra, min_id=page.prev_min_id),
        older=_path(path, extra, max_id=page.next_max_id) if has_older and page.next_max_id is not None else None,
    )


def _path(path: str, extra: dict[str, str] | None, **cursor: int) -> str:
    query = urlencode({**(extra or {}), **cursor})
    return f"{path}?{query}" if query else path
