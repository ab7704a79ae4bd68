"""What all town halls must agree about when everything has arrived, and what may differ.

The origin of a post knows what is true; `differences` compares every other town
hall with it and returns a sentence for each thing that is not as it must be. What
may differ is written as a condition here, and for people in
``docs/explanation/reliability.md``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import Row, select

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.features.people.tables import blocks
from fedgov.features.posts import policy
from fedgov.features.posts.tables import mentions, pins, poll_options, poll_votes, polls, posts, reactions, shares
from fedgov.features.posts.vocabulary import ACCEPTED, PENDING
from fedgov.federation import followers_sync
from fedgov.kernel.text.plain import html_to_plain
from fedgov.kernel.uris import host
from fedgov.store.tables import activities, actors, deliveries, follows, inbox_items, objects
from fedgov.store.transaction import Transaction

_NO_POST: Final = "there is no such message"


@dataclass(slots=True)
class State:
    """Everything that one town hall holds.

    Args:
        domain: Its host.
        objects: Its rows, by URI.
        posts: Its rows, by URI.
        marks: By kind (reactions, shares, votes, pins): the marks on each post, by URI.
    """

    domain: str
    objects: dict[str, Row[Any]]
    posts: dict[str, Row[Any]]
    marks: dict[str, dict[str, set[tuple[Any, ...]]]]
    polls: dict[str, tuple[Any, ...]]
    mentions: dict[str, set[str]]
    follows: dict[tuple[str, str], Row[Any]]
    blocks: set[tuple[str, str]]
    actors: dict[str, Row[Any]]
    sent: dict[tuple[str, str], set[str]]
    arrived: list[Row[Any]]
    did: list[Row[Any]]
    unsent: list[tuple[Any, ...]]
    withheld: set[tuple[str, str]]
    digests: dict[tuple[str, str], str]
    unreadable: set[tuple[str, str]] = field(default_factory=set)


def read(tx: Transaction, *, hosts: list[str]) -> State:
    """Read all of it."""
    known = {row.id: row for row in tx.rows(select(objects))}
    uri_of = {row_id: row.uri for row_id, row in known.items()}
    sent: dict[tuple[str, str], set[str]] = defaultdict(set)
    unsent = []
    withheld = set()
    about = select(deliveries, activities.c.type, activities.c.object_uri, activities.c.actor, activities.c.uri).join(
        activities, activities.c.id == deliveries.c.activity_id
    )
    for row in tx.rows(about):
        if row.state == "sent":
            sent[row.object_uri, row.host].add(row.type)
        elif row.reason == "nobody there follows the author any more":
            withheld.add((row.object_uri, row.host))
        elif row.state in ("failed", "parked", "queued"):
            unsent.append((row.host, row.type, row.object_uri, row.state, row.reason))
    return State(
        domain=tx.site.domain,
        objects={row.uri: row for row in known.values()},
        posts={uri_of[row.object_id]: row for row in tx.rows(select(posts))},
        marks={
            "reactions": _marks(tx, uri_of, reactions, "actor", "emoji"),
            "shares": _marks(tx, uri_of, shares, "actor"),
            "votes": _marks(tx, uri_of, poll_votes, "actor", "position"),
            "pins": _marks(tx, uri_of, pins, "actor"),
        },
        polls=_polls(tx, uri_of),
        mentions={uri: {one for (one,) in found} for uri, found in _marks(tx, uri_of, mentions, "actor_uri").items()},
        follows={(row.follower, row.following): row for row in tx.rows(select(follows))},
        blocks={(row.who, row.whom) for row in tx.rows(select(blocks))},
        actors={row.uri: row for row in tx.rows(select(actors))},
        sent=sent,
        arrived=list(tx.rows(select(inbox_items).order_by(inbox_items.c.id))),
        did=list(tx.rows(select(activities.c.actor, activities.c.type, activities.c.object_uri))),
        unsent=unsent,
        withheld=withheld,
        digests={
            (actor, at): followers_sync.digest(followers_sync.followers_at(tx, actor=actor, at_host=at))
            for actor in tx.values(select(actors.c.uri).where(actors.c.local))
            for at in hosts
        },
    )


def _marks(tx: Transaction, uri_of: Mapping[int, str], table: Any, *columns: str) -> dict[str, set[tuple[Any, ...]]]:
    found: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    for row in tx.rows(select(table)):
        found[uri_of[row.object_id]].add(tuple(getattr(row, name) for name in columns))
    return found


def _polls(tx: Transaction, uri_of: Mapping[int, str]) -> dict[str, tuple[Any, ...]]:
    options: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in tx.rows(select(poll_options).order_by(poll_options.c.object_id, poll_options.c.position)):
        options[row.object_id].append((row.label, row.votes))
    return {
        uri_of[row.object_id]: (row.voters_count, row.ends_at, tuple(options[row.object_id]))
        for row in tx.rows(select(polls))
    }


@dataclass(slots=True)
class Comparison:
    """Compares all with all.

    Args:
        states: Of each town hall, by host.
        ever: Pairs (follower, followed) that existed at some moment.
        shut: Pairs that blocked one another at some moment, in this order.
    """

    states: dict[str, State]
    ever: set[tuple[str, str]]
    shut: set[frozenset[str]]

    def differences(self) -> Iterator[str]:
        """Return a sentence for everything that is not as it must be."""
        for state in self.states.values():
            yield from self._own(state)
            yield from self._relations(state)
            for uri, row in state.objects.items():
                if row.local and row.type in ("Note", "Article", "Question"):
                    for other in self.states.values():
                        if other is not state:
                            yield from self._object(uri, state, other)

    # --- each by itself -----------------------------------------------------------------------------------------

    def _own(self, state: State) -> Iterator[str]:
        at = state.domain
        for each in state.unsent:
            yield f"{at} did not send {each}"
        for item in state.arrived:
            if item.state != "done" and not (item.state == "refused" and self._may_refuse(state, item)):
                yield (
                    f"{at} did not carry out {item.type} {item.activity_uri}: {item.state}, {item.reason}: "
                    + (bytes(item.body).decode()[:600])
                )
        replies: dict[str, int] = defaultdict(int)
        for post in state.posts.values():
            parent = state.posts.get(post.in_reply_to_uri or "")
            if parent is not None and policy.counts_as_reply(
                parent=Visibility(parent.visibility), reply=Visibility(post.visibility)
            ):
                replies[post.in_reply_to_uri] += 1
        for uri, post in state.posts.items():
            counted = (post.likes, post.shares, post.replies)
            there = (
                sum(1 for _, emoji in state.marks["reactions"].get(uri, ()) if not emoji),
                len(state.marks["shares"].get(uri, ())),
                replies[uri],
            )
            if counted != there:
                yield f"{at} counts {counted} at {uri}, and there are {there} likes, shares, replies"
        for uri, row in state.objects.items():
            if (
                row.local
                and row.visibility == "organisation"
                and any(uri in other.objects for other in self.states.values() if other is not state)
            ):
                yield f"{uri} was for the organisation only and is elsewhere"

    def _may_refuse(self, state: State, item: Row[Any]) -> bool:
        """Tell whether somebody could rightly refuse this, so that nobody expects it to be carried out."""
        document = orjson.loads(bytes(item.body))
        target = document["object"] if isinstance(document["object"], str) else document["object"].get("id", "")
        reason, actor = item.reason or "", item.actor
        if document["type"] == "Create" and isinstance(document["object"], dict) and document["object"].get("name"):
            target = document["object"].get("inReplyTo", target)
        if reason == "there is no such quotation of ours":  # one of the two is gone
            uris = [document["object"][name] for name in ("object", "instrument")]
            return any(self._is_gone(uri if isinstance(uri, str) else uri["id"]) for uri in uris)
        if reason == "there is no such quotation":  # it says by now that it quotes nothing, or was never for us
            return self._is_gone(document["instrument"]["id"])
        row = state.objects.get(target)
        if reason.startswith("nobody here follows"):
            # They stopped following before it arrived.
            return not any(
                following == actor and state.actors[follower].local and known.created_at < item.received_at
                for (follower, following), known in state.follows.items()
            )
        if reason in (_NO_POST, "what was shared is not there", "this was deleted", "there is nothing at this address",
                      "it was deleted, and that is final"):  # fmt: skip
            origin = self.states[host(target)]
            known = origin.objects.get(target)
            return (
                known is None  # published, and lost in a crash of … never: see R2
                or known.deleted_at is not None
                or known.visibility not in FOR_EVERYONE
                or self._ever_shut(actor, known.attributed_to)
            )
        if reason in ("the poll is over",):
            return row is not None
        return reason in ("a newer version is here already", "nobody here asked for this")

    def _is_gone(self, uri: str) -> bool:
        known = self.states[host(uri)].objects.get(uri)
        return known is None or known.deleted_at is not None

    def _ever_shut(self, one: str, other: str) -> bool:
        return frozenset((one, other)) in self.shut

    # --- relations ----------------------------------------------------------------------------------------------

    def _relations(self, state: State) -> Iterator[str]:
        for (follower, following), row in state.follows.items():
            for end in {host(follower), host(following)} - {state.domain}:
                known = self.states[end].follows.get((follower, following))
                if known is None or known.state != row.state:
                    yield (
                        f"{state.domain} says that {follower} follows {following} ({row.state}), "
                        f"{end} says {known.state if known else 'no'}"
                    )
        for who, whom in state.blocks:
            for end in {host(who), host(whom)} - {state.domain}:
                if (who, whom) not in self.states[end].blocks:
                    yield f"{state.domain} says that {who} blocks {whom}, {end} does not know"
        for (follower, following), row in state.follows.items():
            if host(follower) == state.domain != host(following) and row.state == "accepted":
                origin = self.states[host(following)]
                here, there = state.actors[following], origin.actors[following]
                began = origin.follows.get((follower, following))
                if began is not None and there.updated_at <= began.created_at:
                    continue  # it was read anew when they began to follow, if that was possible just then
                if (here.name, here.approves_followers) != (there.name, there.approves_followers):
                    yield f"{state.domain} knows {following} as {here.name}, who is called {there.name}"

    # --- a post and one other town hall -------------------------------------------------------------------------

    def _object(self, uri: str, origin: State, other: State) -> Iterator[str]:
        true, copy = origin.objects[uri], other.objects.get(uri)
        told = origin.sent.get((uri, other.domain), set())
        if copy is not None and copy.deleted_at is None:
            yield from self._audience(uri, origin, other)
        if (
            told & {"Create", "Update"}
            and true.deleted_at is None
            and copy is None
            and self._wanted(uri, origin, other)
        ):
            yield f"{other.domain} does not have {uri}, which was sent to it"
        if copy is None or not told & {"Create", "Update"}:
            return  # it has none, or one that it fetched itself and of which the origin does not know
        if (true.deleted_at is None) != (copy.deleted_at is None):
            yield f"{uri} deleted at its origin: {true.deleted_at}, at {other.domain}: {copy.deleted_at}"
            return
        if true.deleted_at is None:
            yield from self._content(uri, origin, other)
        yield from self._marked(uri, origin, other)
        if true.deleted_at is None:
            yield from self._quoted(uri, origin, other)

    def _wanted(self, uri: str, origin: State, other: State) -> bool:
        """Tell whether somebody there follows the author since before it was written."""
        true = origin.objects[uri]
        if any(one in other.actors and other.actors[one].local for one in origin.mentions.get(uri, ())):
            return True
        return any(
            following == true.attributed_to and other.actors[follower].local and row.created_at < true.published_at
            for (follower, following), row in other.follows.items()
        )

    def _audience(self, uri: str, origin: State, other: State) -> Iterator[str]:
        true = origin.objects[uri]
        named = any(host(one) == other.domain for one in origin.mentions.get(uri, ()))
        quoted = origin.posts[uri].quote_uri if true.deleted_at is None else None
        if quoted is not None and host(quoted) == other.domain:
            return  # its author was asked for consent, and got it along
        followed = any(
            following == true.attributed_to and host(follower) == other.domain for follower, following in self.ever
        )
        visibility = Visibility(true.visibility)
        if visibility in FOR_EVERYONE or named or (visibility is Visibility.FOLLOWERS and followed):
            return
        if true.deleted_at is None or not named:
            yield f"{other.domain} holds {uri}, which is {visibility} and not for anybody there"

    def _content(self, uri: str, origin: State, other: State) -> Iterator[str]:
        true, copy = origin.posts[uri], other.posts.get(uri)
        if copy is None:
            yield f"{other.domain} has the object {uri} and no post"
            return
        if self._out_of_reach(uri, origin, other):
            return
        for name in ("content_html", "summary", "name", "visibility", "edited_at"):
            one, two = getattr(true, name), getattr(copy, name)
            if name == "content_html":
                one, two = html_to_plain(one), html_to_plain(two)
            if one != two:
                yield f"{uri} has {name} {one!r} at its origin and {two!r} at {other.domain}"
        votes = [
            {each for each in state.marks["votes"].get(uri, ()) if host(each[0]) == other.domain}
            for state in (origin, other)
        ]
        # A vote that was refused stands in the numbers there until the next ones come.
        if votes[0] == votes[1] and origin.polls.get(uri) != other.polls.get(uri):
            yield f"{uri} stands at {origin.polls.get(uri)} at its origin, at {other.polls.get(uri)} at {other.domain}"
        if origin.mentions.get(uri, set()) != other.mentions.get(uri, set()):
            yield f"{uri} names others at {other.domain}"

    def _quoted(self, uri: str, origin: State, other: State) -> Iterator[str]:
        """What a post quotes is quoted with consent everywhere, or nowhere."""
        true, copy = origin.posts[uri], other.posts.get(uri)
        if true.quote_uri is None or copy is None or self._out_of_reach(uri, origin, other):
            return
        home = self.states[host(true.quote_uri)]
        quoted, known = home.objects[true.quote_uri], other.posts.get(true.quote_uri)
        if quoted.deleted_at is not None or known is None or self._ever_shut(true.author, quoted.attributed_to):
            return
        there = [(state.quote_state == ACCEPTED, state.quote_stamp) for state in (true, copy)]
        if there[0] != there[1]:
            yield (
                f"{uri} quotes {true.quote_uri}: {true.quote_state} {true.quote_stamp} at its origin, "
                f"{copy.quote_state} {copy.quote_stamp} at {other.domain}"
            )
        states = {true.quote_state, copy.quote_state}
        if other is home and PENDING in states and states != {PENDING}:  # both: its author has not answered yet
            yield f"{uri} quotes {true.quote_uri}: {true.quote_state}, and there {copy.quote_state}: nobody answered"

    def _out_of_reach(self, uri: str, origin: State, other: State) -> bool:
        """Tell whether newer versions of a post for followers are, or were when they went out, for nobody there."""
        true = origin.objects[uri]
        return (uri, other.domain) in origin.withheld or (
            true.visibility == "followers"
            and not (
                any(host(one) == other.domain for one in origin.mentions.get(uri, ()))
                or any(
                    following == true.attributed_to and host(follower) == other.domain and row.state == "accepted"
                    for (follower, following), row in origin.follows.items()
                )
            )
        )

    def _marked(self, uri: str, origin: State, other: State) -> Iterator[str]:
        true = origin.objects[uri]
        for kind in ("reactions", "shares", "votes"):
            at_origin = {each for each in origin.marks[kind].get(uri, ()) if host(each[0]) == other.domain}
            there = {each for each in other.marks[kind].get(uri, ()) if host(each[0]) == other.domain}
            for mark in at_origin ^ there:
                refused = mark in there and (
                    true.visibility not in FOR_EVERYONE
                    or self._ever_shut(mark[0], true.attributed_to)
                    or (kind == "votes" and self._too_late(origin, uri, mark))
                )
                if not refused:
                    yield f"{kind} on {uri}: {mark} only at {'its origin' if mark in at_origin else other.domain}"
        for third in self.states.values():
            for (sharer,) in third.marks["shares"].get(uri, ()):
                home = self.states[host(sharer)]
                if (sharer,) not in home.marks["shares"].get(uri, set()) and home.posts.get(uri) is not None:
                    yield f"{third.domain} shows that {sharer} shares {uri}, who does not"
        pinned, there = (state.marks["pins"].get(uri, set()) for state in (origin, other))
        told = origin.sent.get((uri, other.domain), set()) & {"Add", "Remove"}
        if told and not self._out_of_reach(uri, origin, other) and pinned != there:
            yield f"{uri} is pinned by {pinned} at its origin, by {there} at {other.domain}"

    def _too_late(self, origin: State, uri: str, mark: tuple[Any, ...]) -> bool:
        return any(
            item.state == "refused" and item.actor == mark[0] and item.reason == "the poll is over"
            for item in origin.arrived
        )
