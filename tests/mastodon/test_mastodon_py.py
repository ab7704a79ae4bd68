"""Mastodon.py, a library that many programs are made with, lets itself in."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import pytest_asyncio
import requests
from mastodon import (
    Mastodon,
    MastodonAPIError,
    MastodonIllegalArgumentError,
    MastodonNotFoundError,
    MastodonUnauthorizedError,
    StreamListener,
)

from fedgov.mastodon.streams import hub
from tests.fediverse import PASSWORD, Town
from tests.mastodon.conftest import Counter
from tests.mastodon.reader import Reader
from tests.mastodon.scene import PICTURE

BY_HAND = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = ["read", "write", "follow", "push"]


@pytest.fixture(autouse=True)
def _quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mastodon.py closes a stream only once something comes from it: let that be soon."""
    monkeypatch.setattr(hub, "BEAT_SECONDS", 0.5)


@pytest_asyncio.fixture
async def reader(counter: Counter) -> AsyncIterator[Reader]:
    """Fatima, who is logged in."""
    await counter.town.as_("fatima")
    found = Reader.at(counter.town)
    await found.log_in("fatima")
    yield found
    await found.close()


class Loopback(requests.Session):
    """Finds a town hall by the address that it listens at; Python does not know ``*.localhost``."""

    def __init__(self, town: Town) -> None:
        super().__init__()
        self._town = town
        self.headers["Host"] = town.domain

    def request(self, method: str, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        assert isinstance(url, str)
        url = url.replace(f"https://{self._town.domain}", self._town.base)
        return super().request(method, url.replace(f"http://{self._town.domain}", self._town.base), *args, **options)


def program_of(town: Town) -> Mastodon:
    """Return a program that registered itself."""
    session = Loopback(town)
    client_id, client_secret = Mastodon.create_app(
        "nachtelijke export",
        scopes=SCOPES,
        redirect_uris=BY_HAND,
        website="https://app.example/",
        api_base_url=town.base,
        session=session,
    )
    return Mastodon(client_id=client_id, client_secret=client_secret, api_base_url=town.base, session=session)


async def let_in(program: Mastodon, reader: Reader) -> str:
    """Let a program in; return the code that the person copies."""
    url = await asyncio.to_thread(
        lambda: program.auth_request_url(scopes=SCOPES, redirect_uris=BY_HAND, allow_http=True)
    )
    parts = urlsplit(url)
    page = await reader.open(parts.path, **dict(parse_qsl(parts.query)))
    done = await reader.decide(page, "allow")
    return done.text.split('id="f-code"')[1].split(">")[1].split("<")[0]


def fetch(program: Mastodon, code: str) -> str:
    """Exchange a code for a token."""
    return str(program.log_in(code=code, scopes=SCOPES, redirect_uri=BY_HAND, allow_http=True))


async def test_mastodon_py_logs_in_with_a_code(counter: Counter, reader: Reader) -> None:
    program = await asyncio.to_thread(program_of, counter.town)
    code = await let_in(program, reader)
    assert await asyncio.to_thread(fetch, program, code)
    me = await asyncio.to_thread(program.account_verify_credentials)
    assert me.username == "fatima"
    app = await asyncio.to_thread(program.app_verify_credentials)
    assert app.name == "nachtelijke export"
    with pytest.raises(MastodonIllegalArgumentError):
        await asyncio.to_thread(fetch, program, code)
    with pytest.raises(MastodonUnauthorizedError):
        await asyncio.to_thread(program.account_verify_credentials)


async def test_mastodon_py_gives_its_token_back(counter: Counter, reader: Reader) -> None:
    program = await asyncio.to_thread(program_of, counter.town)
    token = await asyncio.to_thread(fetch, program, await let_in(program, reader))
    await asyncio.to_thread(lambda: program.revoke_access_token(allow_http=True))
    stale = Mastodon(access_token=token, api_base_url=counter.town.base, session=Loopback(counter.town))
    with pytest.raises(MastodonUnauthorizedError):
        await asyncio.to_thread(stale.account_verify_credentials)


def write(mine: Mastodon, theirs: Mastodon) -> None:
    """Go through what a program writes and reads."""
    me, other = mine.me(), theirs.me()
    media = mine.media_post(PICTURE, mime_type="image/png", description="Het plein", focus=(0.1, 0.2))
    first = mine.status_post("Moi #mastodonpy", media_ids=[media], language="nl", idempotency_key="eens")
    assert mine.status_post("Moi #mastodonpy", media_ids=[media], idempotency_key="eens").id == first.id
    assert first.media_attachments[0].description == "Het plein"
    edited = mine.status_update(first, "Moi, verbeterd", media_ids=[media])
    assert (edited.edited_at is not None, len(mine.status_history(first))) == (True, 2)
    assert mine.status_source(first).text == "Moi, verbeterd"
    poll = mine.status_post("Doen?", poll=mine.make_poll(["ja", "nee"], expires_in=600))
    assert theirs.poll_vote(poll.poll, [1]).own_votes == [1]
    reply = theirs.status_reply(first, "Dag")
    assert [each.id for each in mine.status_context(first).descendants] == [reply.id]
    assert theirs.status_favourite(first).favourited
    assert theirs.status_reblog(first).reblog.id == first.id
    assert [each.id for each in mine.status_reblogged_by(first)] == [other.id]
    assert theirs.account_follow(me).following
    kinds = {each.type for each in mine.notifications()}
    assert kinds == {"mention", "favourite", "reblog", "follow"}
    mine.notifications_clear()
    assert mine.notifications() == []
    planned = mine.status_post("Later", scheduled_at=datetime.now(UTC) + timedelta(hours=2))
    assert [each.id for each in mine.scheduled_statuses()] == [planned.id]
    mine.scheduled_status_delete(planned)
    mine.status_bookmark(reply)
    assert [each.id for each in mine.bookmarks()] == [reply.id]
    assert mine.status_delete(poll).id == poll.id
    with pytest.raises(MastodonNotFoundError):
        mine.status(poll)
    with pytest.raises(MastodonAPIError):
        mine.status_post("x" * 5_001)


def keep(mine: Mastodon, theirs: Mastodon) -> None:
    """Go through what a program keeps for its person."""
    me, other = mine.me(), theirs.me()
    mine.account_follow(other)
    ours = mine.list_create("Collega's")
    mine.list_accounts_add(ours, [other])
    assert [each.id for each in mine.list_accounts(ours)] == [other.id]
    theirs.status_post("Voor de lijst")
    assert [each.account.id for each in mine.timeline_list(ours)] == [other.id]
    mine.list_accounts_delete(ours, [other])
    mine.list_delete(ours)
    kept = mine.create_filter_v2(
        "Stil", context=["home"], filter_action="hide", keywords_attributes=[{"keyword": "lawaai"}]
    )
    assert [each.id for each in mine.filters_v2()] == [kept.id]
    mine.delete_filter_v2(kept)
    assert mine.account_update_credentials(display_name="Fatima Z.", note="Vraag maar").display_name == "Fatima Z."
    assert mine.markers_set(["home"], [mine.timeline_home()[0]])["home"].version
    assert mine.preferences()["posting:default:visibility"] == "public"
    assert mine.tag_follow("wonen").following
    assert [each.name for each in mine.followed_tags()] == ["wonen"]
    assert mine.account_relationships(other)[0].following
    assert mine.report(other, comment="Kijk eens", category="spam").category == "spam"
    found = mine.search_v2("jelle", result_type="accounts")
    assert [each.id for each in found.accounts] == [other.id]
    assert mine.account_search("fatima")[0].id == me.id
    seen = [mine.timeline_home(limit=1)]
    while len(seen) < 3 and (page := mine.fetch_next(seen[-1])):
        seen.append(page)
    numbers = [int(each.id) for page in seen for each in page]
    assert numbers == sorted(set(numbers), reverse=True)


class Ears(StreamListener):
    """Writes down what a stream tells."""

    def __init__(self) -> None:
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()

    def on_update(self, status: Any) -> None:
        self.heard.put(("update", status))

    def on_notification(self, notification: Any) -> None:
        self.heard.put(("notification", notification))

    def on_delete(self, status_id: Any) -> None:
        self.heard.put(("delete", status_id))


def listen(mine: Mastodon, theirs: Mastodon) -> None:
    """Listen to three streams at once, and stop listening."""
    ours = mine.list_create("Collega's")
    mine.account_follow(theirs.me())
    mine.list_accounts_add(ours, [theirs.me()])
    ears = {name: Ears() for name in ("user", "tag", "list")}
    open_streams = [
        mine.stream_user(ears["user"], run_async=True),
        mine.stream_hashtag("wonen", ears["tag"], run_async=True),
        mine.stream_list(ours, ears["list"], run_async=True),
    ]
    assert mine.stream_healthy()
    post = theirs.status_post(f"@{mine.me().username} over #wonen")
    heard = [ears["user"].heard.get(timeout=60) for _ in range(2)]
    assert {what for what, _ in heard} == {"update", "notification"}
    assert {each.id if what == "update" else each.status.id for what, each in heard} == {post.id}
    for name in ("tag", "list"):
        what, told = ears[name].heard.get(timeout=60)
        assert (what, told.id) == ("update", post.id)
    theirs.status_delete(post)
    for each in ears.values():
        what, told = each.heard.get(timeout=60)
        assert (what, str(told)) == ("delete", str(post.id))
    for stream in open_streams:
        stream.close()


@pytest.mark.parametrize("journey", [write, keep, listen])
async def test_mastodon_py_goes_through_a_town_hall(
    counter: Counter, journey: Callable[[Mastodon, Mastodon], None]
) -> None:
    apps = [await counter.app_of(name) for name in ("fatima", "jelle")]
    mine, theirs = (
        Mastodon(
            access_token=app.token,
            api_base_url=counter.town.base,
            session=Loopback(counter.town),
            version_check_mode="none",
        )
        for app in apps
    )
    await asyncio.to_thread(journey, mine, theirs)


async def test_mastodon_py_cannot_log_in_with_a_password(counter: Counter, reader: Reader) -> None:
    program = await asyncio.to_thread(program_of, counter.town)
    with pytest.raises(MastodonIllegalArgumentError):
        await asyncio.to_thread(
            lambda: program.log_in("fatima", PASSWORD, scopes=SCOPES, redirect_uri=BY_HAND, allow_http=True)
        )
