"""Whom tokens stood for a moment ago, so that a look-up need not be waited for before what is asked.

Nothing is answered on the word of this alone: in the very transaction that reads or
writes what was asked for, the token is held against the database again (`Claims.proven`).
Whoever was shut out meanwhile, by whichever process, is not served once more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fedgov.features.people.service.tokens import Claim, find_claim, still_holds
from fedgov.instance import Instance
from fedgov.store.transaction import Transaction
from fedgov.web.session import hash_token

T = TypeVar("T")

MAX_CLAIMS: Final = 2_000


class ClaimLostError(Exception):
    """A token no longer stands for whom it stood a moment ago; nothing was read or written."""


@dataclass(slots=True)
class Proof:
    """What one call must prove before it is answered.

    Args:
        claim: For whom its token stood.
        is_given: It still does: the database said so during this call.
    """

    claim: Claim
    is_given: bool = False


class Claims:
    """Whom tokens stood for, of one instance in one process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Claim] = OrderedDict()

    def recent(self, token: str, *, now: int) -> Claim | None:
        """Return for whom a token stood a moment ago; None when that must be asked.

        Args:
            token: As it stands in the Authorization header.
            now: Milliseconds since the epoch.
        """
        found = self._kept.get(hash_token(token))
        return found if found is not None and found.is_recent(now) else None

    async def ask(self, instance: Instance, token: str) -> Claim | None:
        """Return for whom a token stands; None when for nobody.

        Args:
            instance: Where.
            token: As it stands in the Authorization header.
        """
        self.forget(token)
        found = await find_claim(instance, token=token)
        if found is not None:
            self._kept[found.token_hash] = found
            while len(self._kept) > MAX_CLAIMS:
                self._kept.popitem(last=False)
        return found

    def forget(self, token: str) -> None:
        """Ask about a token anew next time."""
        self._kept.pop(hash_token(token), None)


def proven(tx: Transaction, proof: Proof, ask: Callable[..., T], args: tuple[Any, ...], values: Mapping[str, Any]) -> T:
    """Run a query or use case of a call once its token is proven to stand for whom it stood.

    Args:
        tx: The open transaction.
        proof: What the call must prove.
        ask: The query or use case.
        args: Its arguments.
        values: Its arguments by name.

    Raises:
        ClaimLostError: The token stands for nobody any more, or for less.
    """
    prove(tx, proof)
    return ask(tx, *args, **values)


def prove(tx: Transaction, proof: Proof) -> None:
    """Hold the token of a call against the database. Raises what `proven` raises."""
    if not proof.is_given and not still_holds(tx, proof.claim):
        raise ClaimLostError
    proof.is_given = True
