"""The subjects that the reader follows."""

from __future__ import annotations

from typing import Final

from quart import Response

from fedgov.features.notices.pages.lists import refused
from fedgov.features.notices.queries.tags import followed_page
from fedgov.features.notices.service import tags
from fedgov.kernel.errors import InvalidError, NotFoundError
from fedgov.kernel.pagination import PageRequest
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.redirects import back
from fedgov.web.render import render
from fedgov.web.session import require_visitor

_PATH: Final = "/settings/subjects"
_MOST: Final = 1_000


async def show_subjects() -> Response:
    """Show the subjects that the reader follows, with the form for one more."""
    return await _page(Form())


async def _page(form: Form, *, status: int = 200) -> Response:
    visitor = await require_visitor()
    wanted = PageRequest(limit=_MOST)
    found = await current_instance().read(followed_page, owner=visitor.actor_uri, request=wanted)
    return await render("notices/subjects.html", status=status, tags=[each.tag for each in found.items], form=form)


async def change_subjects() -> Response:
    """Follow a subject, or follow it no more."""
    visitor, form = await require_visitor(), await read_form()
    act = {"follow": tags.follow_tag, "unfollow": tags.unfollow_tag}.get(form.value("action"))
    if act is None:
        raise InvalidError("choose what to do with this subject", field="action")
    try:
        await current_instance().write(act, owner=visitor.actor_uri, name=form.value("subject"))
    except NotFoundError:
        error = InvalidError("a subject is one word of letters and digits", field="subject")
        return await _page(await refused(form, error), status=422)
    except InvalidError as error:
        return await _page(await refused(form, InvalidError(error.safe, field="subject")), status=422)
    return await back(default=_PATH, notice="done")
