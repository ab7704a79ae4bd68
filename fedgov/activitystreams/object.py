"""Objects: posts, articles, polls, files, and whatever else somebody made.

`read_object` gives one neutral view of all of them. A type that we do not know
is kept and shown by its name, summary and link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypedDict, Unpack

from fedgov.activitystreams.attachment import (
    MAX_ATTACHMENTS,
    Attachment,
    attachment_member,
    read_attachment,
    read_attachments,
)
from fedgov.activitystreams.audience import NOBODY, Audience, read_audience
from fedgov.activitystreams.context import CONTEXT
from fedgov.activitystreams.document import (
    LAST_TIME,
    Document,
    boolean,
    first_http_uri,
    http_uri,
    language,
    language_text,
    objects,
    required_type,
    required_uri,
    timestamp,
    types,
    uri,
    uris,
)
from fedgov.activitystreams.link import media_type, web_url
from fedgov.activitystreams.poll import Option, Poll, poll_members, read_poll
from fedgov.activitystreams.tag import (
    Emoji,
    Hashtag,
    Mention,
    emoji_member,
    hashtag_member,
    mention_member,
    read_emojis,
    read_hashtags,
    read_mentions,
)
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.errors import MalformedError
from fedgov.kernel.uris import is_http_uri, same_origin

KNOWN_TYPES: Final = frozenset(
    {"Note", "Article", "Question", "Page", "Event", "Image", "Document", "Video", "Audio", "Tombstone"}
)
"""The object types that have a form of their own; others are shown by name, summary and link."""

MAX_CONTENT: Final = 200_000
MAX_SUMMARY: Final = 10_000
MAX_NAME: Final = 2_048
MAX_PREVIEW: Final = 500
_MAX_AUTHORS: Final = 20

_FILES: Final = frozenset({"Image", "Document", "Video", "Audio"})
_QUOTE_PROPERTIES: Final = ("quote", "quoteUrl", "quoteUri", "_misskey_quote")
_QUOTE_RELATIONS: Final = frozenset(
    {"https://w3id.org/fep/044f#quote", "https://misskey-hub.net/ns#_misskey_quote", "http://fedibird.com/ns#quoteUri"}
)

ContentType = Literal["text/html", "text/markdown", "text/plain"]


@dataclass(frozen=True, slots=True)
class ObjectView:
    """What an object says, whatever its type.

    Texts are as received and not sanitised. Times are milliseconds since the
    epoch. A value that was not given, or not usable, is None or empty.

    Args:
        uri: Its id.
        type: Its type; of several the first one that we know.
        types: All its types.
        attributed_to: URI of the author, of one origin with the id.
        audience: Who it is for.
        in_reply_to: URI of what it answers.
        context: URI of its thread (``context``, else ``conversation``).
        published: When it was published.
        updated: When it was last changed.
        name: Title, plain text.
        summary: Content note or abstract; HTML or plain text.
        content: The text.
        content_type: What the text is.
        language: BCP 47 tag.
        sensitive: Whether it should be covered at first.
        url: Page for people; None when it has none besides its id.
        attachments: Files and links, the object's own file included.
        mentions: Who is named.
        hashtags: Subjects.
        emojis: Custom emoji.
        quote: URI of what it quotes.
        replies: URI of the collection of replies.
        poll: The question, when it is one.
        start_time: When an event starts.
        end_time: When an event or poll ends.
    """

    uri: str
    type: str
    types: tuple[str, ...] = ()
    attributed_to: str | None = None
    audience: Audience = NOBODY
    in_reply_to: str | None = None
    context: str | None = None
    published: int | None = None
    updated: int | None = None
    name: str | None = None
    summary: str | None = None
    content: str | None = None
    content_type: ContentType = "text/html"
    language: str | None = None
    sensitive: bool = False
    url: str | None = None
    attachments: tuple[Attachment, ...] = ()
    mentions: tuple[Mention, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()
    emojis: tuple[Emoji, ...] = ()
    quote: str | None = None
    replies: str | None = None
    poll: Poll | None = None
    start_time: int | None = None
    end_time: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether its type has a form of its own here."""
        return self.type in KNOWN_TYPES

    @property
    def link(self) -> str:
        """Where people read it."""
        return self.url or self.uri

    @property
    def is_vote(self) -> bool:
        """Whether it has the form in which votes travel: a Note with a name, an answered object and no content."""
        return self.type == "Note" and bool(self.name) and self.in_reply_to is not None and self.content is None


def read_object(doc: Document, *, latest: int = LAST_TIME) -> ObjectView:
    """Read an object that somebody sent or that was fetched.

    Args:
        doc: The object.
        latest: Time of receipt in milliseconds; later times of publishing are moved back to it.

    Raises:
        MalformedError: It has no http(s) ``id``, no type, or an author who is
            not a URI of the same origin.

    Spec: ActivityStreams 2.0 Vocabulary, section 3.3; FEP-fe34; FEP-044f.
    """
    first, names = required_type(doc), types(doc)
    identifier = required_uri(doc, "id")
    kind = next((name for name in names if name in KNOWN_TYPES), first)
    attachments = _attachments(doc, kind)
    return ObjectView(
        uri=identifier,
        type=kind,
        types=names,
        attributed_to=read_author(doc),
        audience=read_audience(doc),
        in_reply_to=first_http_uri(doc, "inReplyTo"),
        context=uri(doc, "context") or uri(doc, "conversation"),
        published=timestamp(doc, "published", latest=latest),
        updated=timestamp(doc, "updated", latest=latest),
        name=language_text(doc, "name", limit=MAX_NAME),
        summary=language_text(doc, "summary", limit=MAX_SUMMARY),
        content=language_text(doc, "content", limit=MAX_CONTENT),
        content_type=_content_type(doc, kind),
        language=language(doc) or language(doc, "name") or language(doc, "summary"),
        sensitive=bool(boolean(doc, "sensitive")) or any(item.sensitive for item in attachments),
        url=web_url(doc),
        attachments=attachments,
        mentions=read_mentions(doc),
        hashtags=read_hashtags(doc),
        emojis=read_emojis(doc),
        quote=read_quote(doc),
        replies=http_uri(doc, "replies"),
        poll=read_poll(doc),
        start_time=timestamp(doc, "startTime"),
        end_time=timestamp(doc, "endTime"),
    )


def read_author(doc: Document) -> str | None:
    """Return the author of an object; None when it names none.

    Of several authors it is the first Person, or the first one when no kinds
    are given. All must be of one origin with the object: otherwise a stranger
    could put words in the mouth of whoever is named.

    Raises:
        MalformedError: An author is not an http(s) URI, or of another origin.

    Spec: FEP-fe34, "Ownership".
    """
    value = doc.get("attributedTo")
    members = value if isinstance(value, list) else [value]
    if value is None or not members:
        return None
    authors = [author for member in members[:_MAX_AUTHORS] if (author := _author(member)) is not None]
    if len(authors) != len(members):
        raise MalformedError("attributedTo must name actors by http or https URIs", detail=repr(value)[:100])
    if not same_origin(required_uri(doc, "id"), *authors):
        raise MalformedError("attributedTo names an actor of another origin", detail=repr(value)[:100])
    person = next((member for member in members if isinstance(member, dict) and "Person" in types(member)), None)
    return authors[0] if person is None else _author(person)


def _author(member: object) -> str | None:
    author = uri({"author": member}, "author")
    return author if author is not None and is_http_uri(author) else None


def _content_type(doc: Document, kind: str) -> ContentType:
    stated = media_type(doc)
    if stated == "text/markdown" and kind not in _FILES:
        return "text/markdown"
    return "text/plain" if stated == "text/plain" and kind not in _FILES else "text/html"


def _attachments(doc: Document, kind: str) -> tuple[Attachment, ...]:
    """Return the attachments; of an Image or Video its own file stands first."""
    hanging = read_attachments(doc)
    own = read_attachment(doc) if kind in _FILES else None
    if own is None or own.kind not in ("image", "video", "audio"):
        return hanging
    return (own, *hanging)[:MAX_ATTACHMENTS]


def read_quote(doc: Document) -> str | None:
    """Return the URI of what an object quotes, in whichever of the ways that are in use.

    Spec: FEP-044f; FEP-e232.
    """
    for key in _QUOTE_PROPERTIES:
        found = http_uri(doc, key)
        if found is not None:
            return found
    for tag in objects(doc, "tag", limit=100):
        if "Link" in types(tag) and not _QUOTE_RELATIONS.isdisjoint(uris(tag, "rel")):
            return http_uri(tag, "href")
    return None


# --- writing ----------------------------------------------------------------------------------------------------


class PostMembers(TypedDict, total=False):
    """What every kind of post may have besides its text. See `ObjectView` for the meaning."""

    url: str
    updated: int | None
    summary: str | None
    sensitive: bool
    language: str | None
    in_reply_to: str | None
    context: str | None
    attachments: Sequence[Attachment]
    mentions: Sequence[Mention]
    hashtags: Sequence[Hashtag]
    emojis: Sequence[Emoji]
    quote: str | None
    quote_stamp: str | None
    interaction_policy: Document | None
    replies: str | None


def note_document(
    uri: str, *, author: str, content: str, audience: Audience, published: int, **members: Unpack[PostMembers]
) -> Document:
    """Build a Note.

    Args:
        uri: Its id.
        author: URI of the author.
        content: Sanitised HTML.
        audience: Who it is for.
        published: Milliseconds since the epoch.
        **members: What `PostMembers` names.
    """
    document: Document = {
        "@context": CONTEXT,
        "id": uri,
        "type": "Note",
        "attributedTo": author,
        "content": content,
        "published": to_rfc3339(published),
        "url": members.get("url", uri),
        "sensitive": members.get("sensitive", False),
        "tag": _tag_members(members),
        "attachment": [attachment_member(item) for item in members.get("attachments", ())],
    }
    return document | audience.fields() | _optional_members(content, members)


def _tag_members(members: PostMembers) -> list[Document]:
    found = [mention_member(item) for item in members.get("mentions", ())]
    found += [hashtag_member(item) for item in members.get("hashtags", ())]
    return found + [emoji_member(item) for item in members.get("emojis", ())]


def _optional_members(content: str, members: PostMembers) -> Document:
    updated, tongue, quote = members.get("updated"), members.get("language"), members.get("quote")
    found: Document = {
        "updated": None if updated is None else to_rfc3339(updated),
        "summary": members.get("summary"),
        "contentMap": None if tongue is None else {tongue: content},
        "inReplyTo": members.get("in_reply_to"),
        "context": members.get("context"),
        "conversation": members.get("context"),
        "quote": quote,
        "quoteUri": quote,
        "_misskey_quote": quote,
        "quoteAuthorization": members.get("quote_stamp"),
        "interactionPolicy": members.get("interaction_policy"),
        "replies": members.get("replies"),
    }
    return {key: value for key, value in found.items() if value is not None}


def article_document(
    uri: str,
    *,
    author: str,
    name: str,
    content: str,
    preview: str,
    audience: Audience,
    published: int,
    **members: Unpack[PostMembers],
) -> Document:
    """Build an Article, with a Note as preview for those who show only short posts.

    Args:
        uri: Its id.
        author: URI of the author.
        name: Plain-text title.
        content: Sanitised HTML.
        preview: Plain-text abstract; cut off at 500 characters.
        audience: Who it is for.
        published: Milliseconds since the epoch.
        **members: What `PostMembers` names; ``summary`` is the abstract unless given.

    Spec: FEP-b2b8.
    """
    abstract = preview[:MAX_PREVIEW]
    document = note_document(uri, author=author, content=content, audience=audience, published=published, **members)
    note = {"type": "Note", "attributedTo": author, "content": abstract, "published": to_rfc3339(published)}
    return {"summary": abstract} | document | {"type": "Article", "name": name, "preview": note}


def question_document(
    uri: str,
    *,
    author: str,
    content: str,
    options: Sequence[Option],
    multiple: bool,
    end_time: int | None,
    audience: Audience,
    published: int,
    voters_count: int | None = None,
    closed: int | None = None,
    **members: Unpack[PostMembers],
) -> Document:
    """Build a Question, which is a poll.

    Args:
        uri: Its id.
        author: URI of the author.
        content: The question as sanitised HTML.
        options: What can be chosen, with the votes so far.
        multiple: Whether several options may be chosen.
        end_time: Milliseconds since the epoch; None when it stays open.
        audience: Who it is for.
        published: Milliseconds since the epoch.
        voters_count: Number of people who voted.
        closed: When it closed; None while it is open.
        **members: What `PostMembers` names.

    Spec: FEP-9967.
    """
    document = note_document(uri, author=author, content=content, audience=audience, published=published, **members)
    poll = Poll(options=tuple(options), multiple=multiple, end_time=end_time, closed=closed, voters_count=voters_count)
    return document | {"type": "Question"} | poll_members(poll)


def vote_document(uri: str, *, author: str, option: str, question: str, to: str, published: int) -> Document:
    """Build a vote: a Note whose name is the chosen option, for the author of the question only."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Note",
        "attributedTo": author,
        "name": option,
        "inReplyTo": question,
        "to": [to],
        "published": to_rfc3339(published),
    }


def tombstone(uri: str, *, deleted: int, former_type: str | None = None) -> Document:
    """Build what remains of a deleted object.

    Args:
        uri: Its id.
        deleted: Milliseconds since the epoch.
        former_type: What it was; left out where that would tell too much.
    """
    document: Document = {"@context": CONTEXT, "id": uri, "type": "Tombstone", "deleted": to_rfc3339(deleted)}
    return document if former_type is None else document | {"formerType": former_type}


def is_tombstone(doc: Document) -> bool:
    """Tell whether the document says that the object was deleted."""
    return "Tombstone" in types(doc)
