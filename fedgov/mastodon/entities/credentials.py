"""A person's own account, as apps show it to that person.

Spec: https://docs.joinmastodon.org/entities/CredentialAccount/; entities/Preferences; entities/Profile
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fedgov.kernel.uris import Site
from fedgov.mastodon.entities.account import Entity, Known, account_entity, field_entity
from fedgov.mastodon.entities.audience import visibility_of

_COLLEAGUE: Final = {"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": False}
_ADMINISTRATOR: Final = {"id": "3", "name": "Admin", "permissions": "1", "color": "", "highlighted": False}
"""Permission 1 is everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What only the person sees of the own account.

    Args:
        known: What everybody may see.
        note: Markdown, as typed.
        fields: Names and values, as typed.
        audience: Whom the composer proposes.
        sensitive: Whether apps mark what is posted as sensitive.
        language: Of what is posted; None for what the app says.
        follow_requests: How many wait for an answer.
        administrator: Looks after the instance.
        quote_policy: Who may quote what is posted, unless the post says otherwise.
    """

    known: Known
    note: str
    fields: tuple[tuple[str, str], ...]
    audience: str
    sensitive: bool
    language: str | None
    follow_requests: int
    administrator: bool
    quote_policy: str = "public"


def credential_account(own: Own, *, site: Site) -> Entity:
    """Return a CredentialAccount entity."""
    profile = own.known.profile
    source = {
        "privacy": visibility_of(own.audience),
        "sensitive": own.sensitive,
        "language": own.language,
        "note": own.note,
        "fields": _typed_fields(own),
        "follow_requests_count": own.follow_requests,
        "hide_collections": not profile.lists_followers,
        "discoverable": profile.discoverable,
        "indexable": profile.indexable,
        "attribution_domains": [],
        "quote_policy": own.quote_policy,
    }
    return account_entity(own.known, site=site) | {
        "source": source,
        "role": role_entity(administrator=own.administrator),
    }


def role_entity(*, administrator: bool) -> Entity:
    """Return the Role entity of an administrator, or of everybody else."""
    return dict(_ADMINISTRATOR if administrator else _COLLEAGUE)


def profile_entity(own: Own, *, site: Site) -> Entity:
    """Return a Profile entity: what the person typed, and no HTML."""
    account = account_entity(own.known, site=site)
    profile = own.known.profile
    copied = ("id", "display_name", "locked", "bot", "discoverable", "indexable", "hide_collections")
    return {name: account[name] for name in copied} | {
        "note": own.note,
        "fields": _typed_fields(own),
        "avatar": account["avatar"] if profile.person.avatar_url else None,
        "avatar_static": account["avatar"] if profile.person.avatar_url else None,
        "avatar_description": profile.avatar_alt,
        "header": account["header"] if profile.header_url else None,
        "header_static": account["header"] if profile.header_url else None,
        "header_description": profile.header_alt,
        "show_media": True,
        "show_media_replies": True,
        "show_featured": True,
        "attribution_domains": [],
        "featured_tags": [],
    }


def _typed_fields(own: Own) -> list[Entity]:
    """Return the fields as typed; whether a link leads back is known of those that are shown, which are the same."""
    return [
        {"name": name, "value": value, "verified_at": field_entity(each)["verified_at"]}
        for (name, value), each in zip(own.fields, own.known.profile.fields, strict=True)
    ]


def preferences_entity(own: Own) -> Entity:
    """Return a Preferences entity."""
    return {
        "posting:default:visibility": visibility_of(own.audience),
        "posting:default:sensitive": own.sensitive,
        "posting:default:language": own.language,
        "posting:default:quote_policy": own.quote_policy,
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }
