"""How far each limit of the gate is used, told as the rule itself would judge it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.portfolio import LimitUse
from domain.model.instants import SECOND, Nanos
from domain.model.market import Quote
from domain.model.money import Amount, plain
from domain.model.product import ProductId
from domain.model.universe import Exclusion
from domain.risk.exposure import Exposure
from domain.risk.gate import limits_used
from domain.risk.past_trades import FilledEntry, PastTrades
from domain.risk.rules.price_collar import PriceCollar
from domain.risk.rules.shallow_book import ShallowBook
from domain.risk.rules.slippage_budget import SlippageBudget
from domain.risk.rules.spacing import Spacing
from domain.risk.rules.spread_cap import SpreadCap
from domain.risk.rules.stale_bar import StaleBar
from domain.risk.rules.stale_quote import StaleQuote
from domain.risk.sizing import entry_price
from domain.risk.view import RiskView
from tests.builders.messages import (
    BTC,
    ETH,
    NOW,
    a_candidate,
    a_lot,
    a_mandate,
    a_portfolio,
    a_product,
    a_quote,
    a_sized,
    a_standing,
    a_view,
    an_intent,
    approved,
    the_rules,
)

pytestmark = pytest.mark.req("DD1")
ALONE = {"invalid_proposal", "target_below_cost"}
"""Rules whose numbers measure a proposal by itself: between two of them nothing is used."""


def uses_of(view: RiskView) -> tuple[LimitUse, ...]:
    return tuple(limits_used(view, the_rules(max_per_theme_pct={"LAYER1": Decimal(10)})))


def used(view: RiskView) -> dict[str, LimitUse]:
    return {each.name: each for each in uses_of(view)}


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

    # From the ask: 100.10 · 1.002 is 100.31 up to the tick, and the mid 100.05.
    assert used(crossing)["price above the mid BTC-USD"].used == Decimal("25.99")
    assert used(resting)["price above the mid BTC-USD"].used == 0


@given(
    offset=st.decimals("-200", "200", places=1),
    bid=st.decimals("0.5", "500", places=2),
    spread=st.decimals("0.01", "2", places=2),
)
def test_the_price_that_is_told_is_the_one_that_an_entry_would_be_judged_by(
    offset: Decimal, bid: Decimal, spread: Decimal
) -> None:
    quote, rule = a_quote(plain(bid), plain(bid + spread)), PriceCollar()
    view = a_view(
        mandate=a_mandate(entry_offset_bps=offset),
        quotes={BTC: quote},
        standings={BTC: a_standing()},
    )
    priced = a_sized(limit_price=entry_price(a_product(), quote, offset))

    (use,) = rule.uses(view)
    refusal = rule.judge(a_candidate(sized=priced), view)

    assert use.used == rule.collar_bps or (use.used > rule.collar_bps) is (refusal is not None)


@pytest.mark.parametrize(
    "quotes",
    [
        {},
        {BTC: a_quote("100", "100")},
        {BTC: a_quote("100.1", "100")},
        {BTC: a_quote("0", "100")},
    ],
    ids=["none", "locked", "crossed", "without a bid"],
)
@pytest.mark.parametrize("rule", [SpreadCap(), PriceCollar()])
def test_of_a_quote_that_makes_no_sense_nothing_is_measured(
    rule: SpreadCap | PriceCollar, quotes: dict[ProductId, Quote]
) -> None:
    assert [*rule.uses(a_view(quotes=quotes, standings={BTC: a_standing()}))] == []


@pytest.mark.parametrize("rule", [PriceCollar(), SlippageBudget()])
def test_a_price_without_a_product_is_not_measured(rule: PriceCollar | SlippageBudget) -> None:
    assert [*rule.uses(a_view(products={}))] == []


@pytest.mark.req("X5")
def test_what_rests_below_the_ask_uses_nothing_of_the_budget_for_slippage() -> None:
    (use,) = SlippageBudget().uses(a_view())

    assert use.used == 0


@given(offset=st.decimals("-60", "60", places=1), bid=st.decimals("0.5", "500", places=2))
def test_slippage_is_told_as_an_entry_would_be_judged(offset: Decimal, bid: Decimal) -> None:
    quote, rule = a_quote(plain(bid), plain(bid + Decimal("0.1"))), SlippageBudget()
    view = a_view(mandate=a_mandate(entry_offset_bps=offset), quotes={BTC: quote})
    priced = a_sized(limit_price=entry_price(a_product(), quote, offset), post_only=offset >= 0)

    (use,) = rule.uses(view)

    assert (use.used > use.limit) is (rule.judge(a_candidate(sized=priced), view) is not None)


@pytest.mark.parametrize(
    "changes",
    [
        {"quotes": {}},
        {"quotes": {BTC: a_quote("0", "0")}},
        {"standings": {BTC: a_standing(tier="")}},
    ],
    ids=["no quote", "nothing is asked", "no tier"],
)
def test_where_there_is_no_budget_no_slippage_is_told(changes: dict[str, Any]) -> None:
    assert [*SlippageBudget().uses(a_view(**changes))] == []


@pytest.mark.req("U1")
def test_the_book_with_the_least_left_for_our_orders_is_told() -> None:
    """Of several orders for one product the largest counts: each is judged by itself."""
    small = approved(worst_case=Amount(Decimal(10)))
    large = approved(approval=2, worst_case=Amount(Decimal(40)))
    standings = {BTC: a_standing(depth=Amount(Decimal(100))), ETH: a_standing(ETH)}
    for first, then in ((small, large), (large, small)):
        view = a_view(exposure=Exposure().reserve(first).reserve(then), standings=standings)

        (use,) = ShallowBook().uses(view)

        told = (use.name, plain(use.used), plain(use.limit))
        assert told == ("depth for open orders BTC-USD", "80", "100")


@pytest.mark.req("U1")
def test_a_book_of_unknown_depth_is_not_measured() -> None:
    assert [*ShallowBook().uses(a_view(standings={BTC: a_standing(depth=None)}))] == []
    assert [*ShallowBook().uses(a_view(portfolio=None))] == []


@pytest.mark.parametrize("rule", [SpreadCap(), PriceCollar(), StaleQuote()])
def test_what_costs_a_part_of_one_is_measured_like_anything_else(
    rule: SpreadCap | PriceCollar | StaleQuote,
) -> None:
    cheap = a_view(quotes={BTC: a_quote("0.5", "0.501")}, standings={BTC: a_standing()})

    assert len([*rule.uses(cheap)]) == 1
    assert rule.judge(a_candidate(), cheap) is None


@pytest.mark.parametrize("ago_s", [-5, 0])
def test_what_is_from_now_or_ahead_of_our_clock_has_no_age(ago_s: int) -> None:
    at_ns = NOW - ago_s * SECOND
    found = used(
        a_view(
            quotes={BTC: a_quote(at_ns=at_ns)},
            bar_ends={BTC: at_ns},
            standings={BTC: a_standing()},
        )
    )

    assert found["quote age BTC-USD"].used == found["bar age BTC-USD"].used == 0


@pytest.mark.req("E1", "E2", "PAC", "ST1", "O1")
def test_each_limit_is_told_with_what_is_used_of_it_the_limit_and_the_unit() -> None:
    """Shipped limits, after an entry of ETH ten seconds ago, with another one of BTC open."""
    entries = tuple(
        FilledEntry(str(n), product, Nanos(NOW - ago * SECOND))
        for n, (product, ago) in enumerate([(BTC, 20), (ETH, 10)])
    )
    open_entry = approved(worst_case=Amount(Decimal("150.5")))
    view = a_view(
        past_trades=PastTrades(entries=entries, filled={"ETH": Nanos(NOW - 10 * SECOND)}),
        portfolio=a_portfolio("10000", a_lot("2", product=ETH)),
        exposure=Exposure().reserve(open_entry),
        quotes={BTC: a_quote(at_ns=NOW - SECOND)},
        bar_ends={BTC: NOW - 30 * SECOND},
        mandate=a_mandate(entry_offset_bps=Decimal(-20), budget_pct={"breakout": Decimal(15)}),
    )

    told = {(each.name, plain(each.used), plain(each.limit), each.unit) for each in uses_of(view)}

    assert told >= {
        ("spread BTC-USD", "10", "20", "bps"),
        ("price above the mid BTC-USD", "25.99", "100", "bps"),
        ("quote age BTC-USD", "1", "5", "s"),
        ("bar age BTC-USD", "30", "90", "s"),
        ("spacing", "20", "30", "s"),
        ("spacing ETH-USD", "890", "900", "s"),
        ("cash for open orders", "150.5", "10000", "USD"),
        ("largest open order", "150.5", "1000", "USD"),
        ("depth for open orders BTC-USD", "301", "1000000", "USD"),
        ("slippage BTC-USD", "20.98", "20.98", "bps"),
        ("open positions", "2", "10", "products"),
        ("trades per hour", "3", "10", "entries in 1 h"),
    }
    assert not [name for name, *_ in told if name == "spacing BTC-USD"], "the newest entry counts"


@pytest.mark.req("E1")
def test_every_figure_is_exact_though_nothing_is_held() -> None:
    found = uses_of(a_view())

    assert found
    assert {type(figure) for each in found for figure in (each.used, each.limit)} == {Decimal}
    assert type(a_view().at_risk.total) is Decimal


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


def test_what_has_to_be_waited_for_is_told_up_to_the_last_nanosecond() -> None:
    entries = (FilledEntry("1", BTC, Nanos(NOW - 900 * SECOND + 1)),)

    (use,) = Spacing().uses(a_view(past_trades=PastTrades(entries=entries)))

    assert (use.name, plain(use.used)) == ("spacing BTC-USD", "1")


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
