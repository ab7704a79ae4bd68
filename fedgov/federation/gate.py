"""The gate: what another server sends becomes a `VerifiedActivity`, or is refused with a reason.

The cheapest check comes first, and nothing is fetched for a request that would
be refused anyway. Who did it is decided here once; everything behind the gate
takes a `VerifiedActivity` and asks no more. Only this module makes them.

Spec: ``FEDERATION.md``; ActivityPub, section 3.2 and 7; FEP-8b32; FEP-fe34.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row

from fedgov.activitystreams.activity import Activity, read_activity
from fedgov.activitystreams.document import Document, parse
from fedgov.federation.dispatch import VerifiedActivity
from fedgov.federation.keyring import KeyRing, KnownKey
from fedgov.federation.postroom import PostRoom
from fedgov.federation.signatures.message import Message
from fedgov.federation.signatures.proofs import read_proof, verify_proof
from fedgov.federation.signatures.verification import CheckedSignature, SignatureClaim, check, read_signature
from fedgov.kernel.clock import DAY, HOUR, MINUTE
from fedgov.kernel.errors import ForbiddenError, MalformedError, UnreachableError, UnverifiedError
from fedgov.kernel.uris import host, origin

MAX_BODY: Final = 1_048_576
COUNTED_AGAIN: Final = 16_384
"""Bytes of a message; for each so many it counts once more."""
PROOF_TOLERANCE: Final = 10 * MINUTE
OLDEST_ACTIVITY: Final = 30 * DAY
PINNED_RETRY_AFTER: Final = HOUR / 1_000


@dataclass(frozen=True, slots=True)
class Refused:
    """An activity that needs no answer but "thank you": an unverified Delete of its own actor.

    The key of a deleted actor cannot be fetched any more, so such messages
    cannot be checked; telling their sender anything else would only bring them back.
    """


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a request.

    Args:
        actor: URI of the actor.
        host: Its host.
        with_query: False when only the request without its query string was signed:
            then it identifies a host for public things, and gives nobody's rights.
    """

    actor: str
    host: str
    with_query: bool


class Gate:
    """Checks what comes in, for one instance.

    Args:
        room: The post room.
        keyring: The public keys of others.
    """

    def __init__(self, room: PostRoom, *, keyring: KeyRing) -> None:
        self._room = room
        self._instance = room.instance
        self._keyring = keyring

    async def admit(self, message: Message, *, source: str) -> VerifiedActivity | Refused:
        """Decide about an activity that was POSTed to an inbox.

        Args:
            message: The request, its body not larger than `MAX_BODY`.
            source: Network that it came from, for limits on failures.

        Raises:
            MalformedError: It is no activity.
            UnverifiedError: It is certain that its actor did not send this.
            ForbiddenError: We do not exchange messages with that server.
            UnreachableError: This cannot be decided now.
            RateLimitedError: That server sent too much in this minute.
        """
        now = self._instance.clock.now()
        claim = read_signature(message, now_ms=now)
        sender = self._demand_trust(_origin_of_signer(claim.key_id))
        self._demand_pace(sender, now=now)
        document = parse(message.body)
        activity = read_activity(document)
        actor_origin = origin(activity.actor)
        if origin(activity.id) != actor_origin:
            raise UnverifiedError("the activity's id is not of its actor's server", detail=activity.id)
        self._demand_trust(actor_origin)
        if actor_origin == self._instance.site.origin:
            raise UnverifiedError("our own people do not send through other servers", detail=activity.actor)
        if activity.type == "Delete" and activity.object_uri == activity.actor:
            known = await self._keyring.cached(claim.key_id)
            if known is None or not _fits(claim, known, activity.actor, now):
                return Refused()
        known = await self._verified_key(claim, source=source)
        self._keyring.proved(claim.key_id, source=source)
        self._count(sender, size=len(message.body), now=now)
        await self._demand_strength(claim, known, sender=sender)
        proven = await self._check_proof(document, activity, source=source)
        if known.owner != activity.actor and not proven:
            raise UnverifiedError("signed by somebody else than the actor", detail=f"{known.owner} {activity.actor}")
        now = self._instance.clock.now()
        if activity.published is not None and activity.published < now - OLDEST_ACTIVITY:
            raise ForbiddenError("the activity is too old", detail=activity.id)
        return VerifiedActivity(
            activity=activity,
            origin=actor_origin,
            key_id=claim.key_id,
            proven=proven,
            body=message.body,
            received_at=now,
        )

    async def identify(self, message: Message, *, source: str) -> Signer:
        """Decide who signed a GET.

        Raises:
            MalformedError: A header cannot be read.
            UnverifiedError: Nobody did, or not validly.
            ForbiddenError: We do not exchange messages with that server.
            UnreachableError: This cannot be decided now.
        """
        claim = read_signature(message, now_ms=self._instance.clock.now())
        sender = self._demand_trust(_origin_of_signer(claim.key_id))
        known = await self._keyring.get(claim.key_id, source=source)
        known.demand_in_use(self._instance.clock.now())
        try:
            checked = check(claim, known.key, accept_without_query=True)
        except UnverifiedError:
            fresh = await self._keyring.fresh(known, source=source)
            if fresh is None:
                raise
            known, checked = fresh, check(claim, fresh.key, accept_without_query=True)
        self._keyring.proved(claim.key_id, source=source)
        await self._demand_strength(claim, known, sender=sender)
        return _signer(known, checked)

    def _demand_trust(self, address: str) -> str:
        """Return the host of an origin with which we exchange messages."""
        server = address.partition("://")[2]
        if not self._instance.trust.allows(server):
            raise ForbiddenError("this server does not exchange messages with yours", detail=server)
        return server

    def _demand_pace(self, sender: str, *, now: int) -> None:
        """Put off a server that sends too much, before its message is read."""
        most = self._instance.config.limits.inbox_per_minute
        self._instance.limiter.demand("inbox", sender, most=most, per=MINUTE, now=now)

    def _count(self, sender: str, *, size: int, now: int) -> None:
        """Count a message for the server that certainly sent it; nobody can use up the pace of another."""
        most, cost = self._instance.config.limits.inbox_per_minute, 1.0 + size // COUNTED_AGAIN
        self._instance.limiter.note("inbox", sender, most=most, per=MINUTE, now=now, cost=cost)

    async def _verified_key(self, claim: SignatureClaim, *, source: str) -> KnownKey:
        """Return the key that made the signature, read anew once when the cached one does not fit."""
        known = await self._keyring.get(claim.key_id, source=source)
        known.demand_in_use(self._instance.clock.now())
        try:
            check(claim, known.key)
        except UnverifiedError:
            fresh = await self._keyring.fresh(known, source=source)
            if fresh is None:
                raise
            fresh.demand_in_use(self._instance.clock.now())
            check(claim, fresh.key)
            return fresh
        return known

    async def _demand_strength(self, claim: SignatureClaim, known: KnownKey, *, sender: str) -> None:
        """Refuse a weaker signature from a host that was known to do better."""
        strong = claim.scheme == "rfc9421" and known.key.kind == "ed25519"
        if not await self._room.peers.heard_from(sender, strong=strong):
            raise UnreachableError(
                "your server used to sign with Ed25519 and now does not; its administrator or ours must look at this",
                retry_after=PINNED_RETRY_AFTER,
                detail=known.owner,
            )

    async def _check_proof(self, document: Document, activity: Activity, *, source: str) -> bool:
        """Tell whether the activity carries a proof by its own actor; an invalid one is refused."""
        claim = read_proof(document)
        if claim is None:
            return False
        now = self._instance.clock.now()
        created = claim.created if claim.created is not None else now
        if activity.published is not None and abs(created - activity.published) > PROOF_TOLERANCE:
            raise UnverifiedError("the proof and the activity are of different times", detail=activity.id)
        known = await self._keyring.get(claim.verification_method, source=source)
        try:
            _demand_proof(document, known, actor=activity.actor, created=created, now=now)
        except UnverifiedError:
            fresh = await self._keyring.fresh(known, source=source)
            if fresh is None:
                raise
            _demand_proof(document, fresh, actor=activity.actor, created=created, now=now)
        self._keyring.proved(claim.verification_method, source=source)
        return True


def _origin_of_signer(key_id: str) -> str:
    try:
        return origin(key_id)
    except MalformedError:
        raise UnverifiedError("the key is not at an http(s) address", detail=key_id[:200]) from None


def _demand_proof(document: Document, known: KnownKey, *, actor: str, created: int, now: int) -> None:
    if known.owner != actor:
        raise UnverifiedError("the proof is not by the actor", detail=known.key.key_id)
    if known.ends_at is not None and known.ends_at <= created:
        raise UnverifiedError("the proof was made after its key was retired", detail=known.key.key_id)
    verify_proof(document, public_key=known.key, now_ms=now)


def restore(row: Row[Any]) -> VerifiedActivity:
    """Return the verified activity of a log row that `admit` led to."""
    body = bytes(row.body)
    return VerifiedActivity(
        activity=read_activity(parse(body)),
        origin=row.origin,
        key_id=row.key_id,
        proven=row.proven,
        body=body,
        received_at=row.received_at,
    )


def _fits(claim: SignatureClaim, known: KnownKey, actor: str, now: int) -> bool:
    if known.owner != actor:
        return False
    try:
        known.demand_in_use(now)
        check(claim, known.key)
    except UnverifiedError:
        return False
    return True


def _signer(known: KnownKey, checked: CheckedSignature) -> Signer:
    return Signer(actor=known.owner, host=host(known.owner), with_query=checked.with_query)
