"""Three town halls on one machine that have talked with one another over signed HTTP."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import click
import uvloop
from click.core import ParameterSource
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table
from sqlalchemy import func, select

from fedgov.activitystreams.audience import Visibility
from fedgov.app import Running, Server, only_one_server
from fedgov.cli.demo_script import CONVERSATION, FOLLOWS, PASSWORD, TOWNS, Colleague, Step, Town
from fedgov.cli.entrance import Entrance
from fedgov.cli.instances import quoted, write
from fedgov.cli.serve import InstanceServer, has_started, listen, make_server, until_told
from fedgov.features.people.service import accounts, profiles
from fedgov.features.people.service import follows as following
from fedgov.features.people.service.profiles import Profile
from fedgov.features.posts.queries import parts
from fedgov.features.posts.service import polls, publishing, reacting
from fedgov.features.posts.vocabulary import PollDraft
from fedgov.federation import follows, objects
from fedgov.instance import Instance
from fedgov.kernel import config as configuration
from fedgov.kernel.clock import DAY
from fedgov.kernel.config import Config
from fedgov.kernel.errors import UnreachableError
from fedgov.kernel.uris import parse_handle
from fedgov.store.tables import deliveries, inbox_items
from fedgov.store.transaction import Transaction

T = TypeVar("T")

FIRST_PORT: Final = 7001
ARRIVAL_SECONDS: Final = 60.0
_MARK: Final = ".conversation-complete"
_SIGN: Final = "made by `fedgov demo`"

_CONFIG: Final = """\
# {organisation}: made by `fedgov demo`.
# Plain http and loopback peers are allowed here, which no real instance should do.

[instance]
domain = {domain}
organisation = {organisation_text}
scheme = "http"
tooi = {tooi}
contact = {contact}
description = {description}

[server]
listen = "127.0.0.1:{port}"
aliases = ["localhost:{port}", "127.0.0.1:{port}"]

[federation]
allow_http = true
allow_networks = ["127.0.0.0/8", "::1/128"]

[accounts]
registration = "{registration}"

# Everything comes from this one machine here, also the test suites of apps.
[limits]
api_calls_per_five_minutes = 100_000
api_uploads_per_half_hour = 10_000
posts_per_hour = 100_000
reactions_per_hour = 100_000
follows_per_hour = 100_000
uploads_per_hour = 10_000
lookups_per_hour = 10_000
reports_per_hour = 10_000
apps_per_hour = 10_000
registrations_at_once = 1_000
"""


@click.command()
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where its data is kept.  [default: instances/demo]",
)
@click.option("--port", type=click.IntRange(1, 65_533), default=FIRST_PORT, show_default=True, help="First of three.")
@click.option("--domain", default="", help="'localhost': localhost:7001 … 7003 instead of names of their own.")
@click.option("--fresh", is_flag=True, help="Throw the old demo away and start over.")
@click.pass_context
def demo(context: click.Context, home: Path | None, port: int, domain: str, fresh: bool) -> None:
    """Start three town halls that talk with one another, in one process."""
    if domain not in ("", "localhost"):
        raise click.BadParameter("only 'localhost' can be chosen", param_hint="--domain")
    folder = home or _home(context)
    if fresh or not (folder / _MARK).exists():  # a conversation that was interrupted is held anew
        asyncio.run(_throw_away(folder))
    configs = [_config(folder, town, port=port + number, domain=domain) for number, town in enumerate(TOWNS)]
    sockets = listen(configs, advice="stop that one, or choose other ports with --port N")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(configs, sockets, folder=folder))


async def _throw_away(folder: Path) -> None:
    """Remove what an earlier demo made, and nothing else; not under a server that is running."""
    found = [path for town in TOWNS if (path := folder / town.name / "config.toml").exists()]
    for path in found:
        if _SIGN not in path.read_text(encoding="utf-8"):
            raise click.ClickException(f"{path.parent} is not part of a demo and was left as it is; use another --home")
    async with AsyncExitStack() as stack:
        for path in found:
            await stack.enter_async_context(only_one_server(configuration.load(path.parent)))
        (folder / _MARK).unlink(missing_ok=True)
        for path in found:
            shutil.rmtree(path.parent)


def _home(context: click.Context) -> Path:
    """Return the folder: ``fedgov --home DIR demo`` means the same as ``fedgov demo --home DIR``.

    A home that the environment names is for real instances, so there the demo gets a folder of its own.
    """
    entrance: Entrance = context.obj
    above = context.parent
    given = above is not None and above.get_parameter_source("home") is ParameterSource.COMMANDLINE
    return entrance.home if given else entrance.home / "demo"


def _config(home: Path, town: Town, *, port: int, domain: str) -> Config:
    """Return the configuration of one town hall; it is written when there is none."""
    folder = home / town.name
    name = f"{domain or f'{town.name}.localhost'}:{port}"
    if not (folder / "config.toml").exists():
        text = _CONFIG.format(
            organisation=town.organisation,
            organisation_text=quoted(town.organisation),
            domain=quoted(name),
            tooi=quoted(town.tooi),
            contact=quoted(f"beheer@{town.name}.example"),
            description=quoted(town.description),
            port=port,
            registration=town.registration,
        )
        write(folder, text)
    config = configuration.load(folder)
    if config.instance.domain != name:
        raise click.ClickException(
            f"the demo in {home} is {config.instance.domain}, not {name}: an instance cannot change its name. "
            "Start it as before, or add --fresh to throw it away and start over."
        )
    return config


async def _serve(configs: Sequence[Config], sockets: list[socket.socket], *, folder: Path) -> None:
    """Serve until stopped; the conversation is held first when the demo is new."""
    server = make_server(configs)
    serving = asyncio.create_task(until_told(server, sockets))
    if not await has_started(server, serving):
        return await serving
    talking = asyncio.create_task(_prepare(server, folder=folder))
    await asyncio.wait([talking, serving], return_when=asyncio.FIRST_COMPLETED)
    if server.should_exit or not talking.done():  # told to stop: nobody waits for the end of the conversation
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        return await serving
    if talking.exception() is None:
        _show(configs, Console())
    else:
        server.should_exit = True
    await serving
    return talking.result()


async def _prepare(server: InstanceServer, *, folder: Path) -> None:
    mark = folder / _MARK
    if mark.exists():
        return
    app = server.config.app
    assert isinstance(app, Server)  # noqa: S101 - made by make_server
    console = Console()
    columns = SpinnerColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("The town halls open…", total=None)
        stage = Stage(running=app.running, tell=lambda text: progress.update(task, description=text))
        await stage.play()
    mark.touch()


@dataclass(slots=True, kw_only=True)
class Stage:
    """Plays the conversation of the demo between running instances.

    Args:
        running: The town halls, in the order of `TOWNS`.
        tell: Shows what is going on.
    """

    running: Sequence[Running]
    tell: Callable[[str], None]
    homes: dict[str, Running] = field(default_factory=dict)
    posts: dict[str, str] = field(default_factory=dict)

    async def play(self) -> None:
        """Make accounts, follow, and say everything in its order."""
        for running, town in zip(self.running, TOWNS, strict=True):
            for person in town.staff:
                self.tell(f"{town.organisation}: {person.name} gets an account…")
                await self._hire(running, person)
        for who, whom in FOLLOWS:
            self.tell(f"{who} follows {whom}…")
            await self._follow(who, whom)
        for step in CONVERSATION:
            self.tell(f"{step.who}: {step.do}…")
            await self._do(step)
        await self._arrive_everywhere()

    async def _hire(self, running: Running, person: Colleague) -> None:
        self.homes[person.username] = running
        instance = running.instance
        await accounts.open_account(
            instance,
            username=person.username,
            password=PASSWORD,
            name=person.name,
            function=person.function,
            department=person.department,
            administrator=person.administrator,
        )
        await instance.write(
            profiles.change_profile, actor=self._actor(person.username), profile=Profile(summary=person.about)
        )

    def _actor(self, username: str) -> str:
        return self.homes[username].instance.site.actor(username)

    async def _follow(self, who: str, whom: str) -> None:
        instance, other = self.homes[who].instance, self.homes[whom].instance
        handle = parse_handle(f"@{whom}@{other.site.domain}", scheme=other.site.scheme)
        target = await instance.fetch.actor_by_handle(handle)
        await instance.write(following.follow, actor=self._actor(who), target=target)
        await self._until(instance, follows.is_follower, follower=self._actor(who), following=target)

    async def _do(self, step: Step) -> None:
        instance = self.homes[step.who].instance
        who, about = self._actor(step.who), self.posts.get(step.to, "")
        if about:
            about_id = await self._post_id(instance, about)
        if step.do in ("edit", "delete"):  # let others have seen the first version
            await self._until(instance, _nothing_waits)
        if step.do in ("post", "reply"):
            draft = PollDraft(options=step.options, ends_at=instance.clock.now() + 7 * DAY) if step.options else None
            row_id = await instance.write(
                publishing.publish_post,
                author=who,
                text=step.text,
                title=step.title,
                summary=step.summary,
                visibility=Visibility(step.visibility),
                in_reply_to=about or None,
                poll=draft,
            )
            self.posts[step.key] = instance.site.post(row_id)
        elif step.do == "edit":
            await instance.write(publishing.edit_post, actor=who, object_id=about_id, text=step.text)
        elif step.do == "delete":
            await instance.write(publishing.delete_post, actor=who, object_id=about_id)
        elif step.do == "like":
            await instance.write(reacting.like, actor=who, object_id=about_id)
        elif step.do == "react":
            await instance.write(reacting.like, actor=who, object_id=about_id, emoji=step.emoji)
        elif step.do == "share":
            await instance.write(reacting.share, actor=who, object_id=about_id)
        elif step.do == "vote":
            poll = await instance.read(parts.poll_of, object_id=about_id)
            labels = [option.name for option in poll.options] if poll is not None else []
            choices = [labels.index(answer) for answer in step.options]
            await instance.write(polls.vote, actor=who, object_id=about_id, choices=choices)

    async def _post_id(self, instance: Instance, uri: str) -> int:
        """Wait until a post has arrived; return its row id."""
        row = await self._until(instance, objects.find, uri=uri)
        assert row is not None  # noqa: S101 - waited for
        return int(row.id)

    async def _arrive_everywhere(self) -> None:
        """Wait until nothing is on its way any more: what came in may be answered, so each is asked twice."""
        for running in (*self.running, *self.running):
            await self._until(running.instance, _nothing_waits)

    async def _until(self, instance: Instance, query: Callable[..., T], **values: object) -> T:
        """Read until the answer is not empty."""
        try:
            async with asyncio.timeout(ARRIVAL_SECONDS):
                while not (found := await instance.read(query, **values)):  # noqa: ASYNC110 - another server does it
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise UnreachableError(
                f"the other town halls did not hear from {instance.site.domain} in {ARRIVAL_SECONDS:.0f} seconds",
                detail="see what it says with --log-level info",
            ) from None
        return found


def _nothing_waits(tx: Transaction) -> bool:
    """Tell whether everything has left, and all that came in was carried out."""
    return not any(
        tx.value(select(func.count()).where(table.c.state == "queued")) for table in (deliveries, inbox_items)
    )


def _show(configs: Sequence[Config], console: Console) -> None:
    """Print addresses and log-ins."""
    console.print("\n[bold]fedgov demo[/bold]: three organisations that talk with one another\n")
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Organisation", no_wrap=True)
    table.add_column("Address", no_wrap=True)
    table.add_column("Log in as")
    for config, town in zip(configs, TOWNS, strict=True):
        table.add_row(town.organisation, config.site.origin, ", ".join(person.username for person in town.staff))
    console.print(table)
    console.print(f"\nPassword of everyone: [bold]{PASSWORD}[/bold]. The first of each row is the administrator.")
    names = [name for config in configs if (name := config.instance.domain.partition(":")[0]) != "localhost"]
    if names:
        console.print("\nBrowsers know these names. For other programs, put this line in /etc/hosts:")
        console.print(f"  127.0.0.1 {' '.join(names)}", highlight=False, soft_wrap=True)
    _show_apps(configs, console)
    console.print("\nStop with Ctrl-C.")


def _show_apps(configs: Sequence[Config], console: Console) -> None:
    """Say how an app on this machine gets in: it may not know the names that browsers know."""
    servers = [f"http://localhost:{config.server.listen.rpartition(':')[2]}" for config in configs]
    console.print("\nA Mastodon app on this machine takes one of these as its server, for example toot:")
    console.print(f"  {'  '.join(servers)}", highlight=False, soft_wrap=True)
    console.print(f"  toot login --instance {servers[0]}", highlight=False, soft_wrap=True)
    console.print("It opens a page here, where you log in as above and let it in: docs/how-to/log-in-with-an-app.md")
