"""Why a product was, or was not, traded: the exact sentences of each situation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.results.why import sentences, stage_of
from domain.messages.decisions import OrderApproved, ProposalRefused, RoundJudged
from domain.messages.orders import IntentRaised
from domain.messages.supervision import BreakerTripped
from domain.messages.universe import RegimeJudged, StandingsChanged
from domain.model.approval import ExitReason, Purpose, Reason, Refusal
from domain.model.breakers import Effect
from domain.model.context import Regime
from domain.model.funnel import Funnel, FunnelLoss, Stage
from domain.model.money import Price
from domain.model.orders import OrderState
from domain.model.product import ProductId, Side
from domain.model.universe import Exclusion
from domain.results.decision import DecisionFold
from tests.builders.messages import (
    BTC,
    ETH,
    NOW,
    a_breaker,
    a_moved,
    a_reading,
    a_standing,
    an_intent,
    approved,
    approved_sale,
    booked,
)

FINE = StandingsChanged((a_standing(BTC), a_standing(ETH)))
OUT = StandingsChanged(
    (
        a_standing(
            BTC,
            "T3",
            exclusion_reason=Exclusion.SPREAD,
            observed="70.0 bps",
            limit="60 bps",
        ),
    )
)
BANNED = StandingsChanged(
    (
        a_standing(
            exclusion_reason=Exclusion.BANNED,
            observed="until 2023-12-19 04:00:00: exploit",
            limit="no ban",
        ),
    )
)
INTENT = an_intent(approved())
SALE = an_intent(approved_sale("lot-1", reason=ExitReason.STOP), 2)
REFUSED = ProposalRefused(
    Purpose.ENTRY,
    "breakout",
    BTC,
    Side.BUY,
    (
        Refusal(reason=Reason("total_cap"), observed="15.9136 % of equity", limit="15 %"),
        Refusal(reason=Reason("stale_bar"), observed="120 s", limit="90 s"),
    ),
)
HALT = a_breaker(Effect.HALT, name="daily_loss", is_latched=True, at_ns=NOW, reason="lost 3.1 %")
CRASH = a_breaker(Effect.BLOCK, name="crash_regime", at_ns=NOW, reason="the market falls")


def judged(*losses: FunnelLoss, late: tuple[str, ...] = ()) -> RoundJudged:
    return RoundJudged(7, NOW, (), (), late, Funnel(eligible=2, losses=losses))


def lost(reason: str, stage: Stage = Stage.SEEN, strategy: str = "") -> RoundJudged:
    return judged(FunnelLoss(BTC, stage, reason, strategy))


FALLS = RegimeJudged(a_reading(Regime.CRASH, why="BTC fell"))
CASES: dict[str, tuple[list[Any], tuple[str, str], list[str]]] = {
    "nothing decided": (
        [FINE],
        ("", "no_decision"),
        ["nothing was decided about BTC-USD up to then"],
    ),
    "not in the catalogue": (
        [StandingsChanged((a_standing(ETH),)), judged()],
        ("", "unknown_product"),
        ["BTC-USD is not in the venue's catalogue in our currency: is it spelt right?"],
    ),
    "excluded by a limit": (
        [FINE, OUT, judged()],
        ("", "spread_too_wide"),
        [
            "BTC-USD was not bought: excluded since 2023-12-12 04:00:00, its spread is too wide"
            " (70.0 bps, limit 60 bps)"
        ],
    ),
    "banned": (
        [BANNED, judged()],
        ("", "banned"),
        [
            "BTC-USD was not bought: excluded since 2023-12-12 04:00:00, it is banned"
            " (until 2023-12-19 04:00:00: exploit, limit no ban)"
        ],
    ),
    "no fresh price": (
        [FINE, lost("no_fresh_price")],
        ("eligible", "no_fresh_price"),
        ["BTC-USD was not bought: it had no fresh price, so no strategy saw it"],
    ),
    "no signal": (
        [FINE, judged()],
        ("seen", "no_signal"),
        ["BTC-USD was not bought: it gave no strategy a signal (it may be bought, in tier T1)"],
    ),
    "a strategy is late": (
        [FINE, judged(late=("slow",))],
        ("seen", "no_signal"),
        [
            "BTC-USD was not bought: it gave no strategy a signal (it may be bought, in tier T1)",
            "no answer in time from slow",
        ],
    ),
    "lost to another strategy": (
        [FINE, lost("less_convinced", Stage.ALLOCATED, "weak")],
        ("proposed", "less_convinced"),
        [
            "BTC-USD was not bought: weak proposed it, but another strategy proposed it with more"
            " conviction"
        ],
    ),
    "too many triggered": (
        [FINE, lost("max_triggers_per_cycle", Stage.PROPOSED, "weak")],
        ("triggered", "max_triggers_per_cycle"),
        [
            "BTC-USD was not bought: more products triggered than a strategy looks at in one"
            " decision"
        ],
    ),
    "refused": (
        [FINE, REFUSED, judged()],
        ("allocated", "total_cap"),
        [
            "breakout proposed it, and the risk gate refused: BTC-USD not bought: the cap on all"
            " positions is reached (15.91 % of equity, limit 15 %); also: its last bar is too old;"
            " setting: policy.caps.total_pct"
        ],
    ),
    "halted": (
        [FINE, BreakerTripped(HALT), judged()],
        ("seen", "no_signal"),
        [
            "BTC-USD was not bought: it gave no strategy a signal (it may be bought, in tier T1)",
            "entries were blocked by daily_loss since 2023-12-12 04:00:00: lost 3.1 %; what ends"
            ' it: look at what happened, then resume (python run.py resume --reason "...")',
        ],
    ),
    "a crash": (
        [
            FINE,
            FALLS,
            BreakerTripped(CRASH),
            judged(),
        ],
        ("seen", "no_signal"),
        [
            "BTC-USD was not bought: it gave no strategy a signal (it may be bought, in tier T1)",
            "entries were blocked by crash_regime since 2023-12-12 04:00:00: the market falls; what"
            " ends it: the regime is another one, by BTC's hours or by `regime clear`"
            ' (python run.py regime set chop --reason "...")',
            "the market counted as crash: sizes x 0.0; BTC fell",
        ],
    ),
    "it rests": (
        [FINE, OrderApproved(INTENT.order), judged(), IntentRaised(INTENT)],
        ("approved", ""),
        ["an entry of 2 BTC for breakout was approved and is on its way or rests at the venue"],
    ),
    "it expired": (
        [
            FINE,
            OrderApproved(INTENT.order),
            judged(),
            IntentRaised(INTENT),
            a_moved(INTENT, OrderState.EXPIRED),
        ],
        ("approved", "expired"),
        ["an entry of 2 BTC for breakout was approved, but it was not filled in time"],
    ),
    "bought": (
        [
            FINE,
            OrderApproved(INTENT.order),
            judged(),
            IntentRaised(INTENT),
            booked(INTENT, "0.5"),
        ],
        ("filled", ""),
        ["bought 0.5 of 2 BTC at 100.00 for breakout"],
    ),
    "sold because its strategy wanted out": (
        [
            FINE,
            booked(
                an_intent(approved_sale("lot-1", reason=ExitReason.SIGNAL), 2),
                price=Price(Decimal("97.5")),
            ),
            judged(),
        ],
        ("seen", "no_signal"),
        [
            "BTC-USD was not bought: it gave no strategy a signal (it may be bought, in tier T1)",
            "sold last: 2 BTC at 97.50, 2023-12-12 04:00:00, because its strategy wanted out",
        ],
    ),
    "sold": (
        [FINE, booked(SALE, price=Price(Decimal("97.5"))), judged()],
        ("seen", "no_signal"),
        [
            "BTC-USD was not bought: it gave no strategy a signal (it may be bought, in tier T1)",
            "sold last: 2 BTC at 97.50, 2023-12-12 04:00:00, because its stop was hit",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_situation_is_told_in_its_own_sentences(case: str) -> None:
    messages, stage, expected = CASES[case]
    fold = DecisionFold(BTC)
    for message in messages:
        fold.take(NOW, message)
    made = fold.result()

    assert list(sentences(made)) == expected
    assert stage_of(made) == stage


def test_a_name_that_is_no_products_gets_the_one_that_was_probably_meant() -> None:
    fold = DecisionFold(ProductId("SOL/USD"))
    for message in (FINE, judged()):
        fold.take(NOW, message)

    (told, *_) = sentences(fold.result())

    assert told.endswith("catalogue in our currency; did you mean SOL-USD?")
