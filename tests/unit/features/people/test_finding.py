"""Who is found by what somebody types, and who is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import update

from fedgov.features.people.service import blocks, finding, sanctions
from fedgov.federation import actors, roster
from fedgov.store import full_text
from fedgov.store.full_text import PEOPLE, Entry
from fedgov.store.tables import actors as rows
from fedgov.store.transaction import Transaction
from tests.unit.features.residents import Town


def search(town: Town, text: str, viewer: str | None = None, **options: Any) -> list[str]:
    return [row.username for row in finding.search(town.tx, text=text, viewer=viewer, **options)]


@pytest.mark.parametrize(
    "text", ["jose", "José", "JOSÉ", "garcia", "García jo", "gar", "@jose.garcia", "josegarcia", "jose@leeuwarden"]
)
def test_accents_capitals_and_signs_make_no_difference(town: Town, text: str) -> None:
    town.remote("@jose.garcia@leeuwarden.example", name="José García")
    town.remote("@piet@leeuwarden.example", name="Piet Ørsted")
    assert search(town, text) == ["jose.garcia"]
    assert search(town, "orsted") == ["piet"]


@pytest.mark.parametrize(
    "text", ["arcia", "ose", "jose piet", "leeuwarden jansen", "jose@delft", "🙂", ":d", ":l :ujose"]
)
def test_what_is_not_the_beginning_of_each_word_finds_nobody(town: Town, text: str) -> None:
    town.remote("@jose@leeuwarden.example", name="José García")
    assert search(town, text) == []


def test_a_change_of_name_or_consent_is_found_at_once(town: Town) -> None:
    fatima = town.local("fatima", name="Fatima de Vries")
    actors.change_local(town.tx, uri=fatima, values={"name": "Fatima Özdemir"})
    assert (search(town, "ozd"), search(town, "vries")) == (["fatima"], [])
    town.remote(name="Pieter de Boer")
    town.remote(name="Pieter de Wit")
    assert (search(town, "wit"), search(town, "boer")) == (["pieter"], [])
    town.remote(name="Pieter de Wit", discoverable=False)
    assert search(town, "wit") == []
    (entry,) = (
        entry
        for entry in full_text.find_many(town.tx, row_ids=everybody(town.tx), index=PEOPLE).values()
        if "wit" in entry.words
    )
    assert roster.CONSENTS not in entry.marks, "who does not want to be found is not even walked past"


def test_a_handle_that_went_to_another_host_is_found_there(town: Town) -> None:
    pieter = town.remote("@pieter@leeuwarden.example")
    actors.set_handle_host(town.tx, uri=pieter, at_host="fryslan.example")
    assert (search(town, "pieter@frys"), search(town, "pieter@leeu")) == (["pieter"], [])


def test_nobody_who_is_gone_stays_in_the_index(town: Town) -> None:
    pieter = town.remote()
    known = full_text.count(town.tx, index=PEOPLE)
    actors.mark_deleted(town.tx, uri=pieter)
    assert full_text.count(town.tx, index=PEOPLE) == known - 1


def test_the_limited_are_found_by_their_followers_only_and_the_suspended_by_nobody(town: Town) -> None:
    fatima, follower = town.local("fatima"), town.local("gerda")
    quiet, gone = town.remote("@pa@leeuwarden.example"), town.remote("@pb@leeuwarden.example")
    town.befriend(follower, quiet)
    town.befriend(follower, gone)
    assert search(town, "p", fatima) == ["pb", "pa"]
    sanctions.limit(town.tx, actor=quiet)
    sanctions.suspend(town.tx, actor=gone)
    assert (search(town, "p", fatima), search(town, "p"), search(town, "p", follower)) == ([], [], ["pa"])
    assert search(town, "p", follower, followed_only=True) == ["pa"]
    sanctions.stop_limiting(town.tx, actor=quiet)
    sanctions.unsuspend(town.tx, actor=gone)
    assert search(town, "p", fatima) == ["pb", "pa"]


def test_whom_the_index_proposes_wrongly_is_not_found(town: Town) -> None:
    fatima, pieter = town.local(), town.remote(discoverable=False)
    row_id = actors.get(town.tx, uri=pieter).id
    full_text.put(town.tx, row_id=row_id, entry=Entry(words=["pieter"], marks=frozenset({"d", "l"})), index=PEOPLE)
    assert search(town, "pieter", fatima) == []
    town.befriend(fatima, pieter)
    assert search(town, "pieter", fatima) == ["pieter"]


def test_those_who_are_shut_out_do_not_make_a_page_short(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_STEP", 2)
    fatima = town.local("fatima")
    for number in range(9):
        uri = town.remote(f"@p{number}@leeuwarden.example")
        if number % 2:
            blocks.block(town.tx, who=fatima, whom=uri)
    assert search(town, "p", fatima) == ["p8", "p6", "p4", "p2", "p0"]
    assert search(town, "p", fatima, limit=2, offset=1) == ["p6", "p4"]
    assert search(town, "p", fatima, limit=2, offset=4) == ["p0"]
    assert search(town, "p", fatima, limit=2, offset=5) == []


def test_whom_the_reader_follows_come_before_strangers(town: Town) -> None:
    fatima = town.local("fatima")
    town.befriend(fatima, town.remote("@pa@leeuwarden.example"))
    town.remote("@pb@leeuwarden.example")
    town.local("pc")
    assert search(town, "p", fatima) == ["pc", "pa", "pb"]
    assert search(town, "p") == ["pc", "pb", "pa"]
    assert search(town, "p", fatima, followed_only=True) == ["pa"]


def test_the_index_is_made_again_a_few_at_a_time_and_strays_go(town: Town) -> None:
    town.house()
    for number in range(5):
        town.remote(f"@p{number}@leeuwarden.example")
    assert roster.fault(town.tx) == ""
    town.tx.execute(update(rows).where(rows.c.username == "p2").values(name="Anders"))
    assert "other words" in roster.fault(town.tx)
    full_text.remove(town.tx, row_id=max(everybody(town.tx)), index=PEOPLE)
    full_text.add(town.tx, row_id=7, entry=Entry(words=["spook"], marks=frozenset({"d"})), index=PEOPLE)
    full_text.add(town.tx, row_id=8, entry=Entry(words=["spook"], marks=frozenset({"d"})), index=PEOPLE)
    assert "people are in the index" in roster.fault(town.tx)
    after: int | None = 0
    while after is not None:
        after = roster.index_batch(town.tx, after=after, limit=2)
    assert roster.fault(town.tx) == ""
    assert search(town, "anders") == ["p2"]


def everybody(tx: Transaction) -> Sequence[int]:
    return full_text.rows_after(tx, row_id=-1, limit=100, index=PEOPLE)


def test_a_search_reads_few_people_however_many_are_known(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of rows that are read depends on the page, not on how many begin so."""
    for number in range(200):
        full_text.add(
            town.tx, row_id=number + 1, entry=Entry(words=["jan", f"j{number}"], marks=frozenset({"d"})), index=PEOPLE
        )
    fatima = town.local("janneke")
    read: list[int] = []
    shown = finding._shown

    def note(tx: Transaction, ids: Sequence[int], **more: Any) -> Any:
        read.extend(ids)
        return shown(tx, ids, **more)

    monkeypatch.setattr(finding, "_shown", note)
    monkeypatch.setattr(finding, "MAX_FOUND", 1)
    assert search(town, "jan", fatima) == ["janneke"]
    assert len(read) <= 2 * finding._STEP
