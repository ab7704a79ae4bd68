"""The words and operators with which posts are looked for."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.features.posts.vocabulary import PostSearch
from fedgov.features.search.policy.sentence import MAX_PARTS, Sentence, read_sentence
from fedgov.kernel.text.words import MAX_WORD, Phrase, words_of
from fedgov.store.full_text import Question, _match, _tsquery


def begin(*words: str) -> Phrase:
    return Phrase(words, begins=True)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("fiets", PostSearch(phrases=(begin("fiets"),))),
        ("fiets*", PostSearch(phrases=(begin("fiets"),))),
        ("op de brug", PostSearch(phrases=(Phrase(("op",)), Phrase(("de",)), begin("brug")))),
        ("ov*", PostSearch(phrases=(Phrase(("ov",)),))),
        ("fiets* brug", PostSearch(phrases=(begin("fiets"), begin("brug")))),
        ('"openbare ruimte"', PostSearch(phrases=(Phrase(("openbare", "ruimte")),))),
        ("“openbare ruimte”", PostSearch(phrases=(Phrase(("openbare", "ruimte")),))),
        ('"nog open', PostSearch(phrases=(Phrase(("nog", "open")),))),
        ("e-mail", PostSearch(phrases=(begin("e", "mail"),))),
        ("Eén Café", PostSearch(phrases=(Phrase(("een",)), begin("cafe")))),
        ("a -fiets", PostSearch(phrases=(Phrase(("a",)),), without=(Phrase(("fiets",)),))),
        ("-fiets*", PostSearch(without=(begin("fiets"),))),
        ('-"openbare ruimte"', PostSearch(without=(Phrase(("openbare", "ruimte")),))),
        ("has:media", PostSearch(traits=("media",))),
        ("HAS:Poll", PostSearch(traits=("poll",))),
        ("-has:media", PostSearch(without_traits=("media",))),
        ("is:reply", PostSearch(traits=("reply",))),
        ("-is:sensitive", PostSearch(without_traits=("sensitive",))),
        ("language:nl", PostSearch(languages=("nl",))),
        ("-language:en", PostSearch(without_languages=("en",))),
        ("in:library", PostSearch(where="library")),
        ("in:public", PostSearch(where="public")),
        ("before:2024-01-01", PostSearch(days=((None, date(2023, 12, 31)),))),
        ("after:2024-02-28", PostSearch(days=((date(2024, 2, 29), None),))),
        ("during:2024", PostSearch(days=((date(2024, 1, 1), date(2024, 12, 31)),))),
        ("during:2024-02", PostSearch(days=((date(2024, 2, 1), date(2024, 2, 29)),))),
        ("-before:2024", PostSearch(days=((date(2024, 1, 1), None),))),
        ("-after:2024", PostSearch(days=((None, date(2024, 12, 31)),))),
    ],
)
def test_words_and_operators_mean_what_people_expect(typed: str, wanted: PostSearch) -> None:
    assert read_sentence(typed) == Sentence(search=wanted)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("has:wings", ("has", "wings")),
        ("is:", ("is",)),
        ("before:2024-02-30", ("before", "2024", "02", "30")),
        ("during:0001", ("during", "0001")),
        ("-during:2024", None),
        ("in:trash", ("in", "trash")),
        ("note:draft", ("note", "draft")),
        ("language:x", ("language", "x")),
    ],
)
def test_an_operator_that_says_nothing_is_words(typed: str, words: tuple[str, ...] | None) -> None:
    found = read_sentence(typed)

    assert (found.by, found.search.traits, found.search.days, found.search.where) == ((), (), (), "all")
    if words is not None:
        assert tuple(each for phrase in found.search.phrases for each in phrase.words) == words


def test_authors_are_named_by_their_handles() -> None:
    assert read_sentence("from:@jelle@leeuwarden.example").by == ("jelle@leeuwarden.example",)
    assert read_sentence("from:me").by == ("me",)
    assert read_sentence("-from:Bram").not_by == ("bram",)


@pytest.mark.parametrize("typed", ["", "   ", "-", '"', '""', "***", "!?", "\u200b"])
def test_nothing_is_asked_without_a_word(typed: str) -> None:
    assert not read_sentence(typed)


def test_what_is_too_much_counts_for_nothing() -> None:
    assert len(read_sentence("woord " * 200).search.phrases) == MAX_PARTS


@given(st.text(max_size=200))
def test_whatever_is_typed_becomes_plain_words_in_the_question(typed: str) -> None:
    """No operator of the database gets through: each word is letters and digits, and stands in quotes."""
    search = read_sentence(typed).search
    for phrase in (*search.phrases, *search.without):
        assert phrase.words
        assert all(word.isalnum() and len(word) <= MAX_WORD for word in phrase.words)
    question = Question(phrases=search.phrases, without=search.without, marks=(("e",),))
    assert _match(question, question.phrases).replace('"', "").count(":") == 1
    assert _tsquery(question).count(":e") == 1


@given(st.text(max_size=50))
def test_the_words_of_words_are_the_same_words(text: str) -> None:
    assert words_of(" ".join(words_of(text))) == words_of(text)


def test_words_lose_their_accents_and_what_is_between_them() -> None:
    assert words_of("Café-bezoek, Ĳsselmeer! søster straße") == ["cafe", "bezoek", "ijsselmeer", "soster", "strasse"]
    assert words_of("公共 services") == ["公", "共", "services"]
    assert words_of("jeugd\u00adzorg") == ["jeugdzorg"]
