"""Passwords: argon2id, always in a thread and never inside a transaction.

One hash takes 64 MiB and a few hundred milliseconds of processor time, so only
two are made at once in the whole process.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher()
_WORKERS: Final = ThreadPoolExecutor(2, thread_name_prefix="fedgov-password")
NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$YVS3xXEuy/lKLQbcdD0V/g$TNhwJg7p13oBTBU3RsxJoA0pttrbvb7FvgAoCf3jRKk"
"""A hash with our parameters, of what nobody typed: an unknown name takes as long as a known one (WEB-07)."""


async def hash_password(password: str) -> str:
    """Return what is stored of a password.

    Spec: RFC 9106.
    """
    return await asyncio.get_running_loop().run_in_executor(_WORKERS, _HASHER.hash, password)


async def is_password(password: str, *, stored: str | None) -> bool:
    """Tell whether this is the password of which a hash was stored.

    Args:
        password: As typed.
        stored: The hash; None for an unknown account, which takes the same time and is never right.
    """
    right = await asyncio.get_running_loop().run_in_executor(_WORKERS, _verify, stored or NOBODY, password)
    return right and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(stored)
