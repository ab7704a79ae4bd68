"""A certificate authority that nobody knows, for tests of TLS on this machine."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine"


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority; its certificate is in ``file``."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        """The file that somebody who trusts it has."""
        return self.folder / "authority.pem"

    def certify(self, name: str, *, days: int = 30) -> Path:
        """Write a key and a certificate of it for a host name, valid until so many days from now; return the file."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = datetime.now(UTC) + timedelta(days=days)
        alternative = x509.SubjectAlternativeName([x509.DNSName(name)])
        certificate = _builder(name, key, issuer=self.certificate.subject, until=until)
        path = self.folder / f"{name}.pem"
        path.write_bytes(_private(key) + _pem(certificate.add_extension(alternative, False).sign(self.key, _HASH)))
        return path


_HASH = hashes.SHA256()


def authority(folder: Path) -> Authority:
    """Make an authority in an empty folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder("Eigen instantie", key, issuer=None, until=datetime.now(UTC) + timedelta(days=30))
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True).add_extension(usage, True)
    made = Authority(folder, key, builder.sign(key, _HASH))
    made.file.write_bytes(_pem(made.certificate))
    return made


def _builder(
    name: str, key: ec.EllipticCurvePrivateKey, *, issuer: x509.Name | None, until: datetime
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=60))
        .not_valid_after(until)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@asynccontextmanager
async def protected(certificate: Path) -> AsyncIterator[int]:
    """Answer ``fine`` to every request over TLS on a free port of this machine; gives the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_ANSWER)
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
