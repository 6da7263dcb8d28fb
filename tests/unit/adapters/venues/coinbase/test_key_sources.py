"""The key comes from one place that a person named, or the sentence says what to mend."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from adapters.venues.coinbase.auth import KeyInvalid
from adapters.venues.coinbase.key_sources import FILE, NAME, SECRET, find_key, is_configured
from domain.model.instants import parse_iso
from tests.builders.keys import EC, PKCS8, SEED, WHOLE, shreds

pytestmark = pytest.mark.req("SEC1")

KEY = "organizations/o/apiKeys/k"
FORMS = {
    "EC": (EC, "ES256"),
    "PKCS8": (PKCS8, "ES256"),
    "Ed25519": (WHOLE, "EdDSA"),
    "Ed25519 seed": (SEED, "EdDSA"),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    return folder


def key_file(folder: Path, secret: str = EC, mode: int = 0o600, **members: object) -> Path:
    path = folder / "coinbase.json"
    path.write_text(json.dumps({"name": KEY, "privateKey": secret, **members}))
    path.chmod(mode)
    return path


def refusal(environment: dict[str, str], checkout: Path) -> str:
    with pytest.raises(KeyInvalid) as caught:
        find_key(environment, checkout)
    told = str(caught.value)
    assert not any(each in told for secret in (EC, WHOLE) for each in shreds(secret))
    return told


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("is_escaped", [False, True])
def test_a_key_of_the_environment_is_recognised_by_the_form_of_its_secret(
    form: str, is_escaped: bool, checkout: Path
) -> None:
    secret, algorithm = FORMS[form]
    written = secret.replace("\n", "\\n") if is_escaped else secret

    found = find_key({NAME: f" {KEY}\n", SECRET: written}, checkout)

    assert (found.key.name, found.algorithm, found.source) == (KEY, algorithm, "the environment")
    assert found.key.private.reveal().strip() == secret.strip()
    assert "***" in repr(found) or "private" not in repr(found)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["name", "id"])
def test_a_key_of_a_file_is_recognised_in_every_shape_that_the_venue_hands_out(
    form: str, name: str, tmp_path: Path, checkout: Path
) -> None:
    secret, algorithm = FORMS[form]
    path = tmp_path / "key.json"
    path.write_text(json.dumps({name: KEY, "privateKey": secret, "principal": "x"}))
    path.chmod(0o600)

    found = find_key({FILE: str(path)}, checkout)

    assert (found.key.name, found.algorithm) == (KEY, algorithm)
    assert found.source == f"{FILE}={path}"


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("2026-09-01T10:00:00.5Z", True),
        ("yesterday", False),
        (7, False),
        (None, False),
        ("9999-99-99T00:00:00Z", False),
    ],
)
def test_when_a_key_was_made_is_read_of_a_file_that_says_so(
    written: object, known: bool, tmp_path: Path, checkout: Path
) -> None:
    found = find_key({FILE: str(key_file(tmp_path, createTime=written))}, checkout)

    assert found.created_ns == (parse_iso(str(written)) if known else None)


def test_without_any_key_it_is_said_where_to_put_one(checkout: Path) -> None:
    assert not is_configured({})
    for word in (FILE, NAME, SECRET, "chmod 600"):
        assert word in refusal({}, checkout)


@pytest.mark.parametrize("others", [{NAME: KEY}, {SECRET: EC}, {NAME: KEY, SECRET: EC}])
def test_two_sources_at_once_are_refused_though_both_are_good(
    others: dict[str, str], tmp_path: Path, checkout: Path
) -> None:
    told = refusal({FILE: str(key_file(tmp_path)), **others}, checkout)

    assert told.startswith(f"two sources of the key, {FILE} and ")
    assert told.endswith("unset one of them")


@pytest.mark.parametrize(("present", "missing"), [(NAME, SECRET), (SECRET, NAME)])
def test_half_a_key_is_refused(present: str, missing: str, checkout: Path) -> None:
    told = refusal({present: EC if present is SECRET else KEY}, checkout)

    assert told == f"{present} is set and {missing} is not; a key has both"


@pytest.mark.parametrize("name", [FILE, NAME, SECRET])
@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_a_variable_that_is_empty_is_refused_and_named(
    name: str, empty: str, checkout: Path
) -> None:
    good = {} if name == FILE else {NAME: KEY, SECRET: EC}
    assert is_configured({name: empty})
    assert f"unset {name}" in refusal({**good, name: empty}, checkout)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601])
def test_a_file_that_others_may_touch_is_refused_with_the_mend(
    mode: int, tmp_path: Path, checkout: Path
) -> None:
    path = key_file(tmp_path, mode=mode)

    assert f"chmod 600 {path}" in refusal({FILE: str(path)}, checkout)


def test_a_file_in_the_checkout_is_refused_however_it_is_reached(
    tmp_path: Path, checkout: Path
) -> None:
    inside, outside = key_file(checkout), key_file(tmp_path)
    to_inside, to_outside = tmp_path / "link.json", checkout / "link.json"
    to_inside.symlink_to(inside)
    to_outside.symlink_to(outside)
    around = tmp_path / "elsewhere" / ".." / "checkout" / inside.name
    (tmp_path / "elsewhere").mkdir()

    for path in (inside, to_inside, to_outside, around):
        assert f"{path} lies in the checkout" in refusal({FILE: str(path)}, checkout)
    assert find_key({FILE: str(outside)}, checkout).key.name == KEY


def test_what_is_no_file_with_a_key_is_refused(tmp_path: Path, checkout: Path) -> None:
    empty, pipe, circle = tmp_path / "empty", tmp_path / "pipe", tmp_path / "circle"
    empty.touch(0o600)
    os.mkfifo(pipe, 0o600)
    circle.symlink_to(circle)
    words = {
        empty: "it is empty",
        pipe: "expected a regular file",
        tmp_path: "Is a directory",
        tmp_path / "missing": "No such file",
        circle: "",
        Path("/dev/zero"): "expected a regular file",
    }

    for path, said in words.items():
        told = refusal({FILE: str(path)}, checkout)
        assert said in told
        assert str(path) in told


@pytest.mark.parametrize("secret", ["", "x", "-----BEGIN EC PRIVATE KEY-----\n\n", "c2VjcmV0"])
def test_a_secret_that_can_not_sign_is_refused_before_anything_is_sent(
    secret: str, tmp_path: Path, checkout: Path
) -> None:
    assert refusal({FILE: str(key_file(tmp_path, secret))}, checkout)
    assert refusal({NAME: KEY, SECRET: secret}, checkout)
