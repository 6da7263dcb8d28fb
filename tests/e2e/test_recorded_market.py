"""Recorded candles as the market: real signals, real fills, the same bytes twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.model.instants import SECOND, iso, parse_iso
from tests.builders.recorded import DEMO, shared_data
from tests.builders.runs import (
    BREAKING_OUT,
    call,
    ledger_accounts,
    paper,
    records,
    segments,
    trader,
    tripped,
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
    at = ("--market", market, "--from", "2023-12-12T05:20:00Z", "--duration", "12m")
    for home in (one, two):
        home.mkdir()
        paper(home, *at, "--speed", "max", "--set", "policy.exits.max_hold=5m")

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
    at = ("--market", market, "--from", "2023-12-12T05:14:00Z", "--speed=60")
    # More than the stream shows in this time: without its back-fill nothing would trade.
    eager = (*BREAKING_OUT, "--set", "strategies.breakout.lookback_minutes=60")

    with trader(tmp_path, *at, *eager, "--set", "policy.exits.max_hold=2m") as running:
        running.ready()
        running.wait_until(lambda: bought(tmp_path) and sold(tmp_path))
        code, stopped = running.interrupt()

    assert (code, stopped["reason"]) == (0, "signal"), running.log
    assert venue_accounts(tmp_path) == ledger_accounts(tmp_path)
    assert tripped(tmp_path) == set()
    assert verified(tmp_path)["ok"] is True


def test_the_last_recorded_minute_ends_the_run(tmp_path: Path, market: str) -> None:
    stopped = paper(tmp_path, "--market", market, "--from=2023-12-12T23:56:00Z", "--speed=max")

    assert stopped["reason"] == "market_end"
    assert verified(tmp_path)["ok"] is True


def test_recorded_trades_are_a_market_like_any_other(tmp_path: Path) -> None:
    """Half an hour of trades every two seconds that climbs in a saw-tooth, ever busier."""
    begin = parse_iso("2026-01-05T10:00:00Z")
    lines = ["ts,symbol,price,size,taker_side"]
    for number in range(30 * 30):
        price = 100 + number // 30 * 0.2 + (number % 10) * 0.03
        size = 1 + number // 30 % 3 * 2
        side = "buy" if number % 10 else "sell"
        lines.append(f"{iso(begin + number * 2 * SECOND)},BTC-USD,{price:.2f},{size},{side}")
    file = tmp_path / "trades.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    stopped = paper(tmp_path, "--market", str(file), "--speed", "max", *BREAKING_OUT)

    assert stopped["reason"] == "market_end"
    assert len(bought(tmp_path)) >= 1
    assert venue_accounts(tmp_path) == ledger_accounts(tmp_path)
    assert verified(tmp_path)["ok"] is True


@pytest.mark.parametrize("speed", ["60", "max"])
def test_a_file_that_is_no_market_ends_with_2_at_every_speed(tmp_path: Path, speed: str) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    done = call(tmp_path, "--env", "paper", "--market", str(tmp_path / "x.csv"), "--speed", speed)
    assert done.returncode == 2
    assert "expected the columns ts, open" in done.stderr
    assert "found a, b" in done.stderr
    assert done.stdout == ""


@pytest.mark.req("ST1")
def test_quiet_coins_of_a_recorded_market_are_not_called_stale(tmp_path: Path) -> None:
    candles, market = shared_data() / "candles" / "coinbase_1m_2023-11_12", tmp_path / "market"
    market.mkdir()
    for name in ("ALGO-USD", "HBAR-USD", "UNI-USD"):
        (market / f"{name}.parquet").symlink_to(candles / f"{name}.parquet")

    at = ("--market", str(market), "--from", "2023-12-05T03:00:00Z", "--duration", "15m")
    paper(tmp_path, *at, "--speed", "max")

    assert [each for each in records(tmp_path, "AlertRaised") if each["code"] == "STALENESS"] == []
