"""An asset that was just traded is left alone, longer after a stop-out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as some

from domain.messages.portfolio import LimitUse
from domain.model.instants import SECOND, Nanos
from domain.model.product import ProductId
from domain.risk.past_trades import PastTrades
from domain.risk.rules.cooldown import Cooldown
from domain.risk.view import RiskView
from tests.builders.messages import ETH, NOW, a_candidate, a_view
from tests.unit.domain.risk.test_chains import a_chain

pytestmark = pytest.mark.req("CD1")
RULE = Cooldown()


def traded(filled_s: int, stopped_s: int | None = None, asset: str = "BTC") -> RiskView:
    """Return a view after a fill, and after a stop-out, of `asset` so many seconds ago."""
    filled = {asset: Nanos(NOW - filled_s * SECOND)}
    stopped = {} if stopped_s is None else {asset: Nanos(NOW - stopped_s * SECOND)}
    return a_view(past_trades=PastTrades(filled=filled, stopped=stopped))


def test_after_a_fill_it_binds_for_its_seconds_to_the_last() -> None:
    refusal = RULE.judge(a_candidate(), traded(299))

    assert refusal is not None
    assert (refusal.reason, refusal.observed, refusal.limit) == (
        "cooldown",
        "299 s since a fill of BTC",
        "300 s",
    )
    assert RULE.judge(a_candidate(), traded(300)) is None


def test_after_a_stop_out_it_binds_longer() -> None:
    refusal = RULE.judge(a_candidate(), traded(3599, 3599))

    assert refusal is not None
    assert (refusal.observed, refusal.limit) == ("3599 s since a stop-out of BTC", "3600 s")
    assert RULE.judge(a_candidate(), traded(3600, 3600)) is None


@pytest.mark.req("X5")
def test_the_rest_of_an_entry_waits_after_a_stop_out_but_not_after_its_own_fill() -> None:
    rest = evolve(a_candidate(), chain=a_chain())

    assert RULE.judge(rest, traded(1)) is None
    refusal = RULE.judge(rest, traded(1, 10))
    assert refusal is not None
    assert refusal.observed == "10 s since a stop-out of BTC"


def test_usd_and_usdc_are_one_and_other_assets_are_another_matter() -> None:
    assert RULE.judge(a_candidate(product=ProductId("BTC-USDC")), traded(1)) is not None
    assert RULE.judge(a_candidate(product=ETH), traded(1)) is None
    assert RULE.judge(a_candidate(), a_view()) is None


def test_it_tells_the_longest_wait_and_nothing_while_none_has_to() -> None:
    past = PastTrades(
        filled={"BTC": NOW, "ETH": Nanos(NOW - 100 * SECOND)},
        stopped={"ETH": Nanos(NOW - 100 * SECOND - 1)},
    )

    (use,) = RULE.uses(a_view(past_trades=past))

    assert use == LimitUse("cooldown ETH", Decimal(3500), Decimal(3600), "s")
    assert not [*RULE.uses(traded(300))]


def test_the_last_instant_of_a_wait_is_told_as_a_second() -> None:
    nearly = PastTrades(filled={"BTC": Nanos(NOW - 300 * SECOND + 1)})

    assert [use.used for use in RULE.uses(a_view(past_trades=nearly))] == [1]


@given(some.integers(0, 90_000), some.integers(10, 3600), some.integers(3600, 86_400))
def test_refuses_exactly_as_long_as_it_tells_a_wait(passed: int, fill: int, stop: int) -> None:
    rule = Cooldown(after_fill_seconds=fill, after_stop_seconds=stop)
    view = traded(passed, passed)

    assert (rule.judge(a_candidate(), view) is not None) == bool([*rule.uses(view)])
    assert bool([*rule.uses(view)]) == (passed < stop)
