"""One decision round a cycle: one picture for all, 250 ms to answer, the best of it to the gate."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.trading.allocator import ROUND_LIMIT_NS, Allocator, Seat
from domain.messages.decisions import CycleDue, Decide, Proposed, RoundProposed
from domain.messages.market import (
    BarClosed,
    FeedRecovered,
    FeedStalled,
    HistoryLoaded,
    MinutesClosed,
    QuoteMoved,
)
from domain.messages.portfolio import PortfolioMoved
from domain.messages.supervision import ActorProven, BootCompleted
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.model.bars import Timeframe
from domain.model.context import Context, Regime
from domain.model.cycle import CycleStage, StageTime, Stopwatch
from domain.model.funnel import Funnel, FunnelLoss, Stage
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import ProductId
from domain.model.proposal import TradeProposal
from domain.model.universe import Exclusion
from tests.builders.bars import columns_of
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.messages import (
    BTC,
    ETH,
    MAKER,
    NOW,
    TAKER,
    a_lot,
    a_portfolio,
    a_proposal,
    a_quote,
    a_reading,
    a_standing,
)

DEPTHS = {Timeframe.MINUTE: 10}
SEATS = (Seat("one", 2), Seat("two", 2))
VIEW = PortfolioMoved(a_portfolio())


def a_bar(minute: int, product: ProductId = BTC, close: str = "100") -> Bar:
    worth = Price(Decimal(close))
    start_ns = Nanos(NOW + minute * MINUTE)
    return Bar(product, start_ns, worth, worth, worth, worth, Quantity(Decimal(1)))


def due(cycle: int) -> CycleDue:
    return CycleDue(cycle, NOW, Nanos(NOW + MINUTE))


def started(harness: Harness, *, seats: tuple[Seat, ...] = SEATS, epoch: int = 1) -> Allocator:
    """Return an allocator that knows a portfolio and the market of one product."""
    allocator = harness.start(Allocator, "allocator", seats, DEPTHS, epoch=epoch)
    deliver(allocator, VIEW, QuoteMoved(a_quote()), BarClosed(a_bar(-1)))
    return allocator


def picture(allocator: Allocator, cycle: int = 1) -> Context:
    """Return what the strategies are asked about in this cycle."""
    decide = of_kind(deliver(allocator, due(cycle)), Decide)[0]
    return decide.context


@pytest.mark.req("STR1")
def test_every_strategy_gets_the_same_picture() -> None:
    harness = Harness()
    allocator = started(harness)

    asked = deliver(allocator, due(1))

    assert [each.to for each in harness.sent] == [("strategy.one",), ("strategy.two",)]
    first, second = of_kind(asked, Decide)
    assert first.cycle == 1
    assert first.context is second.context
    assert first.context.quotes == (a_quote(),)
    assert first.context.portfolio == VIEW.view


def test_the_round_closes_with_the_last_answer() -> None:
    allocator = started(Harness())
    deliver(allocator, due(1))

    assert deliver(allocator, Proposed(1, "one", ())) == ()
    (round_,) = deliver(allocator, Proposed(1, "two", (a_proposal(),)))

    assert isinstance(round_, RoundProposed)
    assert (round_.cycle, round_.answered, round_.late) == (1, 2, ())
    (entry,) = round_.entries
    assert (entry.strategy, entry.proposal) == ("two", a_proposal())
    assert entry.bar_ns == NOW - MINUTE


@pytest.mark.req("SUP1")
def test_who_does_not_answer_in_time_is_blocked_and_the_round_goes_on() -> None:
    harness = Harness()
    allocator = started(harness)
    deliver(allocator, due(1), Proposed(1, "one", (a_proposal(),)))

    assert harness.pass_time(allocator, ROUND_LIMIT_NS - 1) == ()
    (round_,) = harness.pass_time(allocator, 1)

    assert isinstance(round_, RoundProposed)
    assert (round_.answered, round_.late, len(round_.entries)) == (1, ("two",), 1)
    assert harness.is_open("late", "strategy:two")
    assert not harness.is_open("late", "strategy:one")


def test_an_answer_that_comes_too_late_counts_in_no_round() -> None:
    harness = Harness()
    allocator = started(harness)
    deliver(allocator, due(1), Proposed(1, "one", ()))
    harness.pass_time(allocator, ROUND_LIMIT_NS)

    assert deliver(allocator, Proposed(1, "two", (a_proposal(),))) == ()
    deliver(allocator, due(2))
    assert deliver(allocator, Proposed(1, "two", (a_proposal(),))) == ()
    (round_,) = deliver(allocator, Proposed(2, "one", ()), Proposed(2, "two", ()))

    assert isinstance(round_, RoundProposed)
    assert round_.entries == ()


@pytest.mark.way_out("late")
def test_an_answer_in_time_releases_who_was_late() -> None:
    harness = Harness()
    allocator = started(harness)
    deliver(allocator, due(1))
    harness.pass_time(allocator, ROUND_LIMIT_NS)
    assert harness.is_open("late", "strategy:two")

    deliver(allocator, due(2), Proposed(2, "two", ()))

    assert not harness.is_open("late", "strategy:two")


def test_the_time_limit_of_an_older_round_does_not_close_the_present_one() -> None:
    harness = Harness()
    allocator = started(harness)
    deliver(allocator, due(1), Proposed(1, "one", ()), Proposed(1, "two", ()))
    harness.pass_time(allocator, ROUND_LIMIT_NS - 1)
    deliver(allocator, due(2))

    assert harness.pass_time(allocator, 1) == ()


def test_the_next_cycle_closes_a_round_that_still_waits() -> None:
    allocator = started(Harness())
    deliver(allocator, due(1))

    first, *asked = deliver(allocator, due(2))

    assert isinstance(first, RoundProposed)
    assert (first.cycle, first.late) == (1, ("one", "two"))
    assert [type(each) for each in asked] == [Decide, Decide]


def test_without_a_portfolio_or_a_strategy_a_round_is_empty_and_nobody_is_late() -> None:
    blind = Harness().start(Allocator, "allocator", SEATS, DEPTHS)
    idle = started(Harness(), seats=())

    for allocator in (blind, idle):
        (round_,) = deliver(allocator, due(1))
        assert isinstance(round_, RoundProposed)
        assert (round_.entries, round_.answered, round_.late) == ((), 0, ())


@pytest.mark.req("U1")
def test_strategies_see_what_may_be_bought_and_what_is_owned() -> None:
    allocator = started(Harness())
    out = a_standing(BTC, exclusion_reason=Exclusion.SPREAD)
    assert [each.product for each in picture(allocator).bars] == [BTC]

    deliver(allocator, UniverseJudged((out,)))
    assert picture(allocator, 2).bars == ()

    deliver(allocator, PortfolioMoved(a_portfolio("10000", a_lot())))
    assert [each.product for each in picture(allocator, 3).bars] == [BTC]


@pytest.mark.req("U3")
def test_a_flip_of_the_regime_is_in_the_next_picture() -> None:
    allocator = started(Harness())
    assert picture(allocator).regime is Regime.CHOP

    deliver(allocator, RegimeJudged(a_reading(Regime.BEAR)))
    assert picture(allocator, 2).regime is Regime.BEAR


def test_a_round_tells_how_far_products_came_and_where_they_were_lost() -> None:
    allocator = started(Harness())
    other = ProductId("SOL-USD")
    judged = tuple(a_standing(each) for each in (BTC, ETH, other))
    deliver(allocator, UniverseJudged(judged), BarClosed(a_bar(-1, ETH)), due(1))
    weak = a_proposal(conviction=Decimal("0.5"))

    (round_,) = deliver(
        allocator,
        Proposed(1, "one", (a_proposal(),), triggered=(BTC,)),
        Proposed(1, "two", (weak,), triggered=(BTC,)),
    )

    assert isinstance(round_, RoundProposed)
    funnel = round_.funnel
    counts = (funnel.eligible, funnel.seen, funnel.triggered, funnel.proposed, funnel.allocated)
    assert counts == (3, 1, 1, 1, 1)
    assert funnel.losses == (
        FunnelLoss(BTC, Stage.ALLOCATED, "less_convinced", "two"),
        FunnelLoss(ETH, Stage.SEEN, "no_fresh_price"),
        FunnelLoss(other, Stage.SEEN, "no_bars"),
    )
    (empty,) = deliver(allocator, due(2), Proposed(2, "one", ()), Proposed(2, "two", ()))[-1:]
    assert [each.stage for each in empty.funnel.losses] == [Stage.SEEN, Stage.SEEN]


def test_a_quiet_round_counts_as_the_one_before_until_other_products_can_be_seen() -> None:
    allocator = started(Harness())
    deliver(allocator, UniverseJudged((a_standing(BTC), a_standing(ETH))))

    def quiet(cycle: int) -> Funnel:
        answers = (Proposed(cycle, name, ()) for name in ("one", "two"))
        return of_kind(deliver(allocator, due(cycle), *answers), RoundProposed)[0].funnel

    missing = FunnelLoss(ETH, Stage.SEEN, "no_bars")
    first = quiet(1)
    assert first == Funnel(eligible=2, seen=1, losses=(missing,))
    assert quiet(2) is first
    deliver(allocator, BarClosed(a_bar(-1, ETH)))
    assert quiet(3).losses == (evolve(missing, reason="no_fresh_price"),)
    deliver(allocator, QuoteMoved(a_quote(product=ETH)))
    assert quiet(4) == Funnel(eligible=2, seen=2)
    deliver(allocator, UniverseJudged((a_standing(BTC),)))
    assert quiet(5) == Funnel(eligible=1, seen=2)
    deliver(allocator, due(6), Proposed(6, "one", (), triggered=(BTC,)))
    (fired,) = deliver(allocator, Proposed(6, "two", ()))
    assert fired.funnel == Funnel(eligible=1, seen=2, triggered=1)


@pytest.mark.req("S1")
def test_what_triggered_and_was_too_much_for_its_strategy_is_a_loss_of_the_round() -> None:
    allocator = started(Harness())

    deliver(allocator, due(1), Proposed(1, "one", (), triggered=(), beyond=(BTC,)))
    (round_,) = deliver(allocator, Proposed(1, "two", ()))

    assert round_.funnel.triggered == 1
    assert round_.funnel.losses == (
        FunnelLoss(BTC, Stage.PROPOSED, "max_triggers_per_cycle", "one"),
    )


@pytest.mark.req("ST1")
def test_a_stalled_product_is_not_in_the_picture_until_it_recovers() -> None:
    allocator = started(Harness())
    deliver(allocator, QuoteMoved(a_quote(product=ETH)), BarClosed(a_bar(-1, ETH)))
    deliver(allocator, FeedStalled(BTC, "gap", Nanos(0)))
    assert [each.product for each in picture(allocator, 1).quotes] == [ETH]

    deliver(allocator, FeedRecovered(BTC))
    assert [each.product for each in picture(allocator, 2).bars] == [BTC, ETH]


def test_a_product_needs_bars_and_a_quote_to_be_in_the_picture() -> None:
    allocator = started(Harness())
    deliver(allocator, QuoteMoved(a_quote(product=ETH)))
    assert [each.product for each in picture(allocator, 1).quotes] == [BTC]

    deliver(allocator, BarClosed(a_bar(-1, ProductId("SOL-USD"))))
    assert [each.product for each in picture(allocator, 2).quotes] == [BTC]


def test_a_past_that_nobody_needs_is_left_alone() -> None:
    harness = Harness()
    allocator = harness.start(Allocator, "allocator", SEATS, DEPTHS)
    deliver(allocator, VIEW, QuoteMoved(a_quote()))
    deliver(allocator, HistoryLoaded(BTC, Nanos(HOUR), (a_bar(-9, close="7"),)))
    deliver(allocator, HistoryLoaded(BTC, Nanos(MINUTE), (a_bar(-3), a_bar(-2))))

    (bars,) = picture(allocator).bars

    assert list(bars.start_ns) == [NOW - 3 * MINUTE, NOW - 2 * MINUTE]


@pytest.mark.req("S1")
def test_a_picture_keeps_what_it_showed() -> None:
    allocator = started(Harness())
    before = picture(allocator, 1)
    deliver(allocator, BarClosed(a_bar(0, close="200")), QuoteMoved(a_quote("150", "151")))

    after = picture(allocator, 2)

    assert list(before.bars[0].close) == [100]
    assert list(after.bars[0].close) == [100, 200]
    assert before.quotes != after.quotes
    assert after.snapshot > before.snapshot


def test_minutes_of_several_products_come_as_columns_at_once() -> None:
    allocator = started(Harness())
    deliver(allocator, QuoteMoved(a_quote(product=ETH)))
    btc, eth = ([a_bar(minute, product) for minute in (0, 1)] for product in (BTC, ETH))
    deliver(allocator, MinutesClosed((columns_of(btc, "1", "1"), columns_of(eth, "0.01", "1"))))

    bars = picture(allocator).bars

    assert [(each.product, len(each)) for each in bars] == [(BTC, 3), (ETH, 2)]
    assert [each.price(each.close[-1]) for each in bars] == [100, 100]


def test_history_is_bounded_by_its_depth() -> None:
    allocator = started(Harness())
    deliver(allocator, *(BarClosed(a_bar(minute)) for minute in range(50)))

    (bars,) = picture(allocator).bars

    assert len(bars) == 10


@pytest.mark.req("S1")
def test_a_strategy_of_hours_decides_once_an_hour() -> None:
    depths = {Timeframe.MINUTE: 60, Timeframe.HOUR: 3}
    seats = (Seat("slow", 1, Timeframe.HOUR),)
    allocator = Harness().start(Allocator, "allocator", seats, depths)
    hour = NOW // HOUR * HOUR
    past = tuple(evolve(a_bar(0), start_ns=Nanos(hour - back * HOUR)) for back in (2, 1))
    deliver(allocator, VIEW, QuoteMoved(a_quote()), BarClosed(a_bar(-1)))
    deliver(allocator, HistoryLoaded(BTC, Nanos(HOUR), past))

    context = picture(allocator)
    (round_,) = deliver(allocator, Proposed(1, "slow", (a_proposal(),)))

    assert [list(each.start_ns) for each in context.hours] == [[hour - 2 * HOUR, hour - HOUR]]
    assert round_.entries[0].bar_ns == hour - HOUR


def test_a_bar_that_no_column_can_hold_is_told_once_and_costs_nobody_else() -> None:
    harness = Harness()
    allocator = started(harness)
    for minute in (0, 1):
        deliver(allocator, BarClosed(a_bar(minute, close="1e-40")), BarClosed(a_bar(minute, ETH)))
    deliver(allocator, QuoteMoved(a_quote(product=ETH)))

    assert [list(each.close) for each in picture(allocator).bars] == [[100, 100], [100, 100]]
    assert [each.text for each in harness.log.of("warning")] == ["a bar can't be used"]


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_has_proven_itself_by_one_round() -> None:
    allocator = started(Harness(), epoch=2)

    said = deliver(allocator, due(1), Proposed(1, "one", ()), Proposed(1, "two", ()))

    assert len(of_kind(said, ActorProven)) == 1


def test_the_end_of_the_boot_asks_nothing_of_it() -> None:
    allocator = Harness().start(Allocator, "allocator", SEATS, DEPTHS)

    assert deliver(allocator, BootCompleted((), MAKER, TAKER, is_clean=True)) == ()


Wish = st.builds(
    lambda product, conviction: a_proposal(product=product, conviction=Decimal(conviction) / 100),
    st.sampled_from([BTC, ETH]),
    st.integers(1, 100),
)


@pytest.mark.req("STR4")
@given(st.lists(Wish, max_size=5), st.lists(Wish, max_size=5))
def test_a_round_has_at_most_one_entry_a_product_and_the_most_convinced_wins(
    one: list[TradeProposal], two: list[TradeProposal]
) -> None:
    seats = (Seat("one", 5), Seat("two", 5))
    allocator = started(Harness(), seats=seats)
    deliver(allocator, QuoteMoved(a_quote(product=ETH)), BarClosed(a_bar(-1, ETH)), due(1))

    said = deliver(allocator, Proposed(1, "one", tuple(one)), Proposed(1, "two", tuple(two)))

    (round_,) = of_kind(said, RoundProposed)
    best = {
        product: max(each.conviction for each in one + two if each.product == product)
        for product in {each.product for each in one + two}
    }
    assert {e.proposal.product: e.proposal.conviction for e in round_.entries} == best
    assert len(round_.entries) == len(best)


@pytest.mark.req("OB1")
def test_the_stages_of_a_round_are_timed_one_after_the_other() -> None:
    harness = Harness()
    allocator = started(harness)
    now_ns = harness.clock.machine_ns()
    late = evolve(due(1), watch=Stopwatch(Nanos(now_ns - 7)))
    deliver(allocator, late, Proposed(1, "one", ()))

    (round_,) = of_kind(harness.pass_time(allocator, ROUND_LIMIT_NS), RoundProposed)

    assert round_.watch is not None
    assert round_.watch.times == (
        StageTime(CycleStage.WAIT, Nanos(7)),
        StageTime(CycleStage.CONTEXT, Nanos(0)),
        StageTime(CycleStage.STRATEGIES, Nanos(ROUND_LIMIT_NS)),
        StageTime(CycleStage.MERGE, Nanos(0)),
    )


@pytest.mark.req("OB1")
def test_a_round_that_nobody_times_has_no_stages() -> None:
    allocator = started(Harness())

    told = deliver(allocator, due(1), Proposed(1, "one", ()), Proposed(1, "two", ()))

    assert of_kind(told, RoundProposed)[0].watch is None


@pytest.mark.req("STR1", "BT1")
def test_each_strategy_is_told_which_of_its_triggers_have_fired_where_that_is_known() -> None:
    allocator = started(Harness())

    known = evolve(due(1), fired=frozenset({("one", BTC), ("else", BTC)}))

    assert [each.fired for each in of_kind(deliver(allocator, known), Decide)] == [
        frozenset({BTC}),
        frozenset(),
    ]
    assert [each.fired for each in of_kind(deliver(allocator, due(2)), Decide)] == [None, None]
