"""Who may do what to whose things: what somebody does to another's is refused, and changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from fedgov.activitystreams.audience import PUBLIC
from fedgov.features.moderation.tables import reports
from fedgov.features.notices.tables import notifications
from fedgov.features.people.queries import account_of
from fedgov.features.people.service import blocks, tokens
from fedgov.features.posts.vocabulary import PollDraft
from fedgov.features.trust import service as trust
from fedgov.federation import follows
from fedgov.kernel.clock import DAY, to_rfc3339
from fedgov.store.transaction import Transaction
from tests.federation.interop.world import Correspondent, correspondent, now_text
from tests.security.internet import Internet

pytestmark = pytest.mark.asyncio(loop_scope="module")

Document = dict[str, Any]
_names = itertools.count(1)


@dataclass(slots=True)
class Neighbourhood:
    """Alice, whom fatima follows; Bob at the same server; Mallory at another. All are known here.

    Args:
        note: Something of alice's that is here.
        question: Something of fatima's that alice likes, shares and answers.
    """

    internet: Internet
    alice: Correspondent
    bob: Correspondent
    mallory: Correspondent
    note: Document
    question: str

    @property
    def fatima(self) -> str:
        return self.internet.fatima.uri


def _follow(tx: Transaction, *, follower: str, following: str) -> None:
    follows.put(tx, follower=follower, following=following, state="accepted", activity_uri=None)


@pytest_asyncio.fixture(loop_scope="module")
async def near(internet: Internet) -> Neighbourhood:
    """A neighbourhood of its own for one test."""
    return await move_in(internet)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(internet: Internet) -> Neighbourhood:
    """The neighbourhood of all tests that change nothing."""
    return await move_in(internet)


async def move_in(internet: Internet) -> Neighbourhood:
    """Let three people get to know fatima."""
    number = next(_names)
    alice = correspondent(internet.outside, f"delft{number}", "/users/alice")
    bob = correspondent(internet.outside, f"delft{number}", "/users/bob")
    mallory = correspondent(internet.outside, f"evil{number}", "/users/mallory")
    for each in (alice, bob, mallory):
        each.document["featured"] = f"{each.uri}/featured"
        internet.outside.serve(each.document)
        hello = each.activity("Create", each.note(to=[PUBLIC, internet.fatima.uri]))
        await internet.deliver(hello, by=each)
    await internet.town.instance.write(_follow, follower=internet.fatima.uri, following=alice.uri)
    question = await internet.fatima.post(f"Wie weet dit? {number}")
    note = alice.note(content="<p>zo was het</p>")
    await internet.deliver(alice.activity("Create", note, to=[PUBLIC]), by=alice)
    for kind in ("Like", "Announce"):
        await internet.deliver(alice.activity(kind, question, to=[PUBLIC], id=f"{alice.uri}/{kind}"), by=alice)
    await internet.deliver(alice.activity("Follow", internet.fatima.uri, id=f"{alice.uri}/follow"), by=alice)
    return Neighbourhood(internet, alice, bob, mallory, note, question)


def done_by(who: Correspondent, kind: str, what: Any, **more: Any) -> Document:
    return {"id": f"{who.uri}/{kind.lower()}", "type": kind, "actor": who.uri, "object": what, **more}


Deed = Callable[[Neighbourhood, Correspondent], Document]

DEEDS: Final[dict[str, Deed]] = {
    "aut_01_update_of_anothers_post": lambda it, by: by.activity(
        "Update", {**it.note, "content": "<p>anders</p>", "updated": now_text(plus=60)}
    ),
    "aut_01_update_in_the_own_name": lambda it, by: by.activity(
        "Update", {**it.note, "attributedTo": by.uri, "content": "<p>anders</p>", "updated": now_text(plus=60)}
    ),
    "aut_01_create_over_anothers_post": lambda it, by: by.activity("Create", {**it.note, "content": "<p>anders</p>"}),
    "aut_01_delete_of_anothers_post": lambda it, by: by.activity("Delete", it.note["id"]),
    "aut_01_delete_with_a_tombstone": lambda it, by: by.activity(
        "Delete", {"id": it.note["id"], "type": "Tombstone", "attributedTo": by.uri}
    ),
    "aut_01_delete_of_our_post": lambda it, by: by.activity("Delete", it.question),
    "aut_02_update_of_our_person": lambda it, by: by.activity("Update", {**by.document, "id": it.fatima}),
    "aut_02_update_of_another_person": lambda it, by: by.activity("Update", {**it.alice.document, "name": "Mallory"}),
    "aut_02_update_of_our_post": lambda it, by: by.activity(
        "Update", {"id": it.question, "type": "Note", "attributedTo": by.uri, "content": "x"}
    ),
    "aut_03_undo_of_anothers_follow": lambda it, by: by.activity("Undo", done_by(it.alice, "Follow", it.fatima)),
    "aut_03_undo_of_anothers_follow_by_id": lambda it, by: by.activity("Undo", f"{it.alice.uri}/follow"),
    "aut_03_undo_of_anothers_like": lambda it, by: by.activity("Undo", done_by(it.alice, "Like", it.question)),
    "aut_03_undo_of_anothers_share": lambda it, by: by.activity("Undo", done_by(it.alice, "Announce", it.question)),
    "aut_03_undo_of_anothers_block": lambda it, by: by.activity("Undo", done_by(it.alice, "Block", it.fatima)),
    "aut_03_undo_of_what_was_never_done": lambda it, by: by.activity("Undo", done_by(by, "Follow", it.fatima)),
    "aut_04_accept_of_a_follow_never_sent": lambda it, by: by.activity(
        "Accept", {"type": "Follow", "actor": it.fatima, "object": by.uri}
    ),
    "aut_04_accept_in_the_name_of_another": lambda it, by: by.activity(
        "Accept", {"type": "Follow", "actor": it.fatima, "object": it.alice.uri}
    ),
    "aut_04_reject_in_the_name_of_another": lambda it, by: by.activity(
        "Reject", {"type": "Follow", "actor": it.fatima, "object": it.alice.uri}
    ),
    "aut_05_move_of_another": lambda it, by: by.activity("Move", it.alice.uri, target=by.uri),
    "aut_05_move_to_oneself": lambda it, by: by.activity("Move", by.uri, target=by.uri),
    "aut_05_move_to_whom_that_does_not_confirm_it": lambda it, by: by.activity("Move", by.uri, target=it.alice.uri),
    "aut_05_move_to_one_of_ours": lambda it, by: by.activity("Move", by.uri, target=it.fatima),
    "aut_06_add_to_anothers_collection": lambda it, by: by.activity(
        "Add", it.note["id"], target=f"{it.alice.uri}/featured"
    ),
    "aut_06_add_of_anothers_post": lambda it, by: by.activity("Add", it.note["id"], target=f"{by.uri}/featured"),
    "aut_06_remove_from_anothers_collection": lambda it, by: by.activity(
        "Remove", it.note["id"], target=f"{it.alice.uri}/featured"
    ),
    "aut_06_add_to_ours": lambda it, by: by.activity("Add", it.question, target=f"{it.fatima}/featured"),
    "aut_07_share_of_a_forged_create": lambda it, by: by.activity(
        "Announce", it.alice.activity("Create", {**it.note, "content": "<p>anders</p>"}), to=[PUBLIC]
    ),
    "aut_07_share_of_a_forged_delete": lambda it, by: by.activity(
        "Announce", it.alice.activity("Delete", it.note["id"]), to=[PUBLIC]
    ),
    "aut_07_share_of_a_share": lambda it, by: by.activity(
        "Announce", by.activity("Announce", by.activity("Announce", it.note["id"])), to=[PUBLIC]
    ),
}


@pytest.mark.parametrize("who", ["mallory", "bob"])
@pytest.mark.parametrize("row", DEEDS)
async def test_aut_01_to_07_what_is_anothers_is_left_as_it_is(shared: Neighbourhood, row: str, who: str) -> None:
    by: Correspondent = getattr(shared, who)
    read_anew = ["actors", "keys"] if row.startswith("aut_05") else []
    needed = [shared.alice.uri, by.uri, shared.note["id"]]
    async with shared.internet.nothing_happens(besides=read_anew, fetched=needed):
        answer = await shared.internet.post(DEEDS[row](shared, by), by=by)
    assert answer.status in (202, 400, 401, 403), answer.body
    kept = await shared.internet.town.object(shared.note["id"])
    assert kept is not None
    assert kept["content"] == "<p>zo was het</p>"


async def test_aut_01_a_server_removes_what_its_people_wrote(near: Neighbourhood) -> None:
    """Its own program does, when its people do not any more."""
    program = correspondent(near.internet.outside, f"delft{_number(near)}", "/actor", kind="Application")
    await near.internet.deliver(program.activity("Delete", near.note["id"], to=[PUBLIC]), by=program)
    assert await near.internet.post_row(near.note["id"]) is None


def _number(near: Neighbourhood) -> str:
    return near.alice.origin.removeprefix("http://delft").removesuffix(".example")


async def test_aut_05_a_second_move_within_a_week_is_refused(near: Neighbourhood) -> None:
    first = correspondent(near.internet.outside, f"nieuw{next(_names)}", "/users/alice")
    second = correspondent(near.internet.outside, f"nieuw{next(_names)}", "/users/alice")
    for each in (first, second):
        near.internet.outside.serve({**each.document, "alsoKnownAs": [near.alice.uri]})
    row = await near.internet.deliver(near.alice.activity("Move", near.alice.uri, target=first.uri), by=near.alice)
    assert row.state == "done"
    async with near.internet.nothing_happens(besides=["actors", "keys"], fetched=[second.uri]):
        await near.internet.post(near.alice.activity("Move", near.alice.uri, target=second.uri), by=near.alice)


async def test_aut_05_nobody_moves_to_a_server_that_is_blocked(near: Neighbourhood) -> None:
    target = correspondent(near.internet.outside, f"geweerd{next(_names)}", "/users/alice")
    near.internet.outside.serve({**target.document, "alsoKnownAs": [near.alice.uri]})
    host = target.uri.split("/")[2]
    await near.internet.town.instance.write(trust.block, domain=host)
    async with near.internet.nothing_happens():
        await near.internet.post(near.alice.activity("Move", near.alice.uri, target=target.uri), by=near.alice)


async def test_aut_08_what_a_friend_shares_of_a_blocked_server_is_shown_nowhere(near: Neighbourhood) -> None:
    secret = f"verborgen{next(_names)}"
    theirs = near.mallory.note(content=f"<p>{secret}</p>")
    near.internet.outside.serve({"@context": "https://www.w3.org/ns/activitystreams", **theirs})
    await near.internet.deliver(near.alice.activity("Announce", theirs["id"], to=[PUBLIC]), by=near.alice)
    cookie = await near.internet.log_in()
    row = await near.internet.post_row(theirs["id"])
    before = await near.internet.ask("GET", "/home", headers=cookie)
    assert secret in before.page, "it was there before the block"

    await near.internet.town.instance.write(trust.block, domain=near.mallory.uri.split("/")[2])

    alice = near.alice.uri.removeprefix("http://").replace("/users/alice", "")
    for path in ("/home", "/timeline/public", f"/@alice@{alice}", f"/posts/{row.object_id}", "/notifications"):
        answer = await near.internet.ask("GET", path, headers=cookie)
        assert secret not in answer.page, path
    account = await near.internet.town.ask(account_of, actor=near.fatima)
    assert account is not None
    token = await near.internet.town.instance.write(tokens.create_token, account_id=account.id, scopes="read write")
    app = {"Authorization": f"Bearer {token}"}
    number, uri = row.object_id, quote(theirs["id"], safe="")
    for path in (
        *(f"/api/v1/statuses/{number}{part}" for part in ("", "/context", "/history", "/favourited_by")),
        *("/api/v1/timelines/home", "/api/v1/timelines/public", f"/api/v2/search?q={secret}&resolve=true"),
        *(f"/api/v2/search?q={uri}&resolve=true", "/users/fatima/inbox/page/latest"),
    ):
        answer = await near.internet.ask("GET", path, headers=app)
        assert secret not in answer.page.replace(path, ""), path
    for thing in (theirs["id"], near.mallory.uri):
        answer = await near.internet.ask("POST", "/api/activitypub/proxy", headers=app, body={"id": thing})
        assert answer.status in (403, 404), (thing, answer.status)


async def test_aut_09_a_create_that_comes_after_its_delete_stays_dead(near: Neighbourhood) -> None:
    note = near.alice.note()
    await near.internet.deliver(near.alice.activity("Delete", note["id"], to=[PUBLIC]), by=near.alice)
    async with near.internet.nothing_happens():
        await near.internet.post(near.alice.activity("Create", note, to=[PUBLIC]), by=near.alice)
    await near.internet.deliver(near.alice.activity("Delete", near.note["id"], to=[PUBLIC]), by=near.alice)
    async with near.internet.nothing_happens():
        for kind in ("Create", "Update"):
            await near.internet.post(near.alice.activity(kind, {**near.note, "updated": now_text()}), by=near.alice)


async def test_aut_10_an_older_version_does_not_come_back(near: Neighbourhood) -> None:
    newer = {**near.note, "content": "<p>zo was het</p><p>en zo werd het</p>", "updated": now_text()}
    await near.internet.deliver(near.alice.activity("Update", newer, to=[PUBLIC]), by=near.alice)
    older = {**near.note, "content": "<p>nog ouder</p>", "updated": to_rfc3339(1_700_000_000_000)}
    async with near.internet.nothing_happens():
        await near.internet.post(near.alice.activity("Update", older, to=[PUBLIC]), by=near.alice)


async def test_aut_11_who_is_blocked_gets_round_it_in_no_way(near: Neighbourhood) -> None:
    internet, bob = near.internet, near.bob
    await internet.town.instance.write(blocks.block, who=near.fatima, whom=bob.uri)
    await internet.settle()
    told = await internet.town.ask(_notifications)
    reply = bob.note(inReplyTo=near.note["id"], to=[PUBLIC, near.fatima, near.alice.uri])
    for activity in (
        bob.activity("Create", bob.note(inReplyTo=near.question, to=[PUBLIC, near.fatima])),
        bob.activity("Create", bob.note(quote=near.question, to=[PUBLIC, near.fatima])),
        bob.activity("Create", reply),
        bob.activity("Announce", near.question, to=[PUBLIC]),
        bob.activity("Like", near.question),
        bob.activity("EmojiReact", near.question, content="👍"),
        bob.activity("Follow", near.fatima),
    ):
        await internet.post(activity, by=bob, shape=next(_shapes))
    await internet.settle()
    assert await internet.town.ask(_notifications) == told
    assert await internet.town.ask(_is_follower, follower=bob.uri, following=near.fatima) is False
    question = await internet.post_row(near.question)
    assert (question.likes, question.shares) == (1, 1), "only alice's are counted"


_shapes = itertools.cycle(["cavage", "rfc9421-ed25519"])


def _notifications(tx: Transaction) -> int:
    return int(tx.value(select(func.count()).select_from(notifications)))


def _is_follower(tx: Transaction, *, follower: str, following: str) -> bool:
    return follows.is_follower(tx, follower=follower, following=following)


async def test_aut_12_reports_are_cut_counted_once_and_only_about_people_here(near: Neighbourhood) -> None:
    internet, mallory = near.internet, near.mallory
    flag = mallory.activity("Flag", [near.fatima, near.question], content="x" * 50_000)
    await internet.deliver(flag, by=mallory)
    rows = await internet.town.ask(_reports, reporter=mallory.uri)
    assert [len(row.text) <= 5_000 for row in rows] == [True]
    for again in (flag, {**flag, "id": mallory.id("flag")}):
        await internet.post(again, by=mallory)
    await internet.settle()
    assert len(await internet.town.ask(_reports, reporter=mallory.uri)) == 1
    async with internet.nothing_happens():
        await internet.post(mallory.activity("Flag", [near.alice.uri], content="niet van hier"), by=mallory)


def _reports(tx: Transaction, *, reporter: str) -> list[Any]:
    return list(tx.rows(select(reports).where(reports.c.reporter == reporter)))


@pytest.mark.parametrize(
    "header",
    [
        'collectionId="{alice}/followers", url="{alice}/sync", digest="{ones}"',
        'collectionId="{bob}/followers", url="http://evil.example/sync", digest="{ones}"',
        'collectionId="{bob}/other", url="{bob}/sync", digest="{ones}"',
        'collectionId="{bob}/followers", url="{bob}/sync"',
        'collectionId="{bob}/followers", collectionId="{alice}/followers", url="{bob}/sync", digest="{ones}"',
        "x" * 10_000,
    ],
)
async def test_aut_13_a_list_of_followers_that_is_not_the_senders_is_not_read(near: Neighbourhood, header: str) -> None:
    by = near.mallory if "evil" not in header and "alice" in header else near.bob
    said = header.replace("{alice}", near.alice.uri).replace("{bob}", by.uri).replace("{ones}", "1" * 64)
    activity = by.activity("Like", "http://nowhere.example/1")
    body_headers = {"Collection-Synchronization": said}
    async with near.internet.nothing_happens():
        answer = await near.internet.post(activity, by=by, headers=body_headers)
        assert answer.status == 202
        await near.internet.town.running.mender.settle()


async def test_aut_14_one_vote_each_while_the_poll_is_open(near: Neighbourhood) -> None:
    internet = near.internet
    ends = internet.town.instance.clock.now() + DAY
    poll = await internet.fatima.post("Hoe laat?", poll=PollDraft(options=("Vroeg", "Laat"), ends_at=ends))

    def vote(by: Correspondent, name: str) -> Document:
        note = by.note(type="Note", name=name, inReplyTo=poll, to=[near.fatima])
        return by.activity("Create", {key: value for key, value in note.items() if key != "content"}, to=[near.fatima])

    await internet.deliver(vote(near.alice, "Vroeg"), by=near.alice)
    async with internet.nothing_happens():
        for name in ("Vroeg", "Laat", "Nooit"):
            await internet.post(vote(near.alice, name), by=near.alice)
    async with internet.nothing_happens():
        await internet.post({**vote(near.bob, "Laat"), "actor": near.bob.uri}, by=near.alice)
