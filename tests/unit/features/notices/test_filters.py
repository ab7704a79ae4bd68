"""What people do not want to see."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from fedgov.features.notices import policy
from fedgov.features.notices.present import sift, texts_of
from fedgov.features.notices.queries.filters import (
    active_filters,
    filters_of,
    find_filtered_post,
    find_keyword,
    get_filter,
)
from fedgov.features.notices.service import filters
from fedgov.features.notices.vocabulary import (
    Filter,
    FilterAction,
    FilterContext,
    FilteredPost,
    FilterMatch,
    Keyword,
    KeywordChange,
)
from fedgov.features.people.vocabulary import ActorRemoved
from fedgov.features.posts.present import post_cards
from fedgov.features.posts.vocabulary import PostRemoved
from fedgov.instance import Instance
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.store.transaction import Transaction
from tests.unit.features.notices.people import ANNA, BOUKE, JELLE, keep
from tests.unit.features.trust.town import NOW

HOME = FilterContext.HOME


def found(text: str, keyword: str, *, whole_word: bool = True) -> bool:
    rule = Filter(id=1, title="x", contexts=(HOME,), keywords=(Keyword(id=2, keyword=keyword, whole_word=whole_word),))
    return bool(policy.matches([rule], object_id=3, texts=["", text], now=NOW))


# --- the rule ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "keyword", "whole_word", "expected"),
    [
        ("De begroting van dit jaar", "begroting", True, True),
        ("De BEGROTING van dit jaar", "Begroting", True, True),
        ("De begrotingsregels", "begroting", True, False),
        ("De begrotingsregels", "begroting", False, True),
        ("De meerjarenbegroting", "begroting", True, False),
        ("over #inkoop gesproken", "#inkoop", True, True),
        ("over #inkoopbeleid gesproken", "#inkoop", True, False),
        ("in de lange\n  nacht", "lange nacht", True, True),
        ("Café om de hoek", "cafÉ", True, True),
        ("a.b", "axb", True, False),
        ("axb", "a.b", False, False),
        ("niets", "(", False, False),
        ("een :) teken", ":)", True, True),
        ("mooi:)", ":)", True, True),
    ],
)
def test_a_keyword_is_found_whatever_its_case_and_as_a_word_where_wanted(
    text: str, keyword: str, whole_word: bool, expected: bool
) -> None:
    assert found(text, keyword, whole_word=whole_word) is expected


def rule(number: int, *words: str, action: FilterAction = FilterAction.WARN, expires_at: int | None = None) -> Filter:
    keywords = tuple(Keyword(id=number * 10 + place, keyword=word) for place, word in enumerate(words))
    return Filter(id=number, title="x", contexts=(HOME,), action=action, expires_at=expires_at, keywords=keywords)


def test_every_filter_that_is_about_a_post_is_named_with_its_words() -> None:
    rules = [rule(1, "appel", "peer", "pruim"), rule(2, "noot"), rule(3, "peer")]
    assert policy.matches(rules, object_id=3, texts=["Een appel", "en een peer"], now=NOW) == (
        FilterMatch(filter=rules[0], keywords=("appel", "peer")),
        FilterMatch(filter=rules[2], keywords=("peer",)),
    )


def test_a_filter_that_ended_does_nothing() -> None:
    rules = [rule(1, "appel", expires_at=NOW), rule(2, "appel", expires_at=NOW + 1)]
    assert [each.filter.id for each in policy.matches(rules, object_id=3, texts=["appel"], now=NOW)] == [2]


def test_a_filter_can_name_a_post() -> None:
    naming = Filter(id=1, title="x", contexts=(HOME,), posts=(FilteredPost(id=2, object_id=3),))
    assert policy.matches([naming], object_id=3, texts=[], now=NOW) == (FilterMatch(filter=naming, named=True),)
    assert policy.matches([naming], object_id=4, texts=[], now=NOW) == ()


@pytest.mark.parametrize(
    ("action", "context", "expected"),
    [
        (FilterAction.HIDE, HOME, True),
        (FilterAction.HIDE, FilterContext.PUBLIC, False),
        (FilterAction.HIDE, None, False),
        (FilterAction.WARN, HOME, False),
        (FilterAction.BLUR, HOME, False),
    ],
)
def test_only_a_filter_that_hides_and_only_where_it_works_hides(
    action: FilterAction, context: FilterContext | None, expected: bool
) -> None:
    match = FilterMatch(filter=rule(1, "x", action=action))
    assert policy.is_hidden([FilterMatch(filter=rule(2, "x")), match], context=context) is expected


# --- keeping them -----------------------------------------------------------------------------------------------


def make(
    tx: Transaction, *words: str, action: FilterAction = FilterAction.WARN, contexts: Sequence[FilterContext] = (HOME,)
) -> int:
    return filters.create_filter(
        tx,
        owner=ANNA,
        title="Fruit",
        contexts=contexts,
        action=action,
        keywords=[KeywordChange(keyword=word) for word in words],
    )


async def test_a_filter_is_made_changed_and_removed(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = filters.create_filter(
            tx,
            owner=ANNA,
            title=" Fruit ",
            contexts=[HOME, HOME, FilterContext.THREAD],
            action=FilterAction.HIDE,
            expires_in=60,
            keywords=[KeywordChange(keyword=" een  appel "), KeywordChange(keyword="peer", whole_word=False)],
        )
        made = get_filter(tx, owner=ANNA, filter_id=number)
        assert (made.title, made.contexts, made.action) == ("Fruit", (HOME, FilterContext.THREAD), FilterAction.HIDE)
        assert made.expires_at == tx.now + 60_000
        assert [(each.keyword, each.whole_word) for each in made.keywords] == [("een appel", True), ("peer", False)]
        apple, pear = made.keywords
        filters.change_filter(
            tx,
            owner=ANNA,
            filter_id=number,
            title="Groente",
            contexts=[FilterContext.PUBLIC],
            action=FilterAction.BLUR,
            expires_in=(None,),
            keywords=[
                KeywordChange(id=apple.id, remove=True),
                KeywordChange(id=pear.id, keyword="prei"),
                KeywordChange(keyword="kool"),
            ],
        )
        changed = get_filter(tx, owner=ANNA, filter_id=number)
        assert (changed.title, changed.contexts) == ("Groente", (FilterContext.PUBLIC,))
        assert (changed.action, changed.expires_at) == (FilterAction.BLUR, None)
        assert [(each.keyword, each.whole_word) for each in changed.keywords] == [("prei", False), ("kool", True)]
        filters.delete_filter(tx, owner=ANNA, filter_id=number)
        assert filters_of(tx, owner=ANNA) == []

    await town.write(scene)


async def test_words_and_posts_are_added_and_taken_away_one_by_one(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number, post = make(tx), keep(tx, JELLE)
        word = filters.add_keyword(tx, owner=ANNA, filter_id=number, keyword="peer")
        filters.change_keyword(tx, owner=ANNA, keyword_id=word, whole_word=False)
        assert find_keyword(tx, owner=ANNA, keyword_id=word)[1] == Keyword(id=word, keyword="peer", whole_word=False)
        filters.delete_keyword(tx, owner=ANNA, keyword_id=word)
        naming = filters.add_post(tx, owner=ANNA, filter_id=number, object_id=post)
        assert filters.add_post(tx, owner=ANNA, filter_id=number, object_id=post) == naming
        assert get_filter(tx, owner=ANNA, filter_id=number).posts == (FilteredPost(id=naming, object_id=post),)
        filters.delete_post(tx, owner=ANNA, naming_id=naming)
        left = get_filter(tx, owner=ANNA, filter_id=number)
        assert (left.keywords, left.posts) == ((), ())

    await town.write(scene)


async def test_the_filter_of_somebody_else_is_as_good_as_none(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number, post = make(tx, "appel"), keep(tx, JELLE)
        naming = filters.add_post(tx, owner=ANNA, filter_id=number, object_id=post)
        (word,) = get_filter(tx, owner=ANNA, filter_id=number).keywords
        for act in (
            lambda: get_filter(tx, owner=BOUKE, filter_id=number),
            lambda: find_keyword(tx, owner=BOUKE, keyword_id=word.id),
            lambda: find_filtered_post(tx, owner=BOUKE, naming_id=naming),
            lambda: filters.change_filter(tx, owner=BOUKE, filter_id=number, title="x"),
            lambda: filters.delete_filter(tx, owner=BOUKE, filter_id=number),
            lambda: filters.add_keyword(tx, owner=BOUKE, filter_id=number, keyword="x"),
            lambda: filters.change_keyword(tx, owner=BOUKE, keyword_id=word.id, keyword="x"),
            lambda: filters.delete_keyword(tx, owner=BOUKE, keyword_id=word.id),
            lambda: filters.add_post(tx, owner=BOUKE, filter_id=number, object_id=post),
            lambda: filters.delete_post(tx, owner=BOUKE, naming_id=naming),
        ):
            with pytest.raises(NotFoundError):
                act()
        own = filters.create_filter(tx, owner=BOUKE, title="x", contexts=[HOME])
        with pytest.raises(NotFoundError):
            filters.change_filter(tx, owner=BOUKE, filter_id=own, keywords=[KeywordChange(id=word.id, keyword="x")])
        assert filters_of(tx, owner=ANNA)[0].keywords == (word,)

    await town.write(scene)


async def test_a_filter_cannot_name_what_its_owner_may_not_read(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        from fedgov.activitystreams.audience import Visibility

        number, secret = make(tx), keep(tx, JELLE, visibility=Visibility.DIRECT, to=[BOUKE])
        for object_id in (secret, 12_345):
            with pytest.raises(NotFoundError):
                filters.add_post(tx, owner=ANNA, filter_id=number, object_id=object_id)

    await town.write(scene)


async def test_a_filter_needs_a_title_a_place_and_words(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx)
        acts: tuple[Callable[[], object], ...] = (
            lambda: filters.create_filter(tx, owner=ANNA, title="", contexts=[HOME]),
            lambda: filters.create_filter(tx, owner=ANNA, title="x", contexts=[]),
            lambda: filters.add_keyword(tx, owner=ANNA, filter_id=number, keyword="  "),
            lambda: filters.add_keyword(tx, owner=ANNA, filter_id=number, keyword="x" * 501),
        )
        for act in acts:
            with pytest.raises(InvalidError):
                act()
        with pytest.raises(ForbiddenError):
            filters.create_filter(tx, owner=JELLE, title="x", contexts=[HOME])

    await town.write(scene)


async def test_nobody_makes_filters_without_end(town: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "MAX_FILTERS", 2)
    monkeypatch.setattr(filters, "MAX_PARTS", 1)

    def scene(tx: Transaction) -> None:
        number = make(tx)
        make(tx)
        filters.add_post(tx, owner=ANNA, filter_id=number, object_id=keep(tx, JELLE))
        filters.add_keyword(tx, owner=ANNA, filter_id=number, keyword="x")
        acts: tuple[Callable[[], object], ...] = (
            lambda: make(tx),
            lambda: filters.add_post(tx, owner=ANNA, filter_id=number, object_id=keep(tx, JELLE)),
            lambda: filters.add_keyword(tx, owner=ANNA, filter_id=number, keyword="y"),
        )
        for act in acts:
            with pytest.raises(InvalidError):
                act()

    await town.write(scene)


async def test_nothing_is_kept_about_what_and_who_is_gone(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number, post = make(tx, "appel"), keep(tx, JELLE)
        filters.add_post(tx, owner=ANNA, filter_id=number, object_id=post)
        tx.tell(PostRemoved(object_id=post, uri="", author=JELLE))
        assert get_filter(tx, owner=ANNA, filter_id=number).posts == ()
        tx.tell(ActorRemoved(uri=ANNA))
        assert filters_of(tx, owner=ANNA) == []

    await town.write(scene)


# --- sifting ----------------------------------------------------------------------------------------------------


async def test_posts_are_sifted_for_their_reader_alone(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        make(tx, "moi", action=FilterAction.HIDE)
        make(tx, "MOI")
        theirs, own = keep(tx, JELLE), keep(tx, ANNA)
        cards = post_cards(tx, [theirs, own], ANNA)
        assert texts_of(cards[0]) == ("", "", "Moi")
        at_home = sift(tx, cards, viewer=ANNA, context=HOME)
        assert [card.id for card in at_home.cards] == [own]
        elsewhere = sift(tx, cards, viewer=ANNA)
        assert [card.id for card in elsewhere.cards] == [theirs, own]
        assert {number: len(each) for number, each in elsewhere.matches.items()} == {theirs: 2}
        for other in (BOUKE, None):
            assert sift(tx, cards, viewer=other, context=HOME).cards == tuple(cards)

    await town.write(scene)


async def test_a_filter_that_ended_is_kept_but_does_not_work(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        filters.create_filter(tx, owner=ANNA, title="x", contexts=[HOME], expires_in=0)
        assert len(filters_of(tx, owner=ANNA)) == 1
        assert active_filters(tx, owner=ANNA) == []

    await town.write(scene)
