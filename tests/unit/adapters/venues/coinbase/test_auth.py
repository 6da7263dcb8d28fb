"""Claims about keys, tokens and secrets."""

from __future__ import annotations

import base64
import json
import pickle
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwt.types import Options

from adapters.venues.coinbase.auth import ApiKey, KeyInvalid, Secret, Signer, load_key_file
from domain.model.instants import SECOND
from tests.builders.coinbase import a_private_key, pem

NAME = "organizations/o/apiKeys/k"
AT_S = 1_795_350_565


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "key.json"
    path.write_text(text)
    path.chmod(mode)
    return path


def signer(private: object, life_s: int = 10) -> Signer:
    return Signer(ApiKey(NAME, Secret(pem(private))), life_s, lambda: AT_S * SECOND + 999)


def verified(token: str, private: ec.EllipticCurvePrivateKey) -> dict[str, object]:
    options: Options = {"verify_exp": False, "verify_nbf": False}
    return dict(jwt.decode(token, private.public_key(), algorithms=["ES256"], options=options))


@pytest.mark.parametrize("life_s", [10, 120])
def test_a_request_token_verifies_and_names_the_request_without_query(life_s: int) -> None:
    private = a_private_key()
    path = "/api/v3/brokerage/accounts"
    token = signer(private, life_s).request_token("GET", "127.0.0.1:8443", path)
    assert verified(token, private) == {
        "sub": NAME,
        "iss": "cdp",
        "nbf": AT_S,
        "exp": AT_S + life_s,
        "uri": "GET 127.0.0.1:8443/api/v3/brokerage/accounts",
    }
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["kid"], len(header["nonce"])) == ("ES256", NAME, 64)


def test_a_stream_token_names_no_request() -> None:
    private = a_private_key()
    assert "uri" not in verified(signer(private).stream_token(), private)


def test_no_two_tokens_are_the_same() -> None:
    one = signer(a_private_key())
    tokens = {one.stream_token() for _ in range(20)}
    assert len(tokens) == 20


def test_a_token_of_another_key_does_not_verify() -> None:
    token = signer(a_private_key()).stream_token()
    with pytest.raises(jwt.InvalidSignatureError):
        verified(token, a_private_key())


def test_a_key_file_is_read_with_real_or_escaped_line_ends(tmp_path: Path) -> None:
    text = pem(a_private_key())
    for secret in (text, text.replace("\n", "\\n")):
        path = key_file(tmp_path, json.dumps({"name": NAME, "privateKey": secret}))
        key = load_key_file(path)
        assert key.name == NAME
        assert key.private.reveal() == text
        Signer(key, 10, lambda: 0)


@pytest.mark.req("SEC1")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_key_file_that_others_may_access_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, json.dumps({"name": NAME, "privateKey": "x"}), mode)
    with pytest.raises(KeyInvalid, match=f"chmod 600 {path}"):
        load_key_file(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("not json", "expected JSON"),
        ("[]", "expected an object"),
        ('{"name":"n"}', "privateKey is missing"),
        ('{"privateKey":"x"}', "name is missing"),
        ('{"name":"","privateKey":"x"}', "name is missing"),
    ],
)
def test_a_key_file_of_another_form_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(KeyInvalid, match=problem):
        load_key_file(key_file(tmp_path, text))


def test_a_key_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyInvalid, match="No such file"):
        load_key_file(tmp_path / "key.json")
    with pytest.raises(KeyInvalid):
        load_key_file(tmp_path)


def ed25519_texts(private: ed25519.Ed25519PrivateKey) -> list[str]:
    seed, public = private.private_bytes_raw(), private.public_key().public_bytes_raw()
    return [
        base64.b64encode(seed).decode(),
        base64.b64encode(seed + public).decode(),
        pem(private),
    ]


@pytest.mark.parametrize("form", [0, 1, 2], ids=["seed", "seed and public half", "PEM"])
def test_an_ed25519_key_signs_in_every_form_that_it_comes_in(tmp_path: Path, form: int) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    document = {"id": NAME, "privateKey": ed25519_texts(private)[form]}
    key = load_key_file(key_file(tmp_path, json.dumps(document)))

    token = Signer(key, 10, lambda: AT_S * SECOND).request_token("GET", "host", "/path")

    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"
    options: Options = {"verify_exp": False, "verify_nbf": False}
    claims = jwt.decode(token, private.public_key(), algorithms=["EdDSA"], options=options)
    assert (claims["sub"], claims["uri"]) == (NAME, "GET host/path")


@pytest.mark.parametrize(
    "text",
    [
        "c2VjcmV0",
        base64.b64encode(bytes(range(64))).decode(),
        pem(ec.generate_private_key(ec.SECP384R1())),
    ],
    ids=["no PEM", "Ed25519 halves apart", "P-384"],
)
def test_a_key_of_another_kind_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(KeyInvalid) as caught:
        Signer(ApiKey(NAME, Secret(text)), 10, lambda: 0)
    assert NAME in str(caught.value)
    assert text not in repr(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.req("SEC1")
def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("canary")
    key = ApiKey(NAME, secret)
    shown = f"{secret} {secret!r} {secret:>20} {key} {key!r} {[secret]} {signer(a_private_key())}"
    assert "canary" not in shown
    assert "BEGIN" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
