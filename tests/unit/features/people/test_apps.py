"""Apps register, are let in, fetch their token once, and are shut out again."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from fedgov.features.people import queries
from fedgov.features.people.policy import apps as policy
from fedgov.features.people.service import accounts, apps, grants, pruning, tokens
from fedgov.features.people.service.apps import App
from fedgov.features.people.tables import apps as app_rows
from fedgov.features.people.tables import codes, sessions
from fedgov.features.people.tables import tokens as token_rows
from fedgov.features.people.vocabulary import AppRequest, InvalidGrantError, InvalidScopeError, UnknownClientError
from fedgov.instance import Instance
from fedgov.kernel.acting import By
from fedgov.kernel.clock import DAY, MINUTE, ManualClock
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError, RateLimitedError
from fedgov.store.tables import audit_entries
from fedgov.store.transaction import Transaction
from fedgov.web.session import hash_token
from tests.unit.features.residents import Town, settle

BACK = "https://app.example/back"
VERIFIER = "abcdefghijklmnopqrstuvwxyz-0123456789._~ABCDEF"
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = AppRequest(
    response_type="code",
    redirect_uri=BACK,
    scope="read write",
    code_challenge=CHALLENGE,
    code_challenge_method="S256",
)


def register(tx: Transaction, /, **changes: Any) -> tuple[App, str]:
    values = {"name": "Tusky", "redirect_uris": [BACK], "scopes": "read write follow push"} | changes
    return apps.register_app(tx, **values)


def kinds(tx: Transaction) -> list[str]:
    return list(tx.values(select(audit_entries.c.kind).order_by(audit_entries.c.number)))


def count(tx: Transaction, table: Any) -> int:
    return int(tx.value(select(func.count()).select_from(table)))


class Phone:
    """An app on somebody's phone."""

    def __init__(self, instance: Instance, app: App, secret: str, account_id: int) -> None:
        self.instance, self.app, self.secret, self.account_id = instance, app, secret, account_id

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.instance.clock, ManualClock)
        return self.instance.clock

    async def let_in(self, request: AppRequest = ASKED) -> str:
        decided = await self.instance.write(
            grants.authorise, account_id=self.account_id, client_id=self.app.client_id, request=request
        )
        return decided.code

    async def redeem(self, code: str, **changes: str) -> tokens.Issued:
        values = {
            "client_id": self.app.client_id,
            "client_secret": self.secret,
            "code": code,
            "redirect_uri": BACK,
            "verifier": VERIFIER,
        }
        return await grants.redeem_code(self.instance, **(values | changes))

    async def token(self) -> str:
        return (await self.redeem(await self.let_in())).token

    async def bearer(self, token: str) -> tokens.Bearer | None:
        return await tokens.find_bearer(self.instance, token=token)

    async def seen(self, query: Callable[[Transaction], Any]) -> Any:
        return await self.instance.read(query)


@pytest_asyncio.fixture
async def phone(instance: Instance) -> Phone:
    """Fatima's phone with an app that registered itself."""
    account_id = await instance.write(settle)
    app, secret = await instance.write(register)
    return Phone(instance, app, secret, account_id)


# --- registering ------------------------------------------------------------------------------------------------


def test_an_app_registers_itself(town: Town) -> None:
    app, secret = register(town.tx, website="https://app.example/", redirect_uris=[f"{BACK}\nmyapp://x"])
    assert app == apps.find_app(town.tx, client_id=app.client_id) == apps.app(town.tx, app_id=app.id)
    assert (app.name, app.website, app.redirect_uris) == ("Tusky", "https://app.example/", (BACK, "myapp://x"))
    assert apps.identify(town.tx, client_id=app.client_id, client_secret=secret) == app
    assert len(secret) >= 43


def test_the_secret_of_an_app_is_stored_as_its_hash(town: Town) -> None:
    _, secret = register(town.tx)
    [row] = town.tx.rows(select(app_rows))
    assert secret not in str(tuple(row))
    assert row.secret_hash == hash_token(secret)


def test_an_app_that_asks_for_nothing_may_read(town: Town) -> None:
    assert register(town.tx, scopes=" ")[0].scopes == "read"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " \u200b "}, "client_name"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"scopes": "read everything"}, "scopes"),
        ({"website": "javascript:alert(1)"}, "website"),
    ],
)
def test_an_app_that_cannot_be_registered(town: Town, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        register(town.tx, **changes)
    assert refusal.value.field == field
    assert count(town.tx, app_rows) == 0


def test_a_name_is_plain_and_short(town: Town) -> None:
    app, _ = register(town.tx, name="<b>Tusky</b>\n\u202e" + "x" * 300)
    assert "\n" not in app.name
    assert "\u202e" not in app.name
    assert len(app.name) <= 100


def test_one_network_cannot_register_apps_without_end(town: Town) -> None:
    town.tx.by = By(door="api", source="192.0.2.0/24")
    for _ in range(town.tx.config.limits.apps_per_hour):
        register(town.tx)
    with pytest.raises(RateLimitedError):
        register(town.tx)
    town.tx.by = By(door="api", source="198.51.100.0/24")
    register(town.tx)


def test_a_wrong_id_or_secret_is_no_app(town: Town) -> None:
    app, secret = register(town.tx)
    for client_id, client_secret in [
        (app.client_id, ""),
        (app.client_id, secret + "x"),
        (app.client_id, hash_token(secret)),
        ("unknown", secret),
        ("", ""),
    ]:
        with pytest.raises(UnknownClientError):
            apps.identify(town.tx, client_id=client_id, client_secret=client_secret)
    with pytest.raises(UnknownClientError):
        apps.find_app(town.tx, client_id="unknown")
    with pytest.raises(NotFoundError):
        apps.app(town.tx, app_id=1)


# --- being let in -----------------------------------------------------------------------------------------------


async def test_a_code_becomes_a_token_in_the_name_of_who_gave_it(phone: Phone) -> None:
    issued = await phone.redeem(await phone.let_in())
    bearer = await phone.bearer(issued.token)
    assert bearer is not None
    assert (bearer.account_id, bearer.username, bearer.app_id) == (phone.account_id, "fatima", phone.app.id)
    assert issued.scopes == "read write"
    assert bearer.may("write:statuses")
    assert not bearer.may("push")
    assert (await phone.seen(kinds))[-2:] == ["app.allowed", "token.created"]


async def test_neither_code_nor_token_is_stored(phone: Phone) -> None:
    code = await phone.let_in()
    token = (await phone.redeem(code)).token
    stored = await phone.seen(lambda tx: str(tx.rows(select(codes))) + str(tx.rows(select(token_rows))))
    assert code not in stored
    assert token not in stored


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "unknown"},
        {"code": ""},
        {"code": "x" * 5_000},
        {"redirect_uri": ""},
        {"redirect_uri": f"{BACK}/"},
        {"verifier": ""},
        {"verifier": VERIFIER[:-1] + "x"},
        {"verifier": CHALLENGE},
    ],
)
async def test_web_03_a_code_that_is_shown_wrongly_gives_nothing(phone: Phone, changes: dict[str, str]) -> None:
    """Whoever guessed has not spoilt it for the app that it is for."""
    code = await phone.let_in()
    with pytest.raises(InvalidGrantError):
        await phone.redeem(changes.get("code", code), **{k: v for k, v in changes.items() if k != "code"})
    assert (await phone.redeem(code)).token


async def test_web_03_a_secret_shown_for_a_code_without_a_hash_is_refused(phone: Phone) -> None:
    """Somebody may have taken the hash away."""
    code = await phone.let_in(replace(ASKED, code_challenge="", code_challenge_method=""))
    with pytest.raises(InvalidGrantError):
        await phone.redeem(code)
    assert (await phone.redeem(code, verifier="")).token


async def test_a_code_lasts_ten_minutes(phone: Phone) -> None:
    first, second = await phone.let_in(), await phone.let_in()
    phone.clock.advance(10 * MINUTE - 1)
    assert (await phone.redeem(first)).token
    phone.clock.advance(1)
    with pytest.raises(InvalidGrantError):
        await phone.redeem(second)


async def test_web_03_a_code_is_worth_nothing_to_another_app(phone: Phone) -> None:
    other, secret = await phone.instance.write(register, name="Other")
    code = await phone.let_in()
    with pytest.raises(InvalidGrantError):
        await phone.redeem(code, client_id=other.client_id, client_secret=secret)
    token = (await phone.redeem(code)).token
    with pytest.raises(InvalidGrantError):
        await phone.redeem(code, client_id=other.client_id, client_secret=secret)
    assert await phone.bearer(token) is not None


async def test_a_code_needs_the_secret_of_its_app(phone: Phone) -> None:
    code = await phone.let_in()
    with pytest.raises(UnknownClientError):
        await phone.redeem(code, client_secret="wrong")


async def test_web_03_a_code_that_comes_twice_ends_what_came_from_it(phone: Phone) -> None:
    code = await phone.let_in()
    token, other = (await phone.redeem(code)).token, await phone.token()
    with pytest.raises(InvalidGrantError):
        await phone.redeem(code)
    assert await phone.bearer(token) is None
    assert await phone.bearer(other) is not None
    assert (await phone.seen(kinds))[-2:] == ["token.revoked", "app.code_repeated"]
    with pytest.raises(InvalidGrantError):
        await phone.redeem(code)


async def test_a_code_of_a_disabled_account_gives_nothing(phone: Phone) -> None:
    code = await phone.let_in()
    await phone.instance.write(accounts.disable, account_id=phone.account_id)
    with pytest.raises(InvalidGrantError):
        await phone.redeem(code)


async def test_a_code_from_before_a_new_password_gives_nothing(phone: Phone) -> None:
    code = await phone.let_in()
    await phone.instance.write(accounts.set_password, account_id=phone.account_id, password_hash="x")
    with pytest.raises(InvalidGrantError):
        await phone.redeem(code)


async def test_nobody_is_asked_what_cannot_be_answered(phone: Phone) -> None:
    for request in (replace(ASKED, redirect_uri="https://evil.example/"), replace(ASKED, scope="admin:read")):
        with pytest.raises(InvalidError):
            await phone.let_in(request)
    with pytest.raises(UnknownClientError):
        await phone.instance.write(grants.authorise, account_id=phone.account_id, client_id="unknown", request=ASKED)


# --- administration ---------------------------------------------------------------------------------------------


def test_who_does_not_administer_gives_nobody_administration(town: Town) -> None:
    account_id = settle(town.tx)
    app, _ = register(town.tx, scopes="read admin:read")
    request = replace(ASKED, scope="read admin:read")
    asked = grants.question(town.tx, account_id=account_id, client_id=app.client_id, request=request)
    assert (asked.scopes, asked.withheld) == ("read", "admin:read")
    with pytest.raises(InvalidScopeError):
        grants.question(
            town.tx, account_id=account_id, client_id=app.client_id, request=replace(ASKED, scope="admin:read")
        )
    with pytest.raises(ForbiddenError):
        tokens.create_token(town.tx, account_id=account_id, scopes="read admin:read")


async def test_administration_ends_with_the_office(instance: Instance) -> None:
    boss = await instance.write(settle, administrator=True)
    await instance.write(settle, username="jan", administrator=True)
    token = await instance.write(tokens.create_token, account_id=boss, scopes="read admin:write")
    bearer = await tokens.find_bearer(instance, token=token)
    assert bearer is not None
    assert bearer.may("admin:write:accounts")
    await instance.write(accounts.set_administrator, account_id=boss, administrator=False)
    bearer = await tokens.find_bearer(instance, token=token)
    assert bearer is not None
    assert not bearer.may("admin:write:accounts")
    assert bearer.may("read")


# --- in its own name --------------------------------------------------------------------------------------------


async def test_an_app_gets_a_token_for_itself(phone: Phone) -> None:
    issued = await phone.instance.write(
        grants.client_credentials, client_id=phone.app.client_id, client_secret=phone.secret
    )
    bearer = await phone.bearer(issued.token)
    assert bearer is not None
    assert (bearer.app_id, bearer.account_id, bearer.actor_uri) == (phone.app.id, 0, "")
    assert bearer.may("read:statuses")
    assert not bearer.may("write")


async def test_an_app_alone_gets_no_more_than_it_registered_for_and_never_administers(instance: Instance) -> None:
    app, secret = await instance.write(register, scopes="read admin:read")
    for scopes in ("write", "everything", "admin:read"):
        with pytest.raises(InvalidScopeError):
            await instance.write(
                grants.client_credentials, client_id=app.client_id, client_secret=secret, scopes=scopes
            )
    with pytest.raises(UnknownClientError):
        await instance.write(grants.client_credentials, client_id=app.client_id, client_secret="wrong")


# --- registering a person ---------------------------------------------------------------------------------------


async def test_a_closed_instance_gives_no_account_to_an_app(phone: Phone) -> None:
    with pytest.raises(ForbiddenError):
        await grants.register_person(
            phone.instance,
            app_id=phone.app.id,
            username="els",
            password="een-heel-lang-wachtwoord",
            address="192.0.2.1",
        )
    with pytest.raises(NotFoundError):
        await phone.instance.read(queries.account_named, username="els")


# --- ending -----------------------------------------------------------------------------------------------------


async def give_back(phone: Phone, token: str, **changes: str) -> None:
    values = {"client_id": phone.app.client_id, "client_secret": phone.secret, "token": token}
    await phone.instance.write(grants.give_back, **(values | changes))


async def test_an_app_gives_its_token_back(phone: Phone) -> None:
    token = await phone.token()
    await give_back(phone, token)
    assert await phone.bearer(token) is None
    await give_back(phone, token)
    await give_back(phone, "unknown")
    assert (await phone.seen(kinds)).count("token.revoked") == 1


async def test_an_app_cannot_end_the_token_of_another(phone: Phone) -> None:
    token = await phone.token()
    other, secret = await phone.instance.write(register, name="Other")
    with pytest.raises(ForbiddenError):
        await give_back(phone, token, client_id=other.client_id, client_secret=secret)
    with pytest.raises(UnknownClientError):
        await give_back(phone, token, client_secret="wrong")
    assert await phone.bearer(token) is not None


async def test_a_person_sees_each_app_once_and_shuts_it_out(phone: Phone) -> None:
    first = await phone.token()
    phone.clock.advance(DAY)
    other = await phone.redeem(await phone.let_in(replace(ASKED, scope="push")))
    await phone.bearer(other.token)
    await phone.instance.write(tokens.create_token, account_id=phone.account_id, scopes="read", name="script")
    line, app = await phone.instance.read(apps.allowed, account_id=phone.account_id)
    assert (line.app, line.name, line.scopes, line.last_used_at) == (None, "script", "read", None)
    assert (app.app, app.scopes) == (phone.app, "push read write")
    assert app.last_used_at is not None
    assert app.last_used_at - app.since == DAY
    await phone.instance.write(apps.withdraw, account_id=phone.account_id, app_id=phone.app.id)
    assert await phone.bearer(first) is None
    assert await phone.bearer(other.token) is None
    assert len(await phone.instance.read(apps.allowed, account_id=phone.account_id)) == 1
    assert (await phone.seen(kinds))[-1] == "app.withdrawn"


async def test_an_app_that_was_shut_out_has_no_code_left(phone: Phone) -> None:
    code = await phone.let_in()
    await phone.token()
    await phone.instance.write(apps.withdraw, account_id=phone.account_id, app_id=phone.app.id)
    with pytest.raises(InvalidGrantError):
        await phone.redeem(code)


async def test_ac_05_nobody_shuts_out_the_app_of_another(phone: Phone) -> None:
    token = await phone.token()
    jan = await phone.instance.write(settle, username="jan")
    bearer = await phone.bearer(token)
    assert bearer is not None
    with pytest.raises(NotFoundError):
        await phone.instance.write(apps.withdraw, account_id=jan, app_id=phone.app.id)
    with pytest.raises(NotFoundError):
        await phone.instance.write(tokens.revoke_token, account_id=jan, token_id=bearer.token_id)
    assert await phone.bearer(token) is not None


@pytest.mark.parametrize(
    "end",
    [
        lambda tx, account_id: accounts.disable(tx, account_id=account_id),
        lambda tx, account_id: accounts.set_password(tx, account_id=account_id, password_hash="x"),
        lambda tx, account_id: accounts.delete_account(tx, account_id=account_id),
        lambda tx, account_id: tokens.revoke_token(
            tx, account_id=account_id, token_id=queries.tokens_of(tx, account_id=account_id)[0].id
        ),
    ],
    ids=["disabled", "new password", "deleted", "revoked"],
)
async def test_ac_07_a_token_that_is_void_is_void_at_once_and_everybody_hears_it(phone: Phone, end: Any) -> None:
    token = await phone.token()
    heard: list[str] = []
    phone.instance.signals.on_signal(heard.append)
    await phone.instance.write(end, phone.account_id)
    assert await phone.bearer(token) is None
    assert tokens.signal_of(phone.account_id) in heard


async def test_after_a_backup_was_restored_no_token_and_no_code_counts(phone: Phone) -> None:
    token, code = await phone.token(), await phone.let_in()
    await phone.instance.write(accounts.end_all_logins)
    assert await phone.bearer(token) is None
    with pytest.raises(InvalidGrantError):
        await phone.redeem(code)
    assert await phone.seen(lambda tx: count(tx, sessions)) == 0


# --- forgetting -------------------------------------------------------------------------------------------------


async def test_what_nobody_uses_is_forgotten(phone: Phone) -> None:
    async def left() -> tuple[int, int, int]:
        await pruning.prune(phone.instance)
        return await phone.seen(lambda tx: (count(tx, codes), count(tx, token_rows), count(tx, app_rows)))  # type: ignore[no-any-return]

    await phone.let_in()
    await phone.instance.write(grants.client_credentials, client_id=phone.app.client_id, client_secret=phone.secret)
    phone.clock.advance(policy.CODE_LASTS + policy.CODE_KEPT)
    assert await left() == (1, 1, 1)
    phone.clock.advance(1)
    assert await left() == (0, 1, 1)
    phone.clock.advance(policy.UNUSED_KEPT)
    assert await left() == (0, 0, 0)


async def test_what_somebody_uses_is_kept(phone: Phone) -> None:
    token = await phone.token()
    alone = await phone.instance.write(
        grants.client_credentials, client_id=phone.app.client_id, client_secret=phone.secret
    )
    phone.clock.advance(policy.UNUSED_KEPT)
    await phone.bearer(alone.token)
    phone.clock.advance(policy.UNUSED_KEPT)
    await pruning.prune(phone.instance)
    assert await phone.bearer(token) is not None
    assert await phone.bearer(alone.token) is not None
    await give_back(phone, token)
    await pruning.prune(phone.instance)
    assert await phone.seen(lambda tx: count(tx, token_rows)) == 2
    phone.clock.advance(policy.REVOKED_KEPT + 1)
    await pruning.prune(phone.instance)
    assert await phone.seen(lambda tx: count(tx, token_rows)) == 1


async def test_an_app_is_kept_for_a_month_before_somebody_lets_it_in(instance: Instance) -> None:
    await instance.write(register)
    clock = instance.clock
    assert isinstance(clock, ManualClock)
    clock.advance(policy.APP_KEPT)
    await pruning.prune(instance)
    assert await instance.read(lambda tx: count(tx, app_rows)) == 1
    clock.advance(1)
    await pruning.prune(instance)
    assert await instance.read(lambda tx: count(tx, app_rows)) == 0
