"""Filters, as apps show them: in groups of keywords and posts, and as older apps know them, one by keyword.

Spec: https://docs.joinmastodon.org/entities/Filter/; https://docs.joinmastodon.org/entities/V1_Filter/
"""

from __future__ import annotations

from fedgov.features.notices.vocabulary import Filter, FilterAction, FilteredPost, FilterMatch, Keyword
from fedgov.kernel.clock import to_rfc3339
from fedgov.mastodon.entities.account import Entity


def filter_entity(found: Filter) -> Entity:
    """Return a Filter entity with all its rules."""
    return {
        **_head(found),
        "keywords": [keyword_entity(each) for each in found.keywords],
        "statuses": [filtered_post_entity(each) for each in found.posts],
    }


def filter_result(match: FilterMatch, *, object_id: int) -> Entity:
    """Return a FilterResult entity: why a post is filtered."""
    return {
        "filter": _head(match.filter),
        "keyword_matches": list(match.keywords) or None,
        "status_matches": [str(object_id)] if match.named else None,
    }


def _head(found: Filter) -> Entity:
    return {
        "id": str(found.id),
        "title": found.title,
        "context": [each.value for each in found.contexts],
        "expires_at": None if found.expires_at is None else to_rfc3339(found.expires_at),
        "filter_action": found.action.value,
    }


def keyword_entity(found: Keyword) -> Entity:
    """Return a FilterKeyword entity."""
    return {"id": str(found.id), "keyword": found.keyword, "whole_word": found.whole_word}


def filtered_post_entity(found: FilteredPost) -> Entity:
    """Return a FilterStatus entity."""
    return {"id": str(found.id), "status_id": str(found.object_id)}


def old_filter_entity(found: Filter, keyword: Keyword) -> Entity:
    """Return a V1::Filter entity: one keyword of a filter."""
    head = _head(found)
    return {
        "id": str(keyword.id),
        "phrase": keyword.keyword,
        "context": head["context"],
        "whole_word": keyword.whole_word,
        "expires_at": head["expires_at"],
        "irreversible": found.action is FilterAction.HIDE,
    }
