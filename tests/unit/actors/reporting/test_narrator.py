"""What people read: one line of what matters, in a trader's words, with two decimals."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.reporting.deals import Deals
from actors.reporting.narrator import Narrator
from actors.reporting.wording import alert, cycle
from domain.messages.control import AlertRaised, SweepFinished
from domain.messages.decisions import ProposalRefused, RoundJudged
from domain.messages.market import FeedRecovered, TradesLate
from domain.messages.portfolio import StatementTaken
from domain.model.approval import ExitReason, Purpose, Reason, Refusal
from domain.model.breakers import Severity
from domain.model.instants import MINUTE, Nanos
from domain.model.money import Amount, Price
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from domain.model.product import Side
from domain.portfolio.books import Books
from tests.builders.messages import (
    BTC,
    NOW,
    a_moved,
    a_portfolio,
    an_intent,
    approved,
    approved_sale,
    booked,
)
from tests.fakes.log import KeptLog

ENTRY = an_intent(approved())
ROOM = StatementTaken("start", (AccountBalance("USD", Decimal(10_000), Decimal(0)),))
TOO_PRECISE = re.compile(r"\d[eE][+-]?\d|\d{4,}\.|[1-9]\d*\.\d{3,}")


class Scene:
    def __init__(self) -> None:
        self.log = KeptLog()
        self.narrator = Narrator(self.log, Deals(Books("USD")), "USD")
        self.narrator.learn(ROOM)

    @property
    def aloud(self) -> list[str]:
        return [line.text for line in self.log.of("info", "warning", "critical")]

    def bought(self, *quantities: str, **changes: Any) -> None:
        for number, quantity in enumerate(quantities):
            fill = booked(ENTRY, quantity, entry_id=f"buy-{number}", **changes)
            self.narrator.fill(fill, is_alive=True)
        self.narrator.order(a_moved(ENTRY, OrderState.FILLED))

    def sold(self, price: str, reason: ExitReason = ExitReason.STOP) -> None:
        sale = an_intent(approved_sale(ENTRY.client_order_id, reason=reason), 2)
        at_ns, paid = Nanos(NOW + 14 * MINUTE), Price(Decimal(price))
        self.narrator.fill(booked(sale, price=paid, at_ns=at_ns), is_alive=True)
        self.narrator.order(a_moved(sale, OrderState.FILLED))


def test_a_purchase_is_told_with_size_price_fee_stop_target_and_why() -> None:
    scene = Scene()
    scene.bought("2")

    assert scene.aloud == [
        "bought 2 BTC at 100.00 for 200.00 USD, fee 1.20; stop 97.00, target 108.00; "
        "breakout: signal"
    ]


@pytest.mark.parametrize(
    ("price", "reason", "said"),
    [
        ("96", ExitReason.STOP, "stop hit; profit −10.40 USD (−5.20 %) after fees, held 14 min"),
        ("108", ExitReason.TARGET, "target reached; profit +13.60 USD (+6.80 %) after fees"),
        ("100", ExitReason.MAX_HOLD, "held as long as allowed; profit −2.40 USD"),
        ("100", ExitReason.OPERATOR, "you asked for it; profit −2.40 USD"),
    ],
)
def test_a_sale_is_told_with_why_profit_and_how_long_it_was_held(
    price: str, reason: ExitReason, said: str
) -> None:
    scene = Scene()
    scene.bought("2")
    scene.sold(price, reason)

    assert f"sold 2 BTC at {price}.00" in scene.aloud[-1]
    assert said in scene.aloud[-1]


def test_many_fills_of_an_order_are_one_purchase() -> None:
    scene = Scene()
    scene.bought("0.5", "0.25", "1.25")

    first, last = scene.aloud
    assert first.startswith("bought 0.5 of 2 BTC at 100.00 for 50.00 USD")
    assert first.endswith("the rest still waits")
    assert last.startswith("bought 2 BTC at 100.00 for 200.00 USD, fee 3.60")


def test_a_fill_after_the_end_of_its_order_is_told_at_once() -> None:
    scene = Scene()
    scene.narrator.order(a_moved(ENTRY, OrderState.CANCELLED))
    scene.narrator.fill(booked(ENTRY, "0.5"), is_alive=False)

    assert scene.aloud[-1].startswith("bought 0.5 of 2 BTC")


def test_a_fill_before_the_books_are_open_is_told_without_what_only_they_know() -> None:
    log = KeptLog()
    narrator = Narrator(log, Deals(Books("USD")), "USD")
    narrator.fill(booked(ENTRY), is_alive=False)

    assert log.lines[-1].text == (
        "bought 2 BTC at 100.00 for 200.00 USD, fee 1.20; breakout: signal"
    )


@pytest.mark.parametrize("state", OrderState)
def test_plumbing_is_a_detail_and_an_end_without_fills_is_told(state: OrderState) -> None:
    scene = Scene()
    scene.narrator.order(a_moved(ENTRY, state))

    ends = {OrderState.CANCELLED, OrderState.EXPIRED, OrderState.VOID, OrderState.REJECTED}
    assert bool(scene.aloud) == (state in ends)
    assert len(scene.log.lines) == 1


@pytest.mark.req("ST1")
def test_a_late_trade_is_told_once() -> None:
    scene = Scene()
    scene.narrator.late(TradesLate(BTC, 1), is_first=True)
    scene.narrator.late(TradesLate(BTC, 2), is_first=False)

    assert scene.aloud == [f"{BTC}: a trade came after its minute was closed; its bar stays"]


def a_refusal(*codes: str, purpose: Purpose = Purpose.ENTRY) -> ProposalRefused:
    found = tuple(
        Refusal(reason=Reason(code), observed="3.97701 % of equity", limit="3 %") for code in codes
    )
    return ProposalRefused(purpose, "breakout", BTC, Side.BUY, found)


def test_a_refusal_says_why_in_words_and_which_setting_decides() -> None:
    scene = Scene()
    scene.narrator.refusal(a_refusal("position_cap", "insufficient_cash"))

    assert scene.aloud == [
        "BTC-USD not bought: the cap on one position is reached (3.98 % of equity, limit 3 %); "
        "also: there is not enough cash; setting: policy.caps.position_pct"
    ]


def test_the_same_refusal_is_told_once_until_the_product_is_bought() -> None:
    scene = Scene()
    for _ in range(3):
        scene.narrator.refusal(a_refusal("position_cap"))
    assert len(scene.aloud) == 1

    scene.narrator.round(RoundJudged(1, Nanos(0), (BTC,), (), ()), "cycle 1")
    scene.narrator.refusal(a_refusal("position_cap"))
    assert len(scene.aloud) == 3


def test_a_sweep_that_found_nothing_is_a_detail() -> None:
    scene = Scene()
    scene.narrator.tell(SweepFinished(("boot",), 0, Nanos(0)))
    assert scene.aloud == []

    scene.narrator.tell(SweepFinished(("halt",), 1, Nanos(0)))
    assert scene.aloud == ["1 resting order cancelled (halt); none is left, two listings say so"]


def test_fresh_prices_are_told_where_an_alert_said_that_there_were_none() -> None:
    scene = Scene()
    scene.narrator.recovery(FeedRecovered(BTC))
    assert scene.aloud == []

    scene.narrator.recovery(FeedRecovered(BTC, was_told=True))
    assert scene.aloud == ["BTC-USD: prices are fresh again"]


def test_an_alert_says_what_was_done_and_what_to_type() -> None:
    raised = AlertRaised(
        severity=Severity.WARNING,
        code="STALENESS",
        what="BTC-USD: quote 5012 ms old",
        done="entries of the product blocked",
        owned="",
        worst="",
        command="python run.py status",
    )

    assert alert(raised) == (
        "STALENESS: BTC-USD: quote 5012 ms old; entries of the product blocked; "
        "type: python run.py status"
    )


def test_a_quiet_cycle_fits_a_line() -> None:
    line = cycle(RoundJudged(181, Nanos(0), (), (), ()), a_portfolio("10000"), MINUTE, None, 0)

    assert line == "cycle 181: no signal; equity 10,000.00 USD; next in 60 s"


NUMBERS = st.decimals("1e-12", "1e12", allow_nan=False, allow_infinity=False)


@given(price=NUMBERS, quantity=NUMBERS, fee=st.decimals(0, "1e6", allow_nan=False))
def test_no_line_has_an_exponent_or_more_digits_than_people_need(
    price: Decimal, quantity: Decimal, fee: Decimal
) -> None:
    log = KeptLog()
    narrator = Narrator(log, Deals(Books("USD")), "USD")
    narrator.learn(ROOM)
    fill = booked(ENTRY, str(quantity), price=Price(price), fee=Amount(fee))
    narrator.fill(fill, is_alive=False)

    (line,) = (each.text for each in log.lines)
    assert not re.search(r"\d[eE][+-]?\d", line), line
    for number in re.findall(r"\d[\d,]*\.\d+", line):
        digits = number.replace(",", "").replace(".", "").lstrip("0")
        behind = number.partition(".")[2]
        assert len(behind) <= 2 or len(digits) <= 6, line
