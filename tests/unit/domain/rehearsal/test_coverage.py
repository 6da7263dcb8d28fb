"""Rows come from what the product declares, and evidence from records."""

from __future__ import annotations

import pytest

from domain.messages.decisions import ProposalRefused
from domain.messages.supervision import BreakerTripped
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.product import Side
from domain.rehearsal.coverage import (
    BY_HAND,
    STRATEGIES,
    CoverageFold,
    CoverageRow,
    Fired,
    FiringFold,
    RowEvidence,
    RowKind,
    alert_row,
    counts,
    planned,
)
from domain.rehearsal.order_paths import OrderPath
from domain.system.alert_kinds import ALERT_KINDS
from domain.system.alerts import of_breaker
from domain.system.ways_out import MAILBOX, WAYS_OUT
from tests.builders.messages import BTC, a_breaker, an_intent, booked, the_rules

pytestmark = pytest.mark.req("RH1")

CLOCK = CoverageRow(RowKind.BREAKER, "clock")


def fired(message: object) -> list[tuple[CoverageRow, bool]]:
    return list(FiringFold().take(message))


def test_every_rule_breaker_alert_and_order_path_that_is_declared_has_a_row() -> None:
    codes = [rule.CODE for rule in the_rules()]

    rows = planned(codes, ["feed"])

    names = {kind: {row.name for row in rows if row.kind is kind} for kind in RowKind}
    assert names[RowKind.RULE] == set(codes)
    assert names[RowKind.BREAKER] == {*WAYS_OUT, "feed"}
    assert names[RowKind.ALERT] == set(ALERT_KINDS)
    assert names[RowKind.PATH] == {path.value for path in OrderPath}
    assert len(set(rows)) == len(rows)


def test_each_broken_rule_of_a_refusal_is_fired() -> None:
    refusals = tuple(
        Refusal(reason=Reason(code), observed="1", limit="0") for code in ("spacing", "cooldown")
    )

    found = fired(ProposalRefused(Purpose.ENTRY, "s", BTC, Side.BUY, refusals))

    assert found == [
        (CoverageRow(RowKind.RULE, "spacing"), False),
        (CoverageRow(RowKind.RULE, "cooldown"), False),
    ]


def test_an_inbox_that_overflows_is_one_row_whoever_it_belongs_to() -> None:
    trip = BreakerTripped(a_breaker(name=f"{MAILBOX}feed"))

    assert fired(trip) == [(CoverageRow(RowKind.BREAKER, MAILBOX), False)]


def test_what_a_drill_opened_by_hand_is_told_apart_in_breaker_and_alert() -> None:
    breaker = a_breaker(name="clock", reason=f"drill: {BY_HAND}")
    alert = of_breaker(breaker)

    assert fired(BreakerTripped(breaker)) == [(CLOCK, True)]
    assert alert_row(alert.code, alert.what) == (CoverageRow(RowKind.ALERT, "BREAKER"), True)
    assert alert_row("DUST", "a lot") == (CoverageRow(RowKind.ALERT, "DUST"), False)


def test_dead_strategies_are_one_row() -> None:
    trip = BreakerTripped(a_breaker(name="strategy.breakout"))

    assert fired(trip) == [(CoverageRow(RowKind.BREAKER, STRATEGIES), False)]


def test_a_fill_fires_the_path_of_its_order() -> None:
    assert fired(booked(an_intent())) == [(CoverageRow(RowKind.PATH, OrderPath.ENTRY.value), False)]


def test_the_best_evidence_counts_and_of_equals_the_first() -> None:
    fold = CoverageFold()
    for evidence in (
        RowEvidence(Fired.BY_HAND, "by-hand", "record 1"),
        RowEvidence(Fired.DRILL, "streams", "record 2"),
        RowEvidence(Fired.MARKET, "", "record 3"),
        RowEvidence(Fired.MARKET, "", "record 4"),
        RowEvidence(Fired.DRILL, "streams", "record 5"),
    ):
        fold.take(CLOCK, evidence)

    other = CoverageRow(RowKind.ALERT, "DUST")
    clock, dust = fold.result((CLOCK, other))

    assert (clock.evidence, clock.count) == (RowEvidence(Fired.MARKET, "", "record 3"), 5)
    assert (dust.evidence.fired, dust.count) == (Fired.NOT, 0)
    assert counts((clock, dust)) == {
        Fired.NOT: 1,
        Fired.BY_HAND: 0,
        Fired.DRILL: 0,
        Fired.MARKET: 1,
    }
