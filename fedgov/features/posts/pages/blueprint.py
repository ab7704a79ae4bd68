"""Which address leads to which page."""

from __future__ import annotations

from typing import Final

from quart import Blueprint

from fedgov.features.posts.pages import about, acting, quotations, reading, reporting, writing

POST: Final = "/posts/<int(max=9223372036854775807):post_id>"


def blueprint() -> Blueprint:
    """Return the pages of this room."""
    pages = Blueprint("posts", __name__)
    for path, view in (
        ("/", reading.front),
        ("/timeline/public", reading.public),
        ("/timeline/organisation", reading.organisation),
        ("/tags/<tag>", reading.hashtag),
        ("/@<name>", reading.short_profile),
        ("/users/<name>", reading.local_profile),
        ("/people/<handle>", reading.remote_profile),
        (POST, reading.post),
        (f"{POST}/history", reading.history),
        (f"{POST}/receipt", reading.receipt),
        (f"{POST}/edit", writing.edit),
        (f"{POST}/delete", writing.delete),
        (f"{POST}/report", reporting.ask),
        (f"{POST}/quotes", quotations.quotes),
        ("/quote-requests", quotations.requests),
        ("/compose", writing.compose),
        ("/about", about.about),
        ("/privacy", about.privacy),
        ("/accessibility", about.accessibility),
        ("/terms", about.terms),
    ):
        pages.add_url_rule(path, view_func=view, methods=["GET"])
    for path, view in (
        ("/compose", writing.publish),
        ("/compose/preview", writing.preview_reach),
        (f"{POST}/edit", writing.save),
        (f"{POST}/delete", writing.confirm_delete),
        (f"{POST}/report", reporting.send),
        ("/quote-requests", quotations.decide),
    ):
        pages.add_url_rule(path, view_func=view, methods=["POST"])
    pages.add_url_rule(
        f"{POST}/quotes/<int(max=9223372036854775807):quoting_id>/revoke", view_func=quotations.revoke, methods=["POST"]
    )
    for name, action in acting.ACTIONS.items():
        pages.add_url_rule(f"{POST}/{name}", view_func=action, methods=["POST"])
    return pages
