"""What a rule has cost is what was sold and what is still open, together."""

from __future__ import annotations

from decimal import Decimal

from domain.model.foregone import ForegoneTrades
from domain.model.money import Amount


def test_two_sums_of_a_rule_are_one() -> None:
    one = ForegoneTrades(
        rule="total_cap",
        closed=2,
        earned=Amount(Decimal(5)),
        open=1,
        unrealised=Amount(Decimal(-7)),
        unfilled=3,
    )
    more = one + ForegoneTrades(rule="total_cap", closed=1, earned=Amount(Decimal(1)))

    assert (more.rule, more.closed, more.open, more.unfilled) == ("total_cap", 3, 1, 3)
    assert more.profit == Decimal(-1)
