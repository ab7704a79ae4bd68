"""Entries of the audit log in words, for the administrator's page and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row

from fedgov.features.audit.queries import SYSTEM
from fedgov.kernel.uris import Site
from fedgov.store.audit import UNKNOWN
from fedgov.web.language import later
from fedgov.web.rows import AuditRow

WORDS: Final[Mapping[str, str]] = {
    "login.succeeded": later("logged in"),
    "login.failed": later("could not log in"),
    "login.ended": later("logged out"),
    "session.ended": later("ended a log-in on another device"),
    "password.changed": later("changed a password"),
    "password.refused": later("gave a wrong password while logged in"),
    "token.created": later("made a token for a program"),
    "token.revoked": later("ended a token of a program"),
    "app.allowed": later("let an app in"),
    "app.withdrawn": later("shut an app out again"),
    "app.code_repeated": later("used a code of an app that was used before; what came from it has ended"),
    "account.created": later("made an account"),
    "account.disabled": later("disabled an account"),
    "account.enabled": later("enabled an account"),
    "account.approved": later("approved an account"),
    "account.rejected": later("refused an account"),
    "account.deleted": later("deleted an account"),
    "account.administrator_added": later("made somebody an administrator"),
    "account.administrator_removed": later("made somebody an administrator no more"),
    "account.alias_added": later("gave an account another name elsewhere"),
    "account.alias_removed": later("took another name elsewhere off an account"),
    "account.moved": later("moved an account to another server"),
    "keys.rotated": later("gave somebody new keys"),
    "push_key.rotated": later("gave the instance a new key for push messages"),
    "follow.ordered": later("followed in somebody's name"),
    "post.ordered": later("posted in somebody's name"),
    "domain.blocked": later("blocked a domain"),
    "domain.listed": later("put a domain on the list"),
    "domain.rule_removed": later("took a domain off the list"),
    "domain.described": later("wrote down why there is a rule about a domain"),
    "trust.mode_chosen": later("chose with whom messages are exchanged"),
    "peer.woken": later("tried a server again"),
    "peer.unpinned": later("let the signature of a server be learned again"),
    "delivery.retried": later("had messages sent again"),
    "inbox.retried": later("had messages handled again"),
    "inbox.dismissed": later("removed a parked message"),
    "announcement.written": later("wrote a draft of an announcement"),
    "announcement.changed": later("changed an announcement"),
    "announcement.published": later("published an announcement"),
    "announcement.withdrawn": later("withdrew an announcement"),
    "announcement.removed": later("removed an announcement"),
    "emoji.added": later("added an emoji"),
    "emoji.hidden": later("hid an emoji"),
    "emoji.shown": later("listed a hidden emoji again"),
    "emoji.categorised": later("put an emoji under another heading"),
    "emoji.removed": later("removed an emoji"),
    "person.limited": later("limited somebody"),
    "person.limit_ended": later("limited somebody no more"),
    "person.marked_sensitive": later("covered what somebody posts"),
    "person.mark_ended": later("covered what somebody posts no more"),
    "person.suspended": later("suspended somebody"),
    "person.suspension_ended": later("suspended somebody no more"),
    "report.assigned": later("took a report in hand"),
    "report.unassigned": later("laid a report down again"),
    "report.changed": later("changed the kind of a report"),
    "report.reopened": later("opened a report again"),
    "report.resolved": later("acted on a report"),
    "report.rejected": later("closed a report without acting"),
    "administration.entered": later("wanted to administer without being allowed to"),
    "schema.upgraded": later("brought the database up to date"),
    "backup.begun": later("made a backup"),
    "instance.restored": later("brought the server back from a backup"),
    "instance.opened": later("let a restored server work again"),
    "media.cleaned": later("cleaned up files"),
    "search.rebuilt": later("made the index of words again"),
    "audit.pruned": later("removed old entries of this log"),
}
"""What each kind of entry says, as the end of a sentence that begins with a name."""


def audit_row(row: Row[Any], *, site: Site) -> AuditRow:
    """Return an entry as a page shows it."""
    return AuditRow(
        number=row.number,
        at=row.at,
        kind=row.kind,
        words=WORDS.get(row.kind, row.kind),
        who=name_of(row.who, site=site),
        door=row.door,
        source=row.source,
        target="" if row.target in (row.who, UNKNOWN) else name_of(row.target, site=site),
        result=row.result,
    )


def name_of(uri: str, *, site: Site) -> str:
    """Return the user name of somebody here; anything else as it is, without our own address before it."""
    if uri.startswith(site.actor("")):
        return "@" + uri.removeprefix(site.actor(""))
    return uri.removeprefix(SYSTEM).removeprefix(site.origin)
