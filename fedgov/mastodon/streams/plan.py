"""Who is shown what of the news: read from the database, all at once, and ready to be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Row

from fedgov.activitystreams.tag import normalise_hashtag
from fedgov.features.notices.queries import announcements
from fedgov.features.notices.queries import streams as queries
from fedgov.features.notices.vocabulary import EVERYBODY, FilterContext, NewsKind
from fedgov.features.posts.queries import parts, posts, timelines
from fedgov.features.posts.queries.entries import shared_entry
from fedgov.features.posts.queries.timelines import Entry
from fedgov.federation.actors import known_uris
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import PageRequest
from fedgov.mastodon.announcements import entity_of
from fedgov.mastodon.conversations import conversation_entity_of
from fedgov.mastodon.notifications import notification_entity_of
from fedgov.mastodon.streams.channels import DIRECT, HOME, NOTIFIED, TOLD, WITH_POSTS, Topic
from fedgov.mastodon.streams.faces import faces
from fedgov.mastodon.streams.register import Watchers
from fedgov.mastodon.streams.sieve import Sieve
from fedgov.store.news import News
from fedgov.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something that is to be shown.

    Args:
        topic: Where.
        event: What it is, in Mastodon's words.
        payload: A text, mostly JSON; None for an event without one.
        viewers: URIs of those to whom.
    """

    topic: Topic
    event: str
    payload: str | None
    viewers: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a planner of one kind of news is given.

    Args:
        tx: The open transaction.
        watchers: Who watches what.
        sieve: Knows their filters.
    """

    tx: Transaction
    watchers: Watchers
    sieve: Sieve

    def at(self, topic: Topic, among: frozenset[str] | None = None) -> frozenset[str]:
        """Return those who watch a topic; only those of some people when they are given."""
        found = self.watchers.get(topic, frozenset())
        return found if among is None else found & among

    def kinds(self, *kinds: str) -> list[Topic]:
        """Return the topics of some kinds that somebody watches."""
        return [topic for topic in self.watchers if topic.kind in kinds]


Planner = Callable[[Plan, News], Iterable[Parcel]]


def plan(tx: Transaction, *, news: Sequence[News], watchers: Watchers, sieve: Sieve) -> list[Parcel]:
    """Return what of the news is to be shown, in the order in which it happened.

    Args:
        tx: The open transaction.
        news: What happened.
        watchers: Who watches what.
        sieve: Knows their filters.
    """
    sieve.freshen()
    given = Plan(tx=tx, watchers=watchers, sieve=sieve)
    found: list[Parcel] = []
    for each in news:
        planner = PLANNERS.get(each.kind)
        if planner is not None:
            found += planner(given, each)
    return found


# --- posts ------------------------------------------------------------------------------------------------------


def _post(plan: Plan, news: News) -> list[Parcel]:
    object_id = int(news.facts[0])
    row = posts.find(plan.tx, object_id=object_id)
    if row is None:
        return []
    entry = Entry(entry_id=object_id, row=row)
    places = {**_own_places(plan, entry), **_open_places(plan, row)}
    return _shown(plan, entry, places, event="update")


def _share(plan: Plan, news: News) -> list[Parcel]:
    entry = shared_entry(plan.tx, share_id=int(news.facts[0]))
    return [] if entry is None else _shown(plan, entry, _own_places(plan, entry), event="update")


def _edit(plan: Plan, news: News) -> list[Parcel]:
    object_id = int(news.facts[0])
    row = posts.find(plan.tx, object_id=object_id)
    if row is None:
        return []
    entry = Entry(entry_id=object_id, row=row)
    places = {**_own_places(plan, entry, however=True), **_open_places(plan, row)}
    return _shown(plan, entry, places, event="status.update")


Places = Mapping[Topic, frozenset[str]]


def _own_places(plan: Plan, entry: Entry, *, however: bool = False) -> Places:
    """Return whose home timelines and lists show a post, of those who watch them.

    Args:
        plan: What is given.
        entry: The post, or a sharing of it.
        however: Also where somebody's sharing brought it.
    """
    which = {"object_id": entry.row.object_id, "entry_id": None if however else entry.entry_id}
    places: dict[Topic, frozenset[str]] = {}
    if watching := plan.at(HOME):
        places[HOME] = watching & queries.with_post_at_home(plan.tx, **which)
    if topics := plan.kinds("list"):
        showing = queries.lists_with_post(plan.tx, **which)
        places |= {topic: plan.at(topic) for topic in topics if int(topic.detail) in showing}
    return places


def _open_places(plan: Plan, row: Row[Any]) -> Places:
    """Return who watches a public timeline or a subject that a post belongs to, by the rules of those timelines."""
    here = "local" if row.local else "remote"
    places: dict[Topic, frozenset[str]] = {}
    if topics := plan.kinds("public"):
        at = _only(row)
        if timelines.public_timeline(plan.tx, viewer=None, page=at).items:
            parts_of_it = {"", here}
            if _has_files(plan.tx, row):
                parts_of_it |= {"+media", f"{here}+media"}
            places |= {topic: plan.at(topic) for topic in topics if topic.detail in parts_of_it}
    if topics := plan.kinds("hashtag"):
        about = {each.tag for each in parts.hashtags_of(plan.tx, object_ids=[row.object_id]).get(row.object_id, ())}
        for topic in topics:
            part, _, tag = topic.detail.partition("#")
            if normalise_hashtag(tag) in about and part in ("", here) and _is_listed(plan.tx, tag, row):
                places[topic] = plan.at(topic)
    return places


def _is_listed(tx: Transaction, tag: str, row: Row[Any]) -> bool:
    """Tell whether a colleague finds a post among those about a subject; who they are is not looked at here."""
    return bool(timelines.hashtag_timeline(tx, tag=tag, viewer=tx.site.application, page=_only(row)).items)


def _only(row: Row[Any]) -> PageRequest:
    """Return the part of a timeline in which only one post can be."""
    return PageRequest(max_id=row.object_id + 1, since_id=row.object_id - 1, limit=1)


def _has_files(tx: Transaction, row: Row[Any]) -> bool:
    files = parts.attachments_of(tx, object_ids=[row.object_id]).get(row.object_id, ())
    return any(each.kind != "link" for each in files)


def _shown(plan: Plan, entry: Entry, places: Places, *, event: str) -> list[Parcel]:
    """Return a post for all who see it in some places; it is made once for all places with the same filters."""
    found: list[Parcel] = []
    for context in (FilterContext.HOME, FilterContext.PUBLIC):
        here = {topic: viewers for topic, viewers in places.items() if viewers and _context(topic) is context}
        everybody = frozenset().union(*here.values())
        for face in faces(plan.tx, entry=entry, viewers=everybody, context=context, sieve=plan.sieve):
            found += [
                Parcel(topic, event, face.payload, viewers & face.viewers)
                for topic, viewers in here.items()
                if viewers & face.viewers
            ]
    return found


def _context(topic: Topic) -> FilterContext:
    return FilterContext.HOME if topic.kind in ("home", "list") else FilterContext.PUBLIC


def _gone(plan: Plan, news: News) -> list[Parcel]:
    entry_id, *whom = news.facts
    among = None if whom == [EVERYBODY] else frozenset(known_uris(plan.tx, row_ids=[int(each) for each in whom]))
    found = [(topic, plan.at(topic, among)) for topic in plan.kinds(*WITH_POSTS)]
    return [Parcel(topic, "delete", entry_id, viewers) for topic, viewers in found if viewers]


# --- what concerns one person -----------------------------------------------------------------------------------


def _notification(plan: Plan, news: News) -> list[Parcel]:
    number, owner = news.facts
    viewers = plan.at(NOTIFIED, frozenset({owner}))
    if not viewers:
        return []
    try:
        entity = notification_entity_of(plan.tx, viewer=owner, notification_id=int(number))
    except NotFoundError:
        return []
    return [Parcel(NOTIFIED, "notification", orjson.dumps(entity).decode(), viewers)]


def _merged(plan: Plan, news: News) -> list[Parcel]:
    viewers = plan.at(NOTIFIED, frozenset(news.facts))
    return [Parcel(NOTIFIED, "notifications_merged", "1", viewers)] if viewers else []


def _conversation(plan: Plan, news: News) -> list[Parcel]:
    object_id, owner = news.facts
    viewers = plan.at(DIRECT, frozenset({owner}))
    if not viewers:
        return []
    entity = conversation_entity_of(plan.tx, owner=owner, object_id=int(object_id))
    return [] if entity is None else [Parcel(DIRECT, "conversation", orjson.dumps(entity).decode(), viewers)]


# --- what concerns everybody ------------------------------------------------------------------------------------


def _announcement(plan: Plan, news: News) -> list[Parcel]:
    """Show an announcement as each reader sees it; who did nothing with it sees what all others see."""
    number, everybody = int(news.facts[0]), plan.at(TOLD)
    if not everybody:
        return []
    answered = everybody & announcements.answered_by(plan.tx, announcement_id=number)
    groups = [("", everybody - answered), *((viewer, frozenset({viewer})) for viewer in sorted(answered))]
    try:
        found = [
            (announcements.get_shown(plan.tx, announcement_id=number, reader=reader), viewers)
            for reader, viewers in groups
            if viewers
        ]
    except NotFoundError:
        return []
    return [
        Parcel(TOLD, "announcement", orjson.dumps(entity_of(plan.tx, each)).decode(), viewers)
        for each, viewers in found
    ]


def _announcement_reaction(plan: Plan, news: News) -> list[Parcel]:
    number, emoji, count = news.facts
    payload = orjson.dumps({"name": emoji, "count": int(count), "announcement_id": number}).decode()
    everybody = plan.at(TOLD)
    return [Parcel(TOLD, "announcement.reaction", payload, everybody)] if everybody else []


def _announcement_gone(plan: Plan, news: News) -> list[Parcel]:
    everybody = plan.at(TOLD)
    return [Parcel(TOLD, "announcement.delete", news.facts[0], everybody)] if everybody else []


PLANNERS: Final[dict[str, Planner]] = {
    NewsKind.POST: _post,
    NewsKind.SHARE: _share,
    NewsKind.EDIT: _edit,
    NewsKind.GONE: _gone,
    NewsKind.NOTIFICATION: _notification,
    NewsKind.MERGED: _merged,
    NewsKind.CONVERSATION: _conversation,
    NewsKind.ANNOUNCEMENT: _announcement,
    NewsKind.ANNOUNCEMENT_REACTION: _announcement_reaction,
    NewsKind.ANNOUNCEMENT_GONE: _announcement_gone,
}
"""How each kind of news is shown; another kind is a function more here, and a `fedgov.store.news.tell`."""
