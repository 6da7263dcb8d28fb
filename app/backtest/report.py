"""A backtest as one JSON document; docs/backtest.md says what each member is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.backtest.outcome import BacktestOutcome
from app.backtest.record import Share
from app.results.document import document
from domain.model.instants import HOUR, iso
from domain.model.money import plain
from domain.results.performance import CurvePoint

SCHEMA = 1
DIGITS = Decimal("1e-10")


def report(outcome: BacktestOutcome) -> dict[str, Any]:
    """Return everything: equal backtests give equal bytes, on every machine."""
    plan, results, told = outcome.plan, outcome.results, document(outcome.results)
    kept = ("trades", "strategies", "slippage", "closed", "open", "counts")
    return {
        "schema": SCHEMA,
        "market": plan.market.description,
        "products": list(plan.products),
        "from": iso(plan.start_ns),
        "to": iso(plan.end_ns),
        "config": {"hash": plan.config.config_hash, "policy": plan.config.policy_hash},
        "seed": plan.seed,
        "quote_currency": plan.config.app.quote.value,
        "opening": {name: plain(amount) for name, amount in sorted(plan.opening.items())},
        "metrics": _rounded(outcome.metrics.texts()),
        "equity": told["equity"],
        "pnl_net": told["pnl_net"],
        "realised": told["realised"],
        "unrealised": told["unrealised"],
        "fees": told["fees"],
        "buy_and_hold_pct": None if outcome.held_pct is None else _ratio(outcome.held_pct),
        **{name: told[name] for name in kept},
        "exposure": _exposure(outcome),
        "curve": [_point(each) for each in hourly(results.points)],
        "halts": [
            {"name": each.name, "at": iso(each.at_ns), "reason": each.reason}
            for each in outcome.halts
        ],
        "assumptions": list(assumptions(outcome)),
        "warnings": list(outcome.warnings),
    }


def assumptions(outcome: BacktestOutcome) -> tuple[str, ...]:
    """Return what was taken for granted, in plain words."""
    plan = outcome.plan
    maker, taker = 100 * plan.fees.maker, 100 * plan.fees.taker
    told = [
        f"fees: {plain(maker.normalize())} % resting, {plain(taker.normalize())} % taking,"
        " as a new account pays",
        "fills: each is decided on a tape that adds up to the minute's candle; within the minute"
        " the order of prices is drawn from the seed",
        "resting orders fill where trades go through their price, and never with more than was"
        " traded; taking orders pay for the depth of the shown book",
        "no time passes between decision, order and answer; our orders move no price after their"
        " own fill",
        "a product without a trade for 5 minutes is not traded until its next one",
        "nobody resumes after a halt, and no actor fails",
        "products listed today are the only ones there were: those that are gone are not in it",
    ]
    quote = plan.config.app.quote.value
    if quote != "USD":
        told.append(f"1 {quote} is worth 1 USD all the time: nobody watches its price")
    if plan.renamed:
        told.append(f"1 {plan.renamed} counts as 1 {quote}")
    return tuple(told)


def hourly(points: tuple[CurvePoint, ...]) -> list[CurvePoint]:
    """Return the last point of each hour."""
    by_hour = {point.at_ns // HOUR: point for point in points}
    return list(by_hour.values())


def _exposure(outcome: BacktestOutcome) -> dict[str, Any]:
    shown, minutes = outcome.exposure, outcome.minutes
    return {
        "all": _share(shown.whole, minutes),
        "assets": {name: _share(each, minutes) for name, each in sorted(shown.assets.items())},
        "themes": {name: _share(each, minutes) for name, each in sorted(shown.themes.items())},
    }


def _share(share: Share, minutes: int) -> dict[str, str]:
    return {"mean_pct": _ratio(share.total / minutes), "most_pct": _ratio(share.most)}


def _point(point: CurvePoint) -> dict[str, str]:
    drawdown = _ratio(point.drawdown_pct)
    return {"at": iso(point.at_ns), "equity": plain(point.nlv), "drawdown_pct": drawdown}


def _rounded(texts: dict[str, str | None]) -> dict[str, str | None]:
    return {name: None if text is None else _ratio(Decimal(text)) for name, text in texts.items()}


def _ratio(value: Decimal) -> str:
    """Return a ratio with ten digits after the point: the rest is no knowledge."""
    return plain(value.quantize(DIGITS))
