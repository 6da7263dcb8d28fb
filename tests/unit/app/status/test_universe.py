"""What may be bought and the regime, on the screen."""

from __future__ import annotations

import pytest

from app.status.members import Members
from app.status.universe import SHOWN, data_lines, universe_lines

REGIME = {
    "regime": "bear",
    "multiplier": "0.6",
    "provenance": "detected",
    "why": "BTC-USD -6.1 % in a week, volatility 40 % a year",
    "at": "2023-12-12T04:00:00Z",
}


def row(product: str, tier: str, **more: str) -> dict[str, str]:
    return {"product": product, "tier": tier, **more}


def shown(document: object) -> list[str]:
    return [line.text for line in universe_lines(Members(document))]


@pytest.mark.req("U1", "U3")
def test_tiers_regime_and_exclusions_are_shown_with_their_reasons() -> None:
    out = {"exclusion_reason": "spread_too_wide", "observed": "70.0 bps", "limit": "60 bps"}
    eligible = [row("BTC-USD", "T1"), row("ETH-USD", "T1"), row("LINK-USD", "T2")]
    universe = {"eligible": eligible, "excluded": [row("PEPE-USD", "T3", **out)]}

    text = "\n".join(shown({"universe": universe, "regime": REGIME}))

    assert "May be bought: 3 of 4 products" in text
    assert "regime bear (sizes x 0.6), detected, hours until 2023-12-12 04:00:00: BTC-USD" in text
    assert "T1: BTC-USD, ETH-USD" in text
    assert "T2: LINK-USD" in text
    assert "not PEPE-USD: spread too wide (70.0 bps, limit 60 bps)" in text


@pytest.mark.req("U3")
def test_a_crash_says_what_goes_on() -> None:
    crash = {**REGIME, "regime": "crash"}
    (line,) = (each for each in shown({"regime": crash}) if "regime" in each)

    assert "regime crash (no entries, exits run)" in line


def test_of_many_that_are_excluded_some_are_named() -> None:
    many = [row(f"P{number}-USD", "T3") for number in range(SHOWN + 2)]

    assert shown({"universe": {"excluded": many}})[-1].strip().startswith("and 2 more")


@pytest.mark.parametrize("document", [{}, {"universe": 7, "regime": []}, {"universe": None}])
def test_where_nothing_was_judged_nothing_is_said(document: object) -> None:
    assert shown(document) == []


@pytest.mark.req("ST1")
def test_market_data_is_counted_and_what_is_not_live_is_named_with_its_word() -> None:
    live = {"product": "BTC-USD", "state": "live", "why": ""}
    stale = {"product": "UNI-USD", "state": "stale", "why": "quote too old"}
    many = [{**stale, "product": f"P{number}-USD"} for number in range(SHOWN)]

    shown = [line.text for line in data_lines(Members({"market_data": [live, stale, *many]}))]

    text = "\n".join(shown)
    assert "Market data: 1 of 7 products live" in text
    assert "  stale UNI-USD: quote too old" in shown
    assert shown[-1].strip() == "and 1 more: python run.py status --json"
    assert list(data_lines(Members({"market_data": 7}))) == []
