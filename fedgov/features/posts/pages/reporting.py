"""Telling an administrator that something is wrong with a post."""

from __future__ import annotations

from quart import Response

from fedgov.features.moderation.service import report
from fedgov.features.posts.present import post_card
from fedgov.features.posts.queries import posts as post_queries
from fedgov.kernel.errors import InvalidError
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, form_of, read_form
from fedgov.web.redirects import back
from fedgov.web.render import current_translator, render
from fedgov.web.session import require_visitor


async def ask(post_id: int) -> Response:
    """Ask what is wrong with a post."""
    return await _form(post_id, form_of({}))


async def send(post_id: int) -> Response:
    """Pass the report on to the administrator."""
    visitor, form = await require_visitor(), await read_form()
    try:
        await current_instance().write(
            _report,
            reporter=visitor.actor_uri,
            object_id=post_id,
            text=form.value("comment"),
            forward=form.has("forward"),
        )
    except InvalidError as error:
        translator = await current_translator()
        form = form.with_refusal(error, message=translator.gettext(error.safe))
        return await _form(post_id, form, status=422)
    return await back(default=f"/posts/{post_id}", notice="reported")


async def _form(post_id: int, form: Form, *, status: int = 200) -> Response:
    visitor = await require_visitor()
    card = await current_instance().read(_card, object_id=post_id, viewer=visitor.actor_uri)
    return await render("posts/report.html", status=status, post=card, form=form)


def _card(tx: Transaction, *, object_id: int, viewer: str) -> PostCard:
    return post_card(tx, row=post_queries.get(tx, object_id=object_id, viewer=viewer), viewer=viewer)


def _report(tx: Transaction, *, reporter: str, object_id: int, text: str, forward: bool) -> int:
    row = post_queries.get(tx, object_id=object_id, viewer=reporter)
    return report(tx, reporter=reporter, target=row.author, object_uris=[row.uri], text=text, forward=forward)
