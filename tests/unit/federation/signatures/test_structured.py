"""Structured fields: our writing against the library's."""

from __future__ import annotations

from typing import Any

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.federation.signatures.structured import Member, parse_dictionary, serialise
from fedgov.kernel.errors import FedgovError, MalformedError, UnverifiedError

KEYS = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True)
VALUES: st.SearchStrategy[Any] = (
    st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E))
    | st.integers(-(10**15) + 1, 10**15 - 1)
    | st.booleans()
    | st.binary(max_size=9)
    | st.decimals(-999, 999, places=2)
    | st.sampled_from([http_sf.Token("a/b"), http_sf.DisplayString("é")])
)
PARAMETERS = st.dictionaries(KEYS, VALUES, max_size=4)
MEMBERS = st.tuples(st.lists(st.tuples(VALUES, PARAMETERS), max_size=4), PARAMETERS)


@given(MEMBERS)
def test_we_write_an_inner_list_as_the_library_does(member: Member) -> None:
    anything: Any = [member]
    assert serialise(member) == http_sf.ser(anything)


@given(MEMBERS)
def test_what_is_written_is_read_back(member: Member) -> None:
    text = serialise(member)
    assert serialise(parse_dictionary("Test", text=f"a={text}")["a"]) == text


@pytest.mark.parametrize("value", ["é", "a\nb", "\x7f", 10**15, -(10**15), None, object()])
def test_what_cannot_be_written_is_a_bug(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        serialise(([], {"a": value}))


def test_the_order_of_the_header_is_kept() -> None:
    assert list(parse_dictionary("Test", text="b=1, a, c;x;y=2")) == ["b", "a", "c"]


@pytest.mark.parametrize("text", ["a=1, a=2", "a;x=1;x=2", "a=(1;x;x)", "a=(1);x=1;x=1"])
def test_sig_11_whatever_is_there_twice_is_refused(text: str) -> None:
    with pytest.raises(UnverifiedError, match="twice"):
        parse_dictionary("Test", text=text)


@pytest.mark.parametrize("text", ["A=1", "a=", "a=1,", "a=(", "a=é", "a=1 b=2", "a=1" + " " * 9_000])
def test_what_breaks_the_grammar_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_dictionary("Test", text=text)


@given(st.text())
def test_garbage_is_never_more_than_a_refusal(text: str) -> None:
    try:
        parse_dictionary("Test", text=text)
    except FedgovError as refusal:
        assert "Test" in refusal.safe
