"""The least that accepting a message can cost here: bare ASGI, one signature check, one batched synced insert.

Run as ``python -m tests.benchmarks.floor PORT DATABASE ACTORS PEER_PORT``. No policy, no parsing, no cache look-up in
a database: what fedgov does beyond this is what its ratio to the floor shows.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sqlite3
import sys
from typing import Any

import uvicorn

from tests.benchmarks.peer import Sender


class Log:
    """A table that is written in batches, each synced."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE log (digest BLOB PRIMARY KEY, body BLOB) WITHOUT ROWID")
        self._waiting: list[tuple[tuple[bytes, bytes], asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, digest: bytes, body: bytes) -> None:
        """Store a body; return once it is synced."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(((digest, body), done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await asyncio.to_thread(self._insert, [row for row, _ in batch])
            for _, done in batch:
                done.set_result(None)

    def _insert(self, rows: list[tuple[bytes, bytes]]) -> None:
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR IGNORE INTO log VALUES (?, ?)", rows)
        self._database.execute("COMMIT")


def application(path: str, actors: int, peer_port: int) -> Any:
    """Return the ASGI application."""
    keys = {}
    for number in range(actors):
        key = Sender(port=peer_port, number=number).key.public
        keys[key.key_id] = key
    log = Log(path)

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        status = 202
        if scope["method"] == "POST":
            body = b""
            while True:
                message = await receive()
                body += message["body"]
                if not message.get("more_body"):
                    break
            headers = dict(scope["headers"])
            digest = hashlib.sha256(body).digest()
            parameters = dict(part.split("=", 1) for part in headers[b"signature"].decode().split(","))
            lines = [f"(request-target): post {scope['path']}"]
            names = parameters["headers"].strip('"').split()[1:]
            lines += [f"{name}: {headers[name.encode()].decode()}" for name in names]
            keys[parameters["keyId"].strip('"')].verify(
                "\n".join(lines).encode(), base64.b64decode(parameters["signature"].strip('"'))
            )
            await log.add(digest, body)
        else:
            status = 200
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return app


if __name__ == "__main__":
    port, database, count, peer = sys.argv[1:]
    app = application(database, int(count), int(peer))
    uvicorn.run(
        app, host="127.0.0.1", port=int(port), log_level="error", access_log=False, lifespan="off", loop="uvloop",
        http="httptools",
    )  # fmt: skip
