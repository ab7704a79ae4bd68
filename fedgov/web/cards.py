"""What a page shows, as plain data.

Rooms build these from their own tables; templates and the other doors read
them. Nothing here knows a database, a request or a language. Every ``url`` of
media is a path of this instance: a reader's browser never calls a third party.
All times are milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from markupsafe import Markup

from fedgov.kernel.text.quotes import without_quote_line

Visibility = Literal["public", "unlisted", "followers", "direct", "organisation"]
AttachmentKind = Literal["image", "video", "audio", "document"]
ReceiptState = Literal["handed_over", "confirmed", "queued", "failed", "withdrawn"]
NOTHING: Final = Markup("")

NotificationKind = Literal[
    "follow", "follow_request", "mention", "reply", "like", "share", "reaction", "poll", "update", "moderation",
    "status", "quote", "quoted_update", "quote_request", "sign_up", "report",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiCard:
    """A custom emoji that somebody defined, for what they wrote alone.

    Args:
        shortcode: Its name, without colons.
        url: Path of the picture on this instance; it may move.
        static_url: Path of the picture standing still.
        host: The server that has the picture; nothing is fetched from one that is blocked.
        visible_in_picker: Whether people here can choose it.
    """

    shortcode: str
    url: str
    static_url: str
    host: str
    visible_in_picker: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCard:
    """A person as shown beside a post or in a list.

    Args:
        id: Row id of the actor; 0 for nobody.
        uri: URI of the actor.
        url: Path of the profile page on this instance.
        handle: ``@name@host``.
        name: Plain-text display name.
        initials: One or two letters, shown where there is no picture.
        organisation: Name of the organisation, or the host when that is all we know.
        confirmed: The organisation itself says that this person belongs to it.
        local: The account is of this instance.
        bot: The account is not a person.
        avatar_url: Path on this instance, or None.
        function: Plain text such as ``inkoopadviseur``, or None.
        emojis: Custom emoji in the name and the function.
    """

    uri: str
    url: str
    handle: str
    name: str
    initials: str
    organisation: str
    confirmed: bool = False
    local: bool = False
    bot: bool = False
    avatar_url: str | None = None
    function: str | None = None
    emojis: tuple[EmojiCard, ...] = ()
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentCard:
    """A picture, recording or document under a post.

    Args:
        url: Path on this instance.
        preview_url: Path of a smaller picture, or None.
        alt: Description by the author; empty when none was given.
        width: Pixels; None for what has no size.
        height: Pixels; None for what has no size.
        blurhash: Short text that stands for the colours, or None.
        media_type: Such as ``image/webp``.
        size: Bytes, or None when unknown.
        name: File name for a reader.
        id: Row id of the upload, for files of this instance.
        place: Row id of the file in its post; 0 while it hangs on none.
        open_url: Address at which programs that show no log-in find a file of this instance, or None.
        remote_url: Address elsewhere that the file came from, or None.
        focus: What must stay in sight when it is cropped: from -1 to 1, to the right and upwards.
    """

    kind: AttachmentKind
    url: str
    media_type: str
    preview_url: str | None = None
    alt: str = ""
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    size: int | None = None
    name: str = ""
    id: int | None = None
    place: int = 0
    open_url: str | None = None
    remote_url: str | None = None
    focus: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOption:
    """One answer of a poll.

    Args:
        votes: Number of votes; None while results are hidden.
        share: Part of the voters between 0 and 1.
    """

    label: str
    votes: int | None = None
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PollCard:
    """A poll under a post.

    Args:
        multiple: More than one answer may be chosen.
        ends_at: Milliseconds, or None when it has no end.
        voters: Number of people who voted, or None when unknown.
        may_vote: The reader may vote now.
        own_votes: Positions of the options that the reader chose.
    """

    options: tuple[PollOption, ...]
    multiple: bool = False
    closed: bool = False
    ends_at: int | None = None
    voters: int | None = None
    may_vote: bool = False
    own_votes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationReceipt:
    """What became of a post at one other organisation.

    Args:
        host: Host of the peer.
        name: Name of the organisation, or the host.
        state: ``confirmed`` means that it told us; ``handed_over`` that it answered 2xx.
        reason: Why it waits or failed, in plain words; empty otherwise.
        next_attempt_at: Milliseconds, or None.
    """

    host: str
    name: str
    state: ReceiptState
    reason: str = ""
    next_attempt_at: int | None = None
    attempts: int = 0
    updated_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Where a post of our own went."""

    organisations: tuple[OrganisationReceipt, ...] = ()

    @property
    def total(self) -> int:
        """Number of organisations that it should reach."""
        return sum(each.state != "withdrawn" for each in self.organisations)

    @property
    def arrived(self) -> int:
        """Number of organisations that took it."""
        return sum(each.state in {"handed_over", "confirmed"} for each in self.organisations)

    @property
    def waiting(self) -> tuple[OrganisationReceipt, ...]:
        """Those that have not taken it yet, or will not."""
        return tuple(each for each in self.organisations if each.state in {"queued", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTo:
    """What a post answers, as far as this reader may read that.

    Args:
        url: Path of that post's page on this instance.
        author: Who wrote it; None when we do not know.
        id: Row id of that post.
    """

    url: str
    id: int
    author: PersonCard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCard:
    """A hashtag: ``name`` without ``#``; ``url`` a path on this instance."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionCount:
    """How often one emoji was given; ``picture`` for a custom one."""

    emoji: str
    count: int
    mine: bool = False
    picture: EmojiCard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteCard:
    """That a post quotes another one, and that one as far as this reader may see it.

    Args:
        post: The quoted post. None when it is unknown here, deleted, hidden or not for this reader, which
            all look the same; and in a quoted post.
        original_url: Where to look for it instead, elsewhere; None where that leads nowhere or to somebody blocked.
        is_nested: It is in a quoted post, of whose quotation only the fact is told.
        state: How it stands with its author: ``accepted``, ``pending``, ``rejected`` or ``revoked``.
    """

    post: PostCard | None = None
    original_url: str | None = None
    is_nested: bool = False
    state: str = "accepted"

    @property
    def stands_for_its_line(self) -> bool:
        """Whether the line ``RE: …`` in the content says nothing more than what is shown of this."""
        return self.is_nested or self.post is not None or self.original_url is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCard:
    """A post, local or remote, as this reader may see it.

    Args:
        id: Row id; the post's page is ``/posts/{id}``.
        uri: URI of the object.
        url: Path of its page on this instance.
        content_html: Sanitised HTML, in which custom emoji are still ``:shortcodes:``.
        visibility: Who can see it.
        recipients: The people of a direct post.
        mentions: The people whom it names, as far as they are known here.
        language: BCP 47 tag, or None when unknown.
        summary: Content note (plain text); the content is folded behind it.
        sensitive: Whether its files are covered until the reader wants to see them; a content note covers them too.
        title: Plain text for articles and the like.
        emojis: Custom emoji in its texts.
        quote: What it quotes.
        reply_to: What it answers.
        shared_by: Who brought it here by sharing, or None.
        entry_id: Where it sorts in the list that it stands in: its row id, or that of the share.
        receipt: Only for its author.
        fallback_link: Address of the original, for a type that we cannot show in full.
        fallback_type: Name of that type, such as ``Recipe``.
        depth: Place in a thread: 0 for the post itself, 1 for a reply to it, and so on.
        quotes: How often it is quoted with its author's consent.
        quotable_by: Who may quote it at once, and who after its author looked; None: its author does not say.
        may_quote: What the reader may expect who quotes it: ``automatic``, ``manual``, ``denied`` or ``unknown``.
        folded: Names of the reader's filters that fold it; empty when none does.
    """

    id: int
    uri: str
    url: str
    author: PersonCard
    published_at: int
    content_html: Markup
    visibility: Visibility = "public"
    edited_at: int | None = None
    recipients: tuple[PersonCard, ...] = ()
    mentions: tuple[PersonCard, ...] = ()
    language: str | None = None
    summary: str = ""
    sensitive: bool = False
    title: str = ""
    attachments: tuple[AttachmentCard, ...] = ()
    poll: PollCard | None = None
    tags: tuple[TagCard, ...] = ()
    emojis: tuple[EmojiCard, ...] = ()
    quote: QuoteCard | None = None
    reply_to: ReplyTo | None = None
    replies: int = 0
    shares: int = 0
    likes: int = 0
    reactions: tuple[ReactionCount, ...] = ()
    shared_by: PersonCard | None = None
    entry_id: int = 0
    liked: bool = False
    shared: bool = False
    bookmarked: bool = False
    pinned: bool = False
    may_reply: bool = False
    may_share: bool = False
    may_edit: bool = False
    may_delete: bool = False
    deleted: bool = False
    receipt: Receipt | None = None
    fallback_link: str | None = None
    fallback_type: str = ""
    quotes: int = 0
    quotable_by: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    may_quote: str = "denied"
    original_url: str | None = None
    depth: int = 0
    folded: str = ""

    @property
    def shown_html(self) -> Markup:
        """The content, without the address of the quoted post where that itself is shown or linked."""
        if self.quote is None or not self.quote.stands_for_its_line:
            return self.content_html
        return Markup(without_quote_line(self.content_html))  # noqa: S704 - only less than what was sanitised


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationCard:
    """Something that happened and concerns the reader.

    Args:
        person: Who did it; None when nobody in particular did (a poll that ended).
        post: What it is about, or None.
        at: Milliseconds.
        emoji: For a reaction.
        picture: For a reaction with a custom emoji.
        text: For moderation: what was decided, plain text.
    """

    id: int
    kind: NotificationKind
    at: int
    person: PersonCard | None = None
    post: PostCard | None = None
    unread: bool = False
    emoji: str = ""
    picture: EmojiCard | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How the reader and a person stand."""

    is_me: bool = False
    following: bool = False
    requested: bool = False
    followed_by: bool = False
    blocked: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileField:
    """A row on a profile: plain-text name, sanitised HTML value, and since when the linked page links back."""

    name: str
    value_html: Markup
    confirmed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCard:
    """The head of a profile page.

    Args:
        about_html: Sanitised HTML, in which custom emoji are still ``:shortcodes:``.
        emojis: Custom emoji in it and in the fields.
        followers: None when the number is not known.
        lists_public: The followers' lists may be seen by this reader.
        joined_at: Milliseconds, or None.
        known_since: Since when this instance knows of it, in milliseconds.
        moved_to: The account that replaces this one.
        username: The first part of the handle.
        header_url: Path on this instance, or None.
        avatar_alt: What is on the portrait, plain text.
        header_alt: What is on the header, plain text.
        group: It stands for a group of people.
        discoverable: May be suggested to others.
        indexable: What it wrote for everybody may be found by searching.
        lists_followers: Shows who follows it and whom it follows, and not only how many.
        limited: An administrator lets it be shown only to those who follow it.
        suspended: An administrator lets it be shown to nobody.
    """

    person: PersonCard
    username: str = ""
    header_url: str | None = None
    avatar_alt: str = ""
    header_alt: str = ""
    group: bool = False
    discoverable: bool = False
    indexable: bool = False
    lists_followers: bool = True
    known_since: int = 0
    about_html: Markup = NOTHING
    emojis: tuple[EmojiCard, ...] = ()
    fields: tuple[ProfileField, ...] = ()
    posts: int | None = None
    followers: int | None = None
    following: int | None = None
    lists_public: bool = True
    approves_followers: bool = False
    joined_at: int | None = None
    moved_to: PersonCard | None = None
    relation: Relation = Relation()
    original_url: str | None = None
    limited: bool = False
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """Where the rest of a list is: local paths with a query, or None."""

    newer: str | None = None
    older: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachCard:
    """Who a post that is being written would reach, as far as really known.

    Args:
        people: Number of people; None when it cannot be known (everyone).
        organisations: Names of the organisations, own one first.
        unknown: Handles that were mentioned and are not known here yet.
    """

    people: int | None
    organisations: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    mentioned: tuple[PersonCard, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementCard:
    """What administrators tell everybody here, as its readers and its writers see it.

    Args:
        id: Row id.
        content_html: Sanitised.
        starts_at: From when it is shown, in milliseconds since the epoch, or None.
        ends_at: The last moment, or None.
        all_day: Both are about whole days.
        published_at: None for a draft.
        updated_at: When it was last changed.
        is_shown: Everybody sees it now.
        is_over: It has ended.
        reactions: Which emoji people put there, each where it was first used.
        emojis: Custom emoji in the text.
    """

    id: int
    content_html: Markup
    starts_at: int | None
    ends_at: int | None
    all_day: bool
    published_at: int | None
    updated_at: int
    is_shown: bool
    is_over: bool
    reactions: tuple[ReactionCount, ...] = ()
    emojis: tuple[EmojiCard, ...] = ()
