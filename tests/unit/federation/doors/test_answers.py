from __future__ import annotations

import orjson
import pytest

from fedgov.federation.doors.answers import Reply, private, public, refusal, unless_known
from fedgov.kernel.errors import (
    ConflictError,
    FedgovError,
    ForbiddenError,
    GoneError,
    InvalidError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    UnreachableError,
    UnverifiedError,
)


def header(reply: Reply, name: bytes) -> bytes | None:
    return dict(reply.headers).get(name)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MalformedError("no"), 400),
        (InvalidError("no", field="resource"), 400),
        (UnverifiedError("no"), 401),
        (ForbiddenError("no"), 403),
        (NotFoundError("no"), 404),
        (GoneError("no"), 410),
        (ConflictError("no"), 409),
        (RateLimitedError("no", retry_after=3), 429),
        (UnreachableError("no"), 503),
        (FedgovError("no"), 400),
    ],
)
def test_every_refusal_has_its_status_and_says_why(error: FedgovError, status: int) -> None:
    reply = refusal(error)

    assert reply.status == status
    assert orjson.loads(reply.body) == {"error": error.code, "message": "no"}
    assert header(reply, b"cache-control") == b"no-store"
    assert header(reply, b"content-length") == str(len(reply.body)).encode()
    assert (header(reply, b"www-authenticate") is not None) == (status == 401)
    assert (header(reply, b"retry-after") is not None) == (status in (429, 503))


def test_details_stay_in_the_log() -> None:
    assert b"secret" not in refusal(ForbiddenError("no", detail="secret")).body


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, b"60"), (0.0, b"1"), (0.2, b"1"), (2.1, b"3"), (3_600.0, b"3600")]
)
def test_when_to_come_back_is_a_whole_number_of_seconds(seconds: float | None, said: bytes) -> None:
    assert header(refusal(UnreachableError("no", retry_after=seconds)), b"retry-after") == said


def test_the_same_bytes_have_the_same_etag_and_others_another() -> None:
    assert public({"a": 1}).etag == public(b'{"a":1}').etag
    assert public({"a": 1}).etag != public({"a": 2}).etag


def test_what_is_private_has_no_etag_and_is_never_not_modified() -> None:
    reply = private({"a": 1})

    assert header(reply, b"etag") is None
    assert unless_known(reply, b"*") is reply


def test_a_tombstone_is_never_not_modified() -> None:
    reply = public({"type": "Tombstone"}, status=410)

    assert unless_known(reply, reply.etag) is reply
