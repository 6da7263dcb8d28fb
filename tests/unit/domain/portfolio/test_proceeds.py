"""What a liquidation brought is that of its own sales, once, and what was converted of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.control import CLOSE, LIQUIDATE, RESUME, OperatorActed
from domain.messages.conversion import ConversionIntended, ConversionSettled
from domain.messages.orders import FillBooked
from domain.model.conversion import Conversion
from domain.model.money import Amount
from domain.portfolio.proceeds import Proceeds, ends, in_doubt, proceeds_of, would_end
from tests.builders.messages import an_intent, approved_sale, booked

pytestmark = pytest.mark.req("RB5")
ORDERED, RESUMED = OperatorActed(LIQUIDATE, "liquidate"), OperatorActed(RESUME, "well again")


def sale(name: str = "e-1") -> FillBooked:
    made = booked(an_intent(approved_sale("lot")))
    return evolve(made, fill=evolve(made.fill, entry_id=name))


BOUGHT, SOLD, SOLD_TOO = booked(an_intent()), sale(), sale("e-2")
BROUGHT = SOLD.fill.price * SOLD.fill.quantity - SOLD.fill.fee
ONCE = Proceeds(BROUGHT, is_begun=True, sold=frozenset({"e-1"}))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([], Proceeds()),
        ([SOLD, BOUGHT], Proceeds()),
        ([ORDERED], Proceeds(is_begun=True)),
        ([SOLD, ORDERED, BOUGHT, SOLD], ONCE),
        ([ORDERED, SOLD, ORDERED, SOLD], ONCE),
        (
            [ORDERED, SOLD, ORDERED, SOLD_TOO],
            Proceeds(2 * BROUGHT, is_begun=True, sold=frozenset({"e-1", "e-2"})),
        ),
        ([ORDERED, SOLD, OperatorActed(CLOSE, "x")], ONCE),
        ([ORDERED, SOLD, RESUMED, SOLD], Proceeds()),
        ([ORDERED, SOLD, RESUMED, ORDERED, SOLD], ONCE),
    ],
)
def test_the_sales_from_the_order_on_count_less_their_fees(
    messages: list[Any], expected: Proceeds
) -> None:
    assert proceeds_of(messages) == expected


def a_conversion(amount: str = "100", name: str = "t-1") -> Conversion:
    return Conversion(name, "USD", "USDC", Amount(Decimal(amount)))


def intended(conversion: Conversion) -> ConversionIntended:
    return ConversionIntended(conversion, "liquidate")


def settled(conversion: Conversion, *, is_done: bool) -> ConversionSettled:
    return ConversionSettled(conversion, is_done, "as the venue shows it")


def brought(amount: str) -> Proceeds:
    return Proceeds(Decimal(amount), is_begun=True)


def test_what_is_in_doubt_may_be_gone_and_what_was_not_done_is_there_again() -> None:
    one = a_conversion("60")
    doubtful = brought("100.009").after(intended(one))
    assert (doubtful.left, doubtful.pending) == (Decimal("40.00"), (one,))

    assert doubtful.after(settled(one, is_done=False)).left == Decimal("100.00")
    done = doubtful.after(settled(one, is_done=True))
    assert (done.left, done.converted, done.pending) == (Decimal("40.00"), Decimal(60), ())
    assert done.after(settled(one, is_done=True)) == done, "told twice it is one"


def test_a_conversion_in_doubt_outlives_a_resume_and_belongs_to_no_later_liquidation() -> None:
    one = a_conversion("60")
    after = brought("100").after(intended(one)).after(RESUMED)
    assert after.pending == (one,)
    assert not after.left
    assert after.is_unfinished("USD")
    assert after.after(ORDERED).pending == (one,)


@pytest.mark.parametrize(
    ("currency", "amount", "is_unfinished"),
    [("USD", "0.01", True), ("USD", "0.009", False), ("USDC", "500", False), ("", "500", False)],
)
def test_only_dollars_of_a_cent_and_more_are_left_to_convert(
    currency: str, amount: str, is_unfinished: bool
) -> None:
    assert brought(amount).is_unfinished(currency) is is_unfinished


@given(
    st.decimals(0, 10_000, places=8),
    st.lists(st.tuples(st.decimals("0.01", 500, places=2), st.sampled_from([None, True, False]))),
)
def test_no_more_is_ever_left_than_the_sales_brought_and_nothing_below_zero(
    amount: Decimal, conversions: list[tuple[Decimal, bool | None]]
) -> None:
    found = brought(str(amount))
    for number, (part, is_done) in enumerate(conversions):
        one = a_conversion(str(part), f"t-{number}")
        found = found.after(intended(one))
        if is_done is not None:
            found = found.after(settled(one, is_done=is_done))
        assert 0 <= found.left <= amount
    gone = found.converted + sum((each.amount for each in found.pending), Decimal(0))
    assert found.left + gone <= max(amount, gone)


def test_it_is_said_what_stays_in_which_currency_and_what_a_person_does() -> None:
    proceeds = brought("1234.567")
    (stays,) = ends("USD", proceeds)

    assert stays.startswith("it stays USD: 1,234.57 USD of it came from these sales")
    assert "convert it to USDC at the venue" in stays
    assert ends("USDC", proceeds) == ("it ends in USDC: these sales brought 1,234.57 of it",)
    assert would_end("USD").startswith("what these sales bring, less fees, would be converted")
    assert would_end("USDC") == "it would end in USDC"


def test_what_was_converted_is_said_and_how_it_trades_from_there() -> None:
    one = a_conversion("1234.56")
    done = brought("1234.567").after(intended(one)).after(settled(one, is_done=True))
    ended, trades = ends("USD", done)

    assert "1,234.56 of the 1,234.57 USD that these sales brought are converted" in ended
    assert ended.endswith("0.007 USD of it stays USD")
    assert "--set app.quote=USDC" in trades


def test_what_is_in_doubt_is_said_with_the_command_that_finds_out() -> None:
    one = a_conversion("1234.56")
    (told,) = ends("USD", brought("1234.567").after(intended(one)))

    assert told == in_doubt(one)
    assert "it is not known whether 1,234.56 USD became USDC (trade t-1)" in told
    assert "python run.py liquidate --emergency" in told
