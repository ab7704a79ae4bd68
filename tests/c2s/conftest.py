"""A town hall on a small internet, and programs that speak ActivityPub for its people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from fedgov.features.people.queries import account_of
from fedgov.features.people.service.tokens import create_token
from fedgov.federation import outbox
from fedgov.store.tables import metadata
from fedgov.store.transaction import Transaction
from tests.federation.interop.world import AS2, Correspondent, Reply, correspondent
from tests.security.internet import LOGS, Internet, open_internet

LD_JSON: Final = f'application/ld+json; profile="{AS2}"'
PUBLIC: Final = f"{AS2}#Public"


def rows_of(tx: Transaction) -> dict[str, int]:
    """Count the rows of everything that says what is so; logs and deliveries go on by themselves."""
    quiet = LOGS | {"deliveries"}
    return {
        name: tx.value(select(func.count()).select_from(table))
        for name, table in metadata.tables.items()
        if name not in quiet
    }


@dataclass(slots=True)
class Program:
    """A program with a token of somebody."""

    internet: Internet = field(repr=False)
    name: str
    token: str

    @property
    def me(self) -> str:
        """URI of its person."""
        return self.internet.town.instance.site.actor(self.name)

    async def ask(self, method: str, path: str, *, body: Any = None, **headers: str) -> Reply:
        """Send a request with the token."""
        path = path.removeprefix(self.internet.origin)
        headers["Authorization"] = f"Bearer {self.token}"
        return await self.internet.ask(method, path, headers=headers, body=body)

    async def submit(self, document: Any, *, to: str = "", media_type: str = LD_JSON) -> Reply:
        """POST to the outbox."""
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        return await self.ask("POST", f"{to or self.me}/outbox", body=body, **{"Content-Type": media_type})

    async def done(self, document: Any) -> dict[str, Any]:
        """POST to the outbox; return the activity that came of it, as it is stored."""
        reply = await self.submit(document)
        assert reply.status == 201, reply.body
        found = await self.internet.town.ask(_activity, uri=reply.headers["Location"])
        assert found is not None
        return found

    async def refused(self, document: Any, *, to: str = "") -> int:
        """POST what must not have any effect; return the status."""
        before = await self.internet.town.ask(rows_of)
        reply = await self.submit(document, to=to)
        assert reply.status in (400, 401, 403, 404, 422), (reply.status, reply.body)
        assert reply.json["error"]
        assert await self.internet.town.ask(rows_of) == before
        return reply.status

    async def inbox(self) -> list[dict[str, Any]]:
        """Read the inbox to its end."""
        found: list[dict[str, Any]] = []
        path: str | None = (await self.ask("GET", f"{self.me}/inbox")).json["first"]
        while path:
            reply = await self.ask("GET", path)
            assert reply.status == 200, reply.body
            found += reply.json["orderedItems"]
            path = reply.json.get("next")
        return found


def _activity(tx: Transaction, *, uri: str) -> dict[str, Any] | None:
    return outbox.find(tx, uri=uri)


@dataclass(slots=True)
class Office:
    """The town hall, and everybody in these stories."""

    internet: Internet
    friend: Correspondent
    _made: int = 0

    async def program(self, name: str, *, scopes: str = "read write follow") -> Program:
        """Return a program of somebody here, who is made when new."""
        town = self.internet.town
        account = await town.ask(account_of, actor=town.instance.site.actor(name))
        if account is None:
            await town.as_(name)
            account = await town.ask(account_of, actor=town.instance.site.actor(name))
        assert account is not None
        token = await town.instance.write(create_token, account_id=account.id, scopes=scopes)
        return Program(self.internet, name, token)

    async def newcomer(self, *, scopes: str = "read write follow") -> Program:
        """Return a program of somebody whom no other test knows."""
        self._made += 1
        return await self.program(f"nieuw{self._made}", scopes=scopes)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """Gemeente Gouda and a friend elsewhere, whom everybody here knows."""
    async with open_internet(tmp_path_factory.mktemp("office")) as internet:
        friend = correspondent(internet.outside, "vriend")
        await internet.deliver(friend.activity("Create", friend.note(to=[internet.fatima.uri])), by=friend)
        yield Office(internet, friend)
