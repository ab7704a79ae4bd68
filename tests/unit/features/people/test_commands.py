from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from fedgov.features.people import commands, queries
from fedgov.features.people.service import logins, moves, tokens
from fedgov.federation import actors
from fedgov.federation import follows as rows
from fedgov.federation import keys as keyring
from fedgov.instance import Instance
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from tests.unit.features.people.browser import PASSWORD, CommandLine
from tests.unit.features.people.test_pages import befriend, meet
from tests.unit.features.residents import World, key_pair, living_town, settle

FATIMA = "https://groningen.example/users/fatima"


@pytest_asyncio.fixture
async def instance(tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen, on SQLite."""
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    async with living_town(url, folder=tmp_path) as (opened, _):
        yield opened


@pytest_asyncio.fixture
async def line(instance: Instance) -> CommandLine:
    return CommandLine(instance)


async def test_an_account_is_made_with_a_password_from_standard_input(line: CommandLine, instance: Instance) -> None:
    words = ("create", "Fatima", "--name", "Fatima de Vries", "--function", "inkoper", "--department", "BV", "--admin")
    done = await line.type(commands.user, *words, "--password-stdin", answers=f"{PASSWORD}\n")
    assert (done.exit_code, done.output) == (0, "Made the account @fatima@groningen.example\n")
    row = await instance.read(actors.get, uri=FATIMA)
    assert (row.name, row.function, row.department) == ("Fatima de Vries", "inkoper", "BV")
    account = await instance.read(queries.account_named, username="fatima")
    assert account.administrator
    assert await logins.log_in(instance, username="fatima", password=PASSWORD, address="") == account.id


async def test_a_password_is_asked_for_twice_and_not_shown(line: CommandLine) -> None:
    done = await line.type(commands.user, "create", "jan", answers=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0
    assert PASSWORD not in done.output


async def test_a_weak_password_is_refused(line: CommandLine) -> None:
    done = await line.type(commands.user, "create", "jan", "--password-stdin", answers="kort\n")
    assert isinstance(done.exception, InvalidError)


def test_no_command_takes_a_password_as_an_argument() -> None:
    options = [
        option
        for group in (commands.user, commands.token, commands.keys)
        for command in group.commands.values()
        for parameter in command.params
        for option in parameter.opts
    ]
    assert "--password" not in options
    assert "--password-stdin" in options


async def test_accounts_are_listed(line: CommandLine, instance: Instance) -> None:
    await instance.write(settle, name="Fatima de Vries", administrator=True)
    await instance.write(settle, "jan")
    await line.type(commands.user, "disable", "jan")
    done = await line.type(commands.user, "list")
    assert [line.split()[0] for line in done.output.splitlines()[1:]] == ["fatima", "jan"]
    assert "administrator" in done.output
    assert "disabled" in done.output


async def test_an_account_is_disabled_and_enabled(line: CommandLine, instance: Instance) -> None:
    await instance.write(settle)
    assert (await line.type(commands.user, "disable", "@fatima")).exit_code == 0
    assert (await instance.read(queries.account_named, username="fatima")).disabled_at is not None
    assert (await line.type(commands.user, "enable", "fatima")).exit_code == 0
    assert (await instance.read(queries.account_named, username="fatima")).disabled_at is None
    assert isinstance((await line.type(commands.user, "disable", "nobody")).exception, NotFoundError)


async def test_an_administrator_is_made_but_the_last_one_stays(line: CommandLine, instance: Instance) -> None:
    await instance.write(settle)
    assert (await line.type(commands.user, "admin", "fatima")).exit_code == 0
    assert isinstance((await line.type(commands.user, "admin", "fatima", "--off")).exception, ConflictError)


async def test_a_forgotten_password_is_replaced(line: CommandLine, instance: Instance) -> None:
    number = await instance.write(settle)
    done = await line.type(commands.user, "password", "fatima", "--password-stdin", answers=f"{PASSWORD}\n")
    assert done.exit_code == 0
    assert await logins.log_in(instance, username="fatima", password=PASSWORD, address="") == number
    weak = await line.type(commands.user, "password", "fatima", "--password-stdin", answers="fatimafatima\n")
    assert isinstance(weak.exception, InvalidError)


async def test_an_account_is_deleted_only_after_a_yes(line: CommandLine, instance: Instance) -> None:
    await instance.write(settle)
    assert (await line.type(commands.user, "delete", "fatima", answers="n\n")).exit_code == 1
    assert await instance.read(queries.account_named, username="fatima")
    assert (await line.type(commands.user, "delete", "fatima", answers="y\n")).exit_code == 0
    with pytest.raises(NotFoundError):
        await instance.read(queries.account_named, username="fatima")


async def test_only_the_token_is_printed(line: CommandLine, instance: Instance) -> None:
    number = await instance.write(settle)
    done = await line.type(commands.token, "create", "fatima", "--scopes", "read write follow push")
    bearer = await tokens.find_bearer(instance, token=done.output.rstrip("\n"))
    assert bearer is not None
    assert bearer.account_id == number
    assert bearer.scopes == {"read", "write", "follow", "push"}
    wrong = await line.type(commands.token, "create", "fatima", "--scopes", "everything")
    assert isinstance(wrong.exception, InvalidError)


async def test_somebody_follows_here_and_elsewhere(line: CommandLine, instance: Instance) -> None:
    for name in ("fatima", "jan"):
        await instance.write(settle, name)
    pieter = await instance.write(meet)
    cast("World", instance.fetch).handles["pieter@leeuwarden.example"] = pieter
    done = await line.type(commands.follow, "fatima", "@jan@groningen.example")
    assert done.output == "fatima follows @jan@groningen.example.\n"
    done = await line.type(commands.follow, "fatima", "@pieter@leeuwarden.example")
    assert done.output.startswith("Asked;")
    assert (await instance.read(rows.find, follower=FATIMA, following=pieter)) is not None
    unknown = await line.type(commands.follow, "fatima", "@nobody@leeuwarden.example")
    assert isinstance(unknown.exception, NotFoundError)


async def test_keys_are_rotated_for_one_or_for_everyone(
    line: CommandLine, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def quickly(owner: str, *, serial: int = 1) -> keyring.KeyPair:
        return key_pair(owner, serial=serial)

    monkeypatch.setattr(keyring, "generate_pair", quickly)
    for name in ("fatima", "jan"):
        await instance.write(settle, name)
    assert (await line.type(commands.keys, "rotate", "fatima")).output.startswith("New keys for 1 actor;")
    assert (await line.type(commands.keys, "rotate", "--all")).output.endswith(
        "New keys for 2 actors; other servers are told.\n"
    )
    pair = await instance.read(keyring.signing_pair, owner=FATIMA)
    assert pair.rsa.key_id == f"{FATIMA}#main-key-3"
    assert (await line.type(commands.keys, "rotate")).exit_code == 2
    assert (await line.type(commands.keys, "rotate", "fatima", "--all")).exit_code == 2
    assert isinstance((await line.type(commands.keys, "rotate", "nobody")).exception, NotFoundError)


async def test_somebody_moves_from_the_command_line(
    line: CommandLine, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await instance.write(settle)
    pieter = await instance.write(meet)
    await instance.write(befriend, follower=pieter, following=FATIMA)
    cast("World", instance.fetch).handles["pieter@leeuwarden.example"] = pieter
    moved: list[tuple[str, str]] = []
    monkeypatch.setattr(moves, "_bring_along", lambda tx, *, old, new: moved.append((old, new)))
    assert (await line.type(commands.user, "alias", "fatima", "@pieter@leeuwarden.example")).exit_code == 0
    row = await instance.read(actors.get, uri=FATIMA)
    assert pieter in row.also_known_as
    refused = await line.type(commands.user, "move", "fatima", "@pieter@leeuwarden.example", answers="y\n")
    assert isinstance(refused.exception, ForbiddenError)
    assert moved == []
