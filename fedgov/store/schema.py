"""Making and upgrading the database schema with Alembic, forward only."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from fedgov.kernel.errors import ConflictError, UnreachableError
from fedgov.store.transaction import Transaction
from fedgov.store.writer import set_up_connections

_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(7061697665)")
"""Of two processes that start at the same moment, the second finds the work done."""
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_CURRENT: Final = text("SELECT version_num FROM alembic_version")


def revisions() -> list[str]:
    """Return the schema versions that this program knows, oldest first: the numbers of the migration files."""
    return sorted(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def newest_revision() -> str:
    """Return the newest schema version that this program knows."""
    return revisions()[-1]


def current_revision(tx: Transaction) -> str:
    """Return the schema version that a database has now; another process may have upgraded it."""
    return str(tx.value(_CURRENT))


async def upgrade(url: str) -> str:
    """Bring a database to the newest schema, all of it or nothing; an empty one gets everything.

    Args:
        url: ``sqlite:///PATH`` or ``postgresql://…``.

    Returns:
        The revision it has now.

    Raises:
        ConflictError: The database was made by a newer fedgov; nothing was changed.
        UnreachableError: The database cannot be opened.
    """
    if url.startswith("sqlite:"):
        return _upgrade_sqlite(url)
    return await _upgrade_postgres(url)


def _upgrade_sqlite(url: str) -> str:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")  # we say BEGIN ourselves
    set_up_connections(engine, read_only=False)
    try:
        connection = engine.connect()
    except Exception as error:
        raise _cannot_open(error) from error
    with connection:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # of two processes, the second finds it done
        except DBAPIError as error:
            raise _cannot_open(error) from error
        revision = _upgrade(connection)
        connection.exec_driver_sql("COMMIT")
        return revision


async def _upgrade_postgres(url: str) -> str:
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - half a start's time, not for SQLite

    try:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)
        connection = await engine.connect()
    except ModuleNotFoundError as error:
        raise _cannot_open("asyncpg is not installed: pip install 'fedgov[postgres]'") from error
    except (ValueError, OverflowError, ArgumentError):  # their words hold the password
        raise _cannot_open("its address is not postgresql://USER:PASSWORD@HOST:PORT/NAME") from None
    except Exception as error:
        raise _cannot_open(error) from error
    async with aclosing(connection):
        await connection.execute(_ONE_AT_A_TIME)
        revision = await connection.run_sync(_upgrade)
        await connection.commit()
        return revision


def _cannot_open(reason: object) -> UnreachableError:
    words = getattr(reason, "orig", None) or reason
    return UnreachableError("the database cannot be opened", detail=str(words).strip())


def _upgrade(connection: Connection) -> str:
    current = connection.execute(_CURRENT).scalar() if inspect(connection).has_table("alembic_version") else None
    known = revisions()
    if current is not None and current not in known:
        raise ConflictError(
            f"the database has schema {current}, which this version of fedgov does not know; install the newer fedgov"
        )
    if current != known[-1]:
        _migrate(connection)
    return known[-1]


def _migrate(connection: Connection) -> None:
    # Loaded only when there is something to do: it takes longer than all the rest of a start.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
