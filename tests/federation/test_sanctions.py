"""Somebody elsewhere whom an administrator suspended does nothing here any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedgov.features.people.service import sanctions
from fedgov.federation import keys
from tests.fediverse import Fediverse, pooled_rsa


async def test_nothing_is_taken_from_somebody_who_is_suspended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "generate_rsa", pooled_rsa)
    fediverse = Fediverse(tmp_path)
    try:
        gouda, delft = await fediverse.add("gouda"), await fediverse.add("delft")
        fatima, jelle, otto = await gouda.as_("fatima"), await delft.as_("jelle"), await delft.as_("otto")
        for author in (jelle, otto):
            await fatima.follow(author)
        await fediverse.settle()
        before = await jelle.post("Voor de schorsing")
        await fediverse.settle()
        await gouda.instance.write(sanctions.suspend, actor=jelle.uri)

        # Their server was not told, and goes on sending.
        after, other = await jelle.post(f"Hallo {fatima.handle}"), await otto.post(f"Hallo {fatima.handle}")
        await fediverse.settle()

        assert await gouda.object(before) is not None
        assert await gouda.object(after) is None
        assert await gouda.object(other) is not None
        await gouda.instance.write(sanctions.unsuspend, actor=jelle.uri)
        await fatima.follow(jelle)
        await fediverse.settle()
        again = await jelle.post("Weer terug")
        await fediverse.settle()
        assert await gouda.object(again) is not None
    finally:
        await fediverse.close()
