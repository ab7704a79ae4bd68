"""Addresses of clients as networks."""

from __future__ import annotations

import pytest

from fedgov.kernel.networks import is_countable, network_of


@pytest.mark.parametrize(
    ("address", "network", "public"),
    [
        ("8.8.8.8", "8.8.8.0/24", True),
        ("::ffff:8.8.8.8", "8.8.8.0/24", True),
        ("2a00:1450:4001:81b::200e", "2a00:1450:4001:81b::/64", True),
        ("fe80::1%eth0", "fe80::/64", False),
        ("127.0.0.1", "127.0.0.0/24", False),
        ("10.1.2.3", "10.1.2.0/24", False),
        ("::1", "::/64", False),
        ("", "unknown", False),
        ("nonsense", "unknown", False),
        ("1.2.3.4, 5.6.7.8", "unknown", False),
    ],
)
def test_an_address_becomes_its_network(address: str, network: str, *, public: bool) -> None:
    assert network_of(address) == network
    assert is_countable(network, proxies=()) is public
