"""Actors: who can act, here and elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, func, select, update

from fedgov.activitystreams.actor import PERSONAL, Actor, Capability, ProfileField, actor_document
from fedgov.activitystreams.document import Document, text
from fedgov.federation import emojis, roster
from fedgov.federation import keys as keyring
from fedgov.federation.keys import KeyPair
from fedgov.kernel.clock import HOUR
from fedgov.kernel.domains import registrable
from fedgov.kernel.errors import ConflictError, NotFoundError
from fedgov.kernel.text.plain import clean_name
from fedgov.kernel.text.sanitise import sanitise
from fedgov.kernel.uris import Site, host, is_username
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction, insert_or_update

ORGANISATION_USERNAME: Final = "organisatie"
"""User name of the Organization actor of every instance."""

MAX_USERNAME: Final = 128
MAX_PICTURE_ALT: Final = 1_500
"""Characters of what is said of a profile picture."""

_PROGRAMS: Final = frozenset({"Application", "Service"})
_COUNTED_AGAIN: Final = 65_536
"""Bytes of a document for which its actor counts once more."""

CAPABILITIES: Final = (
    Capability(href="https://datatracker.ietf.org/doc/html/rfc9421", name="RFC 9421: HTTP Message Signatures"),
    Capability(href="https://w3id.org/fep/8b32", name="FEP-8b32: Object Integrity Proofs"),
    Capability(href="https://w3id.org/fep/521a", name="FEP-521a: Multikey"),
    Capability(href="https://w3id.org/fep/8fcf", name="FEP-8fcf: Followers collection synchronization"),
)
"""What our servers say to implement (FEP-844e)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChanged:
    """Somebody elsewhere now lets what they wrote be found, or no longer does.

    Args:
        uri: Of the actor.

    Spec: FEP-5feb, "Search indexing consent for actors".
    """

    uri: str


_BY_URI: Final = select(actors).where(actors.c.uri == bindparam("uri"))
_BY_URIS: Final = select(actors).where(actors.c.uri.in_(bindparam("uris", expanding=True)))
_BY_IDS: Final = select(actors.c.id, actors.c.uri).where(
    actors.c.id.in_(bindparam("ids", expanding=True)), actors.c.deleted_at.is_(None)
)
_BY_HANDLE: Final = (
    select(actors)
    .where(func.lower(actors.c.username) == bindparam("username"), actors.c.host == bindparam("host"))
    .order_by(actors.c.deleted_at.is_not(None), actors.c.id.desc())
)
_TEXTS: Final = frozenset({"name", "summary_html", "function", "fields"})
"""The columns in which custom emoji may stand."""

_KEPT: Final = frozenset(
    {"id", "uri", "host", "local", "emojis", "created_at", "disabled_at", "deleted_at", "lists_followers", "edition"}
)
"""What only this instance decides about somebody elsewhere."""

_REMEMBER: Final = insert_or_update(
    actors,
    key=["uri"],
    update=[column.name for column in actors.columns if column.name not in _KEPT],
)


def find(tx: Transaction, *, uri: str) -> Row[Any] | None:
    """Return the row of an actor, deleted ones included, or None."""
    return tx.row(_BY_URI, {"uri": uri})


def get(tx: Transaction, *, uri: str) -> Row[Any]:
    """Return the row of an actor that exists.

    Raises:
        NotFoundError: It is unknown or deleted.
    """
    row = find(tx, uri=uri)
    if row is None or row.deleted_at is not None:
        raise NotFoundError("there is no such person", detail=uri)
    return row


def is_program(tx: Transaction, *, uri: str) -> bool:
    """Tell whether an actor stands for its server: the key of a person never vouches for somebody else."""
    row = find(tx, uri=uri)
    return row is not None and row.kind in _PROGRAMS


def find_many(tx: Transaction, *, uris: Sequence[str]) -> dict[str, Row[Any]]:
    """Return the rows of those actors that are known, by URI."""
    rows = tx.rows(_BY_URIS, {"uris": list(uris)}) if uris else ()
    return {row.uri: row for row in rows}


def uris_of(tx: Transaction, *, row_ids: Sequence[int]) -> list[str]:
    """Return the URIs of actors by their row ids, in the order given.

    Raises:
        NotFoundError: One of them is unknown or deleted.
    """
    rows = tx.rows(_BY_IDS, {"ids": list(row_ids)}) if row_ids else ()
    known = {row.id: row.uri for row in rows}
    if any(row_id not in known for row_id in row_ids):
        raise NotFoundError("there is no such person")
    return [known[row_id] for row_id in row_ids]


def find_by_handle(tx: Transaction, *, username: str, at_host: str) -> Row[Any] | None:
    """Return the row of the actor with this handle, or None; upper and lower case are one."""
    return tx.row(_BY_HANDLE, {"username": username.lower(), "host": at_host})


def find_local(tx: Transaction, *, username: str) -> Row[Any] | None:
    """Return the row of a local actor, deleted ones included, or None."""
    row = find_by_handle(tx, username=username, at_host=tx.site.domain)
    return row if row is not None and row.local else None


def known_uris(tx: Transaction, *, row_ids: Sequence[int]) -> list[str]:
    """Return the URIs of those actors that exist, by their row ids, in the order given."""
    rows = tx.rows(_BY_IDS, {"ids": list(row_ids)}) if row_ids else ()
    known = {row.id: row.uri for row in rows}
    return [known[row_id] for row_id in row_ids if row_id in known]


def create_local(
    tx: Transaction,
    *,
    uri: str,
    kind: str,
    username: str,
    name: str,
    pair: KeyPair,
    function: str = "",
    department: str = "",
) -> Row[Any]:
    """Make an actor of this instance.

    Args:
        tx: The open transaction.
        uri: Its permanent URI.
        kind: ``Person``, ``Organization`` or ``Application``.
        username: Its name in handles; never given to anybody else, even after deletion.
        name: Plain-text display name.
        pair: Its keys, made beforehand because that takes long.
        function: Plain text such as ``inkoopadviseur``.
        department: Plain text.

    Raises:
        ConflictError: The name is taken, or was once.
    """
    if find_by_handle(tx, username=username, at_host=tx.site.domain) is not None:
        raise ConflictError("this user name is taken, or was once; names are never given out twice")
    tx.execute(
        actors.insert(),
        {
            "id": tx.new_id(),
            "uri": uri,
            "host": tx.site.domain,
            "local": True,
            "kind": kind,
            "username": username,
            "name": name,
            "function": function,
            "department": department,
            "emojis": emojis.stored(emojis.used_in(tx, name, function)),
            "inbox": f"{uri}/inbox",
            "shared_inbox": tx.site.shared_inbox,
            "followers_uri": f"{uri}/followers",
            "featured_uri": f"{uri}/featured",
            "discoverable": True,
            "created_at": tx.now,
            "updated_at": tx.now,
        },
    )
    keyring.store_pair(tx, owner=uri, pair=pair)
    roster.index(tx, uri=uri)
    return get(tx, uri=uri)


def change_local(tx: Transaction, *, uri: str, values: dict[str, Any]) -> None:
    """Change columns of a local actor and let its document be built anew."""
    if _TEXTS & values.keys():
        row = get(tx, uri=uri)
        texts = [values.get(name, getattr(row, name)) for name in sorted(_TEXTS)]
        values = values | {"emojis": emojis.stored(emojis.used_in(tx, *texts))}
    tx.execute(update(actors).where(actors.c.uri == uri, actors.c.local).values(**values, updated_at=tx.now))
    roster.index(tx, uri=uri)
    tx.signal(f"document:{uri}")


def remember_remote(tx: Transaction, *, actor: Actor, body: str) -> None:
    """Store a remote actor as its own server describes it now.

    Texts are sanitised here, once. An actor that was deleted stays deleted.

    Args:
        tx: The open transaction.
        actor: What was read from the document.
        body: The document exactly as received.

    Raises:
        OverLimitError: Too many whom we did not know came from that domain; it says when to come back.

    Spec: row DOS-07 of the threat table.
    """
    if tx.site.owns(actor.uri):
        return  # nobody else describes our own people
    known = find(tx, uri=actor.uri)
    if known is not None and known.deleted_at is not None:
        return
    if known is None:
        _count_newcomer(tx, uri=actor.uri, size=len(body))
    tx.execute(
        _REMEMBER,
        {
            "id": tx.new_id(),
            "uri": actor.uri,
            "host": host(actor.uri),
            "local": False,
            "kind": actor.kind,
            "username": _username(actor),
            "name": clean_name(actor.name or ""),
            "summary_html": sanitise(actor.summary or ""),
            "function": _line(body, "function"),
            "department": _line(body, "department"),
            "avatar_url": actor.icon,
            "avatar_alt": clean_name(actor.icon_alt, limit=MAX_PICTURE_ALT),
            "header_url": actor.image,
            "header_alt": clean_name(actor.image_alt, limit=MAX_PICTURE_ALT),
            "inbox": actor.inbox,
            "shared_inbox": actor.shared_inbox,
            "followers_uri": actor.followers,
            "featured_uri": actor.featured,
            "approves_followers": actor.manually_approves_followers,
            "discoverable": actor.discoverable,
            "indexable": actor.indexable,
            "lists_followers": True,
            "moved_to": actor.moved_to,
            "also_known_as": orjson.dumps(actor.also_known_as).decode(),
            "fields": orjson.dumps([(clean_name(item.name), sanitise(item.value)) for item in actor.fields]).decode(),
            "document": body,
            "created_at": actor.published or tx.now,
            "updated_at": tx.now,
            "fetched_at": tx.now,
        },
    )
    roster.index(tx, uri=actor.uri)
    if known is not None and bool(known.indexable) != actor.indexable:
        tx.tell(ConsentChanged(uri=actor.uri))
    keyring.remember(tx, actor.keys)


def _count_newcomer(tx: Transaction, *, uri: str, size: int) -> None:
    """Count somebody new, for all who have a name under the same registered domain: subdomains cost nothing."""
    whose, most = registrable(host(uri)), tx.config.limits.newcomers_per_hour
    tx.setting.limiter.demand("newcomers", whose, most=most, per=HOUR, now=tx.now)
    tx.setting.limiter.note("newcomers", whose, most=most, per=HOUR, now=tx.now, cost=1.0 + size // _COUNTED_AGAIN)


def _username(actor: Actor) -> str:
    """Return the name that stands in the handle: one that cannot be read as part of somebody else's.

    Spec: row FET-14 of the threat table.
    """
    said = (actor.preferred_username or "", actor.uri.rstrip("/").rpartition("/")[2])
    usable = (name[:MAX_USERNAME] for name in said if is_username(name[:MAX_USERNAME]))
    return next(usable, f"id-{hashlib.sha256(actor.uri.encode()).hexdigest()[:12]}")


def _line(body: str, name: str) -> str:
    document: Document = orjson.loads(body)
    return clean_name(text(document, name, limit=200) or text(document, f"fedgov:{name}", limit=200) or "")


def set_handle_host(tx: Transaction, *, uri: str, at_host: str) -> None:
    """Remember that an actor's handle is at another host than its id, after WebFinger there said so."""
    tx.execute(update(actors).where(actors.c.uri == uri, actors.c.local.is_(False)).values(host=at_host))
    roster.index(tx, uri=uri)


def document(tx: Transaction, *, row: Row[Any]) -> Document:
    """Return the ActivityPub document of a local actor.

    Args:
        tx: The open transaction.
        row: Its row.
    """
    site, uri = tx.site, row.uri
    is_server = row.kind == "Application"
    actor = Actor(
        uri=uri,
        kind=row.kind,
        types=(row.kind,),
        inbox=row.inbox,
        preferred_username=row.username,
        name=row.name,
        summary=row.summary_html,
        shared_inbox=row.shared_inbox,
        outbox=f"{uri}/outbox",
        followers=row.followers_uri,
        following=f"{uri}/following",
        featured=None if is_server else row.featured_uri,
        url=site.url("/") if row.kind in ("Application", "Organization") else site.url(f"/@{row.username}"),
        icon=row.avatar_url,
        icon_alt=row.avatar_alt,
        image=row.header_url,
        image_alt=row.header_alt,
        manually_approves_followers=row.approves_followers,
        discoverable=row.discoverable,
        indexable=row.indexable,
        also_known_as=tuple(orjson.loads(row.also_known_as)),
        moved_to=row.moved_to,
        published=row.created_at,
        fields=tuple(ProfileField(name=name, value=value) for name, value, *_ in orjson.loads(row.fields)),
        keys=tuple(keyring.documents(tx, owner=uri)),
        capabilities=CAPABILITIES,
        webfinger=f"{row.username}@{site.domain}",
        tooi=_tooi(tx) if row.kind == "Organization" else None,
        emojis=emojis.named(tx, shortcodes=[each.shortcode for each in emojis.restored(row.emojis)]),
    )
    extra = {name: value for name, value in (("function", row.function), ("department", row.department)) if value}
    return actor_document(actor, extra=extra, endpoints=_endpoints(site) if row.kind in PERSONAL else None)


def _endpoints(site: Site) -> dict[str, str]:
    """Return where programs of our people go; ``fedgov.c2s`` answers there.

    Spec: ActivityPub, section 4.1 (``endpoints``); FEP-d8c2.
    """
    return {
        "oauthAuthorizationEndpoint": site.url("/oauth/authorize"),
        "oauthTokenEndpoint": site.url("/oauth/token"),
        "proxyUrl": site.url("/api/activitypub/proxy"),
        "uploadMedia": site.url("/api/activitypub/media"),
    }


def _tooi(tx: Transaction) -> str | None:
    """Return the TOOI URI of the organisation, such as ``https://identifier.overheid.nl/tooi/id/gemeente/gm0014``."""
    code = tx.config.instance.tooi
    if not code:
        return None
    register = {"gm": "gemeente", "pv": "provincie", "ws": "waterschap", "mnre": "ministerie"}
    prefix = code.rstrip("0123456789")
    return f"https://identifier.overheid.nl/tooi/id/{register.get(prefix, 'oorg')}/{code}"


def mark_deleted(tx: Transaction, *, uri: str) -> None:
    """Remember that an actor is gone, and forget what is known of it beyond its name."""
    values = {"name": "", "summary_html": "", "fields": "[]", "emojis": "[]", "document": None}
    values |= {"avatar_url": None, "avatar_alt": "", "header_url": None, "header_alt": ""}
    tx.execute(
        update(actors).where(actors.c.uri == uri, actors.c.deleted_at.is_(None)).values(deleted_at=tx.now, **values)
    )
    roster.index(tx, uri=uri)
    tx.signal(f"document:{uri}")
