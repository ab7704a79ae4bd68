"""What other servers ask us to look at, and what they made of what we asked them.

Spec: row AUT-12 of the threat table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fedgov.features.moderation import service
from fedgov.federation.dispatch import ANY, Handler, VerifiedActivity
from fedgov.kernel.errors import MalformedError
from fedgov.kernel.text.plain import html_to_plain
from fedgov.store.transaction import Transaction

_LONGEST_HTML: Final = 20_000


def on_flag(tx: Transaction, verified: VerifiedActivity) -> None:
    """Another server reports somebody here."""
    activity = verified.activity
    text = activity.content or ""
    service.receive_report(
        tx,
        reporter=activity.actor,
        uris=activity.objects,
        text=html_to_plain(text[:_LONGEST_HTML]) if "<" in text else text,
        flag_uri=activity.id,
    )


def on_outcome(tx: Transaction, verified: VerifiedActivity) -> None:
    """Another server judged what we reported."""
    activity = verified.activity
    if activity.object_uri is None:
        raise MalformedError(f"{activity.type} needs the id of a Flag")
    service.receive_outcome(tx, actor=activity.actor, flag_uri=activity.object_uri, kind=activity.type)


HANDLERS: Final[Mapping[tuple[str, str], Handler]] = {
    ("Flag", ANY): Handler(on_flag),
    ("Accept", "Flag"): Handler(on_outcome),
    ("Reject", "Flag"): Handler(on_outcome),
}
