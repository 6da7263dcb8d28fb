"""A key in config, strategies or checkout keeps the start from happening, wherever it lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.run.stray_keys import LARGEST_BYTES, stray_keys
from tests.builders.keys import EC, KEYS, SEED, WHOLE, shreds


@pytest.mark.req("SEC1")
@pytest.mark.parametrize("name", ["key.json", "notes.txt", ".env", "own.py", "deep/er/key"])
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_is_found_in_any_file_and_nothing_of_it_is_told(
    tmp_path: Path, name: str, key: str
) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"# mine\nkey: {key}\n")

    (told,) = stray_keys((tmp_path,), (), ())

    assert told.startswith(f"secrets: {file}:2 holds a private key; move it")
    assert not any(each in told for each in shreds(key) if each not in str(file))


@pytest.mark.req("SEC1")
def test_a_key_on_the_command_line_is_told_by_its_number() -> None:
    (told,) = stray_keys((), ("app.quote=USD", f"app.quote={WHOLE}"), ())

    assert told.startswith("secrets: --set #2 holds a private key")


@pytest.mark.req("SEC1")
def test_a_file_in_the_encoding_of_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text(EC, encoding="utf-16")

    assert len(stray_keys((tmp_path,), (), ())) == 1


@pytest.mark.req("SEC1")
def test_what_is_left_out_and_what_installs_itself_is_not_searched(tmp_path: Path) -> None:
    for name in ("data", ".git", ".venv", ".mypy_cache", "node_modules"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "key.pem").write_text(EC)
    (tmp_path / "libraries" / "lib").mkdir(parents=True)
    (tmp_path / "libraries" / "pyvenv.cfg").touch()
    (tmp_path / "libraries" / "lib" / "key.pem").write_text(EC)
    world = tmp_path / "elsewhere" / "venue"
    (world / "keys").mkdir(parents=True)
    (world / "world.json").write_text("{}")
    (world / "keys" / "key.json").write_text(EC)

    assert stray_keys((tmp_path,), (), (tmp_path / "data",)) == ()
    (world / "world.json").unlink()
    assert len(stray_keys((tmp_path,), (), (tmp_path / "data",))) == 1


@pytest.mark.req("SEC1")
def test_an_example_and_a_certificate_are_no_key(tmp_path: Path) -> None:
    header, footer = "-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----"
    (tmp_path / "README.md").write_text(f"{header}\nYOUR PRIVATE KEY\n{footer}\n")
    lines = "\n".join(["MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ"] * 3)
    last = f"{SEED[:40]}9aB="
    for number, ends in enumerate(("\n", "\r\n")):
        text = f"-----BEGIN CERTIFICATE-----\n{lines}\n{last}\n-----END CERTIFICATE-----\n"
        (tmp_path / f"{number}.pem").write_text(text.replace("\n", ends), newline="")

    assert stray_keys((tmp_path,), (), ()) == ()


@pytest.mark.req("SEC1")
def test_odd_files_cost_nothing(tmp_path: Path) -> None:
    (tmp_path / "big.csv").write_text("x" * (LARGEST_BYTES + 1))
    (tmp_path / "bytes").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "utf16").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "circle").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")

    assert stray_keys((tmp_path, tmp_path / "absent"), (), ()) == ()


@pytest.mark.req("SEC1")
def test_many_places_are_few_lines_and_one_place_searched_twice_is_one(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.pem").write_text(EC)

    told = stray_keys((tmp_path, tmp_path), (), ())

    assert len(told) == 6
    assert told[-1] == "secrets: 4 more places like these"
