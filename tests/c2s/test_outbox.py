"""What a program may ask in the name of its person, what becomes of it, and what is refused.

Spec: ActivityPub, section 6; rows C2S-01 and C2S-02 of the threat table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fedgov.c2s.outbox import COMMANDS
from fedgov.features.people.queries import account_of, blocks, paged_follows
from fedgov.features.people.service import accounts, tokens
from fedgov.features.people.service.profiles import Profile, change_profile
from fedgov.federation import follows
from fedgov.kernel.pagination import PageRequest
from fedgov.store.tables import metadata
from fedgov.store.transaction import Transaction
from tests.c2s.conftest import LD_JSON, PUBLIC, Office
from tests.federation.interop.world import AS2, correspondent

pytestmark = pytest.mark.asyncio(loop_scope="module")


def note(**more: Any) -> dict[str, Any]:
    return {"@context": AS2, "type": "Note", "content": "<p>Goedemorgen</p>", "to": [PUBLIC], **more}


def create(thing: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"@context": AS2, "type": "Create", "object": thing, **more}


# --- Create -----------------------------------------------------------------------------------------------------


async def test_a_bare_note_is_wrapped_in_a_create(office: Office) -> None:
    program = await office.program("anna")
    made = await program.done(note())
    assert made["type"] == "Create"
    assert made["actor"] == made["object"]["attributedTo"] == program.me
    assert made["object"]["content"] == "<p>Goedemorgen</p>"
    assert made["to"] == made["object"]["to"] == [PUBLIC]
    assert made["proof"]["cryptosuite"] == "eddsa-jcs-2022"


async def test_c2s_01_nothing_that_is_ours_to_say_is_taken_over(office: Office) -> None:
    program = await office.program("anna")
    foreign = "https://kwaad.example/users/mallory"
    thing = note(
        id=f"{foreign}/1", attributedTo=foreign, published="2001-01-01T00:00:00Z", url=foreign, likes=f"{foreign}/likes"
    )
    made = await program.done(
        create(
            thing,
            **{"@context": [AS2, "https://kwaad.example/context"], "id": f"{foreign}/2", "actor": foreign},
            proof={"type": "DataIntegrityProof", "proofValue": "zVals"},
            signature={"type": "RsaSignature2017"},
            publicKey={"owner": foreign},
            inbox=f"{foreign}/inbox",
            endpoints={"sharedInbox": foreign},
            published="2001-01-01T00:00:00Z",
        )
    )
    assert "kwaad.example" not in str(made)
    assert "2001-01-01" not in str(made)
    assert "zVals" not in str(made)
    assert made["id"].startswith(office.internet.origin)
    assert made.keys() <= {"@context", "id", "type", "actor", "object", "to", "cc", "published", "proof"}


async def test_hidden_recipients_get_it_and_nobody_else_sees_them(office: Office) -> None:
    program, colleague = await office.program("anna"), await office.newcomer()
    thing = note(bcc=[office.friend.uri, colleague.me], content="<p>verborgen geadresseerd</p>")
    made = await program.done(create(thing, bto=[office.friend.uri], to=[PUBLIC]))
    letter = await office.internet.outside.wait_for("Create", about="verborgen geadresseerd")
    for text in (str(made), letter.body.decode()):
        assert "bto" not in text
        assert "bcc" not in text
        assert office.friend.uri not in text
        assert colleague.me not in text
    assert "verborgen geadresseerd" in str(await colleague.inbox())


async def test_who_is_hidden_in_a_message_for_followers_can_read_it_also_after_an_edit(office: Office) -> None:
    program, colleague = await office.program("anna"), await office.newcomer()
    made = await program.done(note(to=[f"{program.me}/followers"], bto=[colleague.me], content="eerste"))
    await program.done({"type": "Update", "object": {"id": made["object"]["id"], "type": "Note", "content": "tweede"}})
    row = await office.internet.post_row(made["object"]["id"])
    reply = await colleague.ask("GET", f"/api/v1/statuses/{row.object_id}")
    assert reply.status == 200
    assert colleague.me not in str(reply.json)
    assert reply.json["content"] == "<p>tweede</p>"


async def test_the_activity_says_who_it_is_for_as_well_as_its_object(office: Office) -> None:
    program = await office.program("anna")
    made = await program.done(create(note(to=[]), to=[PUBLIC], cc=[office.friend.uri]))
    assert office.friend.uri in made["object"]["cc"]
    assert [each["href"] for each in made["object"]["tag"]] == [office.friend.uri]


@pytest.mark.parametrize(
    ("to", "cc", "expected"),
    [
        ([PUBLIC], [], "public"),
        (["as:Public"], [], "public"),
        (["{me}/followers"], [PUBLIC], "unlisted"),
        (["{me}/followers"], [], "followers"),
        (["{friend}"], [], "direct"),
        ([], [], "direct"),
        (["{colleagues}"], [], "organisation"),
    ],
)
async def test_an_audience_becomes_one_of_ours(office: Office, to: list[str], cc: list[str], expected: str) -> None:
    program = await office.program("anna")
    names = {
        "me": program.me,
        "friend": office.friend.uri,
        "colleagues": office.internet.town.instance.site.colleagues,
    }
    made = await program.done(note(to=[each.format(**names) for each in to], cc=cc))
    row = await office.internet.post_row(made["object"]["id"])
    assert row.visibility == expected


@pytest.mark.parametrize(
    "addressing",
    [
        {"to": ["{friend}/followers"]},  # somebody else's followers
        {"to": ["{colleague}/followers"]},
        {"to": [PUBLIC, "{colleagues}"]},
        {"to": ["{colleagues}"], "cc": ["{friend}"]},
        {"to": ["{friend}"], "bcc": ["{colleague}"]},
        {"bto": ["{friend}"]},
        {"to": ["mailto:piet@elders.example"]},
        {"to": ["http://gouda.example/users/niemand"]},
    ],
)
async def test_an_audience_that_we_do_not_have_is_refused(office: Office, addressing: dict[str, list[str]]) -> None:
    program, colleague = await office.program("anna"), await office.program("olga")
    names = {
        "friend": office.friend.uri,
        "colleague": colleague.me,
        "colleagues": office.internet.town.instance.site.colleagues,
    }
    sent = {name: [each.format(**names) for each in values] for name, values in addressing.items()}
    assert await program.refused(note(**({"to": []} | sent))) == 422


async def test_a_name_in_the_text_is_no_address(office: Office) -> None:
    program, olga = await office.program("anna"), await office.program("olga")
    answered = await office.internet.fatima.post("Wie weet dit?")
    thing = note(to=[office.friend.uri], source={"content": "Over @olga", "mediaType": "text/markdown"})
    made = await program.done(thing | {"inReplyTo": answered})
    assert made["object"]["to"] == [office.friend.uri]
    row = await office.internet.post_row(made["object"]["id"])
    for other in (olga, await office.program("fatima")):
        assert (await other.ask("GET", f"/api/v1/statuses/{row.object_id}")).status == 404
    await program.done({"type": "Update", "object": {"id": made["object"]["id"], "type": "Note", "sensitive": True}})
    for other in (olga, await office.program("fatima")):
        assert (await other.ask("GET", f"/api/v1/statuses/{row.object_id}")).status == 404


async def test_html_is_read_as_what_it_means_and_is_never_trusted(office: Office) -> None:
    program = await office.program("anna")
    html = (
        "<p>Een <strong>vet</strong> woord, <a href='https://voorbeeld.example/x'>lees</a> en 2 * 3 * 4<br>regel</p>"
        "<ul><li>een</li><li>twee</li></ul><script>alert(1)</script><img src=x onerror=alert(2)>"
    )
    made = await program.done(note(content=html))
    content = made["object"]["content"]
    assert "<strong>vet</strong>" in content
    assert 'href="https://voorbeeld.example/x"' in content
    assert "2 * 3 * 4" in content
    assert "<li>een</li>" in content
    assert "script" not in content
    assert "onerror" not in content


async def test_articles_and_polls_are_published_and_votes_are_counted(office: Office) -> None:
    program, olga = await office.program("anna"), await office.program("olga")
    article = await program.done({"type": "Article", "name": "Verslag", "content": "<p>Lang</p>", "to": PUBLIC})
    assert (article["object"]["type"], article["object"]["name"]) == ("Article", "Verslag")
    answers = [{"type": "Note", "name": name} for name in ("Ja", "Nee")]
    poll = await program.done({"type": "Question", "content": "Gaan we?", "oneOf": answers, "to": PUBLIC})
    assert [each["name"] for each in poll["object"]["oneOf"]] == ["Ja", "Nee"]

    vote = {"type": "Note", "name": "Nee", "inReplyTo": poll["object"]["id"], "to": [program.me]}
    assert (await olga.submit(vote)).status == 202
    row = await office.internet.post_row(poll["object"]["id"])
    seen = (await olga.ask("GET", f"/api/v1/polls/{row.object_id}")).json
    assert [each["votes_count"] for each in seen["options"]] == [0, 1]
    assert await olga.refused(vote) == 422
    assert await olga.refused(vote | {"name": "Misschien"}) == 422


async def test_a_vote_elsewhere_is_sent_there(office: Office) -> None:
    program = await office.program("anna")
    friend = office.friend
    answers = [{"type": "Note", "name": name, "replies": {"totalItems": 0}} for name in ("Ja", "Nee")]
    poll = friend.note(type="Question", oneOf=answers, endTime="2099-01-01T00:00:00Z", to=[PUBLIC, program.me])
    await office.internet.deliver(friend.activity("Create", poll), by=friend)
    made = await program.done(create({"type": "Note", "name": "Ja", "inReplyTo": poll["id"], "to": [friend.uri]}))
    assert (made["object"]["name"], made["object"]["inReplyTo"]) == ("Ja", poll["id"])


# --- Update and Delete ------------------------------------------------------------------------------------------


async def test_an_update_changes_what_it_says_and_leaves_the_rest(office: Office) -> None:
    program = await office.program("anna")
    made = await program.done(note(summary="let op", content="eerst"))
    thing = {"id": made["object"]["id"], "type": "Note", "content": "daarna", "attributedTo": office.friend.uri}
    changed = await program.done({"type": "Update", "object": thing})
    assert changed["type"] == "Update"
    assert (changed["object"]["summary"], changed["object"]["content"]) == ("let op", "<p>daarna</p>")
    assert changed["object"]["attributedTo"] == program.me
    changed = await program.done({"type": "Update", "object": {"id": thing["id"], "type": "Note", "summary": None}})
    assert "summary" not in changed["object"]
    assert await program.refused({"type": "Update", "object": thing | {"to": [office.friend.uri]}}) == 422


async def test_a_deleted_message_is_gone(office: Office) -> None:
    program = await office.program("anna")
    made = await program.done(note())
    gone = await program.done({"type": "Delete", "object": made["object"]["id"]})
    assert gone["object"]["type"] == "Tombstone"
    assert await office.internet.post_row(made["object"]["id"]) is None


async def test_c2s_02_what_somebody_else_wrote_is_not_changed(office: Office) -> None:
    program = await office.program("olga")
    open_, closed = [await office.internet.fatima.post("van fatima", kind) for kind in ("public", "followers")]
    for what, expected in ((open_, 403), (closed, 404), (f"{office.internet.origin}/posts/1", 404)):
        assert await program.refused({"type": "Delete", "object": what}) == expected
        thing = {"type": "Note", "id": what, "content": "gekaapt"}
        assert await program.refused({"type": "Update", "object": thing}) == expected


async def test_c2s_02_an_actor_is_changed_by_itself_only_and_only_in_what_it_says_of_itself(office: Office) -> None:
    program = await office.program("anna")
    fields = [{"type": "PropertyValue", "name": "Kamer", "value": "<p>3.12</p>"}]
    person = {
        "type": "Person",
        "id": program.me,
        "name": "Anna de Vries",
        "summary": "<p>Over <em>mij</em></p>",
        "attachment": fields,
        "publicKey": {"id": f"{program.me}#main-key", "publicKeyPem": "vals"},
        "assertionMethod": [],
        "inbox": "https://kwaad.example/inbox",
        "preferredUsername": "burgemeester",
    }
    made = await program.done({"type": "Update", "object": person})
    assert (made["object"]["name"], made["object"]["summary"]) == ("Anna de Vries", "<p>Over <em>mij</em></p>")
    assert made["object"]["attachment"][0]["name"] == "Kamer"
    assert made["object"]["inbox"] == f"{program.me}/inbox"
    assert made["object"]["preferredUsername"] == "anna"
    assert "vals" not in str(made["object"]["publicKey"])
    site = office.internet.town.instance.site
    for other in (site.actor("fatima"), office.friend.uri, site.application, site.organisation):
        assert await program.refused({"type": "Update", "object": person | {"id": other}}) == 403
        assert await program.refused({"type": "Delete", "object": other}) == 403
    assert await program.refused({"type": "Delete", "object": program.me}) == 403
    assert await program.refused({"type": "Move", "object": program.me, "target": office.friend.uri}) == 403


# --- Like, Announce, Add ----------------------------------------------------------------------------------------


async def test_a_message_is_liked_shared_and_pinned_and_all_of_it_is_taken_back(office: Office) -> None:
    program = await office.newcomer()
    own = (await program.done(note()))["object"]["id"]
    other = await office.internet.fatima.post("Mooi weer")
    featured = f"{program.me}/featured"
    deeds = [
        await program.done({"type": "Like", "object": other, "to": [PUBLIC]}),
        await program.done({"type": "EmojiReact", "object": other, "content": "🎉"}),
        await program.done({"type": "Announce", "object": other}),
    ]
    assert [each["type"] for each in deeds] == ["Like", "EmojiReact", "Announce"]
    assert deeds[0]["to"] == [office.internet.fatima.uri]  # a like is for the author
    assert (await program.done({"type": "Add", "object": own, "target": featured}))["target"] == featured
    assert (await program.done({"type": "Remove", "object": own, "target": featured}))["type"] == "Remove"
    for deed in deeds:
        undone = await program.done({"type": "Undo", "object": deed["id"]})
        assert undone["object"]["id"] == deed["id"]
        assert await program.refused({"type": "Undo", "object": deed["id"]}) == 422
    row = await office.internet.post_row(other)
    assert (row.likes, row.shares) == (0, 0)


async def test_what_is_undone_may_be_described_instead_of_named(office: Office) -> None:
    program = await office.newcomer()
    other = await office.internet.fatima.post("Nog een")
    await program.done({"type": "Like", "object": other})
    await program.done({"type": "Undo", "object": {"type": "Like", "actor": "https://x.example/", "object": other}})
    assert (await office.internet.post_row(other)).likes == 0


async def test_c2s_02_what_somebody_else_did_is_not_announced_nor_undone(office: Office) -> None:
    program, olga = await office.program("anna"), await office.program("olga")
    closed = await office.internet.fatima.post("besloten", "followers")
    done = await olga.done(note())
    wrapped = {"type": "Create", "actor": olga.me, "object": note(content="nooit gezegd", attributedTo=olga.me)}
    assert await program.refused({"type": "Announce", "object": wrapped}) == 422
    assert await program.refused({"type": "Create", "object": wrapped}) == 422
    assert await program.refused({"type": "Undo", "object": done["id"]}) == 403
    assert await program.refused({"type": "Undo", "object": f"{office.internet.origin}/activities/1"}) == 403
    assert await program.refused({"type": "Announce", "object": closed}) == 404
    assert await program.refused({"type": "Like", "object": closed}) == 404
    assert await program.refused({"type": "Announce", "object": done["object"]["id"], "to": [olga.me]}) == 422
    for target in (f"{olga.me}/featured", f"{program.me}/followers", "https://groep.example/featured"):
        assert await program.refused({"type": "Add", "object": done["object"]["id"], "target": target}) == 403
    own = f"{program.me}/featured"
    assert await program.refused({"type": "Add", "object": done["object"]["id"], "target": own}) == 403
    assert await program.refused({"type": "Add", "object": done["object"]["id"]}) == 422


# --- people -----------------------------------------------------------------------------------------------------


async def test_somebody_is_followed_and_blocked_and_it_is_taken_back(office: Office) -> None:
    program, ask = await office.newcomer(), office.internet.town.ask
    followed = await program.done({"type": "Follow", "object": office.friend.uri})
    assert followed["object"] == office.friend.uri
    letter = await office.internet.outside.wait_for("Follow", about=program.me)
    assert letter.json["id"] == followed["id"]
    await program.done({"type": "Undo", "object": followed["id"]})
    assert await ask(follows.find, follower=program.me, following=office.friend.uri) is None
    blocked = await program.done({"type": "Block", "object": office.friend.uri})
    assert await ask(blocks, who=program.me, whom=office.friend.uri)
    await program.done({"type": "Undo", "object": blocked["id"]})
    assert not await ask(blocks, who=program.me, whom=office.friend.uri)


async def test_a_request_is_accepted_or_refused_only_by_whom_it_was_made_to(office: Office) -> None:
    program, olga, kees = await office.newcomer(), await office.newcomer(), await office.newcomer()
    await office.internet.town.instance.write(
        change_profile, actor=program.me, profile=Profile(approves_followers=True)
    )
    first = await olga.done({"type": "Follow", "object": program.me})
    second = await kees.done({"type": "Follow", "object": program.me})
    for answer in ("Accept", "Reject"):
        assert await kees.refused({"type": answer, "object": first["id"]}) == 403
        assert await olga.refused({"type": answer, "object": first["id"]}) == 403
        assert await program.refused({"type": answer, "object": f"{office.internet.origin}/activities/9"}) == 403
    made = await program.done({"type": "Accept", "object": first["id"]})
    assert made["object"]["id"] == first["id"]
    assert await program.refused({"type": "Accept", "object": first["id"]}) == 403  # it is not pending any more
    await program.done({"type": "Reject", "object": {"type": "Follow", "actor": kees.me, "object": program.me}})
    assert await program.refused({"type": "Accept", "object": second["id"]}) == 403
    page = await office.internet.town.ask(
        paged_follows, of=program.me, side="follower", state="accepted", page=PageRequest(limit=9)
    )
    assert [row.uri for row in page.items] == [olga.me]


def _reports(tx: Transaction) -> Sequence[Any]:
    return tx.rows(metadata.tables["reports"].select())


async def test_a_report_reaches_the_administrators_and_stands_in_no_outbox(office: Office) -> None:
    program = await office.newcomer()
    about = await office.internet.fatima.post("Nep")
    sent = {"type": "Flag", "object": [office.internet.fatima.uri, about], "content": "<p>Dit is <b>nep</b></p>"}
    assert (await program.submit(sent)).status == 202
    reports = await office.internet.town.ask(_reports)
    assert any(row.reporter == program.me and row.text == "Dit is nep" for row in reports)
    assert await program.refused({"type": "Flag", "object": [office.friend.uri, about]}) == 422


# --- the door ---------------------------------------------------------------------------------------------------


async def test_only_the_person_of_the_token_posts_to_an_outbox(office: Office) -> None:
    program = await office.program("anna")
    for other in ("fatima", "niemand"):
        assert await program.refused(note(), to=f"{office.internet.origin}/users/{other}") == 403
    for token in ("", "onzin"):
        headers = {"Content-Type": LD_JSON, **({"Authorization": f"Bearer {token}"} if token else {})}
        path = program.me.removeprefix(office.internet.origin) + "/outbox"
        reply = await office.internet.ask("POST", path, headers=headers, body=b"{}")
        assert reply.status == 401
        assert "Bearer" in reply.headers["WWW-Authenticate"]


@pytest.mark.parametrize("kind", COMMANDS)
async def test_each_activity_needs_its_scope(office: Office, kind: str) -> None:
    """With every scope but its own an activity goes nowhere, and with its own it is read at least."""
    everything = {scope for command in COMMANDS.values() for scope in command.scopes}
    own = COMMANDS[kind].scopes
    others = " ".join(sorted(everything - set(own) - {"follow"})) or "read"
    document = {"type": kind, "object": f"{office.internet.origin}/posts/1", "target": "x"}
    without = await office.program("anna", scopes=others)
    assert (await without.submit(document)).status == 403
    with_it = await office.program("anna", scopes=own[0])
    reply = await with_it.submit(document)
    assert reply.status >= 400
    assert "scopes" not in reply.json["error"]


async def test_undo_needs_the_scope_of_what_is_undone(office: Office) -> None:
    anna = await office.program("anna")
    liked = await anna.done({"type": "Like", "object": await office.internet.fatima.post("x")})
    assert (
        await (await office.program("anna", scopes="write:statuses")).refused({"type": "Undo", "object": liked["id"]})
        == 403
    )
    person = {"type": "Update", "object": {"id": anna.me, "type": "Person", "name": "Anders"}}
    assert await (await office.program("anna", scopes="write:statuses")).refused(person) == 403


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        ("application/json", b"{}", 415),
        ("application/ld+json", b"{}", 415),
        ("text/html", b"{}", 415),
        ("", b"{}", 415),
        (LD_JSON, b"geen json", 400),
        (LD_JSON, b"[]", 400),
        (LD_JSON, b"null", 400),
        (LD_JSON, b'{"type": "Note", "type": "Like"}', 400),
        (LD_JSON, b'{"a":' * 100 + b"1" + b"}" * 100, 400),
        (LD_JSON, b"{}", 422),
        (LD_JSON, b'{"type": "Arrive"}', 422),
        (LD_JSON, b'{"type": 7}', 422),
        (LD_JSON, b'{"type": "Create"}', 422),
        (LD_JSON, b'{"type": "Create", "object": "https://x.example/1"}', 422),
        (LD_JSON, b'{"type": "Create", "object": [{"type": "Note"}, {"type": "Note"}]}', 422),
        (LD_JSON, b'{"type": "Create", "object": {"type": "Person", "to": "as:Public"}}', 422),
        (LD_JSON, b'{"type": "Note", "to": "as:Public"}', 422),
        (LD_JSON, b'{"type": "Note", "to": "as:Public", "content": "x", "attachment": "https://x.example/a.png"}', 422),
        (LD_JSON, b'{"type": "Question", "to": "as:Public", "content": "x", "oneOf": [{"name": "1"}]}', 422),
        (LD_JSON, b'{"type": "Follow", "object": ["https://a.example/", "https://b.example/"]}', 422),
        (LD_JSON, b'{"type": "EmojiReact", "object": "https://a.example/"}', 422),
        (LD_JSON, b'{"type": "Undo"}', 403),
    ],
)
async def test_what_cannot_be_read_is_refused_in_json(
    office: Office, media_type: str, body: bytes, expected: int
) -> None:
    program = await office.program("anna")
    reply = await program.submit(body, media_type=media_type)
    assert reply.status == expected, reply.body
    assert reply.json["error"]
    assert reply.headers["Content-Type"].startswith("application/json")


async def test_activity_json_will_do_too_and_a_browser_may_ask_from_elsewhere(office: Office) -> None:
    program = await office.program("anna")
    assert (await program.submit(note(), media_type="application/activity+json")).status == 201
    reply = await office.internet.ask("OPTIONS", "/users/anna/outbox", headers={"Origin": "https://app.example"})
    assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (204, "*")


async def test_a_disabled_account_and_a_revoked_token_end_at_once(office: Office) -> None:
    program, town = await office.newcomer(), office.internet.town
    account = await town.ask(account_of, actor=program.me)
    assert account is not None
    await town.instance.write(tokens.end_all, account_id=account.id)
    assert await program.refused(note()) == 401
    again = await office.program(program.name)
    await town.instance.write(accounts.disable, account_id=account.id)
    assert await again.refused(note()) == 401


async def test_somebody_new_is_looked_up_before_they_are_addressed(office: Office) -> None:
    program = await office.program("anna")
    stranger = correspondent(office.internet.outside, "onbekende")
    made = await program.done(note(to=[stranger.uri], content="<p>kennismaken</p>"))
    assert made["to"] == [stranger.uri]
    letter = await office.internet.outside.wait_for("Create", about="kennismaken")
    assert letter.url == f"{stranger.uri}/inbox"
