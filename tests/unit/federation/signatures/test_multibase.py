"""Base58btc."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.federation.signatures import multibase
from fedgov.kernel.errors import MalformedError


# draft-msporny-base58-03, section 5.
@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Hello World!", "z2NEpo7TZRRrLZSi2U"),
        (
            b"The quick brown fox jumps over the lazy dog.",
            "zUSm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
        ),
        (bytes.fromhex("0000287fb4cd"), "z11233QC4"),
    ],
)
def test_the_vectors_of_the_draft_are_read_and_written(data: bytes, text: str) -> None:
    assert multibase.encode(data) == text
    assert multibase.decode(text) == data


@given(st.binary(min_size=1, max_size=600))
def test_what_is_written_is_read_back(data: bytes) -> None:
    assert multibase.decode(multibase.encode(data)) == data


@pytest.mark.parametrize(
    "text",
    ["", "z", "6MkrJVna", "u6Mkr", "z0", "zO", "zI", "zl", "z6Mk rJ", "zé", "z" + "1" * multibase.MAX_LENGTH],
)
def test_another_base_a_foreign_digit_or_an_endless_value_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        multibase.decode(text)
