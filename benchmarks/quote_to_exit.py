"""From a quote at the stop to the approved exit, on both runtimes.

The floor is the same decision as two direct function calls. Target: p50 <= 300 us, p99 <= 2 ms.
Usage: python benchmarks/quote_to_exit.py [--quotes N]
"""

from __future__ import annotations

import argparse
import sys
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from attrs import evolve

from actors.kernel.topology import EXITS, ORDER_MANAGER, PORTFOLIO, RISK_GATE
from actors.trading.approvals import Approvals
from actors.trading.exits import Exits
from actors.trading.portfolio import Portfolio, PortfolioState
from actors.trading.risk_gate import GateState, RiskGate
from app.run import settings
from benchmarks.frame_to_strategy import SilentVenue
from benchmarks.parts import (
    NOW,
    Bench,
    a_product,
    a_quote,
    bench,
    config_folder,
    parsed,
    table,
    timed,
)
from config.loading import load
from domain.decisions.exit_tries import ExitTries
from domain.decisions.exits import due_exit
from domain.messages.decisions import ExitProposed, OrderApproved
from domain.messages.market import QuoteMoved
from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.messages.supervision import BootCompleted, TradingReady
from domain.model.instants import HOUR, Nanos
from domain.model.money import Amount, Price, Quantity, Rate, install_context
from domain.model.orders import OrderIntent, OrderState
from domain.model.portfolio import Lot
from domain.orders.venue_stops import VenueStops
from domain.portfolio.ledger import open_ledger
from domain.risk.exposure import Exposure
from domain.risk.gate import judge_exit
from domain.risk.throttle import ThrottleLimits

PRODUCT = a_product(0)
LOT = Lot(
    id="lot",
    product=PRODUCT.id,
    strategy="breakout",
    quantity=Quantity(Decimal(2)),
    cost=Amount(Decimal("202.40")),
    paid=Amount(Decimal(200)),
    stop_price=Price(Decimal(96)),
    target_price=Price(Decimal(108)),
    opened_ns=NOW,
    expires_ns=Nanos(NOW + HOUR),
)
AT_STOP = a_quote(PRODUCT.id, "95.99")


def prepared(found: Bench, lot: Lot = LOT) -> None:
    """Start exits, gate and portfolio, all owning the one lot."""
    runtime, config = found.runtime, load(config_folder())
    ledger = evolve(open_ledger("USD", Amount(Decimal(10_000))), lots=(lot,))
    state = GateState(ledger, Exposure(), 1, ())
    rules, mandate = config.policy.rules, settings.mandate_of(config)
    limit_ns = settings.quote_limit_ns(config)
    runtime.spawn(
        RiskGate, RISK_GATE, rules, mandate, state, Approvals(), limit_ns, ThrottleLimits()
    )
    books = PortfolioState("USD", None, ledger, ())
    runtime.spawn(Portfolio, PORTFOLIO, books, config.policy.losses, limit_ns)
    upkeep, caps = config.policy.maintenance, settings.trim_caps_of(config)
    runtime.spawn(Exits, EXITS, SilentVenue(), limit_ns, upkeep, caps, VenueStops())
    runtime.announce(QuoteMoved(a_quote(PRODUCT.id)))
    rates = Rate(Decimal("0.006")), Rate(Decimal("0.012"))
    runtime.announce(BootCompleted((PRODUCT,), *rates, is_clean=True))
    runtime.announce(TradingReady("none"))
    found.settle()


def exits_on(kind: str, count: int) -> tuple[list[float], list[float]]:
    """Return the microseconds of exits, and of the same decision by direct calls."""
    with bench(kind) as found:
        probe = found.probe(ORDER_MANAGER, lambda each: isinstance(each, OrderApproved))
        prepared(found)
        samples = []
        for number in range(count):
            samples.append(found.drive(lambda: found.runtime.announce(QuoteMoved(AT_STOP)), probe))
            take_back(found, number, probe.message)
        gate = found.runtime.members[RISK_GATE]
        assert isinstance(gate, RiskGate)
        direct = [timed(lambda: decide_directly(gate)) for _ in range(count)]
    return samples, direct


def take_back(found: Bench, number: int, approved: OrderApproved) -> None:
    """Let the order end unfilled, so that the lot may be sold again."""
    order, name = approved.order, f"exit-{number}"
    found.runtime.announce(IntentRaised(OrderIntent(number, name, order, None)))
    ended = OrderAdvanced(
        name,
        None,
        order.product,
        order.side,
        order.purpose,
        OrderState.REJECTED,
        Quantity(Decimal(0)),
        "",
    )
    found.settle()
    found.runtime.announce(QuoteMoved(a_quote(PRODUCT.id)))
    found.settle()
    found.runtime.announce(ended)
    found.settle()
    exits = found.runtime.members[EXITS]
    assert isinstance(exits, Exits)
    exits._lots[LOT.id].tries = ExitTries()  # the pause between two tries is not measured here


def decide_directly(gate: RiskGate) -> None:
    """Decide without a message."""
    reason = due_exit(LOT, AT_STOP.bid, NOW)
    assert reason is not None
    wanted = ExitProposed(LOT.id, LOT.product, LOT.quantity, reason, AT_STOP.bid)
    assert isinstance(judge_exit(wanted, gate._view(), 1), OrderApproved)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quotes", type=int, default=1_000)
    options = parsed(parser, quotes=10)
    install_context()
    virtual, direct = exits_on("virtual", options.quotes)
    threads, _ = exits_on("threads", options.quotes)
    table(
        "quote at the stop -> approved exit (target p50 <= 300, p99 <= 2 000)",
        [
            ("direct calls (floor)", direct),
            ("virtual runtime", virtual),
            ("threads", threads),
        ],
        "direct calls (floor)",
    )


if __name__ == "__main__":
    main()
