"""The facts on a profile, and whether a page that one of them links to links back.

Whoever can put a link to this profile on a page has a say over that page: a reader
then knows that the page of a municipality and the profile belong together. We look
at it for our own people only, some minutes after they wrote it and now and then after that.

Spec: HTML, "Link type: me"; microformats, rel-me.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, delete, select, update

from fedgov.features.people import queries
from fedgov.features.people.policy import people as policy
from fedgov.features.people.tables import accounts, profile_links
from fedgov.federation import actors
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, MINUTE
from fedgov.kernel.errors import FedgovError, InvalidError, RateLimitedError, UnreachableError
from fedgov.kernel.text.plain import clean_name
from fedgov.kernel.text.sanitise import plain_to_html
from fedgov.kernel.uris import canonical, is_http_uri
from fedgov.store.transaction import Transaction, insert_or_ignore

EVERY: Final = MINUTE
"""Milliseconds between two looks at what is due."""
LOOK_AGAIN: Final = DAY
PAGES_AT_ONCE: Final = 20
MAX_PAGE: Final = 1_048_576
"""Bytes of a page; one that is larger does not lead back."""
_LINKS_IN_A_PAGE: Final = 1_000

Fields = list[tuple[str, str]]

_CONFIRMED: Final = (
    select(profile_links.c.url, profile_links.c.confirmed_at)
    .join(accounts, accounts.c.id == profile_links.c.account_id)
    .where(accounts.c.actor_uri == bindparam("actor"), profile_links.c.confirmed_at.is_not(None))
)
_ADD: Final = insert_or_ignore(profile_links)
_DUE: Final = (
    select(profile_links.c.account_id, profile_links.c.url, accounts.c.actor_uri, accounts.c.username)
    .join(accounts, accounts.c.id == profile_links.c.account_id)
    .where(profile_links.c.look_at <= bindparam("now"), accounts.c.disabled_at.is_(None))
    .order_by(profile_links.c.look_at)
    .limit(PAGES_AT_ONCE)
)
_OF_LINK: Final = (
    profile_links.c.account_id == bindparam("account"),
    profile_links.c.url == bindparam("address"),
)
_NOTE: Final = update(profile_links).where(*_OF_LINK).values(look_at=bindparam("next"))
_NOTE_FOUND: Final = _NOTE.values(confirmed_at=bindparam("since"))


def typed(fields: Iterable[tuple[str, str]]) -> Fields:
    """Return fields as they are kept; those with neither name nor value are left out.

    Raises:
        InvalidError: There are too many, or one is too long.
    """
    cleaned = [(clean_name(name, limit=policy.MAX_LINE), value.strip()) for name, value in fields]
    kept = [(name, value) for name, value in cleaned if name or value]
    if len(kept) > policy.MAX_FIELDS:
        raise InvalidError("eight fields are enough", field="field_value")
    if any(len(value) > policy.MAX_LINE for _, value in kept):
        raise InvalidError("a field is too long; 200 characters at most", field="field_value")
    return kept


def shown(tx: Transaction, fields: Fields, *, actor: str) -> str:
    """Return fields as an actor's row has them: a JSON array of name, HTML and, where a link leads back, since when.

    Args:
        tx: The open transaction.
        fields: What `typed` gave.
        actor: URI of the local actor.
    """
    since = confirmed(tx, actor=actor)
    rows = [(name, _inline(value), *((since[value],) if value in since else ())) for name, value in fields]
    return orjson.dumps(rows).decode()


def _inline(text: str) -> str:
    return plain_to_html(" ".join(text.split())).removeprefix("<p>").removesuffix("</p>")


def confirmed(tx: Transaction, *, actor: str) -> Mapping[str, int]:
    """Return the addresses on somebody's profile that lead back, and since when we know that in milliseconds."""
    return {row.url: row.confirmed_at for row in tx.rows(_CONFIRMED, {"actor": actor})}


def expect_links(tx: Transaction, *, actor: str, fields: Fields) -> None:
    """Remember which pages to look at for a profile, soon; of those that left it nothing is kept."""
    account = queries.account_of(tx, actor=actor)
    if account is None:
        return  # the organisation, for which nobody logs in
    of_account = profile_links.c.account_id == account.id
    wanted = {value for _, value in fields if is_http_uri(value) and not tx.site.owns(value)}
    tx.execute(delete(profile_links).where(of_account, profile_links.c.url.not_in(wanted)))
    if wanted:
        tx.execute(_ADD, [{"account_id": account.id, "url": url, "look_at": tx.now} for url in sorted(wanted)])
        tx.execute(
            update(profile_links).where(of_account, profile_links.c.confirmed_at.is_(None)).values(look_at=tx.now)
        )


async def look(instance: Instance) -> None:
    """Look at the pages that are due; for a job that runs once every `EVERY` milliseconds."""
    for row in await instance.read(_due):
        own = {row.actor_uri, instance.site.url(f"/@{row.username}")}
        leads_back = await _leads_back(instance, row.url, own=own)
        await instance.write(note, account_id=row.account_id, url=row.url, leads_back=leads_back)


def _due(tx: Transaction) -> list[Row[Any]]:
    return list(tx.rows(_DUE, {"now": tx.now}))


async def _leads_back(instance: Instance, url: str, *, own: set[str]) -> bool | None:
    """Tell whether a page links to one of these addresses as its author; None when that cannot be known now.

    It must stand on the domain that it is shown with: many sites lead on to wherever an address asks them to.
    """
    try:
        kind, body = await instance.fetch.file(url, max_bytes=MAX_PAGE, accept="text/html", stay=True)
    except (UnreachableError, RateLimitedError):
        return None
    except FedgovError:
        return False
    return kind == "text/html" and not own.isdisjoint(links_to_me(body.decode("utf-8", "replace")))


def note(tx: Transaction, *, account_id: int, url: str, leads_back: bool | None) -> None:
    """Note what a look at a page gave, and show it on the profile.

    Args:
        tx: The open transaction.
        account_id: Whose profile.
        url: The page.
        leads_back: None when that could not be found out: then it stays as it was.
    """
    link = {"account": account_id, "address": url, "next": tx.now + LOOK_AGAIN}
    account = queries.account(tx, account_id=account_id)
    before = confirmed(tx, actor=account.actor_uri).get(url)
    if leads_back is None or leads_back == (before is not None):
        tx.execute(_NOTE, link)
        return
    tx.execute(_NOTE_FOUND, link | {"since": tx.now if leads_back else None})
    fields = [(name, value) for name, value in orjson.loads(account.fields_source)]
    values = {"fields": shown(tx, fields, actor=account.actor_uri)}
    actors.change_local(tx, uri=account.actor_uri, values=values)


class _Links(HTMLParser):
    """Collects where links of the kind ``me`` lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("a", "link") or len(self.found) >= _LINKS_IN_A_PAGE:
            return
        members = dict(attrs)
        address = (members.get("href") or "").strip()
        if "me" in (members.get("rel") or "").lower().split() and is_http_uri(address):
            self.found.add(canonical(address))


def links_to_me(page: str) -> set[str]:
    """Return where a page says that its author is to be found: the links of the kind ``me``.

    Args:
        page: HTML, however broken.
    """
    links = _Links()
    links.feed(page)
    return links.found
