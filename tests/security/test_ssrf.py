"""No address of another server, wherever it stands, makes us connect to what is not the public internet.

Every way in which an address reaches the one client is tried with every address
in every form. What is looked at is the socket, not the check.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import orjson
import pytest
import pytest_asyncio

from fedgov.activitystreams.actor import read_actor
from fedgov.activitystreams.audience import PUBLIC as EVERYONE
from fedgov.features.notices.queries.notifications import notification_page
from fedgov.features.notices.service import push
from fedgov.features.notices.service.notifications import notify
from fedgov.features.notices.tables import push_messages
from fedgov.features.notices.vocabulary import Kind, PushPolicy
from fedgov.features.people.queries import account_of
from fedgov.features.people.service import fields, tokens
from fedgov.features.people.service import follows as following
from fedgov.features.people.service.profiles import Profile, change_profile
from fedgov.features.posts.inbox import keep
from fedgov.federation import actors, follows, keyring
from fedgov.federation.backfill import Backfiller
from fedgov.federation.client import AddressGuard
from fedgov.federation.describe import APPLICATION, Describer
from fedgov.federation.dispatch import FetchedObject
from fedgov.federation.fetch import Fetcher
from fedgov.federation.mending import Mender
from fedgov.federation.webpush import PushKey
from fedgov.kernel.errors import FedgovError
from fedgov.kernel.pagination import PageRequest
from fedgov.kernel.uris import host as host_of
from fedgov.kernel.uris import parse_handle
from fedgov.store.transaction import Transaction
from fedgov.web.proxied import proxied_path, secret_of
from tests.federation.doors.porch import pair_of
from tests.federation.interop.world import AS2, Correspondent, correspondent
from tests.security.internet import DOMAIN, PUBLIC, Internet, open_internet
from tests.unit.federation.neighbours import key_members

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST_PORT: Final = 10_000

# --- addresses --------------------------------------------------------------------------------------------------

SPELLINGS: Final = ("127.1", "2130706433", "0x7f000001", "017700000001", "0", "localhost", "localhost.")
"""Ways to write loopback; as an answer of a name server they are all the same."""

NAMES: Final = ("a.localhost", "metadata.internal", "printer.local", "nas.home.arpa", "x.onion", "x.i2p")
"""Names that are not of the public internet, whatever they resolve to."""

OLD: Final = (
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "169.254.169.254", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "100.64.0.1", "198.18.0.1", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1"),
    *("192.88.99.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
)
NEW: Final = (
    *("::", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::"),
    *("2001:0:7f00:1::", "2001:db8::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "3fff::1", "ff02::1", "5f00::1"),
)
LITERAL_ONLY: Final = (*SPELLINGS, *NAMES)
ADDRESSES: Final = (*OLD, *NEW)
FORMS: Final = ("literal", "name", "several", "rebinding", "redirect")


def written(address: str) -> str:
    """The address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address


@dataclass(frozen=True, slots=True)
class Trap:
    """An address that must not be contacted, and how it is hidden.

    Args:
        form: One of `FORMS`.
        address: What must not be connected to.
        host: What stands in the URL.
        port: Its own, by which a connection is recognised as this trap's.
    """

    form: str
    address: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.authority}"

    def url(self, path: str) -> str:
        return self.origin + path


_numbers = itertools.count(1)


def lay(internet: Internet, form: str, address: str) -> Trap:
    """Make the names and pages of one trap."""
    port = FIRST_PORT + next(_numbers) % 50_000
    if form == "literal":
        return Trap(form, address, written(address), port)
    host = f"{form}{port}.example"
    answers = {
        "name": [[address]],
        "several": [[PUBLIC, address] if port % 2 else [address, PUBLIC]],
        "rebinding": [[PUBLIC], [address]],
        "redirect": [[PUBLIC]],
    }
    internet.wire.names[host] = answers[form]
    trap = Trap(form, address, host, port)
    if form == "redirect":
        internet.elsewhere.leads[trap.authority] = f"http://{written(address)}:{port}/latest/meta-data"
    return trap


def whole_product() -> Iterator[tuple[str, str]]:
    """Every form with every address that can have it."""
    for address in ADDRESSES:
        yield from ((form, address) for form in FORMS)
    for address in LITERAL_ONLY:
        yield from ((form, address) for form in ("literal", "redirect"))


def pairs(turn: int) -> list[tuple[str, str]]:
    """For one sink: every address in one form, and each form with several addresses.

    The turn moves the forms along, so that all sinks together try every
    address in every form.
    """
    chosen = [(FORMS[(turn + place) % len(FORMS)], address) for place, address in enumerate(ADDRESSES)]
    both = ("literal", "redirect")
    return chosen + [(both[(turn + place) % 2], address) for place, address in enumerate(LITERAL_ONLY)]


# --- sinks ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Lab:
    """The town hall, somebody whom fatima follows, and what the sinks need.

    Args:
        friend: Whom fatima follows: what this person names is looked up.
        closed: What fatima wrote for her followers.
        public: What fatima wrote for everybody.
        cookie: The headers of fatima's browser.
        token: Of a program of fatima's that may do everything.
    """

    internet: Internet
    friend: Correspondent
    closed: str
    public: str
    cookie: dict[str, str]
    token: str

    async def call(self, method: str, path: str, *, body: Any = None, raw: bytes | None = None) -> None:
        """Let a program of fatima's ask for something; whatever is answered, it is no mistake of ours."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if raw is not None:
            headers["Content-Type"] = "application/activity+json"
        answer = await self.internet.ask(method, path, headers=headers, body=body if raw is None else raw)
        assert answer.status in (200, 201, 202, 400, 403, 404, 422, 503), (path, answer.status, answer.body)

    async def submit(self, activity: dict[str, Any]) -> None:
        """Let a program send something to fatima's outbox."""
        await self.call("POST", "/users/fatima/outbox", raw=orjson.dumps(activity))

    async def person(self, trap: Trap, *, host: str = "", **changes: Any) -> Correspondent | None:
        """Somebody who is in the store as if all had been well when they were read; None when they cannot be."""
        origin = f"http://{host}" if host else trap.origin
        uri = f"{origin}/users/u{next(_numbers)}"
        pair = pair_of(uri, number=1)
        document = {
            "@context": [AS2],
            "id": uri,
            "type": "Person",
            "preferredUsername": "u",
            "inbox": f"{uri}/inbox",
            "followers": f"{uri}/followers",
            **key_members(uri, rsa=pair.rsa, ed25519=pair.ed25519),
            **changes,
        }
        with suppress(FedgovError):
            actor = read_actor(document)
            write = self.internet.town.instance.write
            await write(actors.remember_remote, actor=actor, body=orjson.dumps(document).decode())
            return Correspondent(uri=uri, pair=pair, document=document)
        return None

    async def send(self, activity: dict[str, Any], *, by: Correspondent, **more: Any) -> None:
        """Deliver something; whatever is answered, it is no mistake of ours."""
        answer = await self.internet.post(activity, by=by, **more)
        assert answer.status in (202, 400, 401, 403, 503), (answer.status, answer.body)


def _befriend(tx: Transaction, *, follower: str, following: str) -> None:
    follows.put(tx, follower=follower, following=following, state="accepted", activity_uri=None)


Sink = Callable[[Lab, Trap], Awaitable[None]]


async def key_id(lab: Lab, trap: Trap) -> None:
    uri = trap.url("/users/m")
    stranger = Correspondent(uri=uri, pair=pair_of(uri, number=1), document={})
    await lab.send(stranger.activity("Follow", lab.internet.fatima.uri), by=stranger)


async def signed_get(lab: Lab, trap: Trap) -> None:
    """The key of whoever asks for something that not everyone may read."""
    uri = trap.url("/users/m")
    stranger = Correspondent(uri=uri, pair=pair_of(uri, number=1), document={})
    path = urlsplit(lab.closed).path
    headers = stranger.signed("GET", lab.internet.origin + path)
    answer = await lab.internet.ask("GET", path, headers=headers)
    assert answer.status in (200, 400, 401, 403, 404, 503)


async def proof_key(lab: Lab, trap: Trap) -> None:
    person = await lab.person(trap)
    if person is None:
        return
    activity = person.activity("Follow", lab.internet.fatima.uri)
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": trap.url(f"/keys/{next(_numbers)}"),
        "proofPurpose": "assertionMethod",
        "created": activity["published"],
        "proofValue": "z" + "2" * 88,
    }
    await lab.send({**activity, "proof": proof}, by=person)


async def actor(lab: Lab, trap: Trap) -> None:
    with suppress(FedgovError):
        await lab.internet.town.instance.fetch.actor(trap.url(f"/users/{next(_numbers)}"))


async def shared_object(lab: Lab, trap: Trap) -> None:
    await lab.send(lab.friend.activity("Announce", trap.url(f"/notes/{next(_numbers)}"), to=[EVERYONE]), by=lab.friend)


async def created_object(lab: Lab, trap: Trap) -> None:
    person = await lab.person(trap)
    if person is not None:
        activity = person.activity("Create", trap.url(f"/notes/{next(_numbers)}"), to=[lab.internet.fatima.uri])
        await lab.send(activity, by=person)


async def answered(lab: Lab, trap: Trap) -> None:
    note = lab.friend.note(inReplyTo=trap.url(f"/notes/{next(_numbers)}"))
    await lab.send(lab.friend.activity("Create", note, to=[EVERYONE]), by=lab.friend)


async def quoted(lab: Lab, trap: Trap) -> None:
    note = lab.friend.note(quote=trap.url(f"/notes/{next(_numbers)}"))
    await lab.send(lab.friend.activity("Create", note, to=[EVERYONE]), by=lab.friend)


async def replies(lab: Lab, trap: Trap) -> None:
    await _fill(lab, trap, replies=trap.url(f"/replies/{next(_numbers)}"))


async def page_of_replies(lab: Lab, trap: Trap) -> None:
    following = trap.url(f"/replies/{next(_numbers)}")
    items = ["http://nowhere.example/"]
    await _fill(
        lab,
        trap,
        replies={"type": "Collection", "first": {"type": "CollectionPage", "items": items, "next": following}},
    )


async def listed_reply(lab: Lab, trap: Trap) -> None:
    await _fill(lab, trap, replies={"type": "Collection", "items": [trap.url(f"/notes/{next(_numbers)}")]})


async def _fill(lab: Lab, trap: Trap, **members: Any) -> None:
    instance = lab.internet.town.instance
    person = await lab.person(trap)
    if person is None:
        return
    note = person.note(**members)
    fetched = FetchedObject(document=note, body=orjson.dumps(note), author=person.uri, received_at=instance.clock.now())
    with suppress(FedgovError):
        await instance.write(keep, fetched)
    fetcher = instance.fetch
    assert isinstance(fetcher, Fetcher)
    await Backfiller(instance, fetcher=fetcher).fill(note["id"])


async def followers(lab: Lab, trap: Trap) -> None:
    person = await lab.person(trap)
    if person is None:
        return
    header = f'collectionId="{person.uri}/followers", url="{person.uri}/followers_sync", digest="{"1" * 64}"'
    room = lab.internet.town.running.room
    mender = Mender(room, ended=following.receive_reject, unanswered=following.ask_again)
    mender.note(header, actor=person.uri)
    await mender.settle()


async def inbox(lab: Lab, trap: Trap) -> None:
    await _is_written_to(lab, await lab.person(trap, host=f"volger{next(_numbers)}.example", inbox=trap.url("/inbox")))


async def shared_inbox(lab: Lab, trap: Trap) -> None:
    endpoints = {"sharedInbox": trap.url("/shared")}
    await _is_written_to(lab, await lab.person(trap, host=f"volger{next(_numbers)}.example", endpoints=endpoints))


async def _is_written_to(lab: Lab, person: Correspondent | None) -> None:
    """Send one message to somebody alone."""
    if person is None:
        return
    follow = person.activity("Follow", lab.internet.fatima.uri)
    await lab.send(follow, by=person)  # it is answered at the inbox


async def copied_file(lab: Lab, trap: Trap) -> None:
    """What a portrait, a header, an attachment and an emoji have in common: one address of ours for each."""
    secret = secret_of(lab.internet.town.config.folder)
    path = proxied_path(secret, trap.url(f"/{next(_numbers)}.png"))
    answer = await lab.internet.ask("GET", path)
    assert answer.status in (200, 404)


async def copied_emoji(lab: Lab, trap: Trap) -> None:
    secret = secret_of(lab.internet.town.config.folder)
    path = proxied_path(secret, trap.url(f"/{next(_numbers)}.png"))
    answer = await lab.internet.ask("GET", f"{path}/emoji")
    assert answer.status in (200, 404)


async def asked_of_the_proxy(lab: Lab, trap: Trap) -> None:
    """Addresses that somebody puts beside, or in the place of, the one that we made."""
    secret = secret_of(lab.internet.town.config.folder)
    ours = proxied_path(secret, "http://plaatjes.example/1.png")
    url = quote(trap.url("/1.png"), safe="")
    for path in (
        f"{ours}?url={url}&proxy={url}&file_type=x",
        f"/media/proxy/{url}",
        f"{ours}/{url}",
        f"{ours}%2F{url}",
    ):
        answer = await lab.internet.ask("GET", path)
        assert answer.status in (200, 400, 404)


async def handle(lab: Lab, trap: Trap) -> None:
    with suppress(FedgovError):
        await lab.internet.town.instance.fetch.actor_by_handle(parse_handle(f"@m@{trap.authority}", scheme="http"))


async def link_of_webfinger(lab: Lab, trap: Trap) -> None:
    at = f"vinger{next(_numbers)}.example:8080"
    link = {"rel": "self", "type": "application/activity+json", "href": trap.url("/users/m")}
    url = f"http://{at}/.well-known/webfinger?resource=acct%3Am%40{quote(at, safe='')}"
    lab.internet.outside.serve_json(url, {"subject": f"acct:m@{at}", "links": [link]})
    with suppress(FedgovError):
        await lab.internet.town.instance.fetch.actor_by_handle(parse_handle(f"@m@{at}", scheme="http"))


async def nodeinfo(lab: Lab, trap: Trap) -> None:
    await lab.person(trap)  # so that plain http is known to be spoken there
    with suppress(FedgovError):
        await Describer(lab.internet.town.running.room).describe(trap.authority)


async def link_of_nodeinfo(lab: Lab, trap: Trap) -> None:
    at = f"info{next(_numbers)}.example"
    await lab.person(trap, host=at)
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    links = [{"rel": rel, "href": trap.url("/nodeinfo")}, {"rel": APPLICATION, "href": trap.url("/actor")}]
    links += [{"rel": rel, "href": 'data:application/json,{"software":{}}'}, {"rel": rel, "href": "file:///etc/passwd"}]
    lab.internet.outside.serve_json(f"http://{at}/.well-known/nodeinfo", {"links": links})
    with suppress(FedgovError):
        await Describer(lab.internet.town.running.room).describe(at)


async def target_of_a_move(lab: Lab, trap: Trap) -> None:
    person = await lab.person(trap, host=f"verhuizer{next(_numbers)}.example")
    assert person is not None
    await lab.send(person.activity("Move", person.uri, target=trap.url("/users/new")), by=person)


async def searched(lab: Lab, trap: Trap) -> None:
    url = quote(trap.url(f"/notes/{next(_numbers)}"), safe="")
    answer = await lab.internet.ask("GET", f"/search?q={url}", headers=lab.cookie)
    assert answer.status == 200


async def searched_handle(lab: Lab, trap: Trap) -> None:
    answer = await lab.internet.ask("GET", f"/search?q={quote('@m@' + trap.authority, safe='')}", headers=lab.cookie)
    assert answer.status == 200


async def push_endpoint(lab: Lab, trap: Trap) -> None:
    with suppress(FedgovError):
        await lab.internet.town.instance.write(
            _leave_message, owner=lab.internet.fatima.uri, friend=lab.friend.uri, endpoint=trap.url("/push")
        )


_PHONE: Final = PushKey.make().public


def _leave_message(tx: Transaction, *, owner: str, friend: str, endpoint: str) -> None:
    """One message for an app at that address alone, about something that fatima may see."""
    found = push.subscribe(
        tx,
        owner=owner,
        token_id=next(_numbers),
        token="token",
        endpoint=endpoint,
        p256dh=_PHONE,
        auth="BTBZMqHH6r4Tts7J_aSIgg",
        standard=True,
        policy_word=PushPolicy.ALL,
        kinds=(),
    )
    notify(tx, owner=owner, kind=Kind.FOLLOW, actor=friend)
    page = notification_page(tx, owner=owner, request=PageRequest(), kinds=(Kind.FOLLOW,))
    values = {"subscription_id": found.id, "notification_id": page.items[0].id, "host": host_of(endpoint)}
    tx.execute(push_messages.insert(), {"id": tx.new_id(), **values, "due_at": tx.now, "attempts": 0})
    tx.signal(push.TOPIC)


async def link_of_a_profile(lab: Lab, trap: Trap) -> None:
    """Of somebody whom nobody follows: all followers would be told of each change."""
    instance = lab.internet.town.instance
    profile = Profile(fields=(("Site", trap.url("/me")),))
    await instance.write(change_profile, actor=instance.site.actor("bas"), profile=profile)
    await fields.look(instance)


async def stamp(lab: Lab, trap: Trap) -> None:
    """Where a quotation says that its proof of consent is; the quoted post is known."""
    person = await lab.person(trap)
    if person is None:
        return
    instance, quotable = lab.internet.town.instance, person.note()
    fetched = FetchedObject(
        document=quotable, body=orjson.dumps(quotable), author=person.uri, received_at=instance.clock.now()
    )
    with suppress(FedgovError):
        await instance.write(keep, fetched)
    note = lab.friend.note(quote=quotable["id"], quoteAuthorization=trap.url(f"/stamps/{next(_numbers)}"))
    await lab.send(lab.friend.activity("Create", note, to=[EVERYONE]), by=lab.friend)


async def asked_to_quote(lab: Lab, trap: Trap) -> None:
    """The post that would quote one of ours."""
    person = await lab.person(trap)
    if person is not None:
        instrument = trap.url(f"/notes/{next(_numbers)}")
        await lab.send(person.activity("QuoteRequest", lab.public, instrument=instrument), by=person)


async def proxied(lab: Lab, trap: Trap) -> None:
    await lab.call("POST", "/api/activitypub/proxy", body={"id": trap.url(f"/notes/{next(_numbers)}")})


async def written_by_a_program(lab: Lab, trap: Trap) -> None:
    for member in ("inReplyTo", "quote"):
        note = {"type": "Note", "content": "hallo", "to": [EVERYONE], member: trap.url(f"/notes/{next(_numbers)}")}
        await lab.submit({"type": "Create", "object": note})


async def addressed_by_a_program(lab: Lab, trap: Trap) -> None:
    await lab.submit({"type": "Note", "content": "hallo", "to": [trap.url(f"/users/{next(_numbers)}")]})


async def done_by_a_program(lab: Lab, trap: Trap) -> None:
    for kind in ("Follow", "Block", "Like", "Announce", "Undo", "Move"):
        await lab.submit({"type": kind, "object": trap.url(f"/things/{next(_numbers)}")})


async def searched_by_an_app(lab: Lab, trap: Trap) -> None:
    url = quote(trap.url(f"/notes/{next(_numbers)}"), safe="")
    await lab.call("GET", f"/api/v2/search?resolve=true&q={url}")
    await lab.call("GET", f"/api/v1/accounts/search?resolve=true&q={url}")


async def handle_for_an_app(lab: Lab, trap: Trap) -> None:
    named = quote(f"@m{next(_numbers)}@{trap.authority}", safe="")
    await lab.call("GET", f"/api/v2/search?resolve=true&q={named}")
    await lab.call("GET", f"/api/v1/accounts/search?resolve=true&q={named}")
    await lab.call("GET", f"/api/v1/accounts/lookup?acct={named}")


async def named_in_a_message(lab: Lab, trap: Trap) -> None:
    text = f"hallo @m{next(_numbers)}@{trap.authority}"
    await lab.call("POST", "/api/v1/statuses", body={"status": text, "visibility": "direct"})


async def came_home(lab: Lab, trap: Trap) -> None:
    """Whoever clicks "follow" elsewhere comes back with an address."""
    for asked in (trap.url(f"/users/{next(_numbers)}"), f"@m@{trap.authority}"):
        path = f"/authorize_interaction?uri={quote(asked, safe='')}"
        answer = await lab.internet.ask("GET", path, headers=lab.cookie)
        assert answer.status in (400, 403, 404, 422, 503), answer.status


async def page_of_somebody(lab: Lab, trap: Trap) -> None:
    answer = await lab.internet.ask("GET", f"/people/@m@{trap.authority}", headers=lab.cookie)
    assert answer.status in (400, 403, 404, 422, 503), answer.status


SINKS: Final[dict[str, Sink]] = {
    sink.__name__: sink
    for sink in (
        *(key_id, signed_get, proof_key, actor, shared_object, created_object, answered, quoted),
        *(replies, page_of_replies, listed_reply, followers, inbox, shared_inbox),
        *(copied_file, copied_emoji, asked_of_the_proxy, handle, link_of_webfinger, nodeinfo, link_of_nodeinfo),
        *(target_of_a_move, searched, searched_handle, push_endpoint, link_of_a_profile),
        *(stamp, asked_to_quote, proxied, written_by_a_program, addressed_by_a_program, done_by_a_program),
        *(searched_by_an_app, handle_for_an_app, named_in_a_message, came_home, page_of_somebody),
    )
}
NEVER_FOLLOWED: Final = frozenset({"asked_of_the_proxy", "link_of_nodeinfo"})
"""Sinks that no guard has to stop: an address of another server is not even tried there."""


# --- the matrix -------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    async with open_internet(tmp_path_factory.mktemp("ssrf")) as internet:
        friend = correspondent(internet.outside, "vriend")
        await internet.post(friend.activity("Like", internet.fatima.uri), by=friend)
        await internet.settle()
        await internet.town.instance.write(_befriend, follower=internet.fatima.uri, following=friend.uri)
        await internet.town.as_("bas")
        yield Lab(
            internet=internet,
            friend=friend,
            closed=await internet.fatima.post("Alleen voor volgers", "followers"),
            public=await internet.fatima.post("Voor iedereen", "public"),
            cookie=await internet.log_in(),
            token=await _program(internet),
        )


async def _program(internet: Internet) -> str:
    account = await internet.town.ask(account_of, actor=internet.fatima.uri)
    assert account is not None
    return await internet.town.instance.write(
        tokens.create_token, account_id=account.id, scopes="read write follow push profile"
    )


@contextmanager
def without_limits() -> Iterator[None]:
    """No key is too many: a limit would hide what the guard does."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("UNPROVEN_PER_SOURCE", "UNPROVEN_PER_SOURCE_AND_HOST"):
            patch.setattr(keyring, name, 1_000_000)
        patch.setattr(push, "MOST_SUBSCRIPTIONS", 1_000_000)
        yield


async def fall_into(lab: Lab, sink: Sink, cases: Iterable[tuple[str, str]]) -> list[Trap]:
    """Try a sink with every case; return the traps."""
    traps = [lay(lab.internet, form, address) for form, address in cases]
    with without_limits():
        for start in range(0, len(traps), 24):
            await asyncio.gather(*(sink(lab, trap) for trap in traps[start : start + 24]))
        await lab.internet.settle()
    return traps


def reached(lab: Lab, traps: Sequence[Trap], *, since: int) -> list[str]:
    """What was connected to although it must not be: names of which one record is forbidden are as bad."""
    by_port = {trap.port: trap for trap in traps}
    return [
        f"{address}:{port}"
        for address, port in lab.internet.wire.connected[since:]
        if port in by_port and (address != PUBLIC or by_port[port].form in ("literal", "name", "several"))
    ]


async def demand_silence(lab: Lab, name: str, cases: Iterable[tuple[str, str]]) -> None:
    since = len(lab.internet.wire.connected)
    traps = await fall_into(lab, SINKS[name], cases)
    assert reached(lab, traps, since=since) == []
    unfinished = [row for row in await lab.internet.unfinished() if row[1] != "queued"]
    assert unfinished == []


@pytest.mark.parametrize("name", SINKS)
async def test_ssrf_01_02_03_05_no_sink_connects_to_a_forbidden_address(lab: Lab, name: str) -> None:
    await demand_silence(lab, name, pairs([*SINKS].index(name)))


@pytest.mark.soak
@pytest.mark.parametrize("name", SINKS)
async def test_ssrf_01_02_03_05_no_sink_connects_to_any_forbidden_address_in_any_form(lab: Lab, name: str) -> None:
    await demand_silence(lab, name, whole_product())


@pytest.mark.parametrize("name", SINKS)
async def test_ssrf_01_without_the_guard_the_matrix_would_see_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(AddressGuard, "permits", lambda _guard, _address: True)
    since = len(lab.internet.wire.connected)
    cases = [("literal", "127.0.0.1"), ("literal", "::1"), ("name", "10.0.0.1"), ("redirect", "169.254.169.254")]
    traps = await fall_into(lab, SINKS[name], cases)
    assert bool(reached(lab, traps, since=since)) is (name not in NEVER_FOLLOWED)


# --- what the matrix does not show ------------------------------------------------------------------------------


async def test_ssrf_01_our_own_name_is_never_asked(lab: Lab) -> None:
    """Whoever names us makes us ask ourselves nothing, whatever our name resolves to."""
    trap = Trap("literal", PUBLIC, DOMAIN, 80)
    with without_limits():
        for sink in SINKS.values():
            await sink(lab, trap)
        await lab.internet.settle()
    assert [each.url for each in lab.internet.outside.letters if urlsplit(each.url).hostname == DOMAIN] == []


@pytest.mark.parametrize(
    "target", ["https://10.0.0.1/", "file:///etc/passwd", "data:,x", "gopher://10.0.0.1/", "//::1"]
)
async def test_ssrf_03_a_redirect_to_another_scheme_is_not_followed(lab: Lab, target: str) -> None:
    at = f"omweg{next(_numbers)}.example"
    lab.internet.elsewhere.leads[at] = target
    since = len(lab.internet.wire.connected)
    with pytest.raises(FedgovError):
        await lab.internet.town.instance.fetch.actor(f"http://{at}/users/m")
    assert lab.internet.wire.connected[since:] == [(PUBLIC, 80)]


async def test_ssrf_04_a_server_that_leads_in_circles_is_left_at_once(lab: Lab) -> None:
    at = f"rond{next(_numbers)}.example"
    lab.internet.elsewhere.leads[at] = f"http://{at}/users/m"
    since = len(lab.internet.wire.connected)
    with pytest.raises(FedgovError):
        await lab.internet.town.instance.fetch.actor(f"http://{at}/users/m")
    assert lab.internet.wire.connected[since:] == [(PUBLIC, 80)]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
async def test_ssrf_07_a_proxy_in_the_environment_is_not_used(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A proxy resolves names itself: what we checked is then not where the connection goes."""
    monkeypatch.setenv(variable, "http://tussen.example:3128")
    since = len(lab.internet.wire.connected)
    with pytest.raises(FedgovError):
        await lab.internet.town.instance.fetch.actor(f"http://recht{next(_numbers)}.example/users/m")
    assert lab.internet.wire.connected[since:] == [(PUBLIC, 80)]


async def test_ssrf_08_no_signature_is_sent_or_made_for_an_address_that_may_not_be_contacted(lab: Lab) -> None:
    made: list[str] = []

    async def sign(url: str) -> dict[str, str]:
        made.append(url)
        return {"Signature": "of the server itself"}

    client = lab.internet.town.running.room.client
    hidden, leading = lay(lab.internet, "name", "10.0.0.1"), lay(lab.internet, "redirect", "169.254.169.254")
    since, letters = len(lab.internet.wire.connected), len(lab.internet.outside.letters)
    for url in ("http://10.0.0.1/", "http://[::1]/", hidden.url("/"), leading.url("/")):
        with pytest.raises(FedgovError):
            await client.get(url, accept="*/*", sign=sign)

    assert made == [hidden.url("/"), leading.url("/")], "a literal address is checked before anything is signed"
    assert lab.internet.wire.connected[since:] == [(PUBLIC, leading.port)]
    assert [each.url for each in lab.internet.outside.letters[letters:]] == [leading.url("/")]
