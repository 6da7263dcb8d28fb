"""A market that falls through a stop, from a file of candles: out at once, never at the stop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.model.instants import MINUTE, SECOND, iso, parse_iso
from tests.builders.runs import ledger_accounts, paper, records, venue_accounts, verified
from tests.builders.simulator import fault, script_of

BEGIN_NS = parse_iso("2025-01-01T00:00:00Z")
CALM_MINUTES = 26 * 60
ETH = "ETH-USD"
Candle = tuple[Decimal, Decimal, Decimal, Decimal, int]


def calm(minute: int) -> Candle:
    """A minute around 2,000 that moves by 4 bps, up and down again."""
    price, other = (Decimal(2000), Decimal("2000.8"))[:: 1 if minute % 2 else -1]
    return price, max(price, other), min(price, other), other, 10


def to(begin: Decimal, end: Decimal, volume: int) -> Candle:
    return begin, max(begin, end), min(begin, end), end, volume


def market(folder: Path, then: Iterable[Candle]) -> str:
    """Write 26 h of calm and what comes `then`; return the file."""
    rows = [calm(minute) for minute in range(CALM_MINUTES)] + list(then)
    lines = ["ts,symbol,open,high,low,close,volume"]
    lines += [
        f"{iso(BEGIN_NS + minute * MINUTE)},{ETH},{','.join(str(each) for each in row)}"
        for minute, row in enumerate(rows)
    ]
    file = folder / "market.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(file)


def breakout_and_fall() -> Iterator[Candle]:
    """Rise above the day's high on five times the volume, fall by 8 % in a minute, stay there."""
    price = Decimal("2000.8")
    for _ in range(6):
        higher = price + Decimal(2)
        yield to(price, higher, 60)
        price = higher
    floor = (price * Decimal("0.92")).quantize(Decimal("0.1"))
    yield to(price, floor, 60)
    for _ in range(10):
        yield to(floor, floor, 10)


def spike() -> Iterator[Candle]:
    """One print 8 % higher, and calm again."""
    price = Decimal(2000)
    yield price, price * Decimal("1.08"), price, price, 60
    for minute in range(10):
        yield calm(minute)


def trades(home: Path, side: str) -> list[dict[str, Any]]:
    return [each for each in records(home, "FillBooked") if each["fill"]["side"] == side]


FALLEN_NS = BEGIN_NS + (CALM_MINUTES + 7) * MINUTE
"""When the minute of the fall is over."""
AT = ("--from", iso(BEGIN_NS + (CALM_MINUTES - 5) * MINUTE), "--speed", "max")
FROZEN = fault("freeze_stream", at=f"{11 * 60 + 10}s", for_="9m", product=ETH)


@pytest.mark.req("PROT1", "X6", "O1")
@pytest.mark.parametrize(
    ("faults", "sets"),
    [
        ((), ()),
        ((), ("--set=policy.exits.venue_stops=false",)),
        ((FROZEN,), ()),
        ((FROZEN,), ("--set=policy.exits.venue_stops=false",)),
    ],
    ids=["venue", "exits alone", "venue, frozen stream", "exits alone, frozen stream"],
)
def test_a_fall_through_the_stop_is_flat_within_ten_seconds_and_not_at_the_stop(
    tmp_path: Path, faults: tuple[dict[str, Any], ...], sets: tuple[str, ...]
) -> None:
    script = tmp_path / "faults.jsonl"
    script.write_text(script_of(faults), encoding="utf-8")
    file = market(tmp_path, breakout_and_fall())

    paper(tmp_path, "--market", file, *AT, "--faults", str(script), *sets)

    bought, sold = trades(tmp_path, "BUY"), trades(tmp_path, "SELL")
    assert bought
    (stop,) = {Decimal(each["order"]["stop_loss_pct"]) for each in bought}
    quantity = sum(Decimal(each["fill"]["quantity"]) for each in bought)
    assert sum(Decimal(each["fill"]["quantity"]) for each in sold) == quantity
    paid = sum(
        Decimal(each["fill"]["price"]) * Decimal(each["fill"]["quantity"]) for each in bought
    )
    line = Decimal(paid / quantity) * (1 - stop / 100)
    assert all(Decimal(each["fill"]["price"]) < line for each in sold)
    assert max(each["fill"]["at_ns"] for each in sold) <= FALLEN_NS + 10 * SECOND
    assert ledger_accounts(tmp_path) == venue_accounts(tmp_path)
    assert verified(tmp_path)["ok"] is True


@pytest.mark.req("O1")
def test_a_single_print_far_above_the_market_buys_nothing(tmp_path: Path) -> None:
    paper(tmp_path, "--market", market(tmp_path, spike()), *AT)

    assert records(tmp_path, "IntentRaised") == []
