"""Money in the wallet that pays for nothing is told, with what makes it trade."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.wallets import command, elsewhere, step, told

pytestmark = pytest.mark.req("CASH1")


@pytest.mark.parametrize(
    ("quote", "totals", "expected"),
    [
        ("USD", {"USD": "5", "USDC": "7.50"}, "7.50"),
        ("USDC", {"USD": "5", "USDC": "7.50"}, "5"),
        ("USD", {"USDC": "1"}, "1"),
        ("USD", {"USDC": "0.99"}, "0"),
        ("USD", {"USDC": "-3"}, "0"),
        ("USD", {"USDT": "9", "EUR": "9"}, "0"),
        ("EUR", {"USD": "9", "": "9"}, "0"),
        ("USD", {}, "0"),
    ],
)
def test_only_the_other_of_the_two_counts_from_the_smallest_order_on(
    quote: str, totals: dict[str, str], expected: str
) -> None:
    found = elsewhere(quote, {name: Decimal(total) for name, total in totals.items() if name})

    assert found == Decimal(expected)


def test_it_is_said_how_much_where_and_what_to_do() -> None:
    words = told("USD", Decimal("1234.5"))

    assert words == "1,234.50 USDC are in the other wallet: entries are paid in USD"
    assert "convert it to USD" in step("USD")
    assert command("USD") == "python run.py --data-dir data-usdc --env paper --set app.quote=USDC"
    assert command("USDC").endswith("--env paper --set app.quote=USD")
