"""The rest of the fediverse, as far as a workload needs it: actors that can be fetched, and inboxes that count.

Run as ``python -m tests.benchmarks.peer PORT ACTORS``. Every name under ``.localhost`` is this
server; names that begin with ``slow`` answer after ten seconds, with ``busy`` by 429.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import uvicorn

from fedgov.activitystreams.actor import Actor, KeyDocument, actor_document
from fedgov.federation.signatures.keys import PrivateKey, generate_ed25519, generate_rsa, load_private_key

SLOW_SECONDS: Final = 10.0
_FOLDER: Final = Path(__file__).parent / ".keys"

received: Counter[str] = Counter()
arrived: dict[str, float] = {}
fetched: Counter[str] = Counter()


@cache
def rsa_key(number: int) -> PrivateKey:
    """Return one of a few RSA keys that are made once per machine and run (never used elsewhere)."""
    slot = number % 4
    path = _FOLDER / f"rsa-{slot}.pem"
    if not path.exists():
        _FOLDER.mkdir(exist_ok=True)
        path.write_text(generate_rsa("bench").to_pem())
    key = load_private_key(path.read_text(), key_id="bench", generated_here=True)
    return PrivateKey(key_id="bench", kind="rsa", material=key.material)


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody who lives here.

    Args:
        port: Of this server.
        number: Which one.
        host: First label of the name under which this server is known to them.
    """

    port: int
    number: int
    host: str = "peer"

    @property
    def uri(self) -> str:
        """Id of the actor."""
        return f"http://{self.host}.localhost:{self.port}/users/u{self.number}"

    @property
    def key(self) -> PrivateKey:
        """RSA key of the actor."""
        return PrivateKey(key_id=f"{self.uri}#main-key", kind="rsa", material=rsa_key(self.number).material)


def document(sender: Sender) -> bytes:
    """Return the actor document of a sender."""
    uri, key = sender.uri, sender.key
    spare = generate_ed25519(f"{uri}#ed25519-key")
    actor = Actor(
        uri=uri,
        kind="Person",
        types=("Person",),
        inbox=f"{uri}/inbox",
        preferred_username=f"u{sender.number}",
        name=f"Afzender {sender.number}",
        shared_inbox=f"http://{sender.host}.localhost:{sender.port}/inbox",
        followers=f"{uri}/followers",
        keys=(
            KeyDocument(key_id=key.key_id, owner=uri, kind="pem", value=key.public.to_pem()),
            KeyDocument(key_id=spare.key_id, owner=uri, kind="multibase", value=spare.public.to_multikey()),
        ),
    )
    return orjson.dumps(actor_document(actor))


def application(port: int) -> Any:
    """Return the ASGI application."""
    documents: dict[Sender, bytes] = {}

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        status, body, kind = 404, b"{}", b"application/activity+json"
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
            name = dict(scope["headers"])[b"host"].decode()
            if name.startswith("slow"):
                await asyncio.sleep(SLOW_SECONDS)
            status = 429 if name.startswith("busy") else 202
            if status == 202:
                received[name] += 1
                arrived[name] = time.time()
        elif path == "/report":
            status, kind = 200, b"application/json"
            body = orjson.dumps({"received": received, "arrived": arrived, "fetched": sum(fetched.values())})
        elif path == "/reset":
            received.clear()
            arrived.clear()
            status = 200
        elif path.startswith("/users/u"):
            number = path.removeprefix("/users/u")
            host = dict(scope["headers"]).get(b"host", b"").decode().partition(".")[0]
            fetched[host] += 1
            if number.isdigit() and host != "gone":
                sender = Sender(port=port, number=int(number), host=host if not host.isdigit() else "peer")
                if sender not in documents:
                    documents[sender] = document(sender)
                status, body = 200, documents[sender]
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        if status == 429:
            headers.append((b"retry-after", b"60"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


if __name__ == "__main__":
    listen = int(sys.argv[1])
    uvicorn.run(application(listen), host="127.0.0.1", port=listen, log_level="error", access_log=False, lifespan="off")
