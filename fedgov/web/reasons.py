"""Why a message waits or was not delivered, in the reader's language: it is stored in English."""

from __future__ import annotations

import re
from typing import Final

from fedgov.web.language import Translator, later

_ANSWERED: Final = re.compile(r"the server answered (\d{3})(: refused|: no inbox there now|, try later)?")
_WORDS: Final = {
    None: later("the server answered with %(status)s"),
    ": refused": later("the server refused it (%(status)s)"),
    ": no inbox there now": later("there is no inbox any more (%(status)s)"),
    ", try later": later("the server asks us to try later (%(status)s)"),
}
KNOWN: Final = (
    later("deleted before it was sent"),
    later("it is from before a backup was restored"),
    later("its author's account is no longer active"),
    later("its own inbox is gone, so the shared inbox is tried once"),
    later("nobody there came for it in thirty days"),
    later("nobody there follows the author any more"),
    later("plain http is not allowed"),
    later("the address cannot be used"),
    later("the answer is too large"),
    later("the domain was blocked"),
    later("the host name does not exist"),
    later("the server could not be reached"),
    later("the server did not answer in time"),
    later("the server redirects in a circle or to nowhere"),
    later("the server redirects to an unprotected address"),
    later("the server redirects too often"),
    later("this address may not be contacted"),
    later("this name is not on the public internet"),
    later("this server is stopping"),
    later("we do not exchange messages with this server"),
)
"""What delivery may store; anything else is shown as it is."""


def in_words(reason: str, *, translator: Translator) -> str:
    """Return a stored reason as this reader reads it.

    Args:
        reason: As stored with a delivery or a peer; may be empty.
        translator: The reader's language.
    """
    answered = _ANSWERED.fullmatch(reason)
    if answered is not None:
        return translator.gettext(_WORDS[answered[2]], status=answered[1])
    return translator.gettext(reason) if reason in KNOWN else reason
