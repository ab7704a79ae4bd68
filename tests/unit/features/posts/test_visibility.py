"""Who sees what, in every list; and whom a post would reach."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.people.service.blocks import block, mute
from fedgov.features.posts.present import post_cards, revision_rows
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries import timelines
from fedgov.features.posts.queries.reach import reach
from fedgov.features.posts.queries.threads import thread
from fedgov.features.posts.service import pinning
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import PageRequest
from tests.unit.features.posts.correspondence import arrive, note, written
from tests.unit.features.residents import Town

HERE, THERE = "https://groningen.example/users/", "https://leeuwarden.example/users/"
FATIMA, PIETER = HERE + "fatima", THERE + "pieter"
VIEWERS = {
    "nobody": None,
    "author": FATIMA,
    "colleague": HERE + "bouke",
    "follower here": HERE + "carla",
    "named here": HERE + "daan",
    "blocked": HERE + "els",
    "follower elsewhere": PIETER,
    "named elsewhere": THERE + "jelle",
    "stranger": THERE + "mallory",
}
ALL = set(VIEWERS) - {"blocked"}
MAY_READ = {
    Visibility.PUBLIC: ALL,
    Visibility.UNLISTED: ALL,
    Visibility.FOLLOWERS: {"author", "follower here", "follower elsewhere", "named here", "named elsewhere"},
    Visibility.DIRECT: {"author", "named here", "named elsewhere"},
    Visibility.ORGANISATION: {"author", "colleague", "follower here", "named here"},
}


@pytest.fixture
def town(people_town: Town) -> Town:
    """Everyone of the matrix."""
    for name in ("fatima", "bouke", "carla", "daan", "els"):
        people_town.local(name)
    for name in ("pieter", "jelle", "mallory"):
        people_town.remote(f"@{name}@leeuwarden.example")
    people_town.befriend(HERE + "carla", FATIMA)
    people_town.befriend(PIETER, FATIMA)
    return people_town


def said(town: Town, visibility: Visibility) -> int:
    """Let Fatima say something and block Els afterwards; return its row id."""
    row = written(town, FATIMA, "Hoi @daan en @jelle@leeuwarden.example #wmo", visibility=visibility)
    block(town.tx, who=FATIMA, whom=HERE + "els")
    return int(row.object_id)


@pytest.mark.parametrize("visibility", list(Visibility))
def test_every_way_to_a_post_asks_the_same_question(town: Town, visibility: Visibility) -> None:
    object_id = said(town, visibility)
    row = post_queries.get_any(town.tx, object_id=object_id)
    reply = written(town, FATIMA, "@daan @jelle@leeuwarden.example", visibility=visibility, in_reply_to=row.uri)
    if visibility is not Visibility.DIRECT:
        pinning.pin(town.tx, actor=FATIMA, object_id=object_id)
    everything = PageRequest(limit=40)

    def by_id(viewer: str | None) -> bool:
        try:
            return post_queries.get(town.tx, object_id=object_id, viewer=viewer) is not None
        except NotFoundError:
            return False

    ways: dict[str, Callable[[str | None], bool]] = {
        "by id": by_id,
        "as a card": lambda viewer: bool(post_cards(town.tx, [object_id], viewer)),
        "in its thread": lambda viewer: bool(thread(town.tx, row=reply, viewer=viewer).ancestors),
        "under its parent": lambda viewer: bool(thread(town.tx, row=row, viewer=viewer).descendants),
        "on the profile": lambda viewer: any(
            entry.row.object_id == object_id
            for entry in timelines.profile_timeline(town.tx, author=FATIMA, viewer=viewer, page=everything).items
        ),
    }
    if visibility is not Visibility.DIRECT:
        ways["on top of the profile"] = lambda viewer: bool(timelines.featured(town.tx, actor=FATIMA, viewer=viewer))

    wrong = [
        (name, who)
        for (name, way), (who, viewer) in product(ways.items(), VIEWERS.items())
        if way(viewer) != (who in MAY_READ[visibility])
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("visibility", "public", "organisation", "hashtag_member"),
    [
        (Visibility.PUBLIC, True, True, True),
        (Visibility.UNLISTED, False, False, False),
        (Visibility.FOLLOWERS, False, False, False),
        (Visibility.DIRECT, False, False, False),
        (Visibility.ORGANISATION, False, True, True),
    ],
)
def test_lists_show_what_is_meant_for_them(
    town: Town, visibility: Visibility, *, public: bool, organisation: bool, hashtag_member: bool
) -> None:
    said(town, visibility)
    tx, page = town.tx, PageRequest()

    assert bool(timelines.public_timeline(tx, viewer=None, page=page).items) is public
    assert bool(timelines.public_timeline(tx, viewer=HERE + "carla", page=page).items) is public
    assert bool(timelines.organisation_timeline(tx, viewer=HERE + "bouke", page=page).items) is organisation
    assert bool(timelines.hashtag_timeline(tx, tag="#WMO", viewer=None, page=page).items) is public
    assert bool(timelines.hashtag_timeline(tx, tag="wmo", viewer=HERE + "bouke", page=page).items) is hashtag_member
    assert not timelines.public_timeline(tx, viewer=HERE + "els", page=page).items
    assert not timelines.organisation_timeline(tx, viewer=HERE + "els", page=page).items


def test_public_lists_leave_out_replies_older_news_and_who_is_muted(town: Town) -> None:
    row = written(town, FATIMA)
    written(town, FATIMA, "Ook", in_reply_to=row.uri)
    town.befriend(FATIMA, PIETER)
    theirs = arrive(town, note())
    tx, page = town.tx, PageRequest()

    def listed(viewer: str | None, *, local_only: bool = False) -> list[str]:
        found = timelines.public_timeline(tx, viewer=viewer, page=page, local_only=local_only)
        return [entry.row.uri for entry in found.items]

    assert listed(None) == [theirs.uri, row.uri]
    assert listed(None, local_only=True) == [row.uri]
    mute(tx, who=HERE + "bouke", whom=PIETER)
    assert listed(HERE + "bouke") == [row.uri]


def test_pages_go_on_past_what_is_hidden(town: Town) -> None:
    rows = [written(town, FATIMA, f"{number}") for number in range(3)]
    block(town.tx, who=FATIMA, whom=HERE + "els")

    page = timelines.public_timeline(town.tx, viewer=HERE + "els", page=PageRequest(limit=2))

    assert (page.items, page.next_max_id) == ((), rows[1].object_id)


def test_a_profile_shows_what_was_shared_and_leaves_replies_to_their_tab(town: Town) -> None:
    from fedgov.features.posts.service.reacting import share

    town.befriend(FATIMA, PIETER)
    theirs, own = arrive(town, note()), written(town, FATIMA)
    reply = written(town, FATIMA, "Ja", in_reply_to=theirs.uri)
    more = written(town, FATIMA, "En nog iets", in_reply_to=own.uri)
    share(town.tx, actor=FATIMA, object_id=theirs.object_id)

    def tab(name: timelines.ProfileTab) -> list[tuple[str, str | None]]:
        page = timelines.profile_timeline(town.tx, author=FATIMA, viewer=None, page=PageRequest(), tab=name)
        return [(entry.row.uri, entry.shared_by) for entry in page.items]

    assert tab("posts") == [(theirs.uri, FATIMA), (more.uri, None), (own.uri, None)]
    assert tab("replies") == [(more.uri, None), (reply.uri, None), (own.uri, None)]
    assert tab("media") == []


def test_ac_18_earlier_texts_are_for_whoever_may_read_the_post(town: Town) -> None:
    from fedgov.features.posts.service.publishing import edit_post

    object_id = said(town, Visibility.FOLLOWERS)
    edit_post(town.tx, actor=FATIMA, object_id=object_id, text="Anders")
    row = post_queries.get_any(town.tx, object_id=object_id)

    assert [str(each.post.content_html)[:6] for each in revision_rows(town.tx, row=row, viewer=FATIMA)] == ["<p>Hoi"]


# --- reach ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("visibility", "people", "organisations"),
    [
        (Visibility.PUBLIC, None, ("leeuwarden.example",)),
        (Visibility.UNLISTED, None, ("leeuwarden.example",)),
        (Visibility.FOLLOWERS, 3, ("gemeente Groningen", "leeuwarden.example")),
        (Visibility.DIRECT, 1, ("leeuwarden.example",)),
        (Visibility.ORGANISATION, 4, ("gemeente Groningen",)),
    ],
)
def test_the_reach_of_a_post_is_what_is_really_known(
    town: Town, visibility: Visibility, people: int | None, organisations: tuple[str, ...]
) -> None:
    found = reach(town.tx, author=FATIMA, visibility=visibility, mentioned=[THERE + "jelle"])

    assert (found.people, found.organisations) == (people, organisations)


def test_an_organisation_is_named_as_it_calls_itself(town: Town) -> None:
    from fedgov.federation import peers

    peers.describe(town.tx, host="leeuwarden.example", name="gemeente Leeuwarden", software=None, implements=[])

    found = reach(town.tx, author=FATIMA, visibility=Visibility.DIRECT, mentioned=[PIETER], unknown=("@x@y.example",))

    assert (found.organisations, found.unknown) == (("gemeente Leeuwarden",), ("@x@y.example",))
