"""What HTML may hold when it reaches a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from fedgov.kernel.text.sanitise import LINK_REL

ALLOWED_ATTRIBUTES = {
    *("href", "hreflang", "title", "class", "rel", "lang", "start", "reversed", "value"),
    *("colspan", "rowspan", "datetime"),
}
ALLOWED_CLASSES = {"mention", "hashtag", "h-card", "u-url"}
FORBIDDEN_TAGS = {
    *("script", "style", "iframe", "object", "embed", "form", "input", "button", "svg", "math", "img", "video"),
    *("audio", "source", "link", "meta", "base", "template", "h1", "div", "textarea", "select", "html", "body"),
}


class _Inspector(HTMLParser):
    """Fails on anything that must never reach a page."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in FORBIDDEN_TAGS
        for name, value in attrs:
            assert name in ALLOWED_ATTRIBUTES
            assert not name.startswith("on")
            if name == "href":
                assert re.match(r"(https?|mailto):", value or "", re.IGNORECASE)
            if name == "class":
                assert set((value or "").split()) <= ALLOWED_CLASSES
            if name == "rel":
                assert value == LINK_REL

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")


def assert_harmless(html: str) -> None:
    """Fail when the HTML holds a tag, attribute or address that was not allowed."""
    _Inspector().feed(html)
