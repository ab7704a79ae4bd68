"""Whose a host name is."""

from __future__ import annotations

import pytest

from fedgov.kernel.domains import registrable


@pytest.mark.parametrize(
    ("host", "whose"),
    [
        ("gouda.example", "gouda.example"),
        ("sociaal.gouda.example", "gouda.example"),
        ("a.b.c.d.gouda.example:8443", "gouda.example"),
        ("example.co.uk", "example.co.uk"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("x.mairie.gouv.fr", "mairie.gouv.fr"),
        ("co.uk", "co.uk"),
        ("a.co.nl.example", "nl.example"),
        ("a.gov.example", "gov.example"),
        ("anna.github.io", "github.io"),  # all tenants together
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("gouda.localhost:7001", "gouda.localhost"),
        ("8.8.8.8:444", "8.8.8.0/24"),
        ("[2a00:1450:4001:81b::200e]:444", "2a00:1450:4001:81b::/64"),
        ("[2a00:1450:4001:81b::1]", "2a00:1450:4001:81b::/64"),
    ],
)
def test_a_host_belongs_to_whoever_registered_its_domain(host: str, whose: str) -> None:
    assert registrable(host) == whose
