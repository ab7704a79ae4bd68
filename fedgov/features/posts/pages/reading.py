"""Pages that show posts: lists, profiles, a post with its thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast, get_args
from urllib.parse import quote

from quart import Response, request
from sqlalchemy import Row

from fedgov.activitystreams.actor import PERSONAL
from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.tag import normalise_hashtag
from fedgov.features.people.present import profile_card, profile_path
from fedgov.features.people.queries import find_person
from fedgov.features.posts import policy
from fedgov.features.posts.pages.paging import (
    Stream,
    is_above_everything,
    page_links,
    stream,
    wanted_page,
    with_pinned,
)
from fedgov.features.posts.present import post_card, post_cards, revision_rows, thread_cards
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries import timelines
from fedgov.features.posts.queries.reach import reach
from fedgov.features.posts.queries.threads import thread
from fedgov.federation import actors
from fedgov.federation import objects as object_store
from fedgov.kernel.errors import GoneError, NotFoundError
from fedgov.kernel.pagination import PageRequest
from fedgov.kernel.uris import parse_handle
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard, ProfileCard, ReachCard
from fedgov.web.desk import current_desk, current_instance
from fedgov.web.folding import sifted
from fedgov.web.forms import form_of
from fedgov.web.redirects import redirect_to
from fedgov.web.render import render
from fedgov.web.rows import RevisionRow
from fedgov.web.session import current_visitor, require_visitor

FRONT: Final = 10


async def reader() -> str | None:
    """Return the URI of who reads; None for a visitor."""
    visitor = await current_visitor()
    return visitor.actor_uri if visitor is not None else None


# --- lists ------------------------------------------------------------------------------------------------------


async def front() -> Response:
    """Show what this instance says in public to whoever comes by; staff go to their home."""
    if await current_visitor() is not None:
        return redirect_to("/home")
    found = await current_instance().read(_public, wanted=PageRequest(limit=FRONT), viewer=None, local_only=True)
    return await render("posts/front.html", posts=found.posts)


async def public() -> Response:
    """Show what everyone may read, from here and from elsewhere."""
    wanted = wanted_page()
    found = await current_instance().read(_public, wanted=wanted, viewer=await reader(), local_only=False)
    return await _timeline("/timeline/public", found, wanted, which="public")


def _public(tx: Transaction, *, wanted: PageRequest, viewer: str | None, local_only: bool) -> Stream:
    def timeline(page: PageRequest) -> Any:  # noqa: ANN401
        return timelines.public_timeline(tx, viewer=viewer, page=page, local_only=local_only)

    return stream(tx, timeline=timeline, wanted=wanted, viewer=viewer)


async def organisation() -> Response:
    """Show what colleagues wrote for everyone or for the organisation."""
    visitor, wanted = await require_visitor(), wanted_page()
    found = await current_instance().read(_organisation, wanted=wanted, viewer=visitor.actor_uri)
    return await _timeline("/timeline/organisation", found, wanted, which="organisation")


def _organisation(tx: Transaction, *, wanted: PageRequest, viewer: str) -> Stream:
    def timeline(page: PageRequest) -> Any:  # noqa: ANN401
        return timelines.organisation_timeline(tx, viewer=viewer, page=page)

    return stream(tx, timeline=timeline, wanted=wanted, viewer=viewer)


async def hashtag(tag: str) -> Response:
    """Show what was written about a subject."""
    name, wanted = normalise_hashtag(tag), wanted_page()
    if name is None:
        raise NotFoundError("that is not a hashtag")
    found = await current_instance().read(_hashtag, tag=name, wanted=wanted, viewer=await reader())
    return await _timeline(f"/tags/{quote(name)}", found, wanted, which="public", tag=name)


def _hashtag(tx: Transaction, *, tag: str, wanted: PageRequest, viewer: str | None) -> Stream:
    def timeline(page: PageRequest) -> Any:  # noqa: ANN401
        return timelines.hashtag_timeline(tx, tag=tag, viewer=viewer, page=page)

    return stream(tx, timeline=timeline, wanted=wanted, viewer=viewer)


async def _timeline(path: str, found: Stream, wanted: PageRequest, *, which: str, tag: str = "") -> Response:
    if is_above_everything(found, wanted):
        return redirect_to(path)
    visitor = await current_visitor() if tag else None
    return await render(
        "posts/timeline.html",
        posts=await sifted(found.posts, place="public"),
        pages=page_links(path, found, wanted),
        which=which,
        tag=tag,
        follows=visitor is not None and await current_desk().follows_subject(visitor, tag),
    )


# --- profiles ---------------------------------------------------------------------------------------------------


async def short_profile(name: str) -> Response:
    """Lead from the short address of a person to the page."""
    query = request.query_string.decode("ascii", "ignore")
    return redirect_to(f"/users/{quote(name)}{'?' if query else ''}{query}")


async def local_profile(name: str) -> Response:
    """Show a person of this instance."""
    row = await current_instance().read(actors.find_local, username=name)
    if row is None:
        raise NotFoundError("there is no such person")
    if row.deleted_at is not None:
        raise GoneError("this account was deleted")
    if row.kind not in PERSONAL:
        return redirect_to("/about")
    return await _profile(row)


async def remote_profile(handle: str) -> Response:
    """Show a person of another instance; whoever is logged in may look up somebody new."""
    instance = current_instance()
    row = await instance.read(find_person, handle=handle)
    if row is None and await current_visitor() is not None:
        uri = await instance.fetch.actor_by_handle(parse_handle(handle, scheme=instance.site.scheme))
        row = await instance.read(actors.get, uri=uri)
    if row is None:
        raise NotFoundError("there is no such person")
    if row.local:
        return redirect_to(profile_path(row))
    return await _profile(row)


async def _profile(row: Row[Any]) -> Response:
    viewer, wanted, asked = await reader(), wanted_page(), request.args.get("tab", "")
    tab = cast("timelines.ProfileTab", asked if asked in get_args(timelines.ProfileTab) else "posts")
    head, found = await current_instance().read(_read_profile, row=row, viewer=viewer, tab=tab, wanted=wanted)
    path = head.person.url
    if is_above_everything(found, wanted):
        return redirect_to(path if tab == "posts" else f"{path}?tab={tab}")
    extra = {} if tab == "posts" else {"tab": tab}
    return await render(
        "people/profile.html",
        profile=head,
        posts=await sifted(found.posts, place="account"),
        pages=page_links(path, found, wanted, **extra),
        tab=tab,
        indexable=bool(row.local and row.indexable),
        may_block=viewer is not None and viewer != row.uri,
    )


def _read_profile(
    tx: Transaction, *, row: Row[Any], viewer: str | None, tab: timelines.ProfileTab, wanted: PageRequest
) -> tuple[ProfileCard, Stream]:
    def timeline(page: PageRequest) -> Any:  # noqa: ANN401
        return timelines.profile_timeline(tx, author=row.uri, viewer=viewer, page=page, tab=tab)

    found = stream(tx, timeline=timeline, wanted=wanted, viewer=viewer)
    if tab == "posts" and wanted == PageRequest():
        pinned = post_cards(tx, timelines.featured(tx, actor=row.uri, viewer=viewer), viewer)
        found = with_pinned(found, tuple(pinned))
    count = timelines.count_by_author(tx, author=row.uri) if row.local else None
    return profile_card(tx, row=row, viewer=viewer, posts=count), found


# --- one post ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPage:
    """A post and what its page shows around it."""

    post: PostCard
    ancestors: tuple[PostCard, ...]
    replies: tuple[PostCard, ...]
    visibility: Visibility
    reach: ReachCard | None = None
    indexable: bool = False


async def post(post_id: int) -> Response:
    """Show a post with what it answers and what answers it."""
    visitor = await current_visitor()
    viewer = visitor.actor_uri if visitor is not None else None
    instance = current_instance()
    found = await instance.read(_read_post, object_id=post_id, viewer=viewer)
    if visitor is not None:  # a visitor who just passes by causes no requests
        instance.fetch.refresh_thread(found.post.uri)
    return await render(
        "posts/post.html",
        post=found.post,
        ancestors=await sifted(found.ancestors, place="thread"),
        replies=await sifted(found.replies, place="thread"),
        reach=found.reach,
        locked=tuple(each.value for each in policy.reply_audiences(found.visibility)),
        indexable=found.indexable,
        form=form_of(
            {
                "text": "" if found.post.author.uri == viewer else f"{found.post.author.handle} ",
                "audience": found.visibility.value,
            }
        ),
    )


def _read_post(tx: Transaction, *, object_id: int, viewer: str | None) -> PostPage:
    row = readable_post(tx, object_id=object_id, viewer=viewer)
    around = thread(tx, row=row, viewer=viewer)
    ancestors, replies = thread_cards(tx, thread=around, viewer=viewer)
    visibility = Visibility(row.visibility)
    author = actors.find(tx, uri=row.author)
    return PostPage(
        post=post_card(tx, row=row, viewer=viewer),
        ancestors=ancestors,
        replies=replies,
        visibility=visibility,
        reach=None if viewer is None else reach(tx, author=viewer, visibility=visibility, mentioned=(row.author,)),
        indexable=bool(row.local and author is not None and author.indexable and visibility is Visibility.PUBLIC),
    )


def readable_post(tx: Transaction, *, object_id: int, viewer: str | None) -> Row[Any]:
    """Return a post that somebody may read.

    Raises:
        GoneError: It was there for everyone and was deleted.
        NotFoundError: There is no such post, or it must look like that.
    """
    buried = object_store.find_by_id(tx, row_id=object_id)
    if buried is not None and buried.deleted_at is not None and object_store.may_read(tx, row=buried, viewer=viewer):
        raise GoneError("this message was deleted")
    return post_queries.get(tx, object_id=object_id, viewer=viewer)


async def history(post_id: int) -> Response:
    """Show the earlier texts of a post to whoever may read it."""
    card, revisions = await current_instance().read(_read_history, object_id=post_id, viewer=await reader())
    return await render("posts/history.html", post=card, revisions=revisions)


def _read_history(tx: Transaction, *, object_id: int, viewer: str | None) -> tuple[PostCard, list[RevisionRow]]:
    row = readable_post(tx, object_id=object_id, viewer=viewer)
    return post_card(tx, row=row, viewer=viewer), revision_rows(tx, row=row, viewer=viewer)


async def receipt(post_id: int) -> Response:
    """Show an author where a post went."""
    visitor = await require_visitor()
    card = await current_instance().read(own_card, object_id=post_id, actor=visitor.actor_uri)
    return await render("posts/receipt.html", post=card)


def own_card(tx: Transaction, *, object_id: int, actor: str) -> PostCard:
    """Return the card of an own post.

    Raises:
        NotFoundError: There is no such post, or it is somebody else's.
    """
    row = post_queries.get(tx, object_id=object_id, viewer=actor)
    if row.author != actor:
        raise NotFoundError("there is no such message")
    return post_card(tx, row=row, viewer=actor)
