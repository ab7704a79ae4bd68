"""How many people whom we did not know one domain may bring, however many names it has (DOS-07)."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from fedgov.activitystreams.actor import read_actor
from fedgov.federation import actors
from fedgov.kernel.clock import HOUR
from fedgov.kernel.errors import OverLimitError
from tests.unit.federation.office import Office

NAMES = ("", "a.", "b.", "c.d.")


def introductions(*, at: str, summary: str = "") -> Iterator[tuple[str, bytes]]:
    """Give people without end, each under another subdomain."""
    number = 0
    while True:
        number += 1
        uri = f"https://{NAMES[number % len(NAMES)]}{at}/users/u{number}"
        yield uri, orjson.dumps({"id": uri, "type": "Person", "inbox": f"{uri}/inbox", "summary": summary})


async def meet(office: Office, uri: str, body: bytes) -> None:
    await office.instance.write(actors.remember_remote, actor=read_actor(orjson.loads(body)), body=body.decode())
    assert await office.instance.read(actors.find, uri=uri) is not None


async def until_refused(office: Office, people: Iterator[tuple[str, bytes]]) -> tuple[int, OverLimitError]:
    """Let people come until one is put off; return how many came."""
    for number, (uri, body) in enumerate(people):
        try:
            await meet(office, uri, body)
        except OverLimitError as refusal:
            assert await office.instance.read(actors.find, uri=uri) is None
            return number, refusal
    raise AssertionError


def spend(office: Office, *, at: str, all_but: int) -> int:
    """Count as many as a domain may bring, but a few; return how many that are."""
    most = office.instance.config.limits.newcomers_per_hour
    office.instance.limiter.note("newcomers", at, most=most, per=HOUR, now=office.now, cost=most - all_but)
    return most


@pytest.fixture
def office(office: Office) -> Office:
    """An office whose post room and store count together, as the server has it."""
    office.instance.limiter = office.instance.database._setting.limiter  # type: ignore[attr-defined]
    return office


async def test_dos_07_all_subdomains_of_a_domain_bring_only_so_many_people_together(office: Office) -> None:
    spend(office, at="wild.example", all_but=8)
    came, refusal = await until_refused(office, introductions(at="wild.example"))
    assert came == 8
    assert refusal.retry_after
    assert (await until_refused(office, introductions(at="other.wild.example")))[0] == 0
    await meet(office, *next(introductions(at="gouda.example")))
    office.clock.advance(HOUR)
    await meet(office, *next(introductions(at="late.wild.example")))


async def test_dos_07_who_is_known_is_described_anew_without_being_counted(office: Office) -> None:
    known = next(introductions(at="wild.example"))
    await meet(office, *known)
    spend(office, at="wild.example", all_but=0)
    for _ in range(3):
        await meet(office, *known)


async def test_dos_07_long_documents_count_more_than_once(office: Office) -> None:
    spend(office, at="wild.example", all_but=8)
    came, _refusal = await until_refused(office, introductions(at="wild.example", summary="x" * 200_000))
    assert came == 2
