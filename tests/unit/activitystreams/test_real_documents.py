"""Documents that other implementations and standards use."""

from __future__ import annotations

from typing import Any

import pytest

from fedgov.activitystreams.activity import read_activity
from fedgov.activitystreams.actor import read_actor
from fedgov.activitystreams.document import parse
from fedgov.activitystreams.object import ObjectView, read_object
from fedgov.kernel.errors import FedgovError, MalformedError
from fedgov.kernel.text.markdown import render
from tests.vectors import vectors

PASTURE = 138
IMAGE = "http://pasture-one-actor/images/"
NOTE = "http://pasture-one-actor/assets/note1.jsonap"
ACTOR = "http://pasture-one-actor/actor"


def _read_by_everyone(raw: bytes) -> int:
    """Give the document to every reader; return how many accept it."""
    doc = parse(raw)
    accepted = 0
    for read in (read_activity, read_object, read_actor):
        try:
            read(doc)
            accepted += 1
        except FedgovError as refusal:
            assert refusal.safe
    return accepted


def test_every_document_of_the_standard_is_read_or_refused_with_a_reason() -> None:
    files = sorted(vectors("as2").glob("*.json"))
    broken = []
    for file in files:
        try:
            _read_by_everyone(file.read_bytes())
        except MalformedError:
            broken.append(file.name)
    assert len(files) == 212
    # A line break inside a text, which JSON forbids.
    assert broken == ["vocabulary-ex196-jsonld.json"]


def test_every_document_of_fedify_is_read_or_refused_with_a_reason() -> None:
    files = sorted(vectors("fedify-fixtures").rglob("*.json"))
    assert sum(_read_by_everyone(file.read_bytes()) for file in files) > 10


def test_the_actors_of_fedify_have_their_keys() -> None:
    folder = vectors("fedify-fixtures")
    alice = read_actor(parse((folder / "server.example/users/alice.json").read_bytes()))
    assert [key.kind for key in alice.keys] == ["multibase"]
    with pytest.raises(MalformedError, match="inbox"):
        read_actor(parse((folder / "remote.domain/users/bob.json").read_bytes()))


# --- what fediverse applications are judged with ----------------------------------------------------------------


def _pasture(name: str) -> dict[str, Any]:
    return parse((vectors("pasture-inputs") / "activity" / f"{name}.json").read_bytes())


def _view(name: str) -> ObjectView:
    activity = read_activity(_pasture(name))
    assert activity.object is not None
    return read_object(activity.object)


def test_every_input_of_the_pasture_is_accepted() -> None:
    files = sorted((vectors("pasture-inputs") / "activity").glob("*.json"))
    assert len(files) == PASTURE
    for file in files:
        activity = read_activity(parse(file.read_bytes()))
        assert activity.actor == "http://actor.example"
        assert activity.object is not None
        view = read_object(activity.object)
        assert view.type == "Note"
        assert view.attributed_to == activity.actor
        assert view.audience.is_public
        html = render(view.content or "", content_type=view.content_type)
        assert "<script" not in html
        assert "<img" not in html
        assert "src=" not in html


@pytest.mark.parametrize("number", range(PASTURE))
def test_every_object_of_the_pasture_is_accepted_by_itself(number: int) -> None:
    files = sorted((vectors("pasture-inputs") / "object").glob("*.json"))
    assert read_object(parse(files[number].read_bytes())).type == "Note"


HASHTAGS = {
    0: ["test"],
    1: ["nohash"],
    2: ["with-dash_under"],
    3: [],  # white space ends a hashtag, so this can be none
    4: [],  # neither can one with brackets
    5: ["with123"],
    6: ["1234"],
    7: ["camelcase"],
    8: ["ümläütß"],
    9: ["🐄"],
    10: ["❤️"],
    11: ["牛"],
    12: ["test"],
}


@pytest.mark.parametrize("number", HASHTAGS)
def test_hashtags(number: int) -> None:
    assert [tag.name for tag in _view(f"hashtags_{number}").hashtags] == HASHTAGS[number]


MENTIONS = {
    0: [(ACTOR, "@actor@test_server")],
    1: [(ACTOR, "@actor@test_server")],
    2: [(ACTOR, "something something")],
    3: [(ACTOR, None)],
    4: [("https://mastodon.social/users/the_milkman", "@the_milkman@mastodon.social")],
    5: [("https://dummy.example", "@dummy@example")],
    6: [("http://test_actor", "@test_actor@test_server")],
    7: [(ACTOR, "yay")],  # "as:Mention" is a Mention
    8: [],  # a tag without a type
    9: [(ACTOR, "@actor@test_server")],  # named twice
}


@pytest.mark.parametrize("number", MENTIONS)
def test_mentions(number: int) -> None:
    assert [(mention.href, mention.name) for mention in _view(f"mentions_{number}").mentions] == MENTIONS[number]


URLS = {
    0: "http://remote.example/objects/123",
    1: "http://remote.example/objects/123",
    2: "http://remote.example/objects/123",
    3: "http://other.example/objects/123",
    4: "http://html.example/objects/123",
    5: None,  # a film is no page for people
    6: "http://html.example/objects/123",
    7: "http://html.example/objects/123",
    8: "http://html.example/objects/123",
    9: "http://html.example/objects/123",
    10: "http://html.example/objects/123",
    11: "https://notype.example/",
    12: "http://pasture-one-actor/objects/123",
}


@pytest.mark.parametrize("number", URLS)
def test_the_page_for_people(number: int) -> None:
    assert _view(f"url_{number}").url == URLS[number]


ATTACHMENTS = {
    0: [("image", "image/jpeg", "a cow")],
    1: [("video", "video/mp4", "a cow eating grass")],
    2: [("audio", "audio/mpeg", "the moo sound of a cow")],
    3: [("audio", "audio/mpeg", "the moo sound of a cow")],
    4: [("link", None, None)],
    5: [],  # payto: is no http address
    6: [("document", "text/plain", "text document")],
    7: [("document", "text/plain", "text document")],  # href in place of url
    8: [],  # a post hung on a post has no address
    9: [],  # nor has a recipe
    10: [("image", "image/png", None)] * 10,
}


@pytest.mark.parametrize("number", ATTACHMENTS)
def test_attachments(number: int) -> None:
    found = [(item.kind, item.media_type, item.name) for item in _view(f"attachments_{number}").attachments]
    assert found == ATTACHMENTS[number]


IMAGES = {
    0: ("001.png", "image"),
    1: ("001b.png", "image"),
    2: ("002.jpg", "image"),
    3: ("002b.jpg", "image"),
    5: ("003.eps", "image"),
    6: ("003b.gif", "image"),
    7: ("003c.tiff", "image"),
    8: ("003d.webp", "image"),
    10: ("004.png", "image"),
    11: ("005.png", "image"),
    12: ("006.png", "image"),
    13: ("006b.png", "image"),
    14: ("006c.png", "image"),
    15: ("007.png", "image"),  # of two formats the first
}


@pytest.mark.parametrize("number", IMAGES)
def test_pictures(number: int) -> None:
    (item,) = _view(f"image_attachments_{number}").attachments
    assert (item.url.removeprefix(IMAGE), item.kind) == IMAGES[number]


def test_a_picture_inside_the_document_is_left_out() -> None:
    assert _view("image_attachments_16").attachments == ()


def test_stated_dimensions_are_kept() -> None:
    (item,) = _view("image_attachments_10").attachments
    assert (item.width, item.height) == (13, 17)


@pytest.mark.parametrize("number", range(5))
def test_quotes_in_every_spelling(number: int) -> None:
    assert _view(f"quotes_{number}").quote == NOTE


ANSWERED = {0: NOTE, 1: "http://invalid.example/", 2: NOTE, 3: NOTE, 4: NOTE, 5: None, 6: NOTE}


@pytest.mark.parametrize("number", ANSWERED)
def test_what_a_post_answers(number: int) -> None:
    assert _view(f"in_reply_to_{number}").in_reply_to == ANSWERED[number]


COVERED = {0: True, 1: False, 2: True, 3: True, 4: True, 5: True, 6: True}


@pytest.mark.parametrize("number", COVERED)
def test_content_notes(number: int) -> None:
    view = _view(f"content_warnings_{number}")
    assert view.sensitive is COVERED[number]
    assert view.summary == ("summary" if number in (1, 2) else None)


@pytest.mark.parametrize("number", range(6))
def test_no_context_is_needed_or_fetched(number: int) -> None:
    assert "@context" in (_view(f"context_{number}").content or "")


REL = ' rel="nofollow noopener noreferrer ugc"'
TAGS = {
    0: "<b>bold</b>",
    5: "<del>old</del><ins>new</ins>",
    7: "<mark>mark</mark>",
    9: "<ol><li>ordered</li></ol>",
    11: "<h2>h1</h2>",
    16: "<h2>h1</h2><h2>h2</h2>",
    20: "line<br>break",
    25: f'<a href="https://funfedi.dev"{REL}>funfedi</a>',
    26: "",
    27: "[NLNET Logo]",
    28: "wbr: Fernstraßen<wbr>bau<wbr>privat<wbr>finanzierungs<wbr>gesetz",
    29: "Audio ",
}


@pytest.mark.parametrize("number", TAGS)
def test_html(number: int) -> None:
    assert render(_view(f"html_tags_{number}").content or "") == TAGS[number]


@pytest.mark.parametrize("number", range(18))
def test_links_in_html_keep_only_what_is_harmless(number: int) -> None:
    html = render(_view(f"html_anchor_{number}").content or "")
    assert html.startswith('<a href="https://funfedi.dev')
    assert REL in html
    assert not any(word in html for word in ("target=", "download=", 'class="fun', "rel='"))
