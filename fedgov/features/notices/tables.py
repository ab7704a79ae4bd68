"""What each person here gets to see: their timeline, notifications, bookmarks and how far they read.

Actors and objects are named by row id, so that a timeline entry is a few small
integers and a page of it is one walk along the primary key, however many posts exist.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    column,
)

from fedgov.store.remembered import CALM
from fedgov.store.tables import metadata

home_entries: Final = Table(
    "home_entries",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),  # actors.id, a local one
    Column("entry_id", BigInteger, primary_key=True, autoincrement=False),  # objects.id, or the row id of a share
    Column("object_id", BigInteger, nullable=False),
    Column("author_id", BigInteger, nullable=False),  # actors.id
    Column("shared_by_id", BigInteger),  # actors.id of who brought it here; None when its author did
    UniqueConstraint("object_id", "owner_id"),  # a post shows once; in this order it finds all copies of a post too
    Index(
        "ix_home_entries_shared_by_id",
        "shared_by_id",
        sqlite_where=column("shared_by_id").is_not(None),
        postgresql_where=column("shared_by_id").is_not(None),
    ),
    sqlite_with_rowid=False,  # the table is its primary key: a page is read from one place on disk
)
"""Written when a post arrives, one row for each reader here (fan-out on write)."""

notifications: Final = Table(
    "notifications",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, nullable=False),  # actors.id, a local one
    Column("kind", String(20), nullable=False),
    # 0 stands for "none" in the next two, because a unique constraint takes every NULL for a different one.
    Column("actor_id", BigInteger, nullable=False),  # actors.id of who did it
    Column("subject_id", BigInteger, nullable=False),  # objects.id of the post; for moderation the report's row id
    Column("detail", String(200), nullable=False, server_default=""),  # emoji of a reaction, outcome of a report
    Column("text", Text, nullable=False, server_default=""),
    Column("at", BigInteger, nullable=False),
    Column("filtered", Boolean, nullable=False, server_default="0"),  # it waits until its owner wants to hear from them
    UniqueConstraint("owner_id", "kind", "actor_id", "subject_id", "detail"),
    Index("ix_notifications_owner_id", "owner_id", "id"),
    Index("ix_notifications_actor_id", "actor_id"),
    # Begins with the post, for what is taken back; goes on to find the newest of a group in one step.
    Index("ix_notifications_subject_id", "subject_id", "kind", "owner_id", "id"),
)

bookmarks: Final = Table(
    "bookmarks",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # sorts by when it was saved
    Column("owner_id", BigInteger, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("object_id", "owner_id"),
    Index("ix_bookmarks_owner_id", "owner_id", "id"),
)

markers: Final = Table(
    "markers",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("timeline", String(20), primary_key=True),  # home, notifications
    Column("last_read_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
"""How far a person has read."""

# --- who gets through -------------------------------------------------------------------------------------------

notification_policies: Final = Table(
    "notification_policies",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("not_following", String(6), nullable=False),  # accept, filter, drop; likewise the others
    Column("not_followers", String(6), nullable=False),
    Column("new_accounts", String(6), nullable=False),
    Column("private_mentions", String(6), nullable=False),
    Column("limited_accounts", String(6), nullable=False),
    info=CALM,
)
"""From whom a person wants to hear; no row: from everyone."""

notification_requests: Final = Table(
    "notification_requests",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("last_object_id", BigInteger),  # the newest post of theirs that waits
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("owner_id", "actor_id"),
    Index("ix_notification_requests_owner_id", "owner_id", "id"),
    Index("ix_notification_requests_actor_id", "actor_id"),
)
"""Whose notifications wait until the person decides."""

notification_permissions: Final = Table(
    "notification_permissions",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("actor_id", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_notification_permissions_actor_id", "actor_id"),
    info=CALM,
)
"""Who gets through whatever the policy says, because the person accepted a request of theirs."""

muted_threads: Final = Table(
    "muted_threads",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("thread_id", BigInteger, primary_key=True, autoincrement=False),
    info=CALM,
)
"""Talks of which a person wants no more notifications."""

follow_choices: Final = Table(
    "follow_choices",
    metadata,
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("author_id", BigInteger, primary_key=True, autoincrement=False),
    Column("notify", Boolean, nullable=False),  # of each new post
    Column("shares", Boolean, nullable=False),  # what they share comes to the home timeline
    Column("languages", Text, nullable=False),  # only posts in these come there, separated by spaces; empty: all
    Index("ix_follow_choices_author_id", "author_id"),
    info=CALM,
)
"""What somebody wants of a person whom they follow, where that is not simply all posts; no row: just that."""

# --- push messages ----------------------------------------------------------------------------------------------

push_keys: Final = Table(
    "push_keys",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1, 2, 3 …: the highest is the one that apps get now
    Column("private", Text, nullable=False),  # PKCS8 in PEM, as the keys of actors
    Column("public", String(90), nullable=False),  # base64url of the point
    Column("created_at", BigInteger, nullable=False),
)
"""The keys by which push servers know this instance: the newest, and older ones that apps subscribed with."""

push_subscriptions: Final = Table(
    "push_subscriptions",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "token_id", BigInteger, nullable=False, unique=True
    ),  # of the app's token: one for each, and it ends with it
    Column("token_sealed", Text, nullable=False),  # the token, for the app to know its account by
    Column("owner_id", BigInteger, nullable=False),  # actors.id, a local one
    Column("endpoint", Text, nullable=False),
    Column("p256dh", String(90), nullable=False),
    Column("auth", String(30), nullable=False),
    Column("key_id", Integer, nullable=False, server_default="1"),  # of push_keys: the key that the app subscribed with
    Column("standard", Boolean, nullable=False),  # the published way of wrapping; otherwise the draft before it
    Column("policy", String(8), nullable=False),  # all, followed, follower, none: of whom
    Column("kinds", Text, nullable=False),  # of what, separated by spaces
    Column("created_at", BigInteger, nullable=False),
    Index("ix_push_subscriptions_owner_id", "owner_id", "id"),
    info=CALM,
)

push_messages: Final = Table(
    "push_messages",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("subscription_id", BigInteger, ForeignKey("push_subscriptions.id", ondelete="CASCADE"), nullable=False),
    Column("notification_id", BigInteger, nullable=False),
    Column("host", String(260), nullable=False),  # of the push server
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Index("ix_push_messages_subscription_id", "subscription_id"),
    Index("ix_push_messages_host", "host", "due_at"),
)
"""What is to be sent, written with the notification; what it says is made when it is sent."""

# --- lists ------------------------------------------------------------------------------------------------------

lists: Final = Table(
    "lists",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, nullable=False),  # actors.id, a local one
    Column("title", Text, nullable=False),
    Column("replies", String(8), nullable=False),  # followed, list, none: answers to whom it shows
    Column("exclusive", Boolean, nullable=False),  # what it shows does not come to the home timeline
    Column("created_at", BigInteger, nullable=False),
    Index("ix_lists_owner_id", "owner_id", "id"),
    info=CALM,
)

list_members: Final = Table(
    "list_members",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # sorts by when they were added
    Column("list_id", BigInteger, ForeignKey("lists.id", ondelete="CASCADE"), nullable=False),
    Column("member_id", BigInteger, nullable=False),  # actors.id
    UniqueConstraint("member_id", "list_id"),
    Index("ix_list_members_list_id", "list_id", "id"),
    info=CALM,
)

list_entries: Final = Table(
    "list_entries",
    metadata,
    Column("list_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, primary_key=True, autoincrement=False),  # objects.id, or the row id of a share
    Column("object_id", BigInteger, nullable=False),
    Column("author_id", BigInteger, nullable=False),  # actors.id
    Column("shared_by_id", BigInteger),  # actors.id of the member who brought it here; None when they wrote it
    UniqueConstraint("object_id", "list_id"),
    Index(
        "ix_list_entries_shared_by_id",
        "shared_by_id",
        sqlite_where=column("shared_by_id").is_not(None),
        postgresql_where=column("shared_by_id").is_not(None),
    ),
    sqlite_with_rowid=False,
)
"""Written when a post arrives, one row for each list that shows it, as for the home timeline."""

# --- filters ----------------------------------------------------------------------------------------------------

filters: Final = Table(
    "filters",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, nullable=False),  # actors.id, a local one
    Column("title", Text, nullable=False),
    Column("contexts", String(60), nullable=False),  # where it works, separated by spaces
    Column("action", String(8), nullable=False),  # warn, hide, blur
    Column("expires_at", BigInteger),  # None: until further notice
    Index("ix_filters_owner_id", "owner_id", "id"),
)

filter_keywords: Final = Table(
    "filter_keywords",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("filter_id", BigInteger, ForeignKey("filters.id", ondelete="CASCADE"), nullable=False),
    Column("keyword", Text, nullable=False),
    Column("whole_word", Boolean, nullable=False),
    Index("ix_filter_keywords_filter_id", "filter_id", "id"),
)

filter_posts: Final = Table(
    "filter_posts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("filter_id", BigInteger, ForeignKey("filters.id", ondelete="CASCADE"), nullable=False),
    Column("object_id", BigInteger, nullable=False),
    UniqueConstraint("object_id", "filter_id"),
    Index("ix_filter_posts_filter_id", "filter_id", "id"),
)

# --- talks and subjects -----------------------------------------------------------------------------------------

conversations: Final = Table(
    "conversations",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, nullable=False),  # actors.id, a local one
    Column("thread_id", BigInteger, nullable=False),
    Column("last_object_id", BigInteger, nullable=False),  # the newest direct post of the thread; it sorts by this
    Column("unread", Boolean, nullable=False),
    UniqueConstraint("owner_id", "thread_id"),
    Index("ix_conversations_owner_id", "owner_id", "last_object_id"),
    Index("ix_conversations_last_object_id", "last_object_id"),
)
"""Direct messages by thread, for each of those here who take part."""

followed_tags: Final = Table(
    "followed_tags",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("tag", String(128), nullable=False),
    UniqueConstraint("tag", "owner_id"),
    Index("ix_followed_tags_owner_id", "owner_id", "id"),
    info=CALM,
)

featured_tags: Final = Table(
    "featured_tags",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("tag", String(128), nullable=False),
    Column("name", String(128), nullable=False),  # as it was typed
    UniqueConstraint("owner_id", "tag"),
)
"""Subjects that somebody shows on their profile."""

announcements: Final = Table(
    "announcements",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),  # markdown, as it was typed
    Column("content_html", Text, nullable=False),
    Column("mentions", Text, nullable=False, server_default="[]"),  # JSON array of URIs of actors
    Column("hashtags", Text, nullable=False, server_default="[]"),  # JSON array
    Column("posts", Text, nullable=False, server_default="[]"),  # JSON array of row ids of objects
    Column("starts_at", BigInteger),  # None: at once
    Column("ends_at", BigInteger),  # None: until it is withdrawn
    Column("all_day", Boolean, nullable=False, server_default="0"),
    Column("published_at", BigInteger),  # None: a draft, or withdrawn
    Column("announced", Boolean, nullable=False, server_default="0"),  # apps that are open were told to show it
    Column("author", Text, nullable=False, server_default=""),  # URI of an actor; empty: the command line
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
"""What administrators tell everybody here."""

announcement_dismissals: Final = Table(
    "announcement_dismissals",
    metadata,
    Column("announcement_id", BigInteger, ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True),
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),  # actors.id
    Column("at", BigInteger, nullable=False),
    Index("ix_announcement_dismissals_owner_id", "owner_id"),
)
"""Who has read which."""

announcement_reactions: Final = Table(
    "announcement_reactions",
    metadata,
    Column("announcement_id", BigInteger, ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True),
    Column("emoji", String(100), primary_key=True),
    Column("actor_id", BigInteger, primary_key=True, autoincrement=False),  # actors.id
    Column("at", BigInteger, nullable=False),
    Index("ix_announcement_reactions_actor_id", "actor_id"),
)
