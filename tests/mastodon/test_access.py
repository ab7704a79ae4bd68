"""Endpoint × scope × role: nobody gets further than the table of endpoints says, whatever token they show.

Every row is asked by everybody, in one process and without a socket; its handler is taken out and notes that it was
reached. Spec: rows AC-01 to AC-19 of the threat table, "deny by default".
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import pytest
from sqlalchemy import select

from fedgov.features.people.queries import account_of
from fedgov.features.people.service import accounts, tokens
from fedgov.features.people.service.apps import register_app
from fedgov.features.people.vocabulary import OUT_OF_BAND, SCOPES
from fedgov.federation.doors.answers import Reply
from fedgov.mastodon import reception
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint, Table
from fedgov.mastodon.replies import NOTHING
from fedgov.mastodon.table import TABLE
from fedgov.store.tables import metadata
from fedgov.store.transaction import Transaction
from tests import services
from tests.mastodon.conftest import Counter

MANY: Final = 1_000_000
Holder = str
PEOPLE: Final = ("person", "disabled", "demoted", "administrator")

THINGS: Final = ("accounts", "actors", "apps", "blocks", "follows", "mutes", "objects", "posts", "tokens")
VISITOR: Final = "in as a visitor"
ADMITTED: Final = "in as who they are"
UNKNOWN, FORBIDDEN, NOBODY_IN_PARTICULAR = 401, 403, 422


@pytest.fixture
def settings() -> dict[str, dict[str, Any]]:
    """A town hall that lets itself be asked thousands of times."""
    return {"limits": {"api_calls_per_five_minutes": MANY, "api_uploads_per_half_hour": MANY}}


# --- what must be: written without the code that decides --------------------------------------------------------


def enough(granted: Iterable[str], endpoint: Endpoint) -> bool:
    """Tell whether scopes open an endpoint."""
    wanted = endpoint.access.scopes
    return not wanted or any(_is_within(one, scope) for one in wanted for scope in granted)


def _is_within(wanted: str, scope: str) -> bool:
    if wanted == scope or wanted.startswith(f"{scope}:"):
        return True
    return scope == "follow" and wanted.partition(":")[2] in ("blocks", "follows", "mutes") and "admin" not in wanted


def demanded(endpoint: Endpoint, holder: Holder, granted: tuple[str, ...]) -> str | int:
    """Return what must become of a call: a status, or how it gets in."""
    if holder == "nobody":
        return VISITOR if endpoint.access.who == "anybody" else UNKNOWN
    if holder in ("unknown", "revoked", "disabled"):
        return UNKNOWN
    worth = [scope for scope in granted if holder == "administrator" or not scope.startswith("admin:")]
    covered = enough(worth, endpoint)
    if endpoint.access.who == "anybody":
        return ADMITTED if covered else VISITOR
    if not covered:
        return FORBIDDEN
    if endpoint.access.who != "app" and holder == "app":
        return NOBODY_IN_PARTICULAR
    if endpoint.access.who == "administrator" and holder != "administrator":
        return FORBIDDEN
    return ADMITTED


def cases(endpoint: Endpoint) -> Iterator[tuple[Holder, tuple[str, ...]]]:
    """Give everybody who tries, with the scopes of their token."""
    wanted = endpoint.access.scopes
    everything = tuple(SCOPES)
    too_little = tuple(scope for scope in SCOPES if not enough([scope], endpoint))
    wider = tuple(scope.rpartition(":")[0] for scope in wanted if ":" in scope)
    yield "nobody", ()
    for holder in ("unknown", "revoked", "disabled", "app", "person", "demoted", "administrator"):
        yield holder, everything
    for holder in ("app", "person", "demoted", "administrator"):
        for scope in (*wanted, *wider):
            yield holder, (scope,)
        if too_little:
            yield holder, too_little


# --- what is ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Guests:
    """People, an app, and whatever tokens they need."""

    account_ids: dict[str, int]
    app_id: int
    tokens: dict[tuple[Holder, tuple[str, ...]], str] = field(default_factory=dict)

    def give(self, tx: Transaction, *, wanted: Iterable[tuple[Holder, tuple[str, ...]]]) -> None:
        """Make the tokens, and then take away what some of them were worth."""
        for holder, scopes in wanted:
            if holder in ("nobody", "unknown") or (holder, scopes) in self.tokens:
                continue
            account_id = None if holder == "app" else self.account_ids.get(holder, self.account_ids["administrator"])
            made = tokens.issue(tx, account_id=account_id, scopes=" ".join(scopes), app_id=self.app_id)
            tokens.note_use(tx, token_id=made.token_id)
            self.tokens[holder, scopes] = made.token
            if holder == "revoked":
                tokens.end(tx, token_id=made.token_id, account_id=account_id)
        accounts.disable(tx, account_id=self.account_ids["disabled"])
        accounts.set_administrator(tx, account_id=self.account_ids["demoted"], administrator=False)

    def header(self, holder: Holder, scopes: tuple[str, ...]) -> list[tuple[bytes, bytes]]:
        """Return the header that somebody sends."""
        if holder == "nobody":
            return []
        token = "nobody-gave-this" if holder == "unknown" else self.tokens[holder, scopes]
        return [(b"authorization", f"Bearer {token}".encode())]


@dataclass(slots=True)
class Desk:
    """The door for apps, behind which nobody works."""

    door: reception.Reception
    host: bytes
    reached: str = ""

    def table(self) -> Table:
        """Return the table with every handler taken out."""
        return Table(replace(endpoint, handle=self._note) for endpoint in TABLE.endpoints)

    async def _note(self, call: Call) -> Reply:
        self.reached = VISITOR if call.bearer is None else ADMITTED
        return NOTHING

    async def ask(self, endpoint: Endpoint, header: list[tuple[bytes, bytes]]) -> str | int:
        """Return how far a call got: how it was let in, or the status."""
        sent: list[dict[str, Any]] = []
        self.reached = ""
        scope = {
            "type": "http",
            "method": endpoint.method,
            "path": re.sub(r":\w+", "12", endpoint.path),
            "query_string": b"",
            "headers": [(b"host", self.host), *header],
            "client": ("127.0.0.1", 1),
        }
        answer = self.door.match(scope)
        assert answer is not None, endpoint.path
        await answer(scope, _receive, partial(_keep, sent))
        status = int(sent[0]["status"])
        assert bool(self.reached) == (status == 200), (endpoint.path, status)
        return self.reached or status


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _keep(sent: list[dict[str, Any]], message: dict[str, Any]) -> None:
    sent.append(message)


async def _guests(counter: Counter) -> Guests:
    found = {}
    for name in PEOPLE:
        person = await counter.town.as_(f"the-{name}", administrator=name in ("administrator", "demoted"))
        row = await counter.town.ask(account_of, actor=person.uri)
        assert row is not None
        found[name] = int(row.id)
    app, _ = await counter.town.instance.write(
        register_app, name="App", redirect_uris=[OUT_OF_BAND], scopes=" ".join(SCOPES)
    )
    guests = Guests(found, app_id=app.id)
    wanted = {case for endpoint in TABLE.endpoints for case in cases(endpoint)}
    await counter.town.instance.write(guests.give, wanted=sorted(wanted))
    return guests


def _everything(tx: Transaction) -> dict[str, list[tuple[Any, ...]]]:
    """Return what people have here; what the server does by itself meanwhile is elsewhere."""
    return {name: [tuple(row) for row in tx.rows(select(metadata.tables[name]))] for name in THINGS}


async def test_ac_19_nobody_gets_further_than_the_table_says(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    guests = await _guests(counter)
    desk = Desk(counter.town.running.reception, counter.town.domain.encode())
    monkeypatch.setattr(reception, "TABLE", desk.table())
    before = await counter.town.ask(_everything)
    wrong = []
    for endpoint in TABLE.endpoints:
        for holder, scopes in cases(endpoint):
            became, must = await desk.ask(endpoint, guests.header(holder, scopes)), demanded(endpoint, holder, scopes)
            if became != must:
                wrong.append(f"{endpoint.method} {endpoint.path}: {holder} with {scopes[:3]}: {became}, not {must}")
    assert wrong == []
    assert await counter.town.ask(_everything) == before


def test_each_endpoint_says_in_a_sentence_of_its_own_what_it_does() -> None:
    told: dict[str, set[str]] = {}
    for endpoint in TABLE.endpoints:
        words = endpoint.what or (inspect.getdoc(endpoint.handle) or "").partition("\n\n")[0]
        assert isinstance(endpoint.handle, partial) <= bool(endpoint.what), f"{endpoint.path} needs a sentence"
        assert words.endswith("."), f"{endpoint.method} {endpoint.path}: {words!r}"
        told.setdefault(" ".join(words.split()), set()).add(re.sub(r"/v[12]/", "/v/", endpoint.path))
    aliases = {"View trending tags."}
    assert [words for words, paths in told.items() if len(paths) > 1 and words not in aliases] == []


# --- the same as Mastodon's -------------------------------------------------------------------------------------

_SUGGESTED: Final = "its own page says `read`; what it shows are accounts, so that the part of it is enough"
OTHERWISE: Final[dict[str, str]] = {
    "GET /api/v1/streaming/list": "read:lists opens it too, as it does the list's timeline",
    "GET /api/v1/streaming/user": "without read:notifications there are no notifications in it, as at Mastodon",
    "GET /api/v1/streaming/user/notification": "it shows nothing for which read:statuses would be needed by itself",
    "GET /api/v1/accounts/lookup": "Mastodon itself asks for no token here, and apps look people up before a log-in",
    "GET /api/v2/notifications/:group_key/accounts": "it reads and writes nothing; its page has the scope of a slip",
    "GET /api/v1/statuses/:id/source": "it is for a person who edits; an app by itself has no posts",
    "GET /api/v1/suggestions": _SUGGESTED,
    "GET /api/v2/suggestions": _SUGGESTED,
    "DELETE /api/v1/suggestions/:id": "its page says `read`, which is kept for apps; whoever asks for more may too",
}
"""Where a row differs from Mastodon's documentation, and why."""

ALSO: Final[dict[str, str]] = {
    "GET /api/v1/trends": "the older address of trending tags",
}
"""What Mastodon's documentation does not list, and why it is here."""


def _documented() -> list[tuple[str, str, str, str]]:
    path = services.vectors().parent / "design" / "mastodon-endpoints.tsv"
    if not path.is_file():
        pytest.skip("the list of Mastodon's endpoints is not here: it lies beside the test vectors")
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [(method, path, scope, rank) for method, path, scope, _, rank, *_ in (line.split("\t") for line in lines)]


def test_the_scopes_are_those_of_mastodon_or_the_difference_has_a_reason() -> None:
    documented = {_shape(method, path): words for method, path, words, _ in _documented()}
    known = {f"{each.method} {each.path}": each for each in TABLE.endpoints}
    words = {name: documented.get(_shape(each.method, each.path)) for name, each in known.items()}
    assert {name for name, said in words.items() if said is None} == set(ALSO)
    differ = {name for name, said in words.items() if said is not None and not _agrees(known[name], said)}
    assert differ == set(OTHERWISE)


def _shape(method: str, path: str) -> str:
    """Return a name that does not depend on what the places in a path are called."""
    return f"{method} {re.sub(r':[a-z_]+', ':', path)}"


_FOLLOW: Final = {"follow"}
"""Mastodon lets it through wherever it stands for the scope, also where its pages do not say so."""


def _agrees(endpoint: Endpoint, words: str) -> bool:
    scopes = set(re.findall(r"(?:admin:)?(?:read|write)(?::\w+)?|\bfollow\b|\bpush\b|\bprofile\b", words))
    low = words.lower()
    if low.startswith("public"):
        return endpoint.access.who == "anybody" and (not scopes or scopes <= set(endpoint.access.scopes))
    if low.startswith("app token"):
        return endpoint.access.who == "app" and scopes <= set(endpoint.access.scopes)
    who = "administrator" if any(scope.startswith("admin:") for scope in scopes) else "person"
    return endpoint.access.who == who and scopes | _FOLLOW == set(endpoint.access.scopes) | _FOLLOW


AT_OTHER_DOORS = {
    "/.well-known/host-meta",
    "/.well-known/nodeinfo",
    "/.well-known/webfinger",
    "/nodeinfo/2.0",
    "/oauth/authorize",
}
"""What federation and the pages answer."""


def test_all_that_apps_need_is_offered() -> None:
    offered = {_shape(each.method, each.path) for each in TABLE.endpoints}
    needed = {
        (method, path)
        for method, path, _, rank in _documented()
        if rank in ("MUST", "SHOULD") and path not in AT_OTHER_DOORS
    }
    assert len(needed) > 200
    assert {pair for pair in needed if _shape(*pair) not in offered} == set()
