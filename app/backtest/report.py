"""A backtest as one JSON document; docs/backtest.md says what each member is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from attrs import evolve

from app.backtest.analysis import Analysis, analyse, hourly
from app.backtest.exposure import Share
from app.backtest.order_lists import order_hashes
from app.backtest.outcome import BacktestOutcome
from app.backtest.plan import BacktestPlan, FillRule
from app.backtest.report_schema import SCHEMA
from app.results.document import document, summary_of
from domain.model.instants import HOUR, MILLISECOND, SECOND, iso
from domain.model.money import plain
from domain.model.wording import counted
from domain.results.costs import Costs
from domain.results.performance import CurvePoint
from domain.results.regression import Metrics

DIGITS = Decimal("1e-10")
TOLD = ("trades", "strategies", "slippage", "closed", "open", "counts")
"""Members that are those of `report --json`."""
REPRICED = "repriced"
"""How other costs are reckoned: the same trades, each with more or less of what it paid."""


def report(outcome: BacktestOutcome, found: Analysis | None = None) -> dict[str, Any]:
    """Return everything: equal backtests give equal bytes, on every machine.

    `found` is the analysis of the outcome where it is known already.
    """
    found = analyse(outcome) if found is None else found
    results = outcome.results
    told = document(evolve(results, foregone=found.followed.rules, points=()))
    return {
        **played(outcome),
        "metrics": rounded(outcome.metrics),
        "kindest": None if outcome.kindest is None else rounded(outcome.kindest),
        **{name: told[name] for name in ("equity", "pnl_net", "realised", "unrealised", "fees")},
        "buy_and_hold_pct": _ratio(outcome.held_pct),
        **{name: told[name] for name in TOLD},
        "exposure": _exposure(outcome),
        "curve": [_point(each) for each in hourly(results.points)],
        "halts": [
            {"name": each.name, "at": iso(each.at_ns), "reason": each.reason}
            for each in outcome.halts
        ],
        "assumptions": list(assumptions(outcome)),
        "warnings": list(outcome.warnings),
        "statistics": _statistics(outcome, found),
        "months": [
            {"month": each.month, "return_pct": _ratio(each.return_pct)} for each in found.months
        ],
        "pnl_by_strategy": told["pnl_by_strategy"],
        "by_product": {name: summary_of(made) for name, made in found.by_product},
        "by_exit": {name: summary_of(made) for name, made in found.by_exit},
        "costs": _costs(found.costs),
        "turnover": {
            "bought": plain(found.turnover.bought),
            "sold": plain(found.turnover.sold),
            "times_equity": _ratio(found.turnover.times),
        },
        "foregone": told["foregone"],
        "foregone_left_out": found.followed.left_out + outcome.trail.refusals_left_out,
        "exposure_curve": list(_at_work(outcome)),
        "buy_and_hold_curve": [
            {"at": iso(each.at_ns), "return_pct": _ratio(each.return_pct)} for each in found.held
        ],
        "order_hashes": order_hashes(outcome.trail),
    }


def played(outcome: BacktestOutcome) -> dict[str, Any]:
    """Return what was played: reports are compared where this is the same."""
    plan = outcome.plan
    return {
        "schema": SCHEMA,
        "market": plan.market.description,
        "products": list(plan.products),
        "from": iso(plan.start_ns),
        "to": iso(plan.end_ns),
        "config": {"hash": plan.config.config_hash, "policy": plan.config.policy_hash},
        "seed": plan.seed,
        "fills": plan.fills.value,
        "quote_currency": plan.config.app.quote.value,
        "opening": {name: plain(amount) for name, amount in sorted(plan.opening.items())},
    }


def _statistics(outcome: BacktestOutcome, found: Analysis) -> dict[str, Any]:
    yearly, mean = found.ratios, found.mean
    return {
        "days": yearly.days,
        "growth_pct": _ratio(yearly.growth_pct),
        "volatility_pct": _ratio(yearly.volatility_pct),
        "sharpe": _ratio(yearly.sharpe),
        "sortino": _ratio(yearly.sortino),
        "calmar": _ratio(yearly.calmar),
        "longest_drawdown_seconds": yearly.longest_ns // SECOND,
        "longest_drawdown_is_over": yearly.is_over,
        "mean_profit": _ratio(mean.mean if mean else None),
        "mean_profit_low": _ratio(mean.low if mean else None),
        "mean_profit_high": _ratio(mean.high if mean else None),
        "t_statistic": _ratio(found.t_statistic),
        "trials": outcome.trials,
        "sharpe_by_luck": _ratio(found.by_luck),
    }


def _costs(found: Costs) -> dict[str, Any]:
    return {
        "method": REPRICED,
        "fees": plain(found.fees),
        "spread": None if found.spread is None else plain(found.spread),
        "cases": [
            {
                "multiple": plain(each.multiple),
                "costs": plain(each.costs),
                "pnl_net": plain(each.profit),
                "pnl_pct": _ratio(each.profit_pct),
            }
            for each in found.cases
        ],
        "bearable_multiple": _ratio(found.bearable),
    }


def _at_work(outcome: BacktestOutcome) -> Iterator[dict[str, Any]]:
    for hour, share in outcome.exposure.hours.items():
        yield {
            "at": iso(hour * HOUR),
            "all_pct": _ratio(share.whole),
            "assets": {name: _ratio(share.assets[name]) for name in sorted(share.assets)},
            "themes": {name: _ratio(share.themes[name]) for name in sorted(share.themes)},
        }


_FILLS = {
    FillRule.TAPE: (
        "fills: each is decided on a tape that adds up to the minute's candle; within the minute"
        " the order of prices is drawn from the seed",
        "resting orders fill where trades go through their price, and never with more than was"
        " traded; taking orders pay for the depth of the shown book",
    ),
    FillRule.BAR: (
        "fills: each is decided by the minute's candle alone, in the order open, low, stops,"
        " targets, close: a stop comes before a target",
        "resting orders fill where the low is below their price, with at most a quarter of the"
        " volume; stops sell at their price, or a lower open, less the spread",
    ),
}


def assumptions(outcome: BacktestOutcome) -> tuple[str, ...]:
    """Return what was taken for granted, in plain words."""
    plan = outcome.plan
    maker, taker = 100 * plan.fees.maker, 100 * plan.fees.taker
    told = [
        f"fees: {plain(maker.normalize())} % resting, {plain(taker.normalize())} % taking,"
        f" as {'a new account pays' if plan.like is None else f'{plan.like.name} paid'}",
        *(_FILLS[plan.fills]),
        _books(plan),
        _delay(plan),
        "our orders move no price after their own fill",
        "a product without a trade for 5 minutes is not traded until its next one",
        "nobody resumes after a halt, and no actor fails",
        "products listed today are the only ones there were: those that are gone are not in it",
    ]
    if plan.market.prices == "invented":
        told.append("prices are invented: what is earned on them says nothing about a real market")
    quote = plan.config.app.quote.value
    if quote != "USD":
        told.append(f"1 {quote} is worth 1 USD all the time: nobody watches its price")
    if plan.renamed:
        told.append(f"1 {plan.renamed} counts as 1 {quote}")
    return tuple(told)


def _books(plan: BacktestPlan) -> str:
    drawn, like = "as usual for what was traded in the hour before", plan.like
    if like is None:
        return f"spread and depth of books: {drawn}"
    known = sum(1 for each in plan.products if each in plan.books)
    if not known:
        return f"{like.name} kept no books of these products: spread and depth are {drawn}"
    looks = counted(like.looks, "look")
    told = f"spread and depth of {counted(known, 'book')}: the median of what {like.name} saw"
    rest = len(plan.products) - known
    others = f"; of {counted(rest, 'other')} {drawn}" if rest else ""
    return f"{told}, {looks} in all{others}"


def _delay(plan: BacktestPlan) -> str:
    if plan.like is None:
        return "no time passes between decision, order and answer"
    took = plain((Decimal(plan.delay_ns) / MILLISECOND).quantize(Decimal("0.01")).normalize())
    orders = counted(plan.like.orders, "order")
    return f"an order and a cancel take {took} ms, the median of {orders} of {plan.like.name}"


def _exposure(outcome: BacktestOutcome) -> dict[str, Any]:
    shown, minutes = outcome.exposure, outcome.minutes
    return {
        "all": _share(shown.whole, minutes),
        "assets": {name: _share(each, minutes) for name, each in sorted(shown.assets.items())},
        "themes": {name: _share(each, minutes) for name, each in sorted(shown.themes.items())},
    }


def _share(share: Share, minutes: int) -> dict[str, str | None]:
    return {"mean_pct": _ratio(share.total / minutes), "most_pct": _ratio(share.most)}


def _point(point: CurvePoint) -> dict[str, str | None]:
    drawdown = _ratio(point.drawdown_pct)
    return {"at": iso(point.at_ns), "equity": plain(point.nlv), "drawdown_pct": drawdown}


def rounded(metrics: Metrics) -> dict[str, str | None]:
    """Return metrics as a report has them."""
    return {
        name: None if text is None else _ratio(Decimal(text))
        for name, text in metrics.texts().items()
    }


def _ratio(value: Decimal | None) -> str | None:
    """Return a ratio with ten digits after the point: the rest is no knowledge."""
    return None if value is None else plain(value.quantize(DIGITS))
