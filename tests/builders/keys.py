"""Private keys of every form that people have, made for a test and never used for anything."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_P256 = ec.generate_private_key(ec.SECP256R1())
_EDWARDS = ed25519.Ed25519PrivateKey.generate()


def _pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, form: PrivateFormat) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def _edwards() -> tuple[str, str]:
    """Return seed and whole key in base64; one whose base64 shows all kinds of letters."""
    while True:
        key = ed25519.Ed25519PrivateKey.generate()
        seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        whole = seed + key.public_key().public_bytes_raw()
        texts = [base64.b64encode(raw).decode() for raw in (seed, whole)]
        if all(re.search(kind, texts[0]) for kind in ("[a-z]", "[A-Z]", "[0-9]")):
            return texts[0], texts[1]


SEED, WHOLE = _edwards()
EC, PKCS8 = _pem(_P256, PrivateFormat.TraditionalOpenSSL), _pem(_P256, PrivateFormat.PKCS8)
KEYS: Mapping[str, str] = {
    "EC": EC,
    "PKCS8": PKCS8,
    "Ed25519 PEM": _pem(_EDWARDS, PrivateFormat.PKCS8),
    "Ed25519": WHOLE,
    "Ed25519 seed": SEED,
    "PEM in base64": base64.b64encode(EC.encode()).decode(),
    "key file": json.dumps({"name": "mine", "privateKey": EC}),
    "Ed25519 key file": json.dumps({"id": "2", "privateKey": WHOLE}),
}
"""A text with a key, by its form."""


def shreds(text: str) -> set[str]:
    """Return parts of the key in `text`, each long enough to be nothing else by chance."""
    words = re.findall(r"[A-Za-z0-9+/]{16,}", text.replace("\\n", "\n"))
    return {word[at : at + 16] for word in words for at in range(0, len(word) - 15, 16)}
