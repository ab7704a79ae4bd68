"""Figures that the database itself keeps: how many follow somebody, and the like.

To count rows on each read takes the longer the more there are, and a home
timeline shows the figures of twenty people. So the database counts whenever a row
comes, changes or goes, in the same transaction, whichever statement does it:
no use case can forget it, also not one that takes a thousand rows away at once.

See ``docs/decisions/0010-figures-are-kept.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, MetaData, event, text

from fedgov.store.tables import metadata

Triggers = Mapping[str, Sequence[str]]
"""Statements by name of the dialect."""

FOLLOWS: Final[Triggers] = {
    "sqlite": (
        """CREATE TRIGGER IF NOT EXISTS follows_counted_in AFTER INSERT ON follows WHEN NEW.state = 'accepted'
        BEGIN
          INSERT INTO follow_figures (actor, followers, following)
          VALUES (NEW.following, 1, 0), (NEW.follower, 0, 1)
          ON CONFLICT (actor) DO UPDATE
          SET followers = followers + excluded.followers, following = following + excluded.following;
        END""",
        """CREATE TRIGGER IF NOT EXISTS follows_counted_out AFTER DELETE ON follows WHEN OLD.state = 'accepted'
        BEGIN
          UPDATE follow_figures SET followers = followers - 1 WHERE actor = OLD.following;
          UPDATE follow_figures SET following = following - 1 WHERE actor = OLD.follower;
        END""",
        """CREATE TRIGGER IF NOT EXISTS follows_counted_again AFTER UPDATE OF state ON follows
        WHEN (OLD.state = 'accepted') <> (NEW.state = 'accepted')
        BEGIN
          INSERT INTO follow_figures (actor, followers, following)
          VALUES (NEW.following, (NEW.state = 'accepted') - (OLD.state = 'accepted'), 0),
            (NEW.follower, 0, (NEW.state = 'accepted') - (OLD.state = 'accepted'))
          ON CONFLICT (actor) DO UPDATE
          SET followers = followers + excluded.followers, following = following + excluded.following;
        END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION follows_count() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE one follows; more integer; who text;
        BEGIN
          IF TG_OP = 'DELETE' THEN one = OLD; more = -1; ELSE one = NEW; more = 1; END IF;
          IF TG_OP = 'UPDATE' AND OLD.state = 'accepted' THEN more = -1; END IF;
          -- Always in one order, so that two who follow each other at a time do not wait for each other.
          FOR who IN SELECT DISTINCT each FROM unnest(ARRAY[one.follower, one.following]) AS each ORDER BY each LOOP
            INSERT INTO follow_figures (actor, followers, following)
            VALUES (who, CASE WHEN who = one.following THEN more ELSE 0 END,
              CASE WHEN who = one.follower THEN more ELSE 0 END)
            ON CONFLICT (actor) DO UPDATE SET followers = follow_figures.followers + excluded.followers,
              following = follow_figures.following + excluded.following;
          END LOOP;
          RETURN NULL;
        END $$""",
        """CREATE OR REPLACE TRIGGER follows_counted_in AFTER INSERT ON follows
        FOR EACH ROW WHEN (NEW.state = 'accepted') EXECUTE FUNCTION follows_count()""",
        """CREATE OR REPLACE TRIGGER follows_counted_out AFTER DELETE ON follows
        FOR EACH ROW WHEN (OLD.state = 'accepted') EXECUTE FUNCTION follows_count()""",
        """CREATE OR REPLACE TRIGGER follows_counted_again AFTER UPDATE OF state ON follows
        FOR EACH ROW WHEN ((OLD.state = 'accepted') <> (NEW.state = 'accepted')) EXECUTE FUNCTION follows_count()""",
    ),
}
"""The same statements stand in the migration that made the tables; a test compares."""


def kept_by(triggers: Triggers) -> None:
    """Let tables that are made without a migration, as tests do, have their triggers too.

    Args:
        triggers: The statements.
    """

    def make(_target: MetaData, connection: Connection, **_options: Any) -> None:  # noqa: ANN401 - as SQLAlchemy has it
        for statement in triggers.get(connection.dialect.name, ()):
            connection.execute(text(statement))

    event.listen(metadata, "after_create", make)


kept_by(FOLLOWS)
