"""Parts of the status document about what may be bought and the state of the market."""

from __future__ import annotations

from collections.abc import Set
from decimal import Decimal

from domain.messages.decisions import RoundJudged
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.model.instants import iso
from domain.model.money import plain
from domain.model.product import ProductId
from domain.model.universe import Standing

Row = dict[str, object]


def universe_row(judged: UniverseJudged | None) -> Row | None:
    """Return which products may be bought, by tier, and why each of the others may not."""
    if judged is None:
        return None
    eligible = [each for each in judged.standings if each.is_eligible]
    excluded = [each for each in judged.standings if not each.is_eligible]
    return {
        "eligible": [_measured(each) for each in eligible],
        "excluded": [
            {
                **_measured(each),
                "exclusion_reason": each.exclusion_reason,
                "observed": each.observed,
                "limit": each.limit,
            }
            for each in excluded
        ],
    }


def _measured(standing: Standing) -> Row:
    spread, depth = standing.spread_bps, standing.depth
    return {
        "product": standing.product,
        "tier": standing.tier,
        "volume_24h": _text(standing.volume),
        "spread_bps": None if spread is None else f"{spread:.2f}",
        "depth": None if depth is None else f"{depth:.2f}",
    }


def funnel_row(judged: RoundJudged | None, filled: Set[ProductId]) -> Row | None:
    """Return how far products came in the last decision, `filled` since, with the first reason of
    each loss; a product without one gave no signal, or is on its way.
    """
    if judged is None or judged.funnel is None:
        return None
    funnel = judged.funnel
    return {
        "cycle": judged.cycle,
        "eligible": funnel.eligible,
        "seen": funnel.seen,
        "triggered": funnel.triggered,
        "proposed": funnel.proposed,
        "allocated": funnel.allocated,
        "approved": funnel.approved,
        "filled": len(filled & set(judged.approved)),
        "losses": [
            {
                "product": each.product,
                "stage": each.stage.value,
                "reason": each.reason,
                "strategy": each.strategy,
            }
            for each in funnel.losses
        ],
    }


def regime_row(judged: RegimeJudged | None) -> Row | None:
    """Return the regime that counts, what it does to sizes, where it comes from and how old it is.

    `at` is the end of the newest hourly bar.
    """
    if judged is None:
        return None
    reading = judged.reading
    return {
        "regime": reading.regime.value,
        "multiplier": plain(reading.regime.multiplier),
        "provenance": reading.provenance.value,
        "why": reading.why,
        "product": reading.product,
        "bars": reading.bars,
        "at": None if reading.at_ns is None else iso(reading.at_ns),
        "trend_pct": _text(reading.trend_pct),
        "volatility_pct": _text(reading.volatility_pct),
        "until": None if reading.until_ns is None else iso(reading.until_ns),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
