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
from domain.messages.portfolio import (
    CashFlowSeen,
    LedgerReported,
    LotAdopted,
    LotReleased,
    LotsListed,
    LotsMissing,
    StatementTaken,
)
from domain.messages.supervision import BootCompleted, ProductsChanged
from domain.model.approval import ApprovedOrder
from domain.model.errors import InvariantBroken
from domain.model.instants import SECOND, Nanos
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.portfolio import AccountBalance, Lot
from domain.portfolio.audit import audit
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger, report
from domain.portfolio.losses import LossLimits
from domain.risk.exposure import Exposure
from domain.risk.throttle import ThrottleLimits
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

    nothing = LotsMissing("BTC", ()), LotReleased("no lot", BTC, Quantity(ZERO), "")
    for again in (bought, OPENING, *nothing, LotsListed):
        assert books.apply(again) is books


@pytest.mark.req("REC1")
def test_a_lot_that_is_missing_and_released_leaves_the_books() -> None:
    books = Books("USD").apply(OPENING).apply(BOOT).apply(booked(an_intent()))
    assert books.ledger is not None
    (lot,) = books.ledger.lots

    gone = LotsMissing("BTC", ((lot.id, lot.quantity),))
    books = books.apply(gone).apply(LotReleased(lot.id, BTC, lot.quantity, "sold by hand"))

    assert books.owned == frozenset()


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
        some.sampled_from(
            ["buy", "sell", "again", "deposit", "boot", "missing", "back", "release", "adopt"]
        ),
        some.integers(1, 9),
    ),
    max_size=25,
)


def story(steps: Steps) -> list[object]:
    """Return a journal of fills, flows, coins that go and come back, and boots, that hangs
    together.
    """
    told: list[object] = [JournalCreated(LINEAGE), RunStarted("paper", "v", "w", "c", "p", 1)]
    told += [OPENING, BOOT]
    fills: list[FillBooked] = []
    for number, (kind, size) in enumerate(steps, start=1):
        quantity, lots = Decimal(size) / 10, lots_after(told)
        match kind:
            case "buy" | "sell":
                order: ApprovedOrder = approved(approval=number, quantity=quantity)
                if kind == "sell":
                    lot = next((each for each in lots if each.held), None)
                    if lot is None:
                        continue
                    quantity = min(quantity, lot.held)
                    order = approved_sale(lot.id, str(quantity), approval=number)
                intent = an_intent(order, number)
                fills.append(booked(intent, str(quantity), fee=Amount(quantity / 4)))
                told += [OrderApproved(order), IntentRaised(intent), fills[-1]]
            case "again" if fills:
                told.append(fills[size % len(fills)])
            case "deposit":
                told.append(CashFlowSeen("USD", Amount(Decimal(size)), "deposit"))
            case "missing" | "back" if lots:
                told += moved(lots, size % len(lots), quantity if kind == "back" else -quantity)
            case "release" if lots:
                lot = lots[size % len(lots)]
                told.append(LotReleased(lot.id, BTC, lot.missing, "by hand"))
            case "adopt":
                told.append(CashFlowSeen("BTC", Amount(quantity), "deposit"))
                cost, stop = Amount(quantity * 100), Price(Decimal(90))
                lot_id = f"adopted-{number}"
                told.append(LotAdopted(lot_id, BTC, Quantity(quantity), cost, stop, NOW, "by hand"))
            case "boot":
                told.append(evolve(BOOT, products=(a_product(price_increment=Decimal(size)),)))
    return told


def lots_after(told: list[object]) -> tuple[Lot, ...]:
    ledger = recovered(told).ledger
    return () if ledger is None else ledger.lots


def moved(lots: tuple[Lot, ...], chosen: int, by: Decimal) -> list[object]:
    """Return what is journaled when so much of a lot goes or comes back, at most what there is."""
    missing = {lot.id: lot.missing for lot in lots}
    lot = lots[chosen]
    missing[lot.id] = Quantity(min(max(lot.missing - by, ZERO), lot.quantity))
    change = Amount(lot.missing - missing[lot.id])
    named = tuple((name, part) for name, part in missing.items() if part)
    return [CashFlowSeen("BTC", change, "by hand"), LotsMissing("BTC", named)]


def recovered(told: list[object]) -> Recovered:
    return fold(((NOW + number, each) for number, each in enumerate(told)), "USD")


def of_gate(told: list[object]) -> LedgerReported:
    harness = Harness()
    state = GateState(None, Exposure(), 1, ())
    approvals = Approvals()
    gate = harness.start(
        RiskGate, "risk_gate", the_rules(), a_mandate(), state, approvals, LIMIT, ThrottleLimits()
    )
    return _asked(gate, told)


def of_portfolio(told: list[object]) -> LedgerReported:
    harness = Harness()
    state = PortfolioState("USD", None, None, ())
    return _asked(harness.start(Portfolio, "portfolio", state, LIMITS, LIMIT), told)


def _asked(keeper: RiskGate | Portfolio, told: list[object]) -> LedgerReported:
    of_lots = (LotsMissing, LotReleased, LotAdopted)
    kinds = (FillBooked, CashFlowSeen, StatementTaken, BootCompleted, *of_lots)
    deliver(keeper, *(each for each in told if isinstance(each, kinds)))
    (answer,) = deliver(keeper, SyncRequested(5))
    assert isinstance(answer, LedgerReported)
    return answer


def statement_of(ledger: Ledger) -> StatementTaken:
    held = sum((lot.held for lot in ledger.lots), ZERO)
    accounts = (AccountBalance("BTC", held, ZERO), AccountBalance("USD", ledger.cash, ZERO))
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
    assert of_portfolio(told) == evolve(report("portfolio", 5, ledger), allotted=ledger.cash)
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
