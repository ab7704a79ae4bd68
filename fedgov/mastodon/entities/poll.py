"""Polls, as apps show them.

Spec: https://docs.joinmastodon.org/entities/Poll/
"""

from __future__ import annotations

from typing import Any

from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.uris import Site
from fedgov.mastodon.entities.emoji import emoji_entities
from fedgov.web.cards import PostCard


def poll_entity(post: PostCard, *, site: Site, is_person: bool) -> dict[str, Any] | None:
    """Return the Poll entity of a post; None when it has no poll. Its id is that of the post.

    Args:
        post: The post.
        site: The instance.
        is_person: Whether somebody asks who can vote.
    """
    poll = post.poll
    if poll is None:
        return None
    own = {"voted": bool(poll.own_votes), "own_votes": list(poll.own_votes)} if is_person else {}
    return {
        "id": str(post.id),
        "expires_at": None if poll.ends_at is None else to_rfc3339(poll.ends_at),
        "expired": poll.closed,
        "multiple": poll.multiple,
        "votes_count": sum(option.votes or 0 for option in poll.options),
        "voters_count": poll.voters,
        "options": [{"title": option.label, "votes_count": option.votes} for option in poll.options],
        "emojis": emoji_entities(post.emojis, site=site),
        **own,
    }
