"""Recorded candles as the market: real signals, real fills, the same bytes twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders_runs import (
    DEMO,
    EAGER,
    ledger_accounts,
    paper,
    records,
    segments,
    shared_data,
    venue_accounts,
    verified,
)


@pytest.fixture(scope="module")
def market() -> str:
    return str(shared_data() / DEMO)


def bought(home: Path) -> list[dict[str, object]]:
    return [fill for fill in records(home, "FillBooked") if fill["fill"]["side"] == "BUY"]


def sold(home: Path) -> list[dict[str, object]]:
    return [fill for fill in records(home, "FillBooked") if fill["fill"]["side"] == "SELL"]


@pytest.mark.req("AUD1", "X2")
def test_recorded_candles_trade_and_repeat_byte_for_byte(tmp_path: Path, market: str) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    at = ("--market", market, "--from", "2023-12-12T05:10:00Z", "--duration", "40m")
    for home in (one, two):
        home.mkdir()
        paper(home, *at, "--speed", "max", "--set", "policy.exits.max_hold=20m")

    assert len(bought(one)) >= 3
    assert len(sold(one)) >= 1
    assert venue_accounts(one) == ledger_accounts(one)
    report = verified(one)
    assert (report["ok"], report["fills"]) == (True, len(bought(one)) + len(sold(one)))
    assert [file.name for file in segments(one)] == [file.name for file in segments(two)]
    for first, second in zip(segments(one), segments(two), strict=True):
        assert first.read_bytes() == second.read_bytes()
    assert str(tmp_path) not in segments(one)[0].read_text()


@pytest.mark.req("AUD1")
def test_the_same_market_at_sixty_times_the_speed_through_sockets(
    tmp_path: Path, market: str
) -> None:
    at = ("--market", market, "--from", "2023-12-12T05:14:00Z", "--duration", "10m")
    # More than the stream shows in this time: without its back-fill nothing would trade.
    eager = (*EAGER, "--set", "strategies.breakout.lookback_minutes=60")

    stopped = paper(tmp_path, *at, "--speed=60", *eager, "--set", "policy.exits.max_hold=2m")

    assert stopped["reason"] == "duration"
    assert len(bought(tmp_path)) >= 1
    assert len(sold(tmp_path)) >= 1
    assert venue_accounts(tmp_path) == ledger_accounts(tmp_path)
    assert records(tmp_path, "BreakerTripped") == []
    assert verified(tmp_path)["ok"] is True


def test_the_last_recorded_minute_ends_the_run(tmp_path: Path, market: str) -> None:
    stopped = paper(tmp_path, "--market", market, "--from=2023-12-12T23:56:00Z", "--speed=max")

    assert stopped["reason"] == "market_end"
    assert verified(tmp_path)["ok"] is True
