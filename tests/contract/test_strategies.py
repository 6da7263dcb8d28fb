"""What every strategy has to have, tried on each file of `domain/strategies` that there is."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plugins import strategies
from config.strategies import own_fields
from domain.decisions.proposals import checked
from domain.decisions.strategy import Strategy
from domain.decisions.triggers import Terms, triggered
from domain.model.bars import Bars, Timeframe
from domain.model.context import Context, Regime
from tests.builders.bars import a_context
from tests.builders.messages import BTC, ETH, a_lot
from tests.builders.paths import SEEDS, a_path, a_trend, scaled, standing

KINDS = dict(strategies())
few = settings(max_examples=25)


def settings_of(name: str) -> dict[str, Any]:
    """Return settings: what ships, and something for what has no default."""
    found: dict[str, Any] = {"id": name}
    for each in own_fields(KINDS[name]):
        if each.default is attrs.NOTHING:
            found[each.name] = Decimal(2) if each.name == "notional_pct" else Decimal(5)
    return {**found, **({"take_profit_pct": Decimal(20)} if "take_profit_pct" in found else {})}


STRATEGIES: dict[str, Strategy] = {name: kind(**settings_of(name)) for name, kind in KINDS.items()}
every = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)


def market(strategy: Strategy, rows: int, seed: int, product: str = BTC) -> Bars:
    make = a_trend if seed % 2 else a_path
    return make(rows, seed, timeframe=strategy.timeframe, product=product)


def picture(strategy: Strategy, bars: tuple[Bars, ...], seed: int = 0, **more: Any) -> Context:
    """Return what the allocator would show of these products."""
    names = [each.product for each in bars]
    lengths = {
        timeframe: tuple(a_trend(200, seed, timeframe=timeframe, product=name) for name in names)
        for timeframe in Timeframe
    }
    lengths[strategy.timeframe] = bars
    hours, days = lengths[Timeframe.HOUR], lengths[Timeframe.DAY]
    context = a_context(*lengths[Timeframe.MINUTE], **more)
    return attrs.evolve(context, hours=hours, days=days)


def handed(strategy: Strategy, bars: tuple[Bars, ...], seed: int = 0) -> Context:
    """Return what the host hands on if all of these products triggered."""
    return attrs.evolve(picture(strategy, bars, seed), bars=bars)


def asked(strategy: Strategy, bars: tuple[Bars, ...], seed: int = 0, **more: Any) -> Context:
    return triggered(strategy.id, strategy, picture(strategy, bars, seed, **more), Terms()).context


@pytest.mark.req("S1", "STR1")
@every
@few
@given(seed=SEEDS)
def test_trigger_and_leave_agree_on_window_and_history(strategy: Strategy, seed: int) -> None:
    bars = market(strategy, strategy.lookback + 25, seed)

    for column in (strategy.trigger, strategy.leave):
        whole = column(bars)
        if whole is None:
            continue
        assert (str(whole.dtype), whole.shape) == ("bool", (len(bars),))
        for row in range(strategy.lookback - 1, len(bars)):
            window = column(bars.until(row + 1).last(strategy.lookback))
            assert window is not None
            assert window[-1] == whole[row]


@pytest.mark.req("S1")
@every
@few
@given(seed=SEEDS, cut=st.integers(0, 40))
def test_the_future_changes_nothing(strategy: Strategy, seed: int, cut: int) -> None:
    bars = market(strategy, strategy.lookback + 40, seed)
    rows = strategy.lookback + cut

    for column in (strategy.trigger, strategy.leave):
        whole, early = column(bars), column(bars.until(rows))
        if whole is not None and early is not None:
            assert early.tobytes() == whole[:rows].tobytes()


@pytest.mark.req("STR1")
@every
@few
@given(seed=SEEDS)
def test_nothing_is_decided_where_nothing_triggered(strategy: Strategy, seed: int) -> None:
    for back in range(20):
        bars = market(strategy, strategy.lookback + 20, seed).until(strategy.lookback + back)
        if not strategy.trigger(bars)[-1]:
            assert strategy.decide(handed(strategy, (bars,), seed)) == ()


@pytest.mark.req("S1")
@every
def test_with_too_few_bars_nothing_is_wanted(strategy: Strategy) -> None:
    for rows in {0, 1, strategy.lookback - 1} - {strategy.lookback}:
        bars = market(strategy, rows, 1)
        assert not strategy.trigger(bars).any()
        leave = strategy.leave(bars)
        assert leave is None or not leave.any()
        assert strategy.decide(handed(strategy, (bars,))) == ()


@pytest.mark.req("STR1")
@every
@few
@given(seed=SEEDS)
def test_the_same_picture_gives_the_same_proposals_for_ever(strategy: Strategy, seed: int) -> None:
    bars = tuple(market(strategy, strategy.lookback, seed, each) for each in (BTC, ETH))
    context = asked(strategy, bars, seed)
    columns = [getattr(each, name).tobytes() for each in bars for name in ("close", "volume")]
    first = strategy.decide(context)

    assert first == strategy.decide(context) == copy.copy(strategy).decide(context)
    assert columns == [
        getattr(each, name).tobytes() for each in bars for name in ("close", "volume")
    ]


@pytest.mark.req("R2", "STR1")
@every
@few
@given(seed=SEEDS, regime=st.sampled_from(Regime))
def test_what_it_proposes_is_whole_and_of_what_it_was_asked(
    strategy: Strategy, seed: int, regime: Regime
) -> None:
    bars = tuple(market(strategy, strategy.lookback, seed + n, p) for n, p in enumerate((BTC, ETH)))
    context = attrs.evolve(asked(strategy, bars, seed), regime=regime)
    names = {each.product for each in context.bars}

    for each in checked(strategy.decide(context), names):
        assert 0 <= each.conviction <= 1
        assert each.notional_pct > 0
        assert each.stop_loss_pct > 0
        assert each.take_profit_pct > 0
        assert each.reason, "people read why it is bought"


@pytest.mark.req("S1")
@every
@few
@given(price=st.integers(1, 10**9), seed=SEEDS)
def test_constant_prices_trigger_nothing(strategy: Strategy, price: int, seed: int) -> None:
    rows = strategy.lookback + 5
    volumes = np.random.default_rng(seed).integers(0, 1_000, rows)
    bars = standing(rows, price, volumes, strategy.timeframe)

    assert not strategy.trigger(bars).any()


@pytest.mark.req("S1")
@every
@few
@given(seed=SEEDS, prices=st.sampled_from([2, 1024]), volumes=st.sampled_from([4, 16]))
def test_units_of_price_and_volume_do_not_matter(
    strategy: Strategy, seed: int, prices: int, volumes: int
) -> None:
    bars = market(strategy, strategy.lookback, seed)
    finer = scaled(bars, prices, volumes)

    assert strategy.trigger(bars).tolist() == strategy.trigger(finer).tolist()
    assert strategy.decide(asked(strategy, (bars,))) == strategy.decide(asked(strategy, (finer,)))


@pytest.mark.req("STR1")
@every
def test_it_decides_by_its_look_back_alone(strategy: Strategy) -> None:
    for seed in range(12):
        bars = market(strategy, strategy.lookback + 30, seed)
        window = bars.last(strategy.lookback)

        assert strategy.decide(handed(strategy, (bars,))) == strategy.decide(
            handed(strategy, (window,))
        )


@every
def test_there_is_a_market_in_which_it_buys(strategy: Strategy) -> None:
    """Without one the properties above would say nothing."""
    for seed in range(300):
        bars = market(strategy, strategy.lookback + 30, seed)
        for row in np.nonzero(strategy.trigger(bars))[0].tolist():
            if strategy.decide(asked(strategy, (bars.until(row + 1),), seed)):
                return
    pytest.fail("no path made it propose anything")


@pytest.mark.req("STR1")
@every
def test_what_it_holds_is_none_of_its_business_at_entry(strategy: Strategy) -> None:
    bars = market(strategy, strategy.lookback, 1)
    lot = a_lot(strategy=strategy.id)

    assert asked(strategy, (bars,), lots=(lot,)).bars == ()
