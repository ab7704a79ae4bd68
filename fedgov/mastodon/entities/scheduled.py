"""Posts that wait for their time, as apps show them.

Spec: https://docs.joinmastodon.org/entities/ScheduledStatus/
"""

from __future__ import annotations

from collections.abc import Mapping

from fedgov.features.media.vocabulary import StoredMedia
from fedgov.features.posts.vocabulary import ScheduledPost
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.uris import Site
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.audience import visibility_of
from fedgov.mastodon.entities.media import media_entity


def scheduled_entity(post: ScheduledPost, *, files: Mapping[int, StoredMedia], site: Site) -> Entity:
    """Return a ScheduledStatus entity.

    Args:
        post: The post.
        files: Its files, by row id.
        site: The instance.
    """
    draft = post.draft
    poll = None
    if draft.poll_options:
        poll = {
            "options": list(draft.poll_options),
            "expires_in": draft.poll_seconds,
            "multiple": draft.poll_multiple,
            "hide_totals": False,
        }
    return {
        "id": str(post.id),
        "scheduled_at": to_rfc3339(post.due_at),
        "params": {
            "text": draft.text,
            "poll": poll,
            "media_ids": [str(each) for each in draft.media_ids] or None,
            "sensitive": draft.sensitive,
            "spoiler_text": draft.summary or None,
            "visibility": visibility_of(draft.visibility),
            "in_reply_to_id": draft.reply_to,
            "language": draft.language,
            "application_id": 0,
            "scheduled_at": None,
            "idempotency": None,
            "with_rate_limit": False,
            "quoted_status_id": None if draft.quote is None else str(draft.quote),
            **({} if draft.quote_policy is None else {"quote_approval_policy": draft.quote_policy.at_once}),
        },
        "media_attachments": [
            media_entity(files[each].card(site), site=site) for each in draft.media_ids if each in files
        ],
    }
