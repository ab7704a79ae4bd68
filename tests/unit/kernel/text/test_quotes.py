"""The line that stands for a quoted message goes where that itself is shown."""

from __future__ import annotations

import pytest

from fedgov.kernel.text.quotes import without_quote_line
from fedgov.kernel.text.sanitise import sanitise

LINK = '<a href="https://a.example/1"><span class="invisible">https://</span><span>a.example/1</span></a>'


@pytest.mark.parametrize(
    "html",
    [
        f'<p class="quote-inline">RE: {LINK}</p><p>Eens.</p>',  # Mastodon
        f'<p>Eens.<span class="quote-inline"><br><br>RE: {LINK}</span></p>',  # Misskey
        f'<p>Eens.</p><span class="x quote-inline"><bdi>RE:</bdi> <span>{LINK}</span></span>',  # Akkoma
        f'<p title="&quot;>" class="quote-inline">RE: {LINK}</p><p>Eens.</p>',
        f'<p class="quote-inline">RE: {LINK}<p>Eens.</p>',
    ],
)
def test_the_line_goes_and_the_text_stays(html: str) -> None:
    assert without_quote_line(sanitise(html)) == "<p>Eens.</p>"


@pytest.mark.parametrize(
    "html",
    [
        "<p>RE: https://a.example/1</p>",
        "<p>quote-inline</p>",
        '<p class="quote-inliner">RE:</p>',
        '<blockquote class="quote-inline">RE:</blockquote>',
        '<abbr title="&lt;p class=&quot;quote-inline&quot;>">x</abbr>',
    ],
)
def test_only_what_is_marked_goes(html: str) -> None:
    kept = sanitise(html)
    assert without_quote_line(kept) == kept
    assert kept
