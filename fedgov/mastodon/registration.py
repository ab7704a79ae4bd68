"""Making an account through an app, where anybody may make one; and its e-mail address.

Spec: https://docs.joinmastodon.org/methods/accounts/#create and methods/emails/
"""

from __future__ import annotations

from typing import Final

from fedgov.features.people.service import grants
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.application import token_entity
from fedgov.mastodon.replies import shown

_NEEDED: Final = ("username", "password")
_LANGUAGES: Final = ("nl", "en", "fy")


async def register(call: Call) -> Reply:
    """Register an account."""
    if call.bearer is None or call.bearer.app_id is None:
        raise ForbiddenError("only an app can register somebody")
    if call.instance.config.accounts.registration != "open":
        raise ForbiddenError("accounts are made by the administrator of this organisation")
    sent = call.parameters
    wanting = {name: ("ERR_BLANK", "can't be blank") for name in _NEEDED if not sent.text(name).strip()}
    if not sent.flag("agreement"):
        wanting["agreement"] = ("ERR_ACCEPTED", "must be accepted")
    if wanting:
        return _invalid(wanting)
    language = sent.text("locale").partition("-")[0].lower()
    client = call.request.scope.get("client") or ("", 0)
    try:
        issued = await grants.register_person(
            call.instance,
            app_id=call.bearer.app_id,
            username=sent.text("username"),
            password=sent.text("password"),
            email=sent.text("email"),
            language=language if language in _LANGUAGES else None,
            address=client[0],
        )
    except InvalidError as error:
        return _invalid({error.field or "base": ("ERR_INVALID", error.safe)})
    except ConflictError as error:
        return _invalid({"username": ("ERR_TAKEN", error.safe)})
    return shown(token_entity(issued))


def _invalid(wanting: dict[str, tuple[str, str]]) -> Reply:
    """Return a ValidationError entity: each field with what is wrong with it."""
    words = ", ".join(f"{name} {reason}" for name, (_, reason) in wanting.items())
    details = {name: [{"error": code, "description": reason}] for name, (code, reason) in wanting.items()}
    return shown({"error": f"Validation failed: {words}", "details": details}, status=422)


async def check_confirmation(_call: Call) -> Reply:
    """Tell whether the e-mail address was confirmed; an account here never waits for that."""
    return shown(True)


async def resend_confirmation(_call: Call) -> Reply:
    """Resend the confirmation e-mail; none is ever waited for."""
    raise ForbiddenError("This method is only available while the e-mail is awaiting confirmation")


ENDPOINTS: Final = (
    Endpoint(method="POST", path="/api/v1/accounts", access=Access.app("write", "write:accounts"), handle=register),
    Endpoint(method="GET", path="/api/v1/emails/check_confirmation", access=Access.person(), handle=check_confirmation),
    Endpoint(method="POST", path="/api/v1/emails/confirmations", access=Access.person(), handle=resend_confirmation),
)
