from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Table, select

from fedgov.features.trust import queries, service
from fedgov.features.trust.service import TrustDecisions
from fedgov.features.trust.vocabulary import DomainBlocked, DomainUnblocked
from fedgov.instance import Instance
from fedgov.kernel.errors import InvalidError, NotFoundError
from fedgov.store.tables import deliveries, follows, inbox_items
from fedgov.store.transaction import Transaction
from tests.unit.features.trust import town as town_of

FATIMA = "https://groningen.example/users/fatima"
PIETER = "https://spam.example/users/pieter"
SANNE = "https://a.spam.example:8443/users/sanne"
JELLE = "https://notspam.example/users/jelle"


def _people(tx: Transaction) -> None:
    town_of.meet(tx, uri=FATIMA, host="groningen.example", local=True)
    for uri, host in ((PIETER, "spam.example"), (SANNE, "a.spam.example:8443"), (JELLE, "notspam.example")):
        town_of.meet(tx, uri=uri, host=host)
        town_of.befriend(tx, follower=FATIMA, following=uri)
        town_of.befriend(tx, follower=uri, following=FATIMA)


def _follows(tx: Transaction) -> set[tuple[str, str]]:
    return {(row.follower, row.following) for row in tx.rows(select(follows))}


def _states(tx: Transaction, table: Table, column: str) -> dict[str, str]:
    rows = tx.rows(select(table.c[column].label("key"), table.c.state))
    return {row.key: row.state for row in rows}


async def test_blocking_a_domain_ends_follows_with_it_and_its_subdomains_in_both_directions(town: Instance) -> None:
    await town.write(_people)

    await town.write(service.block, domain="Spam.Example", reason="spam")

    assert await town.read(_follows) == {(FATIMA, JELLE), (JELLE, FATIMA)}


async def test_blocking_a_domain_withdraws_what_waits_for_it(town: Instance) -> None:
    for host, state in (
        ("spam.example", "queued"),
        ("a.spam.example:8443", "parked"),
        ("b.spam.example", "sent"),
        ("notspam.example", "queued"),
        ("spam_example", "queued"),
    ):
        await town.write(town_of.deliver, host=host, state=state)

    await town.write(service.block, domain="spam.example")

    assert await town.read(_states, table=deliveries, column="host") == {
        "spam.example": "withdrawn",
        "a.spam.example:8443": "withdrawn",
        "b.spam.example": "sent",
        "notspam.example": "queued",
        "spam_example": "queued",
    }


async def test_blocking_a_domain_refuses_what_it_sent_before(town: Instance) -> None:
    for origin in (
        "https://spam.example",
        "http://a.spam.example:8443",
        "https://notspam.example",
        "https://spam.example.org",
    ):
        await town.write(town_of.receive, origin=origin)

    await town.write(service.block, domain="spam.example")

    assert await town.read(_states, table=inbox_items, column="origin") == {
        "https://spam.example": "refused",
        "http://a.spam.example:8443": "refused",
        "https://notspam.example": "queued",
        "https://spam.example.org": "queued",
    }


async def test_an_underscore_in_a_domain_stands_for_itself(town: Instance) -> None:
    for host in ("a.my_host.example", "a.myxhost.example"):
        await town.write(town_of.deliver, host=host)

    await town.write(service.block, domain="my_host.example")

    states = await town.read(_states, table=deliveries, column="host")
    assert states == {"a.my_host.example": "withdrawn", "a.myxhost.example": "queued"}


async def test_a_block_with_a_port_leaves_the_other_ports_alone(town: Instance) -> None:
    for host in ("spam.example", "spam.example:8443", "spam.example:84431", "a.spam.example:8443"):
        await town.write(town_of.deliver, host=host)

    await town.write(service.block, domain="spam.example:8443")

    assert await town.read(_states, table=deliveries, column="host") == {
        "spam.example": "queued",
        "spam.example:8443": "withdrawn",
        "spam.example:84431": "queued",
        "a.spam.example:8443": "withdrawn",
    }


async def test_other_rooms_hear_of_a_block_and_of_its_end(town: Instance, told: list[object]) -> None:
    await town.write(_people)

    await town.write(service.block, domain="spam.example")
    await town.write(service.remove_rule, domain="spam.example")

    assert told == [
        DomainBlocked(domain="spam.example", hosts=("a.spam.example:8443", "spam.example")),
        DomainUnblocked(domain="spam.example"),
    ]


async def test_what_lives_on_a_blocked_domain_is_hidden(town: Instance) -> None:
    await town.write(service.block, domain="spam.example")

    uris = (FATIMA, PIETER, SANNE, JELLE, "not a uri")
    assert await town.read(queries.hidden, uris=uris) == {PIETER, SANNE}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("spam.example", "spam.example"),
        (" https://Spam.Example/about ", "spam.example"),
        ("@pieter@spam.example", "spam.example"),
        ("*.spam.example.", "spam.example"),
        ("spam.example:443", "spam.example"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
async def test_a_domain_is_understood_as_people_write_it(town: Instance, typed: str, stored: str) -> None:
    assert await town.write(service.block, domain=typed) == stored


@pytest.mark.parametrize("typed", ["", "not a domain", "spam.example:port", "groningen.example", "example", "-"])
async def test_what_is_no_domain_or_is_our_own_cannot_be_blocked(town: Instance, typed: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        await town.write(service.block, domain=typed)

    assert refusal.value.field == "domain"
    assert await town.read(queries.list_rules) == []


async def test_a_domain_is_either_blocked_or_listed(town: Instance, told: list[object]) -> None:
    await town.write(service.block, domain="delft.example", reason="spam")
    await town.write(service.allow, domain="delft.example", reason="they changed")

    rows = await town.read(queries.list_rules)
    assert [(row.domain, row.rule, row.reason) for row in rows] == [("delft.example", "listed", "they changed")]
    assert await town.read(queries.count_blocks) == 0
    assert told[-1] == DomainUnblocked(domain="delft.example")


async def test_a_rule_that_is_not_there_cannot_be_removed(town: Instance) -> None:
    with pytest.raises(NotFoundError):
        await town.write(service.remove_rule, domain="delft.example")


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 (the reload has no event to wait for)
            await asyncio.sleep(0.005)


async def test_a_block_counts_at_once_and_its_end_too(town: Instance) -> None:
    trust = TrustDecisions(town.database, config=town.config)
    await trust.load()
    assert trust.allows("a.spam.example")

    await town.write(service.block, domain="spam.example")
    await _until(lambda: not trust.allows("a.spam.example"))

    await town.write(service.remove_rule, domain="spam.example")
    await _until(lambda: trust.allows("a.spam.example"))


async def test_before_the_rules_are_read_only_we_ourselves_are_trusted(town: Instance) -> None:
    trust = TrustDecisions(town.database, config=town.config)

    assert trust.allows("groningen.example")
    assert not trust.allows("leeuwarden.example")


async def test_a_block_made_by_another_process_is_noticed(town: Instance) -> None:
    trust = TrustDecisions(town.database, config=town.config)
    await trust.load()
    await town.write(service.block, domain="spam.example")
    await _until(lambda: not trust.allows("spam.example"))
    await town.write(_forget_rules_silently)

    town.signals.send(["*"])

    await _until(lambda: trust.allows("spam.example"))


def _forget_rules_silently(tx: Transaction) -> None:
    from fedgov.features.trust.tables import domain_rules

    tx.execute(domain_rules.delete())
