"""Caps on what is at risk: each passes at its limit, refuses a cent above, and counts everything.

The account is worth 10,000 USD, so one percent is 100 USD.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.model.context import Regime
from domain.model.money import plain
from domain.model.product import ProductId
from domain.risk.caps import CapRule
from domain.risk.rules.asset_cap import AssetCap
from domain.risk.rules.position_cap import PositionCap
from domain.risk.rules.strategy_cap import StrategyCap
from domain.risk.rules.theme_cap import ThemeCap
from domain.risk.rules.total_cap import TotalCap
from domain.risk.view import RiskView
from tests.builders.messages import (
    BTC,
    ETH,
    a_candidate,
    a_lot,
    a_mandate,
    a_portfolio,
    a_quote,
    a_view,
)

SOL = ProductId("SOL-USD")
THEMED = a_mandate(themes={"LAYER1": ("BTC", "SOL")})
THEME_CAP = ThemeCap(max_per_theme_pct={"LAYER1": Decimal(4)})


def holding(worth: str, product: str = BTC, **changes: Any) -> RiskView:
    """Return a view in which a lot is worth so much at the ask, everything in NLV 10,000."""
    lot = a_lot(worth, product=ProductId(product))
    quotes = {
        ProductId(name): a_quote("0.99", "1", product=name) for name in (BTC, ETH, SOL, "BTC-USDC")
    }
    values = {"portfolio": a_portfolio("10000", lot), "quotes": quotes, **changes}
    return a_view(**values)


CASES: list[tuple[CapRule, dict[str, Any], str]] = [
    (TotalCap(), {"product": ETH}, "1500"),
    (PositionCap(), {}, "300"),
    (AssetCap(), {"product": "BTC-USDC"}, "500"),
    (THEME_CAP, {"product": SOL, "mandate": THEMED}, "400"),
    (StrategyCap(), {"product": ETH}, "1500"),
]


@pytest.mark.req("E1", "U2", "STR3")
@pytest.mark.parametrize(("rule", "changes", "cap"), CASES)
def test_passes_at_the_cap_and_refuses_a_cent_above(
    rule: CapRule, changes: dict[str, Any], cap: str
) -> None:
    view = holding("200", **changes)
    room = Decimal(cap) - 200

    assert rule.judge(a_candidate(str(room)), view) is None
    refusal = rule.judge(a_candidate(str(room + Decimal("0.01"))), view)

    assert refusal is not None
    assert refusal.reason == rule.CODE
    assert refusal.current_pct == 2
    assert refusal.proposed_pct == (Decimal(cap) + Decimal("0.01")) / 100


@pytest.mark.req("E1", "U2", "STR3")
@pytest.mark.parametrize(
    ("case", "name"),
    [*zip(CASES, ["total", "position", "asset", "theme LAYER1", "strategy"], strict=True)],
)
def test_a_refusal_names_the_cap_what_would_be_at_risk_and_how_much_may_be(
    case: tuple[CapRule, dict[str, Any], str], name: str
) -> None:
    rule, changes, cap = case
    limit = Decimal(cap) / 100

    refusal = rule.judge(a_candidate(cap), holding("200", **changes))

    assert refusal is not None
    assert refusal.cap_type == name
    assert refusal.observed == f"{limit + 2:.4f} % of equity"
    assert refusal.limit == f"{plain(limit)} %"


@pytest.mark.req("E1", "U2", "STR3")
@pytest.mark.parametrize(("rule", "changes", "cap"), CASES)
def test_all_lots_of_a_kind_count_together(
    rule: CapRule, changes: dict[str, Any], cap: str
) -> None:
    """Two of one product and one of the same asset for another currency: three, or those two."""
    del changes
    lots = [a_lot("50", id=f"lot-{n}") for n in (1, 2)]
    lots.append(a_lot("50", id="lot-3", product=ProductId("BTC-USDC")))
    view = holding("0", portfolio=a_portfolio("10000", *lots), mandate=THEMED)
    held = 100 if isinstance(rule, PositionCap) else 150

    assert rule.judge(a_candidate(str(Decimal(cap) - held)), view) is None
    assert rule.judge(a_candidate(str(Decimal(cap) - held + 1)), view) is not None


@pytest.mark.req("U2")
@pytest.mark.parametrize("themes", [("DEFI", "LAYER1"), ("LAYER1", "DEFI")])
def test_every_theme_of_an_asset_binds_wherever_it_stands(themes: tuple[str, str]) -> None:
    members = {"DEFI": ("ETH",), "LAYER1": ("BTC",)}
    mandate = a_mandate(themes={name: members[name] for name in themes})
    rule = ThemeCap(max_per_theme_pct=dict.fromkeys(members, Decimal(4)))

    assert rule.judge(a_candidate("400"), a_view(mandate=mandate)) is None
    assert rule.judge(a_candidate("401"), a_view(mandate=mandate)) is not None


@pytest.mark.req("E1")
@pytest.mark.parametrize("nlv", ["0.5", "1", "1.5"])
def test_an_account_of_next_to_nothing_has_its_caps_too(nlv: str) -> None:
    view = a_view(portfolio=a_portfolio(nlv))

    assert TotalCap().judge(a_candidate(str(Decimal(nlv) * Decimal("0.15"))), view) is None
    assert TotalCap().judge(a_candidate(nlv), view) is not None


@pytest.mark.req("E1")
@pytest.mark.parametrize(("rule", "changes", "cap"), CASES)
@given(worth=st.integers(0, 2_000), cost=st.integers(1, 2_000), more=st.integers(0, 500))
def test_a_larger_order_is_never_judged_more_kindly(
    rule: CapRule, changes: dict[str, Any], cap: str, worth: int, cost: int, more: int
) -> None:
    view = holding(str(worth), **changes)

    def passes(worst_case: int) -> bool:
        return rule.judge(a_candidate(str(worst_case)), view) is None

    assert passes(cost) >= passes(cost + more)
    assert passes(cost) == (worth + cost <= Decimal(cap))


@pytest.mark.req("E1")
@pytest.mark.parametrize("rule", [PositionCap(), AssetCap(), THEME_CAP])
def test_what_belongs_elsewhere_does_not_count(rule: CapRule) -> None:
    view = holding("5000", product=ETH, mandate=THEMED)

    assert rule.judge(a_candidate("100"), view) is None


@pytest.mark.req("E1", "U3")
@pytest.mark.parametrize(
    ("regime", "limit"), [(Regime.BULL, "15"), (Regime.BEAR, "9"), (Regime.CRASH, "0")]
)
def test_the_use_of_a_cap_is_told_by_the_limit_of_the_market_of_now(
    regime: Regime, limit: str
) -> None:
    (use,) = TotalCap().uses(holding("200", regime=regime))

    assert (use.used, use.limit, use.unit) == (Decimal(2), Decimal(limit), "%")


@pytest.mark.req("E1")
@pytest.mark.parametrize(("nlv", "count"), [("0", 0), ("-1", 0), ("0.5", 1), ("1", 1)])
def test_nothing_is_told_of_a_cap_while_there_is_no_equity(nlv: str, count: int) -> None:
    view = holding("1", portfolio=a_portfolio(nlv, a_lot("1")))

    assert len([*TotalCap().uses(view)]) == count


@pytest.mark.req("U3")
@pytest.mark.parametrize(
    ("regime", "cap"),
    [(Regime.BULL, "300"), (Regime.CHOP, "300"), (Regime.BEAR, "180"), (Regime.CRASH, "0")],
)
def test_a_bad_market_tightens_the_caps_and_a_good_one_never_loosens_them(
    regime: Regime, cap: str
) -> None:
    view = a_view(regime=regime)

    assert PositionCap().judge(a_candidate(cap), view) is None
    assert PositionCap().judge(a_candidate(str(Decimal(cap) + 1)), view) is not None


@pytest.mark.parametrize(("rule", "changes", "cap"), CASES)
def test_without_a_size_or_a_value_others_refuse(
    rule: CapRule, changes: dict[str, Any], cap: str
) -> None:
    too_much = str(Decimal(cap) + 1)

    assert rule.judge(a_candidate(), holding("0", **changes)) is None
    for portfolio in (None, a_portfolio(nlv=None), a_portfolio("0")):
        view = holding("0", **{**changes, "portfolio": portfolio})
        assert rule.judge(a_candidate(too_much), view) is None


@pytest.mark.req("E1", "U2", "STR3")
@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (TotalCap(), "total"),
        (PositionCap(), "position BTC-USD"),
        (AssetCap(), "asset BTC"),
        (THEME_CAP, "theme LAYER1"),
        (StrategyCap(), "strategy breakout"),
    ],
)
def test_a_cap_tells_how_far_it_is_used(rule: CapRule, name: str) -> None:
    (use,) = rule.uses(holding("250", mandate=evolve(THEMED, budget_pct={"breakout": Decimal(15)})))

    assert (use.name, use.used, use.unit) == (name, Decimal("2.5"), "%")
    assert use.limit == cap_of(rule)


def cap_of(rule: CapRule) -> Decimal:
    """Return the cap of a shipped rule in percent of equity."""
    match rule:
        case TotalCap() | StrategyCap():
            return Decimal(15)
        case PositionCap():
            return Decimal(3)
        case AssetCap():
            return Decimal(5)
        case _:
            return Decimal(4)


@pytest.mark.req("E1")
def test_of_caps_on_one_of_many_the_fullest_is_told() -> None:
    lots = (a_lot("100"), a_lot("200", product=SOL, id="lot-2"))
    view = holding("1", portfolio=a_portfolio("10000", *lots))

    assert [use.name for use in PositionCap().uses(view)] == ["position SOL-USD"]


def test_while_the_equity_is_not_known_no_cap_tells_anything() -> None:
    assert not [*TotalCap().uses(holding("100", portfolio=a_portfolio("10000", nlv=None)))]


@pytest.mark.req("E1")
def test_with_nothing_held_no_cap_on_one_of_many_tells_anything() -> None:
    assert [*PositionCap().uses(a_view())] == []
