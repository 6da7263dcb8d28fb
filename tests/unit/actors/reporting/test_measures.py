"""Of each measure the newest is shown, and of equity the last that was known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from actors.reporting.measures import Measure, Measures
from domain.messages.portfolio import CapsMeasured, EquityMarked, LimitUse, LossesMeasured
from domain.messages.supervision import ClockChecked
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.model.context import Regime
from domain.model.instants import MILLISECOND, SECOND, Nanos, iso
from domain.model.money import Amount
from tests.builders.messages import NOW, a_reading, a_standing


def after(*news: Measure) -> Measures:
    measures = Measures()
    for each in news:
        measures.take(each, NOW)
    return measures


def marked(nlv: str | None) -> EquityMarked:
    known = None if nlv is None else Amount(Decimal(nlv))
    return EquityMarked(1, known, Amount(Decimal(100)))


def used(name: str) -> LimitUse:
    return LimitUse(name, Decimal(1), Decimal(4), "%")


def test_before_anything_was_measured_nothing_is_shown() -> None:
    empty = Measures()

    assert (empty.last_known_row(), empty.limit_rows()) == ({}, [])
    assert (empty.universe_row(), empty.regime_row(), empty.clock_row()) == (None, None, None)
    assert empty.regime is None


def test_equity_that_is_not_known_leaves_the_last_that_was() -> None:
    assert after(marked("90"), marked("110"), marked(None)).last_known_row() == {
        "equity": "110",
        "pnl_net": "10",
    }


def test_limits_on_losses_come_before_caps() -> None:
    measures = after(
        CapsMeasured((used("total"),)),
        LossesMeasured((used("old"),)),
        LossesMeasured((used("daily_loss"),)),
    )

    assert [each["name"] for each in measures.limit_rows()] == ["daily_loss", "total"]
    assert measures.losses == LossesMeasured((used("daily_loss"),))


def test_universe_and_regime_are_those_judged_last() -> None:
    reading = a_reading(Regime.BEAR)
    measures = after(
        RegimeJudged(a_reading()), RegimeJudged(reading), UniverseJudged((a_standing(),))
    )

    assert measures.regime == reading
    assert (measures.regime_row() or {})["regime"] == "bear"
    assert measures.universe_row()


@pytest.mark.req("TIME1")
def test_the_clock_is_shown_with_when_it_was_looked_at() -> None:
    checked = ClockChecked(
        drift_ns=Nanos(3 * MILLISECOND),
        limit_ns=Nanos(150 * MILLISECOND),
        source="ntp",
        doubts=(),
        fault=None,
    )
    measures = after(checked)
    measures.take(checked, Nanos(NOW + SECOND))

    row = measures.clock_row()
    assert row is not None
    assert (row["drift_ms"], row["at"]) == ("3", iso(NOW + SECOND))
