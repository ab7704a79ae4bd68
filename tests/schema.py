"""Drafting a migration: ``python -m tests.schema "message"`` (``make migration MESSAGE="…"``).

Alembic compares the tables in the code with what the migrations so far make, and
writes the difference. Read and correct what it wrote: it is a draft.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import fedgov.app
from fedgov.store import schema
from fedgov.store.tables import metadata


def draft(message: str) -> None:
    """Write the next migration."""
    assert fedgov.app.FEATURES  # importing the rooms has filled the metadata
    folder = Path(schema.__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    number = sum(1 for path in (folder / "versions").glob("[0-9]*.py")) + 1
    with tempfile.TemporaryDirectory() as scratch:
        engine = create_engine(f"sqlite:///{scratch}/schema.sqlite3")
        with engine.connect() as connection:
            config.attributes |= {"connection": connection, "metadata": metadata}
            command.upgrade(config, "head")
            connection.commit()
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
        engine.dispose()


if __name__ == "__main__":
    draft(" ".join(sys.argv[1:]) or "Changed tables")
