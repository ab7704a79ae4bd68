"""Pages about being quoted: by whom, who asks for it, and taking consent back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from quart import Response

from fedgov.features.posts.pages.paging import Stream, is_above_everything, page_links, stream, wanted_page
from fedgov.features.posts.pages.reading import readable_post
from fedgov.features.posts.present import post_card, post_cards
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries import quote_requests
from fedgov.features.posts.queries.quotes import quotes_page
from fedgov.features.posts.queries.timelines import Entry
from fedgov.features.posts.service import publishing
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.pagination import Page, PageRequest, page_request
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard, QuoteCard
from fedgov.web.desk import current_instance
from fedgov.web.folding import sifted
from fedgov.web.forms import read_form
from fedgov.web.redirects import back, redirect_to
from fedgov.web.render import render
from fedgov.web.session import require_visitor

REQUESTS = "/quote-requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quotes:
    """A post and a part of those that quote it."""

    post: PostCard
    found: Stream


async def quotes(post_id: int) -> Response:
    """Show who quotes a post with its author's consent."""
    visitor, wanted = await require_visitor(), wanted_page()
    read = await current_instance().read(_read_quotes, object_id=post_id, viewer=visitor.actor_uri, wanted=wanted)
    path = f"/posts/{post_id}/quotes"
    if is_above_everything(read.found, wanted):
        return redirect_to(path)
    return await render(
        "posts/quotes.html",
        post=read.post,
        is_author=read.post.author.uri == visitor.actor_uri,
        posts=await sifted(read.found.posts, place="thread"),
        pages=page_links(path, read.found, wanted),
    )


def _read_quotes(tx: Transaction, *, object_id: int, viewer: str, wanted: PageRequest) -> _Quotes:
    row = readable_post(tx, object_id=object_id, viewer=viewer)

    def timeline(page: PageRequest) -> Page[Entry]:
        found = quotes_page(tx, object_id=object_id, viewer=viewer, page=page)
        return found.map(lambda each: Entry(entry_id=each.object_id, row=each))

    return _Quotes(
        post=post_card(tx, row=row, viewer=viewer),
        found=stream(tx, timeline=timeline, wanted=wanted, viewer=viewer),
    )


async def revoke(post_id: int, quoting_id: int) -> Response:
    """Take the consent to a quotation back."""
    visitor = await require_visitor()
    await current_instance().write(
        publishing.revoke_quote, actor=visitor.actor_uri, object_id=post_id, quoting_id=quoting_id
    )
    return await back(default=f"/posts/{post_id}/quotes", notice="quote_revoked")


async def requests() -> Response:
    """Show who waits until the reader decides whether they may quote."""
    visitor, wanted = await require_visitor(), wanted_page()
    found = await current_instance().read(_read_requests, author=visitor.actor_uri, wanted=wanted)
    if is_above_everything(found, wanted):
        return redirect_to(REQUESTS)
    return await render("posts/quote_requests.html", posts=found.posts, pages=page_links(REQUESTS, found, wanted))


def _read_requests(tx: Transaction, *, author: str, wanted: PageRequest) -> Stream:
    def timeline(page: PageRequest) -> Page[Entry]:
        found = quote_requests.page(tx, author=author, wanted=page)
        return found.map(lambda each: Entry(entry_id=each.object_id, row=each))

    found = stream(tx, timeline=timeline, wanted=wanted, viewer=author)
    uris = {entry.row.object_id: entry.row.quote_uri for entry in found.page.items}
    rows = post_queries.find_many_by_uri(tx, uris=uris.values())
    quoted = {card.uri: card for card in post_cards(tx, list(rows.values()), author)}
    shown = (replace(card, quote=QuoteCard(post=quoted.get(uris.get(card.id, "")))) for card in found.posts)
    return replace(found, posts=tuple(shown))


async def decide() -> Response:
    """Let somebody quote who asked, or not."""
    visitor, form = await require_visitor(), await read_form()
    quoting_id = page_request(max_id=form.value("post")).max_id
    agrees = {"accept": True, "reject": False}.get(form.value("action"))
    if quoting_id is None or agrees is None:
        raise InvalidError("choose accept or refuse", field="action")
    await current_instance().write(
        publishing.answer_quote, actor=visitor.actor_uri, quoting_id=quoting_id, agrees=agrees
    )
    return await back(default=REQUESTS, notice="quote_allowed" if agrees else "quote_refused")
