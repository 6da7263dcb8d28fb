"""Claims about keys, tokens and the loopback certificate of a world."""

from __future__ import annotations

import json
import ssl
import time
from pathlib import Path

import jwt
import pytest

from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.wire import Request, Response
from adapters.simulator.server.access import Access, access_to
from adapters.simulator.server.keys import Secrets, secrets_of
from adapters.simulator.server.tls import server_context

ACCOUNTS = Request("GET", "/api/v3/brokerage/accounts")
ORDERS = Request("POST", "/api/v3/brokerage/orders")
PRODUCTS = Request("GET", "/api/v3/brokerage/market/products")
HOST = "127.0.0.1:8080"


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return secrets_of(tmp_path)


@pytest.fixture
def access(secrets: Secrets) -> Access:
    return access_to(secrets, Ids("test"))


def bearer(key_file: Path, uri: str | None) -> str:
    key = json.loads(key_file.read_text())
    now = int(time.time())
    claims = {"sub": key["name"], "iss": "cdp", "nbf": now, "exp": now + 10, "uri": uri}
    token = jwt.encode(claims, key["privateKey"], algorithm="ES256", headers={"kid": key["name"]})
    return f"Bearer {token}"


def test_admits_a_signed_request_with_the_rights_of_its_key(
    secrets: Secrets, access: Access
) -> None:
    uri = f"GET {HOST}{ACCOUNTS.path}"
    may_trade = access.admit(ACCOUNTS, bearer(secrets.key, uri), HOST)
    may_view = access.admit(ACCOUNTS, bearer(secrets.user_key, uri), HOST)
    assert isinstance(may_trade, Request)
    assert isinstance(may_view, Request)
    assert (may_trade.can_trade, may_view.can_trade) == (True, False)


@pytest.mark.parametrize("uri", [f"GET {HOST}/other", f"POST {HOST}{ACCOUNTS.path}", None])
def test_refuses_a_token_for_another_request(
    secrets: Secrets, access: Access, uri: str | None
) -> None:
    refused = access.admit(ACCOUNTS, bearer(secrets.key, uri), HOST)
    assert isinstance(refused, Response)
    assert (refused.status, refused.body) == (401, b"Unauthorized")


def test_refuses_an_order_from_the_viewing_key(secrets: Secrets, access: Access) -> None:
    refused = access.admit(ORDERS, bearer(secrets.user_key, f"POST {HOST}{ORDERS.path}"), HOST)
    assert isinstance(refused, Response)
    assert refused.status == 403


def test_public_requests_need_no_token_but_not_a_bad_one(access: Access) -> None:
    assert access.admit(PRODUCTS, None, HOST) == PRODUCTS
    refused = access.admit(PRODUCTS, "Bearer nonsense", HOST)
    assert isinstance(refused, Response)
    assert refused.status == 401


def test_stream_tokens_are_judged_too(secrets: Secrets, access: Access) -> None:
    assert access.verify(bearer(secrets.user_key, None).removeprefix("Bearer "))
    assert not access.verify("nonsense")


def test_keys_tokens_and_certificate_survive_a_restart(tmp_path: Path) -> None:
    def everything() -> list[bytes]:
        secrets = secrets_of(tmp_path)
        access_to(secrets, Ids("test"))
        secrets.admin_token()
        server_context(tmp_path / "ca.pem", secrets.tls)
        files = (secrets.key, secrets.user_key, secrets.admin, secrets.tls, tmp_path / "ca.pem")
        return [path.read_bytes() for path in files]

    assert everything() == everything()


def test_secrets_are_closed_to_others(tmp_path: Path, secrets: Secrets) -> None:
    access_to(secrets, Ids("test"))
    secrets.admin_token()
    server_context(tmp_path / "ca.pem", secrets.tls)
    assert secrets.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in secrets.folder.iterdir()} == {0o600}


def test_the_certificate_is_for_loopback_and_its_own_authority(
    tmp_path: Path, secrets: Secrets
) -> None:
    server_context(tmp_path / "ca.pem", secrets.tls)
    client = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    (authority,) = client.get_ca_certs()
    assert ("DNS", "localhost") in authority["subjectAltName"]
    assert ("IP Address", "127.0.0.1") in authority["subjectAltName"]


def test_a_damaged_certificate_is_made_anew(tmp_path: Path, secrets: Secrets) -> None:
    server_context(tmp_path / "ca.pem", secrets.tls)
    (tmp_path / "ca.pem").write_text("damaged")
    server_context(tmp_path / "ca.pem", secrets.tls)
    assert "BEGIN CERTIFICATE" in (tmp_path / "ca.pem").read_text()
