"""Texts of others as a page writes them."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from fedgov.kernel.text.plain import html_to_plain
from fedgov.web import texts
from fedgov.web.cards import EmojiCard
from fedgov.web.texts import short_text, with_emoji

KOE = EmojiCard(shortcode="koe", url="/media/proxy/1", static_url="/media/proxy/1/emoji", host="leeuwarden.example")


def everyone(_host: str) -> bool:
    return True


def test_plain_text_is_escaped_and_html_is_not() -> None:
    assert with_emoji("<b>:koe:", (KOE,), allows=everyone).startswith("&lt;b&gt;<img ")
    assert with_emoji(Markup("<b>:koe:</b>"), (KOE,), allows=everyone).startswith("<b><img ")
    assert with_emoji("<b>", ()) == Markup("&lt;b&gt;")


def test_the_picture_stands_still_and_comes_from_here() -> None:
    shown = with_emoji(":koe:", (None, KOE), allows=everyone)
    assert 'src="/media/proxy/1/emoji"' in shown
    assert "leeuwarden" not in shown


def test_of_a_blocked_host_the_text_stands_there() -> None:
    asked: list[str] = []

    def nobody(host: str) -> bool:
        asked.append(host)
        return False

    assert with_emoji("Een :koe:", (KOE,), allows=nobody) == Markup("Een :koe:")
    assert asked == ["leeuwarden.example"]


@pytest.mark.parametrize("text", ["<img>", ":KOE:", "", "koe"])
def test_a_text_without_emoji_is_only_escaped(text: str) -> None:
    assert with_emoji(text, (KOE,), allows=everyone) == Markup.escape(text)


def test_a_short_text_keeps_its_paragraphs() -> None:
    assert short_text("<p>Een &lt;twee&gt;</p><p>drie<br>vier</p>") == "Een <twee>\n\ndrie\nvier"
    assert short_text(f"<p>{'woord ' * 200}</p>", limit=20) == "woord woord woord…"


def test_of_a_long_text_only_the_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def plain(html: str) -> str:
        seen.append(len(html))
        return html_to_plain(html)

    monkeypatch.setattr(texts, "html_to_plain", plain)
    assert short_text("<p>woord</p>" * 100_000).startswith("woord\n\nwoord")
    assert seen == [20_000]
