"""How a person is described, and with which keys the person signs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import update

from fedgov.activitystreams.activity import embeddable
from fedgov.activitystreams.actor import PERSONAL, Actor
from fedgov.activitystreams.audience import PUBLIC, Audience, Visibility
from fedgov.features.people import queries
from fedgov.features.people.policy import people as policy
from fedgov.features.people.service import fields
from fedgov.features.people.service.follows import active
from fedgov.features.people.tables import accounts
from fedgov.features.people.vocabulary import ProfileChanged
from fedgov.federation import actors, keys, outbox
from fedgov.federation.keys import KeyPair
from fedgov.federation.signatures.keys import PrivateKey
from fedgov.instance import Instance
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.errors import ConflictError, InvalidError
from fedgov.kernel.text.markdown import render_markdown
from fedgov.kernel.text.plain import clean_name
from fedgov.store import audit
from fedgov.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What somebody says about themselves; None leaves a value as it is.

    Args:
        name: Plain-text display name.
        summary: Markdown.
        fields: Pairs of plain-text name and value; an address in a value becomes a link.
        function: Plain text.
        department: Plain text.
        approves_followers: Who wants to follow must ask.
        lists_followers: Others may see who follows and is followed, not only how many.
        discoverable: May be found by others and recommended.
        indexable: Public posts may be found by their words.
        bot: It is a program that writes here, and no person.
        avatar_alt: What is on the portrait, plain text.
        header_alt: What is on the header, plain text.
    """

    name: str | None = None
    summary: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    function: str | None = None
    department: str | None = None
    approves_followers: bool | None = None
    lists_followers: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    bot: bool | None = None
    avatar_alt: str | None = None
    header_alt: str | None = None


QUOTE_POLICIES: Final = frozenset({"public", "followers", "ask_others", "ask", "nobody"})
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?\Z")
_LINES: Final = {"name": policy.MAX_NAME, "function": policy.MAX_LINE, "department": policy.MAX_LINE}
_ALTS: Final = ("avatar_alt", "header_alt")
_SWITCHES: Final = ("approves_followers", "lists_followers", "discoverable", "indexable")


def change_profile(
    tx: Transaction, *, actor: str, profile: Profile, pictures: Mapping[str, str | None] | None = None
) -> None:
    """Change how a person is described, and tell the followers once.

    Args:
        tx: The open transaction.
        actor: URI of the local actor.
        profile: What changes.
        pictures: URL on this instance by ``avatar_url`` or ``header_url``; None removes the picture.

    Raises:
        InvalidError: A value is not acceptable; ``field`` says which.
        NotFoundError: There is no such account.
        RateLimitedError: Too many changes in this hour; each is sent like a post.

    Spec: ActivityPub, section 6.3.
    """
    tx.limit("posts", of=actor)
    row = active(tx, uri=actor)
    values: dict[str, Any] = {name: getattr(profile, name) for name in _SWITCHES if getattr(profile, name) is not None}
    values |= {name: _line(getattr(profile, name), name) for name in _LINES if getattr(profile, name) is not None}
    if values.get("name") == "":
        values["name"] = row.username
    if profile.bot is not None and row.kind in PERSONAL:
        values["kind"] = "Service" if profile.bot else "Person"
    values |= _pictures(tx, pictures or {})
    values |= {name: _described(getattr(profile, name), name) for name in _ALTS if getattr(profile, name) is not None}
    for name in ("avatar", "header"):
        if values.get(f"{name}_url", getattr(row, f"{name}_url")) is None:
            values[f"{name}_alt"] = ""  # of no picture there is nothing to say
    sources: dict[str, str] = {}
    if profile.summary is not None:
        sources["summary_source"], values["summary_html"] = _summary(tx, profile.summary)
    if profile.fields is not None:
        kept = fields.typed(profile.fields)
        fields.expect_links(tx, actor=actor, fields=kept)
        sources["fields_source"] = orjson.dumps(kept).decode()
        values["fields"] = fields.shown(tx, kept, actor=actor)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if sources:
        tx.execute(update(accounts).where(accounts.c.actor_uri == actor).values(**sources))
    if not changed:
        return
    actors.change_local(tx, uri=actor, values=changed)
    if "lists_followers" in changed:
        tx.signal(f"collection:{actor}")
    if set(changed) - {"lists_followers"}:
        publish_profile(tx, actor=actor)


def _pictures(tx: Transaction, pictures: Mapping[str, str | None]) -> dict[str, Any]:
    chosen = {name: pictures[name] for name in ("avatar_url", "header_url") if name in pictures}
    if not all(url is None or tx.site.owns(url) for url in chosen.values()):
        raise InvalidError("upload the picture here first", field="avatar")
    # Another picture is not what the former description says.
    return chosen | {f"{name.removesuffix('_url')}_alt": "" for name in chosen}


def _described(text: str, field: str) -> str:
    words = text.replace("\x00", "").strip()
    if len(words) > actors.MAX_PICTURE_ALT:
        raise InvalidError("the description is too long", field=field)
    return words


def change_preferences(
    tx: Transaction, *, account_id: int, language: str = "", default_audience: str, app_audience: str | None = None
) -> None:
    """Change what only the person sees.

    Args:
        tx: The open transaction.
        account_id: Whose.
        language: Of the pages; empty for what the browser says.
        default_audience: Whom the composer proposes.
        app_audience: Whom a post is for when an app does not say; None leaves it.

    Raises:
        InvalidError: A value is not in its list.
    """
    values = {
        "language": policy.check_language(language),
        "default_audience": policy.check_audience(default_audience),
    }
    if app_audience is not None:
        values["app_audience"] = policy.check_audience(app_audience, field="app_audience")
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(**values))


def change_posting(
    tx: Transaction,
    *,
    actor: str,
    app_audience: str | None = None,
    sensitive: bool | None = None,
    language: str | None = None,
    quote_policy: str | None = None,
) -> None:
    """Change what apps begin a new post with; None leaves a value as it is.

    Args:
        tx: The open transaction.
        actor: URI of the local actor.
        app_audience: Whom they propose, and whom a post is for when they do not say.
        sensitive: Whether they mark posts as sensitive.
        language: Such as ``nl``; empty for what the app says.
        quote_policy: Who may quote what everybody may read: ``public``, ``followers``, ``nobody``, and with a request
            to the author ``ask`` (everybody) or ``ask_others`` (followers without).

    Raises:
        InvalidError: A value is not acceptable.
    """
    values: dict[str, Any] = {}
    if app_audience is not None:
        values["app_audience"] = policy.check_audience(app_audience, field="app_audience")
    if sensitive is not None:
        values["posts_sensitive"] = sensitive
    if quote_policy is not None:
        if quote_policy not in QUOTE_POLICIES:
            raise InvalidError("this is no answer to who may quote", field="quote_policy")
        values["quote_policy"] = quote_policy
    if language is not None:
        if language and not _LANGUAGE.match(language):
            raise InvalidError("this is no language", field="language")
        values["posts_language"] = language or None
    if values:
        tx.execute(update(accounts).where(accounts.c.actor_uri == actor).values(**values))


def change_email(tx: Transaction, *, account_id: int, email: str) -> None:
    """Change the address at which a person can be reached; nobody else sees it.

    Raises:
        InvalidError: It is not an address.
    """
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(email=policy.check_email(email)))


def remember_profile(tx: Transaction, *, actor: Actor, body: str) -> None:
    """Store how somebody elsewhere describes themselves now.

    Args:
        tx: The open transaction.
        actor: What was read from the document.
        body: The document as received.
    """
    actors.remember_remote(tx, actor=actor, body=body)
    tx.tell(ProfileChanged(uri=actor.uri))


def publish_profile(tx: Transaction, *, actor: str, proven_by: PrivateKey | None = None) -> str:
    """Send the description of a local actor, as it is now, to everyone who keeps a copy; return the activity's id.

    Args:
        tx: The open transaction.
        actor: URI of the actor.
        proven_by: The key that vouches for it, when that is not the newest.
    """
    row = actors.get(tx, uri=actor)
    document = embeddable(actors.document(tx, row=row)) | {"updated": to_rfc3339(tx.now)}
    tx.tell(ProfileChanged(uri=actor))
    return outbox.publish(
        tx,
        actor=actor,
        activity={"type": "Update", "object": document, "updated": to_rfc3339(tx.now)},
        audience=Audience(to=(PUBLIC,), cc=(row.followers_uri,)),
        visibility=Visibility.PUBLIC,
        also_to=queries.acquaintances(tx, of=actor),
        proven_by=proven_by,
    )


# --- keys -------------------------------------------------------------------------------------------------------


async def rotate_keys(instance: Instance, *, actor: str) -> None:
    """Give a local actor new keys, and tell everyone who keeps a copy; the old ones stay published for a while.

    Args:
        instance: Where.
        actor: URI of the actor: a person, the organisation or the server.

    Raises:
        NotFoundError: There is no such actor here.
        ConflictError: Somebody else rotated them at the same moment.
    """
    serial = await instance.read(keys.next_serial, owner=actor)
    pair = await keys.generate_pair(actor, serial=serial)
    await instance.write(replace_keys, actor=actor, pair=pair)


def replace_keys(tx: Transaction, *, actor: str, pair: KeyPair) -> None:
    """Store new keys of a local actor and publish them; the former key vouches for them.

    Args:
        tx: The open transaction.
        actor: URI of the actor.
        pair: Made beforehand, with the next serial.

    Raises:
        ConflictError: Keys with these ids exist already.
    """
    active(tx, uri=actor)
    if any(keys.key_row(tx, key_id=key.key_id) is not None for key in (pair.rsa, pair.ed25519)):
        raise ConflictError("these keys were replaced at the same moment; look again")
    former = keys.proof_key(tx, owner=actor)
    keys.store_pair(tx, owner=actor, pair=pair)
    publish_profile(tx, actor=actor, proven_by=former)
    audit.note(tx, "keys.rotated", target=actor)


# --- pieces -----------------------------------------------------------------------------------------------------


def _line(text: str, field: str) -> str:
    limit = _LINES[field]
    if len(text.strip()) > limit:
        raise InvalidError("this is too long", field=field)
    return clean_name(text, limit=limit)


def _summary(tx: Transaction, text: str) -> tuple[str, str]:
    source = text.strip()
    if len(source) > policy.MAX_SUMMARY:
        raise InvalidError("this is too long; 5,000 characters at most", field="about")

    def profile_of(handle: str) -> str | None:
        row = queries.find_person(tx, handle=handle)
        return None if row is None else str(row.uri)

    return source, render_markdown(source, resolve_mention=profile_of).html
