from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.media import commands, queries
from fedgov.features.media.feature import FEATURE
from fedgov.features.media.service import attaching, folder, sweeping, uploads
from fedgov.features.people.vocabulary import ActorRemoved
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, ManualClock
from fedgov.kernel.errors import ConflictError, InvalidError, NotFoundError, UnreachableError
from tests.unit.features.media import cabinet, samples
from tests.unit.features.media.cabinet import BRAM, FATIMA
from tests.unit.features.trust.counter import CommandLine


async def test_a_picture_is_kept_with_what_a_page_needs_to_show_it(town: Instance) -> None:
    kept = await uploads.upload(town, owner=FATIMA, name="kaart.png", data=samples.picture(), alt="  A map ")

    assert (kept.kind, kept.media_type, kept.width, kept.height) == ("image", "image/png", 60, 40)
    assert (kept.name, kept.alt, kept.object_id) == ("kaart.png", "A map", None)
    assert kept.blurhash
    assert await town.read(queries.get, media_id=kept.id, owner=FATIMA) == kept
    path = queries.path_of(town.config.folder, token=kept.token)
    assert path.stat().st_size == kept.size
    assert not path.stat().st_mode & stat.S_IXUSR
    card = kept.card()
    assert (card.url, card.kind, card.alt) == (f"/media/{kept.id}", "image", "A map")
    attachment = kept.attachment(town.site)
    assert attachment.url == f"https://groningen.example/media/{kept.token}"
    assert len(kept.token) == 32


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "..\\..\\boot.ini", "/etc/cron.d/x", "a/../../b", "\x00", "con", ".htaccess", "é" * 500],
)
async def test_med_01_a_name_never_decides_where_a_file_is(quiet_town: Instance, name: str) -> None:
    before = set(quiet_town.config.folder.parent.rglob("*"))

    kept = await uploads.upload(quiet_town, owner=FATIMA, name=name, data=samples.PDF)

    media = quiet_town.config.folder / "media"
    new = {path for path in quiet_town.config.folder.parent.rglob("*") if path.is_file()} - before
    assert {path for path in new if "fedgov.sqlite3" not in path.name} == {
        media / kept.token[:2] / kept.token[2:4] / kept.token
    }
    assert "/" not in kept.name
    assert "\\" not in kept.name
    assert "\x00" not in kept.name
    assert len(kept.name) <= uploads.MAX_NAME


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"<svg onload='alert(1)'/>", "not accepted"),
        (b"<!doctype html>", "not accepted"),
        (b"MZ" + bytes(100), "not accepted"),
        (samples.picture("AVIF"), "not accepted"),
        (samples.docx(**{"word/vbaProject.bin": b"macro"}), "not accepted"),
        (samples.picture()[:60], "damaged"),
        (samples.huge_png(5_000, 5_000), "too many pixels"),
        (samples.PDF + bytes(200_000), "too large"),
    ],
)
async def test_what_is_not_accepted_changes_nothing(quiet_town: Instance, data: bytes, why: str) -> None:
    with pytest.raises(InvalidError, match=why) as refusal:
        await uploads.upload(quiet_town, owner=FATIMA, name="picture.png", data=data)

    assert refusal.value.field == "file"
    assert await quiet_town.read(cabinet.rows) == 0
    assert cabinet.files(quiet_town.config.folder) == []


async def test_dos_10_a_description_that_is_too_long_is_refused(town: Instance) -> None:
    kept = await uploads.upload(town, owner=FATIMA, name="a.pdf", data=samples.PDF, alt="x" * 1_500)

    with pytest.raises(InvalidError, match="too long"):
        await uploads.upload(town, owner=FATIMA, name="a.pdf", data=samples.PDF, alt="x" * 1_501)
    with pytest.raises(InvalidError, match="too long"):
        await town.write(attaching.describe, media_id=kept.id, owner=FATIMA, alt="x" * 1_501)


@pytest.mark.parametrize("call", ["fsync", "replace"])
async def test_a_full_disk_gives_a_clear_error_and_changes_nothing(
    quiet_town: Instance, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    target, name = (os, "fsync") if call == "fsync" else (Path, "replace")
    monkeypatch.setattr(target, name, full)
    with pytest.raises(UnreachableError, match="no space left") as refusal:
        await uploads.upload(quiet_town, owner=FATIMA, name="a.pdf", data=samples.PDF)

    assert refusal.value.retry_after
    monkeypatch.undo()
    assert await quiet_town.read(cabinet.rows) == 0
    assert cabinet.files(quiet_town.config.folder) == []


async def test_a_file_is_synced_before_its_row_is_written(
    quiet_town: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    write_all, write = folder.write_all, quiet_town.database.write

    def note_file(files: Mapping[Path, bytes]) -> None:
        write_all(files)
        seen.append("file")

    async def note(*arguments: object, **values: object) -> object:
        seen.append("row")
        return await write(*arguments, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(folder, "write_all", note_file)
    monkeypatch.setattr(quiet_town.database, "write", note)

    await uploads.upload(quiet_town, owner=FATIMA, name="a.pdf", data=samples.PDF)

    assert seen == ["file", "row"]


async def test_when_the_row_cannot_be_written_the_file_goes_too(
    quiet_town: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_arguments: object, **_values: object) -> None:
        raise UnreachableError("the storage is busy")

    monkeypatch.setattr(quiet_town.database, "write", busy)
    with pytest.raises(UnreachableError):
        await uploads.upload(quiet_town, owner=FATIMA, name="a.pdf", data=samples.PDF)

    assert cabinet.files(quiet_town.config.folder) == []


async def test_a_portrait_must_be_a_picture(quiet_town: Instance) -> None:
    with pytest.raises(InvalidError, match="choose a picture"):
        await uploads.upload_portrait(quiet_town, owner=FATIMA, data=samples.PDF)

    url = await uploads.upload_portrait(quiet_town, owner=FATIMA, data=samples.picture())
    token = url.removeprefix("https://groningen.example/media/").removesuffix("/preview")
    served = await quiet_town.read(queries.serve, name=token, viewer=None)
    assert served.public


async def test_an_old_portrait_is_taken_away_and_the_new_one_stays(quiet_town: Instance) -> None:
    old = await uploads.upload_portrait(quiet_town, owner=FATIMA, data=samples.picture())
    new = await uploads.upload_portrait(quiet_town, owner=FATIMA, data=samples.picture(size=(50, 50)))

    await quiet_town.write(attaching.remove_portraits, owner=FATIMA, keep=[new])
    await sweeping.sweep(quiet_town)

    names = {name.removesuffix("-preview") for name in cabinet.files(quiet_town.config.folder)}
    assert all(name in new for name in names)
    assert not any(name in old for name in names)


async def test_files_hang_on_a_post_in_the_order_of_its_author(town: Instance) -> None:
    first = await uploads.upload(town, owner=FATIMA, name="a.pdf", data=samples.PDF)
    second = await uploads.upload(town, owner=FATIMA, name="b.png", data=samples.picture())
    object_id = await town.write(cabinet.post, visibility=Visibility.PUBLIC)

    await town.write(attaching.attach, media_ids=[second.id, first.id, second.id], owner=FATIMA, object_id=object_id)

    hung = await town.read(queries.for_object, object_id=object_id)
    assert [file.id for file in hung] == [second.id, first.id]
    assert await town.read(queries.for_objects, object_ids=[object_id, 1]) == {object_id: hung}
    assert set(await town.read(queries.find_many, media_ids=[first.id, 5])) == {first.id}


async def test_ac_16_nobody_hangs_up_a_file_of_somebody_else(town: Instance) -> None:
    kept = await uploads.upload(town, owner=BRAM, name="a.pdf", data=samples.PDF)
    object_id = await town.write(cabinet.post, visibility=Visibility.PUBLIC)

    with pytest.raises(NotFoundError):
        await town.write(attaching.attach, media_ids=[kept.id], owner=FATIMA, object_id=object_id)
    with pytest.raises(NotFoundError):
        await town.write(attaching.describe, media_id=kept.id, owner=FATIMA, alt="mine")
    with pytest.raises(NotFoundError):
        await town.write(attaching.discard, media_id=kept.id, owner=FATIMA)
    assert await town.read(queries.for_object, object_id=object_id) == ()


async def test_a_file_hangs_on_one_post_only(town: Instance) -> None:
    file = await cabinet.file_on(town, visibility=Visibility.DIRECT)
    other = await town.write(cabinet.post, visibility=Visibility.PUBLIC)

    with pytest.raises(ConflictError):
        await town.write(attaching.attach, media_ids=[file.id], owner=FATIMA, object_id=other)
    with pytest.raises(ConflictError):
        await town.write(attaching.discard, media_id=file.id, owner=FATIMA)


async def test_a_description_is_changed_by_its_owner(town: Instance) -> None:
    file = await cabinet.file_on(town, visibility=Visibility.PUBLIC)

    changed = await town.write(attaching.describe, media_id=file.id, owner=FATIMA, alt="A better map")

    assert changed.alt == "A better map"


async def test_what_an_edit_leaves_out_is_taken_away(town: Instance) -> None:
    file = await cabinet.file_on(town, visibility=Visibility.PUBLIC)
    assert file.object_id is not None

    await town.write(attaching.attach, media_ids=[], owner=FATIMA, object_id=file.object_id)

    with pytest.raises(NotFoundError):
        await town.read(queries.serve, name=file.token, viewer=FATIMA)


async def test_the_files_of_a_deleted_post_are_gone_at_once_and_then_from_disk(town: Instance) -> None:
    file = await cabinet.file_on(town, visibility=Visibility.PUBLIC)
    assert file.object_id is not None

    assert await town.write(attaching.remove, object_id=file.object_id) == 1

    with pytest.raises(NotFoundError):
        await town.read(queries.serve, name=file.token, viewer=FATIMA)
    assert (await sweeping.sweep(town)).files == 1
    assert cabinet.files(town.config.folder) == []
    assert await town.read(cabinet.rows) == 0


async def test_an_upload_that_was_never_used_is_removed_after_a_day(quiet_town: Instance) -> None:
    await uploads.upload(quiet_town, owner=FATIMA, name="a.pdf", data=samples.PDF)
    used = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC)
    assert (await sweeping.sweep(quiet_town)).files == 0

    assert isinstance(quiet_town.clock, ManualClock)
    quiet_town.clock.advance(DAY + 1)

    assert (await sweeping.sweep(quiet_town)).files == 1
    assert used.token in cabinet.files(quiet_town.config.folder)


async def test_files_that_a_crash_left_behind_are_found(quiet_town: Instance) -> None:
    used = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC)
    stray = quiet_town.config.folder / "media" / "ab" / "cd" / "abcd.part"
    folder.write_all({stray: b"half"})
    seconds = quiet_town.clock.now() / 1_000
    for path in (quiet_town.config.folder / "media").rglob("*"):
        os.utime(path, (seconds - 100_000, seconds - 100_000))

    shown = await CommandLine(quiet_town).type(commands.media, "clean")

    assert "1 files that nothing knew" in shown.output
    assert not stray.exists()
    assert used.token in cabinet.files(quiet_town.config.folder)


async def test_the_files_of_somebody_who_was_deleted_go_too(quiet_town: Instance) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC)
    (listener,) = FEATURE.listeners[ActorRemoved]

    await quiet_town.write(lambda tx: listener(tx, ActorRemoved(uri=FATIMA)))

    with pytest.raises(NotFoundError):
        await quiet_town.read(queries.serve, name=file.token, viewer=None)
