"""What a person can be told, and how lists of it are described."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fedgov.activitystreams.tag import Emoji


class Kind(StrEnum):
    """Why somebody gets a notification."""

    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    MENTION = "mention"
    REPLY = "reply"
    LIKE = "like"
    SHARE = "share"
    REACTION = "reaction"
    POLL = "poll"
    UPDATE = "update"
    MODERATION = "moderation"
    STATUS = "status"
    """A new post of somebody of whom the person wants to be told each."""
    QUOTE = "quote"
    QUOTED_UPDATE = "quoted_update"
    QUOTE_REQUEST = "quote_request"
    """Somebody wants to quote a post and waits for an answer."""
    SIGN_UP = "sign_up"
    """For administrators: somebody got an account here."""
    REPORT = "report"
    """For administrators: somebody reported somebody."""


class NewsKind(StrEnum):
    """What open streams are told of; see `fedgov.store.news`."""

    POST = "post"
    """A new post: row id of the object."""
    SHARE = "share"
    """A post was shared: row id of the share."""
    EDIT = "edit"
    """A post was edited: row id of the object."""
    GONE = "gone"
    """A post or a share was taken away: its row id, and the row ids of whom to tell, or `EVERYBODY`."""
    NOTIFICATION = "notification"
    """Somebody is told something: row id of the notification, and URI of whose it is."""
    MERGED = "merged"
    """Notifications that waited are among the others now: URI of whose they are."""
    CONVERSATION = "conversation"
    """A direct message: row id of the object, and URI of somebody who takes part."""
    ANNOUNCEMENT = "announcement"
    """An announcement is shown, or as it is now: its row id."""
    ANNOUNCEMENT_REACTION = "announcement.reaction"
    """An emoji under an announcement: row id, emoji, and how many people there are with it now."""
    ANNOUNCEMENT_GONE = "announcement.delete"
    """An announcement is not shown any more: its row id."""


EVERYBODY: Final = "*"
"""In place of row ids: everyone could read it."""

GROUPED: Final = frozenset({Kind.LIKE, Kind.SHARE, Kind.FOLLOW, Kind.SIGN_UP})
"""What several people do in the same way may be told at once."""


class Wish(StrEnum):
    """What somebody wants to happen to notifications of a sort."""

    ACCEPT = "accept"
    FILTER = "filter"
    """They wait until the person wants to hear from whoever caused them."""
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPolicy:
    """From whom a person wants to hear.

    Args:
        not_following: From those whom they do not follow.
        not_followers: From those who do not follow them.
        new_accounts: From accounts of the last thirty days.
        private_mentions: Direct messages of those whom they do not follow, unless it is an answer.
        limited_accounts: From accounts that an administrator limited.
    """

    not_following: Wish = Wish.ACCEPT
    not_followers: Wish = Wish.ACCEPT
    new_accounts: Wish = Wish.ACCEPT
    private_mentions: Wish = Wish.ACCEPT
    limited_accounts: Wish = Wish.FILTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What a policy weighs about whoever causes a notification.

    Args:
        followed: The person follows them.
        follower: They follow the person.
        known_since: When their account was made, as far as known, in milliseconds since the epoch.
        unasked: It is a direct message that answers nothing.
        limited: An administrator limited them.
    """

    followed: bool
    follower: bool
    known_since: int
    unasked: bool = False
    limited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRequest:
    """Somebody whose notifications wait.

    Args:
        id: Row id.
        actor: URI of who caused them.
        created_at: Milliseconds since the epoch, of the first.
        updated_at: Of the newest.
        count: How many wait.
        last_object_id: Row id of the newest post among them, or None.
    """

    id: int
    actor: str
    created_at: int
    updated_at: int
    count: int
    last_object_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Notifications that are told at once.

    Args:
        key: Its name.
        newest: The newest of them.
        count: How many there are.
        actors: URIs of those who caused them, the newest first, not all of them.
        oldest_id: Row id of the oldest that was counted.
    """

    key: str
    newest: Notification
    count: int
    actors: tuple[str, ...]
    oldest_id: int


class Outcome(StrEnum):
    """What became of somebody's report."""

    RESOLVED = "resolved"
    """An administrator here did something."""
    REJECTED = "rejected"
    """An administrator here found nothing wrong."""
    ACCEPTED_THERE = "accepted_there"
    """The server it was passed on to did something."""
    REFUSED_THERE = "refused_there"
    """The server it was passed on to found nothing wrong."""


class Timeline(StrEnum):
    """Lists of which is remembered how far somebody read."""

    HOME = "home"
    NOTIFICATIONS = "notifications"


class PushPolicy(StrEnum):
    """Of what whom does an app want to be told at once."""

    ALL = "all"
    FOLLOWED = "followed"
    """Whom the person follows."""
    FOLLOWER = "follower"
    """Who follows the person."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSubscription:
    """That an app wants to be told at once.

    Args:
        id: Row id.
        endpoint: URL of its push server where messages for it are left.
        standard: It knows the published way of wrapping them; otherwise the draft before it.
        policy: Of what whom does.
        kinds: Of what.
        server_key: Public key of this instance, base64url.
    """

    id: int
    endpoint: str
    standard: bool
    policy: PushPolicy
    kinds: frozenset[Kind]
    server_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushMessage:
    """A message that is to be sent now.

    Args:
        id: Row id; says when it was made.
        subscription_id: Row id of whose it is.
        owner: URI of the person.
        notification_id: Row id of what it is about.
        endpoint: Where it goes.
        p256dh: Public key of the app, base64url.
        auth: What the app shares with us besides, base64url.
        key_id: Of the key that the app subscribed with.
        standard: How it is wrapped.
        access_token: By which the app knows its account; empty when it can no longer be read.
        attempts: How often it was tried.
    """

    id: int
    subscription_id: int
    owner: str
    notification_id: int
    endpoint: str
    p256dh: str
    auth: str
    key_id: int
    standard: bool
    access_token: str
    attempts: int


class Replies(StrEnum):
    """Answers to whom a list shows, besides those to its owner and those that somebody gives themself."""

    FOLLOWED = "followed"
    """To everybody whom its owner follows."""
    LIST = "list"
    """To others who are on it."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonList:
    """A list of people.

    Args:
        id: Row id.
        title: Plain text.
        replies: Answers to whom it shows.
        exclusive: What it shows does not come to the home timeline.
    """

    id: int
    title: str
    replies: Replies
    exclusive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody on a list; ``id`` sorts by when they were added."""

    id: int
    uri: str


class FilterContext(StrEnum):
    """Where a filter works."""

    HOME = "home"
    """The home timeline and lists."""
    NOTIFICATIONS = "notifications"
    PUBLIC = "public"
    """Timelines of what everybody wrote."""
    THREAD = "thread"
    ACCOUNT = "account"
    """What one person wrote."""


class FilterAction(StrEnum):
    """What a filter does with a post."""

    WARN = "warn"
    """It is folded, and says why."""
    HIDE = "hide"
    """It is not shown at all."""
    BLUR = "blur"
    """Its files are covered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """Words that a filter looks for.

    Args:
        id: Row id.
        keyword: Plain text.
        whole_word: They must not be part of longer words.
    """

    id: int
    keyword: str
    whole_word: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordChange:
    """What becomes of the words of a filter.

    Args:
        id: Row id of those that are changed; None for new ones.
        keyword: Plain text; None leaves it.
        whole_word: None leaves it; new ones count as whole words.
        remove: They go away.
    """

    id: int | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    remove: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredPost:
    """A post that a filter names; ``id`` is the row id of the naming, ``object_id`` of the post."""

    id: int
    object_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What somebody does not want to see.

    Args:
        id: Row id.
        title: Plain text.
        contexts: Where it works.
        action: What it does.
        expires_at: When it ends, in milliseconds since the epoch; None for never.
        keywords: What it looks for.
        posts: The posts that it names.
    """

    id: int
    title: str
    contexts: tuple[FilterContext, ...]
    action: FilterAction = FilterAction.WARN
    expires_at: int | None = None
    keywords: tuple[Keyword, ...] = ()
    posts: tuple[FilteredPost, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterMatch:
    """That a filter is about a post.

    Args:
        filter: The filter.
        keywords: What of it is in the post.
        named: The filter names the post itself.
    """

    filter: Filter
    keywords: tuple[str, ...] = ()
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Direct messages of one thread.

    Args:
        id: Row id.
        last_object_id: Row id of the newest of them; conversations sort by it.
        unread: Its owner did not read that yet.
    """

    id: int
    last_object_id: int
    unread: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedTag:
    """A subject that somebody follows; ``id`` sorts by since when."""

    id: int
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturedTag:
    """A subject on somebody's profile.

    Args:
        id: Row id.
        tag: As it is stored.
        name: As it was typed, without ``#``.
        posts: In how many posts for everyone they wrote about it.
        last_at: When last, in milliseconds since the epoch; None for never.
    """

    id: int
    tag: str
    name: str
    posts: int
    last_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeEntry:
    """A post on somebody's home timeline.

    Args:
        entry_id: Where it sorts: row id of the object, or of the share that brought it.
        object_id: Row id of the object.
        author: URI of who wrote it; empty when no longer known.
        shared_by: URI of who brought it here, or None.
    """

    entry_id: int
    object_id: int
    author: str
    shared_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Something that happened and concerns somebody here.

    Args:
        id: Row id; sorts by time.
        kind: Why.
        at: Milliseconds since the epoch.
        actor: URI of who did it, or None.
        object_id: Row id of the post, or None.
        report_id: Row id of what an administrator should look at, or None.
        emoji: Of a reaction; empty otherwise.
        outcome: Of a report, or None.
        text: What the administrator wrote about it, plain text; may be empty.
        group_key: Name of the group that it is told in.
        unread: It is newer than how far the person read.
    """

    id: int
    kind: Kind
    at: int
    actor: str | None = None
    object_id: int | None = None
    report_id: int | None = None
    emoji: str = ""
    outcome: Outcome | None = None
    text: str = ""
    group_key: str = ""
    unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """A post that somebody saved; ``id`` sorts by when."""

    id: int
    object_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """How far somebody read.

    Args:
        last_read_id: Row id of the newest item seen.
        version: Counts the changes.
        updated_at: Milliseconds since the epoch.
    """

    timeline: Timeline
    last_read_id: int
    version: int
    updated_at: int


# --- announcements ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementReaction:
    """One emoji under an announcement.

    Args:
        emoji: Unicode, or the shortcode of one of our own, without colons.
        count: How many people.
        mine: Whether the reader is one of them.
        picture: Of one of our own.
    """

    emoji: str
    count: int
    mine: bool = False
    picture: Emoji | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What administrators tell everybody here.

    Args:
        id: Row id.
        text: Markdown, as it was typed.
        content_html: Sanitised HTML.
        mentions: URIs of the actors that it names.
        hashtags: As they are stored.
        posts: Row ids of the posts that it links to.
        starts_at: From when it is shown, in milliseconds since the epoch; None for at once.
        ends_at: The last moment; None until it is withdrawn.
        all_day: Both are about whole days.
        published_at: None for a draft.
        updated_at: When it was last changed.
        is_shown: It is published, has begun and has not ended.
        read: The reader dismissed it.
        reactions: The oldest emoji first.
        emojis: Custom emoji in the text.
    """

    id: int
    text: str
    content_html: str
    mentions: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    posts: tuple[int, ...] = ()
    starts_at: int | None = None
    ends_at: int | None = None
    all_day: bool = False
    published_at: int | None = None
    updated_at: int = 0
    is_shown: bool = False
    read: bool = False
    reactions: tuple[AnnouncementReaction, ...] = ()
    emojis: tuple[Emoji, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnouncementShown:
    """Everybody here may see an announcement from now on, or as it is now."""

    announcement_id: int


@dataclass(frozen=True, slots=True)
class AnnouncementReacted:
    """Somebody put an emoji under an announcement, or took it away.

    Args:
        announcement_id: Row id.
        emoji: Which one.
        count: How many people there are with it now.
    """

    announcement_id: int
    emoji: str
    count: int


@dataclass(frozen=True, slots=True)
class AnnouncementGone:
    """An announcement is not shown any more."""

    announcement_id: int
