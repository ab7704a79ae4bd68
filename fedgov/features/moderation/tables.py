"""What people asked an administrator to look at."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text

from fedgov.store.tables import metadata

reports: Final = Table(
    "reports",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("reporter", Text, nullable=False),  # URI; of another server often its Application actor
    Column("target", Text, nullable=False),  # URI of the actor it is about
    Column("objects", Text, nullable=False, server_default="[]"),  # JSON array of URIs, all of them by the target
    Column("text", Text, nullable=False, server_default=""),  # plain
    Column("category", String(10), nullable=False, server_default="other"),  # spam, legal, violation, other
    Column("rules", Text, nullable=False, server_default="[]"),  # JSON array of the house rules that were broken
    Column("flag_uri", Text),  # the Flag that came in, or that was passed on
    Column("forwarded", Boolean, nullable=False, server_default="0"),
    Column("state", String(10), nullable=False),  # open, resolved, rejected
    Column("outcome", String(10)),  # what the other server answered: accepted, rejected
    Column("decided_by", Text),
    Column("note", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("assigned_to", Text),  # URI of the administrator who looks into it
    Column("updated_at", BigInteger),  # None: nobody did anything with it yet
    Index("ix_reports_state", "state", "id"),
    Index("ix_reports_reporter", "reporter", "state"),
    Index("ix_reports_flag_uri", "flag_uri"),
)
