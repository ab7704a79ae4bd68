"""Accounts, as apps show them.

Spec: https://docs.joinmastodon.org/entities/Account/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fedgov.kernel.clock import DAY, to_rfc3339
from fedgov.kernel.uris import Site
from fedgov.mastodon.entities.emoji import emoji_entities
from fedgov.web.cards import ProfileCard, ProfileField

Entity = dict[str, Any]

NO_AVATAR: Final = "/static/avatar.png"
NO_HEADER: Final = "/static/header.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an account besides its profile.

    Args:
        profile: Its profile.
        posts: How many of its posts everybody may read.
        last_post_at: When the newest of them was published, in milliseconds; None for never.
        moved_to: The account that replaces it.
    """

    profile: ProfileCard
    posts: int = 0
    last_post_at: int | None = None
    moved_to: Known | None = None


def account_entity(known: Known, *, site: Site) -> Entity:
    """Return an Account entity.

    Args:
        known: What is known.
        site: The instance.
    """
    profile, person = known.profile, known.profile.person
    avatar = site.url(person.avatar_url or NO_AVATAR)
    header = site.url(profile.header_url or NO_HEADER)
    return {
        "id": str(person.id),
        "username": profile.username,
        "acct": profile.username if person.local else person.handle.removeprefix("@"),
        "display_name": person.name,
        "locked": profile.approves_followers,
        "bot": person.bot,
        "discoverable": profile.discoverable,
        "indexable": profile.indexable,
        "group": profile.group,
        "created_at": to_rfc3339(_begin_of_day(profile.joined_at or profile.known_since)),
        "note": profile.about_html,
        "url": profile.original_url or site.url(person.url),
        "uri": person.uri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": profile.avatar_alt,
        "header": header,
        "header_static": header,
        "header_description": profile.header_alt,
        **figures_of(profile.followers, profile.following, posts=known.posts, last_post_at=known.last_post_at),
        "hide_collections": not profile.lists_followers,
        "noindex": not profile.indexable,
        "limited": profile.limited,
        "suspended": profile.suspended,
        "emojis": emoji_entities({*person.emojis, *profile.emojis}, site=site),
        "roles": [],
        "fields": [field_entity(each) for each in profile.fields],
        "moved": None if known.moved_to is None else account_entity(known.moved_to, site=site),
    }


def figures_of(followers: int | None, following: int | None, *, posts: int, last_post_at: int | None) -> Entity:
    """Return what of an Account entity changes often.

    Args:
        followers: How many follow it; None when that is not known.
        following: How many it follows; None when that is not known.
        posts: How many of its posts everybody may read.
        last_post_at: When the newest of them was published, in milliseconds; None for never.
    """
    return {
        "followers_count": followers or 0,
        "following_count": following or 0,
        "statuses_count": posts,
        "last_status_at": None if last_post_at is None else to_rfc3339(last_post_at)[:10],
    }


def field_entity(field: ProfileField) -> Entity:
    """Return a Field entity."""
    since = None if field.confirmed_at is None else to_rfc3339(field.confirmed_at)
    return {"name": field.name, "value": field.value_html, "verified_at": since}


def _begin_of_day(moment: int) -> int:
    """Return the day on which somebody came; the minute is nobody's business."""
    return moment - moment % DAY
