"""Trims on the whole system: what has grown above a cap is sold down to it, and no further."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.messages.decisions import ExitProposed
from domain.messages.orders import FillBooked
from domain.model.approval import ExitReason
from domain.model.instants import SECOND, Nanos
from domain.model.product import Side
from tests.builders.books import assert_we_agree_with_the_venue
from tests.builders.price_paths import Line, script
from tests.builders.world import Setting, World

GROWS = Line(
    "BTC-USD",
    ((60, "100"), (110, "102"), (128, "102"), (140, "101"), (150, "101"), (200, "132")),
    (1,),
)
"""An entry after the second minute, whose lot is soon worth a third more."""
PATIENT = (
    "policy.exits.max_hold=1h",
    "strategies.breakout.take_profit_pct=40",
    "strategies.breakout.notional_pct=2.8",
    "policy.caps.position_pct=3",
    "policy.caps.asset_pct=3",
)
ON = "policy.maintenance.enabled=true"
CAP = Decimal("0.03")
MARGIN = Decimal("0.0025")


def world(folder: Path, *sets: str, lines: tuple[Line, ...] = (GROWS,), **more: Any) -> World:
    seconds = Nanos(460 * SECOND)
    setting = Setting(
        folder=folder, market=script(lines), sets=(*PATIENT, *sets), duration_ns=seconds, **more
    )
    return World(setting).start()


def sales(ended: World) -> list[FillBooked]:
    found = [each for _, each in ended.messages() if isinstance(each, FillBooked)]
    return [each for each in found if each.fill.side is Side.SELL]


def proposed(ended: World) -> list[ExitProposed]:
    return [each for _, each in ended.messages() if isinstance(each, ExitProposed)]


@pytest.mark.req("E1", "X6", "AUD1")
def test_a_lot_that_has_grown_is_sold_down_to_its_cap_and_no_further(tmp_path: Path) -> None:
    with world(tmp_path, ON) as ended:
        ended.run_to_end()
        assert_we_agree_with_the_venue(ended)
        share = (
            ended.venue_total("BTC") * 132 / (ended.venue_cash() + ended.venue_total("BTC") * 132)
        )

    assert {each.reason for each in proposed(ended)} == {ExitReason.TRIM}
    assert sales(ended)
    assert CAP - Decimal("0.001") < share <= CAP + MARGIN
    assert proposed(ended)[0].why.startswith("position BTC-USD: ")


@pytest.mark.req("E1")
def test_as_shipped_it_is_kept(tmp_path: Path) -> None:
    with world(tmp_path) as ended:
        ended.run_to_end()
        assert ended.venue_total("BTC") * 132 > ended.venue_cash() * CAP

    assert (proposed(ended), sales(ended)) == ([], [])
