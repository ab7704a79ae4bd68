"""Every address of an instance, page or door, as a browser and a cache see it: headers, cookies, forms.

The ids are those of the threat table: WEB-04 to WEB-13 and CAC-01 to CAC-05.
"""

from __future__ import annotations

import asyncio
import io
import logging
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from PIL import Image

from fedgov.activitystreams.audience import Visibility
from fedgov.app import Server, web_application
from fedgov.features.media.service import emojis
from fedgov.features.media.service.uploads import upload
from fedgov.features.notices.service import filters, lists
from fedgov.features.notices.vocabulary import FilterContext
from fedgov.features.people.service import passwords
from fedgov.features.posts.service import publishing
from fedgov.federation import keys
from fedgov.instance import Instance
from fedgov.kernel.clock import ManualClock
from fedgov.kernel.config import read
from fedgov.store import audit
from fedgov.store.transaction import Transaction
from fedgov.web.csrf import FIELD
from fedgov.web.proxied import proxied_path, secret_of
from tests.fediverse import pooled_rsa
from tests.reference import DOORS
from tests.unit.features.residents import NOW, settle

DOMAIN: Final = "groningen.example"
PASSWORD: Final = "een-heel-lang-wachtwoord"
HTML: Final = {"Accept": "text/html,application/xhtml+xml"}
JSON: Final = {"Accept": "application/activity+json"}
NOBODY: Final = "99999999999999999"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: every header, repeated ones too."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return ", ".join(value for found, value in self.headers if found == name.lower())

    @property
    def cookies(self) -> list[str]:
        return [value for name, value in self.headers if name == "set-cookie"]

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(slots=True)
class Client:
    """A browser, or another server, at the entrance of the process.

    Args:
        server: The process.
        scheme: Of the instance.
        address: Where it comes from.
        cookies: What it keeps.
    """

    server: Server
    scheme: str = "https"
    address: str = "203.0.113.9"
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", host: str = DOMAIN
    ) -> Answer:
        path, _, query = path.partition("?")
        fields = {"Host": host, **(headers or {})}
        if self.cookies:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body:
            fields["Content-Length"] = str(len(body))
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in fields.items()],
            "client": (self.address, 40_000),
            "server": ("127.0.0.1", 8000),
            "extensions": {},
        }
        sent: list[dict[str, Any]] = []
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await asyncio.sleep(3_600)
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.server(scope, receive, send)
        start = next(message for message in sent if message["type"] == "http.response.start")
        found = [(name.decode().lower(), value.decode("latin-1")) for name, value in start["headers"]]
        answer = Answer(
            status=start["status"],
            headers=found,
            body=b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body"),
        )
        for cookie in answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers=HTML | headers)

    async def document(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers=JSON | headers)

    async def post(self, path: str, form: Mapping[str, str], *, via: str = "", **headers: str) -> Answer:
        """Send a form; ``via`` is the page with its token."""
        values = dict(form)
        if via:
            values[FIELD] = _TOKEN.findall((await self.get(via)).text)[0]
        fields = HTML | {"Content-Type": "application/x-www-form-urlencoded"} | headers
        return await self.ask("POST", path, headers=fields, body=urlencode(values).encode())

    async def log_in(self, username: str) -> None:
        answer = await self.post("/login", {"username": username, "password": PASSWORD}, via="/login")
        assert answer.status == 303, answer.text


def _filled(rule: str, values: Mapping[str, str]) -> str:
    """Return an address for a rule such as ``/posts/<int:post_id>``."""
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda match: values[match[1]], rule)


_TOKEN: Final = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Street:
    """The server, and what is to be found there."""

    server: Server
    instance: Instance
    scheme: str
    public: str
    closed: str
    file: str
    copy: str
    numbers: Mapping[str, str]
    """Of what anna has besides, by what it is called in addresses."""

    def client(self, **values: Any) -> Client:
        return Client(self.server, scheme=self.scheme, **values)

    async def logged_in(self, username: str) -> Client:
        client = self.client()
        await client.log_in(username)
        return client

    def paths(self, method: str) -> Iterator[tuple[str, str]]:
        """Every rule of the pages with an address of it."""
        values = {
            "username": "anna",
            "name": "anna",
            "handle": f"@anna@{DOMAIN}",
            "tag": "inkoop",
            "token": self.copy,
            "post_id": self.public,
            "quoting_id": self.closed,
            **self.numbers,
        }
        for rule in web_application().url_map.iter_rules():
            if method not in (rule.methods or ()):
                continue
            known = values | {"name": self.file} if rule.rule.startswith("/media/") else dict(values)
            if rule.rule.startswith("/static"):
                known["name"] = "fedgov.css" if "path:" in rule.rule else "logo"
            yield rule.rule, _filled(rule.rule, known)


def publish(tx: Transaction, *, visibility: Visibility) -> int:
    return publishing.publish_post(
        tx, author=tx.site.actor("anna"), text="Over **inkoop** #inkoop", visibility=visibility
    )


def _drawing() -> bytes:
    Image.new("RGB", (16, 16), "navy").save(drawn := io.BytesIO(), "PNG")
    return drawn.getvalue()


@pytest_asyncio.fixture(params=["https", "http"])
async def street(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Street]:
    async with _opened(tmp_path, scheme=request.param) as found:
        yield found


@pytest_asyncio.fixture
async def secure(tmp_path: Path) -> AsyncIterator[Street]:
    async with _opened(tmp_path, scheme="https") as found:
        yield found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "generate_rsa", pooled_rsa)
    monkeypatch.setattr(passwords, "_verify", lambda stored, password: password == PASSWORD)
    monkeypatch.setattr(passwords, "is_outdated", lambda stored: False)


@asynccontextmanager
async def _opened(folder: Path, *, scheme: str, **sections: Mapping[str, Any]) -> AsyncIterator[Street]:
    table: dict[str, Any] = {
        "instance": {"domain": DOMAIN, "organisation": "gemeente Groningen", "scheme": scheme, "contact": "a@b.nl"},
        "federation": {"allow_http": scheme == "http"},
        "accounts": {"registration": "open"},
    }
    home = folder / "groningen"
    home.mkdir()
    (home / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    server = Server([read(table | sections, folder=home)], clock=ManualClock(NOW))
    await server.open()
    try:
        instance = server.running[0].instance
        await instance.write(settle, "anna", name="Anna", administrator=True)
        await instance.write(settle, "bram", name="Bram")
        anna = instance.site.actor("anna")
        file = await upload(instance, owner=anna, name="x.pdf", data=PDF, public=True)
        contexts = [FilterContext.HOME]
        numbers = {
            "list_id": await instance.write(lists.create_list, owner=anna, title="Warmte"),
            "emoji_id": await emojis.add(instance, shortcode="gracht", data=_drawing()),
            "filter_id": await instance.write(filters.create_filter, owner=anna, title="Voetbal", contexts=contexts),
        }
        yield Street(
            server=server,
            instance=instance,
            scheme=scheme,
            public=str(await instance.write(publish, visibility=Visibility.PUBLIC)),
            closed=str(await instance.write(publish, visibility=Visibility.ORGANISATION)),
            file=file.token,
            copy=proxied_path(secret_of(home), "https://elders.example/x.png").rpartition("/")[2],
            numbers={name: str(number) for name, number in numbers.items()},
        )
    finally:
        await server.close()


PDF: Final = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"


# --- headers ----------------------------------------------------------------------------------------------------


def faults_of_policy(policy: str) -> list[str]:
    """What a page's policy leaves open."""
    rules = {words[0]: words[1:] for words in (rule.split() for rule in policy.split(";")) if words}
    faults = [f"{name} {word}" for name, words in rules.items() for word in words if "unsafe" in word or "*" in word]
    if rules.get("default-src") != ["'none'"]:
        faults.append("default-src is not 'none'")
    if "sandbox" not in rules and rules.get("frame-ancestors") != ["'none'"]:
        faults.append("may be framed")
    if "sandbox" not in rules and rules.get("base-uri") != ["'none'"]:
        faults.append("base-uri is open")
    if "sandbox" not in rules and rules.get("form-action") != ["'self'"]:
        faults.append("forms may go elsewhere")
    return faults


def faults_of_page(rule: str, answer: Answer, *, scheme: str) -> list[str]:
    faults = faults_of_policy(answer["content-security-policy"])
    if rule.startswith("/static/own/"):
        faults = [each for each in faults if each != "style-src 'unsafe-inline'"]  # a logo on its own, in a sandbox
    if answer["x-content-type-options"] != "nosniff":
        faults.append("may be sniffed")
    if answer["referrer-policy"] != "same-origin":
        faults.append("tells others where a reader was")
    if "camera=()" not in answer["permissions-policy"] or "geolocation=()" not in answer["permissions-policy"]:
        faults.append("may use the camera")
    if bool(answer["strict-transport-security"]) is not (scheme == "https"):
        faults.append(f"HSTS over {scheme}: {answer['strict-transport-security']!r}")
    for cookie in answer.cookies:
        faults += faults_of_cookie(cookie, scheme=scheme)
    return faults


def faults_of_cookie(cookie: str, *, scheme: str) -> list[str]:
    parts = [part.strip() for part in cookie.split(";")]
    wanted = {"Path=/", "HttpOnly", "SameSite=Lax"} | ({"Secure"} if scheme == "https" else set())
    begin = "__Host-fedgov-groningen" if scheme == "https" else "fedgov-groningen"
    faults = [f"cookie without {each}: {cookie}" for each in wanted if each not in parts]
    if not parts[0].startswith(begin):
        faults.append(f"cookie with another name: {cookie}")
    if any(part.lower().startswith("domain") for part in parts) or (scheme == "http" and "Secure" in parts):
        faults.append(f"cookie for others: {cookie}")
    return faults


class Markup(HTMLParser):
    """Finds what a strict policy forbids, and forms without a token."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._form: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.faults += [f"{tag} {name}" for name in named if name == "style" or name.startswith("on")]
        links = [(name, (value or "").strip()) for name, value in attrs]
        self.faults += [f"{tag} {name}={value}" for name, value in links if value.startswith("javascript")]
        if tag == "style" or (tag == "script" and "src" not in named):
            self.faults.append(f"inline {tag}")
        if tag == "form":
            self._form = [] if (named.get("method") or "").lower() == "post" else None
        if tag == "input" and self._form is not None:
            self._form.append(named.get("name") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None and FIELD not in self._form:
            self.faults.append("a form without a token")
        if tag == "form":
            self._form = None


def faults_of_markup(page: str) -> list[str]:
    markup = Markup()
    markup.feed(page)
    return markup.faults


async def test_web_10_every_page_is_closed_to_what_is_not_ours(street: Street) -> None:
    """WEB-10, WEB-04: policy, framing, sniffing, cookies, inline code and a token in every form, on every page."""
    faults: dict[str, list[str]] = {}
    pages = 0
    for who in ("", "bram", "anna"):
        client = await street.logged_in(who) if who else street.client()
        for rule, path in street.paths("GET"):
            for asked in (path, f"{path}?lang=en"):
                answer = await client.get(asked)
                assert answer.status < 500, (asked, answer.text)
                found = faults_of_page(rule, answer, scheme=street.scheme)
                if answer["content-type"].startswith("text/html"):
                    pages += 1
                    found += faults_of_markup(answer.text)
                if found:
                    faults[f"{who} {asked}"] = found
    assert faults == {}
    assert pages > 60, "the walk has seen the pages themselves"


async def test_web_10_refusals_are_closed_too(street: Street) -> None:
    client = street.client()
    for method, path in (("GET", "/nergens"), ("GET", f"/posts/{NOBODY}"), ("POST", "/compose"), ("DELETE", "/about"),
                         ("GET", "/%00"), ("GET", "/media/x"), ("POST", "/login")):  # fmt: skip
        answer = await client.ask(method, path, headers=HTML)
        assert answer.status in range(400, 500), (method, path)
        assert faults_of_page(path, answer, scheme=street.scheme) == [], (method, path)


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("<script>x</script>", "inline script"),
        ("<p style='color:red'>", "p style"),
        ("<img onerror=x>", "img onerror"),
        ("<a href='javascript:x'>", "a href=javascript:x"),
        ("<form method=post><input name=x></form>", "a form without a token"),
    ],
)
def test_the_walk_sees_a_fault_in_a_page(page: str, fault: str) -> None:
    assert faults_of_markup(page) == [fault]


def test_the_walk_sees_a_fault_in_a_header() -> None:
    assert faults_of_policy("default-src 'self' 'unsafe-inline'") != []
    good = "__Host-fedgov-groningen=x; Path=/; HttpOnly; SameSite=Lax; Secure"
    assert faults_of_cookie(good, scheme="https") == []
    for broken in (good.replace("__Host-", ""), good.replace("; HttpOnly", ""), good + "; Domain=example"):
        assert faults_of_cookie(broken, scheme="https") != []


async def test_nothing_is_sniffed_at_the_doors(secure: Street) -> None:
    client = secure.client()
    for method, _, example, _ in DOORS:
        path = example.replace("/users/fatima", "/users/anna")
        for asked in ("GET", "HEAD", "POST"):
            answer = await client.ask(asked, path, headers=JSON)
            assert answer["x-content-type-options"] == "nosniff", (asked, path)
            assert answer.status < 500, (asked, path)
        assert method in ("GET", "POST")
    assert (await client.ask("GET", "/about", host="elders.example"))["x-content-type-options"] == "nosniff"


async def test_a_file_is_given_in_a_sandbox_with_its_disposition(secure: Street) -> None:
    """XSS-04: whatever is in a file, a browser runs nothing of it in our name."""
    client = await secure.logged_in("anna")
    answer = await client.get(f"/media/{secure.file}")
    assert answer.status == 200
    assert answer["content-disposition"].startswith("attachment;")
    assert "sandbox" in answer["content-security-policy"]
    assert answer["content-type"] == "application/pdf"
    missing = await client.get(f"/media/proxy/{secure.copy}")
    assert "sandbox" in missing["content-security-policy"]


# --- forms ------------------------------------------------------------------------------------------------------


async def test_web_04_no_form_counts_without_its_token(secure: Street) -> None:
    """WEB-04: for every address that takes a form, log-in and log-out too."""
    for who in ("", "anna"):
        client = await secure.logged_in(who) if who else secure.client()
        for rule, path in secure.paths("POST"):
            for form in ({}, {FIELD: "x"}, {FIELD: "A" * 64}):
                answer = await client.post(path, form)
                assert answer.status in (401, 403), (who, rule, answer.status)
    anna = await secure.logged_in("anna")
    await anna.post("/logout", {})
    assert (await anna.get("/home")).status == 200, "nobody is logged out by another site"


async def test_web_04_a_form_that_another_site_sends_does_not_count(secure: Street) -> None:
    anna = await secure.logged_in("anna")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await anna.post("/logout", {}, via="/logout", **headers)
        assert answer.status == 403
    stranger = secure.client()
    answer = await stranger.post(
        "/login", {"username": "anna", "password": PASSWORD}, via="/login", Origin="https://evil.example"
    )
    assert answer.status == 403, "nobody is logged in by another site"


# --- whose word counts ------------------------------------------------------------------------------------------

FORGED: Final = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Port": "81",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/evil",
    "X-Rewrite-URL": "/evil",
    "Forwarded": "host=evil.example;proto=http",
    "X-Host": "evil.example",
}


async def test_web_05_and_cac_03_no_header_of_a_stranger_comes_back(secure: Street) -> None:
    """WEB-05, CAC-03: every address is made from the configuration, whatever a request says about itself."""
    for who in ("", "anna"):
        client = await secure.logged_in(who) if who else secure.client()
        for _, path in secure.paths("GET"):
            answer = await client.get(path, **FORGED)
            assert "evil" not in str(answer.headers), path
            assert b"evil" not in answer.body, path
            assert b"http://groningen" not in answer.body, path
    client = secure.client()
    for _, _, example, _ in DOORS:
        path = example.replace("/users/fatima", "/users/anna")
        answer = await client.document(path, **FORGED)
        assert "evil" not in str(answer.headers), path
        assert b"evil" not in answer.body, path
        plain = await client.document(path)
        assert (answer.status, answer.body) == (plain.status, plain.body), path


async def test_web_05_another_host_is_nobody_here(secure: Street) -> None:
    for path in ("/about", "/login", "/.well-known/webfinger?resource=acct:anna@evil.example", "/users/anna"):
        answer = await secure.client().ask("GET", path, headers=HTML, host="evil.example")
        assert answer.status == 421
        assert b"groningen" not in answer.body


async def test_web_06_a_forged_address_dodges_no_limit(secure: Street) -> None:
    """WEB-06: without a trusted proxy X-Forwarded-For means nothing."""
    client = secure.client(address="8.8.8.8")
    statuses = []
    for number in range(700):
        headers = {"X-Forwarded-For": f"9.9.{number // 250}.{number % 250}", "Content-Type": "application/json"}
        statuses.append((await client.ask("POST", "/inbox", headers=headers, body=b"{")).status)
    assert statuses.count(429) == 100
    assert (await secure.client(address="9.9.9.9").get("/about")).status == 200


async def test_web_06_the_proxy_that_we_trust_is_believed_as_far_as_it_saw(tmp_path: Path) -> None:
    async with _opened(tmp_path, scheme="https", server={"trusted_proxies": ["127.0.0.1/32"]}) as street:
        for forwarded, network in (
            ("9.9.9.9", "9.9.9.0/24"),
            ("1.1.1.1, 9.9.8.9", "9.9.8.0/24"),
            ("nonsense", "127.0.0.0/24"),
        ):
            client = street.client(address="127.0.0.1")
            await client.post(
                "/login",
                {"username": "anna", "password": "verkeerd"},
                via="/login",
                **{"X-Forwarded-For": forwarded},
            )
            head = await street.instance.read(audit.head)
            row = await street.instance.read(audit.find, number=head.number)
            assert row is not None
            assert (row.kind, row.source) == ("login.failed", network)


async def test_a_page_says_429_in_plain_words_before_it_looks_at_anything(secure: Street) -> None:
    client = secure.client(address="8.8.8.8")
    for _ in range(600):
        await client.ask("POST", "/inbox", headers={"Content-Type": "application/json"}, body=b"{")
    for method, path in (("GET", "/"), ("POST", "/login"), ("GET", "/users/anna")):
        answer = await client.ask(method, path, headers=HTML | {"Accept-Language": "nl"})
        assert answer.status == 429
        assert 1 <= int(answer["retry-after"]) <= 60
        assert answer["cache-control"] == "no-store"
    dutch, frisian = [(await client.get("/", **{"Accept-Language": each})).text for each in ("nl", "fy")]
    assert "Wacht 1 seconde" in dutch
    assert "Wachtsje" in frisian
    assert (await secure.client(address="9.9.9.9").get("/")).status == 200


async def test_refused_forms_count_like_refused_messages(tmp_path: Path) -> None:
    async with _opened(tmp_path, scheme="https", limits={"refused_per_minute": 10}) as street:
        client = street.client(address="8.8.8.8")
        statuses = [(await client.post("/login", {})).status for _ in range(12)]
        assert statuses == [403] * 10 + [429] * 2
        assert (await client.document("/users/anna")).status == 429, "every door counts together"


# --- accounts ---------------------------------------------------------------------------------------------------


async def test_web_07_an_unknown_name_and_a_wrong_password_are_answered_alike(secure: Street) -> None:
    """WEB-07: status, headers and page, but for what was typed and the token."""

    async def tried(username: str) -> tuple[int, list[tuple[str, str]], str]:
        client = secure.client(address="203.0.113.50")
        answer = await client.post("/login", {"username": username, "password": "verkeerd"}, via="/login")
        fixed = [each for each in answer.headers if each[0] not in ("date", "set-cookie", "content-length")]
        return answer.status, fixed, _TOKEN.sub("", answer.text).replace(username, "NAME")

    assert await tried("anna") == await tried("nobody")


async def test_web_11_a_form_changes_only_what_is_on_it(secure: Street) -> None:
    """WEB-11: more fields than the page has are without effect."""
    bram = await secure.logged_in("bram")
    extra = {
        "administrator": "yes", "admin": "1", "account_id": "1", "username": "anna", "disabled_at": "1",
        "actor": secure.instance.site.actor("anna"), "uri": "x", "kind": "Application", "password_hash": "x",
    }  # fmt: skip
    form = {"language": "nl", "default_audience": "organisation"} | extra
    assert (await bram.post("/settings", form, via="/settings")).status == 303
    form = {"name": "Bram", "function": "", "department": "", "about": ""} | extra
    assert (await bram.post("/settings/profile", form, via="/settings/profile")).status == 303
    assert (await bram.get("/admin")).status == 403
    els = secure.client()
    form = {"name": "Els", "username": "els", "function": "", "password": "een-heel-ander-wachtwoord"}
    assert (await els.post("/register", form | {"administrator": "yes"}, via="/register")).status == 303
    assert (await els.get("/admin")).status == 403
    anna = await secure.logged_in("anna")
    assert (await anna.get("/admin")).status == 200


async def test_web_13_a_bug_tells_nobody_anything_and_a_log_has_no_secret(
    secure: Street, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WEB-13: no traceback to a client; no password, token or cookie in the log."""
    caplog.set_level(logging.DEBUG)
    anna = await secure.logged_in("anna")
    await secure.client().post("/login", {"username": "anna", "password": "mijn-mislukte-geheim"}, via="/login")

    async def broken(*_words: object, **_values: object) -> None:
        raise ZeroDivisionError("inner secret")

    monkeypatch.setattr(Instance, "read", broken)
    answer = await anna.get("/home")
    monkeypatch.undo()
    assert answer.status == 500
    assert "ZeroDivisionError" not in answer.text
    assert "inner secret" not in answer.text
    logged = caplog.text
    for secret in (PASSWORD, "mijn-mislukte-geheim", *(value for value in anna.cookies.values() if len(value) > 20)):
        assert secret not in logged


# --- caches -----------------------------------------------------------------------------------------------------

BOTH: Final = ("/users/anna", "/users/anna/followers", "/users/anna/following", "/posts/{public}")
"""Addresses that are a page and a document."""


async def test_cac_01_a_cache_keeps_page_and_document_apart(secure: Street) -> None:
    """CAC-01: one address, two representations: both say that the Accept header chose."""
    client = secure.client()
    for address in BOTH:
        path = address.format(public=secure.public)
        page, document = await client.get(path), await client.document(path)
        assert page["content-type"].startswith("text/html"), path
        assert "json" in document["content-type"], path
        for answer in (page, document):
            assert "accept" in answer["vary"].lower().replace(" ", "").split(","), (path, answer["vary"])
        assert page["etag"] != document["etag"] or not page["etag"]


async def test_cac_02_what_is_for_one_reader_is_kept_by_nobody(secure: Street) -> None:
    """CAC-02: pages of who is logged in, and what was asked for with a signature."""
    anna = await secure.logged_in("anna")
    for _, path in secure.paths("GET"):
        if path.startswith(("/static/", "/media/")):
            continue
        answer = await anna.get(path)
        caching = answer["cache-control"]
        assert "no-store" in caching or "private" in caching, (path, caching)
        assert "public" not in caching, path
    stranger = secure.client()
    for path in (f"/posts/{secure.closed}", "/users/anna/followers_synchronization"):
        answer = await stranger.document(path, Signature='keyId="https://x.example/k",signature="AA=="')
        assert answer.status in (400, 401, 403, 404)
        assert "no-store" in answer["cache-control"]
        assert "signature" in answer["vary"].lower()


async def test_cac_03_a_parameter_changes_no_representation(secure: Street) -> None:
    client = secure.client()
    plain = await client.document("/users/anna")
    for query in ("format=html", "_format=json", "accept=text/html", "callback=x", "utm_source=x"):
        answer = await client.document(f"/users/anna?{query}")
        assert (answer.status, answer["content-type"]) == (plain.status, plain["content-type"])
        assert b"callback" not in answer.body
        assert b"utm_source" not in answer.body


async def test_cac_04_nothing_that_is_absent_now_is_absent_for_long(secure: Street) -> None:
    """CAC-04: 404 and the like are not kept, so somebody who is made a moment later is found."""
    client = secure.client()
    for path in ("/users/karel", f"/posts/{NOBODY}", "/.well-known/webfinger?resource=acct:karel@groningen.example"):
        for answer in (await client.get(path), await client.document(path)):
            assert answer.status in (404, 406), path
            assert "no-store" in answer["cache-control"], path
    await secure.instance.write(settle, "karel", name="Karel")
    assert (await client.document("/users/karel")).status == 200
    assert (await client.document("/.well-known/webfinger?resource=acct:karel@groningen.example")).status == 200


async def test_cac_05_a_copy_says_how_long_it_may_be_kept_and_by_whom(secure: Street) -> None:
    """CAC-05: media say so in every case, and what is for some is checked again each time."""
    anna, stranger = await secure.logged_in("anna"), secure.client()
    for client in (anna, stranger):
        for path in (f"/media/{secure.file}", f"/media/proxy/{secure.copy}", "/media/nothing"):
            answer = await client.get(path)
            assert answer["cache-control"], path
            assert answer.status == 200 or "public" not in answer["cache-control"]
    owner = secure.instance.site.actor("anna")
    own = await upload(secure.instance, owner=owner, name="y.pdf", data=PDF + b"\n")
    path = own.url(secure.instance.site).removeprefix(secure.instance.site.origin)
    answer = await anna.get(path)
    assert (answer.status, answer["cache-control"], answer["vary"]) == (200, "private, no-cache", "Cookie")
    hidden = await stranger.get(path, **{"If-None-Match": answer["etag"]})
    assert hidden.status == 404, "knowing the ETag shows nothing"
