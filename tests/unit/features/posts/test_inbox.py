"""What others write, change and delete, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.features.posts.inbox import HANDLERS, keep, needs_of_announce, needs_of_create
from fedgov.features.posts.policy import MAX_PINS, MAX_PINS_ELSEWHERE
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries.reach import receipt
from fedgov.features.posts.vocabulary import PostAppeared, PostChanged, PostRemoved
from fedgov.federation import objects
from fedgov.federation.dispatch import FetchedObject, Need
from fedgov.kernel.clock import MINUTE, to_rfc3339
from fedgov.kernel.errors import (
    ConflictError,
    FedgovError,
    ForbiddenError,
    GoneError,
    InvalidError,
    MalformedError,
    NotFoundError,
)
from tests.unit.features.posts.correspondence import PIETER, activity, arrive, deliver, note, the_post, written
from tests.unit.features.residents import NOW, Town, verified

MALLORY = "https://elders.example/users/mallory"


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima follows Pieter; Mallory is known, and nobody follows her."""
    fatima = people_town.local("fatima")
    people_town.befriend(fatima, people_town.remote())
    people_town.remote("@mallory@elders.example")
    return people_town


FATIMA = "https://groningen.example/users/fatima"


# --- Create -----------------------------------------------------------------------------------------------------


def test_a_post_is_kept_sanitised_and_told(town: Town) -> None:
    row = arrive(
        town, note(content="<p onclick='x()'>Moin <script>alert(1)</script></p>", summary="Let op", sensitive=True)
    )

    assert row.content_html == "<p>Moin </p>"
    assert (row.summary, row.sensitive, row.visibility, row.local) == ("Let op", True, "public", False)
    assert row.published_at == NOW - MINUTE
    (event,) = town.events(PostAppeared)
    assert (event.uri, event.author, event.is_backfill) == (row.uri, PIETER, False)


def test_names_subjects_files_and_emoji_are_kept(town: Town) -> None:
    row = arrive(
        town,
        note(
            tag=[
                {"type": "Mention", "href": FATIMA, "name": "@fatima"},
                {"type": "Hashtag", "name": "#WMO"},
                {
                    "type": "Emoji",
                    "name": ":koe:",
                    "icon": {"type": "Image", "url": "https://leeuwarden.example/koe.png"},
                },
            ],
            attachment=[{"type": "Image", "url": "https://leeuwarden.example/1.png", "name": "Een koe", "width": 3}],
        ),
    )

    ids = [row.object_id]
    assert [each.actor_uri for each in parts.mentions_of(town.tx, object_ids=ids)[row.object_id]] == [FATIMA]
    assert [each.tag for each in parts.hashtags_of(town.tx, object_ids=ids)[row.object_id]] == ["wmo"]
    (file,) = parts.attachments_of(town.tx, object_ids=ids)[row.object_id]
    assert (file.kind, file.url, file.alt, file.width) == ("image", "https://leeuwarden.example/1.png", "Een koe", 3)
    assert "koe.png" in row.emojis
    assert town.events(PostAppeared)[0].mentions == (FATIMA,)


@pytest.mark.parametrize(
    ("to", "cc", "expected"),
    [
        ([PUBLIC], [], Visibility.PUBLIC),
        (["as:Public"], [], Visibility.PUBLIC),
        ([f"{PIETER}/followers"], [PUBLIC], Visibility.UNLISTED),
        ([f"{PIETER}/followers"], [], Visibility.FOLLOWERS),
        ([FATIMA], [], Visibility.DIRECT),
        (["https://elders.example/users/mallory/followers"], [], Visibility.DIRECT),
        (["https://groningen.example/organisation/colleagues"], [], Visibility.DIRECT),
    ],
)
def test_the_addressing_decides_who_may_read_it(town: Town, to: list[str], cc: list[str], expected: Visibility) -> None:
    assert arrive(town, note(to=to, cc=cc)).visibility == expected.value


def test_a_direct_message_tells_everyone_it_is_addressed_to(town: Town) -> None:
    arrive(town, note(to=[FATIMA], cc=[]))

    assert town.events(PostAppeared)[0].mentions == (FATIMA,)


def test_nobody_is_told_of_a_post_that_they_may_not_read(town: Town) -> None:
    bouke = town.local("bouke")

    arrive(town, note(to=[f"{PIETER}/followers"], cc=[], tag=[{"type": "Mention", "href": bouke}]))

    assert town.events(PostAppeared)[0].mentions == ()


def test_an_unknown_type_is_kept_with_name_summary_and_link(town: Town) -> None:
    row = arrive(
        town,
        note(
            type="Recipe",
            name="Sûkerbôle",
            content=None,
            summary="Fries <b>brood</b>",
            url="https://leeuwarden.example/r",
        ),
    )

    assert (row.type, row.name, row.summary, row.url) == ("Recipe", "Sûkerbôle", "", "https://leeuwarden.example/r")
    assert row.content_html == "<p>Fries brood</p>"


def test_a_link_that_hangs_on_a_page_can_be_followed(town: Town) -> None:
    row = arrive(
        town,
        note(
            type="Page",
            name="Nieuws",
            content=None,
            attachment=[{"type": "Link", "href": "https://krant.example/a?b&c"}],
        ),
    )

    assert 'href="https://krant.example/a?b&amp;c"' in row.content_html
    assert parts.attachments_of(town.tx, object_ids=[row.object_id]) == {}


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (note(id="https://elders.example/notes/1"), MalformedError),  # FET-06: a third origin
        (note(id="https://elders.example/notes/1", attributedTo=None), ForbiddenError),
        (note(id="https://groningen.example/posts/1", attributedTo=None), ForbiddenError),  # FET-10: ours
        (note(attributedTo="https://leeuwarden.example/users/jelle"), ForbiddenError),
        (note(attributedTo="https://elders.example/users/mallory"), MalformedError),  # FET-09
        (note(attributedTo=[PIETER, "https://elders.example/users/mallory"]), MalformedError),  # FET-07
        (note(attributedTo=1), MalformedError),  # FET-08
        (note(type="Person"), MalformedError),
        (note(type="OrderedCollection"), MalformedError),
        (note(id=None), MalformedError),
    ],
)
def test_ac_14_what_its_sender_cannot_vouch_for_is_refused(
    town: Town, document: dict[str, Any], error: type[FedgovError]
) -> None:
    with pytest.raises(error):
        deliver(town.tx, activity("Create", document))

    assert town.events(PostAppeared) == []


def test_what_concerns_nobody_here_is_refused(town: Town) -> None:
    with pytest.raises(ForbiddenError, match="nobody here follows"):
        deliver(town.tx, activity("Create", note(MALLORY), actor=MALLORY))


@pytest.mark.parametrize(
    "members",
    [
        {"to": [PUBLIC, FATIMA]},
        {"tag": [{"type": "Mention", "href": FATIMA}]},
        {"inReplyTo": "https://leeuwarden.example/notes/1"},
    ],
)
def test_what_concerns_somebody_here_is_kept(town: Town, members: dict[str, Any]) -> None:
    arrive(town, note())

    assert arrive(town, note(MALLORY, key="2", **members)).author == MALLORY


def test_being_addressed_by_the_activity_alone_is_enough(town: Town) -> None:
    document = activity("Create", note(MALLORY), actor=MALLORY)

    deliver(town.tx, document | {"to": [PUBLIC, FATIMA]})

    assert the_post(town.tx, note(MALLORY)["id"]).visibility == "public"


def test_a_second_create_changes_nothing(town: Town) -> None:
    arrive(town, note())
    arrive(town, note())

    assert len(town.events(PostAppeared)) == 1
    assert town.events(PostChanged) == []


def test_a_reply_from_elsewhere_confirms_that_they_have_what_it_answers(town: Town) -> None:
    town.befriend(PIETER, FATIMA)
    row = written(town, FATIMA)
    town.tx.execute(_sent())

    arrive(town, note(inReplyTo=row.uri))

    assert [each.state for each in receipt(town.tx, uri=row.uri).organisations] == ["confirmed"]
    assert town.events(PostAppeared)[-1].in_reply_to_author == FATIMA


def _sent() -> Any:
    from sqlalchemy import update

    from fedgov.store.tables import deliveries

    return update(deliveries).values(state="sent")


def test_a_reply_needs_what_it_answers_but_does_not_wait_for_it() -> None:
    reply = verified(activity("Create", note(inReplyTo=["https://elders.example/1"]))).activity
    bare = verified(activity("Create", "https://leeuwarden.example/notes/9")).activity

    assert list(needs_of_create(reply)) == [Need("object", "https://elders.example/1", required=False)]
    assert list(needs_of_create(bare)) == [Need("object", "https://leeuwarden.example/notes/9")]


def test_a_create_that_only_names_its_object_is_believed_once_that_was_fetched(town: Town) -> None:
    with pytest.raises(NotFoundError):
        deliver(town.tx, activity("Create", note()["id"]))

    keep(town.tx, FetchedObject(document=note(), body=b"", author=PIETER, received_at=NOW))
    deliver(town.tx, activity("Create", note()["id"]))

    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Create", note()["id"], actor=MALLORY))


def test_what_was_fetched_is_older_news(town: Town) -> None:
    keep(town.tx, FetchedObject(document=note(MALLORY), body=b"", author=MALLORY, received_at=NOW))

    assert town.events(PostAppeared)[0].is_backfill
    assert the_post(town.tx, note(MALLORY)["id"]).backfilled


# --- Update -----------------------------------------------------------------------------------------------------


def test_a_newer_version_replaces_the_older_one(town: Town) -> None:
    row = arrive(town, note())

    later = note(content="<p>Moin moin <script>1</script></p>", updated=to_rfc3339(NOW - 1))
    deliver(town.tx, activity("Update", later))

    changed = the_post(town.tx, row.uri)
    assert (changed.content_html, changed.edited_at) == ("<p>Moin moin </p>", NOW - 1)
    (old,) = post_queries.earlier_versions(town.tx, object_id=row.object_id)
    assert old.content_html == "<p>Moin</p>"
    assert town.events(PostChanged)


def test_aut_10_an_older_version_is_refused(town: Town) -> None:
    row = arrive(town, note())
    deliver(town.tx, activity("Update", note(content="Nieuw", updated=to_rfc3339(NOW - 10))))

    with pytest.raises(ConflictError):
        deliver(town.tx, activity("Update", note(content="Oud", updated=to_rfc3339(NOW - 20))))

    assert the_post(town.tx, row.uri).content_html == "Nieuw"


def test_dos_17_an_update_from_the_future_does_not_block_later_ones(town: Town) -> None:
    row = arrive(town, note())
    deliver(town.tx, activity("Update", note(content="Eerst", updated="2199-01-01T00:00:00Z")))

    town.later(MINUTE)
    deliver(town.tx, activity("Update", note(content="Later", updated=to_rfc3339(NOW + MINUTE))))

    assert the_post(town.tx, row.uri).content_html == "Later"


@pytest.mark.parametrize("actor", ["https://leeuwarden.example/users/jelle", MALLORY])
def test_aut_01_nobody_updates_what_is_somebody_elses(town: Town, actor: str) -> None:
    town.remote("@jelle@leeuwarden.example")
    row = arrive(town, note())

    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Update", note(content="Kaap", updated=to_rfc3339(NOW)), actor=actor))
    with pytest.raises(FedgovError):
        stolen = note(content="Kaap", attributedTo=actor, updated=to_rfc3339(NOW))
        deliver(town.tx, activity("Update", stolen, actor=actor))

    assert the_post(town.tx, row.uri).content_html == "<p>Moin</p>"


def test_aut_02_nobody_elsewhere_updates_a_post_of_ours(town: Town) -> None:
    row = written(town, FATIMA)

    with pytest.raises(FedgovError):
        deliver(town.tx, activity("Update", note(id=row.uri, attributedTo=PIETER)))
    with pytest.raises(FedgovError):
        deliver(town.tx, activity("Update", note(id=row.uri, attributedTo=FATIMA)))


def test_a_narrower_audience_in_an_update_counts(town: Town) -> None:
    row = arrive(town, note())

    deliver(town.tx, activity("Update", note(to=[f"{PIETER}/followers"], cc=[], updated=to_rfc3339(NOW))))

    assert the_post(town.tx, row.uri).visibility == "followers"
    stored = objects.find(town.tx, uri=row.uri)
    assert stored is not None
    assert stored.visibility == "followers"


def test_an_update_of_what_we_do_not_have_is_a_first_version(town: Town) -> None:
    deliver(town.tx, activity("Update", note(updated=to_rfc3339(NOW))))
    assert the_post(town.tx, note()["id"])

    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Update", note(MALLORY), actor=MALLORY))


# --- Delete -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("embedded", [True, False])
def test_a_deleted_post_is_gone_and_stays_gone(town: Town, *, embedded: bool) -> None:
    row = arrive(town, note())
    what = {"id": row.uri, "type": "Tombstone"} if embedded else row.uri

    deliver(town.tx, activity("Delete", what))

    assert post_queries.find_by_uri(town.tx, uri=row.uri) is None
    assert town.events(PostRemoved)
    with pytest.raises(GoneError):
        deliver(town.tx, activity("Create", note()))
    with pytest.raises(GoneError):
        deliver(town.tx, activity("Update", note(updated=to_rfc3339(NOW))))


def test_aut_09_a_delete_that_overtakes_its_create_wins(town: Town) -> None:
    deliver(town.tx, activity("Delete", note()["id"]))

    with pytest.raises(GoneError):
        deliver(town.tx, activity("Create", note()))


def test_aut_09_a_colleague_of_its_author_cannot_end_what_is_not_here_yet(town: Town) -> None:
    colleague = town.remote("@moderator@leeuwarden.example")
    for _ in range(2):
        deliver(town.tx, activity("Delete", note()["id"], actor=colleague))

    deliver(town.tx, activity("Create", note()))

    assert the_post(town.tx, note()["id"])


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("kind", ["Person", "Application"])
def test_aut_09_whoever_else_deletes_it_too_what_its_author_or_server_ended_stays_dead(
    town: Town, *, kind: str, first: bool
) -> None:
    colleague = town.remote("@moderator@leeuwarden.example")
    entitled = PIETER if kind == "Person" else town.remote("@server@leeuwarden.example", type=kind)
    for actor in (entitled, colleague) if first else (colleague, entitled):
        deliver(town.tx, activity("Delete", note()["id"], actor=actor))

    for what in ("Create", "Update"):
        with pytest.raises(GoneError):
            deliver(town.tx, activity(what, note(updated=to_rfc3339(NOW))))


def test_aut_09_a_grave_is_no_reason_to_take_in_what_concerns_nobody_here(town: Town) -> None:
    colleague = town.remote("@moderator@leeuwarden.example")
    author = town.remote("@vreemd@leeuwarden.example")
    strange = note(attributedTo=author, to=[PUBLIC], cc=[], tag=[])
    deliver(town.tx, activity("Delete", strange["id"], actor=colleague))

    for what in ("Create", "Update"):
        with pytest.raises(ForbiddenError):
            deliver(town.tx, activity(what, strange, actor=author, to=[PUBLIC], cc=[]))


@pytest.mark.parametrize("kind", ["Application", "Service"])
def test_aut_01_the_authors_own_server_may_delete(town: Town, kind: str) -> None:
    server = town.remote("@server@leeuwarden.example", type=kind)
    row = arrive(town, note())

    deliver(town.tx, activity("Delete", row.uri, actor=server))

    assert post_queries.find_by_uri(town.tx, uri=row.uri) is None


@pytest.mark.parametrize("kind", ["Person", "Group", "Organization"])
def test_aut_01_another_person_on_the_authors_server_may_not_delete(town: Town, kind: str) -> None:
    colleague = town.remote("@moderator@leeuwarden.example", type=kind)
    row = arrive(town, note())

    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Delete", row.uri, actor=colleague))

    assert the_post(town.tx, row.uri)


def test_aut_01_nobody_deletes_what_is_elsewhere_or_ours(town: Town) -> None:
    theirs, ours = arrive(town, note()), written(town, FATIMA)
    program = town.remote("@server@evil.example", type="Application")

    for uri in (theirs.uri, ours.uri, f"{theirs.uri}/not-here-yet"):
        for actor in (MALLORY, program):
            with pytest.raises(ForbiddenError):
                deliver(town.tx, activity("Delete", uri, actor=actor))

    assert the_post(town.tx, theirs.uri)
    assert the_post(town.tx, ours.uri)


# --- the top of a profile ---------------------------------------------------------------------------------------


def test_a_post_is_put_on_top_of_a_profile_and_taken_off(town: Town) -> None:
    from fedgov.features.posts.queries.timelines import featured

    town.remote(featured=f"{PIETER}/featured")
    row = arrive(town, note())
    target = {"target": f"{PIETER}/featured"}

    deliver(town.tx, activity("Add", row.uri, **target))
    assert [each.uri for each in featured(town.tx, actor=PIETER, viewer=None)] == [row.uri]

    deliver(town.tx, activity("Remove", row.uri, **target))
    assert featured(town.tx, actor=PIETER, viewer=None) == []


def test_the_end_of_an_old_pin_may_come_after_a_new_one_but_not_for_ever(town: Town) -> None:
    town.remote(featured=f"{PIETER}/featured")
    target = {"target": f"{PIETER}/featured"}
    uris = [arrive(town, note(key=str(number))).uri for number in range(MAX_PINS_ELSEWHERE + 1)]
    assert MAX_PINS_ELSEWHERE > MAX_PINS

    for uri in uris[:-1]:
        deliver(town.tx, activity("Add", uri, **target))
    with pytest.raises(InvalidError):
        deliver(town.tx, activity("Add", uris[-1], **target))


def test_aut_06_nobody_changes_another_ones_profile_or_features_others_posts(town: Town) -> None:
    town.remote(featured=f"{PIETER}/featured")
    town.remote("@mallory@elders.example", featured=f"{MALLORY}/featured")
    row = arrive(town, note())

    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Add", row.uri, actor=MALLORY, target=f"{PIETER}/featured"))
    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Add", row.uri, actor=MALLORY, target=f"{MALLORY}/featured"))
    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Add", row.uri, target="https://groningen.example/users/fatima/featured"))


def test_fet_06_what_is_shared_is_fetched_first() -> None:
    announce = verified(activity("Announce", "https://elders.example/1")).activity

    assert list(needs_of_announce(announce)) == [Need("object", "https://elders.example/1")]
    assert HANDLERS["Announce", "*"].needs is needs_of_announce
