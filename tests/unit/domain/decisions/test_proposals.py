"""What a strategy answers is a tuple of our own proposals, or an error that names the member."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from itertools import repeat
from typing import Any

import attrs
import pytest

from domain.decisions.proposals import (
    DIGITS_MAX,
    PRODUCT_LENGTH_MAX,
    PROPOSALS_MAX,
    REASON_LENGTH_MAX,
    SIGNAL_LENGTH_MAX,
    ProposalInvalid,
)
from domain.decisions.proposals import checked as checked_for
from domain.model.product import Side
from domain.model.proposal import TradeProposal
from tests.builders.messages import BTC, ETH, a_proposal

pytestmark = pytest.mark.req("R2", "STR1")
checked = partial(checked_for, asked={BTC})
MEMBERS = [each.name for each in attrs.fields(TradeProposal)]
TEXTS = {"reason": REASON_LENGTH_MAX, "signal": SIGNAL_LENGTH_MAX}
"""Members that are for people, with their longest."""


class Text(str):
    """A text with code of its own."""

    __slots__ = ()


class Number(Decimal):
    """A number with code of its own."""


class Proposal(TradeProposal):
    """A proposal with code of its own."""


NONSENSE: list[Any] = [
    None,
    7,
    True,
    0.5,
    b"BTC-USD",
    [],
    ["BTC-USD"],
    {},
    set(),
    object(),
    Text("BTC-USD"),
    Number("1"),
    Side,
    "no side" * 20,
]


def with_member(name: str, value: object) -> TradeProposal:
    """Return a proposal that a strategy has made by going around every validator."""
    made = a_proposal()
    object.__setattr__(made, name, value)
    return made


def test_proposals_come_back_equal_and_are_our_own() -> None:
    made = a_proposal()

    (found,) = checked(iter([made]))

    assert found == made
    assert found is not made


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize(
    "value", NONSENSE, ids=[f"{type(each).__name__}-{n}" for n, each in enumerate(NONSENSE)]
)
def test_a_member_of_another_type_is_refused_by_its_name(name: str, value: Any) -> None:
    if name in TEXTS and type(value) is str:
        return  # any text is a reason
    with pytest.raises(ProposalInvalid, match=f"^{name}: expected "):
        checked([a_proposal(), with_member(name, value)])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("closed above the high", "closed above the high"),
        ("two\nlines\x1b[2J  ", "two lines [2J"),
        ("x" * 999, "x" * 999),
        ("", ""),
    ],
)
@pytest.mark.parametrize("name", TEXTS)
def test_reason_and_signal_are_one_short_line_whatever_a_strategy_says(
    name: str, said: str, told: str
) -> None:
    (found,) = checked([with_member(name, said)])

    assert getattr(found, name) == told[: TEXTS[name]]


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_is_absent_is_refused_by_its_name(name: str) -> None:
    made = a_proposal()
    object.__delattr__(made, name)

    with pytest.raises(ProposalInvalid, match=rf"^{name}: "):
        checked([made])


@pytest.mark.parametrize(
    "product",
    ["", " ", "BTC USD", "BTC\nUSD", "\x1b[2J", "ВТС-USD", "A" * (PRODUCT_LENGTH_MAX + 1)],
)
def test_a_text_that_is_no_products_name_is_refused(product: str) -> None:
    with pytest.raises(ProposalInvalid, match=r"^product: "):
        checked([with_member("product", product)])


@pytest.mark.parametrize("value", ["1E+999999", "-1E-999999", "0." + "1" * (DIGITS_MAX + 1)])
def test_a_number_of_too_many_digits_is_refused(value: str) -> None:
    for name in MEMBERS[2:]:
        with pytest.raises(ProposalInvalid, match=rf"^{name}: "):
            checked([with_member(name, Decimal(value))])


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "0", "1000000"])
def test_what_policy_does_not_allow_is_left_to_the_risk_gate(value: str) -> None:
    (found,) = checked([with_member("notional_pct", Decimal(value))])

    assert str(found.notional_pct) == value


@pytest.mark.parametrize("answer", [[None], ["BUY"], [Proposal(**attrs.asdict(a_proposal()))]])
def test_what_is_no_proposal_is_refused(answer: list[object]) -> None:
    with pytest.raises(ProposalInvalid, match="expected TradeProposals"):
        checked(answer)


def test_an_answer_without_end_is_refused() -> None:
    assert len(checked(repeat(a_proposal(), PROPOSALS_MAX))) == PROPOSALS_MAX
    with pytest.raises(ProposalInvalid, match="at most"):
        checked(repeat(a_proposal()))


def test_a_product_that_it_was_not_asked_about_is_refused_by_its_name() -> None:
    with pytest.raises(ProposalInvalid, match=r"^product: ETH-USD has not triggered"):
        checked([a_proposal(), a_proposal(product=ETH)])
