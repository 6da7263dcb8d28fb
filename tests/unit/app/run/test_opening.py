"""At READY people are told what trades, within which limits, and what to type."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from app.command_line.options import Folders, TradeOptions
from app.run.opening import obstacles, opening
from app.run.ports import VenueFacts
from config.effective import Config
from config.loading import load
from config.mode import Mode
from domain.messages.supervision import BootCompleted
from domain.model.breakers import Effect
from domain.model.product import ProductFlags
from domain.system.ways_out import RESUME
from tests.builders.messages import MAKER, TAKER, a_breaker, a_product

ROOT = Path(__file__).resolve().parents[4]
FACTS = VenueFacts(venue="embedded", world="w", prices="invented", has_history=True, end_ns=None)
BOOT = BootCompleted((a_product(), a_product("ETH-USD")), MAKER, TAKER, is_clean=True)
HELD = {
    "product": "BTC-USD",
    "quantity": "0.00271887123456",
    "cost": "198.8134567",
    "stop": "69780.08",
    "target": "78502.6",
}
STATUS: dict[str, Any] = {
    "equity": "9992.6451281642942",
    "pnl_net": "-7.3548718357058",
    "positions": [HELD],
    "market_time": "2026-01-05T00:03:00.419Z",
}


def shipped(*sets: str) -> Config:
    return load(ROOT / "config", sets)


def options(*sets: str, **changes: Any) -> TradeOptions:
    return TradeOptions(mode=Mode.PAPER, config=shipped(*sets), **changes)


def test_the_block_says_what_trades_with_what_and_within_which_limits() -> None:
    text = "\n".join(opening(options(), FACTS, BOOT, STATUS, ()))

    for said in (
        "Paper trading, embedded venue, invented prices; market time 2026-01-05 00:03 UTC",
        "9,992.65 USD, −7.35 since the account was opened",
        "0.0027189 BTC-USD, cost 198.81; stop 69,780.08, target 78,502.60",
        "by this process, which sells at stop or target, while it runs",
        "2: BTC, ETH",
        "of equity: 3 % a position, 5 % an asset, 15 % in all",
        "a loss of 3 % in a day, 7 % in a week, 10 % from the peak",
        "1.80 % fees",
        "1,176.76 USD lost in a day, if prices gap by 50 % behind stops",
        "profile    conservative",
        'python run.py kill --reason "..."',
        "python run.py report",
    ):
        assert said in text
    assert "blocked" not in text


@pytest.mark.req("BOOT1")
def test_what_blocks_entries_is_told_with_its_reason_and_the_command() -> None:
    halt = a_breaker(Effect.HALT, name="daily_loss", reason="lost 3.1 % of 3 %")
    text = " ".join(" ".join(opening(options(), FACTS, BOOT, STATUS, (halt,))).split())

    assert "no entries: lost 3.1 % of 3 % (daily_loss, since 2023-12-12 04:00:00)" in text
    assert f"type: {RESUME}" in text


def test_the_block_fits_eighty_columns() -> None:
    many = BootCompleted(
        tuple(a_product(f"COIN{number}-USD") for number in range(40)), MAKER, TAKER, is_clean=True
    )
    lines = opening(options(), FACTS, many, STATUS, (a_breaker(Effect.HALT, reason="x " * 90),))

    assert max(len(line) for line in lines) <= 80


def test_a_command_names_the_instance_that_it_is_about(tmp_path: Path) -> None:
    elsewhere = options(folders=Folders(data=tmp_path, world="generated-7"))
    halted = (a_breaker(Effect.HALT),)
    lines = opening(elsewhere, FACTS, BOOT, STATUS, halted)
    typed = " ".join(" ".join(lines).split())

    place = f"--data-dir {tmp_path} --world generated-7"
    assert f'  at once    python run.py kill {place} --reason "..."' in lines
    assert f"python run.py report {place}" in typed
    assert f"type: python run.py resume {place}" in typed
    assert typed.count("python run.py ") == typed.count(place)


@pytest.mark.req("C2")
@pytest.mark.parametrize(
    ("equity", "sets", "said"),
    [
        ("10000", (), None),
        ("50", (), "needed: 71.14 USD"),
        ("0", (), "--paper-balance USD=10000"),
        ("10000", ("strategies.breakout.enabled=false",), "no strategy is enabled"),
        (None, (), None),
    ],
)
def test_an_account_that_can_buy_nothing_is_told_what_would_change_it(
    equity: str | None, sets: tuple[str, ...], said: str | None
) -> None:
    found = obstacles(shipped(*sets), BOOT, {"equity": equity})

    assert (found is None) == (said is None)
    assert (said or "") in (found or "")


def test_the_smallest_order_of_any_product_decides() -> None:
    dear = a_product("ETH-USD", quote_min=Decimal(1000))
    cheap = a_product("BTC-USD", quote_min=Decimal(1))

    def found(*products: Any) -> str | None:
        boot = BootCompleted(products, MAKER, TAKER, is_clean=True)
        return obstacles(shipped(), boot, {"equity": "10000"})

    assert "order_cap allows" in (found(dear) or "")
    assert "1 of 2 products can be bought" in (found(dear, cheap) or "")
    assert found(cheap) is None


@pytest.mark.req("EX1")
def test_a_product_that_takes_no_orders_is_not_said_to_trade() -> None:
    off = evolve(BOOT.products[0], flags=ProductFlags(trading_disabled=True))
    boot = evolve(BOOT, products=(off, *BOOT.products[1:]))

    lines = opening(options(), FACTS, boot, STATUS, ())

    assert [line.split() for line in lines if line.startswith("  products")] == [
        ["products", "1:", BOOT.products[1].base]
    ]
