"""What a person does with what others wrote, and with others: like, share, follow, block, pin, report, undo.

Spec: ActivityPub, sections 6.5 to 6.10; row C2S-02 of the threat table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.document import Document, embedded, text, types, uri, uris
from fedgov.c2s.addressing import read_addressing
from fedgov.c2s.submission import about, about_a_thing
from fedgov.c2s.writing import call_for, get_to_know
from fedgov.features.moderation.service import report
from fedgov.features.people.service import blocks
from fedgov.features.people.service import follows as following
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import pinning, reacting
from fedgov.federation import actors, follows, outbox
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError
from fedgov.kernel.text.plain import html_to_plain
from fedgov.mastodon.call import Call
from fedgov.store.transaction import Transaction

_MOST_REPORTED: Final = 50


# --- messages ---------------------------------------------------------------------------------------------------


async def like(call: Call, activity: Document) -> str | None:
    """Like a message, or react to it with an emoji."""
    what, emoji = about_a_thing(activity), text(activity, "content", limit=200)
    await get_to_know(call, what)
    return await call.write(_like, actor=call.me, what=what, emoji=emoji)


async def react(call: Call, activity: Document) -> str | None:
    """React to a message with an emoji (FEP-c0e0)."""
    if not text(activity, "content"):
        raise InvalidError("an EmojiReact needs its emoji as content", field="content")
    return await like(call, activity)


def _like(tx: Transaction, *, actor: str, what: str, emoji: str | None) -> str | None:
    reacting.like(tx, actor=actor, object_uri=what, emoji=emoji)
    return outbox.latest(tx, actor=actor, kind="EmojiReact" if emoji else "Like", about=what)


async def announce(call: Call, activity: Document) -> str | None:
    """Share a message with one's followers."""
    what = about_a_thing(activity)
    await get_to_know(call, what)
    audience = await read_addressing(call, activity)
    visibility = audience.visibility if audience.given else Visibility.PUBLIC
    return await call.write(_announce, actor=call.me, what=what, visibility=visibility)


def _announce(tx: Transaction, *, actor: str, what: str, visibility: Visibility) -> str | None:
    reacting.share(tx, actor=actor, object_uri=what, visibility=visibility)
    return outbox.latest(tx, actor=actor, kind="Announce", about=what)


async def add(call: Call, activity: Document) -> str | None:
    """Put an own message on top of the own profile."""
    return await _pin(call, activity, act=pinning.pin, kind="Add")


async def remove(call: Call, activity: Document) -> str | None:
    """Take an own message off the top of the own profile."""
    return await _pin(call, activity, act=pinning.unpin, kind="Remove")


async def _pin(call: Call, activity: Document, *, act: Callable[..., Any], kind: str) -> str | None:
    target = about(activity, name="target")
    return await call.write(_pinned, actor=call.me, what=about(activity), target=target, act=act, kind=kind)


def _pinned(tx: Transaction, *, actor: str, what: str, target: str, act: Callable[..., Any], kind: str) -> str | None:
    if target != actors.get(tx, uri=actor).featured_uri:
        raise ForbiddenError("only your own featured collection is changed so")
    row = post_queries.get(tx, uri=what, viewer=actor)
    act(tx, actor=actor, object_id=row.object_id)
    return outbox.latest(tx, actor=actor, kind=kind, about=what)


# --- people -----------------------------------------------------------------------------------------------------


async def follow(call: Call, activity: Document) -> str | None:
    """Follow somebody."""
    whom = await call.instance.fetch.actor(about(activity))
    return await call.write(_follow, actor=call.me, whom=whom)


def _follow(tx: Transaction, *, actor: str, whom: str) -> str | None:
    following.follow(tx, actor=actor, target=whom)
    return outbox.latest(tx, actor=actor, kind="Follow", about=whom)


async def block(call: Call, activity: Document) -> str | None:
    """Shut the door on somebody."""
    whom = await call.instance.fetch.actor(about(activity))
    return await call.write(_block, actor=call.me, whom=whom)


def _block(tx: Transaction, *, actor: str, whom: str) -> str | None:
    blocks.block(tx, who=actor, whom=whom)
    return outbox.latest(tx, actor=actor, kind="Block", about=whom)


async def accept(call: Call, activity: Document) -> str | None:
    """Let somebody follow who asked for it."""
    return await call.write(_accept, actor=call.me, activity=activity)


def _accept(tx: Transaction, *, actor: str, activity: Document) -> str | None:
    follower, asked = _asked(tx, actor=actor, activity=activity, states=("pending",))
    following.accept_request(tx, actor=actor, follower=follower)
    return outbox.latest(tx, actor=actor, kind="Accept", about=asked)


async def reject(call: Call, activity: Document) -> str | None:
    """Refuse somebody who asks to follow, or let somebody follow no longer."""
    return await call.write(_reject, actor=call.me, activity=activity)


def _reject(tx: Transaction, *, actor: str, activity: Document) -> str | None:
    follower, asked = _asked(tx, actor=actor, activity=activity, states=("pending", "accepted"))
    following.remove_follower(tx, actor=actor, follower=follower)
    return outbox.latest(tx, actor=actor, kind="Reject", about=asked)


def _asked(tx: Transaction, *, actor: str, activity: Document, states: tuple[str, ...]) -> tuple[str, str]:
    """Return who asked to follow this person, and the id of that request.

    Raises:
        ForbiddenError: Nobody asked that, whatever else the activity may name.
    """
    sent = embedded(activity, "object") or {}
    asked, said = uri(activity, "object"), uri(sent, "actor")
    row = follows.find_by_activity(tx, activity_uri=asked, following=actor) if asked is not None else None
    if row is None and asked is None and said is not None:
        row = follows.find(tx, follower=said, following=actor)
    if row is None or row.state not in states:
        raise ForbiddenError("nobody asked you for that")
    return str(row.follower), str(row.activity_uri)


async def flag(call: Call, activity: Document) -> str | None:
    """Ask an administrator to look; it is passed on to the other server where it is addressed to the reported person.

    The report stays here, and what is passed on goes in the name of this server: nothing stands in the outbox.
    """
    named = uris(activity, "object", limit=_MOST_REPORTED)
    words = html_to_plain(text(activity, "content", limit=20_000) or "")
    await call.write(_flag, actor=call.me, named=named, words=words, to=uris(activity, "to"))
    return None


def _flag(tx: Transaction, *, actor: str, named: tuple[str, ...], words: str, to: tuple[str, ...]) -> None:
    people = [each for each in named if actors.find(tx, uri=each) is not None]
    posts = [post_queries.get(tx, uri=each, viewer=actor) for each in named if each not in people]
    concerned = set(people) | {each.author for each in posts}
    if len(concerned) != 1:
        raise InvalidError("a report is about one person, and messages of that person", field="object")
    (target,) = concerned
    report(
        tx,
        reporter=actor,
        target=target,
        object_uris=[each.uri for each in posts],
        text=words,
        forward=target in to,
    )


# --- undo -------------------------------------------------------------------------------------------------------


async def undo(call: Call, activity: Document) -> str | None:
    """Take back what this person did: by its id, or where the program does not know that by what it was."""
    named, sent = uri(activity, "object"), embedded(activity, "object") or {}
    done = await call.read(_done, actor=call.me, named=named, sent=sent)
    call_for(call, *_MAY_UNDO[done["type"]])
    return await call.write(_undo, actor=call.me, done=done)


def _done(tx: Transaction, *, actor: str, named: str | None, sent: Document) -> Document:
    """Return the own activity that is to be taken back, as it stands in our outbox.

    Raises:
        ForbiddenError: This person did nothing like that; whether somebody else did is not told.
        InvalidError: It is nothing that can be taken back.
    """
    if named is None:
        kind, what = next(iter(types(sent)), ""), uri(sent, "object")
        named = outbox.latest(tx, actor=actor, kind=kind, about=what) if what is not None else None
    done = outbox.find(tx, uri=named) if named is not None else None
    if done is None or done["actor"] != actor:
        raise ForbiddenError("you did no such thing")
    if done["type"] not in _MAY_UNDO:
        raise InvalidError(f"{done['type']} is not taken back by Undo", field="object")
    return done


def _undo(tx: Transaction, *, actor: str, done: Document) -> str | None:
    kind, what = done["type"], uri(done, "object") or ""
    if kind == "Follow":
        ended: object = following.unfollow(tx, actor=actor, target=what)
    elif kind == "Block":
        ended = blocks.unblock(tx, who=actor, whom=what)
    elif kind == "Announce":
        ended = reacting.unshare(tx, actor=actor, object_uri=what)
    else:
        ended = reacting.unlike(tx, actor=actor, object_uri=what, emoji=text(done, "content"))
    if not ended:
        raise ConflictError("it was taken back already")
    return outbox.latest(tx, actor=actor, kind="Undo", about=done["id"])


_FOLLOWS: Final = ("write:follows", "follow")
_MAY_UNDO: Final = {
    "Follow": _FOLLOWS,
    "Block": ("write:blocks", "follow"),
    "Announce": ("write:statuses",),
    "Like": ("write:favourites",),
    "EmojiReact": ("write:favourites",),
}
"""What can be taken back, with the scopes of which one is needed."""


async def refuse(_call: Call, activity: Document) -> str | None:
    """Refuse what is done in another way only, such as moving an account.

    Raises:
        ForbiddenError: Always.
    """
    raise ForbiddenError(f"{next(iter(types(activity)), 'this')} is not done by a program")
