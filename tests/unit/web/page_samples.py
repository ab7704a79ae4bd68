"""Every page with values that a room could give it; the people are invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

from markupsafe import Markup

from fedgov.features.notices.vocabulary import (
    Filter,
    FilterAction,
    FilterContext,
    Keyword,
    NotificationRequest,
    PersonList,
    Replies,
)
from fedgov.kernel.clock import DAY, HOUR, MINUTE
from fedgov.web.cards import (
    AnnouncementCard,
    AttachmentCard,
    EmojiCard,
    NotificationCard,
    NotificationKind,
    OrganisationReceipt,
    PageLinks,
    PersonCard,
    PollCard,
    PollOption,
    PostCard,
    ProfileCard,
    ProfileField,
    QuoteCard,
    ReachCard,
    ReactionCount,
    Receipt,
    Relation,
    ReplyTo,
    TagCard,
)
from fedgov.web.forms import Form, form_of
from fedgov.web.rows import (
    AccountRow,
    AppRow,
    AuditRow,
    BlockRow,
    DeliveryRow,
    DeliveryState,
    EmojiRow,
    FollowRequestRow,
    OverviewCard,
    ParkedRow,
    PeerRow,
    ReportRow,
    RevisionRow,
    SanctionRow,
    SessionRow,
)
from tests.unit.web.desk_room import NOW

LIST: Final = PersonList(id=1, title="Buren <b>", replies=Replies.LIST, exclusive=False)
FILTER: Final = Filter(
    id=1,
    title="Rust <b>",
    contexts=tuple(FilterContext),
    action=FilterAction.WARN,
    expires_at=NOW + DAY,
    keywords=(Keyword(id=1, keyword="<b>reorganisatie</b>"),),
)
ANNA: Final = PersonCard(
    uri="http://groningen.example/users/anna",
    url="/@anna",
    handle="@anna@groningen.example",
    name="Anna <b>Bakker",
    initials="AB",
    organisation="gemeente Groningen",
    function="beleidsadviseur",
    confirmed=True,
    local=True,
)
JELLE: Final = replace(
    ANNA,
    uri="http://leeuwarden.example/users/jelle",
    url="/people/@jelle@leeuwarden.example",
    handle="@jelle@leeuwarden.example",
    name="Jelle Visser",
    organisation="gemeente Leeuwarden",
    local=False,
    avatar_url="/media/proxy/1",
)
ROBOT: Final = replace(
    JELLE, uri="http://knmi.example/alarm", bot=True, confirmed=False, function=None, avatar_url=None
)

KOE: Final = EmojiCard(
    shortcode="koe", url="/media/proxy/2", static_url="/media/proxy/2/emoji", host="leeuwarden.example"
)
POST: Final = PostCard(
    id=1,
    uri="http://leeuwarden.example/posts/1",
    url="/posts/1",
    author=JELLE,
    published_at=NOW - 12 * MINUTE,
    content_html=Markup("<p>Wie heeft het kader al?</p>"),
    language="nl",
    replies=2,
    likes=1,
    liked=True,
    may_reply=True,
    may_share=True,
    original_url="http://leeuwarden.example/posts/1",
)
RECEIPT: Final = Receipt(
    organisations=(
        OrganisationReceipt(host="a.example", name="A", state="confirmed", updated_at=NOW),
        OrganisationReceipt(host="b.example", name="b.example", state="handed_over"),
        OrganisationReceipt(
            host="c.example", name="C", state="queued", reason="no answer", next_attempt_at=NOW, attempts=2
        ),
        OrganisationReceipt(host="d.example", name="D", state="failed", reason="410"),
        OrganisationReceipt(host="e.example", name="E", state="withdrawn"),
    )
)
OWN: Final = replace(
    POST, id=2, url="/posts/2", author=ANNA, may_edit=True, may_delete=True, receipt=RECEIPT, edited_at=NOW,
    reply_to=ReplyTo(url="/posts/1", id=1, author=JELLE), shares=1_204, pinned=True,
)  # fmt: skip
PICTURE: Final = AttachmentCard(
    kind="image", url="/media/1", media_type="image/webp", alt="", width=800, height=600, id=9
)
POLL: Final = PollCard(
    options=(PollOption(label="ja", votes=3, share=0.75), PollOption(label="nee", votes=1, share=0.25)),
    voters=4,
    ends_at=NOW + DAY,
    may_vote=True,
)
VARIETY: Final = (
    POST,
    OWN,
    replace(POST, id=3, visibility="direct", recipients=(ANNA, JELLE, ROBOT, JELLE, ROBOT)),
    replace(POST, id=4, visibility="organisation", receipt=Receipt(), author=ANNA),
    replace(POST, id=5, visibility="followers", summary="Lang", title="Een titel"),
    replace(POST, id=6, visibility="unlisted", poll=POLL, shared_by=ANNA),
    replace(POST, id=7, poll=replace(POLL, may_vote=False, closed=True, own_votes=(0,), multiple=True)),
    replace(
        POST,
        id=8,
        attachments=(
            PICTURE,
            replace(PICTURE, alt="Een plein", preview_url="/media/1/preview"),
            replace(PICTURE, kind="document", media_type="application/pdf", size=1_234, name="a.pdf"),
            replace(PICTURE, kind="video", media_type="video/mp4"),
            replace(PICTURE, kind="audio", media_type="audio/ogg"),
        ),
        reactions=(ReactionCount(emoji="x", count=2, mine=True), ReactionCount(emoji=":koe:", count=1, picture=KOE)),
    ),
    replace(POST, id=18, attachments=(PICTURE,), sensitive=True),
    replace(POST, id=9, author=ROBOT, fallback_link="https://x.example/1", fallback_type="Recipe", language=None),
    replace(POST, id=10, deleted=True),
    replace(POST, id=11, reply_to=ReplyTo(url="/posts/1", id=1)),
)
QUOTED: Final = replace(VARIETY[7], id=21, summary="Lang :koe:", title="Titel :koe:", emojis=(KOE,), poll=POLL)
QUOTING: Final = tuple(
    replace(POST, id=30 + number, quote=quote)
    for number, quote in enumerate(
        (
            QuoteCard(post=POST),
            QuoteCard(post=QUOTED),
            QuoteCard(post=replace(QUOTED, summary="", sensitive=True, quote=QuoteCard(is_nested=True))),
            QuoteCard(post=replace(VARIETY[9], content_html=Markup(""))),
            QuoteCard(original_url="https://x.example/1"),
            QuoteCard(),
            *(QuoteCard(state=state) for state in ("pending", "rejected", "revoked")),
        )
    )
)
MORE: Final = PageLinks(newer="/home?after=2", older="/home?before=1")
ENDS: Final = PageLinks()
REACH: Final = ReachCard(people=14, organisations=tuple("ABCDEFGH"), unknown=("@x@y.example",))
PROFILE: Final = ProfileCard(
    person=JELLE,
    about_html=Markup("<p>Inkoop</p>"),
    fields=(ProfileField(name="Site", value_html=Markup("x"), confirmed_at=NOW),),
    posts=3,
    followers=1_204,
    following=8,
    joined_at=NOW - 400 * DAY,
    relation=Relation(followed_by=True),
    original_url="http://leeuwarden.example/@jelle",
)
KINDS: Final[tuple[NotificationKind, ...]] = (
    "follow", "follow_request", "mention", "reply", "like", "share", "reaction", "poll", "update", "moderation",
)  # fmt: skip
STATES: Final[tuple[DeliveryState, ...]] = ("queued", "retry", "sent", "parked", "failed", "withdrawn")
WRONG: Final = (
    form_of({"text": "Mijn tekst", "name": "", "poll_option": ["a", "b"]})
    .with_error("text", "te lang")
    .with_error("audience", "kies")
    .with_error("poll_option1", "te kort")
    .with_error("name", "vul in")
)
SETTINGS: Final = {
    "language": "", "default_audience": "public", "app_audience": "public", "approve_followers": True,
    "lists_public": False, "discoverable": True, "indexable": False,
    "quote_policy": "ask_others",
}  # fmt: skip
MINE: Final = {"department": "", "avatar_alt": "<b>", "about": "x", "field_names": ["a"], "field_values": ["b"]}

_AS_A_MEMBER: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
    ("posts/home.html", {"me": ANNA, "posts": VARIETY, "pages": MORE, "reach": REACH}),
    ("posts/home.html", {"me": ANNA, "posts": (), "pages": ENDS}),
    ("posts/timeline.html", {"which": "organisation", "posts": VARIETY, "pages": MORE}),
    ("posts/timeline.html", {"which": "public", "posts": QUOTING, "pages": ENDS}),
    ("posts/timeline.html", {"which": "public", "posts": (), "pages": ENDS}),
    ("posts/compose.html", {}),
    ("posts/compose.html", {"form": WRONG, "kept_files": (PICTURE,), "reply_to": POST, "preview": OWN, "restored": True,
                            "locked": ("followers", "direct"), "reach": ReachCard(people=0)}),
    ("posts/post.html", {"post": POST, "ancestors": (OWN,), "replies": tuple(
        replace(each, depth=number) for number, each in enumerate(VARIETY[2:])), "reach": ReachCard(people=None)}),
    ("posts/post.html", {"post": replace(POST, deleted=True)}),
    ("posts/edit.html", {"post": replace(OWN, title="T", attachments=(PICTURE,)),
                         "values": {"text": "x", "summary": "", "quote_policy": "ask"}}),
    ("posts/edit.html", {"post": OWN, "values": {"text": "x", "summary": "", "quote_policy": None}}),
    ("posts/compose.html", {"form": form_of({"quote": "1"}), "quoted": replace(POST, may_quote="manual")}),
    ("posts/compose.html", {"form": form_of({"quote": "1"}), "quoted": replace(POST, may_quote="automatic")}),
    ("posts/quotes.html", {"post": replace(OWN, quotes=1), "is_author": True, "posts": (POST,), "pages": MORE}),
    ("posts/quotes.html", {"post": POST, "is_author": False, "posts": (), "pages": ENDS}),
    ("posts/quote_requests.html", {"posts": (replace(POST, quote=QuoteCard(post=OWN)),), "pages": MORE}),
    ("posts/quote_requests.html", {"posts": (), "pages": ENDS}),
    ("posts/delete.html", {"post": OWN}),
    ("posts/report.html", {"post": POST}),
    ("posts/receipt.html", {"post": OWN}),
    ("posts/receipt.html", {"post": replace(OWN, receipt=None)}),
    ("posts/history.html", {"post": OWN, "revisions": (RevisionRow(post=OWN, at=NOW - HOUR),)}),
    ("posts/history.html", {"post": OWN, "revisions": ()}),
    ("people/profile.html", {"profile": PROFILE, "posts": VARIETY, "pages": MORE, "may_block": True}),
    ("people/profile.html", {"profile": replace(PROFILE, relation=Relation(following=True)), "posts": (),
                             "pages": ENDS}),
    ("people/profile.html", {"profile": replace(PROFILE, relation=Relation(requested=True), moved_to=ANNA), "posts": (),
                             "pages": ENDS, "tab": "media"}),
    ("people/profile.html", {"profile": ProfileCard(person=ANNA, relation=Relation(is_me=True)), "posts": (),
                             "pages": ENDS}),
    ("people/profile.html", {"profile": replace(PROFILE, relation=Relation(blocked=True)), "posts": (), "pages": ENDS}),
    ("people/people_list.html", {"profile": PROFILE, "kind": "followers", "people": (ANNA, JELLE), "pages": MORE}),
    ("people/people_list.html", {"profile": PROFILE, "kind": "following", "people": (), "pages": ENDS}),
    ("people/people_list.html", {"profile": replace(PROFILE, lists_public=False), "kind": "following", "people": (),
                                 "pages": ENDS}),
    ("people/search.html", {}),
    ("people/search.html", {"q": "<jelle>", "people": (JELLE,), "posts": (POST,)}),
    ("people/search.html", {"q": "<jelle>"}),
    ("people/search.html", {"q": "fiets", "tags": (TagCard(name="fiets", url="/tags/fiets"),), "posts": (POST,),
                            "pages": PageLinks(older="/search?q=fiets&max_id=1")}),
    ("people/search.html", {"q": "fiets", "is_first": False, "pages": PageLinks(newer="/search?q=fiets")}),
    ("people/search.html", {"q": "@a@b.example", "problem": "b.example antwoordt niet"}),
    ("people/follow_requests.html", {"requests": (FollowRequestRow(person=JELLE, at=NOW),)}),
    ("people/follow_requests.html", {"requests": ()}),
    ("people/settings.html", {"values": SETTINGS}),
    ("people/settings_profile.html", {"person": JELLE, "values": MINE, "form": WRONG}),
    ("people/settings_password.html", {}),
    ("people/settings_apps.html", {"apps": ()}),
    ("people/settings_apps.html", {"apps": (
        AppRow(app_id=1, token_id=2, name="<b>Tusky</b>", website="https://app.example/", website_host="app.example",
               scopes=("read", "write:statuses", "push"), since=NOW - DAY, last_used_at=NOW),
        AppRow(app_id=None, token_id=3, name="rooster", website=None, website_host="", scopes=("read",),
               since=NOW, last_used_at=None))}),
    ("mastodon/authorise.html", {
        "app": SimpleNamespace(name="<b>Tusky</b>"), "website_host": "app.example", "scopes": ["read", "follow"],
        "withheld": True, "goes_to": "app.example", "opens": True, "again": "/login", "request": {"state": "<b>"}}),
    ("mastodon/code.html", {"app": SimpleNamespace(name="<b>Tusky</b>"), "code": "abc"}),
    ("people/settings_sessions.html", {"sessions": (
        SessionRow(id=1, device="Firefox", created_at=NOW, last_used_at=NOW, current=True),
        SessionRow(id=2, device="Chrome", created_at=NOW - DAY, last_used_at=NOW))}),
    ("people/logout.html", {}),
    ("notices/notifications.html", {"pages": MORE, "notifications": tuple(
        NotificationCard(id=number, kind=kind, at=NOW, person=None if kind == "moderation" else JELLE,
                         post=POST if number % 2 else None, unread=number < 2, emoji="x")
        for number, kind in enumerate(KINDS))}),
    ("notices/notifications.html", {"pages": ENDS, "notifications": (NotificationCard(id=1, kind="poll", at=NOW),)}),
    ("notices/notifications.html", {"pages": ENDS, "notifications": (), "which": "mentions"}),
    ("notices/bookmarks.html", {"posts": (POST,), "pages": ENDS}),
    ("notices/bookmarks.html", {"posts": (), "pages": ENDS}),
    ("notices/favourites.html", {"posts": (replace(POST, folded="<b>Rust</b>", summary="<i>"),), "pages": ENDS}),
    ("notices/favourites.html", {"posts": (), "pages": ENDS}),
    ("notices/lists.html", {"form": WRONG, "lists": (LIST, replace(LIST, id=2, exclusive=True))}),
    ("notices/lists.html", {"lists": ()}),
    ("notices/list.html", {"list": LIST, "posts": (POST,), "pages": MORE}),
    ("notices/list.html", {"list": LIST, "posts": (), "pages": ENDS}),
    ("notices/list_people.html", {"list": LIST, "members": (ANNA,), "others": (JELLE,)}),
    ("notices/list_people.html", {"list": LIST, "members": (ANNA,), "others": ()}),
    ("notices/list_people.html", {"list": LIST, "members": (), "others": ()}),
    ("notices/list_settings.html", {"list": LIST, "form": WRONG}),
    ("notices/filters.html", {"filters": (FILTER, replace(FILTER, id=2, expires_at=NOW - DAY, keywords=()))}),
    ("notices/filters.html", {"filters": ()}),
    ("notices/filter.html", {"filter": FILTER, "form": WRONG}),
    ("notices/filter.html", {"filter": None}),
    ("notices/subjects.html", {"tags": ("inkoop", "<b>"), "form": WRONG}),
    ("notices/subjects.html", {"tags": ()}),
    ("notices/requests.html", {"choices": {}, "requests": (
        (NotificationRequest(id=1, actor=JELLE.uri, created_at=NOW, updated_at=NOW, count=2), JELLE, POST),
        (NotificationRequest(id=2, actor=ANNA.uri, created_at=NOW, updated_at=NOW, count=1), ANNA, None))}),
    ("notices/requests.html", {"choices": {}, "requests": ()}),
    ("people/settings_blocks.html", {"form": WRONG, "blocked": ((JELLE.uri, JELLE), ("http://weg.example/<b>", None)),
                                     "muted": ((ANNA.uri, ANNA, NOW + DAY),), "hosts": ("kwaad.example",)}),
    ("people/settings_blocks.html", {"blocked": (), "muted": (), "hosts": ()}),
    ("administration/overview.html", {"overview": OverviewCard(
        accounts=1, posts=2, peers=3, queued=4, failed=5, parked=6, reports=7, blocks=8, oldest_queued_at=NOW,
        database="SQLite", disk_free=10**9, started_at=NOW)}),
    ("administration/overview.html", {"overview": OverviewCard(
        accounts=1, posts=0, peers=0, queued=0, failed=0, parked=0, reports=0, blocks=0)}),
    ("administration/deliveries.html", {"pages": MORE, "deliveries": tuple(
        DeliveryRow(id=number, host="b.example", activity="Create", state=state, created_at=NOW, attempts=number,
                    next_attempt_at=NOW, reason="<b>", sender="@a@b", object_url="/posts/1" if number else None)
        for number, state in enumerate(STATES))}),
    ("administration/deliveries.html", {"pages": ENDS, "deliveries": (), "state": "failed", "host": "b.example"}),
    ("administration/peers.html", {"pages": ENDS, "peers": (
        PeerRow(host="a.example", name="A", software="mastodon", signature="cavage", last_contact_at=NOW, pinned=True),
        PeerRow(host="b.example", parked=True, queued=2, last_failure="no answer"), PeerRow(host="c", blocked=True))}),
    ("administration/peers.html", {"pages": ENDS, "peers": ()}),
    ("administration/blocks.html", {"mode": "open", "blocks": (
        BlockRow(domain="x.example", reason="", created_at=NOW, by="anna"),), "trusted": ()}),
    ("administration/blocks.html", {"mode": "listed", "blocks": (), "trusted": ()}),
    ("administration/parked.html", {"pages": ENDS, "parked": (
        ParkedRow(id=1, received_at=NOW, origin="x", activity="Create", reason="<b>", json='{"<b>": 1}'),)}),
    ("administration/parked.html", {"pages": ENDS, "parked": ()}),
    ("administration/reports.html", {"pages": ENDS, "reports": (
        ReportRow(id=1, at=NOW, about=ANNA, comment="<b>", reporter=JELLE, posts=(OWN,)),
        ReportRow(id=2, at=NOW, about=JELLE, comment="", state="resolved", forwarded=True))}),
    ("administration/reports.html", {"pages": ENDS, "reports": (), "which": "closed"}),
    ("administration/accounts.html", {"pages": ENDS, "form": WRONG, "accounts": (
        AccountRow(id=1, person=ANNA, username="anna", created_at=NOW, administrator=True, last_seen_at=NOW),
        AccountRow(id=2, person=JELLE, username="jelle", created_at=NOW, disabled=True))}),
    ("administration/people.html", {"form": WRONG, "people": (
        SanctionRow(person=JELLE, limited=True, covered=True), SanctionRow(person=ANNA, suspended=True))}),
    ("administration/people.html", {"people": ()}),
    ("administration/announcements.html", {"changed": None, "form": WRONG, "announcements": (
        AnnouncementCard(id=1, content_html=Markup("<p>Moi</p>"), starts_at=NOW, ends_at=NOW, all_day=True,
                         published_at=NOW, updated_at=NOW, is_shown=True, is_over=False, reactions=(
                             ReactionCount(emoji="🎉", count=2),)),
        AnnouncementCard(id=2, content_html=Markup("<p>Hoi</p>"), starts_at=None, ends_at=NOW, all_day=False,
                         published_at=NOW, updated_at=NOW, is_shown=False, is_over=True),
        AnnouncementCard(id=3, content_html=Markup("<p>Dag</p>"), starts_at=NOW, ends_at=None, all_day=False,
                         published_at=None, updated_at=NOW, is_shown=False, is_over=False))}),
    ("administration/announcements.html", {"changed": 3, "announcements": ()}),
    ("people/settings_account.html", {"form": WRONG, "moved_to": JELLE,
                                      "aliases": (("https://b.example/a", None), (JELLE.uri, JELLE))}),
    ("people/settings_account.html", {"moved_to": None, "aliases": ()}),
    ("notices/lists_of.html", {"person": JELLE, "lists": ((LIST, True), (replace(LIST, id=2), False))}),
    ("notices/lists_of.html", {"person": JELLE, "lists": ()}),
    ("administration/emojis.html", {"form": WRONG, "headings": ("<b>",), "emojis": (
        EmojiRow(id=1, shortcode="koe", category="<b>", url="/media/1/preview", hidden=True, created_at=NOW),)}),
    ("administration/emojis.html", {"headings": (), "emojis": ()}),
    ("posts/emojis.html", {"emojis": (
        EmojiRow(id=1, shortcode="koe", category="<b>", url="/media/1/preview", hidden=False, created_at=NOW),)}),
    ("posts/emojis.html", {"emojis": ()}),
    ("administration/audit.html", {"pages": ENDS, "who": "<anna>", "kind": "domain.blocked", "entries": (
        AuditRow(number=3, at=NOW, kind="domain.blocked", words="blocked a domain", who="@anna", door="web",
                 source="192.0.2.0/24", target="kwaad.example", result="done"),
        AuditRow(number=2, at=NOW, kind="login.failed", words="could not log in", who="", door="web",
                 source="2001:db8::/64", target="", result="failed"),
        AuditRow(number=1, at=NOW, kind="media.cleaned", words="cleaned up files", who="beheer",
                 door="command line", source="local", target="", result="refused")),
        "kinds": (("domain.blocked", "blocked a domain"), ("login.failed", "could not log in"))}),
    ("administration/audit.html", {"pages": PageLinks(), "who": "", "kind": "", "entries": (), "kinds": ()}),
)  # fmt: skip
_AS_A_VISITOR: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
    ("posts/front.html", {"posts": VARIETY}),
    ("posts/front.html", {"posts": ()}),
    ("posts/post.html", {"post": POST, "replies": (OWN,)}),
    ("posts/timeline.html", {"which": "public", "posts": (), "pages": ENDS}),
    ("people/profile.html", {"profile": ProfileCard(person=ANNA), "posts": (POST,), "pages": ENDS}),
    ("people/login.html", {"form": WRONG, "kept": '{"path": "/compose"}', "next": "/x"}),
    ("people/register.html", {}),
    ("people/interact.html", {"person": ANNA}),
    ("people/interact.html", {"person": ANNA, "destination": "https://x.example/y", "destination_host": "x.example"}),
    ("about/about.html", {"accounts": 1_204, "posts": 3}),
    ("about/privacy.html", {}),
    ("about/accessibility.html", {}),
    ("about/terms.html", {"rules": ()}),
    ("about/terms.html", {"rules": ("Wees <b>helder</b>",)}),
    ("mastodon/refused.html", {"title": "<b>App</b>", "words": "U zei <b>nee</b>."}),
    ("_layout/problem.html", {"code": "rate_limited", "number": 429, "detail": None, "retry_after": 1, "sent": Form()}),
)  # fmt: skip

PAGES: Final = tuple((True, *page) for page in _AS_A_MEMBER) + tuple((False, *page) for page in _AS_A_VISITOR)
"""Somebody is logged in, template, values."""
