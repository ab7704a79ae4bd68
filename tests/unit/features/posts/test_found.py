"""Finding posts by their words: what one may read and its author lets be found, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.features.notices.service.bookmarks import bookmark, unbookmark
from fedgov.features.people.service.blocks import block, mute
from fedgov.features.people.service.finding import search as search_people
from fedgov.features.posts.queries import indexed
from fedgov.features.posts.queries.found import search_posts
from fedgov.features.posts.service import indexing, polls, publishing, reacting
from fedgov.features.posts.vocabulary import PollDraft, PostSearch
from fedgov.features.search.queries import find_posts
from fedgov.federation import follows
from fedgov.kernel.clock import DAY
from fedgov.kernel.pagination import PageRequest
from fedgov.kernel.text.words import Phrase, words_of
from fedgov.store import full_text
from tests.unit.features.posts.correspondence import PIETER, activity, arrive, deliver, note, written
from tests.unit.features.residents import Town

FATIMA = "https://groningen.example/users/fatima"
BRAM = "https://groningen.example/users/bram"
SANNE = "https://leeuwarden.example/users/sanne"


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima and Bram work here, Pieter elsewhere lets his posts be found and Sanne does not; Fatima follows both."""
    people_town.local("fatima")
    people_town.local("bram")
    people_town.remote(indexable=True)
    people_town.remote("@sanne@leeuwarden.example")
    people_town.befriend(FATIMA, PIETER)
    people_town.befriend(FATIMA, SANNE)
    return people_town


def find(
    town: Town, words: str = "", *, viewer: str = FATIMA, page: PageRequest | None = None, **wanted: Any
) -> list[int]:
    phrases = tuple(Phrase((word,), begins=True) for word in words_of(words))
    search = PostSearch(phrases=phrases, **wanted)
    found = search_posts(town.tx, wanted=search, viewer=viewer, page=page or PageRequest())
    return [row.object_id for row in found]


def said(town: Town, words: str, *, by: str = PIETER, key: str = "1", **members: Any) -> int:
    return int(arrive(town, note(by, key=key, content=f"<p>{words}</p>", **members)).object_id)


def agrees(town: Town) -> bool:
    """Whether the index says of every post what the post says."""
    ids = full_text.rows_after(town.tx, row_id=-1, limit=1_000)
    wanted = indexed.entries_of(town.tx, rows=indexed.rows_of(town.tx, object_ids=ids))
    return set(ids) == set(wanted) and all(
        full_text.agrees(town.tx, row_id=row_id, entry=entry, ignoring=indexed.KEPT) for row_id, entry in wanted.items()
    )


# fmt: off
COMMANDS = (
    "'", '"', "''", '"fiets', "fiets'; DROP TABLE posts --", "' OR '1'='1", "fiets*", "*", "%", "_", "fiets%",
    "fiets NEAR(brug)", "NEAR(", "fiets AND NOT brug", "OR", "{fiets}:brug", "text:fiets", "rowid:1", "^fiets",
    "fiets & !brug", "fiets <-> brug", "fiets:*", "fiets | brug", "(fiets", "\\", "\x00fiets", "fiets^2",
    "a" * 100_000, "fiets " * 20_000, "-" * 50_000, '"' * 50_000, "from:" * 20_000,
    "before:9999-99-99 after:0000-00-00", "from:' in:library", "before:9000-12-31 after:1970", "-fiets* *fiets",
)
# fmt: on
"""What a database that took it for a command would break on, or show everything for."""


def test_web_12_no_word_is_a_command_to_the_database(town: Town) -> None:
    """Not of either full-text language, nor of SQL; and nobody finds what they may not read."""
    said(town, "De fietsbrug is open")
    for author in (FATIMA, BRAM):
        written(town, author, text="fiets", visibility=Visibility.DIRECT, alone=True)
    for typed in COMMANDS:
        found = find_posts(town.tx, text=typed, viewer=BRAM, page=PageRequest())
        assert {row.author for row in found} <= {BRAM, PIETER}, typed[:50]
        people = search_people(town.tx, text=typed, viewer=BRAM)
        assert {row.uri for row in people} <= {BRAM, FATIMA, PIETER, SANNE}, typed[:50]


# --- who finds what ---------------------------------------------------------------------------------------------


def test_what_is_public_is_found_when_its_author_lets_it_be_found(town: Town) -> None:
    found = said(town, "De fietsbrug is open")
    other = said(town, "De fietsbrug is dicht", by=SANNE, key="2")
    entry = full_text.find(town.tx, row_id=other)

    assert entry is not None
    assert indexed.EVERYBODY not in entry.marks, "what nobody may find is not even walked past"
    assert find(town, "fietsbrug") == [found]
    assert find(town, "fietsbrug", viewer=BRAM) == [found]


def test_who_no_longer_lets_it_be_found_is_not_found_any_more(town: Town) -> None:
    said(town, "De fietsbrug is open")
    town.remote(indexable=False)

    assert find(town, "fietsbrug") == []


def test_what_one_is_named_in_or_did_something_with_is_always_found(town: Town) -> None:
    tag = [{"type": "Mention", "href": FATIMA, "name": "@fatima@groningen.example"}]
    named = said(town, "Vraag over de fietsbrug", by=SANNE, to=[PUBLIC, FATIMA], tag=tag)
    others = [said(town, "De fietsbrug", by=SANNE, key=str(number)) for number in range(2, 5)]
    reacting.like(town.tx, actor=FATIMA, object_id=others[0])
    reacting.share(town.tx, actor=FATIMA, object_id=others[1])
    bookmark(town.tx, owner=FATIMA, object_id=others[2])

    assert find(town, "fietsbrug") == [*reversed(others), named]
    assert find(town, "fietsbrug", where="library") == [*reversed(others), named]
    assert find(town, "fietsbrug", viewer=BRAM) == []
    assert agrees(town)

    reacting.unlike(town.tx, actor=FATIMA, object_id=others[0])
    reacting.unshare(town.tx, actor=FATIMA, object_id=others[1])
    unbookmark(town.tx, owner=FATIMA, object_id=others[2])
    assert find(town, "fietsbrug") == [named]
    assert agrees(town)


def test_what_one_answered_or_voted_in_is_found_too(town: Town) -> None:
    answered = said(town, "Wie kent deze fietsbrug", by=SANNE)
    written(town, FATIMA, "@sanne@leeuwarden.example Ik", in_reply_to="https://leeuwarden.example/notes/1")
    options = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}} for name in "AB"]
    poll = said(
        town, "Welke fietsbrug", by=SANNE, key="2", type="Question", oneOf=options, endTime="2099-01-01T00:00:00Z"
    )
    polls.vote(town.tx, actor=FATIMA, object_id=poll, choices=[0])

    assert find(town, "fietsbrug") == [poll, answered]
    assert agrees(town)


def test_colleagues_find_what_is_for_the_organisation_and_for_everyone(town: Town) -> None:
    inside = written(town, BRAM, "De begroting", visibility=Visibility.ORGANISATION)
    public = written(town, BRAM, "De begroting", visibility=Visibility.PUBLIC)
    written(town, BRAM, "De begroting", visibility=Visibility.UNLISTED)

    assert find(town, "begroting") == [public.object_id, inside.object_id]
    assert find(town, "begroting", where="public") == [public.object_id]


def test_nobody_finds_what_is_for_somebody_else(town: Town) -> None:
    """AC-03: a private post is not there, whatever is asked for."""
    private = written(town, BRAM, "Geheim voor @pieter@leeuwarden.example", visibility=Visibility.DIRECT)
    followers = written(town, BRAM, "Geheim voor volgers", visibility=Visibility.FOLLOWERS)
    to_bram = [{"type": "Mention", "href": BRAM, "name": "@bram@groningen.example"}]
    said(town, "Geheim", by=PIETER, to=[BRAM], cc=[], tag=to_bram)

    assert find(town, "geheim") == []
    assert find(town, "geheim", where="library") == []
    assert find(town, authors=(BRAM,)) == []
    assert len(find(town, "geheim", viewer=BRAM)) == 3
    assert {private.object_id, followers.object_id} <= set(find(town, "geheim", viewer=BRAM))


def test_a_mark_alone_lets_nobody_read(town: Town) -> None:
    """What the index proposes is checked by the one rule under every page."""
    private = written(town, BRAM, "Geheim voor @pieter@leeuwarden.example", visibility=Visibility.DIRECT)
    entry = full_text.find(town.tx, row_id=private.object_id)
    assert entry is not None
    wrong = full_text.Entry(words=entry.words, marks=entry.marks | {indexed.EVERYBODY})
    full_text.put(town.tx, row_id=private.object_id, entry=wrong)

    assert find(town, "geheim") == []


def test_a_follower_finds_what_is_for_followers_until_the_follow_ends(town: Town) -> None:
    for_followers = said(town, "Onder ons gezegd", to=[f"{PIETER}/followers"], cc=[])

    assert find(town, "gezegd") == [for_followers]
    assert find(town, "gezegd", viewer=BRAM) == []
    follows.remove(town.tx, follower=FATIMA, following=PIETER)
    assert find(town, "gezegd") == []


def test_nobody_finds_whom_they_block_or_muted_or_who_blocks_them(town: Town) -> None:
    said(town, "De fietsbrug")
    assert len(find(town, "fietsbrug")) == 1

    mute(town.tx, who=FATIMA, whom=PIETER)
    assert find(town, "fietsbrug") == []
    block(town.tx, who=BRAM, whom=PIETER)
    assert find(town, "fietsbrug", viewer=BRAM) == []


# --- how words are found ----------------------------------------------------------------------------------------


def test_accents_and_capitals_make_no_difference(town: Town) -> None:
    found = said(town, "Eén CAFÉ aan de Fryske coöperatie")

    assert find(town, "cafe") == find(town, "Café") == find(town, "cooperatie") == find(town, "één") == [found]


def test_all_words_must_be_there_and_none_of_those_refused(town: Town) -> None:
    both = said(town, "fietsen en wandelen")
    said(town, "fietsen en rennen", key="2")

    assert find(town, "fietsen wandelen") == [both]
    assert find(town, "fietsen", without=(Phrase(("rennen",)),)) == [both]


def test_a_phrase_is_found_word_for_word(town: Town) -> None:
    found = said(town, "De openbare ruimte is van ons")
    said(town, "Ruimte die openbare eisen stelt", key="2")

    search = PostSearch(phrases=(Phrase(("openbare", "ruimte")),))
    assert [row.object_id for row in search_posts(town.tx, wanted=search, viewer=FATIMA, page=PageRequest())] == [found]
    part = PostSearch(phrases=(Phrase(("openbare", "ruim"), begins=True),))
    assert [row.object_id for row in search_posts(town.tx, wanted=part, viewer=FATIMA, page=PageRequest())] == [found]
    whole = PostSearch(phrases=(Phrase(("ruim",)),))
    assert search_posts(town.tx, wanted=whole, viewer=FATIMA, page=PageRequest()) == []


def test_what_a_picture_shows_what_a_poll_asks_and_a_title_are_found(town: Town) -> None:
    picture = {"type": "Image", "mediaType": "image/png", "url": "https://leeuwarden.example/a.png", "name": "Zwaan"}
    shown = said(town, "Kijk", attachment=[picture])
    titled = said(town, "Tekst", key="2", type="Article", name="Jaarverslag")

    poll = PollDraft(options=("Pannenkoeken", "Poffertjes"), ends_at=town.tx.now + DAY)
    asked = publishing.publish_post(
        town.tx, author=FATIMA, text="Wat eten we?", visibility=Visibility.PUBLIC, poll=poll
    )
    assert (find(town, "zwaan"), find(town, "jaarverslag"), find(town, "poffertjes")) == ([shown], [titled], [asked])


def test_frequent_and_rare_beginnings_are_found_alike(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_text, "WINDOW", 4)
    rare = said(town, "zeldzaam")
    common = [said(town, f"gewoon bericht {number}", key=str(number)) for number in range(2, 12)]

    assert find(town, "zeldz") == [rare]
    assert find(town, "gewo", page=PageRequest(limit=3)) == [*reversed(common)][:3]
    assert find(town, "gewo") == [*reversed(common)]


# --- traits and pages -------------------------------------------------------------------------------------------


def test_posts_are_found_by_what_they_are_and_have(town: Town) -> None:
    picture = {"type": "Image", "mediaType": "image/png", "url": "https://leeuwarden.example/a.png"}
    plain = said(town, "bericht", contentMap={"nl": "<p>bericht</p>"})
    media = said(town, "bericht", key="2", attachment=[picture])
    reply = said(town, "bericht", key="3", inReplyTo="https://leeuwarden.example/notes/1")
    sensitive = said(town, "bericht", key="4", sensitive=True, summary="let op")
    link = said(town, 'bericht <a href="https://delft.example/">daar</a>', key="5")

    assert find(town, "bericht", traits=("media",)) == find(town, "bericht", traits=("image",)) == [media]
    assert find(town, "bericht", traits=("reply",)) == [reply]
    assert find(town, "bericht", traits=("sensitive",)) == [sensitive]
    assert find(town, "bericht", traits=("link",)) == [link]
    assert plain in find(town, "bericht", without_traits=("media", "reply", "sensitive", "link"))
    assert find(town, "bericht", languages=("nl",)) == [plain]
    assert find(town, "bericht", authors=(SANNE,)) == find(town, "bericht", authors=("https://nobody.example/x",)) == []
    assert len(find(town, "bericht", authors=(PIETER,))) == 5
    assert find(town, "bericht", without_authors=(PIETER,)) == []


def test_posts_are_found_by_the_day_on_which_they_were_written(town: Town) -> None:
    early = said(town, "bericht", published="2019-12-31T23:00:00Z")
    late = said(town, "bericht", key="2", published="2024-02-29T08:00:00Z")

    assert find(town, "bericht", days=((None, date(2020, 1, 1)),)) == [early]
    assert find(town, "bericht", days=((date(2020, 1, 1), None),)) == [late]
    assert find(town, "bericht", days=((date(2024, 2, 29), date(2024, 2, 29)),)) == [late]
    assert find(town, "bericht", days=((date(2024, 3, 1), None),)) == []
    assert find(town, "bericht", days=((date(2019, 12, 31), date(2024, 2, 28)),)) == [early]


def test_pages_go_on_from_an_id_or_an_offset(town: Town) -> None:
    six = [said(town, "bericht", key=str(number)) for number in range(6)]
    newest_first = [*reversed(six)]

    assert find(town, "bericht", page=PageRequest(limit=2)) == newest_first[:2]
    assert find(town, "bericht", page=PageRequest(limit=2, max_id=six[3])) == [six[2], six[1]]
    assert find(town, "bericht", page=PageRequest(limit=2, min_id=six[2])) == [six[4], six[3]]
    search = PostSearch(phrases=(Phrase(("bericht",)),))
    found = search_posts(town.tx, wanted=search, viewer=FATIMA, page=PageRequest(limit=2), offset=3)
    assert [row.object_id for row in found] == newest_first[3:5]


def test_what_the_reader_hides_shortens_no_page(town: Town) -> None:
    kept = said(town, "bericht")
    loud = town.remote("@luid@delft.example", indexable=True)
    town.befriend(FATIMA, loud)
    for number in range(60):
        said(town, "bericht", by=loud, key=str(number))
    mute(town.tx, who=FATIMA, whom=loud)

    assert find(town, "bericht", page=PageRequest(limit=5)) == [kept]


# --- in step with the posts -------------------------------------------------------------------------------------


def test_an_edit_and_a_deletion_are_found_at_once(town: Town) -> None:
    mine = written(town, FATIMA, "Eerste versie", visibility=Visibility.PUBLIC).object_id
    theirs = said(town, "Eerste versie")
    publishing.edit_post(town.tx, actor=FATIMA, object_id=mine, text="Tweede uitgave")
    changed = note(content="<p>Tweede uitgave</p>", updated="2026-11-18T12:00:00Z")
    deliver(town.later(1_000), activity("Update", changed))

    assert find(town, "eerste") == []
    assert find(town, "uitgave") == [theirs, mine]
    assert agrees(town)

    publishing.delete_post(town.tx, actor=FATIMA, object_id=mine)
    deliver(town.tx, activity("Delete", "https://leeuwarden.example/notes/1"))
    assert find(town, "uitgave") == []
    assert agrees(town)


def test_a_post_that_is_undone_leaves_nothing_in_the_index(town: Town) -> None:
    before = full_text.count(town.tx)
    town.tx.connection.execute(text("SAVEPOINT before"))
    written(town, FATIMA, "Nooit verschenen", visibility=Visibility.PUBLIC)
    assert find(town, "verschenen")
    town.tx.connection.execute(text("ROLLBACK TO SAVEPOINT before"))

    assert full_text.count(town.tx) == before
    assert find(town, "verschenen") == []


def test_the_index_is_made_again_from_the_posts(town: Town) -> None:
    kept = said(town, "De fietsbrug", by=SANNE)
    bookmark(town.tx, owner=FATIMA, object_id=kept)
    other = said(town, "De fietsbrug", key="2")
    full_text.remove(town.tx, row_id=other)
    full_text.add(town.tx, row_id=7, entry=full_text.Entry(words=["spook"], marks=frozenset({"e"})))
    assert not agrees(town)

    assert indexing.index_batch(town.tx, after=0) is None

    assert agrees(town)
    assert find(town, "fietsbrug") == [other, kept]
    full_text.check(town.tx)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.text(max_size=12), min_size=1, max_size=4), begins=st.booleans())
def test_no_text_breaks_the_index(town: Town, words: list[str], begins: bool) -> None:
    said_words = words_of(" ".join(words))
    full_text.put(town.tx, row_id=5, entry=full_text.Entry(words=said_words, marks=frozenset({"e"})))
    stored = full_text.find(town.tx, row_id=5)

    assert stored is not None
    assert list(stored.words) == said_words
    phrases = tuple(Phrase((word,), begins=begins) for word in said_words)
    question = full_text.Question(phrases=phrases, marks=(("e",),))
    assert full_text.search(town.tx, question=question, limit=5) == [5]
