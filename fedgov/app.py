"""The composition root: puts the house together. Everything is known here and nothing is global.

`FEATURES` is the list of rooms; a new one is a folder and a line here.
"""

from __future__ import annotations

import asyncio
import fcntl
import ipaddress
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import structlog
from quart import Quart
from sqlalchemy import select

from fedgov import __version__
from fedgov.c2s.reception import Counter
from fedgov.features.audit.feature import FEATURE as AUDIT
from fedgov.features.media.feature import FEATURE as MEDIA
from fedgov.features.media.service.uploads import upload_portrait
from fedgov.features.moderation.feature import FEATURE as MODERATION
from fedgov.features.notices.feature import FEATURE as NOTICES
from fedgov.features.notices.present import folded_cards
from fedgov.features.notices.queries.counts import counts
from fedgov.features.notices.queries.tags import follows_tag
from fedgov.features.notices.service.push import make_push_key, show_waiting
from fedgov.features.notices.service.push_worker import PushWorker
from fedgov.features.notices.vocabulary import FilterContext
from fedgov.features.people.feature import FEATURE as PEOPLE
from fedgov.features.people.service import follows as following
from fedgov.features.people.service.pictures import PICTURES
from fedgov.features.people.service.sessions import AccountSessions
from fedgov.features.plate import Feature, Job
from fedgov.features.posts.feature import FEATURE as POSTS
from fedgov.features.posts.queries.face import public_face
from fedgov.features.search.feature import FEATURE as SEARCH
from fedgov.features.trust.feature import FEATURE as TRUST
from fedgov.features.trust.service import TrustDecisions
from fedgov.federation import actors, housekeeping, keys, pruning
from fedgov.federation.backfill import Backfiller
from fedgov.federation.client import GuardedClient
from fedgov.federation.delivery import DeliveryWorker
from fedgov.federation.describe import Describer
from fedgov.federation.doors import metrics as figures_door
from fedgov.federation.doors.asgi import Door, give
from fedgov.federation.doors.doors import Doors
from fedgov.federation.fetch import Fetcher
from fedgov.federation.gate import Gate
from fedgov.federation.inbox import InboxWorker, Intake
from fedgov.federation.keyring import KeyRing
from fedgov.federation.mending import Mender
from fedgov.federation.postroom import PostRoom
from fedgov.federation.readiness import Readiness
from fedgov.instance import Instance
from fedgov.kernel.clock import SECOND, Clock, SystemClock
from fedgov.kernel.config import Config
from fedgov.kernel.errors import ConflictError, MalformedError, UnreachableError
from fedgov.kernel.limits import Limiter
from fedgov.kernel.log import begin_request
from fedgov.kernel.metrics import Metrics
from fedgov.kernel.uris import host, normalise_host
from fedgov.mastodon import authorise
from fedgov.mastodon.push_message import compose
from fedgov.mastodon.reception import Reception
from fedgov.store import audit, erasures, schema
from fedgov.store.database import open_database
from fedgov.store.leases import lease_of
from fedgov.store.tables import actors as residents
from fedgov.store.transaction import Listener, Setting, Transaction
from fedgov.web.desk import DESK_KEY, INSTANCE_KEY, Desk
from fedgov.web.hooks import open_desk

FEATURES: Final[tuple[Feature, ...]] = (PEOPLE, TRUST, AUDIT, MEDIA, MODERATION, POSTS, NOTICES, SEARCH)
"""The rooms, lower floors first."""

STOP_SECONDS: Final = 3.0
"""How long a stop waits for the workers; with what `fedgov/cli/serve.py` waits for it stays below ten seconds."""
BODY_SECONDS: Final = 600
"""For a form with files over a slow line; not every proxy keeps it until it is complete."""

HEALTH_PATHS: Final = frozenset({"/healthz", "/readyz"})
_RESTART_SECONDS: Final = 1.0
_LAG_EVERY: Final = 0.5

_log = structlog.get_logger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def merged(parts: Iterable[Mapping[Any, Any]]) -> dict[Any, Any]:
    """Join the tables of all rooms.

    Raises:
        ValueError: Two rooms claim the same entry.
    """
    found: dict[Any, Any] = {}
    for part in parts:
        twice = found.keys() & part.keys()
        if twice:
            raise ValueError(f"two rooms claim {sorted(map(str, twice))}")
        found |= part
    return found


def all_listeners() -> dict[type, list[Listener]]:
    """Return who listens to which event, lower floors first."""
    found: dict[type, list[Listener]] = {}
    for feature in FEATURES:
        for event, listeners in feature.listeners.items():
            found.setdefault(event, []).extend(listeners)
    return found


def all_jobs() -> dict[str, Job]:
    """Return what the post room and the rooms do now and then, by a name for the log."""
    tidy = Job(name="tidy", every=housekeeping.EVERY, run=housekeeping.tidy)
    listing = Job(name="list erasures", every=erasures.EVERY, run=_list_erasures)
    prune = Job(name="prune", every=pruning.EVERY, run=pruning.prune)
    return {"federation tidy": tidy, "federation prune": prune, "store list erasures": listing} | {
        f"{room.name} {job.name}": job for room in FEATURES for job in room.jobs
    }


async def _list_erasures(instance: Instance) -> None:
    try:
        await erasures.flush(instance.database, instance.config.folder)
    except OSError as error:  # the rows stay until the next time
        raise UnreachableError("the list of erasures cannot be written", detail=str(error)) from error


@dataclass(slots=True, kw_only=True)
class Running:
    """An opened instance with everything that serves it.

    Args:
        instance: The instance.
        desk: Its web side.
        room: Its post room.
        doors: Its raw ASGI doors.
        reception: Its door for apps.
        counter: Its door for programs that speak ActivityPub.
        inbox: The worker for what came in.
        delivery: The worker for what goes out.
        push: The worker for what apps are told at once.
    """

    instance: Instance
    desk: Desk
    room: PostRoom
    doors: Doors
    reception: Reception
    counter: Counter
    inbox: InboxWorker
    delivery: DeliveryWorker
    push: PushWorker
    describer: Describer
    mender: Mender
    backfiller: Backfiller
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def door(self, scope: Scope) -> Door | None:
        """Return what answers a request of a program; None when it is for the pages."""
        return self.counter.match(scope) or self.doors.match(scope) or self.reception.match(scope)

    def start(self) -> None:
        """Start the workers."""
        vitals = self.instance.vitals
        work: dict[str, Callable[[], Awaitable[None]]] = {
            "inbox": self.inbox.run,
            "delivery": self.delivery.run,
            "push": self.push.run,
            "watch": self.instance.database.watch,
            "describe": self.describer.run,
            "mend": self.mender.run,
            "backfill": self.backfiller.run,
            "streams": self.reception.hub.run,
            "lag": partial(_measure_lag, self.instance),
        }
        for name in _WATCHED:
            vitals.expect(name)
        for name, job in all_jobs().items():
            run = partial(_run_job, self.instance, job, name)
            work[name] = partial(lease_of(self.instance.database, name).hold, run)
            vitals.expect(name, patience=math.inf)
        self.tasks = [
            asyncio.create_task(_keep_running(self.instance, name, run), name=name) for name, run in work.items()
        ]

    async def stop(self) -> None:
        """Stop the workers; what they did not finish is done after the next start."""
        self.instance.vitals.forget()
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=STOP_SECONDS)
        self.tasks = []


_WATCHED: Final = ("inbox", "delivery", "push")
"""The workers that look at their queue every few seconds, whether there is something in it or not."""


async def _keep_running(instance: Instance, name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a worker for as long as the server lives; a bug in it is loud, and not the end of the server."""
    while True:
        try:
            await run()
        except Exception:  # logged with its traceback; one worker's bug must not stop the instance
            _log.exception("worker_failed", worker=name)
            instance.metrics.worker_failures.labels(name).inc()
        await asyncio.sleep(_RESTART_SECONDS)


async def _measure_lag(instance: Instance) -> None:
    """Note how late the event loop comes back: whatever keeps it busy keeps every request waiting."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _LAG_EVERY
        await asyncio.sleep(_LAG_EVERY)
        instance.metrics.loop_lag.observe(max(0.0, loop.time() - due))


async def _run_job(instance: Instance, job: Job, name: str) -> None:
    while True:
        instance.vitals.begin(name)
        try:
            await job.run(instance)
        except UnreachableError as error:
            _log.warning("job_waits", job=job.name, reason=error.safe)
        instance.vitals.rest(name)
        await asyncio.sleep(job.every / SECOND)


@asynccontextmanager
async def open_instance(config: Config, *, clock: Clock | None = None) -> AsyncIterator[Running]:
    """Open an instance: its schema is brought up to date; nothing is started yet.

    Args:
        config: What the administrator set.
        clock: Where the time comes from; the machine's clock when not given.

    Raises:
        ConflictError: The database belongs to a newer fedgov.
        UnreachableError: The database cannot be opened.
    """
    clock = clock or SystemClock()
    revision = await schema.upgrade(config.database_url)
    limiter, metrics = Limiter(), Metrics()
    setting = Setting(config=config, clock=clock, listeners=all_listeners(), limiter=limiter, metrics=metrics)
    database = open_database(config.database_url, setting=setting)
    trust = TrustDecisions(database, config=config)
    try:
        await trust.load()
        instance = Instance(
            config=config, clock=clock, database=database, trust=trust, limiter=limiter, metrics=metrics
        )
        if await instance.read(audit.latest_target, kind=audit.UPGRADED) != revision:
            await instance.write(audit.note, audit.UPGRADED, target=revision)
        await _house_the_server(instance)
        await make_push_key(instance)
        agent = f"fedgov/{__version__} (+{config.site.origin})"
        room = PostRoom(instance, client=GuardedClient(config.federation, user_agent=agent))
        fetcher = Fetcher(room, keepers=merged(feature.keepers for feature in FEATURES))
        instance.fetch = fetcher
        keyring = KeyRing(room, fetcher=fetcher)
        gate = Gate(room, keyring=keyring)
        backfiller = Backfiller(instance, fetcher=fetcher)
        fetcher.thread_wanted = backfiller.note
        intake = Intake(instance)
        describer = Describer(room)
        mender = Mender(room, ended=following.receive_reject, unanswered=following.ask_again)
        running = Running(
            instance=instance,
            desk=_desk(instance),
            room=room,
            doors=Doors(
                room,
                gate=gate,
                intake=intake,
                face=public_face(),
                describer=describer,
                mender=mender,
                readiness=Readiness(instance, revision=revision),
                figures=(show_waiting,),
            ),
            reception=Reception(instance),
            counter=Counter(instance),
            inbox=InboxWorker(
                instance,
                handlers=merged(feature.handlers for feature in FEATURES),
                intake=intake,
                lease=lease_of(database, "inbox"),
            ),
            delivery=DeliveryWorker(room, delivered=describer.note, lease=lease_of(database, "delivery")),
            push=PushWorker(room, compose=compose, lease=lease_of(database, "push")),
            describer=describer,
            mender=mender,
            backfiller=backfiller,
        )
        try:
            yield running
        finally:
            await running.stop()
            await room.close()
            with suppress(UnreachableError):
                await _list_erasures(instance)
    finally:
        await trust.close()
        await database.close()


def _desk(instance: Instance) -> Desk:
    config = instance.config
    own = {name: path for name in ("tokens.css", "logo.svg", "logo.png") if (path := config.folder / name).is_file()}
    return Desk(
        name=config.name,
        organisation=config.instance.organisation,
        site=config.site,
        sessions=AccountSessions(instance),
        clock=instance.clock,
        default_language=config.instance.language,
        counts=lambda visitor: instance.read(counts, visitor),
        sift=lambda visitor, cards, place: instance.read(
            folded_cards, cards, viewer=visitor.actor_uri, context=FilterContext(place)
        ),
        follows_subject=lambda visitor, subject: instance.read(follows_tag, owner=visitor.actor_uri, tag=subject),
        registration_open=config.accounts.registration != "closed",
        registration_approved=config.accounts.registration == "approval",
        about=config.instance.description,
        contact=config.instance.contact,
        tokens=own.get("tokens.css"),
        logo=own.get("logo.svg") or own.get("logo.png"),
        version=__version__,
        max_upload=config.media.max_bytes,
    )


async def _house_the_server(instance: Instance) -> None:
    """Make the Application and Organization actors of a new instance.

    Raises:
        ConflictError: The database is another instance's, or its domain was changed in the configuration.
    """
    site = instance.site
    other = await instance.read(_other_resident, application=site.application)
    if other is not None:
        raise ConflictError(
            f"this database belongs to {host(other)}, not to {site.domain}: an instance cannot change its name, "
            "and two cannot share a database"
        )
    wanted = (
        (site.application, "Application", site.domain.partition(":")[0], site.domain),
        (site.organisation, "Organization", actors.ORGANISATION_USERNAME, instance.config.instance.organisation),
    )
    for uri, kind, username, name in wanted:
        known = await instance.read(actors.find, uri=uri)
        if known is None:
            pair = await keys.generate_pair(uri)
            await instance.write(actors.create_local, uri=uri, kind=kind, username=username, name=name, pair=pair)
        elif known.name != name:
            await instance.write(actors.change_local, uri=uri, values={"name": name})


def _other_resident(tx: Transaction, *, application: str) -> str | None:
    found: str | None = tx.value(
        select(residents.c.uri).where(
            residents.c.local, residents.c.kind == "Application", residents.c.uri != application
        )
    )
    return found


def _demand_no_quarantine(config: Config) -> None:
    """Return when this is not a restored instance that was not opened yet.

    Raises:
        ConflictError: It is; what was erased after its backup would be there again.
    """
    if (config.folder / erasures.QUARANTINE).exists():
        raise ConflictError(f"{config.name} was restored from a backup; first: fedgov -i {config.name} open")


@asynccontextmanager
async def only_one_server(config: Config) -> AsyncIterator[None]:
    """Hold the lock that keeps a second serving process away from the same SQLite instance.

    Raises:
        ConflictError: Another process serves it already.
    """
    if not config.database_url.startswith("sqlite:"):
        yield
        return
    path = config.folder / "serve.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConflictError(f"{config.name} is being served already; stop that server first") from None
        yield


def web_application() -> Quart:
    """Return the one Quart application that serves the pages of all instances."""
    app = Quart("fedgov.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = None  # fedgov/web/bodies.py bounds what a request brings
    app.config["BODY_TIMEOUT"] = BODY_SECONDS
    open_desk(app)
    app.extensions[PICTURES] = upload_portrait
    for feature in FEATURES:
        if feature.pages is not None:
            app.register_blueprint(feature.pages())
    app.register_blueprint(authorise.blueprint())
    return app


class Server:
    """The ASGI application of one process: it picks the instance by the Host header.

    Whoever serves it opens it first and closes it last; it takes no part in the lifespan protocol.

    Args:
        configs: The instances to serve.
        clock: Where the time comes from.
    """

    def __init__(self, configs: Sequence[Config], *, clock: Clock | None = None) -> None:
        self._configs = tuple(configs)
        self._clock = clock
        self._pages = web_application()
        self._by_host: dict[str, Running] = {}
        self._stack = AsyncExitStack()
        self.running: list[Running] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        begin_request()
        running = self._find(scope)
        if running is None and scope["path"] in HEALTH_PATHS and self.running:
            running = self.running[0]  # whatever watches over the process does not know our names
        if running is None:
            await self._answer_unknown(scope, receive, send)
            return
        _believe_proxy(scope, running.instance.config)
        door = running.door(scope) if scope["type"] == "http" else running.reception.match_socket()
        if door is not None:
            await door(scope, receive, send)
            return
        scope[INSTANCE_KEY] = running.instance
        scope[DESK_KEY] = running.desk
        await self._serve_page(scope, receive, send, metrics=running.instance.metrics)

    async def _serve_page(self, scope: Scope, receive: Receive, send: Send, *, metrics: Metrics) -> None:
        begin, status = time.perf_counter(), 0

        async def note(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._pages(scope, receive, note)  # type: ignore[arg-type]
        if status:  # nobody was answered who hung up
            door = "static" if scope["path"].startswith("/static/") else "pages"
            metrics.answered(door, status, time.perf_counter() - begin)

    async def _answer_unknown(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer whoever asks for nobody of ours: 421, or figures to those who watch over the process.

        With one instance those are all of its figures; several would be mixed up, so that each
        is asked by a name of its own, and here are only those of the process.
        """
        if scope["type"] == "http" and scope["path"] == figures_door.PATH and self._may_watch(scope):
            if len(self.running) == 1:
                door = self.running[0].doors.match(scope)
                if door is not None:
                    await door(scope, receive, send)
                    return
            else:
                reply = figures_door.as_text(self.running[0].instance.metrics.process_exposition())
                await give(reply, send=send, head=scope["method"] == "HEAD")
                return
        await _answer_unknown_host(scope, send)

    def _may_watch(self, scope: Scope) -> bool:
        """Tell whether this asks for an address and not for a name, and every instance lets it read figures."""
        headers = dict(scope["headers"])
        if not self.running or not figures_door.is_literal(headers.get(b"host", b"")):
            return False
        configs = [running.instance.config for running in self.running]
        _believe_proxy(scope, configs[0])
        return all(figures_door.may_read(scope, headers, config=config) for config in configs)

    def about_to_stop(self) -> None:
        """Say at `/readyz` from now on that nobody should send new requests."""
        for running in self.running:
            running.instance.vitals.stopping = True
        self.end_streams()

    def end_streams(self) -> None:
        """End what would stay open for ever; whoever listens comes back to the next server."""
        for running in self.running:
            running.reception.hub.stop()

    async def open(self) -> None:
        """Open and start all instances."""
        try:
            for config in self._configs:
                _demand_no_quarantine(config)
                await self._stack.enter_async_context(only_one_server(config))
                running = await self._stack.enter_async_context(open_instance(config, clock=self._clock))
                self.running.append(running)
                for name in (config.instance.domain, *config.server.aliases):
                    self._by_host[name] = running
            await self._pages.startup()
            for running in self.running:
                running.start()
        except BaseException:
            await self._stack.aclose()
            raise

    async def close(self) -> None:
        """Stop and close all instances."""
        await self._pages.shutdown()
        await self._stack.aclose()

    def _find(self, scope: Scope) -> Running | None:
        names = [value for name, value in scope["headers"] if name == b"host"]
        if len(names) != 1:
            return None
        try:
            # The default port is dropped as for https, since that is how domains are configured.
            return self._by_host.get(normalise_host(names[0].decode("latin-1"), scheme=self._scheme()))
        except MalformedError:
            return None

    def _scheme(self) -> str:
        return self._configs[0].instance.scheme


async def _answer_unknown_host(scope: Scope, send: Send) -> None:
    """Say 421: nobody here has that name (RFC 9110, section 15.5.20)."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = b'{"error":"misdirected","message":"No instance with this name is served here."}'
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})


def _believe_proxy(scope: Scope, config: Config) -> None:
    """Take the client's address from X-Forwarded-For when a trusted proxy sent it.

    The list is read from the right: the last address that is not itself a
    trusted proxy is the client; what a client put further left is not believed.
    """
    client = scope.get("client")
    if client is None or not config.server.trusted_proxies or not _is_trusted(client[0], config):
        return
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    for candidate in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        try:
            ipaddress.ip_address(candidate)
        except ValueError:
            return
        scope["client"] = (candidate, 0)
        if not _is_trusted(candidate, config):
            return


def _is_trusted(address: str, config: Config) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in config.server.trusted_proxies if network.version == ip.version)
