from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import orjson
import pytest
import pytest_asyncio
from werkzeug.datastructures import FileStorage

from fedgov.features.people import queries
from fedgov.features.people.service import accounts, follows
from fedgov.features.people.service.accounts import set_password
from fedgov.features.people.service.pictures import PICTURES
from fedgov.federation import actors
from fedgov.federation import follows as rows
from fedgov.instance import Instance
from fedgov.kernel.errors import InvalidError
from fedgov.store.transaction import Transaction
from tests.unit.features.people.browser import PASSWORD, Browser, open_counter
from tests.unit.features.residents import Town, World

FATIMA = "https://groningen.example/users/fatima"
JAN = "https://groningen.example/users/jan"


@pytest_asyncio.fixture
async def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Instance]:
    """Gemeente Groningen on SQLite, where anybody may register: what the pages ask is tested on both elsewhere."""
    async with open_counter(tmp_path, monkeypatch) as opened:
        yield opened


def meet(tx: Transaction, handle: str = "@pieter@leeuwarden.example") -> str:
    return Town(tx=tx, clock=None).remote(handle)  # type: ignore[arg-type]


def befriend(tx: Transaction, *, follower: str, following: str) -> None:
    rows.put(tx, follower=follower, following=following, state="accepted", activity_uri=None)


async def text(response: object) -> str:
    return cast("str", await response.get_data(as_text=True))  # type: ignore[attr-defined]


# --- logging in -------------------------------------------------------------------------------------------------


async def test_somebody_logs_in_and_goes_where_they_were_going(browser: Browser) -> None:
    answer = await browser.post("/login", {"username": "fatima", "password": PASSWORD, "next": "/settings?a=b"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings?a=b")
    assert "__Host-fedgov-groningen=" in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "Fatima de Vries" in await browser.read("/settings/profile")
    assert (await browser.get("/login?next=/settings")).headers["Location"] == "/settings"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_logging_in_never_leads_elsewhere(browser: Browser, target: str) -> None:
    answer = await browser.post("/login", {"username": "fatima", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/home"


@pytest.mark.parametrize(("username", "password"), [("fatima", "iets-heel-anders"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_log_in_says_so_and_keeps_what_was_typed(browser: Browser, username: str, password: str) -> None:
    answer = await browser.post("/login", {"username": username, "password": password, "next": "/settings"})
    page = await text(answer)
    assert answer.status_code == 422
    assert "the user name or the password is wrong" in page.lower()
    assert 'value="/settings"' in page
    assert password == "" or password not in page
    assert (await browser.get("/settings")).status_code == 303


async def test_too_many_tries_have_to_wait(browser: Browser) -> None:
    for _ in range(5):
        await browser.post("/login", {"username": "fatima", "password": "wrong"})
    answer = await browser.post("/login", {"username": "fatima", "password": PASSWORD})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2"


async def test_a_log_in_from_another_site_is_refused(browser: Browser) -> None:
    answer = await browser._open("/login", method="POST", form={"username": "fatima", "password": PASSWORD})
    assert answer.status_code == 403


async def test_what_was_being_written_is_there_again_after_logging_in(browser: Browser) -> None:
    unfinished = {"path": "/compose", "values": {"text": ["Halve zin over de DPIA"], "audience": ["followers"]}}
    kept = orjson.dumps(unfinished).decode()
    answer = await browser.post("/login", {"username": "fatima", "password": PASSWORD, "kept": kept})
    page = await text(answer)
    assert answer.status_code == 200
    assert "Halve zin over de DPIA" in page
    assert "Here is your text again" in page
    assert "Fatima de Vries" in await browser.read("/settings/profile")
    from tests.unit.features.people.browser import _TOKEN

    found = _TOKEN.search(page)
    assert found is not None
    sent = await browser._open("/logout", method="POST", form={"csrf": found[1]})
    assert sent.status_code == 303


async def test_logging_out_takes_a_form_and_ends_the_session(browser: Browser) -> None:
    await browser.log_in()
    assert 'action="/logout"' in await browser.read("/logout")
    assert (await browser.get("/settings")).status_code == 200
    answer = await browser.post("/logout", {}, via="/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert (await browser.get("/settings")).headers["Location"].startswith("/login")


# --- registering ------------------------------------------------------------------------------------------------


async def test_somebody_registers_and_is_logged_in(browser: Browser, instance: Instance) -> None:
    values = {"name": "Anna Bakker", "username": "Anna", "function": "jurist", "password": PASSWORD}
    answer = await browser.post("/register", values, via="/register")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/home")
    row = await instance.read(actors.get, uri=instance.site.actor("anna"))
    assert (row.name, row.function) == ("Anna Bakker", "jurist")
    assert not (await instance.read(queries.account_named, username="anna")).administrator
    assert "Anna Bakker" in await browser.read("/settings/profile")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"username": "fatima"}, "this user name is taken"),
        ({"username": "admin"}, "this user name is kept"),
        ({"password": "kort"}, "at least 10 characters"),
    ],
)
async def test_a_mistake_while_registering_stands_beside_its_field(
    browser: Browser, change: dict[str, str], words: str
) -> None:
    values = {"name": "Anna", "username": "anna", "password": PASSWORD} | change
    answer = await browser.post("/register", values, via="/register")
    page = await text(answer)
    assert answer.status_code == 422
    assert words in page.lower()
    assert 'value="Anna"' in page


async def test_extra_fields_make_nobody_an_administrator(browser: Browser, instance: Instance) -> None:
    values = {"name": "Anna", "username": "anna", "password": PASSWORD, "administrator": "yes", "account": "1"}
    await browser.post("/register", values, via="/register")
    assert not (await instance.read(queries.account_named, username="anna")).administrator


# --- settings ---------------------------------------------------------------------------------------------------

SETTINGS = ("/settings", "/settings/profile", "/settings/password", "/settings/sessions", "/follow-requests")


@pytest.mark.parametrize("path", SETTINGS)
async def test_a_visitor_logs_in_first(browser: Browser, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/login")


@pytest.mark.parametrize("path", SETTINGS)
@pytest.mark.parametrize("language", ["nl", "en", "fy"])
async def test_the_pages_of_a_person_can_be_read_in_every_language(browser: Browser, path: str, language: str) -> None:
    await browser.log_in()
    assert f'lang="{language}"' in await browser.read(f"{path}?lang={language}")


async def test_preferences_are_stored(browser: Browser, instance: Instance) -> None:
    await browser.log_in()
    values = {"language": "fy", "default_audience": "followers", "approve_followers": "yes", "indexable": "yes"}
    answer = await browser.post("/settings", values, via="/settings")
    assert answer.status_code == 303
    account = await instance.read(queries.account_named, username="fatima")
    row = await instance.read(actors.get, uri=FATIMA)
    assert (account.language, account.default_audience) == ("fy", "followers")
    assert (row.approves_followers, row.lists_followers, row.discoverable, row.indexable) == (True, False, False, True)


async def test_a_preference_outside_the_list_is_refused(browser: Browser) -> None:
    await browser.log_in()
    answer = await browser.post("/settings", {"language": "xx", "default_audience": "public"}, via="/settings")
    assert answer.status_code == 422


async def test_a_profile_is_stored_and_shown_as_typed(browser: Browser, instance: Instance) -> None:
    await browser.log_in()
    values = {
        "name": "Fatima",
        "function": "inkoper",
        "department": "Bedrijfsvoering",
        "about": "Ik doe **inkoop**",
        "field_name": ["Telefoon", ""],
        "field_value": ["050", ""],
    }
    answer = await browser.post("/settings/profile", values, via="/settings/profile")
    assert answer.status_code == 303
    page = await browser.read("/settings/profile")
    for words in ("Ik doe **inkoop**", 'value="Telefoon"', 'value="050"', 'value="Bedrijfsvoering"'):
        assert words in page
    assert "<strong>inkoop</strong>" in (await instance.read(actors.get, uri=FATIMA)).summary_html


async def test_a_profile_with_a_mistake_keeps_what_was_typed(browser: Browser) -> None:
    await browser.log_in()
    answer = await browser.post(
        "/settings/profile", {"name": "n" * 200, "about": "Blijft staan"}, via="/settings/profile"
    )
    assert answer.status_code == 422
    assert "Blijft staan" in await text(answer)


def picture(data: bytes) -> FileStorage:
    return FileStorage(io.BytesIO(data), filename="ik.png", content_type="image/png")


async def test_a_portrait_is_handed_to_who_keeps_files(browser: Browser, instance: Instance) -> None:
    kept: list[tuple[str, bytes]] = []

    async def keep(here: Instance, *, owner: str, data: bytes, field: str) -> str:
        if data == b"no picture":
            raise InvalidError("this is no picture", field=field)
        kept.append((owner, data))
        return here.site.url("/media/1/portrait.webp")

    browser.app.extensions[PICTURES] = keep
    await browser.log_in()
    await browser.post("/settings/profile", {"name": "F"}, via="/settings/profile", files={"avatar": picture(b"png")})
    assert kept == [(FATIMA, b"png")]
    assert "/media/1/portrait.webp" in await browser.read("/settings/profile")

    for data in (b"no picture", b"x" * 4_000_001):
        answer = await browser.post(
            "/settings/profile", {"name": "F"}, via="/settings/profile", files={"avatar": picture(data)}
        )
        assert answer.status_code == 422
    assert len(kept) == 1

    await browser.post("/settings/profile", {"name": "F", "avatar_remove": "yes"}, via="/settings/profile")
    assert (await instance.read(actors.get, uri=FATIMA)).avatar_url is None


async def test_a_password_is_changed_by_who_knows_the_old_one(
    browser: Browser, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[str] = []

    def note(tx: Transaction, *, account_id: int, password_hash: str, keep_session: str) -> None:
        stored.append(password_hash)
        set_password(tx, account_id=account_id, password_hash=password_hash, keep_session=keep_session)

    monkeypatch.setattr(accounts, "set_password", note)
    other = Browser(instance)
    for one in (browser, other):
        await one.log_in()
    good = {"current": PASSWORD, "password": "een ander wachtwoord", "again": "een ander wachtwoord"}
    for change, words in (
        ({"current": "wrong"}, "this is not your password"),
        ({"again": "iets heel anders"}, "the two new passwords differ"),
        ({"password": "kort", "again": "kort"}, "at least 10 characters"),
    ):
        answer = await browser.post("/settings/password", good | change, via="/settings/password")
        assert answer.status_code == 422
        assert words in (await text(answer)).lower()
    assert stored == []

    answer = await browser.post("/settings/password", good, via="/settings/password")
    assert answer.status_code == 303
    assert len(stored) == 1
    assert (await browser.get("/settings")).status_code == 200
    assert (await other.get("/settings")).status_code == 303


async def test_another_device_is_logged_out(browser: Browser, instance: Instance) -> None:
    other = Browser(instance)
    for one in (browser, other):
        await one.log_in()
    page = await browser.read("/settings/sessions")
    assert page.count("Firefox · Linux") >= 2
    account = await instance.read(queries.account_named, username="fatima")
    oldest = min(row.id for row in await instance.read(queries.sessions_of, account_id=account.id))

    await other.post("/settings/sessions", {"session": str(oldest)}, via="/settings/sessions")

    assert (await browser.get("/settings")).status_code == 303
    assert (await other.post("/settings/sessions", {"session": "x"}, via="/settings")).status_code == 422
    assert (await other.post("/settings/sessions", {"session": "1"}, via="/settings")).status_code == 404


async def test_password_managers_find_the_page(browser: Browser) -> None:
    answer = await browser.get("/.well-known/change-password")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/password")


# --- relations --------------------------------------------------------------------------------------------------


async def test_somebody_follows_and_unfollows_a_colleague(browser: Browser, instance: Instance) -> None:
    await browser.log_in()
    answer = await browser.post("/follow", {"handle": "@jan", "next": "/search?q=jan"}, via="/settings")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/search?q=jan")
    assert await instance.read(rows.is_follower, follower=FATIMA, following=JAN)
    await browser.post("/unfollow", {"handle": "@jan@groningen.example"}, via="/settings")
    assert not await instance.read(rows.is_follower, follower=FATIMA, following=JAN)


async def test_somebody_unknown_elsewhere_is_looked_up_first(browser: Browser, instance: Instance) -> None:
    world = cast("World", instance.fetch)
    await browser.log_in()
    assert (await browser.post("/follow", {"handle": "@pieter@leeuwarden.example"}, via="/settings")).status_code == 404

    world.handles["pieter@leeuwarden.example"] = await instance.write(meet)
    await instance.write(actors.mark_deleted, uri="https://leeuwarden.example/users/pieter")
    world.handles["anna@leeuwarden.example"] = await instance.write(meet, "@anna@leeuwarden.example")
    assert (await browser.post("/follow", {"handle": "@anna@leeuwarden.example"}, via="/settings")).status_code == 303
    row = await instance.read(rows.find, follower=FATIMA, following=world.handles["anna@leeuwarden.example"])
    assert row is not None
    assert row.state == "pending"


@pytest.mark.parametrize(("handle", "status"), [("@nobody", 404), ("", 404), ("@a@b@c", 400), ("@x@not a host", 400)])
async def test_nobody_can_be_followed_by_what_is_no_handle(browser: Browser, handle: str, status: int) -> None:
    await browser.log_in()
    assert (await browser.post("/follow", {"handle": handle}, via="/settings")).status_code == status


@pytest.mark.parametrize(
    "path",
    ["/follow", "/unfollow", "/block", "/unblock", "/mute", "/unmute", "/remove-follower", "/follow-requests"],
)
async def test_a_visitor_changes_no_relation(browser: Browser, path: str) -> None:
    answer = await browser.post(path, {"handle": "@jan"})
    assert answer.status_code == 401


async def test_blocking_and_muting_and_back(browser: Browser, instance: Instance) -> None:
    await browser.log_in()

    async def relation() -> object:
        return await instance.read(queries.relation, viewer=FATIMA, target=JAN)

    for path, field, value in (
        ("/mute", "muted", True),
        ("/unmute", "muted", False),
        ("/block", "blocked", True),
        ("/unblock", "blocked", False),
    ):
        assert (await browser.post(path, {"handle": "@jan"}, via="/settings")).status_code == 303
        assert getattr(await relation(), field) is value


async def test_a_follower_is_removed(browser: Browser, instance: Instance) -> None:
    await instance.write(befriend, follower=JAN, following=FATIMA)
    await browser.log_in()
    await browser.post("/remove-follower", {"handle": "@jan"}, via="/settings")
    assert not await instance.read(rows.is_follower, follower=JAN, following=FATIMA)


@pytest.mark.parametrize(("action", "follows_now"), [("accept", True), ("reject", False)])
async def test_a_request_is_decided(browser: Browser, instance: Instance, action: str, *, follows_now: bool) -> None:
    await instance.write(actors.change_local, uri=FATIMA, values={"approves_followers": True})
    await instance.write(follows.follow, actor=JAN, target=FATIMA)
    await browser.log_in()
    assert "Jan Pietersen" in await browser.read("/follow-requests")
    answer = await browser.post("/follow-requests", {"actor": JAN, "action": action}, via="/follow-requests")
    assert answer.status_code == 303
    assert await instance.read(rows.is_follower, follower=JAN, following=FATIMA) is follows_now
    again = await browser.post("/follow-requests", {"actor": JAN, "action": action}, via="/settings")
    assert again.status_code == 404
    other = await browser.post("/follow-requests", {"actor": JAN, "action": "maybe"}, via="/settings")
    assert other.status_code == 422


# --- lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["/users/fatima", "/@fatima", "/people/@fatima@groningen.example"])
async def test_the_lists_of_a_person_are_shown(browser: Browser, instance: Instance, prefix: str) -> None:
    await instance.write(befriend, follower=JAN, following=FATIMA)
    assert "Jan Pietersen" in await browser.read(f"{prefix}/followers")
    assert "Jan Pietersen" not in await browser.read(f"{prefix}/following")


async def test_a_long_list_has_pages(browser: Browser, instance: Instance) -> None:
    for number in range(45):
        uri = await instance.write(meet, f"@p{number}@leeuwarden.example")
        await instance.write(befriend, follower=uri, following=FATIMA)
    first = await browser.read("/users/fatima/followers")
    assert "@p44@" in first
    assert "@p4@" not in first
    start = first.index("?before=")
    older = first[start : first.index('"', start)]
    assert "@p4@" in await browser.read(f"/users/fatima/followers{older}")
    assert (await browser.get("/users/fatima/followers?before=%00&after=99999999999999999999")).status_code == 200


async def test_a_list_that_is_not_shown_shows_only_the_number(browser: Browser, instance: Instance) -> None:
    await instance.write(befriend, follower=JAN, following=FATIMA)
    await instance.write(actors.change_local, uri=FATIMA, values={"lists_followers": False})
    page = await browser.read("/users/fatima/followers")
    assert "Jan Pietersen" not in page
    await browser.log_in()
    assert "Jan Pietersen" in await browser.read("/users/fatima/followers")


async def test_the_lists_of_nobody_are_not_there(browser: Browser) -> None:
    assert (await browser.get("/users/nobody/followers")).status_code == 404


# --- from and to other servers ----------------------------------------------------------------------------------


async def test_a_visitor_is_shown_the_way_home(browser: Browser) -> None:
    assert "Fatima de Vries" in await browser.read("/interact?handle=@fatima@groningen.example")
    values = {"handle": "@fatima", "own_handle": "@pieter@leeuwarden.example"}
    page = await text(await browser.post("/interact", values))
    expected = "https://leeuwarden.example/authorize_interaction?uri=https%3A%2F%2Fgroningen.example%2Fusers%2Ffatima"
    assert expected in page


async def test_a_wrong_own_address_is_said(browser: Browser) -> None:
    answer = await browser.post("/interact", {"handle": "@fatima", "own_handle": "javascript:alert(1)"})
    assert answer.status_code == 422
    assert (await browser.get("/interact?handle=@nobody")).status_code == 404


# --- administration ---------------------------------------------------------------------------------------------


async def test_only_an_administrator_sees_the_accounts(browser: Browser) -> None:
    await browser.log_in("jan")
    assert (await browser.get("/admin/accounts")).status_code == 403
    made = await browser.post("/admin/accounts", {"action": "create", "username": "eve"}, via="/settings")
    assert made.status_code == 403


async def test_an_administrator_makes_disables_and_enables_an_account(browser: Browser, instance: Instance) -> None:
    await browser.log_in()
    values = {"action": "create", "name": "Anna", "username": "anna", "password": PASSWORD}
    assert (await browser.post("/admin/accounts", values, via="/admin/accounts")).status_code == 303
    page = await browser.read("/admin/accounts")
    assert "anna" in page
    assert PASSWORD not in page
    anna = await instance.read(queries.account_named, username="anna")
    await browser.post("/admin/accounts", {"action": "disable", "account": str(anna.id)}, via="/admin/accounts")
    assert (await instance.read(queries.account_named, username="anna")).disabled_at is not None
    await browser.post("/admin/accounts", {"action": "enable", "actor": anna.actor_uri}, via="/admin/accounts")
    assert (await instance.read(queries.account_named, username="anna")).disabled_at is None


async def test_a_mistake_in_a_new_account_is_shown(browser: Browser) -> None:
    await browser.log_in()
    for change, status in (
        ({"username": "jan"}, 422),
        ({"password": "kort"}, 422),
        ({"action": "destroy"}, 422),
        ({"action": "disable", "account": "x"}, 422),
        ({"action": "disable", "account": "1"}, 404),
        ({"action": "disable", "actor": FATIMA}, 422),
    ):
        values = {"action": "create", "name": "A", "username": "anna", "password": PASSWORD} | change
        answer = await browser.post("/admin/accounts", values, via="/admin/accounts")
        assert answer.status_code == status, change
