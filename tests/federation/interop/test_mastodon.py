"""A server that writes and behaves as Mastodon does: what comes in, what a reader sees, what goes back."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import PUBLIC
from fedgov.features.people.service import follows as following
from fedgov.features.posts.queries import parts, timelines
from fedgov.features.posts.service import polls, publishing
from fedgov.features.posts.vocabulary import PollDraft
from fedgov.federation import actors, follows
from fedgov.kernel.clock import HOUR
from fedgov.kernel.pagination import PageRequest
from tests.federation.doors.porch import pair_of
from tests.federation.interop.world import AS2, Correspondent, World, dangers, now_text, open_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

TERMS = {
    "ostatus": "http://ostatus.org#",
    "atomUri": "ostatus:atomUri",
    "inReplyToAtomUri": "ostatus:inReplyToAtomUri",
    "conversation": "ostatus:conversation",
    "sensitive": "as:sensitive",
    "toot": "http://joinmastodon.org/ns#",
    "votersCount": "toot:votersCount",
    "Emoji": "toot:Emoji",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
}
CONTEXT = [AS2, "https://w3id.org/security/v1", TERMS]
_numbers = itertools.count(113_000_000_000_000_001)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_world(tmp_path_factory.mktemp("mastodon")) as found:
        yield found


def account(world: World, username: str) -> Correspondent:
    """An account as Mastodon describes it; it has only the RSA key."""
    uri = world.outside.url("masto", f"/users/{username}")
    pair = pair_of(uri, number=2)
    document = {
        "@context": CONTEXT,
        "id": uri,
        "type": "Person",
        "following": f"{uri}/following",
        "followers": f"{uri}/followers",
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "featured": f"{uri}/collections/featured",
        "featuredTags": f"{uri}/collections/tags",
        "preferredUsername": username,
        "name": f"{username.title()} :vlag:",
        "summary": '<p>Raadslid <a href="https://x.example/" rel="tag">#raad</a></p>',
        "url": world.outside.url("masto", f"/@{username}"),
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "indexable": False,
        "published": "2022-11-05T00:00:00Z",
        "memorial": False,
        "publicKey": {"id": pair.rsa.key_id, "owner": uri, "publicKeyPem": pair.rsa.public.to_pem()},
        "tag": [emoji(world, "vlag")],
        "attachment": [{"type": "PropertyValue", "name": "Site", "value": '<a href="https://x.example">x</a>'}],
        "endpoints": {"sharedInbox": world.outside.url("masto", "/inbox")},
        "icon": {"type": "Image", "mediaType": "image/png", "url": world.outside.url("masto", "/a.png")},
    }
    world.outside.serve(document)
    return Correspondent(uri=uri, pair=pair, document=document)


def emoji(world: World, name: str) -> dict[str, Any]:
    """A custom emoji as it stands in a tag list."""
    return {
        "id": world.outside.url("masto", f"/emojis/{name}"),
        "type": "Emoji",
        "name": f":{name}:",
        "updated": "2024-01-01T00:00:00Z",
        "icon": {"type": "Image", "mediaType": "image/png", "url": world.outside.url("masto", f"/e/{name}.png")},
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def anna(world: World) -> Correspondent:
    """Somebody there, whom fatima follows."""
    found = account(world, "anna")
    await follow(world, found)
    return found


async def follow(world: World, whom: Correspondent) -> None:
    """Let fatima follow an account, which agrees as Mastodon does."""
    await world.town.instance.fetch.actor(whom.uri)
    await world.town.instance.write(following.follow, actor=world.fatima.uri, target=whom.uri)
    asked = await world.outside.wait_for("Follow", about=whom.uri)
    embedded = {key: asked.json[key] for key in ("id", "type", "actor", "object")}
    answer = {
        "@context": AS2,
        "id": f"{whom.uri}#accepts/follows/{next(_numbers)}",
        "type": "Accept",
        "actor": whom.uri,
        "object": embedded,
    }
    assert (await world.deliver(answer, by=whom)).state == "done"
    assert await world.town.ask(follows.is_follower, follower=world.fatima.uri, following=whom.uri)


def status(by: Correspondent, **more: Any) -> dict[str, Any]:
    """A public status with everything that Mastodon writes in one."""
    uri = f"{by.uri}/statuses/{next(_numbers)}"
    number = uri.rpartition("/")[2]
    found: dict[str, Any] = {
        "id": uri,
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": now_text()[:19] + "Z",
        "url": f"{by.origin}/@anna/{number}",
        "attributedTo": by.uri,
        "to": [PUBLIC],
        "cc": [f"{by.uri}/followers"],
        "sensitive": False,
        "atomUri": uri,
        "inReplyToAtomUri": None,
        "conversation": f"tag:masto.localhost,2026-11-21:objectId={number}:objectType=Conversation",
        "content": "<p>Goedemorgen</p>",
        "contentMap": {"nl": "<p>Goedemorgen</p>"},
        "attachment": [],
        "tag": [],
        "replies": {
            "id": f"{uri}/replies",
            "type": "Collection",
            "first": {
                "type": "CollectionPage",
                "next": f"{uri}/replies?page=true",
                "partOf": f"{uri}/replies",
                "items": [],
            },
        },
        "likes": {"id": f"{uri}/likes", "type": "Collection", "totalItems": 0},
        "shares": {"id": f"{uri}/shares", "type": "Collection", "totalItems": 0},
    }
    return found | more


def create(note: dict[str, Any], *, by: Correspondent) -> dict[str, Any]:
    """The activity around a status."""
    return {
        "@context": CONTEXT,
        "id": f"{note['id']}/activity",
        "type": "Create",
        "actor": by.uri,
        "published": note["published"],
        "to": note["to"],
        "cc": note["cc"],
        "object": note,
    }


def with_old_signature(activity: dict[str, Any]) -> dict[str, Any]:
    """The activity with the kind of signature that Mastodon still puts in some."""
    signature = {
        "type": "RsaSignature2017",
        "creator": f"{activity['actor']}#main-key",
        "created": now_text(),
        "signatureValue": "bm90IGxvb2tlZCBhdA==",
    }
    return {**activity, "signature": signature}


async def test_a_status_with_pictures_and_emoji_is_shown_with_them(world: World, anna: Correspondent) -> None:
    picture = {
        "type": "Document",
        "mediaType": "image/jpeg",
        "url": world.outside.url("masto", "/media/1.jpg"),
        "name": "Het stadhuis",
        "blurhash": "UBL_:rOpGG-;~qRjWBay%MWBj[ay",
        "focalPoint": [0.25, -0.5],
        "width": 1200,
        "height": 800,
    }
    link = '<a href="https://masto.localhost/tags/raad" class="mention hashtag" rel="tag">#<span>raad</span></a>'
    content = f"<p>Kijk :vlag: {link}</p>"
    hashtag = {"type": "Hashtag", "href": "https://masto.localhost/tags/raad", "name": "#raad"}
    note = status(
        anna,
        content=content,
        contentMap={"fy": content},
        attachment=[picture],
        tag=[hashtag, emoji(world, "vlag")],
        summary="Foto",
        sensitive=True,
    )

    assert (await world.deliver(create(note, by=anna), by=anna)).state == "done"

    row = await world.post_row(note["id"])
    assert (row.visibility, row.language, row.summary, row.sensitive) == ("public", "fy", "Foto", True)
    assert (row.url, row.in_reply_to_uri) == (note["url"], None)
    (file,) = (await world.town.ask(parts.attachments_of, object_ids=[row.object_id]))[row.object_id]
    assert (file.kind, file.alt, file.width, file.height) == ("image", "Het stadhuis", 1200, 800)
    assert (file.blurhash, file.focal_x, file.focal_y) == (picture["blurhash"], 0.25, -0.5)
    page = await world.page_of(note["id"])
    assert dangers(page) == []
    assert "Het stadhuis" in page
    assert 'alt=":vlag:"' in page
    assert note["id"] in await tagged(world, "raad")
    assert await world.town.object(note["id"]) == note


async def test_sensitive_pictures_are_covered_until_somebody_wants_to_see_them(
    world: World, anna: Correspondent
) -> None:
    picture = {"type": "Document", "mediaType": "image/png", "url": f"{anna.origin}/media/2.png", "name": "Een wond"}
    note = status(anna, attachment=[picture], sensitive=True)

    await world.deliver(create(note, by=anna), by=anna)

    page = await world.page_of(note["id"])
    cover = page[page.index('<details class="content-note">') : page.index("Een wond")]
    assert "Gevoelige inhoud" in cover
    assert "</details>" not in cover


async def tagged(world: World, tag: str) -> set[str]:
    """What stands in the list of a subject."""
    found = await world.town.ask(timelines.hashtag_timeline, tag=tag, viewer=None, page=PageRequest())
    return {entry.row.uri for entry in found.items}


@pytest.mark.parametrize(
    ("to", "cc", "visibility"),
    [
        (["{public}"], ["{followers}"], "public"),
        (["{followers}"], ["{public}"], "unlisted"),
        (["{followers}"], ["{fatima}"], "followers"),
        (["{fatima}"], [], "direct"),
    ],
)
async def test_the_four_ways_to_address_a_status_are_understood(
    world: World, anna: Correspondent, to: list[str], cc: list[str], visibility: str
) -> None:
    names = {"public": PUBLIC, "followers": f"{anna.uri}/followers", "fatima": world.fatima.uri}
    note = status(anna, to=[each.format(**names) for each in to], cc=[each.format(**names) for each in cc])

    await world.deliver(create(note, by=anna), by=anna)

    row = await world.post_row(note["id"])
    assert row.visibility == visibility
    page = await world.ask("GET", f"/posts/{row.object_id}", headers={"Accept": "text/html"})
    assert page.status == (200 if visibility in ("public", "unlisted") else 404)


async def test_a_reply_stands_under_what_it_answers(world: World, anna: Correspondent) -> None:
    question = await world.fatima.post("Wie komt er?")
    mention = {"type": "Mention", "href": world.fatima.uri, "name": world.fatima.handle}
    note = status(anna, inReplyTo=question, inReplyToAtomUri=question, tag=[mention], content="<p>Ik kom</p>")

    await world.deliver(create(note, by=anna), by=anna)

    assert (await world.post_row(note["id"])).in_reply_to_uri == question
    assert "Ik kom" in await world.page_of(question)


async def test_a_deleted_status_is_gone_and_does_not_come_back(world: World, anna: Correspondent) -> None:
    note = status(anna)
    await world.deliver(create(note, by=anna), by=anna)
    tombstone = {"id": note["id"], "type": "Tombstone", "atomUri": note["id"]}
    deleted = {
        "@context": CONTEXT,
        "id": f"{note['id']}#delete",
        "type": "Delete",
        "actor": anna.uri,
        "to": [PUBLIC],
        "object": tombstone,
    }

    assert (await world.deliver(with_old_signature(deleted), by=anna)).state == "done"

    assert await world.town.object(note["id"]) is None
    late = create(note, by=anna) | {"id": f"{note['id']}/activity/again"}
    assert (await world.deliver(late, by=anna)).state == "refused"
    assert await world.town.object(note["id"]) is None


async def test_an_edited_status_is_shown_as_it_is_now(world: World, anna: Correspondent) -> None:
    note = status(anna)
    await world.deliver(create(note, by=anna), by=anna)
    edited = note | {
        "content": "<p>Goedenavond</p>",
        "contentMap": {"nl": "<p>Goedenavond</p>"},
        "updated": now_text(plus=1),
    }
    update = {
        "@context": CONTEXT,
        "id": f"{note['id']}#updates/{next(_numbers)}",
        "type": "Update",
        "actor": anna.uri,
        "published": now_text(),
        "to": note["to"],
        "cc": note["cc"],
        "object": edited,
    }

    assert (await world.deliver(update, by=anna)).state == "done"

    page = await world.page_of(note["id"])
    assert "Goedenavond" in page
    assert "Goedemorgen" not in page


async def test_a_follow_is_answered_and_its_embedded_undo_ends_it(world: World) -> None:
    bert = account(world, "bert")
    asked = {
        "@context": AS2,
        "id": world.outside.url("masto", "/5f0c2c3e-6b4f-4a4e-9f6e-1d1f7a0c9d10"),
        "type": "Follow",
        "actor": bert.uri,
        "object": world.fatima.uri,
    }
    assert (await world.deliver(asked, by=bert, path="/users/fatima/inbox")).state == "done"
    accepted = await world.outside.wait_for("Accept", about=bert.uri)
    assert (accepted.json["object"]["id"], accepted.json["object"]["type"]) == (asked["id"], "Follow")
    assert await world.town.ask(follows.is_follower, follower=bert.uri, following=world.fatima.uri)

    undone = {
        "@context": AS2,
        "id": f"{bert.uri}#follows/{next(_numbers)}/undo",
        "type": "Undo",
        "actor": bert.uri,
        "object": {key: value for key, value in asked.items() if key != "@context"},
    }
    assert (await world.deliver(undone, by=bert, path="/users/fatima/inbox")).state == "done"
    assert not await world.town.ask(follows.is_follower, follower=bert.uri, following=world.fatima.uri)


async def test_likes_and_boosts_are_counted_and_taken_back(world: World, anna: Correspondent) -> None:
    post = await world.fatima.post("Mooi weer")
    like = {
        "@context": AS2,
        "id": f"{anna.uri}#likes/{next(_numbers)}",
        "type": "Like",
        "actor": anna.uri,
        "object": post,
    }
    boost = {
        "@context": AS2,
        "id": f"{anna.uri}/statuses/{next(_numbers)}/activity",
        "type": "Announce",
        "actor": anna.uri,
        "published": now_text(),
        "to": [PUBLIC],
        "cc": [world.fatima.uri, f"{anna.uri}/followers"],
        "object": post,
    }
    for activity in (like, boost):
        assert (await world.deliver(activity, by=anna)).state == "done"
    row = await world.post_row(post)
    assert (row.likes, row.shares) == (1, 1)

    for activity in (like, boost):
        inner = {key: value for key, value in activity.items() if key != "@context"}
        undo = {"@context": AS2, "id": f"{activity['id']}/undo", "type": "Undo", "actor": anna.uri, "object": inner}
        assert (await world.deliver(undo, by=anna)).state == "done"
    row = await world.post_row(post)
    assert (row.likes, row.shares) == (0, 0)


async def test_a_boost_of_somebody_unknown_shows_what_is_boosted_from_its_own_server(
    world: World, anna: Correspondent
) -> None:
    carla = account(world, "carla")
    note = status(carla, content="<p>Uit het archief</p>")
    world.outside.serve({"@context": CONTEXT, **note})
    boost = {
        "@context": AS2,
        "id": f"{anna.uri}/statuses/{next(_numbers)}/activity",
        "type": "Announce",
        "actor": anna.uri,
        "published": now_text(),
        "to": [PUBLIC],
        "cc": [carla.uri, f"{anna.uri}/followers"],
        "object": note["id"],
    }

    assert (await world.deliver(boost, by=anna)).state == "done"

    assert "Uit het archief" in await world.page_of(note["id"])
    assert (await world.post_row(note["id"])).shares == 1


async def test_a_new_profile_replaces_the_old_one(world: World) -> None:
    dirk = account(world, "dirk")
    await world.deliver(create(status(dirk, to=[PUBLIC, world.fatima.uri]), by=dirk), by=dirk)
    changed = dirk.document | {"name": "Dirk <b>de Wit</b>", "summary": "<p>Wethouder<script>1</script></p>"}
    update = {
        "@context": CONTEXT,
        "id": f"{dirk.uri}#updates/{next(_numbers)}",
        "type": "Update",
        "actor": dirk.uri,
        "to": [PUBLIC],
        "object": {key: value for key, value in changed.items() if key != "@context"},
    }

    assert (await world.deliver(with_old_signature(update), by=dirk)).state == "done"

    page = await world.ask(
        "GET", f"/people/@dirk@masto.localhost:{world.outside.port}", headers={"Accept": "text/html"}
    )
    assert page.status == 200
    assert dangers(page.page) == []
    assert "Wethouder" in page.page
    assert "<b>de Wit" not in page.page


async def test_who_deletes_the_account_is_forgotten(world: World) -> None:
    eva = account(world, "eva")
    note = status(eva, to=[PUBLIC, world.fatima.uri])
    await world.deliver(create(note, by=eva), by=eva)
    gone = {
        "@context": AS2,
        "id": f"{eva.uri}#delete",
        "type": "Delete",
        "actor": eva.uri,
        "to": [PUBLIC],
        "object": eva.uri,
    }

    assert (await world.deliver(with_old_signature(gone), by=eva)).state == "done"

    row = await world.town.ask(actors.find, uri=eva.uri)
    assert row is None or row.deleted_at is not None
    assert await world.town.object(note["id"]) is None


async def test_a_poll_there_is_voted_in_from_here_and_its_numbers_follow(world: World, anna: Correspondent) -> None:
    def options(*votes: int) -> list[dict[str, Any]]:
        return [
            {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": count}}
            for name, count in zip(("Koffie", "Thee"), votes, strict=True)
        ]

    poll = status(anna, type="Question", oneOf=options(0, 0), endTime=now_text(plus=3600), votersCount=0)
    assert (await world.deliver(create(poll, by=anna), by=anna)).state == "done"
    row = await world.post_row(poll["id"])
    assert "Koffie" in await world.page_of(poll["id"])

    await world.town.instance.write(polls.vote, actor=world.fatima.uri, object_id=row.object_id, choices=[1])
    await world.settle()

    vote = next(
        each for each in world.outside.posted if each.json["type"] == "Create" and each.json["object"].get("name")
    )
    assert vote.url in (anna.document["inbox"], anna.document["endpoints"]["sharedInbox"])
    cast = vote.json["object"]
    assert (cast["type"], cast["name"], cast["inReplyTo"], cast["to"]) == ("Note", "Thee", poll["id"], [anna.uri])
    assert "content" not in cast
    assert PUBLIC not in vote.json["to"]
    update = {
        "@context": CONTEXT,
        "id": f"{poll['id']}#updates/{next(_numbers)}",
        "type": "Update",
        "actor": anna.uri,
        "published": now_text(),
        "to": poll["to"],
        "object": poll | {"oneOf": options(3, 4), "votersCount": 7, "updated": now_text(plus=1)},
    }
    assert (await world.deliver(update, by=anna)).state == "done"
    counted = await world.town.ask(parts.poll_of, object_id=row.object_id)
    assert counted is not None
    assert ([option.votes for option in counted.options], counted.voters_count) == ([3, 4], 7)


async def test_a_vote_from_there_counts_once_in_a_poll_here(world: World, anna: Correspondent) -> None:
    draft = PollDraft(options=("Ja", "Nee"), ends_at=world.town.instance.clock.now() + HOUR)
    poll = await world.fatima.post("Doen?", poll=draft)

    def vote(name: str) -> dict[str, Any]:
        uri = f"{anna.uri}#votes/{next(_numbers)}"
        note = {
            "id": uri,
            "type": "Note",
            "name": name,
            "attributedTo": anna.uri,
            "to": world.fatima.uri,
            "inReplyTo": poll,
        }
        return {
            "@context": AS2,
            "id": f"{uri}/activity",
            "type": "Create",
            "actor": anna.uri,
            "to": world.fatima.uri,
            "object": note,
        }

    assert (await world.deliver(vote("Ja"), by=anna)).state == "done"
    await world.deliver(vote("Nee"), by=anna)

    later = world.town.instance.clock.now() + polls.TALLY_AFTER
    await world.town.instance.write(polls.end_polls, now=later)
    document = await world.town.object(poll)
    assert document is not None
    assert [option["replies"]["totalItems"] for option in document["oneOf"]] == [1, 0]
    assert await world.unfinished() == []


async def test_what_we_send_has_the_form_that_mastodon_reads(world: World, anna: Correspondent) -> None:
    asked = {
        "@context": AS2,
        "id": world.outside.url("masto", f"/{next(_numbers)}"),
        "type": "Follow",
        "actor": anna.uri,
        "object": world.fatima.uri,
    }
    await world.deliver(asked, by=anna)
    uri = await world.fatima.post(f"Dag @anna@masto.localhost:{world.outside.port} #raad", language="nl")
    await world.settle()
    await world.town.instance.write(
        publishing.delete_post, actor=world.fatima.uri, object_id=(await world.post_row(uri)).object_id
    )
    await world.settle()

    sent = [each for each in world.outside.posted if uri in str(each.json)]
    created, deleted = (next(each for each in sent if each.json["type"] == kind) for kind in ("Create", "Delete"))
    note = created.json["object"]
    assert {"id", "type", "attributedTo", "to", "cc", "published", "content", "url", "tag", "contentMap"} <= note.keys()
    assert (note["to"], note["contentMap"].keys()) == ([PUBLIC], {"nl"})
    assert f"{world.fatima.uri}/followers" in note["cc"]
    assert {tag["type"] for tag in note["tag"]} == {"Mention", "Hashtag"}
    assert created.json["to"] == note["to"]
    assert deleted.json["object"]["type"] == "Tombstone"
    for each in (created, deleted):
        assert each.headers["Content-Type"] == 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
        assert 'algorithm="rsa-sha256"' in each.headers["Signature"]
        assert 'headers="(request-target) host date digest content-type"' in each.headers["Signature"]
        assert each.headers["User-Agent"].startswith("fedgov/")
