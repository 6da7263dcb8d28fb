"""The market of a torture is an ordinary one until all of its prices fall at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.simulator.market_data.candles import open_candles
from app.torture.market import BEGIN, KEPT, torture_market
from domain.model.instants import MINUTE, Nanos

pytestmark = pytest.mark.req("E1")
MINUTES, FALLS_AFTER = 4, 2


def test_every_price_falls_by_nearly_half_in_that_minute_and_stays_there() -> None:
    plain = torture_market(3, MINUTES, 99, "USD")
    found = torture_market(3, MINUTES, FALLS_AFTER, "USD")

    for product, bars in found.bars.items():
        for bar, usual in zip(bars, plain.bars[product], strict=True):
            share = bar.close / usual.close
            expected = KEPT if bar.start_ns >= BEGIN + FALLS_AFTER * MINUTE else 1
            assert abs(share - expected) < KEPT / 100
            assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high


def test_it_can_be_played_and_says_the_same(tmp_path: Path) -> None:
    market = torture_market(1, MINUTES, FALLS_AFTER, "USDC")
    market.write(tmp_path / "market")

    played = open_candles(tmp_path / "market")

    assert [each.id for each in played.products] == sorted(market.bars)
    assert all(each.quote == "USDC" for each in played.products)
    for product, bars in market.bars.items():
        assert [each.close for each in bars[-3:]] == [
            each.close
            for each in played.candles(product, bars[-3].start_ns, Nanos(bars[-1].start_ns + 1))
        ]


def test_another_seed_is_another_market() -> None:
    one, two = (torture_market(seed, MINUTES, 1, "USD").bars for seed in (1, 2))

    assert one != two
