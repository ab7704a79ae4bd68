"""The JSON-LD context of everything that we send.

Our own terms stand inline, so nobody needs an address of ours to read a
document, and no context is ever fetched while running: received documents are
read as plain JSON by the names below.

Spec: FEP-8b32 (the context of a document is part of what its proof covers).
"""

from __future__ import annotations

from typing import Any, Final

ACTIVITYSTREAMS: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v1"
MULTIKEY: Final = "https://w3id.org/security/multikey/v1"
FEDGOV: Final = "https://w3id.org/fedgov/ns#"

MEDIA_TYPE: Final = f'application/ld+json; profile="{ACTIVITYSTREAMS}"'
"""The media type that ActivityPub asks for; servers must also know ``application/activity+json``."""

_TERMS: Final[dict[str, Any]] = {
    "toot": "http://joinmastodon.org/ns#",
    "schema": "http://schema.org#",
    "fedgov": FEDGOV,
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "Emoji": "toot:Emoji",
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "votersCount": "toot:votersCount",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "conversation": "http://ostatus.org#conversation",
    "EmojiReact": "http://litepub.social/ns#EmojiReact",
    "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
    "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    "quoteUri": "http://fedibird.com/ns#quoteUri",
    "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "implements": {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@set"},
    "assertionMethod": {"@id": "https://w3id.org/security#assertionMethod", "@type": "@id", "@container": "@set"},
    "tooi": {"@id": "fedgov:tooi", "@type": "@id"},
    "function": "fedgov:function",
    "department": "fedgov:department",
}

CONTEXT: Final[list[Any]] = [ACTIVITYSTREAMS, SECURITY, DATA_INTEGRITY, MULTIKEY, _TERMS]
"""``@context`` of every document we publish. Shared, so nobody may change it."""
