"""The rules that an administrator made about other servers."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from fedgov.store.tables import metadata

domain_rules: Final = Table(
    "domain_rules",
    metadata,
    Column("domain", String(260), primary_key=True),  # canonical; with a port when it is about that port only
    Column("rule", String(10), nullable=False),  # blocked, listed
    Column("reason", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False, server_default=""),  # URI of an actor; empty: the command line
    Column("id", BigInteger, nullable=False, unique=True),
    Column("note", Text, nullable=False, server_default=""),  # for administrators only
)

trust_mode: Final = Table(
    "trust_mode",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # one row, always 1
    Column("mode", String(10), nullable=False),  # open, listed
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", Text, nullable=False, server_default=""),
)
"""What an administrator chose on the page; ``listed`` in the configuration cannot be widened by it."""
