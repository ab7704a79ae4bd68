"""R10b: what was erased after a backup stays erased when that backup is restored, and who had left is not let in."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from fedgov.activitystreams.audience import Visibility
from fedgov.app import open_instance
from fedgov.cli import reopening
from fedgov.features.notices.tables import push_messages
from fedgov.features.posts.service import drafting, publishing
from fedgov.features.posts.tables import posts, scheduled_posts
from fedgov.features.posts.vocabulary import PostDraft
from fedgov.federation import follows as follow_rows
from fedgov.federation import objects
from fedgov.kernel import config as configuration
from fedgov.kernel.clock import DAY, HOUR
from fedgov.store import erasures
from fedgov.store.tables import follows as follow_table
from fedgov.store.transaction import Transaction
from tests.cli.commandline import Served, ask, change, done, hire, make_instance, refused, rows, serving, until
from tests.faults import writings
from tests.fediverse import Colleague, Fediverse, Town

PATIENCE = 90.0


class Gouda:
    """A real instance with a server of its own, and its backups."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = make_instance(home, "gouda")
        self.domain = f"gouda.localhost:{self.port}"
        self.fatima = f"http://{self.domain}/users/fatima"
        for who in ("fatima", "jan"):
            hire(home, "gouda", who)

    def serve(self, stack: ExitStack) -> Served:
        return stack.enter_context(serving("--home", self.home, "serve", "gouda", says="gemeente Gouda"))

    def get(self, uri: str) -> Any:
        return ask(self.port, uri.partition(self.domain)[2], host=self.domain)

    async def write(self, use_case: Callable[..., Any], **values: Any) -> Any:
        """Do something beside the server, as its pages would."""
        async with open_instance(configuration.load(self.home / "gouda")) as running:
            return await running.instance.write(use_case, **values)


async def follow(who: Colleague, whom: str, handle: str) -> None:
    await who.follow(Colleague(town=_Named(handle), username="fatima", uri=whom))  # type: ignore[arg-type]


class _Named:
    """As much of a town hall as following needs."""

    def __init__(self, domain: str) -> None:
        self.domain = domain


async def arrives(question: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await question():  # noqa: ASYNC110 - another server offers no event
            await asyncio.sleep(0.05)


def _followers(tx: Transaction, *, of: str) -> set[str]:
    wanted = select(follow_table.c.follower).where(follow_table.c.following == of, follow_table.c.state == "accepted")
    return set(tx.values(wanted))


async def gone(town: Town, uri: str) -> bool:
    row = await town.ask(objects.find, uri=uri)
    return row is not None and row.deleted_at is not None


async def test_r10b_what_was_erased_since_an_old_backup_stays_erased_and_the_rest_goes_on(
    fediverse: Fediverse, home: Path, tmp_path: Path
) -> None:
    gouda = await asyncio.to_thread(Gouda, home)
    delft = await fediverse.add("delft")
    bram, els = await delft.as_("bram"), await delft.as_("els")
    copy = tmp_path / "gouda.tar.gz"

    with ExitStack() as stack:
        await asyncio.to_thread(gouda.serve, stack)
        await follow(bram, gouda.fatima, gouda.domain)
        await arrives(lambda: delft.ask(follow_rows.is_follower, follower=bram.uri, following=gouda.fatima))
        stays = (await asyncio.to_thread(done, home, "post", "fatima", "Dit blijft")).strip()
        goes = (await asyncio.to_thread(done, home, "post", "fatima", "Dit gaat weg")).strip()
        await arrives(lambda: delft.object(goes))
        await asyncio.to_thread(done, home, "token", "create", "fatima", "--scopes", "read")
        change(
            home,
            "gouda",
            "INSERT INTO sessions (token_hash, id, account_id, csrf_secret, created_at, seen_at, expires_at)"
            " SELECT 'x', 1, id, 'y', 1, 1, 9999999999999 FROM accounts WHERE username = 'fatima'",
        )
        await asyncio.to_thread(done, home, "backup", str(copy))

        number = int(goes.rpartition("/")[2])
        await gouda.write(publishing.delete_post, actor=gouda.fatima, object_id=number)
        await asyncio.to_thread(done, home, "user", "disable", "jan")
        await follow(els, gouda.fatima, gouda.domain)
        await arrives(lambda: delft.ask(follow_rows.is_follower, follower=els.uri, following=gouda.fatima))
        await arrives(lambda: gone(delft, goes))

    old = tmp_path / "lost"
    (home / "gouda").rename(old)
    await asyncio.to_thread(done, home, "-i", "gouda", "restore", str(copy))
    assert "is not served until" in await asyncio.to_thread(refused, home, "serve")
    await asyncio.to_thread(lambda: refused(home, "open", status=2))

    told = await asyncio.to_thread(done, home, "open", "--erasures", str(old / erasures.FILE))
    assert "ended 2 log-ins and tokens" in told
    assert rows(home, "gouda", "SELECT count(*) FROM sessions") == [(0,)]
    assert rows(home, "gouda", "SELECT count(*) FROM tokens WHERE revoked_at IS NULL") == [(0,)]
    assert rows(home, "gouda", "SELECT disabled_at IS NULL FROM accounts ORDER BY username") == [(1,), (0,)]
    assert {each.what for each in erasures.read(old / erasures.FILE)} <= {
        each.what for each in erasures.read(home / "gouda" / erasures.FILE)
    }

    with ExitStack() as stack:
        await asyncio.to_thread(gouda.serve, stack)
        answer = await asyncio.to_thread(gouda.get, goes)
        assert (answer.status, b"gaat weg" in answer.body) == (410, False)
        assert (await asyncio.to_thread(gouda.get, stays)).status == 200
        await delft.close()  # it compares its follows once a minute, and has just done so
        await delft.open()
        again = (await asyncio.to_thread(done, home, "post", "fatima", "Weer terug")).strip()
        await arrives(lambda: delft.object(again))
        assert int(again.rpartition("/")[2]) > number, "no id is given twice"

        async def both_agree() -> bool:
            found = rows(home, "gouda", "SELECT follower FROM follows WHERE following = ?", gouda.fatima)
            here = {each for (each,) in found}
            return here == await delft.ask(_followers, of=gouda.fatima) == {bram.uri}

        await arrives(both_agree)
    kept = b"".join(path.read_bytes() for path in (home / "gouda").glob("fedgov.sqlite3*"))
    assert b"Weer terug" in kept
    assert rows(home, "gouda", "SELECT count(*) FROM posts WHERE content_html LIKE '%gaat weg%'") == [(0,)]


def test_r10b_an_erasure_is_listed_although_the_server_was_killed_right_after_it(home: Path) -> None:
    gouda = Gouda(home)
    post = done(home, "post", "fatima", "Dit gaat weg").strip()

    with ExitStack() as stack:
        served = gouda.serve(stack)
        asyncio.run(gouda.write(publishing.delete_post, actor=gouda.fatima, object_id=int(post.rpartition("/")[2])))
        served.process.kill()
        served.process.wait()
    listed = home / "gouda" / erasures.FILE
    listed.unlink(missing_ok=True)  # as if the file were of a moment before
    change(home, "gouda", "INSERT INTO erasures (id, at, kind, what) VALUES (1, 1, 'object', ?)", post)

    with ExitStack() as stack:
        gouda.serve(stack)
        until(lambda: listed.exists() and post in listed.read_text())


def test_r10b_what_waited_to_be_sent_is_held_back_where_something_newer_may_have_overtaken_it(home: Path) -> None:
    Gouda(home)
    for number, kind in enumerate(("Create", "Follow"), start=1):
        change(
            home,
            "gouda",
            "INSERT INTO activities (id, uri, actor, type, visibility, document, published_at)"
            " VALUES (?, ?, 'x', ?, 'public', '{}', 1)",
            number,
            f"http://gouda.localhost/activities/{number}",
            kind,
        )
        change(
            home,
            "gouda",
            "INSERT INTO deliveries (id, activity_id, host, inbox, recipients, order_key, state, attempts,"
            " next_attempt_at, created_at) VALUES (?, ?, 'delft.example', 'x', '[]', '', 'queued', 0, 1, 1)",
            number,
            number,
        )
    (home / "gouda" / erasures.QUARANTINE).touch()

    assert "held back 1 old messages" in done(home, "open", "--without-erasures")
    assert rows(home, "gouda", "SELECT state FROM deliveries ORDER BY id") == [("queued",), ("withdrawn",)]


async def test_r10b_what_was_taken_back_published_or_cancelled_since_an_old_backup_does_not_happen_again(
    tmp_path: Path,
) -> None:
    gouda, restored = (
        configuration.read({"instance": {"domain": "gouda.example", "organisation": "x"}}, folder=tmp_path / name)
        for name in ("gouda", "restored")
    )
    for config in (gouda, restored):
        config.folder.mkdir()
    async with open_instance(gouda) as running:
        instance, author = running.instance, await writings.furnish(running.instance)
        await instance.write(writings.equip, colleague=instance.site.actor("bram"))
        for name in ("publish", "be quoted"):
            await instance.write(writings.WRITINGS[name].do, author=author)
        overdue, later, unlisted = [await instance.write(_plan, author=author, after=hours) for hours in (1, 2, 3)]
        await instance.write(_make_overdue, planned=[overdue, unlisted])
        with closing(sqlite3.connect(gouda.folder / "fedgov.sqlite3")) as connection:
            connection.execute("VACUUM INTO ?", (str(restored.folder / "fedgov.sqlite3"),))

        await instance.write(writings.WRITINGS["revoke"].do, author=author)
        await instance.write(drafting._publish_scheduled, author=author, scheduled_id=overdue, mentioned={})
        await instance.write(drafting.cancel, author=author, scheduled_id=later)
        await erasures.flush(instance.database, gouda.folder)

    async with open_instance(restored) as running:
        instance = running.instance
        assert await instance.read(_found) == ("accepted", {overdue: "", later: "", unlisted: ""}, 1)
        await instance.write(reopening._quieten)
        await instance.write(reopening.repeat, erased=list(erasures.read(gouda.folder / erasures.FILE)))
        assert await instance.read(_found) == ("revoked", {unlisted: drafting.RESTORED}, 0)
        assert await instance.read(drafting._due) == [], "nothing is published once more without a word of its author"
        await instance.write(
            drafting.reschedule, author=author, scheduled_id=unlisted, due_at=instance.clock.now() + DAY
        )


def _plan(tx: Transaction, *, author: str, after: int) -> int:
    draft = PostDraft(text=f"Na {after} uur", visibility=Visibility.PUBLIC)
    return drafting.schedule(tx, author=author, draft=draft, due_at=tx.now + after * HOUR).id


def _make_overdue(tx: Transaction, *, planned: list[int]) -> None:
    tx.execute(update(scheduled_posts).where(scheduled_posts.c.id.in_(planned)).values(due_at=tx.now))


def _found(tx: Transaction) -> tuple[str, dict[int, str], int]:
    """How the quotation stands, what is planned with what holds it back, and how much waits for apps."""
    state = tx.value(select(posts.c.quote_state).where(posts.c.quote_id.is_not(None)))
    plans = {row.id: row.refusal for row in tx.rows(select(scheduled_posts))}
    return state, plans, int(tx.value(select(func.count()).select_from(push_messages)))
