"""What other programs really send (fediverse-pasture-inputs): kept, shown, harmless."""

from __future__ import annotations

import re

import orjson

from fedgov.features.posts.present import post_cards
from fedgov.features.posts.queries import parts
from tests import vectors
from tests.unit.features.posts.correspondence import PIETER, deliver, the_post
from tests.unit.features.residents import Town

_HARMFUL = re.compile(
    r"<(?:script|iframe|img|audio|video|style|form|svg|object)\b|\son[a-z]+=|javascript:", re.IGNORECASE
)


def test_everything_from_the_pasture_is_kept_and_shown(people_town: Town) -> None:
    fatima, _ = people_town.local("fatima"), people_town.remote()
    tx = people_town.tx

    for path in sorted((vectors.vectors("pasture-inputs") / "activity").glob("*.json")):
        text = path.read_bytes().replace(b'"http://actor.example"', f'"{PIETER}"'.encode())
        text = text.replace(b"http://actor.example/", b"https://leeuwarden.example/")
        document = orjson.loads(text.replace(b"http://remote.example/", fatima.encode()))

        deliver(tx, document)

        row = the_post(tx, document["object"]["id"])
        (card,) = post_cards(tx, [row], None)
        assert card.visibility == "public", path.name
        assert not _HARMFUL.search(str(card.content_html)), path.name
        shown = [each.url for each in card.attachments if each.kind != "document"]
        assert all(url.startswith("/media/proxy/") for url in shown), path.name


def test_what_is_named_there_is_found(people_town: Town) -> None:
    fatima, _ = people_town.local("fatima"), people_town.remote()
    found = {}
    for name in ("mentions_9", "hashtags_7", "quotes_4", "in_reply_to_6", "content_warnings_2", "attachments_10"):
        path = vectors.vectors("pasture-inputs") / "activity" / f"{name}.json"
        text = path.read_bytes().replace(b'"http://actor.example"', f'"{PIETER}"'.encode())
        text = text.replace(b"http://actor.example/", b"https://leeuwarden.example/")
        document = orjson.loads(text.replace(b"http://remote.example/", fatima.encode()))
        deliver(people_town.tx, document)
        found[name] = the_post(people_town.tx, document["object"]["id"])

    tx = people_town.tx
    named = found["mentions_9"].object_id
    assert len(parts.mentions_of(tx, object_ids=[named])[named]) == 1
    tagged = found["hashtags_7"].object_id
    assert [each.tag for each in parts.hashtags_of(tx, object_ids=[tagged])[tagged]] == ["camelcase"]
    assert found["quotes_4"].quote_uri == "http://pasture-one-actor/assets/note1.jsonap"
    assert found["in_reply_to_6"].in_reply_to_uri == "http://pasture-one-actor/assets/note1.jsonap"
    assert (found["content_warnings_2"].summary, found["content_warnings_2"].sensitive) == ("summary", True)
    many = found["attachments_10"].object_id
    assert len(parts.attachments_of(tx, object_ids=[many])[many]) == 10
