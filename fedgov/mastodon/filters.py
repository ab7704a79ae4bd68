"""Filters: groups of keywords and posts, and the same keywords one by one for older apps.

Spec: https://docs.joinmastodon.org/methods/filters/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fedgov.features.notices.queries import filters as queries
from fedgov.features.notices.service import filters as service
from fedgov.features.notices.vocabulary import Filter, FilterAction, FilterContext, FilteredPost, Keyword, KeywordChange
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import InvalidError
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.choices import choice, one_of
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.filter import filter_entity, filtered_post_entity, keyword_entity, old_filter_entity
from fedgov.mastodon.parameters import Parameters
from fedgov.mastodon.replies import NOTHING, shown
from fedgov.store.transaction import Transaction

_LONGEST: Final = 100 * 365 * 24 * 3_600
"""Seconds; what ends later than that never ends."""

# --- what was sent ----------------------------------------------------------------------------------------------


def _contexts(sent: Parameters) -> list[FilterContext] | None:
    if not sent.has("context"):
        return None
    return [one_of(FilterContext, word, name="context") for word in sent.texts("context")]


def _expires_in(sent: Parameters) -> tuple[int | None] | None:
    """Return the seconds that were sent, None for an empty value, in a tuple; None when nothing was sent."""
    if not sent.has("expires_in"):
        return None
    seconds = sent.whole("expires_in")
    return (None if seconds is None or seconds > _LONGEST else seconds,)


def _keywords(sent: Parameters) -> list[KeywordChange]:
    return [_keyword(each) for each in sent.rows("keywords_attributes")]


def _keyword(sent: Parameters) -> KeywordChange:
    return KeywordChange(
        id=sent.whole("id"),
        keyword=sent.text("keyword") if sent.has("keyword") else None,
        whole_word=sent.flag("whole_word") if sent.has("whole_word") else None,
        remove=sent.flag("_destroy"),
    )


# --- filters ----------------------------------------------------------------------------------------------------


async def index(call: Call) -> Reply:
    """View all filters."""
    return shown([filter_entity(each) for each in await call.read(queries.filters_of, owner=call.me)])


async def show(call: Call) -> Reply:
    """View a specific filter."""
    return shown(filter_entity(await call.read(queries.get_filter, owner=call.me, filter_id=call.row_id())))


async def create(call: Call) -> Reply:
    """Create a filter."""
    sent = call.parameters
    expires_in = _expires_in(sent)
    number = await call.write(
        service.create_filter,
        owner=call.me,
        title=sent.text("title"),
        contexts=_contexts(sent) or (),
        action=choice(sent, "filter_action", FilterAction) or FilterAction.WARN,
        expires_in=None if expires_in is None else expires_in[0],
        keywords=_keywords(sent),
    )
    return shown(filter_entity(await call.read(queries.get_filter, owner=call.me, filter_id=number)))


async def update(call: Call) -> Reply:
    """Update a filter."""
    sent, number = call.parameters, call.row_id()
    await call.write(
        service.change_filter,
        owner=call.me,
        filter_id=number,
        title=sent.text("title") if sent.has("title") else None,
        contexts=_contexts(sent),
        action=choice(sent, "filter_action", FilterAction),
        expires_in=_expires_in(sent),
        keywords=_keywords(sent),
    )
    return shown(filter_entity(await call.read(queries.get_filter, owner=call.me, filter_id=number)))


async def delete(call: Call) -> Reply:
    """Delete a filter."""
    await call.write(service.delete_filter, owner=call.me, filter_id=call.row_id())
    return NOTHING


# --- keywords ---------------------------------------------------------------------------------------------------


async def keywords(call: Call) -> Reply:
    """View keywords added to a filter."""
    found = await call.read(queries.get_filter, owner=call.me, filter_id=call.row_id("filter_id"))
    return shown([keyword_entity(each) for each in found.keywords])


async def add_keyword(call: Call) -> Reply:
    """Add a keyword to a filter."""
    number = await call.write(
        service.add_keyword,
        owner=call.me,
        filter_id=call.row_id("filter_id"),
        keyword=call.parameters.text("keyword"),
        whole_word=call.parameters.flag("whole_word", otherwise=True),
    )
    return await _keyword_reply(call, number)


async def keyword(call: Call) -> Reply:
    """View a single keyword."""
    return await _keyword_reply(call, call.row_id())


async def change_keyword(call: Call) -> Reply:
    """Edit a keyword within a filter."""
    sent, number = _keyword(call.parameters), call.row_id()
    await call.write(
        service.change_keyword, owner=call.me, keyword_id=number, keyword=sent.keyword, whole_word=sent.whole_word
    )
    return await _keyword_reply(call, number)


async def delete_keyword(call: Call) -> Reply:
    """Remove keywords from a filter."""
    await call.write(service.delete_keyword, owner=call.me, keyword_id=call.row_id())
    return NOTHING


async def _keyword_reply(call: Call, number: int) -> Reply:
    _, found = await call.read(queries.find_keyword, owner=call.me, keyword_id=number)
    return shown(keyword_entity(found))


# --- posts ------------------------------------------------------------------------------------------------------


async def posts(call: Call) -> Reply:
    """View all status filters."""
    found = await call.read(queries.get_filter, owner=call.me, filter_id=call.row_id("filter_id"))
    return shown([filtered_post_entity(each) for each in found.posts])


async def add_post(call: Call) -> Reply:
    """Add a status to a filter group."""
    (object_id,) = call.parameters.row_ids("status_id")[:1] or (0,)
    number = await call.write(service.add_post, owner=call.me, filter_id=call.row_id("filter_id"), object_id=object_id)
    return await _post_reply(call, number)


async def post(call: Call) -> Reply:
    """View a single status filter."""
    return await _post_reply(call, call.row_id())


async def delete_post(call: Call) -> Reply:
    """Remove a status from a filter group."""
    number = call.row_id()
    answer = await _post_reply(call, number)
    await call.write(service.delete_post, owner=call.me, naming_id=number)
    return answer


async def _post_reply(call: Call, number: int) -> Reply:
    found: tuple[Filter, FilteredPost] = await call.read(queries.find_filtered_post, owner=call.me, naming_id=number)
    return shown(filtered_post_entity(found[1]))


# --- as older apps know them ------------------------------------------------------------------------------------


async def old_index(call: Call) -> Reply:
    """View your filters."""
    found = await call.read(queries.filters_of, owner=call.me)
    return shown([old_filter_entity(each, word) for each in found for word in each.keywords])


async def old_show(call: Call) -> Reply:
    """View a single filter."""
    return shown(old_filter_entity(*await call.read(queries.find_keyword, owner=call.me, keyword_id=call.row_id())))


async def old_create(call: Call) -> Reply:
    """Create a filter."""
    return shown(old_filter_entity(*await call.write(_old_create, owner=call.me, sent=call.parameters)))


def _old_create(tx: Transaction, *, owner: str, sent: Parameters) -> tuple[Filter, Keyword]:
    phrase, expires_in = sent.text("phrase"), _expires_in(sent)
    number = service.create_filter(
        tx,
        owner=owner,
        title=phrase,
        contexts=_contexts(sent) or (),
        action=FilterAction.HIDE if sent.flag("irreversible") else FilterAction.WARN,
        expires_in=None if expires_in is None else expires_in[0],
        keywords=[KeywordChange(keyword=phrase, whole_word=sent.flag("whole_word", otherwise=True))],
    )
    found = queries.get_filter(tx, owner=owner, filter_id=number)
    return found, found.keywords[0]


async def old_update(call: Call) -> Reply:
    """Update a filter."""
    found = await call.write(_old_update, owner=call.me, keyword_id=call.row_id(), sent=call.parameters)
    return shown(old_filter_entity(*found))


def _old_update(tx: Transaction, *, owner: str, keyword_id: int, sent: Parameters) -> tuple[Filter, Keyword]:
    found, word = queries.find_keyword(tx, owner=owner, keyword_id=keyword_id)
    wanted: dict[str, Any] = {}
    contexts, expires_in = _contexts(sent), _expires_in(sent)
    if contexts is not None and set(contexts) != set(found.contexts):
        wanted["contexts"] = contexts
    if sent.has("irreversible") and sent.flag("irreversible") != (found.action is FilterAction.HIDE):
        wanted["action"] = FilterAction.HIDE if sent.flag("irreversible") else FilterAction.WARN
    if expires_in is not None and (expires_in[0] is not None or found.expires_at is not None):
        wanted["expires_in"] = expires_in
    if wanted and len(found.keywords) > 1:
        raise InvalidError("this filter has several keywords; use a newer app to change it")
    phrase = sent.text("phrase") if sent.has("phrase") else None
    whole_word = sent.flag("whole_word") if sent.has("whole_word") else None
    change = KeywordChange(id=word.id, keyword=phrase, whole_word=whole_word)
    service.change_filter(tx, owner=owner, filter_id=found.id, keywords=[change], **wanted)
    return queries.find_keyword(tx, owner=owner, keyword_id=keyword_id)


async def old_delete(call: Call) -> Reply:
    """Remove a filter."""
    await call.write(_old_delete, owner=call.me, keyword_id=call.row_id())
    return NOTHING


def _old_delete(tx: Transaction, *, owner: str, keyword_id: int) -> None:
    """Remove a keyword, and the filter with its last one."""
    found = service.delete_keyword(tx, owner=owner, keyword_id=keyword_id)
    if len(found.keywords) == 1 and not found.posts:
        service.delete_filter(tx, owner=owner, filter_id=found.id)


def _both(path: str, read: Callable[..., Any], change: Callable[..., Any], remove: Callable[..., Any]) -> Any:  # noqa: ANN401
    return (
        Endpoint(method="GET", path=path, access=_READ, handle=read),
        Endpoint(method="PUT", path=path, access=_WRITE, handle=change),
        Endpoint(method="DELETE", path=path, access=_WRITE, handle=remove),
    )


_READ: Final = Access.person("read:filters")
_WRITE: Final = Access.person("write:filters")
_NEW: Final = "/api/v2/filters"
_OLD: Final = "/api/v1/filters"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(method="GET", path=_NEW, access=_READ, handle=index),
    Endpoint(method="POST", path=_NEW, access=_WRITE, handle=create),
    *_both(f"{_NEW}/:id", show, update, delete),
    Endpoint(method="GET", path=f"{_NEW}/:filter_id/keywords", access=_READ, handle=keywords),
    Endpoint(method="POST", path=f"{_NEW}/:filter_id/keywords", access=_WRITE, handle=add_keyword),
    *_both(f"{_NEW}/keywords/:id", keyword, change_keyword, delete_keyword),
    Endpoint(method="GET", path=f"{_NEW}/:filter_id/statuses", access=_READ, handle=posts),
    Endpoint(method="POST", path=f"{_NEW}/:filter_id/statuses", access=_WRITE, handle=add_post),
    Endpoint(method="GET", path=f"{_NEW}/statuses/:id", access=_READ, handle=post),
    Endpoint(method="DELETE", path=f"{_NEW}/statuses/:id", access=_WRITE, handle=delete_post),
    Endpoint(method="GET", path=_OLD, access=_READ, handle=old_index),
    Endpoint(method="POST", path=_OLD, access=_WRITE, handle=old_create),
    *_both(f"{_OLD}/:id", old_show, old_update, old_delete),
)
