"""What is asked of a simulator reaches another process exactly as it was asked."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as some

from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.options import WorldOptions, from_json, to_json
from app.command_line.options import TradeOptions
from config.effective import Config
from config.mode import Mode
from domain.model.instants import Nanos

AMOUNTS = some.decimals("0", "1e12", places=18)
OPTIONS = some.builds(
    WorldOptions,
    market=some.text(),
    from_ns=some.none() | some.integers(0, 2**63).map(Nanos),
    lookback_ns=some.integers(0, 2**63).map(Nanos),
    seed=some.none() | some.integers(0, 2**63 - 1),
    speed=some.none() | some.decimals("1", "60", places=6),
    opening=some.none() | some.dictionaries(some.text(min_size=1), AMOUNTS),
    quirks=some.builds(
        VenueQuirks,
        cancel_delay_ns=some.integers(0, 10**12),
        refuses_duplicates=some.booleans(),
        limit_only=some.lists(some.text(), max_size=3).map(tuple),
    ),
    faults=some.none() | some.just(Path("faults/some script.jsonl")),
)


@given(OPTIONS)
def test_options_travel_on_one_line_and_arrive_as_they_were(options: WorldOptions) -> None:
    line = to_json(options)

    assert len(line.splitlines()) == 1
    assert from_json(line) == options


def test_the_options_of_a_run_give_exactly_their_world() -> None:
    values: dict[str, Any] = {
        "market": "candles.parquet",
        "from_ns": Nanos(5),
        "seed": 7,
        "speed": Decimal("1.5"),
        "opening": MappingProxyType({"USD": Decimal("800.10")}),
        "faults": Path("script"),
    }
    options = TradeOptions(mode=Mode.PAPER, config=Config(), cycles=3, **values)

    assert from_json(to_json(options)) == WorldOptions(**values)
    assert {each.name for each in fields(WorldOptions)} < {
        each.name for each in fields(TradeOptions)
    }


def test_a_line_of_another_program_is_refused() -> None:
    with pytest.raises(Exception, match="WorldOptions"):
        from_json('{"unknown": 1}')
