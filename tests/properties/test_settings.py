"""Pages, trust and the configuration: what is asked stays within bounds, and what is refused says why."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from fedgov.features.trust import policy
from fedgov.kernel import config, pagination
from fedgov.kernel.uris import normalise_host
from tests.properties.profile import refusals, some, tried
from tests.properties.test_uris import ADDRESSES, HOSTS

_FOLDER = Path("instances/test")
_GIVEN = st.none() | st.integers(-3, 12) | st.integers() | st.integers(0, 12).map(str) | st.text(max_size=20)
_KEYS = [f"{name}.{item.name}" for name, kind in config.SECTIONS.items() for item in fields(kind)]
_VALUES = (
    st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | ADDRESSES | st.lists(ADDRESSES, max_size=3)
    | st.sampled_from(["https", "http", "open", "listed", "nl", "10.0.0.0/8", "127.0.0.1:8000", "sqlite:///x"])
)  # fmt: skip
_PORTS = st.sampled_from(["", ":7001"])


def check_pages(ids: set[int], **asked: Any) -> None:
    """Whatever is asked, a page has what was asked for, newest first, and both cursors lead on without loss."""
    request = pagination.page_request(**asked)
    assert 1 <= request.limit <= pagination.MAX_LIMIT
    page = pagination.select_page(sorted(ids), request, row_id=int)
    assert list(page.items) == sorted(page.items, reverse=True)
    assert len(page.items) <= request.limit
    assert all(request.max_id is None or item < request.max_id for item in page.items)
    assert all(request.after is None or item > request.after for item in page.items)
    _check_whole_list(ids, limit=request.limit)


def _check_whole_list(ids: set[int], *, limit: int) -> None:
    """Walking down and walking up each give everything exactly once."""
    down: list[int] = []
    page = pagination.select_page(sorted(ids), pagination.page_request(limit=limit), row_id=int)
    while page.items:
        down += page.items
        request = pagination.page_request(limit=limit, max_id=page.next_max_id)
        page = pagination.select_page(sorted(ids), request, row_id=int)
    assert down == sorted(ids, reverse=True)
    up: list[int] = []
    page = pagination.select_page(sorted(ids), pagination.page_request(limit=limit, min_id="0"), row_id=int)
    while page.items:
        up = [*page.items, *up]
        request = pagination.page_request(limit=limit, min_id=page.prev_min_id)
        page = pagination.select_page(sorted(ids), request, row_id=int)
    assert up == down


def check_trust(host: str, *, domain: str, listed: frozenset[str]) -> None:
    """A block covers a domain, what is under it, and nothing beside it; it wins over a list."""
    blocked = frozenset({domain})
    name, wanted = policy.without_port(host), policy.without_port(domain)
    under = name == wanted or name.endswith("." + wanted)
    covered = under and (domain == wanted or host[len(name) :] == domain[len(wanted) :])
    assert policy.is_blocked(host, blocked=blocked) == covered
    for mode in ("open", "listed"):
        own = "own.example"
        allowed = policy.allows(host, mode=mode, rules=policy.Rules(blocked=blocked, listed=listed), own=own)
        assert not (covered and allowed)
        assert mode == "open" or not allowed or not listed.isdisjoint((host, name))
    assert policy.allows(domain, mode="listed", rules=policy.Rules(blocked=blocked), own=domain)
    assert all(normalise_host(parent) == parent for parent in policy.covering(normalise_host(host)))


def check_any_host(text: str) -> None:
    """Every host that can be named can be blocked, with its port and without."""
    host = tried(lambda: normalise_host(text))
    if host is not None:
        assert policy.is_blocked(host, blocked=frozenset({host}))
        assert policy.is_blocked(host, blocked=frozenset({policy.without_port(host)}))
        assert next(policy.covering(host)) == policy.without_port(host)


def check_settings(stated: dict[str, Any]) -> None:
    """A configuration is read, or refused with every mistake by its name."""
    table: dict[str, Any] = {}
    for key, value in stated.items():
        section, _, name = key.partition(".")
        table.setdefault(section, {})[name] = value
    try:
        read = config.read(table, folder=_FOLDER)
    except config.ConfigurationError as refusal:
        assert refusal.mistakes
        named = [key for key in (*stated, *_KEYS) if any(key in mistake for mistake in refusal.mistakes)]
        assert named or any("section" in mistake for mistake in refusal.mistakes)
        return
    assert 0 < read.listen[1] < 65_536
    assert normalise_host(read.site.domain, scheme=read.site.scheme) == read.site.domain


def check_toml(text: str) -> None:
    """A file is read or refused."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    with refusals():
        config.read(table, folder=_FOLDER)


@some
@given(ids=st.sets(st.integers(1, 60), max_size=25), max_id=_GIVEN, since_id=_GIVEN, min_id=_GIVEN, limit=_GIVEN)
@example(ids=set(), max_id="9" * 5_000, since_id="٣", min_id="²", limit="-1")
def test_pages_lead_through_the_whole_list(ids: set[int], **asked: Any) -> None:
    check_pages(ids, **asked)


@some
@given(
    host=st.builds(str.__add__, HOSTS, _PORTS),
    domain=st.builds(str.__add__, HOSTS, _PORTS),
    listed=st.frozensets(HOSTS, max_size=3),
)
def test_a_block_covers_a_domain_and_what_is_under_it(host: str, domain: str, listed: frozenset[str]) -> None:
    check_trust(host, domain=domain, listed=listed)


@some
@given(text=ADDRESSES)
@example(text="[::1]:7001")
def test_every_host_can_be_blocked(text: str) -> None:
    check_any_host(text)


@some
@given(
    stated=st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=5), _VALUES, max_size=6),
    usual=st.sampled_from([{}, {"instance.domain": "example.org", "instance.organisation": "Gemeente Voorbeeld"}]),
)
@example(stated={"server.listen": ":0"}, usual={})
@example(stated={"server.listen": "x:" + "9" * 5_000}, usual={})
def test_a_configuration_is_read_or_its_mistakes_are_named(stated: dict[str, Any], usual: dict[str, Any]) -> None:
    check_settings(stated | usual)
    check_settings(usual | stated)
