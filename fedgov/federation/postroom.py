"""The post room of one instance: what its doors and workers share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from fedgov.federation import keys
from fedgov.federation.client import GuardedClient
from fedgov.federation.keys import KeyPair
from fedgov.federation.peers import PeerBook
from fedgov.federation.signatures.message import Message, outgoing
from fedgov.federation.signatures.shapes import Shape, sign
from fedgov.federation.signers import Signers
from fedgov.instance import Instance
from fedgov.store.signals import EVERYTHING


class PostRoom:
    """Client, peers and signing keys of one instance.

    Args:
        instance: The server it belongs to.
        client: Its one way out.
    """

    def __init__(self, instance: Instance, *, client: GuardedClient) -> None:
        self.instance = instance
        self.client = client
        self.peers = PeerBook(instance)
        self._pairs: dict[str, KeyPair] = {}
        self._signers = Signers()
        instance.signals.on_signal(self._forget_keys)

    def _forget_keys(self, topic: str) -> None:
        if topic == EVERYTHING:
            self._pairs.clear()
        elif topic.startswith("keys:"):
            self._pairs.pop(topic.removeprefix("keys:"), None)

    async def close(self) -> None:
        """Let go of connections and threads."""
        await self.client.close()
        self._signers.close()

    async def sign(
        self, method: str, url: str, *, actor: str, shape: Shape, headers: Mapping[str, str], body: bytes = b""
    ) -> dict[str, str]:
        """Return all headers of a signed request, those given included.

        Args:
            method: ``GET`` or ``POST``.
            url: Where it goes.
            actor: URI of the local actor who signs.
            shape: How the receiving server wants it.
            headers: Headers to send; Host is added.
            body: The raw bytes.
        """
        pair = await self._pair(actor)
        message = outgoing(method, url=url, headers=headers, body=body)
        now = self.instance.clock.now()
        if shape is Shape.RFC9421_ED25519:  # 33 µs: not worth a thread
            return {**headers, **_sign(message, shape, pair, now)}
        return {**headers, **await self._signers.run(partial(_sign, message, shape, pair, now))}

    async def _pair(self, actor: str) -> KeyPair:
        pair = self._pairs.get(actor)
        if pair is None:
            pair = self._pairs[actor] = await self.instance.read(keys.signing_pair, owner=actor)
        return pair


def _sign(message: Message, shape: Shape, pair: KeyPair, now: int) -> dict[str, str]:
    return sign(shape, message, rsa=pair.rsa, ed25519=pair.ed25519, now_ms=now)
