from __future__ import annotations

import asyncio
import io
import random
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from fedgov.features.media import queries
from fedgov.features.media.pages.blueprint import blueprint
from fedgov.features.media.service import sweeping
from fedgov.features.media.service.copies import ABSENT_FOR, SILENT_FOR, CopyRoom
from fedgov.features.media.tables import media_copies
from fedgov.instance import Instance
from fedgov.kernel.clock import HOUR, ManualClock
from fedgov.kernel.errors import UnreachableError
from fedgov.web.proxied import proxied_path, secret_of
from tests.trust import TrustInAllBut
from tests.unit.features.media import cabinet, samples
from tests.unit.features.trust.counter import Counter
from tests.unit.features.trust.town import Post

URL = "https://leeuwarden.example/media/kaart.png"


def _post(town: Instance) -> Post:
    assert isinstance(town.fetch, Post)
    return town.fetch


def _counter(town: Instance) -> Counter:
    return Counter(town, blueprint())


def _path(town: Instance, url: str = URL) -> str:
    return proxied_path(secret_of(town.config.folder), url)


def _advance(town: Instance, milliseconds: int) -> None:
    assert isinstance(town.clock, ManualClock)
    town.clock.advance(milliseconds)


async def test_a_picture_of_another_server_is_fetched_once_and_shown_from_here(quiet_town: Instance) -> None:
    _post(quiet_town).files[URL] = ("text/html", samples.picture())
    counter = _counter(quiet_town)

    for _ in range(3):
        answer = await counter.get(_path(quiet_town))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "image/png"  # what it is, not what its server says
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert await answer.get_data(as_text=False) == samples.picture()

    assert _post(quiet_town).fetched == [URL]


@pytest.mark.parametrize(
    "token",
    ["", "x", "A" * 22, "A" * 22 + "aHR0cHM6Ly9ldmlsLmV4YW1wbGUv", "%00", "é" * 30],
)
async def test_med_06_an_address_that_we_did_not_make_fetches_nothing(quiet_town: Instance, token: str) -> None:
    answer = await _counter(quiet_town).get(f"/media/proxy/{token}")

    assert answer.status_code == 404
    assert _post(quiet_town).fetched == []


async def test_med_06_a_changed_address_fetches_nothing(quiet_town: Instance) -> None:
    path = _path(quiet_town)
    code, rest = path[:34], path[34:]
    other = _path(quiet_town, "https://evil.example/x")[34:]

    for forged in (code + other, code[:-1] + ("A" if code[-1] != "A" else "B") + rest, path + "A", path[:-1]):
        assert (await _counter(quiet_town).get(forged)).status_code == 404
    assert _post(quiet_town).fetched == []


async def test_the_secret_of_another_instance_does_not_help(quiet_town: Instance, tmp_path: Path) -> None:
    forged = proxied_path(secret_of(tmp_path), URL)

    assert (await _counter(quiet_town).get(forged)).status_code == 404
    assert _post(quiet_town).fetched == []


@pytest.mark.parametrize(
    "data",
    [
        b"<svg onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b'{"type": "Person"}',
        samples.PDF,
        samples.docx(),
        samples.picture()[:50],
        samples.huge_png(5_000, 5_000),
        b"",
        bytes(200_001),
    ],
)
async def test_fet_03_what_is_no_sound_picture_is_replaced_by_a_neutral_one(quiet_town: Instance, data: bytes) -> None:
    _post(quiet_town).files[URL] = ("image/png", data)

    answer = await _counter(quiet_town).get(_path(quiet_town))

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "image/png"
    Image.open(io.BytesIO(await answer.get_data(as_text=False))).verify()
    assert cabinet.files(quiet_town.config.folder) == []


async def test_a_file_that_is_not_there_is_not_asked_for_again_for_hours(quiet_town: Instance) -> None:
    counter = _counter(quiet_town)
    assert (await counter.get(_path(quiet_town))).status_code == 404
    _post(quiet_town).files[URL] = ("image/png", samples.picture())

    assert (await counter.get(_path(quiet_town))).status_code == 404
    assert len(_post(quiet_town).fetched) == 1

    _advance(quiet_town, ABSENT_FOR + 1)
    assert (await counter.get(_path(quiet_town))).status_code == 200


async def test_a_server_that_does_not_answer_is_asked_again_in_minutes(quiet_town: Instance) -> None:
    post, answers = _post(quiet_town), [UnreachableError("no answer"), None]
    post.files[URL] = ("image/png", samples.picture())
    fetch = post.file

    async def sometimes(url: str, *, max_bytes: int, accept: str = "", stay: bool = False) -> tuple[str, bytes]:
        if (error := answers.pop(0)) is not None:
            raise error
        return await fetch(url, max_bytes=max_bytes)

    post.file = sometimes  # type: ignore[method-assign]
    counter = _counter(quiet_town)
    assert (await counter.get(_path(quiet_town))).status_code == 404
    assert (await counter.get(_path(quiet_town))).status_code == 404
    assert len(answers) == 1

    _advance(quiet_town, SILENT_FOR + 1)
    assert (await counter.get(_path(quiet_town))).status_code == 200


async def test_nothing_is_fetched_from_or_shown_of_a_server_that_is_not_trusted(quiet_town: Instance) -> None:
    _post(quiet_town).files[URL] = ("image/png", samples.picture())
    counter = _counter(quiet_town)
    assert (await counter.get(_path(quiet_town))).status_code == 200

    assert isinstance(quiet_town.trust, TrustInAllBut)
    quiet_town.trust.refused.add("leeuwarden.example")

    assert (await counter.get(_path(quiet_town))).status_code == 404
    assert (await counter.get(_path(quiet_town, URL + "?other"))).status_code == 404
    assert _post(quiet_town).fetched == [URL]


async def test_a_thousand_readers_cause_one_request(quiet_town: Instance) -> None:
    post, asked, gate = _post(quiet_town), asyncio.Event(), asyncio.Event()
    post.files[URL] = ("image/png", samples.picture())
    fetch = post.file

    async def slow(url: str, *, max_bytes: int, accept: str = "", stay: bool = False) -> tuple[str, bytes]:
        asked.set()
        await gate.wait()
        return await fetch(url, max_bytes=max_bytes)

    post.file = slow  # type: ignore[method-assign]
    room = CopyRoom()
    readers = [asyncio.create_task(room.get(quiet_town, url=URL)) for _ in range(50)]
    async with asyncio.timeout(60):
        await asked.wait()
    readers[0].cancel()  # the one who started it leaves
    gate.set()

    copies = await asyncio.gather(*readers, return_exceptions=True)

    assert isinstance(copies[0], asyncio.CancelledError)
    assert all(copy is not None and not isinstance(copy, BaseException) for copy in copies[1:])
    assert post.fetched == [URL]


async def test_copies_that_were_not_used_for_longest_make_room(town: Instance) -> None:
    room, urls = CopyRoom(), [f"https://leeuwarden.example/{number}.mp3" for number in range(6)]
    sound = samples.MP3 + bytes(2_000 - len(samples.MP3))
    for url in urls:
        _post(town).files[url] = ("audio/mpeg", sound)
    for url in urls[:5]:  # 10,000 bytes: exactly the limit
        assert await room.get(town, url=url)
        _advance(town, 1_000)
    assert len(cabinet.files(town.config.folder)) == 5
    _advance(town, 2 * HOUR)
    assert await room.get(town, url=urls[0])  # used again, so it stays

    assert await room.get(town, url=urls[5])

    kept = set(cabinet.files(town.config.folder))
    assert kept == {queries.hash_of(urls[index]) for index in (0, 3, 4, 5)}
    rows = await town.read(lambda tx: tx.rows(select(media_copies)))
    assert {row.url_hash for row in rows} == kept
    assert sum(row.size for row in rows) <= 10_000
    assert await room.get(town, url=urls[1])  # fetched once more
    assert _post(town).fetched.count(urls[1]) == 2


async def test_a_copy_that_vanished_from_disk_is_fetched_again(quiet_town: Instance) -> None:
    _post(quiet_town).files[URL] = ("image/png", samples.picture())
    counter = _counter(quiet_town)
    await counter.get(_path(quiet_town))
    queries.copy_path(quiet_town.config.folder, url_hash=queries.hash_of(URL)).unlink()

    assert (await counter.get(_path(quiet_town))).status_code == 200
    assert _post(quiet_town).fetched == [URL, URL]


async def test_a_full_disk_shows_the_neutral_picture(quiet_town: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    _post(quiet_town).files[URL] = ("image/png", samples.picture())

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        assert (await _counter(quiet_town).get(_path(quiet_town))).status_code == 404
    assert cabinet.files(quiet_town.config.folder) == []


async def test_a_large_picture_is_offered_smaller_and_without_its_place(quiet_town: Instance) -> None:
    target = io.BytesIO()
    Image.effect_noise((1_000, 200), 30).save(target, "JPEG", quality=95, comment=b"a hidden word")
    _post(quiet_town).files[URL] = ("image/jpeg", target.getvalue())
    counter = _counter(quiet_town)

    small = await counter.get(f"{_path(quiet_town)}/preview")

    body = await small.get_data(as_text=False)
    assert small.headers["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(body)).width == 800
    assert b"a hidden word" not in body
    assert (await counter.get(_path(quiet_town))).headers["Content-Type"] == "image/jpeg"


async def test_failures_that_are_over_are_forgotten(quiet_town: Instance) -> None:
    await CopyRoom().get(quiet_town, url=URL)
    _advance(quiet_town, ABSENT_FOR + 1)

    await sweeping.sweep(quiet_town)

    assert await quiet_town.read(queries.find_copy, url=URL) is None


async def test_an_emoji_is_given_standing_still(quiet_town: Instance) -> None:
    # Black and white dots: as a GIF both frames together take less than one of them as a WebP.
    dots = Image.frombytes("1", (64, 64), random.Random(1).randbytes(512))
    other = dots.copy()
    other.putpixel((0, 0), 255 - int(str(dots.getpixel((0, 0)))))
    moving = io.BytesIO()
    dots.save(moving, "GIF", save_all=True, append_images=[other], duration=50)
    _post(quiet_town).files[URL] = ("image/gif", moving.getvalue())
    answer = await _counter(quiet_town).get(f"{_path(quiet_town)}/emoji")

    assert answer.status_code == 200
    assert (answer.content_length or 0) > len(moving.getvalue())
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with Image.open(io.BytesIO(await answer.get_data(as_text=False))) as image:
        assert getattr(image, "n_frames", 1) == 1


async def test_of_an_emoji_that_cannot_be_had_there_is_no_picture_so_its_name_is_read(quiet_town: Instance) -> None:
    quiet_town.trust = TrustInAllBut(refused={"elders.example"})
    blocked = proxied_path(secret_of(quiet_town.config.folder), "https://elders.example/koe.png")
    for path in (_path(quiet_town), blocked):
        answer = await _counter(quiet_town).get(f"{path}/emoji")
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert await answer.get_data(as_text=False) == b""
    assert _post(quiet_town).fetched == [URL]


async def test_an_emoji_of_which_we_did_not_make_the_address_fetches_nothing(quiet_town: Instance) -> None:
    assert (await _counter(quiet_town).get("/media/proxy/AAAA/emoji")).status_code == 404
    assert _post(quiet_town).fetched == []
