from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.features.trust.policy import Mode, Rules, allows, check_rule, covering
from fedgov.kernel.errors import InvalidError

OWN = "groningen.localhost:7001"
RULES = Rules(
    blocked=frozenset({"spam.example", "half.example:8443", "[2001:db8::1]", "social.listed.example"}),
    listed=frozenset({"leeuwarden.example", "delft.example:8443", "listed.example", "sub.spam.example"}),
)


@pytest.mark.parametrize(
    ("host", "in_open", "in_listed"),
    [
        (OWN, True, True),
        ("unknown.example", True, False),
        ("leeuwarden.example", True, True),
        ("leeuwarden.example:8443", True, True),
        ("sub.leeuwarden.example", True, False),
        ("delft.example:8443", True, True),
        ("delft.example", True, False),
        ("delft.example:9000", True, False),
        ("spam.example", False, False),
        ("spam.example:8443", False, False),
        ("sub.spam.example", False, False),
        ("deep.sub.spam.example:8443", False, False),
        ("notspam.example", True, False),
        ("spam.example.org", True, False),
        ("half.example:8443", False, False),
        ("sub.half.example:8443", False, False),
        ("half.example", True, False),
        ("half.example:9000", True, False),
        ("[2001:db8::1]", False, False),
        ("[2001:db8::1]:8443", False, False),
        ("[2001:db8::2]", True, False),
        ("listed.example", True, True),
        ("social.listed.example", False, False),
    ],
)
def test_mode_and_rules_decide_about_a_host(host: str, *, in_open: bool, in_listed: bool) -> None:
    assert allows(host, mode="open", rules=RULES, own=OWN) is in_open
    assert allows(host, mode="listed", rules=RULES, own=OWN) is in_listed


@pytest.mark.parametrize("mode", ["open", "listed"])
def test_our_own_address_is_allowed_whatever_the_rules_say(mode: Mode) -> None:
    rules = Rules(blocked=frozenset({"localhost", OWN}))

    assert allows(OWN, mode=mode, rules=rules, own=OWN)
    assert not allows("leeuwarden.localhost:7002", mode=mode, rules=rules, own=OWN)


@given(st.lists(st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), min_size=1, max_size=5), st.integers(1, 65_535))
def test_whatever_is_blocked_all_of_its_subdomains_and_ports_are(labels: list[str], port: int) -> None:
    domain = ".".join(labels)
    rules = Rules(blocked=frozenset({domain}))

    for host in (domain, f"{domain}:{port}", f"a.{domain}", f"a.b.{domain}:{port}"):
        assert not allows(host, mode="open", rules=rules, own="own.example")


def test_each_domain_that_covers_a_host_is_named_once_with_its_port_and_without() -> None:
    assert list(covering("a.b.example:81")) == [
        "a.b.example",
        "a.b.example:81",
        "b.example",
        "b.example:81",
        "example",
        "example:81",
    ]


@pytest.mark.parametrize("domain", ["groningen.example", "example", "groningen.example:8443"])
def test_nobody_may_block_the_own_instance(domain: str) -> None:
    with pytest.raises(InvalidError):
        check_rule(domain=domain, own="groningen.example:8443", reason="")


def test_a_reason_has_a_length() -> None:
    check_rule(domain="spam.example", own=OWN, reason="x" * 500)
    with pytest.raises(InvalidError):
        check_rule(domain="spam.example", own=OWN, reason="x" * 501)
