"""Asking an administrator to look.

Spec: https://docs.joinmastodon.org/methods/reports/; entities/Report
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Row

from fedgov.features.moderation import queries
from fedgov.features.moderation.service import report
from fedgov.features.moderation.vocabulary import Category
from fedgov.features.posts.queries.entries import entry
from fedgov.federation import objects
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import NotFoundError
from fedgov.mastodon import people
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.choices import choice
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.report import report_entity
from fedgov.mastodon.replies import shown
from fedgov.mastodon.shelves import account_entities
from fedgov.store.transaction import Transaction


async def create(call: Call) -> Reply:
    """File a report."""
    sent = call.parameters
    about = sent.row_ids("account_id")
    if len(about) != 1:
        raise NotFoundError("Record not found")
    found = await call.write(
        _report,
        reporter=call.me,
        row_id=about[0],
        status_ids=sent.row_ids("status_ids"),
        text=sent.text("comment"),
        forward=sent.flag("forward"),
        category=choice(sent, "category", Category) or Category.OTHER,
        rules=sent.row_ids("rule_ids"),
    )
    return shown(found)


def _report(
    tx: Transaction,
    *,
    reporter: str,
    row_id: int,
    status_ids: Sequence[int],
    text: str,
    forward: bool,
    category: Category,
    rules: Sequence[int],
) -> Entity:
    target = people.find(tx, row_id=row_id).uri
    posts = [entry(tx, row_id=each, viewer=reporter).row.uri for each in status_ids]
    number = report(
        tx,
        reporter=reporter,
        target=target,
        object_uris=posts,
        text=text,
        forward=forward,
        category=category,
        rules=rules,
    )
    return _entity(tx, queries.get(tx, report_id=number))


def _entity(tx: Transaction, row: Row[Any]) -> Entity:
    found = [objects.find(tx, uri=uri) for uri in orjson.loads(row.objects)]
    return report_entity(
        row,
        target=account_entities(tx, uris=[row.target])[0],
        rules=tx.config.instance.rules,
        posts=[each.id for each in found if each is not None],
    )


ENDPOINTS: Final = (
    Endpoint(method="POST", path="/api/v1/reports", access=Access.person("write:reports"), handle=create),
)
