"""What somebody is looking for, read from what they typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.features.search.policy.wanted import MAX_QUERY, Link, Wanted, Words, read_query
from fedgov.kernel.uris import Handle

JELLE = Handle("jelle", "leeuwarden.example")


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("@jelle@leeuwarden.example", JELLE),
        ("jelle@leeuwarden.example", JELLE),
        ("acct:jelle@leeuwarden.example", JELLE),
        ("  @jelle@Leeuwarden.example \n", JELLE),
        ("@jelle@leeuwarden.example:443", JELLE),
        ("@jelle@localhost:7002", Handle("jelle", "localhost:7002")),
        ("@jelle@localhost", Handle("jelle", "localhost")),
        ("https://leeuwarden.example/@jelle", Link("https://leeuwarden.example/@jelle")),
        ("https://Leeuwarden.example:443/posts/1?a=B", Link("https://leeuwarden.example/posts/1?a=B")),
        ("@jelle", Words("@jelle")),
        ("@jelle@leeuw", Words("@jelle@leeuw")),
        ("@jelle@", Words("@jelle@")),
        ("jelle  de\tvries", Words("jelle de vries")),
        ("inkoop", Words("inkoop")),
        ("mail jelle@leeuwarden.example", Words("mail jelle@leeuwarden.example")),
        ("https://", Words("https://")),
        ("javascript:alert(1)", Words("javascript:alert(1)")),
        ("file:///etc/passwd", Words("file:///etc/passwd")),
        ("https://user:secret@leeuwarden.example/", Words("https://user:secret@leeuwarden.example/")),
        ("", Words("")),
    ],
)
def test_handles_and_addresses_are_told_from_words(typed: str, wanted: Wanted) -> None:
    assert read_query(typed) == wanted


def test_the_default_port_depends_on_how_this_instance_is_reached() -> None:
    assert read_query("@jelle@leeuwarden.example:80", scheme="http") == JELLE
    assert read_query("@jelle@leeuwarden.example:80") == Handle("jelle", "leeuwarden.example:80")


@given(st.text(max_size=2 * MAX_QUERY))
def test_whatever_is_typed_is_read(typed: str) -> None:
    wanted = read_query(typed)
    if isinstance(wanted, Words):
        assert len(wanted.text) <= MAX_QUERY
