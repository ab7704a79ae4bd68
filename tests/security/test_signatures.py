"""Forged requests over a real socket: refused, quickly, and without any effect.

The same rows are tested one by one, in more variants, where the rules are (``tests/unit/federation``);
here it is shown that a server as it runs heeds them: that nothing is stored, sent, fetched or told.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa
from multidict import CIMultiDict

from fedgov.activitystreams.audience import PUBLIC
from fedgov.federation import keyring
from fedgov.federation.signatures.keys import PrivateKey
from fedgov.federation.signatures.shapes import Shape
from tests.federation.doors.porch import pair_of
from tests.federation.interop.world import ACTIVITY_JSON, Correspondent, correspondent
from tests.security.internet import ALIAS, DOMAIN, Internet

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR: Final = 3600
LONGEST: Final = 10.0
"""Seconds that an answer may take on a busy machine; it is said in milliseconds on a quiet one."""

Headers = list[tuple[str, str]]
_names = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="module")
async def pieter(internet: Internet) -> Correspondent:
    """Somebody elsewhere whose key is known here."""
    found = correspondent(internet.outside, f"delft{next(_names)}")
    await internet.deliver(found.activity("Create", found.note(to=[PUBLIC, internet.fatima.uri])), by=found)
    return found


# --- signing by hand --------------------------------------------------------------------------------------------


def sha256(body: bytes) -> str:
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def lines_of(body: bytes, *, at: float | None = None, path: str = "/inbox", host: str = DOMAIN) -> dict[str, str]:
    """What a usual signature covers."""
    return {
        "(request-target)": f"post {path}",
        "host": host,
        "date": formatdate(time.time() if at is None else at, usegmt=True),
        "digest": sha256(body),
        "content-type": ACTIVITY_JSON,
    }


def signature(key: PrivateKey, lines: dict[str, str], *, parameters: str = "", key_id: str = "") -> str:
    """The Signature header over these lines, made without the code that is tested."""
    text = "\n".join(f"{name}: {value}" for name, value in lines.items())
    made = base64.b64encode(key.sign(text.encode())).decode()
    return f'keyId="{key_id or key.key_id}"{parameters},headers="{" ".join(lines)}",signature="{made}"'


def sent(lines: dict[str, str], signed: str, *, but: Sequence[str] = (), **more: str) -> Headers:
    """The headers of the request."""
    given = {name.title(): value for name, value in lines.items() if not name.startswith("(") and name not in but}
    return [*({"Host": DOMAIN} | given | more).items(), ("Signature", signed)]


def usual(pieter: Correspondent, body: bytes, *, parameters: str = "", **values: Any) -> Headers:
    lines = lines_of(body, **values)
    return sent(lines, signature(pieter.pair.rsa, lines, parameters=parameters))


def covering(pieter: Correspondent, body: bytes, *, without: str, but: Sequence[str] = ()) -> Headers:
    """Signed, but not everything that must be."""
    lines = lines_of(body)
    covered = {name: value for name, value in lines.items() if name != without}
    return sent(lines, signature(pieter.pair.rsa, covered), but=but)


def newer(
    pieter: Correspondent, body: bytes, components: Sequence[str], *, label: str = "sig1", **changes: str
) -> Headers:
    """A message signature (RFC 9421), made without the code that is tested."""
    now = int(time.time())
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
    values = {"@method": "POST", "@target-uri": f"http://{DOMAIN}/inbox", "content-digest": digest} | changes
    listed = " ".join(f'"{name}"' for name in components)
    made_at = "" if "without_created" in changes else f";created={now}"
    key = pieter.pair.ed25519
    parameters = f'({listed}){made_at};keyid="{key.key_id}"'
    base = "".join(f'"{name}": {values.get(name, "")}\n' for name in components) + f'"@signature-params": {parameters}'
    made = base64.b64encode(key.sign(base.encode())).decode()
    return [
        ("Host", DOMAIN),
        ("Content-Type", ACTIVITY_JSON),
        ("Content-Digest", digest),
        ("Signature-Input", f"{label}={parameters}"),
        ("Signature", f"{label}=:{made}:"),
    ]


ALL: Final = ("@method", "@target-uri", "content-digest")


def two_labels(pieter: Correspondent, body: bytes) -> Headers:
    """A label that covers nothing, signed validly, beside one that covers everything and is signed by nobody."""
    weak = dict(newer(pieter, body, ["@method"], label="weak"))
    strong = dict(newer(pieter, body, ALL, label="strong"))
    return [
        *(item for item in weak.items() if not item[0].startswith("Signature")),
        ("Signature-Input", f"{weak['Signature-Input']}, {strong['Signature-Input']}"),
        ("Signature", f"{weak['Signature']}, strong=:{base64.b64encode(bytes(64)).decode()}:"),
    ]


def with_name(headers: Headers, name: str, value: str | None) -> Headers:
    kept = [item for item in headers if item[0].lower() != name.lower()]
    return kept if value is None else [*kept, (name, value)]


def resigned(pieter: Correspondent, body: bytes, *, key_id: str) -> Headers:
    lines = lines_of(body)
    return sent(lines, signature(pieter.pair.rsa, lines, key_id=key_id))


def with_secret_of_everyone(pieter: Correspondent, body: bytes) -> Headers:
    """HMAC with the public key as its secret."""
    lines = lines_of(body)
    text = "\n".join(f"{name}: {value}" for name, value in lines.items())
    made = base64.b64encode(
        hashlib.blake2b(text.encode(), key=pieter.pair.rsa.public.to_pem().encode()[:64]).digest()
    ).decode()
    head = f'keyId="{pieter.pair.rsa.key_id}",algorithm="hmac-sha256",headers="{" ".join(lines)}"'
    return sent(lines, f'{head},signature="{made}"')


MISDIRECTED: Final = "sig_07_signed_for_another_server"
"""Its Host header is not ours either, so that it does not even come to an inbox."""

Forge = Callable[[Correspondent, bytes], Headers]

FORGED: Final[dict[str, Forge]] = {
    "sig_05_no_digest": lambda by, body: with_name(covering(by, body, without="digest"), "Digest", None),
    "sig_05_digest_not_signed": lambda by, body: covering(by, body, without="digest"),
    "sig_06_digest_of_another_body": lambda by, body: usual(by, body + b" "),
    "sig_06_same_json_written_differently": lambda by, body: usual(by, body.replace(b'":"', b'": "', 1)),
    "sig_07_signed_for_another_server": lambda by, body: usual(by, body, host="delft.example"),
    "sig_07_signed_for_another_server_with_its_host": lambda by, body: with_name(
        usual(by, body, host="delft.example"), "Host", f"{DOMAIN}"
    ),
    "sig_07_signed_for_another_name_of_ours": lambda by, body: usual(by, body, host=ALIAS),
    "sig_07_host_not_signed": lambda by, body: covering(by, body, without="host"),
    "sig_08_target_not_signed": lambda by, body: covering(by, body, without="(request-target)"),
    "sig_08_signed_for_another_inbox": lambda by, body: usual(by, body, path="/users/fatima/inbox"),
    "sig_08_signed_for_the_same_with_a_query": lambda by, body: usual(by, body, path="/inbox?x=1"),
    "sig_09_thirteen_hours_old": lambda by, body: usual(by, body, at=time.time() - 13 * HOUR),
    "sig_09_two_hours_in_the_future": lambda by, body: usual(by, body, at=time.time() + 2 * HOUR),
    "sig_09_no_date_that_can_be_read": lambda by, body: _dated(by, body, "yesterday"),
    "sig_09_two_dates": lambda by, body: [*usual(by, body), ("Date", formatdate(usegmt=True))],
    "sig_09_expired": lambda by, body: _with_times(by, body, created=-20, expires=-10),
    "sig_09_created_in_the_future": lambda by, body: _with_times(by, body, created=2 * HOUR),
    "sig_11_key_id_twice": lambda by, body: usual(by, body, parameters=f',keyId="{by.pair.rsa.key_id}"'),
    "sig_11_key_id_of_another_last": lambda by, body: usual(
        by, body, parameters=',keyId="http://evil.example/users/m#main-key"'
    ),
    "sig_12_no_signature": lambda by, body: with_name(usual(by, body), "Signature", None),
    "sig_12_garbage": lambda by, body: with_name(usual(by, body), "Signature", '\\",=,,keyId'),
    "sig_12_empty": lambda by, body: with_name(usual(by, body), "Signature", ""),
    "sig_12_sixty_thousand_characters": lambda by, body: with_name(usual(by, body), "Signature", "a" * 60_000),
    "sig_13_none": lambda by, body: usual(by, body, parameters=',algorithm="none"'),
    "sig_13_hmac_with_the_public_key": with_secret_of_everyone,
    "sig_13_rsa_sha1": lambda by, body: usual(by, body, parameters=',algorithm="rsa-sha1"'),
    "sig_13_of_another_kind_of_key": lambda by, body: usual(by, body, parameters=',algorithm="ed25519"'),
    "sig_17_user_info": lambda by, body: resigned(by, body, key_id=by.pair.rsa.key_id.replace("//", "//evil.example@")),
    "sig_17_backslash": lambda by, body: resigned(by, body, key_id=by.pair.rsa.key_id.replace("example/", "example\\")),
    "sig_17_encoded_dot": lambda by, body: resigned(
        by, body, key_id=by.pair.rsa.key_id.replace(".example", "%2eexample")
    ),
    "sig_18_no_method": lambda by, body: newer(by, body, ["@target-uri", "content-digest"]),
    "sig_18_no_target": lambda by, body: newer(by, body, ["@method", "content-digest"]),
    "sig_18_no_digest": lambda by, body: newer(by, body, ["@method", "@target-uri"]),
    "sig_18_no_created": lambda by, body: newer(by, body, ALL, without_created="1"),
    "sig_18_another_target": lambda by, body: newer(by, body, ALL, **{"@target-uri": "http://delft.example/inbox"}),
    "sig_18_the_strong_label_signed_by_nobody": two_labels,
}


def _dated(by: Correspondent, body: bytes, date: str) -> Headers:
    lines = lines_of(body) | {"date": date}
    return sent(lines, signature(by.pair.rsa, lines))


def _with_times(by: Correspondent, body: bytes, *, created: int, expires: int | None = None) -> Headers:
    now = int(time.time())
    lines = lines_of(body) | {"(created)": str(now + created)}
    parameters = f',algorithm="hs2019",created={now + created}'
    if expires is not None:
        lines["(expires)"] = str(now + expires)
        parameters += f",expires={now + expires}"
    return sent(lines, signature(by.pair.rsa, lines, parameters=parameters))


async def send(internet: Internet, headers: Headers, body: bytes, *, path: str = "/inbox") -> tuple[int, bytes]:
    """Send a request with exactly these headers; it is answered before long."""
    async with asyncio.timeout(LONGEST):
        async with internet.session.post(
            internet.origin + path, headers=CIMultiDict(headers), data=body, allow_redirects=False
        ) as answer:
            return answer.status, await answer.read()


async def test_what_is_signed_by_hand_is_accepted(internet: Internet, pieter: Correspondent) -> None:
    """Or the refusals below would show nothing."""
    for make in (usual, lambda by, body: newer(by, body, ALL)):
        body = orjson.dumps(pieter.activity("Create", pieter.note(to=[PUBLIC, internet.fatima.uri])))
        assert (await send(internet, make(pieter, body), body))[0] == 202


@pytest.mark.parametrize("kind", ["Create", "Follow", "Delete"])
@pytest.mark.parametrize("row", FORGED)
async def test_sig_05_to_18_a_forged_request_is_refused_without_effect(
    internet: Internet, pieter: Correspondent, row: str, kind: str
) -> None:
    about: Any = pieter.note(to=[PUBLIC, internet.fatima.uri]) if kind == "Create" else internet.fatima.uri
    body = orjson.dumps(pieter.activity(kind, about if kind != "Delete" else pieter.id("notes")))
    headers = FORGED[row](pieter, body)
    async with internet.nothing_happens():
        status, answer = await send(internet, headers, body)
    assert status == 421 if row == MISDIRECTED else status in (400, 401), answer
    assert orjson.loads(answer).keys() == {"error", "message"}


# --- whose key, and whose activity ------------------------------------------------------------------------------


async def test_sig_01_a_valid_signature_by_somebody_else_than_the_actor_is_refused(
    internet: Internet, pieter: Correspondent
) -> None:
    mallory = correspondent(internet.outside, "evil", "/users/mallory")
    await internet.post(mallory.activity("Like", internet.fatima.uri), by=mallory)
    await internet.settle()
    for kind in ("Create", "Follow", "Delete", "Update", "Announce", "Undo"):
        about: Any = pieter.note() if kind in ("Create", "Update") else internet.fatima.uri
        async with internet.nothing_happens():
            answer = await internet.post(pieter.activity(kind, about), by=mallory)
        assert (answer.status, answer.json["error"]) == (401, "unverified"), kind


async def test_sig_02_a_key_that_names_somebody_else_as_its_owner_is_refused(
    internet: Internet, pieter: Correspondent
) -> None:
    key_url = internet.outside.url("evil", "/key")
    pair = pair_of(key_url, number=2)
    document = {"id": key_url, "owner": pieter.uri, "publicKeyPem": pair.rsa.public.to_pem()}
    internet.outside.serve(document)
    thief = Correspondent(uri=pieter.uri, pair=pair, document={})
    body = orjson.dumps(thief.activity("Follow", internet.fatima.uri))
    async with internet.nothing_happens(fetched=[key_url]):
        status, _ = await send(internet, resigned(thief, body, key_id=key_url), body)
    assert status == 401


async def test_sig_02_a_key_that_its_owner_does_not_list_is_refused(internet: Internet) -> None:
    owner = correspondent(internet.outside, f"eigen{next(_names)}", "/users/alice")
    key_url = f"{owner.origin}/uploads/key"
    pair = pair_of(key_url, number=2)
    internet.outside.serve({"id": key_url, "owner": owner.uri, "publicKeyPem": pair.rsa.public.to_pem()})
    thief = Correspondent(uri=owner.uri, pair=pair, document={})
    body = orjson.dumps(thief.activity("Follow", internet.fatima.uri))
    async with internet.nothing_happens(besides=["actors", "keys"], fetched=[key_url, owner.uri]):
        status, _ = await send(internet, resigned(thief, body, key_id=key_url), body)
    assert status == 401


async def test_sig_03_a_victims_address_that_leads_to_another_actor_gives_it_no_key(internet: Internet) -> None:
    mallory = correspondent(internet.outside, "evil", "/users/mallory3")
    victim = internet.outside.url("slachtoffer", "/users/alice")
    internet.outside.serve(mallory.document, at=victim)
    thief = Correspondent(uri=victim, pair=pair_of(victim, number=1), document={})
    async with internet.nothing_happens(fetched=[victim]):
        answer = await internet.post(thief.activity("Follow", internet.fatima.uri), by=thief)
    assert answer.status == 401


async def test_sig_04_a_key_with_another_id_is_not_kept_under_the_address_that_was_asked(internet: Internet) -> None:
    asked, said = internet.outside.url("evil", "/key-a"), internet.outside.url("evil", "/key-b")
    pair = pair_of(asked, number=2)
    internet.outside.serve({"id": said, "owner": said, "publicKeyPem": pair.rsa.public.to_pem()}, at=asked)
    thief = Correspondent(uri=internet.outside.url("evil", "/users/m4"), pair=pair, document={})
    body = orjson.dumps(thief.activity("Follow", internet.fatima.uri))
    async with internet.nothing_happens(fetched=[asked, said]):
        status, _ = await send(internet, resigned(thief, body, key_id=asked), body)
    assert status == 401


async def test_sig_10_a_hundred_replays_at_once_have_one_effect(internet: Internet, pieter: Correspondent) -> None:
    question = await internet.fatima.post("Wie weet dit?")
    body = orjson.dumps(pieter.activity("Like", question))
    headers = usual(pieter, body)
    answers = await asyncio.gather(*(send(internet, headers, body) for _ in range(100)))
    assert {status for status, _ in answers} == {202}
    await internet.settle()
    async with internet.nothing_happens():
        assert (await send(internet, headers, body))[0] == 202
    row = await internet.post_row(question)
    assert row.likes == 1


async def test_sig_14_a_thousand_invented_keys_cause_a_few_fetches(internet: Internet) -> None:
    letters = len(internet.outside.letters)
    statuses = []
    for start in range(0, 1_000, 100):
        strangers = [
            Correspondent(uri=(uri := internet.outside.url("zee", f"/users/{number}")), pair=pair_of(uri), document={})
            for number in range(start, start + 100)
        ]
        answers = await asyncio.gather(
            *(internet.post(each.activity("Follow", internet.fatima.uri), by=each) for each in strangers)
        )
        statuses += [answer.status for answer in answers]
    assert set(statuses) <= {401, 503, 429}
    assert len(internet.outside.letters) - letters <= keyring.UNPROVEN_PER_SOURCE_AND_HOST
    assert keyring.UNPROVEN_PER_SOURCE_AND_HOST <= 30


async def test_sig_16_a_signature_that_never_fits_makes_us_read_its_key_once(
    internet: Internet, pieter: Correspondent
) -> None:
    """The key is fresh here, so it is not read again at all; nothing goes round in circles."""
    body = orjson.dumps(pieter.activity("Follow", internet.fatima.uri))
    other = Correspondent(uri=pieter.uri, pair=pair_of(pieter.uri, number=2), document={})
    async with internet.nothing_happens():
        for _ in range(20):
            status, _answer = await send(internet, usual(other, body), body)
            assert status in (401, 429, 503)


async def test_sig_19_a_get_with_a_wrong_signature_shows_less_and_is_kept_by_no_cache(
    internet: Internet, pieter: Correspondent
) -> None:
    await internet.deliver(pieter.activity("Follow", internet.fatima.uri), by=pieter)
    closed = (await internet.fatima.post("Alleen voor volgers", "followers")).removeprefix(internet.origin)
    await internet.settle()
    good = await internet.ask("GET", closed, headers=pieter.signed("GET", internet.origin + closed))
    bad_headers = pieter.signed("GET", internet.origin + closed)
    bad_headers["Signature"] = bad_headers["Signature"].replace('signature="', 'signature="AA')
    bad = await internet.ask("GET", closed, headers=bad_headers)
    anonymous = await internet.ask("GET", closed, headers={"Accept": ACTIVITY_JSON})

    assert good.status == 200
    assert b"Alleen voor volgers" in good.body
    assert bad.status == 401
    assert anonymous.status == 404
    for answer in (good, bad, anonymous):
        assert "no-store" in answer.headers["Cache-Control"]
    assert all(b"volgers" not in answer.body for answer in (bad, anonymous))


@pytest.mark.parametrize("shape", [Shape.CAVAGE_NO_QUERY])
async def test_sig_20_a_signature_without_the_query_shows_nothing_more(
    internet: Internet, pieter: Correspondent, shape: Shape
) -> None:
    await internet.deliver(pieter.activity("Follow", internet.fatima.uri), by=pieter)
    closed = await internet.fatima.post("Ook voor volgers", "followers")
    url = f"{closed}?page=true"
    answer = await internet.ask("GET", url, headers=pieter.signed("GET", url, shape=shape))
    assert answer.status == 404


async def test_sig_21_weak_keys_and_floods_of_keys_are_refused(internet: Internet) -> None:
    for number, (size, exponent) in enumerate([(1024, 65_537), (2048, 3)]):
        uri = internet.outside.url("zwak", f"/users/{number}")
        key = PrivateKey(f"{uri}#main-key", "rsa", rsa.generate_private_key(exponent, size))
        weak = Correspondent(uri=uri, pair=pair_of(uri), document={})
        internet.outside.serve(
            {
                "id": uri,
                "type": "Person",
                "inbox": f"{uri}/inbox",
                "publicKey": {"id": key.key_id, "owner": uri, "publicKeyPem": key.public.to_pem()},
            }
        )
        body = orjson.dumps(weak.activity("Follow", internet.fatima.uri))
        lines = lines_of(body)
        async with internet.nothing_happens(besides=["actors"], fetched=[uri]):
            status, _ = await send(internet, sent(lines, signature(key, lines)), body)
        assert status == 401, (size, exponent)


async def test_sig_22_an_activity_with_an_id_of_another_server_does_not_shut_out_the_genuine_one(
    internet: Internet, pieter: Correspondent
) -> None:
    mallory = correspondent(internet.outside, "evil", "/users/mallory22")
    await internet.post(mallory.activity("Like", internet.fatima.uri), by=mallory)
    await internet.settle()
    genuine = pieter.activity("Create", pieter.note(to=[PUBLIC, internet.fatima.uri]))
    async with internet.nothing_happens():
        answer = await internet.post({**mallory.activity("Like", "x"), "id": genuine["id"]}, by=mallory)
    assert answer.status == 401
    row = await internet.deliver(genuine, by=pieter)
    assert row.state == "done"


async def test_sig_23_an_activity_is_never_believed_because_its_id_can_be_fetched(
    internet: Internet, pieter: Correspondent
) -> None:
    """Who does not prove to be its actor gets no fetch, so no copy of it can be swapped."""
    genuine = pieter.activity("Create", pieter.note(to=[PUBLIC, internet.fatima.uri]))
    internet.outside.serve(genuine)
    mallory = correspondent(internet.outside, "evil", "/users/mallory23")
    await internet.post(mallory.activity("Like", internet.fatima.uri), by=mallory)
    await internet.settle()
    changed = {**genuine, "object": {**genuine["object"], "content": "<p>anders</p>"}}
    async with internet.nothing_happens():
        answer = await internet.post(changed, by=mallory)
    assert answer.status == 401
    assert genuine["id"] not in internet.outside.asked


async def test_sig_23_what_is_named_only_is_taken_from_where_it_was_fetched(
    internet: Internet, pieter: Correspondent
) -> None:
    note = pieter.note(to=[PUBLIC, internet.fatima.uri], content="<p>zoals het er staat</p>")
    internet.outside.serve({"@context": "https://www.w3.org/ns/activitystreams", **note})
    row = await internet.deliver(pieter.activity("Create", note["id"], to=[internet.fatima.uri]), by=pieter)
    assert row.state == "done"
    kept = await internet.town.object(note["id"])
    assert kept is not None
    assert kept["content"] == "<p>zoals het er staat</p>"


async def test_sig_26_a_storm_of_farewells_of_strangers_is_thanked_for_without_a_fetch(internet: Internet) -> None:
    strangers = [
        Correspondent(uri=(uri := internet.outside.url("weg", f"/users/{number}")), pair=pair_of(uri), document={})
        for number in range(100)
    ]
    async with internet.nothing_happens():
        answers = await asyncio.gather(
            *(internet.post(each.activity("Delete", each.uri), by=each) for each in strangers)
        )
    assert {answer.status for answer in answers} == {202}
