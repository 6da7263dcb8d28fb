"""`strategy check`: leaks of a strategy of one's own are found, each kind of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.command_line.cli import main
from app.commands.strategy_starter import source_of
from tests.builders.backtests import candles, file_of

pytestmark = pytest.mark.req("BT2", "STR2")
TRIGGER = "        return self._climb().column(bars) > 0\n"
DECIDE = "        if context.regime is Regime.CRASH:\n            return ()\n"
IMPORTS = "from decimal import Decimal\n"
IN_BODY = {
    "future row": (TRIGGER, "        return np.append(bars.close[1:] > bars.close[:-1], False)\n"),
    "mean of all": (TRIGGER, "        return bars.close > bars.close.mean()\n"),
    "average from the start": (
        TRIGGER,
        "        value, found = float(bars.close[0]), []\n"
        "        for close in bars.close.tolist():\n"
        "            value += (close - value) * 0.01\n"
        "            found.append(close > value)\n"
        "        return np.array(found, np.bool_)\n",
    ),
    "state in trigger": (
        TRIGGER,
        "        SEEN.append(1)\n        return np.full(len(bars), len(SEEN) % 7 == 0)\n",
    ),
    "state in decide": (
        DECIDE,
        "        SEEN.append(1)\n        if len(SEEN) % 7 == 3:\n            return ()\n",
    ),
}
IN_TEXT = {"random": "import random\n", "clock": "import time\n", "numpy": "import numpy.random\n"}
CHECKS = {
    "future row": "look_ahead",
    "mean of all": "look_ahead",
    "average from the start": "look_back",
    "state in decide": "purity",
}


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = candles(20, before=2, product="BTC-USD")
    return str(file_of(tmp_path_factory.mktemp("market") / "btc.parquet", rows))


def checked(folder: Path, market: str, source: str) -> list[str]:
    (folder / "mine.py").write_text(source, encoding="utf-8")
    own = f"app.strategies.folder={folder}"
    return ["strategy", "check", "mine", "--market", market, "--set", own]


def changed(old: str, new: str) -> str:
    source = source_of("mine")
    assert old in source
    text = source.replace(old, new)
    state = "\nSEEN: list[int] = []\n" if "SEEN" in new else ""
    return text.replace(IMPORTS, f"{IMPORTS}\nimport numpy as np\n{state}", 1)


@pytest.mark.parametrize("kind", IN_BODY)
def test_a_leak_is_found_with_its_product_and_row(
    kind: str, tmp_path: Path, market: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = checked(tmp_path, market, changed(*IN_BODY[kind]))

    assert main([*command, "--json"]) == 1

    told = json.loads(capsys.readouterr().out)
    assert not told["passed"]
    fault = told["faults"][0]
    assert fault["check"] == CHECKS.get(kind, fault["check"])
    assert fault["product"] == "BTC-USD"
    assert fault["row"] >= 0


@pytest.mark.parametrize("kind", IN_TEXT)
def test_a_clock_or_chance_is_found_in_its_text_before_it_runs(
    kind: str, tmp_path: Path, market: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = checked(tmp_path, market, IN_TEXT[kind] + source_of("mine"))

    assert main(command) == 1

    told = capsys.readouterr().out
    assert "mine has failed" in told
    assert "mine.py:" in told
    assert "imports" in told


def test_the_starter_passes(
    tmp_path: Path, market: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(checked(tmp_path, market, source_of("mine"))) == 0
    assert "nothing found in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (["nobody"], "expected one of baseline, breakout"),
        (["breakout", "--market", "nowhere.parquet"], "does not exist"),
        (["breakout", "--set", "strategies.breakout.typo=1"], "unknown key"),
    ],
)
def test_what_can_not_be_checked_is_said(
    asked: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["strategy", "check", *asked]) == 2
    assert why in capsys.readouterr().err


def test_a_market_that_is_too_short_is_said(
    market: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["strategy", "check", "trend_daily", "--market", market]) == 2
    assert "21 days, the look-back" in capsys.readouterr().err
