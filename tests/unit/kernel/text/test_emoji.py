"""Custom emoji are pictures in text, and nowhere else."""

from __future__ import annotations

from html import escape

import pytest

from fedgov.kernel.text.emoji import MAX_EMOJI, MAX_PICTURES, is_shortcode, with_pictures

KOE = {"koe": "/media/proxy/1/emoji"}


def test_a_shortcode_becomes_a_picture_that_is_called_what_was_written() -> None:
    assert with_pictures("<p>Een :koe: in de wei</p>", KOE) == (
        '<p>Een <img class="emoji" src="/media/proxy/1/emoji" alt=":koe:" title=":koe:" width="20" height="20"'
        ' loading="lazy" decoding="async"> in de wei</p>'
    )


@pytest.mark.parametrize("html", [":koe:", "(:koe:)", "x<br>:koe:", "&lt;:koe:&gt;", "牛:koe:牛", ":nee::koe:"])
def test_it_may_stand_anywhere_in_a_text(html: str) -> None:
    assert with_pictures(html, KOE).count("<img ") == 1


def test_two_in_a_row_are_two() -> None:
    assert with_pictures(":koe::koe: :koe:", KOE).count("<img ") == 3


@pytest.mark.parametrize(
    "html",
    [
        '<abbr title=":koe:">x</abbr>',
        '<abbr title="a > :koe:">x</abbr>',
        '<a href="https://a.example/:koe:">x</a>',
        "<code>:koe:</code>",
        "<pre><code>x</code>:koe:</pre>",
        "<pre>\n<span>:koe:</span></pre>",
        "<kbd>:koe:</kbd>",
        '<a href="https://a.example/">b<strong>:koe:</strong>nk.example</a>',
        ":nee:",
        ":Koe:",
        "10:koe:30",
        "x:koe:",
        ":koe:x",
        "koe",
        ": koe :",
    ],
)
def test_attributes_code_links_and_what_is_not_defined_stay_as_they_are(html: str) -> None:
    assert with_pictures(html, KOE) == html


def test_after_code_and_links_it_is_text_again() -> None:
    html = '<code>:koe:</code><a href="https://a.example/">:koe:</a><abbr title="x">:koe:</abbr> :koe:'
    assert with_pictures(html, KOE).count("<img ") == 2


@pytest.mark.parametrize("name", ["k", "k" * 65, "k oe", "k-oe", "koe\n", "k:oe", "<koe>", "", ".*", "koë"])
def test_what_cannot_be_a_shortcode_is_never_looked_for(name: str) -> None:
    assert not is_shortcode(name)
    html = f"a :{escape(name)}: b :koe: c"
    assert with_pictures(html, {name: "/x"}) == html


@pytest.mark.parametrize("name", ["ko", "k" * 64, "Blob_cat2", "100"])
def test_a_shortcode_is_two_to_sixty_four_plain_characters(name: str) -> None:
    assert is_shortcode(name)
    assert "<img " in with_pictures(f":{name}:", {name: "/x"})


def test_an_address_cannot_leave_its_attribute() -> None:
    shown = with_pictures(":koe:", {"koe": '/x" onerror="alert(1)'})
    assert 'src="/x&quot; onerror=&quot;alert(1)"' in shown


def test_of_more_than_sixty_four_emoji_the_rest_is_text() -> None:
    many = {f"koe{number}": "/x" for number in range(MAX_EMOJI + 1)}
    shown = with_pictures(" ".join(f":{name}:" for name in many), many)
    assert shown.count("<img ") == MAX_EMOJI
    assert shown.endswith(f" :koe{MAX_EMOJI}:")


def test_nobody_fills_a_page_with_pictures() -> None:
    shown = with_pictures("<p>:koe:</p>" * 50_000, KOE)
    assert shown.count("<img ") == MAX_PICTURES
    assert shown.endswith("<p>:koe:</p>")
