"""What a backtest did, as tables for notebooks: trades, orders, equity and refusals as Parquet.

Money and quantities are exact as the books have them; what had to be divided is cut to 18 places.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from app.backtest.outcome import BacktestOutcome
from app.results.tabular import replacing, write_parquet
from domain.model.approval import ApprovedEntry, Limit, OrderType, StopLimit
from domain.model.product import base_of
from domain.results.exports import CellKind, Column, Row
from domain.results.trace import lot_of

PLACES = Decimal("1e-18")


def _text(name: str) -> Column:
    return Column(name, CellKind.TEXT)


def _utc(name: str) -> Column:
    return Column(f"{name}_utc", CellKind.MOMENT, "UTC")


def _money(name: str) -> Column:
    return Column(f"{name}_currency", CellKind.DECIMAL, "currency")


def _price(name: str) -> Column:
    return Column(f"{name}_currency", CellKind.DECIMAL, "currency per asset")


def _units(name: str) -> Column:
    return Column(f"{name}_asset", CellKind.DECIMAL, "asset")


_WHAT = (_text("product"), _text("asset"), _text("currency"))
_WHO = (_text("strategy"), _text("signal"))
TRADES = (
    *(_text("lot"), *_WHAT, *_WHO, _text("why")),
    *(_utc("opened"), _utc("closed"), Column("is_closed", CellKind.FLAG)),
    *(_units("bought"), _units("sold"), _price("entry"), _price("exit")),
    *(_price("stop"), _price("target")),
    *(_money("paid"), _money("received"), _money("fees"), _money("profit")),
    *(Column("profit_pct", CellKind.DECIMAL, "percent"), _text("sold_by")),
)
ORDERS = (
    *(Column("number", CellKind.WHOLE), _text("client_order_id")),
    *(_utc("raised"), _utc("ended"), *_WHAT),
    *(_text("side"), _text("purpose"), _text("type"), _price("limit"), _price("stop")),
    *(_units("quantity"), _units("filled"), _money("value"), _money("fees")),
    *(_text("state"), _text("reason"), *_WHO, _text("lot")),
)
EQUITY = (
    *(_utc("at"), _text("currency"), _money("equity")),
    *(Column("growth", CellKind.DECIMAL), Column("drawdown_pct", CellKind.DECIMAL, "percent")),
)
REFUSALS = (
    *(_utc("at"), *_WHAT, _text("purpose"), _text("strategy"), _text("side")),
    *(_text("rule"), _text("observed"), _text("limit"), Column("rules", CellKind.WHOLE)),
    *(_units("wanted"), _price("wanted"), _text("lot")),
)


def write_results(outcome: BacktestOutcome, folder: Path) -> tuple[Path, ...]:
    """Write all tables into `folder`, which is made if it is not there; return their files.

    A file that is there is replaced when the new one is whole.

    Raises:
        OSError: they could not be written.
        DoesNotFit: a number has more digits than Parquet's decimals.
    """
    folder.mkdir(exist_ok=True)
    tables = (
        ("trades", TRADES, _trades(outcome)),
        ("orders", ORDERS, _orders(outcome)),
        ("equity", EQUITY, _equity(outcome)),
        ("refusals", REFUSALS, _refusals(outcome)),
    )
    files = []
    for name, columns, rows in tables:
        files.append(folder / f"{name}.parquet")
        with replacing(files[-1]) as path:
            write_parquet(columns, rows, path)
    return tuple(files)


def _trades(outcome: BacktestOutcome) -> Iterator[Row]:
    currency = outcome.results.quote_currency
    for trip in outcome.results.trips:
        yield (
            *(trip.lot, trip.product, base_of(trip.product), currency),
            *(trip.strategy, trip.signal, trip.why),
            *(trip.opened_ns, trip.closed_ns, trip.is_closed),
            *(trip.bought, trip.sold, _cut(trip.entry_price), _cut(trip.exit_price)),
            *(_cut(trip.stop_price), _cut(trip.target_price)),
            *(trip.paid, trip.received, trip.fees, trip.profit),
            *(_cut(trip.profit_pct), trip.exits[-1].value if trip.exits else ""),
        )


def _orders(outcome: BacktestOutcome) -> Iterator[Row]:
    currency = outcome.results.quote_currency
    for line in outcome.trail.orders.values():
        intent, order = line.intent, line.intent.order
        name, limit, stop = _type(order.order_type)
        signal = order.signal if isinstance(order, ApprovedEntry) else ""
        yield (
            *(intent.number, intent.client_order_id, line.raised_ns, line.ended_ns),
            *(order.product, base_of(order.product), currency),
            *(order.side.value, order.purpose.value, name, _cut(limit), _cut(stop)),
            *(order.quantity, line.filled, line.value, line.fees),
            *(line.state.value, line.reason, order.strategy, signal),
            lot_of(intent.client_order_id, order),
        )


def _type(kind: OrderType) -> tuple[str, Decimal | None, Decimal | None]:
    """Return the name of an order type, its limit price and its stop price."""
    match kind:
        case Limit(price=price, post_only=post_only):
            return ("post-only limit" if post_only else "limit"), price, None
        case StopLimit(stop_price=stop, price=price):
            return "stop limit", price, stop
        case _:
            return "market", None, None


def _equity(outcome: BacktestOutcome) -> Iterator[Row]:
    currency = outcome.results.quote_currency
    for point in outcome.results.points:
        yield point.at_ns, currency, point.nlv, _cut(point.growth), _cut(point.drawdown_pct)


def _refusals(outcome: BacktestOutcome) -> Iterator[Row]:
    currency = outcome.results.quote_currency
    for at_ns, refused in outcome.trail.refused:
        first, wanted = refused.refusals[0], refused.wanted
        yield (
            *(at_ns, refused.product, base_of(refused.product), currency),
            *(refused.purpose.value, refused.strategy, refused.side.value),
            *(first.reason, first.observed, first.limit, len(refused.refusals)),
            *((wanted.quantity, _cut(wanted.limit_price)) if wanted else (None, None)),
            refused.lot,
        )


def _cut(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(PLACES, ROUND_HALF_EVEN)
