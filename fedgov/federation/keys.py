"""The keys of local and remote actors, as rows and as parsed keys.

Public keys are served for ever: with ``expires`` once retired, with ``revoked``
when they were withdrawn. The private halves of actor keys are in the database;
that of the organisation key is in a file of its own (see ``keys/README.md``).

Spec: FEP-521a; ``docs/how-to/rotate-keys.md``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update

from fedgov.activitystreams.actor import KeyDocument
from fedgov.federation.signatures.keys import (
    PrivateKey,
    PublicKey,
    generate_ed25519,
    generate_rsa,
    load_multikey,
    load_private_key,
    load_public_key,
)
from fedgov.kernel.clock import DAY
from fedgov.kernel.errors import FedgovError
from fedgov.store.tables import keys
from fedgov.store.transaction import Transaction, insert_or_update

RETIRED_KEY_DAYS: Final = 7
"""How long a retired key is still offered to sign-checkers as one that may have signed."""

_OF_OWNER: Final = select(keys).where(keys.c.owner == bindparam("owner")).order_by(keys.c.created_at, keys.c.id)
_BY_KEY_ID: Final = select(keys).where(keys.c.key_id == bindparam("key_id"))
_RETIRE: Final = (
    update(keys)
    .where(keys.c.owner == bindparam("of"), keys.c.purpose == "actor", keys.c.retired_at.is_(None))
    .values(retired_at=bindparam("at"))
)
_FORGET: Final = keys.delete().where(keys.c.id == bindparam("key"))
_REMEMBER: Final = insert_or_update(
    keys, key=["key_id"], update=["owner", "kind", "public", "retired_at", "revoked_at", "fetched_at"]
)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The two keys that an actor signs with: RSA for everyone, Ed25519 for proofs and newer peers."""

    rsa: PrivateKey
    ed25519: PrivateKey


async def generate_pair(owner: str, *, serial: int = 1) -> KeyPair:
    """Make both keys of an actor, off the event loop.

    Args:
        owner: URI of the actor.
        serial: 1 for the first pair; each rotation adds one, and the number becomes part of the key ids.
    """
    suffix = "" if serial == 1 else f"-{serial}"
    rsa = await asyncio.to_thread(generate_rsa, f"{owner}#main-key{suffix}")
    return KeyPair(rsa=rsa, ed25519=generate_ed25519(f"{owner}#ed25519-key{suffix}"))


def store_pair(tx: Transaction, *, owner: str, pair: KeyPair) -> None:
    """Store the keys of a local actor; earlier ones are retired and stay published."""
    tx.execute(_RETIRE, {"of": owner, "at": tx.now})
    for key in (pair.rsa, pair.ed25519):
        tx.execute(
            keys.insert(),
            {
                "id": tx.new_id(),
                "key_id": key.key_id,
                "owner": owner,
                "kind": key.kind,
                "purpose": "actor",
                "public": key.public.to_pem() if key.kind == "rsa" else key.public.to_multikey(),
                "private": key.to_pem(),
                "created_at": tx.now,
            },
        )
    tx.signal(f"document:{owner}")
    tx.signal(f"keys:{owner}")


def next_serial(tx: Transaction, *, owner: str) -> int:
    """Return the serial that the next key pair of a local actor gets."""
    return 1 + sum(1 for row in key_rows(tx, owner=owner) if row.kind == "rsa" and row.purpose == "actor")


def key_rows(tx: Transaction, *, owner: str) -> Sequence[Row[Any]]:
    """Return all keys of an actor, oldest first."""
    return tx.rows(_OF_OWNER, {"owner": owner})


def key_row(tx: Transaction, *, key_id: str) -> Row[Any] | None:
    """Return one key, or None."""
    return tx.row(_BY_KEY_ID, {"key_id": key_id})


def signing_pair(tx: Transaction, *, owner: str) -> KeyPair:
    """Return the keys that a local actor signs with now.

    Raises:
        KeyError: The actor is not local.
    """
    in_use = _private_keys(tx, owner=owner)
    return KeyPair(rsa=in_use["rsa"], ed25519=in_use["ed25519"])


def proof_key(tx: Transaction, *, owner: str) -> PrivateKey | None:
    """Return the Ed25519 key that a local actor proves with now; None when it was lost."""
    return _private_keys(tx, owner=owner).get("ed25519")


def _private_keys(tx: Transaction, *, owner: str) -> dict[str, PrivateKey]:
    return {
        row.kind: _parsed_private(row.private, row.key_id)
        for row in key_rows(tx, owner=owner)
        if row.private is not None and row.retired_at is None and row.purpose == "actor"
    }


@lru_cache(maxsize=4_096)
def _parsed_private(pem: str, key_id: str) -> PrivateKey:
    return load_private_key(pem, key_id=key_id, generated_here=True)


def documents(tx: Transaction, *, owner: str) -> list[KeyDocument]:
    """Return the public keys of a local actor as they are published.

    Of retired RSA keys nothing more can be checked, because HTTP signatures
    live for minutes; retired Ed25519 keys stay, because proofs live on.
    """
    found = []
    for row in key_rows(tx, owner=owner):
        if row.kind == "rsa" and row.retired_at is not None:
            continue
        found.append(
            KeyDocument(
                key_id=row.key_id,
                owner=owner,
                kind="pem" if row.kind == "rsa" else "multibase",
                value=row.public,
                created=row.created_at,
                expires=None if row.retired_at is None else row.retired_at + RETIRED_KEY_DAYS * DAY,
                revoked=row.revoked_at,
            )
        )
    return found


def remember(tx: Transaction, found: Iterable[KeyDocument]) -> None:
    """Store the public keys that a remote actor publishes now; one that it no longer lists is forgotten.

    A key that we cannot use (too short, of another kind) is left out: whoever
    signs with it is refused as if it were not there.
    """
    listed = list(found)
    if not listed:
        return
    owner = listed[0].owner
    still_there = {key.key_id for key in listed}
    for row in key_rows(tx, owner=owner):
        if row.key_id not in still_there:
            tx.execute(_FORGET, {"key": row.id})
    for key in listed:
        try:
            parsed = parse(key)
        except FedgovError:
            continue
        tx.execute(
            _REMEMBER,
            {
                "id": tx.new_id(),
                "key_id": key.key_id,
                "owner": key.owner,
                "kind": parsed.kind,
                "purpose": "actor",
                "public": key.value,
                "created_at": key.created or tx.now,
                "retired_at": key.expires,
                "revoked_at": key.revoked,
                "fetched_at": tx.now,
            },
        )
    tx.signal(f"keys:{owner}")


def parse(key: KeyDocument) -> PublicKey:
    """Return the parsed form of a published key.

    Raises:
        MalformedError: It is not a key.
        UnverifiedError: It is of a kind or strength that we do not accept.
    """
    if key.kind == "pem":
        return load_public_key(key.value, key_id=key.key_id)
    return load_multikey(key.value, key_id=key.key_id)


def parse_row(row: Row[Any]) -> PublicKey:
    """Return the parsed form of a stored key."""
    if row.public.lstrip().startswith("-----"):
        return load_public_key(row.public, key_id=row.key_id)
    return load_multikey(row.public, key_id=row.key_id)
