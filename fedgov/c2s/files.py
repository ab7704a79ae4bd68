"""Files that programs upload before they write about them.

Spec: https://www.w3.org/wiki/SocialCG/ActivityPub/MediaUpload
"""

from __future__ import annotations

import orjson

from fedgov.activitystreams.attachment import attachment_member
from fedgov.activitystreams.document import Document, parse, text
from fedgov.features.media.service.uploads import upload as keep
from fedgov.federation.doors.answers import ACTIVITY_JSON, Reply, plain
from fedgov.kernel.errors import InvalidError
from fedgov.mastodon.call import Call
from fedgov.mastodon.parameters import UploadedFile

_KINDS = {"image": "Image", "audio": "Audio", "video": "Video"}


async def upload(call: Call) -> Reply:
    """Take in a file, with the name that its object gives it; it is there at once."""
    file = call.parameters.file("file")
    if file is None:
        raise InvalidError("file is missing", field="file")
    shell = _shell(call)
    alt = text(shell, "name") or text(shell, "summary") or ""
    stored = await keep(call.instance, owner=call.me, name=file.name, data=file.data, alt=alt)
    at = stored.url(call.site)
    found = attachment_member(stored.attachment(call.site))
    document = {**found, "id": at, "type": _KINDS.get(stored.kind, "Document"), "attributedTo": call.me}
    headers = [(b"location", at.encode("ascii")), (b"cache-control", b"private, no-store")]
    return plain(201, orjson.dumps(document), content_type=ACTIVITY_JSON, headers=headers)


def _shell(call: Call) -> Document:
    sent = call.parameters.tree.get("object")
    raw = sent.data if isinstance(sent, UploadedFile) else call.parameters.text("object").encode()
    return parse(raw) if raw.strip() else {}
