"""The gate: every rule is asked, every refusal kept, and exits are never trapped."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from attrs import evolve, fields, frozen
from hypothesis import given
from hypothesis import strategies as st

from app.run.recovery import CODEC
from domain.messages.decisions import OrderApproved, ProposalRefused, ProtectionProposed
from domain.messages.portfolio import LimitUse
from domain.model.approval import (
    ApprovedEntry,
    ApprovedExit,
    ExitReason,
    Limit,
    Market,
    Purpose,
    Reason,
    Refusal,
)
from domain.model.breakers import Effect
from domain.model.context import Regime
from domain.model.errors import InvariantBroken
from domain.model.foregone import RefusedEntry
from domain.model.instants import HOUR, SECOND, Nanos
from domain.model.money import ZERO, Amount, Price, Quantity, Rate
from domain.model.product import ALLOWED_BY_FLAG, ProductFlags, ProductId, Side
from domain.model.proposal import TradeProposal
from domain.model.synthetic import SyntheticEntry, SyntheticProposal
from domain.risk.exit_types import sale_type, stop_type
from domain.risk.exposure import Exposure
from domain.risk.gate import judge_entry, judge_exit, judge_protection, limits_used
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView
from tests.builders.messages import (
    BTC,
    ETH,
    NOW,
    a_breaker,
    a_limit,
    a_lot,
    a_mandate,
    a_portfolio,
    a_product,
    a_quote,
    a_tier,
    a_view,
    an_entry,
    an_exit,
    an_intent,
    approved_sale,
    approved_stop,
    booked,
    the_rules,
)

RULES = the_rules()
LOT = a_lot()
OWNING = a_portfolio("9800", LOT, nlv="10000")
PROTECTED = ProtectionProposed(LOT.id, BTC, LOT.quantity)


def refusals(verdict: OrderApproved | ProposalRefused) -> tuple[Reason, ...]:
    assert isinstance(verdict, ProposalRefused)
    return tuple(each.reason for each in verdict.refusals)


def test_a_good_entry_is_approved_as_it_was_sized() -> None:
    verdict = judge_entry(an_entry(), a_view(), 41, RULES)

    assert isinstance(verdict, OrderApproved)
    order = verdict.order
    assert isinstance(order, ApprovedEntry)
    assert (order.approval, order.purpose, order.side) == (41, Purpose.ENTRY, Side.BUY)
    assert order.quantity == Decimal("1.97628458")
    assert order.order_type == a_limit(100)
    assert (order.strategy, order.reason, order.approved_ns) == ("breakout", "signal", 7)
    assert order.worst_case <= 200


@pytest.mark.req("X3", "X5", "STR3")
def test_an_approved_entry_carries_all_that_is_needed_to_work_it_and_to_leave_it() -> None:
    mandate = a_mandate(
        tiers={"T1": a_tier(max_spread_bps=Decimal(20), slippage_bps=Decimal(15))},
        holds_ns={"breakout": Nanos(HOUR)},
    )
    entry = an_entry(bar_ns=NOW - 5, signal="high", reason="closed above it")

    verdict = judge_entry(entry, a_view(mandate=mandate), 41, RULES)

    assert verdict == OrderApproved(
        ApprovedEntry(
            approval=41,
            strategy="breakout",
            product=BTC,
            quantity=Quantity(Decimal("1.97628458")),
            order_type=a_limit(100),
            worst_case=Amount(Decimal("1.97628458") * 100 * Decimal("1.012")),
            stop_loss_pct=entry.proposal.stop_loss_pct,
            take_profit_pct=entry.proposal.take_profit_pct,
            max_hold_ns=Nanos(HOUR),
            reason="closed above it",
            bar_ns=Nanos(NOW - 5),
            approved_ns=Nanos(7),
            signal="high",
            highest_price=Price(Decimal("100.15")),
        )
    )


@pytest.mark.parametrize("changes", [{"mandate": a_mandate(tiers={})}, {"standings": {}}])
def test_without_a_tier_no_more_than_the_first_price_is_ever_paid(changes: dict[str, Any]) -> None:
    verdict = judge_entry(an_entry(), a_view(**changes), 1, ())

    assert isinstance(verdict, OrderApproved)
    assert isinstance(verdict.order, ApprovedEntry)
    assert verdict.order.highest_price == 100


@pytest.mark.req("E1", "U2")
def test_the_refusal_of_an_entry_says_what_it_would_have_been() -> None:
    mandate = a_mandate(holds_ns={"breakout": Nanos(HOUR)})
    halted = a_breaker(Effect.HALT)
    entry = an_entry()

    verdict = judge_entry(entry, a_view(mandate=mandate, breakers=(halted,)), 1, RULES)

    assert isinstance(verdict, ProposalRefused)
    assert verdict == ProposalRefused(
        Purpose.ENTRY,
        "breakout",
        BTC,
        Side.BUY,
        verdict.refusals,
        wanted=RefusedEntry(
            quantity=Quantity(Decimal("1.97628458")),
            limit_price=Price(Decimal(100)),
            post_only=True,
            lifetime_ns=Nanos(45 * SECOND),
            stop_loss_pct=entry.proposal.stop_loss_pct,
            take_profit_pct=entry.proposal.take_profit_pct,
            max_hold_ns=Nanos(HOUR),
        ),
    )


@pytest.mark.req("R1")
def test_a_sale_that_every_rule_lets_pass_is_our_bug() -> None:
    with pytest.raises(InvariantBroken, match=r"^BTC-USD: a SELL passed every rule of entries$"):
        judge_entry(an_entry(side=Side.SELL), a_view(), 1, ())


@pytest.mark.req("U1", "U3")
def test_a_bad_market_cuts_what_a_tier_allows_one_position() -> None:
    tier = a_tier(position_pct=Decimal(1))
    view = a_view(mandate=a_mandate(tiers={"T1": tier}), regime=Regime.BEAR)

    verdict = judge_entry(an_entry(), view, 41, RULES)

    assert isinstance(verdict, OrderApproved)
    assert isinstance(verdict.order, ApprovedEntry)
    assert Decimal(59) < verdict.order.worst_case <= 60  # of 10,000: 1 % times 0.6


@pytest.mark.req("U1")
@pytest.mark.parametrize(("size_pct", "cost"), [("1", 100), ("2", 200), ("3", 200)])
def test_no_entry_is_larger_than_its_tier_has_them(size_pct: str, cost: int) -> None:
    view = a_view(mandate=a_mandate(tiers={"T1": a_tier(size_pct=Decimal(size_pct))}))

    verdict = judge_entry(an_entry(), view, 41, RULES)

    assert isinstance(verdict, OrderApproved)
    assert isinstance(verdict.order, ApprovedEntry)
    assert cost - 1 < verdict.order.worst_case <= cost


@pytest.mark.req("X3")
def test_why_something_is_bought_names_both_reasons() -> None:
    entry = an_entry(reason="closed above the high")

    verdict = judge_entry(entry, a_view(portfolio=a_portfolio("80")), 1, RULES)

    assert isinstance(verdict, OrderApproved)
    assert isinstance(verdict.order, ApprovedEntry)
    assert verdict.order.reason == "closed above the high; raised to the smallest entry"


@pytest.mark.req("E1")
def test_every_broken_rule_is_recorded_with_the_headline_first() -> None:
    view = a_view(
        breakers=(a_breaker(Effect.HALT),),
        stalled={BTC: "gap"},
        taker=Rate(Decimal("0.05")),
    )

    rules = the_rules(total_pct=Decimal(1), max_order_usd=Decimal(100))

    assert refusals(judge_entry(an_entry(conviction=Decimal(2)), view, 1, rules)) == (
        "halted",
        "invalid_proposal",
        "stale_quote",
        "target_below_cost",
        "order_cap",
        "total_cap",
    )


@frozen(kw_only=True)
class Broken(EntryRule):
    """A rule with a bug."""

    CODE: ClassVar[Reason] = Reason("broken")
    ORDER: ClassVar[int] = 1

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        raise ZeroDivisionError(wanted, view)

    def ceiling(self, nlv: Amount) -> Amount | None:
        raise LookupError(nlv)

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        raise ArithmeticError(view)


def test_a_rule_that_fails_refuses_and_the_others_are_still_asked() -> None:
    view = a_view(is_ready=False)
    verdict = judge_entry(an_entry(), view, 1, (Broken(), *RULES))

    assert refusals(verdict) == ("rule_failed", "not_ready", "rule_failed")
    assert isinstance(verdict, ProposalRefused)
    assert verdict.refusals[0].observed == "broken: ZeroDivisionError"
    assert verdict.refusals[-1].observed == "sizing: LookupError"


def test_a_rule_that_fails_keeps_no_other_from_telling_how_far_its_limit_is_used() -> None:
    rules = (Broken(), *RULES)

    assert "total" in {use.name for use in limits_used(a_view(), rules)}


@pytest.mark.req("E2")
@pytest.mark.parametrize("missing", ["portfolio", "taker"])
def test_what_is_unknown_blocks(missing: str) -> None:
    assert refusals(judge_entry(an_entry(), a_view(**{missing: None}), 1, RULES))


@pytest.mark.req("E2")
@pytest.mark.parametrize("missing", ["products", "quotes", "bar_ends"])
def test_what_is_missing_blocks(missing: str) -> None:
    assert refusals(judge_entry(an_entry(), a_view(**{missing: {}}), 1, RULES))


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    "unknown",
    [
        {"products": {}},
        {"quotes": {}},
        {"taker": None},
        {"portfolio": None},
        {"portfolio": evolve(a_portfolio(), nlv=None)},
    ],
)
def test_without_what_a_size_needs_there_is_none_though_no_rule_objects(
    unknown: dict[str, Any],
) -> None:
    verdict = judge_entry(an_entry(), a_view(**unknown), 1, ())

    missing = Refusal(
        reason=Reason("not_ready"),
        observed="product, quote, value or fees missing",
        limit="all known",
    )
    assert verdict == ProposalRefused(Purpose.ENTRY, "breakout", BTC, Side.BUY, (missing,))


@pytest.mark.req("R2")
@pytest.mark.parametrize("name", ["notional_pct", "stop_loss_pct", "take_profit_pct", "conviction"])
@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "0", "-1", "1e30"])
def test_a_bad_number_never_becomes_an_order(name: str, value: str) -> None:
    change: dict[str, Any] = {name: Decimal(value)}

    assert refusals(judge_entry(an_entry(**change), a_view(), 1, RULES))


@pytest.mark.req("R2")
@pytest.mark.parametrize("name", ["notional_pct", "stop_loss_pct", "take_profit_pct", "conviction"])
@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "1e40", "-1e40"])
def test_what_is_no_number_is_refused_for_that_alone_and_no_order_is_made_of_it(
    name: str, value: str
) -> None:
    change: dict[str, Any] = {name: Decimal(value)}
    verdict = judge_entry(an_entry(**change), a_view(), 1, RULES)

    assert refusals(verdict) == ("invalid_proposal",)
    assert isinstance(verdict, ProposalRefused)
    (why,) = verdict.refusals
    assert (why.observed, why.limit) == (f"{name} {Decimal(value)}", "a number within policy")
    assert verdict.wanted is None
    CODEC.encode(verdict)  # the journal takes it: a record that can't be written halts everything


@pytest.mark.req("R1")
def test_a_sale_is_no_entry() -> None:
    verdict = judge_entry(an_entry(side=Side.SELL), a_view(), 1, RULES)

    assert refusals(verdict) == ("shorting_disallowed",)


@pytest.mark.req("U3")
def test_a_crash_blocks_entries_and_no_exits() -> None:
    view = a_view(regime=Regime.CRASH, portfolio=OWNING)

    assert isinstance(judge_entry(an_entry(), view, 1, RULES), ProposalRefused)
    assert isinstance(judge_exit(an_exit(LOT), view, 1), OrderApproved)


def test_an_order_has_the_reason_and_the_signal_of_the_strategy() -> None:
    entry = an_entry(reason="closed above the high", signal="breakout")
    verdict = judge_entry(entry, a_view(), 41, RULES)

    assert isinstance(verdict, OrderApproved)
    assert isinstance(verdict.order, ApprovedEntry)
    assert (verdict.order.reason, verdict.order.signal) == ("closed above the high", "breakout")


@pytest.mark.req("X3")
def test_a_raised_entry_says_so() -> None:
    verdict = judge_entry(an_entry(), a_view(portfolio=a_portfolio("80")), 1, RULES)

    assert isinstance(verdict, OrderApproved)
    assert isinstance(verdict.order, ApprovedEntry)
    assert verdict.order.reason == "raised to the smallest entry"
    assert verdict.order.worst_case <= Decimal("2.4")


@pytest.mark.req("X3", "E1")
@pytest.mark.parametrize(
    ("cash", "changes"),
    [("60", {}), ("80", {"max_order_usd": Decimal(2)})],
    ids=["position cap", "largest order"],
)
def test_the_smallest_entry_is_raised_within_the_limits_only(
    cash: str, changes: dict[str, Any]
) -> None:
    view = a_view(portfolio=a_portfolio(cash))

    assert refusals(judge_entry(an_entry(), view, 1, the_rules(**changes))) == ("below_minimum",)


@pytest.mark.req("X3", "E1")
def test_where_no_rule_bounds_an_order_nothing_is_raised() -> None:
    view = a_view(portfolio=a_portfolio("80"))
    unbounded = tuple(rule for rule in RULES if rule.ceiling(Amount(Decimal(80))) is None)

    assert 0 < len(unbounded) < len(RULES)
    assert refusals(judge_entry(an_entry(), view, 1, unbounded)) == ("below_minimum",)


@pytest.mark.req("X6")
def test_an_exit_sells_the_whole_lot_at_market() -> None:
    view = a_view(portfolio=OWNING)
    verdict = judge_exit(an_exit(LOT), view, 5)

    assert isinstance(verdict, OrderApproved)
    order = ApprovedExit(
        approval=5,
        strategy=LOT.strategy,
        product=BTC,
        quantity=Quantity(Decimal(2)),
        order_type=Market(),
        lot="lot-1",
        reason=ExitReason.STOP,
        approved_ns=Nanos(view.machine_ns),
    )
    assert verdict.order == order
    assert (order.side, order.purpose) == (Side.SELL, Purpose.EXIT)


@pytest.mark.req("X5")
def test_a_sale_that_may_reach_only_so_far_is_a_limit_within_it() -> None:
    bid = Price(Decimal(100))
    wanted = evolve(an_exit(LOT, bid=bid), reach_bps=50)

    verdict = judge_exit(wanted, a_view(portfolio=OWNING), 5)

    assert isinstance(verdict, OrderApproved)
    assert verdict.order.order_type == sale_type(a_product(), bid, 50) != Market()


@pytest.mark.req("K1", "R1")
def test_the_refusal_of_a_sale_says_whose_lot_it_is_and_what_was_to_be_done() -> None:
    killed = a_breaker(Effect.KILL)
    view = a_view(portfolio=OWNING, breakers=(killed,), products={})
    foreign = a_view(portfolio=a_portfolio(), products={})
    shut = Refusal(
        reason=Reason("product_disabled"), observed="not in the catalogue", limit="open for sales"
    )
    none = Refusal(
        reason=Reason("shorting_disallowed"), observed=f"lot {LOT.id}", limit="an owned lot"
    )
    wanted = an_exit(LOT)
    about: dict[str, Any] = {"product": BTC, "side": Side.SELL, "lot": LOT.id}
    sale = about | {"purpose": Purpose.EXIT, "exit_reason": wanted.reason}
    stop = about | {"purpose": Purpose.PROTECTION}
    by_kill = Refusal(reason=Reason("killed"), observed=killed.reason, limit="no kill")

    ours = {"strategy": LOT.strategy, "refusals": (by_kill, shut)}
    theirs = {"strategy": "", "refusals": (shut, none)}
    for verdict, expected in (
        (judge_exit(wanted, view, 1), sale | ours),
        (judge_exit(wanted, foreign, 1), sale | theirs),
        (judge_protection(PROTECTED, view, 1), stop | ours),
        (judge_protection(PROTECTED, foreign, 1), stop | theirs),
    ):
        assert isinstance(verdict, ProposalRefused)
        for name, value in expected.items():
            assert getattr(verdict, name) == value, name


@pytest.mark.req("X6")
def test_an_exit_passes_while_every_guard_of_entries_is_tripped() -> None:
    view = a_view(
        is_ready=False,
        breakers=(a_breaker(Effect.HALT), a_breaker(Effect.BLOCK, f"product:{BTC}")),
        quotes={},
        bar_ends={},
        stalled={BTC: "gap"},
        portfolio=evolve(OWNING, nlv=None),
        maker=None,
        taker=None,
        regime=Regime.CRASH,
    )

    assert isinstance(judge_exit(an_exit(LOT), view, 1), OrderApproved)


@pytest.mark.req("K1")
def test_after_a_kill_nothing_passes() -> None:
    view = a_view(portfolio=OWNING, breakers=(a_breaker(Effect.KILL),))

    assert refusals(judge_exit(an_exit(LOT), view, 1)) == ("killed",)
    assert refusals(judge_entry(an_entry(), view, 1, RULES))[0] == "killed"


@pytest.mark.req("REC1", "R1")
@pytest.mark.parametrize(("missing", "sold"), [("0.5", "1.5"), ("2", None)])
def test_what_is_missing_of_a_lot_is_not_sold(missing: str, sold: str | None) -> None:
    gone = evolve(LOT, missing=Quantity(Decimal(missing)))
    verdict = judge_exit(an_exit(LOT), a_view(portfolio=a_portfolio("9800", gone)), 1)

    if sold is None:
        assert refusals(verdict) == ("nothing_owned",)
    else:
        assert isinstance(verdict, OrderApproved)
        assert verdict.order.quantity == Decimal(sold)


@pytest.mark.req("R1")
def test_what_is_not_owned_is_not_sold() -> None:
    for portfolio in (a_portfolio(), None):
        verdict = judge_exit(an_exit(LOT), a_view(portfolio=portfolio), 1)

        assert refusals(verdict) == ("shorting_disallowed",)


@pytest.mark.req("R1")
@given(
    owned=st.decimals("0.1", "5", places=8),
    selling=st.lists(st.decimals("0.1", "5", places=8), max_size=3),
    wanted=st.decimals("0.1", "9", places=8),
)
def test_all_sales_of_a_lot_together_never_exceed_it(
    owned: Decimal, selling: list[Decimal], wanted: Decimal
) -> None:
    lot = a_lot(str(owned))
    exposure = Exposure()
    for number, quantity in enumerate(selling, 2):
        exposure = exposure.reserve(approved_sale("lot-1", str(quantity), approval=number))
    view = a_view(portfolio=a_portfolio("1", lot), exposure=exposure)

    verdict = judge_exit(an_exit(lot, quantity=Quantity(wanted)), view, 9)

    free = owned - sum(selling)
    if isinstance(verdict, OrderApproved):
        assert 0 < verdict.order.quantity <= min(free, wanted)
    else:
        assert free < Decimal("0.02")


@pytest.mark.req("X6")
def test_what_is_already_being_sold_is_not_sold_again() -> None:
    exposure = Exposure().reserve(approved_sale("lot-1", "2"))
    view = a_view(portfolio=OWNING, exposure=exposure)

    assert refusals(judge_exit(an_exit(LOT), view, 1)) == ("nothing_owned",)


@pytest.mark.req("PROT1")
def test_protection_of_a_lot_waits_for_its_stop_whatever_else_is_blocked() -> None:
    halted = a_view(portfolio=OWNING, breakers=(a_breaker(Effect.HALT),), is_ready=False)

    verdict = judge_protection(PROTECTED, halted, 7)

    assert isinstance(verdict, OrderApproved)
    assert verdict.order == ApprovedExit(
        approval=7,
        strategy=LOT.strategy,
        product=BTC,
        quantity=LOT.quantity,
        order_type=stop_type(a_product(), LOT.stop_price),
        lot=LOT.id,
        reason=ExitReason.STOP,
        approved_ns=Nanos(halted.machine_ns),
    )
    assert verdict.order.purpose is Purpose.PROTECTION


@pytest.mark.req("PROT1", "K1", "EX1", "R1")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"breakers": (a_breaker(Effect.KILL),)}, "killed"),
        ({"products": {}}, "product_disabled"),
        ({"products": {BTC: a_product(flags=ProductFlags(cancel_only=True))}}, "product_disabled"),
        ({"products": {BTC: a_product(flags=ProductFlags(post_only=True))}}, "product_disabled"),
        ({"portfolio": a_portfolio()}, "shorting_disallowed"),
        ({"portfolio": a_portfolio("1", a_lot("0.00000001"))}, "below_minimum"),
        ({"exposure": Exposure().reserve(approved_sale("lot-1", "2"))}, "nothing_owned"),
    ],
)
def test_what_cannot_be_protected_is_refused_by_its_name(
    changes: dict[str, Any], reason: str
) -> None:
    verdict = judge_protection(PROTECTED, a_view(**{"portfolio": OWNING, **changes}), 1)

    assert reason in refusals(verdict)
    assert isinstance(verdict, ProposalRefused)
    assert (verdict.purpose, verdict.lot) == (Purpose.PROTECTION, LOT.id)


@pytest.mark.req("PROT1", "K1")
def test_a_kill_of_one_product_leaves_the_protection_of_others() -> None:
    for product, refused in ((BTC, ["killed"]), (ETH, [])):
        kill = a_breaker(Effect.KILL, f"product:{product}")
        verdict = judge_protection(PROTECTED, a_view(portfolio=OWNING, breakers=(kill,)), 1)

        assert [*refusals(verdict)] == refused if refused else isinstance(verdict, OrderApproved)


@pytest.mark.req("PROT1", "EX1", "R1")
@pytest.mark.parametrize(
    ("changes", "reason", "observed", "limit"),
    [
        (
            {"products": {BTC: a_product(flags=ProductFlags(cancel_only=True))}},
            "product_disabled",
            "online, cancel_only",
            "open for sales",
        ),
        (
            {"exposure": Exposure().reserve(approved_sale("lot-1", "2"))},
            "nothing_owned",
            "all of it is being sold",
            "something to sell",
        ),
        (
            {"portfolio": a_portfolio("1", a_lot("0.001"))},
            "below_minimum",
            "0.001 BTC at 92.15",
            "1 USD",
        ),
    ],
)
def test_the_refusal_to_protect_a_lot_says_what_was_seen_and_whose_it_is(
    changes: dict[str, Any], reason: str, observed: str, limit: str
) -> None:
    verdict = judge_protection(PROTECTED, a_view(**{"portfolio": OWNING, **changes}), 1)

    why = Refusal(reason=Reason(reason), observed=observed, limit=limit)
    assert verdict == ProposalRefused(
        Purpose.PROTECTION, LOT.strategy, BTC, Side.SELL, (why,), LOT.id, ExitReason.STOP
    )


@pytest.mark.req("PROT1", "R1")
def test_what_protects_a_lot_keeps_none_of_it_from_being_sold() -> None:
    stop = an_intent(approved_stop("lot-1"), 3)
    waiting = Exposure().reserve(stop.order).bind(stop)

    verdict = judge_exit(an_exit(LOT), a_view(portfolio=OWNING, exposure=waiting), 9)

    assert isinstance(verdict, OrderApproved)
    assert verdict.order.quantity == 2


@pytest.mark.req("PROT1", "R1")
def test_a_sale_says_what_protection_had_sold_of_its_lot_when_it_was_approved() -> None:
    stop = an_intent(approved_stop("lot-1"), 3)
    partly = Exposure().reserve(stop.order).bind(stop).fill(booked(stop, "0.5"))

    verdict = judge_exit(an_exit(LOT), a_view(portfolio=OWNING, exposure=partly), 9)

    assert isinstance(verdict, OrderApproved)
    assert isinstance(verdict.order, ApprovedExit)
    assert verdict.order.sold_at_venue == Decimal("0.5")


@pytest.mark.req("EX1")
@pytest.mark.parametrize("flag", ALLOWED_BY_FLAG)
def test_a_lot_is_sold_as_the_flags_leave_it_or_the_refusal_names_them(flag: str) -> None:
    product = a_product(flags=ProductFlags.of("online", (flag,)))
    wanted = an_exit(LOT)

    verdict = judge_exit(wanted, a_view(portfolio=OWNING, products={BTC: product}), 1)

    kind = sale_type(product, wanted.bid)
    if kind is None:
        assert refusals(verdict) == ("product_disabled",)
        assert isinstance(verdict, ProposalRefused)
        assert verdict.refusals[0].observed == f"online, {flag}"
    else:
        assert isinstance(verdict, OrderApproved)
        assert verdict.order.order_type == kind
        assert isinstance(kind, Limit)


@pytest.mark.req("EX1")
def test_a_sale_by_limit_is_measured_at_its_limit() -> None:
    product = a_product(flags=ProductFlags(limit_only=True), quote_min=Decimal(200))
    view = a_view(portfolio=OWNING, products={BTC: product})

    assert refusals(judge_exit(an_exit(LOT, bid=Price(Decimal(100))), view, 1)) == (
        "below_minimum",
    )
    opened = a_view(portfolio=OWNING, products={BTC: evolve(product, flags=ProductFlags())})
    assert isinstance(judge_exit(an_exit(LOT, bid=Price(Decimal(100))), opened, 1), OrderApproved)


def test_dust_below_the_venues_minimum_is_refused_as_such() -> None:
    dust = a_lot("0.00999999")
    view = a_view(portfolio=a_portfolio("1", dust))

    assert refusals(judge_exit(an_exit(dust, bid=Decimal(100)), view, 1)) == ("below_minimum",)


def test_a_lot_worth_exactly_the_venues_minimum_is_sold() -> None:
    product = a_product(base_min=Decimal("0.01"))
    least = a_lot("0.01")
    view = a_view(portfolio=a_portfolio("1", least), products={BTC: product})

    assert isinstance(judge_exit(an_exit(least, bid=Decimal(100)), view, 1), OrderApproved)


def test_a_lot_larger_than_the_largest_order_is_sold_in_parts() -> None:
    product = a_product(base_max=Decimal("1.5"))
    view = a_view(portfolio=OWNING, products={BTC: product})

    verdict = judge_exit(an_exit(LOT, ExitReason.TARGET), view, 1)

    assert isinstance(verdict, OrderApproved)
    assert (verdict.order.quantity, verdict.order.reason) == (Decimal("1.5"), "target")


@pytest.mark.req("E1", "E2", "STR3")
@given(
    entries=st.lists(
        st.tuples(
            st.sampled_from(["BTC-USD", "ETH-USD", "SOL-USD", "ADA-USD", "XRP-USD", "LTC-USD"]),
            st.decimals("0.1", "3", places=2),
            st.decimals("20", "200", places=2),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_one_round_asks_for_all_it_gets_fits_every_cap(
    entries: list[tuple[Any, Decimal, Decimal]],
) -> None:
    names = sorted({name for name, _, _ in entries})
    view = a_view(
        products={name: a_product(name) for name in names},
        quotes={name: a_quote(product=name) for name in names},
        bar_ends=dict.fromkeys(names, NOW),
        portfolio=evolve(a_portfolio(), allotted=Amount(Decimal(390))),
        mandate=a_mandate(
            budget_pct={"breakout": Decimal(4)}, themes={"PAIR": ("BTC", "ETH"), "ONE": ("SOL",)}
        ),
    )
    rules = the_rules(
        total_pct=Decimal(5),
        asset_pct=Decimal("2.5"),
        max_per_theme_pct={"PAIR": Decimal(3), "ONE": Decimal(1)},
        max_order_usd=Decimal(250),
    )
    for number, (name, pct, price) in enumerate(entries, 1):
        quote = a_quote(str(price), str(price + Decimal("0.01")), product=name)
        view = evolve(view, quotes={**view.quotes, name: quote})
        verdict = judge_entry(an_entry(product=name, notional_pct=pct), view, number, rules)
        if isinstance(verdict, OrderApproved):
            assert isinstance(verdict.order, ApprovedEntry)
            assert verdict.order.worst_case <= 250
            view = evolve(view, exposure=view.exposure.reserve(verdict.order))

    risk = view.at_risk
    worth = {name: risk.by_product.get(ProductId(f"{name}-USD"), ZERO) for name in ("BTC", "ETH")}
    assert risk.total <= min(400, 390)
    assert all(each <= 250 for each in risk.by_product.values())
    assert sum(worth.values()) <= 300
    assert risk.by_product.get(ProductId("SOL-USD"), ZERO) <= 100


@pytest.mark.req("E1", "REC1")
def test_what_is_missing_of_a_lot_is_at_risk_until_it_is_released() -> None:
    lot = a_lot()
    whole = a_view(portfolio=evolve(a_portfolio(), lots=(lot,)))
    gone = a_view(portfolio=evolve(a_portfolio(), lots=(evolve(lot, missing=lot.quantity),)))

    assert gone.at_risk == whole.at_risk
    assert gone.at_risk.total > 0


@pytest.mark.req("X5", "X6")
def test_a_lot_that_is_large_enough_at_the_bid_only_is_sold_at_the_market() -> None:
    """Worth 1.001 at the bid of 100 and 0.9985 within the reach of 25 bps; the venue wants 1."""
    lot = a_lot("0.01001")
    wanted = evolve(an_exit(lot, bid=Price(Decimal(100))), reach_bps=25)
    view = a_view(portfolio=a_portfolio("9800", lot, nlv="10000"))

    verdict = judge_exit(wanted, view, 3)

    assert isinstance(verdict, OrderApproved)
    assert verdict.order.order_type == Market()
    assert isinstance(judge_exit(evolve(wanted, bid=Price(Decimal(200))), view, 3), OrderApproved)


@pytest.mark.req("U1", "X3")
def test_a_size_is_cut_to_what_its_tier_allows_one_position() -> None:
    view = a_view(mandate=a_mandate(tiers={"T1": a_tier(position_pct=Decimal(1))}))
    verdict = judge_entry(an_entry(), view, 41, RULES)

    assert isinstance(verdict, OrderApproved)
    assert isinstance(verdict.order, ApprovedEntry)
    assert Decimal(99) < verdict.order.worst_case <= 100  # of 10,000, where 2 % were asked for


@pytest.mark.req("M1")
def test_what_the_self_test_proposes_becomes_an_order_of_a_type_that_no_gateway_takes() -> None:
    usual = an_entry()
    members = {each.name: getattr(usual.proposal, each.name) for each in fields(TradeProposal)}
    tried = evolve(usual, proposal=SyntheticProposal(**members))

    verdicts = [judge_entry(each, a_view(), 41, RULES) for each in (usual, tried)]

    one, other = (each.order for each in verdicts if isinstance(each, OrderApproved))
    assert (type(one), type(other)) == (ApprovedEntry, SyntheticEntry)
    for each in fields(ApprovedEntry):
        assert getattr(one, each.name) == getattr(other, each.name)
