"""Which rows a record of the journal becomes in the read model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from adapters.journal.chain import Record
from domain.messages.control import AlertRaised
from domain.messages.decisions import RoundJudged
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.messages.portfolio import CashFlowSeen, EquityMarked, StatementTaken
from domain.messages.supervision import BreakerReset, BreakerTripped
from domain.model.approval import Limit
from domain.model.instants import iso
from domain.model.money import plain
from domain.model.orders import OrderIntent

TABLES = {
    "runs": "seq INTEGER PRIMARY KEY, at TEXT, mode TEXT, venue TEXT, world TEXT,"
    " config_hash TEXT, ended_at TEXT, reason TEXT",
    "orders": "client_order_id TEXT PRIMARY KEY, seq INTEGER, at TEXT, strategy TEXT, product TEXT,"
    " side TEXT, purpose TEXT, quantity TEXT, limit_price TEXT, state TEXT, filled TEXT,"
    " order_id TEXT, reason TEXT, changed_at TEXT, correlation INTEGER",
    "fills": "entry_id TEXT PRIMARY KEY, seq INTEGER, at TEXT, client_order_id TEXT, strategy TEXT,"
    " product TEXT, side TEXT, quantity TEXT, price TEXT, fee TEXT, is_maker INTEGER,"
    " filled_at TEXT",
    "flows": "seq INTEGER PRIMARY KEY, at TEXT, currency TEXT, amount TEXT, kind TEXT",
    "balances": "seq INTEGER, at TEXT, occasion TEXT, currency TEXT, total TEXT",
    "equity": "seq INTEGER PRIMARY KEY, at TEXT, cycle INTEGER, nlv TEXT, opening_nlv TEXT",
    "cycles": "seq INTEGER PRIMARY KEY, at TEXT, cycle INTEGER, approved INTEGER, refused INTEGER",
    "breakers": "seq INTEGER PRIMARY KEY, at TEXT, name TEXT, scope TEXT, event TEXT, effect TEXT,"
    " reason TEXT, is_latched INTEGER",
    "alerts": "seq INTEGER PRIMARY KEY, at TEXT, severity TEXT, code TEXT, what TEXT",
    "ledger": "seq INTEGER, currency TEXT, opening_cash TEXT, cash TEXT, flows TEXT, realised TEXT,"
    " fees TEXT",
    "lots": "lot TEXT PRIMARY KEY, product TEXT, strategy TEXT, signal TEXT, quantity TEXT,"
    " missing TEXT, cost TEXT, stop TEXT, target TEXT, opened_at TEXT",
    "meta": "name TEXT PRIMARY KEY, value TEXT",
}
"""Columns by table."""


@frozen
class Row:
    """A statement, and the values of its places."""

    statement: str
    values: tuple[Any, ...]


def rows_of(record: Record, message: Any) -> Iterator[Row]:
    """Yield what a record changes in the tables, in order."""
    seq, at = record.seq, record.at
    match message:
        case IntentRaised(intent) | WouldPlace(intent):
            yield _order(record, intent)
        case OrderAdvanced():
            yield _moved(at, message)
        case FillBooked():
            yield _fill(seq, at, message)
        case EquityMarked(cycle, nlv, opening):
            worth = None if nlv is None else plain(nlv)
            yield _insert("equity", seq, at, cycle, worth, plain(opening))
        case RoundJudged(cycle=cycle, approved=approved, refused=refused):
            yield _insert("cycles", seq, at, cycle, len(approved), len(refused))
        case CashFlowSeen(currency, amount, kind):
            yield _insert("flows", seq, at, currency, plain(amount), kind)
        case StatementTaken(occasion, accounts):
            for each in accounts:
                yield _insert("balances", seq, at, occasion, each.currency, plain(each.total))
        case _:
            yield from _of_life(seq, at, message)


def _of_life(seq: int, at: str, message: Any) -> Iterator[Row]:
    match message:
        case RunStarted(mode, venue, world, config_hash):
            yield _insert("runs", seq, at, mode, venue, world, config_hash, None, None)
        case RunStopped(reason):
            newest = "(SELECT max(seq) FROM runs)"
            ended = f"UPDATE runs SET ended_at = ?, reason = ? WHERE seq = {newest}"
            yield Row(ended, (at, reason))
        case BreakerTripped(breaker):
            told = (breaker.name, breaker.scope, "opened", breaker.effect.name, breaker.reason)
            yield _insert("breakers", seq, at, *told, breaker.is_latched)
        case BreakerReset(name, scope, by, evidence):
            why = f"by {by}: {evidence}"
            yield _insert("breakers", seq, at, name, scope, "closed", None, why, None)
        case AlertRaised(severity=severity, code=code, what=what):
            yield _insert("alerts", seq, at, severity.name, code, what)


def _insert(table: str, *values: Any) -> Row:
    # The first word that stands counts: a record that comes twice is no second row.
    places = ", ".join("?" * len(values))
    return Row(f"INSERT OR IGNORE INTO {table} VALUES ({places})", values)


def _order(record: Record, intent: OrderIntent) -> Row:
    order = intent.order
    kind = order.order_type
    price = plain(kind.price) if isinstance(kind, Limit) else None
    what = (order.strategy, order.product, order.side.value, order.purpose.value)
    so_far = ("INTENDED", "0", None, "", record.at, record.correlation)
    return _insert(
        "orders",
        intent.client_order_id,
        record.seq,
        record.at,
        *what,
        plain(order.quantity),
        price,
        *so_far,
    )


def _moved(at: str, moved: OrderAdvanced) -> Row:
    return Row(
        "UPDATE orders SET state = ?, filled = ?, order_id = coalesce(?, order_id), reason = ?,"
        " changed_at = ? WHERE client_order_id = ?",
        (
            moved.state.value,
            plain(moved.filled),
            moved.order_id,
            moved.reason,
            at,
            moved.client_order_id,
        ),
    )


def _fill(seq: int, at: str, booked: FillBooked) -> Row:
    fill = booked.fill
    numbers = (plain(fill.quantity), plain(fill.price), plain(fill.fee))
    whose = (booked.client_order_id, booked.order.strategy, fill.product, fill.side.value)
    filled = iso(fill.at_ns)
    return _insert("fills", fill.entry_id, seq, at, *whose, *numbers, fill.is_maker, filled)
