"""People as cards, for every page and door that shows somebody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson
from markupsafe import Markup
from sqlalchemy import Row, bindparam, select

from fedgov.activitystreams.actor import PERSONAL
from fedgov.activitystreams.link import web_url
from fedgov.activitystreams.tag import read_emojis
from fedgov.features.people import queries
from fedgov.features.people.policy.people import MAX_NAME
from fedgov.features.people.service.sanctions import sanctions_of
from fedgov.federation import actors, follows
from fedgov.federation.emojis import restored
from fedgov.kernel.text.plain import truncate
from fedgov.kernel.uris import Handle, Site
from fedgov.store.tables import peers
from fedgov.store.transaction import Transaction
from fedgov.web.cards import EmojiCard, PersonCard, ProfileCard, ProfileField, Relation
from fedgov.web.proxied import emoji_cards, own_emoji_cards, proxied_path, secret_of

REMEMBERED: Final = 1_024
"""How many people's cards are kept. A card follows from the rows that it is looked up by, so none is ever stale."""

_NAMES: Final = select(peers.c.host, peers.c.name).where(
    peers.c.host.in_(bindparam("hosts", expanding=True)), peers.c.name.is_not(None)
)
_PROGRAMS: Final = frozenset({"Application", "Service"})


def person_cards(tx: Transaction, uris: Collection[str]) -> dict[str, PersonCard]:
    """Return a card for each known actor, by URI; those that are not known here are left out.

    Args:
        tx: The open transaction.
        uris: URIs of actors.
    """
    rows = actors.find_many(tx, uris=list(uris))
    return cards_of(tx, [rows[uri] for uri in uris if uri in rows])


def person_card(tx: Transaction, *, row: Row[Any]) -> PersonCard:
    """Return the card of one actor.

    Args:
        tx: The open transaction.
        row: Its row in ``actors``.
    """
    return cards_of(tx, [row])[row.uri]


def cards_of(tx: Transaction, rows: Collection[Row[Any]]) -> dict[str, PersonCard]:
    """Return the cards of actors whose rows are at hand, by URI, in the same order."""
    names = _organisations(tx, {row.host for row in rows if not row.local})
    own = tx.config.instance.organisation
    return {row.uri: _card(tx, row, organisation=own if row.local else names.get(row.host) or row.host) for row in rows}


def _organisations(tx: Transaction, hosts: Collection[str]) -> dict[str, str]:
    """Return what other servers say to be called."""
    if not hosts:
        return {}
    known = tx.rows(_NAMES, {"hosts": list(hosts)})
    return {row.host: truncate(row.name, limit=MAX_NAME) for row in known}


def _card(tx: Transaction, row: Row[Any], *, organisation: str) -> PersonCard:
    return _drawn(row, organisation, tx.site, tx.config.folder)


@lru_cache(maxsize=REMEMBERED)
def _drawn(row: Row[Any], organisation: str, site: Site, folder: Path) -> PersonCard:
    """Return the card that follows from a row; the same people stand on page after page."""
    # Elsewhere a name may be longer than here, to push everything else off the page.
    name = truncate(row.name or row.username, limit=MAX_NAME)
    return PersonCard(
        id=row.id,
        uri=row.uri,
        url=profile_path(row),
        handle=handle_of(row),
        name=name,
        initials=initials(name),
        organisation=organisation,
        confirmed=row.local,
        local=row.local,
        bot=row.kind in _PROGRAMS,
        avatar_url=_picture(row.avatar_url, site=site, folder=folder),
        function=truncate(row.function, limit=MAX_NAME) if row.function else None,
        emojis=_emojis(row, name, row.function, folder=folder),
    )


def _emojis(row: Row[Any], *texts: str | None, folder: Path) -> tuple[EmojiCard, ...]:
    """Return the custom emoji that an actor defines, where these texts may use any."""
    if not any(":" in text for text in texts if text):
        return ()
    if row.local:
        return own_emoji_cards(restored(row.emojis))
    if not row.document:
        return ()
    return emoji_cards(secret_of(folder), read_emojis(orjson.loads(row.document)))


def handle_of(row: Row[Any]) -> str:
    """Return ``@name@host`` of an actor."""
    return str(Handle(username=row.username, host=row.host))


def profile_path(row: Row[Any]) -> str:
    """Return the path of an actor's page on this instance."""
    if not row.local:
        return f"/people/{handle_of(row)}"
    return f"/users/{row.username}" if row.kind in PERSONAL else "/about"


def initials(name: str) -> str:
    """Return one or two letters that stand for a name: of the first and the last word."""
    words = [word for word in name.split() if word[:1].isalnum()]
    letters = (words[0][0], words[-1][0]) if len(words) > 1 else ((words or [name])[0][:1],)
    return "".join(letters).upper()


def picture_path(tx: Transaction, url: str | None) -> str | None:
    """Return the path under which a picture is shown here; None when there is none.

    A reader's browser never calls another server.
    """
    return _picture(url, site=tx.site, folder=tx.config.folder)


def _picture(url: str | None, *, site: Site, folder: Path) -> str | None:
    if url is None:
        return None
    if site.owns(url):
        return url.removeprefix(site.origin)
    return proxied_path(secret_of(folder), url)


def profile_card(tx: Transaction, *, row: Row[Any], viewer: str | None, posts: int | None = None) -> ProfileCard:
    """Return the head of a profile page.

    Args:
        tx: The open transaction.
        row: The actor's row.
        viewer: URI of the reader's actor; None for a visitor.
        posts: Number of posts, as far as the caller knows it.
    """
    card = profile_cards(tx, [row])[row.uri]
    return replace(
        card,
        posts=posts,
        lists_public=may_see_lists(tx, row=row, viewer=viewer),
        relation=relation_to(tx, viewer=viewer, target=row.uri),
    )


def profile_cards(tx: Transaction, rows: Collection[Row[Any]]) -> dict[str, ProfileCard]:
    """Return what everybody may see of profiles whose rows are at hand, by URI; a list of them costs few queries.

    Args:
        tx: The open transaction.
        rows: Rows of actors.
    """
    people = cards_of(tx, rows) | person_cards(tx, {row.moved_to for row in rows if row.moved_to})
    figures = follows.counts(tx, uris=[row.uri for row in rows])
    place = (tx.site, tx.config.folder)
    found = {
        row.uri: _described(
            row,
            people[row.uri],
            people.get(row.moved_to) if row.moved_to else None,
            figures[row.uri] if row.local else (None, None),
            place,
        )
        for row in rows
    }
    for uri, each in sanctions_of(tx, uris=list(found)).items():
        found[uri] = replace(found[uri], limited=each.limited, suspended=each.suspended)
    return found


@lru_cache(maxsize=REMEMBERED)
def _described(
    row: Row[Any],
    person: PersonCard,
    moved_to: PersonCard | None,
    figures: tuple[int | None, int | None],
    place: tuple[Site, Path],
) -> ProfileCard:
    """Return the profile that follows from a row and two figures, as `_drawn`."""
    (followers, following), (site, folder) = figures, place
    return ProfileCard(
        person=person,
        username=row.username,
        header_url=_picture(row.header_url, site=site, folder=folder),
        avatar_alt=row.avatar_alt,
        header_alt=row.header_alt,
        group=row.kind == "Group",
        discoverable=row.discoverable,
        indexable=row.indexable,
        lists_followers=row.lists_followers,
        emojis=_emojis(row, row.summary_html, row.fields, folder=folder),
        about_html=Markup(row.summary_html),  # noqa: S704 - sanitised when it was stored
        fields=tuple(
            ProfileField(name=name, value_html=Markup(value), confirmed_at=next(iter(since), None))  # noqa: S704 - as above
            for name, value, *since in orjson.loads(row.fields)
        ),
        followers=followers,
        following=following,
        approves_followers=row.approves_followers,
        joined_at=row.created_at if row.local else None,
        known_since=row.created_at,
        moved_to=moved_to,
        original_url=None if row.local else original_url(row),
    )


def may_see_lists(tx: Transaction, *, row: Row[Any], viewer: str | None) -> bool:
    """Tell whether a reader may see who follows somebody and who is followed; of others we know only parts."""
    if not row.local:
        return False
    if viewer == row.uri:
        return True
    return bool(row.lists_followers) and (viewer is None or not queries.blocks(tx, who=row.uri, whom=viewer))


def relation_to(tx: Transaction, *, viewer: str | None, target: str) -> Relation:
    """Return how a reader and a person stand."""
    return queries.relation(tx, viewer=viewer, target=target)


def original_url(row: Row[Any]) -> str:
    """Return the address of the page at the actor's own server."""
    document = orjson.loads(row.document) if row.document else {}
    return web_url(document) or str(row.uri)


_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """Return in plain words what a browser says to be, such as ``Firefox · Windows``; empty when it says nothing."""
    parts = [next((name for mark, name in table if mark in user_agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(part for part in parts if part) or user_agent.partition("/")[0].strip()[:40]
