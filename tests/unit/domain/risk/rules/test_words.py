"""Each rule that refuses says what it saw and what would be right, in these very words.

People and reports read them; the bounds themselves are claimed beside each rule.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.approval import Reason, Refusal
from domain.model.breakers import Effect
from domain.model.context import Regime
from domain.model.instants import HOUR, SECOND, Nanos
from domain.model.product import ProductFlags, Side
from domain.risk.exposure import Exposure
from domain.risk.past_trades import FilledEntry, PastTrades
from domain.risk.rule import Candidate, EntryRule
from domain.risk.rules.already_approved import AlreadyApproved
from domain.risk.rules.already_held import AlreadyHeld
from domain.risk.rules.blocked import Blocked
from domain.risk.rules.crash_regime import CrashRegime
from domain.risk.rules.invalid_proposal import InvalidProposal
from domain.risk.rules.max_trades_per_cycle import MaxTradesPerCycle
from domain.risk.rules.nlv_unknown import NlvUnknown
from domain.risk.rules.not_eligible import NotEligible
from domain.risk.rules.not_ready import NotReady
from domain.risk.rules.product_disabled import ProductDisabled
from domain.risk.rules.shallow_book import ShallowBook
from domain.risk.rules.shorting_disallowed import ShortingDisallowed
from domain.risk.rules.spacing import Spacing
from domain.risk.rules.stale_bar import StaleBar
from domain.risk.rules.stale_quote import StaleQuote
from domain.risk.rules.target_below_cost import TargetBelowCost
from domain.risk.rules.trade_cap import TradeCap
from domain.risk.view import RiskView, approved_key
from tests.builders.messages import (
    BTC,
    NOW,
    a_breaker,
    a_candidate,
    a_lot,
    a_mandate,
    a_portfolio,
    a_product,
    a_quote,
    a_sized,
    a_standing,
    a_view,
    an_entry,
    approved,
)
from tests.unit.domain.risk.test_chains import a_chain

ENTRY = a_candidate()


def bought(ago_ns: int) -> RiskView:
    entry = FilledEntry("1", BTC, Nanos(NOW - ago_ns))
    return a_view(past_trades=PastTrades(entries=(entry,)))


def quoted(*, ago_ns: int = 0, **prices: str) -> RiskView:
    return a_view(quotes={BTC: a_quote(at_ns=NOW - ago_ns, **prices)})


WORDS: list[tuple[EntryRule, Candidate, RiskView, str, str, str]] = [
    (NotReady(), ENTRY, a_view(is_ready=False), "not_ready", "still recovering", "recovered"),
    (
        AlreadyApproved(),
        ENTRY,
        a_view(approved={approved_key(ENTRY.entry)}),
        "already_approved",
        "approved before",
        "once a bar",
    ),
    (
        AlreadyHeld(),
        ENTRY,
        a_view(portfolio=a_portfolio("10000", a_lot())),
        "already_held",
        "it holds a lot",
        "one lot of a product",
    ),
    (
        AlreadyHeld(),
        ENTRY,
        a_view(exposure=Exposure().reserve(approved())),
        "already_held",
        "an entry of it has not ended",
        "one lot of a product",
    ),
    (
        Blocked(),
        ENTRY,
        a_view(breakers=(a_breaker(Effect.HALT),)),
        "halted",
        "HALT drill: the test says so",
        "no open breaker",
    ),
    (
        CrashRegime(),
        ENTRY,
        a_view(regime=Regime.CRASH),
        "crash_regime",
        f"regime {Regime.CRASH}",
        "a regime with sizes above 0",
    ),
    (
        InvalidProposal(),
        a_candidate(conviction=Decimal("0.3")),
        a_view(),
        "invalid_proposal",
        "conviction 0.3",
        "0.4 to 1",
    ),
    (NlvUnknown(), ENTRY, a_view(portfolio=None), "nlv_unknown", "unknown", "a positive NLV"),
    (
        NotEligible(),
        ENTRY,
        a_view(standings={}),
        "not_eligible",
        "not judged yet",
        "a tier of universe.yaml",
    ),
    (
        ProductDisabled(),
        ENTRY,
        a_view(products={}),
        "product_disabled",
        "not in the catalogue",
        "a product of the venue",
    ),
    (
        ProductDisabled(),
        ENTRY,
        a_view(mandate=a_mandate(never_trade=frozenset({"BTC"}))),
        "product_disabled",
        "BTC-USD is never traded",
        "tradable by policy",
    ),
    (
        ProductDisabled(),
        a_candidate(sized=a_sized(post_only=False)),
        a_view(products={BTC: a_product(flags=ProductFlags(post_only=True))}),
        "product_disabled",
        "flags: online, post_only",
        "open for limit",
    ),
    (
        ShallowBook(),
        a_candidate("200"),
        a_view(standings={BTC: a_standing(depth=None)}),
        "shallow_book",
        "depth unknown",
        "at least 400.00",
    ),
    (
        ShortingDisallowed(),
        a_candidate(side=Side.SELL),
        a_view(),
        "shorting_disallowed",
        "SELL 2 %",
        "buys of more than 0 %",
    ),
    (
        Spacing(),
        ENTRY,
        bought(899 * SECOND),
        "spacing",
        "899 s since an entry of BTC-USD",
        "900 s between entries of a product",
    ),
    (StaleBar(), ENTRY, a_view(bar_ends={}), "stale_bar", "no bar", "90 s"),
    (
        StaleBar(),
        ENTRY,
        a_view(bar_ends={BTC: NOW - 91 * SECOND}),
        "stale_bar",
        "91 s",
        "90 s",
    ),
    (
        StaleQuote(),
        ENTRY,
        a_view(stalled={BTC: "sequence gap"}),
        "stale_quote",
        "stalled: sequence gap",
        "5000 ms",
    ),
    (StaleQuote(), ENTRY, a_view(quotes={}), "stale_quote", "no quote", "5000 ms"),
    (
        StaleQuote(),
        ENTRY,
        quoted(bid="100.1", ask="100"),
        "stale_quote",
        "bid 100.1, ask 100",
        "bid below ask",
    ),
    (StaleQuote(), ENTRY, quoted(ago_ns=6 * SECOND), "stale_quote", "6000 ms", "5000 ms"),
    (
        TargetBelowCost(),
        ENTRY,
        a_view(maker=None),
        "fees_unknown",
        "unknown",
        "known fee rates",
    ),
]


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("rule", "wanted", "view", "reason", "observed", "limit"),
    WORDS,
    ids=[f"{each[0].CODE}: {each[4]}" for each in WORDS],
)
def test_a_rule_tells_what_it_saw_and_what_would_be_right(
    rule: EntryRule, wanted: Candidate, view: RiskView, reason: str, observed: str, limit: str
) -> None:
    assert rule.judge(wanted, view) == Refusal(
        reason=Reason(reason), observed=observed, limit=limit
    )


@pytest.mark.req("PAC")
def test_the_count_of_a_day_is_told_as_one() -> None:
    entries = tuple(FilledEntry(str(n), BTC, Nanos(NOW - n * HOUR)) for n in range(1, 4))
    view = a_view(past_trades=PastTrades(entries=entries))

    assert TradeCap(trades_per_hour=2, trades_per_day=3).judge(ENTRY, view) == Refusal(
        reason=Reason("trade_cap"),
        observed="3 entries in 24 h",
        limit="3",
        cap_type="trades per day",
    )


@pytest.mark.req("PAC", "X5")
def test_the_rest_of_an_entry_was_paced_and_counted_when_that_began() -> None:
    rest = Candidate(an_entry(), a_sized(), a_chain(approved()))

    assert Spacing().judge(rest, bought(SECOND)) is None
    assert MaxTradesPerCycle().judge(rest, a_view(approved_in_cycle={"breakout": 99})) is None
