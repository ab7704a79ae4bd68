"""Which page is at which path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from quart import Blueprint, Response

from fedgov.features.notices.pages import announcing, reading

_POST: Final = "/posts/<int(max=9223372036854775807):post_id>"
_VIEWS: Final[tuple[tuple[str, str, Callable[..., Awaitable[Response]]], ...]] = (
    ("GET", "/home", reading.home),
    ("GET", "/notifications", reading.notifications),
    ("POST", "/notifications", reading.change_notifications),
    ("GET", "/bookmarks", reading.bookmarks),
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
