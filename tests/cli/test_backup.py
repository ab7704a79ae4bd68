"""A backup of a running server, and everything that may be wrong with one when it is brought back."""

from __future__ import annotations

import gzip
import io
import json
import re
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fedgov.cli import postgres
from fedgov.kernel import config as configuration
from tests import services
from tests.cli.commandline import (
    ask,
    done,
    hire,
    make_instance,
    refused,
    rows,
    serving,
    until,
)

Change = Callable[[dict[str, bytes]], object]
PICTURE = Path("media") / "ab" / "cd" / "abcd"


@dataclass(frozen=True, slots=True)
class Town:
    """An instance with a bit of life in it, its backup, and the address of a post."""

    home: Path
    port: int
    file: Path
    post: str


@pytest.fixture(scope="module")
def town(shared_home: Path) -> Iterator[Town]:
    port = make_instance(shared_home, "gouda")
    for who in ("fatima", "jan"):
        hire(shared_home, "gouda", who)
    done(shared_home, "follow", "jan", f"@fatima@gouda.localhost:{port}")
    picture = shared_home / "gouda" / PICTURE
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"picture")
    copy = shared_home / "gouda" / "media" / "remote" / "ab" / "copy"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"of somebody else")
    file = shared_home.parent / "gouda.tar.gz"
    with serving("--home", shared_home, "serve", says="gemeente Gouda"):
        post = done(shared_home, "post", "fatima", "Voor de *backup*").strip()
        told = done(shared_home, "backup", str(file))
        done(shared_home, "post", "fatima", "Na de backup")
    assert told.startswith(f"gouda: written to {file} (")
    yield Town(shared_home, port, file, post)


def content(file: Path) -> dict[str, bytes]:
    """Return what is in a backup, by name."""
    found = {}
    with tarfile.open(file) as archive:
        for member in archive:
            part = archive.extractfile(member)
            assert part is not None
            found[member.name] = part.read()
    return found


def pack(file: Path, parts: dict[str, bytes]) -> Path:
    """Write a backup by hand."""
    with tarfile.open(file, mode="w:gz") as archive:
        for name, data in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return file


def test_a_backup_is_for_its_maker_only_and_leaves_out_what_can_be_fetched_again(town: Town) -> None:
    assert stat.S_IMODE(town.file.stat().st_mode) == 0o600
    parts = content(town.file)
    assert {"manifest.json", "database.sqlite3", "files/config.toml", f"files/{PICTURE}"} <= parts.keys()
    assert not [name for name in parts if "remote" in name or "lock" in name or "-wal" in name]
    assert [path.name for path in town.file.parent.iterdir() if path.name.startswith(".")] == []


def test_a_restored_instance_has_its_keys_follows_posts_and_files_and_starts(town: Town, home: Path) -> None:
    told = done(home, "-i", "gouda", "restore", str(town.file))
    assert told.startswith(f"gouda: gouda.localhost:{town.port} as it was at 20")
    assert "fedgov -i gouda doctor" in told

    assert "was restored from a backup and is not served until" in refused(home, "serve")
    for table in ("keys", "follows", "accounts"):
        statement = f"SELECT * FROM {table} ORDER BY id"
        assert rows(home, "gouda", statement) == rows(town.home, "gouda", statement) != []
    assert rows(home, "gouda", "SELECT uri FROM objects WHERE type = 'Note'") == [(town.post,)]
    assert (home / "gouda" / PICTURE).read_bytes() == b"picture"
    assert stat.S_IMODE((home / "gouda").stat().st_mode) == 0o700
    assert [path.name for path in home.iterdir()] == ["gouda"]

    done(home, "open", "--without-erasures")
    with serving("--home", home, "serve", says="gemeente Gouda"):
        answer = ask(town.port, town.post.partition(str(town.port))[2], host=f"gouda.localhost:{town.port}")
        assert "<em>backup</em>" in answer.document["content"]


def test_an_instance_may_come_back_under_another_name_on_this_machine(town: Town, home: Path) -> None:
    done(home, "-i", "proef", "restore", str(town.file))
    assert configuration.load(home / "proef").instance.domain == f"gouda.localhost:{town.port}"


def test_a_backup_never_overwrites_a_file_and_is_never_part_of_itself(town: Town) -> None:
    before = town.file.read_bytes()
    assert "exists already and was left as it is" in refused(town.home, "backup", str(town.file))
    assert town.file.read_bytes() == before
    assert "would be in the next backup too" in refused(town.home, "backup", str(town.home / "gouda" / "backup"))
    assert "there is no folder" in refused(town.home, "backup", "/nowhere/backup")


def test_a_database_that_is_gone_is_told_and_leaves_no_file(home: Path) -> None:
    make_instance(home, "gouda")
    (home / "gouda" / "fedgov.sqlite3").unlink()
    assert "cannot be copied: unable to open database file" in refused(home, "backup", str(home / "file"))
    assert [path.name for path in home.iterdir()] == ["gouda"]


def test_nothing_is_restored_over_an_instance_that_exists(town: Town) -> None:
    before = rows(town.home, "gouda", "SELECT uri FROM objects ORDER BY id")
    words = refused(town.home, "-i", "gouda", "restore", str(town.file))
    assert "exists already and was left as it is; move it away first" in words
    assert rows(town.home, "gouda", "SELECT uri FROM objects ORDER BY id") == before


@pytest.mark.parametrize("name", [(), ("-i", "../gouda"), ("-i", "Gouda")])
def test_the_name_of_a_restored_instance_must_be_said(town: Town, home: Path, name: tuple[str, ...]) -> None:
    assert "say under which name with -i NAME" in refused(home, *name, "restore", str(town.file), status=2)


# --- damage -----------------------------------------------------------------------------------------------------


def is_refused_unchanged(home: Path, file: Path) -> str:
    """Try to restore something that is damaged; return what was said."""
    words = refused(home, "-i", "gouda", "restore", str(file))
    assert not home.exists() or list(home.iterdir()) == []
    return words


def manifest(parts: dict[str, bytes], **values: object) -> None:
    """Change something in a manifest."""
    parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | values).encode()


def flip(name: str) -> Change:
    """Change one byte of a file in the archive."""

    def change_it(parts: dict[str, bytes]) -> None:
        parts[name] = parts[name][:-1] + bytes([parts[name][-1] ^ 1])

    return change_it


DAMAGES: dict[str, tuple[Change, str]] = {
    "another database": (flip("database.sqlite3"), "database.sqlite3 is not what was backed up"),
    "another configuration": (flip("files/config.toml"), "files/config.toml is not what was backed up"),
    "a file is missing": (lambda parts: parts.pop(f"files/{PICTURE}"), "is not what was backed up"),
    "a file too many": (lambda parts: parts.update({"files/tokens.css": b"x"}), "tokens.css is not what was"),
    "no manifest": (lambda parts: parts.pop("manifest.json"), "is not a backup made by fedgov"),
    "an empty manifest": (lambda parts: parts.update({"manifest.json": b"[]"}), "is not a backup made by fedgov"),
    "half a manifest": (lambda parts: parts.update({"manifest.json": b"{"}), "is not a backup made by fedgov"),
    "a way out": (lambda parts: parts.update({"../../out": b"x"}), "is not a backup made by fedgov"),
    "another way out": (lambda parts: parts.update({"/proc/out": b"x"}), "is no plain file in its own place"),
    "a newer schema": (lambda parts: manifest(parts, schema="9999"), "was made by a newer fedgov (schema 9999)"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_changes_nothing(town: Town, home: Path, tmp_path: Path, damage: str) -> None:
    spoil, words = DAMAGES[damage]
    parts = content(town.file)
    spoil(parts)
    assert words in is_refused_unchanged(home, pack(tmp_path / "damaged", parts))
    assert not (tmp_path / "out").exists()


def test_a_backup_that_was_repacked_unharmed_is_accepted(town: Town, home: Path, tmp_path: Path) -> None:
    done(home, "-i", "gouda", "restore", str(pack(tmp_path / "repacked", content(town.file))))


def with_one_bit_changed(whole: bytes) -> bytes:
    """Change the first bit after the middle that changes what is read: a few say the same with another word."""
    sound = gzip.decompress(whole)
    for at in range(len(whole) // 2, len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        try:
            if gzip.decompress(changed) != sound:
                return changed
        except (gzip.BadGzipFile, EOFError, zlib.error):
            return changed
    raise AssertionError("no bit of this file matters")


@pytest.mark.parametrize(
    "damage", ["cut off", "one bit", "its last word", "empty", "not an archive", "only compressed"]
)
def test_a_file_that_was_damaged_on_its_way_changes_nothing(
    town: Town, home: Path, tmp_path: Path, damage: str
) -> None:
    whole = town.file.read_bytes()
    middle = len(whole) // 2
    (tmp_path / "damaged").write_bytes(
        {
            "cut off": whole[:middle],
            "one bit": with_one_bit_changed(whole),
            "its last word": whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:],
            "empty": b"",
            "not an archive": b"Geachte heer, mevrouw",
            "only compressed": gzip.compress(b"Geachte heer, mevrouw"),
        }[damage]
    )
    assert "nothing was restored" in is_refused_unchanged(home, tmp_path / "damaged")


def test_med_07_a_link_in_a_backup_is_not_followed(town: Town, home: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with tarfile.open(tmp_path / "damaged", mode="w:gz") as archive:
        for name, data in content(town.file).items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        link = tarfile.TarInfo("files/link")
        link.type, link.linkname = tarfile.SYMTYPE, "config.toml"
        archive.addfile(link)
    assert "files/link is no plain file in its own place" in is_refused_unchanged(home, tmp_path / "damaged")


def test_a_file_with_two_names_is_backed_up_under_both(home: Path, tmp_path: Path) -> None:
    make_instance(home, "gouda")
    (home / "gouda" / "tokens.css").write_text(":root {}")
    (home / "gouda" / "tokens-old.css").hardlink_to(home / "gouda" / "tokens.css")
    done(home, "backup", str(tmp_path / "gouda.tar.gz"))
    other = tmp_path / "other"
    done(other, "-i", "gouda", "restore", str(tmp_path / "gouda.tar.gz"))
    assert [(other / "gouda" / name).read_text() for name in ("tokens.css", "tokens-old.css")] == [":root {}"] * 2


# --- PostgreSQL -------------------------------------------------------------------------------------------------


def test_a_backup_of_postgres_goes_back_into_another_empty_database(
    home: Path, postgres_server: services.PostgresServer
) -> None:
    file = home.parent / "gouda.tar.gz"
    with postgres_server.database() as old, postgres_server.database() as new:
        port = make_instance(home, "gouda", database=old)
        hire(home, "gouda", "fatima")
        with serving("--home", home, "serve", says="gemeente Gouda"):
            post = done(home, "post", "fatima", "Voor de *backup*").strip()
            done(home, "backup", str(file))
        assert "database.pgdump" in content(file)

        other = home.parent / "other"
        assert "pg_restore failed" in refused(other, "-i", "gouda", "restore", str(file))  # the old one is not empty
        assert list(other.iterdir()) == []
        done(other, "-i", "gouda", "restore", str(file), "--database", new)
        assert configuration.load(other / "gouda").database_url == new
        done(other, "open", "--without-erasures")
        with serving("--home", other, "serve", says="gemeente Gouda"):
            path = post.partition(str(port))[2]
            until(lambda: ask(port, path, host=f"gouda.localhost:{port}").status == 200)
        assert "fatima" in done(other, "user", "list")


def test_a_backup_goes_back_into_the_same_kind_of_database_only(town: Town, home: Path, postgres_url: str) -> None:
    words = refused(home, "-i", "gouda", "restore", str(town.file), "--database", postgres_url)
    assert "this backup is of SQLite" in words
    assert list(home.iterdir()) == []


def test_the_password_of_postgres_is_handed_over_where_nobody_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = tmp_path / "pg_dump"
    spy.write_text('#!/bin/sh\necho "$@ and $PGPASSWORD" >&2\nexit 1\n')
    spy.chmod(0o700)
    monkeypatch.setattr(postgres, "_DEBIAN", tmp_path / "nothing")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Exception, match=r"--dbname=postgresql://fedgov@127\.0\.0\.1:5432/gouda and ge heim$"):
        postgres.run("pg_dump", url="postgresql://fedgov:ge%20heim@127.0.0.1:5432/gouda")


@pytest.mark.parametrize("url", ["postgresql:///gouda", "postgresql://fedgov@/gouda?host=/run/postgresql"])
def test_a_server_on_this_machine_needs_no_host_in_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    spy = tmp_path / "pg_dump"
    spy.write_text('#!/bin/sh\necho "$@" >&2\nexit 1\n')
    spy.chmod(0o700)
    monkeypatch.setattr(postgres, "_DEBIAN", tmp_path / "nothing")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Exception, match=f"--dbname={re.escape(url)}$"):
        postgres.run("pg_dump", url=url)


def test_without_the_programs_of_postgres_a_backup_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres, "_DEBIAN", tmp_path / "nothing")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Exception, match="apt install postgresql-client"):
        postgres.run("pg_dump", url="postgresql://fedgov@127.0.0.1/gouda")


def test_a_database_that_is_elsewhere_comes_back_elsewhere(home: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    inside, outside = home / "gouda" / "own.sqlite3", tmp_path / "data" / "own.sqlite3"
    for place in (inside, outside):
        make_instance(home, "gouda", database=f"sqlite:///{place}")
        file = tmp_path / f"{place.parent.name}.tar.gz"
        done(home, "backup", str(file))
        assert not [name for name in content(file) if "own.sqlite3" in name]
        (home / "gouda").rename(tmp_path / f"old-{place.parent.name}")
        if place == outside:
            assert "exists already and was left as it is" in refused(home, "-i", "gouda", "restore", str(file))
            place.unlink()
        done(home, "-i", "gouda", "restore", str(file))
        assert place.exists()
        (home / "gouda").rename(tmp_path / f"restored-{place.parent.name}")
