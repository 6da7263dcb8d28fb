"""A person closes a product: its lots go, what else the account holds of it stays."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.commands.audit import check
from app.run.recovery import JOURNAL
from domain.messages.orders import FillBooked
from domain.model.approval import ExitReason
from domain.model.breakers import Effect
from domain.model.instants import SECOND, Nanos
from domain.model.product import Side
from tests.builders.messages import a_breaker
from tests.builders.operator import order
from tests.builders.price_paths import TO_STOP, TO_TARGET, script
from tests.builders.simulator import fault
from tests.builders.world import Setting, World

pytestmark = [pytest.mark.req("X6", "R1"), pytest.mark.slow]

OWNED_S = 135
"""Both lots are owned by then, and neither is due."""
FOREIGN = Decimal("0.01")


def a_world(folder: Path, **changes: Any) -> World:
    given = fault("balance_change", at="100s", currency="ETH", amount=str(FOREIGN))
    setting = Setting(
        folder=folder,
        market=script((TO_STOP, TO_TARGET)),
        faults=(given,),
        duration_ns=Nanos(170 * SECOND),
        **changes,
    )
    return World(setting)


def sold(world: World) -> list[tuple[str, str]]:
    return [
        (message.fill.product, message.order.reason)
        for _, message in world.messages()
        if isinstance(message, FillBooked) and message.fill.side is Side.SELL
    ]


@pytest.mark.parametrize("is_halted", [False, True])
def test_its_lots_are_sold_and_foreign_coins_stay(tmp_path: Path, is_halted: bool) -> None:
    with a_world(tmp_path).start() as world:
        assert world.until(lambda: world.now_s > OWNED_S)
        assert world.venue_total("ETH") > FOREIGN
        if is_halted:
            world.runtime.board.trip(a_breaker(Effect.HALT, name="daily_loss", is_latched=True))

        done = order(world, "close", "bad news", subject="ETH-USD")

        assert (done.code, done.lines[0][:7]) == (0, "closed:"), done
        assert world.venue_total("ETH") == FOREIGN
        assert set(sold(world)) == {("ETH-USD", ExitReason.OPERATOR)}
        again = order(world, "close", "bad news", subject="ETH-USD")
        assert again.text == "not closed: no lot of ETH-USD is owned; owned: BTC-USD"
        assert world.venue_total("BTC") > 0
        world.run_to_end()
        assert check(world.mode_folder / JOURNAL).problems == ()
        assert world.venue_total("ETH") == FOREIGN
