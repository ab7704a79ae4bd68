"""Plain text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.kernel.text.plain import clean_name, excerpt, html_to_plain, truncate


def test_blocks_become_lines() -> None:
    html = "<h2>Kop</h2><p>Een<br>twee &lt;b&gt; &amp;</p><ul><li>a</li><li>b</li></ul><p>slot</p><script>x</script>"
    assert html_to_plain(html) == "Kop\n\nEen\ntwee <b> &\n\na\nb\nslot"
    assert html_to_plain("<pre>a\n  b</pre>") == "a\nb"
    assert html_to_plain("") == ""


def test_an_excerpt_is_one_line() -> None:
    assert excerpt("<p>Een</p><p>twee drie</p>", limit=12) == "Een twee…"
    assert excerpt("<p>Een</p><p>twee</p>") == "Een twee"


@given(st.text())
def test_no_html_makes_the_reader_raise(html: str) -> None:
    html_to_plain(html)
    assert len(excerpt(html, limit=20)) <= 20


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("een twee drie", 13, "een twee drie"),
        ("een twee drie", 12, "een twee…"),
        ("een twee drie", 9, "een twee…"),
        ("hottentottententententoonstelling", 10, "hottentot…"),
        ("een", 1, "…"),
        ("een", 0, ""),
        ("cafe\u0301s overal", 5, "caf…"),
    ],
)
def test_text_is_cut_between_words(text: str, limit: int, expected: str) -> None:
    assert truncate(text, limit=limit) == expected


@given(st.text(), st.integers(0, 50))
def test_a_cut_text_is_never_too_long(text: str, limit: int) -> None:
    assert len(truncate(text, limit=limit)) <= limit


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Fatima de Vries", "Fatima de Vries"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("\u2066a\u2069", "a"),
        ("Gar\u200bgron\ufeff", "Gargron"),
        ("Gargron@mastodon.social\u2800\u2800\u2800", "Gargron@mastodon.social"),
        ("a\u3164b\u00adc", "abc"),
        ("a\nb\tc\u2028d\u00a0\u3000e", "a b c d e"),
        ("\x00\x1b[31m", "[31m"),
        ("é e\u0301", "é e\u0301"),
        ("👩\u200d👩\u200d👧 ❤\ufe0f 🧑🏽\u200d💻", "👩\u200d👩\u200d👧 ❤\ufe0f 🧑🏽\u200d💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("ad\u200dmin \u200cx\u200d", "admin x"),
        ("x\U000e0041\ue000", "x"),
        ("\u200b\u202e", ""),
    ],
)
def test_xss_08_a_name_shows_what_it_holds(name: str, shown: str) -> None:
    assert clean_name(name) == shown


def test_xss_08_a_pile_of_marks_is_cut() -> None:
    cleaned = clean_name("Z" + "\u0301" * 10_000 + "algo")
    assert sum(map(bool, map(unicodedata.combining, cleaned))) == 4
    assert cleaned.endswith("algo") or len(cleaned) <= 500


@given(st.text(max_size=100))
def test_no_name_holds_controls_or_is_too_long(name: str) -> None:
    cleaned = clean_name(name, limit=30)
    assert len(cleaned) <= 30
    assert not any(unicodedata.category(character) == "Cc" for character in cleaned)
    assert not any(unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI", "FSI"} for c in cleaned)
