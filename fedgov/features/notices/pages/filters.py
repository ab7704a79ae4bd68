"""What the reader does not want to see: filters made, changed and removed."""

from __future__ import annotations

from typing import Any, Final

from quart import Response

from fedgov.features.notices.pages.lists import refused
from fedgov.features.notices.queries import filters as queries
from fedgov.features.notices.service import filters as service
from fedgov.features.notices.vocabulary import Filter, FilterAction, FilterContext, KeywordChange
from fedgov.kernel.clock import DAY, SECOND
from fedgov.kernel.errors import InvalidError
from fedgov.store.transaction import Transaction
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, form_of, read_form
from fedgov.web.redirects import redirect_to
from fedgov.web.render import render
from fedgov.web.session import require_visitor

_PATH: Final = "/settings/filters"
_NEW: Final = {"action": FilterAction.WARN.value, "whole_word": "yes"}
_SPANS: Final = {"": None, **{str(days): days * DAY // SECOND for days in (1, 7, 30)}}
_STAYS: Final = "stays"


async def show_filters() -> Response:
    """Show the reader's filters."""
    visitor = await require_visitor()
    found = await current_instance().read(queries.filters_of, owner=visitor.actor_uri)
    return await render("notices/filters.html", filters=found)


async def show_new() -> Response:
    """Show the form for a new filter."""
    await require_visitor()
    every = [each.value for each in FilterContext]
    return await _page(None, form_of({**_NEW, "contexts": every}))


async def show_one(filter_id: int) -> Response:
    """Show a filter to change it."""
    visitor = await require_visitor()
    found = await current_instance().read(queries.get_filter, owner=visitor.actor_uri, filter_id=filter_id)
    values: dict[str, Any] = {
        "title": found.title,
        "words": "\n".join(each.keyword for each in found.keywords),
        "contexts": [each.value for each in found.contexts],
        "action": found.action.value,
        "span": "" if found.expires_at is None else _STAYS,
    }
    if all(each.whole_word for each in found.keywords):
        values["whole_word"] = "yes"
    return await _page(found, form_of(values))


async def _page(found: Filter | None, form: Form, *, status: int = 200) -> Response:
    return await render("notices/filter.html", status=status, filter=found, form=form)


async def make() -> Response:
    """Make a filter."""
    visitor, form = await require_visitor(), await read_form()
    try:
        await current_instance().write(
            service.create_filter,
            owner=visitor.actor_uri,
            title=form.value("title"),
            contexts=_contexts(form),
            action=_action(form),
            expires_in=_SPANS.get(form.value("span")),
            keywords=[KeywordChange(keyword=word, whole_word=form.has("whole_word")) for word in _words(form)],
        )
    except InvalidError as error:
        return await _page(None, await refused(form, error), status=422)
    return redirect_to(_PATH, notice="saved")


async def change(filter_id: int) -> Response:
    """Change or remove a filter."""
    visitor, form, instance = await require_visitor(), await read_form(), current_instance()
    if form.value("do") == "delete":
        await instance.write(service.delete_filter, owner=visitor.actor_uri, filter_id=filter_id)
        return redirect_to(_PATH, notice="removed")
    try:
        await instance.write(_change, owner=visitor.actor_uri, filter_id=filter_id, form=form)
    except InvalidError as error:
        found = await instance.read(queries.get_filter, owner=visitor.actor_uri, filter_id=filter_id)
        return await _page(found, await refused(form, error), status=422)
    return redirect_to(_PATH, notice="saved")


def _change(tx: Transaction, *, owner: str, filter_id: int, form: Form) -> None:
    before = queries.get_filter(tx, owner=owner, filter_id=filter_id)
    words, whole = _words(form), form.has("whole_word")
    known = {each.keyword for each in before.keywords}
    service.change_filter(
        tx,
        owner=owner,
        filter_id=filter_id,
        title=form.value("title"),
        contexts=_contexts(form),
        action=_action(form),
        expires_in=None if form.value("span") == _STAYS else (_SPANS.get(form.value("span")),),
        keywords=[
            *(
                KeywordChange(id=each.id, whole_word=whole, remove=each.keyword not in words)
                for each in before.keywords
            ),
            *(KeywordChange(keyword=word, whole_word=whole) for word in words if word not in known),
        ],
    )


def _words(form: Form) -> list[str]:
    """Return what the filter looks for: each line is a word, or words that stand together."""
    lines = [" ".join(line.split()) for line in form.value("words").splitlines()]
    found = list(dict.fromkeys(line for line in lines if line))
    if not found:
        raise InvalidError("a keyword is needed", field="words")
    return found


def _contexts(form: Form) -> list[FilterContext]:
    return [each for each in FilterContext if form.has("contexts", each.value)]


def _action(form: Form) -> FilterAction:
    known = {each.value: each for each in FilterAction}
    return known.get(form.value("action"), FilterAction.WARN)
