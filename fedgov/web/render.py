"""A template and its values become a page, in the reader's language and inside the frame of the instance."""

from __future__ import annotations

import functools
from typing import Final, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from quart import Response, g, request

from fedgov.web import icons, resources
from fedgov.web.csrf import token_maker
from fedgov.web.desk import Counts, current_desk
from fedgov.web.forms import Form
from fedgov.web.language import (
    COOKIE_PURPOSE,
    LANGUAGES,
    OWN_NAMES,
    PARAMETER,
    SHORT,
    Translator,
    choose,
    markup_gettext,
    markup_ngettext,
)
from fedgov.web.navigation import LanguageLink, language_links, navigation
from fedgov.web.reasons import in_words
from fedgov.web.redirects import read_notice
from fedgov.web.session import cookie_name, current_visitor
from fedgov.web.static_files import asset_url, own_asset_url
from fedgov.web.texts import short_text, with_emoji

HTML: Final = "text/html; charset=utf-8"


@functools.cache
def environment() -> Environment:
    """Return the template environment: everything is escaped, a missing value is an error."""
    found = Environment(
        loader=FileSystemLoader(resources.templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals.update(asset=asset_url, icon=icons.icon, LANGUAGES=LANGUAGES, OWN_NAMES=OWN_NAMES)
    found.globals.update(with_emoji=with_emoji, short_text=short_text)
    return found


async def current_translator() -> Translator:
    """Return the words of this reader's language; decided once per request."""
    if not hasattr(g, "translator"):
        visitor = await current_visitor()
        g.translator = Translator(
            choose(
                asked=request.args.get(PARAMETER),
                cookie=request.cookies.get(cookie_name(current_desk(), purpose=COOKIE_PURPOSE)),
                account=visitor.language if visitor else None,
                accept_language=request.headers.get("Accept-Language"),
                default=current_desk().default_language,
            )
        )
    return cast("Translator", g.translator)


async def render(template: str, *, status: int = 200, **values: object) -> Response:
    """Return a page.

    Args:
        template: Path under ``templates/``, such as ``posts/home.html``.
        status: HTTP status.
        values: What the template asks for (`form` may be left out).

    Raises:
        jinja2.UndefinedError: A value that the template needs was not given.
    """
    text = await render_text(template, **values)
    response = Response(text, status=status, content_type=HTML)
    response.headers["Vary"] = "Accept, Accept-Language, Cookie"
    response.headers.setdefault(
        "Cache-Control", "private, no-store" if await current_visitor() else "private, no-cache"
    )
    return response


async def render_text(template: str, **values: object) -> str:
    """Return a page, or a piece of one for htmx, as text."""
    frame = await _frame()
    return environment().get_template(template).render({**frame, "form": Form(), **values})


async def _frame() -> dict[str, object]:
    desk, visitor, translator = current_desk(), await current_visitor(), await current_translator()
    counts = await desk.counts(visitor) if visitor else Counts()
    return {
        "_": markup_gettext(translator),
        "ngettext": markup_ngettext(translator),
        "t": translator,
        "reason": functools.partial(in_words, translator=translator),
        "lang": translator.language,
        "languages": _language_links(translator),
        "now": desk.clock.now(),
        "desk": desk,
        "account": visitor,
        "counts": counts,
        "navigation": navigation(visitor, counts=counts, path=request.path),
        "path": request.path,
        "here": request.full_path.rstrip("?"),
        "csrf_token": await token_maker(),
        "notice": read_notice(),
        "tokens_url": own_asset_url(desk, "tokens.css"),
        "logo_url": own_asset_url(desk, "logo"),
        "partial": request.headers.get("HX-Request") == "true",
    }


def _language_links(translator: Translator) -> tuple[LanguageLink, ...]:
    return language_links(
        path=request.path,
        query=[(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER],
        current=translator.language,
        short=SHORT,
    )


def as_markup(sanitised: str) -> Markup:
    """Mark HTML that was sanitised when it was stored, so that a template shows it as it is.

    Args:
        sanitised: HTML that came out of the one sanitiser (`kernel/text`), never anything else.
    """
    return Markup(sanitised)  # noqa: S704 (the contract of this function)
