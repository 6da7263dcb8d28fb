"""`secrets` says where the key comes from and how old it is, and shows nothing of it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from adapters.venues.coinbase.key_sources import FILE, NAME, SECRET
from app.command_line.cli import main
from domain.model.instants import DAY, iso
from tests.builders.keys import EC, shreds

pytestmark = pytest.mark.req("SEC1", "SEC2")

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (FILE, NAME, SECRET):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "coinbase.json"
    path.write_text(json.dumps({"name": "organizations/o/apiKeys/k", "privateKey": EC}))
    path.chmod(0o600)
    monkeypatch.setenv(FILE, str(path))
    return path


def run(folder: Path, *words: str) -> int:
    place = ("--data-dir", str(folder / "data"), "--log-dir", str(folder / "logs"))
    return main(["secrets", *words, *place])


def days_ago(days: int) -> str:
    return iso(time.time_ns() - days * DAY)[:10]


def test_without_a_key_it_ends_with_4_and_says_where_to_put_one(
    tmp_path: Path, capsys: Said
) -> None:
    assert run(tmp_path, "check") == 4
    assert run(tmp_path, "rotated") == 4
    assert "CB_API_SECRET_FILE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("days", "code", "words"),
    [(1, 0, "1 day old"), (85, 0, "before the limit"), (95, 1, "past the limit of 90 days")],
)
def test_a_key_is_judged_by_when_a_person_said_that_it_was_made(
    days: int, code: int, words: str, tmp_path: Path, a_key: Path, capsys: Said
) -> None:
    assert run(tmp_path, "check") == 1
    assert "nobody knows how old the key is" in capsys.readouterr().out

    assert run(tmp_path, "rotated", "--on", days_ago(days)) == 0
    capsys.readouterr()
    assert run(tmp_path, "check") == code
    out = capsys.readouterr().out
    assert f"ES256, from CB_API_SECRET_FILE={a_key}: it can sign" in out
    assert words in out
    assert not any(each in out for each in shreds(EC))


def test_a_document_says_the_same_and_nothing_of_the_key(
    tmp_path: Path, a_key: Path, capsys: Said
) -> None:
    assert run(tmp_path, "rotated") == 0
    capsys.readouterr()
    assert run(tmp_path, "check", "--json") == 0

    out = capsys.readouterr().out
    told = json.loads(out)
    assert (told["algorithm"], told["age_days"], told["age"]) == ("ES256", 0, "young")
    assert (told["source"], told["strays"]) == (f"CB_API_SECRET_FILE={a_key}", [])
    assert not any(each in out for each in shreds(EC))


def test_every_key_that_was_noted_stays_on_record(
    tmp_path: Path, a_key: Path, capsys: Said
) -> None:
    assert run(tmp_path, "rotated", "--on", days_ago(80)) == 0
    a_key.write_text(json.dumps({"name": "organizations/o/apiKeys/next", "privateKey": EC}))
    assert run(tmp_path, "rotated") == 0
    capsys.readouterr()

    assert run(tmp_path, "check", "--json") == 0
    told = json.loads(capsys.readouterr().out)["rotations"]
    assert [each["key"].rpartition("/")[2] for each in told] == ["k", "next"]
    assert run(tmp_path, "check") == 0
    assert f"key organizations/o/apiKeys/k, made {days_ago(80)}" in capsys.readouterr().out


def test_a_key_of_tomorrow_is_a_slip_of_the_hand(tmp_path: Path, a_key: Path, capsys: Said) -> None:
    assert run(tmp_path, "rotated", "--on", days_ago(-3)) == 2
    assert "still to come" in capsys.readouterr().err


def test_a_file_that_others_may_read_ends_with_4(tmp_path: Path, a_key: Path, capsys: Said) -> None:
    a_key.chmod(0o644)

    assert run(tmp_path, "check") == 4
    assert f"chmod 600 {a_key}" in capsys.readouterr().err


def test_a_key_in_the_configuration_is_named_and_ends_with_4(
    tmp_path: Path, a_key: Path, capsys: Said
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "notes.txt").write_text(EC)
    assert run(tmp_path, "rotated") == 0

    assert run(tmp_path, "check", "--config-dir", str(config)) == 4
    assert f"{config / 'notes.txt'}:1 holds a private key" in capsys.readouterr().err
