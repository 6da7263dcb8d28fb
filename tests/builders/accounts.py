"""Journals of an account for tests of what reads them: opened, then fills of random deals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from domain.messages.journal import RunStarted
from domain.messages.portfolio import StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.instants import DAY, Nanos
from domain.model.money import Amount
from domain.model.portfolio import AccountBalance
from domain.portfolio.ledger import Ledger, book, open_ledger
from domain.results.exports import Row, Table
from tests.builders.deals import Deal, fill_of
from tests.builders.messages import BTC, ETH, MAKER, NOW, TAKER, a_product

CASH = Decimal(10_000)
OPENED = (
    RunStarted("paper", "embedded", "w1", "", "", 0),
    BootCompleted((a_product(BTC), a_product(ETH)), MAKER, TAKER, True),
    StatementTaken("start", (AccountBalance("USD", CASH, Decimal(0)),)),
)
Record = tuple[Nanos, Any]


def opened() -> list[Record]:
    """Return the records with which the books open."""
    return [(NOW, message) for message in OPENED]


def of_deals(deals: Iterable[Deal]) -> tuple[list[Record], Ledger]:
    """Return a journal of these deals, a day apart, and the books that they leave."""
    records, ledger = opened(), open_ledger("USD", Amount(CASH))
    for number, deal in enumerate(deals, start=1):
        at_ns = Nanos(NOW + number * DAY)
        fill = fill_of(deal, number, ledger, at_ns)
        if fill is not None:
            records.append((at_ns, fill))
            ledger = book(ledger, fill, a_product(deal.product))
    return records, ledger


def rows(table: Table, records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Yield the rows that a journal gives, by the names of their columns."""
    names = [column.name for column in table.columns]

    def all_of() -> Iterator[Row]:
        for at_ns, message in records:
            yield from table.take(at_ns, message)
        yield from table.rest()

    for row in all_of():
        yield dict(zip(names, row, strict=True))


def total(found: Iterable[dict[str, Any]], column: str) -> Decimal:
    """Return the sum of a column."""
    return sum((row[column] for row in found if row[column] is not None), Decimal(0))
