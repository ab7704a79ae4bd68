"""Consent to being quoted: who may quote a post, the request, and the stamp that proves a yes.

Spec: FEP-044f; the policy has the form of GoToSocial's interaction policies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fedgov.activitystreams.audience import PUBLIC
from fedgov.activitystreams.context import CONTEXT
from fedgov.activitystreams.document import Document, embedded, http_uri, types, uris

REQUEST: Final = "QuoteRequest"
STAMP: Final = "QuoteAuthorization"

EVERYONE: Final = "public"
FOLLOWERS: Final = "followers"
FOLLOWED: Final = "following"
OTHERS: Final = "unsupported_policy"
"""Somebody is named in a way that we cannot weigh."""

_PUBLIC_NAMES: Final = frozenset({PUBLIC, "as:Public", "Public"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotable:
    """Who may quote a post, in words; nobody where a list is empty. The author always may.

    Args:
        automatic: Whose quotation is approved at once.
        manual: Whose quotation the author looks at first.
    """

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()

    def stored(self) -> str:
        """Return it as one text."""
        return f"{' '.join(self.automatic)}|{' '.join(self.manual)}"


def restored(text: str | None) -> Quotable | None:
    """Return what `Quotable.stored` gave; None for a post of which it is not known."""
    if text is None:
        return None
    automatic, _, manual = text.partition("|")
    return Quotable(automatic=tuple(automatic.split()), manual=tuple(manual.split()))


def read_quotable(doc: Document, *, author: str, followers: str | None) -> Quotable | None:
    """Return who may quote an object; None when it does not say.

    Args:
        doc: The object as received.
        author: URI of its author.
        followers: URI of the collection of the author's followers, when known.

    Spec: FEP-044f, "Quote policies".
    """
    policy = embedded(doc, "interactionPolicy")
    rule = None if policy is None else embedded(policy, "canQuote")
    if rule is None:
        return None
    return Quotable(
        automatic=_words(uris(rule, "automaticApproval"), author=author, followers=followers),
        manual=_words(uris(rule, "manualApproval"), author=author, followers=followers),
    )


def _words(named: Sequence[str], *, author: str, followers: str | None) -> tuple[str, ...]:
    found = (_word(each, followers=followers) for each in named if each != author)
    return tuple(dict.fromkeys(found))


def _word(named: str, *, followers: str | None) -> str:
    if named in _PUBLIC_NAMES:
        return EVERYONE
    return FOLLOWERS if named == followers else OTHERS


def policy_member(quotable: Quotable, *, author: str, followers: str) -> Document:
    """Return the member ``interactionPolicy`` of a post of our own.

    The author stands alone where nobody else may, because some readers take an empty list for none.
    """
    named = {EVERYONE: PUBLIC, FOLLOWERS: followers}
    allowed = [named[word] for word in quotable.automatic if word in named]
    asked = [named[word] for word in quotable.manual if word in named]
    return {"canQuote": {"automaticApproval": allowed or [author], **({"manualApproval": asked} if asked else {})}}


def request_document(*, quoted: str, quoting: Document) -> Document:
    """Return the request to let a post of ours quote another one; the post goes along.

    Args:
        quoted: URI of the quoted post.
        quoting: Our post, embeddable.
    """
    return {"type": REQUEST, "object": quoted, "instrument": quoting}


def stamp_document(uri: str, *, author: str, quoting: str, quoted: str) -> Document:
    """Return the stamp by which everybody sees that an author agrees to a quotation.

    Args:
        uri: Its id.
        author: URI of who is quoted.
        quoting: URI of the post that quotes.
        quoted: URI of the quoted post.
    """
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": STAMP,
        "attributedTo": author,
        "interactingObject": quoting,
        "interactionTarget": quoted,
    }


def stamps(doc: Document, *, quoting: str, quoted: str) -> bool:
    """Tell whether a document is a stamp for this quotation."""
    return (
        STAMP in types(doc)
        and http_uri(doc, "interactingObject") == quoting
        and http_uri(doc, "interactionTarget") == quoted
    )


def read_stamp(doc: Document) -> str | None:
    """Return the URI of the stamp that a post says to have."""
    return http_uri(doc, "quoteAuthorization")
