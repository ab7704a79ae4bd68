"""What the database itself refuses: an audit log from which an entry is changed or removed.

Only entries behind the anchor may go (`fedgov.store.audit.prune` moves it first).
Whoever owns the database can take these triggers away; that is what the chain is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, MetaData, event, text

from fedgov.store.tables import metadata

GUARDS: Final[Mapping[str, Sequence[str]]] = {
    "sqlite": (
        """CREATE TRIGGER IF NOT EXISTS audit_entries_stay BEFORE DELETE ON audit_entries
        WHEN OLD.number > COALESCE((SELECT anchor_number FROM audit_head), 0)
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
        """CREATE TRIGGER IF NOT EXISTS audit_entries_stay_as_they_are BEFORE UPDATE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
        """CREATE TRIGGER IF NOT EXISTS audit_head_stays BEFORE DELETE ON audit_head
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
        """CREATE TRIGGER IF NOT EXISTS audit_head_goes_on BEFORE UPDATE ON audit_head
        WHEN NEW.number < OLD.number OR NEW.anchor_number < OLD.anchor_number OR NEW.anchor_number > NEW.number
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
        """CREATE OR REPLACE FUNCTION audit_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF OLD.number > COALESCE((SELECT anchor_number FROM audit_head), 0) THEN
            RAISE EXCEPTION 'the audit log is append-only';
          END IF;
          RETURN OLD;
        END $$""",
        """CREATE OR REPLACE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_refuse_removal()""",
        """CREATE OR REPLACE TRIGGER audit_entries_stay_as_they_are BEFORE UPDATE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
        """CREATE OR REPLACE TRIGGER audit_entries_stay_together BEFORE TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
        """CREATE OR REPLACE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
        """CREATE OR REPLACE TRIGGER audit_head_goes_on BEFORE UPDATE ON audit_head FOR EACH ROW
        WHEN (NEW.number < OLD.number OR NEW.anchor_number < OLD.anchor_number OR NEW.anchor_number > NEW.number)
        EXECUTE FUNCTION audit_refuse()""",
    ),
}
"""The same statements stand in the migration that made the tables; a test compares."""


@event.listens_for(metadata, "after_create")
def _guard(_target: MetaData, connection: Connection, **_options: Any) -> None:  # noqa: ANN401 - as SQLAlchemy has it
    """Guard tables that were made without a migration, as tests do."""
    for statement in GUARDS.get(connection.dialect.name, ()):
        connection.execute(text(statement))
