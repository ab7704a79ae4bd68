"""Which endpoint a request is for."""

from __future__ import annotations

import pytest

from fedgov.federation.doors.answers import Reply
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint, Table
from fedgov.mastodon.table import TABLE


async def _do(_: Call) -> Reply:
    raise AssertionError("these tests look endpoints up and call none")


def _get(path: str) -> Endpoint:
    return Endpoint(method="GET", path=path, access=Access.public(), handle=_do)


def test_a_literal_part_goes_before_a_place_and_a_dead_end_leads_back() -> None:
    table = Table([_get("/api/v1/accounts/:id"), _get("/api/v1/accounts/lookup"), _get("/api/v1/accounts/:id/lists")])
    lookup, lists = table.find("/api/v1/accounts/lookup"), table.find("/api/v1/accounts/lookup/lists")
    assert lookup is not None and lookup.methods["GET"].path.endswith("lookup") and not lookup.places
    assert lists is not None and lists.places == {"id": "lookup"}


@pytest.mark.parametrize("path", ["/api/v1/accounts", "/api/v1/accounts/1/2", "/api/v1/accounts//lists", "/"])
def test_a_path_that_is_not_in_the_table_does_not_exist(path: str) -> None:
    assert Table([_get("/api/v1/accounts/:id"), _get("/api/v1/accounts/:id/lists")]).find(path) is None


def test_two_endpoints_cannot_claim_the_same() -> None:
    with pytest.raises(ValueError, match="claim GET"):
        Table([_get("/api/v1/x"), _get("/api/v1/x")])


def test_every_endpoint_says_who_may_call_it() -> None:
    for endpoint in TABLE.endpoints:
        assert endpoint.access.who in ("anybody", "app", "person", "administrator")
        assert endpoint.handle.__doc__, endpoint.path
