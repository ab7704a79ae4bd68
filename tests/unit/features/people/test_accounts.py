from __future__ import annotations

import asyncio

import pytest
from argon2 import Type
from sqlalchemy import update

from fedgov.features.people import queries
from fedgov.features.people.policy import people as policy
from fedgov.features.people.service import accounts, logins, passwords, pruning, sessions, tokens
from fedgov.features.people.service.sessions import AccountSessions
from fedgov.features.people.tables import sessions as sessions_table
from fedgov.features.people.vocabulary import AccountCreated, ActorRemoved
from fedgov.federation import actors
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, HOUR, MINUTE, ManualClock
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, RateLimitedError
from fedgov.store.transaction import Transaction
from tests.quick_passwords import REAL, REAL_NOBODY
from tests.unit.features.residents import HASH, Town, key_pair, settle

HERE = "192.0.2.1"
GOOD = "een-heel-lang-wachtwoord"


def account_id(town: Town, username: str = "fatima") -> int:
    return int(queries.account_named(town.tx, username=username).id)


# --- made and ended ---------------------------------------------------------------------------------------------


def test_an_account_has_an_actor_with_keys(town: Town) -> None:
    fatima = town.local(name="Fatima de Vries", function="inkoper", email="f@groningen.example")
    row = actors.get(town.tx, uri=fatima)
    assert (row.name, row.function, row.local, row.kind) == ("Fatima de Vries", "inkoper", True, "Person")
    document = actors.document(town.tx, row=row)
    assert document["publicKey"]["id"] == f"{fatima}#main-key"
    assert "email" not in str(document)
    assert town.events(AccountCreated) == [AccountCreated(actor=fatima)]


@pytest.mark.parametrize("username", ["fatima", "FATIMA"])
def test_a_name_is_given_once(town: Town, username: str) -> None:
    town.local()
    with pytest.raises(ConflictError):
        settle(town.tx, username)


def test_a_reserved_name_is_refused(town: Town) -> None:
    with pytest.raises(InvalidError):
        settle(town.tx, "admin")


def test_ac_11_the_name_of_a_deleted_account_is_never_given_again(town: Town) -> None:
    town.local()
    accounts.delete_account(town.tx, account_id=account_id(town))
    with pytest.raises(ConflictError):
        settle(town.tx)
    with pytest.raises(ConflictError):
        accounts.check_name_is_free(town.tx, username="fatima")


def test_deleting_an_account_tells_everyone_who_knows_it(town: Town) -> None:
    fatima, follower = town.local(), town.remote()
    followed = town.remote("@anna@bzk.example")
    town.befriend(follower, fatima)
    town.befriend(fatima, followed)
    number = account_id(town)
    token = tokens.create_token(town.tx, account_id=number, scopes="read")
    begin_session(town.tx, account=number)

    accounts.delete_account(town.tx, account_id=number)

    assert {inbox for kind, inbox in town.queued() if kind == "Delete"} == {
        "https://leeuwarden.example/inbox",
        "https://bzk.example/inbox",
    }
    assert town.sent("Delete")[0]["object"] == fatima
    assert town.events(ActorRemoved) == [ActorRemoved(uri=fatima)]
    assert queries.account_of(town.tx, actor=fatima) is None
    assert queries.token(town.tx, token_hash=sessions_hash(token)) is None
    assert queries.session(town.tx, token_hash="hash") is None
    with pytest.raises(NotFoundError):
        actors.get(town.tx, uri=fatima)


def sessions_hash(token: str) -> str:
    from fedgov.web.session import hash_token

    return hash_token(token)


def begin_session(tx: Transaction, *, account: int, token_hash: str = "hash") -> None:
    sessions.create_session(
        tx, token_hash=token_hash, account_id=account, csrf_secret="secret", user_agent="Firefox", address=HERE
    )


def test_log_ins_that_expired_are_forgotten_and_no_other(town: Town) -> None:
    town.local()
    begin_session(town.tx, account=account_id(town))
    assert pruning.prune_sessions(town.tx) == 0
    town.tx.execute(update(sessions_table).values(expires_at=town.tx.now))
    assert pruning.prune_sessions(town.tx) == 1


def test_ac_07_a_disabled_account_is_logged_out_and_its_tokens_rest(town: Town) -> None:
    fatima = town.local()
    number = account_id(town)
    token = tokens.create_token(town.tx, account_id=number, scopes="read write")
    begin_session(town.tx, account=number)

    accounts.disable(town.tx, account_id=number)

    assert queries.session(town.tx, token_hash="hash") is None
    assert queries.token(town.tx, token_hash=sessions_hash(token)) is None
    assert actors.get(town.tx, uri=fatima).disabled_at == town.tx.now
    with pytest.raises(ForbiddenError):
        tokens.create_token(town.tx, account_id=number, scopes="read")

    accounts.enable(town.tx, account_id=number)
    assert queries.token(town.tx, token_hash=sessions_hash(token)) is not None
    assert queries.session(town.tx, token_hash="hash") is None
    assert actors.get(town.tx, uri=fatima).disabled_at is None


def test_an_instance_keeps_an_administrator(town: Town) -> None:
    town.local(administrator=True)
    number = account_id(town)
    for end in (accounts.disable, accounts.delete_account):
        with pytest.raises(ConflictError):
            end(town.tx, account_id=number)
    with pytest.raises(ConflictError):
        accounts.set_administrator(town.tx, account_id=number, administrator=False)

    town.local("jan")
    accounts.set_administrator(town.tx, account_id=account_id(town, "jan"), administrator=True)
    accounts.disable(town.tx, account_id=number)
    with pytest.raises(ConflictError):
        accounts.disable(town.tx, account_id=account_id(town, "jan"))


def test_an_administrator_does_not_disable_the_own_account(town: Town) -> None:
    town.local(administrator=True)
    town.local("jan", administrator=True)
    with pytest.raises(ForbiddenError):
        accounts.disable(town.tx, account_id=account_id(town), by=account_id(town))


def test_a_new_password_ends_other_sessions_and_all_tokens(town: Town) -> None:
    town.local()
    number = account_id(town)
    token = tokens.create_token(town.tx, account_id=number, scopes="read")
    for name in ("here", "there"):
        begin_session(town.tx, account=number, token_hash=name)

    accounts.set_password(town.tx, account_id=number, password_hash="new", keep_session="here")

    assert queries.account(town.tx, account_id=number).password_hash == "new"
    assert [row.token_hash for row in queries.sessions_of(town.tx, account_id=number)] == ["here"]
    assert queries.token(town.tx, token_hash=sessions_hash(token)) is None


# --- registration -----------------------------------------------------------------------------------------------


def test_registering_too_often_from_one_place_has_to_wait(town: Town) -> None:
    for _ in range(5):
        accounts.count_registration(town.tx, address=HERE)
    with pytest.raises(RateLimitedError) as refusal:
        accounts.count_registration(town.tx, address=HERE)
    assert refusal.value.retry_after == 600
    accounts.count_registration(town.tx, address="192.0.2.2")
    accounts.count_registration(town.later(10 * MINUTE), address=HERE)


async def test_a_stranger_makes_no_account_where_registration_is_closed(instance: Instance) -> None:
    with pytest.raises(ForbiddenError):
        await accounts.open_account(instance, username="fatima", password=GOOD, address=HERE)


async def test_an_account_is_opened_with_a_password_that_works(instance: Instance) -> None:
    number = await accounts.open_account(instance, username="Fatima", password=GOOD, name="Fatima", administrator=True)
    assert await logins.log_in(instance, username=" @fatima@groningen.example", password=GOOD, address=HERE) == number
    stored = await instance.read(queries.account, account_id=number)
    assert stored.administrator
    assert stored.password_hash.startswith("$argon2id$")
    with pytest.raises(ConflictError):
        await accounts.open_account(instance, username="fatima", password=GOOD)


async def test_a_weak_password_opens_no_account(instance: Instance) -> None:
    with pytest.raises(InvalidError):
        await accounts.open_account(instance, username="fatima", password="kort")
    assert await instance.read(queries.count_accounts) == 0


# --- logging in -------------------------------------------------------------------------------------------------


def test_the_hash_of_nobody_costs_as_much_as_that_of_somebody() -> None:
    assert not REAL.check_needs_rehash(REAL_NOBODY)
    assert not passwords.is_outdated(passwords.NOBODY)


def test_a_hash_costs_as_much_as_is_advised() -> None:
    """RFC 9106, section 4: the second choice, with 64 MiB of memory."""
    assert (REAL.type, REAL.time_cost, REAL.memory_cost, REAL.parallelism) == (Type.ID, 3, 64 * 1024, 4)
    assert (REAL.salt_len, REAL.hash_len) == (16, 32)


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def refuse(stored: str, _password: str) -> bool:
        checked.append(stored)
        return False

    monkeypatch.setattr(passwords, "_verify", refuse)
    await instance.write(settle)
    answers = []
    for username in ("fatima", "nobody"):
        with pytest.raises(InvalidError) as refusal:
            await logins.log_in(instance, username=username, password="wrong-password", address=HERE)
        answers.append((refusal.value.safe, refusal.value.field))
    assert answers[0] == answers[1]
    assert checked == [HASH, passwords.NOBODY]


async def test_nobody_logs_in_with_the_password_of_nobody(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_verify", lambda stored, password: True)
    with pytest.raises(InvalidError):
        await logins.log_in(instance, username="nobody", password="whatever-it-is", address=HERE)


async def test_a_disabled_account_does_not_log_in(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_verify", lambda stored, password: password == "right")
    monkeypatch.setattr(passwords, "is_outdated", lambda stored: False)
    number = await instance.write(settle)
    await instance.write(accounts.disable, account_id=number)
    with pytest.raises(ForbiddenError):
        await logins.log_in(instance, username="fatima", password="right", address=HERE)
    with pytest.raises(InvalidError):
        await logins.log_in(instance, username="fatima", password="wrong", address=HERE)


def test_after_five_wrong_tries_an_account_has_to_wait(town: Town) -> None:
    town.local()
    for number in range(5):
        logins.begin(town.tx, username="fatima", address=f"192.0.2.{number}")
    with pytest.raises(RateLimitedError) as refusal:
        logins.begin(town.tx, username="fatima", address=HERE)
    assert refusal.value.retry_after == 2
    assert logins.begin(town.later(2_000), username="fatima", address=HERE).account_id == account_id(town)


def test_a_name_that_does_not_exist_waits_just_as_long(town: Town) -> None:
    for number in range(5):
        logins.begin(town.tx, username="nobody", address=f"192.0.2.{number}")
    with pytest.raises(RateLimitedError) as refusal:
        logins.begin(town.tx, username="nobody", address=HERE)
    assert refusal.value.retry_after == 2


def test_after_twenty_wrong_tries_an_address_has_to_wait(town: Town) -> None:
    town.local()
    for number in range(20):
        logins.begin(town.tx, username=f"guess{number}", address=HERE)
    with pytest.raises(RateLimitedError):
        logins.begin(town.tx, username="fatima", address=HERE)
    assert logins.begin(town.tx, username="fatima", address="192.0.2.2").account_id == account_id(town)


def test_a_right_password_forgives_the_account_but_not_what_the_address_tried_before(town: Town) -> None:
    town.local()
    for number in range(18):
        logins.begin(town.tx, username=f"guess{number}", address=HERE)
    for _ in range(2):
        logins.begin(town.tx, username="fatima", address=HERE)
    logins.succeed(town.tx, account_id=account_id(town), address=HERE)
    logins.begin(town.tx, username="fatima", address=HERE)
    with pytest.raises(RateLimitedError):
        logins.begin(town.tx, username="fatima", address=HERE)


def test_what_was_tried_long_ago_is_forgotten(town: Town) -> None:
    for number in range(5):
        logins.begin(town.tx, username="nobody", address=f"192.0.2.{number}")
    later = town.later(policy.FORGET_AFTER + 1)
    logins.begin(later, username="nobody", address=HERE)


# --- sessions ---------------------------------------------------------------------------------------------------


async def test_a_session_gives_its_visitor_until_it_ends(instance: Instance) -> None:
    number = await instance.write(settle, name="Fatima de Vries", administrator=True)
    desk = AccountSessions(instance)
    await desk.create("hash", account_id=number, csrf_secret="secret", user_agent="x" * 999, address=HERE)

    visitor = await desk.find("hash")

    assert visitor is not None
    assert (visitor.account_id, visitor.username, visitor.name) == (number, "fatima", "Fatima de Vries")
    assert (visitor.csrf_secret, visitor.administrator, visitor.token_hash) == ("secret", True, "hash")
    assert visitor.default_audience == "organisation"
    await desk.end("hash", address=HERE)
    assert await desk.find("hash") is None
    assert await desk.find("other") is None


async def test_a_session_lasts_as_long_as_it_is_used(instance: Instance) -> None:
    clock = instance.clock
    assert isinstance(clock, ManualClock)
    number = await instance.write(settle)
    desk = AccountSessions(instance)
    await desk.create("hash", account_id=number, csrf_secret="s", user_agent="", address=HERE)
    for _ in range(3):
        clock.advance(29 * DAY)
        assert await desk.find("hash") is not None
    clock.advance(30 * DAY)
    assert await desk.find("hash") is None


async def test_an_expired_session_is_forgotten_at_the_next_log_in(instance: Instance) -> None:
    clock = instance.clock
    assert isinstance(clock, ManualClock)
    number = await instance.write(settle)
    desk = AccountSessions(instance)
    await desk.create("old", account_id=number, csrf_secret="s", user_agent="", address=HERE)
    clock.advance(31 * DAY)
    await desk.create("new", account_id=number, csrf_secret="s", user_agent="", address=HERE)
    rows = await instance.read(queries.sessions_of, account_id=number)
    assert [row.token_hash for row in rows] == ["new"]


def test_ac_05_somebody_ends_only_own_sessions(town: Town) -> None:
    town.local()
    town.local("jan")
    number, other = account_id(town), account_id(town, "jan")
    begin_session(town.tx, account=number)
    session_id = queries.sessions_of(town.tx, account_id=number)[0].id
    with pytest.raises(NotFoundError):
        sessions.end_one(town.tx, account_id=other, session_id=session_id)
    sessions.end_one(town.tx, account_id=number, session_id=session_id)
    assert queries.sessions_of(town.tx, account_id=number) == []


def test_all_other_sessions_can_be_ended_at_once(town: Town) -> None:
    town.local()
    number = account_id(town)
    for name in ("a", "b", "c"):
        begin_session(town.tx, account=number, token_hash=name)
    sessions.end_others(town.tx, account_id=number, keep="b")
    assert [row.token_hash for row in queries.sessions_of(town.tx, account_id=number)] == ["b"]


# --- tokens -----------------------------------------------------------------------------------------------------


async def test_a_token_acts_in_its_persons_name_until_it_is_revoked(instance: Instance) -> None:
    number = await instance.write(settle)
    token = await instance.write(tokens.create_token, account_id=number, scopes="read write:statuses", name="script")

    bearer = await tokens.find_bearer(instance, token=token)

    assert bearer is not None
    assert bearer.actor_uri == instance.site.actor("fatima")
    assert bearer.may("read")
    assert bearer.may("read:accounts")
    assert bearer.may("write:statuses")
    assert not bearer.may("write")
    assert not bearer.may("write:media")
    await instance.write(tokens.revoke_token, account_id=number, token_id=bearer.token_id)
    assert await tokens.find_bearer(instance, token=token) is None
    with pytest.raises(NotFoundError):
        await instance.write(tokens.revoke_token, account_id=number, token_id=bearer.token_id)


async def test_only_the_hash_of_a_token_is_stored(instance: Instance) -> None:
    number = await instance.write(settle)
    token = await instance.write(tokens.create_token, account_id=number, scopes="read")
    [row] = await instance.read(queries.tokens_of, account_id=number)
    assert token not in str(tuple(row))
    assert await tokens.find_bearer(instance, token=row.token_hash) is None
    assert await tokens.find_bearer(instance, token="") is None
    assert await tokens.find_bearer(instance, token="x" * 10_000) is None


async def test_the_use_of_a_token_is_noted_by_the_hour(instance: Instance) -> None:
    clock = instance.clock
    assert isinstance(clock, ManualClock)
    number = await instance.write(settle)
    token = await instance.write(tokens.create_token, account_id=number, scopes="read")
    seen = []
    for _ in range(3):
        await tokens.find_bearer(instance, token=token)
        seen.append((await instance.read(queries.tokens_of, account_id=number))[0].last_used_at)
        clock.advance(40 * MINUTE)
    assert seen[0] == seen[1]
    assert seen[2] == seen[0] + 2 * 40 * MINUTE
    assert seen[2] - seen[0] > HOUR


def test_a_token_needs_known_scopes(town: Town) -> None:
    town.local()
    with pytest.raises(InvalidError):
        tokens.create_token(town.tx, account_id=account_id(town), scopes="everything")


def test_ac_05_nobody_revokes_the_token_of_another(town: Town) -> None:
    town.local()
    town.local("jan")
    tokens.create_token(town.tx, account_id=account_id(town), scopes="read")
    [row] = queries.tokens_of(town.tx, account_id=account_id(town))
    with pytest.raises(NotFoundError):
        tokens.revoke_token(town.tx, account_id=account_id(town, "jan"), token_id=row.id)


def test_keys_of_the_tests_have_the_names_of_real_ones() -> None:
    assert key_pair("https://a.example/users/b", serial=2).rsa.key_id == "https://a.example/users/b#main-key-2"


async def test_many_tries_at_once_are_not_all_the_first(instance: Instance) -> None:
    await instance.write(settle)
    tries = [instance.write(logins.begin, username="fatima", address=f"192.0.2.{number % 3}") for number in range(12)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, logins.Candidate) for answer in answers) == 5
    assert sum(isinstance(answer, RateLimitedError) for answer in answers) == 7


async def test_no_password_is_right_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_verify", lambda stored, password: True)
    assert not await passwords.is_password("whatever-it-is", stored=None)
    assert await passwords.is_password("whatever-it-is", stored=HASH)
