"""How much a request may bring."""

from __future__ import annotations

import asyncio

import pytest
from quart.typing import TestClientProtocol as Client
from werkzeug.exceptions import RequestEntityTooLarge

from fedgov.web import bodies
from fedgov.web.bodies import FILES_AT_ONCE, MAX_BYTES, BoundedBody
from tests.unit.web.desk_room import MemorySessions, client_of, desk_of

FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data; boundary=b"
MAX_UPLOAD = 2_000


def client() -> Client:
    return client_of(desk_of(MemorySessions(), max_upload=MAX_UPLOAD))


def file_of(size: int) -> bytes:
    """Return a form with a file that is this large altogether."""
    head = b'--b\r\nContent-Disposition: form-data; name="a"; filename="a.txt"\r\n\r\n'
    tail = b"\r\n--b--\r\n"
    return head + b"x" * (size - len(head) - len(tail)) + tail


@pytest.mark.parametrize("kind", [FORM, "application/json", "application/octet-stream", ""])
async def test_a_body_without_files_is_small(kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = await client().post("/login", data=b"x" * (MAX_BYTES + 1), headers=headers)
    assert answer.status_code == (413 if kind == FORM else 403)  # another kind is not read at all
    assert (await client().post("/login", data=b"x" * MAX_BYTES, headers=headers)).status_code == 403


async def test_a_form_with_files_may_hold_all_of_them() -> None:
    most, headers = FILES_AT_ONCE * MAX_UPLOAD + MAX_BYTES, {"Content-Type": FILES}
    assert (await client().post("/login", data=file_of(most), headers=headers)).status_code == 403
    assert (await client().post("/login", data=file_of(most + 1), headers=headers)).status_code == 413


async def test_who_sends_too_much_reads_what_to_do() -> None:
    headers = {"Content-Type": FORM, "Accept": "text/html", "Accept-Language": "nl"}
    page = await (await client().post("/login", data=b"x" * (MAX_BYTES + 1), headers=headers)).get_data(as_text=True)
    assert "te groot" in page


async def test_a_body_that_does_not_say_its_size_is_counted_as_it_is_read() -> None:
    body, size = BoundedBody(None, None), 0
    body.bound(10)

    async def come() -> None:
        for _ in range(4):
            body.append(b"xxxx")
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    coming = asyncio.create_task(come())
    with pytest.raises(RequestEntityTooLarge):
        async for piece in body:
            size += len(piece)
    await coming
    assert size <= 10
    assert not body._data, "what comes after that is not kept"


async def test_a_body_that_lies_about_its_size_is_refused_all_the_same() -> None:
    body = BoundedBody(5, None)
    body.bound(10)
    body.append(b"x" * 11)
    with pytest.raises(RequestEntityTooLarge):
        await body


async def test_the_bound_is_there_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    monkeypatch.setattr(BoundedBody, "bound", lambda _body, most: order.append(most))
    assert (await client().post("/login", data=b"a=1", headers={"Content-Type": FORM})).status_code == 403
    assert order == [bodies.MAX_BYTES]
