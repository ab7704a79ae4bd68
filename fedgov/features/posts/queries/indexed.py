"""What the index of words must say about posts: which words, who may find them, and what they are like.

`fedgov.features.posts.service.indexing` writes it, `fedgov.features.posts.queries.found` asks for it. Who may *read*
a post is decided elsewhere, each time; marks only keep what cannot be found from being walked past.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import unescape
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, select, union

from fedgov.activitystreams.audience import Visibility
from fedgov.features.posts.queries import parts
from fedgov.features.posts.tables import mentions, poll_votes, posts, reactions, shares
from fedgov.kernel.clock import SECOND, id_time
from fedgov.kernel.text.words import words_of
from fedgov.store.full_text import Entry
from fedgov.store.tables import actors, audience, follows, objects
from fedgov.store.transaction import Transaction

Told = Row[Any] | SimpleNamespace
"""A row of ``posts``, or the same columns of a post that is just being written."""

EVERYBODY: Final = "e"
COLLEAGUES: Final = "o"
MEDIA: Final = "media"
POLL: Final = "poll"
LINK: Final = "link"
REPLY: Final = "reply"
QUOTE: Final = "quote"
SENSITIVE: Final = "sensitive"

MAX_LINK: Final = 1_000
"""Characters of an address that is kept."""
MAX_LINKS: Final = 20

KEPT: Final = ("b", "f")
"""Beginnings of marks that nothing in this room tells: who saved it, and who followed its author when it came."""

_TAG: Final = re.compile(r"<[^>]*>")
_INLINE: Final = re.compile(
    r"</?(?:a|abbr|b|bdi|code|del|em|i|ins|mark|q|ruby|s|small|span|strong|sub|sup|u|wbr)\b[^>]*>"
)
_LINK: Final = re.compile(r'<a [^>]*?href="(https?://[^"]+)"([^>]*)>')
_NAMING: Final = re.compile(r'(?:class|rel)="[^"]*\b(?:mention|hashtag|tag)\b')
_AUTHORS: Final = select(actors.c.id, actors.c.uri, actors.c.local, actors.c.indexable).where(
    actors.c.uri.in_(bindparam("uris", expanding=True))
)
_ids: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_readers: Final = union(
    select(posts.c.object_id.label("post"), posts.c.author.label("uri")).where(posts.c.object_id.in_(_ids)),
    select(mentions.c.object_id, mentions.c.actor_uri).where(mentions.c.object_id.in_(_ids)),
    select(objects.c.id, posts.c.author)
    .join(posts, posts.c.in_reply_to_uri == objects.c.uri)
    .where(objects.c.id.in_(_ids), posts.c.local),
    select(audience.c.object_id, audience.c.target)
    .join(posts, posts.c.object_id == audience.c.object_id)
    .where(audience.c.object_id.in_(_ids), posts.c.visibility == Visibility.DIRECT.value),
    *(
        select(table.c.object_id, table.c.actor).where(table.c.object_id.in_(_ids))
        for table in (reactions, shares, poll_votes)
    ),
).subquery()
_READERS: Final = (
    select(_readers.c.post, actors.c.id).join(actors, actors.c.uri == _readers.c.uri).where(actors.c.local)
)
_HERE: Final = select(actors.c.id).where(actors.c.uri.in_(bindparam("uris", expanding=True)), actors.c.local)
_FOLLOWERS: Final = (
    select(actors.c.id)
    .join(follows, follows.c.follower == actors.c.uri)
    .where(
        follows.c.following == bindparam("of"),
        follows.c.state == "accepted",
        follows.c.created_at <= bindparam("then"),
        actors.c.local,
    )
)
_ROWS: Final = select(posts).where(posts.c.object_id.in_(_ids))


def mine(actor_id: int) -> str:
    """Return the mark of what somebody wrote, was told, or did something with."""
    return f"a{actor_id}"


def saved(actor_id: int) -> str:
    """Return the mark of what somebody saved."""
    return f"b{actor_id}"


def followed(actor_id: int) -> str:
    """Return the mark of what came to somebody as a follower of its author."""
    return f"f{actor_id}"


def written_by(actor_id: int) -> str:
    """Return the mark of what somebody wrote."""
    return f"w{actor_id}"


def in_language(language: str) -> str:
    """Return the mark of what is written in a language, whatever the region."""
    return f"lang{''.join(words_of(language)[:1])}"


def year(number: int) -> str:
    """Return the mark of what was written in a year."""
    return f"y{number}"


def month(of: int, number: int) -> str:
    """Return the mark of what was written in a month of a year."""
    return f"m{of}{number:02}"


def day(of: int, in_month: int, number: int) -> str:
    """Return the mark of what was written on a day, in UTC."""
    return f"d{of}{in_month:02}{number:02}"


def rows_of(tx: Transaction, *, object_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Return the rows of posts; nothing for those that do not exist."""
    return tx.rows(_ROWS, {"ids": list(object_ids)}) if object_ids else ()


def entries_of(tx: Transaction, *, rows: Sequence[Row[Any]]) -> dict[int, Entry]:
    """Return what the index must say about posts, by row id.

    Marks that only others know (`KEPT`) are not among them.

    Args:
        tx: The open transaction.
        rows: What `rows_of` gave.
    """
    if not rows:
        return {}
    found = [row.object_id for row in rows]
    files, options = parts.attachments_of(tx, object_ids=found), parts.options_of(tx, object_ids=found)
    concerned: dict[int, set[int]] = defaultdict(set)
    for row in tx.rows(_READERS, {"ids": found}):
        concerned[row.post].add(row.id)
    authors = {row.uri: row for row in tx.rows(_AUTHORS, {"uris": list({row.author for row in rows})})}
    return {
        row.object_id: _entry(
            row,
            author=authors.get(row.author),
            files=files[row.object_id],
            options=options[row.object_id],
            readers=concerned[row.object_id],
        )
        for row in rows
    }


def entry_of_new(
    tx: Transaction, *, row: Told, files: Sequence[Row[Any]], options: Sequence[Row[Any]], readers: Iterable[str]
) -> Entry:
    """Return what the index must say about a post that nobody could do anything with yet.

    Args:
        tx: The open transaction.
        row: Its columns.
        files: What hangs on it.
        options: The answers, when it is a poll.
        readers: URIs of its author, of whom it names or is addressed to alone, and of who answered it before it came.
    """
    here = [uri for uri in dict.fromkeys(readers) if tx.site.owns(uri)]
    return _entry(
        row,
        author=tx.row(_AUTHORS, {"uris": [row.author]}),
        files=files,
        options=options,
        readers=tx.values(_HERE, {"uris": here}) if here else (),
    )


def _entry(
    row: Told,
    *,
    author: Row[Any] | None,
    files: Sequence[Row[Any]],
    options: Sequence[Row[Any]],
    readers: Iterable[int],
) -> Entry:
    marks = _marks(row, author=author, files=files, is_poll=bool(options), readers=readers)
    return Entry(words=words_in(row, files=files, options=options), marks=frozenset(marks))


def words_in(row: Told, *, files: Iterable[Row[Any]], options: Iterable[Row[Any]]) -> list[str]:
    """Return all words by which a post is found: its title, note, text, answers and what its files show."""
    texts = [row.name, row.summary, _text_of(row.content_html)]
    texts += [option.label for option in options]
    texts += [text for file in files for text in (file.alt, file.name)]
    return words_of(" ".join(text for text in texts if text))


def _text_of(html: str) -> str:
    return unescape(_TAG.sub(" ", _INLINE.sub("", html)))


def links_in(html: str) -> list[str]:
    """Return the addresses that a text links to, people and subjects left out."""
    found = (unescape(match[1]) for match in _LINK.finditer(html) if not _NAMING.search(match[0]))
    return list(dict.fromkeys(url for url in found if len(url) <= MAX_LINK))[:MAX_LINKS]


def _marks(
    row: Told, *, author: Row[Any] | None, files: Sequence[Row[Any]], is_poll: bool, readers: Iterable[int]
) -> Iterable[str]:
    yield from map(mine, readers)
    visibility = Visibility(row.visibility)
    if visibility is Visibility.PUBLIC and lets_be_found(author):
        yield EVERYBODY
    if visibility is Visibility.ORGANISATION:
        yield COLLEAGUES
    if author is not None:
        yield written_by(author.id)
    moment = datetime.fromtimestamp(max(row.published_at, 0) / SECOND, UTC)
    yield year(moment.year)
    yield month(moment.year, moment.month)
    yield day(moment.year, moment.month, moment.day)
    if row.language:
        yield in_language(row.language)
    if files:
        yield MEDIA
        yield from {file.kind for file in files}
    traits = {
        POLL: is_poll,
        REPLY: row.in_reply_to_uri is not None,
        QUOTE: row.quote_uri is not None,
        SENSITIVE: row.sensitive,
        LINK: bool(links_in(row.content_html)),
    }
    yield from (mark for mark, is_so in traits.items() if is_so)


def lets_be_found(author: Row[Any] | None) -> bool:
    """Tell whether people here may find what somebody wrote for everyone: colleagues, and whoever consents elsewhere.

    Spec: FEP-5feb, "Search indexing consent for actors".
    """
    return author is not None and bool(author.local or author.indexable)


def hangs_on_consent(mark: str) -> bool:
    """Tell whether a post has a mark only because its author lets it be found."""
    return mark == EVERYBODY or (mark.startswith("f") and mark[1:].isdigit())


def consent_marks(tx: Transaction, *, row: Row[Any]) -> frozenset[str]:
    """Return those marks of a post that depend on whether its author lets it be found.

    Args:
        tx: The open transaction.
        row: Of the post.
    """
    author = tx.row(_AUTHORS, {"uris": [row.author]})
    everybody = row.visibility == Visibility.PUBLIC.value and lets_be_found(author)
    return followers_marks(tx, row=row) | ({EVERYBODY} if everybody else set())


def followers_marks(tx: Transaction, *, row: Told) -> frozenset[str]:
    """Return the marks of people here who got a post that is for followers, if its author lets it be found."""
    if row.visibility != Visibility.FOLLOWERS.value:
        return frozenset()
    author = tx.row(_AUTHORS, {"uris": [row.author]})
    if not lets_be_found(author):
        return frozenset()
    return frozenset(map(followed, tx.values(_FOLLOWERS, {"of": row.author, "then": id_time(row.object_id)})))
