"""What our own people write."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.kernel.text.markdown import Rendered, render, render_markdown
from fedgov.kernel.text.sanitise import LINK_REL
from tests.unit.kernel.text.harmless import assert_harmless

REL = f' rel="{LINK_REL}"'
KNOWN = {
    "fatima": "https://groningen.example/@fatima",
    "inkoper@leeuwarden.localhost:7002": "http://leeuwarden.localhost:7002/@inkoper",
    "some_user_name": "https://groningen.example/@some_user_name",
}


def rendered(text: str) -> Rendered:
    return render_markdown(
        text, resolve_mention=KNOWN.get, hashtag_url=lambda tag: f"https://a.example/tags/{tag.lower()}"
    )


def test_markdown_is_rendered() -> None:
    html = rendered("**vet** *schuin* ~~weg~~ `code`\nregel\n\n- een\n- twee\n\n> citaat").html
    assert "<strong>vet</strong> <em>schuin</em> <del>weg</del> <code>code</code><br>" in html
    assert "<li>een</li>" in html
    assert "<blockquote>" in html
    assert "<table>" in rendered("| a |\n|---|\n| 1 |").html
    assert "<pre><code>x\n</code></pre>" in rendered("```\nx\n```").html


def test_a_heading_needs_a_space_and_a_hashtag_has_none() -> None:
    assert rendered("# Kop").html == "<h2>Kop</h2>"
    assert rendered("#Kop").hashtags == ("Kop",)


def test_people_are_linked_and_found() -> None:
    found = rendered("Dag @fatima, (@inkoper@leeuwarden.localhost:7002). @some_user_name! @fatima @nobody a@fatima")
    assert found.mentions == ("fatima", "inkoper@leeuwarden.localhost:7002", "some_user_name")
    link = f'<span class="h-card"><a class="u-url mention" href="{KNOWN["fatima"]}"{REL}>@fatima</a></span>'
    assert found.html.count(link) == 2
    assert "@nobody a@fatima" in found.html


def test_hashtags_are_linked_and_found_once() -> None:
    found = rendered("#Woo #woo, #één_2 #123 C#x &#35; https://a.example/#top \\#niet")
    assert found.hashtags == ("Woo", "één_2")
    assert f'<a class="mention hashtag" href="https://a.example/tags/woo"{REL}>#<span>Woo</span></a>' in found.html
    assert "#123" in found.html
    assert render_markdown("#woo").hashtags == ("woo",)
    assert "<a" not in render_markdown("#woo").html


def test_bare_addresses_are_linked_as_they_are() -> None:
    html = rendered("Zie https://a.example/@fatima_x/_y_ (https://en.example/A_(b)).").html
    assert f'<a href="https://a.example/@fatima_x/_y"{REL}>' in html or "/_y_" in html
    assert f'<a href="https://en.example/A_(b)"{REL}>https://en.example/A_(b)</a>).' in html
    assert rendered("https://a.example/@fatima").mentions == ()


@pytest.mark.parametrize(
    "text", ["`@fatima #woo https://a.example`", "```\n@fatima #woo https://a.example\n```", "    @fatima #woo"]
)
def test_nothing_in_code_is_linked(text: str) -> None:
    found = rendered(text)
    assert (found.mentions, found.hashtags) == ((), ())
    assert "<a" not in found.html


def test_nothing_in_a_link_is_linked_again() -> None:
    found = rendered("[aan @fatima over #woo](https://a.example)")
    assert (found.mentions, found.hashtags) == ((), ())
    assert found.html == f'<p><a href="https://a.example"{REL}>aan @fatima over #woo</a></p>'


def test_html_is_shown_as_it_was_typed() -> None:
    assert (
        rendered("<script>alert(1)</script> <naam>").html == "<p>&lt;script&gt;alert(1)&lt;/script&gt; &lt;naam&gt;</p>"
    )


@pytest.mark.parametrize(
    "text", ["![een koe](https://t.example/i.png)", "![een koe][r]\n\n[r]: https://t.example/i.png"]
)
def test_a_picture_becomes_a_link(text: str) -> None:
    assert rendered(text).html == f'<p><a href="https://t.example/i.png"{REL}>een koe</a></p>'


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](  JAVASCRIPT:alert(1) )",
        "[x][r]\n\n[r]: javascript:alert(1)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '[x](https://a.example "\\" onclick=alert(1) x=\\"")',
        '```" onclick=alert(1)\nx\n```',
    ],
)
def test_xss_01_and_03_markdown_cannot_carry_what_html_cannot(text: str) -> None:
    assert_harmless(rendered(text).html)


HOSTILE = {
    "brackets": "[" * 60_000,
    "open links": "[a](" * 20_000,
    "quotations": ">" * 60_000,
    "lists": "\n".join("  " * n + "- a" for n in range(300)),
    "lists on one line": "- " * 3_000 + "x",
    "stars": "*a " * 20_000,
    "underscores": "_" * 60_000,
    "backticks": "`" * 60_001,
    "backslashes": "\\" * 60_000,
    "mentions": "@a" * 30_000,
    "too long": "x" * 5_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_dos_05_hostile_markdown_is_decided_in_bounded_time(name: str) -> None:
    started = time.process_time()
    rendered(HOSTILE[name])
    assert time.process_time() - started < 5


pieces = st.sampled_from(
    (
        *(
            "*",
            "_",
            "`",
            "```\n",
            "~~",
            "[",
            "]",
            "(",
            ")",
            "![",
            "<",
            ">",
            "#",
            "@fatima",
            "#woo",
            "\n",
            "\n\n",
            "    ",
        ),
        *(
            "- ",
            "1. ",
            "> ",
            "|",
            "|---|",
            "\\",
            "https://a.example",
            "javascript:",
            "<script>",
            "[r]: ",
            "&",
            "\x02",
            "\x03",
        ),
    )
)


@given(st.lists(pieces | st.text(max_size=4), max_size=40).map("".join))
def test_no_text_makes_the_renderer_raise_or_harm(text: str) -> None:
    assert_harmless(rendered(text).html)


def test_foreign_content_is_rendered_by_its_kind() -> None:
    assert render("<b>x</b><script>y</script>") == "<b>x</b>"
    assert render("**x**", content_type="text/markdown") == "<p><strong>x</strong></p>"
    assert render("<b>x", content_type="text/plain") == "<p>&lt;b&gt;x</p>"
    assert render("<b>x", content_type="application/x-evil") == "<p>&lt;b&gt;x</p>"


def test_a_mistake_in_the_look_up_stays_loud() -> None:
    def broken(handle: str) -> str | None:
        raise KeyError(handle)

    with pytest.raises(KeyError):
        render_markdown("@fatima", resolve_mention=broken)
