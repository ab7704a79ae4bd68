from __future__ import annotations

import pytest

from fedgov.federation.doors.visitor import source_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_one_sender_has_a_whole_network_of_addresses(address: str, network: str) -> None:
    assert source_network({"client": (address, 1)}) == network


def test_a_sender_without_an_address_is_unknown() -> None:
    assert source_network({}) == source_network({"client": None}) == "unknown"
