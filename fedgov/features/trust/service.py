"""Deciding with whom messages are exchanged; the only writer of the rules."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from sqlalchemy import delete, select, update

from fedgov.features.people.vocabulary import Unfollowed
from fedgov.features.trust import queries
from fedgov.features.trust.policy import Mode, Rules, allows, check_mode, check_rule
from fedgov.features.trust.tables import domain_rules, trust_mode
from fedgov.features.trust.vocabulary import DomainBlocked, DomainUnblocked, Rule
from fedgov.federation import overview
from fedgov.kernel.config import Config
from fedgov.kernel.errors import InvalidError, MalformedError, NotFoundError, UnreachableError
from fedgov.kernel.uris import normalise_host
from fedgov.store import audit
from fedgov.store.database import Database
from fedgov.store.signals import EVERYTHING
from fedgov.store.transaction import Transaction, insert_or_update

TOPIC: Final = "trust"
"""Signalled when a rule changed."""

_PUT: Final = insert_or_update(
    domain_rules, key=["domain"], update=["rule", "reason", "note", "created_at", "created_by"]
)
_CHOOSE: Final = insert_or_update(trust_mode, key=["id"], update=["mode", "changed_at", "changed_by"])
_log = structlog.get_logger(__name__)


def block(tx: Transaction, *, domain: str, reason: str = "", by: str = "", note: str = "") -> str:
    """Stop exchanging anything with a domain and its subdomains.

    Follows with people there end in both directions, what waits to be sent to
    it is withdrawn, and what it sent but was not handled yet is refused. It is
    told nothing: that would be one more message to it.

    Args:
        tx: The open transaction.
        domain: Host name as a person types it; with a port it is about that port only.
        reason: Plain text for colleagues.
        by: URI of the administrator; empty on the command line.
        note: Plain text for administrators only.

    Returns:
        The domain in canonical form.

    Raises:
        InvalidError: It is not a domain, or our own.
    """
    canonical = _put(tx, domain=domain, rule="blocked", reason=reason, by=by, note=note)
    for follower, following in overview.end_follows(tx, domain=canonical):
        tx.tell(Unfollowed(follower=follower, following=following))
    overview.withdraw_deliveries(tx, domain=canonical, reason="the domain was blocked")
    overview.refuse_items(tx, domain=canonical, reason="the domain was blocked")
    tx.tell(DomainBlocked(domain=canonical, hosts=tuple(overview.known_hosts(tx, domain=canonical))))
    audit.note(tx, "domain.blocked", target=canonical)
    return canonical


def allow(tx: Transaction, *, domain: str, reason: str = "", by: str = "") -> str:
    """Put a domain on the list of those that messages are exchanged with; a block of it ends.

    Args:
        tx: The open transaction.
        domain: Host name as a person types it.
        reason: Plain text for colleagues.
        by: URI of the administrator; empty on the command line.

    Returns:
        The domain in canonical form.

    Raises:
        InvalidError: It is not a domain, or our own.
    """
    canonical = read_domain(domain)
    was_blocked = _rule_of(tx, canonical) == "blocked"
    _put(tx, domain=canonical, rule="listed", reason=reason, by=by)
    if was_blocked:
        tx.tell(DomainUnblocked(domain=canonical))
    audit.note(tx, "domain.listed", target=canonical)
    return canonical


def remove_rule(tx: Transaction, *, domain: str) -> str:
    """Take a domain off the list, whether it was blocked or listed.

    Follows that a block ended do not come back.

    Returns:
        The domain in canonical form.

    Raises:
        InvalidError: It is not a domain.
        NotFoundError: There is no rule about it.
    """
    canonical = read_domain(domain)
    rule = _rule_of(tx, canonical)
    if rule is None:
        raise NotFoundError("there is no rule about this domain", detail=canonical)
    tx.execute(delete(domain_rules).where(domain_rules.c.domain == canonical))
    tx.signal(TOPIC)
    if rule == "blocked":
        tx.tell(DomainUnblocked(domain=canonical))
    audit.note(tx, "domain.rule_removed", target=canonical)
    return canonical


def choose_mode(tx: Transaction, *, mode: str, by: str = "") -> Mode:
    """Choose between everyone who is not blocked, and listed hosts only.

    Args:
        tx: The open transaction.
        mode: ``open`` or ``listed``.
        by: URI of the administrator; empty on the command line.

    Raises:
        InvalidError: It is neither, or wider than the configuration allows.
    """
    chosen = check_mode(mode, configured=tx.config.federation.trust)
    tx.execute(_CHOOSE, {"id": 1, "mode": chosen, "changed_at": tx.now, "changed_by": by})
    tx.signal(TOPIC)
    audit.note(tx, "trust.mode_chosen", target=chosen)
    return chosen


def read_domain(text: str) -> str:
    """Return the canonical form of a domain that a person typed or pasted, also out of an address.

    Raises:
        InvalidError: It is not a domain.
    """
    bare = text.strip().lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    try:
        return normalise_host(bare.rpartition("@")[2].removeprefix("*."))
    except MalformedError:
        raise InvalidError("this is not a domain like social.example.nl", field="domain", detail=text[:100]) from None


def describe_rule(tx: Transaction, *, domain: str, reason: str, note: str) -> None:
    """Write down anew why there is a rule about a domain.

    Args:
        tx: The open transaction.
        domain: Canonical host.
        reason: Plain text for colleagues.
        note: Plain text for administrators only.

    Raises:
        InvalidError: The reason is too long.
        NotFoundError: There is no rule about it.
    """
    rule, words = _rule_of(tx, domain), reason.strip()
    if rule is None:
        raise NotFoundError("there is no rule about this domain", detail=domain)
    check_rule(domain=domain, own=tx.site.domain, reason=words)
    check_rule(domain=domain, own=tx.site.domain, reason=note.strip())
    values = {"reason": words, "note": note.strip()}
    tx.execute(update(domain_rules).where(domain_rules.c.domain == domain).values(**values))
    audit.note(tx, "domain.described", target=domain)


def _put(tx: Transaction, *, domain: str, rule: Rule, reason: str, by: str, note: str = "") -> str:
    canonical, words = read_domain(domain), reason.strip()
    check_rule(domain=canonical, own=tx.site.domain, reason=words)
    check_rule(domain=canonical, own=tx.site.domain, reason=note.strip())
    row = {"id": tx.new_id(), "domain": canonical, "rule": rule, "reason": words, "note": note.strip()}
    tx.execute(_PUT, {**row, "created_at": tx.now, "created_by": by})
    tx.signal(TOPIC)
    return canonical


def _rule_of(tx: Transaction, domain: str) -> Rule | None:
    found: Rule | None = tx.value(select(domain_rules.c.rule).where(domain_rules.c.domain == domain))
    return found


class TrustDecisions:
    """The answer to `fedgov.instance.Trust`: rules kept in memory, read again when they change.

    Until they were read once, nobody but ourselves is allowed: a server that
    cannot know whom it blocked must not guess.

    Args:
        database: Where the rules are.
        config: Tells our own address.
    """

    def __init__(self, database: Database, *, config: Config) -> None:
        self._database = database
        self._own = config.site.domain
        self._decisions: tuple[Mode, Rules] | None = None
        self._stale = False
        self._closed = False
        self._reload: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the rules, and from now on read them again whenever they change."""
        self._database.signals.on_signal(self._on_signal)
        self._decisions = await self._database.read(queries.decisions)

    async def close(self) -> None:
        """Read no more: the database is about to be closed."""
        self._closed = True
        if self._reload is not None:
            self._reload.cancel()
            await asyncio.wait([self._reload])

    def allows(self, host: str) -> bool:
        """Tell whether messages may be exchanged with this host, in any direction.

        Args:
            host: Canonical host, as `fedgov.kernel.uris.host` gives it.
        """
        if self._decisions is None:
            return host == self._own
        mode, rules = self._decisions
        return allows(host, mode=mode, rules=rules, own=self._own)

    async def settled(self) -> None:
        """Return when the rules of which a signal was sent have been read."""
        if self._reload is not None and not self._reload.done():
            await asyncio.wait([self._reload])

    def _on_signal(self, topic: str) -> None:
        if self._closed or topic not in (TOPIC, EVERYTHING):
            return
        self._stale = True
        if self._reload is None or self._reload.done():
            self._reload = asyncio.get_running_loop().create_task(self._read_again())

    async def _read_again(self) -> None:
        while self._stale:
            self._stale = False
            try:
                self._decisions = await self._database.read(queries.decisions)
            except UnreachableError as error:
                # The rules of a moment ago still hold; whoever changed them is told again by the next signal.
                self._stale = True
                _log.warning("trust_rules_not_read", reason=error.detail or error.safe)
                await asyncio.sleep(1)
