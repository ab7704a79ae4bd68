"""Writing, editing and deleting here."""

from __future__ import annotations

import orjson
import pytest
from sqlalchemy import select, update

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import pinning, publishing, reacting
from fedgov.features.posts.vocabulary import AttachmentDraft, PollDraft, PostAppeared, PostChanged, PostRemoved
from fedgov.federation import follows as follow_rows
from fedgov.federation import objects, outbox
from fedgov.kernel.clock import DAY, MINUTE
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.uris import parse_handle
from fedgov.store.tables import activities, deliveries
from tests.unit.features.posts.correspondence import activity, arrive, deliver, note, written
from tests.unit.features.residents import NOW, Town

LEEUWARDEN = "https://leeuwarden.example/inbox"


def test_a_post_is_stored_signed_and_queued_at_once(people_town: Town) -> None:
    fatima, pieter = people_town.local("fatima"), people_town.remote()
    people_town.befriend(pieter, fatima)

    row = written(people_town, fatima, "Hoi **allemaal** #Wmo")

    (create,) = people_town.sent("Create")
    assert row.uri == f"https://groningen.example/posts/{row.object_id}"
    assert create["object"]["content"] == row.content_html
    assert "<strong>allemaal</strong>" in row.content_html
    assert create["object"]["attributedTo"] == fatima
    assert (create["to"], create["cc"]) == ([PUBLIC], [f"{fatima}/followers"])
    assert create["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    assert people_town.queued() == [("Create", LEEUWARDEN)]
    assert [each.tag for each in parts.hashtags_of(people_town.tx, object_ids=[row.object_id])[row.object_id]] == [
        "wmo"
    ]
    (event,) = people_town.events(PostAppeared)
    assert (event.object_id, event.visibility, event.is_backfill) == (row.object_id, Visibility.PUBLIC, False)


def test_what_is_stored_is_what_was_sent(people_town: Town) -> None:
    row = written(people_town, people_town.local("fatima"), "Hoi")

    stored = objects.find(people_town.tx, uri=row.uri)

    assert stored is not None
    document = orjson.loads(stored.document)
    assert document["@context"]
    assert people_town.sent("Create")[0]["object"] == {key: document[key] for key in document if key != "@context"}


def test_a_post_for_the_organisation_never_leaves(people_town: Town) -> None:
    fatima, pieter = people_town.local("fatima"), people_town.remote()
    people_town.befriend(pieter, fatima)

    written(people_town, fatima, "Voor ons, @pieter@leeuwarden.example", visibility=Visibility.ORGANISATION)

    assert people_town.sent("Create")[0]["to"] == [people_town.tx.site.colleagues]
    assert people_town.queued() == []


@pytest.mark.parametrize(
    ("visibility", "to", "cc"),
    [
        (Visibility.UNLISTED, ["{me}/followers"], [PUBLIC, "{them}"]),
        (Visibility.FOLLOWERS, ["{me}/followers"], ["{them}"]),
        (Visibility.DIRECT, ["{them}"], []),
    ],
)
def test_the_audience_stands_in_the_addressing(
    people_town: Town, visibility: Visibility, to: list[str], cc: list[str]
) -> None:
    fatima, pieter = people_town.local("fatima"), people_town.remote()

    written(people_town, fatima, "@pieter@leeuwarden.example kijk", visibility=visibility)

    (create,) = people_town.sent("Create")
    assert create["to"] == [uri.format(me=fatima, them=pieter) for uri in to]
    assert create.get("cc", []) == [uri.format(me=fatima, them=pieter) for uri in cc]


def test_somebody_who_is_named_gets_a_tag_and_a_delivery(people_town: Town) -> None:
    fatima, pieter = people_town.local("fatima"), people_town.remote()
    bouke = people_town.local("bouke")

    row = written(people_town, fatima, "Hoi @pieter@leeuwarden.example en @bouke en @niemand")

    tags = people_town.sent("Create")[0]["object"]["tag"]
    assert {(tag["href"], tag["name"]) for tag in tags} == {
        (pieter, "@pieter@leeuwarden.example"),
        (bouke, "@bouke@groningen.example"),
    }
    assert 'href="https://groningen.example/@bouke"' in row.content_html
    assert "@niemand" in row.content_html
    assert people_town.queued() == [("Create", LEEUWARDEN)]


def test_who_is_new_here_is_named_so_that_a_door_can_look_them_up(people_town: Town) -> None:
    people_town.remote()
    text = "@pieter@leeuwarden.example @nieuw@elders.example @bouke `@code@elders.example`"

    assert publishing.unknown_handles(people_town.tx, text=text) == [parse_handle("@nieuw@elders.example")]


def test_a_reply_names_its_addressee_and_stands_in_the_thread(people_town: Town) -> None:
    fatima, pieter = people_town.local("fatima"), people_town.remote()
    people_town.befriend(fatima, pieter)
    moin = arrive(people_town, note())

    reply = written(people_town, fatima, "Ook moin", in_reply_to=moin.uri)

    (create,) = people_town.sent("Create")
    assert create["object"]["inReplyTo"] == moin.uri
    assert pieter in create["cc"]
    assert (reply.in_reply_to_id, reply.thread_id) == (moin.object_id, moin.object_id)
    assert people_town.events(PostAppeared)[-1].in_reply_to_author == pieter
    assert people_town.queued() == [("Create", LEEUWARDEN)]
    assert post_queries.get_any(people_town.tx, object_id=moin.object_id).replies == 1


@pytest.mark.parametrize(
    ("parent", "reply"),
    [
        (Visibility.ORGANISATION, Visibility.PUBLIC),
        (Visibility.ORGANISATION, Visibility.FOLLOWERS),
        (Visibility.DIRECT, Visibility.FOLLOWERS),
        (Visibility.FOLLOWERS, Visibility.UNLISTED),
    ],
)
def test_a_reply_is_never_for_more_people(people_town: Town, parent: Visibility, reply: Visibility) -> None:
    fatima, bouke = people_town.local("fatima"), people_town.local("bouke")
    people_town.befriend(bouke, fatima)
    row = written(people_town, fatima, "Hoi @bouke", visibility=parent)

    with pytest.raises(InvalidError) as refusal:
        written(people_town, bouke, "@fatima ja", visibility=reply, in_reply_to=row.uri)

    assert refusal.value.field == "audience"


def test_nobody_answers_what_they_may_not_read(people_town: Town) -> None:
    row = written(people_town, people_town.local("fatima"), "Hoi", visibility=Visibility.FOLLOWERS)

    with pytest.raises(NotFoundError):
        written(people_town, people_town.local("bouke"), "?", in_reply_to=row.uri)


def test_a_title_makes_an_article_and_options_make_a_question(people_town: Town) -> None:
    fatima = people_town.local("fatima")

    article = written(people_town, fatima, "Lang verhaal", title="Jaarverslag")
    poll = PollDraft(options=("Ja", "Nee"), ends_at=NOW + DAY)
    question = written(people_town, fatima, "Koffie?", poll=poll)

    first, second = people_town.sent("Create")
    assert (article.type, first["object"]["type"], first["object"]["name"]) == ("Article", "Article", "Jaarverslag")
    assert first["object"]["preview"]["content"] == "Lang verhaal"
    assert (question.type, second["object"]["type"]) == ("Question", "Question")
    assert [option["name"] for option in second["object"]["oneOf"]] == ["Ja", "Nee"]
    assert second["object"]["votersCount"] == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "a" * 5_001}, "text"),
        ({"text": "a", "title": "t" * 201}, "title"),
        ({"text": "a", "summary": "s" * 501}, "summary"),
        ({"text": "a", "visibility": Visibility.DIRECT}, "audience"),
        ({"text": "a", "poll": PollDraft(options=("Ja",), ends_at=NOW + DAY)}, "poll_option1"),
        ({"text": "a", "poll": PollDraft(options=("Ja", "ja"), ends_at=NOW + DAY)}, "poll_option1"),
        ({"text": "a", "poll": PollDraft(options=("Ja", "Nee"), ends_at=NOW + MINUTE)}, "poll_ends"),
        ({"text": "a", "poll": PollDraft(options=("Ja", "Nee"), ends_at=NOW + DAY), "title": "t"}, "title"),
        ({"text": "a", "attachments": [AttachmentDraft(media_id=1)]}, "attachment1"),
        ({"text": "a", "attachments": [AttachmentDraft(media_id=each) for each in range(9)]}, "attachment1"),
    ],
)
def test_what_is_not_acceptable_is_refused_by_its_field(
    people_town: Town, values: dict[str, object], field: str
) -> None:
    fatima = people_town.local("fatima")

    with pytest.raises(InvalidError) as refusal:
        written(people_town, fatima, **values)  # type: ignore[arg-type]

    assert refusal.value.field == field


def test_a_quotation_of_what_is_not_public_is_refused(people_town: Town) -> None:
    fatima = people_town.local("fatima")
    secret = written(people_town, fatima, "Geheim", visibility=Visibility.FOLLOWERS)
    known = written(people_town, fatima, "Bekend")

    assert written(people_town, fatima, "Kijk", quote=known.uri).quote_uri == known.uri
    with pytest.raises(InvalidError):
        written(people_town, fatima, "Kijk", quote=secret.uri)


# --- editing ----------------------------------------------------------------------------------------------------


def test_an_edit_goes_to_everyone_who_has_it_and_the_old_text_stays_readable(people_town: Town) -> None:
    fatima, pieter = people_town.local("fatima"), people_town.remote()
    jelle = people_town.remote("@jelle@drachten.example")
    people_town.befriend(pieter, fatima)
    row = written(people_town, fatima, "Eest")
    deliver(people_town.tx, activity("Like", row.uri, actor=jelle))

    tx = people_town.later(MINUTE)
    publishing.edit_post(tx, actor=fatima, object_id=row.object_id, text="Eerst", summary="Let op")

    changed = post_queries.get_any(tx, object_id=row.object_id)
    assert (changed.content_html, changed.source, changed.edited_at) == ("<p>Eerst</p>", "Eerst", tx.now)
    (old,) = post_queries.earlier_versions(tx, object_id=row.object_id)
    assert (old.content_html, old.at) == ("<p>Eest</p>", NOW)
    (update,) = people_town.sent("Update")
    assert (update["object"]["content"], update["object"]["summary"]) == ("<p>Eerst</p>", "Let op")
    assert update["object"]["updated"] > update["object"]["published"]
    sent = people_town.queued()
    assert ("Update", LEEUWARDEN) in sent
    assert ("Update", "https://drachten.example/inbox") in sent
    assert people_town.events(PostChanged)


def test_who_was_named_before_an_edit_still_gets_it(people_town: Town) -> None:
    fatima, _ = people_town.local("fatima"), people_town.remote()
    row = written(people_town, fatima, "Hoi @pieter@leeuwarden.example", visibility=Visibility.DIRECT)

    publishing.edit_post(people_town.tx, actor=fatima, object_id=row.object_id, text="Hoi")

    assert people_town.queued()[-1] == ("Update", LEEUWARDEN)


def test_nobody_edits_or_deletes_what_is_somebody_elses(people_town: Town) -> None:
    row = written(people_town, people_town.local("fatima"))
    bouke = people_town.local("bouke")

    with pytest.raises(ForbiddenError):
        publishing.edit_post(people_town.tx, actor=bouke, object_id=row.object_id, text="Nee")
    with pytest.raises(ForbiddenError):
        publishing.delete_post(people_town.tx, actor=bouke, object_id=row.object_id)


def test_ac_02_a_private_post_of_somebody_else_is_not_there_to_be_deleted(people_town: Town) -> None:
    row = written(people_town, people_town.local("fatima"), visibility=Visibility.FOLLOWERS)

    with pytest.raises(NotFoundError):
        publishing.delete_post(people_town.tx, actor=people_town.local("bouke"), object_id=row.object_id)


# --- deleting ---------------------------------------------------------------------------------------------------


def test_a_deleted_post_leaves_a_tombstone_and_what_waited_is_withdrawn(people_town: Town) -> None:
    fatima, pieter = people_town.local("fatima"), people_town.remote()
    jelle = people_town.remote("@jelle@drachten.example")
    people_town.befriend(pieter, fatima)
    row = written(people_town, fatima, "Foutje")
    deliver(people_town.tx, activity("Like", row.uri, actor=jelle))

    publishing.delete_post(people_town.tx, actor=fatima, object_id=row.object_id)

    (delete,) = people_town.sent("Delete")
    assert (delete["object"]["type"], delete["object"]["id"]) == ("Tombstone", row.uri)
    assert post_queries.find(people_town.tx, object_id=row.object_id) is None
    grave = objects.find(people_town.tx, uri=row.uri)
    assert grave is not None
    assert (grave.deleted_at, grave.document) == (people_town.tx.now, None)
    assert {inbox for kind, inbox in people_town.queued() if kind == "Delete"} == {
        LEEUWARDEN,
        "https://drachten.example/inbox",
    }
    assert parts.likers(people_town.tx, object_id=row.object_id) == []
    assert people_town.events(PostRemoved)
    from fedgov.features.posts.queries.reach import receipt

    assert [each.state for each in receipt(people_town.tx, uri=row.uri).organisations] == ["withdrawn"]


@pytest.mark.parametrize("change", ["edit", "deletion", "end of a share", "pin"])
def test_news_of_a_post_goes_to_whoever_was_to_get_it_also_when_nobody_there_follows_any_more(
    people_town: Town, change: str
) -> None:
    tx = people_town.tx
    fatima, pieter = people_town.local("fatima"), people_town.remote()
    people_town.befriend(pieter, fatima)
    row = written(people_town, fatima, "Foutje")
    if change == "end of a share":
        reacting.share(tx, actor=fatima, object_id=row.object_id)
    follow_rows.remove(tx, follower=pieter, following=fatima)

    if change == "edit":
        publishing.edit_post(tx, actor=fatima, object_id=row.object_id, text="Goed")
    elif change == "deletion":
        publishing.delete_post(tx, actor=fatima, object_id=row.object_id)
    elif change == "pin":
        pinning.pin(tx, actor=fatima, object_id=row.object_id)
    else:
        reacting.unshare(tx, actor=fatima, object_id=row.object_id)

    kind = {"edit": "Update", "deletion": "Delete", "pin": "Add"}.get(change, "Undo")
    assert people_town.queued().count((kind, LEEUWARDEN)) == 1


@pytest.mark.parametrize("waits", ["queued", "parked", "failed"])
def test_of_what_waits_in_a_restored_backup_only_that_is_sent_which_nothing_can_have_overtaken(
    people_town: Town, waits: str
) -> None:
    tx = people_town.tx
    fatima, pieter = people_town.local("fatima"), people_town.remote()
    people_town.befriend(pieter, fatima)
    row, gone, arrived = written(people_town, fatima), written(people_town, fatima), written(people_town, fatima)
    publishing.edit_post(tx, actor=fatima, object_id=arrived.object_id, text="Is er al")
    tx.execute(update(deliveries).values(state="sent"))
    reacting.share(tx, actor=fatima, object_id=row.object_id)
    publishing.edit_post(tx, actor=fatima, object_id=row.object_id, text="Anders")
    written(people_town, fatima)
    publishing.delete_post(tx, actor=fatima, object_id=gone.object_id)
    tx.execute(update(deliveries).where(deliveries.c.state == "queued").values(state=waits))

    assert outbox.hold_back(tx) == 2

    states = select(activities.c.type, deliveries.c.state).join(deliveries).order_by(deliveries.c.id)
    found = [tuple(row) for row in tx.rows(states)]
    assert found[:4] == [("Create", "sent")] * 3 + [("Update", "sent")], "what arrived stays as it is"
    assert found[4:] == [("Announce", "withdrawn"), ("Update", "withdrawn"), ("Create", waits), ("Delete", waits)]


def test_the_type_of_a_deleted_private_post_is_not_told(people_town: Town) -> None:
    fatima = people_town.local("fatima")
    row = written(people_town, fatima, visibility=Visibility.FOLLOWERS)

    publishing.delete_post(people_town.tx, actor=fatima, object_id=row.object_id)

    assert "formerType" not in people_town.sent("Delete")[0]["object"]


def test_deleting_a_reply_takes_it_off_the_count(people_town: Town) -> None:
    fatima = people_town.local("fatima")
    row = written(people_town, fatima)
    reply = written(people_town, fatima, "Nog iets", in_reply_to=row.uri)

    publishing.delete_post(people_town.tx, actor=fatima, object_id=reply.object_id)

    assert post_queries.get_any(people_town.tx, object_id=row.object_id).replies == 0


def test_everything_of_somebody_who_is_gone_disappears(people_town: Town) -> None:
    from fedgov.features.people.vocabulary import ActorRemoved
    from fedgov.features.posts.feature import on_actor_removed

    fatima, bouke = people_town.local("fatima"), people_town.local("bouke")
    gone, stays = written(people_town, bouke), written(people_town, fatima)
    reacting.like(people_town.tx, actor=bouke, object_id=stays.object_id)
    reacting.share(people_town.tx, actor=bouke, object_id=stays.object_id)

    on_actor_removed(people_town.tx, ActorRemoved(uri=bouke))

    assert post_queries.find(people_town.tx, object_id=gone.object_id) is None
    row = post_queries.get_any(people_town.tx, object_id=stays.object_id)
    assert (row.likes, row.shares) == (0, 0)
