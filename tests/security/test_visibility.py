"""Who sees what: every kind of audience, for every kind of viewer, on every surface that there is.

Fatima writes one message for each audience, each with a word, a picture and an earlier
version of its own. Everything that a viewer can open is opened, and in what comes back
no word, number or address may stand of what is not for that viewer.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import orjson
import pytest
import pytest_asyncio
from PIL import Image
from sqlalchemy import select

from fedgov.features.media.service.uploads import upload
from fedgov.features.people.service import blocks
from fedgov.features.posts.service import pinning, publishing, reacting
from fedgov.features.posts.vocabulary import AttachmentDraft
from fedgov.federation import follows
from fedgov.store.tables import activities
from fedgov.store.transaction import Transaction
from tests.federation.interop.world import ACTIVITY_JSON, Correspondent, Reply, correspondent
from tests.security.internet import Internet, open_internet

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDIENCES: Final = ("public", "unlisted", "followers", "organisation", "direct")
OPEN: Final = frozenset({"public", "unlisted"})

LOCAL: Final[dict[str, frozenset[str]]] = {
    "fatima": frozenset(AUDIENCES),
    "olga": OPEN | {"organisation"},
    "piet": OPEN | {"organisation", "followers"},
    "kees": OPEN | {"organisation", "direct"},
    "bert": frozenset(),  # whom fatima blocked
}
"""People here, and what of fatima's is for them."""

REMOTE: Final[dict[str, frozenset[str]]] = {
    "volger": OPEN | {"followers"},
    "genoemd": OPEN | {"direct"},
    "vreemd": OPEN,
    "geblokkeerd": OPEN,  # whom fatima blocked: what is for everyone is still shown to who signs as anybody
    "gevraagd": OPEN,  # who asked to follow, and got no answer yet
    "oud": OPEN,  # who followed once
}
"""Servers elsewhere, by their signature, and what is for somebody there."""

PAGES: Final = (
    *("/", "/home", "/timeline/public", "/timeline/organisation", "/tags/matrix", "/users/fatima", "/@fatima"),
    *("/users/fatima?tab=replies", "/users/fatima?tab=media", "/notifications", "/bookmarks", "/search?q=matrix"),
    *("/people/@fatima@gouda.example", "/users/fatima/followers", "/about"),
)
DOCUMENTS: Final = (
    *("/users/fatima", "/users/fatima/outbox", "/users/fatima/featured", "/users/fatima/followers"),
    *("/users/fatima/following", "/.well-known/nodeinfo", "/nodeinfo/2.1", "/organisation", "/actor"),
    *("/users/fatima/outbox/page/first", "/.well-known/webfinger?resource=acct:fatima@gouda.example"),
)


@dataclass(slots=True)
class Written:
    """One message of fatima's.

    Args:
        word: Stands in its text.
        earlier: Stood in its text before it was edited.
        uri: Its id.
        media: Address of its picture.
        activity: Address of its Create.
    """

    audience: str
    word: str
    earlier: str
    uri: str
    media: str
    activity: str

    @property
    def path(self) -> str:
        return self.uri.removeprefix("http://gouda.example")

    @property
    def number(self) -> str:
        return self.uri.rpartition("/")[2]


@dataclass(slots=True)
class Office:
    """The town hall with its messages and viewers."""

    internet: Internet
    written: dict[str, Written] = field(default_factory=dict)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    servers: dict[str, Correspondent] = field(default_factory=dict)

    async def ask(self, viewer: str, path: str, *, html: bool) -> Reply:
        """Open an address as somebody; follow redirects of ours as a browser does."""
        accept = "text/html" if html else ACTIVITY_JSON
        for _ in range(3):
            if viewer in self.cookies:
                headers = {**self.cookies[viewer], "Accept": accept}
            elif viewer in self.servers:
                url = self.internet.origin + path
                headers = self.servers[viewer].signed("GET", url, headers={"Accept": accept})
            else:
                headers = {"Accept": accept}
            answer = await self.internet.ask("GET", path, headers=headers)
            path = answer.headers.get("Location", "").removeprefix(self.internet.origin)
            if answer.status not in (301, 302, 303) or not path.startswith("/"):
                break
        return answer

    def leaks(self, answer: Reply, *, allowed: frozenset[str], asked: str) -> list[str]:
        """Which messages show in an answer though they may not; the address that was asked for counts as known."""
        text = answer.body.decode("utf-8", "replace").replace(asked, "")
        return [
            each.audience
            for each in self.written.values()
            if each.audience not in allowed
            for trace in (each.word, each.earlier, each.number, each.media)
            if trace in text and trace not in asked
        ]


def _befriend(tx: Transaction, *, follower: str, following: str, state: str = "accepted") -> None:
    follows.put(tx, follower=follower, following=following, state=state, activity_uri=None)


def _create_of(tx: Transaction, *, uri: str) -> str:
    documents = [orjson.loads(row) for row in tx.values(select(activities.c.document))]
    found = [each["id"] for each in documents if each["type"] == "Create" and each["object"]["id"] == uri]
    return str(found[0])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with open_internet(tmp_path_factory.mktemp("visibility")) as internet:
        found = Office(internet)
        for name in LOCAL:
            await internet.town.as_(name)
        for name in REMOTE:
            person = correspondent(internet.outside, name, f"/users/{name}")
            await internet.deliver(person.activity("Create", person.note(to=[internet.fatima.uri])), by=person)
            found.servers[name] = person
        await _introduce(found)
        for audience in AUDIENCES:
            found.written[audience] = await _write(found, audience)
        await _react(found)
        await internet.settle()
        found.cookies = {name: await internet.log_in(name) for name in LOCAL}
        yield found


async def _introduce(office: Office) -> None:
    write, site, fatima = (
        office.internet.town.instance.write,
        office.internet.town.instance.site,
        office.internet.fatima,
    )
    await write(_befriend, follower=site.actor("piet"), following=fatima.uri)
    for name in ("volger", "oud", "geblokkeerd"):
        await write(_befriend, follower=office.servers[name].uri, following=fatima.uri)
    await write(_befriend, follower=office.servers["gevraagd"].uri, following=fatima.uri, state="requested")
    await write(follows.remove, follower=office.servers["oud"].uri, following=fatima.uri)
    for whom in (site.actor("bert"), office.servers["geblokkeerd"].uri):
        await write(blocks.block, who=fatima.uri, whom=whom)


_colours = itertools.count(1)


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 24), (next(_colours) * 40 % 256, 90, 10)).save(file, "PNG")
    return file.getvalue()


async def _write(office: Office, audience: str) -> Written:
    """Write a message, hang a picture on it, and edit it."""
    internet = office.internet
    named = "@kees @genoemd@genoemd.example " if audience == "direct" else ""
    earlier, word = f"eerder{audience}woord", f"geheim{audience}woord"
    stored = await upload(internet.town.instance, owner=internet.fatima.uri, name="p.png", data=_picture(), alt="vlak")
    files = [AttachmentDraft(media_id=stored.id, alt="vlak")]
    root = office.written.get("public")
    uri = await internet.fatima.post(
        f"{named}{earlier} #matrix", audience, attachments=files, in_reply_to=None if root is None else root.uri
    )
    row = await internet.post_row(uri)
    await internet.town.instance.write(
        publishing.edit_post,
        actor=internet.fatima.uri,
        object_id=row.object_id,
        text=f"{named}{word} #matrix",
        attachments=files,
    )
    create = await internet.town.ask(_create_of, uri=uri)
    return Written(audience, word, earlier, uri, stored.path, create)


async def _react(office: Office) -> None:
    """Pin, like and save what can be: lists of these must not show what the message itself does not."""
    internet, site = office.internet, office.internet.town.instance.site
    row = await internet.post_row(office.written["public"].uri)
    await internet.town.instance.write(pinning.pin, actor=internet.fatima.uri, object_id=row.object_id)
    for name, allowed in LOCAL.items():
        for audience in sorted(allowed):
            if name not in ("fatima", "bert"):
                await internet.town.instance.write(
                    reacting.like, actor=site.actor(name), object_uri=office.written[audience].uri
                )


VIEWERS: Final[dict[str, frozenset[str]]] = {"nobody": OPEN, **LOCAL, **REMOTE}


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_ac_01_06_15_18_no_surface_shows_what_is_not_for_the_viewer(office: Office, viewer: str) -> None:
    allowed, leaks = VIEWERS[viewer], {}
    each_page = [f"{it.path}{part}" for it in office.written.values() for part in ("", "/history", "/receipt", "/edit")]
    each_document = [
        path
        for it in office.written.values()
        for path in (
            it.path,
            it.activity.removeprefix(office.internet.origin),
            *(f"{it.path}/{part}" for part in ("replies", "likes", "shares", "replies/page/first")),
        )
    ]
    asked = [(path, True) for path in (*PAGES, *each_page)] + [(path, False) for path in (*DOCUMENTS, *each_document)]
    for path, html in asked:
        if html and viewer in REMOTE:
            continue
        answer = await office.ask(viewer, path, html=html)
        assert answer.status in (200, 401, 403, 404, 405), (path, answer.status)
        # What a person here sees as JSON is what everybody sees.
        seen_by = allowed if html or viewer in REMOTE else OPEN
        if found := office.leaks(answer, allowed=seen_by | (OPEN if not html else frozenset()), asked=path):
            leaks[path, html] = found
    assert leaks == {}


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_ac_03_a_message_is_there_for_its_readers_and_for_nobody_else(office: Office, viewer: str) -> None:
    """What is not for somebody looks in every way like what does not exist."""
    allowed, html = VIEWERS[viewer], viewer not in REMOTE
    missing = await office.ask(viewer, "/posts/123456789", html=html)
    for it in office.written.values():
        answer = await office.ask(viewer, it.path, html=html)
        if it.audience in allowed:
            assert answer.status == 200, it.audience
            assert it.word.encode() in answer.body, it.audience
            continue
        assert answer.status == missing.status == 404, it.audience
        assert answer.body.replace(it.path.encode(), b"") == missing.body.replace(b"/posts/123456789", b"")
        assert _comparable(answer) == _comparable(missing), it.audience


def _comparable(answer: Reply) -> dict[str, str]:
    """The headers without what differs from one moment to the next."""
    return {name: value for name, value in answer.headers.items() if name not in ("Date", "Content-Length")}


@pytest.mark.parametrize("viewer", ["nobody", *LOCAL])
async def test_ac_18_the_picture_of_a_message_is_for_its_readers(office: Office, viewer: str) -> None:
    """What everybody may see without logging in is no secret for somebody who is blocked."""
    for it in office.written.values():
        for path in (it.media, f"{it.media}/preview"):
            answer = await office.ask(viewer, path, html=True)
            assert (answer.status == 200) is (it.audience in VIEWERS[viewer] | OPEN), (it.audience, path, answer.status)
            if it.audience not in OPEN:
                assert "public" not in answer.headers.get("Cache-Control", "")


async def test_ac_01_numbers_tell_nothing_about_closed_messages(office: Office) -> None:
    async def numbers() -> list[object]:
        outbox = await office.ask("nobody", "/users/fatima/outbox", html=False)
        replies = await office.ask("nobody", f"{office.written['public'].path}/replies", html=False)
        return [outbox.json["totalItems"], replies.json.get("totalItems")]

    before = await numbers()
    root = office.written["public"].uri
    for audience in ("followers", "organisation", "direct"):
        text = "@kees nog een" if audience == "direct" else "nog een"
        await office.internet.fatima.post(text, audience, in_reply_to=root)
    await office.internet.settle()
    assert await numbers() == before
