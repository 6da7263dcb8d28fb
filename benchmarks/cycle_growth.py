"""A cycle with a day of journal behind it, and with a year: the second should cost no more.

Each journal has a mark of the equity every minute and a round trip every half hour. It is folded
as a start folds it, and the actors go on from there. They take turns, so that a busy machine slows
all alike. The floor is the same with an empty journal.
Usage: python benchmarks/cycle_growth.py [--cycles N] [--days N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from actors.kernel.envelope import ReplyTo
from actors.kernel.topology import ALLOCATOR, ORDER_MANAGER, PORTFOLIO
from actors.trading.order_manager import OrderManager
from actors.trading.portfolio import Portfolio, PortfolioState
from actors.trading.risk_gate import GateState
from app.run import settings
from benchmarks.decision_round import a_boot, a_strategy, prepared
from benchmarks.frame_to_strategy import SilentVenue
from benchmarks.parts import NOW, Bench, Probe, bench, config_folder, parsed, table, timed
from config.loading import load
from domain.messages.decisions import CycleDue, OrderApproved
from domain.messages.journal import JournalCreated
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced
from domain.messages.portfolio import EquityMarked, StatementTaken
from domain.model.approval import ApprovedEntry, ApprovedExit, ApprovedOrder, ExitReason, Limit
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.money import Amount, Price, Quantity, install_context
from domain.model.orders import FillSeen, OrderIntent, OrderState
from domain.model.portfolio import AccountBalance
from domain.orders.identity import client_order_id
from domain.orders.inputs import OrderBookState
from domain.system.recovery import Recovered, fold

PRODUCTS, STRATEGIES, TRIGGERING = 10, 5, 3
YEAR_DAYS = 365
TRIPS_APART = 30
"""Minutes between two round trips."""
LINEAGE = f"{7:032x}"
CASH = Decimal(10_000)
BOOT = a_boot(PRODUCTS)
LIMIT = Limit(price=Price(Decimal("100.00")), post_only=True, lifetime_ns=Nanos(MINUTE))
Records = Iterator[tuple[int, Any]]


def journal(days: int) -> Records:
    """Yield market time and message of so many days that end now."""
    begun = NOW - days * DAY
    yield begun, JournalCreated(LINEAGE)
    yield begun, StatementTaken("start", (AccountBalance("USD", CASH, Decimal(0)),))
    yield begun, BOOT
    numbers = count(1)
    for minute in range(days * DAY // MINUTE):
        at_ns = begun + minute * MINUTE
        nlv = Amount(CASH + minute % 7)
        yield at_ns, EquityMarked(minute, nlv, Amount(CASH))
        if minute % TRIPS_APART == 0:
            yield from round_trip(next(numbers), next(numbers), at_ns)


def round_trip(bought: int, sold: int, at_ns: int) -> Records:
    """Yield an entry that was filled, and the sale of its lot."""
    yield from done(an_entry(bought, at_ns), bought, at_ns)
    yield from done(an_exit(sold, client_order_id(LINEAGE, bought)), sold, at_ns)


def done(order: ApprovedOrder, number: int, at_ns: int, lineage: str = LINEAGE) -> Records:
    """Yield the life of an order that was filled at once."""
    name = client_order_id(lineage, number)
    yield at_ns, OrderApproved(order)
    yield at_ns, IntentRaised(OrderIntent(number, name, order, None))
    yield at_ns, moved(order, name, OrderState.OPEN, "0")
    yield at_ns, FillBooked(a_fill(order, name, at_ns), name, order)
    yield at_ns, moved(order, name, OrderState.FILLED, str(order.quantity))


def an_entry(number: int, at_ns: int) -> ApprovedEntry:
    """Return a buy of one of the products."""
    return ApprovedEntry(
        approval=number,
        strategy="breakout0",
        product=BOOT.products[number % PRODUCTS].id,
        quantity=Quantity(Decimal("0.1")),
        order_type=LIMIT,
        worst_case=Amount(Decimal("10.12")),
        stop_loss_pct=Decimal(4),
        take_profit_pct=Decimal(8),
        max_hold_ns=Nanos(HOUR),
        reason="benchmark",
        bar_ns=Nanos(at_ns - MINUTE),
        approved_ns=Nanos(0),
    )


def an_exit(number: int, lot: str) -> ApprovedExit:
    """Return the sale of what the order before has bought."""
    return ApprovedExit(
        approval=number,
        strategy="breakout0",
        product=BOOT.products[(number - 1) % PRODUCTS].id,
        quantity=Quantity(Decimal("0.1")),
        order_type=LIMIT,
        lot=lot,
        reason=ExitReason.TARGET,
        approved_ns=Nanos(0),
    )


def moved(order: ApprovedOrder, name: str, state: OrderState, filled: str) -> OrderAdvanced:
    """Return an order's move."""
    quantity = Quantity(Decimal(filled))
    return OrderAdvanced(
        name, f"v-{name}", order.product, order.side, order.purpose, state, quantity, ""
    )


def a_fill(order: ApprovedOrder, name: str, at_ns: int) -> FillSeen:
    """Return the one fill of an order."""
    return FillSeen(
        entry_id=f"f-{name}",
        order_id=f"v-{name}",
        product=order.product,
        side=order.side,
        price=LIMIT.price,
        quantity=order.quantity,
        fee=Amount(Decimal("0.06")),
        is_maker=True,
        at_ns=Nanos(at_ns),
    )


def started(found: Bench, state: Recovered) -> Probe:
    """Start who decides and keeps the books, from the recovered state."""
    config = load(config_folder())
    limit_ns = settings.quote_limit_ns(config)
    runtime = found.runtime
    books = PortfolioState("USD", None, state.ledger, state.marks, state.peak, state.resumed)
    runtime.spawn(Portfolio, PORTFOLIO, books, config.policy.losses, limit_ns)
    orders = state.own_orders(Nanos(0))
    own = OrderBookState(LINEAGE, state.next_number, orders, state.former)
    runtime.spawn(OrderManager, ORDER_MANAGER, SilentVenue(), own, gateway=None)
    gate = GateState(
        state.ledger, state.exposure(), state.next_approval, state.approved, state.counted
    )
    strategies = [a_strategy(number) for number in range(STRATEGIES)]
    return prepared(found, strategies, BOOT, TRIGGERING, gate)


class Aged:
    """A system with so many days of journal behind it, and how long its work takes (in us)."""

    def __init__(self, found: Bench, days: int) -> None:
        self.rounds: list[float] = []
        self.trips: list[float] = []
        self._found = found
        state = fold(journal(days), "USD")
        self._numbers = count(state.next_number)
        self._probe = started(found, state)

    def work(self, cycle: int) -> None:
        """Measure a cycle until all is quiet, and a round trip into all books."""
        found, due = self._found, CycleDue(cycle, NOW, Nanos(NOW + MINUTE))
        found.runtime.post(ReplyTo(ALLOCATOR), due)
        self._probe.seen.clear()
        self.rounds.append(timed(found.settle))
        assert self._probe.seen.is_set(), "the round came to no end"
        facts = list(round_trip(next(self._numbers), next(self._numbers), NOW))
        self.trips.append(timed(partial(told, found, facts)))


def grown(ages: Sequence[int], repeats: int) -> list[Aged]:
    """Return systems of these ages in days after `repeats` cycles in turns."""
    with ExitStack() as stack:
        systems = [Aged(stack.enter_context(bench("virtual")), days) for days in ages]
        for cycle in range(repeats):
            for each in systems:
                each.work(cycle)
    return systems


def told(found: Bench, facts: list[tuple[int, Any]]) -> None:
    """Let everybody hear what became of an order."""
    for _, message in facts:
        if not isinstance(message, OrderApproved):
            found.runtime.announce(message)
            found.settle()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=60)
    parser.add_argument("--days", type=int, default=YEAR_DAYS, help="length of the long journal")
    options = parsed(parser, cycles=3, days=2)
    install_context()
    names = ("empty journal (floor)", "after 1 day", f"after {options.days} days")
    found = grown((0, 1, options.days), options.cycles)
    measured = {
        "a cycle until all is quiet": [each.rounds for each in found],
        "a round trip into all books": [each.trips for each in found],
    }
    for title, samples in measured.items():
        rows = list(zip(names, samples, strict=True))
        table(f"{title} (target: the last two alike)", rows, names[0])


if __name__ == "__main__":
    main()
