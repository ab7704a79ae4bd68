"""Every text that a person can see is in the catalogues, and translated."""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

ROOT: Final = Path(__file__).resolve().parents[3]
PLACEHOLDER: Final = re.compile(r"%\((\w+)\)[sd]")


@functools.cache
def catalogue(language: str) -> Catalog:
    with (ROOT / "fedgov" / "web" / "locale" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


@functools.cache
def texts() -> frozenset[str]:
    """What the code and the templates ask to be translated, as ``make messages`` finds it."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    keywords = dict(DEFAULT_KEYWORDS) | dict.fromkeys(marks())
    found = extract_from_dir(str(ROOT), method_map=methods, keywords=keywords, directory_filter=_is_ours)
    return frozenset(text if isinstance(text, str) else text[0] for _, _, text, _, _ in found)


def marks() -> list[str]:
    """What marks a text besides gettext, as ``make messages`` names it: `later`, and refusals that a page explains."""
    line = re.search(r"^KEYWORDS := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert line is not None
    return line[1].split()


def _is_ours(folder: str) -> bool:
    relative = Path(folder).relative_to(ROOT)
    return not relative.parts or relative.parts[0] in {"fedgov", "templates"}


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """One text, or the singular and the plural."""
    return tuple(text) if isinstance(text, list | tuple) else (text or "",)


def wanting(message: Message) -> str | None:
    """Why a translation cannot be used; None when it can."""
    originals, translations = _forms(message.id), _forms(message.string)
    if not all(translations):
        return "is not translated"
    if message.fuzzy:
        return "is a guess that somebody must look at"
    known = {name for text in originals for name in PLACEHOLDER.findall(text)}
    if any(set(PLACEHOLDER.findall(text)) - known for text in translations):
        return "names a value that the text does not have"
    if len(originals) == 1 and set(PLACEHOLDER.findall(translations[0])) != known:
        return "leaves a value out"
    return None


@pytest.mark.parametrize("language", ["nl", "en", "fy"])
def test_every_text_is_in_the_catalogue(language: str) -> None:
    known = {_forms(message.id)[0] for message in catalogue(language)}
    assert texts() - known == frozenset(), "run `make messages`, then translate"


def test_reasons_of_refusals_are_among_the_texts() -> None:
    assert {"this file is in use already", "choose a picture: PNG, JPEG, WebP or GIF", "the poll is over"} <= texts()


@pytest.mark.parametrize("language", ["nl", "fy"])
def test_every_text_is_translated(language: str) -> None:
    problems = {
        str(message.id): reason for message in catalogue(language) if message.id and (reason := wanting(message))
    }
    assert problems == {}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (Message("Home", "Start"), None),
        (Message("Home", ""), "is not translated"),
        (Message(("%(num)s post", "%(num)s posts"), ("%(num)s bericht", "")), "is not translated"),
        (Message(("one post", "%(num)s posts"), ("één bericht", "%(num)s berichten")), None),
        (Message("Home", "Huis", flags=["fuzzy"]), "is a guess that somebody must look at"),
        (Message("At %(time)s", "Om %(tijd)s"), "names a value that the text does not have"),
        (Message("At %(time)s", "Straks"), "leaves a value out"),
    ],
)
def test_an_unusable_translation_is_noticed(message: Message, reason: str | None) -> None:
    assert wanting(message) == reason
