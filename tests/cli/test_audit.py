"""Every command that changes something leaves an entry in the audit log; a new one without is noticed here."""

from __future__ import annotations

import getpass
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import click
import pytest
from PIL import Image

from fedgov.cli.main import fedgov
from fedgov.store.erasures import QUARANTINE
from tests.cli.commandline import PASSWORD, done, make_instance, refused, rows, type_in

CHANGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "allow": ("domain.listed", ("vriend.example",)),
    "announce change": ("announcement.changed", ("{announced}", "GEHEIM")),
    "announce publish": ("announcement.published", ("{drafted}",)),
    "announce remove": ("announcement.removed", ("{announced}",)),
    "announce withdraw": ("announcement.withdrawn", ("{announced}",)),
    "announce write": ("announcement.written", ("GEHEIM", "--draft")),
    "audit prune": ("audit.pruned", ("--before", "2099-01-01", "--yes")),
    "backup": ("backup.begun", ("{outside}/copy.tar.gz",)),
    "block": ("domain.blocked", ("vijand.example", "--reason", "GEHEIM")),
    "deliveries": ("delivery.retried", ("--retry",)),
    "emoji add": ("emoji.added", ("vlag", "{picture}")),
    "emoji categorise": ("emoji.categorised", ("hoera", "Feest")),
    "emoji hide": ("emoji.hidden", ("hoera",)),
    "emoji remove": ("emoji.removed", ("hoera",)),
    "emoji show": ("emoji.shown", ("hoera",)),
    "follow": ("follow.ordered", ("fatima", "@jan")),
    "inbox": ("inbox.retried", ("--retry",)),
    "init": ("schema.upgraded", ()),
    "keys rotate": ("keys.rotated", ("fatima",)),
    "media clean": ("media.cleaned", ()),
    "migrate": ("schema.upgraded", ()),
    "open": ("instance.opened", ("--without-erasures",)),
    "peers unpin": ("peer.unpinned", ("leeuwarden.example",)),
    "peers wake": ("peer.woken", ("leeuwarden.example",)),
    "post": ("post.ordered", ("fatima", "GEHEIM", "--visibility", "organisation")),
    "push rotate": ("push_key.rotated", ()),
    "restore": ("instance.restored", ()),
    "search rebuild": ("search.rebuilt", ()),
    "token create": ("token.created", ("fatima", "--name", "GEHEIM")),
    "unblock": ("domain.rule_removed", ("oud.example",)),
    "user admin": ("account.administrator_added", ("jan",)),
    "user alias": ("account.alias_added", ("fatima", "@jan")),
    "user create": ("account.created", ("els", "--name", "GEHEIM", "--email", "geheim@example.org")),
    "user delete": ("account.deleted", ("jan", "--yes")),
    "user disable": ("account.disabled", ("jan",)),
    "user enable": ("account.enabled", ("jan",)),
    "user move": ("account.moved", ("fatima", "@jan", "--yes")),
    "user password": ("password.changed", ("jan",)),
}
"""By command: the kind of its entry, and the words that follow it."""

ONLY_LOOK: Final = {
    "announce list": "shows",
    "audit": "shows",
    "audit verify": "compares",
    "doctor": "looks",
    "emoji list": "shows",
    "peers": "shows",
    "rules": "shows",
    "user list": "shows",
    "demo": "makes instances of invented people, to be thrown away",
    "serve": "what it does is done by people, who have entries of their own",
}


def commands() -> Iterator[str]:
    """Every command that can be typed, with those that do something without a further word."""

    def walk(command: click.Command, context: click.Context, name: str) -> Iterator[str]:
        if not isinstance(command, click.Group):
            yield name
            return
        if command.invoke_without_command and name:
            yield name
        for word in command.list_commands(context):
            found = command.get_command(context, word)
            assert found is not None
            yield from walk(found, context, f"{name} {word}".strip())

    yield from walk(fedgov, click.Context(fedgov), "")


def entries(home: Path) -> list[tuple[Any, ...]]:
    columns = "kind, who, door, source, target, result, hash"
    return rows(home, "gouda", f"SELECT {columns} FROM audit_entries ORDER BY number")


def change(home: Path, *statements: str) -> None:
    """Do what only who owns the database can do."""
    with closing(sqlite3.connect(home / "gouda" / "fedgov.sqlite3", timeout=60)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def gouda(home: Path) -> Path:
    """A home with one instance with two people, a rule and a peer, in which no server runs."""
    make_instance(home, "gouda")
    for name in ("fatima", "jan"):
        done(home, "user", "create", name, answers=PASSWORD + "\n")
    done(home, "block", "oud.example")
    change(home, "INSERT INTO peers (host, first_seen_at) VALUES ('leeuwarden.example', 1)")
    return home


def test_every_command_is_known_to_change_something_or_not() -> None:
    found = set(commands())
    assert found == CHANGES.keys() | ONLY_LOOK.keys()
    assert not CHANGES.keys() & ONLY_LOOK.keys()


@pytest.mark.parametrize("command", sorted(CHANGES.keys() - {"init", "migrate", "restore"}))
def test_a_command_is_written_down_with_who_typed_it(
    gouda: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("SUDO_USER", "beheer")
    kind, words = CHANGES[command]
    if command == "user move":
        done(gouda, "user", "alias", "jan", "@fatima")
    if command == "open":
        (gouda / "gouda" / QUARANTINE).touch()
    if command in ("deliveries", "inbox"):
        _leave_something(gouda, command)
    told = {"outside": str(tmp_path)}
    if command.startswith("emoji"):
        told |= {"picture": str(_add_emoji(gouda, tmp_path / "hoera.png"))}
    if command == "emoji show":
        done(gouda, "emoji", "hide", "hoera")
    if command.startswith("announce"):
        told |= {"announced": _announce(gouda), "drafted": _announce(gouda, "--draft")}
    before = len(entries(gouda))

    given = [word.format(**told) for word in words]
    done(gouda, *command.split(), *given, answers=PASSWORD + "\n")

    found = [each for each in entries(gouda)[before if command != "audit prune" else 0 :] if each[0] == kind]
    assert [(each[1], each[2], each[3], each[5]) for each in found] == [
        ("system:beheer", "command line", "local", "done")
    ]
    assert "geheim" not in str(entries(gouda)).lower()
    assert done(gouda, "audit", "verify").startswith("All ")


def _announce(home: Path, *words: str) -> str:
    """Write an announcement; return its number."""
    return done(home, "announce", "write", "GEHEIM", *words).split()[-1].strip(".")


def _add_emoji(home: Path, picture: Path) -> Path:
    """Add an emoji; return its picture."""
    Image.new("RGB", (16, 16), (40, 90, 160)).save(picture)
    done(home, "emoji", "add", "hoera", str(picture))
    return picture


def _leave_something(home: Path, command: str) -> None:
    if command == "inbox":
        change(
            home,
            "INSERT INTO inbox_items (id, origin, activity_uri, actor, type, order_key, body, key_id, proven, state,"
            " attempts, next_attempt_at, received_at) VALUES (1, 'https://a.example', 'https://a.example/1',"
            " 'https://a.example/u', 'Create', 'x', x'7b7d', 'k', 0, 'parked', 1, 1, 1)",
        )
        return
    change(
        home,
        "INSERT INTO activities (id, uri, actor, type, visibility, document, published_at)"
        " VALUES (1, 'x', 'y', 'Create', 'public', '{}', 1)",
        "INSERT INTO deliveries (id, activity_id, host, inbox, order_key, state, next_attempt_at, created_at)"
        " VALUES (1, 1, 'a.example', 'https://a.example/inbox', 'x', 'failed', 1, 1)",
    )


def test_making_an_instance_is_the_first_entry(home: Path) -> None:
    make_instance(home, "gouda")
    assert entries(home)[0][0] == "schema.upgraded"
    before = entries(home)
    done(home, "migrate")
    assert entries(home) == before, "nothing was upgraded"


def test_an_upgrade_is_written_down(gouda: Path) -> None:
    change(
        gouda,
        "DROP TRIGGER audit_entries_stay_as_they_are",
        "UPDATE audit_entries SET target = '0000' WHERE kind = 'schema.upgraded'",
    )
    done(gouda, "migrate")
    assert entries(gouda)[-1][:3] == ("schema.upgraded", f"system:{getpass.getuser()}", "command line")


def test_a_restored_instance_says_so_and_its_log_fits(gouda: Path, tmp_path: Path) -> None:
    (gouda / "gouda" / "audit.head").write_text(f"999:{'a' * 64}\n")
    done(gouda, "backup", str(tmp_path / "copy.tar.gz"))
    before = entries(gouda)
    done(gouda, "-i", "hersteld", "restore", str(tmp_path / "copy.tar.gz"))

    found = rows(gouda, "hersteld", "SELECT kind, hash FROM audit_entries ORDER BY number")
    assert [each[1] for each in found[:-1]] == [each[6] for each in before[:-1]], "the copy was made before its entry"
    assert found[-1][0] == "instance.restored"
    assert done(gouda, "-i", "hersteld", "audit", "verify").startswith("All "), (
        "the head of another moment stays behind"
    )


def test_a_backup_is_made_also_when_its_entry_cannot_be_written(
    gouda: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fedgov.cli import backup
    from fedgov.kernel.errors import UnreachableError

    def full(*_words: object, **_values: object) -> None:
        raise UnreachableError("the server cannot store this now")

    monkeypatch.setattr(backup, "note_down", full)
    result = type_in(gouda, "backup", str(tmp_path / "copy.tar.gz"))
    assert result.exit_code == 0
    assert "could not be written into the audit log" in result.stderr
    assert (tmp_path / "copy.tar.gz").exists()


# --- reading and checking ---------------------------------------------------------------------------------------


def test_the_log_is_listed_and_narrowed(gouda: Path) -> None:
    everything = done(gouda, "audit")
    assert "account.created" in everything
    assert "domain.blocked" in everything
    assert "the server itself" in everything
    only_jan = done(gouda, "audit", "--who", "jan")
    assert "@jan" in only_jan
    assert "domain.blocked" not in only_jan
    assert "domain.blocked" in done(gouda, "audit", "--kind", "domain.blocked", "--since", "2020-01-01")
    assert done(gouda, "audit", "--since", "2099-01-01") == "Nothing of that is in the log.\n"
    assert len(done(gouda, "audit", "--limit", "1").splitlines()) == 2
    assert "Invalid value" in refused(gouda, "audit", "--kind", "x", status=2)


def test_anybody_can_check_the_exported_log(gouda: Path) -> None:
    """This is the program in docs/reference/audit-log.md."""
    before = bytes(32)
    lines = done(gouda, "audit", "--json").splitlines()
    assert len(lines) == len(entries(gouda))
    for line in lines:
        entry = json.loads(line)
        stated = entry.pop("hash")
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        before = hashlib.sha256(before + canonical).digest()
        assert before.hex() == stated


def test_a_changed_entry_ends_the_check_with_its_number(gouda: Path) -> None:
    head = done(gouda, "audit", "verify").split()[-1]
    assert done(gouda, "audit", "verify", "--head", head).startswith("All ")
    change(gouda, "DROP TRIGGER audit_entries_stay_as_they_are", "UPDATE audit_entries SET who = '' WHERE number = 2")
    assert refused(gouda, "audit", "verify") == (
        "Error: entry 2 does not fit: it, or what stands before it, is not what was written. "
        "What stands before it fits.\n"
    )


def test_a_log_cut_off_at_its_end_is_missed_by_a_head_that_was_kept(gouda: Path) -> None:
    head = done(gouda, "audit", "verify").split()[-1]
    last = len(entries(gouda))
    ((kept,),) = rows(gouda, "gouda", f"SELECT hash FROM audit_entries WHERE number = {last - 2}")
    change(
        gouda,
        "DROP TRIGGER audit_entries_stay",
        "DROP TRIGGER audit_head_goes_on",
        f"DELETE FROM audit_entries WHERE number > {last - 2}",
        f"UPDATE audit_head SET number = {last - 2}, hash = '{kept}'",
    )
    assert done(gouda, "audit", "verify").startswith("All ")
    words = refused(gouda, "audit", "verify", "--head", head)
    assert words == f"Error: the log ends at entry {last - 2}, but {last} were written: the newest 2 are gone.\n"
    assert "it was removed" in refused(gouda, "audit", "verify", "--head", head.partition(":")[2])


def test_what_is_no_head_is_refused(gouda: Path) -> None:
    assert "64 hexadecimal digits" in refused(gouda, "audit", "verify", "--head", "x")


def test_the_doctor_notices_a_changed_entry(gouda: Path) -> None:
    assert "audit log: all " in type_in(gouda, "doctor").stdout
    change(gouda, "DROP TRIGGER audit_entries_stay_as_they_are", "UPDATE audit_entries SET who = '' WHERE number = 2")
    assert "audit log: entry 2 does not fit" in type_in(gouda, "doctor").stdout
