"""Documents that are read from elsewhere: believed only where they come from, and only as what they are."""

from __future__ import annotations

import itertools
import re
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import PUBLIC
from fedgov.federation import actors, follows
from fedgov.kernel.errors import FedgovError, MalformedError, NotFoundError
from fedgov.kernel.uris import parse_handle
from fedgov.store.transaction import Transaction
from fedgov.web.proxied import proxied_path, secret_of
from tests.federation.doors.porch import pair_of
from tests.federation.interop.world import ACTIVITY_JSON, AS2, Correspondent, correspondent
from tests.security.internet import Internet

pytestmark = pytest.mark.asyncio(loop_scope="module")

_names = itertools.count(1)


def _follow(tx: Transaction, *, follower: str, following: str) -> None:
    follows.put(tx, follower=follower, following=following, state="accepted", activity_uri=None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def friend(internet: Internet) -> Correspondent:
    """Somebody whom fatima follows, so that what they share is read."""
    found = correspondent(internet.outside, "vriend")
    await internet.deliver(found.activity("Create", found.note(to=[PUBLIC, internet.fatima.uri])), by=found)
    await internet.town.instance.write(_follow, follower=internet.fatima.uri, following=found.uri)
    return found


@pytest_asyncio.fixture(loop_scope="module")
async def victim(internet: Internet) -> Correspondent:
    """Somebody in whose name others write; known here, with one message."""
    found = correspondent(internet.outside, f"slachtoffer{next(_names)}", "/users/alice")
    await internet.deliver(found.activity("Create", found.note(to=[PUBLIC, internet.fatima.uri])), by=found)
    return found


def fresh(internet: Internet) -> Correspondent:
    return correspondent(internet.outside, f"bron{next(_names)}", "/users/m")


async def shares(internet: Internet, friend: Correspondent, what: Any) -> None:
    """Share something; the answer says nothing about what becomes of it."""
    answer = await internet.post(friend.activity("Announce", what, to=[PUBLIC]), by=friend)
    assert answer.status == 202
    await internet.settle()


AUTHOR: Final = ("actors", "keys")
"""The author of what is shared may become known."""


async def test_fet_01_what_says_to_be_at_another_server_is_not_believed(
    internet: Internet, friend: Correspondent, victim: Correspondent
) -> None:
    there = internet.outside.url(f"bron{next(_names)}", "/x")
    internet.outside.serve({"@context": AS2, **victim.note(content="<p>vals</p>")}, at=there)
    async with internet.nothing_happens(fetched=[there]):
        await shares(internet, friend, there)


async def test_fet_01_nobody_describes_somebody_elsewhere_under_an_own_address(
    internet: Internet, victim: Correspondent
) -> None:
    there = internet.outside.url(f"bron{next(_names)}", "/users/m")
    pair = pair_of(victim.uri, number=2)
    keys = {"id": victim.pair.rsa.key_id, "owner": victim.uri, "publicKeyPem": pair.rsa.public.to_pem()}
    internet.outside.serve({**victim.document, "name": "Mallory", "publicKey": keys}, at=there)
    async with internet.nothing_happens(fetched=[there]):
        with pytest.raises(FedgovError):
            await internet.town.instance.fetch.actor(there)


TYPES: Final = (
    *("text/plain", "image/png", "application/json", "text/html", "application/octet-stream"),
    *("application/ld+json", 'application/ld+json; profile="https://example.org/other"', ""),
)


@pytest.mark.parametrize("kind", TYPES)
async def test_fet_02_what_may_be_an_uploaded_file_is_no_document(
    internet: Internet, friend: Correspondent, kind: str
) -> None:
    author = fresh(internet)
    note = author.note()
    internet.outside.pages[note["id"]] = (200, kind, orjson.dumps({"@context": AS2, **note}))
    async with internet.nothing_happens(fetched=[note["id"]]):
        await shares(internet, friend, note["id"])


@pytest.mark.parametrize("accept", [ACTIVITY_JSON, "application/ld+json", "*/*"])
async def test_fet_03_nothing_under_our_name_that_others_made_is_a_document(internet: Internet, accept: str) -> None:
    """A file of theirs that says to be an actor of ours comes back as a picture, whatever is asked for."""
    file = internet.outside.url("bestand", f"/{next(_names)}.png")
    actor = {"@context": AS2, "id": internet.fatima.uri, "type": "Person", "inbox": f"{internet.fatima.uri}/inbox"}
    internet.outside.serve(actor, at=file)
    path = proxied_path(secret_of(internet.town.config.folder), file)
    answer = await internet.ask("GET", path, headers={"Accept": accept})
    assert answer.headers["Content-Type"].partition(";")[0].startswith("image/")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"Person" not in answer.body


async def test_fet_04_a_redirect_to_another_server_is_not_believed(
    internet: Internet, friend: Correspondent, victim: Correspondent
) -> None:
    note = victim.note()
    internet.outside.serve({"@context": AS2, **note})
    at = f"omweg{next(_names)}.example"
    internet.elsewhere.leads[at] = note["id"]
    async with internet.nothing_happens(fetched=[f"http://{at}/x", note["id"]]):
        await shares(internet, friend, f"http://{at}/x")


async def test_fet_14_a_site_that_leads_on_confirms_nobodys_link(internet: Internet) -> None:
    """Many sites lead to wherever an address asks; what stands there is not theirs."""
    site, page = f"bank{next(_names)}.example", internet.outside.url(f"kwaad{next(_names)}", "/ik")
    internet.outside.pages[page] = (200, "text/html", b'<a rel="me" href="x">ik</a>')
    internet.elsewhere.leads[site] = page
    with pytest.raises(FedgovError):
        await internet.town.instance.fetch.file(f"http://{site}/uit", max_bytes=10_000, stay=True)
    internet.elsewhere.leads[site] = f"http://www.{site}/ik"
    internet.outside.pages[f"http://www.{site}/ik"] = (200, "text/html", b"hallo")
    assert (await internet.town.instance.fetch.file(f"http://{site}/uit", max_bytes=10_000, stay=True))[1] == b"hallo"


async def test_fet_05_a_page_that_names_a_document_elsewhere_is_not_followed(
    internet: Internet, friend: Correspondent, victim: Correspondent
) -> None:
    note = victim.note()
    internet.outside.serve({"@context": AS2, **note})
    page = internet.outside.url(f"bron{next(_names)}", "/page")
    link = f'<{note["id"]}>; rel="alternate"; type="{ACTIVITY_JSON}"'
    html = f'<html><link rel="alternate" type="{ACTIVITY_JSON}" href="{page}"></html>'
    internet.outside.pages[page] = (200, "text/html", html.encode())
    internet.elsewhere.answers_with[page] = {"Link": link}
    letters = len(internet.outside.letters)
    async with internet.nothing_happens(fetched=[page]):
        await shares(internet, friend, page)
    assert len(internet.outside.letters) - letters == 1


async def test_fet_06_what_is_embedded_of_a_third_server_is_read_there(
    internet: Internet, friend: Correspondent
) -> None:
    author = fresh(internet)
    note = author.note(content="<p>zoals het er staat</p>")
    internet.outside.serve({"@context": AS2, **note})
    await shares(internet, friend, {**note, "content": "<p>anders</p>", "published": "2026-01-01T00:00:00Z"})
    kept = await internet.town.object(note["id"])
    assert kept is not None
    assert kept["content"] == "<p>zoals het er staat</p>"


async def test_fet_06_what_is_created_in_the_name_of_a_third_server_is_refused(
    internet: Internet, friend: Correspondent, victim: Correspondent
) -> None:
    async with internet.nothing_happens():
        answer = await internet.post(friend.activity("Create", victim.note(), to=[PUBLIC]), by=friend)
    assert answer.status == 202, "it is in the log, with its reason"


AUTHORS: Final[dict[str, Any]] = {
    "fet_07_own_first_then_the_victim": lambda own, victim: [own, victim],
    "fet_07_the_victim_first_then_own": lambda own, victim: [victim, own],
    "fet_08_a_number": lambda own, victim: 1,
    "fet_08_a_name": lambda own, victim: "fatima",
    "fet_09_the_victim": lambda own, victim: victim,
    "fet_09_somebody_of_ours": lambda own, victim: "http://gouda.example/users/fatima",
}


@pytest.mark.parametrize("row", AUTHORS)
async def test_fet_07_08_09_an_object_has_one_author_of_its_own_server(
    internet: Internet, friend: Correspondent, victim: Correspondent, row: str
) -> None:
    own = fresh(internet)
    note = own.note(attributedTo=AUTHORS[row](own.uri, victim.uri))
    internet.outside.serve({"@context": AS2, **note})
    async with internet.nothing_happens(besides=AUTHOR, fetched=[note["id"], own.uri]):
        await shares(internet, friend, note["id"])


async def test_fet_10_nothing_of_ours_is_overwritten_by_what_others_show(
    internet: Internet, friend: Correspondent
) -> None:
    ours = await internet.fatima.post("Van ons")
    there = internet.outside.url(f"bron{next(_names)}", "/x")
    document = {"@context": AS2, **friend.note(id=ours, attributedTo=internet.fatima.uri, content="<p>vals</p>")}
    internet.outside.serve(document, at=there)
    async with internet.nothing_happens(fetched=[there]):
        await shares(internet, friend, there)
        await internet.post(friend.activity("Create", document, to=[PUBLIC]), by=friend)
        await internet.post(friend.activity("Update", document, to=[PUBLIC]), by=friend)


@pytest.mark.parametrize("member", ["followers", "outbox", "featured", "publicKey"])
async def test_fet_11_an_actor_with_something_at_another_server_is_not_believed(
    internet: Internet, friend: Correspondent, victim: Correspondent, member: str
) -> None:
    author = fresh(internet)
    other: Any = f"{victim.uri}/{member}"
    if member == "publicKey":
        other = {**author.document["publicKey"], "id": f"{victim.uri}#main-key"}
    internet.outside.serve({**author.document, member: other})
    note = author.note()
    internet.outside.serve({"@context": AS2, **note})
    async with internet.nothing_happens(fetched=[note["id"], author.uri]):
        await shares(internet, friend, note["id"])


BODIES: Final[dict[str, bytes]] = {
    "html": b"<html></html>",
    "an array": b"[]",
    "null": b"null",
    "a key twice": b'{"id":"a","id":"b"}',
    "nan": b'{"id":NaN}',
    "too large a number": b'{"id":1e400}',
    "half a pair": b'{"id":"\\ud800"}',
    "a mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"id":"x"}'.encode("utf-16"),
    "deep": b'{"a":' * 50_000,
    "nothing": b"",
}


async def test_fet_12_what_is_no_document_stops_nothing_and_is_not_remembered(
    internet: Internet, friend: Correspondent
) -> None:
    author = fresh(internet)
    note = author.note()
    for what, body in BODIES.items():
        internet.outside.pages[note["id"]] = (200, ACTIVITY_JSON, body)
        with pytest.raises(MalformedError):
            await internet.town.instance.fetch.object(note["id"])
        assert await internet.town.object(note["id"]) is None, what
    internet.outside.serve({"@context": AS2, **note})
    assert await internet.town.instance.fetch.object(note["id"]) == note["id"]


@pytest.mark.parametrize("lie", ["subject", "link", "both"])
async def test_fet_13_a_handle_is_believed_only_from_both_ends(
    internet: Internet, victim: Correspondent, lie: str
) -> None:
    own = fresh(internet)
    at, theirs = own.uri.split("/")[2], victim.uri.split("/")[2]
    # With the port, so that plain http is spoken to it.
    resource = f"acct%3Aalice%40{at}%3A8080"
    subject = f"acct:alice@{theirs}" if lie != "link" else f"acct:alice@{at}:8080"
    link = {"rel": "self", "type": ACTIVITY_JSON, "href": victim.uri if lie != "subject" else own.uri}
    url = f"http://{at}:8080/.well-known/webfinger?resource={resource}"
    internet.outside.serve_json(url, {"subject": subject, "links": [link]})
    before = await internet.town.ask(_handle_host, uri=victim.uri)
    with pytest.raises(FedgovError):
        await internet.town.instance.fetch.actor_by_handle(parse_handle(f"@alice@{at}:8080", scheme="http"))
    assert await internet.town.ask(_handle_host, uri=victim.uri) == before


def _handle_host(tx: Transaction, *, uri: str) -> str:
    return str(actors.get(tx, uri=uri).host)


NAMES: Final = ("fatima@gouda.example\u2800\u2800", "fatima\u200b", "fatima\u202e", "../fatima", "a/b", "ｆatima", " ")


@pytest.mark.parametrize("name", NAMES)
async def test_fet_14_no_name_passes_for_a_handle_of_somebody_else(
    internet: Internet, friend: Correspondent, name: str
) -> None:
    """Somebody whose user name could be read as another one is shown by a name that cannot."""
    author = fresh(internet)
    internet.outside.serve({**author.document, "preferredUsername": name, "name": name})
    note = author.note()
    internet.outside.serve({"@context": AS2, **note})
    await shares(internet, friend, note["id"])
    page = await internet.page_of(note["id"])
    handles = re.findall(r"@[^<>\s\"]+@[^<>\s\"]*", page)
    assert all(re.fullmatch(r"@[A-Za-z0-9._-]+@[a-z0-9.:-]+", handle) for handle in handles), handles
    assert not {"\u200b", "\u202e"} & set(page)
    with pytest.raises((NotFoundError, MalformedError)):
        parse_handle(f"@{name}@{author.uri.split('/')[2]}")
