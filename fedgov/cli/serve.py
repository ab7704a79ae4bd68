"""Serving instances over HTTP: one uvicorn server, as many sockets as needed."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import click
import uvicorn
import uvloop

from fedgov.app import Server
from fedgov.cli.entrance import Entrance
from fedgov.cli.wires import MAX_MESSAGE, HttpWire, SocketWire
from fedgov.kernel.config import Config, read_listen
from fedgov.store.erasures import QUARANTINE

STOP_SECONDS: Final = 5
DRAIN_SECONDS: Final = 1.0
"""How long a server that was told to stop still accepts connections, so that whatever asks `/readyz` can turn away."""


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option(
    "--listen",
    "address",
    metavar="ADDRESS:PORT",
    help="Listen here instead of on server.listen: for a second process beside the first, with PostgreSQL.",
)
@click.pass_obj
def serve(entrance: Entrance, names: tuple[str, ...], address: str | None) -> None:
    """Serve one or more instances from this process; all of them when none is named."""
    configs = entrance.configs(names)
    if address is not None:
        configs = [elsewhere(config, address) for config in configs]
    configs = [config for config in configs if not tell_of_quarantine(config)]
    if not configs:
        raise click.ClickException("there is nothing to serve")
    check_names(configs)
    server = make_server(configs)
    sockets = listen(configs)

    async def run() -> None:
        serving = asyncio.create_task(until_told(server, sockets))
        if await has_started(server, serving):
            keep_what_was_loaded()
            for config in configs:
                click.echo(
                    f"{config.instance.organisation}: {config.site.origin} (listening on {config.server.listen})"
                )
            tell_service_manager("READY=1")
        await serving

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def keep_what_was_loaded() -> None:
    """Spare the garbage collector what stays until the end: modules, routes, settings.

    It would look through all of that again and again while messages come and go,
    which took a seventh of the CPU time of a fan-out.
    """
    gc.collect()
    gc.freeze()


def tell_service_manager(state: str) -> None:
    """Tell systemd how it goes, so that `systemctl start` waits until we answer; does nothing elsewhere.

    Spec: sd_notify(3).
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out, contextlib.suppress(OSError):
        out.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        out.sendall(state.encode())


def tell_of_quarantine(config: Config) -> bool:
    """Say that an instance is not served because it was restored and not opened yet; False when it may be served."""
    if not (config.folder / QUARANTINE).exists():
        return False
    click.echo(
        f"{config.name} was restored from a backup and is not served until: fedgov -i {config.name} open", err=True
    )
    return True


class InstanceServer(uvicorn.Server):
    """A uvicorn server that opens its instances first and closes them last.

    The lifespan protocol would do so too, but a refusal, such as a database of a
    newer version, would be lost in a log. Signals are left to `until_told`:
    uvicorn ends the process with the signal, as if stopping had failed.
    """

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until `should_exit`.

        Raises:
            FedgovError: An instance cannot be opened.
        """
        app = self.config.app
        assert isinstance(app, Server)  # noqa: S101 - made by make_server
        await app.open()
        try:
            await super().serve(sockets=sockets)
        finally:
            await app.close()

    def drain(self) -> None:
        """Say that we are about to stop, and stop a moment later: requests that are under way are answered."""
        app = self.config.app
        assert isinstance(app, Server)  # noqa: S101 - made by make_server
        app.about_to_stop()
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self.handle_exit, signal.SIGTERM, None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving: streams first, since nothing else would end them."""
        app = self.config.app
        assert isinstance(app, Server)  # noqa: S101 - made by make_server
        app.end_streams()
        await super().shutdown(sockets=sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether uvicorn has something to say: that it cut off an unfinished request to stop in time is none."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def make_server(configs: Sequence[Config]) -> InstanceServer:
    """Return a server for some instances, not yet started."""
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    return InstanceServer(
        uvicorn.Config(
            Server(configs),
            loop="uvloop",
            http=HttpWire,
            ws=SocketWire,
            ws_max_size=MAX_MESSAGE,
            ws_ping_interval=None,  # streams show that they are alive all by themselves
            ws_per_message_deflate=False,  # a dictionary of 256 KB for each connection
            lifespan="off",
            log_config=None,  # as the rest of fedgov
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,  # the instance decides which proxies it trusts
            timeout_graceful_shutdown=STOP_SECONDS,
            timeout_keep_alive=30,
            h11_max_incomplete_event_size=65_536,
        )
    )


async def until_told(server: InstanceServer, sockets: list[socket.socket]) -> None:
    """Serve until SIGTERM or Ctrl-C; a second Ctrl-C waits for nobody."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, server.drain)
    loop.add_signal_handler(signal.SIGINT, server.handle_exit, signal.SIGINT, None)
    try:
        await server.serve(sockets=sockets)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        for listener in sockets:
            listener.close()


async def has_started(server: InstanceServer, serving: asyncio.Task[None]) -> bool:
    """Wait until a server answers, or until it is clear that it will not."""
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.02)
    return server.started


def check_names(configs: Sequence[Config]) -> None:
    """Check that the Host header can tell the instances apart.

    Raises:
        click.ClickException: Two of them answer to the same name.
    """
    owners: dict[str, str] = {}
    for config in configs:
        for name in {config.instance.domain, *config.server.aliases}:
            other = owners.setdefault(name, config.name)
            if other != config.name:
                raise click.ClickException(
                    f"{other} and {config.name} both answer to {name}; see instance.domain and server.aliases"
                )


def elsewhere(config: Config, address: str) -> Config:
    """Return the configuration with another address to listen on.

    Raises:
        click.UsageError: It is no address with a port.
    """
    try:
        return replace(config, server=replace(config.server, listen=read_listen(address)))
    except ValueError as error:
        raise click.UsageError(f"--listen {error}") from None


def listen(
    configs: Sequence[Config], *, advice: str = "change server.listen, or stop that server"
) -> list[socket.socket]:
    """Open the listeners; instances with the same address share one.

    Args:
        configs: The instances.
        advice: What to do when an address is in use.

    Raises:
        click.ClickException: An address is in use or not ours.
    """
    opened: dict[tuple[str, int], socket.socket] = {}
    with contextlib.ExitStack() as stack:
        for config in configs:
            if config.listen not in opened:
                opened[config.listen] = stack.enter_context(_listener(config, advice=advice))
        stack.pop_all()  # all of them are open: they stay
    return list(opened.values())


def _listener(config: Config, *, advice: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.listen[0] else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it: else, with some event loops, the body of an answer waits 40 ms until its head was seen.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind(config.listen)
        listener.listen(2_048)
    except OSError as error:
        listener.close()
        where = f"{config.name} cannot listen on {config.server.listen}"
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(f"{where}: another server does; {advice}") from None
        raise click.ClickException(f"{where}: {error.strerror or error}; see server.listen") from None
    return listener
