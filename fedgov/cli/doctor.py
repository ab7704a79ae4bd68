"""Looking an instance over: what is well, what is not, and what to do about it."""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
import socket
import ssl
import stat
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Final

import click
import orjson
from sqlalchemy import func, select, text

from fedgov import __version__
from fedgov.app import Running, open_instance
from fedgov.cli import duty
from fedgov.cli.entrance import Entrance
from fedgov.cli.findings import Finding, State
from fedgov.cli.search import look_at_index
from fedgov.features.audit import service as audit
from fedgov.features.trust import queries as trust_queries
from fedgov.federation import keys
from fedgov.federation.client import GuardedClient, trusted_certificates
from fedgov.kernel.clock import DAY, HOUR
from fedgov.kernel.config import Config, Network
from fedgov.kernel.errors import FedgovError
from fedgov.store import schema
from fedgov.store.tables import deliveries, inbox_items, peers
from fedgov.store.transaction import Transaction

MARKS: Final[dict[State, tuple[str, str]]] = {"good": ("✓", "green"), "look": ("!", "yellow"), "bad": ("✗", "red")}
MIN_FREE_BYTES: Final = 1_000_000_000
FULL_BYTES: Final = 10_000_000
MIN_CERTIFICATE_DAYS: Final = 14
MAX_CLOCK_SECONDS: Final = 60
PATIENCE: Final = 5.0
_NOT_OURS: Final = 421
"""Status of a server that does not know the name it was asked by."""


@click.command()
@click.pass_obj
def doctor(entrance: Entrance) -> None:
    """Look the instance over; exit status 1 when something does not work."""
    config = entrance.config()
    click.echo(f"{config.instance.organisation} · {config.site.origin} · fedgov {__version__}\n")
    findings = asyncio.run(examine(config))
    for finding in findings:
        mark, colour = MARKS[finding.state]
        click.echo(f"{click.style(mark, fg=colour)} {finding.about}: {finding.words}")
    bad = sum(finding.state == "bad" for finding in findings)
    if bad:
        click.echo(f"\n{'One thing does' if bad == 1 else f'{bad} things do'} not work.")
        raise SystemExit(1)
    click.echo("\nEverything that can be seen from here works.")


async def examine(config: Config) -> list[Finding]:
    """Do all checks of one instance; those that need its database only when that can be opened."""
    found = [_look_at_disk(config), *duty.look_at_other_disks(config), *_look_at_files(config)]
    found += [await _look_at_listener(config), *await duty.ask_ready(config), *_look_at_proxies(config)]
    try:
        async with open_instance(config) as running:
            for check in _INSIDE:
                found += await check(running)
    except FedgovError as error:
        found.append(Finding("bad", "database", f"{error.safe} ({error.detail})" if error.detail else error.safe))
    return found


def _look_at_disk(config: Config) -> Finding:
    free = shutil.disk_usage(config.folder).free
    words = f"{free / 1e9:.1f} GB free"
    if free > MIN_FREE_BYTES:
        return Finding("good", "disk", words)
    if free < FULL_BYTES:
        return Finding("bad", "disk", "it is full: make room; until then nothing new is stored, and messages wait")
    return Finding("bad", "disk", f"{words}; make room before it is full and messages must wait")


def _look_at_files(config: Config) -> Iterator[Finding]:
    """Tell which secrets other users of this machine can read, and what the server itself perhaps cannot."""
    owner = config.folder.stat().st_uid
    strange = [path.name for path in sorted(config.folder.iterdir()) if path.lstat().st_uid != owner]
    if strange:
        belong = "belongs" if len(strange) == 1 else "belong"
        words = f"{', '.join(strange)} {belong} to another user than its folder, as after a command as root"
        yield Finding("bad", "files", f"{words}; do: chown -R --reference={config.folder} {config.folder}")
        return
    if not config.folder.stat().st_mode & stat.S_IXOTH:
        yield Finding("good", "files", "only their owner can read them")
        return
    readable = [
        path for path in sorted(config.folder.iterdir()) if _is_secret(path.name) and path.stat().st_mode & stat.S_IRWXO
    ]
    if readable:
        names = ", ".join(path.name for path in readable)
        yield Finding("bad", "files", f"everyone on this machine can read {names}; do: chmod -R go= {config.folder}")
    else:
        yield Finding("good", "files", "keys and messages are not readable for others on this machine")


def _is_secret(name: str) -> bool:
    return name == "config.toml" or name.endswith((".key", ".pem", ".sqlite3", ".sqlite3-wal"))


async def _look_at_listener(config: Config) -> Finding:
    """Tell whether a server is there, and knows this instance."""
    try:
        async with asyncio.timeout(PATIENCE):
            status = await _ask_listener(config)
    except (OSError, TimeoutError):
        words = f"nothing listens on {config.server.listen}; start it with: fedgov serve {config.name}"
        return Finding("bad", "server", f"{words} (or: systemctl start fedgov)")
    if status == _NOT_OURS:
        words = f"the one on {config.server.listen} does not know {config.instance.domain}; restart it"
        return Finding("bad", "server", f"{words}: it reads its configuration when it starts")
    return Finding("good", "server", f"something listens on {config.server.listen}")


async def _ask_listener(config: Config) -> int:
    """Ask the server itself, past the proxy; return the status, or 0 when that was none."""
    reader, writer = await asyncio.open_connection(*config.listen)
    try:
        writer.write(f"HEAD /actor HTTP/1.1\r\nHost: {config.instance.domain}\r\nConnection: close\r\n\r\n".encode())
        words = (await reader.readline()).split(maxsplit=2)
    finally:
        writer.close()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _look_at_proxies(config: Config) -> Iterator[Finding]:
    """Tell when all visitors seem to be one: https is always ended by a proxy."""
    if config.instance.scheme == "https" and not config.server.trusted_proxies:
        words = "server.trusted_proxies is empty, so all visitors share the proxy's limits"
        yield Finding("look", "proxy", f"{words}; put the proxy's address there")


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
    if not all(running.room.client.guard.permits(address) for address in addresses):
        words = f"{name} is {', '.join(addresses)} here, which is not on the public internet"
        words += ": others must know another address, or have this one in their federation.allow_networks"
        findings = [Finding("look", "name", words)]
    if config.instance.scheme == "https":
        findings.append(await _look_at_certificate(name, int(port or 443)))
    return findings


_UNKNOWN_AUTHORITY: Final = (18, 19, 20, 21)
"""OpenSSL's codes for a certificate of which nobody known says that it is right."""
_OWN_AUTHORITY: Final = (
    "; the proxy must send the whole chain, and an authority of your own must be known to this machine and to "
    "the others (update-ca-certificates)"
)


async def _look_at_certificate(name: str, port: int) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(name, port, ssl=trusted_certificates())
    except ssl.SSLCertVerificationError as error:
        words = f"the certificate of {name}:{port} is not good: {error.verify_message}"
        return Finding("bad", "TLS", words + (_OWN_AUTHORITY if error.verify_code in _UNKNOWN_AUTHORITY else ""))
    except (OSError, TimeoutError) as error:
        words = f"no protected connection to {name}:{port} ({error or 'no answer'}); see the proxy and its certificate"
        return Finding("bad", "TLS", words)
    certificate = writer.get_extra_info("peercert")
    writer.close()
    days = (ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) / 86_400
    state: State = "good" if days > MIN_CERTIFICATE_DAYS else "look"
    return Finding(state, "TLS", f"the certificate is valid for {days:.0f} more days")


async def _look_from_outside(running: Running) -> list[Finding]:
    """Ask our own public address for the Application actor, as another server would.

    Here it may be an address that is not on the public internet; no other is asked.
    """
    site, federation = running.instance.site, running.instance.config.federation
    own = (*federation.allow_networks, *await _own_networks(running.instance.config))
    client = GuardedClient(replace(federation, allow_networks=own), user_agent=f"fedgov/{__version__} (+{site.origin})")
    try:
        answer = await client.get(site.application, accept="application/activity+json", seconds=PATIENCE)
        metrics = await duty.look_for_metrics(running.instance.config, client)
    except FedgovError as error:
        words = (
            f"{site.application} cannot be read from here: {error.safe}; "
            "that is right only where the network does not let its own machines in from outside"
        )
        return [Finding("look", "reachable", words)]
    finally:
        await client.close()
    if answer.status == _NOT_OURS and await _is_unknown_here(running.instance.config):
        words = f"{site.application} answers {_NOT_OURS}, because the server does not know this name; see above"
        return [Finding("bad", "reachable", words)]
    clock = _clock_finding(answer.headers.get("date", ""))
    return [_judge(site.application, answer.status, answer.body), *clock, *metrics]


async def _is_unknown_here(config: Config) -> bool:
    """Tell whether the server itself says that it does not know our name: then it is not the proxy's fault."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await _ask_listener(config) == _NOT_OURS
    except (OSError, TimeoutError):
        return False


async def _own_networks(config: Config) -> tuple[Network, ...]:
    """Return the addresses of our own name, as this machine knows it."""
    name = config.instance.domain.partition(":")[0]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(ipaddress.ip_network(str(address[0]).partition("%")[0]) for *_, address in found)


def _judge(address: str, status: int, body: bytes) -> Finding:
    """Tell what the answer at our public address means."""
    try:
        identifier = orjson.loads(body).get("id")
    except (orjson.JSONDecodeError, AttributeError):
        identifier = None
    if status == _NOT_OURS:
        words = "the proxy does not pass the Host header on, which breaks every signature; see the installation page"
    elif status in (502, 503, 504):
        words = f"{address} answers {status}: the proxy cannot reach the server behind it"
    elif status != 200 or identifier != address:
        words = f"{address} answers {status}, and not with our own actor; something else is served there"
    else:
        return Finding("good", "reachable", f"{address} answers as it should")
    return Finding("bad", "reachable", words)


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
    words = f"{waiting} waiting"
    if age > HOUR:
        words += f", the oldest for {age // HOUR} hours; see: fedgov deliveries"
    found = [Finding("look" if age > DAY else "good", "sending", words)]
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


async def _look_at_duty(running: Running) -> list[Finding]:
    """Tell what whoever is on duty wants to know besides."""
    trust = await running.instance.read(trust_queries.mode)
    return [
        *await duty.look_behind(running.instance),
        *duty.look_at_choices(running.instance.config, trust=trust),
    ]


async def _look_at_audit_log(running: Running) -> list[Finding]:
    """Tell whether somebody changed, removed or added an entry."""
    found = await audit.verify(running.instance)
    if found.fault:
        return [Finding("bad", "audit log", f"{found.fault}; see: fedgov audit verify")]
    return [Finding("good", "audit log", f"all {found.entries} entries fit")]


_INSIDE: Final[tuple[Callable[[Running], Awaitable[list[Finding]]], ...]] = (
    _look_at_database,
    _look_at_keys,
    _look_at_name,
    _look_from_outside,
    _look_at_queues,
    _look_at_duty,
    _look_at_audit_log,
    look_at_index,
)
"""The checks that need an open instance."""
