"""Rows of the administrator's lists, as the pages show them."""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import Row

from fedgov.federation.signatures.shapes import Shape
from fedgov.web.rows import BlockRow, DeliveryRow, DeliveryState, ParkedRow, PeerRow

_SHAPES: Final = {
    Shape.CAVAGE: "cavage · RSA",
    Shape.CAVAGE_DIGEST: "cavage · RSA, digest",
    Shape.CAVAGE_NO_QUERY: "cavage · RSA, no query",
    Shape.RFC9421_RSA: "RFC 9421 · RSA",
    Shape.RFC9421_ED25519: "RFC 9421 · Ed25519",
}
_MAX_JSON: Final = 50_000
"""Characters of a message that a page shows."""


def delivery_row(row: Row[Any]) -> DeliveryRow:
    """Return a delivery as `fedgov.federation.overview.list_deliveries` found it."""
    state: DeliveryState = "retry" if row.state == "queued" and row.attempts else row.state
    return DeliveryRow(
        id=row.id,
        host=row.host,
        activity=row.activity_type,
        state=state,
        created_at=row.created_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at if row.state == "queued" else None,
        reason=row.reason or "",
        sender=f"@{row.username}@{row.sender_host}" if row.username else row.actor,
        object_url=f"/posts/{row.object_id}" if row.object_id is not None and row.object_deleted_at is None else None,
    )


def peer_row(row: Row[Any], *, blocked: bool) -> PeerRow:
    """Return a server as `fedgov.federation.overview.list_peers` found it."""
    return PeerRow(
        host=row.host,
        name=row.name or "",
        software=row.software or "",
        signature=signature(row.shape),
        last_contact_at=max(row.last_inbound_at or 0, row.last_success_at or 0) or None,
        last_failure=(row.reason or "") if row.failures or row.parked_at is not None else "",
        queued=row.queued,
        parked=row.parked_at is not None,
        pinned=row.pinned_at is not None,
        blocked=blocked,
    )


def signature(shape: str | None) -> str:
    """Return how a server wants requests signed, in words; empty when it was not learnt."""
    return _SHAPES[Shape(shape)] if shape in _SHAPES else ""


def block_row(row: Row[Any]) -> BlockRow:
    """Return a rule as `queries.list_rules` found it."""
    return BlockRow(domain=row.domain, reason=row.reason, created_at=row.created_at, by=f"@{row.by}" if row.by else "")


def parked_row(row: Row[Any]) -> ParkedRow:
    """Return an accepted activity that was not carried out."""
    return ParkedRow(
        id=row.id,
        received_at=row.received_at,
        origin=row.origin,
        activity=row.type,
        reason=row.reason or "",
        attempts=row.attempts,
        json=readable(bytes(row.body)),
    )


def readable(body: bytes) -> str:
    """Return a message indented, as far as a page shows it; as it came when it is not JSON."""
    try:
        text = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        text = body.decode(errors="replace")
    return text if len(text) <= _MAX_JSON else text[:_MAX_JSON] + "\n…"
