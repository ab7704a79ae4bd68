"""What this room adds to a transaction in which something happened elsewhere in the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from fedgov.activitystreams.audience import Visibility
from fedgov.features.moderation.vocabulary import ReportAnswered, ReportDecided, ReportMade
from fedgov.features.notices.service import (
    admission,
    announcements,
    bookmarks,
    conversations,
    filters,
    follow_choices,
    heeding,
    home,
    lists,
    markers,
    news,
    notifications,
    push,
    tags,
)
from fedgov.features.notices.vocabulary import AnnouncementGone, AnnouncementReacted, AnnouncementShown, Kind, Outcome
from fedgov.features.people.queries import all_accounts
from fedgov.features.people.vocabulary import (
    AccountCreated,
    ActorRemoved,
    Blocked,
    Followed,
    FollowRequested,
    TokensEnded,
    Unfollowed,
)
from fedgov.features.posts.queries import parts, timelines
from fedgov.features.posts.queries.quotes import quoters
from fedgov.features.posts.vocabulary import (
    PollEnded,
    PostAppeared,
    PostChanged,
    PostLiked,
    PostQuoted,
    PostRemoved,
    PostShared,
    PostUnliked,
    PostUnshared,
    QuoteAsked,
    QuoteSettled,
)
from fedgov.federation import objects
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Listener, Transaction

CAUGHT_UP: Final = 20
"""So many posts that we have already appear when somebody starts to follow their author."""
MOST_SHARERS: Final = 1_000


# --- posts ------------------------------------------------------------------------------------------------------


def on_post_appeared(tx: Transaction, event: PostAppeared) -> None:
    """Put it on home timelines, and tell whom it answers and whom it names."""
    if event.is_backfill:
        return
    addressed = objects.targets(tx, row_id=event.object_id) if event.visibility is Visibility.DIRECT else []
    home.deliver_post(tx, post=event, addressed=addressed)
    tags.deliver_post(tx, post=event)
    lists.deliver_post(tx, post=event)
    if event.visibility is Visibility.DIRECT:
        conversations.note_post(tx, post=event, people=addressed)
    watchers = heeding.heed_post(tx, post=event)
    news.tell_appeared(tx, object_id=event.object_id)
    answered = event.in_reply_to_author
    if answered is not None:
        _tell_reader(tx, event, reader=answered, kind=Kind.REPLY)
    for named in dict.fromkeys((*event.mentions, *addressed)):
        if named != answered:
            _tell_reader(tx, event, reader=named, kind=Kind.MENTION)

    if event.visibility is not Visibility.DIRECT and answered in (None, event.author):
        for watcher in watchers:
            if watcher not in event.mentions:
                _tell_reader(tx, event, reader=watcher, kind=Kind.STATUS)


def _tell_reader(tx: Transaction, event: PostAppeared, *, reader: str, kind: Kind) -> None:
    if not tx.site.owns(reader):
        return
    names = partial(objects.is_addressed, tx, event.object_id)
    if objects.is_for(tx, author=event.author, visibility=event.visibility, names=names, viewer=reader):
        notifications.notify(tx, owner=reader, kind=kind, actor=event.author, subject_id=event.object_id)


def on_post_changed(tx: Transaction, event: PostChanged) -> None:
    """Tell those who shared it: their name stands beside words that are no longer the same."""
    news.tell_changed(tx, object_id=event.object_id)
    for sharer in parts.sharers(tx, object_id=event.object_id, limit=MOST_SHARERS):
        notifications.notify(
            tx, owner=sharer, kind=Kind.UPDATE, actor=event.author, subject_id=event.object_id, again=True
        )

    for quoting in quoters(tx, object_id=event.object_id, limit=MOST_SHARERS):
        if quoting.author != event.author:
            notifications.notify(
                tx,
                owner=quoting.author,
                kind=Kind.QUOTED_UPDATE,
                actor=event.author,
                subject_id=quoting.object_id,
                again=True,
            )


def on_post_quoted(tx: Transaction, event: PostQuoted) -> None:
    """Tell whom it quotes."""
    notifications.notify(tx, owner=event.author, kind=Kind.QUOTE, actor=event.by, subject_id=event.object_id)


def on_quote_asked(tx: Transaction, event: QuoteAsked) -> None:
    """Tell whom somebody wants to quote."""
    notifications.notify(tx, owner=event.author, kind=Kind.QUOTE_REQUEST, actor=event.by, subject_id=event.object_id)


def on_quote_settled(tx: Transaction, event: QuoteSettled) -> None:
    """There is nothing to answer any more."""
    notifications.take_back_about(tx, object_id=event.object_id, kind=Kind.QUOTE_REQUEST, actor=event.by)


def on_post_removed(tx: Transaction, event: PostRemoved) -> None:
    """Take it off everything."""
    news.tell_removed(tx, object_id=event.object_id)
    home.remove_post(tx, object_id=event.object_id)
    lists.remove_post(tx, object_id=event.object_id)
    notifications.remove_about(tx, object_id=event.object_id)
    bookmarks.remove_about(tx, object_id=event.object_id)
    filters.remove_about(tx, object_id=event.object_id)
    conversations.remove_about(tx, object_id=event.object_id)


def on_post_liked(tx: Transaction, event: PostLiked) -> None:
    """Tell its author."""
    kind = Kind.LIKE if event.emoji is None else Kind.REACTION
    notifications.notify(
        tx, owner=event.author, kind=kind, actor=event.by, subject_id=event.object_id, detail=event.emoji or ""
    )


def on_post_unliked(tx: Transaction, event: PostUnliked) -> None:
    """Take back what its author was told."""
    kind = Kind.LIKE if event.emoji is None else Kind.REACTION
    notifications.take_back_about(tx, object_id=event.object_id, kind=kind, actor=event.by, detail=event.emoji or "")


def on_post_shared(tx: Transaction, event: PostShared) -> None:
    """Put it on the timelines of the sharer's followers, and tell its author."""
    home.deliver_share(tx, share=event)
    lists.deliver_share(tx, share=event)
    heeding.heed_share(tx, share=event)
    news.tell_shared(tx, share=event)
    notifications.notify(tx, owner=event.author, kind=Kind.SHARE, actor=event.by, subject_id=event.object_id)


def on_post_unshared(tx: Transaction, event: PostUnshared) -> None:
    """Take it off where that sharing brought it."""
    news.tell_unshared(tx, object_id=event.object_id, share_id=event.share_id)
    home.remove_share(tx, object_id=event.object_id, by=event.by)
    lists.remove_share(tx, object_id=event.object_id, by=event.by)
    notifications.take_back_about(tx, object_id=event.object_id, kind=Kind.SHARE, actor=event.by)


def on_poll_ended(tx: Transaction, event: PollEnded) -> None:
    """Tell its author and those here who voted."""
    for concerned in dict.fromkeys((event.author, *event.voters)):
        notifications.notify(tx, owner=concerned, kind=Kind.POLL, subject_id=event.object_id)


# --- people -----------------------------------------------------------------------------------------------------


def on_follow_requested(tx: Transaction, event: FollowRequested) -> None:
    """Tell whom it asks."""
    notifications.notify(tx, owner=event.following, kind=Kind.FOLLOW_REQUEST, actor=event.follower)


def on_followed(tx: Transaction, event: Followed) -> None:
    """Show the follower what there is already, and tell whom it concerns, unless they decided it themself."""
    decided = notifications.take_back(tx, owner=event.following, kind=Kind.FOLLOW_REQUEST, actor=event.follower)
    if not decided:
        notifications.notify(tx, owner=event.following, kind=Kind.FOLLOW, actor=event.follower)
    if tx.site.owns(event.follower):
        _catch_up(tx, reader=event.follower, author=event.following)


def _catch_up(tx: Transaction, *, reader: str, author: str) -> None:
    newest = timelines.profile_timeline(tx, author=author, viewer=reader, page=PageRequest(limit=CAUGHT_UP))
    own = [entry.row.object_id for entry in newest.items if entry.shared_by is None]
    home.catch_up(tx, reader=reader, author=author, object_ids=own)


def on_unfollowed(tx: Transaction, event: Unfollowed) -> None:
    """Take off the timeline what came by following, and what was told about it."""
    home.remove_followed(tx, reader=event.follower, source=event.following)
    lists.drop_member(tx, owner=event.follower, member=event.following)
    if tx.site.owns(event.follower):
        follow_choices.forget(tx, follower=event.follower, following=event.following)
    for kind in (Kind.FOLLOW, Kind.FOLLOW_REQUEST):
        notifications.take_back(tx, owner=event.following, kind=kind, actor=event.follower)


def on_blocked(tx: Transaction, event: Blocked) -> None:
    """Take each out of the other's sight."""
    for reader, other in ((event.who, event.whom), (event.whom, event.who)):
        home.remove_everything_of(tx, reader=reader, source=other)
        lists.drop_member(tx, owner=reader, member=other, everything=True)
        notifications.remove_by(tx, owner=reader, actor=other)


def on_actor_removed(tx: Transaction, event: ActorRemoved) -> None:
    """Forget all that concerns somebody who is gone."""
    parts = (home, lists, filters, admission, heeding, conversations, tags, notifications, bookmarks, markers)
    for part in (*parts, announcements, push):
        part.forget_actor(tx, uri=event.uri)


# --- moderation -------------------------------------------------------------------------------------------------


def on_account_created(tx: Transaction, event: AccountCreated) -> None:
    """Tell the administrators."""
    for administrator in _administrators(tx):
        notifications.notify(tx, owner=administrator, kind=Kind.SIGN_UP, actor=event.actor)


def on_report_made(tx: Transaction, event: ReportMade) -> None:
    """Tell the administrators whom somebody reported."""
    for administrator in _administrators(tx):
        notifications.notify(tx, owner=administrator, kind=Kind.REPORT, actor=event.target, subject_id=event.report_id)


def _administrators(tx: Transaction) -> list[str]:
    return [row.actor_uri for row in all_accounts(tx) if row.administrator and row.disabled_at is None]


def on_report_decided(tx: Transaction, event: ReportDecided) -> None:
    """Tell whoever reported it what an administrator decided."""
    _tell_reporter(tx, event, Outcome.RESOLVED if event.resolved else Outcome.REJECTED, text=event.note)


def on_report_answered(tx: Transaction, event: ReportAnswered) -> None:
    """Tell whoever reported it what the other server decided."""
    _tell_reporter(tx, event, Outcome.ACCEPTED_THERE if event.accepted else Outcome.REFUSED_THERE)


def _tell_reporter(tx: Transaction, event: ReportDecided | ReportAnswered, outcome: Outcome, *, text: str = "") -> None:
    notifications.notify(
        tx,
        owner=event.reporter,
        kind=Kind.MODERATION,
        subject_id=event.report_id,
        detail=outcome.value,
        text=text,
    )


LISTENERS: Final[Mapping[type, Sequence[Listener]]] = {
    PostAppeared: (on_post_appeared,),
    PostChanged: (on_post_changed,),
    PostRemoved: (on_post_removed,),
    PostLiked: (on_post_liked,),
    PostQuoted: (on_post_quoted,),
    QuoteAsked: (on_quote_asked,),
    QuoteSettled: (on_quote_settled,),
    PostUnliked: (on_post_unliked,),
    PostShared: (on_post_shared,),
    PostUnshared: (on_post_unshared,),
    PollEnded: (on_poll_ended,),
    FollowRequested: (on_follow_requested,),
    Followed: (on_followed,),
    Unfollowed: (on_unfollowed,),
    Blocked: (on_blocked,),
    ActorRemoved: (on_actor_removed,),
    AccountCreated: (on_account_created,),
    TokensEnded: (push.on_tokens_ended,),
    AnnouncementShown: (news.on_announcement_shown,),
    AnnouncementReacted: (news.on_announcement_reacted,),
    AnnouncementGone: (news.on_announcement_gone,),
    ReportMade: (on_report_made,),
    ReportDecided: (on_report_decided,),
    ReportAnswered: (on_report_answered,),
}
