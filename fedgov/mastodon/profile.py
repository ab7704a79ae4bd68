"""A person's own account: read and changed.

Spec: https://docs.joinmastodon.org/methods/accounts/#verify_credentials, #update_credentials; methods/profile;
methods/preferences
"""

from __future__ import annotations

from typing import Any, Final, Literal

import orjson

from fedgov.features.media.service.uploads import upload_portrait
from fedgov.features.people import queries
from fedgov.features.people.service import profiles
from fedgov.features.people.service.profiles import Profile
from fedgov.features.posts.service.quoting import meant_by_app, usual_policy
from fedgov.features.posts.vocabulary import QuotePolicy
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import NotFoundError
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.choices import one_of
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.audience import audience_of, visibility_of
from fedgov.mastodon.entities.credentials import (
    Own,
    credential_account,
    preferences_entity,
    profile_entity,
)
from fedgov.mastodon.parameters import Parameters
from fedgov.mastodon.remembered import known_accounts
from fedgov.mastodon.replies import shown
from fedgov.mastodon.writing import ApprovalPolicy
from fedgov.store.transaction import Transaction

Picture = Literal["avatar", "header"]
_PICTURES: Final[tuple[Picture, ...]] = ("avatar", "header")
_FLAGS: Final = (
    ("approves_followers", "locked"),
    ("bot", "bot"),
    ("discoverable", "discoverable"),
    ("indexable", "indexable"),
)
"""What a setting is called here, and by apps."""


async def verify(call: Call) -> Reply:
    """Verify account credentials."""
    return shown(credential_account(await call.read(_own, actor=call.me), site=call.site))


async def show(call: Call) -> Reply:
    """Get current user profile."""
    return shown(profile_entity(await call.read(_own, actor=call.me), site=call.site))


async def preferences(call: Call) -> Reply:
    """View user preferences."""
    return shown(preferences_entity(await call.read(_own, actor=call.me)))


async def update(call: Call) -> Reply:
    """Update account credentials."""
    return shown(credential_account(await _change(call), site=call.site))


async def change(call: Call) -> Reply:
    """Update current user profile."""
    return shown(profile_entity(await _change(call), site=call.site))


async def remove_avatar(call: Call) -> Reply:
    """Delete profile avatar."""
    return await _remove(call, "avatar")


async def remove_header(call: Call) -> Reply:
    """Delete profile header."""
    return await _remove(call, "header")


# --- pieces -----------------------------------------------------------------------------------------------------


def _own(tx: Transaction, *, actor: str) -> Own:
    account = queries.account_of(tx, actor=actor)
    if account is None:
        raise NotFoundError("Record not found")
    return Own(
        known=known_accounts(tx, uris=[actor])[actor],
        note=account.summary_source,
        fields=tuple((name, value) for name, value in orjson.loads(account.fields_source)),
        audience=account.app_audience,
        sensitive=account.posts_sensitive,
        language=account.posts_language,
        follow_requests=queries.count_follow_requests(tx, of=actor),
        administrator=account.administrator,
        quote_policy=QuotePolicy(account.quote_policy).at_once,
    )


async def _change(call: Call) -> Own:
    """Store what was sent; what was not sent stays as it is."""
    profile, posting = _profile(call.parameters), _posting(call.parameters)
    pictures: dict[str, str | None] = {}
    for name in _PICTURES:
        file = call.parameters.file(name)
        if file is not None and file.data:
            stored = await upload_portrait(call.instance, owner=call.me, data=file.data, field=name)
            pictures[f"{name}_url"] = stored
    return await call.write(_store, actor=call.me, profile=profile, pictures=pictures, posting=posting)


def _profile(sent: Parameters) -> Profile:
    flags: dict[str, Any] = {ours: sent.flag(theirs) for ours, theirs in _FLAGS if sent.has(theirs)}
    if sent.has("hide_collections"):
        flags["lists_followers"] = not sent.flag("hide_collections")
    fields = None
    if sent.has("fields_attributes"):
        rows = sent.rows("fields_attributes")
        fields = tuple((row.text("name"), row.text("value")) for row in rows if not row.flag("_destroy"))
    return Profile(
        name=sent.text("display_name") if sent.has("display_name") else None,
        summary=sent.text("note") if sent.has("note") else None,
        fields=fields,
        avatar_alt=sent.text("avatar_description") if sent.has("avatar_description") else None,
        header_alt=sent.text("header_description") if sent.has("header_description") else None,
        **flags,
    )


def _posting(sent: Parameters) -> dict[str, Any]:
    source = sent.inner("source")
    values: dict[str, Any] = {}
    if source.has("privacy"):
        values["app_audience"] = source.text("privacy")
    if source.has("sensitive"):
        values["sensitive"] = source.flag("sensitive")
    if source.has("quote_policy"):
        values["quote_policy"] = one_of(ApprovalPolicy, source.text("quote_policy"), name="quote_policy")
    if source.has("language"):
        values["language"] = source.text("language")
    return values


def _store(
    tx: Transaction, *, actor: str, profile: Profile, pictures: dict[str, str | None], posting: dict[str, Any]
) -> Own:
    wanted = posting.get("app_audience")
    if wanted is not None:
        posting = posting | {"app_audience": _audience(wanted, before=_own(tx, actor=actor).audience)}
    if "quote_policy" in posting:
        meant = meant_by_app(QuotePolicy(posting["quote_policy"]), present=usual_policy(tx, author=actor))
        posting = posting | {"quote_policy": meant}
    profiles.change_posting(tx, actor=actor, **posting)
    if pictures or profile != Profile():
        profiles.change_profile(tx, actor=actor, profile=profile, pictures=pictures)
    return _own(tx, actor=actor)


def _audience(wanted: str, *, before: str) -> str:
    """Return the audience that an app means: "my organisation only" stays what it is when it is not changed.

    Raises:
        InvalidError: It is no audience.
    """
    if visibility_of(before) == wanted:
        return before
    return audience_of(wanted, field="privacy").value


async def _remove(call: Call, name: Picture) -> Reply:
    pictures: dict[str, str | None] = {f"{name}_url": None}
    own = await call.write(_store, actor=call.me, profile=Profile(), pictures=pictures, posting={})
    return shown(credential_account(own, site=call.site))


_READ: Final = Access.person("profile", "read:accounts")
_WRITE: Final = Access.person("write:accounts")

ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/accounts/verify_credentials", access=_READ, handle=verify),
    Endpoint(
        method="PATCH", path="/api/v1/accounts/update_credentials", access=_WRITE, handle=update, files=len(_PICTURES)
    ),
    Endpoint(method="GET", path="/api/v1/profile", access=_READ, handle=show),
    Endpoint(method="PATCH", path="/api/v1/profile", access=_WRITE, handle=change, files=len(_PICTURES)),
    Endpoint(method="DELETE", path="/api/v1/profile/avatar", access=_WRITE, handle=remove_avatar),
    Endpoint(method="DELETE", path="/api/v1/profile/header", access=_WRITE, handle=remove_header),
    Endpoint(method="GET", path="/api/v1/preferences", access=Access.person("read:accounts"), handle=preferences),
)
