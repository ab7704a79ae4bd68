"""The token of an app beside its subscription: sealed, because nothing else here keeps a token that can be used.

An app that has several accounts knows by its token for which of them a message is. The seal's key is in
``secret.key`` in the folder of the instance, so that a copy of the database alone opens nothing.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fedgov.web.proxied import secret_of

_PURPOSE: Final = b"fedgov push tokens 1\n"
_NONCE: Final = 12


def sealed(token: str, *, token_id: int, folder: Path) -> str:
    """Return a token as it is stored.

    Args:
        token: As the app has it.
        token_id: Its row id; sealed for one row, it does not open for another.
        folder: The instance's folder.
    """
    nonce = os.urandom(_NONCE)
    return b64encode(nonce + _seal(folder).encrypt(nonce, token.encode(), _row(token_id))).decode("ascii")


def opened(stored: str, *, token_id: int, folder: Path) -> str:
    """Return the token again; empty when the secret of the instance is another by now."""
    raw = b64decode(stored)
    try:
        return _seal(folder).decrypt(raw[:_NONCE], raw[_NONCE:], _row(token_id)).decode()
    except InvalidTag:
        return ""


def _row(token_id: int) -> bytes:
    return str(token_id).encode("ascii")


@lru_cache(maxsize=64)
def _seal(folder: Path) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret_of(folder)))
