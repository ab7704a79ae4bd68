"""Followers synchronisation: the digest, the header, and the difference."""

from __future__ import annotations

import pytest

from fedgov.federation import followers_sync, follows
from fedgov.federation.followers_sync import Synchronisation, digest, read_header
from fedgov.kernel.errors import MalformedError
from tests.unit.federation.neighbours import Neighbour
from tests.unit.federation.office import Office

ALICE = "https://delft.example/users/alice"
HEADER = f'collectionId="{ALICE}/followers", url="{ALICE}/followers_synchronization", digest="{"ab" * 32}"'


def test_the_digest_is_that_of_the_fep() -> None:
    users = [f"https://testing.example.org/users/{number}" for number in (1, 2)]
    expected = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"
    assert digest(users) == digest(reversed(users)) == expected
    assert digest([]) == "0" * 64


def test_a_header_is_read_in_any_order() -> None:
    expected = Synchronisation(
        collection=f"{ALICE}/followers", url=f"{ALICE}/followers_synchronization", digest="ab" * 32
    )
    assert read_header(HEADER, actor=ALICE) == expected
    assert read_header(", ".join(reversed(HEADER.split(", "))), actor=ALICE) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        HEADER + ", more",
        HEADER.partition(", digest")[0],
        HEADER + ', digest="00"',
        HEADER.replace(f'url="{ALICE}', 'url="https://evil.example'),
        HEADER.replace(f'collectionId="{ALICE}', 'collectionId="https://evil.example'),
        HEADER.replace("https://delft.example/users/alice/followers_sync", "data:x"),
    ],
)
def test_a_header_that_is_incomplete_or_about_another_server_is_refused(wrong: str) -> None:
    with pytest.raises(MalformedError):
        read_header(wrong, actor=ALICE)


async def test_a_difference_is_noticed_and_named(office: Office, delft: Neighbour) -> None:
    alice = delft.person("alice")
    await office.fetcher.actor(alice.uri)
    fatima, bram, carla = [await office.person(name) for name in ("fatima", "bram", "carla")]
    for follower in (fatima, bram):
        await office.instance.write(
            follows.put, follower=follower, following=alice.uri, state="accepted", activity_uri=None
        )

    async def differs(*followers: str, collection: str = f"{alice.uri}/followers") -> bool:
        stated = Synchronisation(collection=collection, url=alice.uri, digest=digest(followers))
        return await office.instance.read(followers_sync.differs, actor=alice.uri, stated=stated)

    assert not await differs(bram, fatima)
    assert await differs(fatima)
    assert await differs()
    assert not await differs(collection=f"{alice.uri}/other")
    ours, theirs = await office.instance.read(
        followers_sync.surplus, actor=alice.uri, listed=[fatima, carla, "https://leiden.example/users/x"]
    )
    assert (ours, theirs) == ([bram], [carla])
