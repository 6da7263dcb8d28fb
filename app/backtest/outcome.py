"""Runs a backtest, and says what came of it in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from attrs import evolve, frozen

from adapters.simulator.market_data.generated import GeneratedMarket
from app.backtest.exposure import ExposureShares
from app.backtest.plan import BacktestPlan, FillRule
from app.backtest.record import Halt
from app.backtest.system import BacktestSystem, Hears
from app.backtest.timeline import BacktestTimeline
from app.backtest.trail import OrderTrail
from app.command_line.progress import Moved
from domain.model.errors import InvariantBroken
from domain.model.figures import moment, money
from domain.model.instants import DAY, MINUTE
from domain.model.money import ONE, ZERO
from domain.model.product import ProductId
from domain.results.fold import Results
from domain.results.performance import deepest
from domain.results.ratios import LEAST_DAYS, ratios, sharpe_by_luck, t_statistic
from domain.results.regression import Metrics
from domain.results.round_trips import HUNDRED

FEW_TRADES = 30
"""With fewer of them a win rate says next to nothing."""
CLEAR = 2
"""Standard errors: a mean that lies closer to nothing may as well be nothing."""
ONE_MAKES_IT = Decimal(50)
"""Percent of all that winners won: one trade with more of it is the result."""


@frozen(kw_only=True)
class BacktestOutcome:
    """What a backtest has come to. `held_pct` is what the products brought in equal parts, bought
    at the beginning and sold at the end, in percent after the taker fee of both ways; None: none
    of them had a price at the beginning. `ended` are products whose data ended while something of
    them was owned. `trials` is how many settings were tried on this market, this one included;
    `kindest` is what it would have come to had every candle been read the kindest way, None where
    fills are decided on a tape.
    """

    plan: BacktestPlan
    results: Results
    exposure: ExposureShares
    halts: tuple[Halt, ...]
    held_pct: Decimal | None
    ended: tuple[ProductId, ...]
    remarks: tuple[str, ...]
    trail: OrderTrail
    trials: int = 1
    kindest: Metrics | None = None

    @property
    def minutes(self) -> int:
        """How many minutes were played."""
        return (self.plan.end_ns - self.plan.start_ns) // MINUTE

    @property
    def pnl_pct(self) -> Decimal:
        """Return the profit after fees, what is open included, in percent of the beginning."""
        last = self.results.last
        if last is None or not last.opening_nlv:
            return ZERO
        return HUNDRED * last.pnl / last.opening_nlv

    @property
    def metrics(self) -> Metrics:
        """Return the numbers that a baseline is compared by."""
        made, worst = self.results.summary, deepest(self.results.points)
        return Metrics(
            total_trades=Decimal(made.trades),
            win_rate=made.win_rate_pct,
            total_pnl_pct=self.pnl_pct,
            max_drawdown_pct=ZERO if worst is None else worst.drawdown_pct,
            profit_factor=made.profit_factor,
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what makes the result worth less than it looks, in sentences."""
        return (*self._of_sample(), *self._of_course())

    def _of_sample(self) -> Iterator[str]:
        made, closed = self.results.summary, self.results.closed
        if made.trades < FEW_TRADES:
            few = f"{made.trades} closed trades are"
            few = "1 closed trade is" if made.trades == 1 else few
            yield f"{few} too few to tell skill from luck"
        errors = t_statistic([trip.profit for trip in closed])
        if made.trades >= FEW_TRADES and errors is not None and abs(errors) < CLEAR:
            yield (
                f"the mean profit of a trade is {abs(errors):.1f} standard errors from nothing:"
                " luck alone may explain it"
            )
        yield from self._of_one_trade()
        yield from self._of_trials()

    def _of_one_trade(self) -> Iterator[str]:
        made = self.results.summary
        best = max(self.results.closed, key=lambda trip: trip.profit, default=None)
        if best is None or best.profit <= 0 or made.wins <= 1:
            return
        share = HUNDRED * best.profit / made.won
        if share > ONE_MAKES_IT:
            yield f"one trade made {share:.0f} % of all that was won"
        if 0 < made.profit <= best.profit:
            when = moment(best.closed_ns)[:16]
            yield f"without its best trade ({best.product}, sold {when}) all closed trades lose"

    def _of_trials(self) -> Iterator[str]:
        plan = self.plan
        if self.minutes < LEAST_DAYS * DAY // MINUTE:
            yield f"less than {LEAST_DAYS} days say nothing about a year: no yearly ratios"
        if self.trials == 1:
            return
        tried = f"{self.trials:,} settings were tried on this market"
        found = ratios(self.results.points, plan.start_ns, plan.end_ns)
        bar = sharpe_by_luck(self.trials, found.days)
        if bar is None or found.sharpe is None:
            yield f"{tried}, and nothing here tells how much of the best one is luck"
        elif found.sharpe <= bar:
            yield (
                f"{tried}: the best of so many shows a Sharpe ratio of {money(bar)} by luck alone,"
                f" and this one shows {money(found.sharpe)}"
            )

    def _of_course(self) -> list[str]:
        found = [
            f"{halt.name} halted trading; nothing was bought after it: {halt.reason}"
            for halt in self.halts
        ]
        if self.ended:
            names = ", ".join(self.ended)
            found.append(f"data of {names} ended while it was owned: valued at the last close")
        return [*found, *self.remarks]


def run(plan: BacktestPlan, moved: Moved, hears: Hears | None = None) -> BacktestOutcome:
    """Play `plan` to its end; `moved` hears how many minutes are done, `hears` every record.

    Raises:
        BacktestFailed: a strategy has died.
    """
    system = BacktestSystem(plan, hears)
    timeline = BacktestTimeline(system, moved)
    timeline.run()
    results = system.recorder.fold.result()
    if results is None:
        raise InvariantBroken("a backtest has recorded nothing, not even its start")
    return BacktestOutcome(
        plan=plan,
        results=results,
        exposure=system.recorder.exposure,
        halts=tuple(system.recorder.halts),
        held_pct=held_pct(plan),
        ended=tuple(sorted(timeline.watch.ended)),
        remarks=() if isinstance(plan.market, GeneratedMarket) else plan.market.remarks,
        trail=system.recorder.trail,
    )


def with_kindest(outcome: BacktestOutcome, moved: Moved) -> BacktestOutcome:
    """Where candles alone decide, play once more with each of them read the kindest way.

    Raises:
        BacktestFailed: a strategy has died.
    """
    if outcome.plan.fills is not FillRule.BAR:
        return outcome
    kind = run(evolve(outcome.plan, fills=FillRule.KIND), moved)
    return evolve(outcome, kindest=kind.metrics)


def held_pct(plan: BacktestPlan) -> Decimal | None:
    """Return what buying all products in equal parts and holding them would have brought."""
    kept = (ONE - plan.fees.taker) / (ONE + plan.fees.taker)
    found = []
    for product in plan.products:
        first = plan.market.last_before(product, plan.start_ns)
        last = plan.market.last_before(product, plan.end_ns)
        if first is not None and last is not None:
            found.append(HUNDRED * (last.close / first.close * kept - ONE))
    return sum(found, ZERO) / len(found) if found else None
