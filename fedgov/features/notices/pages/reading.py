"""The pages of what is there for one person: home, notifications, saved posts."""

from __future__ import annotations

from functools import partial
from typing import Final

from quart import Response, request

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.pages.paging import goes_on, is_above_everything, page_links, path_with, wanted_page
from fedgov.features.notices.present import (
    announcement_cards,
    bookmark_cards,
    home_cards,
    notification_cards,
    saved_cards,
)
from fedgov.features.notices.queries.admission import pending
from fedgov.features.notices.service.bookmarks import bookmark, unbookmark
from fedgov.features.notices.service.markers import mark_notifications_read
from fedgov.features.notices.service.notifications import clear
from fedgov.features.notices.vocabulary import Kind, Notification, Outcome
from fedgov.features.people.present import person_cards
from fedgov.features.posts.queries import quote_requests
from fedgov.features.posts.queries.liked import liked_page
from fedgov.features.posts.queries.reach import reach
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard
from fedgov.web.desk import current_instance
from fedgov.web.folding import sifted
from fedgov.web.forms import read_form
from fedgov.web.language import Translator
from fedgov.web.redirects import back, redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.session import require_visitor

_MENTIONS: Final = (Kind.MENTION, Kind.REPLY)


async def home() -> Response:
    """Show the timeline of whom the reader follows, with the composer on top."""
    visitor, wanted = await require_visitor(), wanted_page()
    instance = current_instance()
    found = await instance.read(home_cards, viewer=visitor.actor_uri, request=wanted)
    if is_above_everything(found.page, wanted):
        return redirect_to("/home")
    me = await instance.read(person_cards, {visitor.actor_uri})
    audience = Visibility(visitor.default_audience)
    return await render(
        "posts/home.html",
        posts=await sifted(found.page.items, place="home"),
        pages=page_links("/home", found.page, wanted, has_older=found.has_older),
        me=me[visitor.actor_uri],
        reach=await instance.read(reach, author=visitor.actor_uri, visibility=audience),
        announcements=await instance.read(announcement_cards, reader=visitor.actor_uri),
    )


async def notifications() -> Response:
    """Show what happened that concerns the reader; ``?only=mentions`` leaves only what was said to them."""
    visitor, wanted = await require_visitor(), wanted_page()
    which = "mentions" if request.args.get("only") == "mentions" else "all"
    found = await current_instance().read(
        notification_cards,
        viewer=visitor.actor_uri,
        request=wanted,
        kinds=_MENTIONS if which == "mentions" else tuple(Kind),
        in_words=partial(_in_words, await current_translator()),
    )
    extra = {"only": which} if which == "mentions" else {}
    if is_above_everything(found.page, wanted):
        return redirect_to(path_with("/notifications", extra))
    return await render(
        "notices/notifications.html",
        waiting=(await current_instance().read(pending, owner=visitor.actor_uri))[0],
        quote_requests=await current_instance().read(quote_requests.count, author=visitor.actor_uri),
        notifications=found.page.items,
        pages=page_links("/notifications", found.page, wanted, has_older=found.has_older, extra=extra),
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
    visitor, wanted = await require_visitor(), wanted_page()
    found = await current_instance().read(bookmark_cards, viewer=visitor.actor_uri, request=wanted)
    if is_above_everything(found.page, wanted):
        return redirect_to("/bookmarks")
    return await render(
        "notices/bookmarks.html",
        posts=found.page.items,
        pages=page_links("/bookmarks", found.page, wanted, has_older=found.has_older),
    )


async def favourites() -> Response:
    """Show what the reader likes and may still read."""
    visitor, wanted = await require_visitor(), wanted_page()
    page, posts, older = await current_instance().read(_favourites, viewer=visitor.actor_uri, request=wanted)
    if is_above_everything(page, wanted):
        return redirect_to("/favourites")
    return await render(
        "notices/favourites.html", posts=posts, pages=page_links("/favourites", page, wanted, has_older=older)
    )


def _favourites(tx: Transaction, *, viewer: str, request: PageRequest) -> tuple[Page[int], tuple[PostCard, ...], bool]:
    def read(part: PageRequest) -> Page[int]:
        return liked_page(tx, actor=viewer, request=part)

    page = read(request)
    cards = saved_cards(tx, object_ids=page.items, viewer=viewer)
    return page, tuple(cards[number] for number in page.items if number in cards), goes_on(page, read=read)


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
