"""Where portraits are handed to: the room that keeps files stands above this one and answers here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

PICTURES: Final = "fedgov.pictures"
"""Under this name a `KeepPicture` stands in the ``extensions`` of the web application."""

MAX_PICTURE: Final = 4_000_000
"""Largest upload, in bytes."""

KeepPicture = Callable[..., Awaitable[str]]
"""``await keep(instance, owner=URI, data=bytes, field="avatar")`` gives the URL of the stored picture on this instance.

It raises InvalidError for what is no picture.
"""
