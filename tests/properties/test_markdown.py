"""What people write, and the small pictures in it."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from fedgov.kernel.text.emoji import MAX_PICTURES, is_shortcode, with_pictures
from fedgov.kernel.text.markdown import MAX_MARKDOWN, render, render_markdown
from fedgov.kernel.text.sanitise import sanitise
from tests.properties.profile import few, in_bounded_time, some
from tests.properties.test_html import HTML, demand_harmless

_PROFILE: Final = "https://example.org/@anna"
# fmt: off
_PIECES = st.sampled_from(
    ["# ", "#fiets", "@anna", "@anna@example.org", "**", "*", "_", "~~", "`", "```\n", "> ", "- ", "1. ", "    ",
     "\n", "\n\n",
     "[", "]", "(", ")", "](", "![", "[a]: ", "<", ">", "https://example.org/_x_", "javascript:alert(1)", "&lt;",
     "&#x6A;",
     "|a|b|\n|-|-|\n", "|", "\\", "\x02", "\x03", "klzzwxh:0000", "\x02klzzwxh:0000\x03", "\x02wzxhzdk:0\x03",
     "\ud800", "\x00",
     "<script>", "<b>", "x", "y z", '"', "'", ":blobcat:", "http://", "mailto:a@b.example", "<https://a.example>",
     "é", "  \n"]
)
# fmt: on
MARKDOWN = st.lists(_PIECES, max_size=16).map("".join)
_PICTURE: Final = re.compile(r'<img class="emoji" src="([^"]*)" alt="([^"]*)"[^>]*>')
_LITERAL: Final = re.compile(r"<(a|code|kbd|pre|samp)\b[^>]*>.*?</\1>", re.DOTALL)


def check_markdown(text: str) -> None:
    """Whatever is written becomes harmless HTML, in bounded time, and who is named is linked."""
    with in_bounded_time():
        rendered = render_markdown(
            text,
            resolve_mention=lambda handle: _PROFILE if handle.startswith("anna") else None,
            hashtag_url=lambda name: f"https://example.org/tags/{name}",
        )
        assert demand_harmless(sanitise(rendered.html)) == demand_harmless(rendered.html)
        assert all(handle.startswith("anna") for handle in rendered.mentions)
        assert len({name.lower() for name in rendered.hashtags}) == len(rendered.hashtags)
        assert not rendered.mentions or _PROFILE in rendered.html
        for kind in ("text/html", "text/markdown", "text/plain", "x"):
            demand_harmless(render(text, content_type=kind))


def check_emoji(text: str, url: str = "https://example.org/a.png?b='\"<>&") -> None:
    """Putting pictures in adds nothing but pictures: with the words in their place the text is as it was."""
    html = sanitise(text)
    with in_bounded_time():
        shown = with_pictures(html, {"blobcat": url, "x": "https://no.example/", "a b": "https://no.example/"})
    found = _PICTURE.findall(shown)
    assert len(found) <= MAX_PICTURES
    assert all(unescape(source) == url and words == ":blobcat:" for source, words in found)
    assert _PICTURE.sub(lambda match: match[2], shown) == html
    assert all("<img" not in literal[0] for literal in _LITERAL.finditer(shown))
    assert is_shortcode("blobcat")


def check_long_markdown(piece: str) -> None:
    """However a piece is repeated, time stays within bounds."""
    with in_bounded_time():
        render_markdown((piece * (20_000 // max(1, len(piece))))[:MAX_MARKDOWN])


@some
@given(text=MARKDOWN | HTML)
@example(text="[a](javascript:alert`1`)")
@example(text="> " * 2_000)
@example(text="x https://bank.example@real.example/")
@example(text="see https:///x/")
def test_what_is_written_becomes_harmless(text: str) -> None:
    check_markdown(text)


@some
@given(text=HTML | MARKDOWN)
@example(text=":blobcat::blobcat:" * 300)
@example(text="<a href='https://a.example'>:blobcat:</a>:blobcat:")
def test_a_picture_stands_for_its_words_and_nowhere_else(text: str) -> None:
    check_emoji(text)


@few
@given(piece=MARKDOWN)
@example(piece="*a ")
@example(piece="[a](")
@example(piece="[")
@example(piece="`")
@example(piece="> ")
def test_long_markdown_takes_bounded_time(piece: str) -> None:
    check_long_markdown(piece)


def test_no_more_is_rendered_than_the_limit() -> None:
    text = "*a* " + "y" * (MAX_MARKDOWN - 4)
    assert "<em>" in render_markdown(text).html
    assert "<em>" not in render_markdown(text + "y").html
