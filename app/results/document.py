"""Results as one JSON document: every amount exact and as text, every time RFC 3339."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from actors.reporting.foregone_rows import foregone_rows
from actors.reporting.pnl_rows import pnl_rows
from domain.model.instants import SECOND, iso
from domain.model.money import plain
from domain.model.portfolio import Lot
from domain.results.fold import Results
from domain.results.performance import TradeSummary, deepest
from domain.results.round_trips import RoundTrip

SCHEMA = 1


def document(results: Results) -> dict[str, Any]:
    """Return what `report --json` prints."""
    last, worst = results.last, deepest(results.points)
    return {
        "schema": SCHEMA,
        "mode": results.mode,
        "quote_currency": results.quote_currency,
        "from": iso(results.begun_ns),
        "to": iso(results.ended_ns),
        "equity": _text(last.nlv if last else None),
        "equity_at": iso(last.at_ns) if last else None,
        "is_valued": results.is_valued,
        "pnl_net": _text(last.pnl if last else None),
        "realised": _text(results.realised),
        "unrealised": _text(results.unrealised),
        "fees": _text(results.fees),
        "flows": _text(results.flows),
        "cash": _text(results.cash),
        "opening_cash": _text(results.opening_cash),
        "max_drawdown_pct": _text(worst.drawdown_pct if worst else None),
        "max_drawdown_at": iso(worst.at_ns) if worst and worst.drawdown_pct else None,
        "trades": summary_of(results.summary),
        "stopped": summary_of(results.stopped),
        "pnl_by_strategy": pnl_rows(results.origins),
        "strategies": {name: summary_of(made) for name, made in results.by_strategy},
        "slippage": {
            "sold": _text(results.sales.sold),
            "against_bid": _text(results.sales.slipped),
            "past_stop": _text(results.sales.past_stop),
        },
        "closed": [_trip(trip) for trip in results.closed],
        "open": [_lot(lot) for lot in results.lots],
        "curve": [
            {"at": iso(p.at_ns), "equity": _text(p.nlv), "drawdown_pct": _text(p.drawdown_pct)}
            for p in results.points
        ],
        "counts": _counts(results),
        "foregone": foregone_rows(results.foregone),
    }


def summary_of(made: TradeSummary) -> dict[str, Any]:
    """Return what closed trades add up to."""
    return {
        "total_trades": made.trades,
        "wins": made.wins,
        "win_rate": _text(made.win_rate_pct),
        "profit_before_fees": _text(made.gross),
        "fees": _text(made.fees),
        "profit": _text(made.profit),
        "profit_factor": _text(made.profit_factor),
        "average": _text(made.average),
        "cost_pct": _text(made.cost_pct),
    }


def _counts(results: Results) -> dict[str, Any]:
    counts = results.counts
    return {
        "runs": counts.runs,
        "cycles": counts.cycles,
        "approved": counts.approved,
        "orders": counts.orders,
        "fills": counts.fills,
        "would_place": counts.would_place,
        "refused_entries": dict(counts.refused_entries),
        "refused_exits": dict(counts.refused_exits),
    }


def _trip(trip: RoundTrip) -> dict[str, Any]:
    held_ns = trip.held_ns
    return {
        "lot": trip.lot,
        "product": trip.product,
        "strategy": trip.strategy,
        "opened": iso(trip.opened_ns),
        "closed": None if trip.closed_ns is None else iso(trip.closed_ns),
        "held_seconds": None if held_ns is None else held_ns // SECOND,
        "quantity": _text(trip.sold),
        "entry_price": _text(trip.entry_price),
        "exit_price": _text(trip.exit_price),
        "stop": _text(trip.stop_price),
        "target": _text(trip.target_price),
        "profit_before_fees": _text(trip.gross),
        "fees": _text(trip.fees),
        "profit": _text(trip.profit),
        "profit_pct": _text(trip.profit_pct),
        "exits": [reason.value for reason in trip.exits],
        "why": trip.why,
        "signal": trip.signal,
    }


def _lot(lot: Lot) -> dict[str, Any]:
    return {
        "lot": lot.id,
        "product": lot.product,
        "strategy": lot.strategy,
        "signal": lot.signal,
        "quantity": _text(lot.quantity),
        "cost": _text(lot.cost),
        "entry_price": _text(lot.paid / lot.quantity),
        "stop": _text(lot.stop_price),
        "target": _text(lot.target_price),
        "opened": iso(lot.opened_ns),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
