"""A certificate for loopback, made on the spot: the official SDK speaks nothing but https."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

_YEARS_VALID = timedelta(days=3650)
_LEAST_LEFT = timedelta(days=30)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the server's TLS context, making certificate and key where missing or running out."""
    if not (key.exists() and certificate.exists() and _lasts(certificate)):
        _make(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def write_private(path: Path, content: bytes) -> None:
    """Write a secret so that nobody else can read it at any moment (mode 0600, atomically)."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)


def _lasts(certificate: Path) -> bool:
    from cryptography import x509  # only here: loading it takes as long as half the start

    try:
        made = x509.load_pem_x509_certificate(certificate.read_bytes())
    except ValueError:
        return False
    return made.not_valid_after_utc - datetime.now(UTC) > _LEAST_LEFT


def _make(certificate: Path, key: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Bulkhead embedded venue")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName(
        [x509.IPAddress(IPv4Address("127.0.0.1")), x509.DNSName("localhost")]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _YEARS_VALID)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(secret.public_key()), False)
        .sign(secret, hashes.SHA256())
    )
    pem = secret.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_private(key, pem)
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
