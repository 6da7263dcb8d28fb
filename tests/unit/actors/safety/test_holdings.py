"""Coins and cash that move without us: looked at twice, then booked, frozen, told, and lifted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.topology import OPERATOR, ORDER_MANAGER, PORTFOLIO, RISK_GATE
from actors.safety.holdings import BREAKER, CONFIRM_NS, MISSING
from actors.safety.reconcile_steps import BoundAccount
from actors.safety.reconciler import EVERY_NS, Reconciler
from domain.messages.control import (
    AdoptRequested,
    AlertRaised,
    DiscrepancyFound,
    ReconcileFinished,
    ReconcileRequested,
    ReleaseAnswered,
    ReleaseRequested,
    Synced,
    SyncRequested,
)
from domain.messages.portfolio import CashFlowSeen, LotAdopted, LotReleased, LotsMissing
from domain.messages.supervision import BootCompleted
from domain.messages.venue import AccountsListed, FillsListed, OrdersListed
from domain.model.breakers import Effect, Scope, Severity
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.money import ZERO, Amount, Quantity
from domain.model.portfolio import AccountBalance
from domain.model.product import ProductId, Side
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger
from tests.builders.harness import START_NS, Harness, Sent, deliver
from tests.builders.messages import BTC, MAKER, TAKER, a_lot, a_product
from tests.fakes.recording_venue import RecordingVenue

pytestmark = pytest.mark.req("REC1")

LOT = a_lot("2")
FROZEN = Scope.of_product(BTC)
LEDGER = Ledger(
    quote_currency="USD",
    opening_cash=Amount(Decimal(400)),
    cash=Amount(Decimal(100)),
    lots=(LOT,),
    coins={"BTC": Decimal(2)},
)


class Account:
    """A reconciler that has started, a venue whose balances a test moves, and books that follow."""

    def __init__(self, ledger: Ledger = LEDGER) -> None:
        self.harness, self.venue = Harness(), RecordingVenue()
        self.books = Books("USD", ledger)
        self.totals = {"USD": Decimal(100), **ledger.coins}
        self.unsettled: tuple[tuple[ProductId, Side], ...] = ()
        known = BootCompleted((a_product(BTC),), MAKER, TAKER, True)
        bound = BoundAccount("USD", None, Nanos(START_NS), known)
        self.actor = self.harness.start(Reconciler, "reconciler", self.venue, bound, is_booted=True)
        self._heard = 0
        self.go_on(1)

    def go_on(self, seconds: float) -> None:
        """Let time pass and answer what is asked, in steps of a quarter of a second."""
        for _ in range(int(4 * seconds)):
            while self._answer_one():
                continue
            self.harness.pass_time(self.actor, SECOND // 4)

    def all(self, kind: type) -> list[Any]:
        return self.harness.bodies(kind)

    def alerts(self, code: str) -> list[AlertRaised]:
        return [each for each in self.all(AlertRaised) if each.code == code]

    @property
    def lots(self) -> tuple[Any, ...]:
        ledger = self.books.ledger
        assert ledger is not None
        return ledger.lots

    def _answer_one(self) -> bool:
        calls, sent = self.venue.calls, self.harness.sent
        if calls:
            call = calls.pop(0)
            deliver(self.actor, self._answer(call.what, call.token))
        elif self._heard < len(sent):
            self._heard += 1
            self._hear(sent[self._heard - 1])
        else:
            return False
        return True

    def _answer(self, what: str, token: int) -> object:
        accounts = tuple(AccountBalance(k, v, ZERO) for k, v in self.totals.items())
        answers = {
            "list_orders": OrdersListed(token, (), True, Nanos(0), None),
            "list_fills": FillsListed(token, (), True, None),
            "list_accounts": AccountsListed(token, accounts, True, None),
        }
        return answers[what]

    def _hear(self, sent: Sent) -> None:
        self.books = self.books.apply(sent.body)
        if isinstance(sent.body, SyncRequested):
            for each in sent.to:
                if each == ORDER_MANAGER:
                    deliver(self.actor, Synced(each, sent.body.token, self.unsettled))
                else:
                    deliver(self.actor, self.books.report(each, sent.body.token))


def test_a_lot_whose_coins_are_gone_is_known_told_and_frozen_within_a_minute() -> None:
    account = Account()
    account.totals["BTC"] = Decimal(0)
    account.go_on(60)

    assert account.all(LotsMissing) == [LotsMissing("BTC", ((LOT.id, LOT.quantity),))]
    (breaker,) = account.harness.trips()
    assert (breaker.name, breaker.scope, breaker.effect) == (MISSING, FROZEN, Effect.BLOCK)
    (alert,) = account.alerts("MISSING")
    assert alert.severity is Severity.CRITICAL
    assert LOT.id in alert.what
    assert alert.command == f'python run.py release {LOT.id} --reason "..."'
    assert account.all(ReconcileFinished)[-1].is_clean


def test_a_product_is_frozen_before_its_lot_is_said_to_be_missing() -> None:
    account = Account()
    account.totals["BTC"] = Decimal(0)
    while not account.all(LotsMissing):
        account.go_on(0.25)

    assert FROZEN in {each.scope for each in account.harness.trips()}


def test_what_is_left_of_a_lot_stays_held() -> None:
    account = Account()
    account.totals["BTC"] = Decimal("1.25")
    account.go_on(60)

    (lot,) = account.lots
    assert (lot.quantity, lot.held, lot.missing) == (2, Decimal("1.25"), Decimal("0.75"))
    assert "1.25 BTC, protected" in account.alerts("MISSING")[0].owned


def test_the_first_look_only_blocks_and_what_passes_by_itself_is_not_believed() -> None:
    account = Account()
    account.totals["BTC"] = Decimal(0)
    account.go_on(EVERY_NS / SECOND + 3)
    assert [each.name for each in account.harness.trips()] == [BREAKER]

    account.totals["BTC"] = Decimal(2)
    account.go_on(60)

    assert account.all(LotsMissing) == []
    assert account.harness.trips() == ()
    assert account.all(DiscrepancyFound) == []


def test_coins_that_a_sale_of_ours_may_have_taken_are_not_missing_before_it_has_ended() -> None:
    account = Account()
    account.unsettled = ((BTC, Side.SELL),)
    account.totals["BTC"] = Decimal(1)
    account.go_on(90)
    assert account.all(LotsMissing) == []
    assert account.harness.is_open(BREAKER)

    account.unsettled = ()
    account.go_on(60)

    assert account.all(LotsMissing) == [LotsMissing("BTC", ((LOT.id, Quantity(Decimal(1))),))]
    assert not account.harness.is_open(BREAKER)


def test_coins_put_back_lift_everything_by_themselves() -> None:
    account = Account()
    account.totals["BTC"] = Decimal(0)
    account.go_on(60)
    account.totals["BTC"] = Decimal(2)
    account.go_on(60)

    assert account.lots == (LOT,)
    assert account.harness.trips() == ()
    assert len(account.alerts("MISSING")) == 1


def test_a_sale_by_hand_leaves_lot_and_cash_each_where_it_is_and_trading_goes_on() -> None:
    account = Account()
    account.totals |= {"BTC": Decimal(0), "USD": Decimal(290)}
    account.go_on(60)

    flows = [(each.currency, each.amount, each.kind) for each in account.all(CashFlowSeen)]
    assert flows == [("BTC", -2, "sold by hand"), ("USD", 190, "sold by hand")]
    assert [each.name for each in account.harness.trips()] == [MISSING]


@pytest.mark.req("DD1")
@pytest.mark.parametrize(("usd", "kind"), [("1100", "deposit"), ("40", "withdrawal")])
def test_money_that_comes_or_goes_is_a_flow_told_once_and_blocks_nothing(
    usd: str, kind: str
) -> None:
    account = Account()
    account.totals["USD"] = Decimal(usd)
    account.go_on(180)

    (flow,) = account.all(CashFlowSeen)
    assert (flow.currency, flow.kind) == ("USD", kind)
    (alert,) = account.alerts("CASH_FLOW")
    assert alert.severity is Severity.WARNING
    assert account.harness.trips() == ()


def test_balances_that_never_rest_are_not_believed() -> None:
    account = Account()
    for cent in range(400):
        account.totals["USD"] += Decimal(cent + 1)
        account.go_on(0.5)

    assert account.all(CashFlowSeen) == []
    assert account.harness.is_open(BREAKER)
    assert account.all(DiscrepancyFound)


def test_a_fresh_incarnation_and_a_new_start_know_what_is_missing() -> None:
    gone = evolve(LEDGER, lots=(evolve(LOT, missing=LOT.quantity),), coins={"BTC": ZERO})

    account = Account(gone)

    assert account.harness.is_open(MISSING, FROZEN)
    assert account.all(LotsMissing) == []


# The owner's word.


def missing_account() -> Account:
    account = Account()
    account.totals["BTC"] = Decimal("0.5")
    account.go_on(60)
    return account


def answer(account: Account, lot: str = LOT.id) -> ReleaseAnswered:
    deliver(account.actor, ReleaseRequested("r1", lot, "sold by me"), sender=OPERATOR)
    account.go_on(4)
    (answered,) = account.all(ReleaseAnswered)
    assert isinstance(answered, ReleaseAnswered)
    return answered


def test_a_released_lot_loses_what_is_missing_and_the_product_is_free_again() -> None:
    account = missing_account()
    answered = answer(account)

    assert answered.is_done
    released = Quantity(Decimal("1.5"))
    assert account.all(LotReleased) == [LotReleased(LOT.id, BTC, released, "sold by me")]
    (lot,) = account.lots
    assert (lot.quantity, lot.missing) == (Decimal("0.5"), 0)
    assert account.harness.trips() == ()


@pytest.mark.parametrize(
    ("lot", "why"), [("another", "no lot another is owned"), (LOT.id, "stays protected")]
)
def test_what_is_not_missing_is_not_released(lot: str, why: str) -> None:
    account = Account()
    answered = answer(account, lot)

    assert not answered.is_done
    assert why in answered.text
    assert account.all(LotReleased) == []


def test_while_the_books_differ_nothing_is_released() -> None:
    account = missing_account()
    account.totals["USD"] += 1
    answered = answer(account)

    assert not answered.is_done
    assert "difference 1" in answered.text


def test_a_person_does_not_wait_for_what_a_difference_is_made_of() -> None:
    account = Account()
    account.totals["USD"] += 1
    account.go_on(EVERY_NS / SECOND + 3)  # a comparison waits for its second look

    deliver(account.actor, ReconcileRequested("resume:r1"), sender=OPERATOR)
    account.go_on(3.5)

    assert CONFIRM_NS > 3 * SECOND
    assert account.all(ReconcileFinished)[-1].reason == "resume:r1"
    account.go_on(MINUTE / SECOND)
    assert len(account.all(CashFlowSeen)) == 1


def test_the_books_of_both_keepers_are_told_the_same() -> None:
    account = missing_account()

    heard = {sent.to for sent in account.harness.sent if isinstance(sent.body, LotsMissing)}
    (receivers,) = heard
    assert {PORTFOLIO, RISK_GATE} < set(receivers)


def adoption(account: Account, wanted: str) -> ReleaseAnswered:
    deliver(account.actor, AdoptRequested("r1", wanted, "by hand"), sender=OPERATOR)
    account.go_on(4)
    (answered,) = account.all(ReleaseAnswered)
    assert isinstance(answered, ReleaseAnswered)
    return answered


FOREIGN = evolve(LEDGER, coins={"BTC": Decimal(3)})
"""One more than the lot has."""


@pytest.mark.req("R1")
def test_foreign_coins_become_a_lot_and_no_more_of_them_than_there_are() -> None:
    account = Account(FOREIGN)
    answered = adoption(account, "BTC-USD 1 90 80")

    assert answered.is_done, answered
    (adopted,) = account.all(LotAdopted)
    assert (adopted.product, adopted.quantity, adopted.stop_price) == (BTC, 1, 80)
    assert [lot.id for lot in account.lots] == [LOT.id, "adopted-r1"]
    account.go_on(60)
    assert account.all(LotsMissing) == []
    assert account.harness.trips() == ()


@pytest.mark.req("R1")
def test_coins_of_our_lots_are_not_foreign() -> None:
    account = Account(FOREIGN)
    answered = adoption(account, "BTC-USD 1.5 90 80")

    assert not answered.is_done
    assert answered.text == "not adopted: 1 BTC at the venue are free and not ours"
    assert account.all(LotAdopted) == []


def test_while_the_books_differ_nothing_is_adopted() -> None:
    account = Account(FOREIGN)
    account.totals["USD"] += 1

    assert "difference 1" in adoption(account, "BTC-USD 1 90 80").text
    assert account.all(LotAdopted) == []
