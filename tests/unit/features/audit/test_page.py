"""An administrator reads the audit log."""

from __future__ import annotations

import pytest

from fedgov.features.audit import pages, present, queries, service
from fedgov.instance import Instance
from fedgov.kernel.acting import By
from fedgov.kernel.clock import MINUTE
from fedgov.kernel.errors import InvalidError
from fedgov.store import audit
from fedgov.store.audit import KINDS, Mark
from fedgov.store.transaction import Transaction
from tests.unit.features.trust.counter import Counter, person

JAN = "https://groningen.example/users/jan"


@pytest.fixture
def counter(town: Instance) -> Counter:
    return Counter(town, pages.blueprint(), visitor=person("bram", administrator=True))


def fill(tx: Transaction, *, entries: int = 3) -> Mark:
    by = By(who=tx.site.actor("fatima"), door="web", source="192.0.2.0/24")
    audit.note(tx, "login.failed", target=audit.UNKNOWN, result="failed")
    audit.note(tx, "account.disabled", target=JAN, by=by)
    for number in range(entries - 2):
        audit.note(tx, "domain.blocked", target=f"evil-{number}.example", by=by)
    return audit.head(tx)


def test_every_kind_has_words() -> None:
    assert list(present.WORDS) == list(KINDS)


async def test_the_page_says_who_did_what_on_what_and_from_where(town: Instance, counter: Counter) -> None:
    await town.write(fill)
    page = await (await counter.get("/admin/audit")).get_data(as_text=True)
    for words in ("@fatima", "disabled an account", "@jan", "192.0.2.0/24", "web page", "evil-0.example", "failed"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [("who=jan", "disabled an account", "evil-0"), ("who=@fatima@groningen.example", "evil-0", "could not log in</td>"),
     ("kind=domain.blocked", "evil-0", "@jan"), ("who=nobody", "Nothing of that is in the log", "evil-0"),
     ("kind=nonsense", "evil-0", "Nothing of that")],
)  # fmt: skip
async def test_the_page_can_be_narrowed_to_a_person_or_a_kind(
    town: Instance, counter: Counter, query: str, shown: str, hidden: str
) -> None:
    await town.write(fill)
    page = await (await counter.get(f"/admin/audit?{query}")).get_data(as_text=True)
    assert shown in page
    assert hidden not in page


async def test_a_long_log_has_pages(town: Instance, counter: Counter) -> None:
    await town.write(fill, entries=60)
    page = await (await counter.get("/admin/audit?kind=domain.blocked")).get_data(as_text=True)
    assert "evil-57.example" in page
    assert "evil-0.example" not in page
    assert "kind=domain.blocked&amp;max_id=" in page
    older = await (await counter.get("/admin/audit?max_id=4")).get_data(as_text=True)
    assert "evil-0.example" in older
    assert "evil-2.example" not in older


async def test_only_an_administrator_reads_it(town: Instance) -> None:
    assert (await Counter(town, pages.blueprint()).get("/admin/audit")).status_code == 303
    assert (await Counter(town, pages.blueprint(), visitor=person()).get("/admin/audit")).status_code == 403


async def test_a_user_of_the_machine_is_found_too(town: Instance) -> None:
    def typed(tx: Transaction) -> None:
        audit.note(tx, "media.cleaned", by=By(who="system:beheer", door="command line"))

    await town.write(fill)
    await town.write(typed)
    (row,) = await town.read(queries.list_entries, who="system:beheer", limit=9)
    assert present.audit_row(row, site=town.site).who == "beheer"


# --- the head that is kept elsewhere ----------------------------------------------------------------------------


async def test_the_head_is_kept_in_a_file_that_only_the_server_reads(town: Instance) -> None:
    path = town.config.folder / service.HEAD_FILE
    await service.keep_head(town)
    assert not path.exists(), "an empty log has no head"
    mark = await town.write(fill)
    await service.keep_head(town)
    assert path.read_text() == f"{mark}\n"
    assert path.stat().st_mode & 0o077 == 0
    assert (await service.verify(town)).fault == ""


async def test_a_log_that_became_shorter_does_not_overwrite_its_head(town: Instance) -> None:
    await town.write(fill)
    path = town.config.folder / service.HEAD_FILE
    path.write_text(f"9:{'a' * 64}\n")
    await service.keep_head(town)
    assert path.read_text().startswith("9:")
    assert "the newest 6 are gone" in (await service.verify(town)).fault


async def test_a_head_is_compared_with_and_without_its_number(town: Instance) -> None:
    mark = await town.write(fill)
    for good in (str(mark), mark.hash, mark.hash.upper()):
        assert (await service.verify(town, heads=(good,))).fault == ""
    for wrong in (f"2:{mark.hash}", "b" * 64, f"7:{mark.hash}"):
        assert (await service.verify(town, heads=(wrong,))).fault != ""
    for broken in ("", "x", mark.hash[:-1], f"x:{mark.hash}"):
        with pytest.raises(InvalidError):
            await service.verify(town, heads=(broken,))


async def test_a_damaged_file_is_said(town: Instance) -> None:
    path = town.config.folder / service.HEAD_FILE
    for content in (b"nonsense", b"\xff\xfe"):
        path.write_bytes(content)
        with pytest.raises(InvalidError):
            await service.verify(town)


def test_the_head_is_kept_every_minute() -> None:
    from fedgov.features.audit.feature import FEATURE

    assert [(job.run, job.every) for job in FEATURE.jobs] == [(service.keep_head, MINUTE)]
