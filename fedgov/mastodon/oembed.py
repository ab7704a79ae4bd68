"""A post as another site shows it: quoted, with a link, and without any script.

Spec: https://docs.joinmastodon.org/methods/oembed/; https://oembed.com/
"""

from __future__ import annotations

from typing import Final

from markupsafe import escape

from fedgov.features.posts.present import post_card
from fedgov.features.posts.queries import posts
from fedgov.federation import objects
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.clock import DAY, SECOND
from fedgov.kernel.errors import NotFoundError
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.status import content_of
from fedgov.mastodon.replies import shown
from fedgov.store.transaction import Transaction

_WIDTH: Final = 400
_MOST: Final = 1_000


async def show(call: Call) -> Reply:
    """Get OEmbed info as JSON."""
    width = max(1, min(call.parameters.whole("maxwidth") or _WIDTH, _MOST))
    return shown(await call.read(_embedded, url=call.parameters.text("url"), width=width))


def _embedded(tx: Transaction, *, url: str, width: int) -> Entity:
    """Return the answer for a post of here that everybody may read.

    Raises:
        NotFoundError: It is something else.
    """
    if not tx.site.owns(url):
        raise NotFoundError("Record not found")
    thing = objects.find(tx, uri=url.partition("#")[0].partition("?")[0])
    if thing is None or not thing.local:
        raise NotFoundError("Record not found")
    card = post_card(tx, row=posts.get(tx, object_id=thing.id, viewer=None), viewer=None)
    author, address = escape(card.author.name), escape(tx.site.url(card.url))
    quoted = escape(card.summary) if card.summary else content_of(card)
    return {
        "type": "rich",
        "version": "1.0",
        "title": f"{card.author.name} ({card.author.handle})",
        "author_name": card.author.name,
        "author_url": tx.site.url(card.author.url),
        "provider_name": tx.config.instance.organisation,
        "provider_url": tx.site.url("/"),
        "cache_age": DAY // SECOND,
        "html": f'<blockquote cite="{address}">{quoted}<p><a href="{address}">{author}</a></p></blockquote>',
        "width": width,
        "height": None,
    }


ENDPOINTS: Final = (Endpoint(method="GET", path="/api/oembed", access=Access.public(), handle=show),)
