from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.simulator.engine.auth import (
    PUBLIC,
    TRADE,
    VIEW,
    KeyFile,
    Keyring,
    Unauthorized,
    create_key,
    public_pem,
    scope_of,
)
from adapters.simulator.engine.wire import PREFIX, Refused
from adapters.venues.coinbase.auth import ApiKey, Secret, Signer
from domain.model.instants import SECOND

RSA_PUBLIC = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
NOW = 1_700_000_000
HOST = "127.0.0.1:8443"
PATH = f"{PREFIX}/accounts"


def ring(*scopes: str) -> tuple[Keyring, KeyFile]:
    key, public = create_key()
    keyring = Keyring()
    keyring.register(key.name, public, scopes or (VIEW, TRADE))
    return keyring, key


def token(key: KeyFile, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
    claims = {
        "sub": key.name,
        "iss": "cdp",
        "nbf": NOW,
        "exp": NOW + 120,
        "uri": f"GET {HOST}{PATH}",
        **changes,
    }
    headers = {"kid": key.name, "nonce": "ab" * 32, **(header or {})}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key.private_key, algorithm="ES256", headers=headers)


def authorize(keyring: Keyring, text: str | None, method: str = "GET", path: str = PATH) -> str:
    return keyring.authorize(text, method=method, host=HOST, path=path, now_s=NOW).name


def test_a_signed_request_names_its_key() -> None:
    keyring, key = ring()
    assert authorize(keyring, token(key)) == key.name
    assert authorize(keyring, token(key, uri=None, uris=[f"GET {HOST}{PATH}"])) == key.name
    assert authorize(keyring, token(key, iss="coinbase-cloud", aud=["x"], iat=NOW)) == key.name


def test_any_good_key_may_ask_what_everyone_may() -> None:
    keyring, key = ring(VIEW)
    path = f"{PREFIX}/market/products"
    assert authorize(keyring, token(key, uri=f"GET {HOST}{path}"), path=path) == key.name


def test_an_ed25519_key_proves_itself_and_no_other_algorithm_passes_for_it() -> None:
    key, public = create_key(key_type="ed25519")
    keyring = Keyring()
    keyring.register(key.name, public, (VIEW,))
    private = Signer(ApiKey(key.name, Secret(key.private_key)), 120, lambda: NOW * SECOND)

    assert authorize(keyring, private.request_token("GET", HOST, PATH)) == key.name

    foreign = create_key()[0]
    with pytest.raises(Unauthorized):
        authorize(keyring, token(KeyFile(key.name, foreign.private_key)))
    with pytest.raises(ValueError, match="P-256 or Ed25519"):
        keyring.register("rsa", RSA_PUBLIC, (VIEW,))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW},
        {"nbf": NOW + 6},
        {"exp": NOW + 126},
        {"nbf": NOW - 60, "exp": NOW + 66},
        {"exp": None},
        {"exp": "soon"},
        {"sub": "someone"},
        {"iss": "someone"},
        {"uri": f"POST {HOST}{PATH}"},
        {"uri": f"GET elsewhere{PATH}"},
        {"uri": f"GET {HOST}{PATH}/x"},
        {"uri": None},
        {"uri": None, "uris": 7},
        {"header": {"kid": "someone"}},
    ],
)
def test_refuses_a_token_that_proves_something_else(changes: dict[str, Any]) -> None:
    keyring, key = ring()
    with pytest.raises(Unauthorized):
        authorize(keyring, token(key, **changes))


@pytest.mark.parametrize("text", [None, "", "a.b.c", "nonsense", "é"])
def test_refuses_what_is_no_token(text: str | None) -> None:
    with pytest.raises(Unauthorized):
        authorize(ring()[0], text)


def test_refuses_a_key_that_only_bears_the_name() -> None:
    keyring, key = ring()
    forged = KeyFile(key.name, create_key()[0].private_key)
    with pytest.raises(Unauthorized):
        authorize(keyring, token(forged))


def test_refuses_an_unsigned_token() -> None:
    keyring, key = ring()
    claims = {"sub": key.name, "iss": "cdp", "nbf": NOW, "exp": NOW + 60}
    with pytest.raises(Unauthorized):
        authorize(keyring, jwt.encode(claims, "", algorithm="none", headers={"kid": key.name}))


def test_a_key_that_may_only_view_cannot_trade() -> None:
    keyring, key = ring(VIEW)
    orders = f"{PREFIX}/orders"
    with pytest.raises(Refused) as refusal:
        authorize(keyring, token(key, uri=f"POST {HOST}{orders}"), "POST", orders)
    response = refusal.value.response()
    assert response.status == 403
    assert b'"error_details":"Missing required scopes"' in response.body


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/time", PUBLIC),
        ("GET", "/market/products/BTC-USD/candles", PUBLIC),
        ("GET", "/products", VIEW),
        ("GET", "/orders/historical/batch", VIEW),
        ("POST", "/orders", TRADE),
        ("POST", "/orders/batch_cancel", TRADE),
        ("POST", "/orders/preview", VIEW),
    ],
)
def test_paths_need_their_scope(method: str, path: str, scope: str) -> None:
    assert scope_of(method, PREFIX + path) == scope


def test_a_stream_token_has_no_uri() -> None:
    keyring, key = ring(VIEW)
    assert keyring.authorize_stream(token(key, uri=None), now_s=NOW).name == key.name
    with pytest.raises(Unauthorized):
        keyring.authorize_stream(token(key, uri=None), now_s=NOW + 121)
    trader, other = ring(TRADE)
    with pytest.raises(Unauthorized):
        trader.authorize_stream(token(other, uri=None), now_s=NOW)


def test_a_key_file_has_the_form_coinbase_hands_out() -> None:
    key, public = create_key()
    assert set(key.members()) == {"name", "privateKey"}
    assert key.name.startswith("organizations/")
    assert key.private_key.startswith("-----BEGIN EC PRIVATE KEY-----")
    assert public_pem(key.private_key) == public
