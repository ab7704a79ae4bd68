"""Who sees what: every kind of audience, for every kind of viewer, on every page and in every document that there is.

Everything that a viewer can open is opened, and in what comes back no word, number or
address may stand of what is not for that viewer. What apps see is in test_visibility_apps.py.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import pytest

from tests.federation.interop.world import Reply
from tests.security.office import LOCAL, OPEN, REMOTE, VIEWERS, Office

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES: Final = (
    *("/", "/home", "/timeline/public", "/timeline/organisation", "/tags/matrix", "/users/fatima", "/@fatima"),
    *("/users/fatima?tab=replies", "/users/fatima?tab=media", "/notifications", "/bookmarks", "/search?q=matrix"),
    *("/people/@fatima@gouda.example", "/users/fatima/followers", "/about"),
)
DOCUMENTS: Final = (
    *("/users/fatima", "/users/fatima/outbox", "/users/fatima/featured", "/users/fatima/followers"),
    *("/users/fatima/following", "/.well-known/nodeinfo", "/nodeinfo/2.1", "/organisation", "/actor"),
    *("/users/fatima/outbox/page/first", "/.well-known/webfinger?resource=acct:fatima@gouda.example"),
)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_ac_01_06_15_18_no_surface_shows_what_is_not_for_the_viewer(office: Office, viewer: str) -> None:
    allowed, leaks = VIEWERS[viewer], {}
    each_page = [f"{it.path}{part}" for it in office.written.values() for part in ("", "/history", "/receipt", "/edit")]
    each_document = [
        path
        for it in office.written.values()
        for path in (
            it.path,
            it.activity.removeprefix(office.internet.origin),
            *(f"{it.path}/{part}" for part in ("replies", "likes", "shares", "replies/page/first")),
        )
    ]
    asked = [(path, True) for path in (*PAGES, *each_page)] + [(path, False) for path in (*DOCUMENTS, *each_document)]
    for path, html in asked:
        if html and viewer in REMOTE:
            continue
        answer = await office.ask(viewer, path, html=html)
        assert answer.status in (200, 401, 403, 404, 405), (path, answer.status)
        # What a person here sees as JSON is what everybody sees.
        seen_by = allowed if html or viewer in REMOTE else OPEN
        if found := office.leaks(answer, allowed=seen_by | (OPEN if not html else frozenset()), asked=path):
            leaks[path, html] = found
    assert leaks == {}


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_ac_03_a_message_is_there_for_its_readers_and_for_nobody_else(office: Office, viewer: str) -> None:
    """What is not for somebody looks in every way like what does not exist."""
    allowed, html = VIEWERS[viewer], viewer not in REMOTE
    missing = await office.ask(viewer, "/posts/123456789", html=html)
    for it in office.written.values():
        answer = await office.ask(viewer, it.path, html=html)
        if it.audience in allowed:
            assert answer.status == 200, it.audience
            assert it.word.encode() in answer.body, it.audience
            continue
        assert answer.status == missing.status == 404, it.audience
        assert answer.body.replace(it.path.encode(), b"") == missing.body.replace(b"/posts/123456789", b"")
        assert _comparable(answer) == _comparable(missing), it.audience


@pytest.mark.parametrize("viewer", LOCAL)
async def test_ac_03_coming_home_from_elsewhere_tells_of_no_message(office: Office, viewer: str) -> None:
    """The page that leads to a message of ours whose address was found elsewhere leads its readers only."""
    headers = await office._cookies(viewer)

    async def come(uri: str) -> Reply:
        path = f"/authorize_interaction?uri={quote(uri, safe='')}"
        return await office.internet.ask("GET", path, headers=headers)

    missing = f"{office.internet.origin}/posts/123456789"
    absent = await come(missing)
    for it in office.written.values():
        answer = await come(it.uri)
        if it.audience in LOCAL[viewer]:
            assert (answer.status, answer.headers["Location"]) == (303, it.path), it.audience
        else:
            shown = answer.body.replace(quote(it.uri, safe="").encode(), b"").replace(it.number.encode(), b"")
            same = absent.body.replace(quote(missing, safe="").encode(), b"").replace(b"123456789", b"")
            assert (answer.status, shown) == (absent.status, same), it.audience


def _comparable(answer: Reply) -> dict[str, str]:
    """The headers without what differs from one moment to the next."""
    return {name: value for name, value in answer.headers.items() if name not in ("Date", "Content-Length")}


@pytest.mark.parametrize("viewer", ["nobody", *LOCAL])
async def test_ac_18_the_picture_of_a_message_is_for_its_readers(office: Office, viewer: str) -> None:
    """What everybody may see without logging in is no secret for somebody who is blocked."""
    for it in office.written.values():
        for path in (it.media, f"{it.media}/preview"):
            answer = await office.ask(viewer, path, html=True)
            assert (answer.status == 200) is (it.audience in VIEWERS[viewer] | OPEN), (it.audience, path, answer.status)
            if it.audience not in OPEN:
                assert "public" not in answer.headers.get("Cache-Control", "")


async def test_ac_01_numbers_tell_nothing_about_closed_messages(office: Office) -> None:
    async def numbers() -> list[object]:
        outbox = await office.ask("nobody", "/users/fatima/outbox", html=False)
        replies = await office.ask("nobody", f"{office.written['public'].path}/replies", html=False)
        return [outbox.json["totalItems"], replies.json.get("totalItems")]

    before = await numbers()
    root = office.written["public"].uri
    for audience in ("followers", "organisation", "direct"):
        text = "@kees nog een" if audience == "direct" else "nog een"
        await office.internet.fatima.post(text, audience, in_reply_to=root)
    await office.internet.settle()
    assert await numbers() == before
