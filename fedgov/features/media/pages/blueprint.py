"""Which page is at which path."""

from __future__ import annotations

import functools

from quart import Blueprint

from fedgov.features.media.pages import emojis
from fedgov.features.media.pages.files import give_copy, give_emoji, give_file
from fedgov.features.media.service.copies import CopyRoom


def blueprint() -> Blueprint:
    """Make the pages of this room."""
    pages = Blueprint("media", __name__)
    copies = CopyRoom()
    for ending, preview in (("", False), ("/preview", True)):
        pages.add_url_rule(
            f"/media/<name>{ending}",
            endpoint=f"file{ending.replace('/', '_')}",
            view_func=functools.partial(give_file, preview=preview),
        )
        pages.add_url_rule(
            f"/media/proxy/<token>{ending}",
            endpoint=f"copy{ending.replace('/', '_')}",
            view_func=functools.partial(give_copy, copies=copies, preview=preview),
        )
    pages.add_url_rule(
        "/media/proxy/<token>/emoji", endpoint="emoji", view_func=functools.partial(give_emoji, copies=copies)
    )
    pages.add_url_rule("/emojis", view_func=emojis.choose)
    pages.add_url_rule("/emojis/<int(max=9223372036854775807):emoji_id>", view_func=emojis.lead_to_picture)
    pages.add_url_rule("/admin/emojis", view_func=emojis.show_emojis, methods=["GET"])
    pages.add_url_rule("/admin/emojis", view_func=emojis.change_emojis, methods=["POST"])
    return pages
