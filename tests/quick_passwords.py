"""Hashes of passwords that cost next to nothing: real ones take a fifth of a second of processor time each.

Programs that tests start make real ones, and tests/unit/features/people/test_accounts.py looks
at what a real one costs.
"""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher

from fedgov.features.people.service import passwords

REAL: Final = passwords._HASHER
REAL_NOBODY: Final = passwords.NOBODY
_QUICK: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def hash_quickly() -> None:
    """Let instances in this process make hashes that are quick to make and to check."""
    vars(passwords).update(_HASHER=_QUICK, NOBODY=_QUICK.hash("nobody typed this"))
