"""Who is at the door.

What is public does not depend on who asks, so a signature there is checked only
as far as that costs no request to anybody: nobody makes us fetch a key by
signing a GET of something that he could read anyway.

Spec: ``FEDERATION.md``, "Keys, signatures, proofs".
"""

from __future__ import annotations

from fedgov.federation import keys
from fedgov.federation.doors.asgi import Request, Scope
from fedgov.federation.doors.lobby import Lobby
from fedgov.federation.gate import Signer
from fedgov.federation.signatures.verification import read_signature
from fedgov.kernel.errors import ForbiddenError, UnverifiedError
from fedgov.kernel.networks import UNKNOWN, network_of
from fedgov.kernel.uris import host, is_http_uri


def source_network(scope: Scope) -> str:
    """Return the network that a request came from: what one attacker has as many addresses of as he likes."""
    client = scope.get("client")
    return network_of(client[0]) if client else UNKNOWN


async def identify(lobby: Lobby, request: Request) -> Signer | None:
    """Return who signed a request; None when it is not signed.

    Raises:
        MalformedError: A header cannot be read.
        UnverifiedError: The signature is not valid.
        ForbiddenError: We do not exchange messages with that server.
        UnreachableError: This cannot be decided now.
    """
    if not request.is_signed:
        return None
    message = request.message(origin=lobby.site.origin)
    return await lobby.gate.identify(message, source=source_network(request.scope))


async def admit_reader(lobby: Lobby, request: Request) -> Signer | None:
    """Return when somebody may read what is public, and who it is where that had to be known.

    Raises:
        MalformedError: A header cannot be read.
        UnverifiedError: The signature is not valid, or one is demanded and absent.
        ForbiddenError: We do not exchange messages with that server.
        UnreachableError: This cannot be decided now.
    """
    if lobby.signed_only:
        signer = await identify(lobby, request)
        if signer is None:
            raise UnverifiedError("this server shows documents only to servers that sign their requests")
        return signer
    if request.is_signed:
        await _check_without_fetching(lobby, request)
    return None


async def _check_without_fetching(lobby: Lobby, request: Request) -> None:
    """Refuse a signature that is certainly wrong, and a server that we have nothing to do with."""
    message = request.message(origin=lobby.site.origin)
    claim = read_signature(message, now_ms=lobby.instance.clock.now())
    if not is_http_uri(claim.key_id):
        raise UnverifiedError("the key is not an http(s) address", detail=claim.key_id[:200])
    if not lobby.instance.trust.allows(host(claim.key_id)):
        raise ForbiddenError("this server does not exchange messages with yours", detail=host(claim.key_id))
    if await lobby.instance.read(keys.key_row, key_id=claim.key_id) is not None:
        await lobby.gate.identify(message, source=source_network(request.scope))
