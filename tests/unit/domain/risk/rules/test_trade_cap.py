"""So many trades an hour and a day, whatever the spacing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.instants import DAY, HOUR, Nanos
from domain.risk.exposure import Exposure
from domain.risk.past_trades import FilledEntry, PastTrades
from domain.risk.rules.trade_cap import TradeCap
from domain.risk.view import RiskView
from tests.builders.messages import (
    BTC,
    NOW,
    a_candidate,
    a_view,
    an_intent,
    approved,
    approved_sale,
    booked,
)

pytestmark = pytest.mark.req("PAC")
RULE = TradeCap(trades_per_hour=2, trades_per_day=3)


def begun(*ago_ns: int, exposure: Exposure | None = None) -> RiskView:
    entries = tuple(FilledEntry(str(n), BTC, Nanos(NOW - ago)) for n, ago in enumerate(ago_ns))
    return a_view(past_trades=PastTrades(entries=entries), exposure=exposure or Exposure())


def test_one_more_in_an_hour_is_refused_and_an_hour_later_is_not() -> None:
    refusal = RULE.judge(a_candidate(), begun(HOUR - 1, 5))

    assert refusal is not None
    assert (refusal.reason, refusal.cap_type) == ("trade_cap", "trades per hour")
    assert (refusal.observed, refusal.limit) == ("2 entries in 1 h", "2")
    assert RULE.judge(a_candidate(), begun(HOUR, 5)) is None


def test_one_more_in_a_day_is_refused_and_a_day_later_is_not() -> None:
    refusal = RULE.judge(a_candidate(), begun(DAY - 1, 2 * HOUR, 5))

    assert refusal is not None
    assert refusal.cap_type == "trades per day"
    assert RULE.judge(a_candidate(), begun(DAY, 2 * HOUR, 5)) is None


@pytest.mark.req("E2")
def test_an_open_entry_counts_once_whether_or_not_a_part_of_it_is_filled() -> None:
    waiting = Exposure().reserve(approved()).reserve(approved_sale("lot-1"))
    intent = an_intent()
    partly = waiting.bind(intent).fill(booked(intent, "1"))

    assert [use.used for use in RULE.uses(begun(5, exposure=waiting))] == [2, 2]
    assert [use.used for use in RULE.uses(begun(5, exposure=partly))] == [1, 1]
    assert RULE.judge(a_candidate(), begun(5, exposure=waiting)) is not None


def test_it_tells_how_many_were_begun() -> None:
    told = [(use.name, use.used, use.limit, use.unit) for use in RULE.uses(begun(2 * HOUR, 5))]

    assert told == [
        ("trades per hour", Decimal(1), Decimal(2), "entries in 1 h"),
        ("trades per day", Decimal(2), Decimal(3), "entries in 24 h"),
    ]
