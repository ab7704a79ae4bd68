"""W5: finding posts by their words among a million, with the permission filter on."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import sqlite3
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import orjson

from fedgov.activitystreams.audience import Visibility
from fedgov.features.people.queries import account_of
from fedgov.features.people.service.tokens import create_token
from fedgov.features.posts.queries import indexed
from fedgov.features.search.policy.sentence import read_sentence
from fedgov.features.search.queries import find_posts
from fedgov.kernel.clock import first_id_at, to_datetime
from fedgov.kernel.pagination import PageRequest
from fedgov.kernel.text.words import words_of
from fedgov.store.full_text import Entry, _document
from fedgov.store.transaction import Transaction
from tests.benchmarks import processes
from tests.benchmarks.workloads.common import TARGET, one_account, with_instance

POSTS: Final = int(os.environ.get("FEDGOV_BENCH_SEARCH", "1000000"))
AUTHORS: Final = 1_000
VOCABULARY: Final = 60_000
LENGTH: Final = 40
ASKED: Final = 200
PLANTED: Final = 50
"""So many rare words stand each in twelve posts: four that may be found and eight that may not."""
_BATCH: Final = 20_000
_SECOND: Final = 1_000
_KINDS: Final = ("public",) * 16 + ("unlisted", "followers", "followers", "direct")


async def w5(folder: Path) -> dict[str, Any]:
    """Searches for rare and common words, several, beginnings, accents, phrases and operators."""
    port = await asyncio.to_thread(processes.make_instance, folder)
    await with_instance(folder, one_account)
    reader = await with_instance(folder, lambda instance: instance.read(_reader))
    corpus = Corpus(random.Random(5))
    begun = time.perf_counter()
    await asyncio.to_thread(_fill, folder, corpus, reader=reader)
    filled = time.perf_counter() - begun
    found: dict[str, Any] = {}
    for kind, questions in corpus.questions().items():
        found[kind] = await with_instance(folder, _measure(questions))
    bare = await asyncio.to_thread(_bare, folder, corpus.questions()["common"])
    token = await with_instance(folder, lambda instance: instance.write(_token))
    with processes.served_instance(folder):
        answers = await asyncio.to_thread(_ask_api, port, token, [*itertools.chain(*corpus.questions().values())][::10])
    right = await with_instance(folder, lambda instance: instance.read(_planted_are_found, corpus=corpus))
    worst = max(each["p99_ms"] for each in found.values())
    worst_cpu = max(each["cpu_p99_ms"] for each in found.values())
    size = (folder / "bench" / "fedgov.sqlite3").stat().st_size
    return {
        "correct": right and corpus.made == POSTS,
        "posts": corpus.made,
        "worst_p99_ms": worst,
        "worst_cpu_p99_ms": worst_cpu,
        **found,
        "limit_bare_fts5_common_p99_ms": bare,
        "api_p50_ms": answers[len(answers) // 2],
        "api_p99_ms": answers[int(len(answers) * 0.99)],
        "index_us_per_post": 1e6 * filled / POSTS,
        "bytes_per_post": size / POSTS,
    }


class Corpus:
    """Invented posts whose words are as unevenly frequent as those of a language.

    Args:
        dice: Where chance comes from.
    """

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        letters = "aaabcdeeeefghiiijklmnnooprrssttuuvwz"
        made = {"".join(dice.choices(letters, k=dice.randint(3, 12))) for _ in range(VOCABULARY * 2)}
        self.words = sorted(made)[: VOCABULARY - 1]
        dice.shuffle(self.words)
        self.words.insert(100, "coöperatie")
        self._weights = list(itertools.accumulate(1 / (number + 3) for number in range(len(self.words))))
        self.planted: dict[str, list[int]] = {f"zeldzaam{number:03}": [] for number in range(PLANTED)}
        self.made = 0

    def text(self) -> list[str]:
        """Return the words of one post."""
        return self.dice.choices(self.words, cum_weights=self._weights, k=LENGTH)

    def questions(self) -> dict[str, list[str]]:
        """Return what is asked, by kind."""
        common, dice = self.words[:50], random.Random(7)
        middle = self.words[200:5_000]
        beginnings = sorted({word[:4] for word in self.words if len(word) > 4})
        return {
            "rare": [dice.choice(self.words[20_000:]) for _ in range(ASKED)],
            "common": [dice.choice(common) for _ in range(ASKED)],
            "and": [" ".join(dice.sample(common, 2)) for _ in range(ASKED)],
            "and_rare": [f"{dice.choice(common)} {dice.choice(self.words[20_000:])}" for _ in range(ASKED)],
            "and_middle": [" ".join(dice.sample(middle, 2)) for _ in range(ASKED)],
            "prefix": [f"{dice.choice(beginnings)}*" for _ in range(ASKED)],
            "prefix_short": [f"{word[:3]}*" for word in dice.choices(self.words, k=ASKED)],
            "diacritics": ["coöperatie", "COOPERATIE", "cooperatie"] * (ASKED // 3),
            "phrase": [f'"{dice.choice(common)} {dice.choice(common)}"' for _ in range(ASKED)],
            "excluded": [" -".join(dice.sample(common, 2)) for _ in range(ASKED)],
            "operators": [f"{dice.choice(common)} before:2026-0{dice.randint(1, 9)} has:media" for _ in range(ASKED)],
            "nothing": [f"bestaatniet{number}" for number in range(ASKED)],
        }


def _reader(tx: Transaction) -> int:
    row = tx.row(indexed._AUTHORS, {"uris": [tx.site.actor(TARGET)]})
    assert row is not None
    return int(row.id)


def _token(tx: Transaction) -> str:
    account = account_of(tx, actor=tx.site.actor(TARGET))
    assert account is not None
    return create_token(tx, account_id=account.id, scopes="read")


# --- filling ----------------------------------------------------------------------------------------------------


def _fill(folder: Path, corpus: Corpus, *, reader: int) -> None:
    path = folder / "bench" / "fedgov.sqlite3"
    now = int(time.time() * _SECOND)
    step = 300 * 86_400 * _SECOND // POSTS
    planted = {POSTS // 13 * (place + 1) + word: (word, place) for place in range(12) for word in range(PLANTED)}
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-262144;")
        database.execute("BEGIN")
        _add_authors(database, now=now)
        for number in range(POSTS):
            moment = now - (POSTS - number) * step
            _add_post(database, corpus, number=number, moment=moment, reader=reader, planted=planted.get(number))
            if number % _BATCH == 0:
                database.execute("COMMIT")
                database.execute("BEGIN")
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _author(number: int) -> tuple[int, str, bool]:
    """Return row id and URI of an author, and whether this one lets posts be found: three of five do."""
    return 1_000 + number, f"https://town{number % 50}.example/users/u{number}", number % 5 < 3


def _add_authors(database: sqlite3.Connection, *, now: int) -> None:
    for number in range(AUTHORS):
        row_id, uri, indexable = _author(number)
        database.execute(
            "INSERT INTO actors (id, uri, host, local, kind, username, inbox, indexable, created_at, updated_at) "
            "VALUES (?, ?, ?, 0, 'Person', ?, ?, ?, ?, ?)",
            (row_id, uri, f"town{number % 50}.example", f"u{number}", f"{uri}/inbox", indexable, now, now),
        )


def _add_post(
    database: sqlite3.Connection,
    corpus: Corpus,
    *,
    number: int,
    moment: int,
    reader: int,
    planted: tuple[int, int] | None,
) -> None:
    object_id = first_id_at(moment) + number % 1_000
    author_id, author, indexable = _author(number * 7 % AUTHORS)
    kind = _KINDS[number * 31 % len(_KINDS)]
    words = corpus.text()
    if planted is not None:
        word, may_be_found = f"zeldzaam{planted[0]:03}", planted[1] % 3 == 0
        words.append(word)
        kind = "public" if may_be_found else "direct"
        author_id, author, indexable = _author(0)
        if may_be_found:
            corpus.planted[word].append(object_id)
    uri, html = f"{author}/notes/{number}", f"<p>{' '.join(words)}</p>"
    database.execute(
        "INSERT INTO objects (id, uri, type, attributed_to, local, visibility, document, published_at, received_at) "
        "VALUES (?, ?, 'Note', ?, 0, ?, '{}', ?, ?)",
        (object_id, uri, author, kind, moment, moment),
    )
    database.execute(
        "INSERT INTO posts (object_id, author, local, type, visibility, thread_id, content_html, published_at) "
        "VALUES (?, ?, 0, 'Note', ?, ?, ?, ?)",
        (object_id, author, kind, object_id, html, moment),
    )
    day = to_datetime(moment)
    marks = {indexed.written_by(author_id), indexed.year(day.year), indexed.month(day.year, day.month)}
    marks |= {indexed.day(day.year, day.month, day.day), indexed.in_language("nl")}
    marks |= {indexed.MEDIA} if number % 4 == 0 else set()
    marks |= {indexed.EVERYBODY} if kind == Visibility.PUBLIC.value and indexable else set()
    marks |= {indexed.mine(reader)} if number % 500 == 0 and kind == Visibility.PUBLIC.value else set()
    document = _document("sqlite", Entry(words=words_of(" ".join(words)), marks=frozenset(marks)))
    database.execute("INSERT INTO post_index (rowid, document) VALUES (?, ?)", (object_id, document))
    corpus.made += 1


# --- asking -----------------------------------------------------------------------------------------------------


def _measure(questions: list[str]) -> Callable[[Any], Any]:
    """Return work that times each of some searches for the newest twenty, after a few to warm up."""

    def run(tx: Transaction) -> dict[str, float]:
        viewer, count = tx.site.actor(TARGET), 0
        taken: list[float] = []
        worked: list[float] = []
        for number, question in enumerate([*questions[:5], *questions]):
            begun, busy = time.perf_counter(), time.thread_time()
            rows = find_posts(tx, text=question, viewer=viewer, page=PageRequest(limit=20))
            if number >= 5:
                worked.append(1_000 * (time.thread_time() - busy))
                taken.append(1_000 * (time.perf_counter() - begun))
                count += len(rows)
        taken.sort()
        worked.sort()
        return {
            "cpu_p50_ms": worked[len(worked) // 2],
            "cpu_p99_ms": worked[int(len(worked) * 0.99)],
            "p50_ms": taken[len(taken) // 2],
            "p99_ms": taken[int(len(taken) * 0.99)],
            "most_ms": taken[-1],
            "found_on_average": count / len(taken),
        }

    return lambda instance: instance.read(run)


def _bare(folder: Path, questions: list[str]) -> float:
    """Return the p99 of the newest twenty of FTS5 itself, without asking who may find them."""
    taken = []
    with closing(sqlite3.connect(folder / "bench" / "fedgov.sqlite3")) as database:
        for question in questions:
            begun = time.perf_counter()
            words = (" ".join(phrase.words) for phrase in read_sentence(question).search.phrases)
            database.execute(
                "SELECT rowid FROM post_index WHERE document MATCH ? ORDER BY rowid DESC LIMIT 20",
                (" AND ".join(f'"{word}"' for word in words),),
            ).fetchall()
            taken.append(1_000 * (time.perf_counter() - begun))
    return sorted(taken)[int(len(taken) * 0.99)]


def _ask_api(port: int, token: str, questions: list[str]) -> list[float]:
    """Return the sorted milliseconds of searches by an app, which gets whole Status entities."""
    taken = []
    for question in questions:
        query = urllib.parse.urlencode({"q": question, "type": "statuses"})
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v2/search?{query}",
            headers={"Host": f"bench.localhost:{port}", "Authorization": f"Bearer {token}"},
        )
        begun = time.perf_counter()
        with urllib.request.urlopen(request, timeout=30) as answer:
            orjson.loads(answer.read())
        taken.append(1_000 * (time.perf_counter() - begun))
    return sorted(taken)


def _planted_are_found(tx: Transaction, *, corpus: Corpus) -> bool:
    """Tell whether of each planted word exactly those posts are found that may be."""
    viewer = tx.site.actor(TARGET)

    def wrong() -> Iterator[str]:
        for word, wanted in corpus.planted.items():
            rows = find_posts(tx, text=word, viewer=viewer, page=PageRequest(limit=40))
            if [row.object_id for row in rows] != sorted(wanted, reverse=True):
                yield word

    return not list(wrong())
