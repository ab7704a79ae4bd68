"""Posting from the command line."""

from __future__ import annotations

import click

from fedgov.activitystreams.audience import Visibility
from fedgov.features.people.queries import account_named
from fedgov.features.plate import Entrance
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service.publishing import publish_post, unknown_handles
from fedgov.instance import Instance
from fedgov.kernel.errors import FedgovError
from fedgov.store import audit
from fedgov.store.transaction import Transaction


@click.command()
@click.argument("user")
@click.argument("text")
@click.option(
    "--visibility",
    type=click.Choice([each.value for each in Visibility]),
    default=Visibility.PUBLIC.value,
    show_default=True,
    help="Who may read it.",
)
@click.option("--reply-to", metavar="URL", help="The message that it answers.")
@click.option("--title", default="", help="Makes it an article.")
@click.pass_obj
def post(  # noqa: PLR0917 - click hands them over by name
    obj: Entrance, user: str, text: str, visibility: str, reply_to: str | None, title: str
) -> None:
    """Post TEXT (markdown) as USER; prints the address of the message."""

    async def work(instance: Instance) -> str:
        for handle in await instance.read(unknown_handles, text=text):
            try:
                await instance.fetch.actor_by_handle(handle)
            except FedgovError as error:
                click.echo(f"{handle} is not told: {error.safe}", err=True)
        if reply_to is not None and not instance.site.owns(reply_to):
            await instance.fetch.object(reply_to)
        return await instance.write(
            _publish, user=user, text=text, title=title, visibility=Visibility(visibility), reply_to=reply_to
        )

    click.echo(obj.run(work))


def _publish(tx: Transaction, *, user: str, text: str, title: str, visibility: Visibility, reply_to: str | None) -> str:
    author = account_named(tx, username=user).actor_uri
    object_id = publish_post(tx, author=author, text=text, title=title, visibility=visibility, in_reply_to=reply_to)
    uri = str(post_queries.get_any(tx, object_id=object_id).uri)
    audit.note(tx, "post.ordered", target=uri)
    return uri
