"""A certificate for loopback, made once, with a key that nobody else can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from adapters.simulator.server import tls
from adapters.simulator.server.tls import server_context, write_private


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "ca.pem", tmp_path / "tls.key"


@pytest.mark.req("SEC1")
def test_the_key_is_private_and_the_certificate_names_loopback_only(
    files: tuple[Path, Path],
) -> None:
    certificate, key = files

    server_context(certificate, key)

    assert key.stat().st_mode & 0o777 == 0o600
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert list(map(str, names.get_values_for_type(x509.IPAddress))) == ["127.0.0.1"]


def test_a_certificate_that_lasts_is_kept(files: tuple[Path, Path]) -> None:
    server_context(*files)
    before = [file.read_bytes() for file in files]

    server_context(*files)

    assert [file.read_bytes() for file in files] == before


@pytest.mark.parametrize("trouble", ["no key", "no certificate", "junk", "running out"])
def test_what_is_missing_or_of_no_use_is_made_anew(
    trouble: str, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = files
    server_context(certificate, key)
    before = certificate.read_bytes()
    if trouble == "no key":
        key.unlink()
    elif trouble == "no certificate":
        certificate.unlink()
    elif trouble == "junk":
        certificate.write_bytes(b"junk")
    else:
        monkeypatch.setattr(tls, "_LEAST_LEFT", tls._YEARS_VALID * 2)

    server_context(certificate, key)

    assert certificate.read_bytes() not in (before, b"junk")


@pytest.mark.req("SEC1")
def test_a_secret_replaces_what_was_there_and_is_private_from_the_first_byte(
    tmp_path: Path,
) -> None:
    path = tmp_path / "secret"
    path.write_text("old", encoding="ascii")
    path.chmod(0o644)

    write_private(path, b"new")

    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
