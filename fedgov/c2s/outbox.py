"""POST to an outbox: which activities there are, what a token needs for each, and the answer.

Spec: ActivityPub, section 6.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fedgov.activitystreams.document import Document
from fedgov.c2s import acting, writing
from fedgov.c2s.submission import kind_of, read_submission
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import ForbiddenError, InvalidError
from fedgov.mastodon.call import Call
from fedgov.mastodon.replies import shown

Do = Callable[[Call, Document], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Command:
    """One type of activity.

    Args:
        do: Calls the service that pages and apps use; returns the id of the activity that came of it.
        scopes: One of these is enough.
    """

    do: Do
    scopes: tuple[str, ...]


_STATUSES: Final = ("write:statuses",)
_FAVOURITES: Final = ("write:favourites",)
_ACCOUNTS: Final = ("write:accounts",)
_FOLLOWS: Final = ("write:follows", "follow")
_BLOCKS: Final = ("write:blocks", "follow")

COMMANDS: Final[Mapping[str, Command]] = {
    "Create": Command(writing.create, _STATUSES),
    "Update": Command(writing.update, (*_STATUSES, *_ACCOUNTS)),
    "Delete": Command(writing.delete, _STATUSES),
    "Like": Command(acting.like, _FAVOURITES),
    "EmojiReact": Command(acting.react, _FAVOURITES),
    "Announce": Command(acting.announce, _STATUSES),
    "Add": Command(acting.add, _ACCOUNTS),
    "Remove": Command(acting.remove, _ACCOUNTS),
    "Follow": Command(acting.follow, _FOLLOWS),
    "Accept": Command(acting.accept, _FOLLOWS),
    "Reject": Command(acting.reject, _FOLLOWS),
    "Block": Command(acting.block, _BLOCKS),
    "Flag": Command(acting.flag, ("write:reports",)),
    "Undo": Command(acting.undo, (*_STATUSES, *_FAVOURITES, *_FOLLOWS, *_BLOCKS)),
    "Move": Command(acting.refuse, _ACCOUNTS),
}
"""What does not stand here does not exist."""

ANY_SCOPE: Final = tuple(dict.fromkeys(scope for command in COMMANDS.values() for scope in command.scopes))


async def post(call: Call) -> Reply:
    """Do what a program asks in the name of its person."""
    demand_own(call)
    activity = await read_submission(call)
    kind = kind_of(activity)
    command = COMMANDS.get(kind)
    if command is None:
        raise InvalidError(f"{kind[:50]} is not understood here", field="type")
    writing.call_for(call, *command.scopes)
    done = await command.do(call, activity)
    if done is None:
        return shown({}, status=202)
    return shown({"id": done}, status=201, headers=[(b"location", done.encode("ascii"))])


def demand_own(call: Call) -> None:
    """Return when the path is of the person whose token it is.

    Raises:
        ForbiddenError: It is somebody else's, whether there is such a person or not.
    """
    if call.site.actor(call.places["name"]) != call.me:
        raise ForbiddenError("this is not yours")
