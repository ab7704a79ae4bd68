"""What all doors of one instance share."""

from __future__ import annotations

from dataclasses import dataclass

from fedgov.federation.describe import Describer
from fedgov.federation.doors.cache import ReplyCache
from fedgov.federation.doors.face import PublicFace
from fedgov.federation.gate import Gate
from fedgov.federation.gauges import Gauges
from fedgov.federation.inbox import Intake
from fedgov.federation.mending import Mender
from fedgov.federation.postroom import PostRoom
from fedgov.federation.readiness import Readiness
from fedgov.instance import Instance
from fedgov.kernel.uris import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Lobby:
    """The instance behind the doors.

    Args:
        site: Its permanent addresses.
        room: Its post room.
        gate: Who decides about what comes in.
        face: What the rooms show of themselves.
        cache: Public answers that were given before.
        intake: Where what was admitted is stored.
        describer: Wants to know whom we met.
        mender: Wants to know what others say about their followers here.
        readiness: Knows whether it can do its work.
        gauges: Keeps the figures up to date that only the database knows.
    """

    site: Site
    room: PostRoom
    gate: Gate
    face: PublicFace
    cache: ReplyCache
    intake: Intake
    describer: Describer
    mender: Mender
    readiness: Readiness
    gauges: Gauges

    @property
    def instance(self) -> Instance:
        """The instance."""
        return self.room.instance

    @property
    def signed_only(self) -> bool:
        """Whether even public documents are shown only to those who sign."""
        return self.room.instance.config.federation.authorised_fetch
