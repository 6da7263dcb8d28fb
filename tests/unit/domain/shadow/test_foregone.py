"""What was refused is filled and sold on paper, by the same prices and fees as everything else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.decisions import ProposalRefused
from domain.messages.market import BidMoved, QuoteMoved
from domain.messages.supervision import BootCompleted
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.foregone import ForegoneTrades, RefusedEntry
from domain.model.instants import DAY, SECOND, Nanos
from domain.model.market import Doubt, DoubtKind
from domain.model.money import Price, Quantity
from domain.model.product import ProductId, Side
from domain.shadow.foregone import MOST, ForegoneLedger, Watched
from tests.builders.messages import BTC, ETH, MAKER, NOW, TAKER, a_product, a_quote

WISH = RefusedEntry(
    quantity=Quantity(Decimal(2)),
    limit_price=Price(Decimal(100)),
    post_only=True,
    lifetime_ns=Nanos(45 * SECOND),
    stop_loss_pct=Decimal(4),
    take_profit_pct=Decimal(8),
    max_hold_ns=Nanos(DAY),
)
BOOT = BootCompleted((a_product(),), MAKER, TAKER, is_clean=True)
COST = Decimal(200) * (1 + MAKER)
"""Of two at 100, resting."""


def refused(product: str = BTC, rule: str = "total_cap", **changes: Any) -> ProposalRefused:
    refusal = Refusal(reason=Reason(rule), observed="16 %", limit="15 %")
    values: dict[str, Any] = {"wanted": WISH, "strategy": "breakout", **changes}
    return ProposalRefused(
        Purpose.ENTRY,
        values["strategy"],
        ProductId(product),
        Side.BUY,
        (refusal,),
        wanted=values["wanted"],
    )


class Paper:
    """A ledger with a clock in seconds since the refusal."""

    def __init__(self, *, knows_fees: bool = True) -> None:
        self.ledger = ForegoneLedger()
        if knows_fees:
            self.ledger.learn(BOOT)

    def refuse(self, *args: Any, **changes: Any) -> None:
        self.ledger.refuse(refused(*args, **changes), NOW)

    def quote(self, bid: str, ask: str, second: int, product: str = BTC) -> None:
        quote = a_quote(bid, ask, product=product, at_ns=NOW + second * SECOND)
        self.ledger.take(QuoteMoved(quote))

    @property
    def row(self) -> ForegoneTrades:
        (one,) = self.ledger.rows()
        return one


def test_what_would_have_reached_its_target_is_what_the_rule_has_cost() -> None:
    paper = Paper()
    paper.refuse()
    paper.quote("99.90", "100", 1)  # somebody offers at its price
    paper.quote("108.50", "108.60", 2)

    earned = Decimal(217) * (1 - TAKER) - COST
    assert (paper.row.rule, paper.row.closed, paper.row.open) == ("total_cap", 1, 0)
    assert paper.row.earned == paper.row.profit == earned


def test_what_would_have_been_stopped_is_what_the_rule_has_saved() -> None:
    paper = Paper()
    paper.refuse()
    paper.quote("99.90", "100", 1)
    paper.quote("90", "90.10", 2)  # through the stop at 96

    assert paper.row.earned == Decimal(180) * (1 - TAKER) - COST
    assert paper.row.profit < 0


def test_what_is_open_is_valued_at_the_bid_and_sold_after_its_longest_hold() -> None:
    paper = Paper()
    paper.refuse()
    paper.quote("99.90", "100", 1)
    paper.quote("101", "101.10", 2)
    assert (paper.row.open, paper.row.closed) == (1, 0)
    assert paper.row.unrealised == Decimal(202) * (1 - TAKER) - COST

    paper.quote("101", "101.10", 1 + DAY // SECOND)
    assert (paper.row.open, paper.row.closed) == (0, 1)


def test_what_nobody_sold_at_its_price_is_unfilled_once_its_time_is_over() -> None:
    paper = Paper()
    paper.refuse()
    paper.quote("101", "102", 1)
    assert paper.ledger.rows() == ()

    paper.quote("99", "100", 45)
    assert (paper.row.unfilled, paper.row.closed) == (1, 0)
    assert paper.row.profit == 0


def test_what_takes_is_filled_at_the_offer_with_the_taker_fee() -> None:
    paper = Paper()
    paper.refuse(wanted=evolve(WISH, post_only=False, limit_price=Price(Decimal(101))))
    paper.quote("99", "100.50", 1)

    assert paper.row.unrealised == Decimal(198) * (1 - TAKER) - Decimal(201) * (1 + TAKER)


def test_the_same_wish_refused_again_counts_once_and_another_rule_for_itself() -> None:
    paper = Paper()
    for _ in range(3):
        paper.refuse()
    paper.refuse(rule="order_cap")
    paper.refuse(strategy="momentum")
    paper.refuse(product=ETH)
    paper.quote("99.90", "100", 1)
    paper.quote("99.90", "100", 1, product=ETH)

    assert [(each.rule, each.open) for each in paper.ledger.rows()] == [
        ("order_cap", 1),
        ("total_cap", 3),
    ]


@pytest.mark.parametrize("news", ["no fees", "no size", "exit", "other product"])
def test_what_cannot_be_followed_is_not(news: str) -> None:
    paper = Paper(knows_fees=news != "no fees")
    message = refused(wanted=None if news == "no size" else WISH)
    if news == "exit":
        message = evolve(message, purpose=Purpose.EXIT)
    paper.ledger.refuse(message, NOW)
    paper.quote("99.90", "100", 1, product=ETH if news == "other product" else BTC)

    assert paper.ledger.rows() == ()


def test_a_doubted_price_and_one_without_offers_buy_nothing() -> None:
    paper = Paper()
    paper.refuse()
    doubt = Doubt(DoubtKind.JUMP, "moved 9 %", "6 sigma", NOW)
    odd = evolve(a_quote("1", "2", at_ns=NOW + SECOND), doubt=doubt)
    paper.ledger.take(QuoteMoved(odd))
    at = Nanos(NOW + 2 * SECOND)
    paper.ledger.take(BidMoved(BTC, Price(Decimal(50)), at, at))
    assert paper.ledger.rows() == ()

    paper.quote("99.90", "100", 3)
    at = Nanos(NOW + 4 * SECOND)
    paper.ledger.take(BidMoved(BTC, Price(Decimal(90)), at, at))
    assert paper.row.closed == 1  # a bid alone is enough to sell


def test_only_so_many_are_followed() -> None:
    paper = Paper()
    for number in range(MOST + 5):
        paper.refuse(strategy=f"s{number}")
    paper.quote("99.90", "100", 1)
    assert paper.row.open == MOST

    paper.quote("90", "91", 2)
    paper.refuse()
    paper.quote("99.90", "100", 3)
    assert (paper.row.closed, paper.row.open) == (MOST, 1)


def test_what_can_change_anything_is_told_before_and_after_the_purchase() -> None:
    paper = Paper()
    assert paper.ledger.watched(BTC) is None

    paper.refuse()
    ends_ns = Nanos(NOW + 45 * SECOND)
    at = WISH.limit_price
    assert paper.ledger.watched(BTC) == Watched(low=at, high=None, ends_ns=ends_ns)

    paper.quote("99.90", "100", 1)
    stop, target = Price(Decimal(96)), Price(Decimal(108))
    sold_ns = Nanos(NOW + SECOND + DAY)
    assert paper.ledger.watched(BTC) == Watched(low=stop, high=target, ends_ns=sold_ns)

    paper.refuse(strategy="momentum")  # what waits can change first, at a price above the stop
    assert paper.ledger.watched(BTC) == Watched(low=at, high=target, ends_ns=ends_ns)


@given(st.lists(st.integers(90, 115), max_size=30))
def test_prices_between_what_is_watched_change_nothing(bids: list[int]) -> None:
    """Whoever shows only the prices that can change anything comes to the same sums."""
    every, needed = Paper(), Paper()
    for paper in (every, needed):
        paper.refuse()
    for second, bid in enumerate(bids, start=1):
        every.quote(str(bid), str(bid + 1), second)
        watched = needed.ledger.watched(BTC)
        if watched is not None and (
            bid <= watched.low
            or (watched.high is not None and bid >= watched.high)
            or NOW + second * SECOND >= watched.ends_ns
        ):
            needed.quote(str(bid), str(bid + 1), second)
    if bids:
        for paper in (every, needed):
            paper.quote(str(bids[-1]), str(bids[-1] + 1), len(bids))

    assert every.ledger.rows() == needed.ledger.rows()


@given(
    st.lists(
        st.tuples(st.integers(80, 120), st.integers(0, 3), st.integers(1, 200), st.booleans()),
        max_size=40,
    )
)
def test_the_sums_are_those_of_every_wish_alone(
    steps: list[tuple[int, int, int, bool]],
) -> None:
    """However prices move: wishes of two strategies together come to what each comes to alone."""
    both, one, other = Paper(), Paper(), Paper()
    second = 0
    for bid, spread, seconds, is_wanted in steps:
        second += seconds
        for paper, names in ((both, ("a", "b")), (one, ("a",)), (other, ("b",))):
            for name in names if is_wanted else ():
                message = refused(strategy=name)
                paper.ledger.refuse(message, Nanos(NOW + second * SECOND))
            paper.quote(str(bid), str(bid + spread), second)

    mine = [each.ledger.rows() for each in (one, other)]
    assert both.ledger.rows() == tuple(a + b for a, b in zip(*mine, strict=True))
