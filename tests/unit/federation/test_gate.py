"""The gate: who did this is decided, or not decided, and never guessed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.federation import actors, inbox, outbox, peers
from fedgov.federation.dispatch import VerifiedActivity
from fedgov.federation.gate import Refused
from fedgov.federation.signatures.keys import generate_ed25519
from fedgov.federation.signatures.message import Message
from fedgov.federation.signatures.shapes import Shape
from fedgov.kernel.clock import DAY, HOUR, MINUTE, SECOND, to_rfc3339
from fedgov.kernel.errors import ForbiddenError, MalformedError, UnreachableError, UnverifiedError
from fedgov.store.tables import inbox_items, keys
from fedgov.store.tables import peers as peers_table
from tests.unit.federation.neighbours import (
    Asked,
    Document,
    Neighbour,
    OpenNeighbour,
    Page,
    Person,
    key_members,
    rsa_key,
)
from tests.unit.federation.office import Office

INBOX = "https://gouda.example/inbox"
SOURCE = "198.51.100.0/24"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a key host more time than two seconds: the machine may be busy."""
    monkeypatch.setattr("fedgov.federation.keyring.FETCH_SECONDS", 20.0)


async def admit(office: Office, message: Message, *, source: str = SOURCE) -> VerifiedActivity:
    """Let a request in."""
    admitted = await office.gate.admit(message, source=source)
    assert isinstance(admitted, VerifiedActivity)
    return admitted


async def deliver(
    office: Office, by: Person, activity: Document | None = None, *, source: str = SOURCE, **values: Any
) -> VerifiedActivity:
    """Deliver an activity as the server of somebody does."""
    message = by.posts(activity or by.activity(), to=INBOX, now=office.now, **values)
    return await admit(office, message, source=source)


async def refused(office: Office, by: Person, activity: Document | None = None, **values: Any) -> UnverifiedError:
    """Deliver something that must be refused for certain."""
    with pytest.raises(UnverifiedError) as refusal:
        await deliver(office, by, activity, **values)
    return refusal.value


async def undecided(office: Office, by: Person, activity: Document | None = None, **values: Any) -> UnreachableError:
    """Deliver something about which nothing can be said now."""
    with pytest.raises(UnreachableError) as refusal:
        await deliver(office, by, activity, **values)
    assert refusal.value.retry_after
    return refusal.value


def with_key_id(message: Message, key_id: str) -> Message:
    """The same request naming another key."""
    headers = []
    for name, value in message.headers:
        if name == "signature":
            before, _, after = value.partition('keyId="')
            headers.append((name, f'{before}keyId="{key_id}"{after.partition(chr(34))[2]}'))
        else:
            headers.append((name, value))
    return replace(message, headers=tuple(headers))


# --- admitted ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [Shape.CAVAGE, Shape.RFC9421_RSA, Shape.RFC9421_ED25519])
async def test_what_an_actor_signed_is_admitted(office: Office, delft: Neighbour, shape: Shape) -> None:
    fatima = delft.person("fatima")
    activity = fatima.activity("Like")
    admitted = await deliver(office, fatima, activity, shape=shape)
    assert admitted.activity.id == activity["id"]
    assert admitted.origin == delft.origin
    assert not admitted.proven
    assert admitted.received_at == office.now
    assert admitted.key_id == (fatima.ed25519 if shape is Shape.RFC9421_ED25519 else fatima.rsa).key_id


async def test_a_known_key_is_not_fetched_again(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    for _ in range(3):
        await deliver(office, fatima)
    assert len(delft.asked) == 1


async def test_many_requests_with_one_unknown_key_cause_one_fetch(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    delft.pages["/users/fatima"] = Page(body=fatima.document, delay=0.1)
    await asyncio.gather(*(deliver(office, fatima) for _ in range(20)))
    assert len(delft.asked) == 1


async def test_a_key_on_a_page_of_its_own_counts_when_its_owner_lists_it(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    key_id = f"{fatima.uri}/main-key"
    fatima.rsa = replace(fatima.rsa, key_id=key_id)
    stub = {"id": fatima.uri, "type": "Person", **key_members(fatima.uri, rsa=fatima.rsa)}
    delft.person("fatima", **key_members(fatima.uri, rsa=fatima.rsa))
    delft.pages["/users/fatima/main-key"] = Page(body=stub)  # as GoToSocial shows it
    assert (await deliver(office, fatima)).key_id == key_id


async def test_what_is_no_activity_is_malformed(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    changes: list[Document] = [{"id": 1}, {"actor": None}, {"object": None}, {"type": []}]
    for wrong in changes:
        with pytest.raises(MalformedError):
            await deliver(office, fatima, fatima.activity() | wrong)
    assert delft.asked == [], "something was fetched for it"


# --- who signed, and who did it ---------------------------------------------------------------------------------


async def test_sig_01_nobody_acts_in_the_name_of_somebody_else(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    evil = await open_neighbour("evil")
    mallory, fatima, bram = evil.person("mallory"), delft.person("fatima"), delft.person("bram")
    await refused(office, mallory, fatima.activity())
    await refused(office, bram, fatima.activity())
    await refused(office, mallory, fatima.activity(id=f"{mallory.uri}/1"))


async def test_sig_02_a_key_that_claims_another_servers_owner_is_refused(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    evil = await open_neighbour("evil")
    fatima, mallory = delft.person("fatima"), evil.person("mallory")
    key_id = evil.url("/key")
    evil.pages["/key"] = Page(
        body={"id": key_id, "type": "Key", "owner": fatima.uri, "publicKeyPem": mallory.rsa.public.to_pem()}
    )
    mallory.rsa = replace(mallory.rsa, key_id=key_id)
    await refused(office, mallory, fatima.activity())
    assert delft.asked == []


async def test_sig_02_the_owner_must_list_the_key(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    key_id = delft.url("/uploads/key")
    other = rsa_key(key_id, other_than=fatima.rsa)
    delft.pages["/uploads/key"] = Page(
        body={"id": key_id, "type": "Key", "owner": fatima.uri, "publicKeyPem": other.public.to_pem()}
    )
    await refused(office, fatima, key=other)


async def test_sig_03_an_actors_address_that_shows_another_actor_gives_it_no_key(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    evil = await open_neighbour("evil")
    fatima, mallory = delft.person("fatima"), evil.person("mallory")
    mallory.rsa = replace(mallory.rsa, key_id=f"{fatima.uri}#main-key")
    shown = {**mallory.document, **key_members(mallory.uri, rsa=mallory.rsa)}
    for page in (Page(302, headers={"Location": mallory.uri}), Page(body=shown)):
        delft.pages["/users/fatima"] = page
        evil.pages["/users/mallory"] = Page(body=shown)
        await refused(office, mallory, fatima.activity())
        office.clock.advance(2 * MINUTE)
    assert len(await office.rows(keys)) == 2, "only the server's own"


async def test_sig_04_a_key_with_another_id_than_its_address_is_not_kept_there(
    office: Office, delft: Neighbour
) -> None:
    fatima = delft.person("fatima")
    key_id = delft.url("/keys/1")
    shown = {"id": delft.url("/keys/2"), "type": "Key", "owner": fatima.uri}
    delft.pages["/keys/1"] = Page(body={**shown, "publicKeyPem": fatima.rsa.public.to_pem()})
    await refused(office, fatima, key=replace(fatima.rsa, key_id=key_id))
    assert await office.keyring.cached(key_id) is None


async def test_sig_22_an_activity_has_an_id_of_its_actors_server(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    evil = await open_neighbour("evil")
    mallory = evil.person("mallory")
    await refused(office, mallory, mallory.activity(id=delft.url("/activities/1")))
    assert evil.asked == []


async def test_our_own_people_do_not_come_in_by_the_door(office: Office, delft: Neighbour) -> None:
    ours = await office.person("fatima")
    mallory = delft.person("mallory")
    for actor in (ours, ours.replace("gouda", "GOUDA"), ours.replace("gouda.example", "gouda.example:443")):
        await refused(office, mallory, mallory.activity(actor=actor, id=f"{actor}/activities/1"))
    uri = await office.instance.write(
        outbox.publish,
        actor=ours,
        activity={"type": "Like", "object": mallory.uri},
        audience=Audience(to=(mallory.uri,)),
        visibility=Visibility.DIRECT,
    )
    reflected = await office.instance.read(outbox.find, uri=uri)
    assert reflected is not None
    await refused(office, mallory, reflected)


async def test_sig_10_a_hundred_replays_have_one_effect(office_on_both: Office, delft: Neighbour) -> None:
    office = office_on_both
    fatima = delft.person("fatima")
    message = fatima.posts(fatima.activity(), to=INBOX, now=office.now)
    intake = inbox.Intake(office.instance)

    async def arrive() -> None:
        await intake.add(await admit(office, message))

    await arrive()
    await asyncio.gather(*(arrive() for _ in range(100)))
    assert len(await office.rows(inbox_items)) == 1


# --- what may not cost us --------------------------------------------------------------------------------------


@pytest.mark.parametrize("hosts", ["one", "many"])
async def test_sig_14_ten_thousand_invented_keys_cause_a_few_fetches(
    office: Office, delft: Neighbour, hosts: str
) -> None:
    outcomes: dict[type[Exception], int] = {}
    for number in range(10_000):
        at = delft.host if hosts == "one" else f"{number}.{delft.host}"
        try:
            await office.keyring.get(f"http://{at}/users/{number}#main-key", source=SOURCE)
        except (UnverifiedError, UnreachableError) as error:
            outcomes[type(error)] = outcomes.get(type(error), 0) + 1
    assert len(delft.asked) <= (30 if hosts == "one" else 100)
    assert outcomes[UnreachableError] >= 9_900


async def test_sig_14_signatures_that_do_not_fit_existing_keys_cause_a_few_fetches(
    office: Office, delft: Neighbour
) -> None:
    mallory = delft.person("mallory")
    message = mallory.posts(mallory.activity(), to=INBOX, now=office.now)
    stated = []
    for number in range(60):
        victim = delft.person(f"victim{number}", with_keys=False)
        other = rsa_key(f"{victim.uri}#main-key", other_than=mallory.rsa)
        delft.person(f"victim{number}", **key_members(victim.uri, rsa=other))
        with pytest.raises((UnverifiedError, UnreachableError)) as refusal:
            await admit(office, with_key_id(message, other.key_id))
        stated.append(type(refusal.value))
    assert stated == [UnverifiedError] * 30 + [UnreachableError] * 30
    assert len(delft.asked) == 30


async def test_sig_14_a_flood_from_one_network_does_not_shut_out_another(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    for number in range(40):
        with pytest.raises((UnverifiedError, UnreachableError)):
            await office.keyring.get(delft.url(f"/users/{number}#main-key"), source=SOURCE)
    await deliver(office, fatima, source="203.0.113.0/24")
    await deliver(office, fatima)  # and with a known key nobody is shut out


async def test_sig_14_the_pause_ends(office: Office, delft: Neighbour) -> None:
    for number in range(40):
        with pytest.raises((UnverifiedError, UnreachableError)):
            await office.keyring.get(delft.url(f"/users/{number}#main-key"), source=SOURCE)
    await undecided(office, delft.person("fatima"))
    office.clock.advance(MINUTE)
    await deliver(office, delft.person("bram"))


async def test_many_new_actors_whose_signatures_fit_are_all_admitted(office: Office, delft: Neighbour) -> None:
    for number in range(150):
        await deliver(office, delft.person(f"person{number}"), shape=Shape.RFC9421_ED25519)


async def test_one_invented_key_is_not_looked_for_again_and_again(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    invented = replace(fatima.rsa, key_id=f"{fatima.uri}#another-key")
    await refused(office, fatima, key=invented)
    asked = len(delft.asked)
    for _ in range(5):
        await undecided(office, fatima, key=invented)
    assert len(delft.asked) == asked


async def test_a_key_that_could_not_be_read_is_left_alone_for_longer_each_time(
    office: Office, delft: Neighbour
) -> None:
    key_id = delft.url("/users/gone#main-key")
    pauses = []
    for _ in range(8):
        with pytest.raises((UnverifiedError, UnreachableError)):
            await office.keyring.get(key_id, source=SOURCE)
        with pytest.raises(UnreachableError) as refusal:
            await office.keyring.get(key_id, source=SOURCE)
        pauses.append(int(refusal.value.retry_after or 0))
        office.clock.advance(pauses[-1] * SECOND)
    assert pauses == [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]


@pytest.mark.parametrize("key_host", ["10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "192.168.1.1"])
async def test_sig_15_a_key_at_a_private_address_is_not_fetched(
    office: Office, delft: Neighbour, key_host: str
) -> None:
    fatima = delft.person("fatima")
    message = with_key_id(fatima.posts(fatima.activity(), to=INBOX, now=office.now), f"http://{key_host}/k#main-key")
    with pytest.raises((ForbiddenError, UnverifiedError)):
        await admit(office, message)


async def test_sig_15_a_key_that_redirects_to_a_private_address_is_not_fetched(
    office: Office, delft: Neighbour
) -> None:
    fatima = delft.person("fatima")
    delft.pages["/users/fatima"] = Page(302, headers={"Location": "http://169.254.169.254/latest"})
    with pytest.raises(ForbiddenError):
        await deliver(office, fatima)


async def test_sig_24_a_server_we_do_not_talk_with_is_refused_before_anything_is_fetched(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    evil = await open_neighbour("evil")
    fatima, mallory = delft.person("fatima"), evil.person("mallory")
    office.trust.refused.add(evil.host)
    with pytest.raises(ForbiddenError):
        await deliver(office, mallory)
    with pytest.raises(ForbiddenError):
        await deliver(office, fatima, mallory.activity())
    with pytest.raises(ForbiddenError):
        await deliver(office, mallory, fatima.activity())
    with pytest.raises(ForbiddenError):
        await office.gate.identify(mallory.gets("https://gouda.example/users/a", now=office.now), source=SOURCE)
    assert evil.asked == delft.asked == []


async def test_sig_24_a_known_key_of_a_server_we_no_longer_talk_with_forwards_nothing(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    evil = await open_neighbour("evil")
    fatima, mallory = delft.person("fatima"), evil.person("mallory")
    await deliver(office, mallory, fatima.proven(fatima.activity(), now=office.now))
    office.trust.refused.add(evil.host)
    with pytest.raises(ForbiddenError):
        await deliver(office, mallory, fatima.proven(fatima.activity(), now=office.now))


async def test_sig_26_an_account_that_deletes_itself_is_thanked_without_a_fetch(
    office: Office, delft: Neighbour
) -> None:
    unknown, known = delft.person("unknown"), delft.person("known")
    await deliver(office, known)
    delft.asked.clear()
    for somebody in (unknown, known):
        message = somebody.posts(somebody.activity("Delete", object=somebody.uri), to=INBOX, now=office.now)
        wrong = replace(
            message,
            headers=tuple((name, value.replace('signature="', 'signature="AAAA')) for name, value in message.headers),
        )
        assert await office.gate.admit(wrong, source=SOURCE) == Refused()
    assert (
        await office.gate.admit(
            unknown.posts(unknown.activity("Delete", object=unknown.uri), to=INBOX, now=office.now), source=SOURCE
        )
        == Refused()
    )
    assert delft.asked == []


async def test_an_account_that_deletes_itself_with_a_known_key_is_believed(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    await deliver(office, fatima)
    delft.pages["/users/fatima"] = Page(410)
    admitted = await deliver(office, fatima, fatima.activity("Delete", object=fatima.uri))
    assert admitted.activity.type == "Delete"


async def test_a_delete_of_somebody_elses_account_is_no_exception(office: Office, delft: Neighbour) -> None:
    mallory, fatima = delft.person("mallory"), delft.person("fatima")
    await refused(office, mallory, fatima.activity("Delete", object=fatima.uri + "x"))


# --- keys that change -------------------------------------------------------------------------------------------


async def test_sig_16_a_key_that_was_replaced_under_its_id_is_read_anew_once(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    await deliver(office, fatima)
    new = rsa_key(fatima.rsa.key_id, other_than=fatima.rsa)
    delft.person("fatima", **key_members(fatima.uri, rsa=new))
    office.clock.advance(61 * SECOND)
    await deliver(office, fatima, key=new)
    assert len(delft.asked) == 2
    await refused(office, fatima)  # the old one


async def test_sig_16_a_signature_that_never_fits_causes_one_fetch_in_five_minutes(
    office: Office, delft: Neighbour
) -> None:
    fatima = delft.person("fatima")
    await deliver(office, fatima)
    wrong = rsa_key(fatima.rsa.key_id, other_than=fatima.rsa)
    office.clock.advance(61 * SECOND)
    for _ in range(4):
        await refused(office, fatima, key=wrong)
        office.clock.advance(70 * SECOND)
    assert len(delft.asked) == 2
    office.clock.advance(MINUTE)
    await refused(office, fatima, key=wrong)
    assert len(delft.asked) == 3
    await deliver(office, fatima)


async def test_sig_16_with_a_fresh_copy_of_the_key_nothing_is_fetched(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    wrong = rsa_key(fatima.rsa.key_id, other_than=fatima.rsa)
    await refused(office, fatima, key=wrong)
    await refused(office, fatima, key=wrong)
    assert len(delft.asked) == 1


async def test_a_key_that_cannot_be_read_anew_leaves_the_matter_undecided(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    await deliver(office, fatima)
    wrong = rsa_key(fatima.rsa.key_id, other_than=fatima.rsa)
    delft.pages["/users/fatima"] = Page(500)
    office.clock.advance(2 * MINUTE)
    for _ in range(3):
        await undecided(office, fatima, key=wrong)
    await deliver(office, fatima)  # with the key we have there is nothing to find out


async def test_too_many_keys_of_one_host_to_read_anew_leave_the_matter_undecided(
    office: Office, delft: Neighbour
) -> None:
    people = [delft.person(f"person{number}") for number in range(12)]
    for person in people:
        await deliver(office, person)
    office.clock.advance(2 * MINUTE)
    for person in people[:10]:
        await refused(office, person, key=rsa_key(person.rsa.key_id, other_than=person.rsa))
    await undecided(office, people[10], key=rsa_key(people[10].rsa.key_id, other_than=people[10].rsa))
    await deliver(office, people[10])


@pytest.mark.parametrize("member", ["revoked", "expires"])
@pytest.mark.parametrize("known_before", [True, False])
async def test_sig_25_a_key_that_was_withdrawn_signs_nothing_more(
    office: Office, delft: Neighbour, member: str, known_before: bool
) -> None:
    fatima = delft.person("fatima")
    if known_before:
        await deliver(office, fatima)
    shown = key_members(fatima.uri, rsa=fatima.rsa)
    shown["publicKey"][member] = to_rfc3339(office.now - 1)
    delft.person("fatima", **shown)
    await office.fetcher.refresh_actor(fatima.uri)
    await refused(office, fatima)


async def test_a_key_that_its_owner_no_longer_shows_is_forgotten(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    await deliver(office, fatima)
    new = rsa_key(f"{fatima.uri}#main-key-2", other_than=fatima.rsa)
    delft.person("fatima", **key_members(fatima.uri, rsa=new))
    await office.fetcher.refresh_actor(fatima.uri)
    await deliver(office, fatima, key=new)
    await refused(office, fatima)


async def test_who_was_deleted_is_not_known_again_by_a_key_that_is_still_shown(
    office: Office, delft: Neighbour
) -> None:
    fatima = delft.person("fatima")
    await deliver(office, fatima)
    await office.instance.write(actors.mark_deleted, uri=fatima.uri)
    new = rsa_key(f"{fatima.uri}#main-key-2", other_than=fatima.rsa)
    delft.person("fatima", **key_members(fatima.uri, rsa=new))
    await refused(office, fatima, key=new)


async def test_a_key_that_is_too_short_is_refused_and_not_put_off(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    members = key_members(fatima.uri, rsa=fatima.rsa)
    members["publicKey"]["publicKeyPem"] = "-----BEGIN PUBLIC KEY-----\nMAAwAA==\n-----END PUBLIC KEY-----\n"
    delft.person("fatima", **members)
    await refused(office, fatima)


# --- what cannot be decided --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 408, 429, 401, 403])
async def test_ans_01_a_key_host_with_trouble_leaves_the_matter_undecided(
    office: Office, delft: Neighbour, status: int
) -> None:
    fatima = delft.person("fatima")
    delft.pages["/users/fatima"] = Page(status)
    await undecided(office, fatima)
    await undecided(office, fatima)


async def test_ans_01_a_key_host_that_is_away_leaves_the_matter_undecided(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    await delft.close()
    await undecided(office, fatima)


async def test_ans_01_a_slow_key_host_leaves_the_matter_undecided_and_the_key_is_there_next_time(
    office: Office, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedgov.federation.keyring.FETCH_SECONDS", 0.1)
    fatima = delft.person("fatima")
    go_on = asyncio.Event()

    async def slowly(_asked: Asked) -> Page:
        await go_on.wait()
        return Page(body=fatima.document)

    delft.pages["/users/fatima"] = slowly
    await undecided(office, fatima)
    go_on.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*office.keyring._running.values())
    await deliver(office, fatima)
    assert len(delft.asked) == 1


async def test_a_pause_for_a_key_never_stops_a_request_that_fits_the_key_we_have(
    office: Office, delft: Neighbour
) -> None:
    fatima = delft.person("fatima")
    delft.pages["/users/fatima"] = Page(500)
    await undecided(office, fatima)
    delft.person("fatima", **key_members(fatima.uri, rsa=fatima.rsa))
    await office.fetcher.actor(fatima.uri)  # it became known in another way
    await deliver(office, fatima)


# --- strength ----------------------------------------------------------------------------------------------------


async def test_the_third_strong_signature_pins_a_host(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    for number in range(3):
        await deliver(office, fatima)
        await deliver(office, fatima, shape=Shape.RFC9421_ED25519)
        (row,) = await office.rows(peers_table)
        assert (row.pinned_at is not None) == (number == 2), number
    await undecided(office, fatima)
    await undecided(office, fatima, shape=Shape.RFC9421_RSA)
    await deliver(office, fatima, shape=Shape.RFC9421_ED25519)

    await office.instance.write(peers.unpin, host=delft.host)
    await deliver(office, fatima)


async def test_a_host_that_signs_with_ed25519_is_written_to_in_the_same_way_for_ever(
    office: Office, delft: Neighbour
) -> None:
    fatima = delft.person("fatima")
    for _ in range(3):
        await deliver(office, fatima, shape=Shape.RFC9421_ED25519)
    assert await office.room.peers.shape(delft.host) is Shape.RFC9421_ED25519
    office.clock.advance(30 * DAY)
    assert await office.room.peers.shape(delft.host) is Shape.RFC9421_ED25519


async def test_a_shape_that_goes_on_working_is_not_forgotten(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    await deliver(office, fatima, shape=Shape.RFC9421_ED25519)
    for _ in range(10):
        office.clock.advance(2 * DAY)
        await office.room.peers.learn_shape(delft.host, Shape.RFC9421_ED25519)
        assert await office.room.peers.shape(delft.host) is Shape.RFC9421_ED25519


# --- proofs -----------------------------------------------------------------------------------------------------


async def test_what_another_server_forwards_counts_by_the_proof_of_its_actor(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    leiden = await open_neighbour("leiden")
    fatima, group = delft.person("fatima"), leiden.person("group")
    admitted = await deliver(office, group, fatima.proven(fatima.activity(), now=office.now))
    assert admitted.proven
    assert admitted.activity.actor == fatima.uri
    assert admitted.origin == delft.origin
    assert admitted.key_id == group.rsa.key_id


async def test_an_invalid_proof_is_refused_even_from_the_actor_itself(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    proven = fatima.proven(fatima.activity(), now=office.now)
    await refused(office, fatima, {**proven, "content": "changed"})
    await deliver(office, fatima, fatima.activity())


async def test_ld_07_a_proof_by_somebody_else_is_refused(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    evil = await open_neighbour("evil")
    fatima, bram, mallory = delft.person("fatima"), delft.person("bram"), evil.person("mallory")
    for signer in (bram, mallory):
        await refused(office, mallory, signer.proven(fatima.activity(), now=office.now))


async def test_a_proof_of_another_time_is_refused(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    published = to_rfc3339(office.now - HOUR)
    await refused(office, fatima, fatima.proven(fatima.activity(published=published), now=office.now))
    near = to_rfc3339(office.now - 9 * MINUTE)
    await deliver(office, fatima, fatima.proven(fatima.activity(published=near), now=office.now))


async def test_a_proof_by_a_key_that_was_replaced_under_its_id_is_checked_with_the_new_one(
    office: Office, delft: Neighbour
) -> None:
    fatima = delft.person("fatima")
    await deliver(office, fatima, fatima.proven(fatima.activity(), now=office.now))
    fatima.ed25519 = generate_ed25519(fatima.ed25519.key_id)
    delft.person("fatima", **key_members(fatima.uri, rsa=fatima.rsa, ed25519=fatima.ed25519))
    office.clock.advance(2 * MINUTE)
    assert (await deliver(office, fatima, fatima.proven(fatima.activity(), now=office.now))).proven


async def test_a_proof_whose_key_host_is_away_is_undecided(
    office: Office, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    leiden = await open_neighbour("leiden")
    fatima, group = delft.person("fatima"), leiden.person("group")
    delft.pages["/users/fatima"] = Page(503)
    await undecided(office, group, fatima.proven(fatima.activity(), now=office.now))


async def test_a_proof_made_after_its_key_was_retired_is_refused_and_an_earlier_one_counts(
    office: Office, delft: Neighbour
) -> None:
    fatima = delft.person("fatima")
    early = fatima.proven(fatima.activity(), now=office.now)
    shown = key_members(fatima.uri, rsa=fatima.rsa, ed25519=fatima.ed25519)
    shown["assertionMethod"][0]["expires"] = to_rfc3339(office.now + MINUTE)
    delft.person("fatima", **shown)
    office.clock.advance(5 * MINUTE)
    await deliver(office, fatima, early)
    await refused(office, fatima, fatima.proven(fatima.activity(), now=office.now))


async def test_an_activity_of_long_ago_is_refused(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    await deliver(office, fatima, fatima.activity(published=to_rfc3339(office.now - 29 * DAY)))
    with pytest.raises(ForbiddenError):
        await deliver(office, fatima, fatima.activity(published=to_rfc3339(office.now - 31 * DAY)))


# --- who reads --------------------------------------------------------------------------------------------------


async def test_who_signs_a_get_is_known(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    url = "https://gouda.example/users/bram/outbox?page=true"
    signer = await office.gate.identify(fatima.gets(url, now=office.now), source=SOURCE)
    assert (signer.actor, signer.host, signer.with_query) == (fatima.uri, delft.host, True)


async def test_sig_20_a_signature_without_the_query_names_a_host_only(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    url = "https://gouda.example/users/bram/outbox?page=true"
    message = fatima.gets(url, now=office.now, shape=Shape.CAVAGE_NO_QUERY)
    assert not (await office.gate.identify(message, source=SOURCE)).with_query


async def test_a_get_with_a_wrong_signature_or_none_is_refused(office: Office, delft: Neighbour) -> None:
    fatima, bram = delft.person("fatima"), delft.person("bram", with_keys=False)
    other = rsa_key(f"{bram.uri}#main-key", other_than=fatima.rsa)
    delft.person("bram", **key_members(bram.uri, rsa=other))
    message = fatima.gets("https://gouda.example/users/a", now=office.now)
    for wrong in (with_key_id(message, other.key_id), replace(message, headers=())):
        with pytest.raises(UnverifiedError):
            await office.gate.identify(wrong, source=SOURCE)


async def test_a_get_with_a_withdrawn_key_is_refused(office: Office, delft: Neighbour) -> None:
    fatima = delft.person("fatima")
    shown = key_members(fatima.uri, rsa=fatima.rsa)
    shown["publicKey"]["revoked"] = to_rfc3339(office.now - 1)
    delft.person("fatima", **shown)
    with pytest.raises(UnverifiedError):
        await office.gate.identify(fatima.gets("https://gouda.example/users/a", now=office.now), source=SOURCE)


async def test_nothing_of_what_was_refused_is_stored(office: Office, delft: Neighbour) -> None:
    await refused(office, delft.person("fatima"), delft.person("bram").activity())
    assert await office.instance.read(lambda tx: tx.value(select(func.count()).select_from(inbox_items))) == 0
