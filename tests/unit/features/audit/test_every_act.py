"""Every form on an administrator's pages leaves an entry; a new one without is noticed here."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from fedgov.app import FEATURES, web_application
from fedgov.features.media.service import emojis
from fedgov.features.moderation import service as moderation
from fedgov.features.notices.service import announcements
from fedgov.features.people import queries as people
from fedgov.features.people.service import sanctions
from fedgov.features.people.service.accounts import create_account
from fedgov.instance import Instance
from fedgov.store import audit
from fedgov.store.tables import audit_entries
from fedgov.store.transaction import Transaction
from tests.unit.features.media import samples
from tests.unit.features.residents import HASH, key_pair
from tests.unit.features.trust import town as town_of
from tests.unit.features.trust.counter import Counter, person

ACTS: Final[Mapping[tuple[str, str], tuple[str, Mapping[str, str]]]] = {
    ("/admin/accounts", "create"): (
        "account.created",
        {"username": "els", "name": "Els", "password": "een heel lang wachtwoord"},
    ),
    ("/admin/accounts", "disable"): ("account.disabled", {"account": "{account}"}),
    ("/admin/accounts", "enable"): ("account.enabled", {"account": "{account}"}),
    ("/admin/accounts", "approve"): ("account.approved", {"account": "{waiting}"}),
    ("/admin/accounts", "reject"): ("account.rejected", {"account": "{waiting}"}),
    ("/admin/people", "limit"): ("person.limited", {"actor": "{stranger}"}),
    ("/admin/people", "stop_limiting"): ("person.limit_ended", {"actor": "{sanctioned}"}),
    ("/admin/people", "mark"): ("person.marked_sensitive", {"handle": "@pieter@leeuwarden.example"}),
    ("/admin/people", "unmark"): ("person.mark_ended", {"actor": "{sanctioned}"}),
    ("/admin/people", "suspend"): ("person.suspended", {"actor": "{stranger}"}),
    ("/admin/people", "unsuspend"): ("person.suspension_ended", {"actor": "{sanctioned}"}),
    ("/admin/announcements", "write"): ("announcement.published", {"text": "GEHEIM"}),
    ("/admin/announcements", "draft"): ("announcement.written", {"text": "GEHEIM"}),
    ("/admin/announcements", "change"): ("announcement.changed", {"announcement": "{announcement}", "text": "GEHEIM"}),
    ("/admin/announcements", "publish"): ("announcement.published", {"announcement": "{draft}"}),
    ("/admin/announcements", "withdraw"): ("announcement.withdrawn", {"announcement": "{announcement}"}),
    ("/admin/announcements", "remove"): ("announcement.removed", {"announcement": "{announcement}"}),
    ("/admin/emojis", "add"): ("emoji.added", {"shortcode": "GEHEIM"}),
    ("/admin/emojis", "hide"): ("emoji.hidden", {"emoji": "{emoji}"}),
    ("/admin/emojis", "show"): ("emoji.shown", {"emoji": "{emoji}"}),
    ("/admin/emojis", "categorise"): ("emoji.categorised", {"emoji": "{emoji}", "heading": "GEHEIM"}),
    ("/admin/emojis", "remove"): ("emoji.removed", {"emoji": "{emoji}"}),
    ("/admin/blocks", "mode"): ("trust.mode_chosen", {"mode": "listed"}),
    ("/admin/blocks", "add"): ("domain.blocked", {"list": "block", "domain": "evil.example", "reason": "GEHEIM"}),
    ("/admin/blocks", "remove"): ("domain.rule_removed", {"list": "block", "domain": "old.example"}),
    ("/admin/deliveries", "retry"): ("delivery.retried", {"delivery": "{delivery}"}),
    ("/admin/deliveries", "retry_all"): ("delivery.retried", {}),
    ("/admin/parked", "retry"): ("inbox.retried", {"item": "{item}"}),
    ("/admin/parked", "retry_all"): ("inbox.retried", {}),
    ("/admin/parked", "remove"): ("inbox.dismissed", {"item": "{item}"}),
    ("/admin/peers", "wake"): ("peer.woken", {"host": "leeuwarden.example"}),
    ("/admin/peers", "unpin"): ("peer.unpinned", {"host": "leeuwarden.example"}),
    ("/admin/reports", "resolve"): ("report.resolved", {"report": "{report}", "note": "GEHEIM"}),
    ("/admin/reports", "reject"): ("report.rejected", {"report": "{report}"}),
    ("/admin/reports", "delete_posts"): ("report.resolved", {"report": "{report}"}),
}
"""By path and action: the kind of its entry, and a form that does it."""

TEMPLATES: Final = Path(__file__).resolve().parents[4] / "templates" / "administration"


def hire(tx: Transaction, *, username: str, pending: bool = False) -> int:
    uri = tx.site.actor(username)
    return create_account(tx, username=username, password_hash=HASH, pair=key_pair(uri), pending=pending)


def _sanctioned(tx: Transaction) -> str:
    uri = town_of.meet(tx, uri="https://leeuwarden.example/users/klaas", host="leeuwarden.example")
    for act in (sanctions.limit, sanctions.mark_sensitive, sanctions.suspend):
        act(tx, actor=uri)
    return uri


def settle(tx: Transaction) -> dict[str, str]:
    """Make something of everything that can be administered."""
    from fedgov.features.trust import service as trust

    account = hire(tx, username="jan")
    hire(tx, username="fatima")
    town_of.meet(tx, uri="https://leeuwarden.example/users/pieter", host="leeuwarden.example")
    town_of.note_peer(tx, host="leeuwarden.example", pinned_at=1)
    trust.block(tx, domain="old.example")
    return {
        "account": str(account),
        "waiting": str(hire(tx, username="els.wacht", pending=True)),
        "stranger": "https://leeuwarden.example/users/pieter",
        "sanctioned": _sanctioned(tx),
        "announcement": str(announcements.write(tx, text="Moi")),
        "draft": str(announcements.write(tx, text="Moi", published=False)),
        "delivery": str(town_of.deliver(tx, host="leeuwarden.example", state="failed")),
        "item": str(town_of.receive(tx, origin="https://leeuwarden.example", state="parked")),
        "report": str(
            moderation.report(
                tx, reporter=tx.site.actor("fatima"), target="https://leeuwarden.example/users/pieter", text="GEHEIM"
            )
        ),
    }


def entries(tx: Transaction) -> list[Any]:
    return list(tx.rows(select(audit_entries).order_by(audit_entries.c.number)))


def browser(town: Instance, *, administrator: bool) -> Counter:
    pages = [feature.pages() for feature in FEATURES if feature.pages is not None]
    return Counter(town, *pages, visitor=person("bram", administrator=administrator))


def test_every_form_of_an_administrator_is_in_the_table() -> None:
    paths = {
        rule.rule
        for rule in web_application().url_map.iter_rules()
        if rule.rule.startswith("/admin") and "POST" in (rule.methods or ())
    }
    assert {path for path, _ in ACTS} == paths
    found = set()
    for template in TEMPLATES.glob("*.html"):
        text = template.read_text(encoding="utf-8")
        found |= set(re.findall(r'ui\.act\("(/admin/\w+)"[^}]*?"action": "(\w+)"', text))
        fields = re.findall(r'name="action",? value="(\w+)"', text)
        found |= {(f"/admin/{template.stem}", action) for action in fields}
    assert len(found) > 10, "the templates are elsewhere now, or look otherwise"
    assert found - ACTS.keys() == set()


@pytest.mark.parametrize(("path", "action"), ACTS, ids=[f"{path} {action}" for path, action in ACTS])
async def test_an_administrators_act_is_written_down_with_who_and_from_where(
    town: Instance, path: str, action: str
) -> None:
    kind, form = ACTS[path, action]
    emoji = str(await emojis.add(town, shortcode="koe", data=samples.picture()))
    numbers = await town.write(settle) | {"emoji": emoji}
    before = len(await town.read(entries))
    values = {name: value.format(**numbers) for name, value in form.items()} | {"action": action}
    picture = FileStorage(io.BytesIO(samples.picture()), filename="GEHEIM.png")

    answer = await browser(town, administrator=True).post(
        path, values, files={"picture": picture} if kind == "emoji.added" else None
    )

    assert answer.status_code == 303, await answer.get_data(as_text=True)
    entry = (await town.read(entries))[before]
    assert (entry.kind, entry.result, entry.door) == (kind, "done", "web")
    assert entry.who == "https://groningen.example/users/bram"
    assert "GEHEIM" not in str(tuple(entry))
    assert (await town.read(audit.check)).fault == ""


@pytest.mark.parametrize("path", sorted({path for path, _ in ACTS} | {"/admin/audit"}))
async def test_who_tries_without_the_right_is_written_down(town: Instance, path: str) -> None:
    someone = browser(town, administrator=False)
    assert (await someone.get(path)).status_code == 403
    assert (await someone.post(path, {"action": "create"})).status_code in (403, 405)
    first, *_ = await town.read(entries)
    assert (first.kind, first.result, first.target) == ("administration.entered", "refused", f"GET {path}")
    assert first.who == "https://groningen.example/users/bram"


async def test_who_tries_without_end_is_put_off_and_fills_nothing(town: Instance) -> None:
    someone = browser(town, administrator=False)
    answers = [await someone.get("/admin") for _ in range(61)]
    assert {each.status_code for each in answers[:60]} == {403}
    assert answers[60].status_code == 429
    assert int(answers[60].headers["Retry-After"]) >= 1
    assert len(await town.read(entries)) == 60


async def test_an_act_that_fails_leaves_no_entry(town: Instance) -> None:
    await town.write(settle)
    before = await town.read(entries)
    someone = browser(town, administrator=True)
    answer = await someone.post("/admin/peers", {"action": "wake", "host": "nobody.example"})
    assert answer.status_code == 404
    assert await town.read(entries) == before
    assert await town.read(people.count_other_administrators, account_id=0) == 0
