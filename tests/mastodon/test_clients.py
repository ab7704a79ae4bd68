"""How the apps that people have let themselves in, replayed: what each asks first, and in which form."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio

from tests.mastodon.conftest import App, Counter, demand_entity
from tests.mastodon.reader import Reader
from tests.mastodon.scene import done, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

VERIFIER: Final = "een-geheim-dat-lang-genoeg-is-om-niet-geraden-te-worden"
CHALLENGE: Final = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")

FIRST: Final[dict[str, tuple[str, ...]]] = {
    "Phanpy": (
        "/.well-known/host-meta",
        "/.well-known/nodeinfo",
        "/nodeinfo/2.0",
        "/api/v2/instance",
        "/.well-known/oauth-authorization-server",
    ),
    "Elk": ("/nodeinfo/2.0", "/api/v1/instance", "/api/v2/instance"),
    "Pinafore": ("/api/v1/instance",),
    "Tusky": ("/api/v1/instance", "/api/v2/instance"),
    "Ivory": ("/api/v2/instance", "/api/v1/instance"),
    "Ice Cubes": ("/api/v1/instance", "/api/v2/instance/"),
    "Tuba": ("/api/v1/instance", "/.well-known/nodeinfo"),
    "Mastodon.py": ("/api/v2/instance/", "/api/v1/instance/"),
}
"""What each asks before anybody is logged in."""

REDIRECTS: Final[dict[str, str]] = {
    "Phanpy": "https://phanpy.example/",
    "Elk": "https://elk.example/api/gouda.localhost/oauth/https%3A%2F%2Felk.example",
    "Pinafore": "https://pinafore.example/settings/instances/add",
    "Tusky": "oauth2redirect://com.keylesspalace.tusky/",
    "Ivory": "com.tapbots.Ivory:/request_token",
    "Ice Cubes": "icecubesapp://",
    "Tuba": "tuba://auth_code",
    "Mastodon.py": "urn:ietf:wg:oauth:2.0:oob",
}
"""Where each wants people to be sent back to."""

AFTER: Final[dict[str, int]] = {
    "/api/v1/accounts/verify_credentials": 200,
    "/api/v1/preferences": 200,
    "/api/v1/markers?timeline[]=home&timeline[]=notifications": 200,
    "/api/v1/custom_emojis": 200,
    "/api/v1/filters": 200,
    "/api/v2/filters": 200,
    "/api/v1/lists": 200,
    "/api/v1/followed_tags?limit=200": 200,
    "/api/v1/follow_requests": 200,
    "/api/v1/announcements": 200,
    "/api/v1/notifications?limit=30&exclude_types[]=follow_request": 200,
    "/api/v2/notifications?grouped_types[]=favourite&grouped_types[]=reblog&grouped_types[]=follow": 200,
    "/api/v2/notifications/policy": 200,
    "/api/v1/conversations": 200,
    "/api/v1/trends/tags": 200,
    "/api/v1/push/subscription": 404,
    "/api/v1/timelines/home?limit=20": 200,
    "/api/v1/timelines/public?local=true&limit=20&only_media=false": 200,
}
"""What apps ask as soon as somebody is in, and how it is answered."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counter(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    """A town hall where Fatima can log in."""
    async with opened(tmp_path_factory.mktemp("clients"), logged_in_by_password=["fatima"]) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader(counter: Counter) -> AsyncIterator[Reader]:
    """Fatima in her browser."""
    found = Reader.at(counter.town)
    await found.log_in("fatima")
    yield found
    await found.close()


async def _register(app: App, name: str) -> dict[str, Any]:
    """Register as this app does: its values in the query, as a form or as JSON."""
    values = {"client_name": name, "redirect_uris": REDIRECTS[name], "scopes": "read write follow push"}
    if name == "Ice Cubes":
        answer = await app.ask("POST", "/api/v1/apps", params=values)
    elif name in ("Tusky", "Mastodon.py", "Pinafore"):
        answer = await app.ask("POST", "/api/v1/apps", data=values)
    else:  # one address among several
        answer = await app.post("/api/v1/apps", **{**values, "redirect_uris": [REDIRECTS[name], "https://x.example/"]})
    assert answer.status == 200, answer.json
    demand_entity(answer.json, "CredentialApplication")
    return dict(answer.json)


async def _code(reader: Reader, registered: dict[str, Any], name: str, **more: str) -> str:
    """Ask for a code; return it as the browser brings it back."""
    asked = {
        "client_id": registered["client_id"],
        "redirect_uri": REDIRECTS[name],
        "response_type": "code",
        "scope": "read write follow push",
    }
    page = await reader.open("/oauth/authorize", **asked, **more)
    assert page.status == 200, page.text
    answer = await reader.decide(page, "allow")
    if name == "Mastodon.py":
        return answer.text.split('id="f-code"')[1].split(">")[1].split("<")[0]
    assert answer.status == 303
    assert answer.location.startswith(REDIRECTS[name])
    told = parse_qs(urlsplit(answer.location).query)
    assert told.get("state") == ([more["state"]] if "state" in more else None)
    return told["code"][0]


@pytest.mark.parametrize("name", REDIRECTS)
async def test_an_app_lets_itself_in_and_finds_what_it_asks_for(counter: Counter, reader: Reader, name: str) -> None:
    app = counter.visitor
    for path in FIRST[name]:
        answer = await app.get(path)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*"), path
    registered = await _register(app, name)
    has_pkce = name in ("Phanpy", "Ivory")
    more = {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": "x"} if has_pkce else {}
    wanted = {
        "grant_type": "authorization_code",
        "client_id": registered["client_id"],
        "client_secret": registered["client_secret"],
        "redirect_uri": REDIRECTS[name],
        "code": await _code(reader, registered, name, **more),
        **({"code_verifier": VERIFIER} if has_pkce else {}),
    }
    if name == "Ice Cubes":
        token = await app.ask("POST", f"/oauth/token?{urlencode(wanted)}")
    else:
        token = await app.ask("POST", "/oauth/token", data=wanted)
    assert token.status == 200, token.json
    demand_entity(token.json, "Token")
    assert isinstance(token.json["created_at"], int)
    app.token = token.json["access_token"]
    for path, status in AFTER.items():
        answer = await app.ask("GET", path)
        assert answer.status == status, (path, answer.json)
    assert (await app.get("/api/v1/accounts/verify_credentials")).json["source"]["sensitive"] is False


async def test_every_form_of_a_parameter_means_the_same(counter: Counter) -> None:
    app = await counter.app_of("vormen")
    path, values = (
        "/api/v1/statuses",
        {"status": "Vier vormen", "poll[options][]": ["ja", "nee"], "poll[expires_in]": "600"},
    )
    pairs = [(name, each) for name, value in values.items() for each in ([value] if isinstance(value, str) else value)]
    nested = {"status": "Vier vormen", "poll": {"options": ["ja", "nee"], "expires_in": 600}}
    boundary = "grens"
    parts = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in pairs)
    multipart = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    for options in (
        {"params": pairs},
        {"data": pairs},
        {"data": f"{parts}--{boundary}--\r\n".encode(), "headers": multipart},
        {"json": nested},
    ):
        answer = await app.ask("POST", path, **options)
        assert answer.status == 200, (options, answer.json)
        assert [each["title"] for each in answer.json["poll"]["options"]] == ["ja", "nee"]


async def test_tusky_deletes_with_a_body_and_any_address_may_end_with_a_slash(counter: Counter) -> None:
    app, other = await counter.app_of("wisser"), await counter.app_of("lid")
    number = (await other.get("/api/v1/accounts/verify_credentials/")).json["id"]
    found = await done(app, "/api/v1/lists/", title="Even")
    await done(app, f"/api/v1/accounts/{number}/follow/")
    await done(app, f"/api/v1/lists/{found['id']}/accounts", account_ids=[number])
    path = f"/api/v1/lists/{found['id']}/accounts"
    assert (await app.ask("DELETE", path, data={"account_ids[]": number})).status == 200
    assert (await app.get(path)).json == []


async def test_mastodon_py_and_pinafore_find_the_stream_and_a_version_they_can_read(counter: Counter) -> None:
    old, new = [(await counter.visitor.get(f"/api/{each}/instance")).json for each in ("v1", "v2")]
    for address in (old["urls"]["streaming_api"], new["configuration"]["urls"]["streaming"]):
        assert address.startswith(("ws://", "wss://"))
    assert [int(each) for each in old["version"].split(" ")[0].split(".")] >= [4, 5, 0]
    assert new["version"] == old["version"]
    assert new["configuration"]["polls"]["max_options"] >= 4
