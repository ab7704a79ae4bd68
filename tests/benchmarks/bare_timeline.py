"""The least that a home timeline can cost here: bare ASGI, the rows of twenty posts, and JSON of the same size.

Run as ``python -m tests.benchmarks.bare_timeline PORT DATABASE SAMPLE``. No token, no blocks, no filters, nobody's own
favourites: what fedgov does beyond this is what its ratio shows.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Any

import orjson
import uvicorn

_ENTRIES = "SELECT object_id FROM home_entries WHERE owner_id = (SELECT owner_id FROM home_entries LIMIT 1) " \
           "ORDER BY entry_id DESC LIMIT 20"  # fmt: skip
_POSTS = (
    "SELECT * FROM posts JOIN objects ON objects.id = posts.object_id JOIN actors ON actors.uri = posts.author "
    f"WHERE posts.object_id IN ({','.join('?' * 20)})"
)


def application(database: str, sample: Path) -> Any:
    """Return the ASGI application."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    statuses = orjson.loads(sample.read_bytes())

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        ids = [row[0] for row in connection.execute(_ENTRIES)]
        found = connection.execute(_POSTS, ids).fetchall()
        body = orjson.dumps([status | {"id": str(row[0])} for status, row in zip(statuses, found, strict=True)])
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[2], Path(sys.argv[3])), host="127.0.0.1", port=int(sys.argv[1]), log_level="error",
        access_log=False, lifespan="off", loop="uvloop", http="httptools",
    )  # fmt: skip
