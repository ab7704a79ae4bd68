"""Files for posts.

Spec: https://docs.joinmastodon.org/methods/media/
"""

from __future__ import annotations

from typing import Final

from fedgov.features.media import queries
from fedgov.features.media.service import attaching
from fedgov.features.media.service.uploads import upload as keep
from fedgov.features.media.vocabulary import StoredMedia
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import InvalidError
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.media import media_entity
from fedgov.mastodon.parameters import Parameters
from fedgov.mastodon.replies import NOTHING, shown


async def upload(call: Call) -> Reply:
    """Upload media as an attachment; it is ready at once."""
    file = call.parameters.file("file")
    if file is None:
        raise InvalidError("Validation failed: File can't be blank", field="file")
    stored = await keep(
        call.instance,
        owner=call.me,
        name=file.name,
        data=file.data,
        alt=call.parameters.text("description"),
        focus=_focus(call.parameters),
    )
    return _shown(call, stored)


async def show(call: Call) -> Reply:
    """Get media attachment."""
    return _shown(call, await call.read(queries.get, media_id=call.row_id(), owner=call.me))


async def change(call: Call) -> Reply:
    """Update media attachment."""
    alt = call.parameters.text("description") if call.parameters.has("description") else None
    stored = await call.write(
        attaching.describe, media_id=call.row_id(), owner=call.me, alt=alt, focus=_focus(call.parameters)
    )
    return _shown(call, stored)


async def delete(call: Call) -> Reply:
    """Delete media attachment."""
    await call.write(attaching.discard, media_id=call.row_id(), owner=call.me)
    return NOTHING


def _focus(sent: Parameters) -> tuple[float, float] | None:
    """Return what must stay in sight: two numbers with a comma between them."""
    text = sent.text("focus")
    if not text:
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidError("focus must be two numbers with a comma between them", field="focus") from None
    return x, y


def _shown(call: Call, stored: StoredMedia) -> Reply:
    return shown(media_entity(stored.card(call.site), site=call.site))


_WRITING: Final = Access.person("write:media")

ENDPOINTS: Final = (
    Endpoint(method="POST", path="/api/v2/media", access=_WRITING, handle=upload, files=1),
    Endpoint(method="POST", path="/api/v1/media", access=_WRITING, handle=upload, files=1),
    Endpoint(method="GET", path="/api/v1/media/:id", access=_WRITING, handle=show),
    Endpoint(method="PUT", path="/api/v1/media/:id", access=_WRITING, handle=change, files=1),
    Endpoint(method="DELETE", path="/api/v1/media/:id", access=_WRITING, handle=delete),
)
