"""A lot is shown with the age of its mark and with what hinders its sale."""

from __future__ import annotations

from decimal import Decimal

import pytest

from actors.reporting.rows import (
    EXIT_ACTOR,
    NOBODY,
    halt_members,
    is_protected_at_venue,
    last_known_row,
    other_wallet_row,
    position_row,
    protection,
)
from domain.market.bids import Bid
from domain.messages.portfolio import EquityMarked
from domain.model.breakers import Effect
from domain.model.money import Amount, Price, Quantity
from domain.portfolio.ledger import open_ledger
from domain.portfolio.valuation import value
from tests.builders.messages import NOW, TAKER, a_breaker, a_lot


@pytest.mark.req("ST1")
def test_a_position_says_how_old_its_mark_is_and_what_hinders_its_sale() -> None:
    row = position_row(a_lot(), Bid(Price(Decimal("99.50")), NOW), "dust: too small")

    assert (row["mark"], row["mark_at"]) == ("99.5", "2023-12-12T04:00:00Z")
    assert row["unrealised"] == "-3.4"
    assert row["hindered"] == "dust: too small"


def test_a_position_that_nobody_prices_has_no_mark() -> None:
    row = position_row(a_lot(), None, None)

    assert (row["mark"], row["mark_at"], row["unrealised"], row["hindered"]) == (None,) * 4


@pytest.mark.req("CASH1")
def test_what_lies_in_the_other_wallet_is_shown_with_the_way_to_trade_it() -> None:
    ledger = open_ledger("USD", Amount(Decimal(10)), {"USDC": Decimal("7.5"), "BTC": Decimal(1)})
    row = other_wallet_row(value(ledger, {}, TAKER, None))

    assert row is not None
    assert (row["currency"], row["amount"]) == ("USDC", "7.5")
    assert "app.quote=USDC" in str(row["command"])
    assert other_wallet_row(value(open_ledger("USD", Amount(Decimal(10))), {}, TAKER, None)) is None
    assert other_wallet_row(None) is None


@pytest.mark.req("REC1")
@pytest.mark.parametrize(
    ("missing", "at", "unrealised"),
    [("0", "exit actor", "-3.4"), ("1", "exit actor", "-1.7"), ("2", "missing at the venue", "0")],
)
def test_what_is_missing_of_a_position_is_shown_and_has_no_value(
    missing: str, at: str, unrealised: str
) -> None:
    lot = a_lot(missing=Quantity(Decimal(missing)))
    row = position_row(lot, Bid(Price(Decimal("99.50")), NOW), None)

    assert (row["quantity"], row["missing"]) == ("2", missing)
    assert (row["protected_at"], row["unrealised"]) == (at, unrealised)


def test_what_was_known_last_is_equity_and_profit_or_nothing() -> None:
    ten, twelve = Amount(Decimal(10)), Amount(Decimal(12))

    assert last_known_row(EquityMarked(1, ten, twelve)) == {"equity": "10", "pnl_net": "-2"}
    assert last_known_row(EquityMarked(1, None, twelve)) == {}
    assert last_known_row(None) == {}


@pytest.mark.req("PROT1")
@pytest.mark.parametrize(
    ("guard", "at_venue", "said"),
    [
        (EXIT_ACTOR, True, "exit actor and venue"),
        (NOBODY, True, "venue"),
        (EXIT_ACTOR, False, "exit actor"),
        (NOBODY, False, "nobody"),
    ],
)
def test_who_protects_a_lot_names_the_order_at_the_venue_where_one_waits(
    guard: str, at_venue: bool, said: str
) -> None:
    assert protection(guard, at_venue=at_venue) == said
    assert is_protected_at_venue(said) is at_venue


def test_only_a_halt_or_a_kill_is_told_as_halted() -> None:
    assert halt_members(None) == {"halted": False, "halt_reason": None}
    assert halt_members(a_breaker(Effect.BLOCK))["halted"] is False
    halted = halt_members(a_breaker(Effect.HALT, reason="a loss"))
    assert halted == {"halted": True, "halt_reason": "a loss"}
