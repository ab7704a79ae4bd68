"""Apps are told at once: a real push server on the loopback gets a message that only the app can open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import pytest
import pytest_asyncio

from fedgov.features.notices.tables import push_messages
from fedgov.features.people.queries import account_of
from fedgov.features.people.service import tokens
from fedgov.federation import keys
from fedgov.store.transaction import Transaction
from tests.fediverse import Fediverse, pooled_rsa
from tests.mastodon.conftest import App, Counter, demand_entity
from tests.push_app import PushServer, Telephone, open_push_server, read_token

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH: Final = "/api/v1/push/subscription"
PATIENCE: Final = 60
ALL: Final = dict.fromkeys(("mention", "status", "reblog", "follow", "follow_request", "favourite", "poll"), True)


@dataclass(slots=True)
class Office:
    """A town hall, its apps and a push server."""

    counter: Counter
    server: PushServer
    people: int = 0

    async def app(self, **values: Any) -> App:
        """Somebody new."""
        self.people += 1
        return await self.counter.app_of(f"collega{self.people}", **values)

    async def subscribed(
        self, *, standard: bool = True, language: str | None = None, **data: Any
    ) -> tuple[App, Telephone]:
        """Somebody new, with an app that is told."""
        app = await self.app(language=language)
        phone = self.server.phone(f"phone{self.people}")
        answer = await app.post(PATH, subscription=phone.subscription(standard=standard), data={"alerts": ALL, **data})
        assert answer.status == 200, answer.json
        return app, phone

    async def settle(self) -> None:
        """Wait until nothing is to be sent any more."""
        await _until(lambda: self.counter.town.ask(_nothing_waits))

    async def told(self, phone: Telephone) -> list[dict[str, Any]]:
        """Return what an app was told."""
        await self.settle()
        path = phone.endpoint.removeprefix(self.server.origin)
        return [letter.read(phone) for letter in self.server.letters if letter.path == path]


def _nothing_waits(tx: Transaction) -> bool:
    return not tx.rows(push_messages.select())


def _has_been_tried(tx: Transaction) -> bool:
    return any(row.attempts for row in tx.rows(push_messages.select()))


async def _until(done: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            if await done():
                return
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate_rsa", pooled_rsa)
        fediverse = Fediverse(tmp_path_factory.mktemp("push"))
        async with aiohttp.ClientSession() as session, open_push_server() as server:
            yield Office(Counter(await fediverse.add("gouda"), session, fediverse), server)
        await fediverse.close()


# --- subscriptions ----------------------------------------------------------------------------------------------


async def test_an_app_subscribes_changes_its_mind_and_leaves(office: Office) -> None:
    app = await office.app()
    assert (await app.get(PATH)).status == 404
    phone = office.server.phone("first")
    made = await app.post(PATH, subscription=phone.subscription(), data={"alerts": {"mention": True}})
    demand_entity(made.json, "WebPushSubscription")
    assert (made.json["endpoint"], made.json["standard"], made.json["policy"]) == (phone.endpoint, True, "all")
    assert [name for name, wanted in made.json["alerts"].items() if wanted] == ["mention"]
    assert (await app.get(PATH)).json == made.json
    form = {"data[alerts][favourite]": "1", "data[alerts][admin.sign_up]": "true", "data[policy]": "followed"}
    changed = await app.ask("PUT", PATH, data=form)
    demand_entity(changed.json, "WebPushSubscription")
    assert changed.json["policy"] == "followed"
    assert {name for name, wanted in changed.json["alerts"].items() if wanted} == {"favourite", "admin.sign_up"}
    assert (await app.ask("DELETE", PATH)).json == {}
    assert [(await app.ask(method, PATH)).status for method in ("GET", "PUT", "DELETE")] == [404, 404, 200]


async def test_the_key_is_the_same_wherever_it_is_shown(office: Office) -> None:
    app, _ = await office.subscribed()
    key = (await app.get(PATH)).json["server_key"]
    assert len(key) == 87
    assert (await office.counter.visitor.get("/api/v2/instance")).json["configuration"]["vapid"]["public_key"] == key
    values = {"client_name": "Tusky", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
    made = (await office.counter.visitor.post("/api/v1/apps", **values)).json
    assert made["vapid_key"] == key
    asked = {name: made[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    own = App(office.counter.town, office.counter.session)
    own.token = (await own.post("/oauth/token", **asked)).json["access_token"]
    assert (await own.get("/api/v1/apps/verify_credentials")).json["vapid_key"] == key


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": ""},
        {"endpoint": "not a URL"},
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": 12},
        {"keys": {}},
        {"keys": {"p256dh": "AAAA", "auth": "AAAA"}},
        {"keys": "no keys"},
    ],
)
async def test_what_cannot_be_sent_to_is_refused(office: Office, changes: dict[str, Any]) -> None:
    app = await office.app()
    answer = await app.post(PATH, subscription=office.server.phone("x").subscription() | changes)
    assert answer.status == 422
    assert answer.json["error"]
    assert (await app.get(PATH)).status == 404


async def test_a_word_that_is_no_policy_changes_nothing(office: Office) -> None:
    app, _ = await office.subscribed()
    assert (await app.ask("PUT", PATH, json={"data": {"policy": "everyone"}})).status == 422
    assert (await app.get(PATH)).json["policy"] == "all"


async def test_ac_05_a_token_reaches_its_own_subscription_alone(office: Office) -> None:
    app, phone = await office.subscribed()
    assert app.person
    other = await office.app()
    second = App(app.town, app.session, token=await office.counter.token_of(app.person), person=app.person)
    for stranger in (other, second):
        assert (await stranger.get(PATH)).status == 404
        assert (await stranger.ask("PUT", PATH, json={"data": {"policy": "none"}})).status == 404
        assert (await stranger.ask("DELETE", PATH)).status == 200
    found = (await app.get(PATH)).json
    assert (found["endpoint"], found["policy"]) == (phone.endpoint, "all")


async def test_ac_08_push_needs_its_scope_and_a_person(office: Office) -> None:
    weak = await office.app(scopes="read write follow")
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert (await weak.ask(method, PATH)).status == 403
        assert (await office.counter.visitor.ask(method, PATH)).status == 401


# --- what is told -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standard", [True, False])
async def test_an_app_reads_what_happened_and_the_push_server_does_not(office: Office, standard: bool) -> None:
    app, phone = await office.subscribed(standard=standard)
    friend = await office.app()
    assert app.person and friend.person
    await friend.person.post(f"Moi @{app.person.username}, heb je *even*?", "direct")
    (told,) = await office.told(phone)
    (notification,) = (await app.get("/api/v1/notifications")).json
    assert told == {
        "access_token": app.token,
        "preferred_locale": "nl",
        "notification_id": int(notification["id"]),
        "notification_type": "mention",
        "icon": notification["account"]["avatar_static"],
        "title": f"{friend.person.username.title()} noemde je",
        "body": f"Moi @{app.person.username}, heb je even?",
    }
    letter = office.server.letters[-1]
    assert b"Moi" not in letter.body
    assert app.token.encode() not in letter.body
    proof = letter.headers["Authorization"]
    token = proof.removeprefix("vapid t=").partition(",k=")[0] if standard else proof.removeprefix("WebPush ")
    said = read_token(token, public=(await app.get(PATH)).json["server_key"])
    assert (said["aud"], said["sub"]) == (office.server.origin, app.town.instance.site.origin)
    assert letter.headers["TTL"].isdigit()


async def test_it_is_told_in_the_language_of_the_person(office: Office) -> None:
    app, phone = await office.subscribed(language="en")
    friend = await office.app()
    assert app.person and friend.person
    await friend.person.follow(app.person)
    (told,) = await office.told(phone)
    assert (told["preferred_locale"], told["notification_type"]) == ("en", "follow")
    assert told["title"].endswith(" now follows you")


async def test_only_what_the_app_asked_for_is_told(office: Office) -> None:
    app, phone = await office.subscribed(alerts={"favourite": True})
    friend = await office.app()
    assert app.person and friend.person
    await app.person.post("Een bericht")
    await friend.person.post(f"Dag @{app.person.username}")
    status = (await friend.get("/api/v1/timelines/public", limit=2)).json[1]
    await friend.post(f"/api/v1/statuses/{status['id']}/favourite")
    assert [each["notification_type"] for each in await office.told(phone)] == ["favourite"]


async def test_a_filter_says_only_its_own_name_on_a_locked_screen(office: Office) -> None:
    app, phone = await office.subscribed()
    friend = await office.app()
    assert app.person and friend.person
    for title, action in (("Reorganisatie", "warn"), ("Voetbal", "hide")):
        words = [{"keyword": title}]
        await app.post(
            "/api/v2/filters", title=title, context=["notifications"], filter_action=action, keywords_attributes=words
        )
    await friend.person.post(f"@{app.person.username} De reorganisatie gaat door, het geheim is 42")
    await friend.person.post(f"@{app.person.username} Voetbal vanavond?")
    assert [each["body"] for each in await office.told(phone)] == ["Reorganisatie"]


async def test_ac_18_nothing_is_pushed_of_what_may_no_longer_be_read(office: Office) -> None:
    app, phone = await office.subscribed()
    friend = await office.app()
    assert app.person and friend.person
    office.server.answers = [(503, {"Retry-After": "3600"})]
    await friend.person.post(f"@{app.person.username} Dit had ik niet moeten zeggen")
    await _until(lambda: app.town.ask(_has_been_tried))
    (status,) = (await friend.get("/api/v1/timelines/public", limit=1)).json
    await friend.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    await app.town.instance.write(_hurry)
    assert len(await office.told(phone)) == 1, "the one that was refused"


def _hurry(tx: Transaction) -> None:
    tx.execute(push_messages.update().values(due_at=tx.now))
    tx.signal("push")


async def test_ac_07_a_token_that_ends_takes_its_subscription_along(office: Office) -> None:
    app, phone = await office.subscribed()
    friend = await office.app()
    assert app.person and friend.person
    account = await app.town.ask(account_of, actor=app.person.uri)
    assert account is not None
    await app.town.instance.write(tokens.end_all, account_id=account.id)
    await friend.person.post(f"Dag @{app.person.username}")
    assert await office.told(phone) == []
