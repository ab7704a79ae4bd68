"""Yes or no, without a database: names, passwords, follows, moves and the rate of log-ins."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from fedgov.kernel.clock import DAY, HOUR, MINUTE, SECOND
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError
from fedgov.kernel.uris import USERNAME

MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 1_000
MAX_NAME: Final = 100
MAX_REASON: Final = 500
"""Characters of why somebody wants an account."""
MAX_LINE: Final = 200
MAX_SUMMARY: Final = 5_000
MAX_FIELDS: Final = 8
MAX_EMAIL: Final = 254
LANGUAGES: Final = ("nl", "en", "fy")
AUDIENCES: Final = ("organisation", "followers", "public", "unlisted", "direct")
MOVE_COOL_DOWN: Final = 7 * DAY

RESERVED: Final = frozenset(
    {
        *("abuse", "actor", "admin", "administrator", "application", "beheer", "beheerder", "everyone", "fedgov"),
        *("hostmaster", "iedereen", "inbox", "instance", "moderator", "noreply", "organisatie", "organisation"),
        *("outbox", "postmaster", "root", "security", "support", "system", "systeem", "webmaster"),
    }
)
"""Names that would pass for the instance itself."""

_COMMON: Final = frozenset(
    {
        *("1234567890", "0123456789", "9876543210", "0987654321", "12345678910", "1q2w3e4r5t", "1qaz2wsx3edc"),
        *("administrator", "changeme123", "geheim1234", "iloveyou123", "password12", "password123", "password1234"),
        *("passwordpassword", "qwerty12345", "qwerty123456", "qwertyuiop", "wachtwoord", "wachtwoord1"),
        *("wachtwoord12", "wachtwoord123", "welkom1234", "welkom12345", "welkom2024", "welkom2025", "welkom2026"),
        *("welkom2027", "welcome1234", "welcome12345", "zomer12345", "winter12345"),
    }
)
_EMAIL: Final = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+\Z")


# --- names and passwords ----------------------------------------------------------------------------------------


def check_username(username: str, *, domain: str) -> str:
    """Return the user name when somebody may have it.

    Args:
        username: As typed; capitals become small letters.
        domain: Domain of the instance, which names the server itself.

    Raises:
        InvalidError: It cannot be a user name, or it is kept for the instance.
    """
    name = username.strip().removeprefix("@").lower()
    if not USERNAME.match(name):
        raise InvalidError(
            "use 1 to 30 small letters, digits, dots, hyphens or underscores; a dot or hyphen not at the ends",
            field="username",
        )
    if name in RESERVED or name == domain.partition(":")[0] or name.endswith((".json", ".atom", ".rss")):
        raise InvalidError("this user name is kept for the organisation itself; choose another", field="username")
    return name


def check_password(password: str, *, username: str, field: str = "password") -> None:
    """Refuse a password that others would guess.

    Args:
        password: As typed.
        username: Whose it is.
        field: Name of the form field, for the refusal.

    Raises:
        InvalidError: It is too short, too long or easily guessed.

    Spec: NIST SP 800-63B, section 5.1.1.2: length counts, prescribed kinds of characters do not.
    """
    if len(password) < MIN_PASSWORD:
        raise InvalidError("use at least 10 characters; a sentence is easy to remember", field=field)
    if len(password) > MAX_PASSWORD:
        raise InvalidError("use at most 1,000 characters", field=field)
    bare = password.casefold().strip()
    if username and bare.replace(username.casefold(), "").strip("0123456789!.?_- ") == "":
        raise InvalidError("the password may not be the user name", field=field)
    if bare in _COMMON or len(set(bare)) < 5:
        raise InvalidError("this password is among the first that others try; choose another", field=field)


def check_email(email: str) -> str | None:
    """Return an e-mail address, or None when there is none.

    Raises:
        InvalidError: It is not an address.
    """
    address = email.strip()
    if not address:
        return None
    if len(address) > MAX_EMAIL or not _EMAIL.match(address):
        raise InvalidError("this is not an e-mail address", field="email")
    return address


def check_language(language: str) -> str | None:
    """Return a language we speak, or None for "as the browser says".

    Raises:
        InvalidError: We do not speak it.
    """
    if language and language not in LANGUAGES:
        raise InvalidError("choose one of the languages in the list", field="language")
    return language or None


def check_audience(audience: str, *, field: str = "default_audience") -> str:
    """Return the audience that the composer or an app starts with.

    Raises:
        InvalidError: There is no such audience.
    """
    if audience not in AUDIENCES:
        raise InvalidError("choose one of the audiences in the list", field=field)
    return audience


# --- follows and moves ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """What a rule must know of somebody.

    Args:
        uri: URI of the actor.
        kind: Such as ``Person``.
        gone: Deleted.
        moved_to: URI of the actor that replaces this one, or None.
        also_known_as: URIs that this actor says to be too.
    """

    uri: str
    kind: str
    gone: bool = False
    moved_to: str | None = None
    also_known_as: tuple[str, ...] = ()


def may_follow(who: Party, *, whom: Party, blocks: bool, blocked: bool) -> None:
    """Refuse a follow that makes no sense or is not wanted.

    Args:
        who: Who wants to follow.
        whom: Who would be followed.
        blocks: ``who`` blocks ``whom``.
        blocked: ``whom`` blocks ``who``.

    Raises:
        ForbiddenError: A rule says no.
    """
    if who.uri == whom.uri:
        raise ForbiddenError("you cannot follow yourself")
    if whom.gone:
        raise ForbiddenError("this person is no longer there")
    if whom.kind == "Application":
        raise ForbiddenError("this is a server, which nobody can follow")
    if blocks:
        raise ForbiddenError("you block this person; end that first")
    if blocked:
        raise ForbiddenError("this person does not want to be followed by you")
    if whom.moved_to is not None:
        raise ForbiddenError("this person goes on under another name; follow that one")


def may_move(old: Party, *, new: Party, last_moved_at: int | None, now: int) -> None:
    """Refuse a move that the other side did not announce, or that comes too soon (AUT-05).

    Args:
        old: Who moves.
        new: Under what they go on.
        last_moved_at: When this actor last moved, in milliseconds; None for never.
        now: Milliseconds since the epoch.

    Raises:
        ForbiddenError: A rule says no.
    """
    if old.uri == new.uri:
        raise ForbiddenError("an account cannot move to itself")
    if new.gone or new.kind == "Application":
        raise ForbiddenError("the new account is not there")
    if old.uri not in new.also_known_as:
        raise ForbiddenError("the new account does not say that it is also this one")
    if new.moved_to is not None:
        raise ForbiddenError("the new account has moved itself")
    if last_moved_at is not None and now - last_moved_at < MOVE_COOL_DOWN:
        raise ForbiddenError("an account can move only once in seven days")


def may_stop_being_administrator(*, other_administrators: int) -> None:
    """Refuse to leave an instance without anybody who can look after it.

    Raises:
        ConflictError: It is the last one.
    """
    if other_administrators < 1:
        raise ConflictError("this is the only administrator; make another one first")


# --- rates ------------------------------------------------------------------------------------------------------

_FREE_TRIES: Final = 5
_FIRST_WAIT: Final = 2 * SECOND
_LONGEST_WAIT_ACCOUNT: Final = 5 * MINUTE
_LONGEST_WAIT_ADDRESS: Final = HOUR
_FREE_TRIES_ADDRESS: Final = 20
FORGET_AFTER: Final = DAY
"""Milliseconds without an attempt after which earlier ones do not count any more."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often something was tried.

    Args:
        count: Times.
        last_at: Milliseconds since the epoch.
    """

    count: int = 0
    last_at: int = 0


def wait_for_account(attempts: Attempts, *, now: int) -> int:
    """Return the milliseconds until somebody may try a password of this account again; 0 for now.

    Five tries are free, then the wait doubles. It never exceeds five minutes,
    so that a stranger cannot lock anybody out.
    """
    return _wait(attempts, now=now, free=_FREE_TRIES, longest=_LONGEST_WAIT_ACCOUNT)


def wait_for_address(attempts: Attempts, *, now: int) -> int:
    """Return the milliseconds until this address may try any password again; 0 for now.

    Twenty tries are free, because a whole town hall can have one address; then
    the wait doubles up to an hour.
    """
    return _wait(attempts, now=now, free=_FREE_TRIES_ADDRESS, longest=_LONGEST_WAIT_ADDRESS)


def wait_for_registration(attempts: Attempts, *, now: int, free: int) -> int:
    """Return the milliseconds until this address may make another account; 0 for now.

    Args:
        attempts: How many it made.
        now: Milliseconds since the epoch.
        free: So many need not wait.
    """
    return _wait(attempts, now=now, free=free, longest=FORGET_AFTER, first=10 * MINUTE)


def _wait(attempts: Attempts, *, now: int, free: int, longest: int, first: int = _FIRST_WAIT) -> int:
    passed = now - attempts.last_at
    if attempts.count < free or passed >= FORGET_AFTER:
        return 0
    doubled = min(attempts.count - free, 30)
    return max(0, min(first << doubled, longest) - passed)


def one_more(attempts: Attempts, *, now: int) -> Attempts:
    """Return the count with one more attempt; those of long ago are forgotten."""
    if now - attempts.last_at >= FORGET_AFTER:
        return Attempts(count=1, last_at=now)
    return Attempts(count=attempts.count + 1, last_at=now)


def network_of(address: str) -> str:
    """Return what stands for a client in the counts: the address, or the /64 of an IPv6 one.

    Args:
        address: IP address as text; anything else counts as one unknown client.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped is not None else str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
