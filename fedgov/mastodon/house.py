"""What the instance says of itself besides its description: rules, texts, figures, and whom it knows.

Spec: https://docs.joinmastodon.org/methods/instance/; methods/custom_emojis
"""

from __future__ import annotations

import hashlib
from typing import Final

from markupsafe import escape
from sqlalchemy import select

from fedgov.features.people.queries import weekly_accounts
from fedgov.features.posts.queries.trends import weekly_posts
from fedgov.features.trust.queries import list_rules, rules
from fedgov.federation import actors, emojis
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.clock import DAY, SECOND, beginning_of_week, to_rfc3339
from fedgov.kernel.errors import NotFoundError, UnverifiedError
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.emoji import own_emoji_entity
from fedgov.mastodon.entities.instance import rule_entities
from fedgov.mastodon.replies import shown
from fedgov.store.tables import peers
from fedgov.store.transaction import Transaction

WEEKS: Final = 12
_LANGUAGES: Final = (("nl", "Nederlands"), ("en", "English"), ("fy", "Frysk"))
_MOST_PEERS: Final = 20
_PEERS: Final = select(peers.c.host).order_by(peers.c.host)


async def show_rules(call: Call) -> Reply:
    """List of rules."""
    return shown(rule_entities(call.instance.config))


async def extended_description(call: Call) -> Reply:
    """View extended description."""
    text = call.instance.config.instance.description
    return shown({"updated_at": await _since(call), "content": f"<p>{escape(text)}</p>" if text else ""})


async def privacy_policy(call: Call) -> Reply:
    """View privacy policy: where it is."""
    return shown({"updated_at": await _since(call), "content": _link(call, "/privacy")})


async def terms(call: Call) -> Reply:
    """View terms of service: the house rules, and where they are."""
    listed = "".join(f"<li>{escape(rule)}</li>" for rule in call.instance.config.instance.rules)
    content = (f"<ol>{listed}</ol>" if listed else "") + _link(call, "/terms")
    day = (await _since(call))[:10]
    return shown({"effective_date": day, "effective": True, "content": content, "succeeded_by": None})


async def terms_of(call: Call) -> Reply:
    """View a specific version of the terms of service; there is one."""
    if call.places["date"] != (await _since(call))[:10]:
        raise NotFoundError("Record not found")
    return await terms(call)


async def languages(_call: Call) -> Reply:
    """List of languages."""
    return shown([{"code": code, "name": name} for code, name in _LANGUAGES])


async def translation_languages(_call: Call) -> Reply:
    """View translation languages: nothing is translated here."""
    return shown({})


async def custom_emojis(call: Call) -> Reply:
    """View all custom emoji: those of this instance that are not hidden."""
    return shown(await call.read(_emojis))


def _emojis(tx: Transaction) -> list[Entity]:
    return [own_emoji_entity(row, site=tx.site) for row in emojis.every(tx) if not row.hidden]


# --- whom it knows ----------------------------------------------------------------------------------------------


async def show_peers(call: Call) -> Reply:
    """List of connected domains."""
    return shown(await call.read(_known))


async def search_peers(call: Call) -> Reply:
    """Search known peers."""
    words = call.parameters.text("q").strip().lower()
    found = [host for host in await call.read(_known) if words and host.startswith(words)]
    return shown(found[:_MOST_PEERS])


def _known(tx: Transaction) -> list[str]:
    shut = rules(tx).blocked
    return [host for host in tx.values(_PEERS) if host not in shut]


async def domain_blocks(call: Call) -> Reply:
    """View moderated servers, where the administrator shows them."""
    shown_to = call.instance.config.federation.show_blocks
    if shown_to == "nobody":
        raise NotFoundError("Record not found")
    if shown_to == "colleagues" and call.viewer is None:
        raise UnverifiedError("The access token is invalid")
    return shown(await call.read(_blocked))


def _blocked(tx: Transaction) -> list[Entity]:
    return [
        {
            "domain": row.domain,
            "digest": hashlib.sha256(row.domain.encode()).hexdigest(),
            "severity": "suspend",
            "comment": row.reason or None,
        }
        for row in list_rules(tx, rule="blocked")
    ]


# --- figures ----------------------------------------------------------------------------------------------------


async def activity(call: Call) -> Reply:
    """Weekly activity."""
    return shown(await call.read(_activity))


def _activity(tx: Transaction) -> list[Entity]:
    this = beginning_of_week(tx.now)
    weeks = [this - number * 7 * DAY for number in range(WEEKS)]
    written, used = weekly_posts(tx, since=weeks[-1]), weekly_accounts(tx, since=weeks[-1])
    return [
        {
            "week": str(week // SECOND),
            "statuses": str(written.get(week, 0)),
            "logins": str(used.get(week, (0, 0))[1]),
            "registrations": str(used.get(week, (0, 0))[0]),
        }
        for week in weeks
    ]


async def health(_call: Call) -> Reply:
    """Get basic health status as JSON."""
    return shown({"status": "UP"})


# --- pieces -----------------------------------------------------------------------------------------------------


async def _since(call: Call) -> str:
    """Return since when the texts are as they are, as far as anybody noted: since there is this instance."""
    row = await call.read(actors.get, uri=call.site.application)
    return to_rfc3339(row.created_at)


def _link(call: Call, path: str) -> str:
    address = escape(call.site.url(path))
    return f'<p><a href="{address}">{address}</a></p>'


_PUBLIC: Final = Access.public()

ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/instance/rules", access=_PUBLIC, handle=show_rules),
    Endpoint(method="GET", path="/api/v1/instance/extended_description", access=_PUBLIC, handle=extended_description),
    Endpoint(method="GET", path="/api/v1/instance/privacy_policy", access=_PUBLIC, handle=privacy_policy),
    Endpoint(method="GET", path="/api/v1/instance/terms_of_service", access=_PUBLIC, handle=terms),
    Endpoint(method="GET", path="/api/v1/instance/terms_of_service/:date", access=_PUBLIC, handle=terms_of),
    Endpoint(method="GET", path="/api/v1/instance/languages", access=_PUBLIC, handle=languages),
    Endpoint(method="GET", path="/api/v1/instance/translation_languages", access=_PUBLIC, handle=translation_languages),
    Endpoint(method="GET", path="/api/v1/instance/peers", access=_PUBLIC, handle=show_peers),
    Endpoint(method="GET", path="/api/v1/peers/search", access=_PUBLIC, handle=search_peers),
    Endpoint(method="GET", path="/api/v1/instance/domain_blocks", access=_PUBLIC, handle=domain_blocks),
    Endpoint(method="GET", path="/api/v1/instance/activity", access=_PUBLIC, handle=activity),
    Endpoint(method="GET", path="/api/v1/custom_emojis", access=_PUBLIC, handle=custom_emojis),
    Endpoint(method="GET", path="/health", access=_PUBLIC, handle=health),
)
