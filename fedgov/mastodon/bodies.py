"""Reading what a request brings, in whichever form, within bounds."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from fedgov.federation.doors.asgi import BODY_SECONDS, Request, Scope
from fedgov.kernel.errors import MalformedError
from fedgov.mastodon.parameters import MAX_PAIRS, Parameters, UploadedFile, json_tree, tree_of

MAX_BYTES: Final = 1_000_000
"""Of a body without files."""

UPLOAD_SECONDS: Final = 600.0
"""For a file over a slow line."""

_NO_BODY: Final = frozenset({"GET", "HEAD"})


async def read_parameters(request: Request, *, file_bytes: int) -> Parameters:
    """Return what a request says in its query and its body; the body wins.

    Args:
        request: The request.
        file_bytes: Most bytes of the files that this endpoint takes, together; 0 where it takes none.

    Raises:
        MalformedError: It cannot be read.
        TurnedAwayError: It is too large, or comes too slowly.
        HungUpError: The client went away.
    """
    tree = dict(query_of(request.scope).tree)
    if request.scope["method"] in _NO_BODY and request.headers.get(b"content-length", b"0") == b"0":
        return Parameters(tree)
    kind, options = parse_options_header(request.headers.get(b"content-type", b"").decode("latin-1"))
    with_files = kind == "multipart/form-data" and file_bytes > 0
    body = await request.body(
        limit=MAX_BYTES + (file_bytes if with_files else 0),
        weigh=_weigh,
        seconds=UPLOAD_SECONDS if with_files else BODY_SECONDS,
    )
    if kind == "multipart/form-data":
        return Parameters(tree | tree_of(_parts(body, options.get("boundary", ""))))
    if kind == "application/json" or kind.endswith("+json"):
        return Parameters(tree | json_tree(body))
    return Parameters(tree | tree_of(_pairs(body)))


def query_of(scope: Scope) -> Parameters:
    """Return what the query of an address says.

    Raises:
        MalformedError: It cannot be read.
    """
    return Parameters(tree_of(_pairs(scope["query_string"])))


def _weigh(_size: int) -> None:
    """Nothing more than its size is counted."""


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_PAIRS, errors="strict")
    except ValueError as error:
        raise MalformedError("the parameters cannot be read", detail=str(error)) from None


def _parts(body: bytes, boundary: str) -> list[tuple[str, str | UploadedFile]]:
    """Return the fields of a form with files.

    Spec: RFC 7578.
    """
    if not boundary:
        raise MalformedError("the form has no boundary")
    pairs: list[tuple[str, str | UploadedFile]] = []
    head: Field | File | None = None
    pieces: list[bytes] = []
    try:
        decoder = MultipartDecoder(boundary.encode("latin-1"), max_parts=MAX_PAIRS)
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
            if isinstance(event, Field | File):
                head, pieces = event, []
            elif isinstance(event, Data) and head is not None:
                pieces.append(event.data)
                if not event.more_data and head.name:  # without a name it is no parameter of anybody's
                    pairs.append((head.name, _value(head, b"".join(pieces))))
    except (ValueError, RequestEntityTooLarge) as error:
        raise MalformedError("the form cannot be read", detail=str(error)) from None
    return pairs


def _value(head: Field | File, data: bytes) -> Any:  # noqa: ANN401 - text or a file
    return UploadedFile(name=head.filename, data=data) if isinstance(head, File) else data.decode("utf-8")
