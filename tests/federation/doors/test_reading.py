"""Who gets which document: visibility times reader, for posts, activities, actors and collections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import select

from fedgov.activitystreams.audience import PUBLIC, Audience, Visibility
from fedgov.federation import actors, follows, objects, outbox
from fedgov.federation.doors.face import BlankFace, Reactions
from fedgov.federation.signatures.shapes import Shape
from fedgov.store.signals import EVERYTHING
from fedgov.store.tables import activities
from fedgov.store.transaction import Transaction
from tests.federation.doors.porch import (
    ORIGIN,
    Elsewhere,
    NoDoorError,
    Response,
    Stranger,
    Town,
    befriend,
    knock,
    open_town,
)

EVERYONE = (Visibility.PUBLIC, Visibility.UNLISTED)
NOBODY_ELSE = (Visibility.FOLLOWERS, Visibility.DIRECT, Visibility.ORGANISATION)


class Face(BlankFace):
    """Rooms that pinned, counted and blocked something."""

    def __init__(self) -> None:
        self.pinned: list[str] = []
        self.answers: list[tuple[int, str]] = []
        self.blocked: set[str] = set()

    def featured(self, tx: Transaction, *, actor: str) -> Sequence[str]:
        return self.pinned

    def replies(self, tx: Transaction, *, object_uri: str, after: int, limit: int) -> Sequence[tuple[int, str]]:
        return [answer for answer in self.answers if answer[0] > after][:limit]

    def reactions(self, tx: Transaction, *, object_uri: str) -> Reactions:
        return Reactions(replies=len(self.answers), likes=3, shares=2)

    def blocks(self, tx: Transaction, *, who: str, whom: str) -> bool:
        return whom in self.blocked


@pytest.fixture
def face() -> Face:
    return Face()


@pytest_asyncio.fixture
async def town(tmp_path: Path, face: Face) -> AsyncIterator[Town]:
    async with open_town(tmp_path, face=face) as found:
        yield found


def path_of(uri: str) -> str:
    return uri.removeprefix(ORIGIN)


def demand_nothing(answer: Response) -> None:
    assert answer.status == 404
    assert answer.json == {"error": "not_found", "message": "there is nothing at this address"}
    assert answer.headers["cache-control"] == "no-store"


async def activity_about(town: Town, uri: str, kind: str = "Create") -> str:
    def find(tx: Transaction) -> str:
        wanted = select(activities.c.uri).where(activities.c.object_uri == uri, activities.c.type == kind)
        return str(tx.value(wanted))

    return await town.instance.read(find)


# --- actors -----------------------------------------------------------------------------------------------------


async def test_an_actor_is_json_for_who_asks_for_it_and_a_page_for_others(town: Town) -> None:
    uri = await town.employ("fatima")

    answer = await town.get("/users/fatima")

    assert answer.status == 200
    assert answer.json["id"] == uri
    assert answer.headers["content-type"].startswith("application/activity+json")
    assert answer.headers["vary"] == "Accept"  # CAC-01
    for accept in ("text/html", "*/*", "", "text/html,application/activity+json;q=0.5", "image/png"):
        with pytest.raises(NoDoorError):
            await town.get("/users/fatima", accept=accept)


async def test_the_head_of_an_actor_has_no_body(town: Town) -> None:
    await town.employ("fatima")
    headers = {"Accept": "application/activity+json"}

    head = await knock(town.doors, "HEAD", "/users/fatima", headers=headers)

    assert head.body == b""
    assert head.headers["content-length"] == str(len((await town.get("/users/fatima")).body))


async def test_the_application_actor_is_json_for_whoever_takes_anything(town: Town) -> None:
    assert (await town.get("/actor", accept="*/*")).json["type"] == "Application"
    with pytest.raises(NoDoorError):
        await town.get("/actor", accept="text/html")
    assert (await town.get("/organisation")).json["type"] == "Organization"


async def test_known_bytes_are_not_sent_again(town: Town) -> None:
    await town.employ("fatima")
    etag = (await town.get("/users/fatima")).headers["etag"]

    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await town.get("/users/fatima", headers={"If-None-Match": known})
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["vary"] == "Accept"
    assert (await town.get("/users/fatima", headers={"If-None-Match": '"other"'})).status == 200


async def test_a_changed_actor_is_shown_changed_at_once(town: Town) -> None:
    uri = await town.employ("fatima")
    before = await town.get("/users/fatima")

    await town.instance.write(actors.change_local, uri=uri, values={"name": "Fatima de Vries"})

    after = await town.get("/users/fatima", headers={"If-None-Match": before.headers["etag"]})
    assert after.json["name"] == "Fatima de Vries"


async def test_what_another_process_changed_is_shown_after_its_signal(town: Town) -> None:
    await town.employ("fatima")
    first = await town.get("/users/fatima")

    town.instance.signals.send([EVERYTHING])

    assert (await town.get("/users/fatima")).body == first.body


async def test_a_deleted_actor_is_a_tombstone(town: Town) -> None:
    uri = await town.employ("fatima")
    await town.get("/users/fatima")
    await town.instance.write(actors.mark_deleted, uri=uri)

    answer = await town.get("/users/fatima")

    assert answer.status == 410
    assert (answer.json["type"], answer.json["id"]) == ("Tombstone", uri)


@pytest.mark.parametrize("path", ["/users/nobody", "/users/Fatima", "/users/fatima%2f", "/users/..", "/users/%00"])
async def test_an_actor_that_is_not_there_is_not_found(town: Town, path: str) -> None:
    await town.employ("fatima")

    demand_nothing(await town.get(path))


async def test_a_remote_actor_is_not_shown_as_one_of_ours(town: Town, elsewhere: Elsewhere) -> None:
    pieter = elsewhere.stranger("delft")
    await town.instance.fetch.actor(pieter.uri)

    demand_nothing(await town.get("/users/pieter"))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_forms_about_an_actor_go_to_the_pages(town: Town, method: str) -> None:
    with pytest.raises(NoDoorError):
        await knock(town.doors, method, "/users/fatima", headers={"Accept": "application/activity+json"})


# --- signatures on what is public -------------------------------------------------------------------------------


async def test_a_signed_request_for_something_public_makes_us_fetch_nothing(town: Town, elsewhere: Elsewhere) -> None:
    await town.employ("fatima")
    pieter = elsewhere.stranger("delft")

    assert (await town.get("/users/fatima", by=pieter)).status == 200
    assert elsewhere.asked == []


@pytest.mark.parametrize("shape", [Shape.CAVAGE, Shape.RFC9421_RSA, Shape.RFC9421_ED25519])
async def test_sig_19_a_certainly_wrong_signature_is_refused_even_for_something_public(
    town: Town, elsewhere: Elsewhere, shape: Shape
) -> None:  # SIG-19
    await town.employ("fatima")
    pieter = elsewhere.stranger("delft")
    await town.post(pieter.note(), by=pieter)
    headers = pieter.sign("GET", f"{ORIGIN}/users/other", headers={"Accept": "application/activity+json"}, shape=shape)

    answer = await knock(town.doors, "GET", "/users/fatima", headers=headers)

    assert answer.status == 401
    assert answer.headers["cache-control"] == "no-store"
    assert (await town.get("/users/fatima", by=pieter, shape=shape)).status == 200


async def test_a_blocked_server_that_signs_is_refused(town: Town, elsewhere: Elsewhere) -> None:
    await town.employ("fatima")
    pieter = elsewhere.stranger("delft")
    town.trust.refused.add(pieter.host)

    assert (await town.get("/users/fatima", by=pieter)).status == 403
    assert (await town.get("/actor", by=pieter)).status == 200, "its key is for everyone"


async def test_authorised_fetch_shows_only_the_application_actor_to_the_unsigned(
    strict_town: Town, elsewhere: Elsewhere
) -> None:
    uri = await strict_town.employ("fatima")
    post = path_of(await strict_town.publish(uri))
    pieter = elsewhere.stranger("delft")
    create = path_of(await activity_about(strict_town, f"{ORIGIN}{post}"))

    for path in ("/users/fatima", post, create, "/users/fatima/outbox", "/organisation", f"{post}/replies"):
        answer = await strict_town.get(path)
        assert answer.status == 401, path
        assert "accept-signature" in answer.headers
        shown = await strict_town.get(path, by=pieter)
        assert shown.status == 200, path
        assert shown.headers["cache-control"] == "private, no-store"  # CAC-02
        assert shown.headers["vary"] == "Accept, Signature"
        assert "etag" not in shown.headers
        assert (await strict_town.get(path)).status == 401, "what he saw is not kept for others"
    assert (await strict_town.get("/actor")).status == 200


async def test_authorised_fetch_refuses_blocked_servers_and_blocked_people(tmp_path: Path) -> None:
    from tests.federation.doors.porch import open_elsewhere

    face = Face()
    async with (
        open_town(tmp_path, face=face, federation={"authorised_fetch": True}) as town,
        open_elsewhere() as elsewhere,
    ):
        post = path_of(await town.publish(await town.employ("fatima")))
        pieter = elsewhere.stranger("delft")
        face.blocked.add(pieter.uri)
        demand_nothing(await town.get(post, by=pieter))
        town.trust.refused.add(pieter.host)
        assert (await town.get(post, by=pieter)).status == 403


# --- posts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", EVERYONE)
async def test_what_everyone_may_read_is_shown_to_everyone(town: Town, visibility: Visibility) -> None:
    uri = await town.publish(await town.employ("fatima"), visibility)

    answer = await town.get(path_of(uri))

    assert (answer.status, answer.json["id"]) == (200, uri)
    assert answer.headers["cache-control"] == "public, max-age=60"
    with pytest.raises(NoDoorError):
        await town.get(path_of(uri), accept="text/html")


class Readers:
    """Everyone who may ask for a post by Fatima, by how they stand to her."""

    def __init__(self, town: Town, elsewhere: Elsewhere) -> None:
        self.town = town
        self.by_name: dict[str, Stranger] = {
            "stranger": elsewhere.stranger("evil", "mallory"),
            "stranger's server": elsewhere.stranger("evil", kind="Application"),
            "follower": elsewhere.stranger("delft", "volger"),
            "follower's server": elsewhere.stranger("delft", kind="Application"),
            "follower's colleague": elsewhere.stranger("delft", "collega"),
            "follower's robot": elsewhere.stranger("delft", "robot", kind="Service"),
            "who asked to follow": elsewhere.stranger("urk", "wachter"),
            "server of who asked to follow": elsewhere.stranger("urk", kind="Application"),
            "named": elsewhere.stranger("gouda", "genoemde"),
            "named one's server": elsewhere.stranger("gouda", kind="Application"),
            "named one's colleague": elsewhere.stranger("gouda", "collega"),
        }

    async def settle(self, author: str) -> None:
        write = self.town.instance.write
        await write(befriend, follower=self.by_name["follower"].uri, following=author)
        await write(befriend, follower=self.by_name["who asked to follow"].uri, following=author, state="pending")

    async def who_reads(self, uri: str) -> set[str]:
        found = set()
        for name, reader in self.by_name.items():
            answer = await self.town.get(path_of(uri), by=reader)
            if answer.status == 200:
                assert answer.headers["cache-control"] == "private, no-store"
                found.add(name)
            else:
                demand_nothing(answer)
        demand_nothing(await self.town.get(path_of(uri)))
        return found


FOLLOWING = {"follower", "follower's server"}
NAMED = {"named", "named one's server"}


@pytest.mark.parametrize(
    ("visibility", "expected"),
    [
        (Visibility.FOLLOWERS, FOLLOWING | NAMED),
        (Visibility.DIRECT, NAMED),
        (Visibility.ORGANISATION, set[str]()),
    ],
)
async def test_what_is_not_for_everyone_is_shown_to_its_readers_and_their_servers(
    town: Town, elsewhere: Elsewhere, visibility: Visibility, expected: set[str]
) -> None:
    readers = Readers(town, elsewhere)
    fatima = await town.employ("fatima")
    await readers.settle(fatima)
    uri = await town.publish(fatima, visibility, to=[readers.by_name["named"].uri])

    assert await readers.who_reads(uri) == expected
    assert await readers.who_reads(await activity_about(town, uri)) == expected
    for part in ("replies", "likes", "shares"):
        assert await readers.who_reads(f"{uri}/{part}") == expected


async def test_a_server_with_a_likeness_of_a_name_is_another_server(town: Town, elsewhere: Elsewhere) -> None:
    fatima = await town.employ("fatima")
    follower = elsewhere.stranger("delft-aan-zee")
    mallory = elsewhere.stranger("delft_aan_zee", kind="Application")
    await town.instance.write(befriend, follower=follower.uri, following=fatima)

    demand_nothing(await town.get(path_of(await town.publish(fatima, Visibility.FOLLOWERS)), by=mallory))


async def test_somebody_blocked_does_not_see_what_was_for_him_nor_does_his_server(
    town: Town, elsewhere: Elsewhere, face: Face
) -> None:
    pieter, server = elsewhere.stranger("delft"), elsewhere.stranger("delft", kind="Application")
    uri = await town.publish(await town.employ("fatima"), Visibility.DIRECT, to=[pieter.uri])
    face.blocked.add(pieter.uri)

    demand_nothing(await town.get(path_of(uri), by=pieter))
    demand_nothing(await town.get(path_of(uri), by=server))


async def test_ac_03_what_is_not_there_looks_like_what_is_not_for_you(
    town: Town, elsewhere: Elsewhere
) -> None:  # AC-03
    pieter = elsewhere.stranger("delft")
    uri = await town.publish(await town.employ("fatima"), Visibility.DIRECT)
    missing = f"{ORIGIN}/posts/1"

    for by in (None, pieter):
        there, absent = await town.get(path_of(uri), by=by), await town.get(path_of(missing), by=by)
        assert there == absent
        demand_nothing(there)
    headers = pieter.sign("GET", f"{ORIGIN}/elsewhere", headers={"Accept": "application/activity+json"})
    there, absent = [await knock(town.doors, "GET", path_of(each), headers=headers) for each in (uri, missing)]
    assert there == absent
    assert there.status == 401


async def test_a_signature_without_the_query_gives_nobodys_rights(town: Town, elsewhere: Elsewhere) -> None:  # SIG-20
    pieter = elsewhere.stranger("delft")
    uri = path_of(await town.publish(await town.employ("fatima"), Visibility.DIRECT, to=[pieter.uri]))

    with_query = await town.get(f"{uri}?page=true", by=pieter, shape=Shape.CAVAGE)
    without = await town.get(f"{uri}?page=true", by=pieter, shape=Shape.CAVAGE_NO_QUERY)

    assert with_query.status == 200
    demand_nothing(without)


async def test_an_edited_post_is_shown_edited_at_once_also_when_it_became_private(town: Town) -> None:  # AC-18
    uri = await town.publish(await town.employ("fatima"))
    assert (await town.get(path_of(uri))).status == 200
    create = path_of(await activity_about(town, uri))
    assert (await town.get(create)).status == 200

    def narrow(tx: Transaction) -> None:
        row = objects.find(tx, uri=uri)
        assert row is not None
        document = orjson.dumps({"id": uri, "type": "Note"}).decode()
        objects.replace(tx, row=row, document=document, updated_at=tx.now + 1, visibility=Visibility.DIRECT, targets=())

    await town.instance.write(narrow)
    demand_nothing(await town.get(path_of(uri)))
    demand_nothing(await town.get(create))


@pytest.mark.parametrize("visibility", EVERYONE + NOBODY_ELSE)
async def test_only_what_everyone_knew_leaves_a_tombstone(town: Town, visibility: Visibility) -> None:
    fatima = await town.employ("fatima")
    uri = await town.publish(fatima, visibility)
    create = await activity_about(town, uri)
    await town.get(path_of(uri))
    await town.instance.write(objects.bury, uri=uri, author=fatima)

    for path in (path_of(uri), path_of(create)):
        answer = await town.get(path)
        if visibility in EVERYONE:
            assert (answer.status, answer.json["type"]) == (410, "Tombstone")
            assert b"words" not in answer.body
        else:
            demand_nothing(answer)


async def test_a_reader_of_a_deleted_post_gets_its_tombstone(town: Town, elsewhere: Elsewhere) -> None:
    pieter = elsewhere.stranger("delft")
    fatima = await town.employ("fatima")
    uri = await town.publish(fatima, Visibility.DIRECT, to=[pieter.uri])
    await town.instance.write(objects.bury, uri=uri, author=fatima)

    assert (await town.get(path_of(uri), by=pieter)).status == 410


@pytest.mark.parametrize("path", ["/posts/abc", "/posts/", "/posts/-1", "/posts/99999999999999999999", "/posts/1/x"])
async def test_an_address_that_cannot_be_a_post_goes_to_the_pages(town: Town, path: str) -> None:
    with pytest.raises(NoDoorError):
        await town.get(path)


# --- what belongs to a post -------------------------------------------------------------------------------------


async def test_replies_come_in_pages_without_a_query(town: Town, face: Face) -> None:
    uri = await town.publish(await town.employ("fatima"))
    face.answers = [(number, f"http://delft.example/{number}") for number in range(1, 46)]

    whole = (await town.get(f"{path_of(uri)}/replies")).json
    found: list[str] = []
    page: str | None = whole["first"]
    while page is not None:
        assert "?" not in page
        document = (await town.get(path_of(page))).json
        assert document["partOf"] == whole["id"]
        found += document["orderedItems"]
        page = document.get("next")

    assert whole["totalItems"] == 45
    assert found == [answer for _, answer in face.answers]


async def test_likes_and_shares_are_numbers_only(town: Town) -> None:
    uri = await town.publish(await town.employ("fatima"))

    likes, shares = [(await town.get(f"{path_of(uri)}/{kind}")).json for kind in ("likes", "shares")]

    assert (likes["totalItems"], shares["totalItems"]) == (3, 2)
    assert "first" not in likes
    assert "orderedItems" not in likes


# --- activities -------------------------------------------------------------------------------------------------


async def test_an_activity_is_shown_as_it_was_sent(town: Town) -> None:
    uri = await town.publish(await town.employ("fatima"))
    create = await activity_about(town, uri)

    answer = await town.get(path_of(create))

    assert answer.json in await town.sent()
    assert "proof" in answer.json


async def test_what_was_edited_out_is_not_shown_in_an_old_activity(town: Town) -> None:
    fatima = await town.employ("fatima")
    uri = await town.publish(fatima)
    create = await activity_about(town, uri)
    town.clock.advance(1_000)

    def edit(tx: Transaction) -> None:
        row = objects.find(tx, uri=uri)
        assert row is not None
        document = objects.stored_document(row) | {"content": "<p>corrected</p>"}
        objects.replace(
            tx,
            row=row,
            document=orjson.dumps(document).decode(),
            updated_at=tx.now,
            visibility=Visibility.PUBLIC,
            targets=(),
        )
        tx.signal(f"collection:{fatima}")

    await town.instance.write(edit)
    shown = (await town.get(path_of(create))).json
    listed = (await town.get("/users/fatima/outbox/page/latest")).json["orderedItems"][0]
    for activity in (shown, listed):
        assert activity["object"]["content"] == "<p>corrected</p>"
        assert "proof" not in activity


async def test_a_share_that_was_taken_back_is_gone(town: Town) -> None:
    fatima = await town.employ("fatima")
    audience = Audience(to=(PUBLIC,))
    share = {"type": "Announce", "object": "http://delft.example/notes/1"}
    uri = await town.instance.write(
        outbox.publish, actor=fatima, activity=share, audience=audience, visibility=Visibility.PUBLIC
    )
    assert (await town.get(path_of(uri))).status == 200
    assert (await town.get("/users/fatima/outbox")).json["totalItems"] == 1

    undo = {"type": "Undo", "object": {"id": uri, "type": "Announce", "actor": fatima}}
    await town.instance.write(
        outbox.publish, actor=fatima, activity=undo, audience=audience, visibility=Visibility.PUBLIC
    )

    assert (await town.get(path_of(uri))).status == 410
    assert (await town.get("/users/fatima/outbox")).json["totalItems"] == 0


async def test_an_old_profile_is_not_shown_in_an_old_update(town: Town) -> None:
    fatima = await town.employ("fatima")
    profile = (await town.get("/users/fatima")).json | {"summary": "a secret"}
    uri = await town.instance.write(
        outbox.publish,
        actor=fatima,
        activity={"type": "Update", "object": profile},
        audience=Audience(to=(PUBLIC,)),
        visibility=Visibility.PUBLIC,
    )
    town.clock.advance(1_000)

    assert (await town.get(path_of(uri))).json["object"]["summary"] == ""
    await town.instance.write(actors.mark_deleted, uri=fatima)
    assert (await town.get(path_of(uri))).status == 410


# --- collections ------------------------------------------------------------------------------------------------


async def walk(town: Town, path: str) -> tuple[dict[str, Any], list[Any]]:
    """The collection and all items of its pages."""
    whole: dict[str, Any] = (await town.get(path)).json
    found, page = [], whole.get("first")
    while page is not None:
        answer = await town.get(path_of(page))
        assert answer.status == 200
        assert answer.json["type"] == "OrderedCollectionPage"
        found += answer.json["orderedItems"]
        page = answer.json.get("next")
    return whole, found


async def test_ac_01_the_outbox_lists_only_what_everyone_may_read(town: Town) -> None:  # AC-01
    fatima = await town.employ("fatima")
    uris = {visibility: await town.publish(fatima, visibility) for visibility in Visibility}
    gone = await town.publish(fatima)
    await town.get("/users/fatima/outbox")
    await town.instance.write(objects.bury, uri=gone, author=fatima)
    await town.publish(fatima, Visibility.DIRECT)

    whole, listed = await walk(town, "/users/fatima/outbox")

    assert [activity["object"]["id"] for activity in listed] == [uris[Visibility.UNLISTED], uris[Visibility.PUBLIC]]
    assert whole["totalItems"] == 2


async def test_a_share_among_followers_is_not_in_the_outbox(town: Town) -> None:  # AC-01
    fatima = await town.employ("fatima")
    share = {"type": "Announce", "object": await town.publish(fatima)}
    audience = Audience(to=(f"{fatima}/followers",))
    await town.instance.write(
        outbox.publish, actor=fatima, activity=share, audience=audience, visibility=Visibility.FOLLOWERS
    )

    whole, listed = await walk(town, "/users/fatima/outbox")

    assert [activity["type"] for activity in listed] == ["Create"]
    assert whole["totalItems"] == 1


async def test_pages_of_the_outbox_lose_nothing_when_something_new_comes_in_between(town: Town) -> None:
    fatima = await town.employ("fatima")
    uris = [await town.publish(fatima) for _ in range(45)]
    first = (await town.get("/users/fatima/outbox/page/latest")).json
    await town.publish(fatima)

    second = (await town.get(path_of(first["next"]))).json
    third = (await town.get(path_of(second["next"]))).json

    seen = [item["object"]["id"] for page in (first, second, third) for item in page["orderedItems"]]
    assert seen == uris[::-1]
    assert "next" not in third


async def test_followers_and_following_are_listed_newest_first(town: Town, elsewhere: Elsewhere) -> None:
    fatima = await town.employ("fatima")
    others = [f"http://delft.example/users/{number}" for number in range(25)]
    for other in others:
        await town.instance.write(befriend, follower=other, following=fatima)
        await town.instance.write(befriend, follower=fatima, following=other)
    await town.instance.write(befriend, follower="http://delft.example/users/x", following=fatima, state="pending")

    for kind in ("followers", "following"):
        whole, listed = await walk(town, f"/users/fatima/{kind}")
        assert whole["totalItems"] == 25
        assert listed == others[::-1]
        with pytest.raises(NoDoorError):
            await town.get(f"/users/fatima/{kind}", accept="text/html")


async def test_who_wants_only_numbers_shown_shows_only_numbers(town: Town) -> None:
    fatima = await town.employ("fatima", lists_followers=False)
    await town.instance.write(befriend, follower="http://delft.example/users/1", following=fatima)

    whole = (await town.get("/users/fatima/followers")).json

    assert whole["totalItems"] == 1
    assert "first" not in whole
    demand_nothing(await town.get("/users/fatima/followers/page/latest"))


async def test_a_collection_changes_with_what_it_lists(town: Town) -> None:
    fatima = await town.employ("fatima")
    assert (await town.get("/users/fatima/followers")).json["totalItems"] == 0

    await town.instance.write(befriend, follower="http://delft.example/users/1", following=fatima)
    assert (await town.get("/users/fatima/followers")).json["totalItems"] == 1
    await town.instance.write(follows.remove, follower="http://delft.example/users/1", following=fatima)
    assert (await town.get("/users/fatima/followers")).json["totalItems"] == 0


async def test_ac_06_featured_lists_what_is_pinned_and_for_everyone(town: Town, face: Face) -> None:
    fatima = await town.employ("fatima")
    public, private = await town.publish(fatima), await town.publish(fatima, Visibility.FOLLOWERS)
    face.pinned = [private, public, "http://delft.example/unknown"]

    assert (await town.get("/users/fatima/featured")).json["orderedItems"] == [public]
    demand_nothing(await town.get("/users/fatima/featured/page/latest"))


async def test_a_server_sees_only_its_own_part_of_the_followers(town: Town, elsewhere: Elsewhere) -> None:
    fatima = await town.employ("fatima")
    pieter, other = elsewhere.stranger("delft"), elsewhere.stranger("gouda")
    for follower in (pieter, other):
        await town.instance.write(befriend, follower=follower.uri, following=fatima)

    path = "/users/fatima/followers_synchronization"
    assert (await town.get(path, by=pieter)).json["orderedItems"] == [pieter.uri]
    assert (await town.get(path, by=elsewhere.stranger("urk"))).json["orderedItems"] == []
    assert (await town.get(path)).status == 401
    assert (await town.get(f"{path}?x=1", by=pieter, shape=Shape.CAVAGE_NO_QUERY)).status == 401


@pytest.mark.parametrize("name", ["outbox", "followers", "following", "featured"])
async def test_collections_of_nobody_and_of_the_gone(town: Town, name: str) -> None:
    demand_nothing(await town.get(f"/users/nobody/{name}"))
    uri = await town.employ("fatima")
    await town.instance.write(actors.mark_deleted, uri=uri)

    answer = await town.get(f"/users/fatima/{name}")
    assert (answer.status, answer.json["error"]) == (410, "gone")


@pytest.mark.parametrize("tail", ["page", "page/", "page/x", "page/-1", "page/1/2", "page/99999999999999999999"])
async def test_an_address_that_cannot_be_a_page_goes_to_the_pages(town: Town, tail: str) -> None:
    await town.employ("fatima")
    with pytest.raises(NoDoorError):
        await town.get(f"/users/fatima/outbox/{tail}")


async def test_nothing_is_posted_to_an_outbox(town: Town) -> None:
    answer = await knock(town.doors, "POST", "/users/fatima/outbox")

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
