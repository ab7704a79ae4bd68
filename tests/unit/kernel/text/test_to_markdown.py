"""HTML of programs as the Markdown that it means."""

from __future__ import annotations

import pytest

from fedgov.kernel.text.markdown import render_markdown
from fedgov.kernel.text.to_markdown import html_to_markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("", ""),
        ("Dag", "Dag"),
        ("<p>Een</p><p>Twee</p>", "Een\n\nTwee"),
        ("<p>Een<br>regel</p>", "Een\nregel"),
        ("<strong>vet</strong> en <em>schuin</em>", "**vet** en *schuin*"),
        ('<a href="https://x.example/a">hier</a>', "[hier](https://x.example/a)"),
        ('<a href="https://x.example/a">https://x.example/a</a>', "https://x.example/a"),
        ('<a href="https://x.example/@olga" class="mention">@<span>olga</span></a>', "@olga"),
        ('<a href="https://x.example/tags/inkoop">#inkoop</a>', "#inkoop"),
        ("<ul><li>een</li><li>twee</li></ul>", "- een\n- twee"),
        ("<ol><li>een</li><li>twee</li></ol>", "1. een\n1. twee"),
        ("<blockquote><p>zei hij</p></blockquote>", "> zei hij"),
        ("<pre><code>a * b\n  c</code></pre>", "```\na * b\n  c\n```"),
        ("<h2>Kop</h2>", "## Kop"),
        ("<script>alert(1)</script>x", "x"),
        ("a @olga_b en a_b", "a @olga_b en a_b"),
    ],
)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert html_to_markdown(html) == markdown


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 * 4",
        "*niet vet*",
        "_zo_",
        "1. geen lijst",
        "# geen kop",
        "- ook niet",
        "> nee",
        "[x](y)",
        "`code`",
        "~~weg~~",
        "\\*",
    ],
)
def test_signs_of_markdown_in_plain_words_stay_what_they_are(text: str) -> None:
    assert render_markdown(html_to_markdown(f"<p>{text}</p>")).html.replace("&gt;", ">") == f"<p>{text}</p>"


def test_what_is_deep_or_broken_is_read_to_its_end() -> None:
    assert "einde" in html_to_markdown("<blockquote>" * 5_000 + "einde")
    assert html_to_markdown("<p>een</b></a><a href='x'>twee") in ("een[twee](x)", "eentwee")
