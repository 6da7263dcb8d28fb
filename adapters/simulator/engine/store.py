"""What the venue must never forget: orders, fills, balances and market time, in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import msgspec
from attrs import Factory, frozen

from adapters.simulator.engine.orders import Fill, VenueOrder

MARKET_TIME = "market_time_ns"
OPENED = "opened_ns"


@frozen(kw_only=True)
class OrderQuery:
    """Which orders to list, newest first; an empty tuple or None does not restrict."""

    order_ids: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    times_in_force: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    side: str | None = None
    from_ns: int | None = None
    """Accepted at or after."""
    until_ns: int | None = None
    """Accepted before."""
    below: int | None = None
    """Only order numbers less than this: where the page before ended."""
    limit: int = 1000


@frozen(kw_only=True)
class FillQuery:
    """Which fills to list, newest first; an empty tuple or None does not restrict."""

    order_ids: tuple[str, ...] = ()
    trade_ids: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    side: str | None = None
    from_ns: int | None = None
    until_ns: int | None = None
    below: int | None = None
    limit: int = 100


@frozen(kw_only=True)
class Batch:
    """What one request or one advance changed; kept whole or not at all."""

    orders: Sequence[VenueOrder] = ()
    fills: Sequence[Fill] = ()
    balances: Mapping[tuple[str, str], Decimal] = Factory(dict)
    meta: Mapping[str, str] = Factory(dict)


class Store(Protocol):
    """Durable memory of one world."""

    def meta(self, key: str) -> str | None:
        """Return a remembered value."""

    def balances(self) -> dict[tuple[str, str], Decimal]:
        """Return all totals by owner and currency."""

    def live_orders(self) -> list[VenueOrder]:
        """Return the orders that are not final, oldest first."""

    def order(self, order_id: str) -> VenueOrder | None:
        """Return an order by the venue's id."""

    def order_of_client(self, client_order_id: str) -> VenueOrder | None:
        """Return an order by its client's id."""

    def find_orders(self, query: OrderQuery) -> list[VenueOrder]:
        """Return orders, newest first."""

    def find_fills(self, query: FillQuery) -> list[Fill]:
        """Return fills, newest first."""

    def last_numbers(self) -> tuple[int, int]:
        """Return the highest order number and fill number, 0 where there is none."""

    def save(self, batch: Batch) -> None:
        """Keep a batch; when this returns, the death of the process does not lose it."""

    def close(self) -> None:
        """Give the file back."""


_FAR = 2**63 - 1
"""The largest integer that SQLite takes."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS balances (
    owner TEXT NOT NULL, currency TEXT NOT NULL, total TEXT NOT NULL,
    PRIMARY KEY (owner, currency)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE,
    client_order_id TEXT NOT NULL UNIQUE, product TEXT NOT NULL, side TEXT NOT NULL,
    type TEXT NOT NULL, time_in_force TEXT NOT NULL, status TEXT NOT NULL,
    live INTEGER NOT NULL, at_ns INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_live ON orders (number) WHERE live = 1;
CREATE INDEX IF NOT EXISTS orders_time ON orders (at_ns);
CREATE TABLE IF NOT EXISTS fills (
    number INTEGER PRIMARY KEY, order_id TEXT NOT NULL, trade_id TEXT NOT NULL,
    product TEXT NOT NULL, side TEXT NOT NULL, at_ns INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS fills_order ON fills (order_id);
CREATE INDEX IF NOT EXISTS fills_time ON fills (at_ns);
"""

_ORDERS = "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FILLS = "INSERT INTO fills VALUES (?, ?, ?, ?, ?, ?, ?)"
_BALANCES = "INSERT OR REPLACE INTO balances VALUES (?, ?, ?)"
_META = "INSERT OR REPLACE INTO meta VALUES (?, ?)"


class SqliteStore:
    """A store in a SQLite file, or in memory without a path.

    Write-ahead log, synchronous NORMAL: a commit outlives the process; an outage of the whole
    machine may lose the last commits, which no client of a paper venue could tell from an
    outage just before them.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._base = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = NORMAL")
        self._base.executescript(_SCHEMA)

    def meta(self, key: str) -> str | None:
        """Return a remembered value."""
        row = self._base.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def balances(self) -> dict[tuple[str, str], Decimal]:
        """Return all totals by owner and currency."""
        rows = self._base.execute("SELECT owner, currency, total FROM balances")
        return {(owner, currency): Decimal(total) for owner, currency, total in rows}

    def live_orders(self) -> list[VenueOrder]:
        """Return the orders that are not final, oldest first."""
        return self._orders("WHERE live = 1 ORDER BY number", ())

    def order(self, order_id: str) -> VenueOrder | None:
        """Return an order by the venue's id."""
        return next(iter(self._orders("WHERE order_id = ?", (order_id,))), None)

    def order_of_client(self, client_order_id: str) -> VenueOrder | None:
        """Return an order by its client's id."""
        return next(iter(self._orders("WHERE client_order_id = ?", (client_order_id,))), None)

    def find_orders(self, query: OrderQuery) -> list[VenueOrder]:
        """Return orders, newest first."""
        where = _Where()
        where.among("order_id", query.order_ids)
        where.among("product", query.products)
        where.among("status", query.statuses)
        where.among("time_in_force", query.times_in_force)
        where.among("type", query.types)
        where.among("side", (query.side,) if query.side else ())
        where.window(query.from_ns, query.until_ns, query.below)
        return self._orders(where.text(), where.page(query.limit))

    def find_fills(self, query: FillQuery) -> list[Fill]:
        """Return fills, newest first."""
        where = _Where()
        where.among("order_id", query.order_ids)
        where.among("trade_id", query.trade_ids)
        where.among("product", query.products)
        where.among("side", (query.side,) if query.side else ())
        where.window(query.from_ns, query.until_ns, query.below)
        rows = self._base.execute(
            f"SELECT body FROM fills {where.text()}",
            where.page(query.limit),
        )
        return [msgspec.json.decode(body, type=Fill) for (body,) in rows]

    def last_numbers(self) -> tuple[int, int]:
        """Return the highest order number and fill number, 0 where there is none."""
        row = self._base.execute(
            "SELECT coalesce((SELECT max(number) FROM orders), 0),"
            " coalesce((SELECT max(number) FROM fills), 0)"
        ).fetchone()
        return int(row[0]), int(row[1])

    def save(self, batch: Batch) -> None:
        """Keep a batch in one transaction."""
        base = self._base
        base.execute("BEGIN IMMEDIATE")
        try:
            base.executemany(_ORDERS, map(_order_row, batch.orders))
            base.executemany(_FILLS, map(_fill_row, batch.fills))
            totals = [(owner, name, str(total)) for (owner, name), total in batch.balances.items()]
            base.executemany(_BALANCES, totals)
            base.executemany(_META, batch.meta.items())
        except BaseException:
            base.execute("ROLLBACK")
            raise
        base.execute("COMMIT")

    def close(self) -> None:
        """Give the file back."""
        self._base.close()

    def _orders(self, clause: str, values: Sequence[object]) -> list[VenueOrder]:
        rows = self._base.execute(f"SELECT body FROM orders {clause}", tuple(values))
        return [msgspec.json.decode(body, type=VenueOrder) for (body,) in rows]


class _Where:
    """A WHERE clause in the making; only values come from outside, as parameters."""

    def __init__(self) -> None:
        self._terms: list[str] = []
        self._values: list[object] = []

    def among(self, column: str, values: Sequence[str]) -> None:
        if values:
            self._terms.append(f"{column} IN ({', '.join('?' * len(values))})")
            self._values += values

    def window(self, from_ns: int | None, until_ns: int | None, below: int | None) -> None:
        bounds = (("at_ns >= ?", from_ns), ("at_ns < ?", until_ns), ("number < ?", below))
        for term, bound in bounds:
            if bound is not None:
                self._terms.append(term)
                self._values.append(max(-_FAR, min(_FAR, bound)))

    def text(self) -> str:
        terms = f"WHERE {' AND '.join(self._terms)} " if self._terms else ""
        return f"{terms}ORDER BY number DESC LIMIT ?"

    def page(self, limit: int) -> tuple[object, ...]:
        return (*self._values, limit)


def _order_row(order: VenueOrder) -> tuple[object, ...]:
    return (
        order.number,
        order.order_id,
        order.client_order_id,
        order.product,
        order.side.value,
        order.kind.order_type,
        order.kind.time_in_force,
        order.status.value,
        0 if order.status.is_final else 1,
        order.created_ns,
        msgspec.json.encode(order),
    )


def _fill_row(fill: Fill) -> tuple[object, ...]:
    return (
        fill.number,
        fill.order_id,
        fill.trade_id,
        fill.product,
        fill.side.value,
        fill.at_ns,
        msgspec.json.encode(fill),
    )
