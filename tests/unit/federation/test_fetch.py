"""Reading other servers: what is believed, and what is not."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from fedgov.federation import actors, objects
from fedgov.federation.fetch import MAX_ANCESTORS, HiddenError, is_activitypub
from fedgov.federation.signatures.shapes import Shape
from fedgov.kernel.clock import DAY, HOUR
from fedgov.kernel.errors import (
    ForbiddenError,
    GoneError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    UnreachableError,
)
from fedgov.kernel.uris import Handle
from fedgov.store.tables import actors as actors_table
from fedgov.store.transaction import Transaction
from tests.unit.federation.neighbours import Asked, Neighbour, OpenNeighbour, Page, key_members
from tests.unit.federation.office import Office

# --- documents --------------------------------------------------------------------------------------------------


async def test_fet_01_a_document_at_its_own_id_is_believed(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    found, body = await office.fetcher.document(fatima.uri + "#main-key")
    assert found == fatima.document
    assert orjson.loads(body) == fatima.document
    assert [asked.target for asked in delft.asked] == ["/users/fatima"]


async def test_fet_01_a_document_of_another_server_is_not_believed(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    evil = await open_neighbour("evil")
    victim = delft.person("fatima")
    evil.pages["/x"] = Page(body={**victim.document, "name": "mallory"})
    with pytest.raises(MalformedError, match="another server"):
        await office.fetcher.document(evil.url("/x"))
    assert delft.asked == []


async def test_fet_01_another_id_on_the_same_server_is_read_there_once(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    delft.pages["/@fatima"] = Page(body={**fatima.document, "name": "a copy"})
    found, _ = await office.fetcher.document(delft.url("/@fatima"))
    assert found == fatima.document
    assert [asked.target for asked in delft.asked] == ["/@fatima", "/users/fatima"]


async def test_fet_01_a_chain_of_ids_ends(office: Office, delft: Neighbour) -> None:
    for number in range(9):
        delft.pages[f"/{number}"] = Page(body={"id": delft.url(f"/{number + 1}"), "type": "Note"})
    with pytest.raises(MalformedError):
        await office.fetcher.document(delft.url("/0"))
    assert len(delft.asked) == 2


async def test_fet_04_a_redirect_within_a_server_is_followed(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    delft.pages["/@fatima"] = Page(302, headers={"Location": fatima.uri})
    found, _ = await office.fetcher.document(delft.url("/@fatima"))
    assert found["id"] == fatima.uri


async def test_fet_04_a_redirect_to_another_server_is_refused(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    evil = await open_neighbour("evil")
    mallory = evil.person("mallory")
    delft.pages["/users/fatima"] = Page(302, headers={"Location": mallory.uri})
    with pytest.raises(MalformedError, match="another server"):
        await office.fetcher.actor(delft.url("/users/fatima"))
    assert await office.rows(actors_table) == [
        await office.instance.read(actors.get, uri=office.instance.site.application)
    ]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "image/png", "application/json", "application/ld+json", "", "text/html"]
)
async def test_fet_02_a_file_that_somebody_uploaded_is_no_document(
    office: Office, delft: Neighbour, content_type: str
) -> None:
    fatima = delft.person("fatima")
    delft.pages["/users/fatima"] = Page(body=fatima.document, content_type=content_type or "x/y")
    with pytest.raises(MalformedError, match="not ActivityPub"):
        await office.fetcher.document(fatima.uri)


@pytest.mark.parametrize(
    ("content_type", "accepted"),
    [
        ("application/activity+json", True),
        ("Application/Activity+JSON; charset=utf-8", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/ld+json", False),
        ('application/ld+json; profile="https://example.org"', False),
        ("application/activity+jsonx", False),
    ],
)
def test_fet_02_two_media_types_are_activitypub(content_type: str, accepted: bool) -> None:
    assert is_activitypub(content_type.lower()) is accepted


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"<html>", b'{"id":1}', b'{"id":"a","id":"b"}', b"{}", b"\xff"])
async def test_fet_12_what_is_no_document_is_malformed(office: Office, delft: Neighbour, body: bytes) -> None:
    delft.pages["/x"] = Page(body=body)
    with pytest.raises(MalformedError):
        await office.fetcher.document(delft.url("/x"))


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (Page(404), NotFoundError),
        (Page(410), GoneError),
        (Page(401), HiddenError),
        (Page(403), HiddenError),
        (Page(400), NotFoundError),
        (Page(204), NotFoundError),
        (Page(429, headers={"Retry-After": "120"}), RateLimitedError),
        (Page(500), UnreachableError),
        (Page(503, headers={"Retry-After": "120"}), UnreachableError),
        (Page(408, headers={"Retry-After": "120"}), UnreachableError),
    ],
)
async def test_what_a_server_refuses_is_told_apart(
    office: Office, delft: Neighbour, page: Page, error: type[Exception]
) -> None:
    delft.pages["/x"] = page
    with pytest.raises(error) as refusal:
        await office.fetcher.document(delft.url("/x"))
    if "Retry-After" in page.headers:
        assert refusal.value.retry_after == 120  # type: ignore[attr-defined]


async def test_a_retry_after_of_a_year_is_a_day(office: Office, delft: Neighbour) -> None:
    delft.pages["/x"] = Page(429, headers={"Retry-After": "9" * 400})
    with pytest.raises(RateLimitedError) as refusal:
        await office.fetcher.document(delft.url("/x"))
    assert refusal.value.retry_after == 86_400


async def test_our_own_addresses_are_never_fetched(office: Office, delft: Neighbour) -> None:
    ours = office.instance.site.origin
    for uri in (f"{ours}/users/x", "https://GOUDA.example:443/users/x", "https://gouda.example./users/x"):
        with pytest.raises(NotFoundError, match="ours"):
            await office.fetcher.document(uri)
    delft.pages["/x"] = Page(302, headers={"Location": f"{ours}/users/x"})
    with pytest.raises(ForbiddenError):
        await office.fetcher.document(delft.url("/x"))


async def test_a_server_that_is_not_trusted_is_not_asked(office: Office, delft: Neighbour) -> None:
    office.trust.refused.add(delft.host)
    for ask in (
        office.fetcher.document(delft.url("/x")),
        office.fetcher.actor(delft.url("/x")),
        office.fetcher.object(delft.url("/x")),
        office.fetcher.file(delft.url("/x"), max_bytes=10),
        office.fetcher.actor_by_handle(Handle(username="fatima", host=delft.host)),
    ):
        with pytest.raises(ForbiddenError):
            await ask
    assert delft.asked == []


# --- signing ----------------------------------------------------------------------------------------------------


async def test_what_is_fetched_is_signed_by_the_server_itself(office: Office, delft: Neighbour) -> None:
    delft.person("fatima")
    await office.fetcher.actor(delft.url("/users/fatima"))
    (asked,) = delft.asked
    assert f'keyId="{office.instance.site.application}#main-key"' in asked.headers["signature"]
    assert asked.shape is Shape.CAVAGE
    assert "activity+json" in asked.headers["accept"]


async def test_after_a_401_the_next_shape_is_tried_and_remembered(office: Office, delft: Neighbour) -> None:
    fatima, bram = delft.person("fatima"), delft.person("bram")

    def like_lemmy(asked: Asked) -> Page:
        document = fatima.document if "fatima" in asked.target else bram.document
        return Page(body=document) if asked.shape is Shape.CAVAGE_DIGEST else Page(401)

    delft.pages["/users/fatima"] = delft.pages["/users/bram"] = like_lemmy
    await office.fetcher.actor(fatima.uri)
    await office.fetcher.actor(bram.uri)
    assert [asked.shape for asked in delft.asked] == [Shape.CAVAGE, Shape.CAVAGE_DIGEST, Shape.CAVAGE_DIGEST]


@pytest.mark.parametrize("status", [401, 503])
async def test_a_server_that_says_how_it_wants_requests_signed_gets_them_so(
    office: Office, delft: Neighbour, status: int
) -> None:
    fatima = delft.person("fatima")
    wish = 'sig1=("@method" "@target-uri");created;keyid;alg="ed25519"'

    def modern(asked: Asked) -> Page:
        if asked.shape is Shape.RFC9421_ED25519:
            return Page(body=fatima.document)
        return Page(status, headers={"Accept-Signature": wish})

    delft.pages["/users/fatima"] = modern
    await office.fetcher.actor(fatima.uri)
    assert [asked.shape for asked in delft.asked] == [Shape.CAVAGE, Shape.RFC9421_ED25519]


async def test_a_server_that_refuses_everything_is_asked_three_times(office: Office, delft: Neighbour) -> None:
    delft.pages["/x"] = Page(401)
    with pytest.raises(HiddenError):
        await office.fetcher.document(delft.url("/x"))
    assert len(delft.asked) == 3


# --- actors -----------------------------------------------------------------------------------------------------


async def test_an_actor_is_stored_with_its_keys_and_not_asked_for_again_that_day(
    office: Office, delft: Neighbour
) -> None:
    fatima = delft.person("fatima", shared=True, name="Fatima")
    assert await office.fetcher.actor(fatima.uri) == fatima.uri
    row = await office.instance.read(actors.get, uri=fatima.uri)
    assert (row.name, row.inbox, row.shared_inbox) == ("Fatima", fatima.inbox, delft.url("/inbox"))
    assert (row.host, row.local, row.username) == (delft.host, False, "fatima")
    assert await office.keyring.cached(fatima.rsa.key_id) is not None
    assert await office.keyring.cached(fatima.ed25519.key_id) is not None

    office.clock.advance(DAY - 1)
    await office.fetcher.actor(fatima.uri)
    assert len(delft.asked) == 1
    office.clock.advance(1)
    delft.person("fatima", name="Fatima B.")
    await office.fetcher.actor(fatima.uri)
    assert (await office.instance.read(actors.get, uri=fatima.uri)).name == "Fatima B."


@pytest.mark.parametrize("page", [Page(500), Page(429), Page(503)])
async def test_a_known_actor_stays_usable_while_its_server_has_trouble(
    office: Office, delft: Neighbour, page: Page
) -> None:
    fatima = delft.person("fatima")
    await office.fetcher.actor(fatima.uri)
    office.clock.advance(2 * DAY)
    delft.pages["/users/fatima"] = page
    assert await office.fetcher.actor(fatima.uri) == fatima.uri


async def test_an_actor_that_was_deleted_here_is_not_fetched_again(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    await office.fetcher.actor(fatima.uri)
    await office.instance.write(actors.mark_deleted, uri=fatima.uri)
    office.clock.advance(2 * DAY)
    with pytest.raises(NotFoundError):
        await office.fetcher.actor(fatima.uri)
    await office.fetcher.refresh_actor(fatima.uri)
    with pytest.raises(NotFoundError):
        await office.instance.read(actors.get, uri=fatima.uri)
    assert len(delft.asked) == 2


async def test_fet_11_an_inbox_elsewhere_is_accepted(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima", inbox="https://hosting.example/inbox/7")
    await office.fetcher.actor(fatima.uri)
    assert (await office.instance.read(actors.get, uri=fatima.uri)).inbox == "https://hosting.example/inbox/7"


@pytest.mark.parametrize("member", ["followers", "following", "outbox", "featured"])
async def test_fet_11_collections_elsewhere_are_refused(office: Office, delft: Neighbour, member: str) -> None:
    changes: dict[str, Any] = {member: "https://victim.example/users/alice/followers"}
    fatima = delft.person("fatima", **changes)
    with pytest.raises(MalformedError, match=member):
        await office.fetcher.actor(fatima.uri)


async def test_fet_11_a_key_of_another_server_is_refused(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    foreign = key_members(fatima.uri, rsa=fatima.rsa)
    foreign["publicKey"]["id"] = "https://victim.example/users/alice#main-key"
    delft.person("fatima", **foreign)
    with pytest.raises(MalformedError, match="key"):
        await office.fetcher.actor(fatima.uri)


async def test_a_note_is_no_actor(office: Office, delft: Neighbour) -> None:
    uri = delft.note("/notes/1", by=delft.person("fatima").uri)
    with pytest.raises(MalformedError, match="not an actor"):
        await office.fetcher.actor(uri)


async def test_a_user_name_of_any_length_is_stored(office_on_both: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima", preferredUsername="f" * 255)
    await office_on_both.fetcher.actor(fatima.uri)
    row = await office_on_both.instance.read(actors.get, uri=fatima.uri)
    assert row.username == "f" * 128


async def test_many_who_ask_for_one_actor_cause_one_request(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    delft.pages["/users/fatima"] = Page(body=fatima.document, delay=0.1)
    assert set(await asyncio.gather(*(office.fetcher.actor(fatima.uri) for _ in range(30)))) == {fatima.uri}
    assert len(delft.asked) == 1


async def test_one_who_gives_up_waiting_does_not_stop_the_others(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    delft.pages["/users/fatima"] = Page(body=fatima.document, delay=0.1)
    first, second = (asyncio.create_task(office.fetcher.actor(fatima.uri)) for _ in range(2))
    await asyncio.sleep(0.05)
    first.cancel()
    assert await second == fatima.uri


# --- handles ----------------------------------------------------------------------------------------------------


async def test_a_handle_leads_to_its_actor(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    delft.finger("fatima", to=fatima.uri)
    assert await office.fetcher.actor_by_handle(Handle(username="fatima", host=delft.host)) == fatima.uri
    assert "signature" not in delft.asked[0].headers


async def test_fet_13_an_answer_about_another_server_is_refused(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    for subject in ("acct:fatima@victim.example", f"acct:somebody@{delft.host}"):
        delft.finger("fatima", to=fatima.uri, subject=subject)
        with pytest.raises(NotFoundError, match="another server"):
            await office.fetcher.actor_by_handle(Handle(username="fatima", host=delft.host))


async def test_fet_13_a_server_cannot_give_its_handle_to_an_actor_elsewhere(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    evil = await open_neighbour("evil")
    fatima = delft.person("fatima")
    delft.finger("fatima", to=fatima.uri)
    evil.finger("fatima", to=fatima.uri)
    with pytest.raises(NotFoundError):
        await office.fetcher.actor_by_handle(Handle(username="fatima", host=evil.host))
    assert (await office.instance.read(actors.get, uri=fatima.uri)).host == delft.host


async def test_a_handle_at_another_host_counts_when_the_actors_server_agrees(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    front = await open_neighbour("front")
    fatima = delft.person("fatima")
    front.finger("fatima", to=fatima.uri)
    delft.finger("fatima", to=fatima.uri, subject=f"acct:fatima@{front.host}")
    handle = Handle(username="fatima", host=front.host)
    assert await office.fetcher.actor_by_handle(handle) == fatima.uri
    row = await office.instance.read(actors.find_by_handle, username="fatima", at_host=front.host)
    assert row is not None
    assert row.uri == fatima.uri


async def test_fet_13_the_actor_behind_a_handle_has_that_name(office: Office, delft: Neighbour) -> None:
    delft.finger("fatima", to=delft.person("bram").uri)
    with pytest.raises(NotFoundError, match="somebody else"):
        await office.fetcher.actor_by_handle(Handle(username="fatima", host=delft.host))


async def test_a_known_handle_stays_usable_while_its_server_has_trouble(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    await office.fetcher.actor(fatima.uri)
    delft.pages["/.well-known/webfinger"] = Page(500)
    assert await office.fetcher.actor_by_handle(Handle(username="Fatima", host=delft.host)) == fatima.uri


async def test_a_handle_of_ours_is_looked_up_at_home(office: Office) -> None:
    fatima = await office.person("fatima")
    assert await office.fetcher.actor_by_handle(Handle(username="fatima", host="gouda.example")) == fatima
    with pytest.raises(NotFoundError):
        await office.fetcher.actor_by_handle(Handle(username="nobody", host="gouda.example"))


# --- objects ----------------------------------------------------------------------------------------------------


async def test_an_object_is_stored_with_its_author_and_what_it_answers(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    first = delft.note("/notes/1", by=fatima.uri)
    second = delft.note("/notes/2", by=fatima.uri, inReplyTo=first)
    third = delft.note("/notes/3", by=fatima.uri, inReplyTo=second)
    assert await office.fetcher.object(third) == third
    for uri in (first, second, third):
        assert await office.instance.read(objects.find, uri=uri) is not None
    assert await office.instance.read(actors.get, uri=fatima.uri)
    assert len(delft.asked) == 4


async def test_the_uri_that_comes_back_is_the_one_that_is_stored(office: Office, delft: Neighbour) -> None:
    uri = delft.note("/notes/1", by=delft.person("fatima").uri)
    delft.pages["/@fatima/1"] = Page(302, headers={"Location": uri})
    assert await office.fetcher.object(delft.url("/@fatima/1")) == uri
    assert await office.instance.read(objects.find, uri=uri) is not None


async def test_dos_07_a_long_thread_is_followed_only_so_far(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima").uri
    for number in range(40):
        delft.note(f"/notes/{number}", by=fatima, inReplyTo=delft.url(f"/notes/{number + 1}"))
    await office.fetcher.object(delft.url("/notes/0"))
    assert len([asked for asked in delft.asked if "/notes/" in asked.target]) == MAX_ANCESTORS


async def test_dos_08_a_circle_of_answers_ends(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima").uri
    delft.note("/a", by=fatima, inReplyTo=delft.url("/b"))
    delft.note("/b", by=fatima, inReplyTo=delft.url("/a"))
    await office.fetcher.object(delft.url("/a"))
    assert len(delft.asked) == 3


async def test_an_object_counts_though_what_it_answers_cannot_be_had(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima").uri
    uri = delft.note("/a", by=fatima, inReplyTo=delft.url("/not-there"))
    assert await office.fetcher.object(uri) == uri
    assert await office.instance.read(objects.find, uri=uri) is not None


@pytest.mark.parametrize(
    "author", [None, 1, "fatima", "https://victim.example/users/alice", ["{own}", "https://victim.example/users/alice"]]
)
async def test_fet_07_08_09_an_object_is_by_somebody_of_its_own_server(
    office: Office, delft: Neighbour, author: Any
) -> None:
    own = delft.person("fatima").uri
    stated = [own if one == "{own}" else one for one in author] if isinstance(author, list) else author
    uri = delft.note("/a", by=own, attributedTo=stated)
    with pytest.raises(MalformedError):
        await office.fetcher.object(uri)
    assert await office.instance.read(objects.find, uri=uri) is None


async def test_a_tombstone_and_what_was_buried_here_are_gone(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima").uri
    delft.pages["/a"] = Page(body={"id": delft.url("/a"), "type": "Tombstone"})
    buried = delft.note("/b", by=fatima)
    await office.instance.write(objects.bury, uri=buried, author=fatima)
    for uri in (delft.url("/a"), buried):
        with pytest.raises(GoneError):
            await office.fetcher.object(uri)


async def test_aut_09_a_grave_that_a_colleague_dug_does_not_hide_what_its_server_shows(
    office: Office, delft: Neighbour
) -> None:
    fatima, colleague = (delft.person(name).uri for name in ("fatima", "piet"))
    server = delft.person("server", type="Application").uri
    shown, ended, gone = (delft.note(path, by=fatima) for path in ("/a", "/b", "/c"))
    delft.pages["/c"] = Page(410)
    for uri in (shown, ended, gone):
        await office.instance.write(objects.bury, uri=uri, author=colleague)
    await office.fetcher.actor(server)
    await office.instance.write(dig_too, uri=ended, actor=server)

    assert await office.fetcher.object(shown) == shown
    for uri in (ended, gone):
        with pytest.raises(GoneError):
            await office.fetcher.object(uri)


def dig_too(tx: Transaction, *, uri: str, actor: str) -> None:
    """Let somebody else delete it as well."""
    grave = objects.find(tx, uri=uri)
    assert grave is not None
    objects.address(tx, row_id=grave.id, targets=(actor,))


# --- files ------------------------------------------------------------------------------------------------------


async def test_a_file_comes_with_its_media_type_and_within_its_limit(office: Office, delft: Neighbour) -> None:
    delft.pages["/x.png"] = Page(body=b"1234", content_type="image/PNG; x=y")
    assert await office.fetcher.file(delft.url("/x.png"), max_bytes=4) == ("image/png", b"1234")
    for url, limit in ((delft.url("/x.png"), 3), (delft.url("/none"), 4)):
        with pytest.raises(NotFoundError):
            await office.fetcher.file(url, max_bytes=limit)


async def test_an_old_shape_is_forgotten_after_a_week_without_success(office: Office, delft: Neighbour) -> None:
    await office.room.peers.learn_shape(delft.host, Shape.CAVAGE_DIGEST)
    office.clock.advance(7 * DAY - HOUR)
    assert await office.room.peers.shape(delft.host) is Shape.CAVAGE_DIGEST
    office.clock.advance(HOUR)
    assert await office.room.peers.shape(delft.host) is Shape.CAVAGE
