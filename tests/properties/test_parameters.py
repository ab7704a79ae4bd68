"""What programs send: forms, files, JSON, words to look for and activities are read or refused, and nothing else."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fedgov.activitystreams.document import parse
from fedgov.c2s import submission, writing
from fedgov.features.search.policy.sentence import MAX_PARTS, read_sentence
from fedgov.features.search.policy.wanted import read_query
from fedgov.kernel.errors import MalformedError
from fedgov.mastodon.bodies import read_parameters
from fedgov.mastodon.parameters import Parameters, tree_of
from tests.properties.profile import in_bounded_time, refusals, some, tried

_LONG = "9" * 5_000  # more digits than Python reads as a number
_NAMES = ("id", "status", "limit", "max_id", "poll", "poll[options][]", "choices[]", "fields_attributes[0][name]")
_VALUES = st.sampled_from(["", "1", "true", "-0", _LONG, "1e9", "\x00", "é", "[]", "٣"]) | st.text(max_size=8)


class _Asked:
    """A request with these bytes."""

    def __init__(self, *, kind: bytes, body: bytes, query: bytes = b"") -> None:
        self.scope = {"method": "POST", "query_string": query}
        self.headers = {b"content-type": kind, b"content-length": str(len(body)).encode()}
        self._body = body

    async def body(self, **_values: object) -> bytes:
        return self._body


def _read(kind: bytes, body: bytes, query: bytes = b"") -> Parameters:
    request: Any = _Asked(kind=kind, body=body, query=query)
    return asyncio.run(read_parameters(request, file_bytes=1_000_000))


def check_reading(sent: Parameters) -> None:
    """Every value can be read as every type, or is refused with a reason."""
    for name in [*sent.tree, "missing"]:
        for read in (sent.text, sent.flag, sent.whole, sent.texts, sent.inner, sent.rows, sent.file):
            with refusals():
                read(name)
        with refusals():
            assert all(0 <= number < 2**63 for number in sent.row_ids(name))
    with refusals():
        assert 0 < sent.page().limit <= 100


def check_form(data: bytes) -> None:
    """A form, and the query of an address, is read or refused."""
    with in_bounded_time():
        for body, query in ((data, b""), (b"", data)):
            sent = tried(partial(_read, b"application/x-www-form-urlencoded", body, query))
            if sent is not None:
                check_reading(sent)


def check_files(data: bytes) -> None:
    """A form with files is read or refused; its first line says what stands between its parts."""
    boundary, _, body = data.partition(b"\n")
    with in_bounded_time():
        sent = tried(lambda: _read(b"multipart/form-data; boundary=" + boundary, body))
        if sent is not None:
            check_reading(sent)


def check_json(data: bytes) -> None:
    """A JSON body is read or refused."""
    with in_bounded_time():
        sent = tried(lambda: _read(b"application/json", data))
        if sent is not None:
            check_reading(sent)


def check_search(text: str) -> None:
    """Whatever is looked for means something, and the same in capitals' place; it never costs much."""
    with in_bounded_time():
        sentence = read_sentence(text)
        read_query(text)
    search = sentence.search
    asked = (*search.phrases, *search.without, *search.traits, *search.without_traits, *search.languages)
    assert len(asked) + len(search.days) + len(sentence.by) + len(sentence.not_by) <= MAX_PARTS
    for phrase in (*search.phrases, *search.without):
        assert phrase.words
        assert all(word and not set(word) & set("\"*()'%\x00 ") for word in phrase.words), phrase


def check_submission(data: bytes) -> None:
    """What a program sends to an outbox is read or refused."""
    with in_bounded_time(), refusals():
        document = parse(data)
        for read in (submission.kind_of, submission.inner, submission.about, submission.about_a_thing):
            with refusals():
                read(document)
        thing = tried(lambda: submission.inner(document)) or document
        for look in (writing._words, writing._language):
            with refusals():
                look(thing)
        for kind in submission.POSTS:
            with refusals():
                writing._title(thing, kind)
            with refusals():
                writing._poll(thing, kind, now=0)


@some
@given(pairs=st.lists(st.tuples(st.sampled_from(_NAMES) | st.text(max_size=8), _VALUES), max_size=6))
@example(pairs=[("id[]", _LONG)])
@example(pairs=[("id", "²")])
def test_named_values_are_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    tree = tried(lambda: tree_of(pairs))
    if tree is not None:
        check_reading(Parameters(tree))


@some
@given(
    data=st.binary(max_size=40) | st.lists(st.sampled_from([b"a", b"[", b"]", b"=", b"&", b"%", b"%5B"])).map(b"".join)
)
@example(data=b"id[]=" + _LONG.encode())
def test_a_form_is_read_or_refused(data: bytes) -> None:
    check_form(data)


@some
@given(data=st.binary(max_size=80))
@example(data=b'x\n--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n')
@example(data=b"x\n--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--\r\n")
@example(data=b"x; boundary*=UTF-8''%E2%82%AC\n--x--\r\n")
@example(data=b"x; boundary*=UTF-8''%E2%82%AC\n")
def test_a_form_with_files_is_read_or_refused(data: bytes) -> None:
    check_files(data)


@some
@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | _VALUES, st.lists, max_leaves=5))
@example(value=_LONG)
def test_json_is_read_or_refused(value: object) -> None:
    for body in ({"id": value, "status": {"a": value}}, value):
        check_json(json.dumps(body).encode())  # also NaN and numbers that are too large


@some
@given(
    text=st.text(max_size=40)
    | st.lists(
        st.sampled_from(
            [
                "from:",
                "has:",
                "before:",
                "-",
                '"',
                "“",
                "*",
                " ",
                "NEAR",
                "OR",
                "(",
                "%",
                "'",
                "me",
                "media",
                "2026-02-30",
                "é",
            ]
        )
    ).map("".join)
)
@example(text='"*')
@example(text="before:0000-00-00 from:@ -*")
@example(text="'; DROP TABLE posts --")
def test_whatever_is_looked_for_means_something(text: str) -> None:
    check_search(text)


@some
@given(
    value=st.recursive(
        st.none() | st.integers() | _VALUES,
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["type", "id", "object", "content", "source", "oneOf", "anyOf", "endTime", "name"]),
                inner,
            )
        ),
        max_leaves=8,
    )
)
@example(value={"type": "Question", "oneOf": [None, {"name": None}], "endTime": "99999999999"})
def test_what_a_program_submits_is_read_or_refused(value: object) -> None:
    check_submission(json.dumps(value).encode())
    check_submission(json.dumps({"type": "Create", "object": value}).encode())


def test_a_boundary_that_is_no_latin_is_refused() -> None:
    with pytest.raises(MalformedError):
        _read(b"multipart/form-data; boundary*=UTF-8''%E2%82%AC", b"--x--\r\n")


def test_a_number_of_thousands_of_digits_is_nobodys_id() -> None:
    assert Parameters({"id": ["1", _LONG]}).row_ids("id") == [1]
