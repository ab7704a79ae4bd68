"""What was made of messages and people before is used only while it is true: every change shows at the next look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Table, delete, insert, select, text, update
from sqlalchemy.types import BigInteger, Boolean, Integer

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.service import admission, bookmarks, filters
from fedgov.features.notices.vocabulary import FilterContext, KeywordChange
from fedgov.features.people.service import blocks, sanctions
from fedgov.features.posts.queries import briefs
from fedgov.features.posts.service import pinning, polls, publishing, quoting, reacting
from fedgov.features.posts.tables import (
    SHOWN,
    attachments,
    hashtags,
    mentions,
    poll_options,
    posts,
)
from fedgov.features.posts.tables import polls as poll_rows
from fedgov.features.posts.vocabulary import PollDraft, QuotePolicy
from fedgov.features.trust.service import block as block_domain
from fedgov.federation import actors, follows
from fedgov.kernel.clock import DAY, HOUR
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.shelves import account_entities, status_entities
from fedgov.store.editions import Remembered
from fedgov.store.tables import actors as actor_rows
from fedgov.store.transaction import Transaction
from tests.unit.features.residents import Town, synchronous, town_hall, town_on

PIETER: Final = "@pieter@leeuwarden.example"


@dataclass
class Scene:
    """Fatima reads; Jelle and Bram write here, Pieter elsewhere.

    Args:
        town: The town hall.
        ids: Row ids of messages, by name.
        remembered: What the process that answers keeps.
    """

    town: Town
    ids: dict[str, int]
    remembered: Remembered

    @property
    def tx(self) -> Transaction:
        """Whoever writes: another process, with a memory of its own."""
        return self.town.tx

    def uri(self, name: str) -> str:
        return self.tx.site.actor(name)

    @property
    def pieter(self) -> str:
        return "https://leeuwarden.example/users/pieter"

    def look(self, *, remembered: Remembered | None = None, viewer: str | None = "fatima") -> list[Entity]:
        """Return all messages as an app of somebody is shown them now."""
        kept = self.remembered if remembered is None else remembered
        setting = replace(self.tx.setting, remembered=kept)
        tx = Transaction(self.tx.connection, setting, is_snapshot=True)
        wanted = list(self.ids.values())
        reader = None if viewer is None else self.uri(viewer)
        shown = status_entities(tx, wanted, viewer=reader, context=FilterContext.HOME)
        return [*shown, *account_entities(tx, uris=[self.uri("jelle"), self.pieter])]

    def post(self, author: str, text: str, **values: Any) -> int:
        values.setdefault("visibility", Visibility.PUBLIC)
        return publishing.publish_post(self.tx, author=self.uri(author), text=text, **values)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One scene for all tests; each takes back what it did."""
    folder: Path = tmp_path_factory.mktemp("editions")
    with ExitStack() as stack:
        if request.param == "postgres":
            url = stack.enter_context(request.getfixturevalue("postgres_server").database())
            town = stack.enter_context(town_on(stack.enter_context(synchronous(url)), folder=folder))
        else:
            town = stack.enter_context(town_hall(f"sqlite:///{folder / 'fedgov.sqlite3'}", folder=folder))
        yield _furnished(town)


def _furnished(town: Town) -> Scene:
    for name in ("fatima", "jelle", "bram"):
        town.local(name)
    town.remote(PIETER)
    scene = Scene(town=town, ids={}, remembered=Remembered())
    poll = PollDraft(options=("ja", "nee"), ends_at=town.tx.now + DAY)
    mentioned = {PIETER: scene.pieter}
    follows.put(
        town.tx, follower=scene.uri("fatima"), following=scene.uri("jelle"), state="accepted", activity_uri=None
    )
    scene.ids["plain"] = scene.post("jelle", f"Moi {PIETER} over #fietsen", mentioned=mentioned)
    scene.ids["poll"] = scene.post("jelle", "Zullen we?", poll=poll)
    scene.ids["closed"] = scene.post("jelle", "Onder ons", visibility=Visibility.FOLLOWERS)
    scene.ids["answer"] = scene.post("bram", "Ja!", in_reply_to=town.tx.site.post(scene.ids["plain"]))
    scene.ids["quotation"] = scene.post("bram", "Kijk", quote=town.tx.site.post(scene.ids["plain"]))
    scene.ids["own"] = scene.post("fatima", "Van mij")
    town.tx.execute(insert(attachments), _file(scene))
    return scene


def _file(scene: Scene) -> dict[str, Any]:
    values = {"kind": "image", "media_type": "image/png", "url": "https://leeuwarden.example/plein.png", "position": 0}
    return {"id": scene.tx.new_id(), "object_id": scene.ids["plain"], **values}


@pytest.fixture
def scene(opened: Scene) -> Iterator[Scene]:
    """The scene, as it was before the others."""
    before = opened.town.clock.now()
    with _undone(opened):
        yield replace(opened, remembered=Remembered())
    opened.town.later(before - opened.town.clock.now())


@contextmanager
def _undone(scene: Scene) -> Iterator[None]:
    name = f"before_{scene.tx.new_id()}"
    scene.tx.connection.execute(text(f"SAVEPOINT {name}"))
    yield
    scene.tx.connection.execute(text(f"ROLLBACK TO SAVEPOINT {name}"))


def _end_poll(scene: Scene) -> None:
    scene.town.later(2 * DAY)


def _set(table: Table, **values: Any) -> Callable[[Scene], object]:
    def change(scene: Scene) -> object:
        return scene.tx.execute(update(table).where(table.c.object_id == scene.ids["plain"]).values(**values))

    return change


def _of_author(**values: Any) -> Callable[[Scene], object]:
    return lambda scene: actors.change_local(scene.tx, uri=scene.uri("jelle"), values=values)


def _filter(scene: Scene) -> None:
    words = [KeywordChange(keyword="fietsen")]
    filters.create_filter(
        scene.tx, owner=scene.uri("fatima"), title="Weg", contexts=[FilterContext.HOME], keywords=words
    )


CHANGES: Final[dict[str, Callable[[Scene], object]]] = {
    "edit": lambda s: publishing.edit_post(s.tx, actor=s.uri("jelle"), object_id=s.ids["plain"], text="Anders #lopen"),
    "note in advance": _set(posts, summary="Let op"),
    "language": _set(posts, language="fy"),
    "covered by its author": _set(posts, sensitive=True),
    "delete": lambda s: publishing.delete_post(s.tx, actor=s.uri("jelle"), object_id=s.ids["plain"]),
    "for fewer readers": _set(posts, visibility="direct"),
    "like of another": lambda s: reacting.like(s.tx, actor=s.uri("bram"), object_id=s.ids["plain"]),
    "own like": lambda s: reacting.like(s.tx, actor=s.uri("fatima"), object_id=s.ids["poll"]),
    "share of another": lambda s: reacting.share(s.tx, actor=s.uri("bram"), object_id=s.ids["plain"]),
    "own share": lambda s: reacting.share(s.tx, actor=s.uri("fatima"), object_id=s.ids["plain"]),
    "answer": lambda s: s.post("bram", "Nog een", in_reply_to=s.tx.site.post(s.ids["plain"])),
    "vote of another": lambda s: polls.vote(s.tx, actor=s.uri("bram"), object_id=s.ids["poll"], choices=[0]),
    "own vote": lambda s: polls.vote(s.tx, actor=s.uri("fatima"), object_id=s.ids["poll"], choices=[1]),
    "end of a poll": _end_poll,
    "description of a file": _set(attachments, alt="Het plein"),
    "focus of a file": _set(attachments, focal_x=0.5, focal_y=0.5),
    "another file": lambda s: s.tx.execute(insert(attachments), _file(s)),
    "no file": lambda s: s.tx.execute(delete(attachments)),
    "another subject": lambda s: s.tx.execute(insert(hashtags), {"object_id": s.ids["plain"], "tag": "lopen"}),
    "nobody named": lambda s: s.tx.execute(delete(mentions)),
    "emoji": _set(posts, emojis='[["blij", "https://groningen.example/emoji/blij.png"]]'),
    "pin": lambda s: pinning.pin(s.tx, actor=s.uri("fatima"), object_id=s.ids["own"]),
    "who may quote": lambda s: publishing.change_quote_policy(
        s.tx, actor=s.uri("jelle"), object_id=s.ids["plain"], quote_policy=QuotePolicy.NOBODY
    ),
    "end of consent to a quotation": lambda s: quoting.revoke(
        s.tx, actor=s.uri("jelle"), object_id=s.ids["plain"], quoting_id=s.ids["quotation"]
    ),
    "bookmark": lambda s: bookmarks.bookmark(s.tx, owner=s.uri("fatima"), object_id=s.ids["plain"]),
    "muted talk": lambda s: admission.mute_thread(s.tx, owner=s.uri("fatima"), object_id=s.ids["plain"]),
    "filter": _filter,
    "block": lambda s: blocks.block(s.tx, who=s.uri("fatima"), whom=s.uri("bram")),
    "block by the author": lambda s: blocks.block(s.tx, who=s.uri("jelle"), whom=s.uri("fatima")),
    "follower no more": lambda s: follows.remove(s.tx, follower=s.uri("fatima"), following=s.uri("jelle")),
    "follower more": lambda s: s.town.befriend(s.uri("bram"), s.uri("jelle")),
    "name": _of_author(name="Jelle de Boer"),
    "picture of the author": _of_author(avatar_url="https://groningen.example/media/1"),
    "emoji in a name": _of_author(name="Jelle :blij:", emojis='[["blij", "https://groningen.example/emoji/blij.png"]]'),
    "approves followers": _of_author(approves_followers=True),
    "moved": _of_author(moved_to="https://leeuwarden.example/users/pieter"),
    "limited": lambda s: sanctions.limit(s.tx, actor=s.uri("jelle")),
    "covered by an administrator": lambda s: sanctions.mark_sensitive(s.tx, actor=s.uri("jelle")),
    "suspended": lambda s: sanctions.suspend(s.tx, actor=s.uri("jelle")),
    "name of who is named": lambda s: s.town.remote(PIETER, preferredUsername="piet"),
    "somebody elsewhere refreshed": lambda s: s.town.remote(PIETER, name="Pieter Pauw"),
    "blocked domain": lambda s: block_domain(s.tx, domain="leeuwarden.example"),
    "written something": lambda s: s.post("jelle", "Nog iets"),
}
NOT_IN_MESSAGES: Final = {"blocked domain": "who is named in a message is not who wrote it"}


@pytest.mark.parametrize("what", [name for name in CHANGES if name not in NOT_IN_MESSAGES])
def test_a_change_shows_at_the_next_look(scene: Scene, what: str) -> None:
    scene.look()
    before = scene.look()
    CHANGES[what](scene)
    after = scene.look()
    assert after != before
    assert after == scene.look(remembered=Remembered()), "as one that remembers nothing shows it"


def test_most_is_remembered(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = scene.look()
    monkeypatch.setattr("fedgov.mastodon.remembered.plain_cards", _never)
    monkeypatch.setattr("fedgov.mastodon.remembered.known_accounts", _never)
    assert scene.look() == shown
    CHANGES["like of another"](scene)
    CHANGES["follower more"](scene)
    assert scene.look() != shown, "a counter makes nobody draw a message or a person again"


def _never(*_arguments: object, **_named: object) -> None:
    raise AssertionError("made again")


@pytest.mark.parametrize("first", ["fatima", "bram", None])
@pytest.mark.parametrize("second", ["fatima", "bram", None])
def test_nothing_of_a_reader_is_remembered_for_the_next(scene: Scene, first: str | None, second: str | None) -> None:
    for what in ("own like", "own share", "own vote", "bookmark", "muted talk", "filter", "pin"):
        CHANGES[what](scene)
    scene.look(viewer=first)
    assert scene.look(viewer=second) == scene.look(viewer=second, remembered=Remembered())


def test_what_is_undone_is_not_remembered(scene: Scene) -> None:
    shown = scene.look()
    with _undone(scene):
        CHANGES["note in advance"](scene)
        assert scene.look() != shown
    assert scene.look() == shown
    CHANGES["language"](scene)
    assert scene.look() == scene.look(remembered=Remembered())


def test_a_transaction_that_may_be_undone_leaves_nothing_in_memory(scene: Scene) -> None:
    tx = Transaction(scene.tx.connection, replace(scene.tx.setting, remembered=scene.remembered))
    status_entities(tx, list(scene.ids.values()), viewer=scene.uri("fatima"))
    assert len(scene.remembered) == 0


def test_memory_is_bounded_and_what_was_not_wanted_longest_goes_first() -> None:
    kept = Remembered(most=2)
    kept.keep("a", 1, edition=1)
    kept.keep("b", 2, edition=1)
    assert kept.get("a", edition=1) == 1
    kept.keep("c", 3, edition=1)
    assert len(kept) == 2
    assert (kept.get("a", edition=1), kept.get("b", edition=1), kept.get("c", edition=1)) == (1, None, 3)
    assert kept.get("a", edition=2) is None


# --- what the database does by itself ---------------------------------------------------------------------------

_COUNTERS: Final = {"replies", "likes", "shares", "quotes"}
_PLACE: Final = {"object_id", "thread_id", "in_reply_to_id", "in_reply_to_uri"}
"""Read with the brief, or shown by nobody."""


def _edition(scene: Scene) -> int:
    return int(scene.tx.value(select(posts.c.edition).where(posts.c.object_id == scene.ids["plain"])))


def test_every_column_of_a_message_but_its_figures_and_its_place_makes_an_edition() -> None:
    assert set(SHOWN) | _COUNTERS | _PLACE | {"edition"} == {column.name for column in posts.columns}
    assert {column.name for column in briefs.BRIEF.selected_columns} >= _COUNTERS | {"thread_id", "in_reply_to_id"}


@pytest.mark.parametrize("name", SHOWN)
def test_a_change_of_a_message_makes_an_edition(scene: Scene, name: str) -> None:
    before = _edition(scene)
    column = posts.c[name]
    value: Any = "x"
    if isinstance(column.type, Boolean):
        value = not scene.tx.value(select(column).where(posts.c.object_id == scene.ids["plain"]))
    elif isinstance(column.type, Integer | BigInteger):
        value = 1
    _set(posts, **{name: value})(scene)
    assert _edition(scene) != before


def test_a_counter_makes_none(scene: Scene) -> None:
    before = _edition(scene)
    _set(posts, replies=5, likes=6, shares=7, quotes=8)(scene)
    assert _edition(scene) == before


@pytest.mark.parametrize("table", [attachments, mentions, hashtags, poll_rows, poll_options], ids=str)
def test_whatever_comes_to_hang_on_a_message_changes_or_goes_makes_an_edition(scene: Scene, table: Table) -> None:
    rows: dict[str, dict[str, Any]] = {
        "attachments": {"id": 1, "position": 1, "kind": "image", "url": "x"},
        "mentions": {"actor_uri": "x"},
        "hashtags": {"tag": "x"},
        "polls": {"multiple": False},
        "poll_options": {"position": 0, "label": "x"},
    }
    row = rows[table.name]
    name = next(column.name for column in table.columns if column.name not in ("id", "object_id"))
    again = {"position": 9, "actor_uri": "y", "tag": "y", "multiple": True}[name]
    found = [_edition(scene)]
    scene.tx.execute(insert(table), {"object_id": scene.ids["plain"], **row})
    found.append(_edition(scene))
    scene.tx.execute(
        update(table).where(table.c.object_id == scene.ids["plain"], table.c[name] == row[name]).values({name: again})
    )
    found.append(_edition(scene))
    scene.tx.execute(delete(table).where(table.c.object_id == scene.ids["plain"]))
    found.append(_edition(scene))
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("name", ["name", "avatar_url", "document", "fields", "moved_to"])
def test_a_change_of_a_person_makes_an_edition(scene: Scene, name: str) -> None:
    def look() -> int:
        return int(scene.tx.value(select(actor_rows.c.edition).where(actor_rows.c.uri == scene.pieter)))

    before = look()
    value: Any = 1 if isinstance(actor_rows.c[name].type, BigInteger) else "x"
    scene.tx.execute(update(actor_rows).where(actor_rows.c.uri == scene.pieter).values({name: value}))
    again = look()
    scene.town.remote(PIETER, name="Weer anders")
    assert len({before, again, look()}) == 3, "also when a whole profile is stored over the old one"


def test_who_comes_to_be_known_or_goes_makes_an_edition_of_what_names_them(scene: Scene) -> None:
    sanne = "https://sneek.example/users/sanne"
    scene.tx.execute(insert(mentions), {"object_id": scene.ids["plain"], "actor_uri": sanne})
    scene.look()
    scene.town.remote("@sanne@sneek.example")
    named = [mention["username"] for mention in scene.look()[0]["mentions"]]
    assert named == ["pieter", "sanne"]
    scene.tx.execute(delete(actor_rows).where(actor_rows.c.uri == sanne))
    assert [mention["username"] for mention in scene.look()[0]["mentions"]] == ["pieter"]


def test_a_poll_that_ends_needs_no_edition(scene: Scene) -> None:
    scene.look()
    assert [each["poll"]["expired"] for each in scene.look()[:6] if each["poll"]] == [False]
    scene.town.later(DAY + HOUR)
    assert [each["poll"]["expired"] for each in scene.look()[:6] if each["poll"]] == [True]
