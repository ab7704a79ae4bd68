"""Looking an instance over: what is well, what is not, and what to do about it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import stat
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, Literal

import click
import orjson
from sqlalchemy import func, select, text

from fedgov import __version__
from fedgov.app import Running
from fedgov.cli.entrance import Entrance
from fedgov.federation import keys
from fedgov.kernel.clock import DAY, HOUR
from fedgov.kernel.errors import FedgovError
from fedgov.store import schema
from fedgov.store.tables import deliveries, inbox_items, peers
from fedgov.store.transaction import Transaction

State = Literal["good", "look", "bad"]
MARKS: Final[dict[State, tuple[str, str]]] = {"good": ("✓", "green"), "look": ("!", "yellow"), "bad": ("✗", "red")}
MIN_FREE_BYTES: Final = 1_000_000_000
MIN_CERTIFICATE_DAYS: Final = 14
MAX_CLOCK_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Args:
        state: ``good``; ``look``: somebody should look at it; ``bad``: something does not work.
        about: What was checked.
        words: What was found and what to do, in plain words.
    """

    state: State
    about: str
    words: str


@click.command()
@click.pass_obj
def doctor(entrance: Entrance) -> None:
    """Look the instance over; exit status 1 when something does not work."""
    config = entrance.config()
    click.echo(f"{config.instance.organisation} · {config.site.origin} · fedgov {__version__}\n")
    findings = entrance.run_with(examine)
    for finding in findings:
        mark, colour = MARKS[finding.state]
        click.echo(f"{click.style(mark, fg=colour)} {finding.about}: {finding.words}")
    bad = sum(finding.state == "bad" for finding in findings)
    if bad:
        click.echo(f"\n{bad} thing(s) do not work.")
        raise SystemExit(1)
    click.echo("\nEverything that can be seen from here works.")


async def examine(running: Running) -> list[Finding]:
    """Do all checks of one instance."""
    checks: tuple[Callable[[Running], Awaitable[list[Finding]]], ...] = (
        _look_at_files, _look_at_database, _look_at_keys, _look_at_name, _look_from_outside, _look_at_queues,
    )  # fmt: skip
    found: list[Finding] = []
    for check in checks:
        found += await check(running)
    return found


async def _look_at_files(running: Running) -> list[Finding]:
    folder = running.instance.config.folder
    free = shutil.disk_usage(folder).free
    enough = free > MIN_FREE_BYTES
    found = [
        Finding(
            "good" if enough else "bad",
            "disk",
            f"{free / 1e9:.1f} GB free" + ("" if enough else "; make room before it is full and messages must wait"),
        )
    ]
    open_files = [
        path.name for path in folder.iterdir() if _is_secret(path.name) and path.stat().st_mode & stat.S_IRWXO
    ]
    if open_files:
        words = f"everyone on this machine can read {', '.join(open_files)}; do: chmod 600 {folder}/{open_files[0]}"
        found.append(Finding("bad", "files", words))
    return found


def _is_secret(name: str) -> bool:
    return name == "config.toml" or name.endswith((".key", ".pem", ".sqlite3"))


async def _look_at_database(running: Running) -> list[Finding]:
    started = time.perf_counter()
    await running.instance.write(_do_nothing)
    milliseconds = (time.perf_counter() - started) * 1_000
    revision = schema.newest_revision()
    kind = "SQLite" if running.instance.config.database_url.startswith("sqlite:") else "PostgreSQL"
    found = [Finding("good", "database", f"{kind}, schema {revision}, a write takes {milliseconds:.0f} ms")]
    if kind == "SQLite":
        answer = await running.instance.read(_quick_check)
        if answer != "ok":
            found.append(Finding("bad", "database", f"it is damaged ({answer[:200]}); restore the last backup"))
    return found


def _do_nothing(tx: Transaction) -> None:
    tx.execute(deliveries.delete().where(deliveries.c.id < 0))


def _quick_check(tx: Transaction) -> str:
    return str(tx.value(text("PRAGMA quick_check(1)")))


async def _look_at_keys(running: Running) -> list[Finding]:
    site = running.instance.site
    for owner in (site.application, site.organisation):
        try:
            await running.instance.read(keys.signing_pair, owner=owner)
        except KeyError:
            return [Finding("bad", "keys", f"{owner} has no keys; do: fedgov keys rotate --all")]
    return [Finding("good", "keys", "server and organisation can sign")]


async def _look_at_name(running: Running) -> list[Finding]:
    config = running.instance.config
    name, _, port = config.instance.domain.partition(":")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError as error:
        if running.room.client.guard.allows_loopback and name.endswith("localhost"):
            return [Finding("good", "name", f"{name} is this machine (a demonstration)")]
        return [Finding("bad", "name", f"{name} does not exist in DNS ({error}); add A and AAAA records for it")]
    addresses = sorted({str(address[0]) for *_, address in found})
    findings = [Finding("good", "name", f"{name} is {', '.join(addresses)}")]
    if config.instance.scheme == "https":
        findings.append(await _look_at_certificate(name, int(port or 443)))
    return findings


async def _look_at_certificate(name: str, port: int) -> Finding:
    try:
        async with asyncio.timeout(10):
            _, writer = await asyncio.open_connection(name, port, ssl=ssl.create_default_context())
    except (OSError, TimeoutError) as error:
        return Finding(
            "bad", "TLS", f"no protected connection to {name}:{port} ({error}); see the proxy and its certificate"
        )
    certificate = writer.get_extra_info("peercert")
    writer.close()
    days = (ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86_400
    state: State = "good" if days > MIN_CERTIFICATE_DAYS else "look"
    return Finding(state, "TLS", f"the certificate is valid for {days:.0f} more days")


async def _look_from_outside(running: Running) -> list[Finding]:
    """Ask our own public address for the Application actor, as another server would."""
    site = running.instance.site
    try:
        answer = await running.room.client.get(site.application, accept="application/activity+json")
    except FedgovError as error:
        words = f"{site.application} cannot be read from here: {error.safe}; is the server running behind its proxy?"
        return [Finding("look", "reachable", words)]
    found = []
    try:
        identifier = orjson.loads(answer.body).get("id")
    except (orjson.JSONDecodeError, AttributeError):
        identifier = None
    if answer.status == 421:
        words = "the proxy does not pass the Host header on, which breaks every signature; see the installation page"
        found.append(Finding("bad", "reachable", words))
    elif answer.status != 200 or identifier != site.application:
        words = (
            f"{site.application} answers {answer.status}, and not with our own actor; something else is served there"
        )
        found.append(Finding("bad", "reachable", words))
    else:
        found.append(Finding("good", "reachable", f"{site.application} answers as it should"))
    found.extend(_clock_finding(answer.headers.get("date", "")))
    return found


def _clock_finding(date: str) -> Iterator[Finding]:
    try:
        seconds = abs(parsedate_to_datetime(date).timestamp() - time.time())
    except ValueError:
        return
    if seconds > MAX_CLOCK_SECONDS:
        yield Finding("bad", "clock", f"it differs {seconds:.0f} s from the proxy's; run a time service (NTP)")
    else:
        yield Finding("good", "clock", "it agrees with the proxy's")


async def _look_at_queues(running: Running) -> list[Finding]:
    waiting, oldest, parked, failing, stuck = await running.instance.read(_queues)
    age = (running.instance.clock.now() - oldest) if oldest else 0
    found = [
        Finding(
            "look" if age > DAY else "good",
            "sending",
            f"{waiting} waiting"
            + (f", the oldest for {age // HOUR} hours; see: fedgov deliveries" if age > HOUR else ""),
        )
    ]
    if parked:
        found.append(Finding("look", "sending", f"{parked} parked after a week of trying; see: fedgov peers"))
    if failing:
        found.append(Finding("look", "peers", f"{failing} do not answer now; see: fedgov peers"))
    if stuck:
        found.append(Finding("look", "received", f"{stuck} could not be handled; see: fedgov inbox --parked"))
    return found


def _queues(tx: Transaction) -> tuple[int, int, int, int, int]:
    waiting, oldest = tx.connection.execute(
        select(func.count(), func.min(deliveries.c.created_at)).where(deliveries.c.state == "queued")
    ).one()
    parked = tx.value(select(func.count()).where(deliveries.c.state == "parked"))
    failing = tx.value(select(func.count()).select_from(peers).where(peers.c.failures > 0))
    stuck = tx.value(select(func.count()).where(inbox_items.c.state == "parked"))
    return waiting, oldest or 0, parked, failing, stuck
