"""A town hall in which fatima wrote one message for each audience, and everybody who looks at them.

Each message has a word, a picture, an earlier version and a poll of its own, so that whatever
comes back tells of which of them it shows something.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from typing import Final

import orjson
from PIL import Image
from sqlalchemy import func, select

from fedgov.activitystreams.audience import Visibility
from fedgov.features.media.service.uploads import upload
from fedgov.features.notices.service import lists
from fedgov.features.notices.service.bookmarks import bookmark
from fedgov.features.people.queries import account_of
from fedgov.features.people.service import accounts, blocks, tokens
from fedgov.features.people.service import follows as following
from fedgov.features.posts.service import pinning, publishing, reacting
from fedgov.features.posts.vocabulary import AttachmentDraft, PollDraft
from fedgov.federation import follows
from fedgov.kernel.clock import DAY
from fedgov.store.tables import activities, metadata
from fedgov.store.transaction import Transaction
from tests.federation.interop.world import ACTIVITY_JSON, Correspondent, Reply, correspondent
from tests.security.internet import Internet

AUDIENCES: Final = ("public", "unlisted", "followers", "organisation", "direct")
OPEN: Final = frozenset({"public", "unlisted"})

LOCAL: Final[dict[str, frozenset[str]]] = {
    "fatima": frozenset(AUDIENCES),
    "olga": OPEN | {"organisation"},
    "piet": OPEN | {"organisation", "followers"},
    "kees": OPEN | {"organisation", "direct"},
    "bert": frozenset(),  # whom fatima blocked
    "oudlid": OPEN | {"organisation"},  # who followed and saved everything, and follows no more
    "boos": frozenset(),  # who followed, was named and saved everything, and was blocked then
}
"""People here, and what of fatima's is for them."""

BEFORE: Final[dict[str, frozenset[str]]] = {
    "oudlid": OPEN | {"organisation", "followers"},
    "boos": frozenset(AUDIENCES),
}
"""What was for those who fell out with fatima, and what they saved of it."""

GONE: Final = "ontslagen"
"""Who followed too, and whose account is disabled."""

REMOTE: Final[dict[str, frozenset[str]]] = {
    "volger": OPEN | {"followers"},
    "genoemd": OPEN | {"direct"},
    "vreemd": OPEN,
    "geblokkeerd": OPEN,  # whom fatima blocked: what is for everyone is still shown to who signs as anybody
    "gevraagd": OPEN,  # who asked to follow, and got no answer yet
    "oud": OPEN,  # who followed once
}
"""Servers elsewhere, by their signature, and what is for somebody there."""


VIEWERS: Final[dict[str, frozenset[str]]] = {"nobody": OPEN, **LOCAL, **REMOTE}
"""Everybody at a page or a document, and what is for them: the one table of what must be."""

APPS: Final[dict[str, frozenset[str]]] = {
    "nobody": OPEN,
    **LOCAL,
    "zwak": OPEN,  # an app of piet's that may not read messages: what everybody sees
    "ingetrokken": frozenset(),  # an app of piet's that was shut out
    GONE: frozenset(),
}
"""Everybody at an app, and what is for them."""

REFUSED: Final = ("ingetrokken", GONE)
"""Those whose token is worth nothing."""


@dataclass(slots=True)
class Written:
    """One message of fatima's.

    Args:
        word: Stands in its text.
        earlier: Stood in its text before it was edited.
        uri: Its id.
        media: Address of its picture.
        activity: Address of its Create.
        poll: Number of the poll for the same audience.
    """

    audience: str
    word: str
    earlier: str
    uri: str
    media: str
    activity: str
    poll: str

    @property
    def path(self) -> str:
        return self.uri.removeprefix("http://gouda.example")

    @property
    def traces(self) -> tuple[str, ...]:
        """What gives it away."""
        return (self.word, self.earlier, self.number, self.media, self.poll, f"keuze{self.audience}woord")

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
    tokens: dict[str, str] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)

    async def ask(self, viewer: str, path: str, *, html: bool) -> Reply:
        """Open an address as somebody; follow redirects of ours as a browser does."""
        accept = "text/html" if html else ACTIVITY_JSON
        for _ in range(3):
            if viewer in LOCAL:
                headers = {**await self._cookies(viewer), "Accept": accept}
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

    async def _cookies(self, viewer: str) -> dict[str, str]:
        if viewer not in self.cookies:
            self.cookies[viewer] = await self.internet.log_in(viewer)
        return self.cookies[viewer]

    def leaks(self, answer: Reply, *, allowed: frozenset[str], asked: str) -> list[str]:
        """Which messages show in an answer though they may not; the address that was asked for counts as known."""
        text = answer.body.decode("utf-8", "replace").replace(asked, "")
        return [
            each.audience
            for each in self.written.values()
            if each.audience not in allowed
            for trace in each.traces
            if trace in text and trace not in asked
        ]


def _befriend(tx: Transaction, *, follower: str, following: str, state: str = "accepted") -> None:
    follows.put(tx, follower=follower, following=following, state=state, activity_uri=None)


def _create_of(tx: Transaction, *, uri: str) -> str:
    documents = [orjson.loads(row) for row in tx.values(select(activities.c.document))]
    found = [each["id"] for each in documents if each["type"] == "Create" and each["object"]["id"] == uri]
    return str(found[0])


async def furnish(internet: Internet) -> Office:
    """Let everybody come in, write, react, and fall out."""
    found = Office(internet)
    for name in (*LOCAL, GONE):
        await internet.town.as_(name)
    for name in REMOTE:
        person = correspondent(internet.outside, name, f"/users/{name}")
        await internet.deliver(person.activity("Create", person.note(to=[internet.fatima.uri])), by=person)
        found.servers[name] = person
    await _introduce(found)
    for audience in AUDIENCES:
        found.written[audience] = await _write(found, audience)
    await _react(found)
    await _fall_out(found)
    await internet.settle()
    await _hand_out(found)
    return found


async def _introduce(office: Office) -> None:
    write, site, fatima = (
        office.internet.town.instance.write,
        office.internet.town.instance.site,
        office.internet.fatima,
    )
    for name in ("piet", GONE, *BEFORE):
        await write(_befriend, follower=site.actor(name), following=fatima.uri)
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
    named = "@kees @boos @genoemd@genoemd.example " if audience == "direct" else ""
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
    options = (f"keuze{audience}woord", "geen van beide")
    ends_at = internet.town.instance.clock.now() + DAY
    poll = await internet.fatima.post(f"{named}Wat?", audience, poll=PollDraft(options=options, ends_at=ends_at))
    return Written(audience, word, earlier, uri, stored.path, create, poll.rpartition("/")[2])


async def _react(office: Office) -> None:
    """Pin, like and save what can be: lists of these must not show what the message itself does not."""
    internet, site = office.internet, office.internet.town.instance.site
    row = await internet.post_row(office.written["public"].uri)
    await internet.town.instance.write(pinning.pin, actor=internet.fatima.uri, object_id=row.object_id)
    for name, allowed in LOCAL.items():
        for audience in sorted(allowed):
            if name not in ("fatima", "bert", *BEFORE):
                await internet.town.instance.write(
                    reacting.like, actor=site.actor(name), object_uri=office.written[audience].uri
                )

    for name, allowed in BEFORE.items():
        for audience in sorted(allowed):
            await _save(office, name=name, audience=audience)


async def _save(office: Office, *, name: str, audience: str) -> None:
    """Let somebody do with a message whatever keeps it in sight."""
    write, actor = office.internet.town.instance.write, office.internet.town.instance.site.actor(name)
    if name not in office.lists:
        office.lists[name] = await write(lists.create_list, owner=actor, title="Collega's")
        await write(lists.add_members, owner=actor, list_id=office.lists[name], members=[office.internet.fatima.uri])
    it = office.written[audience]
    await write(reacting.like, actor=actor, object_uri=it.uri)
    await write(bookmark, owner=actor, object_id=int(it.number))
    await write(
        publishing.publish_post,
        author=actor,
        text="@fatima daarover",
        visibility=Visibility.ORGANISATION if audience == "organisation" else Visibility.DIRECT,
        in_reply_to=it.uri,
    )


async def _fall_out(office: Office) -> None:
    write, site = office.internet.town.instance.write, office.internet.town.instance.site
    await write(following.remove_follower, actor=office.internet.fatima.uri, follower=site.actor("oudlid"))
    await write(blocks.block, who=office.internet.fatima.uri, whom=site.actor("boos"))


async def _hand_out(office: Office) -> None:
    """Give an app to everybody."""
    town = office.internet.town
    scopes = "read write follow profile"

    async def token(name: str, *, reach: str = scopes) -> str:
        account = await town.ask(account_of, actor=town.instance.site.actor(name))
        assert account is not None
        return await town.instance.write(tokens.create_token, account_id=account.id, scopes=reach)

    office.tokens = {name: await token(name) for name in (*LOCAL, GONE)}
    office.tokens["zwak"] = await token("piet", reach="read:lists write:lists")
    account = await town.ask(account_of, actor=town.instance.site.actor(GONE))
    assert account is not None
    await town.instance.write(accounts.disable, account_id=account.id)
    office.tokens["ingetrokken"] = await token("piet", reach="read write")
    row = await town.ask(_last_token)
    piet = await town.ask(account_of, actor=town.instance.site.actor("piet"))
    assert piet is not None
    await town.instance.write(tokens.revoke_token, account_id=piet.id, token_id=row)


def _last_token(tx: Transaction) -> int:
    return int(tx.value(select(func.max(metadata.tables["tokens"].c.id))))
