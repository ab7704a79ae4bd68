"""Lists: part of whom somebody follows, with a timeline of its own.

The timeline is written when a post arrives, as the home timeline is, and by one
statement however many lists show it. A list that is exclusive keeps what its
members bring off the home timeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, case, delete, exists, func, null, or_, select
from sqlalchemy.dialects.postgresql import insert

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.features.notices.policy import checked_title
from fedgov.features.notices.queries import lists as queries
from fedgov.features.notices.service import home
from fedgov.features.notices.service.actor_ids import actor_id, reader_id
from fedgov.features.notices.tables import home_entries, list_entries, list_members, lists
from fedgov.features.notices.vocabulary import Replies
from fedgov.features.posts.queries import timelines
from fedgov.features.posts.vocabulary import PostAppeared, PostShared
from fedgov.federation import follows, objects
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.pagination import PageRequest
from fedgov.store.tables import actors
from fedgov.store.tables import follows as follow_rows
from fedgov.store.tables import objects as stored
from fedgov.store.transaction import Transaction, insert_or_ignore

MAX_LISTS: Final = 50
"""So many lists one person can have."""
CAUGHT_UP: Final = 20
"""So many posts that we have already appear when somebody is put on a list."""

_COLUMNS: Final = ("list_id", "entry_id", "object_id", "author_id", "shared_by_id")
_ADD: Final = insert_or_ignore(list_members)
_DROP: Final = delete(list_members).where(
    list_members.c.list_id == bindparam("list"), list_members.c.member_id == bindparam("member")
)
_DROP_FROM: Final = delete(list_entries).where(
    list_entries.c.list_id == bindparam("list"),
    or_(
        (list_entries.c.author_id == bindparam("member")) & list_entries.c.shared_by_id.is_(None),
        list_entries.c.shared_by_id == bindparam("member"),
    ),
)
_DROP_ALL_WITH: Final = delete(list_entries).where(
    list_entries.c.list_id == bindparam("list"),
    or_(list_entries.c.author_id == bindparam("member"), list_entries.c.shared_by_id == bindparam("member")),
)
_COUNT: Final = select(func.count()).select_from(lists).where(lists.c.owner_id == bindparam("owner"))
_IDS_OF: Final = select(lists.c.id).where(lists.c.owner_id == bindparam("owner"))
_WITH_MEMBER: Final = (
    select(lists.c.id, lists.c.owner_id, lists.c.exclusive)
    .join(list_members, list_members.c.list_id == lists.c.id)
    .where(list_members.c.member_id == bindparam("member"))
)


# --- what a person does with lists ------------------------------------------------------------------------------


def create_list(
    tx: Transaction, *, owner: str, title: str, replies: Replies = Replies.LIST, exclusive: bool = False
) -> int:
    """Make a list without members; return its row id.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        title: Plain text.
        replies: Answers to whom it shows.
        exclusive: What it shows does not come to the home timeline.

    Raises:
        InvalidError: It has no title, or there are too many lists already.
    """
    reader = _reader(tx, owner)
    if tx.value(_COUNT, {"owner": reader}) >= MAX_LISTS:
        raise InvalidError(f"nobody can have more than {MAX_LISTS} lists")
    number = tx.new_id()
    values = {"title": checked_title(title), "replies": replies.value, "exclusive": exclusive}
    tx.execute(lists.insert(), {"id": number, "owner_id": reader, **values, "created_at": tx.now})
    return number


def change_list(
    tx: Transaction,
    *,
    owner: str,
    list_id: int,
    title: str | None = None,
    replies: Replies | None = None,
    exclusive: bool | None = None,
) -> None:
    """Change a list; what is None stays.

    Raises:
        NotFoundError: This person has no such list.
        InvalidError: The title is empty.
    """
    found = queries.get_list(tx, owner=owner, list_id=list_id)
    values: dict[str, Any] = {}
    if title is not None:
        values["title"] = checked_title(title)
    if replies is not None:
        values["replies"] = replies.value
    if exclusive is not None:
        values["exclusive"] = exclusive
    if values:
        tx.execute(lists.update().where(lists.c.id == list_id).values(**values))
    if exclusive is None or exclusive == found.exclusive:
        return
    for member in queries.members(tx, list_id=list_id):
        _hide_or_show(tx, owner=owner, member=member, hide=exclusive)


def delete_list(tx: Transaction, *, owner: str, list_id: int) -> None:
    """Remove a list with its timeline; whom it showed stays followed.

    Raises:
        NotFoundError: This person has no such list.
    """
    found = queries.get_list(tx, owner=owner, list_id=list_id)
    members = queries.members(tx, list_id=list_id) if found.exclusive else ()
    _forget_list(tx, list_id)
    for member in members:
        _hide_or_show(tx, owner=owner, member=member, hide=False)


def add_members(tx: Transaction, *, owner: str, list_id: int, members: Sequence[str]) -> None:
    """Put people on a list; either all of them or nobody.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        list_id: Row id of the list.
        members: URIs of actors whom the owner follows, or the owner.

    Raises:
        NotFoundError: This person has no such list, or does not follow one of them.
        InvalidError: One of them is on it already.
    """
    found = queries.get_list(tx, owner=owner, list_id=list_id)
    for member in dict.fromkeys(members):
        number = actor_id(tx, uri=member)
        if number is None or not (member == owner or follows.is_follower(tx, follower=owner, following=member)):
            raise NotFoundError("only people whom you follow can be on a list", detail=member)
        if not tx.execute(_ADD, {"id": tx.new_id(), "list_id": list_id, "member_id": number}):
            raise InvalidError("somebody is on this list already")
        _catch_up(tx, owner=owner, list_id=list_id, member=member)
        if found.exclusive:
            _hide_or_show(tx, owner=owner, member=member, hide=True)


def remove_members(tx: Transaction, *, owner: str, list_id: int, members: Sequence[str]) -> None:
    """Take people off a list; who is not on it makes no difference.

    Raises:
        NotFoundError: This person has no such list.
    """
    found = queries.get_list(tx, owner=owner, list_id=list_id)
    for member in dict.fromkeys(members):
        values = {"list": list_id, "member": actor_id(tx, uri=member)}
        if not tx.execute(_DROP, values):
            continue
        tx.execute(_DROP_FROM, values)
        if found.exclusive:
            _hide_or_show(tx, owner=owner, member=member, hide=False)


def _reader(tx: Transaction, owner: str) -> int:
    found = reader_id(tx, uri=owner)
    if found is None:
        raise ForbiddenError("only somebody of this instance can have lists")
    return found


def _hide_or_show(tx: Transaction, *, owner: str, member: str, hide: bool) -> None:
    """Take what a member brings off the home timeline, or bring the newest of it back."""
    if hide:
        home.remove_followed(tx, reader=owner, source=member)
    elif not queries.is_on_exclusive_list(tx, owner=owner, member=member):
        home.catch_up(tx, reader=owner, author=member, object_ids=_newest(tx, owner=owner, author=member))


def _newest(tx: Transaction, *, owner: str, author: str) -> list[int]:
    page = timelines.profile_timeline(tx, author=author, viewer=owner, page=PageRequest(limit=CAUGHT_UP))
    return [
        entry.row.object_id
        for entry in page.items
        if entry.shared_by is None and entry.row.visibility != Visibility.DIRECT.value
    ]


def _catch_up(tx: Transaction, *, owner: str, list_id: int, member: str) -> None:
    for object_id in _newest(tx, owner=owner, author=member):
        tx.execute(_CATCH_UP, {"list": list_id, "entry_id": object_id, "object_id": object_id, "author": member})


# --- what arrives -----------------------------------------------------------------------------------------------


def _id_of(whom: str) -> ColumnElement[Any]:
    return select(actors.c.id).where(actors.c.uri == bindparam(whom)).scalar_subquery()


def _entries(*, sharer: ColumnElement[Any]) -> Select[Any]:
    """Select an entry for each list on which the actor with the bound id stands."""
    ids = (bindparam(name, type_=BigInteger) for name in ("entry_id", "object_id"))
    return (
        select(lists.c.id, *ids, _id_of("author"), sharer)
        .select_from(list_members)
        .join(lists, lists.c.id == list_members.c.list_id)
        .where(list_members.c.member_id == bindparam("member", type_=BigInteger))
    )


_of_same_list: Final = list_members.alias("of_same_list")
_owner: Final = actors.alias("owner")
_answered: Final = bindparam("answered_id", type_=BigInteger)
_shows_the_reply: Final = or_(
    lists.c.owner_id == _answered,
    case(
        (
            lists.c.replies == Replies.FOLLOWED.value,
            exists().where(
                _owner.c.id == lists.c.owner_id,
                follow_rows.c.follower == _owner.c.uri,
                follow_rows.c.following == bindparam("answered"),
                follow_rows.c.state == "accepted",
            ),
        ),
        (
            lists.c.replies == Replies.LIST.value,
            exists().where(_of_same_list.c.list_id == lists.c.id, _of_same_list.c.member_id == _answered),
        ),
        else_=False,
    ),
)
_TO_LISTS: Final = insert(list_entries).from_select(list(_COLUMNS), _entries(sharer=null())).on_conflict_do_nothing()
_REPLY_TO_LISTS: Final = (
    insert(list_entries)
    .from_select(list(_COLUMNS), _entries(sharer=null()).where(_shows_the_reply))
    .on_conflict_do_nothing()
)
_SHARE_TO_LISTS: Final = (
    insert(list_entries)
    .from_select(list(_COLUMNS), _entries(sharer=bindparam("member", type_=BigInteger)))
    .on_conflict_do_nothing()
)
_CATCH_UP: Final = (
    insert(list_entries)
    .from_select(
        list(_COLUMNS),
        select(
            bindparam("list", type_=BigInteger),
            bindparam("entry_id", type_=BigInteger),
            bindparam("object_id", type_=BigInteger),
            actors.c.id,
            null(),
        ).where(actors.c.uri == bindparam("author")),
    )
    .on_conflict_do_nothing()
)
_OFF_HOME: Final = delete(home_entries).where(
    home_entries.c.object_id == bindparam("object_id"),
    home_entries.c.entry_id == bindparam("entry_id"),
    home_entries.c.owner_id.in_(bindparam("owners", expanding=True)),
)
_OF_OBJECT: Final = delete(list_entries).where(list_entries.c.object_id == bindparam("object_id"))
_SHARED: Final = delete(list_entries).where(
    list_entries.c.object_id == bindparam("object_id"), list_entries.c.shared_by_id == bindparam("sharer_id")
)
_WRITTEN_BY: Final = delete(list_entries).where(
    list_entries.c.object_id.in_(select(stored.c.id).where(stored.c.attributed_to == bindparam("uri")))
)
_SHARED_BY: Final = delete(list_entries).where(list_entries.c.shared_by_id == bindparam("gone"))
_MEMBERSHIPS: Final = delete(list_members).where(list_members.c.member_id == bindparam("gone"))


def deliver_post(tx: Transaction, *, post: PostAppeared) -> None:
    """Put a post on the timelines of the lists that show its author.

    For after the home timelines: what an exclusive list shows is taken off there.
    """
    if post.visibility is Visibility.DIRECT:
        return
    member, found = _lists_with(tx, post.author)
    if not found:
        return
    entry = {"entry_id": post.object_id, "object_id": post.object_id, "author": post.author, "member": member}
    if post.in_reply_to_author is None or post.in_reply_to_author == post.author:
        tx.execute(_TO_LISTS, entry)
    else:
        answered = post.in_reply_to_author
        tx.execute(_REPLY_TO_LISTS, {**entry, "answered": answered, "answered_id": actor_id(tx, uri=answered) or 0})
    _take_off_home(tx, found, entry_id=post.object_id, object_id=post.object_id, but=member)


def deliver_share(tx: Transaction, *, share: PostShared) -> None:
    """Put a shared post on the timelines of the lists that show whoever shared it."""
    member, found = _lists_with(tx, share.by)
    if not found or share.visibility is Visibility.DIRECT:
        return
    row = objects.find_by_id(tx, row_id=share.object_id)
    if row is None or Visibility(row.visibility) not in FOR_EVERYONE:
        return
    entry = {"entry_id": share.share_id, "object_id": share.object_id, "author": share.author, "member": member}
    tx.execute(_SHARE_TO_LISTS, entry)
    _take_off_home(tx, found, entry_id=share.share_id, object_id=share.object_id, but=member)


def _lists_with(tx: Transaction, uri: str) -> tuple[int | None, Sequence[Any]]:
    member = actor_id(tx, uri=uri)
    return member, () if member is None else tx.rows(_WITH_MEMBER, {"member": member})


def _take_off_home(tx: Transaction, found: Sequence[Any], *, entry_id: int, object_id: int, but: int | None) -> None:
    """Take an entry off the home timelines of those whose exclusive list has it; its author keeps it."""
    owners = [row.owner_id for row in found if row.exclusive and row.owner_id != but]
    if owners:
        tx.execute(_OFF_HOME, {"entry_id": entry_id, "object_id": object_id, "owners": owners})


def remove_post(tx: Transaction, *, object_id: int) -> None:
    """Take a post off every list."""
    tx.execute(_OF_OBJECT, {"object_id": object_id})


def remove_share(tx: Transaction, *, object_id: int, by: str) -> None:
    """Take a post off the lists that it came to by one person's sharing."""
    tx.execute(_SHARED, {"object_id": object_id, "sharer_id": actor_id(tx, uri=by)})


def drop_member(tx: Transaction, *, owner: str, member: str, everything: bool = False) -> None:
    """Take a person off all lists of somebody who does not follow them any more.

    Args:
        tx: The open transaction.
        owner: URI of whose lists they are; nothing happens for somebody elsewhere.
        member: URI of whom to take off.
        everything: Also what others on the lists shared of them.
    """
    if not tx.site.owns(owner):
        return
    values = {"member": actor_id(tx, uri=member)}
    for list_id in tx.values(_IDS_OF, {"owner": actor_id(tx, uri=owner)}):
        tx.execute(_DROP, {"list": list_id, **values})
        tx.execute(_DROP_ALL_WITH if everything else _DROP_FROM, {"list": list_id, **values})


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Take an actor and all that they wrote or shared off every list, and their own lists away."""
    gone = actor_id(tx, uri=uri)
    if gone is None:
        return
    tx.execute(_WRITTEN_BY, {"uri": uri})
    tx.execute(_SHARED_BY, {"gone": gone})
    tx.execute(_MEMBERSHIPS, {"gone": gone})
    for list_id in tx.values(_IDS_OF, {"owner": gone}):
        _forget_list(tx, list_id)


def _forget_list(tx: Transaction, list_id: int) -> None:
    tx.execute(delete(list_entries).where(list_entries.c.list_id == list_id))
    tx.execute(delete(list_members).where(list_members.c.list_id == list_id))
    tx.execute(delete(lists).where(lists.c.id == list_id))
