"""The signed addresses of `fedgov.web.proxied`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.activitystreams.attachment import Attachment
from fedgov.activitystreams.tag import Emoji
from fedgov.web.proxied import (
    PREFIX,
    SECRET_FILE,
    attachment_card,
    emoji_cards,
    proxied_path,
    read_token,
    secret_of,
)

SECRET = b"0123456789abcdef0123456789abcdef"
URL = "https://leeuwarden.example/media/kaart.png?size=large"


def test_an_address_that_we_made_leads_back_to_the_original() -> None:
    path = proxied_path(SECRET, URL)

    assert path.startswith(PREFIX)
    assert path == proxied_path(SECRET, URL)
    assert read_token(SECRET, path.removeprefix(PREFIX)) == URL


def test_another_secret_makes_another_address() -> None:
    assert read_token(b"other", proxied_path(SECRET, URL).removeprefix(PREFIX)) is None


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "data:text/html,x", "javascript:alert(1)", "//x", "https://a@b/"]
)
def test_only_http_addresses_are_read_even_when_we_signed_them(url: str) -> None:
    assert read_token(SECRET, proxied_path(SECRET, url).removeprefix(PREFIX)) is None


@given(st.text(max_size=80))
def test_no_token_makes_it_stumble(token: str) -> None:
    assert read_token(SECRET, token) is None


def test_the_secret_is_made_once_and_only_we_may_read_it(tmp_path: Path) -> None:
    secret = secret_of(tmp_path)

    assert len(secret) == 32
    assert (tmp_path / SECRET_FILE).read_bytes() == secret
    assert stat.S_IMODE((tmp_path / SECRET_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]
    secret_of.cache_clear()
    assert secret_of(tmp_path) == secret


def test_a_picture_from_elsewhere_is_shown_under_an_address_of_ours() -> None:
    card = attachment_card(
        SECRET, Attachment(url=URL, kind="image", media_type="image/png", name="A map", width=60, height=40)
    )

    assert card.url == proxied_path(SECRET, URL)
    assert card.preview_url == f"{card.url}/preview"
    assert (card.kind, card.alt, card.width, card.name) == ("image", "A map", 60, "kaart.png")


def test_a_document_from_elsewhere_is_a_link_that_loads_nothing() -> None:
    card = attachment_card(SECRET, Attachment(url="https://leeuwarden.example/a.pdf", media_type="application/pdf"))

    assert (card.kind, card.url, card.preview_url) == ("document", "https://leeuwarden.example/a.pdf", None)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:image/png;base64,AAAA", "https://a@b.example/x", "/koe.png"]
)
def test_an_emoji_without_a_web_address_has_no_card(url: str) -> None:
    known = Emoji(shortcode="koe", url="https://leeuwarden.example/koe.png")
    assert [each.host for each in emoji_cards(b"secret", [Emoji(shortcode="nee", url=url), known])] == [
        "leeuwarden.example"
    ]
