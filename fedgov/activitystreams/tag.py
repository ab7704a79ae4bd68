"""What a text names: people, subjects and custom emoji."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from fedgov.activitystreams.document import Document, http_uri, objects, text, types
from fedgov.activitystreams.link import file_url
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.text.emoji import MAX_EMOJI, is_shortcode

MAX_TAGS: Final = 100
"""Most mentions and hashtags, each, that are kept of one object."""

_MAX_READ: Final = 500
_HASHTAG: Final = re.compile(r"[^\s#/?&<>\"'()\[\]{}\\,.;:!%@|`^*+=$\x00-\x1f\x7f]{1,128}\Z")


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody named in a text: URI of the actor and the name as written, if any."""

    href: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Hashtag:
    """A subject: lower case, without ``#``; and the page that lists it, if known."""

    name: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Emoji:
    """A custom emoji: shortcode without colons, and the address of its picture.

    Args:
        shortcode: Its name, without colons.
        url: Address of the picture.
        uri: Its id, when it is one of our own.
        media_type: Of the picture, when it is one of our own.
        updated: When it was last changed, in milliseconds since the epoch, when it is one of our own.
    """

    shortcode: str
    url: str
    uri: str | None = None
    media_type: str | None = None
    updated: int | None = None


def normalise_hashtag(name: str) -> str | None:
    """Return a hashtag as it is stored and compared; None when it cannot be one.

    Args:
        name: With or without ``#``, in any case.
    """
    bare = unicodedata.normalize("NFC", name.strip().removeprefix("#")).lower()
    return bare if _HASHTAG.match(bare) else None


def read_mentions(doc: Document) -> tuple[Mention, ...]:
    """Return the actors that an object names, each once."""
    found: dict[str, Mention] = {}
    for tag in _tags(doc, "Mention"):
        href = http_uri(tag, "href")
        if href is not None:
            found.setdefault(href, Mention(href=href, name=text(tag, "name", limit=320)))
    return tuple(found.values())[:MAX_TAGS]


def read_hashtags(doc: Document) -> tuple[Hashtag, ...]:
    """Return the subjects that an object names, each once."""
    found: dict[str, Hashtag] = {}
    for tag in _tags(doc, "Hashtag"):
        name = normalise_hashtag(text(tag, "name", limit=200) or "")
        if name is not None:
            found.setdefault(name, Hashtag(name=name, href=http_uri(tag, "href")))
    return tuple(found.values())[:MAX_TAGS]


def read_emojis(doc: Document) -> tuple[Emoji, ...]:
    """Return the custom emoji that an object or actor uses; of several with one name the first, at most `MAX_EMOJI`."""
    found: dict[str, Emoji] = {}
    for tag in _tags(doc, "Emoji"):
        shortcode, url = (text(tag, "name", limit=200) or "").strip(":"), file_url(tag, "icon")
        if url is not None and is_shortcode(shortcode):
            found.setdefault(shortcode, Emoji(shortcode=shortcode, url=url))
    return tuple(found.values())[:MAX_EMOJI]


def _tags(doc: Document, kind: str) -> list[Document]:
    return [tag for tag in objects(doc, "tag", limit=_MAX_READ) if kind in types(tag)]


def mention_member(mention: Mention) -> Document:
    """Build the tag of a mention."""
    return {"type": "Mention", "href": mention.href, "name": mention.name or mention.href}


def hashtag_member(hashtag: Hashtag) -> Document:
    """Build the tag of a subject."""
    member: Document = {"type": "Hashtag", "name": f"#{hashtag.name}"}
    return member if hashtag.href is None else member | {"href": hashtag.href}


def emoji_member(emoji: Emoji) -> Document:
    """Build the tag of a custom emoji."""
    icon = {"type": "Image", "mediaType": emoji.media_type, "url": emoji.url}
    member: Document = {
        "id": emoji.uri,
        "type": "Emoji",
        "name": f":{emoji.shortcode}:",
        "updated": None if emoji.updated is None else to_rfc3339(emoji.updated),
        "icon": {key: value for key, value in icon.items() if value is not None},
    }
    return {key: value for key, value in member.items() if value is not None}
