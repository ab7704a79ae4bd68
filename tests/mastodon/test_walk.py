"""Every operation of the table is called with valid input, and its answer held against the published schema."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.streams.names import ROOT, STREAMS
from fedgov.mastodon.table import TABLE
from tests.mastodon import published
from tests.mastodon.conftest import Answered, App
from tests.mastodon.scene import PICTURE, Scene, done, played

pytestmark = pytest.mark.asyncio(loop_scope="module")

BY_HAND: Final = "urn:ietf:wg:oauth:2.0:oob"
SOON: Final = "2026-12-30T12:00:00.000Z"
_NAME: Final = re.compile(r":([a-z_]+)")

Make = Callable[[Scene], Awaitable[str]]
Sent = Mapping[str, Any] | Callable[[Scene], Mapping[str, Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """A town hall in which everything has happened."""
    async with played(tmp_path_factory.mktemp("scene")) as found:
        yield found


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """How one operation is called.

    Args:
        at: What stands in the place of the path: a name in the ids of the scene, or something that makes it; with
            ``|`` between them when there are several.
        params: The query.
        json: The body.
        by: Whose app calls.
        entity: The entity that is answered, where the published description does not say.
        status: What is answered.
    """

    at: str | Make = ""
    params: Mapping[str, str] = field(default_factory=dict)
    json: Sent | None = None
    by: Callable[[Scene], App] | None = None
    entity: str | None = None
    status: int = 200


# --- what is made to be changed ---------------------------------------------------------------------------------


async def new_post(scene: Scene) -> str:
    return await scene.post()


async def new_quotation(scene: Scene) -> str:
    quoted = await scene.post("Om te citeren")
    return f"{quoted}|{await scene.post('Lees dit', by=scene.jelle, quoted_status_id=quoted)}"


async def quoted_post(scene: Scene) -> str:
    return (await new_quotation(scene)).partition("|")[0]


async def new_file(scene: Scene) -> str:
    return await scene.upload()


async def new_list(scene: Scene) -> str:
    return str((await done(scene.fatima, "/api/v1/lists", title="Nieuw"))["id"])


async def list_with_jelle(scene: Scene) -> str:
    number = await new_list(scene)
    await done(scene.fatima, f"/api/v1/lists/{number}/accounts", account_ids=[scene.ids["jelle"]])
    return number


async def _filter(scene: Scene) -> dict[str, Any]:
    words = [{"keyword": "stil"}]
    found = await done(scene.fatima, "/api/v2/filters", title="Nog een", context=["home"], keywords_attributes=words)
    return dict(found)


async def new_filter(scene: Scene) -> str:
    return str((await _filter(scene))["id"])


async def new_keyword(scene: Scene) -> str:
    return str((await _filter(scene))["keywords"][0]["id"])


async def new_filtered_post(scene: Scene) -> str:
    path = f"/api/v2/filters/{await new_filter(scene)}/statuses"
    return str((await done(scene.fatima, path, status_id=await new_post(scene)))["id"])


async def new_scheduled(scene: Scene) -> str:
    return await scene.post("Later", scheduled_at="2026-12-31T12:00:00.000Z")


async def new_featured_tag(scene: Scene) -> str:
    return str((await done(scene.fatima, "/api/v1/featured_tags", name=f"tag{await new_post(scene)}"))["id"])


async def new_notification(scene: Scene) -> str:
    await done(scene.jelle, f"/api/v1/statuses/{await new_post(scene)}/favourite")
    return str((await scene.fatima.get("/api/v1/notifications")).json[0]["id"])


async def new_group(scene: Scene) -> str:
    await new_notification(scene)
    return str((await scene.fatima.get("/api/v2/notifications")).json["notification_groups"][0]["group_key"])


async def new_request(scene: Scene) -> str:
    """Somebody whom Fatima does not know writes to her while she wants those to wait."""
    wait = {"for_not_following": "filter"}
    assert (await scene.fatima.ask("PATCH", "/api/v2/notifications/policy", json=wait)).status == 200
    stranger = await scene.somebody(f"vreemde{await new_post(scene)}")
    await scene.post("Dag @fatima", by=stranger)
    return str((await scene.fatima.get("/api/v1/notifications/requests")).json[0]["id"])


async def new_conversation(scene: Scene) -> str:
    await scene.post(
        "@fatima even iets", by=await scene.somebody(f"prater{await new_post(scene)}"), visibility="direct"
    )
    return str((await scene.fatima.get("/api/v1/conversations")).json[0]["id"])


async def new_poll(scene: Scene) -> str:
    return await scene.post("Doen?", by=scene.jelle, poll={"options": ["ja", "nee"], "expires_in": 3_600})


async def new_colleague(scene: Scene) -> str:
    app = await scene.somebody(f"collega{await new_post(scene)}")
    return str((await app.get("/api/v1/accounts/verify_credentials")).json["id"])


async def followed_colleague(scene: Scene) -> str:
    number = await new_colleague(scene)
    await done(scene.fatima, f"/api/v1/accounts/{number}/follow")
    return number


async def new_follow_request(scene: Scene) -> str:
    app = await scene.somebody(f"volger{await new_post(scene)}")
    assert (await scene.fatima.ask("PATCH", "/api/v1/profile", json={"locked": True})).status == 200
    await done(app, f"/api/v1/accounts/{scene.ids['fatima']}/follow")
    assert (await scene.fatima.ask("PATCH", "/api/v1/profile", json={"locked": False})).status == 200
    return str((await app.get("/api/v1/accounts/verify_credentials")).json["id"])


async def reaction(scene: Scene) -> str:
    return f"{scene.ids['announcement']}|👍"


async def new_reaction(scene: Scene) -> str:
    answer = await scene.fatima.ask("PUT", f"/api/v1/announcements/{scene.ids['announcement']}/reactions/🎉")
    assert answer.status == 200, answer.json
    return f"{scene.ids['announcement']}|🎉"


PUSH: Final = "/api/v1/push/subscription"


async def subscribed(scene: Scene) -> str:
    """Otto, to whom nothing happens, has an app that wants to be told."""
    await done(scene.otto, PUSH, **_subscription(scene))
    return ""


def _subscription(_scene: Scene) -> dict[str, Any]:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    p256dh, auth = (urlsafe_b64encode(each).decode().rstrip("=") for each in (point, bytes(16)))
    keys = {"p256dh": p256dh, "auth": auth}
    return {
        "subscription": {"endpoint": "https://push.example/otto", "keys": keys},
        "data": {"alerts": {"mention": True}, "policy": "all"},
    }


async def beginning(scene: Scene) -> str:
    """The day since when the terms are as they are."""
    return str((await scene.visitor.get("/api/v1/instance/privacy_policy")).json["updated_at"])[:10]


def _word(text: str) -> Make:
    async def same(_scene: Scene) -> str:
        return text

    return same


# --- how each is called -----------------------------------------------------------------------------------------

_APP: Final = {"client_name": "Wandeling", "redirect_uris": BY_HAND, "scopes": "read write"}

_ACCOUNT: Final = Visit(at="jelle")
_CHANGED: Final = Visit(at=new_colleague)
_POST: Final = Visit(at="plain")
_OWN_POST: Final = Visit(at=new_post)

VISITS: Final[Mapping[str, Visit]] = {
    # accounts
    "GET /api/v1/accounts": Visit(params={"id[]": "jelle"}),
    "GET /api/v1/accounts/lookup": Visit(params={"acct": "@fatima"}),
    "GET /api/v1/accounts/search": Visit(params={"q": "jel"}),
    "GET /api/v1/accounts/relationships": Visit(params={"id[]": "jelle"}),
    "GET /api/v1/accounts/familiar_followers": Visit(params={"id[]": "saskia"}),
    "POST /api/v1/accounts/:id/note": Visit(at=new_colleague, json={"comment": "Let op"}),
    "POST /api/v1/accounts/:id/endorse": Visit(at=followed_colleague),
    "POST /api/v1/accounts/:id/pin": Visit(at=followed_colleague),
    "POST /api/v1/follow_requests/:id/authorize": Visit(at=new_follow_request),
    "POST /api/v1/follow_requests/:id/reject": Visit(at=new_follow_request),
    "DELETE /api/v1/suggestions/:id": Visit(at=new_colleague),
    "PATCH /api/v1/accounts/update_credentials": Visit(
        json={"display_name": "Fatima", "source": {"privacy": "public"}}
    ),
    "PATCH /api/v1/profile": Visit(json={"note": "Vraag maar"}),
    "DELETE /api/v1/profile/avatar": Visit(),
    "DELETE /api/v1/profile/header": Visit(),
    "POST /api/v1/domain_blocks": Visit(json={"domain": "drukte.example"}),
    "DELETE /api/v1/domain_blocks": Visit(json={"domain": "drukte.example"}),
    "POST /api/v1/reports": Visit(
        json=lambda scene: {
            "account_id": scene.ids["jelle"],
            "status_ids": [scene.ids["of jelle"]],
            "comment": "Kijk eens",
            "category": "violation",
            "rule_ids": ["1"],
        }
    ),
    "GET /api/v1/emails/check_confirmation": Visit(entity="-"),
    "POST /api/v1/emails/confirmations": Visit(status=403),
    # posts
    "GET /api/v1/statuses": Visit(params={"id[]": "plain"}),
    "POST /api/v1/statuses": Visit(json={"status": "Een bericht", "language": "nl"}),
    "PUT /api/v1/statuses/:id": Visit(at=new_post, json={"status": "Anders"}),
    "DELETE /api/v1/statuses/:id": _OWN_POST,
    "GET /api/v1/statuses/:id/quotes": Visit(at=quoted_post),
    "POST /api/v1/statuses/:id/quotes/:quoting_status_id/revoke": Visit(at=new_quotation),
    "PUT /api/v1/statuses/:id/interaction_policy": Visit(at=new_post, json={"quote_approval_policy": "followers"}),
    "POST /api/v1/statuses/:id/favourite": Visit(at="from elsewhere"),
    "POST /api/v1/polls/:id/votes": Visit(at=new_poll, json={"choices": [1]}),
    "GET /api/v1/polls/:id": Visit(at="poll"),
    "PUT /api/v1/scheduled_statuses/:id": Visit(at=new_scheduled, json={"scheduled_at": SOON}),
    "DELETE /api/v1/scheduled_statuses/:id": Visit(at=new_scheduled),
    "GET /api/v1/scheduled_statuses/:id": Visit(at="scheduled"),
    "GET /api/v1/media/:id": Visit(at=new_file),
    "PUT /api/v1/media/:id": Visit(at=new_file, json={"description": "Beter gezegd", "focus": "0.5,0.5"}),
    "DELETE /api/v1/media/:id": Visit(at=new_file),
    "GET /api/oembed": Visit(params={"url": "uri of plain"}),
    # lists
    "POST /api/v1/lists": Visit(json={"title": "Nieuw", "replies_policy": "list"}),
    "GET /api/v1/lists/:id": Visit(at="list"),
    "PUT /api/v1/lists/:id": Visit(at=new_list, json={"title": "Anders", "exclusive": True}),
    "DELETE /api/v1/lists/:id": Visit(at=new_list),
    "GET /api/v1/lists/:id/accounts": Visit(at="list"),
    "POST /api/v1/lists/:id/accounts": Visit(at=new_list, json=lambda scene: {"account_ids": [scene.ids["jelle"]]}),
    "DELETE /api/v1/lists/:id/accounts": Visit(
        at=list_with_jelle, json=lambda scene: {"account_ids": [scene.ids["jelle"]]}
    ),
    "GET /api/v1/timelines/list/:list_id": Visit(at="list"),
    # filters
    "POST /api/v2/filters": Visit(json={"title": "Stil", "context": ["home"], "filter_action": "hide"}),
    "GET /api/v2/filters/:id": Visit(at="filter"),
    "PUT /api/v2/filters/:id": Visit(at=new_filter, json={"title": "Anders"}),
    "DELETE /api/v2/filters/:id": Visit(at=new_filter),
    "GET /api/v2/filters/:filter_id/keywords": Visit(at="filter"),
    "POST /api/v2/filters/:filter_id/keywords": Visit(at=new_filter, json={"keyword": "lawaai"}),
    "GET /api/v2/filters/keywords/:id": Visit(at="keyword"),
    "PUT /api/v2/filters/keywords/:id": Visit(at=new_keyword, json={"keyword": "herrie", "whole_word": True}),
    "DELETE /api/v2/filters/keywords/:id": Visit(at=new_keyword),
    "GET /api/v2/filters/:filter_id/statuses": Visit(at="filter"),
    "POST /api/v2/filters/:filter_id/statuses": Visit(
        at=new_filter, json=lambda scene: {"status_id": scene.ids["plain"]}
    ),
    "GET /api/v2/filters/statuses/:id": Visit(at="filtered post"),
    "DELETE /api/v2/filters/statuses/:id": Visit(at=new_filtered_post),
    "GET /api/v1/filters": Visit(entity="[V1Filter]"),
    "POST /api/v1/filters": Visit(json={"phrase": "stil", "context": ["home"]}),
    "GET /api/v1/filters/:id": Visit(at="keyword"),
    "PUT /api/v1/filters/:id": Visit(at=new_keyword, json={"phrase": "anders", "context": ["home"]}),
    "DELETE /api/v1/filters/:id": Visit(at=new_keyword),
    # notifications
    "GET /api/v1/notifications/:id": Visit(at="notification"),
    "POST /api/v1/notifications/:id/dismiss": Visit(at=new_notification),
    "POST /api/v1/notifications/dismiss": Visit(params={"id": "made notification"}, entity="-"),
    "DELETE /api/v1/notifications/destroy_multiple": Visit(params={"ids[]": "1"}, entity="-"),
    "POST /api/v1/notifications/clear": Visit(by=lambda scene: scene.otto),
    "POST /api/v2/notifications/clear": Visit(by=lambda scene: scene.otto, entity="-"),
    "GET /api/v2/notifications/:group_key": Visit(at="group"),
    "GET /api/v2/notifications/:group_key/accounts": Visit(at="group"),
    "POST /api/v2/notifications/:group_key/dismiss": Visit(at=new_group),
    "PATCH /api/v2/notifications/policy": Visit(json={"for_new_accounts": "accept"}),
    "GET /api/v1/notifications/requests/:id": Visit(at=new_request),
    "POST /api/v1/notifications/requests/:id/accept": Visit(at=new_request),
    "POST /api/v1/notifications/requests/:id/dismiss": Visit(at=new_request),
    "POST /api/v1/notifications/requests/accept": Visit(params={"id[]": "made request"}),
    "POST /api/v1/notifications/requests/dismiss": Visit(params={"id[]": "made request"}),
    "DELETE /api/v1/conversations/:id": Visit(at=new_conversation),
    "POST /api/v1/conversations/:id/read": Visit(at="conversation"),
    "POST /api/v1/conversations/:id/unread": Visit(at="conversation", entity="Conversation"),
    "GET /api/v1/markers": Visit(params={"timeline[]": "home"}),
    "POST /api/v1/markers": Visit(json={"notifications": {"last_read_id": "1"}}),
    # tags
    "GET /api/v1/tags/:name": Visit(at=_word("wonen")),
    "POST /api/v1/tags/:name/follow": Visit(at=_word("zorg")),
    "POST /api/v1/tags/:name/unfollow": Visit(at=_word("zorg")),
    "POST /api/v1/tags/:id/feature": Visit(at=_word("zorg")),
    "POST /api/v1/tags/:id/unfeature": Visit(at=_word("zorg")),
    "POST /api/v1/featured_tags": Visit(json={"name": "Verkeer"}),
    "DELETE /api/v1/featured_tags/:id": Visit(at=new_featured_tag),
    "GET /api/v1/timelines/tag/:hashtag": Visit(at=_word("wonen")),
    # web push
    f"GET {PUSH}": Visit(at=subscribed, by=lambda scene: scene.otto),
    f"POST {PUSH}": Visit(json=_subscription, by=lambda scene: scene.otto),
    f"PUT {PUSH}": Visit(at=subscribed, json={"data": {"alerts": {"follow": True}}}, by=lambda scene: scene.otto),
    f"DELETE {PUSH}": Visit(at=subscribed, by=lambda scene: scene.otto),
    # what can be seen of the instance
    "GET /api/v1/instance/terms_of_service/:date": Visit(at=beginning),
    "GET /api/v1/instance/languages": Visit(entity="-"),
    "GET /api/v1/peers/search": Visit(params={"q": "delft"}, entity="-"),
    "GET /api/v1/preferences": Visit(entity="-"),
    "GET /health": Visit(entity="-"),
    "GET /api/v1/trends": Visit(entity="[Tag]"),
    "GET /api/v2/search": Visit(params={"q": "wonen"}),
    "POST /api/v1/announcements/:id/dismiss": Visit(at="announcement"),
    "PUT /api/v1/announcements/:id/reactions/:name": Visit(at=reaction),
    "DELETE /api/v1/announcements/:id/reactions/:name": Visit(at=new_reaction),
    # OAuth
    "GET /oauth/userinfo": Visit(entity="-"),
    "POST /api/v1/apps": Visit(json=_APP, by=lambda scene: scene.visitor),
}
"""What cannot be called without anything but a place of its own kind."""

MISTAKEN: Final[Mapping[str, str]] = {
    "GET /api/v1/filters": "the description says one filter, the documentation that it is made of a list",
}
"""Where the description is not what Mastodon does."""

ELSEWHERE: Final[Mapping[str, str]] = {
    "POST /api/v1/accounts": "an app registers somebody: test_an_app_registers_somebody_as_the_schema_says",
    "GET /api/v1/apps/verify_credentials": "needs the token of an app: test_an_app_by_itself_is_as_the_schema_says",
    "POST /oauth/token": "test_an_app_by_itself_is_as_the_schema_says",
    "POST /oauth/revoke": "test_an_app_by_itself_is_as_the_schema_says",
    **dict.fromkeys(
        [f"{method} /api/v1/push/subscription" for method in ("GET", "POST", "PUT", "DELETE")],
        "needs a push server: test_an_app_subscribes_changes_its_mind_and_leaves",
    ),
    "POST /api/v1/media": "brings a file: test_an_uploaded_file_is_as_the_schema_says",
    "POST /api/v2/media": "brings a file: test_an_uploaded_file_is_as_the_schema_says",
    **{f"GET {path}": "stays open: tests/mastodon/test_streaming.py" for path in (ROOT, f"{ROOT}/health", *STREAMS)},
    **{
        f"{each.method} {each.path}": "administrators only: test_administration.py holds it against the schema"
        for each in TABLE.endpoints
        if each.access.who == "administrator"
    },
}
"""What is walked by a test of its own."""

_BY_KIND: Final = (("/api/v1/accounts/:id", "POST", _CHANGED), ("/api/v1/accounts/:id", "GET", _ACCOUNT),
                   ("/api/v1/statuses/:id", "POST", _OWN_POST), ("/api/v1/statuses/:id", "GET", _POST))  # fmt: skip


def _key(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def _visit(endpoint: Endpoint) -> Visit | None:
    """Return how an endpoint is called; None when nobody said how."""
    found = VISITS.get(_key(endpoint))
    if found is None:
        kinds = [
            each for path, method, each in _BY_KIND if endpoint.method == method and endpoint.path.startswith(path)
        ]
        found = kinds[0] if kinds else None
    if found is None and endpoint.method == "GET" and ":" not in endpoint.path:
        return Visit()
    return found


WALKED: Final = [each for each in TABLE.endpoints if _key(each) not in ELSEWHERE]


async def _params(scene: Scene, visit: Visit) -> dict[str, str]:
    values = dict(visit.params)
    for name, value in values.items():
        if value == "made request":
            values[name] = await new_request(scene)
        elif value == "made notification":
            values[name] = await new_notification(scene)
        elif value == "uri of plain":
            values[name] = (await scene.fatima.get(f"/api/v1/statuses/{scene.ids['plain']}")).json["url"]
        else:
            values[name] = scene.ids.get(value, value)
    return values


async def _call(scene: Scene, endpoint: Endpoint, visit: Visit) -> Answered:
    at = scene.ids.get(visit.at, visit.at) if isinstance(visit.at, str) else await visit.at(scene)
    options: dict[str, Any] = {"params": await _params(scene, visit)}
    if visit.json is not None:
        options["json"] = visit.json(scene) if callable(visit.json) else visit.json
    app = visit.by(scene) if visit.by is not None else scene.fatima
    places = iter(at.split("|"))
    return await app.ask(endpoint.method, _NAME.sub(lambda _: next(places), endpoint.path), **options)


def demand_answer(endpoint: Endpoint, visit: Visit, answer: Answered) -> None:
    """Check an answer against what is published."""
    assert answer.status == visit.status, answer.json
    schema = published.answer_of(endpoint.method, endpoint.path, status=visit.status)
    if visit.entity is not None:
        assert schema is None or _key(endpoint) in MISTAKEN, "this is published: the walk need not say it"
        schema = None if visit.entity == "-" else published.entity(visit.entity)
    elif schema is None and published.description() is not None:
        # What answers {} has an empty description in the published schema.
        assert answer.json == {} or visit.status != 200, f"{_key(endpoint)} is not published: name its entity"
    if schema is not None:
        problems = published.problems_of(answer.json, schema)
        assert not problems, problems


@pytest.mark.parametrize("endpoint", WALKED, ids=_key)
async def test_every_operation_answers_what_is_published(scene: Scene, endpoint: Endpoint) -> None:
    visit = _visit(endpoint)
    assert visit is not None, f"say in VISITS how {_key(endpoint)} is called, or in ELSEWHERE who calls it"
    answer = await _call(scene, endpoint, visit)
    demand_answer(endpoint, visit, answer)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert int(answer.headers["x-ratelimit-remaining"]) <= int(answer.headers["x-ratelimit-limit"])


async def test_nothing_is_named_that_is_not_there() -> None:
    known = {_key(each) for each in TABLE.endpoints}
    assert set(VISITS) | set(ELSEWHERE) <= known, (set(VISITS) | set(ELSEWHERE)) - known


# --- what has its own way ---------------------------------------------------------------------------------------


def _endpoint(key: str) -> Endpoint:
    return next(each for each in TABLE.endpoints if _key(each) == key)


def _demand(key: str, answer: Answered, **values: Any) -> None:
    demand_answer(_endpoint(key), Visit(**values), answer)


async def _app_by_itself(scene: Scene) -> tuple[App, dict[str, Any]]:
    """Return the app by a token of its own, and what it was registered as."""
    app = scene.visitor
    registered = await done(app, "/api/v1/apps", **_APP)
    answer = await app.post(
        "/oauth/token",
        grant_type="client_credentials",
        client_id=registered["client_id"],
        client_secret=registered["client_secret"],
        scope="read write",
    )
    _demand("POST /oauth/token", answer)
    app.token = answer.json["access_token"]
    return app, registered


async def test_an_app_by_itself_is_as_the_schema_says(scene: Scene) -> None:
    app, registered = await _app_by_itself(scene)
    _demand("GET /api/v1/apps/verify_credentials", await app.get("/api/v1/apps/verify_credentials"))
    mine = {name: registered[name] for name in ("client_id", "client_secret")}
    _demand("POST /oauth/revoke", await scene.visitor.post("/oauth/revoke", token=app.token, **mine))
    assert (await app.get("/api/v1/apps/verify_credentials")).status == 401


async def test_an_app_registers_somebody_as_the_schema_says(scene: Scene) -> None:
    app, _ = await _app_by_itself(scene)
    wanted = {"username": "nieuweling", "email": "n@gouda.example", "password": "een-heel-lang-wachtwoord"}
    answer = await app.post("/api/v1/accounts", **wanted, agreement=True, locale="nl")
    _demand("POST /api/v1/accounts", answer)


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_an_uploaded_file_is_as_the_schema_says(scene: Scene, version: str) -> None:
    form = aiohttp.FormData({"description": "Het plein"})
    form.add_field("file", PICTURE, filename="plein.png", content_type="image/png")
    answer = await scene.fatima.ask("POST", f"/api/{version}/media", data=form)
    _demand(f"POST /api/{version}/media", answer)
