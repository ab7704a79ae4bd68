from __future__ import annotations

import contextlib
import io
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.ExifTags import GPS, IFD, Base

from fedgov.features.media.policy import kinds, pictures
from fedgov.features.media.vocabulary import Picture
from fedgov.kernel.errors import InvalidError
from tests.unit.features.media import samples

PIXELS = 1_000_000


def _redraw(data: bytes, *, max_pixels: int = PIXELS) -> Picture:
    file_type = kinds.recognise(data)
    assert file_type is not None
    return pictures.redraw(data, file_type, max_pixels=max_pixels)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Orientation] = 6  # the camera was turned a quarter
    exif[Base.Make] = "Camera of a civil servant"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (53.0, 13.0, 8.0)
    return exif


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
def test_med_04_place_and_camera_are_gone_and_the_picture_stands_upright(picture_format: str) -> None:
    data = samples.picture(picture_format, size=(60, 40), exif=_exif().tobytes())
    assert b"civil servant" in data

    redrawn = _redraw(data)

    assert b"civil servant" not in redrawn.data
    assert (redrawn.width, redrawn.height) == (40, 60)
    with Image.open(io.BytesIO(redrawn.data)) as image:
        assert not image.getexif()
        assert image.size == (40, 60)
        red, _green, blue = image.convert("RGB").getpixel((20, 5))  # type: ignore[misc]
        assert red > 200
        assert blue < 100


@pytest.mark.parametrize(
    ("picture_format", "options"),
    [
        ("JPEG", {"comment": b"a hidden word"}),
        ("JPEG", {"xmp": b"<x>a hidden word</x>"}),
        ("WEBP", {"xmp": b"<x>a hidden word</x>"}),
        ("GIF", {"comment": b"a hidden word"}),
    ],
)
def test_comments_are_gone(picture_format: str, options: dict[str, Any]) -> None:
    data = samples.picture(picture_format, **options)
    assert b"a hidden word" in data

    assert b"a hidden word" not in _redraw(data).data


def test_what_was_hung_behind_a_picture_is_gone() -> None:
    data = samples.picture("PNG") + b"<script>alert(1)</script>"

    assert b"script" not in _redraw(data).data


def test_a_colour_profile_is_applied_and_dropped() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    redrawn = _redraw(samples.picture("JPEG", icc_profile=profile))

    with Image.open(io.BytesIO(redrawn.data)) as image:
        assert "icc_profile" not in image.info


def test_a_broken_colour_profile_does_no_harm() -> None:
    assert _redraw(samples.picture("JPEG", icc_profile=b"no profile")).width == 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_png_can_be_kept(mode: str) -> None:
    redrawn = _redraw(samples.picture("PNG", mode=mode) if mode != "I;16" else _deep_png())

    assert redrawn.width == 60
    assert len(redrawn.blurhash) > 6


def _deep_png() -> bytes:
    target = io.BytesIO()
    Image.new("I;16", (60, 40), 30_000).save(target, "PNG")
    return target.getvalue()


def test_a_transparent_picture_stays_transparent() -> None:
    target = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(target, "PNG")

    with Image.open(io.BytesIO(_redraw(target.getvalue()).data)) as image:
        assert image.getpixel((5, 5)) == (255, 0, 0, 0)


@pytest.mark.parametrize("size", [(30_000, 30_000), (1_001, 1_000), (100_000, 100_000)])
def test_med_03_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    start = time.perf_counter()

    with pytest.raises(InvalidError, match="too many pixels"):
        _redraw(samples.huge_png(*size))

    assert time.perf_counter() - start < 1


def test_the_frames_of_an_animation_count_together() -> None:
    data = samples.animation(frames=5, size=(100, 100))

    assert _redraw(data, max_pixels=50_000).width == 100
    with pytest.raises(InvalidError, match="too many pixels"):
        _redraw(data, max_pixels=49_999)


@pytest.mark.parametrize("frames", [301, 1_000_000])
def test_med_03_an_endless_animation_is_refused_at_once(frames: int) -> None:
    data = samples.gif_of_many_frames(frames)
    start = time.perf_counter()

    with pytest.raises(InvalidError, match="too long"):
        _redraw(data)

    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("picture_format", ["GIF", "WEBP", "PNG"])
def test_an_animation_keeps_moving(picture_format: str) -> None:
    redrawn = _redraw(samples.animation(picture_format, frames=3))

    with Image.open(io.BytesIO(redrawn.data)) as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]
        assert image.info["loop"] == 0


@pytest.mark.parametrize("frames", [1, 2, 3, 40])
def test_frames_are_counted_as_they_are(frames: int) -> None:
    assert pictures.gif_frames(samples.animation("GIF", frames=frames)) == frames


def test_a_large_picture_is_made_smaller_and_gets_a_preview() -> None:
    noise = Image.effect_noise((5_000, 1_000), 50)
    target = io.BytesIO()
    noise.save(target, "JPEG")

    redrawn = _redraw(target.getvalue(), max_pixels=5_000_000)

    assert redrawn.width == pictures.MAX_SIDE
    assert redrawn.preview is not None
    with Image.open(io.BytesIO(redrawn.preview)) as preview:
        assert preview.format == "WEBP"
        assert max(preview.size) == pictures.PREVIEW_SIDE


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_damaged_picture_is_refused(picture_format: str) -> None:
    data = samples.picture(picture_format, size=(300, 300))

    with pytest.raises(InvalidError, match="damaged"):
        _redraw(data[: len(data) // 2])


def test_med_02_a_file_is_opened_only_as_what_it_was_recognised_as() -> None:
    with pytest.raises(InvalidError, match="damaged"):
        pictures.redraw(samples.picture("PNG"), kinds.JPEG, max_pixels=PIXELS)


@settings(max_examples=150)
@given(st.data())
def test_no_damage_makes_it_stumble(data: st.DataObject) -> None:
    sample = bytearray(data.draw(st.sampled_from([samples.picture(each) for each in ("PNG", "JPEG", "GIF", "WEBP")])))
    for _ in range(data.draw(st.integers(1, 8))):
        sample[data.draw(st.integers(0, len(sample) - 1))] = data.draw(st.integers(0, 255))
    file_type = kinds.recognise(bytes(sample))
    if file_type is None:
        return
    with contextlib.suppress(InvalidError):
        assert pictures.redraw(bytes(sample), file_type, max_pixels=PIXELS).width > 0
