"""What is known here already of somebody or something that is looked for, and posts by their words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from sqlalchemy import Row

from fedgov.features.people import queries as people
from fedgov.features.posts.queries import posts
from fedgov.features.posts.queries.found import search_posts
from fedgov.features.search.policy.sentence import read_sentence
from fedgov.features.search.policy.wanted import Link
from fedgov.federation import actors
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import PageRequest
from fedgov.kernel.uris import Handle, without_fragment
from fedgov.store.transaction import Transaction

_PROFILE: Final = re.compile(r"/(?:@|users/|people/@?)(?P<handle>[^/?#]+)/?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A person or a post; both None when there is neither.

    Args:
        actor: URI of the person.
        object_id: Row id of the post.
    """

    actor: str | None = None
    object_id: int | None = None

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return self.actor is not None or self.object_id is not None


NOTHING: Final = Found()


def known(tx: Transaction, *, wanted: Handle | Link, viewer: str | None) -> Found:
    """Return what is in the store under a handle or address, as far as the reader may know of it.

    Args:
        tx: The open transaction.
        wanted: Handle, or address of a person, profile page or post.
        viewer: URI of the reader's actor; None for a visitor.
    """
    if isinstance(wanted, Handle):
        return _person(tx, handle=str(wanted))
    uri = wanted.uri
    if tx.site.owns(uri):
        page = _PROFILE.search(without_fragment(uri).removeprefix(tx.site.origin))
        if page is not None:
            return _person(tx, handle=unquote(page["handle"]))
    row = actors.find(tx, uri=uri)
    if row is not None:
        return NOTHING if row.deleted_at is not None else Found(actor=row.uri)
    try:
        return Found(object_id=posts.get(tx, viewer=viewer, uri=without_fragment(uri)).object_id)
    except NotFoundError:
        return NOTHING


def _person(tx: Transaction, *, handle: str) -> Found:
    row = people.find_person(tx, handle=handle)
    return NOTHING if row is None else Found(actor=row.uri)


# --- by words ---------------------------------------------------------------------------------------------------


def find_posts(
    tx: Transaction, *, text: str, viewer: str | None, page: PageRequest, offset: int = 0, author: str | None = None
) -> list[Row[Any]]:
    """Return posts by words and operators, newest first, as far as the reader may find them.

    Args:
        tx: The open transaction.
        text: As typed; nothing is found without words or operators.
        viewer: URI of the local actor who asks; a visitor finds nothing.
        page: Which part.
        offset: Leave out so many of the first.
        author: URI of who must have written them; None for anybody.
    """
    sentence = read_sentence(text)
    if viewer is None or not sentence:
        return []
    by = [*_people(tx, sentence.by, viewer=viewer), *(() if author is None else (author,))]
    wanted = replace(
        sentence.search,
        authors=tuple(by),
        without_authors=tuple(_people(tx, sentence.not_by, viewer=viewer)),
    )
    return search_posts(tx, wanted=wanted, viewer=viewer, page=page, offset=offset)


def _people(tx: Transaction, handles: Iterable[str], *, viewer: str) -> Iterable[str]:
    """Return the URI behind each handle; for nobody a word that no URI is, so that nothing is found."""
    for handle in handles:
        if handle == "me":
            yield viewer
        else:
            row = people.find_person(tx, handle=handle)
            yield "nobody" if row is None else row.uri
