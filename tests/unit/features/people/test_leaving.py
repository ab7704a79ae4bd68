"""The page on which somebody comes from another account, goes on under another one, or leaves for good."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from fedgov.features.people import queries
from fedgov.features.people.service import moves
from fedgov.federation import actors
from fedgov.federation import follows as rows
from fedgov.instance import Instance
from fedgov.kernel.errors import FedgovError, ForbiddenError, NotFoundError, UnreachableError
from fedgov.kernel.uris import Handle
from fedgov.store.tables import actors as actor_rows
from fedgov.store.tables import audit_entries
from fedgov.store.transaction import Transaction
from tests.unit.features.people.browser import PASSWORD, Browser, open_counter
from tests.unit.features.residents import Town

PATH = "/settings/account"
FATIMA = "https://groningen.example/users/fatima"
JAN = "https://groningen.example/users/jan"
PIETER = "https://leeuwarden.example/users/pieter"
DELETE = {"action": "delete", "delete_sure": "yes", "delete_password": PASSWORD}
MOVE = {"action": "move", "move_sure": "yes", "move_password": PASSWORD, "target": "@pieter@leeuwarden.example"}


@pytest_asyncio.fixture
async def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Instance]:
    """Gemeente Groningen on SQLite; what the services do is tested on both elsewhere."""
    async with open_counter(tmp_path, monkeypatch) as opened:
        yield opened


class Elsewhere:
    """Answers for other servers: only Pieter is there."""

    def __init__(self, trouble: FedgovError | None = None) -> None:
        self.trouble = trouble
        self.read_anew: list[str] = []

    async def actor_by_handle(self, handle: Handle) -> str:
        if self.trouble is not None:
            raise self.trouble
        if str(handle) != "@pieter@leeuwarden.example":
            raise NotFoundError("nobody")
        return PIETER

    async def refresh_actor(self, uri: str) -> str:
        self.read_anew.append(uri)
        return uri


def _meet(tx: Transaction, /, **members: Any) -> str:
    return Town(tx=tx, clock=None).remote(**members)  # type: ignore[arg-type]


def _elsewhere(instance: Instance, monkeypatch: pytest.MonkeyPatch, trouble: FedgovError | None = None) -> Elsewhere:
    there = Elsewhere(trouble)
    monkeypatch.setattr(instance, "fetch", there)
    return there


async def _kinds(instance: Instance) -> list[str]:
    wanted = select(audit_entries.c.kind).where(audit_entries.c.door == "web", audit_entries.c.kind.like("account.%"))
    return list(await instance.read(lambda tx: tx.values(wanted)))


async def _refused(browser: Browser, values: dict[str, str], field: str) -> str:
    """Send a form that must come back, with the refusal beside its field; return the page."""
    answer = await browser.post(PATH, values, via=PATH)
    page = str(await answer.get_data(as_text=True))
    assert answer.status_code == 422, page
    assert f'href="#f-{field}"' in page
    assert f'id="f-{field}-error"' in page
    assert PASSWORD not in page
    return html.unescape(page)


async def test_who_comes_from_elsewhere_names_that_account_first(
    browser: Browser, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await instance.write(_meet)
    there = _elsewhere(instance, monkeypatch)
    await browser.log_in("jan")
    named = await browser.post(PATH, {"action": "add_alias", "alias": "@pieter@leeuwarden.example"}, via=PATH)
    assert named.status_code == 303
    assert there.read_anew == [PIETER]
    assert orjson.loads((await instance.read(actors.get, uri=JAN)).also_known_as) == [PIETER]
    assert "@pieter@leeuwarden.example" in await browser.read(PATH)
    await browser.post(PATH, {"action": "remove_alias", "alias_uri": PIETER}, via=PATH)
    assert orjson.loads((await instance.read(actors.get, uri=JAN)).also_known_as) == []
    assert await _kinds(instance) == ["account.alias_added", "account.alias_removed"]


@pytest.mark.parametrize(
    "refusal",
    [
        ("@jan", None, "this is the account itself"),
        ("jan op het stadhuis", None, "nobody has this address"),
        ("@niemand@leeuwarden.example", None, "nobody has this address"),
        ("@pieter@leeuwarden.example", ForbiddenError("no"), "does not exchange messages"),
        ("@pieter@leeuwarden.example", UnreachableError("no"), "does not answer at the moment"),
    ],
)
async def test_an_account_that_cannot_be_named_is_refused_beside_the_field(
    browser: Browser,
    instance: Instance,
    monkeypatch: pytest.MonkeyPatch,
    refusal: tuple[str, FedgovError | None, str],
) -> None:
    typed, trouble, words = refusal
    _elsewhere(instance, monkeypatch, trouble)
    await browser.log_in("jan")
    assert words in (await _refused(browser, {"action": "add_alias", "alias": typed}, "alias")).lower()
    assert orjson.loads((await instance.read(actors.get, uri=JAN)).also_known_as) == []


async def test_who_moves_takes_the_followers_along(
    browser: Browser, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await instance.write(_meet, alsoKnownAs=[JAN])
    await instance.write(rows.put, follower=FATIMA, following=JAN, state="accepted", activity_uri=None)
    there = _elsewhere(instance, monkeypatch)
    await browser.log_in("jan")
    assert (await browser.post(PATH, MOVE, via=PATH)).status_code == 303
    assert there.read_anew == [PIETER], "what the new account says now counts"
    assert (await instance.read(actors.get, uri=JAN)).moved_to == PIETER
    assert await instance.read(rows.find, follower=FATIMA, following=PIETER) is not None
    assert await _kinds(instance) == ["account.moved"]
    assert "You moved to another account" in await browser.read(PATH)
    assert "seven days" in await _refused(browser, MOVE, "target")


@pytest.mark.parametrize(
    "refusal",
    [
        ("move_sure", {"move_sure": ""}, "tick this"),
        ("move_password", {"move_password": "wrong"}, "not your password"),
        ("move_password", {"move_password": ""}, "not your password"),
        ("target", {"target": "@fatima"}, "does not say that it is also this one"),
        ("target", {"target": "@jan"}, "cannot move to itself"),
        ("target", {"target": ""}, "nobody has this address"),
        ("target", {}, "does not say that it is also this one"),
    ],
)
async def test_nobody_moves_without_password_tick_and_the_consent_of_the_new_account(
    browser: Browser,
    instance: Instance,
    monkeypatch: pytest.MonkeyPatch,
    refusal: tuple[str, dict[str, str], str],
) -> None:
    field, change, words = refusal
    await instance.write(_meet)
    _elsewhere(instance, monkeypatch)
    await browser.log_in("jan")
    assert words in (await _refused(browser, MOVE | change, field)).lower()
    assert (await instance.read(actors.get, uri=JAN)).moved_to is None
    assert await _kinds(instance) == []


async def test_who_leaves_is_gone_and_logged_out(browser: Browser, instance: Instance) -> None:
    await browser.log_in("jan")
    answer = await browser.post(PATH, DELETE, via=PATH)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/")
    with pytest.raises(NotFoundError):
        await instance.read(actors.get, uri=JAN)
    with pytest.raises(NotFoundError):
        await instance.read(queries.account_named, username="jan")
    assert (await browser.get(PATH)).status_code == 303
    assert await _kinds(instance) == ["account.deleted"]
    assert (await instance.read(lambda tx: tx.rows(select(audit_entries))))[-1].who == JAN


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("delete_sure", {"delete_sure": ""}),
        ("delete_password", {"delete_password": "wrong"}),
        ("delete_password", {"delete_password": ""}),
    ],
)
async def test_nobody_leaves_without_password_and_tick(
    browser: Browser, instance: Instance, field: str, change: dict[str, str]
) -> None:
    await browser.log_in("jan")
    await _refused(browser, DELETE | change, field)
    assert (await instance.read(actors.get, uri=JAN)).deleted_at is None


async def test_the_last_administrator_stays(browser: Browser, instance: Instance) -> None:
    await browser.log_in("fatima")
    assert "only administrator" in await _refused(browser, DELETE, "delete_sure")
    assert (await instance.read(actors.get, uri=FATIMA)).deleted_at is None


async def test_what_is_not_offered_is_refused_and_a_visitor_logs_in_first(browser: Browser, instance: Instance) -> None:
    assert (await browser.get(PATH)).status_code == 303
    assert (await browser.post(PATH, DELETE)).status_code == 401
    await browser.log_in("jan")
    assert (await browser.post(PATH, {"action": "fly"}, via=PATH)).status_code == 422
    assert (await instance.read(actors.get, uri=JAN)).deleted_at is None


async def test_a_name_of_an_account_that_is_not_known_any_more_can_be_taken_off(
    browser: Browser, instance: Instance
) -> None:
    await instance.write(_meet)
    await instance.write(moves.add_alias, actor=JAN, alias=PIETER)
    await instance.write(lambda tx: tx.execute(update(actor_rows).where(actor_rows.c.uri == PIETER).values(uri="x")))
    await browser.log_in("jan")
    assert PIETER in await browser.read(PATH)
