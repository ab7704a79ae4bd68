"""Subjects: one by name, those that somebody follows, and those on a profile.

Spec: https://docs.joinmastodon.org/methods/tags/; methods/followed_tags; methods/featured_tags
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from fedgov.features.notices.queries import tags as queries
from fedgov.features.notices.service import tags as service
from fedgov.features.posts.queries import subjects, trends
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon import people
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.tag import featured_tag_entity, tag_entity
from fedgov.mastodon.replies import NOTHING, listed, shown
from fedgov.store.transaction import Transaction

_DEFAULT: Final = 100
_MOST: Final = 200


async def show(call: Call) -> Reply:
    """View information about a single tag."""
    return shown(await call.read(_one, name=call.places["name"], viewer=call.viewer))


def _one(tx: Transaction, *, name: str, viewer: str | None) -> Entity:
    return _entities(tx, [service.tag_named(name)], viewer=viewer)[0]


def _entities(tx: Transaction, tags: Sequence[str], *, viewer: str | None) -> list[Entity]:
    """Return Tag entities; to a person they also say whether that person follows and shows them."""
    used = trends.tag_history(tx, tags=tags)
    found = [tag_entity(tag, history=used.get(tag, []), site=tx.site) for tag in tags]
    if viewer is None:
        return found
    followed = queries.followed_among(tx, owner=viewer, tags=tags)
    featured = {each.tag for each in queries.featured_by(tx, owner=viewer)}
    return [
        each | {"following": tag in followed, "featuring": tag in featured}
        for tag, each in zip(tags, found, strict=True)
    ]


async def change(call: Call, *, act: Callable[..., object], place: str) -> Reply:
    """Follow, unfollow, feature or unfeature a hashtag."""
    return shown(await call.write(_change, act=act, owner=call.me, name=call.places[place]))


def _change(tx: Transaction, *, act: Callable[..., object], owner: str, name: str) -> Entity:
    act(tx, owner=owner, name=name)
    return _one(tx, name=name, viewer=owner)


async def followed(call: Call) -> Reply:
    """View all followed tags."""
    request = call.parameters.page(default=_DEFAULT, maximum=_MOST)
    page = await call.read(_followed, owner=call.me, request=request)
    return listed(page.items, links=call.links(page))


def _followed(tx: Transaction, *, owner: str, request: PageRequest) -> Page[Entity]:
    page = queries.followed_page(tx, owner=owner, request=request)
    return page.with_items(_entities(tx, [each.tag for each in page.items], viewer=owner))


async def featured(call: Call) -> Reply:
    """View your featured tags."""
    return shown(await call.read(_featured, owner=call.me))


async def featured_of(call: Call) -> Reply:
    """Get account's featured tags."""
    return shown(await call.read(_featured, owner=await people.uri_of(call)))


def _featured(tx: Transaction, *, owner: str) -> list[Entity]:
    return [featured_tag_entity(each, site=tx.site) for each in queries.featured_by(tx, owner=owner)]


async def feature(call: Call) -> Reply:
    """Feature a tag."""
    return shown(await call.write(_feature, owner=call.me, name=call.parameters.text("name")))


def _feature(tx: Transaction, *, owner: str, name: str) -> Entity:
    tag = service.feature_tag(tx, owner=owner, name=name)
    found = next(each for each in queries.featured_by(tx, owner=owner) if each.tag == tag)
    return featured_tag_entity(found, site=tx.site)


async def unfeature(call: Call) -> Reply:
    """Unfeature a tag."""
    await call.write(service.unfeature_tag, owner=call.me, featured_id=call.row_id())
    return NOTHING


async def suggestions(call: Call) -> Reply:
    """View suggested tags to feature: those used most that are not on the profile."""
    return shown(await call.read(_suggestions, owner=call.me))


def _suggestions(tx: Transaction, *, owner: str) -> list[Entity]:
    shown_already = {each.tag for each in queries.featured_by(tx, owner=owner)}
    found = [each.tag for each in subjects.most_used(tx, author=owner) if each.tag not in shown_already]
    return _entities(tx, found, viewer=owner)


_FOLLOWS: Final = Access.person("write:follows", "follow")
_ACCOUNTS: Final = Access.person("write:accounts")
_READ: Final = Access.person("read:accounts")
_OF_ACCOUNT: Final = "/api/v1/accounts/:id/featured_tags"
_FEATURED: Final = "/api/v1/featured_tags"


def _by_name(verb: str, access: Access, act: Callable[..., object], *, place: str, what: str) -> Endpoint:
    handle = partial(change, act=act, place=place)
    return Endpoint(method="POST", path=f"/api/v1/tags/:{place}/{verb}", access=access, handle=handle, what=what)


ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/tags/:name", access=Access.public("read"), handle=show),
    _by_name("follow", _FOLLOWS, service.follow_tag, place="name", what="Follow a hashtag."),
    _by_name("unfollow", _FOLLOWS, service.unfollow_tag, place="name", what="Unfollow a hashtag."),
    _by_name("feature", _ACCOUNTS, service.feature_tag, place="id", what="Feature a hashtag on your profile."),
    _by_name("unfeature", _ACCOUNTS, service.unfeature_tag, place="id", what="Unfeature a hashtag from your profile."),
    Endpoint(method="GET", path="/api/v1/followed_tags", access=Access.person("read:follows"), handle=followed),
    Endpoint(method="GET", path=_FEATURED, access=_READ, handle=featured),
    Endpoint(method="POST", path=_FEATURED, access=_ACCOUNTS, handle=feature),
    Endpoint(method="DELETE", path=f"{_FEATURED}/:id", access=_ACCOUNTS, handle=unfeature),
    Endpoint(method="GET", path=f"{_FEATURED}/suggestions", access=_READ, handle=suggestions),
    Endpoint(
        method="GET",
        path="/api/v1/accounts/:id/featured_tags",
        access=Access.public("read:accounts"),
        handle=featured_of,
    ),
)
