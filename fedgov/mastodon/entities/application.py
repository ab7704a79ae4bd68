"""Apps and their tokens, as apps show them.

Spec: https://docs.joinmastodon.org/entities/Application/, CredentialApplication and Token; RFC 6749, section 5.1.
"""

from __future__ import annotations

from fedgov.features.people.service.apps import App
from fedgov.features.people.service.tokens import Issued
from fedgov.kernel.clock import SECOND
from fedgov.mastodon.entities.account import Entity


def application_entity(app: App, *, vapid_key: str = "") -> Entity:
    """Return an Application entity.

    Args:
        app: The app.
        vapid_key: Public key for push messages, as base64url; empty where none are sent.
    """
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes.split(),
        "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": list(app.redirect_uris),
        "vapid_key": vapid_key,
    }


def credential_application_entity(app: App, *, secret: str, vapid_key: str = "") -> Entity:
    """Return a CredentialApplication entity: an app with what it proves itself with.

    Args:
        app: The app.
        secret: Its secret, which cannot be seen again.
        vapid_key: Public key for push messages, as base64url; empty where none are sent.
    """
    return {
        **application_entity(app, vapid_key=vapid_key),
        "client_id": app.client_id,
        "client_secret": secret,
        "client_secret_expires_at": 0,
    }


def token_entity(issued: Issued) -> Entity:
    """Return a Token entity."""
    return {
        "access_token": issued.token,
        "token_type": "Bearer",
        "scope": issued.scopes,
        "created_at": issued.created_at // SECOND,
    }
