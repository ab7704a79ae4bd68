"""What both storages promise."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from fedgov.kernel.errors import ConflictError, UnreachableError
from fedgov.store import news
from fedgov.store.database import Database, PostgresDatabase, SqliteDatabase
from fedgov.store.signals import EVERYTHING
from fedgov.store.tables import left_news, peers
from fedgov.store.transaction import Transaction, insert_or_ignore, insert_or_update
from tests.tables import make_tables
from tests.unit.store.conftest import NOW, Opener, setting
from tests.unit.store.use_cases import count, known, meet, meet_and_fail


@asynccontextmanager
async def watching(database: Database) -> AsyncIterator[list[str]]:
    """Collect the topics that a database passes on from other processes."""
    heard: list[str] = []
    database.signals.on_signal(heard.append)
    task = asyncio.create_task(database.watch())
    await until(lambda: EVERYTHING in heard)  # it looks, or listens
    heard.clear()
    yield heard
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait for something."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it did not happen"
        await asyncio.sleep(0.01)


async def test_a_use_case_gives_its_result_and_its_rows_stay(database: Database) -> None:
    assert await database.write(meet, host="delft.example") == "DELFT.EXAMPLE"
    assert await database.read(known) == ["delft.example"]


async def test_what_a_use_case_raises_reaches_its_caller_and_nothing_stays(database: Database) -> None:
    refusal = ConflictError("the name is taken")
    with pytest.raises(ConflictError) as raised:
        await database.write(meet_and_fail, host="delft.example", error=refusal)
    assert raised.value is refusal
    assert await database.read(count) == 0


async def test_a_failing_use_case_rolls_back_alone(database: Database) -> None:
    results = await asyncio.gather(
        database.write(meet, host="a.example"),
        database.write(meet_and_fail, host="b.example"),
        database.write(meet, host="c.example"),
        database.write(meet, host="c.example"),
        database.write(meet, host="d.example"),
        return_exceptions=True,
    )
    assert [type(result) for result in results[:2]] == [str, ConflictError]
    assert {type(result) for result in results[2:4]} == {str, IntegrityError}  # whichever came first
    assert await database.read(known) == ["a.example", "c.example", "d.example"]


async def test_a_mistake_in_a_statement_stays_a_loud_mistake(database: Database) -> None:
    def ask_for_nonsense(tx: Transaction) -> None:
        tx.execute(text("SELECT colour FROM peers"))

    for run in (database.write, database.read):
        with pytest.raises(DBAPIError, match="colour"):
            await run(ask_for_nonsense)


async def test_a_caller_resumes_only_when_others_can_read_it(database: Database, another: Opener) -> None:
    elsewhere = another()
    for number in range(20):
        await database.write(meet, host=f"{number}.example")
        assert await elsewhere.read(count) == number + 1


async def test_many_writers_at_once_all_succeed(database: Database) -> None:
    results = await asyncio.gather(*(database.write(meet, host=f"{number}.example") for number in range(100)))
    assert results == [f"{number}.EXAMPLE" for number in range(100)]
    assert await database.read(count) == 100


async def test_signals_come_after_the_commit_and_before_the_caller_resumes(database: Database, another: Opener) -> None:
    elsewhere = another()
    heard: list[str] = []
    seen_by_others: list[asyncio.Task[int]] = []

    def on_signal(topic: str) -> None:
        heard.append(topic)
        seen_by_others.append(asyncio.ensure_future(elsewhere.read(count)))

    database.signals.on_signal(on_signal)
    await database.write(meet, host="delft.example", topic="peer:delft.example")
    assert heard == ["peer:delft.example"]
    assert await seen_by_others[0] == 1


async def test_a_use_case_that_fails_signals_nothing(database: Database) -> None:
    heard: list[str] = []
    database.signals.on_signal(heard.append)
    await asyncio.gather(
        database.write(meet_and_fail, host="a.example", topic="never"),
        database.write(meet, host="b.example", topic="always"),
        return_exceptions=True,
    )
    assert heard == ["always"]


async def test_a_signal_reaches_a_caller_who_gave_up_waiting(database: Database) -> None:
    heard: list[str] = []
    database.signals.on_signal(heard.append)
    task = asyncio.create_task(database.write(meet, host="a.example", topic="written"))
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await database.write(meet, host="b.example")
    stayed = await database.read(known)
    assert ("a.example" in stayed) == ("written" in heard)


async def test_a_reader_can_change_nothing(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        await database.read(meet, host="delft.example")
    assert await database.read(count) == 0
    await database.write(meet, host="delft.example")


async def test_a_reader_sees_one_moment_however_long_it_looks(database: Database, another: Opener) -> None:
    elsewhere = another()
    loop = asyncio.get_running_loop()
    on_postgres = not database.__class__.__name__.startswith("Sqlite")

    def look_twice(tx: Transaction) -> tuple[int, int]:
        first = count(tx)
        if on_postgres:
            tx.execute(text("SELECT pg_sleep(0.3)"))
        else:
            asyncio.run_coroutine_threadsafe(elsewhere.write(meet, host="late.example"), loop).result(5)
        return first, count(tx)

    look = asyncio.create_task(database.read(look_twice))
    if on_postgres:
        await asyncio.sleep(0.1)
        await elsewhere.write(meet, host="late.example")
    assert await look == (0, 0)
    assert await database.read(count) == 1


async def test_what_another_process_commits_is_noticed_within_a_second(
    database: Database, another: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = another()
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    async with watching(database) as heard:
        await elsewhere.write(meet, host="delft.example", topic="peer:delft.example")
        await until(lambda: "peer:delft.example" in heard or EVERYTHING in heard)
    assert max(pauses) <= 0.5  # a look takes some time too, and how much the machine decides


async def test_whoever_reads_what_another_process_wrote_can_catch_up_with_it_first(
    database: Database, another: Opener
) -> None:
    await database.catch_up()
    heard: list[str] = []
    database.signals.on_signal(heard.append)
    await database.catch_up()
    assert heard == []
    await another().write(meet, host="delft.example")
    await database.catch_up()
    assert heard == ([EVERYTHING] if isinstance(database, SqliteDatabase) else [])  # PostgreSQL tells by itself


async def test_our_own_commits_are_not_mistaken_for_those_of_others(database: Database) -> None:
    async with watching(database) as heard:
        await database.write(meet, host="delft.example", topic="peer:delft.example")
        await asyncio.sleep(0.6)
    assert set(heard) == {"peer:delft.example"}


async def test_a_worker_that_waits_is_woken_by_another_process(database: Database, another: Opener) -> None:
    elsewhere = another()
    async with watching(database):
        waiting = asyncio.create_task(database.signals.wait("deliveries", seconds=5))
        await asyncio.sleep(0)
        await elsewhere.write(meet, host="delft.example", topic="deliveries")
        assert await waiting


async def test_closing_finishes_what_waits(database: Database, another: Opener) -> None:
    writes = [asyncio.create_task(database.write(meet, host=f"{number}.example")) for number in range(30)]
    await asyncio.sleep(0)
    if database.__class__.__name__.startswith("Sqlite"):
        await database.close()
    assert len(await asyncio.gather(*writes)) == 30
    assert await another().read(count) == 30


async def test_rows_are_counted_alike_on_both_storages(database: Database) -> None:
    def changes(tx: Transaction) -> list[int]:
        one = {"host": "a.example", "first_seen_at": 1}
        ignore = insert_or_ignore(peers)
        replace = insert_or_update(peers, key=["host"], update=["first_seen_at"])
        return [
            tx.execute(ignore, one),
            tx.execute(ignore, one),
            tx.execute(replace, {"host": "a.example", "first_seen_at": 2}),
            tx.execute(update(peers).where(peers.c.host == "a.example").values(failures=1)),
            tx.execute(update(peers).where(peers.c.host == "z.example").values(failures=1)),
            tx.execute(peers.insert(), []),
            int(tx.value(peers.select().with_only_columns(peers.c.first_seen_at))),
        ]

    assert await database.write(changes) == [1, 0, 1, 1, 0, 0, 2]


async def test_a_server_that_does_not_answer_is_come_back_later(tmp_path: Path) -> None:
    database = PostgresDatabase("postgresql://fedgov@127.0.0.1:1/nowhere", setting=setting(tmp_path))
    for run in (database.write, database.read):
        with pytest.raises(UnreachableError) as refusal:
            await run(count)
        assert refusal.value.retry_after
    await database.close()


@pytest.mark.postgres
async def test_a_deadlock_is_tried_again(postgres_url: str, tmp_path: Path) -> None:
    await make_tables(postgres_url)
    database = PostgresDatabase(postgres_url, setting=setting(tmp_path))
    attempts: list[str] = []

    def change_both(tx: Transaction, *, first: str, second: str) -> None:
        attempts.append(first)
        tx.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
        for host in (first, second):
            statement = update(peers).where(peers.c.host == host)
            tx.execute(statement.values(failures=peers.c.failures + 1))
            tx.execute(text("SELECT pg_sleep(0.1)"))

    for host in ("a.example", "b.example"):
        await database.write(meet, host=host)
    await asyncio.gather(
        database.write(change_both, first="a.example", second="b.example"),
        database.write(change_both, first="b.example", second="a.example"),
    )
    assert len(attempts) > 2, "there was no deadlock"
    assert await database.read(lambda tx: tx.values(select(peers.c.failures))) == [2, 2]
    await database.close()


@pytest.mark.postgres
async def test_a_server_with_no_connection_left_is_come_back_later(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_tables(postgres_url)
    database = PostgresDatabase(postgres_url, setting=setting(tmp_path))
    monkeypatch.setattr(database._engine.pool, "_timeout", 0.1)
    engine = create_async_engine(postgres_url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as holder:
        await holder.execute(text("SELECT pg_advisory_lock(1)"))
        busy = [asyncio.create_task(database.read(rest)) for _ in range(16)]
        async with asyncio.timeout(20):
            while database._engine.pool.checkedout() < 16:  # type: ignore[attr-defined]  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)
        for run in (database.write, database.read):
            with pytest.raises(UnreachableError):
                await run(count)
        await holder.execute(text("SELECT pg_advisory_unlock(1)"))
    await engine.dispose()
    await asyncio.gather(*busy)
    assert await database.read(count) == 0
    await database.close()


def rest(tx: Transaction) -> None:
    """Keep a connection until somebody lets go of the lock."""
    tx.execute(text("SELECT pg_advisory_xact_lock_shared(1)"))


@pytest.mark.postgres
async def test_who_listens_hears_of_everything_after_the_connection_was_lost(postgres_url: str, tmp_path: Path) -> None:
    await make_tables(postgres_url)
    database = PostgresDatabase(postgres_url, setting=setting(tmp_path))
    async with watching(database) as heard:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        await database.write(lambda tx: tx.execute(text(end)))
        await until(lambda: EVERYTHING in heard)
        await database.write(meet, host="a.example", topic="after")
        assert "after" in heard
    await database.close()


def tells(tx: Transaction, *, words: str, fails: bool = False) -> None:
    """Do something of which open streams want to know."""
    news.tell(tx, "post", words)
    tx.signal("deliveries")
    if fails:
        raise ConflictError("not after all")


def facts(heard: list[str]) -> list[str]:
    """What streams were told."""
    return [found.facts[0] for topic in heard if (found := news.read(topic)) is not None]


async def test_open_streams_hear_what_another_process_did_and_only_once(database: Database, another: Opener) -> None:
    beside = another()
    async with watching(database) as heard:
        for words in ("een", "twee"):
            await beside.write(tells, words=words)
        with suppress(ConflictError):
            await beside.write(tells, words="niet", fails=True)
        await until(lambda: len(facts(heard)) == 2)
        await beside.write_behind(tells, words="drie")
        await until(lambda: len(facts(heard)) == 3)
        assert facts(heard) == ["een", "twee", "drie"]
        assert await database.read(left) == 0


async def test_a_server_leaves_nothing_of_its_own(sqlite: Database) -> None:
    async with watching(sqlite) as heard:
        await sqlite.write(tells, words="een")
        assert facts(heard) == ["een"]
        assert await sqlite.read(left) == 0


async def test_what_was_left_while_no_server_ran_is_no_news(sqlite: Database) -> None:
    await sqlite.write(tells, words="oud")
    await sqlite.write(lambda tx: tx.execute(update(left_news).values(at=NOW - news.FRESH)))
    await sqlite.write(tells, words="nieuw")
    assert await sqlite.read(left) == 1
    assert [topic.split()[-1] for topic in await sqlite.write(news.take)] == ["nieuw"]


def left(tx: Transaction) -> int:
    """How many news are left."""
    return len(tx.rows(select(left_news)))
