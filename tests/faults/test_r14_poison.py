"""R14: a message that a mistake of ours breaks stands aside, is shown, and is carried out once it is mended."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from fedgov.federation import objects, overview
from fedgov.store.tables import inbox_items
from tests.fediverse import Fediverse, Town

POISON = "gif"


async def states(town: Town) -> dict[str, int]:
    """How many accepted activities are in which state."""
    found: dict[str, int] = {}
    for state in await town.ask(lambda tx: list(tx.values(select(inbox_items.c.state)))):
        found[state] = found.get(state, 0) + 1
    return found


async def test_r14_a_message_that_breaks_its_handler_stands_aside_until_it_is_mended(
    fediverse: Fediverse, monkeypatch: pytest.MonkeyPatch
) -> None:
    gouda, delft = await fediverse.add("gouda"), await fediverse.add("delft")
    fatima, jan = await gouda.as_("fatima"), await delft.as_("jan")
    await jan.follow(fatima)
    await fediverse.settle()
    content = objects.add

    def stumble(tx: Any, **values: Any) -> Any:
        if POISON in values["document"]:
            raise ZeroDivisionError("a mistake of ours")
        return content(tx, **values)

    monkeypatch.setattr(objects, "add", stumble)
    healthy = [await fatima.post(f"Bericht {number}") for number in range(3)]
    monkeypatch.setattr(objects, "add", content)  # gouda can write it
    poisoned = await fatima.post(f"Met {POISON} erin")
    monkeypatch.setattr(objects, "add", stumble)
    healthy += [await fatima.post(f"Bericht {number}") for number in range(3, 6)]
    await fediverse.settle()

    assert [uri for uri in healthy if await delft.object(uri) is None] == []
    assert await delft.object(poisoned) is None
    (item,) = await delft.ask(overview.list_items, states=("parked",))
    assert item.reason == "ZeroDivisionError: a mistake of ours"
    assert (await delft.ask(overview.numbers)).attention == 1

    monkeypatch.setattr(objects, "add", content)
    await delft.instance.write(overview.retry_item, item_id=item.id)
    await fediverse.settle()
    assert await delft.object(poisoned) is not None
    assert set(await states(delft)) == {"done"}
