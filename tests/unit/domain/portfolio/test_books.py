"""One fold: whoever keeps books comes to the same ones from the same messages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as some

from actors.trading.approvals import Approvals
from actors.trading.portfolio import Portfolio, PortfolioState
from actors.trading.risk_gate import GateState, RiskGate
from domain.messages.control import SyncRequested
from domain.messages.decisions import OrderApproved
from domain.messages.journal import JournalCreated, RunStarted
from domain.messages.orders import FillBooked, IntentRaised
from domain.messages.portfolio import CashFlowSeen, LedgerReported, LotsListed, StatementTaken
from domain.messages.supervision import BootCompleted, ProductsChanged
from domain.model.approval import ApprovedOrder
from domain.model.errors import InvariantBroken
from domain.model.instants import SECOND, Nanos
from domain.model.money import ZERO, Amount
from domain.model.portfolio import AccountBalance
from domain.portfolio.audit import audit
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger, report
from domain.portfolio.losses import LossLimits
from domain.risk.exposure import Exposure
from domain.system.recovery import Recovered, fold
from tests.builders.harness import Harness, deliver
from tests.builders.messages import (
    BTC,
    LINEAGE,
    MAKER,
    NOW,
    TAKER,
    a_mandate,
    a_product,
    an_intent,
    approved,
    approved_sale,
    booked,
    the_rules,
)

OPENING = StatementTaken(
    "start", (AccountBalance("BTC", ZERO, ZERO), AccountBalance("USD", Decimal(10_000), ZERO))
)
BOOT = BootCompleted((a_product(),), MAKER, TAKER, is_clean=True)
LIMIT = Nanos(5 * SECOND)
LIMITS = LossLimits(
    daily_pct=Decimal(3),
    weekly_pct=Decimal(6),
    drawdown_pct=Decimal(10),
    max_daily_loss_usd=Amount(Decimal(500)),
)


@pytest.mark.req("X4")
def test_what_changes_nothing_returns_the_same_books() -> None:
    bought = booked(an_intent())
    books = Books("USD").apply(OPENING).apply(BOOT).apply(bought)

    for again in (bought, OPENING, CashFlowSeen("EUR", Amount(Decimal(5)), "deposit"), LotsListed):
        assert books.apply(again) is books


def test_a_fill_before_the_opening_statement_is_refused() -> None:
    with pytest.raises(InvariantBroken, match="before the opening statement"):
        Books("USD").apply(booked(an_intent()))


def test_money_that_moves_before_the_opening_statement_is_part_of_it() -> None:
    early = CashFlowSeen("USD", Amount(Decimal(7)), "deposit")

    assert Books("USD").apply(early).apply(OPENING) == Books("USD").apply(OPENING)


def test_the_newest_catalogue_gives_the_price_steps() -> None:
    coarse = a_product(price_increment=Decimal(5))

    ledger = Books("USD").apply(OPENING).apply(BOOT).apply(ProductsChanged((coarse,)))
    bought = ledger.apply(booked(an_intent())).ledger

    assert bought is not None
    assert bought.lots[0].stop_price == 95


# Risk gate, portfolio, recovery, audit.

Steps = list[tuple[str, int]]
STEPS = some.lists(
    some.tuples(
        some.sampled_from(["buy", "sell", "again", "deposit", "boot"]),
        some.integers(1, 9),
    ),
    max_size=25,
)


def story(steps: Steps) -> list[object]:
    """Return a journal of fills, repeated fills, flows and boots that hangs together."""
    told: list[object] = [JournalCreated(LINEAGE), RunStarted("paper", "v", "w", "c", "p", 1)]
    told += [OPENING, BOOT]
    fills: list[FillBooked] = []
    owned = ZERO
    for number, (kind, size) in enumerate(steps, start=1):
        quantity = Decimal(size) / 10
        match kind:
            case "buy" | "sell":
                if kind == "sell" and quantity > owned:
                    continue
                order: ApprovedOrder = approved(approval=number, quantity=quantity)
                if kind == "sell":
                    order = approved_sale("first in", str(quantity), approval=number)
                intent = an_intent(order, number)
                fills.append(booked(intent, str(quantity), fee=Amount(quantity / 4)))
                told += [OrderApproved(order), IntentRaised(intent), fills[-1]]
                owned += quantity if kind == "buy" else -quantity
            case "again" if fills:
                told.append(fills[size % len(fills)])
            case "deposit":
                told.append(CashFlowSeen("USD", Amount(Decimal(size)), "deposit"))
            case "boot":
                told.append(evolve(BOOT, products=(a_product(price_increment=Decimal(size)),)))
    return told


def recovered(told: list[object]) -> Recovered:
    return fold(((NOW + number, each) for number, each in enumerate(told)), "USD")


def of_gate(told: list[object]) -> LedgerReported:
    harness = Harness()
    state = GateState(None, Exposure(), 1, ())
    approvals = Approvals()
    gate = harness.start(RiskGate, "risk_gate", the_rules(), a_mandate(), state, approvals, LIMIT)
    return _asked(gate, told)


def of_portfolio(told: list[object]) -> LedgerReported:
    harness = Harness()
    state = PortfolioState("USD", None, None, ())
    return _asked(harness.start(Portfolio, "portfolio", state, LIMITS, LIMIT), told)


def _asked(keeper: RiskGate | Portfolio, told: list[object]) -> LedgerReported:
    kinds = (FillBooked, CashFlowSeen, StatementTaken, BootCompleted)
    deliver(keeper, *(each for each in told if isinstance(each, kinds)))
    (answer,) = deliver(keeper, SyncRequested(5))
    assert isinstance(answer, LedgerReported)
    return answer


def statement_of(ledger: Ledger) -> StatementTaken:
    owned = sum((lot.quantity for lot in ledger.lots), ZERO)
    accounts = (AccountBalance("BTC", owned, ZERO), AccountBalance("USD", ledger.cash, ZERO))
    return StatementTaken("stop", accounts)


def disagreements(told: list[object]) -> list[str]:
    """Return what the audit finds but fills that come twice, which it must tell."""
    found = audit((number, type(each).__name__, each) for number, each in enumerate(told))
    return [each for each in found.problems if "a second time" not in each]


@pytest.mark.req("AUD1", "BOOT1")
@given(STEPS)
def test_gate_portfolio_recovery_and_audit_keep_the_same_books(steps: Steps) -> None:
    told = story(steps)

    ledger = recovered(told).ledger

    assert ledger is not None
    assert of_gate(told) == report("risk_gate", 5, ledger)
    assert of_portfolio(told) == report("portfolio", 5, ledger)
    stop = statement_of(ledger)
    lots = LotsListed("stop", (), tuple(lot.id for lot in ledger.lots))
    assert disagreements([*told, stop, lots]) == []
    usd = AccountBalance("USD", Decimal(ledger.cash + Decimal("0.01")), ZERO)
    assert disagreements([*told, evolve(stop, accounts=(stop.accounts[0], usd))]) != []


@pytest.mark.req("AUD1")
def test_the_audit_counts_money_that_came_before_it_knew_the_currency() -> None:
    early = CashFlowSeen("USD", Amount(Decimal(50)), "deposit")
    beginning = [JournalCreated(LINEAGE), RunStarted("paper", "v", "w", "c", "p", 1), OPENING]

    told = [*beginning, early, BOOT, StatementTaken("stop", _usd(10_050))]

    assert recovered(told).ledger == Books("USD").apply(OPENING).apply(early).ledger
    assert disagreements(told) == []
    assert disagreements([*told[:-1], StatementTaken("stop", _usd(10_000))]) != []


def _usd(total: int) -> tuple[AccountBalance, ...]:
    return (AccountBalance("USD", Decimal(total), ZERO), AccountBalance("BTC", ZERO, ZERO))


def test_a_lot_knows_its_product() -> None:
    books = Books("USD").apply(OPENING).apply(booked(an_intent()))

    assert (Books("USD").owns(BTC), books.owns(BTC)) == (False, True)
