"""The activities with which fediverse applications are compared: what becomes of each, as a table.

The table says for every file whether it is accepted or refused, why, and what a
reader gets to see of it; a difference is a change in what we understand of
others. After such a change, ``FEDGOV_WRITE_GOLDEN=1`` writes the table anew.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from fedgov.features.posts.queries import parts, posts
from fedgov.store.transaction import Transaction
from tests.federation.interop.world import (
    ACTIVITY_JSON,
    Correspondent,
    World,
    correspondent,
    dangers,
    find_item,
    now_text,
    open_world,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

TABLE = Path(__file__).parents[2] / "golden" / "pasture.tsv"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_world(tmp_path_factory.mktemp("pasture")) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def activities(world: World, vectors: Path) -> dict[str, dict[str, Any]]:
    """The files by name, addressed to us by an actor that is really there, and written now."""
    actor, now = world.outside.url("pasture"), now_text()
    found = {}
    for path in sorted((vectors / "pasture-inputs" / "activity").glob("*.json")):
        text = path.read_text()
        text = text.replace('"http://remote.example/"', f'"{world.fatima.uri}"')
        text = text.replace("http://remote.example", world.origin).replace("http://actor.example", actor)
        found[path.stem] = _at(orjson.loads(text), now)
    return found


def _at(activity: dict[str, Any], now: str) -> dict[str, Any]:
    activity["published"] = now
    if isinstance(activity.get("object"), dict) and "published" in activity["object"]:
        activity["object"]["published"] = now
    return activity


Outcomes = dict[str, tuple[str, str, str]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outcomes(world: World, activities: dict[str, dict[str, Any]]) -> Outcomes:
    """Everything delivered and handled: verdict, reason and what is seen of it, by file."""
    cow = correspondent(world.outside, "pasture", path="")
    answers = {name: await _deliver(world, activity, by=cow) for name, activity in activities.items()}
    await world.settle()
    return {name: await _outcome(world, activities[name], answer) for name, answer in answers.items()}


async def _deliver(world: World, activity: dict[str, Any], *, by: Correspondent) -> str:
    answer = await world.post(activity, by=by, path="/users/fatima/inbox")
    return "" if answer.status == 202 else f"{answer.status} {answer.json['error']}"


async def _outcome(world: World, activity: dict[str, Any], refusal: str) -> tuple[str, str, str]:
    if refusal:
        return "refused", refusal, ""
    row = await world.town.ask(find_item, uri=activity["id"])
    if row.state != "done":
        return str(row.state), row.reason or "", ""
    seen = await world.town.ask(_seen, uri=activity["object"]["id"])
    return "accepted", row.reason or "", seen.replace(world.outside.url("pasture"), "http://actor.example")


def _seen(tx: Transaction, *, uri: str) -> str:
    """What a reader gets to see of a post, in one line."""
    row = posts.find_by_uri(tx, uri=uri)
    if row is None:
        return ""
    ids = [row.object_id]
    found = [
        row.content_html,
        f"summary: {row.summary}" if row.summary else "",
        "covered" if row.sensitive else "",
        f"answers: {row.in_reply_to_uri}" if row.in_reply_to_uri else "",
        f"quotes: {row.quote_uri}" if row.quote_uri else "",
        f"page: {row.url}" if row.url else "",
        *(f"{each.kind}: {each.url} {each.alt}" for each in parts.attachments_of(tx, object_ids=ids)[row.object_id]),
        *(f"names: {each.actor_uri}" for each in parts.mentions_of(tx, object_ids=ids)[row.object_id]),
        *(f"hashtag: {each.tag}" for each in parts.hashtags_of(tx, object_ids=ids)[row.object_id]),
    ]
    line = " | ".join(each.strip() for each in found if each).replace(tx.site.origin, "http://remote.example")
    return " ".join(line.split())


def _table(outcomes: Outcomes) -> str:
    head = ("file", "verdict", "reason", "seen")
    return "".join("\t".join(cells) + "\n" for cells in (head, *((name, *cells) for name, cells in outcomes.items())))


async def test_every_activity_of_the_pasture_gets_the_verdict_that_the_table_says(outcomes: Outcomes) -> None:
    if os.environ.get("FEDGOV_WRITE_GOLDEN"):
        TABLE.write_text(_table(outcomes))
    assert len(outcomes) == 138
    assert _table(outcomes).splitlines() == TABLE.read_text().splitlines()


async def test_what_is_accepted_is_shown_on_a_page_that_harms_nobody(
    world: World, activities: dict[str, dict[str, Any]], outcomes: Outcomes
) -> None:
    accepted = [name for name, (verdict, *_) in outcomes.items() if verdict == "accepted"]
    assert accepted
    for name in accepted:
        page = await world.page_of(activities[name]["object"]["id"])
        assert dangers(page) == [], name
        assert "pasture" in page, name


async def test_what_is_accepted_is_kept_as_it_came(
    world: World, activities: dict[str, dict[str, Any]], outcomes: Outcomes
) -> None:
    for name, (verdict, *_) in outcomes.items():
        stored = await world.town.object(activities[name]["object"]["id"])
        assert (stored == activities[name]["object"]) is (verdict == "accepted"), name


async def test_what_others_wrote_is_not_published_as_a_document_of_ours(
    world: World, activities: dict[str, dict[str, Any]], outcomes: Outcomes
) -> None:
    accepted = [name for name, (verdict, *_) in outcomes.items() if verdict == "accepted"]
    for name in accepted[::20]:
        row = await world.post_row(activities[name]["object"]["id"])
        answer = await world.ask("GET", f"/posts/{row.object_id}", headers={"Accept": ACTIVITY_JSON})
        assert (answer.status, answer.json["error"]) == (404, "not_found"), name
