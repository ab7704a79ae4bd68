"""Apps register, fetch their tokens, give them back, and hear who they act for.

The page on which a person lets an app in is in `authorise`. Passwords are never taken here, and tokens do not
expire, so that there is nothing to refresh.

Spec: RFC 6749, 7009, 7636 and 8414; https://docs.joinmastodon.org/methods/apps/ and methods/oauth/
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Final
from urllib.parse import unquote_plus

from fedgov.features.notices.queries.push import server_key
from fedgov.features.people.service import apps, grants
from fedgov.features.people.service.tokens import Issued
from fedgov.features.people.vocabulary import SCOPES, InvalidGrantError, InvalidScopeError, UnknownClientError
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import ForbiddenError, NotFoundError
from fedgov.mastodon.access import Access
from fedgov.mastodon.authorise import PATH as AUTHORISE
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.application import (
    application_entity,
    credential_application_entity,
    token_entity,
)
from fedgov.mastodon.replies import NOTHING, Headers, shown
from fedgov.mastodon.shelves import account_entities

_DOCUMENTATION: Final = "https://docs.joinmastodon.org/"
_REFUSALS: Final = (UnknownClientError, InvalidGrantError, InvalidScopeError)


# --- apps -------------------------------------------------------------------------------------------------------


async def register(call: Call) -> Reply:
    """Create an application."""
    sent = call.parameters
    app, secret = await call.write(
        apps.register_app,
        name=sent.text("client_name"),
        redirect_uris=sent.texts("redirect_uris"),
        scopes=sent.text("scopes"),
        website=sent.text("website"),
    )
    key = await call.read(server_key)
    return shown(credential_application_entity(app, secret=secret, vapid_key=key))


async def verify_app(call: Call) -> Reply:
    """Verify that an app works."""
    if call.bearer is None or call.bearer.app_id is None:
        raise NotFoundError("Record not found")  # a token of the command line is no app's
    app = await call.read(apps.app, app_id=call.bearer.app_id)
    return shown(application_entity(app, vapid_key=await call.read(server_key)))


# --- tokens -----------------------------------------------------------------------------------------------------


async def obtain_token(call: Call) -> Reply:
    """Obtain a token."""
    kind = call.parameters.text("grant_type")
    if not kind:
        return _error(400, "invalid_request", "the parameter grant_type is missing")
    if kind not in _GRANTS:
        return _error(400, "unsupported_grant_type", "only authorization_code and client_credentials are answered")
    try:
        issued = await _GRANTS[kind](call)
    except _REFUSALS as error:
        return _refusal(error)
    if issued is None:
        return _error(400, "invalid_request", "the parameter code is missing")
    return shown(token_entity(issued))


async def _by_code(call: Call) -> Issued | None:
    client_id, client_secret = _credentials(call)
    code = call.parameters.text("code")
    if not code:
        return None
    return await grants.redeem_code(
        call.instance,
        client_id=client_id,
        client_secret=client_secret,
        code=code,
        redirect_uri=call.parameters.text("redirect_uri"),
        verifier=call.parameters.text("code_verifier"),
    )


async def _by_itself(call: Call) -> Issued | None:
    client_id, client_secret = _credentials(call)
    return await call.write(
        grants.client_credentials,
        client_id=client_id,
        client_secret=client_secret,
        scopes=call.parameters.text("scope"),
    )


_GRANTS: Final = {"authorization_code": _by_code, "client_credentials": _by_itself}


async def revoke(call: Call) -> Reply:
    """Revoke a token."""
    client_id, client_secret = _credentials(call)
    try:
        await call.write(
            grants.give_back,
            client_id=client_id,
            client_secret=client_secret,
            token=call.parameters.text("token"),
        )
    except (UnknownClientError, ForbiddenError):
        return _error(403, "unauthorized_client", "this app may not end this token")
    return NOTHING


def _credentials(call: Call) -> tuple[str, str]:
    """Return what an app says to be and proves that with, in the header or among the parameters.

    Spec: RFC 6749, section 2.3.1.
    """
    scheme, _, encoded = call.request.headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "basic":
        try:
            decoded = b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        client_id, _, client_secret = decoded.partition(":")
        return unquote_plus(client_id), unquote_plus(client_secret)
    return call.parameters.text("client_id"), call.parameters.text("client_secret")


# --- who it is --------------------------------------------------------------------------------------------------


async def show_user(call: Call) -> Reply:
    """Retrieve user information."""
    [account] = await call.read(account_entities, uris=[call.me])
    return shown(
        {
            "iss": f"{call.site.origin}/",
            "sub": call.me,
            "name": account["display_name"],
            "preferred_username": account["username"],
            "profile": account["url"],
            "picture": account["avatar"],
        }
    )


async def describe(call: Call) -> Reply:
    """Discover OAuth server configuration."""
    origin = call.site.origin
    return shown(
        {
            "issuer": f"{origin}/",
            "service_documentation": _DOCUMENTATION,
            "authorization_endpoint": f"{origin}{AUTHORISE}",
            "token_endpoint": f"{origin}/oauth/token",
            "app_registration_endpoint": f"{origin}/api/v1/apps",
            "revocation_endpoint": f"{origin}/oauth/revoke",
            "userinfo_endpoint": f"{origin}/oauth/userinfo",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(_GRANTS),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


# --- refusals ---------------------------------------------------------------------------------------------------


def _refusal(error: UnknownClientError | InvalidGrantError | InvalidScopeError) -> Reply:
    if isinstance(error, UnknownClientError):
        challenge = [(b"www-authenticate", b'Basic realm="fedgov"')]
        return _error(401, error.code, error.safe, headers=challenge)
    return _error(400, error.code, error.safe)


def _error(status: int, code: str, description: str, *, headers: Headers = ()) -> Reply:
    """Return an error as OAuth has it (RFC 6749, section 5.2)."""
    return shown({"error": code, "error_description": description}, status=status, headers=headers)


ENDPOINTS: Final = (
    Endpoint(method="POST", path="/api/v1/apps", access=Access.public(), handle=register),
    Endpoint(method="GET", path="/api/v1/apps/verify_credentials", access=Access.app(), handle=verify_app),
    Endpoint(method="POST", path="/oauth/token", access=Access.public(), handle=obtain_token),
    Endpoint(method="POST", path="/oauth/revoke", access=Access.public(), handle=revoke),
    Endpoint(method="GET", path="/oauth/userinfo", access=Access.person("profile"), handle=show_user),
    Endpoint(method="GET", path="/.well-known/oauth-authorization-server", access=Access.public(), handle=describe),
)
