"""Everything is sold, once, and nothing else: whatever the venue loses or makes of the orders."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.commands.audit import check
from app.run.recovery import JOURNAL
from domain.messages.control import LIQUIDATION
from domain.messages.orders import IntentRaised
from domain.model.approval import Purpose
from domain.model.instants import SECOND, Nanos
from tests.builders.books import state_of
from tests.builders.full import some
from tests.builders.operator import Answered, is_open, order
from tests.builders.price_paths import TO_STOP, TO_TARGET, script
from tests.builders.simulator import fault
from tests.builders.world import Setting, World

pytestmark = [pytest.mark.req("RB5", "R1"), pytest.mark.slow]

OWNED_S = 135
"""Both lots are owned by then, and neither is due."""
FOREIGN = Decimal("0.01")
FOREIGN_ETH = fault("balance_change", at="100s", currency="ETH", amount=str(FOREIGN))
MISHAPS: dict[str, tuple[Mapping[str, Any], ...]] = {
    "lost responses": (fault("lost_response", at="134s", count=2, endpoint="place"),),
    "a thin book": (fault("thin_book", at="134s", share="0.1"),),
    "nothing": (),
    "answers that are none": (fault("garbage_json", at="134s", count=2, endpoint="place"),),
    "not carried out": (fault("http_503_html", at="134s", count=3, endpoint="place"),),
    "requests that come twice": (fault("duplicate_request", at="134s", endpoint="place"),),
    "a silent user stream": (fault("silent_stream", at="134s", for_="20s", stream="user"),),
}


def a_world(folder: Path, *faults: Mapping[str, Any]) -> World:
    setting = Setting(
        folder=folder,
        market=script((TO_STOP, TO_TARGET)),
        faults=(FOREIGN_ETH, *faults),
        duration_ns=Nanos(400 * SECOND),
    )
    return World(setting)


def liquidated(world: World, tries: int = 20) -> Answered:
    """Ask as the command does: again until it is confirmed."""
    done = order(world, "liquidate", "emergency")
    while done.code != 0 and tries > 0:
        tries -= 1
        done = order(world, "liquidate", "emergency")
    return done


@pytest.mark.parametrize("mishap", some(list(MISHAPS), 2))
def test_all_lots_are_sold_once_and_foreign_coins_stay(tmp_path: Path, mishap: str) -> None:
    with a_world(tmp_path, *MISHAPS[mishap]).start() as world:
        assert world.until(lambda: world.now_s > OWNED_S)
        assert world.venue_total("ETH") > FOREIGN
        assert world.venue_total("BTC") > 0

        done = liquidated(world)

        assert done.code == 0, done
        assert done.lines[0] == "liquidated: nothing that can be sold is owned any more"
        assert world.venue_total("ETH") == FOREIGN
        assert world.venue_total("BTC") == 0
        assert is_open(world, LIQUIDATION)
        raised = len(state_of(world).orders)
        world.run_to_end()
        assert len(state_of(world).orders) == raised, "nothing is bought after it"
        assert world.venue_total("ETH") == FOREIGN
        assert check(world.mode_folder / JOURNAL).problems == ()


def test_asked_twice_at_once_each_lot_is_sold_once(tmp_path: Path) -> None:
    with a_world(tmp_path).start() as world:
        assert world.until(lambda: world.now_s > OWNED_S)
        first, second = liquidated(world), liquidated(world)

        assert (first.code, second.code) == (0, 0)
        sales = {
            message.intent.client_order_id: message.intent.order
            for _, message in world.messages()
            if isinstance(message, IntentRaised) and message.intent.order.purpose is Purpose.EXIT
        }
        assert sorted(each.product for each in sales.values()) == ["BTC-USD", "ETH-USD"]
        assert world.venue_total("ETH") == FOREIGN


def test_a_kill_stops_a_liquidation_that_runs(tmp_path: Path) -> None:
    with a_world(tmp_path).start() as world:
        assert world.until(lambda: world.now_s > OWNED_S)
        (tmp_path / "data" / "KILL_SWITCH").touch()
        assert world.until(lambda: is_open(world, "kill"), 5)

        done = order(world, "liquidate", "emergency")

        assert done.code == 1
        assert "the kill switch is on" in done.lines[0]
        assert world.venue_total("BTC") > 0
