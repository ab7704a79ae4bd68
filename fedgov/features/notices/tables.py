"""What each person here gets to see: their timeline, notifications, bookmarks and how far they read.

Actors and objects are named by row id, so that a timeline entry is a few small
integers and a page of it is one walk along the primary key, however many posts exist.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint, column

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
    UniqueConstraint("owner_id", "kind", "actor_id", "subject_id", "detail"),
    Index("ix_notifications_owner_id", "owner_id", "id"),
    Index("ix_notifications_actor_id", "actor_id"),
    Index("ix_notifications_subject_id", "subject_id"),
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
