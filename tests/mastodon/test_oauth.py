"""Apps are let in: WEB-01, WEB-02, WEB-03 and AC-07, over real sockets."""

from __future__ import annotations

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from fedgov.features.people.queries import account_of
from fedgov.features.people.service import accounts
from fedgov.federation import keys
from tests.fediverse import PASSWORD, Fediverse, pooled_rsa
from tests.mastodon.conftest import Answered, App, Counter, demand_entity
from tests.mastodon.reader import Page, Reader

BACK = "https://app.example/back?from=us"
VERIFIER = "abcdefghijklmnopqrstuvwxyz-0123456789._~ABCDEF"
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ERROR = {"error", "error_description"}


class Phone:
    """An app that registered itself, and the person who holds it."""

    def __init__(self, counter: Counter, app: dict[str, Any], reader: Reader) -> None:
        self.counter, self.app, self.reader = counter, app, reader
        self.client = counter.visitor

    def request(self, **changes: str) -> dict[str, str]:
        values = {
            "response_type": "code",
            "client_id": self.app["client_id"],
            "redirect_uri": BACK,
            "scope": "read write:statuses profile",
            "state": "a b&c",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (values | changes).items() if value != "-"}

    async def ask(self, **changes: str) -> Page:
        return await self.reader.open("/oauth/authorize", **self.request(**changes))

    async def code(self, **changes: str) -> str:
        decided = await self.reader.decide(await self.ask(**changes), "allow")
        return decided.told["code"]

    async def fetch(self, code: str, /, **changes: str) -> Answered:
        values = {
            "grant_type": "authorization_code",
            "client_id": self.app["client_id"],
            "client_secret": self.app["client_secret"],
            "redirect_uri": BACK,
            "code": code,
            "code_verifier": VERIFIER,
        }
        sent = {name: value for name, value in (values | changes).items() if value != "-"}
        return await self.client.ask("POST", "/oauth/token", data=sent)

    async def token(self) -> App:
        answer = await self.fetch(await self.code())
        return App(self.counter.town, self.counter.session, token=answer.json["access_token"])


async def register(client: App, **changes: Any) -> Answered:
    values = {"client_name": "Tusky", "redirect_uris": BACK, "scopes": "read write follow push profile"} | changes
    return await client.post("/api/v1/apps", **values)


@pytest_asyncio.fixture
async def phone(counter: Counter) -> AsyncIterator[Phone]:
    """Fatima is logged in, and an app has registered itself."""
    await counter.town.as_("fatima")
    reader = Reader.at(counter.town)
    await reader.log_in("fatima")
    yield Phone(counter, (await register(counter.visitor)).json, reader)
    await reader.close()


# --- registering ------------------------------------------------------------------------------------------------


async def test_an_app_registers_itself(counter: Counter) -> None:
    answer = await register(counter.visitor, website="https://app.example/", redirect_uris=[BACK, "myapp://x"])
    assert answer.status == 200
    demand_entity(answer.json, "CredentialApplication")
    assert answer.json["redirect_uris"] == [BACK, "myapp://x"]
    assert answer.json["redirect_uri"] == f"{BACK}\nmyapp://x"
    assert answer.json["client_secret_expires_at"] == 0
    assert answer.json["id"].isdigit()


async def test_the_values_may_come_in_the_address(counter: Counter) -> None:
    params = {"client_name": "Ice Cubes", "redirect_uris": "icecubesapp://", "scopes": "read write"}
    answer = await counter.visitor.ask("POST", "/api/v1/apps", params=params)
    assert (answer.status, answer.json["scopes"]) == (200, ["read", "write"])


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": "javascript:alert(1)"},
        {"redirect_uris": "https://app.example/#x"},
        {"redirect_uris": ""},
        {"client_name": ""},
        {"client_name": {"a": "b"}},
        {"scopes": "everything"},
        {"website": "javascript:alert(1)"},
    ],
)
async def test_an_app_that_cannot_be_registered(counter: Counter, changes: dict[str, Any]) -> None:
    answer = await register(counter.visitor, **changes)
    assert answer.status == 422
    demand_entity(answer.json, "Error")


# --- the page ---------------------------------------------------------------------------------------------------


async def test_who_asks_for_what_on_which_account(phone: Phone) -> None:
    page = await phone.ask()
    assert page.status == 200
    for words in ("May Tusky use your account?", "@fatima@", "Write, change and delete messages in your name"):
        assert words in page.text
    assert "follow and block people" not in page.text
    assert "form-action 'self' https://app.example;" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


async def test_the_whole_way_with_pkce(phone: Phone) -> None:
    decided = await phone.reader.decide(await phone.ask(), "allow")
    assert decided.status == 303
    assert decided.location.startswith(f"{BACK}&code=")
    assert decided.told["state"] == "a b&c"
    answer = await phone.fetch(decided.told["code"])
    assert answer.status == 200
    demand_entity(answer.json, "Token")
    assert (answer.json["token_type"], answer.json["scope"]) == ("Bearer", "read write:statuses profile")
    assert answer.headers["cache-control"] == "private, no-store"
    mine = App(phone.counter.town, phone.counter.session, token=answer.json["access_token"])
    assert (await mine.get("/api/v1/timelines/home")).status == 200
    app = await mine.get("/api/v1/apps/verify_credentials")
    demand_entity(app.json, "Application")
    assert app.json["name"] == "Tusky"
    assert "client_secret" not in app.json
    user = (await mine.get("/oauth/userinfo")).json
    assert (user["preferred_username"], user["sub"]) == ("fatima", phone.counter.town.instance.site.actor("fatima"))


async def test_state_is_told_only_when_it_was_given(phone: Phone) -> None:
    assert "state" not in (await phone.reader.decide(await phone.ask(state="-"), "allow")).told


async def test_a_refusal_is_told_to_the_app(phone: Phone) -> None:
    decided = await phone.reader.decide(await phone.ask(), "refuse")
    assert decided.told == {"from": "us", "error": "access_denied", "state": "a b&c"}
    assert (await phone.reader.decide(await phone.ask(), "")).told["error"] == "access_denied"


async def test_an_app_on_a_phone_opens_again(counter: Counter, phone: Phone) -> None:
    phone.app = (await register(counter.visitor, redirect_uris="com.tapbots.Ivory://oauth")).json
    page = await phone.ask(redirect_uri="com.tapbots.Ivory://oauth")
    assert "form-action 'self' com.tapbots.ivory:;" in page.headers["content-security-policy"]
    decided = await phone.reader.decide(page, "allow")
    assert decided.location.startswith("com.tapbots.Ivory://oauth?code=")


async def test_a_code_to_copy_by_hand(counter: Counter, phone: Phone) -> None:
    oob = "urn:ietf:wg:oauth:2.0:oob"
    phone.app = (await register(counter.visitor, redirect_uris=oob)).json
    page = await phone.ask(redirect_uri=oob)
    decided = await phone.reader.decide(page, "allow")
    assert (decided.status, decided.location) == (200, "")
    code = decided.text.split('id="f-code"')[1].split(">")[1].split("<")[0]
    assert (await phone.fetch(code, redirect_uri=oob)).status == 200
    assert "was not let in" in (await phone.reader.decide(page, "refuse")).text


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"client_id": "-"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": f"{BACK}&more=1"},
        {"redirect_uri": "-"},
        {"response_type": "token"},
        {"response_type": "-"},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "-"},
        {"code_challenge": "short"},
        {"scope": "read everything"},
        {"scope": "admin:read"},
    ],
)
async def test_web_01_02_03_what_is_not_right_leads_nowhere(phone: Phone, changes: dict[str, str]) -> None:
    """On the page, and when its form is sent."""
    page = await phone.ask(**changes)
    assert (page.status, page.location) == (400, "")
    assert "This app cannot be let in" in page.text
    for decision in ("allow", "refuse"):
        sent = await phone.reader.decide(
            await phone.ask(),
            decision,
            **phone.request(**changes | {"state": "x"}),
            **({name: "" for name, value in changes.items() if value == "-"}),
        )
        assert (sent.status, sent.location) == (400, "")


async def test_web_04_a_form_that_our_page_did_not_make_lets_nobody_in(phone: Phone) -> None:
    page = await phone.ask()
    for changes in ({"csrf": ""}, {"csrf": "AAAA"}):
        sent = await phone.reader.decide(page, "allow", **changes)
        assert (sent.status, sent.location) == (403, "")


async def test_who_is_not_logged_in_logs_in_first_and_comes_back(counter: Counter, phone: Phone) -> None:
    stranger = Reader.at(counter.town)
    try:
        first = await stranger.open("/oauth/authorize", **phone.request())
        assert (first.status, first.location.startswith("/login?next=")) == (303, True)
        back = await stranger.log_in("fatima", to=first.told["next"])
        assert back.status == 303
        phone.reader = stranger
        async with stranger.session.get(
            f"{counter.town.base}{back.location}",
            headers={"Host": counter.town.domain, "Accept": "text/html", "Accept-Language": "en"},
        ) as answer:
            assert "May Tusky use your account?" in await answer.text()
    finally:
        await stranger.close()


async def test_an_app_may_want_another_log_in(phone: Phone) -> None:
    page = await phone.ask(force_login="true")
    assert page.status == 200
    assert 'action="/login"' in page.text
    assert "force_login" not in page.hidden("/login")["next"]
    assert page.hidden("/login")["next"].startswith("/oauth/authorize?")


# --- fetching a token -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code": "unknown"}, 400, "invalid_grant"),
        ({"redirect_uri": "https://app.example/back"}, 400, "invalid_grant"),
        ({"redirect_uri": "-"}, 400, "invalid_grant"),
        ({"code_verifier": "-"}, 400, "invalid_grant"),
        ({"code_verifier": VERIFIER + "x"}, 400, "invalid_grant"),
        ({"code": "-"}, 400, "invalid_request"),
        ({"grant_type": "-"}, 400, "invalid_request"),
        ({"grant_type": "password", "username": "fatima", "password": PASSWORD}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": "-"}, 401, "invalid_client"),
        ({"client_id": "unknown"}, 401, "invalid_client"),
    ],
)
async def test_a_token_that_is_asked_for_wrongly(
    phone: Phone, changes: dict[str, str], status: int, error: str
) -> None:
    code = await phone.code()
    answer = await phone.fetch(code, **changes)
    assert (answer.status, answer.json["error"], set(answer.json)) == (status, error, ERROR)
    demand_entity(answer.json, "Error")
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert (await phone.fetch(code)).status == 200


async def test_web_03_a_code_that_comes_twice_ends_what_came_from_it(phone: Phone) -> None:
    code = await phone.code()
    token = (await phone.fetch(code)).json["access_token"]
    mine = App(phone.counter.town, phone.counter.session, token=token)
    assert (await phone.fetch(code)).json["error"] == "invalid_grant"
    assert (await mine.get("/api/v1/timelines/home")).status == 401


async def test_an_app_proves_itself_in_the_header(phone: Phone) -> None:
    proof = b64encode(f"{phone.app['client_id']}:{phone.app['client_secret']}".encode()).decode()
    values = {"grant_type": "client_credentials", "scope": "read push"}
    for sent, status in ((proof, 200), (proof[:-4], 401), ("%%%", 401), ("", 401)):
        answer = await phone.client.ask("POST", "/oauth/token", data=values, headers={"Authorization": f"Basic {sent}"})
        assert answer.status == status
        if status == 200:
            demand_entity(answer.json, "Token")
            assert answer.json["scope"] == "read push"


async def test_an_app_alone_cannot_be_somebody(phone: Phone) -> None:
    answer = await phone.client.post(
        "/oauth/token",
        grant_type="client_credentials",
        client_id=phone.app["client_id"],
        client_secret=phone.app["client_secret"],
    )
    alone = App(phone.counter.town, phone.counter.session, token=answer.json["access_token"])
    assert (await alone.get("/api/v1/apps/verify_credentials")).json["name"] == "Tusky"
    assert (await alone.get("/api/v1/timelines/home")).status in (401, 403, 422)
    assert (await alone.get("/oauth/userinfo")).status == 403
    wrong = await phone.client.post(
        "/oauth/token",
        grant_type="client_credentials",
        client_id=phone.app["client_id"],
        client_secret=phone.app["client_secret"],
        scope="admin:read",
    )
    assert (wrong.status, wrong.json["error"]) == (400, "invalid_scope")


async def test_who_somebody_is_needs_that_scope(counter: Counter) -> None:
    app = await counter.app_of("jan", scopes="read write")
    assert (await app.get("/oauth/userinfo")).status == 403
    assert (await counter.visitor.get("/oauth/userinfo")).status == 401
    assert (await app.get("/api/v1/apps/verify_credentials")).status == 404


# --- ending -----------------------------------------------------------------------------------------------------


async def test_a_token_is_given_back(phone: Phone) -> None:
    mine = await phone.token()
    values = {name: phone.app[name] for name in ("client_id", "client_secret")} | {"token": mine.token}
    for wrong in ({"client_secret": "wrong"}, {"client_id": "unknown"}):
        answer = await phone.client.ask("POST", "/oauth/revoke", data=values | wrong)
        assert (answer.status, answer.json["error"]) == (403, "unauthorized_client")
    other = (await register(phone.client)).json
    answer = await phone.client.ask(
        "POST", "/oauth/revoke", data=values | {name: other[name] for name in ("client_id", "client_secret")}
    )
    assert answer.status == 403
    assert (await mine.get("/api/v1/timelines/home")).status == 200
    for _ in range(2):
        answer = await phone.client.ask("POST", "/oauth/revoke", data=values)
        assert (answer.status, answer.json) == (200, {})
    assert (await mine.get("/api/v1/timelines/home")).status == 401


async def test_a_person_sees_the_app_and_withdraws_it(phone: Phone) -> None:
    mine = await phone.token()
    page = await phone.reader.open("/settings/apps")
    assert "Tusky" in page.text
    assert "Write, change and delete messages in your name" in page.text
    values = page.hidden("/settings/apps")
    assert (await phone.reader.send("/settings/apps", values | {"app": "1"})).status == 404
    assert (await phone.reader.send("/settings/apps", values | {"app": "x"})).status == 422
    assert (await phone.reader.send("/settings/apps", values)).status == 303
    assert (await mine.get("/api/v1/timelines/home")).status == 401
    assert "No apps yet" in (await phone.reader.open("/settings/apps")).text


async def test_ac_07_a_disabled_account_has_no_token_any_more(phone: Phone) -> None:
    mine, town = await phone.token(), phone.counter.town
    account = await town.ask(account_of, actor=town.instance.site.actor("fatima"))
    assert account is not None
    await town.instance.write(accounts.disable, account_id=account.id)
    assert (await mine.get("/api/v1/timelines/home")).status == 401


# --- telling ----------------------------------------------------------------------------------------------------


async def test_the_server_says_how_apps_are_let_in(counter: Counter) -> None:
    answer = await counter.visitor.get("/.well-known/oauth-authorization-server")
    demand_entity(answer.json, "DiscoverOauthServerConfigurationResponse")
    origin = counter.town.instance.site.origin
    assert answer.json["issuer"] == f"{origin}/"
    assert answer.json["authorization_endpoint"] == f"{origin}/oauth/authorize"
    assert answer.json["code_challenge_methods_supported"] == ["S256"]
    assert "password" not in answer.json["grant_types_supported"]
    assert answer.headers["access-control-allow-origin"] == "*"


# --- registering people -----------------------------------------------------------------------------------------


async def alone(counter: Counter, *, scopes: str = "read write") -> App:
    app = (await register(counter.visitor, scopes=scopes)).json
    values = {name: app[name] for name in ("client_id", "client_secret")}
    answer = await counter.visitor.post("/oauth/token", grant_type="client_credentials", scope=scopes, **values)
    return App(counter.town, counter.session, token=answer.json["access_token"])


NEW = {"username": "els", "password": PASSWORD, "email": "els@gouda.example", "agreement": True, "locale": "nl"}


@pytest_asyncio.fixture
async def open_counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    """A town hall where anybody may make an account."""
    monkeypatch.setattr(keys, "generate_rsa", pooled_rsa)
    fediverse = Fediverse(tmp_path)
    async with aiohttp.ClientSession() as session:
        yield Counter(await fediverse.add("delft", settings={"accounts": {"registration": "open"}}), session, fediverse)
    await fediverse.close()


async def test_somebody_registers_through_an_app(open_counter: Counter) -> None:
    answer = await (await alone(open_counter)).post("/api/v1/accounts", **NEW)
    assert answer.status == 200
    demand_entity(answer.json, "Token")
    els = App(open_counter.town, open_counter.session, token=answer.json["access_token"])
    assert (await els.get("/api/v1/timelines/home")).status == 200
    assert (await els.get("/api/v1/emails/check_confirmation")).json is True
    assert (await els.post("/api/v1/emails/confirmations")).status == 403


@pytest.mark.parametrize(
    ("changes", "field", "error"),
    [
        ({"username": ""}, "username", "ERR_BLANK"),
        ({"username": "El S!"}, "username", "ERR_INVALID"),
        ({"username": "admin"}, "username", "ERR_INVALID"),
        ({"password": "kort"}, "password", "ERR_INVALID"),
        ({"email": "els"}, "email", "ERR_INVALID"),
        ({"agreement": False}, "agreement", "ERR_ACCEPTED"),
    ],
)
async def test_an_account_that_cannot_be_made(
    open_counter: Counter, changes: dict[str, Any], field: str, error: str
) -> None:
    answer = await (await alone(open_counter)).post("/api/v1/accounts", **NEW | changes)
    assert answer.status == 422
    demand_entity(answer.json, "ValidationError")
    assert answer.json["details"][field][0]["error"] == error


async def test_a_name_that_is_taken(open_counter: Counter) -> None:
    await open_counter.town.as_("els")
    answer = await (await alone(open_counter)).post("/api/v1/accounts", **NEW)
    assert answer.json["details"]["username"][0]["error"] == "ERR_TAKEN"


async def test_registering_needs_a_token_that_may_write_and_an_open_door(
    counter: Counter, open_counter: Counter
) -> None:
    assert (await open_counter.visitor.post("/api/v1/accounts", **NEW)).status == 401
    assert (await (await alone(open_counter, scopes="read")).post("/api/v1/accounts", **NEW)).status == 403
    assert (await (await alone(counter)).post("/api/v1/accounts", **NEW)).status == 403
    line = await open_counter.app_of("jan")
    assert (await line.post("/api/v1/accounts", **NEW)).status == 403
