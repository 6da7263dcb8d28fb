"""Claims about addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.venues.transport.endpoint import AddressInvalid, endpoint, trust_file

WEB = ("http", "https")


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://api.coinbase.com", "api.coinbase.com", 443),
        ("https://api.coinbase.com:443/", "api.coinbase.com", 443),
        ("https://API.coinbase.com:8443", "api.coinbase.com:8443", 8443),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", 8080),
        ("http://localhost", "localhost", 80),
        ("http://[::1]:80", "[::1]", 80),
    ],
)
def test_the_host_is_what_the_host_header_says(url: str, host: str, port: int) -> None:
    found = endpoint(url, WEB)
    assert (found.host, found.port, found.path) == (host, port, "")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.coinbase.com",
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1:80",
        "http://0.0.0.0:80",
    ],
)
@pytest.mark.req("SEC1")
def test_nothing_leaves_this_machine_unencrypted(url: str) -> None:
    with pytest.raises(AddressInvalid, match="use TLS"):
        endpoint(url, WEB)


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "https://", "api.coinbase.com", "https://h:x", "https://u:p@h", "https://h?q"],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(AddressInvalid):
        endpoint(url, WEB)


def test_a_given_certificate_replaces_the_machines() -> None:
    assert trust_file(Path("/x/ca.pem")) == "/x/ca.pem"
