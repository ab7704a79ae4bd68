"""Making an instance and bringing its database up to date."""

from __future__ import annotations

import asyncio
import shutil
import tomllib
from pathlib import Path

import click

from fedgov.app import open_instance
from fedgov.cli.entrance import Entrance, note_down
from fedgov.kernel import config as configuration
from fedgov.kernel.config import INSTANCE_NAME
from fedgov.store import audit, schema

_TEMPLATE = """\
# {organisation}
# Every setting is described in docs/reference/configuration.md.

[instance]
domain = {domain}
organisation = {organisation_text}
tooi = {tooi}
contact = {contact}

[server]
listen = {listen}
trusted_proxies = {proxies}

[database]
url = {database}
"""


_NEARBY = '["127.0.0.1/32", "::1/128"]'
"""A proxy on this machine; whoever listens to others has one elsewhere."""


def quoted(text: str) -> str:
    """Return a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


@click.command()
@click.argument("name")
@click.option("--domain", required=True, help="Host name in every address; cannot be changed later.")
@click.option("--organisation", required=True, help="Name of the organisation.")
@click.option("--tooi", default="", help="TOOI identifier, for instance gm0014.")
@click.option("--contact", default="", help="E-mail address for visitors and security reports.")
@click.option("--listen", default="127.0.0.1:8000", show_default=True, help="Address and port to listen on.")
@click.option("--database", default="", metavar="URL", help="sqlite:///PATH or postgresql://USER@HOST/NAME.")
@click.pass_obj
def init(
    entrance: Entrance,
    name: str,
    *,
    domain: str,
    organisation: str,
    tooi: str,
    contact: str,
    listen: str,
    database: str,
) -> None:
    """Make an instance: its configuration, keys and database."""
    folder = entrance.home / name
    if not INSTANCE_NAME.match(name):
        raise click.BadParameter("small letters, digits and hyphens only", param_hint="NAME")
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} exists already and was left as it is")
    text = _TEMPLATE.format(
        organisation=" ".join(organisation.split()),
        organisation_text=quoted(organisation),
        domain=quoted(domain),
        tooi=quoted(tooi),
        contact=quoted(contact),
        listen=quoted(listen),
        proxies=_NEARBY if listen.startswith(("127.", "[::1]")) else "[]",
        database=quoted(database),
    )
    make(folder, text)
    click.echo(f"Made {folder}. Next:")
    click.echo(f"  fedgov -i {name} user create YOU --admin")
    click.echo(f"  fedgov serve {name}")


def make(folder: Path, text: str) -> None:
    """Write a configuration and make keys and database; when that fails, nothing is left behind.

    Raises:
        ConfigurationError: The configuration has mistakes; all are listed.
        FedgovError: The database cannot be made.
    """
    config = configuration.read(tomllib.loads(text), folder=folder)

    async def open_once() -> None:
        async with open_instance(config):
            pass

    write(folder, text)
    try:
        asyncio.run(open_once())
    except BaseException:
        shutil.rmtree(folder)
        raise


def write(folder: Path, text: str) -> None:
    """Write a configuration into a folder that is closed to others: keys and everything people wrote will be there."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    path = folder / "config.toml"
    path.touch(mode=0o600, exist_ok=False)  # it may hold a database password
    path.write_text(text, encoding="utf-8")


@click.command()
@click.pass_obj
def migrate(entrance: Entrance) -> None:
    """Bring the database to the newest schema."""
    config = entrance.config()
    revision = asyncio.run(schema.upgrade(config.database_url))
    note_down(config, audit.UPGRADED, target=revision, only_news=True)
    click.echo(f"{config.name}: schema {revision}")
