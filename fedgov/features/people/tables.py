"""What is stored about the people of this instance. Only this room touches these tables."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from fedgov.store.remembered import CALM
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
    Column("app_audience", String(12), nullable=False, server_default="public"),  # where an app does not say
    Column("quote_policy", String(10), nullable=False, server_default="public"),  # as `QuotePolicy`
    Column("summary_source", Text, nullable=False, server_default=""),  # markdown, as it was typed
    Column("fields_source", Text, nullable=False, server_default="[]"),  # JSON array of [name, value as typed]
    Column("posts_sensitive", Boolean, nullable=False, server_default="0"),  # apps mark what is posted as sensitive
    Column("posts_language", String(8)),  # of what is posted by apps; None: what the app says
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger),
    Column("disabled_at", BigInteger),
    Column("pending", Boolean, nullable=False, server_default="0"),  # waits for an administrator; disabled until then
    Column("reason", Text, nullable=False, server_default=""),  # why somebody who waits wants an account, plain text
)

sanctions: Final = Table(
    "sanctions",
    metadata,
    Column("actor_uri", Text, primary_key=True),
    Column("limited_at", BigInteger),  # shown only to those who follow them
    Column("sensitive_at", BigInteger),  # what they post is marked as sensitive
    Column("suspended_at", BigInteger),  # shown to nobody, and nothing is taken from them
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False, server_default=""),  # URI of an actor; empty: the command line
    info=CALM,
)
"""What an administrator decided about somebody, here or elsewhere; None for what does not hold."""

profile_links: Final = Table(
    "profile_links",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("url", String(200), primary_key=True),  # as it stands on the profile
    Column("confirmed_at", BigInteger),  # when the page was first seen to link back; None: it does not
    Column("look_at", BigInteger, nullable=False),
    Index("ix_profile_links_look_at", "look_at"),
)
"""Pages that people link to from their profiles."""

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

apps: Final = Table(
    "apps",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("client_id", String(64), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("website", Text),
    Column("redirect_uris", Text, nullable=False),  # separated by line ends
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("created_at", BigInteger, nullable=False),
    Index("ix_apps_created_at", "created_at"),
)
"""Programs that registered themselves; anybody may do that, so that it means nothing yet."""

codes: Final = Table(
    "codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("app_id", BigInteger, ForeignKey("apps.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("code_challenge", String(43)),  # None: the app sent none
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("token_id", BigInteger),  # what it was exchanged for; None: not yet
    Index("ix_codes_app_id", "app_id"),
    Index("ix_codes_account_id", "account_id"),
    Index("ix_codes_expires_at", "expires_at"),
)
"""What a person gave an app to fetch a token with, once."""

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("app_id", BigInteger, ForeignKey("apps.id", ondelete="CASCADE")),  # None: made on the command line
    Column("account_id", BigInteger, ForeignKey("accounts.id", ondelete="CASCADE")),  # None: the app's own
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("name", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("ix_tokens_account_id", "account_id"),
    Index("ix_tokens_app_id", "app_id"),
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
    info=CALM,
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
    Index("ix_mutes_whom", "whom"),
    info=CALM,
)

host_blocks: Final = Table(
    "host_blocks",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("who", Text, nullable=False),
    Column("host", String(260), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("who", "host"),
    Index("ix_host_blocks_host", "host"),
    info=CALM,
)
"""Servers of which a person here wants to see nothing; for the whole instance an administrator decides, elsewhere."""

notes: Final = Table(
    "notes",
    metadata,
    Column("who", Text, primary_key=True),
    Column("whom", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_notes_whom", "whom"),
)
"""What somebody wrote down about somebody, for themselves alone."""

endorsements: Final = Table(
    "endorsements",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("who", Text, nullable=False),
    Column("whom", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("who", "whom"),
    Index("ix_endorsements_whom", "whom"),
)
"""Whom somebody recommends on their profile."""

dismissed_suggestions: Final = Table(
    "dismissed_suggestions",
    metadata,
    Column("who", Text, primary_key=True),
    Column("whom", Text, primary_key=True),
    Index("ix_dismissed_suggestions_whom", "whom"),
)
"""Whom somebody does not want to be suggested."""

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
