from __future__ import annotations

import pytest

from fedgov.kernel.negotiation import wants_document

LD = b'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@pytest.mark.parametrize(
    "accept",
    [
        b"application/activity+json",
        b"APPLICATION/Activity+JSON",
        LD,
        LD + b", application/activity+json, text/html;q=0.1",
        b"application/activity+json, text/html",
        b"application/json",
        b"text/html;q=0.5, application/activity+json",
        b"text/html;q=0, application/activity+json;q=0.1",
        b"*/*, application/activity+json",
        b"application/activity+json;q=2",
    ],
)
def test_a_document_is_wanted_by_who_names_one(accept: bytes) -> None:
    assert wants_document(accept, otherwise=False)


@pytest.mark.parametrize(
    "accept",
    [
        b"text/html",
        b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        b"text/html, application/activity+json",
        b"application/activity+json;q=0.5, text/html",
        b"application/activity+json;q=0, text/html;q=0.1",
        b"application/activity+json;q=x, text/html;q=0.1",
        b"text/*",
    ],
)
def test_a_page_is_wanted_by_who_names_one_first_or_more(accept: bytes) -> None:
    assert not wants_document(accept, otherwise=True)


@pytest.mark.parametrize("accept", [b"", b"*/*", b"application/*", b"image/png", b",;,", b"\xff\xfe", b"*/*;q=0"])
def test_who_takes_anything_gets_what_the_address_is_first_of_all(accept: bytes) -> None:
    assert wants_document(accept, otherwise=True)
    assert not wants_document(accept, otherwise=False)


def test_an_endless_header_is_read_only_so_far() -> None:
    assert not wants_document(b"text/html;q=0.1," + b"x/y," * 100_000 + b"application/activity+json", otherwise=False)
