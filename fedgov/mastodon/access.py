"""Who may call an endpoint: the one place where tokens, scopes and roles are weighed.

Spec: https://docs.joinmastodon.org/api/oauth-scopes/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fedgov.features.people.service.tokens import Bearer
from fedgov.kernel.errors import FedgovError, ForbiddenError, InvalidError, UnverifiedError

Who = Literal["anybody", "app", "person", "administrator"]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an endpoint.

    Args:
        who: ``anybody`` needs no token, but one that is sent must be valid; ``app`` any valid token; ``person`` one
            of somebody here; ``administrator`` one of an administrator here.
        scopes: One of these is enough; none means that any token will do. A person's public endpoint shows them
            more than a visitor only with such a scope.
    """

    who: Who
    scopes: tuple[str, ...] = ()

    @classmethod
    def public(cls, *scopes: str) -> Access:
        """Everybody, without a token too."""
        return cls("anybody", scopes)

    @classmethod
    def app(cls, *scopes: str) -> Access:
        """Whatever has a valid token, of an app or of a person."""
        return cls("app", scopes)

    @classmethod
    def person(cls, *scopes: str) -> Access:
        """A person here, by a token with one of these scopes."""
        return cls("person", scopes)

    @classmethod
    def administrator(cls, *scopes: str) -> Access:
        """An administrator here, by a token with one of these scopes."""
        return cls("administrator", scopes)

    def takes(self, bearer: Bearer) -> bool:
        """Tell whether somebody with a token is admitted as themself."""
        try:
            return self.admit(bearer) is bearer
        except FedgovError:
            return False

    def admit(self, bearer: Bearer | None) -> Bearer | None:
        """Return as whom the endpoint is used: a visitor where the token does not reach so far.

        Args:
            bearer: Whom the token stands for; None when none was sent. An unknown token never gets here.

        Raises:
            UnverifiedError: A token is needed.
            ForbiddenError: The token does not reach so far.
            InvalidError: The token is of an app, and a person is needed.
        """
        if bearer is None:
            if self.who == "anybody":
                return None
            raise UnverifiedError("The access token is invalid")
        covered = not self.scopes or any(bearer.may(scope) for scope in self.scopes)
        if self.who == "anybody":
            return bearer if covered else None
        if not covered:
            raise ForbiddenError("This action is outside the authorized scopes")
        if self.who != "app" and not bearer.actor_uri:
            raise InvalidError("This method requires an authenticated user")
        if self.who == "administrator" and not bearer.administrator:
            raise ForbiddenError("This action is not allowed")
        return bearer
