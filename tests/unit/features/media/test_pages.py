from __future__ import annotations

import asyncio
import io
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from sqlalchemy import insert

from fedgov.activitystreams.audience import Visibility
from fedgov.features.media import queries
from fedgov.features.media.pages.blueprint import blueprint
from fedgov.features.media.pages.files import ClosingFileBody
from fedgov.features.media.service import attaching, uploads
from fedgov.features.people.tables import blocks
from fedgov.instance import Instance
from fedgov.store.transaction import Transaction
from tests.unit.features.media import cabinet, samples
from tests.unit.features.media.cabinet import BRAM, FATIMA
from tests.unit.features.trust import town as town_of
from tests.unit.features.trust.counter import Counter, person

VISIBILITIES = list(Visibility)


def _counter(town: Instance, username: str | None = None) -> Counter:
    return Counter(town, blueprint(), visitor=person(username) if username else None)


async def test_a_picture_of_a_public_post_is_given_to_everybody(quiet_town: Instance) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC)

    for name in (file.token, str(file.id)):
        answer = await _counter(quiet_town).get(f"/media/{name}")
        body = await answer.get_data(as_text=False)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Disposition"].startswith("inline;")
        assert answer.headers["Cache-Control"].startswith("public")
        assert answer.content_length == len(body) == file.size
        assert Image.open(io.BytesIO(body)).size == (60, 40)


@pytest.mark.parametrize(
    ("visibility", "who", "by_id", "by_token"),
    [
        (Visibility.PUBLIC, None, 200, 200),
        (Visibility.UNLISTED, None, 200, 200),
        # Servers that got the post fetch its files without saying for whom: the token is what they know.
        (Visibility.FOLLOWERS, None, 404, 200),
        (Visibility.DIRECT, None, 404, 200),
        (Visibility.ORGANISATION, None, 404, 404),
        (Visibility.FOLLOWERS, "bram", 404, 200),
        (Visibility.DIRECT, "bram", 404, 200),
        (Visibility.ORGANISATION, "bram", 200, 200),
        (Visibility.FOLLOWERS, "fatima", 200, 200),
        (Visibility.DIRECT, "fatima", 200, 200),
        (Visibility.ORGANISATION, "fatima", 200, 200),
    ],
)
async def test_med_05_who_may_not_read_a_post_gets_none_of_its_files(
    quiet_town: Instance, visibility: Visibility, who: str | None, by_id: int, by_token: int
) -> None:
    file = await cabinet.file_on(quiet_town, visibility=visibility)

    counter = _counter(quiet_town, who)
    for ending in ("", "/preview"):
        assert (await counter.get(f"/media/{file.id}{ending}")).status_code == by_id
        assert (await counter.get(f"/media/{file.token}{ending}")).status_code == by_token
        assert (await counter.head(f"/media/{file.id}{ending}")).status_code == by_id


async def test_a_follower_and_somebody_addressed_get_the_file_and_somebody_blocked_does_not(
    quiet_town: Instance,
) -> None:
    followed = await cabinet.file_on(quiet_town, visibility=Visibility.FOLLOWERS)
    direct = await cabinet.file_on(quiet_town, visibility=Visibility.DIRECT, targets=(BRAM,))
    await quiet_town.write(town_of.befriend, follower=BRAM, following=FATIMA)
    counter = _counter(quiet_town, "bram")
    assert [(await counter.get(f"/media/{file.id}")).status_code for file in (followed, direct)] == [200, 200]

    await quiet_town.write(_block, who=FATIMA, whom=BRAM)

    assert [(await counter.get(f"/media/{file.id}")).status_code for file in (followed, direct)] == [404, 404]


def _block(tx: Transaction, *, who: str, whom: str) -> None:
    values = {"id": tx.new_id(), "who": who, "whom": whom, "created_at": tx.now}
    tx.execute(insert(blocks), {name: value for name, value in values.items() if name in blocks.c})


async def test_a_private_file_may_not_stay_in_a_cache_and_a_missing_one_looks_the_same(quiet_town: Instance) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.ORGANISATION)

    answer = await _counter(quiet_town, "bram").get(f"/media/{file.id}")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Cookie"

    refused = await _counter(quiet_town).get(f"/media/{file.id}", Accept="application/json")
    missing = await _counter(quiet_town).get("/media/123", Accept="application/json")
    assert await refused.get_data(as_text=False) == await missing.get_data(as_text=False)
    assert refused.headers == missing.headers


async def test_an_upload_that_hangs_on_nothing_is_seen_by_its_owner_only(quiet_town: Instance) -> None:
    kept = await uploads.upload(quiet_town, owner=FATIMA, name="a.png", data=samples.picture())

    for name in (str(kept.id), kept.token):
        assert (await _counter(quiet_town).get(f"/media/{name}")).status_code == 404
        assert (await _counter(quiet_town, "bram").get(f"/media/{name}")).status_code == 404
        assert (await _counter(quiet_town, "fatima").get(f"/media/{name}")).status_code == 200


async def test_med_05_the_file_of_a_deleted_post_is_gone(quiet_town: Instance) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC)
    await quiet_town.write(attaching.remove, object_id=file.object_id or 0)

    assert (await _counter(quiet_town, "fatima").get(f"/media/{file.token}")).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "0",
        "-1",
        "99999999999999999999",
        "x",
        "..",
        quote("../../fedgov.sqlite3", safe=""),
        "f" * 32,
        "F" * 32,
        "²",
        "%00",
    ],
)
async def test_med_01_no_other_name_leads_to_a_file(quiet_town: Instance, name: str) -> None:
    await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC)

    assert (await _counter(quiet_town, "fatima").get(f"/media/{name}")).status_code == 404


@pytest.mark.parametrize(
    ("data", "media_type", "disposition"),
    [
        (samples.PDF, "application/pdf", "attachment"),
        (samples.docx(), samples.DOCX, "attachment"),
        (samples.MP4, "video/mp4", "inline"),
        (samples.MP3, "audio/mpeg", "inline"),
    ],
)
async def test_xss_04_what_a_browser_may_not_open_is_saved(
    quiet_town: Instance, data: bytes, media_type: str, disposition: str
) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC, data=data)

    answer = await _counter(quiet_town).get(f"/media/{file.token}")

    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Disposition"].partition(";")[0] == disposition


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("verslag.html", "verslag.pdf"),
        ('a"b\r\nSet-Cookie: x=y.pdf', "a_b Set-Cookie_ x_y.pdf"),
        ("één.pdf", "__n.pdf"),
        ("", "file.pdf"),
        (".pdf", ".pdf.pdf"),
    ],
)
async def test_the_name_of_a_saved_file_is_harmless_and_ends_as_it_should(
    quiet_town: Instance, name: str, saved: str
) -> None:
    kept = await uploads.upload(quiet_town, owner=FATIMA, name=name, data=samples.PDF)

    disposition = (await _counter(quiet_town, "fatima").get(f"/media/{kept.id}")).headers["Content-Disposition"]

    assert f'filename="{saved}"' in disposition
    assert "\n" not in disposition


async def test_a_film_is_given_in_parts(quiet_town: Instance) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC, data=samples.MP4)
    counter, path = _counter(quiet_town), f"/media/{file.token}"

    part = await counter.get(path, Range="bytes=4-7")
    assert part.status_code == 206
    assert await part.get_data(as_text=False) == b"ftyp"
    assert part.headers["Content-Range"] == f"bytes 4-7/{file.size}"
    end = await counter.get(path, Range="bytes=-10")
    assert await end.get_data(as_text=False) == bytes(10)
    assert end.headers["Content-Length"] == "10"
    rest = await counter.get(path, Range="bytes=16-999999")
    assert await rest.get_data(as_text=False) == samples.MP4[16:]
    assert (await counter.get(path)).headers["Accept-Ranges"] == "bytes"
    for whole in ("chars=0-1", "bytes=5-2", "bytes=x-y", "bytes=0-1,4-5"):
        answer = await counter.get(path, Range=whole)
        assert answer.status_code == 200
        assert await answer.get_data(as_text=False) == samples.MP4
    beyond = await counter.get(path, Range="bytes=999999-")
    assert beyond.status_code == 416


async def test_a_part_is_given_only_of_the_file_that_the_browser_has(quiet_town: Instance) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC, data=samples.MP4)
    counter, path = _counter(quiet_town), f"/media/{file.token}"
    etag = (await counter.get(path)).headers["ETag"]

    assert (await counter.get(path, Range="bytes=0-3", If_Range=etag)).status_code == 206
    assert (await counter.get(path, Range="bytes=0-3", If_Range='"other"')).status_code == 200


async def test_a_private_film_is_not_given_in_parts_to_a_stranger(quiet_town: Instance) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.ORGANISATION, data=samples.MP4)

    assert (await _counter(quiet_town).get(f"/media/{file.id}", Range="bytes=0-3")).status_code == 404


async def test_what_a_browser_has_already_is_not_sent_again(quiet_town: Instance) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC)
    counter, path = _counter(quiet_town), f"/media/{file.token}"
    etag = (await counter.get(path)).headers["ETag"]

    again = await counter.get(path, If_None_Match=etag)

    assert again.status_code == 304
    assert await again.get_data(as_text=False) == b""
    assert (await counter.get(path, If_None_Match='"other"')).status_code == 200


async def test_a_large_picture_has_a_preview_and_a_small_one_is_its_own(quiet_town: Instance) -> None:
    noise = Image.effect_noise((1_200, 100), 20)
    target = io.BytesIO()
    noise.save(target, "PNG")
    large = await uploads.upload(quiet_town, owner=FATIMA, name="a.png", data=target.getvalue())
    assert large.has_preview
    assert large.card().preview_url == f"/media/{large.id}/preview"

    answer = await _counter(quiet_town, "fatima").get(f"/media/{large.id}/preview")

    assert answer.headers["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(await answer.get_data(as_text=False))).width == 800


async def test_a_file_that_is_missing_on_disk_is_a_404(quiet_town: Instance) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC)
    queries.path_of(quiet_town.config.folder, token=file.token).unlink()

    assert (await _counter(quiet_town).get(f"/media/{file.token}")).status_code == 404


async def test_head_gives_the_size_without_the_file(quiet_town: Instance) -> None:
    file = await cabinet.file_on(quiet_town, visibility=Visibility.PUBLIC)

    answer = await _counter(quiet_town).head(f"/media/{file.token}")

    assert answer.headers["Content-Length"] == str(file.size)
    assert await answer.get_data(as_text=False) == b""


async def test_a_reader_who_leaves_at_once_leaves_no_file_open(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(b"12345")
    for rounds in range(6):
        body = ClosingFileBody(path)
        reading = asyncio.create_task(_read(body))
        for _ in range(rounds):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        async with asyncio.timeout(60):
            while not (body.file is None or body.file.closed):  # noqa: ASYNC110 - closing tells nobody
                await asyncio.sleep(0.005)


async def _read(body: ClosingFileBody) -> None:
    async with body as file:
        async for _ in file:
            pass
