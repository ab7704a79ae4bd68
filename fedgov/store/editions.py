"""Editions: how what was made of rows before is known to be still true.

To make what an app shows of a post takes some fifteen rows of seven tables, and of
its author as many; both are asked for hundreds of times before they change. So what
was made is kept in memory (`Remembered`), together with the edition of the row that
it was made of. Whoever wants it again reads the edition, in the same snapshot as all
the rest, and takes what is kept only when it carries that very edition.

The database itself gives a row another edition whenever something of it changes, by
whichever statement, of whichever process. So nobody has to be told to forget anything,
and nothing stale can be shown, not even for a moment. An edition is a random number, so
that one of a transaction that was undone never comes back with another meaning.

See ``docs/decisions/0012-editions.md``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Final

from fedgov.store.counters import Triggers, kept_by

MAX_REMEMBERED: Final = 4_000
"""Most that an instance keeps; of posts each takes some 6 KB."""

ACTORS: Final[Triggers] = {
    "sqlite": (
        """CREATE TRIGGER IF NOT EXISTS actors_edition AFTER UPDATE ON actors
        BEGIN UPDATE actors SET edition = random() WHERE id = NEW.id; END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION new_edition() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.edition = (random() * 9007199254740991)::bigint; RETURN NEW; END $$""",
        """CREATE OR REPLACE TRIGGER actors_edition BEFORE UPDATE ON actors
        FOR EACH ROW EXECUTE FUNCTION new_edition()""",
    ),
}
"""What gives an actor another edition; the same statements stand in the migration, and a test compares."""

kept_by(ACTORS)


class Remembered:
    """What was made of rows, each under the edition that they had; what was not wanted longest goes first."""

    def __init__(self, *, most: int = MAX_REMEMBERED) -> None:
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        """Return how much is kept."""
        return len(self._kept)

    def get(self, key: Hashable, *, edition: Hashable) -> Any | None:  # noqa: ANN401 - whatever was kept
        """Return what was made of rows that have this edition; None when it is not kept or no longer true.

        Args:
            key: What it is, and of which row.
            edition: As it was read in the transaction that asks.
        """
        found = self._kept.get(key)
        if found is None or found[0] != edition:
            return None
        try:  # noqa: SIM105 - a context costs more than all the rest of this
            self._kept.move_to_end(key)
        except KeyError:  # another thread threw it out meanwhile
            pass
        return found[1]

    def keep(self, key: Hashable, value: Any, *, edition: Hashable) -> None:  # noqa: ANN401 - anything that nobody changes
        """Keep what was made of rows.

        Args:
            key: What it is, and of which row.
            value: What nobody changes any more, and what does not depend on who looks.
            edition: As it was read in the same snapshot as the rows.
        """
        self._kept[key] = (edition, value)
        while len(self._kept) > self._most:
            try:
                self._kept.popitem(last=False)
            except KeyError:  # another thread was quicker
                return
