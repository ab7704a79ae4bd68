"""The filters of those who watch, kept between one post and the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from fedgov.features.notices import policy
from fedgov.features.notices.present import texts_of
from fedgov.features.notices.queries.filters import active_filters
from fedgov.features.notices.queries.streams import with_filters
from fedgov.features.notices.vocabulary import Filter
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard

_MOST: Final = 50_000
_NONE: Final[tuple[Filter, ...]] = ()


@dataclass(slots=True)
class Sieve:
    """Tells for which readers a post is not as it is for all others, because a filter of theirs is about it.

    Only one plan at a time may use it; `forget` may be called meanwhile and counts from the next one on.
    """

    _known: dict[str, tuple[Filter, ...]] = field(default_factory=dict)
    _stale: set[str] = field(default_factory=set)
    _all_stale: bool = False

    def forget(self, viewer: str | None) -> None:
        """Read the filters of somebody anew next time; those of everybody for None."""
        if viewer is None:
            self._all_stale = True
        else:
            self._stale.add(viewer)

    def freshen(self) -> None:
        """Begin a new plan."""
        if self._all_stale or len(self._known) > _MOST:
            self._known, self._all_stale = {}, False
        while self._stale:
            self._known.pop(self._stale.pop(), None)

    def concerned(self, tx: Transaction, *, cards: Sequence[PostCard], viewers: Collection[str]) -> frozenset[str]:
        """Return those readers of whom a filter is about any of some posts.

        Args:
            tx: The open transaction.
            cards: A post, and what it quotes.
            viewers: URIs of the readers.
        """
        self._read(tx, viewers)
        known = self._known
        texts = {card.id: texts_of(card) for card in cards}
        return frozenset(
            viewer
            for viewer in viewers
            if (filters := known[viewer])
            and any(
                policy.matches(filters, object_id=object_id, texts=said, now=tx.now)
                for object_id, said in texts.items()
            )
        )

    def _read(self, tx: Transaction, viewers: Collection[str]) -> None:
        unknown = [viewer for viewer in viewers if viewer not in self._known]
        if not unknown:
            return
        owners = with_filters(tx)
        for viewer in unknown:
            self._known[viewer] = tuple(active_filters(tx, owner=viewer)) if viewer in owners else _NONE
