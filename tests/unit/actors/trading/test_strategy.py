"""A strategy's host: what it proposes is answered, and what is no proposal is its own error."""

from __future__ import annotations

import decimal
import functools
import json
from typing import Any

import attrs
import numpy as np
import pytest
from attrs import define

from actors.kernel.base import ActorCrashed
from actors.kernel.topology import ALLOCATOR, EXITS
from actors.trading.strategy import StrategyHost
from domain.decisions.strategy import Strategy
from domain.decisions.triggers import Terms
from domain.messages.decisions import Decide, LeaveProposed, Proposed
from domain.messages.supervision import ActorDown, ActorProven
from domain.model.bars import Bars
from domain.model.context import Context
from domain.model.proposal import TradeProposal
from tests.builders.bars import a_context, some_bars
from tests.builders.harness import Harness, Sent, deliver, of_kind
from tests.builders.messages import BTC, ETH, a_lot, a_proposal, a_quote

NAME = "strategy.scripted"


TERMS = Terms()


@define
class Scripted(Strategy):
    """A strategy that triggers always and proposes what the test says."""

    proposals: Any
    id: str = "scripted"
    lookback: int = 1
    seen: Context | None = None

    def trigger(self, bars: Bars) -> Any:
        return bars.close > 0

    def decide(self, context: Context) -> Any:
        self.seen = context
        return self.proposals


def hosted(strategy: Strategy, *, terms: Terms = TERMS, **more: Any) -> StrategyHost:
    harness = more.pop("harness", None) or Harness()
    host: StrategyHost = harness.start(StrategyHost, NAME, strategy, terms, **more)
    return host


def market(*products: str) -> Context:
    return a_context(*(some_bars([1.0, 2.0], product=each) for each in products or (BTC,)))


@pytest.mark.req("STR1")
def test_a_picture_in_proposals_out() -> None:
    harness, strategy = Harness(), Scripted((a_proposal(),))
    host = hosted(strategy, harness=harness)

    deliver(host, Decide(7, market()))

    assert strategy.seen is not None
    assert [each.product for each in strategy.seen.bars] == [BTC]
    answer = Proposed(7, "scripted", (a_proposal(),), triggered=(BTC,))
    assert harness.sent == [Sent((ALLOCATOR,), answer)]


@pytest.mark.req("STR1")
def test_where_nothing_triggers_nothing_is_asked_and_nothing_proposed() -> None:
    strategy = Scripted((a_proposal(),), lookback=9)

    (answer,) = deliver(hosted(strategy), Decide(7, market()))

    assert answer == Proposed(7, "scripted", ())
    assert strategy.seen is None


@pytest.mark.req("STR1")
def test_any_iterable_of_proposals_is_answered_as_a_tuple() -> None:
    host = hosted(Scripted(iter([a_proposal(), a_proposal()])))

    (answer,) = deliver(host, Decide(1, market()))

    assert isinstance(answer, Proposed)
    assert answer.proposals == (a_proposal(), a_proposal())


@pytest.mark.req("S1")
def test_what_passes_the_most_triggers_of_a_cycle_is_left_out_and_told() -> None:
    harness, strategy = Harness(), Scripted(())
    host = hosted(strategy, terms=Terms(max_triggers_per_cycle=1), harness=harness)

    (answer,) = deliver(host, Decide(1, market(BTC, ETH)))

    assert answer == Proposed(1, "scripted", (), triggered=(BTC,), beyond=(ETH,))
    assert strategy.seen is not None
    assert [each.product for each in strategy.seen.bars] == [BTC]
    (told,) = harness.log.of("info")
    assert told.text == f"scripted looks at 1 product a decision; left out: {ETH}"


@pytest.mark.req("SUP1")
def test_a_trigger_that_is_no_column_ends_the_strategy_and_is_named() -> None:
    class Odd(Scripted):
        def trigger(self, bars: Bars) -> Any:
            return [True]

    with pytest.raises(ActorCrashed, match="trigger: expected 1 truth values, was list"):
        deliver(hosted(Odd(())), Decide(1, market()))


@pytest.mark.req("SUP1")
@pytest.mark.parametrize("proposals", [[None], ["BUY"], [a_proposal(), 7]])
def test_what_is_no_proposal_ends_the_strategy_and_nobody_else(proposals: list[object]) -> None:
    harness = Harness()
    host = hosted(Scripted(proposals), harness=harness)

    with pytest.raises(ActorCrashed, match="expected TradeProposals"):
        deliver(host, Decide(1, market()))

    assert harness.bodies(Proposed) == []
    scopes = {each.scope for each in harness.trips()}
    assert "strategy:scripted" in scopes
    assert "global" not in scopes


@pytest.mark.req("R2", "SUP1")
@pytest.mark.parametrize("name", [each.name for each in attrs.fields(TradeProposal)])
@pytest.mark.parametrize("value", [["BTC-USD"], None, 7])
def test_a_member_of_another_type_trips_the_strategy_alone_and_is_named(
    name: str, value: object
) -> None:
    harness, nonsense = Harness(), a_proposal()
    object.__setattr__(nonsense, name, value)
    host = hosted(Scripted([nonsense]), harness=harness)

    with pytest.raises(ActorCrashed, match=f"{name}: expected"):
        deliver(host, Decide(1, market()))

    assert harness.bodies(Proposed) == []
    assert {each.scope for each in harness.trips()} == {"strategy:scripted", "actor"}
    assert any(f"{name}: expected" in each.reason for each in harness.trips())


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_has_proven_itself_by_one_decision() -> None:
    harness = Harness()
    host = hosted(Scripted(()), harness=harness, epoch=2)

    said = deliver(host, Decide(1, market()), Decide(2, market()))

    assert len(of_kind(said, ActorProven)) == 1


@pytest.mark.req("X6", "STR1")
def test_what_it_wants_out_of_is_told_to_the_exits_before_it_decides() -> None:
    class Leaving(Scripted):
        def leave(self, bars: Bars) -> Any:
            return bars.close > 0

    harness = Harness()
    host = hosted(Leaving(()), harness=harness)
    lot = a_lot(strategy="scripted")

    deliver(host, Decide(1, a_context(some_bars([1.0, 2.0]), lots=(lot,))))

    assert harness.sent == [
        Sent((EXITS,), LeaveProposed("scripted", (BTC,))),
        Sent((ALLOCATOR,), Proposed(1, "scripted", ())),
    ]


@pytest.mark.req("STR1")
def test_it_speaks_under_the_name_of_its_entry_whatever_it_says() -> None:
    class Liar(Scripted):
        def leave(self, bars: Bars) -> Any:
            return bars.close > 0

    harness = Harness()
    host = hosted(Liar((), id="honest"), harness=harness)
    lot = a_lot(strategy="honest")

    deliver(host, Decide(1, a_context(some_bars([1.0, 2.0]), lots=(lot,))))

    assert harness.sent == [Sent((ALLOCATOR,), Proposed(1, "scripted", (), (BTC,)))]


@pytest.mark.req("STR1")
def test_what_it_does_to_its_picture_reaches_nobody_else() -> None:
    class Mutator(Scripted):
        def decide(self, context: Context) -> Any:
            (bars,), (quote,), (lot,) = context.bars, context.quotes, context.portfolio.lots
            bars.close.flags.writeable = True
            bars.close[:] = 0
            for value, name in ((quote, "ask"), (lot, "stop_price"), (context, "at_ns")):
                object.__setattr__(value, name, 0)
            object.__setattr__(context.portfolio, "nlv", 0)
            return ()

    lot, quote, bars = a_lot(strategy="other"), a_quote(), some_bars([1.0, 2.0])
    picture = attrs.evolve(a_context(bars, lots=(lot,)), quotes=(quote,))
    said = repr((picture, picture.portfolio, lot, quote, bars))

    deliver(hosted(Mutator(())), Decide(1, picture))

    assert repr((picture, picture.portfolio, lot, quote, bars)) == said


@pytest.mark.req("STR1")
def test_how_it_makes_numbers_round_ends_with_its_decision() -> None:
    class Careless(Scripted):
        def decide(self, context: Context) -> Any:
            decimal.getcontext().prec = 3
            decimal.getcontext().traps[decimal.InvalidOperation] = False
            np.seterr(all="raise")
            return ()

    before, errors = repr(decimal.getcontext()), np.geterr()

    deliver(hosted(Careless(())), Decide(1, market()))

    assert (repr(decimal.getcontext()), np.geterr()) == (before, errors)


@pytest.mark.req("SUP1")
def test_a_strategy_without_code_of_its_own_is_named_by_what_it_raises() -> None:
    harness = Harness()

    class Hidden(Scripted):
        decide: Any = functools.partial(lambda context: 1 // len(context.hours))

    with pytest.raises(ActorCrashed):
        deliver(hosted(Hidden(()), harness=harness), Decide(1, market()))

    (down,) = harness.bodies(ActorDown)
    assert down.cause.startswith("ZeroDivisionError in Decide (test_strategy.py:")


@pytest.mark.req("STR1")
def test_an_error_is_told_with_the_line_of_the_strategy_that_led_to_it() -> None:
    harness = Harness()

    @define
    class Careless(Scripted):
        def decide(self, context: Context) -> Any:
            return json.loads("nothing")  # fails in a library

    with pytest.raises(ActorCrashed):
        deliver(hosted(Careless(()), harness=harness), Decide(1, market()))

    (down,) = harness.bodies(ActorDown)
    line = Careless.decide.__code__.co_firstlineno + 1
    assert down.cause.startswith(f"JSONDecodeError in Decide (test_strategy.py:{line}): ")
