"""PostgreSQL databases with all tables, lent to one test after another.

To make one takes fifty times as long as to empty one. What a test leaves behind is
deleted without asking triggers; a database whose tables it changed, or that
somebody still has open, is not lent again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any, Final

import asyncpg

from tests.services import PostgresServer, aside
from tests.tables import make_tables

# Every change of a table, an index, a guard or a function writes or removes rows of these.
_CATALOGUES: Final = ("pg_class", "pg_attribute", "pg_index", "pg_constraint", "pg_trigger", "pg_proc")
_SHAPE: Final = "SELECT " + " || ' ' || ".join(
    f"(SELECT concat(count(*), ' ', max(xmin::text::bigint)) FROM {name})" for name in _CATALOGUES
)
_USED: Final = """
    SELECT coalesce(array_agg(format('%I', relname)), '{}') FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""
_OTHERS: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class FurnishedDatabases:
    """Databases with all tables on one server.

    Args:
        server: Where they are.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._free: dict[str, str] = {}

    @contextlib.contextmanager
    def lend(self) -> Iterator[str]:
        """The URL of a database with all tables and nothing in them."""
        url, shape = self._free.popitem() if self._free else self._make()
        yield url
        if aside(_empty(url, shape)):
            self._free[url] = shape
        else:
            self._server.drop(url)

    def _make(self) -> tuple[str, str]:
        url = self._server.add()
        aside(make_tables(url))
        return url, aside(_shape(url))


async def _shape(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval(_SHAPE))
    finally:
        await connection.close()


async def _empty(url: str, shape: str) -> bool:
    """Delete everything that is in the tables; tell whether the database is as it was when it was new."""
    connection = await asyncpg.connect(url)
    try:
        if not await _is_alone(connection) or await connection.fetchval(_SHAPE) != shape:
            return False
        await connection.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
        if used := await connection.fetchval(_USED):
            await connection.execute(";".join(f"DELETE FROM {name}" for name in used))
            await connection.execute(f"VACUUM {', '.join(used)}")  # so that what comes is put from the beginning again
        left: list[str] = await connection.fetchval(_USED)
        return not left
    finally:
        await connection.close()


async def _is_alone(connection: Any) -> bool:
    """Wait a little for those who are just leaving."""
    for _attempt in range(100):
        if await connection.fetchval(_OTHERS) == 0:
            return True
        await asyncio.sleep(0.01)
    return False
