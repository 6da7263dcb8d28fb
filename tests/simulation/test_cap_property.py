"""No cap is passed whatever the market, the strategies and the wire do; the venue's books judge.

Six hundred small worlds (BULKHEAD_FULL=1: two thousand), each drawn by its number: prices that move
by up to a half, strategies that want anything, fills in parts, lost answers, rejects, cancels that
come late or never, and limits of which now this and now that one is the strictest.
"""

from __future__ import annotations

from collections import Counter

import pytest

from config import plugins
from tests.builders.cap_desk import CAPS, CapDesk
from tests.builders.full import IS_FULL

SCENARIOS, PARTS = (2_000 if IS_FULL else 600), 4
JUDGED = sorted(set(CAPS) - {"insufficient_cash", "strategy_cap"})
"""Caps that the venue's books alone can tell of; who buys for whom it does not know, and what the
account can't pay it refuses itself."""


@pytest.mark.slow
@pytest.mark.req("E1", "E2", "U2", "X3", "X5")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_order_passes_a_cap_at_the_prices_of_its_last_judgement(part: int) -> None:
    counts: Counter[str] = Counter()
    faults: list[str] = []
    for number in range(part, SCENARIOS, PARTS):
        played = CapDesk(number).play()
        counts.update(played.counts)
        faults += [f"scenario {number}: {each}" for each in played.faults]

    assert faults == []
    never = [code for code in CAPS if not counts[f"bound {code}"]]
    assert never == [], f"caps that never bound prove nothing: {counts}"
    for happened in ("accepted BUY", "accepted SELL", "fills", "partial", "rests"):
        assert counts[happened] > PARTS, f"too little of {happened} to prove anything: {counts}"


@pytest.mark.req("E1")
@pytest.mark.parametrize("code", JUDGED)
def test_the_judge_sees_the_first_order_beyond_a_cap_that_is_taken_out(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (rule,) = (each for each in plugins.rules() if code == each.CODE)
    monkeypatch.setattr(rule, "judge", lambda *_: None)

    assert any(CapDesk(number).play().faults for number in range(120))
