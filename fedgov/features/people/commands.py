"""People on the command line. Passwords come from a prompt or standard input, never from an argument."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from fedgov.features.people import queries
from fedgov.features.people.policy import people as policy
from fedgov.features.people.service import accounts, follows, moves, passwords, profiles, tokens
from fedgov.features.plate import Entrance
from fedgov.federation import actors
from fedgov.instance import Instance
from fedgov.kernel.clock import to_datetime
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.uris import parse_handle
from fedgov.store import audit
from fedgov.store.transaction import Transaction


def _ask_password(*, from_input: bool) -> str:
    if from_input or not sys.stdin.isatty():
        line = sys.stdin.readline()
        if not line:
            raise click.UsageError("there is no password on standard input")
        return line.rstrip("\r\n")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer


async def _account_id(instance: Instance, username: str) -> int:
    return int((await instance.read(queries.account_named, username=username)).id)


async def _actor(instance: Instance, username: str) -> str:
    return str((await instance.read(queries.account_named, username=username)).actor_uri)


async def _person(instance: Instance, handle: str) -> str:
    """Return the URI of whoever has a handle, here or elsewhere."""
    known = await instance.read(queries.find_person, handle=handle)
    if known is not None and known.local:
        return str(known.uri)
    return await instance.fetch.actor_by_handle(parse_handle(handle, scheme=instance.site.scheme))


def _local_time(milliseconds: int) -> str:
    return to_datetime(milliseconds).astimezone().strftime("%Y-%m-%d %H:%M")


# --- accounts ---------------------------------------------------------------------------------------------------


@click.group()
def user() -> None:
    """Accounts of this instance."""


@user.command()
@click.argument("username")
@click.option("--name", default="", help="Name as colleagues know it.")
@click.option("--function", default="", help="For instance: inkoopadviseur.")
@click.option("--department", default="", help="Department or team.")
@click.option("--email", default="", help="Where to reach this person; nobody else sees it.")
@click.option("--admin", is_flag=True, help="May administer this server.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def create(
    entrance: Entrance,
    *,
    username: str,
    name: str,
    function: str,
    department: str,
    email: str,
    admin: bool,
    password_stdin: bool,
) -> None:
    """Make an account for USERNAME."""
    password = _ask_password(from_input=password_stdin)

    async def work(instance: Instance) -> str:
        account_id = await accounts.open_account(
            instance,
            username=username,
            password=password,
            name=name,
            function=function,
            department=department,
            email=email,
            administrator=admin,
        )
        made = await instance.read(queries.account, account_id=account_id)
        return f"@{made.username}@{instance.site.domain}"

    click.echo(f"Made the account {entrance.run(work)}")


@user.command(name="list")
@click.pass_obj
def list_users(entrance: Entrance) -> None:
    """List all accounts."""

    async def work(instance: Instance) -> Table:
        table = Table("User name", "Name", "Function", "Last seen", "State", box=None)
        rows = await instance.read(queries.all_accounts)
        people = await instance.read(actors.find_many, uris=[row.actor_uri for row in rows])
        for row in rows:
            person = people[row.actor_uri]
            seen = "never" if row.last_seen_at is None else _local_time(row.last_seen_at)
            state = "disabled" if row.disabled_at is not None else "administrator" if row.administrator else "active"
            cells = (row.username, person.name, person.function, seen, state)
            table.add_row(*map(Text, cells))  # a name is shown as it is, never read as markup
        return table

    Console(soft_wrap=True).print(entrance.run(work))


@user.command()
@click.argument("username")
@click.pass_obj
def disable(entrance: Entrance, username: str) -> None:
    """Take an account out of use; what was written stays."""

    async def work(instance: Instance) -> None:
        await instance.write(accounts.disable, account_id=await _account_id(instance, username))

    entrance.run(work)
    click.echo(f"Disabled {username}, who is logged out everywhere.")


@user.command()
@click.argument("username")
@click.pass_obj
def enable(entrance: Entrance, username: str) -> None:
    """Let a disabled account be used again."""

    async def work(instance: Instance) -> None:
        await instance.write(accounts.enable, account_id=await _account_id(instance, username))

    entrance.run(work)
    click.echo(f"Enabled {username}.")


@user.command()
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def password(entrance: Entrance, username: str, password_stdin: bool) -> None:
    """Give somebody who forgot it a new password."""
    new = _ask_password(from_input=password_stdin)

    async def work(instance: Instance) -> None:
        account_id = await _account_id(instance, username)
        policy.check_password(new, username=username)
        await instance.write(
            accounts.set_password, account_id=account_id, password_hash=await passwords.hash_password(new)
        )

    entrance.run(work)
    click.echo(f"Changed the password of {username}, who is logged out everywhere.")


@user.command()
@click.argument("username")
@click.option("--off", is_flag=True, help="No longer.")
@click.pass_obj
def admin(entrance: Entrance, username: str, off: bool) -> None:
    """Let somebody administer this server."""

    async def work(instance: Instance) -> None:
        account_id = await _account_id(instance, username)
        await instance.write(accounts.set_administrator, account_id=account_id, administrator=not off)

    entrance.run(work)
    click.echo(f"{username} is {'no longer ' if off else ''}an administrator.")


@user.command()
@click.argument("username")
@click.confirmation_option(prompt="This cannot be undone, and the name is never given out again. Delete?")
@click.pass_obj
def delete(entrance: Entrance, username: str) -> None:
    """Delete an account for good, everywhere."""

    async def work(instance: Instance) -> None:
        await instance.write(accounts.delete_account, account_id=await _account_id(instance, username))

    entrance.run(work)
    click.echo(f"Deleted {username}; the other servers are told.")


@user.command()
@click.argument("username")
@click.argument("handle")
@click.pass_obj
def alias(entrance: Entrance, username: str, handle: str) -> None:
    """Say that USERNAME is also HANDLE, so that HANDLE may move here."""

    async def work(instance: Instance) -> None:
        actor, other = await _actor(instance, username), await _person(instance, handle)
        await instance.write(moves.add_alias, actor=actor, alias=other)

    entrance.run(work)
    click.echo(f"{username} is also {handle}.")


@user.command()
@click.argument("username")
@click.argument("handle")
@click.confirmation_option(prompt="All followers are asked to follow the other account instead. Move?")
@click.pass_obj
def move(entrance: Entrance, username: str, handle: str) -> None:
    """Let USERNAME go on as HANDLE, which must name this account as its alias."""

    async def work(instance: Instance) -> None:
        actor, other = await _actor(instance, username), await _person(instance, handle)
        await instance.write(moves.move, actor=actor, target=other)

    entrance.run(work)
    click.echo(f"{username} goes on as {handle}; the followers are asked to come along.")


# --- tokens, follows, keys --------------------------------------------------------------------------------------


@click.group()
def token() -> None:
    """Tokens for programs that act in somebody's name."""


@token.command(name="create")
@click.argument("username")
@click.option("--scopes", default="read", show_default=True, help='For instance: "read write follow push".')
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@click.pass_obj
def create_token(entrance: Entrance, username: str, scopes: str, name: str) -> None:
    """Make a token for USERNAME and print it; it cannot be shown again."""

    async def work(instance: Instance) -> str:
        account_id = await _account_id(instance, username)
        return await instance.write(tokens.create_token, account_id=account_id, scopes=scopes, name=name)

    click.echo(entrance.run(work))


@click.command()
@click.argument("username")
@click.argument("handle")
@click.pass_obj
def follow(entrance: Entrance, username: str, handle: str) -> None:
    """Let USERNAME follow HANDLE, such as @name@organisation.example."""

    async def work(instance: Instance) -> str:
        actor = await _actor(instance, username)
        return await instance.write(_follow, actor=actor, target=await _person(instance, handle))

    state = entrance.run(work)
    done = {"accepted": f"{username} follows {handle}.", "rejected": f"{handle} does not want that."}
    click.echo(done.get(state, f"Asked; {username} follows {handle} as soon as the other side accepts."))


def _follow(tx: Transaction, *, actor: str, target: str) -> str:
    state = follows.follow(tx, actor=actor, target=target)
    audit.note(tx, "follow.ordered", target=actor)
    return state


@click.group()
def keys() -> None:
    """Keys with which people here sign."""


@keys.command()
@click.argument("username", required=False)
@click.option("--all", "everyone", is_flag=True, help="Of everybody, the organisation and the server.")
@click.pass_obj
def rotate(entrance: Entrance, username: str | None, everyone: bool) -> None:
    """Give USERNAME, or everyone, new keys; the old ones stay published for a week."""
    if (username is None) is not everyone:
        raise click.UsageError("name one person, or say --all")

    async def work(instance: Instance) -> int:
        owners = await _owners(instance, username)
        for owner in track(owners, description="Rotating keys", transient=True, disable=len(owners) < 2):
            await profiles.rotate_keys(instance, actor=owner)
        return len(owners)

    count = entrance.run(work)
    click.echo(f"New keys for {count} {'actor' if count == 1 else 'actors'}; other servers are told.")


async def _owners(instance: Instance, username: str | None) -> Sequence[str]:
    if username is None:
        return await instance.read(queries.local_actors)
    row = await instance.read(actors.find_local, username=username.strip().removeprefix("@").lower())
    if row is None or row.deleted_at is not None:
        raise NotFoundError("there is no account with this user name", detail=username[:100])
    return [str(row.uri)]


COMMANDS: Final = (user, token, follow, keys)
