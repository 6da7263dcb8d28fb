"""How far each limit of the gate is used, told as the rule itself would judge it."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest
from attrs import evolve

from domain.messages.portfolio import LimitUse
from domain.model.instants import SECOND, Nanos
from domain.model.universe import Exclusion
from domain.risk.exposure import Exposure
from domain.risk.gate import limits_used
from domain.risk.past_trades import FilledEntry, PastTrades
from domain.risk.rules.spread_cap import SpreadCap
from domain.risk.rules.stale_bar import StaleBar
from domain.risk.rules.stale_quote import StaleQuote
from domain.risk.view import RiskView
from tests.builders.messages import (
    BTC,
    ETH,
    NOW,
    a_candidate,
    a_lot,
    a_mandate,
    a_portfolio,
    a_quote,
    a_standing,
    a_view,
    an_intent,
    approved,
    the_rules,
)

pytestmark = pytest.mark.req("DD1")
ALONE = {"invalid_proposal", "shallow_book", "slippage_budget", "target_below_cost"}
"""Rules with numbers that mean nothing without an order."""


def used(view: RiskView) -> dict[str, LimitUse]:
    return {
        each.name: each
        for each in limits_used(view, the_rules(max_per_theme_pct={"LAYER1": Decimal(10)}))
    }


def test_every_rule_with_a_number_tells_how_far_it_is() -> None:
    entries = (FilledEntry("1", BTC, Nanos(NOW - 1)),)
    past = PastTrades(entries=entries, filled={"BTC": Nanos(NOW - 1)})
    lot = a_portfolio("10000", a_lot())
    themed = a_mandate(themes={"LAYER1": ("BTC",)})
    view = a_view(past_trades=past, portfolio=lot, mandate=themed)

    silent = {
        rule.CODE
        for rule in the_rules(max_per_theme_pct={"LAYER1": Decimal(10)})
        if attrs.fields(type(rule)) and not [*rule.uses(view)]
    }

    assert silent - {"suspect_price"} <= ALONE, "its state is in market_data"


def test_of_products_the_one_with_the_least_left_is_told() -> None:
    view = a_view(
        quotes={
            BTC: a_quote("100", "100.10", at_ns=NOW - SECOND),
            ETH: a_quote("100", "100.50", product=ETH, at_ns=NOW - 2 * SECOND),
        },
        bar_ends={BTC: NOW - 61 * SECOND, ETH: NOW - 5 * SECOND},
    )

    found = used(view)

    assert found["spread ETH-USD"].used == Decimal("49.88")
    assert found["quote age ETH-USD"].used == 2
    assert found["bar age BTC-USD"].used == 61
    assert not {"spread BTC-USD", "quote age BTC-USD", "bar age ETH-USD"} & set(found)


def test_what_may_not_be_bought_counts_for_nothing() -> None:
    out = a_standing(ETH, exclusion_reason=Exclusion.SPREAD)
    view = a_view(standings={BTC: a_standing(), ETH: out})

    assert not [name for name in used(view) if name.endswith(ETH)]


def test_a_price_that_crosses_up_is_told_by_how_much() -> None:
    crossing = a_view(mandate=a_mandate(entry_offset_bps=Decimal(-20)))
    resting = a_view()

    assert used(crossing)["price above the mid BTC-USD"].used == Decimal("14.99")
    assert used(resting)["price above the mid BTC-USD"].used == 0


def test_open_orders_use_cash_and_the_largest_of_them_the_order_cap() -> None:
    orders = Exposure().reserve(approved()).bind(an_intent(approved()))
    worst = next(iter(orders.entries())).worst_case

    found = used(a_view(exposure=orders))

    assert found["cash for open orders"].used == worst
    assert found["largest open order"].used == worst
    assert used(a_view())["largest open order"].used == 0


def test_what_has_to_be_waited_for_after_an_entry_is_told_until_it_is_over() -> None:
    def after(seconds: int) -> dict[str, int]:
        entries = (FilledEntry("1", BTC, Nanos(NOW - seconds * SECOND)),)
        found = used(a_view(past_trades=PastTrades(entries=entries)))
        return {name: int(each.used) for name, each in found.items() if "spacing" in name}

    assert after(10) == {"spacing": 20, "spacing BTC-USD": 890}
    assert after(30) == {"spacing BTC-USD": 870}
    assert after(900) == {}


@pytest.mark.parametrize(
    ("rule", "view"),
    [
        (SpreadCap(), a_view(quotes={BTC: a_quote("99.7", "100.31")})),
        (StaleQuote(), a_view(quotes={BTC: a_quote(at_ns=NOW - 6 * SECOND)})),
        (StaleBar(), a_view(bar_ends={BTC: NOW - 91 * SECOND})),
    ],
)
def test_a_rule_refuses_where_nothing_is_left(
    rule: SpreadCap | StaleQuote | StaleBar, view: RiskView
) -> None:
    (use,) = rule.uses(evolve(view, standings={BTC: a_standing()}))

    assert use.used > use.limit
    assert rule.judge(a_candidate(), view) is not None
