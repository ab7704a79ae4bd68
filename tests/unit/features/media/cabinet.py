"""People, posts and files for the tests of this room."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from fedgov.activitystreams.audience import Visibility
from fedgov.features.media.service import attaching, uploads
from fedgov.features.media.tables import media
from fedgov.features.media.vocabulary import StoredMedia
from fedgov.federation import objects
from fedgov.instance import Instance
from fedgov.store.transaction import Transaction
from tests.unit.features.media import samples
from tests.unit.features.trust import town as town_of

FATIMA = "https://groningen.example/users/fatima"
BRAM = "https://groningen.example/users/bram"
PIETER = "https://leeuwarden.example/users/pieter"


def move_in(tx: Transaction) -> None:
    """Fatima and Bram work here, Pieter elsewhere; Bram follows Fatima."""
    town_of.meet(tx, uri=FATIMA, host="groningen.example", local=True)
    town_of.meet(tx, uri=BRAM, host="groningen.example", local=True)
    town_of.meet(tx, uri=PIETER, host="leeuwarden.example")


def post(tx: Transaction, *, visibility: Visibility, targets: tuple[str, ...] = ()) -> int:
    """Store a post of Fatima; return its row id."""
    row_id = tx.new_id()
    added = objects.add(
        tx,
        uri=tx.site.post(row_id),
        kind="Note",
        author=FATIMA,
        visibility=visibility,
        targets=targets,
        document="{}",
        published_at=tx.now,
        row_id=row_id,
    )
    assert added == row_id
    return row_id


async def file_on(
    instance: Instance, *, visibility: Visibility, targets: tuple[str, ...] = (), data: bytes | None = None
) -> StoredMedia:
    """Return a file of Fatima that hangs on a post."""
    kept = await uploads.upload(instance, owner=FATIMA, name="kaart.png", data=data or samples.picture(), alt="A map")
    object_id = await instance.write(post, visibility=visibility, targets=targets)
    (hung,) = await instance.write(attaching.attach, media_ids=[kept.id], owner=FATIMA, object_id=object_id)
    return hung


def rows(tx: Transaction) -> int:
    """Return how many files have a row."""
    return len(tx.rows(select(media.c.id)))


def files(folder: Path) -> list[str]:
    """Return the names of all files on disk."""
    return sorted(path.name for path in (folder / "media").rglob("*") if path.is_file())
