"""Keys and their proofs: ES256 and EdDSA JWTs in the form that Coinbase asks for.

Whether a token is alive is judged on the wall clock, like everywhere where tokens are signed.
Source: coinbase-advanced-py 1.8.4, JWT of REST requests and of WebSocket messages.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any, Literal

import jwt
from attrs import frozen
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.wire import PREFIX, Refused, Response

VIEW = "view"
TRADE = "trade"
TRANSFER = "transfer"
"""Moves money out of a portfolio; no key of this venue may."""
LONGEST_LIFE_S = 120
LENIENCE_S = 5
ISSUERS = ("cdp", "coinbase-cloud")
PUBLIC = "public"

UNAUTHORIZED = Response(401, b"Unauthorized", "text/plain")
"""The answer to a request without a valid token."""

KeyType = Literal["ecdsa", "ed25519"]
"""How a key signs: on P-256 (ES256) or as Ed25519 (EdDSA)."""

_SEED_BYTES = 32
_TRADE_PATHS = ("/orders", "/orders/batch_cancel", "/orders/edit", "/orders/close_position")


class Unauthorized(Exception):
    """A token is missing, expired, foreign or signed for something else."""


@frozen
class KnownKey:
    """A registered key: its public half and what it may do."""

    name: str
    public: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
    scopes: tuple[str, ...]

    @property
    def algorithm(self) -> str:
        """Return the one algorithm that this key signs with."""
        return "ES256" if isinstance(self.public, ec.EllipticCurvePublicKey) else "EdDSA"


@frozen
class KeyFile:
    """The private half as Coinbase hands it out; write it with mode 0600."""

    name: str
    private_key: str

    def members(self) -> dict[str, str]:
        """Return the members of the JSON file."""
        return {"name": self.name, "privateKey": self.private_key}


class Keyring:
    """The keys that the venue knows."""

    def __init__(self) -> None:
        self._keys: dict[str, KnownKey] = {}

    def register(self, name: str, public_pem: str, scopes: tuple[str, ...]) -> None:
        """Let a key sign requests of its scopes; `public_pem` is a P-256 or Ed25519 public key.

        Raises:
            ValueError: it is no such key.
        """
        public = serialization.load_pem_public_key(public_pem.encode())
        is_p256 = isinstance(public, ec.EllipticCurvePublicKey) and isinstance(
            public.curve, ec.SECP256R1
        )
        if not is_p256 and not isinstance(public, ed25519.Ed25519PublicKey):
            raise ValueError(f"expected a P-256 or Ed25519 public key for {name}")
        assert isinstance(public, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey)
        self._keys[name] = KnownKey(name, public, scopes)

    def authorize(
        self, token: str | None, *, method: str, host: str, path: str, now_s: float
    ) -> KnownKey:
        """Return the key that signed `token` for this request.

        `host` is the Host header with its port, `path` has no query, `now_s` is the wall clock.

        Raises:
            Unauthorized: the token proves nothing here.
            Refused: the key lacks the scope that the path needs.
        """
        key, claims = self._verified(token, now_s)
        uris = claims.get("uris") or [claims.get("uri")]
        if not isinstance(uris, list) or f"{method} {host}{path}" not in uris:
            raise Unauthorized("the token is for another request")
        if scope_of(method, path) not in (PUBLIC, *key.scopes):
            raise Refused(403, "PERMISSION_DENIED", "Missing required scopes")
        return key

    def authorize_stream(self, token: str | None, *, now_s: float) -> KnownKey:
        """Return the key that signed `token` for a stream message.

        Raises:
            Unauthorized: the token proves nothing here, or its key may not view.
        """
        key, _ = self._verified(token, now_s)
        if VIEW not in key.scopes:
            raise Unauthorized("the key may not view")
        return key

    def _verified(self, token: str | None, now_s: float) -> tuple[KnownKey, Mapping[str, Any]]:
        if not token:
            raise Unauthorized("no token")
        try:
            name = jwt.get_unverified_header(token).get("kid")
            key = self._keys.get(name) if isinstance(name, str) else None
            if key is None:
                raise Unauthorized("unknown key")
            options: Any = dict.fromkeys(
                ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False
            )
            claims = jwt.decode(token, key.public, algorithms=[key.algorithm], options=options)
        except jwt.PyJWTError as error:
            raise Unauthorized("the token cannot be verified") from error
        _check_claims(claims, key.name, now_s)
        return key, claims


def _check_claims(claims: Mapping[str, Any], name: str, now_s: float) -> None:
    begin, end = claims.get("nbf"), claims.get("exp")
    if not isinstance(begin, int) or not isinstance(end, int):
        raise Unauthorized("nbf and exp must be whole seconds")
    if claims.get("sub") != name or claims.get("iss") not in ISSUERS:
        raise Unauthorized("sub or iss is not right")
    if not begin - LENIENCE_S <= now_s < end or end - begin > LONGEST_LIFE_S + LENIENCE_S:
        raise Unauthorized("the token is not valid at this time")


def scope_of(method: str, path: str) -> str:
    """Return what a key needs for a request; PUBLIC paths need no key."""
    tail = path.removeprefix(PREFIX)
    if tail == "/time" or tail.startswith("/market/"):
        return PUBLIC
    if method != "GET" and tail.startswith("/portfolios"):
        return TRANSFER
    is_trade = tail in _TRADE_PATHS or tail.startswith("/convert/")
    return TRADE if method == "POST" and is_trade else VIEW


def create_key(
    ids: Ids | None = None, label: str = "trade", key_type: KeyType = "ecdsa"
) -> tuple[KeyFile, str]:
    """Return a new key file and the PEM of its public key.

    An ECDSA key is a SEC1 PEM, an Ed25519 key base64 of seed and public key, as Coinbase hands
    them out. The private key is always random; `ids` only makes the key's name repeatable.
    """
    ids = ids or Ids(secrets.token_hex(16))
    name = f"organizations/{ids.uuid('organization', 0)}/apiKeys/{ids.uuid('key', label)}"
    secret = _new_ecdsa() if key_type == "ecdsa" else _new_ed25519()
    return KeyFile(name, secret), public_pem(secret)


def public_pem(private_key: str) -> str:
    """Return the public half of a private key, to register it again after a restart.

    `private_key` is a PEM, or base64 of an Ed25519 seed with or without its public key.

    Raises:
        ValueError: it is neither.
    """
    if private_key.startswith("-----"):
        private = serialization.load_pem_private_key(private_key.encode(), password=None)
        public: Any = private.public_key()
    else:
        seed = base64.b64decode(private_key, validate=True)[:_SEED_BYTES]
        public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    pem: bytes = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()


def _new_ecdsa() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        .decode()
    )


def _new_ed25519() -> str:
    private = ed25519.Ed25519PrivateKey.generate()
    whole = private.private_bytes_raw() + private.public_key().public_bytes_raw()
    return base64.b64encode(whole).decode()
