"""What an app is told at once, in the words of the person whose telephone it is.

It is made from the Notification entity that the app could fetch at this moment, so that nothing is told here
that would not be shown there.
"""

from __future__ import annotations

from typing import Any, Final

from fedgov.features.notices.present import WORDS
from fedgov.features.notices.queries.hiding import unheard_among
from fedgov.features.notices.queries.notifications import find_notification
from fedgov.features.notices.vocabulary import Kind, Notification
from fedgov.features.people.queries import account_of
from fedgov.kernel.text.plain import html_to_plain, truncate
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.notifications import entity_of
from fedgov.store.transaction import Transaction
from fedgov.web.language import Translator, known

MOST_TITLE: Final = 200
MOST_BODY: Final = 140
_FOR_ADMINISTRATORS: Final = frozenset({Kind.SIGN_UP, Kind.REPORT})


def compose(tx: Transaction, *, owner: str, notification_id: int) -> dict[str, Any] | None:
    """Return what is told of a notification; None when there is nothing to tell any more.

    Args:
        tx: The open transaction.
        owner: URI of the local actor whose it is.
        notification_id: Its row id.

    Spec: https://docs.joinmastodon.org/methods/push/ and what its apps read: an integer as ``notification_id``.
    """
    account = account_of(tx, actor=owner)
    each = find_notification(tx, owner=owner, notification_id=notification_id)
    if account is None or account.disabled_at is not None or each is None:
        return None
    if (each.kind in _FOR_ADMINISTRATORS and not account.administrator) or unheard_among(
        tx, viewer=owner, uris=[each.actor]
    ):
        return None
    entity = entity_of(tx, each, viewer=owner)
    if entity is None:
        return None
    language = known(account.language) or known(tx.config.instance.language) or "nl"
    return {
        "preferred_locale": language,
        "notification_id": each.id,
        "notification_type": entity["type"],
        "icon": entity["account"]["avatar_static"],
        "title": truncate(_title(each, entity, Translator(language)), limit=MOST_TITLE),
        "body": truncate(_body(entity), limit=MOST_BODY),
    }


def _title(each: Notification, entity: Entity, translator: Translator) -> str:
    words = WORDS[each.kind]
    if each.actor is None:
        return translator.gettext("A poll in which you took part has ended")
    name = entity["account"]["display_name"] or entity["account"]["acct"]
    said = translator.gettext(words, emoji=each.emoji) if each.kind is Kind.REACTION else translator.gettext(words)
    return f"{name} {said}"


def _body(entity: Entity) -> str:
    """Return the beginning of what it is about; of what a filter folds or a note goes before, only that."""
    status = entity["status"]
    if status is None:
        return html_to_plain(entity["account"]["note"]) if entity["type"] in ("follow", "follow_request") else ""
    if status.get("filtered"):
        return str(status["filtered"][0]["filter"]["title"])
    return str(status["spoiler_text"]) or html_to_plain(status["content"])
