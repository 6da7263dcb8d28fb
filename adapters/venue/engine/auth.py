"""Keys and their proofs: ES256 JWTs in the form that Coinbase asks for.

Whether a token is alive is judged on the wall clock, like everywhere where tokens are signed.
Source: coinbase-advanced-py 1.8.4, JWT of REST requests and of WebSocket messages.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import jwt
from attrs import frozen
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.venue.engine.ids import Ids
from adapters.venue.engine.wire import PREFIX, Refused, Response

VIEW = "view"
TRADE = "trade"
LONGEST_LIFE_S = 120
LENIENCE_S = 5
ISSUERS = ("cdp", "coinbase-cloud")
PUBLIC = "public"

UNAUTHORIZED = Response(401, b"Unauthorized", "text/plain")
"""The answer to a request without a valid token."""

_TRADE_PATHS = ("/orders", "/orders/batch_cancel", "/orders/edit", "/orders/close_position")


class Unauthorized(Exception):
    """A token is missing, expired, foreign or signed for something else."""


@frozen
class Key:
    """A registered key: its public half and what it may do."""

    name: str
    public: ec.EllipticCurvePublicKey
    scopes: tuple[str, ...]


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
        self._keys: dict[str, Key] = {}

    def register(self, name: str, public_pem: str, scopes: tuple[str, ...]) -> None:
        """Let a key sign requests of its scopes; `public_pem` is a P-256 public key.

        Raises:
            ValueError: it is no such key.
        """
        public = serialization.load_pem_public_key(public_pem.encode())
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise ValueError(f"expected a P-256 public key for {name}")
        self._keys[name] = Key(name, public, scopes)

    def authorize(
        self, token: str | None, *, method: str, host: str, path: str, now_s: float
    ) -> Key:
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
        if scope_of(method, path) not in key.scopes:
            raise Refused(403, "PERMISSION_DENIED", "Missing required scopes")
        return key

    def authorize_stream(self, token: str | None, *, now_s: float) -> Key:
        """Return the key that signed `token` for a stream message.

        Raises:
            Unauthorized: the token proves nothing here, or its key may not view.
        """
        key, _ = self._verified(token, now_s)
        if VIEW not in key.scopes:
            raise Unauthorized("the key may not view")
        return key

    def _verified(self, token: str | None, now_s: float) -> tuple[Key, Mapping[str, Any]]:
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
            claims = jwt.decode(token, key.public, algorithms=["ES256"], options=options)
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
    return TRADE if method == "POST" and tail in _TRADE_PATHS else VIEW


def create_key(ids: Ids | None = None, label: str = "trade") -> tuple[KeyFile, str]:
    """Return a new key file and the PEM of its public key.

    The private key is always random; `ids` only makes the key's name repeatable.
    """
    ids = ids or Ids(secrets.token_hex(16))
    private = ec.generate_private_key(ec.SECP256R1())
    name = f"organizations/{ids.uuid('organization', 0)}/apiKeys/{ids.uuid('key', label)}"
    secret = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return KeyFile(name, secret.decode()), public_pem(secret.decode())


def public_pem(private_pem: str) -> str:
    """Return the public half of a private key, to register it again after a restart."""
    private = serialization.load_pem_private_key(private_pem.encode(), password=None)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public.decode()
