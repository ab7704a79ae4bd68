"""People and posts for the tests of this room."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select

from fedgov.activitystreams.audience import Visibility
from fedgov.federation import actors, objects
from fedgov.federation.keys import KeyPair
from fedgov.store.tables import activities, deliveries
from fedgov.store.transaction import Transaction
from tests.unit.features.trust import town as town_of

FATIMA = "https://groningen.example/users/fatima"
BRAM = "https://groningen.example/users/bram"
PIETER = "https://leeuwarden.example/users/pieter"
SERVER = "https://leeuwarden.example/actor"
STRANGER = "https://delft.example/users/mallory"


def move_in(tx: Transaction, *, pair: KeyPair) -> None:
    """The server, Fatima and Bram live here; Pieter, his server and a stranger elsewhere."""
    site = tx.site
    actors.create_local(tx, uri=site.application, kind="Application", username="server", name="server", pair=pair)
    town_of.meet(tx, uri=FATIMA, host="groningen.example", local=True)
    town_of.meet(tx, uri=BRAM, host="groningen.example", local=True)
    town_of.meet(tx, uri=PIETER, host="leeuwarden.example")
    town_of.meet(tx, uri=SERVER, host="leeuwarden.example", kind="Application")
    town_of.meet(tx, uri=STRANGER, host="delft.example")


def post(tx: Transaction, *, author: str, content: str = "<p>Bad words</p>", number: int = 1) -> str:
    """Store a post; return its URI."""
    uri = f"{author}/posts/{number}"
    document = {
        "id": uri,
        "type": "Note",
        "content": content,
        "attachment": [{"type": "Image", "mediaType": "image/png", "url": f"{author}/picture.png", "name": "proof"}],
    }
    objects.add(
        tx,
        uri=uri,
        kind="Note",
        author=author,
        visibility=Visibility.PUBLIC,
        targets=(),
        document=orjson.dumps(document).decode(),
        published_at=tx.now,
    )
    return uri


def sent(tx: Transaction) -> list[dict[str, Any]]:
    """Return the activities that were published, with the hosts they go to."""
    found = []
    for row in tx.rows(select(activities).order_by(activities.c.id)):
        hosts = tx.values(select(deliveries.c.host).where(deliveries.c.activity_id == row.id))
        found.append({**orjson.loads(row.document), "hosts": list(hosts)})
    return found
