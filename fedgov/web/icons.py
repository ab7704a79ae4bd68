"""Our own icons: one sprite, drawn on a grid of 24, in the colour of the text beside them."""

from __future__ import annotations

from markupsafe import Markup

from fedgov.web.static_files import asset_url

SPRITE = "icons.svg"


def icon(name: str, *, kind: str = "icon") -> Markup:
    """Return a picture that goes with a text; it says nothing by itself.

    Args:
        name: Name of the symbol in ``static/icons.svg``.
        kind: CSS class.
    """
    return Markup(
        '<svg class="{kind}" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">'
        '<use href="{sprite}#{name}"/></svg>'
    ).format(kind=kind, sprite=asset_url(SPRITE), name=name)
