"""After a change: back to a page of ours, with one line that says what happened."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

from quart import Response, g, request

from fedgov.web.desk import current_desk
from fedgov.web.session import cookie_name, set_cookie

NEXT_FIELD: Final = "next"
_NOTICE: Final = "notice"
_CODE: Final = re.compile(r"[a-z_]{1,40}\Z")
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f\\]")
_NOTICE_SECONDS: Final = 60


def local_path(text: str | None, *, default: str = "/") -> str:
    """Return a path of this instance, never an address elsewhere (WEB-02).

    Args:
        text: What the form or query asked for.
        default: Used when that is not a local path.
    """
    if not text or len(text) > 2_000 or not text.startswith("/") or text.startswith("//") or _UNSAFE.search(text):
        return default
    parts = urlsplit(text)
    return default if parts.scheme or parts.netloc else text


async def back(*, default: str = "/", notice: str = "", anchor: str = "") -> Response:
    """Return to the page that the form's ``next`` names.

    Args:
        default: Local path for when it names none.
        notice: Code of the line to show there (the list is in ``templates/_layout/notices.html``).
        anchor: Fragment of the page, such as ``post-123``.
    """
    wanted = (await request.form).get(NEXT_FIELD) or request.args.get(NEXT_FIELD)
    return redirect_to(local_path(wanted, default=default), notice=notice, anchor=anchor)


def redirect_to(path: str, *, notice: str = "", anchor: str = "") -> Response:
    """Go to a local path by GET (303).

    Args:
        path: Local path.
        notice: Code of the line to show there.
        anchor: Fragment of the page.
    """
    location = quote(local_path(path), safe="/?&=%@:+,;~!$'()*-._#") + (f"#{quote(anchor)}" if anchor else "")
    response = Response(b"", status=303, headers={"Location": location, "Cache-Control": "no-store"})
    if _CODE.match(notice):
        set_cookie(response, desk=current_desk(), value=notice, max_age=_NOTICE_SECONDS, purpose=_NOTICE)
    return response


def read_notice() -> str:
    """Return the code of what just happened and mark it as shown; empty when nothing did."""
    code = request.cookies.get(cookie_name(current_desk(), purpose=_NOTICE), "")
    if not _CODE.match(code):
        return ""
    g.notice_shown = True
    return code


def forget_notice(response: Response) -> None:
    """Take the notice's cookie back once a page showed it; for every answer."""
    if getattr(g, "notice_shown", False):
        set_cookie(response, desk=current_desk(), value="", max_age=0, purpose=_NOTICE)
