"""What is passed on to the followers of somebody here, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, cast

import orjson
import pytest
from sqlalchemy import update

from fedgov.activitystreams.actor import read_actor
from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.federation import actors, forwarding, objects, peers
from fedgov.federation.dispatch import VerifiedActivity
from fedgov.federation.forwarding import PROOFS, forward
from fedgov.store.tables import deliveries
from fedgov.store.tables import objects as objects_table
from fedgov.store.tables import peers as peers_table
from tests.unit.features.residents import actor_document, verified
from tests.unit.federation.neighbours import Neighbour
from tests.unit.federation.office import Office
from tests.unit.federation.test_delivery import follower, posted, send

DELFT: Final = "https://afzender.example"


@pytest.fixture
async def post(office: Office, delft: Neighbour) -> str:
    """A post of fatima, whom somebody at a server that checks proofs follows."""
    author = await office.person("fatima")
    await follower(office, delft)
    uri = office.instance.site.post(7)
    await office.instance.write(
        objects.add,
        uri=uri,
        kind="Note",
        author=author,
        visibility=Visibility.PUBLIC,
        targets=(),
        document="{}",
        published_at=office.now,
    )
    await knows_proofs(office, delft.host)
    known = actor_document("@piet@afzender.example")
    assert known["id"] == f"{DELFT}/users/piet"
    body = orjson.dumps(known).decode()
    await office.instance.write(actors.remember_remote, actor=read_actor(known), body=body)
    return uri


async def knows_proofs(office: Office, host: str) -> None:
    await office.instance.write(peers.describe, host=host, name=None, software="fedgov", implements=[PROOFS])


def reply(office: Office, post: str, **changes: Any) -> VerifiedActivity:
    """A reply that carries a valid proof and is addressed to the followers of fatima."""
    members = {name: changes.pop(name) for name in ("proven",) if name in changes}
    note = {"id": f"{DELFT}/n/1", "type": "Note", "attributedTo": f"{DELFT}/users/piet", "inReplyTo": post}
    document = {
        "id": f"{DELFT}/a/1",
        "type": "Create",
        "actor": f"{DELFT}/users/piet",
        "to": [PUBLIC],
        "cc": [f"{office.instance.site.actor('fatima')}/followers"],
        "object": {**note, "content": "Hallo"},
        **changes,
    }
    return cast("VerifiedActivity", replace(cast("Any", verified(document)), **{"proven": True, **members}))


async def test_a_reply_for_the_followers_of_somebody_here_reaches_them_as_it_came(
    office: Office, delft: Neighbour, post: str
) -> None:
    came = reply(office, post)
    assert await office.instance.write(forward, came) == 1
    await send(office)
    (asked,) = delft.requests("/inbox", method="POST")
    assert asked.body == came.body
    assert office.instance.site.application in str(asked.headers)
    assert [row.state for row in await office.rows(deliveries)] == ["sent"]


async def test_it_is_passed_on_once(office: Office, post: str) -> None:
    for _ in range(2):
        await office.instance.write(forward, reply(office, post))
    assert len(await office.rows(deliveries)) == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _office, came: replace(came, proven=False), id="no proof"),
        pytest.param(lambda office, _came: reply(office, "https://x.example/1"), id="not about ours"),
        pytest.param(lambda office, _came: reply(office, office.instance.site.post(8)), id="about nothing"),
        pytest.param(lambda office, came: reply(office, ours(office), cc=[]), id="not for our followers"),
        pytest.param(
            lambda office, came: reply(office, ours(office), cc=[f"{office.instance.site.actor('bram')}/followers"]),
            id="for the followers of somebody else",
        ),
        pytest.param(
            lambda office, came: reply(office, ours(office), cc=[f"{DELFT}/users/piet/followers"]), id="for their own"
        ),
    ],
)
async def test_what_is_not_for_us_to_pass_on_stays_here(
    office: Office, post: str, change: Callable[[Office, Any], VerifiedActivity]
) -> None:
    await office.person("bram")
    assert await office.instance.write(forward, change(office, reply(office, post))) == 0
    assert await office.rows(deliveries) == []


def ours(office: Office) -> str:
    """The post of all these tests."""
    return office.instance.site.post(7)


@pytest.mark.parametrize("visibility", [Visibility.ORGANISATION, Visibility.DIRECT])
async def test_nothing_is_passed_on_about_what_the_followers_may_not_read(
    office: Office, post: str, visibility: Visibility
) -> None:
    values = update(objects_table).values(visibility=visibility.value)
    await office.instance.write(lambda tx: tx.execute(values))
    assert await office.instance.write(forward, reply(office, post)) == 0


async def test_nothing_is_passed_on_about_what_was_deleted(office: Office, post: str) -> None:
    await office.instance.write(objects.bury, uri=post, author=office.instance.site.actor("fatima"))
    assert await office.instance.write(forward, reply(office, post)) == 0


async def test_servers_that_check_no_proofs_and_the_one_it_came_from_get_nothing(
    office: Office, delft: Neighbour, post: str
) -> None:
    at_delft = {"id": delft.url("/a/1"), "actor": delft.url("/users/jan")}
    assert await office.instance.write(forward, reply(office, post, **at_delft)) == 0
    await office.instance.write(lambda tx: tx.execute(update(peers_table).values(implements="[]")))
    assert await office.instance.write(forward, reply(office, post)) == 0


async def test_nobody_reaches_many_through_us_by_writing_often(
    office: Office, delft: Neighbour, post: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarding, "MOST_PER_HOUR", 2)
    went = [await office.instance.write(forward, reply(office, post, id=f"{DELFT}/a/{n}")) for n in range(4)]
    assert went == [1, 1, 0, 0]
    assert posted(delft) == []


def test_the_bytes_are_text() -> None:
    """JSON that came in is UTF-8, so that what is stored as text leaves as it came."""
    body = orjson.dumps({"content": "\u00e9\u2028"})
    assert body.decode().encode() == body
