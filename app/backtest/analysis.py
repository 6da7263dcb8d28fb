"""What a backtest is worth: everything of its report that takes work, done once and when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from attrs import frozen

from app.backtest.foregone import FollowedRefusals, follow
from app.backtest.outcome import BacktestOutcome
from app.backtest.resampling import MeanInterval, mean_interval
from domain.model.instants import HOUR, Nanos
from domain.model.money import ONE, ZERO, Amount
from domain.model.product import ProductId
from domain.results.costs import Costs, costs
from domain.results.performance import CurvePoint, TradeSummary, summary
from domain.results.ratios import MonthReturn, Ratios, months, ratios, sharpe_by_luck, t_statistic
from domain.results.round_trips import HUNDRED, RoundTrip

HELD_POINTS = 500
"""Of the curve of who buys and holds, at most."""


@frozen(kw_only=True)
class HeldPoint:
    """What buying all products in equal parts and holding them has brought by then, in percent of
    the beginning, if it were sold then; after the taker fee of both ways.
    """

    at_ns: Nanos
    return_pct: Decimal


@frozen(kw_only=True)
class Turnover:
    """What was bought and sold, in quote currency, and how often that is the equity: the half of
    both over the mean equity; None: no equity is known.
    """

    bought: Amount
    sold: Amount
    times: Decimal | None


@frozen(kw_only=True)
class Analysis:
    """What is told of an outcome beside what it holds itself.

    `mean` is the profit of a closed trade after fees. `by_luck` is the Sharpe ratio that the best
    of so many trials shows without skill; None: one trial, or too short a time.
    """

    ratios: Ratios
    months: tuple[MonthReturn, ...]
    mean: MeanInterval | None
    t_statistic: Decimal | None
    by_luck: Decimal | None
    costs: Costs
    turnover: Turnover
    by_product: tuple[tuple[str, TradeSummary], ...]
    by_exit: tuple[tuple[str, TradeSummary], ...]
    held: tuple[HeldPoint, ...]
    followed: FollowedRefusals


def analyse(outcome: BacktestOutcome) -> Analysis:
    """Return what there is to tell of `outcome`."""
    plan, results = outcome.plan, outcome.results
    profits = [trip.profit for trip in results.closed]
    found = ratios(results.points, plan.start_ns, plan.end_ns)
    last = results.last
    profit, opening = (Amount(last.pnl), last.opening_nlv) if last else (Amount(ZERO), Amount(ZERO))
    return Analysis(
        ratios=found,
        months=months(results.points),
        mean=mean_interval(profits, plan.seed),
        t_statistic=t_statistic(profits),
        by_luck=sharpe_by_luck(outcome.trials, found.days),
        costs=costs(results.fees, outcome.trail.spread, profit, opening),
        turnover=_turnover(outcome),
        by_product=_grouped(results.closed, lambda trip: trip.product),
        by_exit=_grouped(results.closed, ended_by),
        held=tuple(_held(outcome)),
        followed=follow(plan, outcome.trail.refused),
    )


def ended_by(trip: RoundTrip) -> str:
    """Return the code of what sold the last of a trip."""
    return trip.exits[-1].value if trip.exits else ""


def hourly(points: Iterable[CurvePoint]) -> list[CurvePoint]:
    """Return the last point of each hour."""
    by_hour = {point.at_ns // HOUR: point for point in points}
    return list(by_hour.values())


def _grouped(
    trips: Iterable[RoundTrip], key: Callable[[RoundTrip], str]
) -> tuple[tuple[str, TradeSummary], ...]:
    groups: dict[str, list[RoundTrip]] = {}
    for trip in trips:
        groups.setdefault(key(trip), []).append(trip)
    return tuple((name, summary(groups[name])) for name in sorted(groups))


def _turnover(outcome: BacktestOutcome) -> Turnover:
    trips = outcome.results.trips
    bought = sum((trip.bought_for for trip in trips), ZERO)
    sold = sum((trip.received for trip in trips), ZERO)
    equity = [point.nlv for point in hourly(outcome.results.points)]
    mean = sum(equity, ZERO) / len(equity) if equity else ZERO
    times = (bought + sold) / 2 / mean if mean > 0 else None
    return Turnover(bought=Amount(bought), sold=Amount(sold), times=times)


def _held(outcome: BacktestOutcome) -> Iterator[HeldPoint]:
    """Yield what holding has brought by the end of equal stretches of whole hours."""
    plan = outcome.plan
    hours = max(1, (plan.end_ns - plan.start_ns) // HOUR)
    step_ns = -(-hours // HELD_POINTS) * HOUR
    firsts = _prices(outcome, plan.start_ns)
    kept = (ONE - plan.fees.taker) / (ONE + plan.fees.taker)
    if not firsts:
        return
    for at_ns in (*range(plan.start_ns + step_ns, plan.end_ns, step_ns), plan.end_ns):
        now = _prices(outcome, Nanos(at_ns))
        parts = [now[each] / first * kept - ONE for each, first in firsts.items()]
        yield HeldPoint(at_ns=Nanos(at_ns), return_pct=HUNDRED * sum(parts, ZERO) / len(parts))


def _prices(outcome: BacktestOutcome, at_ns: Nanos) -> dict[ProductId, Decimal]:
    market, products = outcome.plan.market, outcome.plan.products
    found = ((each, market.last_before(each, at_ns)) for each in products)
    return {product: bar.close for product, bar in found if bar is not None}
