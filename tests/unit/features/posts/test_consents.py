"""Older posts are found once their author consents, and no longer once that is withdrawn."""

from __future__ import annotations

from typing import Any

import pytest

from fedgov.features.posts.feature import FEATURE
from fedgov.features.posts.queries import indexed
from fedgov.features.posts.service import consents
from fedgov.federation.actors import ConsentChanged
from fedgov.kernel.clock import DAY
from fedgov.store import full_text
from tests.unit.features.posts.correspondence import PIETER, arrive, note
from tests.unit.features.posts.test_found import BRAM, FATIMA, find
from tests.unit.features.residents import Town


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima follows Pieter, who does not let his posts be found; Bram does not."""
    people_town.local("fatima")
    people_town.local("bram")
    people_town.remote()
    people_town.befriend(FATIMA, PIETER)
    return people_town


def said(town: Town, words: str, *, key: str, **members: Any) -> int:
    return int(arrive(town, note(PIETER, key=key, content=f"<p>{words}</p>", **members)).object_id)


def decides(town: Town, *, indexable: bool) -> None:
    """Let Pieter change his mind, and the room hear of it."""
    town.heard.clear()
    town.remote(indexable=indexable)
    for event in town.heard:
        for listener in FEATURE.listeners.get(type(event), ()):
            listener(town.tx, event)


def settle(town: Town) -> int:
    """Do all that is due; return in how many pieces."""
    pieces = 0
    while consents.follow_some(town.tx):
        pieces += 1
    return pieces


def marks(town: Town, object_id: int) -> frozenset[str]:
    entry = full_text.find(town.tx, row_id=object_id)
    assert entry is not None
    return entry.marks


def test_older_posts_are_found_after_consent_and_not_after_it_is_withdrawn(town: Town) -> None:
    public = said(town, "De fietsbrug is open", key="1")
    closed = said(town, "De fietsbrug voor volgers", key="2", to=[f"{PIETER}/followers"], cc=[])
    assert find(town, "fietsbrug") == []

    decides(town, indexable=True)
    assert settle(town) == 1
    assert find(town, "fietsbrug") == [closed, public]
    assert find(town, "fietsbrug", viewer=BRAM) == [public]

    decides(town, indexable=False)
    assert find(town, "fietsbrug") == [], "at once, before anything is brought in step"
    settle(town)
    for object_id in (public, closed):
        assert not any(map(indexed.hangs_on_consent, marks(town, object_id)))


def test_what_the_author_did_with_a_post_and_its_words_stay(town: Town) -> None:
    tag = [{"type": "Mention", "href": BRAM, "name": "@bram@groningen.example"}]
    public = said(town, "De fietsbrug is open", key="1", tag=tag)
    before = full_text.find(town.tx, row_id=public)
    decides(town, indexable=True)
    settle(town)
    decides(town, indexable=False)
    settle(town)
    assert full_text.find(town.tx, row_id=public) == before


def test_who_followed_later_does_not_find_what_was_for_followers_before(town: Town) -> None:
    closed = said(town, "De fietsbrug voor volgers", key="1", to=[f"{PIETER}/followers"], cc=[])
    town.later(DAY)
    town.befriend(BRAM, PIETER)
    decides(town, indexable=True)
    settle(town)
    assert find(town, "fietsbrug") == [closed]
    assert find(town, "fietsbrug", viewer=BRAM) == []


def test_it_is_done_in_pieces_and_a_new_decision_begins_anew(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consents, "_POSTS", consents._POSTS.limit(2))
    monkeypatch.setattr(consents, "BATCH", 2)
    posts = [said(town, "De fietsbrug", key=str(number)) for number in range(5)]
    decides(town, indexable=True)
    assert consents.follow_some(town.tx)
    assert sum(indexed.EVERYBODY in marks(town, each) for each in posts) == 2
    decides(town, indexable=False)
    assert settle(town) == 3
    assert sum(indexed.EVERYBODY in marks(town, each) for each in posts) == 0


def test_who_says_the_same_again_gives_no_work(town: Town) -> None:
    said(town, "De fietsbrug", key="1")
    decides(town, indexable=False)
    assert not any(isinstance(event, ConsentChanged) for event in town.heard)
    assert settle(town) == 0
