"""Pages about the instance itself."""

from __future__ import annotations

from quart import Response

from fedgov.features.posts.queries.face import public_face
from fedgov.web.desk import current_instance
from fedgov.web.render import render


async def about() -> Response:
    """Say what this server is for, and how much it is used."""
    usage = await current_instance().read(public_face().usage)
    return await render("about/about.html", accounts=usage.users, posts=usage.posts + usage.comments)


async def privacy() -> Response:
    """Say what becomes of what people write."""
    return await render("about/privacy.html")


async def accessibility() -> Response:
    """Give the accessibility statement."""
    return await render("about/accessibility.html")


async def terms() -> Response:
    """Give the house rules."""
    return await render("about/terms.html", rules=current_instance().config.instance.rules)
