"""The audit log: who administered what and who logged in, in the same transaction as the act.

Each entry carries a SHA-256 over the hash of the entry before it and over its own
canonical JSON, so that whoever changes, removes or inserts one has to make all
later ones anew; a head that is kept elsewhere then shows it.

Spec: RFC 8785 (JSON Canonicalization Scheme); ``docs/decisions/0006-audit-log.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import rfc8785
from sqlalchemy import Row, bindparam, delete, select, update

import fedgov.store.guards  # noqa: F401 - whoever has this log has its guards
from fedgov.kernel.acting import By
from fedgov.store.tables import audit_entries, audit_head
from fedgov.store.transaction import Transaction, insert_or_ignore

Result = Literal["done", "failed", "refused"]

TOPIC: Final = "audit"
"""Signalled with every entry."""

UNKNOWN: Final = "unknown"
"""The target of an attempt to log in under a name that nobody has: what was typed may be a password."""

UPGRADED: Final = "schema.upgraded"
FIRST_HASH: Final = "0" * 64
MAX_TARGET: Final = 500
_BATCH: Final = 1_000

_BEGIN: Final = insert_or_ignore(audit_head)
_LOCK: Final = select(audit_head).where(audit_head.c.id == 1).with_for_update()
_HEAD: Final = select(audit_head).where(audit_head.c.id == 1)
_ADVANCE: Final = (
    update(audit_head).where(audit_head.c.id == 1).values(number=bindparam("new_number"), hash=bindparam("new_hash"))
)
_ANCHOR: Final = (
    update(audit_head)
    .where(audit_head.c.id == 1)
    .values(anchor_number=bindparam("new_number"), anchor_hash=bindparam("new_hash"))
)
_ADD: Final = audit_entries.insert()
_NEXT: Final = (
    select(audit_entries)
    .where(audit_entries.c.number > bindparam("after"))
    .order_by(audit_entries.c.number)
    .limit(_BATCH)
)
_LAST_BEFORE: Final = (
    select(audit_entries)
    .where(audit_entries.c.at < bindparam("before"))
    .order_by(audit_entries.c.number.desc())
    .limit(1)
)
_FIRST_SINCE: Final = (
    select(audit_entries.c.number)
    .where(audit_entries.c.at >= bindparam("before"))
    .order_by(audit_entries.c.number)
    .limit(1)
)
_BY_NUMBER: Final = select(audit_entries).where(audit_entries.c.number == bindparam("wanted"))
_LATEST_OF: Final = (
    select(audit_entries.c.target)
    .where(audit_entries.c.kind == bindparam("of"))
    .order_by(audit_entries.c.number.desc())
    .limit(1)
)
_PRUNE: Final = delete(audit_entries).where(audit_entries.c.number <= bindparam("until"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an entry says, as it is hashed.

    Args:
        number: Its place in the chain, from 1.
        at: Milliseconds since the epoch.
        kind: What was done; one of `KINDS`.
        who: URI of a local actor, ``system:NAME``, or empty.
        door: Where they came in.
        source: Network that they came from.
        target: On what.
        result: ``done``, ``failed`` or ``refused``.
    """

    number: int
    at: int
    kind: str
    who: str
    door: str
    source: str
    target: str
    result: str

    def hashed(self, *, after: str) -> str:
        """Return the hash of this entry behind one with the hash ``after``: 64 hexadecimal digits."""
        return hashlib.sha256(bytes.fromhex(after) + rfc8785.dumps(asdict(self))).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One place in the chain: the number of an entry and its hash."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


KINDS: Final = (
    # people
    "login.succeeded",
    "login.failed",
    "login.ended",
    "session.ended",
    "password.changed",
    "password.refused",
    "token.created",
    "token.revoked",
    "app.allowed",
    "app.withdrawn",
    "app.code_repeated",
    "account.created",
    "account.disabled",
    "account.enabled",
    "account.approved",
    "account.rejected",
    "account.deleted",
    "account.administrator_added",
    "account.administrator_removed",
    "account.alias_added",
    "account.alias_removed",
    "account.moved",
    "keys.rotated",
    "push_key.rotated",
    "follow.ordered",
    "post.ordered",
    # other servers
    "domain.blocked",
    "domain.listed",
    "domain.rule_removed",
    "domain.described",
    "trust.mode_chosen",
    "peer.woken",
    "peer.unpinned",
    "delivery.retried",
    "inbox.retried",
    "inbox.dismissed",
    # reports
    "announcement.written",
    "announcement.changed",
    "announcement.published",
    "announcement.withdrawn",
    "announcement.removed",
    "emoji.added",
    "emoji.hidden",
    "emoji.shown",
    "emoji.categorised",
    "emoji.removed",
    "person.limited",
    "person.limit_ended",
    "person.marked_sensitive",
    "person.mark_ended",
    "person.suspended",
    "person.suspension_ended",
    "report.assigned",
    "report.unassigned",
    "report.changed",
    "report.reopened",
    "report.resolved",
    "report.rejected",
    # the instance
    "administration.entered",
    "schema.upgraded",
    "backup.begun",
    "instance.restored",
    "instance.opened",
    "media.cleaned",
    "search.rebuilt",
    "audit.pruned",
)
"""Every kind of entry. Each is described in ``docs/reference/audit-log.md``."""


def note(tx: Transaction, kind: str, *, target: object = "", result: Result = "done", by: By | None = None) -> Mark:
    """Write down what is done in this transaction; both are stored, or neither.

    Args:
        tx: The open transaction.
        kind: What is done; one of `KINDS`.
        target: On what: a URI, a domain, a number. Never a secret, and nothing that somebody wrote.
        result: Whether it was done.
        by: Who does it; whom the transaction belongs to when not given.

    Returns:
        The new head of the chain.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind of audit entry")
    doer = tx.by if by is None else by
    head = _locked(tx)
    entry = Entry(
        number=head.number + 1,
        at=tx.now,
        kind=kind,
        who=doer.who,
        door=doer.door,
        source=doer.source,
        target=str(target)[:MAX_TARGET],
        result=result,
    )
    new = Mark(number=entry.number, hash=entry.hashed(after=head.hash))
    tx.execute(_ADD, {**asdict(entry), "hash": new.hash})
    tx.execute(_ADVANCE, {"new_number": new.number, "new_hash": new.hash})
    tx.signal(TOPIC)
    return new


def _locked(tx: Transaction) -> Row[Any]:
    """Return the head, which nobody else can move until this transaction ends."""
    found = tx.row(_LOCK)
    if found is None:
        tx.execute(_BEGIN, {"id": 1, "number": 0, "hash": FIRST_HASH, "anchor_number": 0, "anchor_hash": FIRST_HASH})
        found = tx.row(_LOCK)
    assert found is not None  # noqa: S101 - it was put there a line ago
    return found


def head(tx: Transaction) -> Mark:
    """Return the newest place in the chain."""
    row = tx.row(_HEAD)
    return Mark(number=0, hash=FIRST_HASH) if row is None else Mark(number=row.number, hash=row.hash)


def anchor(tx: Transaction) -> Mark:
    """Return the place behind which the chain begins: that of the last entry that was pruned."""
    row = tx.row(_HEAD)
    return Mark(number=0, hash=FIRST_HASH) if row is None else Mark(number=row.anchor_number, hash=row.anchor_hash)


def find(tx: Transaction, *, number: int) -> Row[Any] | None:
    """Return one entry, or None."""
    return tx.row(_BY_NUMBER, {"wanted": number})


def latest_target(tx: Transaction, *, kind: str) -> str | None:
    """Return what the newest entry of a kind is about, or None when there is none."""
    found: str | None = tx.value(_LATEST_OF, {"of": kind})
    return found


def walk(tx: Transaction, *, after: int = 0) -> Iterator[Row[Any]]:
    """Give all entries behind a number, the oldest first, a batch at a time."""
    while rows := tx.rows(_NEXT, {"after": after}):
        yield from rows
        after = rows[-1].number


def prune(tx: Transaction, *, before: int) -> int:
    """Remove the entries of before a time; the place where the chain goes on is kept.

    Args:
        tx: The open transaction.
        before: Milliseconds since the epoch.

    Returns:
        How many entries were removed.
    """
    _locked(tx)
    # By number, not by time: a clock that was set back must not tear a hole.
    first_kept = tx.value(_FIRST_SINCE, {"before": before})
    last = tx.row(_LAST_BEFORE, {"before": before}) if first_kept is None else find(tx, number=first_kept - 1)
    if last is None:
        return 0
    tx.execute(_ANCHOR, {"new_number": last.number, "new_hash": last.hash})  # the trigger looks at this
    count = tx.execute(_PRUNE, {"until": last.number})
    note(tx, "audit.pruned", target=Mark(number=last.number, hash=last.hash))
    return count


# --- checking ---------------------------------------------------------------------------------------------------


def entry_of(row: Row[Any]) -> Entry:
    """Return what a row says, without its hash."""
    return Entry(
        number=row.number,
        at=row.at,
        kind=row.kind,
        who=row.who,
        door=row.door,
        source=row.source,
        target=row.target,
        result=row.result,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check of the chain found.

    Args:
        entries: How many entries were looked at.
        head: The newest place.
        fault: What is wrong, in plain words; empty when nothing is.
        number: The first entry that does not fit, or 0.
    """

    entries: int
    head: Mark
    fault: str = ""
    number: int = 0


def check(tx: Transaction, *, marks: Iterable[Mark] = (), hashes: Iterable[str] = ()) -> Finding:
    """Check the whole chain that is stored, and that it still contains what was known about it elsewhere.

    Args:
        tx: The open transaction.
        marks: Places that somebody kept, such as the head of last week; those before the anchor are passed over.
        hashes: Hashes that somebody kept without their numbers.
    """
    begin = anchor(tx)
    expected = {mark.number: mark.hash for mark in marks if mark.number > begin.number}
    wanted = {each.lower() for each in hashes} - {begin.hash}
    last, count = begin, 0
    for row in walk(tx, after=begin.number):
        fault = _fault(row, after=last) or _contradiction(row, expected.pop(row.number, row.hash))
        if fault:
            return Finding(entries=count, head=last, fault=fault, number=row.number)
        last, count = Mark(number=row.number, hash=row.hash), count + 1
        wanted.discard(row.hash)
    return Finding(entries=count, head=last, fault=_missing(last, stored=head(tx), expected=expected, wanted=wanted))


def _fault(row: Row[Any], *, after: Mark) -> str:
    """Return why an entry does not fit behind the one before it."""
    if row.number != after.number + 1:
        return f"entry {after.number + 1} is missing: behind entry {after.number} comes entry {row.number}"
    if entry_of(row).hashed(after=after.hash) != row.hash:
        return f"entry {row.number} does not fit: it, or what stands before it, is not what was written"
    return ""


def _contradiction(row: Row[Any], kept: str) -> str:
    if kept == row.hash:
        return ""
    return f"entry {row.number} is not the one that was kept elsewhere: it, or one before it, was written anew"


def _missing(last: Mark, *, stored: Mark, expected: dict[int, str], wanted: set[str]) -> str:
    """Return what is missing behind the last entry."""
    newest = max((stored.number, *expected))
    if newest > last.number:
        gone = newest - last.number
        return f"the log ends at entry {last.number}, but {newest} were written: the newest {gone} are gone"
    if stored != last:
        return f"the log ends at entry {last.number}, which is not the one that its stored head names"
    if wanted:
        return f"no entry has the hash {min(wanted)}: it was removed, or an older backup was restored"
    return ""
