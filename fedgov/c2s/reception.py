"""Where programs that speak ActivityPub come in; tokens, limits and refusals are those of the door for apps."""

from __future__ import annotations

from functools import partial
from typing import Final

from fedgov.c2s import files, inbox, proxy
from fedgov.c2s.outbox import ANY_SCOPE, post
from fedgov.federation.doors.asgi import Door, Scope
from fedgov.mastodon.access import Access
from fedgov.mastodon.endpoints import Endpoint, Table
from fedgov.mastodon.reception import Reception

_READING: Final = Access.person("read:statuses")

ENDPOINTS: Final = (
    Endpoint(method="POST", path="/users/:name/outbox", access=Access.person(*ANY_SCOPE), handle=post, raw=True),
    Endpoint(method="GET", path="/users/:name/inbox", access=_READING, handle=inbox.show),
    Endpoint(method="GET", path="/users/:name/inbox/page/:cursor", access=_READING, handle=inbox.show_page),
    Endpoint(method="POST", path="/api/activitypub/proxy", access=Access.person("read:search"), handle=proxy.fetch),
    Endpoint(
        method="POST", path="/api/activitypub/media", access=Access.person("write:media"), handle=files.upload, files=1
    ),
)
"""What does not stand here does not exist; the other methods at these addresses are for servers and pages."""

TABLE: Final = Table(ENDPOINTS)


class Counter(Reception):
    """The counter for programs of one instance's people."""

    def match(self, scope: Scope) -> Door | None:
        """Return what answers a request; None when it is not for a program of somebody here.

        Args:
            scope: An ASGI scope of type ``http`` whose Host header names this instance.
        """
        found = TABLE.find(scope["path"])
        if found is None or not (scope["method"] == "OPTIONS" or _method(scope) in found.methods):
            return None
        return partial(self._open, found)


def _method(scope: Scope) -> str:
    return "GET" if scope["method"] == "HEAD" else str(scope["method"])
