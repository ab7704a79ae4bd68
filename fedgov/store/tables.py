"""The tables that every floor above shares.

A room adds tables of its own in ``features/<room>/tables.py``; only that room
touches them. Times are integers (milliseconds since the epoch, UTC), JSON is
text exactly as it was received, so that a wrapped or forwarded document stays
byte for byte what its author signed.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    column,
    literal_column,
)

from fedgov.store.remembered import CALM

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def is_queued(rows: FromClause) -> ColumnElement[bool]:
    """Tell whether a delivery or an activity waits its turn; as an index knows it, so without parameters."""
    return rows.c.state == literal_column("'queued'")


def was_tried(rows: FromClause) -> ColumnElement[bool]:
    """Tell whether it waits after an attempt that failed: then the others of its key wait for it."""
    return and_(is_queued(rows), rows.c.attempts > literal_column("0"))


actors: Final = Table(
    "actors",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False, unique=True),
    Column("host", String(260), nullable=False),
    Column("local", Boolean, nullable=False),
    Column("kind", String(20), nullable=False),  # Person, Organization, Application, Service, Group
    Column("username", String(128), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("summary_html", Text, nullable=False, server_default=""),
    Column("function", Text, nullable=False, server_default=""),
    Column("department", Text, nullable=False, server_default=""),
    Column("avatar_url", Text),
    Column("avatar_alt", Text, nullable=False, server_default=""),  # what is on it, plain text
    Column("header_url", Text),
    Column("header_alt", Text, nullable=False, server_default=""),
    Column("inbox", Text, nullable=False),
    Column("shared_inbox", Text),
    Column("followers_uri", Text),
    Column("featured_uri", Text),
    Column("approves_followers", Boolean, nullable=False, server_default="0"),
    Column("discoverable", Boolean, nullable=False, server_default="0"),
    Column("indexable", Boolean, nullable=False, server_default="0"),
    Column("lists_followers", Boolean, nullable=False, server_default="1"),  # False: counts only
    Column("moved_to", Text),
    Column("also_known_as", Text, nullable=False, server_default="[]"),  # JSON array of URIs
    Column(
        "fields", Text, nullable=False, server_default="[]"
    ),  # JSON array of [name, sanitised HTML], and since when its link leads back
    Column("emojis", Text, nullable=False, server_default="[]"),  # of local actors: JSON as in posts
    Column("document", Text),  # JSON as received; None for local actors, whose document is built
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("fetched_at", BigInteger),
    Column("disabled_at", BigInteger),
    Column("deleted_at", BigInteger),
    Column("edition", BigInteger, nullable=False, server_default="0"),  # another after each change (`store.editions`)
    Index("ix_actors_handle", "username", "host"),
    Index("ix_actors_host", "host"),
    info=CALM,
)

custom_emojis: Final = Table(
    "custom_emojis",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("shortcode", String(64), nullable=False, unique=True),  # without colons
    Column("category", String(64), nullable=False, server_default=""),
    Column("token", String(32), nullable=False),  # of its picture in ``media``
    Column("media_type", String(100), nullable=False),
    Column("hidden", Boolean, nullable=False, server_default="0"),  # in no list to choose from; still used by name
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
"""Small pictures of this instance's own, which stand in texts for a name between colons."""

keys: Final = Table(
    "keys",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("key_id", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("kind", String(10), nullable=False),  # rsa, ed25519
    Column("purpose", String(20), nullable=False),  # actor, organisation
    Column("public", Text, nullable=False),  # PEM (rsa) or Multikey text (ed25519)
    Column("private", Text),  # PEM; None for remote keys and for the organisation key
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("fetched_at", BigInteger),
    Index("ix_keys_owner", "owner"),
)

follows: Final = Table(
    "follows",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("follower", Text, nullable=False),
    Column("following", Text, nullable=False),
    Column("activity_uri", Text),  # the Follow, needed to accept, reject or undo it
    Column("state", String(10), nullable=False),  # pending, accepted
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("follower", "following"),
    Index("ix_follows_following", "following", "state", "id"),
    Index("ix_follows_follower", "follower", "state", "id"),
    info=CALM,
)

follow_figures: Final = Table(
    "follow_figures",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("followers", Integer, nullable=False, server_default="0"),
    Column("following", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,  # as the audience below
)
"""How many accepted follows there are of each actor and by it: kept by the database (`fedgov.store.counters`)."""

objects: Final = Table(
    "objects",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False, unique=True),
    Column("type", String(100), nullable=False),
    Column("attributed_to", Text, nullable=False),
    Column("local", Boolean, nullable=False),
    Column("visibility", String(12), nullable=False),
    Column("document", Text),  # JSON as received or as published; None once deleted
    Column("published_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger),
    Column("received_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Index("ix_objects_attributed_to", "attributed_to", "id"),
    Index(
        "ix_objects_deleted_at",
        "deleted_at",
        sqlite_where=column("deleted_at").is_not(None),
        postgresql_where=column("deleted_at").is_not(None),
    ),
)
"""Every object once, local or remote. A row with ``deleted_at`` is a Tombstone and is never revived."""

audience: Final = Table(
    "audience",
    metadata,
    Column("object_id", BigInteger, ForeignKey("objects.id", ondelete="CASCADE"), primary_key=True),
    Column("target", Text, primary_key=True),
    Index("ix_audience_target", "target", "object_id"),
    sqlite_with_rowid=False,  # the table is its primary key: one copy of every address less
)
"""Whom an object is addressed to, by actor or collection URI; the Public collection is not repeated here."""

activities: Final = Table(
    "activities",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("uri", Text, nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("type", String(40), nullable=False),
    Column("object_uri", Text),
    Column("visibility", String(12), nullable=False),
    Column("document", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Index("ix_activities_actor", "actor", "visibility", "id"),
    Index("ix_activities_object_uri", "object_uri"),
)
"""What local actors did, as it was signed and sent."""

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("activity_id", BigInteger, ForeignKey("activities.id"), nullable=False),
    Column("host", String(260), nullable=False),
    Column("inbox", Text, nullable=False),
    Column("recipients", Text, nullable=False, server_default="[]"),  # JSON array, only for personal inboxes
    Column("order_key", Text, nullable=False),
    Column("state", String(10), nullable=False),  # queued, sent, parked, failed, withdrawn
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("reason", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("confirmed_at", BigInteger),
    Index("ix_deliveries_due", "state", "host", "id"),
    Index("ix_deliveries_activity_id", "activity_id"),
)
Index(
    "ix_deliveries_waiting",
    deliveries.c.host,
    deliveries.c.order_key,
    deliveries.c.next_attempt_at,
    sqlite_where=was_tried(deliveries),
    postgresql_where=was_tried(deliveries),
)

peers: Final = Table(
    "peers",
    metadata,
    Column("host", String(260), primary_key=True),
    Column("shape", String(20)),  # how it wants requests signed; None: not learnt
    Column("shape_learnt_at", BigInteger),
    Column("strong_count", Integer, nullable=False, server_default="0"),  # verified RFC 9421 Ed25519 requests
    Column("pinned_at", BigInteger),
    Column("name", Text),  # of the organisation, as the peer says
    Column("software", Text),
    Column("described_at", BigInteger),  # when its NodeInfo was last read
    Column("implements", Text, nullable=False, server_default="[]"),  # JSON array of capability URIs
    Column("first_seen_at", BigInteger, nullable=False),
    Column("last_inbound_at", BigInteger),
    Column("last_success_at", BigInteger),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", BigInteger),
    Column("next_attempt_at", BigInteger),
    Column("parked_at", BigInteger),
    Column("reason", Text),
    Index(
        "ix_peers_next_attempt_at",
        "next_attempt_at",
        sqlite_where=column("next_attempt_at").is_not(None),
        postgresql_where=column("next_attempt_at").is_not(None),
    ),
)

inbox_items: Final = Table(
    "inbox_items",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("origin", String(280), nullable=False),
    Column("activity_uri", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("type", String(100), nullable=False),
    Column("order_key", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # exactly as received
    Column("key_id", Text, nullable=False),
    Column("proven", Boolean, nullable=False),  # carried a valid FEP-8b32 proof
    Column("dated", Boolean, nullable=False, server_default="0"),  # says itself when it was made
    Column("state", String(10), nullable=False),  # queued, done, refused, parked
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("reason", Text),
    Column("received_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    UniqueConstraint("origin", "activity_uri"),
    Index("ix_inbox_items_due", "state", "id", "next_attempt_at", "attempts"),
)
"""The log of accepted activities; the unique constraint is what makes a replay harmless."""
Index(
    "ix_inbox_items_waiting",
    inbox_items.c.order_key,
    inbox_items.c.next_attempt_at,
    sqlite_where=was_tried(inbox_items),
    postgresql_where=was_tried(inbox_items),
)

audit_entries: Final = Table(
    "audit_entries",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3 … without gaps
    Column("at", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),  # what was done, such as domain.blocked
    Column("who", Text, nullable=False),  # URI of an actor, "system:NAME", or empty
    Column("door", String(20), nullable=False),  # web, command line, api, server
    Column("source", String(60), nullable=False),  # network that it came from
    Column("target", Text, nullable=False),  # on what: URI, domain, number; empty when the kind says all
    Column("result", String(10), nullable=False),  # done, failed, refused
    Column("hash", String(64), nullable=False),  # SHA-256 over the entry before and this one
    Index("ix_audit_entries_who", "who", "number"),
    Index("ix_audit_entries_target", "target", "number"),
    Index("ix_audit_entries_kind", "kind", "number"),
)
"""Who administered what, and who logged in: written by `fedgov.store.audit` alone, guarded by triggers."""

audit_head: Final = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("number", BigInteger, nullable=False),  # of the newest entry
    Column("hash", String(64), nullable=False),
    Column("anchor_number", BigInteger, nullable=False),  # of the newest entry that was pruned
    Column("anchor_hash", String(64), nullable=False),
)
"""Both ends of the chain of audit entries, in one row; also the lock that puts writers in a row."""

leases: Final = Table(
    "leases",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("fence", BigInteger, nullable=False),  # grows by one each time it changes hands
    Column("until", BigInteger, nullable=False),
)
"""Which of several processes does what; only used on PostgreSQL."""

left_news: Final = Table(
    "left_news",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),  # as `fedgov.store.news` has it
)
"""News for open streams that the command line left beside a running server; only used on SQLite."""

erasures: Final = Table(
    "erasures",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(10), nullable=False),  # object, actor, file, disabled, enabled
    Column("what", Text, nullable=False),
    Column("author", Text, nullable=False, server_default=""),
)
"""What was erased and does not stand in the file beside the database yet (`fedgov.store.erasures`)."""
