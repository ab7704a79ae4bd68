"""Getting to know the people named in a text, before it is published."""

from __future__ import annotations

import asyncio
from typing import Final

from fedgov.activitystreams.audience import Visibility
from fedgov.features.posts.service import publishing
from fedgov.instance import Instance
from fedgov.kernel.errors import FedgovError, InvalidError, OverLimitError
from fedgov.kernel.uris import Handle

MAX_LOOKUPS: Final = 10


async def look_up_named(instance: Instance, *, text: str, visibility: Visibility) -> dict[str, str]:
    """Get to know the people named in a text who are new here.

    In a message to named people nobody may be missing: whoever wrote it would
    believe that it arrived.

    Args:
        instance: The server, as its author uses it.
        text: Markdown, as typed.
        visibility: Who may read it.

    Returns:
        Actor URIs by handle without its leading ``@``, for `publishing.publish_post`.

    Raises:
        InvalidError: Somebody who is named cannot be found.
    """
    handles = (await instance.read(publishing.unknown_handles, text=text))[:MAX_LOOKUPS]
    uris = await asyncio.gather(*(_find(instance, handle) for handle in handles))
    if visibility is Visibility.DIRECT and None in uris:
        raise InvalidError("somebody who is named in it cannot be found; check the spelling", field="text")
    return {
        f"{handle.username}@{handle.host}": uri for handle, uri in zip(handles, uris, strict=True) if uri is not None
    }


async def _find(instance: Instance, handle: Handle) -> str | None:
    try:
        return await instance.fetch.actor_by_handle(handle)
    except OverLimitError:
        raise
    except FedgovError:
        return None
