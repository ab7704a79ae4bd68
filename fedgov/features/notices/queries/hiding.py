"""Whom a reader does not get to see, looked at when something is read because it changes."""

from __future__ import annotations

from collections.abc import Iterable

from fedgov.features.people import queries as people
from fedgov.features.trust import queries as trust
from fedgov.store.transaction import Transaction


def unheard_among(tx: Transaction, *, viewer: str, uris: Iterable[str | None]) -> frozenset[str]:
    """Return those of some actors of whom somebody is told nothing: as `hidden_among`, but who is muted may be heard.

    Args:
        tx: The open transaction.
        viewer: URI of the local actor who reads.
        uris: URIs of actors; None for nobody.
    """
    found = frozenset(uri for uri in uris if uri)
    if not found:
        return found
    return people.unheard_among(tx, viewer=viewer, uris=found) | trust.hidden(tx, uris=found)


def hidden_among(tx: Transaction, *, viewer: str, uris: Iterable[str | None]) -> frozenset[str]:
    """Return those of some actors who are blocked either way, muted, or of a domain that is blocked.

    Args:
        tx: The open transaction.
        viewer: URI of the local actor who reads.
        uris: URIs of actors; None for nobody.
    """
    found = frozenset(uri for uri in uris if uri)
    if not found:
        return found
    return people.hidden_among(tx, viewer=viewer, uris=found) | trust.hidden(tx, uris=found)
