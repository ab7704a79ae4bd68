"""Reasons of a delivery in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fedgov.web.language import Translator
from fedgov.web.reasons import KNOWN, in_words

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("the server answered 503, try later", "de server vraagt het later te proberen (503)"),
        ("the server answered 401: refused", "de server weigerde het (401)"),
        ("the server answered 410: no inbox there now", "daar is geen postvak meer (410)"),
        ("the server answered 500", "de server antwoordde met 500"),
        ("the server did not answer in time", "de server antwoordde niet op tijd"),
        ("KeyError: 'what'", "KeyError: 'what'"),
        ("", ""),
    ],
)
def test_a_reason_is_read_in_dutch(reason: str, words: str) -> None:
    assert in_words(reason, translator=Translator("nl")) == words


def test_every_known_reason_is_one_that_the_code_gives() -> None:
    folders = (ROOT / "fedgov" / "federation", ROOT / "fedgov" / "features" / "trust")
    code = "\n".join(source.read_text() for folder in folders for source in folder.rglob("*.py"))
    assert [reason for reason in KNOWN if f'"{reason}"' not in code] == []


def test_the_reasons_of_delivery_are_known() -> None:
    code = "".join((ROOT / "fedgov" / "federation" / f"{name}.py").read_text() for name in ("delivery", "parcels"))
    given = re.findall(r'return "([a-z\']+ [a-z\' ]+)"', code)  # one word is the name of a figure
    assert given
    assert set(given) <= set(KNOWN)
