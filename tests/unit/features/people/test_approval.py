"""An account for which somebody waits until an administrator lets them in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedgov.features.people import queries
from fedgov.features.people.service import accounts, logins
from fedgov.instance import Instance
from fedgov.kernel.errors import FedgovError, ForbiddenError, NotFoundError
from tests.unit.features.people.browser import PASSWORD
from tests.unit.features.residents import living_town


@pytest_asyncio.fixture
async def instance(tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen, where an administrator lets people in."""
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    async with living_town(url, folder=tmp_path, accounts={"registration": "approval"}) as (opened, _):
        yield opened


async def _ask(instance: Instance) -> int:
    return await accounts.open_account(
        instance, username="els", password=PASSWORD, address="192.0.2.1", reason="Ik werk bij de griffie"
    )


async def test_who_asks_for_an_account_waits_until_they_are_let_in(instance: Instance) -> None:
    number = await _ask(instance)
    found = await instance.read(queries.account, account_id=number)
    assert (found.pending, found.reason) == (True, "Ik werk bij de griffie")
    with pytest.raises(FedgovError):
        await logins.log_in(instance, username="els", password=PASSWORD, address="")
    await instance.write(accounts.approve, account_id=number)
    assert await logins.log_in(instance, username="els", password=PASSWORD, address="") == number
    with pytest.raises(ForbiddenError):
        await instance.write(accounts.approve, account_id=number)
    with pytest.raises(ForbiddenError):
        await instance.write(accounts.reject, account_id=number)


async def test_who_is_refused_has_no_account(instance: Instance) -> None:
    number = await _ask(instance)
    await instance.write(accounts.reject, account_id=number)
    with pytest.raises(NotFoundError):
        await instance.read(queries.account, account_id=number)


async def test_whom_an_administrator_makes_an_account_need_not_wait(instance: Instance) -> None:
    number = await accounts.open_account(instance, username="jan", password=PASSWORD)
    assert not (await instance.read(queries.account, account_id=number)).pending
