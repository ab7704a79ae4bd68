"""Custom emoji belong to the one post, person or reaction that brought them along."""

from __future__ import annotations

from typing import Any

import pytest

from fedgov.features.people.present import person_cards, profile_card
from fedgov.features.posts.present import post_cards, revision_rows
from fedgov.features.posts.queries.timelines import Entry
from fedgov.federation import actors
from fedgov.web.cards import EmojiCard, PostCard
from fedgov.web.proxied import PREFIX, proxied_path, read_token, secret_of
from tests.unit.features.posts.correspondence import PIETER, activity, arrive, deliver, note, the_post, written
from tests.unit.features.residents import Town

FATIMA = "https://groningen.example/users/fatima"
KOE = "https://leeuwarden.example/emoji/koe.png"


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima follows Pieter."""
    people_town.befriend(people_town.local("fatima"), people_town.remote())
    return people_town


def emoji(name: str = "koe", url: str = KOE) -> dict[str, Any]:
    """An emoji as it stands in a tag list."""
    return {"type": "Emoji", "name": f":{name}:", "icon": {"type": "Image", "url": url}}


def card_of(town: Town, document: dict[str, Any]) -> PostCard:
    """The card of what arrives."""
    (card,) = post_cards(town.tx, [arrive(town, document)], FATIMA)
    return card


def test_a_card_says_what_an_app_needs_to_know_of_an_emoji(town: Town) -> None:
    card = card_of(town, note(content="<p>:koe:</p>", tag=[emoji()]))

    path = proxied_path(secret_of(town.tx.config.folder), KOE)
    assert card.emojis == (
        EmojiCard(
            shortcode="koe", url=path, static_url=f"{path}/emoji", host="leeuwarden.example", visible_in_picker=False
        ),
    )
    assert str(card.content_html) == "<p>:koe:</p>"
    assert read_token(secret_of(town.tx.config.folder), path.removeprefix(PREFIX)) == KOE


def test_an_emoji_of_one_post_changes_no_other(town: Town) -> None:
    arrive(town, note(key="1", content=":koe:", tag=[emoji()]))

    other = card_of(town, note(key="2", content=":koe:"))
    reply = card_of(town, note(key="3", content=":koe:", inReplyTo=note(key="1")["id"]))
    own = post_cards(town.tx, [written(town, FATIMA, "Een :koe:")], FATIMA)[0]

    assert other.emojis == reply.emojis == own.emojis == ()
    assert other.author.emojis == ()


def test_of_several_with_one_name_the_first_counts_and_at_most_sixty_four(town: Town) -> None:
    many = [emoji(f"koe{number}", f"{KOE}?{number}") for number in range(80)]
    card = card_of(town, note(tag=[emoji(), emoji(url="https://b.example/x"), *many]))

    assert len(card.emojis) == 64
    assert [each.host for each in card.emojis if each.shortcode == "koe"] == ["leeuwarden.example"]


@pytest.mark.parametrize(
    "tag",
    [
        emoji(url="javascript:alert(1)"),
        emoji(url="data:image/png;base64,AAAA"),
        emoji(url="https://user:pass@a.example/x"),
        emoji(name="k"),
        emoji(name="een koe"),
        emoji(name="k" * 65),
        {"type": "Emoji", "name": ":koe:"},
        {"type": "Mention", "name": ":koe:", "icon": {"url": KOE}, "href": KOE},
    ],
)
def test_what_is_no_emoji_is_none(town: Town, tag: dict[str, Any]) -> None:
    assert card_of(town, note(tag=[tag])).emojis == ()


def test_an_edit_brings_its_own_emoji(town: Town) -> None:
    first = note(content=":koe:", tag=[emoji()])
    row = arrive(town, first)
    town.later(60_000)
    deliver(town.tx, activity("Update", {**first, "tag": [], "updated": "2026-11-18T20:00:00Z"}))

    row = the_post(town.tx, row.uri)
    assert row.edited_at is not None
    assert post_cards(town.tx, [row], None)[0].emojis == ()
    assert revision_rows(town.tx, row=row, viewer=None)[0].post.emojis == ()


# --- people -----------------------------------------------------------------------------------------------------


def test_a_name_may_hold_emoji_of_its_owner(town: Town) -> None:
    koos = town.remote("@koos@leeuwarden.example", name="Koos :koe:", tag=[emoji()])
    piet = town.remote("@piet@leeuwarden.example", name="Piet :koe:")

    cards = person_cards(town.tx, {koos, piet, PIETER, FATIMA})

    assert [each.shortcode for each in cards[koos].emojis] == ["koe"]
    assert cards[koos].name == "Koos :koe:"
    assert cards[koos].initials == "K"
    assert cards[piet].emojis == cards[PIETER].emojis == cards[FATIMA].emojis == ()


def test_a_profile_may_hold_emoji_in_its_text_and_facts(town: Town) -> None:
    fact = {"type": "PropertyValue", "name": "Dier", "value": ":koe:"}
    texts = town.remote("@a@leeuwarden.example", summary="<p>:koe:</p>", tag=[emoji()])
    facts = town.remote("@b@leeuwarden.example", attachment=[fact], tag=[emoji()])

    for uri in (texts, facts):
        row = actors.get(town.tx, uri=uri)
        card = profile_card(town.tx, row=row, viewer=None)
        assert [each.shortcode for each in card.emojis] == ["koe"]
        assert card.person.emojis == ()


# --- reactions --------------------------------------------------------------------------------------------------


def test_two_servers_with_one_name_for_two_pictures_are_two_reactions(town: Town) -> None:
    row = written(town, FATIMA)
    others = [town.remote(f"@x@{host}.example") for host in ("a", "b", "c", "d")]
    tags = [emoji(url="https://a.example/1"), emoji(url="https://a.example/1"), emoji(url="https://c.example/2"), None]
    for actor, tag in zip(others, tags, strict=True):
        town.later(1)
        deliver(town.tx, activity("EmojiReact", row.uri, actor=actor, content=":koe:", tag=[tag] if tag else []))

    (card,) = post_cards(town.tx, [Entry(entry_id=row.object_id, row=row)], FATIMA)

    found = [(each.emoji, each.count, each.picture.host if each.picture else None) for each in card.reactions]
    assert found == [(":koe:", 2, "a.example"), (":koe:", 1, "c.example"), (":koe:", 1, None)]


def test_a_reaction_without_a_usable_picture_is_text(town: Town) -> None:
    row = written(town, FATIMA)
    tag = [emoji(url="javascript:alert(1)")]
    deliver(town.tx, activity("EmojiReact", row.uri, content=":koe:", tag=tag))

    (card,) = post_cards(town.tx, [row], FATIMA)

    assert [(each.emoji, each.picture) for each in card.reactions] == [(":koe:", None)]
