"""Uploaded files, and copies of files from elsewhere. The bytes themselves are in the instance's folder."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text

from fedgov.store.tables import metadata

media: Final = Table(
    "media",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),  # URI of a local actor
    Column("token", String(32), nullable=False, unique=True),  # 128 random bits; also the name of the file on disk
    Column("kind", String(10), nullable=False),  # image, audio, video, document
    Column("media_type", String(100), nullable=False),
    Column("name", Text, nullable=False, server_default=""),  # as given, only to be shown
    Column("alt", Text, nullable=False, server_default=""),
    Column("width", Integer),
    Column("height", Integer),
    Column("blurhash", String(128)),
    Column("focal_x", Float),  # what must stay in sight: from -1 (left) to 1
    Column("focal_y", Float),  # from -1 (below) to 1
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("has_preview", Boolean, nullable=False, server_default="0"),
    Column("public", Boolean, nullable=False, server_default="0"),  # a profile picture: hangs on no object
    Column("object_id", BigInteger),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),  # shown to nobody any more; the sweeper removes file and row
    Index("ix_media_object_id", "object_id", "position"),
    Index("ix_media_owner", "owner"),
    Index("ix_media_deleted_at", "deleted_at"),
)

media_copies: Final = Table(
    "media_copies",
    metadata,
    Column("url_hash", String(64), primary_key=True),  # SHA-256 of the URL; also the name of the file on disk
    Column("url", Text, nullable=False),
    Column("media_type", String(100), nullable=False, server_default=""),
    Column("size", BigInteger, nullable=False, server_default="0"),  # of file and preview together
    Column("has_preview", Boolean, nullable=False, server_default="0"),
    Column("fetched_at", BigInteger, nullable=False),
    Column("last_used", BigInteger, nullable=False),
    Column("failed_until", BigInteger),  # not asked for again before this
    Index("ix_media_copies_last_used", "last_used"),
)
