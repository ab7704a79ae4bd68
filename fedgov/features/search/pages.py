"""The page on which people, subjects and messages are found: by words, by handle or by address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlencode

from quart import Blueprint, Response, request

from fedgov.features.people.present import cards_of, person_cards, profile_path
from fedgov.features.people.service import finding
from fedgov.features.posts.present import post_cards
from fedgov.features.posts.queries.tags_found import tags_that_begin
from fedgov.features.search.policy.wanted import Link, Words, read_query
from fedgov.features.search.queries import Found, find_posts, known
from fedgov.features.search.service import host_of, look_up
from fedgov.federation import actors
from fedgov.kernel.errors import (
    FedgovError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    OverLimitError,
    RateLimitedError,
    UnreachableError,
)
from fedgov.kernel.pagination import PageRequest, page_request
from fedgov.kernel.uris import Handle, canonical, is_http_uri, parse_handle
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PageLinks, PersonCard, PostCard, TagCard
from fedgov.web.desk import current_instance
from fedgov.web.folding import sifted
from fedgov.web.language import Translator
from fedgov.web.redirects import redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.session import current_visitor, require_visitor

MAX_TAGS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a page of results shows; ``problem`` in the reader's language."""

    people: tuple[PersonCard, ...] = ()
    tags: tuple[TagCard, ...] = ()
    posts: tuple[PostCard, ...] = ()
    pages: PageLinks = PageLinks()  # noqa: RUF009 - frozen
    problem: str = ""


def blueprint() -> Blueprint:
    """Return the pages of this room."""
    pages = Blueprint("search", __name__)
    pages.add_url_rule("/search", view_func=search, methods=["GET"])
    pages.add_url_rule("/authorize_interaction", view_func=come_home, methods=["GET"])
    return pages


async def come_home() -> Response:
    """Bring somebody who clicked "follow" or "reply" elsewhere to our page of that person or post."""
    visitor, instance = await require_visitor(), current_instance()
    asked = request.args.get("uri", "").strip()
    wanted = Link(canonical(asked)) if is_http_uri(asked) else parse_handle(asked, scheme=instance.site.scheme)
    found = await look_up(instance, wanted=wanted, viewer=visitor.actor_uri)
    return redirect_to(await instance.read(_path_of, found=found))


def _path_of(tx: Transaction, *, found: Found) -> str:
    return f"/posts/{found.object_id}" if found.actor is None else profile_path(actors.get(tx, uri=found.actor))


async def search() -> Response:
    """Show whom or what was found for ``?q=``."""
    visitor, site = await current_visitor(), current_instance().site
    wanted = read_query(request.args.get("q", ""), scheme=site.scheme)
    found = await _search(wanted, viewer=None if visitor is None else visitor.actor_uri)
    return await render(
        "people/search.html",
        q=_shown(wanted),
        people=found.people,
        tags=found.tags,
        posts=await sifted(found.posts, place="public"),
        pages=found.pages,
        problem=found.problem,
        is_first=request.args.get("max_id") is None,
    )


def _shown(wanted: Handle | Link | Words) -> str:
    match wanted:
        case Words(text):
            return text
        case Link(uri):
            return uri
        case _:
            return str(wanted)


async def _search(wanted: Handle | Link | Words, *, viewer: str | None) -> Results:
    instance = current_instance()
    if isinstance(wanted, Words):
        page = page_request(max_id=request.args.get("max_id"))
        return await instance.read(_by_words, text=wanted.text, viewer=viewer, page=page)
    if viewer is None:
        return await _as_visitor(wanted)
    try:
        found = await look_up(instance, wanted=wanted, viewer=viewer)
    except OverLimitError:
        raise
    except (NotFoundError, ForbiddenError, UnreachableError, RateLimitedError) as error:
        return Results(problem=_in_words(error, wanted, await current_translator()))
    return await instance.read(_cards, found=found, viewer=viewer)


async def _as_visitor(wanted: Handle | Link) -> Results:
    """Return what is of this instance; only for people of ours this server asks others."""
    instance = current_instance()
    if host_of(wanted) == instance.site.domain:
        found = await instance.read(known, wanted=wanted, viewer=None)
        return await instance.read(_cards, found=found, viewer=None)
    translator = await current_translator()
    return Results(problem=translator.gettext("Log in to look up people and messages of other organisations."))


def _by_words(tx: Transaction, *, text: str, viewer: str | None, page: PageRequest) -> Results:
    posts, older = _posts(tx, text=text, viewer=viewer, page=page)
    if page.max_id is not None:
        return Results(posts=posts, pages=PageLinks(newer=_path(text), older=older))
    people = () if text.startswith("#") else finding.search(tx, text=text, viewer=viewer)
    tags = tags_that_begin(tx, text=text, viewer=viewer, limit=MAX_TAGS)
    return Results(
        people=tuple(cards_of(tx, people).values()),
        tags=tuple(TagCard(name=tag, url=f"/tags/{quote(tag)}") for tag in tags),
        posts=posts,
        pages=PageLinks(older=older),
    )


def _posts(
    tx: Transaction, *, text: str, viewer: str | None, page: PageRequest
) -> tuple[tuple[PostCard, ...], str | None]:
    """Return the cards of one page, and where the next one is."""
    rows = find_posts(tx, text=text, viewer=viewer, page=replace(page, limit=page.limit + 1))
    shown = rows[: page.limit]
    older = _path(text, max_id=shown[-1].object_id) if len(rows) > page.limit else None
    return tuple(post_cards(tx, shown, viewer)), older


def _path(text: str, **cursor: int) -> str:
    return f"/search?{urlencode({'q': text, **cursor})}"


def _cards(tx: Transaction, *, found: Found, viewer: str | None) -> Results:
    people = person_cards(tx, [found.actor]) if found.actor is not None else {}
    posts = post_cards(tx, [found.object_id], viewer) if found.object_id is not None else []
    return Results(people=tuple(people.values()), posts=tuple(posts))


def _in_words(error: FedgovError, wanted: Handle | Link, translator: Translator) -> str:
    there = host_of(wanted)
    match error:
        case ForbiddenError():
            return translator.gettext(
                "Your organisation does not exchange messages with %(host)s. An administrator decides about that.",
                host=there,
            )
        case UnreachableError() | RateLimitedError():
            return translator.gettext("%(host)s does not answer at the moment. Try again later.", host=there)
        case GoneError():
            return translator.gettext("What was at this address has been deleted.")
    if isinstance(wanted, Handle):
        return translator.gettext("%(host)s knows nobody with this address. Check the spelling.", host=there)
    return translator.gettext("At this address is no person or message that we can show.")
