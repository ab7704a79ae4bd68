"""Objects, read and written."""

from __future__ import annotations

from typing import Any

import pytest

from fedgov.activitystreams.attachment import MAX_ATTACHMENTS, Attachment
from fedgov.activitystreams.audience import PUBLIC, Audience
from fedgov.activitystreams.object import (
    MAX_CONTENT,
    ObjectView,
    article_document,
    is_tombstone,
    note_document,
    question_document,
    read_object,
    tombstone,
    vote_document,
)
from fedgov.activitystreams.poll import MAX_OPTIONS, Option, Poll
from fedgov.activitystreams.tag import MAX_TAGS, Emoji, Hashtag, Mention
from fedgov.kernel.errors import MalformedError

POST = "https://groningen.example/posts/1"
FATIMA = "https://groningen.example/users/fatima"
VICTIM = "https://victim.example/users/alice"
EVERYONE = Audience(to=(PUBLIC,), cc=(FATIMA + "/followers",))
NOW = 1_700_000_000_000


def note(**changes: object) -> dict[str, Any]:
    return {"id": POST, "type": "Note", "attributedTo": FATIMA, "content": "<p>Hoi</p>"} | changes


def test_our_own_note_is_read_back_as_it_was() -> None:
    picture = Attachment(
        url="https://groningen.example/media/1",
        kind="image",
        media_type="image/png",
        name="een koe",
        blurhash="LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        width=640,
        height=480,
        focal_point=(0.5, -1.0),
    )
    expected = ObjectView(
        uri=POST,
        type="Note",
        types=("Note",),
        attributed_to=FATIMA,
        audience=EVERYONE,
        in_reply_to="https://delft.example/posts/7",
        context="https://groningen.example/contexts/1",
        published=NOW,
        updated=NOW + 1_000,
        summary="let op",
        content="<p>Hoi</p>",
        language="nl",
        sensitive=True,
        url="https://groningen.example/@fatima/1",
        attachments=(picture,),
        mentions=(Mention(href="https://delft.example/users/bob", name="@bob@delft.example"),),
        hashtags=(Hashtag(name="woo", href="https://groningen.example/tags/woo"),),
        emojis=(Emoji(shortcode="koe", url="https://groningen.example/emoji/koe"),),
        quote="https://delft.example/posts/8",
        replies=POST + "/replies",
    )
    assert (
        read_object(
            note_document(
                POST,
                author=FATIMA,
                content="<p>Hoi</p>",
                audience=EVERYONE,
                published=NOW,
                url=expected.url or "",
                updated=expected.updated,
                summary=expected.summary,
                sensitive=True,
                language="nl",
                in_reply_to=expected.in_reply_to,
                context=expected.context,
                attachments=expected.attachments,
                mentions=expected.mentions,
                hashtags=expected.hashtags,
                emojis=expected.emojis,
                quote=expected.quote,
                replies=expected.replies,
            )
        )
        == expected
    )


def test_an_article_has_a_title_and_a_short_preview() -> None:
    document = article_document(
        POST, author=FATIMA, name="Titel", content="<p>Lang</p>", preview="x" * 900, audience=EVERYONE, published=NOW
    )
    assert (read_object(document).type, read_object(document).name) == ("Article", "Titel")
    assert len(document["summary"]) == 500
    assert document["preview"]["content"] == document["summary"]


@pytest.mark.parametrize("multiple", [True, False])
def test_our_own_poll_is_read_back_as_it_was(multiple: bool) -> None:
    poll = Poll(
        options=(Option(name="ja", votes=3), Option(name="nee")),
        multiple=multiple,
        end_time=NOW + 5_000,
        closed=NOW + 6_000,
        voters_count=3,
    )
    document = question_document(
        POST,
        author=FATIMA,
        content="<p>?</p>",
        options=poll.options,
        multiple=multiple,
        end_time=poll.end_time,
        closed=poll.closed,
        voters_count=3,
        audience=EVERYONE,
        published=NOW,
    )
    assert read_object(document).poll == poll


def test_a_poll_closes_by_its_word_or_its_time() -> None:
    option = {"type": "Note", "name": "ja"}
    read = read_object(note(type="Question", oneOf=[option], closed=True)).poll
    assert read is not None
    assert read.is_closed(0)
    assert not Poll(options=(), end_time=10).is_closed(9)
    assert Poll(options=(), end_time=10).is_closed(10)
    assert read_object(note(type="Question")).poll is None
    assert read_object(note(oneOf=[option])).poll is None


def test_a_vote_is_told_from_a_post() -> None:
    vote = vote_document(
        POST, author=FATIMA, option="ja", question="https://delft.example/posts/7", to=VICTIM, published=NOW
    )
    assert read_object(vote).is_vote
    assert not read_object(note(name="ja", inReplyTo="https://delft.example/posts/7")).is_vote


def test_a_tombstone_remembers_only_what_it_may() -> None:
    assert is_tombstone(tombstone(POST, deleted=NOW))
    assert "formerType" not in tombstone(POST, deleted=NOW)
    assert tombstone(POST, deleted=NOW, former_type="Note")["formerType"] == "Note"
    assert not is_tombstone(note())


@pytest.mark.parametrize(
    "changes", [{"id": None}, {"id": "x:1"}, {"id": ["https://a.example/1", POST]}, {"type": None}]
)
def test_an_object_without_id_or_type_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        read_object(note(**changes))


@pytest.mark.parametrize(
    "authors",
    [
        [FATIMA, VICTIM],
        [VICTIM, FATIMA],
        [{"type": "Person", "id": VICTIM}, FATIMA],
        [{"type": "Group", "id": FATIMA}, {"type": "Person", "id": VICTIM}],
    ],
)
def test_fet_07_authors_of_several_origins_are_refused(authors: object) -> None:
    with pytest.raises(MalformedError, match="another origin"):
        read_object(note(attributedTo=authors))


def test_fet_07_of_several_authors_of_one_origin_the_first_person_counts() -> None:
    channel, person = {"type": "Group", "id": FATIMA + "/channel"}, {"type": "Person", "id": FATIMA}
    assert read_object(note(attributedTo=[channel, person])).attributed_to == FATIMA
    assert read_object(note(attributedTo=[FATIMA + "/channel", FATIMA])).attributed_to == FATIMA + "/channel"


@pytest.mark.parametrize(
    "author", [1, "alice", "4f1c-uuid", True, {}, [1], [FATIMA, 1], "acct:a@b.example", [FATIMA, None]]
)
def test_fet_08_an_author_who_is_no_url_is_refused(author: object) -> None:
    with pytest.raises(MalformedError, match="attributedTo"):
        read_object(note(attributedTo=author))


def test_fet_09_an_author_of_another_origin_than_the_object_is_refused() -> None:
    with pytest.raises(MalformedError, match="another origin"):
        read_object(note(attributedTo=VICTIM))


def test_an_unknown_type_is_kept_with_its_name_summary_and_link() -> None:
    read = read_object({"id": POST, "type": "Recipe", "name": "Soep", "summary": "Warm", "url": POST + "/html"})
    assert (read.type, read.name, read.summary, read.link, read.is_known) == (
        *("Recipe", "Soep", "Warm", POST + "/html"),
        False,
    )
    assert read_object({"id": POST, "type": "Recipe"}).link == POST


def test_of_several_types_the_known_one_counts() -> None:
    assert read_object(note(type=["Proposal", "Note"])).type == "Note"


def test_a_file_that_is_itself_the_object_is_its_first_attachment() -> None:
    page = {"type": "Link", "mediaType": "text/html", "href": "https://groningen.example/w/1"}
    film = {"type": "Link", "mediaType": "video/mp4", "href": "https://groningen.example/v.mp4", "height": 720}
    read = read_object(note(type="Video", url=[page, film]))
    assert read.url == page["href"]
    assert [(item.url, item.kind, item.height) for item in read.attachments] == [(film["href"], "video", 720)]


@pytest.mark.parametrize("media", ["text/markdown", "text/plain"])
def test_the_kind_of_text_is_told(media: str) -> None:
    assert read_object(note(mediaType=media + "; charset=utf-8")).content_type == media
    assert read_object(note(mediaType="application/x-evil")).content_type == "text/html"


def test_dos_09_floods_in_a_post_are_cut() -> None:
    many = range(10_000)
    read = read_object(
        note(
            type="Question",
            tag=[{"type": "Mention", "href": f"https://a.example/{n}"} for n in many],
            attachment=[{"type": "Image", "url": f"https://a.example/{n}.png"} for n in many],
            oneOf=[{"name": f"{n}"} for n in many],
            content="x" * 1_000_000,
        )
    )
    assert len(read.mentions) == MAX_TAGS
    assert len(read.attachments) == MAX_ATTACHMENTS == 16
    assert read.poll is not None
    assert len(read.poll.options) == MAX_OPTIONS == 500
    assert len(read.content or "") == MAX_CONTENT
    hashtags = read_object(note(tag=[{"type": "Hashtag", "name": f"#t{n}"} for n in many])).hashtags
    assert len(hashtags) == MAX_TAGS


@pytest.mark.parametrize("scheme", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///x", "blob:x"])
def test_xss_03_addresses_that_are_not_http_are_left_out(scheme: str) -> None:
    read = read_object(
        note(
            url=scheme,
            attachment=[{"type": "Image", "url": scheme}, {"type": "Link", "href": scheme}],
            tag=[
                {"type": "Mention", "href": scheme},
                {"type": "Emoji", "name": ":koe:", "icon": {"url": scheme}},
                {"type": "Hashtag", "name": "#x", "href": scheme},
            ],
            quote=scheme,
            inReplyTo=scheme,
        )
    )
    assert (read.url, read.attachments, read.mentions, read.emojis, read.quote, read.in_reply_to) == (
        *(None, (), (), (), None, None),
    )
    assert read.hashtags == (Hashtag(name="x"),)


@pytest.mark.parametrize("wrong", [[2, 0], [0], "0,0", [True, 0], [0, "x"], [float("inf"), 0]])
def test_a_focal_point_outside_of_the_picture_is_none(wrong: object) -> None:
    read = read_object(note(attachment={"type": "Image", "url": "https://a.example/i.png", "focalPoint": wrong}))
    assert read.attachments[0].focal_point is None


def test_dos_17_a_post_cannot_come_from_the_future() -> None:
    read = read_object(note(published="3000-01-01T00:00:00Z", updated="3000-01-01T00:00:00Z"), latest=NOW)
    assert (read.published, read.updated) == (NOW, NOW)
