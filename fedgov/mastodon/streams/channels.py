"""What can be watched: the names that apps use, who may, and which topics are behind a name.

Spec: https://docs.joinmastodon.org/methods/streaming/#streams
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from fedgov.activitystreams.tag import normalise_hashtag
from fedgov.features.people.service.tokens import Bearer
from fedgov.kernel.errors import ForbiddenError, MalformedError
from fedgov.mastodon.parameters import Parameters


class Topic(NamedTuple):
    """Something that can be shown to those who watch for it.

    Args:
        kind: ``home``, ``notified``, ``told``, ``public``, ``hashtag``, ``list`` or ``direct``.
        detail: Which one: the part of the public timeline, the subject, the row id of the list.
    """

    kind: str
    detail: str = ""


HOME: Final = Topic("home")
NOTIFIED: Final = Topic("notified")
TOLD: Final = Topic("told")
"""What concerns the person and is neither a post nor a notification: changed filters, announcements."""
DIRECT: Final = Topic("direct")
WITH_POSTS: Final = frozenset({"home", "public", "hashtag", "list"})
"""The kinds of topics that show posts."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What an app watches, under the name that it knows.

    Args:
        names: As messages on a socket name it, such as ``("list", "12")``.
        topics: What is shown there.
    """

    names: tuple[str, ...]
    topics: tuple[Topic, ...]

    @property
    def list_id(self) -> int | None:
        """Row id of the list that it shows; None when it shows none."""
        return next((int(topic.detail) for topic in self.topics if topic.kind == "list"), None)


_STATUSES: Final = ("read:statuses",)
_SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "user:notification": ("read:notifications",),
    "list": ("read:lists", "read:statuses"),
}
"""One of these is enough; for all others it is `_STATUSES`."""
_PUBLIC: Final = ("", "local", "remote")


def scopes_of(name: str) -> tuple[str, ...]:
    """Return the scopes of which one is enough to watch a channel."""
    return _SCOPES.get(name, _STATUSES)


def channel_of(name: str, *, sent: Parameters, bearer: Bearer) -> Channel:
    """Return what an app asks to watch.

    Args:
        name: Such as ``public:local``.
        sent: The parameters ``tag``, ``list`` and ``only_media``.
        bearer: Who asks.

    Raises:
        MalformedError: There is no such channel, or a parameter is missing.
        ForbiddenError: The token does not reach so far.
    """
    found = _find(name, sent, bearer)
    if found is None:
        raise MalformedError("Unknown stream type")
    if not any(bearer.may(scope) for scope in scopes_of(name)):
        raise ForbiddenError("This action is outside the authorized scopes")
    return found


def _find(name: str, sent: Parameters, bearer: Bearer) -> Channel | None:
    if name == "user":
        more = (NOTIFIED,) if bearer.may("read:notifications") else ()
        return Channel((name,), (HOME, TOLD, *more))
    if name == "user:notification":
        return Channel((name,), (NOTIFIED,))
    if name == "direct":
        return Channel((name,), (DIRECT,))
    if name == "list":
        number = sent.text("list")
        if not (number.isascii() and number.isdigit() and len(number) < 20):
            raise MalformedError("Missing list name parameter")
        return Channel((name, number), (Topic("list", str(int(number))),))
    first, _, rest = name.partition(":")
    if first == "hashtag" and rest in ("", "local"):
        tag = normalise_hashtag(sent.text("tag"))
        if tag is None:
            raise MalformedError("Missing tag name parameter")
        return Channel((name, sent.text("tag")), (Topic("hashtag", f"{rest}#{tag}"),))
    if first == "public":
        part, _, media = rest.partition(":") if rest != "media" else ("", "", "media")
        if part in _PUBLIC and media in ("", "media") and not rest.endswith(":"):
            only_media = media == "media" or sent.flag("only_media")
            whole = ":".join(filter(None, (first, part, "media" if only_media else "")))
            return Channel((whole,), (Topic("public", f"{part}{'+media' if only_media else ''}"),))
    return None
