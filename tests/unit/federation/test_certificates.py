"""Whom the one way out believes about certificates: whoever this machine believes, and nobody else."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from fedgov.federation.client import GuardedClient
from fedgov.kernel.config import FederationSettings
from fedgov.kernel.errors import UnreachableError
from tests.authority import authority, protected

INTRANET = FederationSettings(allow_networks=(ip_network("127.0.0.0/8"),))


async def ask(certificate: Path) -> bytes:
    """Serve with a certificate, ask that server, and return what it says."""
    client = GuardedClient(INTRANET, user_agent="fedgov-test")
    async with protected(certificate) as port:
        try:
            return (await client.get(f"https://localhost:{port}/", accept="*/*")).body
        finally:
            await client.close()


async def test_an_authority_that_this_machine_trusts_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(own.file))
    assert await ask(own.certify("localhost")) == b"fine"


async def test_an_authority_that_nobody_knows_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError) as refusal:
        await ask(authority(tmp_path).certify("localhost"))
    assert "CERTIFICATE_VERIFY_FAILED" in str(refusal.value.detail)


@pytest.mark.parametrize(("name", "days"), [("elders.example", 30), ("localhost", -1)])
async def test_a_certificate_of_another_name_or_time_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, days: int
) -> None:
    own = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(own.file))
    with pytest.raises(UnreachableError):
        await ask(own.certify(name, days=days))
