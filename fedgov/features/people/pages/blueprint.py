"""Which page is at which path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from quart import Blueprint, Response

from fedgov.features.people.pages import (
    administration,
    apps,
    interaction,
    leaving,
    lists,
    logins,
    relations,
    sanctioning,
    settings,
    shut_out,
)

_VIEWS: Final[tuple[tuple[str, str, Callable[..., Awaitable[Response]]], ...]] = (
    ("GET", "/login", logins.show_login),
    ("POST", "/login", logins.log_in),
    ("GET", "/logout", logins.show_logout),
    ("POST", "/logout", logins.log_out),
    ("GET", "/register", logins.show_register),
    ("POST", "/register", logins.register),
    ("GET", "/.well-known/change-password", settings.lead_to_password),
    ("GET", "/settings", settings.show_preferences),
    ("POST", "/settings", settings.change_preferences),
    ("GET", "/settings/profile", settings.show_profile),
    ("POST", "/settings/profile", settings.change_profile),
    ("GET", "/settings/password", settings.show_password),
    ("POST", "/settings/password", settings.change_password),
    ("GET", "/settings/sessions", settings.show_sessions),
    ("POST", "/settings/sessions", settings.end_session),
    ("GET", "/settings/apps", apps.show_apps),
    ("POST", "/settings/apps", apps.withdraw_app),
    ("GET", "/settings/blocks", shut_out.show_blocks),
    ("POST", "/settings/blocks", shut_out.change_blocks),
    ("GET", "/settings/account", leaving.show_account),
    ("POST", "/settings/account", leaving.change_account),
    ("POST", "/follow", relations.follow),
    ("POST", "/unfollow", relations.unfollow),
    ("POST", "/block", relations.block),
    ("POST", "/unblock", relations.unblock),
    ("POST", "/mute", relations.mute),
    ("POST", "/unmute", relations.unmute),
    ("POST", "/remove-follower", relations.remove_follower),
    ("GET", "/follow-requests", relations.show_requests),
    ("POST", "/follow-requests", relations.decide),
    ("GET", "/users/<username>/followers", lists.followers),
    ("GET", "/users/<username>/following", lists.following),
    ("GET", "/@<username>/followers", lists.followers),
    ("GET", "/@<username>/following", lists.following),
    ("GET", "/people/<username>/followers", lists.followers),
    ("GET", "/people/<username>/following", lists.following),
    ("GET", "/interact", interaction.show_interact),
    ("POST", "/interact", interaction.lead_home),
    ("GET", "/admin/people", sanctioning.show_sanctions),
    ("POST", "/admin/people", sanctioning.change_sanctions),
    ("GET", "/admin/accounts", administration.show_accounts),
    ("POST", "/admin/accounts", administration.change_accounts),
)


def blueprint() -> Blueprint:
    """Return the pages of this room."""
    pages = Blueprint("people", __name__)
    for method, path, view in _VIEWS:
        endpoint = f"{method}{path}".replace("/", "_").replace(".", "-")
        pages.add_url_rule(path, endpoint=endpoint, view_func=view, methods=[method])
    return pages
