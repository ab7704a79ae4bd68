"""The pages on which people arrange what they see: lists, filters, subjects, who waits, what they like."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fedgov.features.notices.pages.blueprint import blueprint
from fedgov.features.notices.present import folded_cards
from fedgov.features.notices.queries import admission, filters, lists, tags
from fedgov.features.notices.service.admission import set_policy
from fedgov.features.notices.service.filters import create_filter
from fedgov.features.notices.service.listeners import LISTENERS
from fedgov.features.notices.service.lists import create_list
from fedgov.features.notices.vocabulary import (
    FilterAction,
    FilterContext,
    KeywordChange,
    NotificationPolicy,
    Replies,
    Wish,
)
from fedgov.features.people.pages.blueprint import blueprint as pages_of_people
from fedgov.features.people.queries import blocked_by, blocked_hosts, muted
from fedgov.features.people.service import follows
from fedgov.features.posts.present import post_cards
from fedgov.features.posts.tables import posts, reactions
from fedgov.instance import Instance
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard
from tests.unit.features.notices.people import ANNA, BOUKE, CARLA, JELLE, block, follow, keep, mute, say, settle, told
from tests.unit.features.trust.counter import Counter, person
from tests.unit.features.trust.town import town_hall

OWN = (
    *("/lists", "/settings/filters", "/settings/filters/new", "/settings/subjects", "/notifications/requests"),
    *("/favourites", "/settings/blocks"),
)


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen, on SQLite: what the pages ask is tested on both elsewhere."""
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    async with town_hall(tmp_path, database_url=url, listeners=LISTENERS) as instance:
        await instance.write(settle)
        yield instance


@pytest.fixture
def anna(town: Instance) -> Counter:
    """Anna's browser."""
    return Counter(town, blueprint(), pages_of_people(), visitor=person("anna"))


@pytest.fixture
def bouke(town: Instance) -> Counter:
    """Bouke's browser."""
    return Counter(town, blueprint(), visitor=person("bouke"))


async def page(counter: Counter, path: str) -> str:
    answer = await counter.get(path)
    assert answer.status_code == 200, answer.status_code
    return str(await answer.get_data(as_text=True))


async def sent(counter: Counter, path: str, **values: Any) -> int:
    return (await counter.post(path, values)).status_code


@pytest.mark.parametrize("path", OWN)
async def test_what_is_ones_own_needs_a_log_in(town: Instance, path: str) -> None:
    visitor = Counter(town, blueprint(), pages_of_people())
    for answer in (await visitor.get(path), await visitor.post(path, {"action": "follow", "title": "x"})):
        if answer.status_code != 405:
            assert answer.status_code in (303, 401, 403)


@pytest.mark.parametrize("path", OWN)
async def test_a_page_with_nothing_on_it_says_what_to_do(anna: Counter, path: str) -> None:
    assert "<h1" in await page(anna, path)


# --- lists ------------------------------------------------------------------------------------------------------


async def test_a_list_is_made_filled_read_changed_and_removed(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> None:
        follow(tx, ANNA, JELLE, BOUKE)

    await town.write(scene)
    made = await anna.post("/lists", {"title": "Buren"})
    (found,) = await town.read(lists.lists_of, owner=ANNA)
    path = f"/lists/{found.id}"
    assert (made.status_code, made.headers["Location"]) == (303, f"{path}/people")
    assert "Buren" in await page(anna, "/lists")
    assert await sent(anna, f"{path}/people", actor=JELLE, action="add") == 303
    number = await town.write(say, JELLE)
    assert f'id="post-{number}"' in await page(anna, path)
    people = await page(anna, f"{path}/people")
    assert people.index("jelle") < people.index("bouke")
    assert await sent(anna, f"{path}/settings", title="Noorden", replies="none", exclusive="yes") == 303
    (found,) = await town.read(lists.lists_of, owner=ANNA)
    assert (found.title, found.replies, found.exclusive) == ("Noorden", Replies.NONE, True)
    assert await sent(anna, f"{path}/people", actor=JELLE, action="remove") == 303
    assert await town.read(lists.members, list_id=found.id) == []
    assert await sent(anna, f"{path}/settings", action="delete") == 303
    assert await town.read(lists.lists_of, owner=ANNA) == []


async def test_a_list_without_a_name_is_not_made_and_the_form_says_so(town: Instance, anna: Counter) -> None:
    answer = await anna.post("/lists", {"title": " "})
    assert answer.status_code == 422
    assert "f-title-error" in str(await answer.get_data(as_text=True))
    number = await town.write(create_list, owner=ANNA, title="Buren")
    assert await sent(anna, f"/lists/{number}/settings", title="", replies="list") == 422
    assert await sent(anna, f"/lists/{number}/settings", title="x", replies="everything") == 404
    assert await sent(anna, f"/lists/{number}/people", actor=JELLE, action="throw") == 422
    assert await sent(anna, f"/lists/{number}/people", actor=JELLE, action="add") == 404, "she does not follow him"
    assert [each.title for each in await town.read(lists.lists_of, owner=ANNA)] == ["Buren"]


async def test_a_list_of_another_is_not_there(town: Instance, bouke: Counter) -> None:
    number = await town.write(create_list, owner=ANNA, title="Buren")
    for path in (f"/lists/{number}", f"/lists/{number}/people", f"/lists/{number}/settings"):
        assert (await bouke.get(path)).status_code == 404
    assert await sent(bouke, f"/lists/{number}/settings", action="delete") == 404
    assert await sent(bouke, f"/lists/{number}/settings", title="x", replies="list") == 404
    assert await sent(bouke, f"/lists/{number}/people", actor=BOUKE, action="add") == 404
    assert len(await town.read(lists.lists_of, owner=ANNA)) == 1


async def test_somebody_is_put_on_lists_from_their_profile(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> list[int]:
        follow(tx, ANNA, JELLE)
        made = [create_list(tx, owner=ANNA, title=title, replies=Replies.LIST) for title in ("Buren", "Werk")]
        create_list(tx, owner=BOUKE, title="Geheim", replies=Replies.LIST)
        return made

    neighbours, _ = await town.write(scene)
    path = "/lists/of?handle=@jelle@leeuwarden.example"
    html = await page(anna, path)
    assert html.count('value="add"') == 2
    assert "Geheim" not in html
    form = {"actor": JELLE, "action": "add", "next": path}
    assert (await anna.post(f"/lists/{neighbours}/people", form)).headers["Location"] == path
    html = await page(anna, path)
    assert (html.count('value="add"'), html.count('value="remove"')) == (1, 1)
    for wrong in ("@niemand@leeuwarden.example", "", "x"):
        assert (await anna.get(f"/lists/of?handle={wrong}")).status_code in (404, 422), wrong


# --- filters ----------------------------------------------------------------------------------------------------

RUST = {"title": "Rust", "words": "reorganisatie\n nieuwe   structuur \n\n", "contexts": ["home", "thread"]}


async def test_a_filter_is_made_changed_and_removed(town: Instance, anna: Counter) -> None:
    assert await sent(anna, "/settings/filters/new", **RUST, whole_word="yes", action="warn", span="7") == 303
    (found,) = await town.read(filters.filters_of, owner=ANNA)
    assert [(each.keyword, each.whole_word) for each in found.keywords] == [
        ("reorganisatie", True),
        ("nieuwe structuur", True),
    ]
    assert found.contexts == (FilterContext.HOME, FilterContext.THREAD)
    assert found.expires_at is not None
    path = f"/settings/filters/{found.id}"
    assert "nieuwe structuur" in await page(anna, path)
    changes = {"title": "Stil", "words": "reorganisatie\nfusie", "contexts": ["public"], "action": "hide"}
    assert await sent(anna, path, **changes, span="stays") == 303
    (after,) = await town.read(filters.filters_of, owner=ANNA)
    words = sorted((each.keyword, each.whole_word) for each in after.keywords)
    assert words == [("fusie", False), ("reorganisatie", False)]
    assert (after.action, after.expires_at) == (FilterAction.HIDE, found.expires_at)
    assert await sent(anna, path, **changes, span="") == 303
    assert (await town.read(filters.get_filter, owner=ANNA, filter_id=found.id)).expires_at is None
    assert await sent(anna, path, do="delete") == 303
    assert await town.read(filters.filters_of, owner=ANNA) == []


@pytest.mark.parametrize(
    ("changes", "field"), [({"title": ""}, "title"), ({"words": "\n"}, "words"), ({"contexts": []}, "context")]
)
async def test_a_filter_that_cannot_work_is_refused_beside_its_field(
    town: Instance, anna: Counter, changes: dict[str, Any], field: str
) -> None:
    number = await town.write(create_filter, owner=ANNA, title="Rust", contexts=[FilterContext.HOME])
    for path in ("/settings/filters/new", f"/settings/filters/{number}"):
        answer = await anna.post(path, RUST | changes)
        assert answer.status_code == 422
        assert f'href="#f-{field}"' in str(await answer.get_data(as_text=True))
    (found,) = await town.read(filters.filters_of, owner=ANNA)
    assert (found.title, found.keywords) == ("Rust", ())


async def test_a_filter_of_another_is_not_there(town: Instance, bouke: Counter) -> None:
    number = await town.write(create_filter, owner=ANNA, title="Rust", contexts=[FilterContext.HOME])
    path = f"/settings/filters/{number}"
    assert (await bouke.get(path)).status_code == 404
    assert await sent(bouke, path, **RUST) == 404
    assert await sent(bouke, path, do="delete") == 404
    assert len(await town.read(filters.filters_of, owner=ANNA)) == 1


@pytest.mark.parametrize(
    ("action", "place", "left"),
    [
        (FilterAction.WARN, FilterContext.HOME, ("Rust", False)),
        (FilterAction.BLUR, FilterContext.HOME, ("", True)),
        (FilterAction.HIDE, FilterContext.HOME, None),
        (FilterAction.WARN, FilterContext.PUBLIC, ("", False)),
        (FilterAction.HIDE, FilterContext.PUBLIC, ("", False)),
    ],
)
async def test_a_page_folds_covers_or_leaves_out_what_a_filter_finds(
    town: Instance, action: FilterAction, place: FilterContext, left: tuple[str, bool] | None
) -> None:
    def script(tx: Transaction) -> tuple[PostCard, ...]:
        words = [KeywordChange(keyword="reorganisatie")]
        create_filter(tx, owner=ANNA, title="Rust", contexts=[FilterContext.HOME], action=action, keywords=words)
        number = keep(tx, JELLE)
        tx.execute(posts.update().where(posts.c.object_id == number).values(content_html="<p>De reorganisatie</p>"))
        return folded_cards(tx, post_cards(tx, [number], ANNA), viewer=ANNA, context=place)

    found = [(card.folded, card.sensitive) for card in await town.write(script)]
    assert found == ([] if left is None else [left])


# --- subjects ---------------------------------------------------------------------------------------------------


async def test_a_subject_is_followed_and_no_more(town: Instance, anna: Counter) -> None:
    async def followed() -> list[str]:
        page = await town.read(tags.followed_page, owner=ANNA, request=PageRequest())
        return [each.tag for each in page.items]

    assert await sent(anna, "/settings/subjects", subject="#Inkoop", action="follow") == 303
    assert await followed() == ["inkoop"]
    assert "#inkoop" in await page(anna, "/settings/subjects")
    assert await sent(anna, "/settings/subjects", subject="geen onderwerp", action="follow") == 422
    assert await sent(anna, "/settings/subjects", subject="inkoop", action="throw") == 422
    assert await sent(anna, "/settings/subjects", subject="inkoop", action="unfollow") == 303
    assert await followed() == []


# --- who waits --------------------------------------------------------------------------------------------------


async def test_who_waits_is_let_through_or_put_aside(town: Instance, anna: Counter, bouke: Counter) -> None:
    def scene(tx: Transaction) -> list[int]:
        set_policy(tx, owner=ANNA, wanted=NotificationPolicy(not_following=Wish.FILTER))
        for name in (JELLE, CARLA):
            say(tx, name, naming=[ANNA])
        page = admission.request_page(tx, owner=ANNA, request=PageRequest())
        return [each.id for each in page.items]

    carla, jelle = await town.write(scene)
    assert "/notifications/requests" in await page(anna, "/notifications")
    html = await page(anna, "/notifications/requests")
    assert "jelle" in html
    assert "carla" in html
    path = "/notifications/requests"
    assert await sent(bouke, path, request=str(jelle), action="accept") == 404
    assert await sent(anna, path, request="x", action="accept") == 404
    assert await sent(anna, path, request=str(jelle), action="throw") == 422
    assert await sent(anna, path, request=str(jelle), action="accept") == 303
    assert await sent(anna, path, request=str(carla), action="dismiss") == 303
    assert [actor for _, actor, _ in await town.read(told, ANNA)] == [JELLE]
    assert (await town.read(admission.pending, owner=ANNA))[0] == 0


async def test_who_has_to_wait_is_chosen_there(town: Instance, anna: Counter) -> None:
    chosen = {"not_following": "filter", "not_followers": "nonsense", "private_mentions": "drop"}
    assert await sent(anna, "/notifications/requests", action="rules", **chosen) == 303
    wanted = NotificationPolicy(not_following=Wish.FILTER, private_mentions=Wish.DROP)
    assert await town.read(admission.policy_of, owner=ANNA) == wanted


# --- what is liked, and who is shut out -------------------------------------------------------------------------


async def test_what_one_likes_has_a_page(town: Instance, anna: Counter, bouke: Counter) -> None:
    def scene(tx: Transaction) -> int:
        number = keep(tx, JELLE)
        values = {"object_id": number, "actor": ANNA, "emoji": "", "activity_uri": f"{ANNA}#like", "at": tx.now}
        tx.execute(reactions.insert(), values)
        return number

    number = await town.write(scene)
    assert f'id="post-{number}"' in await page(anna, "/favourites")
    assert f'id="post-{number}"' not in await page(bouke, "/favourites")


async def test_who_is_shut_out_is_seen_and_let_in_again(
    town: Instance, anna: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follows, "tell", lambda *_args, **_values: None)  # nobody here has keys

    def scene(tx: Transaction) -> None:
        block(tx, ANNA, JELLE)
        mute(tx, ANNA, BOUKE)

    await town.write(scene)
    html = await page(anna, "/settings/blocks")
    assert "jelle" in html
    assert "bouke" in html
    assert await sent(anna, "/settings/blocks", action="unblock", actor=JELLE) == 303
    assert await sent(anna, "/settings/blocks", action="unmute", actor=BOUKE) == 303
    assert not await town.read(blocked_by, who=ANNA) | await town.read(muted, who=ANNA)


async def test_a_domain_is_blocked_for_oneself_and_let_in_again(town: Instance, anna: Counter) -> None:
    async def hosts() -> list[str]:
        return [row.host for row in (await town.read(blocked_hosts, who=ANNA, page=PageRequest())).items]

    assert await sent(anna, "/settings/blocks", action="block_host", domain="Kwaad.example") == 303
    assert await hosts() == ["kwaad.example"]
    for domain in ("geen domein", "groningen.example"):
        answer = await anna.post("/settings/blocks", {"action": "block_host", "domain": domain})
        assert answer.status_code == 422
        assert "f-domain-error" in str(await answer.get_data(as_text=True))
    assert await sent(anna, "/settings/blocks", action="throw", domain="x.example") == 422
    assert await sent(anna, "/settings/blocks", action="unblock_host", domain="kwaad.example") == 303
    assert await hosts() == []
