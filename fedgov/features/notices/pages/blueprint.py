"""Which page is at which path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from quart import Blueprint, Response

from fedgov.features.notices.pages import announcing, filters, lists, reading, subjects, waiting

_POST: Final = "/posts/<int(max=9223372036854775807):post_id>"
_LIST: Final = "/lists/<int(max=9223372036854775807):list_id>"
_FILTER: Final = "/settings/filters/<int(max=9223372036854775807):filter_id>"
_VIEWS: Final[tuple[tuple[str, str, Callable[..., Awaitable[Response]]], ...]] = (
    ("GET", "/home", reading.home),
    ("GET", "/notifications", reading.notifications),
    ("POST", "/notifications", reading.change_notifications),
    ("GET", "/bookmarks", reading.bookmarks),
    ("GET", "/favourites", reading.favourites),
    ("GET", "/notifications/requests", waiting.show_requests),
    ("POST", "/notifications/requests", waiting.decide),
    ("GET", "/lists", lists.show_lists),
    ("POST", "/lists", lists.make_list),
    ("GET", "/lists/of", lists.show_lists_of),
    ("GET", _LIST, lists.show_list),
    ("GET", f"{_LIST}/people", lists.show_people),
    ("POST", f"{_LIST}/people", lists.change_people),
    ("GET", f"{_LIST}/settings", lists.show_list_settings),
    ("POST", f"{_LIST}/settings", lists.change_list),
    ("GET", "/settings/filters", filters.show_filters),
    ("GET", "/settings/filters/new", filters.show_new),
    ("POST", "/settings/filters/new", filters.make),
    ("GET", _FILTER, filters.show_one),
    ("POST", _FILTER, filters.change),
    ("GET", "/settings/subjects", subjects.show_subjects),
    ("POST", "/settings/subjects", subjects.change_subjects),
    ("POST", f"{_POST}/bookmark", reading.save),
    ("POST", f"{_POST}/unbookmark", reading.unsave),
    ("POST", "/announcements", announcing.answer),
    ("GET", "/admin/announcements", announcing.show_announcements),
    ("POST", "/admin/announcements", announcing.change_announcements),
)


def blueprint() -> Blueprint:
    """Return the pages of this room."""
    pages = Blueprint("notices", __name__)
    for method, path, view in _VIEWS:
        pages.add_url_rule(path, view_func=view, methods=[method])
    return pages
