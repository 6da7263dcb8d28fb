"""Addresses of a venue, and which of them may go without TLS."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from attrs import frozen

from domain.model.errors import TradingError

_IS_TLS = {"http": False, "https": True, "ws": False, "wss": True}
_USUAL_PORTS = {False: 80, True: 443}


class AddressInvalid(TradingError):
    """An address that can't or mustn't be used."""


@frozen
class Endpoint:
    """Scheme, host with port, and path prefix (without a slash at its end)."""

    scheme: str
    host: str
    path: str

    @property
    def url(self) -> str:
        """Return the address."""
        return f"{self.scheme}://{self.host}{self.path}"

    @property
    def hostname(self) -> str:
        """Return the host without its port."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Return the port, the scheme's own if none is written."""
        return urlsplit(self.url).port or _USUAL_PORTS[self.is_tls]

    @property
    def is_tls(self) -> bool:
        """Tell whether the connection is encrypted and the other side proven."""
        return _IS_TLS[self.scheme]


def endpoint(url: str, schemes: tuple[str, ...]) -> Endpoint:
    """Return the parts of `url`.

    Raises:
        AddressInvalid: another scheme, no host, or unencrypted to a host that is not this machine.
    """
    try:
        parts = urlsplit(url)
        hostname, _ = parts.hostname, parts.port
    except ValueError as error:
        raise AddressInvalid(f"address {url!r}: {error}") from error
    if parts.scheme not in schemes or not hostname or parts.username or parts.query:
        raise AddressInvalid(f"address {url!r}: expected {' or '.join(schemes)}://host[:port]")
    if not _IS_TLS[parts.scheme] and not is_loopback(hostname):
        raise AddressInvalid(
            f"address {url!r}: {parts.scheme}:// is for this machine only; use TLS"
        )
    return Endpoint(parts.scheme, _host(parts), parts.path.rstrip("/"))


def _host(parts: SplitResult) -> str:
    """Return what the Host header will say: tokens are signed for exactly that."""
    hostname = parts.hostname or ""
    shown = f"[{hostname}]" if ":" in hostname else hostname
    usual = _USUAL_PORTS[_IS_TLS[parts.scheme]]
    return shown if parts.port in (None, usual) else f"{shown}:{parts.port}"


def is_loopback(hostname: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return hostname == "localhost"


def trust_file(ca: Path | None) -> str | None:
    """Return the file of trusted certificates: `ca`, or the machine's; None if it has no file."""
    return str(ca) if ca is not None else ssl.get_default_verify_paths().cafile
