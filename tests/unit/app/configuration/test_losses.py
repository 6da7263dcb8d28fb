"""The bound of a configuration follows its limits, and is told with its derivation."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.configuration.losses import document, lines, mechanism_of, radius_of
from config.loading import load
from domain.model.money import Amount

pytestmark = pytest.mark.req("E1", "DD1")
ROOT = Path(__file__).resolve().parents[4]
NLV = Amount(Decimal(10_000))


def day(*sets: str, nlv: Amount = NLV) -> Decimal:
    return radius_of(load(ROOT / "config", sets), nlv).windows[-1].most


def test_the_mechanism_is_that_of_the_configuration() -> None:
    found = mechanism_of(load(ROOT / "config"), NLV)

    amounts = (found.order_cap, found.at_risk_cap, found.daily_loss)
    assert list(map(int, amounts)) == [300, 1_500, 300]
    assert (found.trades_per_round, int(found.max_stop_pct)) == (5, 15)
    assert found.interval_ns == 60 * 10**9


@pytest.mark.parametrize(
    "tighter",
    [
        "policy.caps.total_pct=5",
        "policy.max_daily_loss_usd=50",
        "policy.stops.daily_pct=1",
        "policy.capital.allotment=500",
        "policy.proposals.max_stop_pct=12",
        "strategies.breakout.enabled=false",
    ],
)
def test_each_limit_makes_it_smaller(tighter: str) -> None:
    assert day(tighter) < day()


def test_a_small_order_cap_counts() -> None:
    small = load(ROOT / "config", ["policy.max_order_usd=10"])

    assert mechanism_of(small, NLV).order_cap == 10


def test_people_and_programs_are_told_the_same() -> None:
    config = load(ROOT / "config")
    told, known = "\n".join(lines(config, NLV)), document(config, NLV)

    assert "the most that this can lose with 10000 USD" in told
    for window in ("minute", "hour", "day"):
        assert known["derivation"][window] in told
        assert Decimal(known[window]) <= Decimal(known["if_prices_go_to_zero"])
    assert all(each in told for each in known["assumptions"])
