"""What somebody else can make us do, read or remember has an end."""

from __future__ import annotations

import itertools
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import PUBLIC
from fedgov.features.posts.inbox import keep
from fedgov.federation import actors, backfill, follows, keyring
from fedgov.federation.backfill import Backfiller
from fedgov.federation.describe import MAX_REMEMBERED, Describer
from fedgov.federation.dispatch import FetchedObject
from fedgov.federation.fetch import MAX_ANCESTORS, Fetcher
from fedgov.federation.keyring import FetchLimits
from fedgov.kernel.clock import HOUR
from fedgov.kernel.limits import MAX_SUBJECTS, Limiter
from fedgov.store.transaction import Transaction
from tests.federation.interop.world import AS2, Correspondent, correspondent
from tests.security.internet import Internet

pytestmark = pytest.mark.asyncio(loop_scope="module")

_names = itertools.count(1)
_WAIT: Final = Limiter.wait
"""Limits are off in these tests, so that one does not put off the next."""
MAX_FETCHES: Final = 2 * 2 * (MAX_ANCESTORS + 1)
"""For one message: what it answers and what it quotes, each with ancestors, and an author each."""


def _follow(tx: Transaction, *, follower: str, following: str) -> None:
    follows.put(tx, follower=follower, following=following, state="accepted", activity_uri=None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def friend(internet: Internet) -> Correspondent:
    """Somebody whom fatima follows, so that what they answer is read."""
    found = correspondent(internet.outside, "vriend")
    await internet.deliver(found.activity("Create", found.note(to=[PUBLIC, internet.fatima.uri])), by=found)
    await internet.town.instance.write(_follow, follower=internet.fatima.uri, following=found.uri)
    return found


def serve_chain(internet: Internet, length: int, *, subdomains: bool) -> str:
    """Show a row of answers, each by somebody else; return the last one's address."""
    above, last = None, ""
    for number in range(length):
        name = f"n{number}.wild" if subdomains else "keten"
        author = correspondent(internet.outside, name, f"/users/u{number}")
        tags = [{"type": "Mention", "href": f"http://m{number}.wild.example/users/x", "name": "@x"}]
        note = author.note(id=f"{author.origin}/notes/{number}", inReplyTo=above, tag=tags)
        internet.outside.serve({"@context": AS2, **note})
        above = last = note["id"]
    return last


@pytest.mark.parametrize("subdomains", [False, True])
async def test_dos_07_a_long_chain_of_answers_is_read_only_so_far(
    internet: Internet, friend: Correspondent, *, subdomains: bool
) -> None:
    last = serve_chain(internet, 60, subdomains=subdomains)
    letters = len(internet.outside.letters)
    note = friend.note(inReplyTo=last, to=[PUBLIC])
    row = await internet.deliver(friend.activity("Create", note, to=[PUBLIC]), by=friend)
    assert row.state == "done"
    asked = [each.url for each in internet.outside.letters[letters:]]
    assert 2 * MAX_ANCESTORS <= len(asked) <= MAX_FETCHES
    assert not [url for url in asked if url.startswith("http://m")], "who is only named is not looked up"


async def test_dos_07_a_name_for_each_stranger_does_not_fill_the_store(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A domain whose subdomains brought as many people as it may is put off, under whatever name it comes."""
    monkeypatch.setattr(Limiter, "wait", _WAIT)
    instance = internet.town.instance
    most, now = instance.config.limits.newcomers_per_hour, instance.clock.now()
    instance.limiter.note("newcomers", "wilder.example", most=most, per=HOUR, now=now, cost=2 * most)
    for name in ("", "a.", "b.c."):
        stranger = correspondent(internet.outside, f"{name}wilder")
        answer = await internet.post(stranger.activity("Create", stranger.note(to=[internet.fatima.uri])), by=stranger)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert await internet.town.ask(actors.find, uri=stranger.uri) is None
    other = correspondent(internet.outside, "rustig")
    row = await internet.deliver(other.activity("Create", other.note(to=[internet.fatima.uri])), by=other)
    assert row.state == "done"


async def test_dos_08_circles_of_answers_and_shares_end(internet: Internet, friend: Correspondent) -> None:
    first, second = friend.id("notes"), friend.id("notes")
    for one, other in ((first, second), (second, first)):
        internet.outside.serve({"@context": AS2, **friend.note(id=one, inReplyTo=other, context=other)})
    row = await internet.deliver(friend.activity("Create", friend.note(inReplyTo=first), to=[PUBLIC]), by=friend)
    assert row.state == "done"
    nested: Any = first
    for _ in range(12):
        nested = friend.activity("Announce", nested)
    async with internet.nothing_happens():
        await internet.post(friend.activity("Announce", nested, to=[PUBLIC]), by=friend)


async def _fill(internet: Internet, friend: Correspondent, **members: Any) -> int:
    instance = internet.town.instance
    note = friend.note(**members)
    body = orjson.dumps(note)
    fetched = FetchedObject(document=note, body=body, author=friend.uri, received_at=instance.clock.now())
    await instance.write(keep, fetched)
    letters = len(internet.outside.letters)
    fetcher = instance.fetch
    assert isinstance(fetcher, Fetcher)
    await Backfiller(instance, fetcher=fetcher).fill(note["id"])
    return len(internet.outside.letters) - letters


async def test_dos_06_pages_that_never_end_are_left(internet: Internet, friend: Correspondent) -> None:
    for number in range(200):
        at = f"{friend.origin}/endless/{number}"
        following = f"{friend.origin}/endless/{number + 1}"
        internet.outside.serve({"id": at, "type": "CollectionPage", "items": [], "next": following})
    asked = await _fill(internet, friend, replies=f"{friend.origin}/endless/0")
    assert 1 < asked <= backfill.MAX_PAGES + 1


async def test_dos_06_pages_that_go_in_a_circle_are_left(internet: Internet, friend: Correspondent) -> None:
    names = [f"{friend.origin}/circle/{letter}" for letter in "ab"]
    for at, following in zip(names, reversed(names), strict=True):
        internet.outside.serve({"id": at, "type": "CollectionPage", "items": [], "next": following})
    assert await _fill(internet, friend, replies=names[0]) <= 3


async def test_dos_06_a_page_with_a_hundred_thousand_items_is_cut(internet: Internet, friend: Correspondent) -> None:
    items = [f"http://x{number}.example/" for number in range(40_000)]
    at = f"{friend.origin}/heavy"
    internet.outside.serve({"id": at, "type": "Collection", "items": items})
    assert 400 < await _fill(internet, friend, replies=at) <= 1 + 500


async def test_dos_09_a_flood_of_everything_in_one_message_is_cut(internet: Internet, friend: Correspondent) -> None:
    tags: list[dict[str, Any]] = []
    for number in range(2_500):
        tags.append({"type": "Mention", "href": f"http://m.example/{number}", "name": "@x"})
        tags.append({"type": "Hashtag", "name": f"#t{number}"})
    files = [{"type": "Image", "url": f"http://m.example/{number}.png"} for number in range(2_500)]
    note = friend.note(tag=tags, attachment=files, to=[PUBLIC])
    before = await internet.counts()
    row = await internet.deliver(friend.activity("Create", note, to=[PUBLIC]), by=friend)
    after = await internet.counts()
    assert row.state == "done"
    grown = {name: number - before[name] for name, number in after.items() if number != before[name]}
    assert max(grown.values()) <= 100, grown


async def test_dos_11_what_strangers_make_us_remember_is_bounded() -> None:
    limits, limiter = FetchLimits(), Limiter()
    for number in range(keyring.MAX_CACHED + 500):
        limits.failed(f"http://h{number}.example/key", "192.0.2.0/24", now=1_000)
        limits.may_refetch(f"http://h{number}.example/key", now=1_000)
        limits.begin(f"http://h{number}.example/key", f"s{number}", now=1_000)
    sizes = {name: len(table) for name, table in vars(limits).items()}
    assert max(sizes.values()) <= keyring.MAX_CACHED, sizes
    for number in range(MAX_SUBJECTS + 500):
        limiter.note("inbox", f"h{number}.example", most=10, per=60_000, now=1_000)
    assert len(limiter) <= MAX_SUBJECTS


async def test_dos_11_servers_that_were_met_are_remembered_only_so_many(internet: Internet) -> None:
    describer = Describer(internet.town.running.room)
    backfiller = internet.town.running.backfiller
    for number in range(MAX_REMEMBERED + 500):
        describer.note(f"h{number}.example")
        describer._rest(f"h{number}.example", until=1)
    assert len(describer._not_before) <= MAX_REMEMBERED
    for number in range(backfill.MAX_WAITING * 2):
        backfiller.note(f"http://h{number}.example/notes/1")
    assert backfiller.waiting <= backfill.MAX_WAITING


async def test_dos_19_what_somebody_says_beforehand_about_anothers_message_does_not_stop_it(
    internet: Internet, friend: Correspondent
) -> None:
    """Likes, quotes, answers, shares, deletes and copies by others come first; the genuine one comes after."""
    mallory = correspondent(internet.outside, f"evil{next(_names)}", "/users/mallory")
    await internet.deliver(mallory.activity("Create", mallory.note(to=[internet.fatima.uri])), by=mallory)
    genuine = friend.note(content="<p>echt</p>", to=[PUBLIC])
    for activity in (
        mallory.activity("Like", genuine["id"]),
        mallory.activity(
            "Create", mallory.note(quote=genuine["id"], inReplyTo=genuine["id"], to=[internet.fatima.uri])
        ),
        mallory.activity("Announce", genuine["id"], to=[PUBLIC]),
        mallory.activity("Delete", genuine["id"]),
        mallory.activity("Create", {**genuine, "content": "<p>vals</p>"}),
    ):
        await internet.post(activity, by=mallory)
        await internet.settle()
    row = await internet.deliver(friend.activity("Create", genuine, to=[PUBLIC]), by=friend)
    assert row.state == "done"
    kept = await internet.town.object(genuine["id"])
    assert kept is not None
    assert kept["content"] == "<p>echt</p>"
