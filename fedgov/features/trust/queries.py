"""Questions about other servers that pages, commands and other rooms ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Row, func, select

from fedgov.features.people.service.sanctions import suspended_among
from fedgov.features.trust.policy import Mode, Rules, effective_mode, is_blocked
from fedgov.features.trust.tables import domain_rules, trust_mode
from fedgov.features.trust.vocabulary import Rule
from fedgov.kernel.errors import MalformedError, NotFoundError
from fedgov.kernel.pagination import Page, PageRequest, page_of
from fedgov.kernel.uris import host
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

_ALL: Final = select(domain_rules.c.domain, domain_rules.c.rule)
_BLOCKED: Final = select(domain_rules.c.domain).where(domain_rules.c.rule == "blocked")
_MODE: Final = select(trust_mode.c.mode)
_LIST: Final = (
    select(domain_rules, actors.c.username.label("by"))
    .outerjoin(actors, actors.c.uri == domain_rules.c.created_by)
    .order_by(domain_rules.c.domain)
)
_BLOCKS: Final = select(func.count()).select_from(domain_rules).where(domain_rules.c.rule == "blocked")


def rules(tx: Transaction) -> Rules:
    """Return everything that was decided, in the form that `policy` reads."""
    found = tx.rows(_ALL)
    return Rules(
        blocked=frozenset(row.domain for row in found if row.rule == "blocked"),
        listed=frozenset(row.domain for row in found if row.rule == "listed"),
    )


def mode(tx: Transaction) -> Mode:
    """Return with whom messages are exchanged at all: with everyone who is not blocked, or with listed hosts only."""
    return effective_mode(configured=tx.config.federation.trust, chosen=tx.value(_MODE))


def decisions(tx: Transaction) -> tuple[Mode, Rules]:
    """Return mode and rules as they are at one moment."""
    return mode(tx), rules(tx)


def list_rules(tx: Transaction, *, rule: Rule | None = None) -> Sequence[Row[Any]]:
    """Return the rows (domain, rule, reason, created_at, by), in the order of the alphabet.

    ``by`` is the user name of the administrator; None for the command line.
    """
    return tx.rows(_LIST if rule is None else _LIST.where(domain_rules.c.rule == rule))


def rules_page(tx: Transaction, *, rule: Rule, page: PageRequest) -> Page[Row[Any]]:
    """Return a page of the rules of one kind (id, domain, reason, note, created_at), the newest first.

    Args:
        tx: The open transaction.
        rule: Which kind.
        page: Which part.
    """
    query, column = select(domain_rules).where(domain_rules.c.rule == rule), domain_rules.c.id
    if page.max_id is not None:
        query = query.where(column < page.max_id)
    if page.after is not None:
        query = query.where(column > page.after)
    rows = tx.rows(query.order_by(column if page.upwards else column.desc()).limit(page.limit))
    return page_of(rows, page, row_id=lambda row: int(row.id))


def find_rule(tx: Transaction, *, domain: str) -> Row[Any] | None:
    """Return the rule about exactly this domain, or None."""
    return tx.row(select(domain_rules).where(domain_rules.c.domain == domain))


def get_rule(tx: Transaction, *, rule: Rule, rule_id: int) -> Row[Any]:
    """Return one rule of a kind by its row id.

    Raises:
        NotFoundError: There is none.
    """
    row = tx.row(select(domain_rules).where(domain_rules.c.rule == rule, domain_rules.c.id == rule_id))
    if row is None:
        raise NotFoundError("there is no such rule")
    return row


def count_blocks(tx: Transaction) -> int:
    """Return how many domains are blocked."""
    return int(tx.value(_BLOCKS))


def hidden(tx: Transaction, *, uris: Iterable[str]) -> frozenset[str]:
    """Return those of some actors or objects that are suspended or live on a blocked domain, and so must not be shown.

    Args:
        tx: The open transaction.
        uris: URIs of actors or objects, local ones too.
    """
    wanted = frozenset(uris)
    blocked = tx.once(_blocked)
    there = frozenset(uri for uri in wanted if not tx.site.owns(uri) and _is_of(uri, blocked)) if blocked else blocked
    return there | suspended_among(tx, uris=wanted)


def _blocked(tx: Transaction) -> frozenset[str]:
    return frozenset(tx.values(_BLOCKED))


def _is_of(uri: str, blocked: frozenset[str]) -> bool:
    try:
        return is_blocked(host(uri), blocked=blocked)
    except MalformedError:
        return False
