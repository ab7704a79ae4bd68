"""A server that writes and behaves as Lemmy does: communities that pass on what their members do."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import PUBLIC
from fedgov.features.people.service import follows as following
from fedgov.features.posts.service import reacting
from fedgov.federation import follows
from tests.federation.doors.porch import pair_of
from tests.federation.interop.world import AS2, Correspondent, Letter, World, dangers, now_text, open_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTEXT = [
    AS2,
    {"lemmy": "https://join-lemmy.org/ns#", "stickied": "lemmy:stickied", "litepub": "http://litepub.social/ns#"},
]
_numbers = itertools.count(1)
EMPTY = "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_world(tmp_path_factory.mktemp("lemmy")) as found:
        yield found


def wants_digest(letter: Letter) -> bool:
    """Tell whether a GET covers the digest of its empty body, without which it counts as unsigned there."""
    return "digest" in letter.headers.get("Signature", "") and letter.headers.get("Digest") == EMPTY


def actor(world: World, path: str, *, kind: str = "Person", **more: Any) -> Correspondent:
    """A person or community as Lemmy describes it."""
    uri = world.outside.url("lemmy", path)
    pair = pair_of(uri, number=4)
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "type": kind,
        "id": uri,
        "preferredUsername": path.rpartition("/")[2],
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": pair.rsa.public.to_pem()},
        "endpoints": {"sharedInbox": world.outside.url("lemmy", "/inbox")},
        "published": "2024-01-01T00:00:00.000000Z",
        **more,
    }
    world.outside.serve(document)
    world.outside.demands[uri] = wants_digest
    return Correspondent(uri=uri, pair=pair, document=document)


@pytest.fixture(scope="module")
def jan(world: World) -> Correspondent:
    return actor(world, "/u/jan")


@pytest.fixture(scope="module")
def community(world: World) -> Correspondent:
    uri = world.outside.url("lemmy", "/c/inkoop")
    return actor(
        world,
        "/c/inkoop",
        kind="Group",
        name="Inkoop",
        summary="<p>Over inkopen</p>",
        sensitive=False,
        followers=f"{uri}/followers",
        featured=f"{uri}/featured",
        attributedTo=f"{uri}/moderators",
        postingRestrictedToMods=False,
        language=[{"identifier": "nl", "name": "Nederlands"}],
    )


def new_id(world: World, kind: str) -> str:
    return world.outside.url("lemmy", f"/activities/{kind}/{next(_numbers):08d}-6b4f-4a4e-9f6e-1d1f7a0c9d10")


def page(world: World, *, by: Correspondent, community: Correspondent) -> dict[str, Any]:
    """A post in a community."""
    return {
        "type": "Page",
        "id": world.outside.url("lemmy", f"/post/{next(_numbers)}"),
        "attributedTo": by.uri,
        "to": [community.uri, PUBLIC],
        "cc": [],
        "audience": community.uri,
        "name": "Welk inkoopsysteem?",
        "content": "<p>Ik zoek <strong>raad</strong></p>\n",
        "mediaType": "text/html",
        "source": {"content": "Ik zoek **raad**", "mediaType": "text/markdown"},
        "attachment": [{"type": "Link", "href": "https://voorbeeld.example/systeem"}],
        "image": {"type": "Image", "url": world.outside.url("lemmy", "/pictrs/image/1.webp")},
        "sensitive": False,
        "published": now_text(),
        "language": {"identifier": "nl", "name": "Nederlands"},
        "tag": [{"type": "Hashtag", "href": world.outside.url("lemmy", "/post/1"), "name": "#inkoop"}],
    }


def activity(world: World, kind: str, what: Any, *, by: Correspondent, community: Correspondent) -> dict[str, Any]:
    """Something that a member does in a community."""
    return {
        "@context": CONTEXT,
        "id": new_id(world, kind.lower()),
        "type": kind,
        "actor": by.uri,
        "to": [PUBLIC],
        "cc": [community.uri],
        "audience": community.uri,
        "object": what,
    }


def passed_on(world: World, inner: dict[str, Any], *, community: Correspondent) -> dict[str, Any]:
    """What the community makes of it for its followers."""
    return {
        "@context": CONTEXT,
        "id": new_id(world, f"announce/{inner['type'].lower()}"),
        "type": "Announce",
        "actor": community.uri,
        "to": [PUBLIC],
        "cc": [f"{community.uri}/followers"],
        "object": {key: value for key, value in inner.items() if key != "@context"},
    }


async def test_what_a_community_passes_on_to_nobody_here_is_refused_and_not_fetched(
    world: World, jan: Correspondent, community: Correspondent
) -> None:
    inner = activity(world, "Create", page(world, by=jan, community=community), by=jan, community=community)

    row = await world.deliver(passed_on(world, inner, community=community), by=community)

    assert (row.state, row.reason) == ("refused", "nobody here follows who shared it")
    assert [url for url in world.outside.asked if "/c/inkoop" not in url] == []


async def test_a_community_can_be_followed(world: World, community: Correspondent) -> None:
    await join(world, community)

    assert await world.town.ask(follows.is_follower, follower=world.fatima.uri, following=community.uri)


async def join(world: World, community: Correspondent) -> None:
    """Let fatima follow the community, which agrees as Lemmy does."""
    await world.town.instance.fetch.actor(community.uri)
    await world.town.instance.write(following.follow, actor=world.fatima.uri, target=community.uri)
    asked = await world.outside.wait_for("Follow", about=community.uri)
    inner = {key: asked.json[key] for key in ("id", "type", "actor", "object")}
    accept = activity(world, "Accept", inner, by=community, community=community) | {"to": [world.fatima.uri], "cc": []}
    assert (await world.deliver(accept, by=community)).state == "done"


@pytest.mark.parametrize("kind", ["Create", "Update", "Like", "Dislike", "Delete", "Undo"])
async def test_aut_07_what_a_followed_community_passes_on_ends_with_a_reason_and_never_parked(
    world: World, jan: Correspondent, community: Correspondent, kind: str
) -> None:
    await join(world, community)
    post = page(world, by=jan, community=community)
    what: Any = post if kind in ("Create", "Update") else post["id"]
    if kind == "Undo":
        what = activity(world, "Like", post["id"], by=jan, community=community)
    inner = activity(world, kind, what, by=jan, community=community)
    world.outside.serve(inner)

    row = await world.deliver(passed_on(world, inner, community=community), by=community)

    assert (row.state, row.reason) == ("refused", "what a group passes on is not taken in; only posts that are shared")
    assert await world.post_row(post["id"]) is None
    assert inner["id"] not in world.outside.asked


async def test_what_somebody_here_did_comes_back_from_the_community_and_changes_nothing(
    world: World, community: Correspondent
) -> None:
    await join(world, community)
    post = await world.fatima.post("In de gemeenschap")
    note = await world.town.object(post)
    inner = {"id": f"{world.origin}/activities/1", "type": "Create", "actor": world.fatima.uri, "object": note}
    before = (await world.post_row(post)).shares

    row = await world.deliver(passed_on(world, inner, community=community), by=community)

    assert (row.state, row.reason) == ("refused", "what a group passes on is not taken in; only posts that are shared")
    assert (await world.post_row(post)).shares == before


async def test_a_post_that_a_community_shares_by_its_address_is_fetched_and_shown(
    world: World, jan: Correspondent, community: Correspondent
) -> None:
    await join(world, community)
    post: dict[str, Any] = page(world, by=jan, community=community)
    world.outside.serve({"@context": CONTEXT, **post})
    world.outside.demands[post["id"]] = wants_digest
    shared = passed_on(world, {"type": "Page"}, community=community) | {"object": post["id"]}

    assert (await world.deliver(shared, by=community)).state == "done"

    shown = await world.page_of(post["id"])
    assert dangers(shown) == []
    for words in ("Welk inkoopsysteem?", "<strong>raad</strong>", "https://voorbeeld.example/systeem"):
        assert words in shown
    row = await world.post_row(post["id"])
    assert (row.type, row.visibility, row.author) == ("Page", "public", jan.uri)


async def test_a_comment_that_names_somebody_here_is_shown_answered_and_deleted(
    world: World, jan: Correspondent, community: Correspondent
) -> None:
    question = await world.fatima.post("Wie koopt samen in?")
    comment: dict[str, Any] = page(world, by=jan, community=community) | {
        "type": "Note",
        "id": world.outside.url("lemmy", f"/comment/{next(_numbers)}"),
        "inReplyTo": question,
        "content": "<p>Wij!</p>",
        "tag": [{"type": "Mention", "href": world.fatima.uri, "name": world.fatima.handle}],
        "distinguished": False,
    }
    for name in ("name", "image", "attachment"):
        del comment[name]
    create = activity(world, "Create", comment, by=jan, community=community)
    create["cc"] = [community.uri, world.fatima.uri]
    assert (await world.deliver(create, by=jan)).state == "done"
    assert "Wij!" in await world.page_of(question)

    row = await world.post_row(comment["id"])
    await world.town.instance.write(reacting.like, actor=world.fatima.uri, object_id=row.object_id)
    assert (await world.outside.wait_for("Like")).json["object"] == comment["id"]

    delete = activity(world, "Delete", comment["id"], by=jan, community=community)
    assert (await world.deliver(delete, by=jan)).state == "done"
    assert await world.town.object(comment["id"]) is None


async def test_a_private_message_is_for_its_addressee_alone(world: World, jan: Correspondent) -> None:
    message: dict[str, Any] = {
        "type": "ChatMessage",
        "id": world.outside.url("lemmy", f"/private_message/{next(_numbers)}"),
        "attributedTo": jan.uri,
        "to": [world.fatima.uri],
        "content": "<p>Even onder ons</p>",
        "mediaType": "text/html",
        "source": {"content": "Even onder ons", "mediaType": "text/markdown"},
        "published": now_text(),
    }
    create = {
        "@context": CONTEXT,
        "id": new_id(world, "create"),
        "type": "Create",
        "actor": jan.uri,
        "to": [world.fatima.uri],
        "object": message,
    }

    assert (await world.deliver(create, by=jan, path="/users/fatima/inbox")).state == "done"

    row = await world.post_row(message["id"])
    assert row.visibility == "direct"
    answer = await world.ask("GET", f"/posts/{row.object_id}", headers={"Accept": "text/html"})
    assert answer.status == 404


async def test_votes_on_posts_here_are_counted_and_what_we_do_not_know_is_kept(
    world: World, jan: Correspondent, community: Correspondent
) -> None:
    post = await world.fatima.post("Stemt u maar")
    like = activity(world, "Like", post, by=jan, community=community)
    assert (await world.deliver(like, by=jan)).state == "done"
    assert (await world.post_row(post)).likes == 1

    undo = activity(world, "Undo", {k: v for k, v in like.items() if k != "@context"}, by=jan, community=community)
    assert (await world.deliver(undo, by=jan)).state == "done"
    assert (await world.post_row(post)).likes == 0

    row = await world.deliver(activity(world, "Dislike", post, by=jan, community=community), by=jan)
    assert (row.state, bool(row.reason)) == ("done", True)
    assert await world.unfinished() == []
