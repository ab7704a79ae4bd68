"""The name plate of this room."""

from __future__ import annotations

from typing import Final

from fedgov.features.moderation.vocabulary import PostsCondemned
from fedgov.features.people.vocabulary import ActorRemoved, Blocked
from fedgov.features.plate import Feature, Job
from fedgov.features.posts.commands import post
from fedgov.features.posts.inbox import HANDLERS, KEEPERS
from fedgov.features.posts.pages.blueprint import blueprint
from fedgov.features.posts.service import consents
from fedgov.features.posts.service.drafting import forget_plans, publish_due
from fedgov.features.posts.service.keeping import forget_author
from fedgov.features.posts.service.polls import AT_ONCE, end_polls
from fedgov.features.posts.service.publishing import condemn, end_quotes
from fedgov.features.posts.service.reacting import forget_reactions
from fedgov.federation.actors import ConsentChanged
from fedgov.instance import Instance
from fedgov.kernel.clock import SECOND
from fedgov.store.transaction import Transaction


def on_actor_removed(tx: Transaction, event: ActorRemoved) -> None:
    """Forget everything of somebody who is gone."""
    forget_reactions(tx, actor=event.uri)
    forget_author(tx, actor=event.uri)
    forget_plans(tx, author=event.uri)


def on_posts_condemned(tx: Transaction, event: PostsCondemned) -> None:
    """Take away what an administrator wants gone."""
    condemn(tx, object_ids=event.object_ids)


def on_consent_changed(tx: Transaction, event: ConsentChanged) -> None:
    """Let somebody's older posts be found, or no longer, soon."""
    consents.note(tx, author=event.uri)


def on_blocked(tx: Transaction, event: Blocked) -> None:
    """Take back what the one who is blocked may quote."""
    end_quotes(tx, author=event.who, by=event.whom)


async def watch_polls(instance: Instance) -> None:
    """Close the polls whose time is over, and send the numbers that changed."""
    while await instance.write(end_polls) >= AT_ONCE:
        pass


FEATURE: Final = Feature(
    name="posts",
    handlers=HANDLERS,
    keepers=KEEPERS,
    listeners={
        ActorRemoved: [on_actor_removed],
        Blocked: [on_blocked],
        PostsCondemned: [on_posts_condemned],
        ConsentChanged: [on_consent_changed],
    },
    pages=blueprint,
    commands=(post,),
    jobs=(
        Job(name="end polls", every=10 * SECOND, run=watch_polls),
        Job(name="publish what is due", every=10 * SECOND, run=publish_due),
        Job(name="follow consents", every=consents.EVERY, run=consents.follow),
    ),
)
