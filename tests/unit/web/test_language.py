"""The reader's language, and words, numbers and times in it."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from fedgov.kernel.clock import DAY, HOUR, MINUTE
from fedgov.web.language import Translator, choose, from_header, known, markup_gettext, markup_ngettext

NOON = 1_795_258_800_000  # 2026-11-21T11:00Z, a Saturday: noon in the Netherlands


def test_what_is_asked_for_now_goes_before_everything() -> None:
    given = {"asked": "fy", "cookie": "en", "account": "nl", "accept_language": "en", "default": "nl"}
    assert choose(**given) == "fy"


def test_then_the_cookie_then_the_account_then_the_browser_then_the_instance() -> None:
    assert choose(asked=None, cookie="en", account="fy", accept_language="nl", default="nl") == "en"
    assert choose(asked="xx", cookie="", account="fy", accept_language="nl", default="nl") == "fy"
    assert choose(asked=None, cookie=None, account=None, accept_language="de, en;q=0.4", default="nl") == "en"
    assert choose(asked=None, cookie=None, account=None, accept_language="de", default="fy") == "fy"
    assert choose(asked=None, cookie=None, account=None, accept_language=None, default="de") == "nl"


@pytest.mark.parametrize(
    ("header", "language"),
    [("nl-NL,nl;q=0.9,en;q=0.8", "nl"), ("en;q=0.3, fy;q=0.7", "fy"), ("de", None), ("", None), (None, None),
     ("en;q=0", None), ("nl;q=oops", None)],
)  # fmt: skip
def test_the_browser_says_what_it_likes_best(header: str | None, language: str | None) -> None:
    assert from_header(header) == language


def test_only_languages_that_we_speak_are_known() -> None:
    assert known("nl_BE") == "nl"
    assert known("../../etc/passwd") is None


def test_how_long_ago_is_said_as_people_say_it() -> None:
    dutch = Translator("nl")
    assert dutch.ago(NOON - 12 * MINUTE, now=NOON) == "12 minuten geleden"
    assert dutch.ago(NOON - 2, now=NOON) == "zojuist"
    assert dutch.ago(NOON - 20 * HOUR, now=NOON) == "gisteren om 16:00"
    assert dutch.ago(NOON - 3 * DAY, now=NOON) == "3 dagen geleden"
    assert dutch.ago(NOON - 40 * DAY, now=NOON) == "12 oktober"
    assert dutch.ago(NOON - 400 * DAY, now=NOON) == "17 okt 2025"
    assert Translator("fy").ago(NOON - 12 * MINUTE, now=NOON) == "12 minuten lyn"
    assert Translator("en").ago(NOON - 12 * MINUTE, now=NOON) == "12 minutes ago"


def test_what_comes_is_not_called_past() -> None:
    assert Translator("nl").ago(NOON + 12 * MINUTE, now=NOON) == "over 12 minuten"


def test_times_are_those_of_the_netherlands() -> None:
    assert Translator("nl").format_datetime(NOON) == "21 november 2026 om 12:00"
    assert Translator("en").format_datetime(NOON) == "21 November 2026 at 12:00"
    assert Translator("nl").machine_time(NOON) == "2026-11-21T11:00:00.000Z"


def test_numbers_are_written_as_the_reader_writes_them() -> None:
    assert Translator("nl").number(12_345) == "12.345"
    assert Translator("en").number(12_345) == "12,345"
    assert Translator("nl").percent(0.584) == "58%"
    assert Translator("nl").size(1_234_567) == "1,2 MB"
    assert Translator("nl").size(12) == "12 B"


def test_a_value_in_a_translated_text_is_escaped() -> None:
    translate = markup_gettext(Translator("nl"))
    assert translate("%(name)s shared this", name="<script>") == Markup("&lt;script&gt; deelde dit")


def test_one_and_many_differ() -> None:
    translate = markup_ngettext(Translator("nl"))
    assert translate("%(num)s reply", "%(num)s replies", 1) == "1 reactie"
    assert translate("%(num)s reply", "%(num)s replies", 1_200) == "1.200 reacties"
    assert Translator("nl").ngettext("%(num)s reply", "%(num)s replies", 2) == "2 reacties"


def test_a_text_without_a_translation_says_so() -> None:
    assert Translator("nl").translation("no such text in the catalogue") is None
    assert Translator("en").translation("no such text in the catalogue") == "no such text in the catalogue"
