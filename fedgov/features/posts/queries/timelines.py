"""Lists of posts, newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Row, Select, Subquery, bindparam, literal, null, or_, select, union_all

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.activitystreams.tag import normalise_hashtag
from fedgov.features.people.queries import hidden_among
from fedgov.features.people.service.sanctions import unlisted_for
from fedgov.features.posts.queries.posts import find_many, may_be_readable, readable
from fedgov.features.posts.tables import attachments, author_figures, hashtags, links, pins, posts, shares
from fedgov.kernel.pagination import Page, PageRequest, page_of
from fedgov.store.tables import actors, audience
from fedgov.store.transaction import Transaction

ProfileTab = Literal["posts", "replies", "media"]
MAX_FEATURED: Final = 20
_FIGURES: Final = select(author_figures).where(author_figures.c.author.in_(bindparam("authors", expanding=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """What of somebody's posts is wanted.

    Args:
        replies: Also what answers others.
        shares: Also what was shared; never where only some of the own posts are wanted.
        only_media: Only posts with files.
        tag: Only posts about this subject, with or without ``#``; None for all.
    """

    replies: bool = True
    shares: bool = True
    only_media: bool = False
    tag: str | None = None


_TABS: Final[dict[ProfileTab, Kinds]] = {
    "posts": Kinds(replies=False),
    "replies": Kinds(shares=False),
    "media": Kinds(shares=False, only_media=True),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A post in a list.

    Args:
        entry_id: Where it sorts: the row id of the object, or of the share that brought it.
        row: The post.
        shared_by: URI of who brought it here, or None.
    """

    entry_id: int
    row: Row[Any]
    shared_by: str | None = None

    @property
    def object_id(self) -> int:
        """Row id of the post."""
        return int(self.row.object_id)


def public_timeline(tx: Transaction, *, viewer: str | None, page: PageRequest, local_only: bool = False) -> Page[Entry]:
    """Return what everyone may read, of this instance or of all that are known here.

    Replies stay in their threads, and older news that was fetched to complete a
    thread stays out.

    Args:
        tx: The open transaction.
        viewer: URI of the actor who asks; None for somebody unknown.
        page: Which part.
        local_only: Only what was written here.
    """
    query = select(posts.c.object_id).where(
        posts.c.visibility == Visibility.PUBLIC.value, posts.c.in_reply_to_uri.is_(None), posts.c.backfilled.is_(False)
    )
    query = query.where(posts.c.local) if local_only else query
    return _page(tx, query, viewer=viewer, page=page, listed=True)


def organisation_timeline(tx: Transaction, *, viewer: str, page: PageRequest) -> Page[Entry]:
    """Return what was written here for everyone or for colleagues only.

    Args:
        tx: The open transaction.
        viewer: URI of a local actor.
        page: Which part.
    """
    query = select(posts.c.object_id).where(
        posts.c.local,
        posts.c.visibility.in_([Visibility.PUBLIC.value, Visibility.ORGANISATION.value]),
        posts.c.in_reply_to_uri.is_(None),
    )
    return _page(tx, query, viewer=viewer, page=page, listed=True)


def hashtag_timeline(tx: Transaction, *, tag: str, viewer: str | None, page: PageRequest) -> Page[Entry]:
    """Return the public posts about a subject; a colleague also finds what is for the organisation only.

    Args:
        tx: The open transaction.
        tag: With or without ``#``, in any case.
        viewer: URI of the actor who asks; None for somebody unknown.
        page: Which part.
    """
    listed = [Visibility.PUBLIC.value]
    if viewer is not None and tx.site.owns(viewer):
        listed.append(Visibility.ORGANISATION.value)
    query = (
        select(posts.c.object_id)
        .join(hashtags, hashtags.c.object_id == posts.c.object_id)
        .where(hashtags.c.tag == (normalise_hashtag(tag) or ""), posts.c.visibility.in_(listed))
    )
    return _page(tx, query, viewer=viewer, page=page, listed=True)


def link_timeline(tx: Transaction, *, url: str, viewer: str | None, page: PageRequest) -> Page[Entry]:
    """Return the public posts that link to an address, of authors who want to be found.

    Args:
        tx: The open transaction.
        url: As it stands in the posts.
        viewer: URI of the actor who asks; None for somebody unknown.
        page: Which part.
    """
    query = (
        select(posts.c.object_id)
        .join(links, links.c.object_id == posts.c.object_id)
        .join(actors, actors.c.uri == posts.c.author)
        .where(links.c.url == url, posts.c.visibility == Visibility.PUBLIC.value, actors.c.discoverable)
    )
    return _page(tx, query, viewer=viewer, page=page, listed=True)


def direct_timeline(tx: Transaction, *, viewer: str, page: PageRequest) -> Page[Entry]:
    """Return the posts to named people that somebody wrote or got, newest first.

    Args:
        tx: The open transaction.
        viewer: URI of the local actor.
        page: Which part.
    """
    direct = posts.c.visibility == Visibility.DIRECT.value
    own = select(posts.c.object_id).where(posts.c.author == viewer, direct)
    got = (
        select(posts.c.object_id)
        .join(audience, audience.c.object_id == posts.c.object_id)
        .where(audience.c.target == viewer, direct)
    )
    query = select(posts.c.object_id).where(posts.c.object_id.in_(union_all(own, got)))
    return _page(tx, query, viewer=viewer, page=page, listed=True)


def profile_timeline(
    tx: Transaction, *, author: str, viewer: str | None, page: PageRequest, tab: ProfileTab = "posts"
) -> Page[Entry]:
    """Return what somebody wrote, as far as the reader may read it.

    Args:
        tx: The open transaction.
        author: URI of the actor.
        viewer: URI of the actor who asks; None for somebody unknown.
        page: Which part.
        tab: ``posts`` leaves out replies and adds what was shared; ``replies`` has
            both own kinds; ``media`` only what has files.
    """
    return author_timeline(tx, author=author, viewer=viewer, page=page, kinds=_TABS[tab])


def author_timeline(
    tx: Transaction, *, author: str, viewer: str | None, page: PageRequest, kinds: Kinds
) -> Page[Entry]:
    """Return what somebody wrote and shared, as far as the reader may read it.

    Args:
        tx: The open transaction.
        author: URI of the actor.
        viewer: URI of the actor who asks; None for somebody unknown.
        page: Which part.
        kinds: What is wanted.
    """
    own = _written(tx, author=author, viewer=viewer, kinds=kinds)
    if not kinds.shares or kinds.only_media or kinds.tag is not None:
        return _page(tx, own, viewer=viewer, page=page)
    shared = (
        select(shares.c.id, shares.c.object_id, shares.c.actor)
        .join(posts, posts.c.object_id == shares.c.object_id)
        .where(shares.c.actor == author, _listed_share(tx, viewer, author))
    )
    both = union_all(
        own.with_only_columns(posts.c.object_id.label("entry"), posts.c.object_id, null().label("shared_by")), shared
    ).subquery()
    return _page_of_entries(tx, both, viewer=viewer, page=page)


def _written(tx: Transaction, *, author: str, viewer: str | None, kinds: Kinds) -> Select[Any]:
    own = select(posts.c.object_id).where(posts.c.author == author, may_be_readable(tx, viewer=viewer))
    if kinds.only_media:
        files = select(attachments.c.id).where(
            attachments.c.object_id == posts.c.object_id, attachments.c.kind != "link"
        )
        own = own.where(files.exists())
    if kinds.tag is not None:
        named = select(hashtags.c.tag).where(
            hashtags.c.object_id == posts.c.object_id, hashtags.c.tag == (normalise_hashtag(kinds.tag) or "")
        )
        own = own.where(named.exists())
    if kinds.replies:
        return own
    # A thread that somebody spins on alone belongs to the posts.
    parents = posts.alias("parents")
    continued = select(parents.c.object_id).where(
        parents.c.object_id == posts.c.in_reply_to_id, parents.c.author == author
    )
    return own.where(or_(posts.c.in_reply_to_uri.is_(None), continued.exists()))


def _listed_share(tx: Transaction, viewer: str | None, author: str) -> Any:  # noqa: ANN401 - an SQL condition
    open_kinds = shares.c.visibility.in_(FOR_EVERYONE)
    return open_kinds if viewer != author else literal(value=True)


def _hidden(tx: Transaction, viewer: str | None, authors: Collection[str]) -> frozenset[str]:
    return frozenset() if viewer is None else hidden_among(tx, viewer=viewer, uris=authors)


def _page(
    tx: Transaction, query: Select[Any], *, viewer: str | None, page: PageRequest, listed: bool = False
) -> Page[Entry]:
    """Return a page of posts.

    Args:
        tx: The open transaction.
        query: Gives the posts.
        viewer: URI of the actor who asks; None for somebody unknown.
        page: Which part.
        listed: The reader did not ask for these authors, so that those whom they do not want to see and those who
            are limited are left out.
    """
    entries = query.with_only_columns(posts.c.object_id.label("entry"), posts.c.object_id, null().label("shared_by"))
    column = posts.c.object_id
    if page.max_id is not None:
        entries = entries.where(column < page.max_id)
    if page.after is not None:
        entries = entries.where(column > page.after)
    rows = tx.rows(entries.order_by(column if page.upwards else column.desc()).limit(page.limit))
    return _filled(tx, rows, viewer=viewer, page=page, listed=listed)


def _page_of_entries(tx: Transaction, entries: Subquery, *, viewer: str | None, page: PageRequest) -> Page[Entry]:
    query, column = select(entries), entries.c.entry
    if page.max_id is not None:
        query = query.where(column < page.max_id)
    if page.after is not None:
        query = query.where(column > page.after)
    rows = tx.rows(query.order_by(column if page.upwards else column.desc()).limit(page.limit))
    return _filled(tx, rows, viewer=viewer, page=page)


def _filled(
    tx: Transaction,
    rows: Sequence[Row[Any]],
    *,
    viewer: str | None,
    page: PageRequest,
    listed: bool = False,
) -> Page[Entry]:
    """Return the posts of a page; the cursors also pass what the reader may not read (row DOS-14)."""
    found = find_many(tx, object_ids=[row.object_id for row in rows])
    authors = {row.author for row in found.values()} if listed else set()
    hidden = _hidden(tx, viewer, authors) | unlisted_for(tx, viewer=viewer, uris=authors) if authors else frozenset()
    shown = [row for row in found.values() if row.author not in hidden]
    allowed = {row.object_id for row in readable(tx, rows=shown, viewer=viewer)}
    return page_of(rows, page, row_id=lambda row: int(row.entry)).map(
        lambda row: (
            Entry(entry_id=row.entry, row=found[row.object_id], shared_by=row.shared_by)
            if row.object_id in allowed
            else None
        )
    )


def featured(tx: Transaction, *, actor: str, viewer: str | None) -> list[Row[Any]]:
    """Return the posts on top of a profile, the newest pin first, as far as the reader may read them."""
    ids = tx.values(
        select(pins.c.object_id)
        .where(pins.c.actor == actor)
        .order_by(pins.c.at.desc(), pins.c.object_id.desc())
        .limit(MAX_FEATURED)
    )
    found = find_many(tx, object_ids=ids)
    return readable(tx, rows=[found[object_id] for object_id in ids if object_id in found], viewer=viewer)


def count_by_author(tx: Transaction, *, author: str) -> int:
    """Return how many posts of somebody everyone may read."""
    return figures(tx, authors=[author])[author][0]


def figures(tx: Transaction, *, authors: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    """Return how many posts of each author everyone may read, and when the newest of them was published.

    Args:
        tx: The open transaction.
        authors: URIs of actors.
    """
    rows = tx.rows(_FIGURES, {"authors": list(authors)})
    found = {row.author: (row.posts, row.newest_at) for row in rows}
    return {author: found.get(author, (0, None)) for author in authors}
