"""Commands beside a running server, which notices and sends within a second or two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson
import pytest

from fedgov.federation.signatures import keys as signature_keys
from fedgov.federation.signatures import proofs
from tests.cli.commandline import (
    Answer,
    Served,
    ask,
    change,
    done,
    hire,
    make_instance,
    refused,
    rows,
    serving,
    until,
)

SOON = 10.0
"""Seconds: a server notices within one, but the machine of the tests may be busy with others."""

CARRIED_OUT = "SELECT key_id, proven FROM inbox_items WHERE type = 'Create' AND order_key = ? AND state = 'done'"


@dataclass(frozen=True, slots=True)
class Province:
    """Three instances that one process serves; fatima is at gouda, jan at delft and piet at breda."""

    home: Path
    ports: dict[str, int]
    server: Served

    def domain(self, name: str) -> str:
        return f"{name}.localhost:{self.ports[name]}"

    def handle(self, who: str, name: str) -> str:
        return f"@{who}@{self.domain(name)}"

    def get(self, uri: str) -> Answer:
        """GET an address of one of them."""
        (name,) = (each for each in self.ports if self.domain(each) in uri)
        return ask(self.ports[name], uri.partition(self.domain(name))[2], host=self.domain(name))

    def received(self, name: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Wait until an instance has received something."""
        return until(lambda: rows(self.home, name, statement, *values), seconds=SOON)


@pytest.fixture(scope="module")
def province(shared_home: Path) -> Iterator[Province]:
    ports = {name: make_instance(shared_home, name) for name in ("gouda", "delft", "breda")}
    for name, who in (("gouda", "fatima"), ("delft", "jan"), ("breda", "piet")):
        hire(shared_home, name, who)
    with serving("--home", shared_home, "serve", says="gemeente Gouda") as server:
        found = Province(shared_home, ports, server)
        asked = done(shared_home, "-i", "delft", "follow", "jan", found.handle("fatima", "gouda"))
        assert asked.startswith("Asked; jan follows @fatima@")
        accepted = "SELECT 1 FROM follows WHERE state = 'accepted'"
        assert found.received("gouda", accepted)
        assert found.received("delft", accepted)
        yield found


def test_a_post_is_public_and_delivered_within_a_second_or_two(province: Province) -> None:
    uri = done(province.home, "-i", "gouda", "post", "fatima", "Wie heeft een **voorbeeld**?").strip()
    ((document,),) = province.received("delft", "SELECT document FROM objects WHERE uri = ?", uri)
    assert "<strong>voorbeeld</strong>" in document
    ((key_id, proven),) = province.received("delft", CARRIED_OUT, uri)
    assert key_id.startswith(f"http://{province.domain('gouda')}/users/fatima#")
    assert proven
    assert province.get(uri).document["id"] == uri


def test_a_post_of_the_command_line_is_shown_on_open_streams(province: Province) -> None:
    token = done(province.home, "-i", "gouda", "token", "create", "fatima", "--name", "stroom").strip().split()[-1]
    port, domain = province.ports["gouda"], province.domain("gouda")
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        headers = {"Host": domain, "Authorization": f"Bearer {token}"}
        connection.request("GET", "/api/v1/streaming/user", headers=headers)
        stream = connection.getresponse()
        assert stream.status == 200
        uri = done(province.home, "-i", "gouda", "post", "fatima", "Voor wie er luistert").strip()
        data = next(line for line in iter(stream.readline, b"") if line.startswith(b"data: "))
        assert orjson.loads(data.removeprefix(b"data: "))["uri"] == uri
    assert rows(province.home, "gouda", "SELECT * FROM left_news") == []


def test_a_handle_in_a_post_is_looked_up_and_a_wrong_one_is_told(province: Province) -> None:
    text = f"{province.handle('jan', 'delft')} en {province.handle('nobody', 'delft')}, kijk eens"
    uri = done(province.home, "-i", "gouda", "post", "fatima", text, "--visibility", "direct").strip()
    assert province.received("delft", "SELECT 1 FROM objects WHERE uri = ?", uri)


def test_following_the_same_person_again_says_so(province: Province) -> None:
    again = done(province.home, "-i", "delft", "follow", "jan", province.handle("fatima", "gouda"))
    assert again == f"jan follows {province.handle('fatima', 'gouda')}.\n"


@pytest.mark.parametrize("handle", ["fatima", "@fatima@", "@fatima@nowhere.invalid", "@nobody@{gouda}"])
def test_a_handle_of_nobody_is_refused_in_plain_words(province: Province, handle: str) -> None:
    refused(province.home, "-i", "delft", "follow", "jan", handle.format(gouda=province.domain("gouda")))


def test_a_deleted_account_is_noticed_by_the_server(province: Province) -> None:
    hire(province.home, "gouda", "weg")
    uri = f"http://{province.domain('gouda')}/users/weg"
    assert until(lambda: province.get(uri).status == 200, seconds=SOON)
    done(province.home, "-i", "gouda", "user", "delete", "weg", "--yes")
    assert until(lambda: province.get(uri).status == 410, seconds=SOON)


# --- what the administrator looks at ----------------------------------------------------------------------------


def test_peers_shows_how_another_server_signs_and_unpin_forgets_it(province: Province) -> None:
    gouda = province.domain("gouda")
    change(province.home, "delft", "UPDATE peers SET pinned_at = 1, strong_count = 9 WHERE host = ?", gouda)
    line = next(each for each in done(province.home, "-i", "delft", "peers").splitlines() if each.startswith(gouda))
    assert "RFC 9421" in line
    assert " yes " in line
    assert line.endswith("connected")

    assert "is forgotten" in done(province.home, "-i", "delft", "peers", "unpin", gouda)
    assert rows(province.home, "delft", "SELECT pinned_at, strong_count FROM peers WHERE host = ?", gouda) == [
        (None, 0)
    ]
    assert "we never met this server" in refused(province.home, "-i", "delft", "peers", "unpin", "nowhere.example")


def test_after_unpinning_a_server_messages_go_both_ways_also_when_it_has_pinned_us(province: Province) -> None:
    gouda, delft = province.domain("gouda"), province.domain("delft")
    change(province.home, "gouda", "UPDATE peers SET pinned_at = 1, strong_count = 9 WHERE host = ?", delft)
    change(province.home, "delft", "UPDATE peers SET pinned_at = 1, strong_count = 9 WHERE host = ?", gouda)

    done(province.home, "-i", "delft", "peers", "unpin", gouda)

    there = done(province.home, "-i", "delft", "post", "jan", f"{province.handle('fatima', 'gouda')} lukt dit?").strip()
    back = done(province.home, "-i", "gouda", "post", "fatima", "Jazeker").strip()
    assert province.received("gouda", CARRIED_OUT, there)
    assert province.received("delft", CARRIED_OUT, back)


def test_a_failed_delivery_is_shown_with_its_reason_and_tried_again(province: Province) -> None:
    assert done(province.home, "-i", "gouda", "deliveries", "--failed") == "Nothing failed.\n"
    uri = done(province.home, "-i", "gouda", "post", "fatima", "Komt dit aan?").strip()
    ((number,),) = province.received(
        "gouda",
        "SELECT deliveries.id FROM deliveries JOIN activities ON activity_id = activities.id"
        " WHERE object_uri = ? AND state = 'sent'",
        uri,
    )
    change(
        province.home, "gouda", "UPDATE deliveries SET state = 'failed', reason = 'HTTP 404 [b]' WHERE id = ?", number
    )
    shown = done(province.home, "-i", "gouda", "deliveries", "--failed").splitlines()
    assert [word for word in shown[1].split() if word] == [
        str(number), province.domain("delft"), "Create", "by", "fatima", "failed", "1", "HTTP", "404", "[b]",
    ]  # fmt: skip

    assert "1 will be tried again now." in done(province.home, "-i", "gouda", "deliveries", "--failed", "--retry")
    assert province.received("gouda", "SELECT 1 FROM deliveries WHERE id = ? AND state = 'sent'", number)


def test_a_parked_item_is_shown_and_carried_out_again(province: Province) -> None:
    uri = done(province.home, "-i", "gouda", "post", "fatima", "Dit ging mis").strip()
    find = "SELECT id FROM inbox_items WHERE type = 'Create' AND order_key = ? AND state = 'done'"
    ((number,),) = province.received("delft", find, uri)
    ((sent,),) = province.received("gouda", "SELECT document FROM activities WHERE object_uri = ?", uri)
    park = "UPDATE inbox_items SET state = 'parked', reason = 'KeyError', body = ? WHERE id = ?"
    change(province.home, "delft", park, sent.encode(), number)
    shown = done(province.home, "-i", "delft", "inbox", "--parked")
    assert f"{number}" in shown
    assert "KeyError" in shown
    assert "1 will be carried out again now." in done(province.home, "-i", "delft", "inbox", "--parked", "--retry")
    assert province.received("delft", "SELECT 1 FROM inbox_items WHERE id = ? AND state = 'done'", number)
    assert done(province.home, "-i", "delft", "inbox", "--parked") == "Everything that came in was carried out.\n"


def test_a_block_is_noticed_at_once_and_can_be_taken_back(province: Province) -> None:
    breda, fatima = province.domain("breda"), province.handle("fatima", "gouda")
    done(province.home, "-i", "breda", "follow", "piet", fatima)
    followers = "SELECT 1 FROM follows WHERE follower = ? AND state = 'accepted'"
    assert province.received("gouda", followers, f"http://{breda}/users/piet")

    told = done(province.home, "-i", "gouda", "block", breda, "--reason", "reclame")
    assert told == f"Blocked {breda}. Follows with people there have ended; what waited for it will not be sent.\n"
    assert rows(province.home, "gouda", followers, f"http://{breda}/users/piet") == []
    shown = done(province.home, "-i", "gouda", "rules")
    assert breda in shown
    assert "reclame" in shown
    shut = "SELECT 1 FROM deliveries WHERE host = ? AND reason LIKE '%403%'"

    def knock() -> bool:
        """Write once more, because the server notices the block only a moment later."""
        done(province.home, "-i", "breda", "post", "piet", f"Ben je er nog, {fatima}?")
        return bool(rows(province.home, "breda", shut, province.domain("gouda")))

    assert until(knock, seconds=SOON)

    assert done(province.home, "-i", "gouda", "unblock", breda) == f"There is no rule about {breda} any more.\n"
    assert done(province.home, "-i", "gouda", "rules") == "There are no rules about domains.\n"
    done(province.home, "-i", "breda", "follow", "piet", fatima)


def test_a_domain_that_is_none_cannot_be_blocked(province: Province) -> None:
    refused(province.home, "-i", "gouda", "block", "not a domain")


# --- keys -------------------------------------------------------------------------------------------------------


def test_rotated_keys_are_published_used_and_believed_and_earlier_proofs_still_verify(province: Province) -> None:
    hire(province.home, "gouda", "noor")
    noor = f"http://{province.domain('gouda')}/users/noor"
    done(province.home, "-i", "delft", "follow", "jan", province.handle("noor", "gouda"))
    assert province.received("delft", "SELECT 1 FROM follows WHERE following = ? AND state = 'accepted'", noor)
    done(province.home, "-i", "gouda", "post", "noor", "Met de oude sleutel")
    ((earlier,),) = rows(
        province.home, "gouda", "SELECT document FROM activities WHERE actor = ? AND type = 'Create'", noor
    )
    before = province.get(noor).document

    assert (
        done(province.home, "-i", "gouda", "keys", "rotate", "noor")
        == "New keys for 1 actor; other servers are told.\n"
    )

    after = until(lambda: _changed(province, noor, before), seconds=SOON)
    assert after["publicKey"]["id"] != before["publicKey"]["id"]
    assert after["publicKey"]["publicKeyPem"] != before["publicKey"]["publicKeyPem"]
    methods = {each["id"]: each for each in after["assertionMethod"]}
    (old,) = before["assertionMethod"]
    assert methods.keys() > {old["id"]}
    assert "expires" in methods[old["id"]]

    document = orjson.loads(earlier)
    claim = proofs.read_proof(document)
    assert claim is not None
    multikey = methods[claim.verification_method]["publicKeyMultibase"]
    proofs.verify_proof(document, public_key=signature_keys.load_multikey(multikey, key_id=claim.verification_method))

    uri = done(province.home, "-i", "gouda", "post", "noor", "Met de nieuwe sleutel").strip()
    ((key_id, proven),) = province.received("delft", CARRIED_OUT, uri)
    assert key_id in (after["publicKey"]["id"], *methods)
    assert key_id not in (before["publicKey"]["id"], old["id"])
    assert proven


def _changed(province: Province, uri: str, before: dict[str, Any]) -> dict[str, Any]:
    now = province.get(uri).document
    return now if now["publicKey"] != before["publicKey"] else {}


def test_who_gets_new_keys_must_be_said(province: Province) -> None:
    assert "name one person, or say --all" in refused(province.home, "-i", "gouda", "keys", "rotate", status=2)
    assert "name one person, or say --all" in refused(
        province.home, "-i", "gouda", "keys", "rotate", "fatima", "--all", status=2
    )


def test_everybody_gets_new_keys_at_once(province: Province) -> None:
    count = len(rows(province.home, "delft", "SELECT 1 FROM actors WHERE local AND deleted_at IS NULL"))
    assert f"New keys for {count} actors" in done(province.home, "-i", "delft", "keys", "rotate", "--all")
    actor = f"http://{province.domain('delft')}/actor"
    until(lambda: province.get(actor).document["publicKey"]["id"].endswith("-2"), seconds=SOON)
