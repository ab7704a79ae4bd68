"""The database of each schema version, with data in it, as SQL text in ``tests/faults/schemas``.

``python -m tests.faults.releases`` writes the file of the
newest schema. Do that at each release, and while a schema is not released yet also
whenever it changes; the files of released schemas are never written again.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from fedgov.activitystreams.audience import Visibility
from fedgov.app import open_instance
from fedgov.features.people.service import accounts
from fedgov.features.posts.service import publishing, reacting
from fedgov.features.posts.vocabulary import PollDraft
from fedgov.federation import peers
from fedgov.kernel import config as configuration
from fedgov.kernel.clock import DAY, ManualClock
from fedgov.store import full_text, schema
from tests.faults.writings import furnish

INDEXES: Final = (full_text.POSTS.name, full_text.PEOPLE.name)
FOLDER: Final = Path(__file__).parent / "schemas"
START: Final = 1_795_000_000_000
SETTINGS: Final[dict[str, Any]] = {"instance": {"domain": "gouda.example", "organisation": "gemeente Gouda"}}
POST: Final = "Een **bericht** met een [link](https://delft.example/), voor wie het lezen wil."


def files() -> list[Path]:
    """The dumps, oldest schema first."""
    return sorted(FOLDER.glob("*.sql"))


def load(dump: Path, database: Path) -> None:
    """Make a SQLite database as that schema had it."""
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))


def rows(dump: Path) -> dict[str, list[dict[str, Any]]]:
    """What is in a dump, by table."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        connection.executescript(dump.read_text(encoding="utf-8"))
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in names}


async def _live(folder: Path) -> Path:
    """Let an instance live for a moment; return its database."""
    folder.mkdir()  # noqa: ASYNC240 - nobody waits beside it
    config = configuration.read(SETTINGS, folder=folder)
    clock = ManualClock(START)
    async with open_instance(config, clock=clock) as running:
        instance = running.instance
        author = await furnish(instance)
        colleague = instance.site.actor("bram")
        first = await instance.write(
            publishing.publish_post, author=author, text=POST, visibility=Visibility.PUBLIC, title="Een artikel"
        )
        uri = instance.site.post(first)
        clock.advance(DAY)
        await instance.write(
            publishing.publish_post, author=colleague, text="Ik ook.", visibility=Visibility.PUBLIC, in_reply_to=uri
        )
        poll = PollDraft(options=("Ja", "Nee"), multiple=False, ends_at=clock.now() + DAY)
        await instance.write(
            publishing.publish_post, author=author, text="Doen?", visibility=Visibility.FOLLOWERS, poll=poll
        )
        await instance.write(reacting.like, actor=colleague, object_uri=uri)
        await instance.write(reacting.share, actor=colleague, object_uri=uri)
        await instance.write(peers.change, host="delft.example", values={"software": "fedgov", "failures": 3})
        await accounts.open_account(instance, username="weg", password="een-heel-lang-wachtwoord", name="Weg")
    return Path(config.database_url.removeprefix("sqlite:///"))


def _dump(connection: sqlite3.Connection) -> Iterator[str]:
    """Give the statements that make the database again.

    An index of words is given as what it holds: its own tables would come back as tables only.
    """
    for line in connection.iterdump():
        if line and not any(name in line for name in INDEXES) and "writable_schema" not in line and line != "COMMIT;":
            yield line
    for name in INDEXES:
        (made,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        yield f"{made};"
        statement = f"SELECT 'INSERT INTO {name}(rowid, document) VALUES(' || rowid || ', ' || quote(document) || ');'"
        yield from (row[0] for row in connection.execute(f"{statement} FROM {name} ORDER BY rowid"))
    yield "COMMIT;"


def write() -> Path:
    """Write the dump of the newest schema."""
    with tempfile.TemporaryDirectory() as scratch:
        database = asyncio.run(_live(Path(scratch) / "gouda"))
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("UPDATE keys SET private = NULL")  # even invented ones do not belong in a repository
            connection.execute("DELETE FROM push_keys")  # likewise; a new one is made where there is none
            connection.execute("UPDATE accounts SET password_hash = 'none'")
            connection.commit()
            lines = [*_dump(connection)]
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{schema.newest_revision()}.sql"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write())  # noqa: T201 - the answer to who asked for it
