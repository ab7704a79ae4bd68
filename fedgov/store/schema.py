"""Making and upgrading the database schema with Alembic, forward only."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from fedgov.kernel.errors import ConflictError
from fedgov.store.writer import set_up_connections


def _alembic() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def newest_revision() -> str:
    """Return the schema version that this program knows."""
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    assert head is not None  # noqa: S101 - the package ships at least one migration
    return head


async def upgrade(url: str) -> str:
    """Bring a database to the newest schema; an empty one gets all of it.

    Args:
        url: ``sqlite:///PATH`` or ``postgresql://…``.

    Returns:
        The revision it has now.

    Raises:
        ConflictError: The database was made by a newer fedgov; nothing was changed.
    """
    if url.startswith("sqlite:"):
        engine = create_engine(url, poolclass=NullPool)
        set_up_connections(engine, read_only=False)
        with engine.connect() as connection:
            return _upgrade(connection)
    async_engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)
    async with async_engine.connect() as async_connection:
        return await async_connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> str:
    scripts = ScriptDirectory.from_config(_alembic())
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise ConflictError(
            f"the database has schema {current}, which this version of fedgov does not know; install the newer fedgov"
        )
    head = newest_revision()
    if current != head:
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return head
