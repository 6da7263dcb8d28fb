"""`run.py replay` after a real run: what it prints, and what it says where it can't."""

from __future__ import annotations

import json
import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zstandard

from app.command_line.cli import main
from app.replay.play import SAME_INSTANTS
from app.replay.text import MEANINGS
from domain.replay.parts import PnlPart
from scripts.paper_runs import data_of, play
from tests.builders.keys import EC, shreds

pytestmark = [pytest.mark.xdist_group("replay"), pytest.mark.req("BT4"), pytest.mark.slow]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where two runs of one world have traded: the second began with what was owned."""
    folder = tmp_path_factory.mktemp("replay")
    play(folder, "--duration", "4m")
    play(folder, "--duration", "2m")
    return folder


def replay(home: Path, *words: str) -> int:
    folders = [f"--{name}-dir={home / name}" for name in ("data", "log")]
    return main(["replay", *words, *folders])


def document(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert replay(home, "--json", *words) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_run_is_what_its_replay_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(home, capsys, "1")

    assert found["agrees"]
    assert found["is_own_market"]
    assert found["verdicts"]["same"] >= 2
    assert any(trade["run"]["fills"] for trade in found["trades"])
    assert Decimal(found["residual"]) == 0
    parts = {name: Decimal(each) for name, each in found["parts"].items()}
    assert set(parts) == {part.value for part in PnlPart}
    assert sum(parts.values()) == Decimal(found["pnl"]["difference"])
    # A decision has a random delay in a run, and none in its replay.
    assert parts["signal_timing"]
    assert {name for name, each in parts.items() if each} <= {
        "signal_timing",
        "spread_and_price",
        "size_and_rounding",
    }


def test_a_run_that_began_with_lots_is_played_with_them(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(home, capsys)
    assert (found["run"], found["runs"]) == (2, 2)
    assert found["agrees"]
    assert Decimal(found["residual"]) == 0
    assert Decimal(found["pnl"]["run"])


def test_it_is_told_within_the_width_of_a_terminal(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert replay(home, "1") == 0
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 80
    assert all(name in told for name, _ in MEANINGS.values())
    assert "the same verdict each time" in told
    assert told.splitlines()[-1].startswith("the run did what its replay does; 0.00 is left over")


def test_it_can_decide_at_the_instants_of_the_run_and_says_so(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = document(home, capsys, "1")
    found = document(home, capsys, "1", "--same-instants")
    assert set(found["remarks"]) - set(plain["remarks"]) == {SAME_INSTANTS}
    assert found["is_explained"]
    assert Decimal(found["parts"]["signal_timing"]) == 0
    assert all(each["part"] != "signal_timing" for each in found["pieces"])


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("3",), 1, "no replay: the journal has no run 3: it has runs 1 to 2"),
        (("nowhere.tar.zst",), 1, "no replay: "),
        (("first",), 2, "expected the number of a run, counted from 1, or `last`"),
        (("--market", "/no/such/file.parquet"), 2, "--market: there is no /no/such/file.parquet"),
    ],
)
def test_what_can_not_be_done_is_said(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, why: str
) -> None:
    assert replay(home, *words) == code
    assert why in " ".join(capsys.readouterr().err.split())


@pytest.mark.req("RB5", "SEC1")
def test_the_file_of_an_incident_is_played_elsewhere_and_decides_the_same_and_holds_no_key(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, file = tmp_path / "traded", tmp_path / "incident.tar.zst"
    shutil.copytree(home, place)
    with (place / "log" / "bulkhead.log").open("a", encoding="utf-8") as log:
        log.write(f"an error with {EC}\n")
    (data_of(place) / "start.json").write_text(json.dumps({"note": EC}), encoding="utf-8")
    before = document(home, capsys, "1")
    folders = [f"--{name}-dir={place / name}" for name in ("data", "log")]
    assert main(["incident", "--to", before["from"], "-o", str(file), *folders]) == 0
    capsys.readouterr()
    shutil.rmtree(place)

    found = document(tmp_path / "another", capsys, str(file))

    assert found == before
    assert found["agrees"]
    assert found["run"] == 1
    assert found["verdicts"]["same"] >= 2
    assert found["verdicts"]["differences"] == []
    whole = zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read()
    assert not [each for each in shreds(EC) if each.encode() in whole]


def test_what_is_gone_is_named(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    (data_of(copy) / "venue" / "world.json").unlink()
    shutil.rmtree(data_of(copy) / "bars")
    assert replay(copy) == 1
    assert "the minutes that the run saw are not kept" in capsys.readouterr().err

    shutil.rmtree(data_of(copy) / "config")
    assert replay(copy) == 1
    assert "without it nobody knows what would have been decided" in capsys.readouterr().err

    assert replay(tmp_path) == 1
    assert "no replay: expected a journal" in capsys.readouterr().err


def test_without_its_world_it_is_played_on_the_minutes_that_it_saw(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    (data_of(copy) / "venue" / "world.json").unlink()

    code = replay(copy, "1", "--json")

    told = capsys.readouterr()
    assert code in (0, 1), told.err
    found = json.loads(told.out)
    assert not found["is_own_market"]
    assert "the minutes that the run saw" in " ".join(found["remarks"])
    parts = sum(map(Decimal, found["parts"].values()))
    assert parts + Decimal(found["residual"]) == Decimal(found["pnl"]["difference"])


@pytest.mark.req("BT1")
def test_a_backtest_takes_fees_times_of_orders_and_books_from_a_run(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "r.json"
    folders = [f"--{name}-dir={home / name}" for name in ("data", "log")]
    words = ["backtest", "--to", "2026-01-05T03:00:00Z", "--like", "1", "--env", "paper"]

    assert main([*words, "--report", str(file), *folders]) == 0

    told = json.loads(file.read_text(encoding="utf-8"))["assumptions"]
    assert told[0].endswith("as run 1 paid")
    assert any(re.search(r"the median of \d+ orders? of run 1$", each) for each in told)
    assert not any("no time passes" in each for each in told)
    seen = r"spread and depth of 5 books: the median of what run 1 saw, (\d+) looks in all"
    looks = [int(found[1]) for each in told if (found := re.fullmatch(seen, each))]
    assert looks
    assert looks[0] >= 5
