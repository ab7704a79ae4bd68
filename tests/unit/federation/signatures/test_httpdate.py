"""Dates in headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.federation.signatures.httpdate import format_http_date, parse_http_date


def test_the_date_of_the_specification_is_read() -> None:
    # RFC 9110, section 5.6.7.
    assert parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777_000


@given(st.integers(min_value=0, max_value=253_402_300_799))
def test_what_is_written_is_read_back(seconds: int) -> None:
    assert parse_http_date(format_http_date(seconds * 1_000)) == seconds * 1_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "784111777",
        "1994-11-06T08:49:37Z",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 GMT, Mon, 07 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
    ],
)
def test_anything_else_is_no_date(text: str) -> None:
    assert parse_http_date(text) is None
