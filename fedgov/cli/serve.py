"""Serving instances over HTTP: one uvicorn server, as many sockets as needed."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import click
import uvicorn

from fedgov.app import Server
from fedgov.cli.entrance import Entrance, load
from fedgov.kernel.config import Config

STOP_SECONDS = 5


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.pass_obj
def serve(entrance: Entrance, names: tuple[str, ...]) -> None:
    """Serve one or more instances from this process; all of them when none is named."""
    if names:
        configs = [Entrance(home=entrance.home, name=name).config() for name in names]
    elif entrance.name is not None:
        configs = [entrance.config()]
    else:
        configs = [load(folder) for folder in entrance.folders()]
    if not configs:
        raise click.UsageError(f"there is no instance in {entrance.home} yet; make one with: fedgov init NAME …")
    run(configs)


def run(configs: Sequence[Config]) -> None:
    """Serve until told to stop (SIGTERM or Ctrl-C)."""
    server = make_server(configs)
    sockets = listen(configs)
    for config in configs:
        click.echo(f"{config.instance.organisation}: {config.site.origin} (listening on {config.server.listen})")
    server.run(sockets=sockets)
    if not server.started:
        raise SystemExit(1)


def make_server(configs: Sequence[Config]) -> uvicorn.Server:
    """Return a server for some instances, not yet started."""
    return uvicorn.Server(
        uvicorn.Config(
            Server(configs),
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
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


def listen(configs: Sequence[Config]) -> list[socket.socket]:
    """Open the listeners; instances with the same address share one.

    Raises:
        click.ClickException: An address is in use or not ours.
    """
    opened: dict[tuple[str, int], socket.socket] = {}
    for config in configs:
        address = config.listen
        if address in opened:
            continue
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as error:
            raise click.ClickException(
                f"{config.name} cannot listen on {config.server.listen}: {error.strerror}; "
                "is another server running there? Change server.listen, or stop it"
            ) from None
        listener.listen(2_048)
        listener.set_inheritable(True)
        opened[address] = listener
    return list(opened.values())
