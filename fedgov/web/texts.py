"""Texts of others as a page writes them: with their custom emoji as pictures, and in short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, cast

from markupsafe import Markup, escape
from quart import request

from fedgov.instance import Instance, Trust
from fedgov.kernel.text.emoji import with_pictures
from fedgov.kernel.text.plain import html_to_plain, truncate
from fedgov.web.cards import EmojiCard
from fedgov.web.desk import INSTANCE_KEY

SHORT: Final = 400
"""Characters of a quoted post that are sent along; how many lines of it are seen the page decides."""

_READ: Final = 20_000
"""Characters of the HTML that are looked at for that; a long article would take tens of milliseconds."""


def with_emoji(text: str, emojis: Sequence[EmojiCard | None], *, allows: Callable[[str], bool] | None = None) -> Markup:
    """Return a text for a page, with small still pictures for the custom emoji in it.

    Of a server with which no messages are exchanged there are no pictures; then
    the text stands there as it was written.

    Args:
        text: Sanitised HTML when it is Markup, else plain text.
        emojis: Those that its author defined with it, and no others.
        allows: Tells whether messages are exchanged with a host; that of the current instance when not given.
    """
    html = escape(text)
    if not emojis or ":" not in html:
        return html
    may_show = allows or _trust().allows
    pictures = {each.shortcode: each.static_url for each in emojis if each is not None and may_show(each.host)}
    return Markup(with_pictures(html, pictures))  # noqa: S704 - escaped above, or sanitised when it was stored


def _trust() -> Trust:
    scope = cast("dict[str, object]", request.scope)
    return cast("Instance", scope[INSTANCE_KEY]).trust


def short_text(html: str, limit: int = SHORT) -> str:
    """Return the beginning of sanitised HTML as plain text, with an empty line between paragraphs.

    Args:
        html: What a card has as its content.
        limit: Most characters.
    """
    return truncate(html_to_plain(html[:_READ]), limit=limit)
