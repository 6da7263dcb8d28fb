"""A recorded window, played by `backtest` and behind the venue's whole protocol: the same fills."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet
import pytest

from app.command_line.cli import main
from scripts.paper_runs import play, report
from tests.builders.recorded import DEMO, shared_data

pytestmark = [pytest.mark.req("BT4"), pytest.mark.slow]
PRODUCTS = ("ADA-USD", "BTC-USD", "DOGE-USD", "ETH-USD", "LINK-USD", "SOL-USD")
BEGIN, END, LENGTH = "2023-12-12T11:05:00Z", "2023-12-12T11:20:00Z", "15m"
"""In the eighth minute one of six products closes above the high of its day."""


def lots(told: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return what is owned, without the ids of the world."""
    names = ("product", "opened", "quantity", "entry_price", "cost", "stop", "target")
    return [tuple(lot[name] for name in names) for lot in told["open"]]


def test_fills_are_those_of_paper_trading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = parquet.read_table(shared_data() / DEMO)
    market = tmp_path / "six.parquet"
    parquet.write_table(whole.filter(compute.is_in(whole["symbol"], pa.array(PRODUCTS))), market)

    play(tmp_path, "--market", str(market), "--from", BEGIN, "--duration", LENGTH)
    paper = report(tmp_path)
    asked = ["--market", str(market), "--from", BEGIN, "--to", END, "--json"]
    assert main(["backtest", *asked]) == 0
    backtest = json.loads(capsys.readouterr().out)

    assert lots(paper)
    assert lots(backtest) == lots(paper)
    assert backtest["fees"] == paper["fees"]
