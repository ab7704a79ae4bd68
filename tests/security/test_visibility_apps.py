"""Who sees what through apps: every kind of audience, for every kind of viewer, at every endpoint that there is.

What must be is said by one table (`tests.security.office.APPS`). Every row of the table of
endpoints is tried here, or named with the reason why it shows nothing of anybody; a new row
that is neither fails. A signature of another server means nothing at these addresses: such a
server is nobody here, and what it is shown as a server is in test_visibility.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import aiohttp
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from fedgov.activitystreams.audience import Visibility
from fedgov.c2s.reception import TABLE as COUNTER
from fedgov.features.notices.service import filters, lists
from fedgov.features.notices.tables import notifications
from fedgov.features.notices.vocabulary import FilterContext
from fedgov.features.people.queries import account_of
from fedgov.features.people.service import accounts, notes, tokens
from fedgov.features.posts.service import drafting
from fedgov.features.posts.vocabulary import PostDraft
from fedgov.federation import actors
from fedgov.kernel.clock import HOUR
from fedgov.mastodon.push_message import compose
from fedgov.mastodon.table import TABLE
from fedgov.store.tables import metadata
from fedgov.store.transaction import Transaction
from tests.federation.interop.world import Reply
from tests.fediverse import PATIENCE
from tests.security.internet import LOGS
from tests.security.listening import fall_silent, listening, speak, spoken
from tests.security.office import APPS, AUDIENCES, GONE, LOCAL, OPEN, REFUSED, Office, Written

pytestmark = pytest.mark.asyncio(loop_scope="module")

READERS: Final = [name for name in APPS if name not in REFUSED]
OTHERS: Final = [name for name in READERS if name not in ("fatima", "zwak")]
"""Whose tokens do not reach an endpoint at all is tried once for all endpoints in tests/mastodon/test_access.py."""

MISSING: Final = "123456789"
"""An id that nothing has."""

SECRETS: Final = ("geheimelijst", "geheimfilter", "geheimwoordgefilterd", "geheimgepland", "geheimenotitie")
"""Words that stand in what is fatima's alone."""

# --- what is tried, and how -------------------------------------------------------------------------------------

READ: Final = {
    "GET /api/v1/statuses/:id": "word",
    "GET /api/v1/statuses/:id/context": "",
    "GET /api/v1/statuses/:id/history": "earlier",
    "GET /api/v1/statuses/:id/source": "word",
    "GET /api/v1/statuses/:id/favourited_by": "",
    "GET /api/v1/statuses/:id/reblogged_by": "",
    "GET /api/v1/statuses/:id/quotes": "",
    "GET /api/v1/polls/:id": "poll",
}
"""Endpoints that show one message, and which word of it they must show to those who may read it."""

AUTHORS: Final = frozenset({"GET /api/v1/statuses/:id/source"})
"""Those of them that only the author of what is there to be read may ask."""

ACT: Final[dict[str, dict[str, Any]]] = {
    **{
        f"POST /api/v1/statuses/:id/{act}": {}
        for act in ("favourite", "unfavourite", "reblog", "unreblog", "bookmark", "unbookmark", "mute", "unmute")
    },
    "PUT /api/v1/statuses/:id/interaction_policy": {"quote_approval_policy": "nobody"},
    "POST /api/v1/statuses/:id/quotes/:quoting_status_id/revoke": {},
    "POST /api/v1/statuses/:id/pin": {},
    "POST /api/v1/statuses/:id/unpin": {},
    "PUT /api/v1/statuses/:id": {"status": "gekaapt"},
    "DELETE /api/v1/statuses/:id": {},
    "POST /api/v1/polls/:id/votes": {"choices": ["0"]},
    "POST /api/v1/statuses": {"status": "daarover", "in_reply_to_id": "{id}", "visibility": "direct"},
    "POST /api/v1/reports": {"account_id": "{account}", "status_ids": ["{id}"]},
}
"""Endpoints that do something with one message, and with what."""

OWN: Final = {
    "/api/v1/lists/": "list",
    "/api/v1/timelines/list/": "list",
    "/api/v2/filters/keywords/": "keyword",
    "/api/v2/filters/statuses/": "filtered",
    "/api/v2/filters/": "filter",
    "/api/v1/filters/": "keyword",
    "/api/v1/media/": "media",
    "/api/v1/scheduled_statuses/": "scheduled",
    "/api/v1/notifications/requests/": "notification",
    "/api/v1/notifications/": "notification",
    "/api/v2/notifications/": "group",
    "/api/v1/conversations/": "conversation",
}
"""What is its owner's alone, by the address at which it is found with an id."""

NAMED: Final = {
    **dict.fromkeys(
        (
            "POST /api/v1/apps",
            "GET /api/v1/apps/verify_credentials",
            "POST /oauth/token",
            "POST /oauth/revoke",
            "POST /api/v1/accounts",
            "GET /api/v1/emails/check_confirmation",
            "POST /api/v1/emails/confirmations",
        ),
        "about apps and log-ins (test_oauth.py, test_access.py)",
    ),
}
"""Endpoints that are not tried, and why; those below are by a rule."""

RULES: Final = (
    (
        r"(POST|DELETE) /api/v1/accounts/:id/\w+",
        "changes how the caller stands to somebody who is known to everybody, and shows that (test_relationships.py)",
    ),
    (r"POST /api/v1/follow_requests/:id/\w+", "row AC-12: only what was asked of the caller"),
    (
        r"\w+ /api/v1/(tags|featured_tags|followed_tags|suggestions|domain_blocks|markers|announcements)\b.*",
        "changes something of the caller's own that names a subject, a server or a place in a list",
    ),
    (r"(POST|PATCH|PUT|DELETE) (?!.*:)/api/v\d/.*", "makes or changes something of the caller's own, without an id"),
    (r"\w+ /api/v\d/admin/.*", "administration: endpoint × scope × role in test_access.py"),
    (r"\w+ /api/v\d/push/.*", "the subscription of the token itself"),
    (r"\w+ /api/v1/streaming.*", "what is sent is what the timelines show, tried where streams are tested"),
)

_ALL: Final = {f"{each.method} {each.path}" for each in TABLE.endpoints}
SAME: Final = ("/api/v1/instance/", "/api/v1/custom_emojis", "/.well-known/", "/health", "/api/v1/peers/")
"""What says the same to everybody is asked by one."""

_ELSEWHERE: Final = re.compile(r"GET /api/v\d/(admin|push|streaming)\b")
LISTS: Final = sorted(
    each
    for each in _ALL
    if each.startswith("GET ") and each not in NAMED and each not in READ and not _ELSEWHERE.match(each)
)
"""Everything else that can be read: nothing in it may be of what is not for the viewer."""


def _of_the_owner(row: str) -> str | None:
    """Which thing of its owner a row is about; None when about none."""
    method_free = row.partition(" ")[2]
    return next((kind for front, kind in OWN.items() if method_free.startswith(front + ":")), None)


def _reason(row: str) -> str | None:
    return NAMED.get(row) or next((why for pattern, why in RULES if re.fullmatch(pattern, row)), None)


async def test_every_endpoint_is_tried_or_named_with_a_reason() -> None:
    untried = {row for row in _ALL if row not in READ and row not in ACT and row not in LISTS}
    assert {row for row in untried if _of_the_owner(row) is None and _reason(row) is None} == set()
    assert {row for row in (*READ, *ACT, *NAMED) if row not in _ALL} == set(), "it is not there any more"
    counter = {f"{each.method} {each.path}" for each in COUNTER.endpoints}
    assert counter == {
        "POST /users/:name/outbox",  # nothing is shown; what it refuses is in tests/c2s
        "GET /users/:name/inbox",
        "GET /users/:name/inbox/page/:cursor",
        "POST /api/activitypub/proxy",
        "POST /api/activitypub/media",  # a file of the caller's own
    }


# --- asking -----------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ids(office: Office) -> dict[str, str]:
    """Things of fatima's alone, by what they are."""
    internet, fatima = office.internet, office.internet.fatima.uri
    write, piet = internet.town.instance.write, internet.town.instance.site.actor("piet")
    await write(notes.write_note, who=fatima, whom=piet, text="geheimenotitie")
    found = {"account": str((await internet.town.ask(actors.get, uri=fatima)).id)}
    found["list"] = str(await write(lists.create_list, owner=fatima, title="geheimelijst"))
    made = await write(filters.create_filter, owner=fatima, title="geheimfilter", contexts=[FilterContext.HOME])
    found["filter"] = str(made)
    keyword = await write(filters.add_keyword, owner=fatima, filter_id=made, keyword="geheimwoordgefilterd")
    found["keyword"] = str(keyword)
    own = int(office.written["followers"].number)
    found["filtered"] = str(await write(filters.add_post, owner=fatima, filter_id=made, object_id=own))
    later = internet.town.instance.clock.now() + HOUR
    draft = PostDraft(text="geheimgepland", visibility=Visibility.PUBLIC)
    found["scheduled"] = str((await write(drafting.schedule, author=fatima, draft=draft, due_at=later)).id)
    found["media"] = office.written["direct"].media.rpartition("/")[2]
    for name, path in (("notification", "/api/v1/notifications"), ("conversation", "/api/v1/conversations")):
        found[name] = (await _ask(office, "fatima", "GET", path)).json[0]["id"]
    groups = (await _ask(office, "fatima", "GET", "/api/v2/notifications")).json["notification_groups"]
    found["group"] = groups[0]["group_key"]
    return found


async def _ask(office: Office, viewer: str, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
    token = office.tokens.get(viewer)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    fields = None if body is None else list(_fields(body))
    return await office.internet.ask(method, path, headers=headers, body=fields)


def _fields(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        for each in value if isinstance(value, list) else [value]:
            yield (f"{name}[]" if isinstance(value, list) else name), each


def _seen(answer: Reply, *, without: str) -> tuple[int, bytes, dict[str, str]]:
    """What an answer tells, apart from the moment and the id that was asked for."""
    quiet = ("Date", "Content-Length")
    headers = {
        name: value for name, value in answer.headers.items() if name not in quiet and not name.startswith("X-Rate")
    }
    return answer.status, answer.body.replace(without.encode(), b""), headers


def _filled(template: Any, values: dict[str, str]) -> Any:
    if isinstance(template, dict):
        return {name: _filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    return template.format(**values)


def _everything(tx: Transaction) -> dict[str, int]:
    quiet = LOGS | {"deliveries"}
    return {
        name: tx.value(select(func.count()).select_from(table))
        for name, table in metadata.tables.items()
        if name not in quiet
    }


# --- one message ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("viewer", APPS)
async def test_ac_01_03_18_an_app_is_shown_a_message_by_whoever_may_read_it(office: Office, viewer: str) -> None:
    allowed, leaks = APPS[viewer], []
    for row, shows in READ.items():
        method, _, path = row.partition(" ")
        missing = await _ask(office, viewer, method, path.replace(":id", MISSING))
        for it in office.written.values():
            number = it.poll if "polls" in path else it.number
            answer = await _ask(office, viewer, method, path.replace(":id", number))
            may = it.audience in allowed and missing.status not in (401, 403)
            if may and row in AUTHORS and viewer != "fatima":
                assert answer.status == 403, (row, it.audience)
            elif may:
                assert answer.status == 200, (row, it.audience, answer.body)
                assert _word(it, shows).encode() in answer.body, (row, it.audience)
            else:
                assert _seen(answer, without=number) == _seen(missing, without=MISSING), (row, it.audience)
            leaks += [(row, each) for each in office.leaks(answer, allowed=allowed, asked=path.replace(":id", number))]
        if viewer in REFUSED:
            assert missing.status == 401, row
    assert leaks == []


def _word(it: Written, shows: str) -> str:
    return {"word": it.word, "earlier": it.earlier, "poll": f"keuze{it.audience}woord", "": ""}[shows]


@pytest.mark.parametrize("viewer", OTHERS)
async def test_ac_02_03_15_nobody_does_anything_with_what_they_may_not_read(
    office: Office, ids: dict[str, str], viewer: str
) -> None:
    before = await office.internet.town.ask(_everything)
    for row, template in ACT.items():

        async def act(number: str, *, row: str = row, template: dict[str, Any] = template) -> Reply:
            method, _, path = row.partition(" ")
            body = _filled(template, {"id": number, "account": ids["account"]})
            path = path.replace(":id", number).replace(":quoting_status_id", MISSING)
            return await _ask(office, viewer, method, path, body)

        missing = await act(MISSING)
        assert missing.status in (401, 403, 404), (row, missing.body)
        for it in office.written.values():
            if it.audience not in APPS[viewer] or missing.status in (401, 403):
                number = it.poll if "polls" in row else it.number
                answer = await act(number)
                assert _seen(answer, without=number) == _seen(missing, without=MISSING), (row, it.audience)
    assert await office.internet.town.ask(_everything) == before


@pytest.mark.parametrize("viewer", OTHERS)
async def test_ac_02_05_what_is_one_persons_own_is_not_there_for_others(
    office: Office, ids: dict[str, str], viewer: str
) -> None:
    before = await office.internet.town.ask(_everything)
    for row in sorted(row for row in _ALL if _of_the_owner(row)):
        method, _, path = row.partition(" ")
        own = ids[_of_the_owner(row) or ""]
        missing = await _ask(office, viewer, method, re.sub(r":\w+", MISSING, path), {} if method != "GET" else None)
        answer = await _ask(office, viewer, method, re.sub(r":\w+", own, path), {} if method != "GET" else None)
        assert _seen(answer, without=own) == _seen(missing, without=MISSING), row
        assert not any(word.encode() in answer.body for word in SECRETS), row
    assert await office.internet.town.ask(_everything) == before


# --- lists ------------------------------------------------------------------------------------------------------


def _addresses(office: Office, ids: dict[str, str], viewer: str) -> Iterator[str]:
    """Every list with whatever makes it show more."""
    own = str(office.lists.get(viewer, MISSING))
    places = {":hashtag": "matrix", ":name": "matrix", ":date": "2026-01-01", ":list_id": own}
    for row in LISTS:
        path = row.partition(" ")[2]
        if (_of_the_owner(row) and ":list_id" not in path) or (viewer != "nobody" and path.startswith(SAME)):
            continue
        for place, value in places.items():
            path = path.replace(place, value)
        path = re.sub(r":\w+", ids["account"], path)
        yield path
        if path.endswith(f"{ids['account']}/statuses"):
            yield from (f"{path}?{name}" for name in ("pinned=true", "only_media=true", "tagged=matrix", "limit=40"))
    numbers = "&".join(f"id[]={it.number}" for it in office.written.values())
    yield f"/api/v1/statuses?{numbers}"
    yield f"/api/v1/accounts/relationships?id[]={ids['account']}"
    yield f"/api/v1/accounts/familiar_followers?id[]={ids['account']}"
    yield from ("/api/v1/notifications?limit=80", "/api/v2/notifications?limit=80&expand_accounts=full")
    yield from (f"/api/v1/timelines/{name}?limit=40" for name in ("home", "public", "public?local=true"))
    for it in office.written.values():
        yield f"/api/v2/search?q={it.word}"
        yield f"/api/v2/search?q={it.uri}&resolve=true"
        yield f"/api/oembed?url={it.uri}"
    yield from ("/api/v2/search?q=matrix", "/api/v2/search?q=fatima", "/api/v1/accounts/search?q=fatima&resolve=true")


@pytest.mark.parametrize("viewer", READERS)
async def test_ac_01_06_15_18_no_list_for_apps_shows_what_is_not_for_the_viewer(
    office: Office, ids: dict[str, str], viewer: str
) -> None:
    leaks = {}
    for path in _addresses(office, ids, viewer):
        answer = await _ask(office, viewer, "GET", path)
        assert answer.status in (200, 302, 400, 401, 403, 404, 422), (path, answer.status)
        # What may be embedded anywhere is what everybody sees, whoever asks.
        allowed = APPS[viewer] | (OPEN if path.startswith("/api/oembed") else frozenset())
        found = office.leaks(answer, allowed=allowed, asked=path)
        if viewer != "fatima":
            found += [word for word in SECRETS if word.encode() in answer.body]
        if found:
            leaks[path] = found
    assert leaks == {}


async def test_lists_for_apps_show_what_is_for_the_viewer(office: Office, ids: dict[str, str]) -> None:
    """Without this an empty answer to everybody would pass."""
    places = {
        "piet": ("/api/v1/timelines/home", OPEN | {"followers", "organisation"}),
        "kees": (f"/api/v1/accounts/{ids['account']}/statuses", OPEN | {"organisation", "direct"}),
        "olga": ("/api/v1/favourites", OPEN | {"organisation"}),
        "oudlid": ("/api/v1/bookmarks", OPEN | {"organisation"}),
        "nobody": (f"/api/v1/accounts/{ids['account']}/statuses", OPEN),
    }
    for viewer, (path, shown) in places.items():
        answer = await _ask(office, viewer, "GET", f"{path}?limit=40")
        assert {it.audience for it in office.written.values() if it.word.encode() in answer.body} == shown, viewer


# --- programs that speak ActivityPub ----------------------------------------------------------------------------


@pytest.mark.parametrize("viewer", [name for name in APPS if name not in ("nobody", "zwak", *REFUSED)])
async def test_ac_01_03_the_inbox_and_the_proxy_show_what_is_for_the_person(office: Office, viewer: str) -> None:
    path: str | None = f"/users/{viewer}/inbox/page/latest"
    while path:
        answer = await _ask(office, viewer, "GET", path)
        assert answer.status == 200
        assert office.leaks(answer, allowed=APPS[viewer], asked=path) == []
        path = answer.json.get("next", "").removeprefix(office.internet.origin)
    site = office.internet.town.instance.site
    missing = await _ask(office, viewer, "POST", "/api/activitypub/proxy", {"id": site.post(int(MISSING))})
    for it in office.written.values():
        answer = await _ask(office, viewer, "POST", "/api/activitypub/proxy", {"id": it.uri})
        if it.audience in APPS[viewer]:
            assert (answer.status, answer.json["id"]) == (200, it.uri)
        else:
            assert _seen(answer, without=it.number) == _seen(missing, without=MISSING), it.audience


@pytest.mark.parametrize("viewer", ["nobody", "zwak", *REFUSED])
async def test_ac_07_without_a_token_that_reaches_so_far_there_is_no_inbox_and_no_proxy(
    office: Office, viewer: str
) -> None:
    for method, path, body in (
        ("GET", "/users/piet/inbox", None),
        ("GET", "/users/piet/inbox/page/latest", None),
        ("POST", "/api/activitypub/proxy", {"id": office.written["public"].uri}),
    ):
        answer = await _ask(office, viewer, method, path, body)
        assert answer.status == (403 if viewer == "zwak" else 401), path
    assert len(AUDIENCES) == len(office.written)


# --- what is sent without being asked for -----------------------------------------------------------------------


async def test_ac_01_03_18_no_stream_shows_what_is_not_for_who_listens(office: Office) -> None:
    """By WebSocket and as event stream: what is written, edited, liked and deleted for each audience."""
    async with listening(office) as ears:
        numbers = await speak(office)
        # What is deleted is shown to nobody any more, so all of it must have been heard before.
        await ears.until(await fall_silent(office))
        heard = await ears.until(await fall_silent(office, *numbers.values()))
    leaks = [
        (ear.viewer, ear.kind, trace)
        for ear in heard
        for audience in AUDIENCES
        if audience not in APPS[ear.viewer]
        # That something for everyone is gone, everyone is told by its number.
        for trace in (*spoken(audience), *(() if audience in OPEN else (numbers[audience],)))
        if trace in ear.text
    ]
    assert leaks == []
    for viewer, shown in (
        ("piet", OPEN | {"followers", "organisation"}),
        ("kees", {"public", "organisation", "direct"}),
    ):
        (ear,) = (each for each in heard if (each.viewer, each.kind) == (viewer, "socket"))
        assert {each for each in AUDIENCES if spoken(each)[1] in ear.text} == shown


@pytest.mark.parametrize("viewer", ["nobody", "zwak", *REFUSED])
async def test_ac_07_08_who_may_not_read_messages_opens_no_stream(office: Office, viewer: str) -> None:
    token = office.tokens.get(viewer)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    for path in ("user", "user/notification", "public", "public/local", "hashtag?tag=matrix", "direct"):
        answer = await office.internet.ask("GET", f"/api/v1/streaming/{path}", headers=headers)
        assert answer.status == (403 if viewer == "zwak" else 401), path
        assert office.leaks(answer, allowed=frozenset(), asked=path) == []
        url = f"{office.internet.origin}/api/v1/streaming/{path}"
        if viewer == "zwak":  # a token of a person opens a socket, and then nothing on it
            async with office.internet.session.ws_connect(url, headers=headers) as socket:
                assert (await socket.receive_json(timeout=PATIENCE))["status"] == 403, path
            continue
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await office.internet.session.ws_connect(url, headers=headers)
        assert refused.value.status == 401, path


@pytest.mark.parametrize("viewer", [name for name in LOCAL if name != "fatima"] + [GONE])
async def test_ac_01_18_nothing_is_pushed_of_what_is_not_for_the_person_now(office: Office, viewer: str) -> None:
    """Whatever was to be told of a message, it is told when it is sent, and only to who may read it then."""
    town = office.internet.town

    def told(tx: Transaction) -> dict[str, str]:
        owner, author = town.instance.site.actor(viewer), office.internet.fatima.uri
        found = {}
        for it in office.written.values():
            values = {"actor_id": actors.get(tx, uri=author).id, "owner_id": actors.get(tx, uri=owner).id, "at": tx.now}
            row = {"id": tx.new_id(), "kind": "update", "subject_id": int(it.number), **values}
            tx.execute(notifications.insert(), row)
            made = compose(tx, owner=owner, notification_id=row["id"])
            tx.execute(notifications.delete().where(notifications.c.id == row["id"]))
            if made is not None:
                found[it.audience] = str(made)
        return found

    found = await town.instance.write(told)
    assert {it.audience for it in office.written.values() if it.word in found.get(it.audience, "")} == APPS[viewer]
    assert set(found) == APPS[viewer]


# --- administration ---------------------------------------------------------------------------------------------


def _administration(ids: dict[str, str]) -> Iterator[str]:
    for row in sorted(_ALL):
        method, _, path = row.partition(" ")
        if method == "GET" and path.startswith(("/api/v1/admin/", "/api/v2/admin/")):
            yield re.sub(r":\w+", ids["account"], path)


async def test_ac_01_19_who_administers_reads_no_more_messages_than_a_colleague(
    office: Office, ids: dict[str, str]
) -> None:
    """And others get in nowhere. What somebody reports is shown with the report, which is not tried here."""
    town = office.internet.town
    await town.as_("wendy")
    account = await town.ask(account_of, actor=town.instance.site.actor("wendy"))
    assert account is not None
    await town.instance.write(accounts.set_administrator, account_id=account.id, administrator=True)
    reach = "admin:read admin:write read write"
    office.tokens["wendy"] = await town.instance.write(tokens.create_token, account_id=account.id, scopes=reach)
    try:
        for path in _administration(ids):
            answer = await _ask(office, "wendy", "GET", f"{path}?limit=200")
            assert answer.status in (200, 404), (path, answer.status, answer.body)
            assert office.leaks(answer, allowed=OPEN | {"organisation"}, asked=path) == []
            for viewer in ("nobody", "piet", "zwak", *REFUSED):
                answer = await _ask(office, viewer, "GET", path)
                assert answer.status == (401 if viewer in ("nobody", *REFUSED) else 403), (path, viewer)
    finally:
        del office.tokens["wendy"]
