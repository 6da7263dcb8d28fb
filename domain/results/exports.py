"""What an account did, as tables for other programs: fills, ledger, equity; lots are in `tax_lots`.

Rows come one by one as a journal is read, so no table is ever held in memory. Every number is the
one in the books: sums over a table equal the ledger to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Protocol

from attrs import frozen

from domain.messages.journal import RunStarted, RunStopped
from domain.messages.orders import FillBooked
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LotAdopted,
    LotReleased,
    LotsMissing,
)
from domain.model.approval import ApprovedEntry, ApprovedExit
from domain.model.instants import Nanos
from domain.model.money import ZERO, Amount, notional
from domain.model.product import Side, base_of
from domain.portfolio.ledger import Ledger
from domain.results.account import AccountFold, Change
from domain.results.trace import lot_of


class CellKind(StrEnum):
    """What a column holds: a moment (UTC, nanoseconds), exact decimals, whole numbers, texts."""

    MOMENT = "moment"
    DECIMAL = "decimal"
    WHOLE = "whole"
    TEXT = "text"
    FLAG = "flag"


@frozen
class Column:
    """A column. `unit` says what a number counts: the asset of the row, or its `currency`."""

    name: str
    kind: CellKind
    unit: str = ""


Row = tuple[Any, ...]
"""The values of a row by its columns; None: there is none."""


class Table(Protocol):
    """Turns a journal into rows, record by record."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return what the values of a row are."""

    def take(self, at_ns: Nanos, message: Any) -> Iterator[Row]:
        """Yield the rows of the next record, of that market time."""

    def rest(self) -> Iterator[Row]:
        """Yield the rows that only the end of the journal tells."""


@frozen
class Span:
    """From `since_ns` to before `until_ns`, market time; None: no limit."""

    since_ns: Nanos | None = None
    until_ns: Nanos | None = None

    def __contains__(self, at_ns: object) -> bool:
        assert isinstance(at_ns, int)
        is_late = self.until_ns is not None and at_ns >= self.until_ns
        return not is_late and (self.since_ns is None or at_ns >= self.since_ns)


WORLD, CURRENCY = Column("world", CellKind.TEXT), Column("currency", CellKind.TEXT)
ASSET, PRODUCT = Column("asset", CellKind.TEXT), Column("product", CellKind.TEXT)
AT, SIDE = Column("at_utc", CellKind.MOMENT, "UTC"), Column("side", CellKind.TEXT)
_QUANTITY = Column("quantity_asset", CellKind.DECIMAL, "asset")
_FEE = Column("fee_currency", CellKind.DECIMAL, "currency")


class Fills:
    """Every fill that is booked, once."""

    columns = (
        AT,
        WORLD,
        PRODUCT,
        ASSET,
        CURRENCY,
        SIDE,
        _QUANTITY,
        Column("price_currency", CellKind.DECIMAL, "currency per asset"),
        Column("value_currency", CellKind.DECIMAL, "currency"),
        _FEE,
        Column("is_maker", CellKind.FLAG),
        Column("strategy", CellKind.TEXT),
        Column("signal", CellKind.TEXT),
        Column("exit_reason", CellKind.TEXT),
        Column("lot", CellKind.TEXT),
        Column("client_order_id", CellKind.TEXT),
        Column("order_id", CellKind.TEXT),
        Column("trade_id", CellKind.TEXT),
    )

    def __init__(self, span: Span) -> None:
        self._span = span
        self._account = AccountFold()

    def take(self, at_ns: Nanos, message: Any) -> Iterator[Row]:
        """Yield the row of a fill."""
        change = followed(self._account, message)
        if change is None or change.after is change.before or not isinstance(message, FillBooked):
            return
        fill, order = message.fill, message.order
        if fill.at_ns not in self._span:
            return
        yield (
            fill.at_ns,
            self._account.world,
            fill.product,
            base_of(fill.product),
            change.after.quote_currency,
            fill.side.value,
            fill.quantity,
            fill.price,
            notional(fill.price, fill.quantity),
            fill.fee,
            fill.is_maker,
            order.strategy,
            order.signal if isinstance(order, ApprovedEntry) else "",
            order.reason.value if isinstance(order, ApprovedExit) else "",
            lot_of(message.client_order_id, order),
            message.client_order_id,
            fill.order_id,
            fill.entry_id,
        )

    def rest(self) -> Iterator[Row]:
        """Yield nothing: every fill has its row."""
        return iter(())


class LedgerLines:
    """Every change of the books, with what stands in them afterwards.

    What the account was opened with is its first row, so all changes of cash add up to the cash.
    """

    columns = (
        AT,
        WORLD,
        Column("kind", CellKind.TEXT),
        CURRENCY,
        ASSET,
        Column("quantity_change_asset", CellKind.DECIMAL, "asset"),
        Column("cash_change_currency", CellKind.DECIMAL, "currency"),
        _FEE,
        Column("realised_change_currency", CellKind.DECIMAL, "currency"),
        Column("cash_currency", CellKind.DECIMAL, "currency"),
        Column("realised_currency", CellKind.DECIMAL, "currency"),
        Column("fees_currency", CellKind.DECIMAL, "currency"),
        Column("capital_currency", CellKind.DECIMAL, "currency"),
        Column("lots_cost_currency", CellKind.DECIMAL, "currency"),
        Column("reference", CellKind.TEXT),
    )

    def __init__(self, span: Span) -> None:
        self._span = span
        self._account = AccountFold()

    def take(self, at_ns: Nanos, message: Any) -> Iterator[Row]:
        """Yield the row of what changes the books; of their opening too."""
        opened = self._account.ledger
        change = followed(self._account, message)
        after = self._account.ledger
        if after is None:
            return
        if opened is None and at_ns in self._span:
            opening = change.before if change is not None else after
            yield self._row(at_ns, "opening", "", ZERO, opening.cash, None, opening, "")
        if change is None or change.after is change.before:
            return
        when = message.fill.at_ns if isinstance(message, FillBooked) else at_ns
        if when in self._span:
            yield self._of(when, message, change)

    def rest(self) -> Iterator[Row]:
        """Yield nothing: every change has its row."""
        return iter(())

    def _of(self, at_ns: Nanos, message: Any, change: Change) -> Row:
        before, after = change.before, change.after
        cash = after.cash - before.cash
        match message:
            case FillBooked(fill=fill):
                is_buy = fill.side is Side.BUY
                kind, sign = ("buy", 1) if is_buy else ("sell", -1)
                base, quantity = base_of(fill.product), sign * fill.quantity
                return self._row(at_ns, kind, base, quantity, cash, before, after, fill.entry_id)
            case CashFlowSeen(currency=currency, amount=amount, kind=kind):
                is_cash = currency == after.quote_currency
                asset, moved = ("", ZERO) if is_cash else (currency, amount)
                return self._row(at_ns, kind, asset, moved, cash, before, after, "")
            case LotReleased(product=product):
                base, gone = base_of(product), -message.quantity
                return self._row(at_ns, "released", base, gone, cash, before, after, message.lot)
            case LotAdopted(product=product, quantity=quantity, lot=lot):
                base = base_of(product)
                return self._row(at_ns, "adopted", base, quantity, cash, before, after, lot)
            case LotsMissing(currency=currency):
                return self._row(at_ns, "missing", currency, ZERO, cash, before, after, "")
        raise AssertionError(f"{type(message).__name__} changes no books")

    def _row(
        self,
        at_ns: Nanos,
        kind: str,
        asset: str,
        quantity: Any,
        cash: Any,
        before: Ledger | None,
        after: Ledger,
        reference: str,
    ) -> Row:
        is_opening = before is None
        fees = ZERO if before is None else after.fees - before.fees
        realised = ZERO if before is None else after.realised - before.realised
        costs = Amount(sum((lot.cost for lot in after.lots), ZERO))
        return (
            at_ns,
            self._account.world,
            kind,
            after.quote_currency,
            asset,
            None if is_opening else quantity,
            cash,
            fees,
            realised,
            after.cash,
            after.realised,
            after.fees,
            after.capital,
            costs,
            reference,
        )


class EquityMarks:
    """What the account was worth at each decision, flow and end, where that was known."""

    columns = (
        AT,
        WORLD,
        Column("cycle", CellKind.WHOLE, "decisions of the run"),
        CURRENCY,
        Column("equity_currency", CellKind.DECIMAL, "currency"),
        Column("capital_currency", CellKind.DECIMAL, "currency"),
        Column("profit_currency", CellKind.DECIMAL, "currency"),
    )

    def __init__(self, span: Span) -> None:
        self._span = span
        self._account = AccountFold()

    def take(self, at_ns: Nanos, message: Any) -> Iterator[Row]:
        """Yield the row of a mark; one that nobody could value has empty numbers."""
        followed(self._account, message)
        if at_ns not in self._span:
            return
        match message:
            case EquityMarked(cycle=cycle, nlv=nlv, opening_nlv=opening):
                yield self._row(at_ns, cycle, nlv, opening)
            case RunStopped(cycles=cycles, nlv=nlv, pnl=pnl) if nlv is not None and pnl is not None:
                yield self._row(at_ns, cycles, nlv, Amount(nlv - pnl))
            case _:
                pass

    def rest(self) -> Iterator[Row]:
        """Yield nothing: every mark has its row."""
        return iter(())

    def _row(self, at_ns: Nanos, cycle: int, nlv: Amount | None, opening: Amount) -> Row:
        profit = None if nlv is None else nlv - opening
        currency = self._account.quote or ""
        return (at_ns, self._account.world, cycle, currency, nlv, opening, profit)


def followed(account: AccountFold, message: Any) -> Change | None:
    """Let `account` take in any record, the start of a run too."""
    if isinstance(message, RunStarted):
        account.begins_anew(message)
        return None
    return account.take(message)
