"""`venue-check` as it is called: what it refuses, and what it says where nobody listens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.venues.coinbase.key_sources import FILE, NAME, SECRET
from app.command_line.cli import main

Said = pytest.CaptureFixture[str]
NOBODY = ("--venue-url", "http://127.0.0.1:9")


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (FILE, NAME, SECRET):
        monkeypatch.delenv(name, raising=False)


def run(home: Path, *words: str) -> int:
    place = ("--data-dir", str(home / "data"), "--log-dir", str(home / "logs"))
    return main(["venue-check", *words, *place])


@pytest.mark.req("SEC1")
@pytest.mark.parametrize(
    "url",
    [
        "https://api.coinbase.com",
        "http://10.0.0.1",
        "https://127.0.0.1.evil.example",
        "http://me@127.0.0.1:1",
        "http://127.0.0.1:1/elsewhere",
        "http://evil.example#@127.0.0.1",
    ],
)
def test_only_this_machine_may_play_coinbase(url: str, tmp_path: Path, capsys: Said) -> None:
    assert run(tmp_path, "--venue-url", url) == 2
    assert "--venue-url: " in capsys.readouterr().err


def test_where_nobody_listens_every_step_is_said_and_it_ends_with_1(
    tmp_path: Path, capsys: Said
) -> None:
    assert run(tmp_path, *NOBODY) == 1
    told = capsys.readouterr()
    assert told.err == "not well: reach\n"
    lines = told.out.splitlines()
    assert lines[0].startswith("FAILED   reach        expected name, connection and certificate;")
    assert lines[-1] == "12 steps: 11 skipped, 1 failed"


def test_the_document_is_the_only_thing_on_stdout(tmp_path: Path, capsys: Said) -> None:
    assert run(tmp_path, *NOBODY, "--json", "--with-order") == 4, "an order without a key"
    told = json.loads(capsys.readouterr().out)

    assert (told["venue"], told["ok"], told["exit_code"]) == (NOBODY[1], False, 4)
    assert [each["step"] for each in told["steps"]][-2:] == ["order", "cancelled"]


def test_a_bad_setting_starts_nothing(tmp_path: Path, capsys: Said) -> None:
    assert run(tmp_path, *NOBODY, "--set", "app.quote=EUR") == 2
    assert "app.quote" in capsys.readouterr().err
