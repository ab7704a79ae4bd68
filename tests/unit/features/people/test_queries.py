from __future__ import annotations

import pytest

from fedgov.features.people import present, queries
from fedgov.features.people.service import blocks, finding, follows
from fedgov.federation import actors
from fedgov.kernel.errors import NotFoundError
from fedgov.store.tables import peers
from fedgov.web.cards import Relation
from tests.unit.features.residents import Town


def remotes(town: Town, number: int) -> list[str]:
    return [town.remote(f"@p{each}@leeuwarden.example") for each in range(number)]


# --- lists ------------------------------------------------------------------------------------------------------


def test_pages_of_followers_do_not_shift_when_others_come(town: Town) -> None:
    fatima, people = town.local(), remotes(town, 6)
    for person in people[:5]:
        town.befriend(person, fatima)
    first = queries.followers(town.tx, of=fatima, limit=2)
    town.befriend(people[5], fatima)
    second = queries.followers(town.tx, of=fatima, limit=2, before=first.older)
    third = queries.followers(town.tx, of=fatima, limit=2, before=second.older)

    assert [[row.uri for row in page.rows] for page in (first, second, third)] == [
        [people[4], people[3]],
        [people[2], people[1]],
        [people[0]],
    ]
    assert (first.newer, third.older) == (None, None)
    back = queries.followers(town.tx, of=fatima, limit=2, after=third.newer)
    assert [row.uri for row in back.rows] == [people[2], people[1]]
    assert back.older is not None
    top = queries.followers(town.tx, of=fatima, limit=2, after=second.newer)
    assert [row.uri for row in top.rows] == [people[4], people[3]]
    assert top.newer is not None  # somebody came since


def test_an_empty_list_has_no_other_pages(town: Town) -> None:
    fatima = town.local()
    assert queries.followers(town.tx, of=fatima) == queries.Page(rows=())
    assert queries.followers(town.tx, of=fatima, before=1) == queries.Page(rows=())
    assert queries.followers(town.tx, of=fatima, after=1) == queries.Page(rows=())


def test_requests_are_no_followers(town: Town) -> None:
    fatima, jan = town.local(approves_followers=True), town.local("jan")
    follows.follow(town.tx, actor=jan, target=fatima)
    assert queries.followers(town.tx, of=fatima).rows == ()
    assert queries.following(town.tx, of=jan).rows == ()
    assert [row.uri for row in queries.follow_requests(town.tx, of=fatima).rows] == [jan]


def test_lists_of_blocked_and_muted_people_are_for_their_owner(town: Town) -> None:
    fatima, jan, pieter = town.local(), town.local("jan"), town.remote()
    blocks.block(town.tx, who=fatima, whom=pieter)
    blocks.mute(town.tx, who=fatima, whom=jan)
    assert [row.uri for row in queries.blocked_page(town.tx, who=fatima).rows] == [pieter]
    assert [row.uri for row in queries.muted_page(town.tx, who=fatima).rows] == [jan]
    assert queries.blocked_page(town.tx, who=jan).rows == ()


# --- relations --------------------------------------------------------------------------------------------------


def test_a_relation_says_how_two_people_stand(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    assert queries.relation(town.tx, viewer=None, target=pieter) == Relation()
    assert queries.relation(town.tx, viewer=fatima, target=fatima) == Relation(is_me=True)
    assert queries.relation(town.tx, viewer=fatima, target=pieter) == Relation()
    town.befriend(fatima, pieter)
    town.befriend(pieter, fatima)
    blocks.mute(town.tx, who=fatima, whom=pieter)
    assert queries.relation(town.tx, viewer=fatima, target=pieter) == Relation(
        following=True, followed_by=True, muted=True
    )
    blocks.block(town.tx, who=fatima, whom=pieter)
    assert queries.relation(town.tx, viewer=fatima, target=pieter) == Relation(blocked=True, muted=True)


# --- finding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "handle", ["fatima", "@fatima", "FATIMA", "@fatima@groningen.example", "Fatima@Groningen.Example", " @fatima "]
)
def test_somebody_here_is_found_by_handle(town: Town, handle: str) -> None:
    fatima = town.local()
    found = queries.find_person(town.tx, handle=handle)
    assert found is not None
    assert found.uri == fatima


@pytest.mark.parametrize("handle", ["", "@", "nobody", "@fatima@evil.example", "a b", "@fatima@", "x" * 5_000])
def test_nobody_is_found_by_what_is_no_known_handle(town: Town, handle: str) -> None:
    town.local()
    assert queries.find_person(town.tx, handle=handle) is None
    with pytest.raises(NotFoundError):
        queries.get_person(town.tx, handle=handle)


def test_people_are_found_by_what_they_tell_about_themselves_but_not_by_its_markup(town: Town) -> None:
    town.remote("@wim@leeuwarden.example", summary='<p class="x">Kenner van <b>stikstof</b></p>', name="Wim")

    assert search(town, "stikstof") == ["wim"]
    assert search(town, "stikstof wim") == ["wim"]
    assert search(town, "stikstof fatima") == search(town, "strong") == search(town, "class") == []


def search(town: Town, text: str, viewer: str | None = None) -> list[str]:
    return [row.username for row in finding.search(town.tx, text=text, viewer=viewer)]


def test_people_are_found_by_name_handle_function_and_department(town: Town) -> None:
    town.local("fatima", name="Fatima de Vries", function="inkoper", department="Bedrijfsvoering")
    town.remote("@pieter@leeuwarden.example", name="Pieter de Vries")
    assert search(town, "de vries") == ["fatima", "pieter"]
    assert search(town, "@fat") == ["fatima"]
    assert search(town, "INKOP") == ["fatima"]
    assert search(town, "bedrijfs") == ["fatima"]
    assert search(town, "@pieter@leeu") == ["pieter"]
    assert search(town, "pieter@bzk") == []


@pytest.mark.parametrize("text", ["", "   ", "@", "%", "_", "\\", "' OR 1=1 --", "x" * 100_000])
def test_signs_with_a_meaning_for_the_database_have_none(town: Town, text: str) -> None:
    town.local()
    assert search(town, text) == []


def test_who_does_not_want_to_be_found_is_found_only_by_followers(town: Town) -> None:
    fatima, pieter = town.local(), town.remote(discoverable=False)
    assert search(town, "pieter", fatima) == []
    town.befriend(fatima, pieter)
    assert search(town, "pieter", fatima) == ["pieter"]
    assert search(town, "pieter") == []


def test_the_deleted_the_disabled_servers_and_blocked_people_are_not_found(town: Town) -> None:
    fatima = town.local()
    gone, off = town.remote("@pa@leeuwarden.example"), town.local("pb")
    town.remote("@pc@leeuwarden.example", type="Application")
    blocker = town.local("pd")
    actors.mark_deleted(town.tx, uri=gone)
    actors.change_local(town.tx, uri=off, values={"disabled_at": 1})
    blocks.block(town.tx, who=blocker, whom=fatima)
    assert search(town, "p", fatima) == []
    assert search(town, "pd") == ["pd"]


def test_the_exact_name_comes_first_and_colleagues_before_others(town: Town) -> None:
    for handle in ("@jan@leeuwarden.example", "@jannie@bzk.example"):
        town.remote(handle)
    town.local("janneke")
    assert search(town, "jan") == ["jan", "janneke", "jannie"]


# --- cards ------------------------------------------------------------------------------------------------------


def test_a_colleagues_card_names_the_own_organisation(town: Town) -> None:
    fatima = town.local(name="Fatima de Vries", function="inkoper")
    card = present.person_cards(town.tx, {fatima})[fatima]
    assert (card.handle, card.url, card.initials) == ("@fatima@groningen.example", "/users/fatima", "FV")
    assert (card.organisation, card.function) == ("gemeente Groningen", "inkoper")
    assert card.local
    assert card.confirmed
    assert not card.bot
    assert card.avatar_url is None


def test_the_card_of_somebody_elsewhere_names_that_organisation_or_the_host(town: Town) -> None:
    pieter, anna = (
        town.remote(icon={"type": "Image", "url": "https://evil.example/pixel.gif"}),
        town.remote("@a@bzk.example"),
    )
    town.tx.execute(peers.insert(), {"host": "bzk.example", "name": "ministerie van BZK", "first_seen_at": 1})
    cards = present.person_cards(town.tx, [pieter, anna, "https://nobody.example/x"])
    assert [card.organisation for card in cards.values()] == ["leeuwarden.example", "ministerie van BZK"]
    card = cards[pieter]
    assert card.url == "/people/@pieter@leeuwarden.example"
    assert not card.confirmed
    assert (card.avatar_url or "").startswith("/media/proxy/")


def test_an_own_picture_is_shown_by_its_path(town: Town) -> None:
    fatima = town.local()
    actors.change_local(town.tx, uri=fatima, values={"avatar_url": town.tx.site.url("/media/1/a.webp")})
    assert present.person_cards(town.tx, {fatima})[fatima].avatar_url == "/media/1/a.webp"


def test_a_program_is_marked_and_the_organisation_has_the_about_page(town: Town) -> None:
    town.house()
    bot = town.remote("@bot@leeuwarden.example", type="Service")
    cards = present.person_cards(town.tx, {bot, town.tx.site.organisation})
    assert cards[bot].bot
    assert not cards[town.tx.site.organisation].bot
    assert cards[town.tx.site.organisation].url == "/about"


@pytest.mark.parametrize(
    ("name", "letters"), [("Fatima de Vries", "FV"), ("Fatima", "F"), ("(Fatima) de Vries", "DV"), ("", ""), ("✿", "✿")]
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    assert present.initials(name) == letters


def test_a_profile_shows_numbers_and_lists_as_the_person_chose(town: Town) -> None:
    fatima, jan = town.local(lists_followers=False), town.local("jan")
    town.befriend(jan, fatima)
    row = actors.get(town.tx, uri=fatima)
    for viewer, public in ((None, False), (jan, False), (fatima, True)):
        card = present.profile_card(town.tx, row=row, viewer=viewer, posts=3)
        assert (card.followers, card.following, card.posts, card.lists_public) == (1, 0, 3, public)
    assert present.profile_card(town.tx, row=row, viewer=jan).relation.following


def test_who_blocks_somebody_shows_that_person_no_lists(town: Town) -> None:
    fatima, jan = town.local(), town.local("jan")
    blocks.block(town.tx, who=fatima, whom=jan)
    row = actors.get(town.tx, uri=fatima)
    assert not present.profile_card(town.tx, row=row, viewer=jan).lists_public
    assert present.profile_card(town.tx, row=row, viewer=None).lists_public


def test_of_somebody_elsewhere_the_numbers_are_not_known(town: Town) -> None:
    new = town.remote("@pieter@bzk.example")
    pieter = town.remote(
        url="https://leeuwarden.example/@pieter",
        movedTo=new,
        attachment=[{"type": "PropertyValue", "name": "Site", "value": "<a href='https://x.nl'>x</a><script>"}],
    )
    card = present.profile_card(town.tx, row=actors.get(town.tx, uri=pieter), viewer=None)
    assert (card.followers, card.following, card.lists_public, card.joined_at) == (None, None, False, None)
    assert card.original_url == "https://leeuwarden.example/@pieter"
    assert card.moved_to is not None
    assert card.moved_to.uri == new
    assert "script" not in card.fields[0].value_html


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/605.1", "Safari · iPhone"),
        ("curl/8.14", "curl"),
        ("", ""),
    ],
)
def test_a_device_is_named_in_plain_words(user_agent: str, words: str) -> None:
    assert present.device(user_agent) == words
