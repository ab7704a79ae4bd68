"""What whoever is on duty wants to know of a running server: whether it works, what is behind, and who can look in."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

from fedgov.cli.findings import Finding
from fedgov.features.notices.queries import push
from fedgov.federation.client import GuardedClient
from fedgov.federation.doors.metrics import PATH
from fedgov.federation.figures import Figures, figures
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, HOUR, MINUTE
from fedgov.kernel.config import Config
from fedgov.kernel.errors import FedgovError

BEHIND: Final = 15 * MINUTE
LONG_AWAY: Final = 2 * DAY
OLD_BACKUP: Final = 2 * DAY
MIN_FREE_BYTES: Final = 1_000_000_000
PATIENCE: Final = 5.0
WIDEST: Final = {4: 8, 6: 16}
"""Networks wider than this are not one organisation's."""

_WHY_NOT: Final = {
    "stopping": "it was told to stop",
    "database": "its database does not answer; see whether it runs and what keeps the disk busy",
    "schema": "another version upgraded the database; restart the server with that version",
    "workers": "a worker gives no sign of life; save the log and restart the server",
    "disk": "its disk is full; make room",
}
_UNKNOWN: Final = "it does not say why; is it another program?"


async def ask_ready(config: Config) -> list[Finding]:
    """Ask the server itself whether it can do its work; nothing when none is there."""
    try:
        async with asyncio.timeout(PATIENCE):
            status, body = await _ask(config, "/readyz")
    except (OSError, TimeoutError):
        return []
    if status != 503:
        return [Finding("good", "work", "the server says that it can do its work")] if status == 200 else []
    try:
        reason = _WHY_NOT.get(str(orjson.loads(body).get("reason")), _UNKNOWN)
    except (orjson.JSONDecodeError, AttributeError):
        reason = _UNKNOWN
    return [Finding("bad", "work", f"the server cannot do its work: {reason}")]


async def _ask(config: Config, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(*config.listen)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {config.instance.domain}\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read(65_536)).partition(b"\r\n\r\n")
    finally:
        writer.close()
    words = head.split(maxsplit=2)
    return (int(words[1]) if len(words) > 1 and words[1].isdigit() else 0), body


async def look_behind(instance: Instance) -> list[Finding]:
    """Tell what is late: messages that could be handled or sent, servers that are long away, the backup."""
    found: Figures = await instance.read(figures)
    return [*judge(found), *judge_push(await instance.read(push.waiting), now=found.taken_at)]


def judge_push(found: push.Waiting, *, now: int) -> Iterator[Finding]:
    """Tell whether messages for apps are late."""
    late = 0 if found.since is None else now - found.since
    if late > BEHIND:
        words = f"{found.due} could be sent and are not, the oldest for {late // MINUTE} minutes"
        yield Finding("look", "push messages", f"{words}; is the server running, and does its log say why?")


def judge(found: Figures) -> Iterator[Finding]:
    """Tell what is late in some figures."""
    now = found.taken_at
    for about, queue, verb in (
        ("received", found.inbox["due"], "handled"),
        ("sending", found.deliveries["due"], "sent"),
    ):
        late = queue.seconds(now) * 1_000
        if late > BEHIND:
            words = f"{queue.number} could be {verb} and are not, the oldest for {late // MINUTE:.0f} minutes"
            yield Finding("look", about, f"{words}; is the server running, and does its log say why?")
    if found.failing_since is not None and now - found.failing_since > LONG_AWAY:
        days = (now - found.failing_since) // DAY
        yield Finding("look", "peers", f"one has not answered for {days} days; see: fedgov peers")
    if found.backup_at is not None:
        age = now - found.backup_at
        words = f"the last one began {age // HOUR} hours ago"
        if age > OLD_BACKUP:
            yield Finding("look", "backup", f"{words}; do: fedgov backup FILE, every night")
        else:
            yield Finding("good", "backup", words)


def look_at_choices(config: Config, *, trust: str) -> Iterator[Finding]:
    """Tell which settings are risky together.

    Args:
        config: What the administrator set.
        trust: With whom messages are exchanged now: ``open`` or ``listed``.
    """
    if config.accounts.registration == "open" and trust == "open":
        words = "anybody may make an account here and write to every server, so spam will; "
        yield Finding("look", "choices", f"{words}close accounts.registration, or list whom you trust")
    wide = [str(each) for each in config.metrics.allow_networks if each.prefixlen < WIDEST[each.version]]
    if config.metrics.enabled and wide:
        words = f"metrics.allow_networks holds {', '.join(wide)}, which is nearly everybody"
        yield Finding("bad", "metrics", f"{words}; name the network of your Prometheus, or use metrics.token")


async def look_for_metrics(config: Config, client: GuardedClient) -> list[Finding]:
    """Ask for the figures at our public address, as a stranger; only where a proxy stands between."""
    if config.instance.scheme != "https" or not config.metrics.enabled:
        return []
    address = config.site.origin + PATH
    try:
        answer = await client.get(address, accept="text/plain", seconds=PATIENCE)
    except FedgovError:
        return []  # that nothing is reached is told by another check
    if answer.status == 200 and b"fedgov_build_info" in answer.body:
        words = f"{address} shows figures to who has no token, at least from here; see metrics.allow_networks"
        return [Finding("look", "metrics", f"{words} and whether the proxy sets X-Forwarded-For")]
    return [Finding("good", "metrics", "strangers cannot read them")]


def look_at_other_disks(config: Config) -> Iterator[Finding]:
    """Tell of the disks under media and database, where they are not the one of the folder."""
    seen = {_device(config.folder)}
    for about, path in _places(config):
        if not path.exists() or _device(path) in seen:
            continue
        seen.add(_device(path))
        free = shutil.disk_usage(path).free
        if free > MIN_FREE_BYTES:
            yield Finding("good", about, f"{free / 1e9:.1f} GB free")
        else:
            yield Finding("bad", about, f"{free / 1e9:.1f} GB free in {path}; make room before it is full")


def _places(config: Config) -> Iterator[tuple[str, Path]]:
    yield "disk of media", config.folder / "media"
    if config.database_url.startswith("sqlite:///"):
        yield "disk of the database", Path(config.database_url.removeprefix("sqlite:///")).parent


def _device(path: Path) -> int:
    return path.stat().st_dev
