"""Is there a way to a host at all: its name, a connection, and who it proves to be."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from attrs import frozen

from adapters.venues.transport.endpoint import Endpoint, trust_file
from domain.model.errors import Unreachable

WITHIN_S = 10.0


@frozen
class Reached:
    """A host that answered: `tls` is the version that was agreed on, "" without TLS; `valid_to` is
    the end of its certificate as it is written there.
    """

    address: str
    tls: str = ""
    valid_to: str = ""


def reach(host: Endpoint, ca: Path | None = None, within_s: float = WITHIN_S) -> Reached:
    """Connect once and let go.

    Raises:
        Unreachable: its name is not found, nobody listens, or it does not prove who it is.
    """
    place = f"{host.hostname}:{host.port}"
    try:
        found = socket.getaddrinfo(host.hostname, host.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"the name {host.hostname} is not found: {_why(error)}") from error
    try:
        raw = socket.create_connection((host.hostname, host.port), within_s)
    except OSError as error:
        raise Unreachable(f"nobody answers at {place}: {_why(error)}") from error
    with raw:
        address = str(raw.getpeername()[0])
        if not host.is_tls:
            return Reached(address)
        try:
            context = ssl.create_default_context(cafile=trust_file(ca))
            with context.wrap_socket(raw, server_hostname=host.hostname) as secure:
                certificate = secure.getpeercert() or {}
                return Reached(address, secure.version() or "", str(certificate.get("notAfter")))
        except OSError as error:
            raise Unreachable(
                f"no TLS with {place} ({len(found)} addresses): {_why(error)}"
            ) from error


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or type(error).__name__
