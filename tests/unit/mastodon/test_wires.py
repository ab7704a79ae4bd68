"""Connections as streams write to them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from fedgov.cli.wires import HttpWire
from fedgov.mastodon.streams.wire import as_chunk, as_close, as_frame


class _Closed:
    """A transport of uvloop whose connection is gone."""

    def is_closing(self) -> bool:
        return True

    def _refuse(self, *_data: bytes) -> int:
        raise RuntimeError("the handler is closed")

    write = close = get_write_buffer_size = _refuse


def test_writing_to_a_connection_that_is_gone_is_no_error() -> None:
    wire = HttpWire.__new__(HttpWire)
    wire.transport = cast(Any, _Closed())
    wire.write(b"x")
    wire.close()
    assert wire.waiting() == 0


@pytest.mark.parametrize(
    ("size", "head"),
    [(1, b"\x81\x01"), (125, b"\x81\x7d"), (126, b"\x81\x7e\x00\x7e"), (65_535, b"\x81\x7e\xff\xff"),
     (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00")],
)  # fmt: skip
def test_a_text_is_framed_by_its_length(size: int, head: bytes) -> None:
    assert as_frame(b"x" * size) == head + b"x" * size


def test_chunks_and_the_end_are_as_their_specifications_say() -> None:
    assert as_chunk(b"hello world") == b"b\r\nhello world\r\n"
    assert as_close(1012) == b"\x88\x02\x03\xf4"
