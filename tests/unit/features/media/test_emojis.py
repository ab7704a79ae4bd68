"""Custom emoji of this instance: what may become one, and what an administrator does with them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from fedgov.features.media import queries
from fedgov.features.media.commands import emoji as command
from fedgov.features.media.pages.blueprint import blueprint
from fedgov.features.media.service import attaching, emojis, sweeping
from fedgov.federation import emojis as own
from fedgov.instance import Instance
from fedgov.kernel.errors import ConflictError, InvalidError, NotFoundError
from fedgov.kernel.text.emoji import shortcodes_in
from fedgov.store.tables import audit_entries, custom_emojis
from fedgov.store.transaction import Transaction
from tests.unit.features.media import cabinet, samples
from tests.unit.features.trust.counter import CommandLine, Counter, person

PATH = "/admin/emojis"


async def _koe(town: Instance, **values: Any) -> int:
    return await emojis.add(town, **{"shortcode": "koe", "data": samples.picture(), **values})


def _acts(tx: Transaction) -> list[str]:
    return list(tx.values(select(audit_entries.c.kind).order_by(audit_entries.c.number)))


def _files(town: Instance) -> list[Path]:
    return [each for each in (town.config.folder / "media").rglob("*") if each.is_file()]


def test_names_between_colons_are_found_each_once() -> None:
    assert shortcodes_in("<p>:koe: en :koe::vlag: om 10:30:45</p>", None, ":a: x:nee: :ja:x") == ("koe", "vlag")
    assert len(shortcodes_in(" ".join(f":e{number}:" for number in range(80)))) == 64


async def test_what_is_added_is_drawn_anew_and_used_by_its_name(town: Instance) -> None:
    number = await _koe(town, shortcode=":koe:", category=" Dieren ")

    [row] = await town.read(own.every)
    assert (row.id, row.shortcode, row.category, row.media_type, row.hidden) == (
        number, "koe", "Dieren", "image/png", False,
    )  # fmt: skip
    [used] = await town.read(lambda tx: own.used_in(tx, "Een :koe: en een :paard:"))
    assert used.url == f"https://groningen.example/media/{row.token}"
    assert used.uri == f"https://groningen.example/emojis/{number}"
    assert await town.read(_acts) == ["emoji.added"]
    await sweeping.sweep(town, strays=True)
    assert queries.path_of(town.config.folder, token=row.token).is_file(), "nobody takes it for abandoned"


async def test_of_what_moves_there_is_a_picture_that_stands_still(quiet_town: Instance) -> None:
    await _koe(quiet_town, data=samples.animation())
    [row] = await quiet_town.read(own.every)
    visitor = Counter(quiet_town, blueprint())
    for path, frames in ((f"/media/{row.token}", 3), (f"/media/{row.token}/preview", 1)):
        body = await (await visitor.get(path)).get_data(as_text=False)
        assert getattr(Image.open(io.BytesIO(body)), "n_frames", 1) == frames


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("shortcode", {"shortcode": "k"}),
        ("shortcode", {"shortcode": "een koe"}),
        ("shortcode", {"shortcode": "koe" * 30}),
        ("shortcode", {"shortcode": "koë"}),
        ("category", {"category": "d" * 65}),
        ("picture", {"data": b""}),
        ("picture", {"data": samples.PDF}),
        ("picture", {"data": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}),
        ("picture", {"data": samples.picture()[:60]}),
        ("picture", {"data": samples.huge_png(30_000, 30_000)}),
        ("picture", {"data": samples.picture(size=(513, 4))}),
        ("picture", {"data": samples.picture() + bytes(emojis.MAX_BYTES)}),
    ],
)
async def test_what_cannot_be_an_emoji_is_refused_beside_its_field(
    quiet_town: Instance, field: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InvalidError) as refused:
        await _koe(quiet_town, **wrong)
    assert refused.value.field == field
    assert await quiet_town.read(own.every) == []
    assert _files(quiet_town) == []


async def test_a_name_is_given_once_and_there_is_an_end(quiet_town: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    await _koe(quiet_town)
    before = _files(quiet_town)
    with pytest.raises(ConflictError):
        await _koe(quiet_town)
    monkeypatch.setattr(emojis, "MOST", 1)
    with pytest.raises(ConflictError):
        await _koe(quiet_town, shortcode="paard")
    assert _files(quiet_town) == before


async def test_a_removed_one_is_gone_with_its_picture(town: Instance) -> None:
    number = await _koe(town)
    [row] = await town.read(own.every)
    await town.write(emojis.remove, emoji_id=number)
    assert await town.read(lambda tx: own.used_in(tx, ":koe:")) == ()
    assert (await Counter(town, blueprint()).get(f"/media/{row.token}")).status_code == 404
    await sweeping.sweep(town)
    assert _files(town) == []
    for act in (emojis.remove, emojis.hide, emojis.show):
        with pytest.raises(NotFoundError):
            await town.write(act, emoji_id=number)


async def test_it_goes_when_its_picture_is_taken_away_once_more_after_a_backup(quiet_town: Instance) -> None:
    await _koe(quiet_town)
    [row] = await quiet_town.read(own.every)
    await quiet_town.write(attaching.withdraw, token=row.token)
    assert await quiet_town.read(own.every) == []


# --- pages ------------------------------------------------------------------------------------------------------


def _office(town: Instance, *, administrator: bool = True) -> Counter:
    return Counter(town, blueprint(), visitor=person("fatima", administrator=administrator))


def _upload(data: bytes) -> dict[str, FileStorage]:
    return {"picture": FileStorage(io.BytesIO(data), filename="koe.png")}


async def _text(counter: Counter, path: str) -> str:
    answer = await counter.get(path)
    assert answer.status_code == 200, answer.status_code
    return str(await answer.get_data(as_text=True))


async def test_an_administrator_looks_after_emoji_on_a_page(quiet_town: Instance) -> None:
    office, reader = _office(quiet_town), _office(quiet_town, administrator=False)
    added = await office.post(
        PATH, {"action": "add", "shortcode": "koe", "category": "Dieren"}, files=_upload(samples.picture())
    )
    assert added.status_code == 303
    [row] = await quiet_town.read(own.every)
    assert ":koe:" in await _text(reader, "/emojis")
    picture = await reader.get(f"/emojis/{row.id}")
    assert (picture.status_code, picture.headers["Location"]) == (302, f"/media/{row.token}")
    for action, more in (("hide", {}), ("categorise", {"heading": "Vee"})):
        assert (await office.post(PATH, {"action": action, "emoji": str(row.id), **more})).status_code == 303
    assert ":koe:" not in await _text(reader, "/emojis")
    page = await _text(office, PATH)
    assert ":koe:" in page
    assert "Vee" in page
    for action in ("show", "remove"):
        assert (await office.post(PATH, {"action": action, "emoji": str(row.id)})).status_code == 303
    assert (await reader.get(f"/emojis/{row.id}")).status_code == 404
    kinds = ["emoji.added", "emoji.hidden", "emoji.categorised", "emoji.shown", "emoji.removed"]
    assert await quiet_town.read(_acts) == kinds


async def test_what_was_typed_is_kept_when_the_picture_is_none(quiet_town: Instance) -> None:
    office, values = _office(quiet_town), {"action": "add", "shortcode": "koe", "category": "Dieren"}
    for files in (_upload(samples.PDF), _upload(b""), {}):
        answer = await office.post(PATH, values, files=files)
        text = await answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert 'href="#f-picture"' in text
        assert 'value="koe"' in text
    await _koe(quiet_town)
    taken = await office.post(PATH, values, files=_upload(samples.picture()))
    assert 'href="#f-shortcode"' in await taken.get_data(as_text=True)
    for action in ("hide", "nothing"):
        assert (await office.post(PATH, {"action": action, "emoji": "x"})).status_code == 422


async def test_nobody_but_an_administrator_changes_emoji(quiet_town: Instance) -> None:
    number = await _koe(quiet_town)
    fatima, visitor = _office(quiet_town, administrator=False), Counter(quiet_town, blueprint())
    assert (await fatima.get(PATH)).status_code == 403
    for action in ("remove", "hide", "add"):
        values = {"action": action, "emoji": str(number), "shortcode": "paard"}
        assert (await fatima.post(PATH, values, files=_upload(samples.picture()))).status_code == 403
    assert (await visitor.get("/emojis")).status_code in (303, 401)
    assert await quiet_town.read(lambda tx: tx.value(select(func.count()).select_from(custom_emojis))) == 1


# --- the command line -------------------------------------------------------------------------------------------


async def test_the_command_line_does_the_same(quiet_town: Instance, tmp_path: Path) -> None:
    file = tmp_path / "koe.png"
    file.write_bytes(samples.picture())
    line = CommandLine(quiet_town)
    assert "no emoji" in (await line.type(command, "list")).output
    for words in (
        ("add", ":koe:", str(file), "--category", "Dieren"), ("hide", "koe"), ("categorise", "koe", "Vee"),
    ):  # fmt: skip
        done = await line.type(command, *words)
        assert done.exit_code == 0, done.output
    assert (await line.type(command, "list")).output == ":koe:  Vee  hidden\n"
    for words in (("show", "koe"), ("remove", ":koe:")):
        assert (await line.type(command, *words)).exit_code == 0
    assert isinstance((await line.type(command, "remove", "koe")).exception, NotFoundError)
    assert await quiet_town.read(own.every) == []


async def test_profile_pictures_that_are_replaced_take_no_emoji_along(quiet_town: Instance) -> None:
    await _koe(quiet_town)
    for owner in (cabinet.FATIMA, quiet_town.site.organisation):
        await quiet_town.write(attaching.remove_portraits, owner=owner)
    assert len(await quiet_town.read(own.every)) == 1
