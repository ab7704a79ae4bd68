"""The instance, as apps show it.

Spec: https://docs.joinmastodon.org/entities/Instance/ and V1_Instance
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fedgov import __version__
from fedgov.features.media.policy.kinds import MEDIA_TYPES
from fedgov.features.people.policy import people
from fedgov.features.posts import policy as posts
from fedgov.federation.doors.face import Usage
from fedgov.kernel.clock import SECOND
from fedgov.kernel.config import Config
from fedgov.mastodon.entities.account import Entity

VERSION: Final = f"4.5.0 (compatible; fedgov {__version__})"
API_VERSION: Final = 7
"""What of Mastodon's API there is: 7 has quotes."""

SOURCE: Final = "https://fedgov.example/source"
CHARACTERS_OF_A_LINK: Final = 23
_LOGO: Final = "/static/logo.png"
_NO_FILM: Final = {"video_frame_rate_limit": 120, "video_matrix_limit": 8_294_400}
"""Films are kept as they come; apps want a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an instance says of itself besides its configuration.

    Args:
        usage: How much it is used.
        peers: How many other servers it knows.
        contact: Account of an administrator; None when there is none.
        vapid_key: Public key of its web push; empty when it has none.
    """

    usage: Usage
    peers: int = 0
    contact: Entity | None = None
    vapid_key: str = ""


def configuration(config: Config) -> Entity:
    """Return the limits that an app must keep to."""
    return {
        "accounts": {
            "max_featured_tags": 10,
            "max_pinned_statuses": posts.MAX_PINS,
            "max_profile_fields": people.MAX_FIELDS,
            "profile_field_name_limit": people.MAX_LINE,
            "profile_field_value_limit": people.MAX_LINE,
            "max_note_length": people.MAX_SUMMARY,
            "max_display_name_length": people.MAX_NAME,
            "max_avatar_description_length": 0,
            "max_header_description_length": 0,
        },
        "statuses": {
            "max_characters": config.posts.max_characters,
            "max_media_attachments": config.posts.max_attachments,
            "characters_reserved_per_url": CHARACTERS_OF_A_LINK,
        },
        "media_attachments": {
            "supported_mime_types": sorted(MEDIA_TYPES),
            "description_limit": posts.MAX_ALT,
            "image_size_limit": config.media.max_bytes,
            "image_matrix_limit": config.media.max_pixels,
            "video_size_limit": config.media.max_bytes,
            **_NO_FILM,
        },
        "polls": {
            "max_options": config.posts.max_poll_options,
            "max_characters_per_option": posts.MAX_OPTION,
            "min_expiration": posts.MIN_POLL // SECOND,
            "max_expiration": posts.MAX_POLL // SECOND,
        },
    }


def instance_entity(config: Config, *, facts: Facts) -> Entity:
    """Return an Instance entity (version 2)."""
    site = config.site
    return {
        "domain": site.domain,
        "title": config.instance.organisation,
        "version": VERSION,
        "source_url": SOURCE,
        "description": config.instance.description,
        "usage": {"users": {"active_month": facts.usage.active_month}},
        "thumbnail": {"url": site.url(_LOGO), "blurhash": None, "versions": None, "description": None},
        "icon": [{"src": site.url(_LOGO), "size": "192x192"}],
        "languages": [config.instance.language],
        "configuration": {
            "urls": {
                "streaming": _streaming(config),
                "status": None,
                "about": site.url("/about"),
                "privacy_policy": site.url("/privacy"),
                "terms_of_service": site.url("/terms"),
            },
            "vapid": {"public_key": facts.vapid_key},
            **configuration(config),
            "translation": {"enabled": False},
            "limited_federation": config.federation.trust == "listed",
            "timelines_access": {
                "live_feeds": {"local": "public", "remote": "public"},
                "hashtag_feeds": {"local": "public", "remote": "public"},
                "trending_link_feeds": {"local": "public", "remote": "public"},
            },
        },
        "registrations": {
            "enabled": config.accounts.registration != "closed",
            "approval_required": config.accounts.registration == "approval",
            "reason_required": False,
            "message": None,
            "min_age": None,
            "url": site.url("/register") if config.accounts.registration == "approval" else None,
        },
        "api_versions": {"mastodon": API_VERSION},
        "contact": {"email": config.instance.contact, "account": facts.contact},
        "rules": rule_entities(config),
    }


def instance_entity_v1(config: Config, *, facts: Facts) -> Entity:
    """Return an Instance entity of version 1, for older apps."""
    site = config.site
    return {
        "uri": site.domain,
        "title": config.instance.organisation,
        "short_description": config.instance.description,
        "description": config.instance.description,
        "email": config.instance.contact,
        "version": VERSION,
        "urls": {"streaming_api": _streaming(config)},
        "stats": {
            "user_count": facts.usage.users,
            "status_count": facts.usage.posts + facts.usage.comments,
            "domain_count": facts.peers,
        },
        "thumbnail": site.url(_LOGO),
        "languages": [config.instance.language],
        "registrations": config.accounts.registration != "closed",
        "approval_required": config.accounts.registration == "approval",
        "invites_enabled": False,
        "configuration": configuration(config),
        "contact_account": facts.contact,
        "rules": rule_entities(config),
    }


def rule_entities(config: Config) -> list[Entity]:
    """Return Rule entities: the house rules of the configuration, numbered from one."""
    return [
        {"id": str(number), "text": rule, "hint": "", "translations": {}}
        for number, rule in enumerate(config.instance.rules, start=1)
    ]


def _streaming(config: Config) -> str:
    scheme = "wss" if config.site.scheme == "https" else "ws"
    return f"{scheme}://{config.site.domain}"
