"""`data fetch` over real sockets: from a venue into files that another venue plays."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.market_data.candles import open_candles
from domain.model.instants import HOUR, MINUTE, Nanos, iso, parse_iso
from domain.model.product import ProductId
from tests.builders.simulator_process import ROOT, RunningVenue, venue_process

START = parse_iso("2023-11-30T12:00:00Z")
BTC = ProductId("BTC-USD")
MINUTES = [each for each in range(40 * 60) if each % 7]
"""Of the market that the venue plays; each seventh has no trade."""


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVenue]:
    """Run a venue that plays 40 hours over the end of a month."""
    folder = tmp_path_factory.mktemp("venue")
    rows = [
        f"{iso(START + n * MINUTE)},10{n % 5}.25,110.5,90.75,10{(n + 1) % 5}.5,{n % 3}.0625"
        for n in MINUTES
    ]
    market = folder / "BTC-USD.csv"
    market.write_text("\n".join(["ts,open,high,low,close,volume", *rows, ""]))
    begin = iso(START + 30 * HOUR)
    with venue_process(folder, "--market", str(market), "--from", begin) as running:
        yield running


def fetch(url: str, folder: Path, until: str, *products: str) -> subprocess.CompletedProcess[str]:
    words = ["data", "fetch", *(products or (BTC,)), "--from", iso(START), "--to", until]
    words += ["--out", str(folder), "--venue-url", url, "--json"]
    command = [sys.executable, "run.py", *words, "--data-dir", str(folder.parent / "data")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def fetched(done: subprocess.CompletedProcess[str]) -> Any:
    (product,) = json.loads(done.stdout)["products"]
    return product


def test_what_is_fetched_is_the_market_that_the_venue_plays(
    venue: RunningVenue, tmp_path: Path
) -> None:
    folder, url = tmp_path / "out", venue.words["rest"]
    first = fetch(url, folder, iso(START + 11 * HOUR))
    second = fetch(url, folder, iso(START + 24 * HOUR))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    expected = [START + n * MINUTE for n in MINUTES if n < 24 * 60]
    new = [fetched(each)["new"] for each in (first, second)]
    assert sum(new) == len(expected)
    assert min(new) > 0
    assert fetched(second)["kept"]["longest_gap_minutes"] == 1
    market = open_candles(folder)
    bars = market.candles(BTC, START, market.end_ns or Nanos(0))
    assert [each.start_ns for each in bars] == expected
    assert len(list(folder.glob("BTC-USD-2023-1[12].parquet"))) == 2


def test_a_product_that_is_not_there_and_a_venue_that_is_not_there_end_with_1(
    venue: RunningVenue, tmp_path: Path
) -> None:
    unknown = fetch(venue.words["rest"], tmp_path / "out", iso(START + HOUR), "NOPE-USD")
    nobody = fetch("http://127.0.0.1:9", tmp_path / "out", iso(START + HOUR))

    assert (unknown.returncode, nobody.returncode) == (1, 1)
    assert "NOPE-USD: HTTP 400" in fetched(unknown)["problem"]
    assert "not fetched whole: BTC-USD: " in nobody.stderr
    assert "Traceback" not in unknown.stderr + nobody.stderr
