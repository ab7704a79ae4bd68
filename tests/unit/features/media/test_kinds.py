from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.features.media.policy.kinds import recognise
from tests.unit.features.media import samples

XLSX = f"{samples.OOXML}.spreadsheetml.sheet"
PPTX = f"{samples.OOXML}.presentationml.presentation"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (samples.picture("PNG"), "image/png"),
        (samples.picture("JPEG"), "image/jpeg"),
        (samples.picture("WEBP"), "image/webp"),
        (samples.picture("GIF"), "image/gif"),
        (samples.picture("AVIF"), "image/avif"),
        (samples.PDF, "application/pdf"),
        (samples.MP4, "video/mp4"),
        (samples.WEBM, "video/webm"),
        (samples.OGG, "audio/ogg"),
        (samples.MP3, "audio/mpeg"),
        (b"ID3\x04" + bytes(200), "audio/mpeg"),
        (b"\x00\x00\x00\x18ftypM4A " + bytes(50), "audio/mp4"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"fLaC" + bytes(50), "audio/flac"),
        (samples.docx(), samples.DOCX),
        (samples.archive({"[Content_Types].xml": samples.content_types(XLSX)}), XLSX),
        (samples.archive({"[Content_Types].xml": samples.content_types(PPTX)}), PPTX),
        (samples.odt(), samples.ODT),
        (
            samples.odt("application/vnd.oasis.opendocument.spreadsheet"),
            "application/vnd.oasis.opendocument.spreadsheet",
        ),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, media_type: str) -> None:
    found = recognise(data)

    assert found is not None
    assert found.media_type == media_type


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF88a" + bytes(50),
        b"\x7fELF" + bytes(100),
        b"MZ" + bytes(100),
        b"#!/bin/sh\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"  %PDF-1.7",
        b"RIFF\x00\x00\x00\x00AVI " + bytes(50),
        b"\x00\x00\x00\x18ftypheic" + bytes(50),
        b"\x1aE\xdf\xa3\x9fB\x82\x88matroska" + bytes(50),
        b"\xff\xfb\x90\x00" + bytes(1_000),
        b"\xff\xfb\xf0\x00" * 500,
    ],
)
def test_med_02_what_is_not_in_our_list_is_nothing(data: bytes) -> None:
    assert recognise(data) is None


@pytest.mark.parametrize(
    "data",
    [
        samples.archive({"readme.txt": "a plain archive"}),
        samples.archive({"[Content_Types].xml": samples.content_types()}),
        samples.archive({"[Content_Types].xml": samples.content_types(samples.DOCX, XLSX)}),
        samples.archive({"[Content_Types].xml": samples.content_types(samples.DOCX).encode("utf-16")}),
        samples.archive({"[Content_Types].xml": samples.content_types(samples.DOCX) + " " * 1_000_000}),
        samples.odt("application/epub+zip"),
        samples.archive({"content.xml": "<o/>", "mimetype": samples.ODT}),
        samples.docx()[:-30],
        b"PK\x03\x04" + bytes(500),
        b"prefix" + samples.docx(),
    ],
)
def test_an_archive_that_is_no_office_file_is_nothing(data: bytes) -> None:
    assert recognise(data) is None


@pytest.mark.parametrize(
    "data",
    [
        samples.archive(
            {"[Content_Types].xml": '<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'}
        ),
        samples.docx(**{"word/vbaProject.bin": b"macro"}),
        samples.docx(**{"word/VBAPROJECT.BIN": b"macro"}),
        samples.archive(
            {
                "[Content_Types].xml": samples.content_types(
                    samples.DOCX, extra='<Default Extension="b" ContentType="application/vnd.ms-office.vbaProject"/>'
                )
            }
        ),
        samples.archive(
            {
                "[Content_Types].xml": samples.content_types(
                    samples.DOCX, extra='<Default ContentType="application/vnd.ms-office.vba&#80;roject"/>'
                )
            }
        ),
        samples.odt(**{"Basic/Standard/script-lb.xml": "<l/>"}),
        samples.odt(**{"Scripts/python/evil.py": "import os"}),
    ],
)
def test_an_office_file_with_macros_is_refused(data: bytes) -> None:
    assert recognise(data) is None


def test_an_archive_with_a_directory_of_megabytes_is_not_read() -> None:
    end = samples.docx()
    position = end.rfind(b"PK\x05\x06") + 12

    assert recognise(end[:position] + (3_000_000).to_bytes(4, "little") + end[position + 4 :]) is None


def test_two_entries_of_one_name_are_refused() -> None:
    types = samples.content_types(samples.DOCX)
    data = samples.archive({"[Content_Types].xml": types, "[Content_Typeq].xml": types})

    assert recognise(data) is not None
    assert recognise(data.replace(b"[Content_Typeq]", b"[Content_Types]")) is None


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfb", b"OggS\x00", b"\x1aE\xdf\xa3", b"RIFF"])
)
def test_no_bytes_make_it_stumble(data: bytes, start: bytes) -> None:
    recognise(start + data)
