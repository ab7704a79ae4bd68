"""One call of an endpoint: who calls, with what, and the instance as they may use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import parse_qsl, urlencode

from fedgov.features.people.service.tokens import Bearer
from fedgov.federation.doors.asgi import Request
from fedgov.instance import Instance
from fedgov.kernel.errors import NotFoundError, UnverifiedError
from fedgov.kernel.pagination import Page
from fedgov.kernel.uris import Site
from fedgov.mastodon.claims import Proof, proven
from fedgov.mastodon.parameters import Parameters
from fedgov.store.transaction import Transaction

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call.

    Args:
        instance: The instance as the caller uses it: what is written is noted as theirs.
        request: The HTTP request, whose body was read.
        parameters: What it says.
        places: What stands in the places of the path, such as ``id``.
        bearer: Whom the token stands for; None for a visitor.
        token: The token itself; empty for a visitor.
        proof: What must be proven before anything is read or written; None when it was.
    """

    instance: Instance
    request: Request = field(repr=False)
    parameters: Parameters = field(default_factory=Parameters)
    places: Mapping[str, str] = field(default_factory=dict)
    bearer: Bearer | None = None
    token: str = field(default="", repr=False)
    proof: Proof | None = field(default=None, repr=False)

    @property
    def site(self) -> Site:
        """The permanent addresses of the instance."""
        return self.instance.site

    @property
    def viewer(self) -> str | None:
        """URI of the actor who calls; None for a visitor or an app by itself."""
        return self.bearer.actor_uri or None if self.bearer is not None else None

    @property
    def me(self) -> str:
        """URI of the actor who calls, where the endpoint admits only people."""
        if self.viewer is None:
            raise UnverifiedError("The access token is invalid")
        return self.viewer

    async def read(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **values: P.kwargs) -> T:
        """Run a query."""
        if self.proof is not None and not self.proof.is_given:
            return await self.instance.read(proven, self.proof, query, args, values)
        return await self.instance.read(query, *args, **values)

    async def write(self, use_case: Callable[Concatenate[Transaction, P], T], *args: P.args, **values: P.kwargs) -> T:
        """Run a use case; return once it is on disk."""
        if self.proof is not None and not self.proof.is_given:
            return await self.instance.write(proven, self.proof, use_case, args, values)
        return await self.instance.write(use_case, *args, **values)

    def row_id(self, place: str = "id") -> int:
        """Return the row id in the path.

        Raises:
            NotFoundError: Nothing can have that id.
        """
        text = self.places[place]
        if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63):
            raise NotFoundError("Record not found")
        return int(text)

    def links(self, page: Page[T]) -> str | None:
        """Return the Link header of a list, the older part first; None where there is nothing to link.

        Spec: RFC 8288; https://docs.joinmastodon.org/api/guidelines/#pagination
        """
        found = []
        if page.next_max_id is not None:
            found.append(f'<{self._url(max_id=page.next_max_id)}>; rel="next"')
        if page.prev_min_id is not None:
            found.append(f'<{self._url(min_id=page.prev_min_id)}>; rel="prev"')
        return ", ".join(found) or None

    def _url(self, **cursor: int) -> str:
        scope = self.request.scope
        where = "&".join(f"{name}={number}" for name, number in cursor.items())
        return f"{self.site.origin}{scope['path']}?{_repeated(scope['query_string'])}{where}"


@lru_cache(maxsize=256)
def _repeated(query: bytes) -> str:
    """Return what of a query stands in the links to other pages too; the same few come again and again."""
    sent = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    kept = [(name, value) for name, value in sent if name not in _NOT_REPEATED and len(value) <= _LONGEST_REPEATED]
    return f"{urlencode(kept[:_MOST_REPEATED])}&" if kept else ""


_NOT_REPEATED = frozenset({"max_id", "since_id", "min_id", "access_token"})
_LONGEST_REPEATED = 100
_MOST_REPEATED = 20
"""A header is bounded, whatever the address of the request was."""
