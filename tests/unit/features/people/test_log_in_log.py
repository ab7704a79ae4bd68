"""Every log-in, and what ends one, is in the audit log; a typed password never is."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from fedgov.features.people import queries
from fedgov.features.people.service import accounts, logins, sessions, tokens
from fedgov.instance import Instance
from fedgov.kernel.errors import InvalidError, NotFoundError, RateLimitedError
from fedgov.store.tables import audit_entries
from fedgov.store.transaction import Transaction
from tests.unit.features.people.browser import PASSWORD, Browser, open_counter

FATIMA = "https://groningen.example/users/fatima"
NETWORK = "192.0.2.0/24"
MISTYPED = "mijn-geheime-wachtwoord"


@pytest_asyncio.fixture
async def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Instance]:
    async with open_counter(tmp_path, monkeypatch) as opened:
        yield opened


def entries(tx: Transaction) -> list[Any]:
    return list(tx.rows(select(audit_entries).order_by(audit_entries.c.number)))


async def after(instance: Instance, *, number: int) -> list[tuple[str, str, str, str, str]]:
    """What was written down behind an entry: kind, who, on what, result, from where."""
    rows = (await instance.read(entries))[number:]
    return [(row.kind, row.who, row.target, row.result, f"{row.door} {row.source}") for row in rows]


async def written(instance: Instance) -> int:
    return len(await instance.read(entries))


async def test_logging_in_and_out(instance: Instance, browser: Browser) -> None:
    before = await written(instance)
    await browser.log_in()
    await browser.post("/logout", {}, via="/logout")
    assert await after(instance, number=before) == [
        ("login.succeeded", FATIMA, "", "done", f"web {NETWORK}"),
        ("login.ended", FATIMA, "", "done", f"web {NETWORK}"),
    ]


async def test_a_wrong_password_is_written_down_with_whose_it_was_not(instance: Instance, browser: Browser) -> None:
    before = await written(instance)
    await browser.post("/login", {"username": "fatima", "password": MISTYPED})
    assert await after(instance, number=before) == [("login.failed", "", FATIMA, "failed", f"web {NETWORK}")]


async def test_a_password_in_the_field_of_the_name_is_stored_nowhere(
    instance: Instance, browser: Browser, tmp_path: Path
) -> None:
    """WEB-07, WEB-13: what was typed as a name that nobody has may be a password."""
    before = await written(instance)
    await browser.post("/login", {"username": MISTYPED, "password": "x"})
    assert await after(instance, number=before) == [("login.failed", "", "unknown", "failed", f"web {NETWORK}")]
    with closing(sqlite3.connect(tmp_path / "fedgov.sqlite3")) as database:
        assert MISTYPED not in "\n".join(database.iterdump())


async def test_a_name_that_nobody_has_is_limited_like_one_that_somebody_has(instance: Instance) -> None:
    """WEB-07: five tries are free for either, and then both wait."""

    async def refusals(name: str, network: int) -> list[str]:
        found = []
        for number in range(7):
            try:
                await logins.log_in(instance, username=name, password="x", address=f"10.{network}.{number}.1")
            except (InvalidError, RateLimitedError) as error:
                found.append(f"{type(error).__name__} {error.safe}")
        return found

    assert await refusals("fatima", 1) == await refusals("nobody-at-all", 2)


async def test_a_disabled_account_with_the_right_password_is_a_refusal(instance: Instance, browser: Browser) -> None:
    jan = int((await instance.read(queries.account_named, username="jan")).id)
    await instance.write(accounts.disable, account_id=jan)
    before = await written(instance)
    await browser.post("/login", {"username": "jan", "password": PASSWORD})
    assert [row[:1] + row[3:4] for row in await after(instance, number=before)] == [("login.failed", "refused")]


async def test_what_the_rate_limit_puts_off_fills_no_log(instance: Instance, browser: Browser) -> None:
    before = await written(instance)
    for _ in range(30):
        await browser.post("/login", {"username": "fatima", "password": MISTYPED})
    assert await written(instance) - before == 5


async def test_registering_is_written_down_with_its_first_log_in(instance: Instance, browser: Browser) -> None:
    before = await written(instance)
    form = {"name": "Els", "username": "els", "function": "", "password": "een-heel-ander-wachtwoord"}
    await browser.post("/register", form, via="/register")
    els = "https://groningen.example/users/els"
    assert await after(instance, number=before) == [
        ("account.created", "", els, "done", f"web {NETWORK}"),
        ("login.succeeded", els, "", "done", f"web {NETWORK}"),
    ]


async def test_a_changed_password_and_a_wrong_one_while_logged_in(instance: Instance, browser: Browser) -> None:
    await browser.log_in()
    before = await written(instance)
    form = {"current": "verkeerd", "password": "een-nieuw-lang-wachtwoord", "again": "een-nieuw-lang-wachtwoord"}
    await browser.post("/settings/password", form, via="/settings/password")
    await browser.post("/settings/password", form | {"current": PASSWORD}, via="/settings/password")
    assert await after(instance, number=before) == [
        ("password.refused", FATIMA, FATIMA, "failed", f"web {NETWORK}"),
        ("password.changed", FATIMA, FATIMA, "done", f"web {NETWORK}"),
    ]


async def test_a_session_that_is_withdrawn(instance: Instance, browser: Browser) -> None:
    await Browser(instance).log_in()
    await browser.log_in()
    fatima = int((await instance.read(queries.account_named, username="fatima")).id)
    rows = await instance.read(queries.sessions_of, account_id=fatima)
    before = await written(instance)
    await browser.post("/settings/sessions", {"session": str(rows[-1].id)}, via="/settings/sessions")
    assert await after(instance, number=before) == [("session.ended", FATIMA, FATIMA, "done", f"web {NETWORK}")]
    with pytest.raises(NotFoundError):
        await instance.write(sessions.end_one, account_id=fatima, session_id=1)
    assert await written(instance) == before + 1


async def test_a_token_made_and_withdrawn(instance: Instance) -> None:
    fatima = int((await instance.read(queries.account_named, username="fatima")).id)
    before = await written(instance)
    token = await instance.write(tokens.create_token, account_id=fatima, scopes="read", name="GEHEIM")
    bearer = await tokens.find_bearer(instance, token=token)
    assert bearer is not None
    await instance.write(tokens.revoke_token, account_id=fatima, token_id=bearer.token_id)
    found = await after(instance, number=before)
    assert [(kind, target) for kind, _, target, _, _ in found] == [("token.created", FATIMA), ("token.revoked", FATIMA)]
    assert token not in str(found)
    assert "GEHEIM" not in str(found)


async def test_an_entry_holds_no_secret_and_no_name(instance: Instance, browser: Browser) -> None:
    """WEB-13."""
    await browser.log_in()
    cookies = [cookie.value for cookie in browser.client.cookie_jar or ()]
    everything = str([tuple(row) for row in await instance.read(entries)])
    assert PASSWORD not in everything
    assert "Fatima de Vries" not in everything
    assert cookies
    assert not any(value in everything for value in cookies if value)
