"""Files that people add, and the words for them that other rooms may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fedgov.activitystreams.attachment import Attachment
from fedgov.kernel.uris import Site
from fedgov.web.cards import AttachmentCard

MediaKind = Literal["image", "audio", "video", "document"]


@dataclass(frozen=True, slots=True)
class FileType:
    """What a file is, as its own bytes say.

    Args:
        kind: How it is shown.
        media_type: From our fixed list, never from whoever sent it.
        ending: What its name ends with when somebody saves it, without the dot.
        picture_format: Name of the format in Pillow; empty for what is no picture.
        accepted: May be uploaded here; other types are only shown when others sent them.
    """

    kind: MediaKind
    media_type: str
    ending: str
    picture_format: str = ""
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, encoded anew: whatever else was in its file is gone.

    Args:
        data: The file.
        width: Pixels.
        height: Pixels.
        preview: A smaller WebP of it; None when the picture is small itself.
        blurhash: Short text that stands for the colours.
    """

    data: bytes
    width: int
    height: int
    preview: bytes | None
    blurhash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMedia:
    """A file that somebody uploaded here.

    Args:
        id: Row id. Behind this number the file is shown to whoever may read its post.
        owner: URI of the local actor who uploaded it.
        token: 128 random bits, hexadecimal. Whoever knows them may have the file, because servers
            fetch files without saying for whom; so it stands only in what is sent to those who may read.
        name: File name as given, plain text, only to be shown.
        alt: Description by the owner, plain text.
        size: Bytes.
        width: Pixels; None for what has no size.
        height: Pixels; None for what has no size.
        object_id: Row id of the object that it hangs on; None as long as it hangs on nothing.
        focus: What must stay in sight when it is cropped: to the right and upwards, each from -1 to 1.
    """

    id: int
    owner: str
    token: str
    kind: MediaKind
    media_type: str
    name: str
    alt: str
    size: int
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    has_preview: bool = False
    object_id: int | None = None
    focus: tuple[float, float] | None = None

    @property
    def path(self) -> str:
        """Where our own pages show it."""
        return f"/media/{self.id}"

    def url(self, site: Site) -> str:
        """Return its address for other servers and for clients that show no log-in."""
        return site.url(f"/media/{self.token}")

    def preview_url(self, site: Site) -> str:
        """Return the address of its preview for clients that show no log-in; its own where it has none."""
        return self.url(site) + ("/preview" if self.has_preview else "")

    def attachment(self, site: Site) -> Attachment:
        """Return it as it stands in a document for others."""
        return Attachment(
            url=self.url(site),
            kind=self.kind,
            media_type=self.media_type,
            name=self.alt or (self.name if self.kind == "document" else None),
            blurhash=self.blurhash,
            width=self.width,
            height=self.height,
            focal_point=self.focus,
        )

    def card(self, site: Site | None = None) -> AttachmentCard:
        """Return it as our own pages show it; with the instance, also as programs do that show no log-in."""
        return AttachmentCard(
            id=self.id,
            kind=self.kind,
            url=self.path,
            preview_url=f"{self.path}/preview" if self.has_preview else None,
            media_type=self.media_type,
            alt=self.alt,
            width=self.width,
            height=self.height,
            blurhash=self.blurhash,
            size=self.size,
            name=self.name,
            open_url=None if site is None else self.url(site),
            focus=self.focus,
        )
