"""Keys and the short-lived tokens signed with them (ES256 or EdDSA).

Source: coinbase-advanced-py 1.8.4, tokens of REST requests and of stream messages.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import jwt
import msgspec
from attrs import field, frozen
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from domain.model.errors import InvalidNumber, TradingError
from domain.model.instants import SECOND, Nanos, parse_iso

ISSUER = "cdp"
EMBEDDED_LIFE_S = 10

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LARGEST_FILE = 64 * 1024
_SEED_BYTES = 32

Private = EllipticCurvePrivateKey | Ed25519PrivateKey


class KeyInvalid(TradingError):
    """A key or its file can't be used; the text never contains any of the key."""


class Secret:
    """A text that shows itself nowhere; only the signer reveals it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


@frozen
class ApiKey:
    """A key as Coinbase hands it out: its name is public, its private half is not."""

    name: str
    private: Secret = field(repr=False)
    created_ns: Nanos | None = None
    """When it was made, where its file says so."""


def load_key_file(path: Path) -> ApiKey:
    """Return the key in a file of the form `{"name": …, "privateKey": …}`.

    Files of Ed25519 keys may call the name `id`; some say in `createTime` when the key was made.

    Raises:
        KeyInvalid: it can't be read, others can read it, or it holds no such key.
    """
    text = _private_text(path)
    if not text.strip():
        raise KeyInvalid(f"key file {path}: it is empty; download the key file again")
    try:
        document: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise KeyInvalid(f"key file {path}: expected JSON, found something else") from None
    if not isinstance(document, dict):
        raise KeyInvalid(f"key file {path}: expected an object with name and privateKey")
    found = {"name": document.get("name") or document.get("id"), **document}
    for name in ("name", "privateKey"):
        if not isinstance(found.get(name), str) or not found[name]:
            raise KeyInvalid(f"key file {path}: {name} is missing; download the key file again")
    # A key that went through an environment variable has its line ends escaped.
    secret = Secret(found["privateKey"].replace("\\n", "\n"))
    return ApiKey(found["name"], secret, _moment(document.get("createTime")))


def _moment(written: object) -> Nanos | None:
    """Return an instant; what can't be read as one is not known."""
    try:
        return parse_iso(written) if isinstance(written, str) else None
    except (InvalidNumber, OverflowError):
        return None


def _unblocked(path: str, flags: int) -> int:
    """Open without waiting: a pipe that nobody writes into would never be open."""
    return os.open(path, flags | os.O_NONBLOCK)


def _private_text(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_unblocked) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise KeyInvalid(f"key file {path}: expected a regular file")
            if mode & _OTHERS:
                raise KeyInvalid(
                    f"key file {path}: others may access it (mode {mode & 0o777:04o}); "
                    f"run: chmod 600 {path}"
                )
            return file.read(_LARGEST_FILE)
    except OSError as error:
        raise KeyInvalid(f"key file {path}: {error.strerror or 'cannot be read'}") from None


class Signer:
    """Signs one token a request; `life_s` is how long each is valid."""

    def __init__(self, key: ApiKey, life_s: int, wall_ns: Callable[[], int]) -> None:
        """Prepare the key.

        Raises:
            KeyInvalid: the private half is neither a P-256 nor an Ed25519 key.
        """
        self._name = key.name
        self._private, self._algorithm = private_key(key)
        self._life_s = life_s
        self._wall_ns = wall_ns

    def __repr__(self) -> str:
        return f"Signer({self._name})"

    def request_token(self, method: str, host: str, path: str) -> str:
        """Return the token of one REST request.

        `host` has the port if the address has one; `path` has no query.
        """
        return self._token({"uri": f"{method} {host}{path}"})

    def stream_token(self) -> str:
        """Return the token of one stream message."""
        return self._token({})

    def _token(self, claims: dict[str, str]) -> str:
        now_s = self._wall_ns() // SECOND
        payload = {
            "sub": self._name,
            "iss": ISSUER,
            "nbf": now_s,
            "exp": now_s + self._life_s,
            **claims,
        }
        headers = {"kid": self._name, "nonce": secrets.token_hex(32)}
        return jwt.encode(payload, self._private, algorithm=self._algorithm, headers=headers)


def private_key(key: ApiKey) -> tuple[Private, str]:
    """Return the private half, and the algorithm that its form asks for: ES256 or EdDSA.

    Raises:
        KeyInvalid: it is neither a P-256 nor an Ed25519 key.
    """
    text = key.private.reveal()
    private = _from_pem(key, text) if text.lstrip().startswith("-----") else _from_seed(key, text)
    is_p256 = isinstance(private, EllipticCurvePrivateKey) and isinstance(private.curve, SECP256R1)
    if not is_p256 and not isinstance(private, Ed25519PrivateKey):
        raise KeyInvalid(
            f"key {key.name}: expected an ECDSA (P-256) or Ed25519 key; create one of these types"
        )
    assert isinstance(private, EllipticCurvePrivateKey | Ed25519PrivateKey)
    return private, "EdDSA" if isinstance(private, Ed25519PrivateKey) else "ES256"


def _from_pem(key: ApiKey, text: str) -> object:
    try:
        return load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyInvalid(
            f"key {key.name}: privateKey is no PEM private key; it must keep its line ends"
        ) from None


def _from_seed(key: ApiKey, text: str) -> Ed25519PrivateKey:
    """Return the Ed25519 key in base64 of its seed, with or without the public half behind it."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) not in (_SEED_BYTES, 2 * _SEED_BYTES):
        raise KeyInvalid(
            f"key {key.name}: privateKey is neither a PEM private key with its line ends nor "
            "base64 of an Ed25519 key"
        )
    private = Ed25519PrivateKey.from_private_bytes(raw[:_SEED_BYTES])
    if raw[_SEED_BYTES:] not in (b"", private.public_key().public_bytes_raw()):
        raise KeyInvalid(f"key {key.name}: the halves of its Ed25519 key do not belong together")
    return private
