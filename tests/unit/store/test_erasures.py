"""The list of what was erased, which no backup contains."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from fedgov.kernel.errors import InvalidError
from fedgov.store import erasures
from fedgov.store.database import Database
from fedgov.store.erasures import Erasure
from fedgov.store.tables import erasures as rows
from fedgov.store.transaction import Transaction

POST = "https://gouda.example/posts/1"
FATIMA = "https://gouda.example/users/fatima"


def waiting(tx: Transaction) -> int:
    return int(tx.value(select(func.count()).select_from(rows)))


async def test_what_is_noted_stands_in_the_file_once_and_waits_no_longer(database: Database, tmp_path: Path) -> None:
    await database.write(erasures.note, "object", POST, author=FATIMA)
    await database.write(erasures.note, "actor", FATIMA)

    assert await erasures.flush(database, tmp_path) == 2
    assert await erasures.flush(database, tmp_path) == 0

    found = list(erasures.read(tmp_path / erasures.FILE))
    assert found == [Erasure("object", POST, FATIMA), Erasure("actor", FATIMA)]
    assert await database.read(waiting) == 0
    assert (tmp_path / erasures.FILE).stat().st_mode & 0o077 == 0


async def test_an_erasure_that_is_rolled_back_is_not_listed(database: Database, tmp_path: Path) -> None:
    def fail(tx: Transaction) -> None:
        erasures.note(tx, "object", POST)
        raise InvalidError("no")

    with pytest.raises(InvalidError):
        await database.write(fail)

    assert await erasures.flush(database, tmp_path) == 0
    assert not (tmp_path / erasures.FILE).exists()


async def test_a_crash_between_file_and_table_loses_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.write(erasures.note, "object", POST)

    def die(*_words: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(erasures, "append", die)
        with pytest.raises(OSError, match="no space"):
            await erasures.flush(database, tmp_path)
    assert await database.read(waiting) == 1

    assert await erasures.flush(database, tmp_path) == 1


def test_a_line_that_a_crash_cut_off_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "erasures"
    path.write_text('{"kind":"object","what":"a"}\n{"kind":"obj')
    assert list(erasures.read(path)) == [Erasure("object", "a")]


@pytest.mark.parametrize("line", ["no json", "[]", '{"kind":"object"}', '{"kind":"planet","what":"a"}'])
def test_something_else_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "erasures"
    path.write_text(f"{line}\n")
    with pytest.raises(InvalidError, match="line 1"):
        list(erasures.read(path))
