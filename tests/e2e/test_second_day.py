"""Three starts on one folder while the market stands still: equity and profit just go on."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.model.money import Price, Quantity, Rate, fee, notional
from tests.builders.runs import EAGER, Running, call, earned, records, status, trader, verified

pytestmark = [pytest.mark.slow, pytest.mark.req("BOOT1", "AUD1", "X2")]

BEGIN = 1_700_000_040
HISTORY_MINUTES, RISING_MINUTES, MINUTES = 70, 30, 3_000
FROM = "2023-11-14T23:24:20Z"
PRODUCT = "ETH-USD"
SPEED = "60"
A_RISE, A_DIP = Decimal("0.1"), Decimal("0.2")
TAKER = Rate(Decimal("0.012"))
A_SPREAD = Decimal("2.5")
"""What a lot of two hundred dollars can move by while only the spread does."""


def a_market_that_rises_once(folder: Path) -> Path:
    """Write a market whose minutes all break out at first, each with a dip, and that then stands.

    An entry that rests at the bid is filled in the dip.
    """
    file = folder / "market.csv"
    lines = ["ts,symbol,open,high,low,close,volume"]
    price = Decimal(100)
    for minute in range(HISTORY_MINUTES + MINUTES):
        rises = HISTORY_MINUTES - 1 <= minute < HISTORY_MINUTES + RISING_MINUTES
        begin, price = price, price + (A_RISE if rises else 0)
        low = begin - (A_DIP if rises else 0)
        lines.append(f"{BEGIN + 60 * minute},{PRODUCT},{begin},{price},{low},{price},5000")
    file.write_text("\n".join(lines))
    return file


def entries_open(home: Path) -> list[dict[str, Any]]:
    """Return the entries that have not ended; stop orders of lots rest on."""
    return [each for each in status(home)["orders_open"] if each["side"] == "BUY"]


def marks(home: Path) -> list[Decimal]:
    """Return every equity that was marked, of all runs."""
    return [Decimal(each["nlv"]) for each in records(home, "EquityMarked") if each["nlv"]]


def kept(told: dict[str, Any]) -> dict[str, Any]:
    """Return what no price moves."""
    names = ("cash", "realised", "fees", "opening_equity")
    lots = [
        tuple(lot[name] for name in ("product", "quantity", "cost", "stop", "target", "opened"))
        for lot in told["positions"]
    ]
    return {name: Decimal(told[name]) for name in names} | {"lots": lots}


def explained(told: dict[str, Any]) -> Decimal:
    """Return the equity that cash, lots and their marks give."""
    worth = Decimal(told["cash"])
    for lot in told["positions"]:
        sale = notional(Price(Decimal(lot["mark"])), Quantity(Decimal(lot["quantity"])))
        worth += sale - fee(sale, TAKER)
    return worth


def goes_on(home: Path, running: Running, before: dict[str, Any]) -> None:
    """Wait for a mark of this run; but for the mark, all has to be as it was."""
    running.ready()
    seen = len(marks(home))
    running.wait_until(lambda: len(marks(home)) > seen + 1)
    pictures: list[dict[str, Any]] = []

    def is_explained() -> bool:
        """Take a picture; a price that moves while it is taken is in the mark before the equity."""
        pictures.append(status(home))
        told = pictures[-1]
        is_valued = told["equity"] is not None and all(each["mark"] for each in told["positions"])
        return is_valued and Decimal(told["equity"]) == explained(told)

    running.wait_until(is_explained)
    assert kept(pictures[-1]) == kept(before)
    assert max(marks(home)[seen:]) - min(marks(home)[seen:]) < A_SPREAD


@pytest.mark.timeout(300)
def test_equity_fees_and_profit_go_on_to_the_digit_also_after_a_kill(tmp_path: Path) -> None:
    market = ("--market", str(a_market_that_rises_once(tmp_path)), "--from", FROM)
    options = (*market, "--speed", SPEED, *EAGER)
    with trader(tmp_path, *options) as first:
        first.ready()
        first.wait_until(lambda: status(tmp_path)["positions"])
        first.wait_until(lambda: not entries_open(tmp_path))
        seen = len(marks(tmp_path))
        first.wait_until(lambda: len(marks(tmp_path)) > seen + 1)
        code, stopped = first.interrupt()
        assert (code, stopped["reason"]) == (0, "signal")
    evening = status(tmp_path)
    assert Decimal(stopped["equity"]) == Decimal(evening["equity"]) == explained(evening)

    with trader(tmp_path, *options) as second:
        goes_on(tmp_path, second, evening)
        second.kill()
    with trader(tmp_path, *options) as third:
        goes_on(tmp_path, third, evening)

        # The rise may not be over yet: nothing more is bought.
        assert call(tmp_path, "pause", "--reason", "evening").returncode == 0
        third.wait_until(lambda: not entries_open(tmp_path))
        closed = call(tmp_path, "close", PRODUCT)
        assert closed.returncode == 0, closed.stderr
        third.wait_until(lambda: not status(tmp_path)["positions"])
        third.settle()
        code, stopped = third.interrupt()
        assert (code, stopped["reason"]) == (0, "signal")
    last = {name: Decimal(status(tmp_path)[name]) for name in ("fees", "pnl_net", "equity", "cash")}
    fees = [Decimal(each["fill"]["fee"]) for each in records(tmp_path, "FillBooked")]
    assert last["fees"] == Decimal(stopped["fees"]) == sum(fees) > Decimal(evening["fees"])
    assert last["pnl_net"] == Decimal(stopped["pnl_net"]) == earned(tmp_path)
    assert last["equity"] == last["cash"] == Decimal(10_000) + earned(tmp_path)
    assert records(tmp_path, "DiscrepancyFound") == []
    assert verified(tmp_path)["ok"] is True
