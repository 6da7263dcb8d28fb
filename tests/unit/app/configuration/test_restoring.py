"""Files are put back whole, all four or none, and what was there is kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from app.configuration.history import NAMES
from app.configuration.restoring import Present, back_up, loaded, replace
from config.errors import ConfigError
from config.loading import load

pytestmark = pytest.mark.req("RB5")
SHIPPED = Path(__file__).resolve().parents[4] / "config"
TEXTS = {name: (SHIPPED / name).read_text() for name in NAMES}
CHANGED = {**TEXTS, "policy.yaml": TEXTS["policy.yaml"].replace("1000", "900")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "config"
    place.mkdir()
    for name in NAMES:
        shutil.copy(SHIPPED / name, place / name)
    (place / "notes.txt").write_text("mine")
    return place


def texts(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text() for name in NAMES}


def test_the_files_are_as_they_were_comments_and_rights_too(folder: Path) -> None:
    (folder / "app.yaml").chmod(0o640)
    replace(Present.of(folder), CHANGED)

    assert texts(folder) == CHANGED
    assert (folder / "app.yaml").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(folder)) == sorted((*NAMES, "notes.txt"))


def test_a_file_that_is_missing_comes_back_and_a_link_stays_one(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "app.yaml").unlink()
    real = tmp_path / "policy.yaml"
    (folder / "policy.yaml").replace(real)
    (folder / "policy.yaml").symlink_to(real)

    replace(Present.of(folder), CHANGED)

    assert texts(folder) == CHANGED
    assert (folder / "policy.yaml").is_symlink()
    assert real.read_text() == CHANGED["policy.yaml"]


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4])
def test_where_one_cannot_be_replaced_none_is(
    fails_at: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "app.yaml").unlink()
    before = {name: _text(folder / name) for name in NAMES}
    present, calls = Present.of(folder), []
    really = Path.replace

    def failing(path: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == fails_at:
            raise OSError(28, "No space left on device", str(target))
        return really(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OSError, match="No space"):
        replace(present, CHANGED)

    assert {name: _text(folder / name) for name in NAMES} == before
    assert not [name for name in os.listdir(folder) if name.endswith(".tmp")]


def test_where_one_cannot_be_written_none_is_touched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace(Present.of(folder), CHANGED)

    assert texts(folder) == TEXTS
    assert not [name for name in os.listdir(folder) if name.endswith(".tmp")]


def test_what_is_replaced_is_kept_beside(folder: Path, tmp_path: Path) -> None:
    present = Present.of(folder)
    one = back_up(present, tmp_path / "data", "2026-11-29")
    other = back_up(present, tmp_path / "data", "2026-11-29")

    assert one != other
    assert texts(one) == texts(other) == TEXTS
    assert present.equals(TEXTS)
    assert not present.equals(CHANGED)


@pytest.mark.req("SEC1")
def test_a_key_that_stood_there_is_not_kept(folder: Path, tmp_path: Path) -> None:
    key = f"quote: -----BEGIN EC PRIVATE KEY-----{'Ab1+' * 20}"
    (folder / "app.yaml").write_bytes(key.encode() + b"\xff\n")

    place = back_up(Present.of(folder), tmp_path / "data", "2026-11-29")

    assert (place / "app.yaml").read_bytes() == b"quote: [secret removed]\xff\n"


@pytest.mark.parametrize("kind", ["pipe", "folder", "huge"])
def test_what_cannot_be_kept_is_not_replaced(kind: str, folder: Path) -> None:
    """Nobody waits for a pipe, and nothing is lost that a backup does not hold."""
    file = folder / "policy.yaml"
    if kind == "huge":
        os.truncate(file, 1 << 40)
    else:
        file.unlink()
        os.mkfifo(file) if kind == "pipe" else file.mkdir()

    with pytest.raises(OSError, match=r"policy\.yaml"):
        Present.of(folder)


def test_texts_are_checked_before_they_are_put_anywhere() -> None:
    assert loaded(TEXTS).config_hash == load(SHIPPED).config_hash
    with pytest.raises(ConfigError, match="unknown key"):
        loaded({**TEXTS, "app.yaml": "nonsense: 1\n"})


def _text(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
