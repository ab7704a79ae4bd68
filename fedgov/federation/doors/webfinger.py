"""WebFinger: from a handle or an address to the actor behind it.

Spec: RFC 7033; FEP-d556 (the server itself); FEP-3b86 (intents).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs, quote

from sqlalchemy import Row

from fedgov.activitystreams.actor import PERSONAL
from fedgov.federation import actors
from fedgov.federation.doors.answers import Reply, public, unless_known
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.host_meta import for_everyone
from fedgov.federation.doors.lobby import Lobby
from fedgov.kernel.errors import InvalidError, MalformedError, NotFoundError
from fedgov.kernel.uris import MAX_URI_LENGTH, Site, canonical, is_http_uri, is_username, normalise_host
from fedgov.store.transaction import Transaction

JRD: Final = b"application/jrd+json; charset=utf-8"
PROFILE: Final = "http://webfinger.net/rel/profile-page"
AVATAR: Final = "http://webfinger.net/rel/avatar"
SUBSCRIBE: Final = "http://ostatus.org/schema/1.0/subscribe"
INTENT: Final = "https://w3id.org/fep/3b86/"

_NOBODY: Final = "nobody here has this address"


async def look_up(lobby: Lobby, request: Request) -> Reply:
    """Describe whom a resource names.

    Raises:
        MalformedError: There is no resource, or it cannot be read.
        NotFoundError: Nobody here is meant.
    """
    resource, rels = _asked(request.scope.get("query_string", b""))
    names = (lobby.site.domain, *lobby.instance.config.server.aliases)
    target = resolve(resource, site=lobby.site, names=names)
    key = f"webfinger {target} {' '.join(sorted(rels))}"
    reply = lobby.cache.get(key)
    if reply is None:
        row = await lobby.instance.read(_find, target=target)
        topics = [f"document:{row.uri}"]
        reply = await lobby.cache.fill(key, topics=topics, make=partial(_make, lobby, target, rels))
    if reply is None:
        raise NotFoundError(_NOBODY)
    return unless_known(reply, request.headers.get(b"if-none-match"))


def _asked(query: bytes) -> tuple[str, frozenset[str]]:
    """Return the resource and the relations that are asked for; none means all."""
    try:
        found = parse_qs(query.decode("ascii"), max_num_fields=20, errors="strict")
    except ValueError:
        raise MalformedError("the query cannot be read") from None
    resources = found.get("resource", [])
    if len(resources) != 1 or len(resources[0]) > MAX_URI_LENGTH:
        raise InvalidError("give one resource", field="resource")
    return resources[0], frozenset(found.get("rel", ()))


def resolve(resource: str, *, site: Site, names: Sequence[str]) -> str:
    """Return whom a resource means: a user name, or the URI of an actor of ours.

    Args:
        resource: ``acct:name@host``, or an http(s) address of ours.
        site: Our addresses.
        names: The hosts that are ours.

    Raises:
        MalformedError: It is neither a handle nor an address.
        NotFoundError: It is not of this server.
    """
    if is_http_uri(resource):
        return _of_address(canonical(resource), site=site, names=names)
    if "://" in resource:
        raise MalformedError("the resource is not a usable address")
    name, separator, at = resource.removeprefix("acct:").removeprefix("@").rpartition("@")
    if not separator or not name:
        raise MalformedError("the resource is neither a handle nor an address")
    host = normalise_host(at, scheme=site.scheme)
    if host not in names:
        raise NotFoundError(_NOBODY)
    return _of_name(name, site=site, names=names)


def _of_address(uri: str, *, site: Site, names: Sequence[str]) -> str:
    if not site.owns(uri):
        raise NotFoundError(_NOBODY)
    path = uri.removeprefix(site.origin).rstrip("/")
    if not path:
        return site.application
    if path.startswith("/@") and "/" not in path[1:]:
        return _of_name(path[2:], site=site, names=names)
    return site.origin + path


def _of_name(text: str, *, site: Site, names: Sequence[str]) -> str:
    """Return a user name as it is looked up; what cannot be one is not asked of the database, which may choke on it."""
    if text.lower() in names:
        return site.application  # the server has a name of its own too; this is how it is found without knowing that
    if not is_username(text):
        raise NotFoundError(_NOBODY)
    return text.lower()


def _find(tx: Transaction, *, target: str) -> Row[Any]:
    is_uri = tx.site.owns(target)
    row = actors.find(tx, uri=target) if is_uri else actors.find_local(tx, username=target)
    if row is None or not row.local or row.deleted_at is not None:
        raise NotFoundError(_NOBODY)
    return row


async def _make(lobby: Lobby, target: str, rels: frozenset[str]) -> Reply:
    row = await lobby.instance.read(_find, target=target)
    return for_everyone(public(_describe(row, site=lobby.site, rels=rels), content_type=JRD, vary=b"Origin"))


def _describe(row: Row[Any], *, site: Site, rels: frozenset[str]) -> dict[str, Any]:
    is_server = row.kind in ("Application", "Organization")
    page = site.url("/") if is_server else site.url(f"/@{row.username}")
    links = [link for link in _links(row, page=page, site=site) if not rels or link["rel"] in rels]
    return {
        "subject": f"acct:{quote(row.username, safe='')}@{site.domain}",
        "aliases": list(dict.fromkeys((page, row.uri))),
        "links": links,
    }


def _links(row: Row[Any], *, page: str, site: Site) -> list[dict[str, str]]:
    interact = site.url("/authorize_interaction?uri=")
    links = [
        {"rel": "self", "type": "application/activity+json", "href": row.uri},
        {"rel": PROFILE, "type": "text/html", "href": page},
    ]
    if row.avatar_url:
        links.append({"rel": AVATAR, "href": row.avatar_url})
    if row.kind in PERSONAL:
        links.append({"rel": SUBSCRIBE, "template": interact + "{uri}"})
        links += [{"rel": INTENT + intent, "template": interact + "{object}"} for intent in ("Follow", "Object")]
    return links
