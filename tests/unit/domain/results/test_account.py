"""The books of a journal: opened once their currency is known, begun anew in another world."""

from __future__ import annotations

from decimal import Decimal

from domain.messages.journal import RunStarted
from domain.messages.portfolio import CashFlowSeen, StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.money import Amount
from domain.model.portfolio import AccountBalance
from domain.results.account import AccountFold
from tests.builders.messages import MAKER, TAKER, a_product, an_intent, booked

STATEMENT = StatementTaken("start", (AccountBalance("USD", Decimal(1000), Decimal(0)),))
BOOT = BootCompleted((a_product(),), MAKER, TAKER, True)
BOUGHT = booked(an_intent())


def started(world: str) -> RunStarted:
    return RunStarted("paper", "embedded", world, "", "", 0)


def test_the_books_open_when_statement_and_currency_are_known_whichever_comes_first() -> None:
    for messages in ((STATEMENT, BOOT), (BOOT, STATEMENT)):
        account = AccountFold()
        assert [account.take(each) for each in messages] == [None, None]
        assert account.ledger is not None
        assert account.ledger.cash == 1000


def test_a_first_fill_says_the_currency_too() -> None:
    account = AccountFold()
    account.take(STATEMENT)

    change = account.take(BOUGHT)

    assert change is not None
    assert change.before.cash == 1000
    assert change.after.cash == Decimal("798.8")
    again = account.take(BOUGHT)
    assert again is not None
    assert again.after is again.before


def test_nothing_is_booked_before_the_books_are_open() -> None:
    account = AccountFold()

    assert account.take(BOUGHT) is None
    assert account.take(CashFlowSeen("USD", Amount(Decimal(5)), "deposit")) is None
    assert account.ledger is None


def test_another_world_begins_anew_and_the_same_one_goes_on() -> None:
    account = AccountFold()
    assert not account.begins_anew(started("one"))
    account.take(BOOT)
    account.take(STATEMENT)

    assert not account.begins_anew(started("one"))
    assert account.ledger is not None
    assert account.begins_anew(started("two"))
    assert account.ledger is None
    assert account.world == "two"
