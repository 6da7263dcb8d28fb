"""Shipped limits leave three products open from 500 USD on, or it is said what would.

BULKHEAD_WRITE_GOLDEN=1 rewrites the table; read the difference before committing it.
"""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from app.configuration.sizes import (
    SHOWN_REGIMES,
    document,
    sizes_at_start,
    table,
    told_shortfall,
    usual_sizes,
)
from config.effective import Config
from config.loading import load
from domain.messages.supervision import BootCompleted
from domain.model.context import Regime
from domain.model.money import Amount
from domain.model.product import ProductFlags
from tests.builders.messages import MAKER, TAKER, a_product

pytestmark = pytest.mark.req("C2")
ROOT = Path(__file__).resolve().parents[4]
GOLDEN = ROOT / "tests" / "golden" / "config" / "feasibility.txt"
EQUITIES = (255, 500, 2_000, 10_000, 50_000)
SHIPPED = load(ROOT / "config")
BOOT = BootCompleted(
    tuple(a_product(f"{base}-USD") for base in ("BTC", "ETH", "SOL", "LINK")),
    MAKER,
    TAKER,
    is_clean=True,
)


def told_table() -> str:
    lines = ["Shipped limits: equity, regime, tier: open products, what binds, from which equity."]
    for equity in EQUITIES:
        for regime in SHOWN_REGIMES:
            found = usual_sizes(SHIPPED, Amount(Decimal(equity)), regime)
            for tier in SHIPPED.universe.tiers:
                rows = [each for each in found if each.tier == tier]
                (first, *_) = rows
                is_open = sum(each.is_open for each in rows)
                lines.append(
                    f"{equity:>6} {regime:<5} {tier}: {is_open:>2} of {len(rows)} open,"
                    f" {first.binding}, from {first.opens_at}"
                )
    return "\n".join(lines) + "\n"


@pytest.mark.skipif("BULKHEAD_WRITE_GOLDEN" not in os.environ, reason="rewrites the table")
def test_write_the_table() -> None:
    GOLDEN.write_text(told_table(), encoding="utf-8")


def test_the_table_of_shipped_limits_is_the_reviewed_one() -> None:
    assert told_table() == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("regime", SHOWN_REGIMES)
@pytest.mark.parametrize("equity", [500, 2_000, 10_000, 50_000])
def test_from_500_on_three_products_are_tradable_in_every_tier(equity: int, regime: Regime) -> None:
    found = usual_sizes(SHIPPED, Amount(Decimal(equity)), regime)

    for tier in SHIPPED.universe.tiers:
        assert sum(each.is_open for each in found if each.tier == tier) >= 3


def status(equity: str | None, regime: str = "chop", **tiers: str) -> dict[str, Any]:
    rows = [{"product": f"{base}-USD", "tier": tier} for base, tier in tiers.items()]
    return {"equity": equity, "regime": {"regime": regime}, "universe": {"eligible": rows}}


T3 = dict.fromkeys(("BTC", "ETH", "SOL", "LINK"), "T3")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (status("500", **T3), None),
        (status("300", "bear", **T3), "3 are tradable from 355.66 USD on"),
        (status("200", "chop", **T3), "3 are tradable from 213.40 USD on"),
        (status("200", "chop", BTC="T3", ETH="T3"), "2 of 4 products can be bought"),
        (status("200"), None),
        (status("10000", "crash", **T3), "no equity opens 3: see universe.regime"),
        (status(None), None),
    ],
)
def test_too_few_tradable_products_are_told_at_the_start(
    found: dict[str, Any], said: str | None
) -> None:
    told = told_shortfall(SHIPPED, BOOT, found)

    assert (told is None) == (said is None)
    assert (said or "") in (told or "")


def test_products_that_are_shut_or_never_traded_do_not_count() -> None:
    shut = evolve(BOOT.products[0], flags=ProductFlags(trading_disabled=True))
    foreign = a_product("ETH-USDC")
    never = a_product("PUMP-USD")
    boot = evolve(BOOT, products=(shut, foreign, never, BOOT.products[1]))

    assert [each.product for each in sizes_at_start(SHIPPED, boot, status("500"))] == ["ETH-USD"]


def test_before_anything_is_judged_the_best_tier_counts() -> None:
    found = sizes_at_start(SHIPPED, BOOT, {"equity": "100"})

    assert {each.tier for each in found} == {"T1"}
    assert all(each.is_open for each in found)


def with_sets(*sets: str) -> Config:
    return load(ROOT / "config", sets)


def test_people_get_a_row_for_products_alike_and_programs_one_for_each() -> None:
    capped = with_sets("policy.max_per_asset_pct={DOGE: 1}")
    found = usual_sizes(capped, Amount(Decimal(500)), Regime.CHOP)
    head, *rows = table(found)

    assert head.split() == [
        *("tier", "smallest", "largest", "bound", "by", "tradable", "from", "products")
    ]
    assert any("policy.max_per_asset_pct.DOGE" in row and "1: DOGE" in row for row in rows)
    by_product = {(each["product"], each["tier"]): each for each in document(found)}
    assert len(by_product) == len(found) == 45
    assert by_product["DOGE-USD", "T1"]["largest"] == "5"
    assert by_product["BTC-USD", "T2"]["tradable_from"] == "106.7"


def test_what_is_closed_for_good_says_never() -> None:
    shut = with_sets("policy.max_order_usd=1")
    found = usual_sizes(shut, Amount(Decimal(500)), Regime.CHOP)

    assert "none (1.00)" in table(found)[1]
    assert "never" in table(found)[1]
    assert document(found)[0]["tradable_from"] is None


def test_without_a_strategy_there_is_nothing_to_size() -> None:
    idle = with_sets("strategies.breakout.enabled=false")

    assert usual_sizes(idle, Amount(Decimal(500)), Regime.CHOP) == ()
