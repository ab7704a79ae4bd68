"""Actors: people, organisations, groups and programs, read from others and written for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from fedgov.activitystreams.context import CONTEXT
from fedgov.activitystreams.document import (
    Document,
    boolean,
    embedded,
    http_uri,
    http_uris,
    language_text,
    objects,
    required_uri,
    text,
    timestamp,
    types,
    uri,
)
from fedgov.activitystreams.link import file_url, web_url
from fedgov.activitystreams.tag import Emoji, emoji_member, read_emojis
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.errors import MalformedError
from fedgov.kernel.uris import same_origin

KINDS: Final = ("Person", "Organization", "Application", "Service", "Group")
PERSONAL: Final = ("Person", "Service")
"""What an account can be: of a person, or of a program that writes in its own name."""
"""The actor types of ActivityStreams."""

MAX_KEYS: Final = 10
MAX_FIELDS: Final = 50
MAX_ALIASES: Final = 256
MAX_NAME: Final = 2_048
MAX_SUMMARY: Final = 20_480
MAX_CAPABILITIES: Final = 100
_MAX_KEY_TEXT: Final = 8_192

KeyKind = Literal["pem", "multibase"]


@dataclass(frozen=True, slots=True)
class KeyDocument:
    """A public key as it stands in an actor.

    Args:
        key_id: URI by which signatures name it.
        owner: URI of the actor.
        kind: ``pem`` (``publicKey``) or ``multibase`` (Multikey in ``assertionMethod``).
        value: The PEM text or the multibase text, unread.
        created: Milliseconds since the epoch; None when not said.
        expires: From then on it signs nothing new; None when not said.
        revoked: From then on it was withdrawn; None when it was not.
    """

    key_id: str
    owner: str
    kind: KeyKind
    value: str
    created: int | None = None
    expires: int | None = None
    revoked: int | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that a server says it can do.

    Spec: FEP-844e.
    """

    href: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ProfileField:
    """A line of a profile: plain-text name and the value as raw HTML."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, as the server of that somebody describes them.

    Texts are as received: ``name`` is plain text that may contain anything,
    ``summary`` and field values are HTML that nobody sanitised yet. A URI is
    None when it was not given.
    """

    uri: str
    kind: str
    types: tuple[str, ...]
    inbox: str
    preferred_username: str | None = None
    name: str | None = None
    summary: str | None = None
    shared_inbox: str | None = None
    outbox: str | None = None
    followers: str | None = None
    following: str | None = None
    featured: str | None = None
    url: str | None = None
    icon: str | None = None
    icon_alt: str = ""
    image: str | None = None
    image_alt: str = ""
    manually_approves_followers: bool = False
    discoverable: bool = False
    indexable: bool = False
    also_known_as: tuple[str, ...] = ()
    moved_to: str | None = None
    published: int | None = None
    fields: tuple[ProfileField, ...] = ()
    keys: tuple[KeyDocument, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    webfinger: str | None = None
    tooi: str | None = None
    emojis: tuple[Emoji, ...] = ()

    @property
    def delivery_inbox(self) -> str:
        """Where deliveries go: the shared inbox where there is one."""
        return self.shared_inbox or self.inbox

    def implements(self, href: str) -> bool:
        """Tell whether it, or the program behind it, says to implement this."""
        return any(capability.href == href for capability in self.capabilities)


def is_actor(doc: Document) -> bool:
    """Tell whether the document says to be an actor."""
    return any(name in KINDS for name in types(doc))


def read_actor(doc: Document) -> Actor:
    """Read an actor that was fetched or sent in an Update.

    The inbox may be at another host, as some hosting providers do; whether its
    address may be contacted is decided where the connection is made.

    Raises:
        MalformedError: It is not an actor, its ``id`` or ``inbox`` is no http(s)
            URI, or its collections or keys belong to another origin.

    Spec: ActivityPub, section 4.1; FEP-fe34; FEP-521a.
    """
    names = types(doc)
    kind = next((name for name in names if name in KINDS), None)
    if kind is None:
        raise MalformedError("not an actor", detail=" ".join(names)[:100])
    identifier = required_uri(doc, "id")
    endpoints = embedded(doc, "endpoints") or {}
    return Actor(
        uri=identifier,
        kind=kind,
        types=names,
        inbox=required_uri(doc, "inbox"),
        preferred_username=text(doc, "preferredUsername", limit=255),
        name=language_text(doc, "name", limit=MAX_NAME),
        summary=language_text(doc, "summary", limit=MAX_SUMMARY),
        shared_inbox=http_uri(endpoints, "sharedInbox") or http_uri(doc, "sharedInbox"),
        outbox=_own(doc, "outbox", identifier),
        followers=_own(doc, "followers", identifier),
        following=_own(doc, "following", identifier),
        featured=_own(doc, "featured", identifier),
        url=web_url(doc),
        icon=file_url(doc, "icon"),
        icon_alt=_described(doc, "icon"),
        image=file_url(doc, "image"),
        image_alt=_described(doc, "image"),
        manually_approves_followers=boolean(doc, "manuallyApprovesFollowers") or False,
        discoverable=boolean(doc, "discoverable") or False,
        indexable=boolean(doc, "indexable") or False,
        also_known_as=http_uris(doc, "alsoKnownAs", limit=MAX_ALIASES),
        moved_to=http_uri(doc, "movedTo"),
        published=timestamp(doc, "published"),
        fields=_fields(doc),
        keys=read_keys(doc, owner=identifier),
        capabilities=read_capabilities(doc),
        webfinger=text(doc, "webfinger", limit=320),
        tooi=uri(doc, "tooi"),
        emojis=read_emojis(doc),
    )


def _described(doc: Document, key: str) -> str:
    """Return what is said to be on a picture of a profile; the first picture counts, as for its address."""
    picture = next(iter(objects(doc, key, limit=1)), None)
    if picture is None:
        return ""
    return text(picture, "name", limit=MAX_NAME) or text(picture, "summary", limit=MAX_NAME) or ""


def _own(doc: Document, key: str, identifier: str) -> str | None:
    """Return the URI of a collection, which only the actor's own origin can serve."""
    value = http_uri(doc, key)
    if value is not None and not same_origin(identifier, value):
        raise MalformedError(f"{key} belongs to another origin than the actor", detail=f"{identifier} {value}"[:300])
    return value


def _fields(doc: Document) -> tuple[ProfileField, ...]:
    found = []
    for member in objects(doc, "attachment", limit=MAX_FIELDS):
        name, value = text(member, "name", limit=MAX_NAME), text(member, "value", limit=MAX_NAME)
        if name is not None and value is not None and "PropertyValue" in " ".join(types(member)):
            found.append(ProfileField(name=name, value=value))
    return tuple(found)


# --- keys and capabilities --------------------------------------------------------------------------------------


def read_keys(doc: Document, *, owner: str) -> tuple[KeyDocument, ...]:
    """Return the public keys of an actor, from the two fixed places where they stand.

    Entries without an http(s) id or without key material are left out, and so
    is everything after the tenth.

    Args:
        doc: The actor.
        owner: Its id, already checked.

    Raises:
        MalformedError: A key has another owner or another origin than the actor.

    Spec: FEP-521a; W3C Security Vocabulary, publicKey.
    """
    candidates = [("pem", entry) for entry in objects(doc, "publicKey", limit=MAX_KEYS)]
    candidates += [("multibase", entry) for entry in objects(doc, "assertionMethod", limit=MAX_KEYS)]
    found = (_key(entry, kind=kind, owner=owner) for kind, entry in candidates)
    return tuple(key for key in found if key is not None)[:MAX_KEYS]


def _key(entry: Document, *, kind: str, owner: str) -> KeyDocument | None:
    key_id = http_uri(entry, "id")
    pem = kind == "pem"
    value = text(entry, "publicKeyPem" if pem else "publicKeyMultibase")
    if key_id is None or value is None or len(value) > _MAX_KEY_TEXT:
        return None
    said = uri(entry, "owner" if pem else "controller")
    if (said is not None and said != owner) or not same_origin(owner, key_id):
        raise MalformedError("a key belongs to another actor", detail=f"{owner} {key_id}"[:300])
    return KeyDocument(
        key_id=key_id,
        owner=owner,
        kind="pem" if pem else "multibase",
        value=value,
        created=timestamp(entry, "created"),
        expires=timestamp(entry, "expires"),
        revoked=timestamp(entry, "revoked"),
    )


def read_capabilities(doc: Document) -> tuple[Capability, ...]:
    """Return what an actor, or the program named in ``generator``, says to implement.

    Spec: FEP-844e.
    """
    program = embedded(doc, "generator") or {}
    found: dict[str, Capability] = {}
    for source in (doc, program):
        for entry in objects(source, "implements", limit=MAX_CAPABILITIES):
            href = uri(entry, "href") or uri(entry, "id")
            if href is not None:
                found[href] = Capability(href=href, name=text(entry, "name", limit=255) or "")
    return tuple(found.values())


# --- writing ----------------------------------------------------------------------------------------------------


def actor_document(
    actor: Actor,
    *,
    keys: Sequence[KeyDocument] | None = None,
    extra: Document | None = None,
    endpoints: Mapping[str, str] | None = None,
) -> Document:
    """Build the JSON of one of our own actors.

    Args:
        actor: The description; ``summary`` and field values are sanitised HTML.
        keys: The keys to publish, oldest first; ``actor.keys`` when not given.
        extra: Further members, for instance ``function`` and ``department``.
        endpoints: What programs of this actor use besides its inbox and outbox, by name.

    Spec: ActivityPub, section 4.1; FEP-521a; FEP-844e; FEP-2c59; FEP-5feb.
    """
    document: Document = {
        "@context": CONTEXT,
        "id": actor.uri,
        "type": actor.kind,
        "preferredUsername": actor.preferred_username,
        "name": actor.name or actor.preferred_username,
        "summary": actor.summary or "",
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "featured": actor.featured,
        "url": actor.url,
        "manuallyApprovesFollowers": actor.manually_approves_followers,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "published": None if actor.published is None else to_rfc3339(actor.published),
        "icon": _image(actor.icon, actor.icon_alt),
        "image": _image(actor.image, actor.image_alt),
        "endpoints": _endpoints(actor, endpoints or {}),
        "alsoKnownAs": list(actor.also_known_as) or None,
        "movedTo": actor.moved_to,
        "webfinger": actor.webfinger,
        "tooi": actor.tooi,
        "tag": [emoji_member(each) for each in actor.emojis] or None,
        "attachment": [{"type": "PropertyValue", "name": field.name, "value": field.value} for field in actor.fields],
    }
    document |= _keys_members(actor.keys if keys is None else keys)
    document |= _capabilities_members(actor)
    return {key: value for key, value in document.items() if value is not None} | (extra or {})


def _image(url: str | None, alt: str) -> Document | None:
    if url is None:
        return None
    return {"type": "Image", "url": url} | ({"name": alt} if alt else {})


def _endpoints(actor: Actor, others: Mapping[str, str]) -> Document | None:
    shared = {"sharedInbox": actor.shared_inbox} if actor.shared_inbox else {}
    return {**shared, **others} or None


def _keys_members(keys: Sequence[KeyDocument]) -> Document:
    """Return all Multikeys, but of the PEM keys only the one in use: many servers cannot read an array."""
    multikeys = [_key_member(key) for key in keys if key.kind == "multibase"]
    pems = [key for key in keys if key.kind == "pem"]
    in_use = [key for key in pems if key.expires is None and key.revoked is None] or pems
    members: Document = {}
    if in_use:
        members["publicKey"] = _key_member(in_use[-1])
    if multikeys:
        members["assertionMethod"] = multikeys
    return members


def _key_member(key: KeyDocument) -> Document:
    if key.kind == "pem":
        member: dict[str, Any] = {"id": key.key_id, "type": "Key", "owner": key.owner, "publicKeyPem": key.value}
    else:
        member = {
            "id": key.key_id,
            "type": "Multikey",
            "controller": key.owner,
            "publicKeyMultibase": key.value,
        }
    for name, moment in (("created", key.created), ("expires", key.expires), ("revoked", key.revoked)):
        if moment is not None:
            member[name] = to_rfc3339(moment)
    return member


def _capabilities_members(actor: Actor) -> Document:
    """Return ``implements`` on the program itself, and inside ``generator`` on everybody else."""
    if not actor.capabilities:
        return {}
    listed = {"implements": [{"href": item.href, "name": item.name} for item in actor.capabilities]}
    return listed if actor.kind == "Application" else {"generator": {"type": "Application"} | listed}
