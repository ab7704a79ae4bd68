"""What somebody writes down about somebody for themselves, and whom they recommend to others."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, delete, select

from fedgov.features.people import queries
from fedgov.features.people.service.follows import active
from fedgov.features.people.tables import endorsements, notes
from fedgov.federation import actors, follows
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.transaction import Transaction, insert_or_ignore, insert_or_update

MAX_NOTE: Final = 2_000
"""Characters."""

_WRITE: Final = insert_or_update(notes, key=["who", "whom"], update=["text", "updated_at"])
_ENDORSE: Final = insert_or_ignore(endorsements)


def write_note(tx: Transaction, *, who: str, whom: str, text: str) -> None:
    """Write down something about somebody that only the writer sees; an empty text removes it.

    Args:
        tx: The open transaction.
        who: URI of the local actor.
        whom: URI of the other.
        text: Plain text.

    Raises:
        NotFoundError: There is no such person.
        InvalidError: The text is too long.
    """
    active(tx, uri=who)
    actors.get(tx, uri=whom)
    words = text.replace("\x00", "").strip()
    if len(words) > MAX_NOTE:
        raise InvalidError("this is too long; 2,000 characters at most", field="comment")
    if words:
        tx.execute(_WRITE, {"who": who, "whom": whom, "text": words, "updated_at": tx.now})
    else:
        tx.execute(delete(notes).where(notes.c.who == who, notes.c.whom == whom))


def endorse(tx: Transaction, *, who: str, whom: str) -> None:
    """Recommend somebody on one's profile; doing it twice changes nothing.

    Args:
        tx: The open transaction.
        who: URI of the local actor.
        whom: URI of somebody whom they follow.

    Raises:
        InvalidError: They do not follow that person.
        NotFoundError: There is no such person.
    """
    active(tx, uri=who)
    actors.get(tx, uri=whom)
    if not follows.is_follower(tx, follower=who, following=whom):
        raise InvalidError("you must be already following the person you want to endorse")
    tx.execute(_ENDORSE, {"id": tx.new_id(), "who": who, "whom": whom, "created_at": tx.now})


def stop_endorsing(tx: Transaction, *, who: str, whom: str) -> bool:
    """Do not recommend somebody any more; False when they were not."""
    return tx.execute(delete(endorsements).where(endorsements.c.who == who, endorsements.c.whom == whom)) > 0


def endorsed(tx: Transaction, *, who: str, page: PageRequest) -> Page[Row[Any]]:
    """Return whom somebody recommends (``id``, ``uri``), newest first."""
    query = select(endorsements.c.id, endorsements.c.whom.label("uri")).where(endorsements.c.who == who)
    return queries.paged(tx, query, column=endorsements.c.id, page=page)
