"""Files of other servers, shown under an address of ours, so that no reader's browser calls a third party.

The address carries the original URL and a code that only we can make, so
nobody can let us fetch what no post here names (MED-06).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fedgov.activitystreams.attachment import Attachment
from fedgov.activitystreams.tag import Emoji
from fedgov.kernel.uris import host, is_http_uri
from fedgov.web.cards import AttachmentCard, EmojiCard

SECRET_FILE: Final = "secret.key"  # noqa: S105 (its name, not what is in it)
PREFIX: Final = "/media/proxy/"
_SECRET_BYTES: Final = 32
_CODE_BYTES: Final = 16
_CODE_LENGTH: Final = 22  # of 16 bytes in base64, without padding
_PURPOSE: Final = b"fedgov media proxy 1\n"


@lru_cache(maxsize=1_024)
def secret_of(folder: Path) -> bytes:
    """Return the secret of an instance; it is made at the first use.

    It is in a file of its own that only the server may read. Whoever loses it
    loses the addresses in pages that are open now, and the tokens that push
    messages carry until their apps ask for them anew.

    Args:
        folder: The instance's folder.
    """
    path = folder / SECRET_FILE
    if not path.exists():
        _make_secret(path)
    return path.read_bytes()


def _make_secret(path: Path) -> None:
    """Write a new secret under another name first, so that nobody ever reads half of one."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(secrets.token_bytes(_SECRET_BYTES))
            target.flush()
            os.fsync(target.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
            path.hardlink_to(fresh)
    finally:
        fresh.unlink()


def proxied_path(secret: bytes, url: str) -> str:
    """Return the path on this instance under which a file from elsewhere is shown.

    Args:
        secret: What `secret_of` gave.
        url: The http(s) address of the file.
    """
    raw = url.encode()
    return PREFIX + _text(_code(secret, raw)) + _text(raw)


def read_token(secret: bytes, token: str) -> str | None:
    """Return the address that a path was made for; None when we did not make it.

    Args:
        secret: What `secret_of` gave.
        token: The path without `PREFIX`.
    """
    try:
        code, raw = _bytes(token[:_CODE_LENGTH]), _bytes(token[_CODE_LENGTH:])
        url = raw.decode()
    except ValueError:
        return None
    if not hmac.compare_digest(code, _code(secret, raw)) or not is_http_uri(url):
        return None
    return url


def attachment_card(secret: bytes, attachment: Attachment) -> AttachmentCard:
    """Return a file from elsewhere as our own pages show it.

    Documents and links are not fetched: the card leads to a page of the sender
    only when a reader follows it.

    Args:
        secret: What `secret_of` gave.
        attachment: The file as its post describes it.
    """
    kind = attachment.kind if attachment.kind != "link" else "document"
    is_shown = kind != "document"
    path = proxied_path(secret, attachment.url) if is_shown else attachment.url
    return AttachmentCard(
        kind=kind,
        url=path,
        preview_url=f"{path}/preview" if kind == "image" else None,
        media_type=attachment.media_type or "application/octet-stream",
        alt=attachment.name or "",
        width=attachment.width,
        height=attachment.height,
        blurhash=attachment.blurhash,
        name=attachment.url.rpartition("/")[2].partition("?")[0],
    )


def emoji_cards(secret: bytes, emojis: Iterable[Emoji]) -> tuple[EmojiCard, ...]:
    """Return custom emoji of somebody elsewhere as our own pages show them.

    Args:
        secret: What `secret_of` gave.
        emojis: As the post or the person defines them.
    """
    return tuple(
        EmojiCard(shortcode=each.shortcode, url=path, static_url=f"{path}/emoji", host=host(each.url))
        for each in emojis
        if is_http_uri(each.url)
        for path in (proxied_path(secret, each.url),)
    )


def own_emoji_cards(emojis: Iterable[Emoji]) -> tuple[EmojiCard, ...]:
    """Return custom emoji of this instance, for a text that was written here; their files lie here already."""
    return tuple(
        EmojiCard(
            shortcode=each.shortcode,
            url=path,
            static_url=f"{path}/preview",
            host=host(each.url),
            visible_in_picker=True,
        )
        for each in emojis
        for path in (urlsplit(each.url).path,)
    )


def _code(secret: bytes, raw: bytes) -> bytes:
    return hmac.digest(secret, _PURPOSE + raw, hashlib.sha256)[:_CODE_BYTES]


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
