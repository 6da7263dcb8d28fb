"""An odd entry of a mirrored venue is left out alone; generated cases are in `test_readers_law`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.simulator.market_data.readers import bars_in, changes_in, trades_in
from domain.model.instants import SECOND
from tests.builders.steps import BTC, START

CANDLE = {"open": "2", "high": "3", "low": "1", "close": "2.5", "volume": "0"}


@pytest.mark.parametrize(
    "odd",
    [dict.fromkeys(CANDLE, "0"), CANDLE | {"high": "1"}, CANDLE | {"close": "NaN"}],
    ids=["zeros", "high below its close", "no number"],
)
def test_a_candle_that_is_none_is_a_hole(odd: dict[str, str]) -> None:
    candles: list[Any] = [
        each | {"start": str(START // SECOND + 60 * number)}
        for number, each in enumerate((CANDLE, odd, CANDLE))
    ]

    found = bars_in(BTC, json.dumps({"candles": candles}))

    assert len(found.read) == 2
    assert len(found.unread) == 1


def test_a_snapshot_of_trades_repeats_what_was_before() -> None:
    assert trades_in([{"type": "snapshot", "trades": [{}]}]).unread == ()


def test_what_is_no_list_of_events_is_refused() -> None:
    with pytest.raises(TypeError):
        changes_in({"type": "update"})
