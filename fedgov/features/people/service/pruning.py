"""Letting go of log-ins, codes, tokens and apps that nobody uses any more."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, exists, func, or_, select

from fedgov.features.people.policy import apps as policy
from fedgov.features.people.tables import apps, codes, sessions, tokens
from fedgov.instance import Instance
from fedgov.kernel.clock import HOUR
from fedgov.store.transaction import Transaction

EVERY: Final = HOUR
"""Milliseconds between two times."""
ROWS_AT_ONCE: Final = 1_000

_OLD_CODES: Final = select(codes.c.code_hash).where(codes.c.expires_at < bindparam("before")).limit(ROWS_AT_ONCE)
_FORGET_CODES: Final = delete(codes).where(codes.c.code_hash.in_(_OLD_CODES.scalar_subquery()))
_OLD_SESSIONS: Final = (
    select(sessions.c.token_hash).where(sessions.c.expires_at <= bindparam("now")).limit(ROWS_AT_ONCE)
)
_FORGET_SESSIONS: Final = delete(sessions).where(sessions.c.token_hash.in_(_OLD_SESSIONS.scalar_subquery()))
_OLD_TOKENS: Final = (
    select(tokens.c.id)
    .where(
        or_(
            tokens.c.revoked_at < bindparam("revoked_before"),
            tokens.c.account_id.is_(None)
            & (func.coalesce(tokens.c.last_used_at, tokens.c.created_at) < bindparam("used_before")),
        )
    )
    .limit(ROWS_AT_ONCE)
)
_FORGET_TOKENS: Final = delete(tokens).where(tokens.c.id.in_(_OLD_TOKENS.scalar_subquery()))
_OLD_APPS: Final = (
    select(apps.c.id)
    .where(
        apps.c.created_at < bindparam("before"),
        ~exists().where(tokens.c.app_id == apps.c.id),
        ~exists().where(codes.c.app_id == apps.c.id),
    )
    .limit(ROWS_AT_ONCE)
)
_FORGET_APPS: Final = delete(apps).where(apps.c.id.in_(_OLD_APPS.scalar_subquery()))


async def prune(instance: Instance) -> None:
    """Remove what has no use any more, not too much at once; for a job that runs once every `EVERY` milliseconds."""
    for what, remove in _ALL.items():
        removed = ROWS_AT_ONCE
        while removed == ROWS_AT_ONCE:
            removed = await instance.write_behind(remove)
            instance.metrics.pruned.labels(what).inc(removed)


def prune_sessions(tx: Transaction) -> int:
    """Remove log-ins that expired; return how many."""
    return tx.execute(_FORGET_SESSIONS, {"now": tx.now})


def prune_codes(tx: Transaction) -> int:
    """Remove codes that are no longer remembered; return how many."""
    return tx.execute(_FORGET_CODES, {"before": tx.now - policy.CODE_KEPT})


def prune_tokens(tx: Transaction) -> int:
    """Remove tokens that ended long ago, and those of apps alone that were not used for long; return how many."""
    revoked, used = tx.now - policy.REVOKED_KEPT, tx.now - policy.UNUSED_KEPT
    return tx.execute(_FORGET_TOKENS, {"revoked_before": revoked, "used_before": used})


def prune_apps(tx: Transaction) -> int:
    """Remove apps that nobody let in; return how many."""
    return tx.execute(_FORGET_APPS, {"before": tx.now - policy.APP_KEPT})


_ALL: Final = {"sessions": prune_sessions, "codes": prune_codes, "tokens": prune_tokens, "apps": prune_apps}
