"""What is stored about the people of this instance. Only this room touches these tables."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from fedgov.store.tables import metadata

accounts: Final = Table(
    "accounts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("actor_uri", Text, nullable=False, unique=True),
    Column("username", String(30), nullable=False, unique=True),
    Column("email", Text),
    Column("password_hash", Text, nullable=False),  # argon2id, with its own parameters
    Column("administrator", Boolean, nullable=False, server_default="0"),
    Column("language", String(8)),  # None: what the browser says
    Column("default_audience", String(12), nullable=False, server_default="organisation"),
    Column("summary_source", Text, nullable=False, server_default=""),  # markdown, as it was typed
    Column("fields_source", Text, nullable=False, server_default="[]"),  # JSON array of [name, value as typed]
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger),
    Column("disabled_at", BigInteger),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("id", BigInteger, nullable=False, unique=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("csrf_secret", String(100), nullable=False),
    Column("user_agent", String(300), nullable=False, server_default=""),
    Column("address", String(64), nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_sessions_account_id", "account_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("name", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("ix_tokens_account_id", "account_id"),
)

blocks: Final = Table(
    "blocks",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("who", Text, nullable=False),
    Column("whom", Text, nullable=False),
    Column("activity_uri", Text),  # the Block, needed to undo it
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("who", "whom"),
    Index("ix_blocks_whom", "whom"),
)
"""By people here and, as far as their servers tell, by others of people here."""

mutes: Final = Table(
    "mutes",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("who", Text, nullable=False),
    Column("whom", Text, nullable=False),
    Column("until", BigInteger),  # None: until further notice
    Column("notifications", Boolean, nullable=False, server_default="1"),  # what they do is not told either
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("who", "whom"),
)

moves: Final = Table(
    "moves",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_moves_old", "old", "at"),
)
"""Who went on under another URI, here and elsewhere; the cool-down is counted from these."""

attempts: Final = Table(
    "attempts",
    metadata,
    Column("subject", String(120), primary_key=True),  # such as "account:fatima" or "address:192.0.2.1"
    Column("count", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Index("ix_attempts_last_at", "last_at"),
)
"""Log-ins that failed and accounts that were made, for the rate limits."""
