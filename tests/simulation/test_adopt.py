"""Coins that a person put there become a lot: watched, sold at its stop, and nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.commands.audit import check
from app.run.recovery import JOURNAL
from domain.messages.orders import FillBooked
from domain.model.approval import ApprovedExit, ExitReason
from domain.model.instants import SECOND, Nanos
from tests.builders.books import state_of
from tests.builders.operator import order
from tests.builders.price_paths import TO_STOP, TO_TARGET, script
from tests.builders.simulator import fault
from tests.builders.world import Setting, World

pytestmark = [pytest.mark.req("REC1", "PROT1", "R1"), pytest.mark.slow]

GIVEN_S, GIVEN = 20, Decimal("0.5")
GIFT = fault("balance_change", at=f"{GIVEN_S}s", currency="ETH", amount=str(GIVEN))


def a_world(folder: Path, *faults: Mapping[str, Any]) -> World:
    setting = Setting(
        folder=folder,
        market=script((TO_STOP, TO_TARGET)),
        faults=faults,
        duration_ns=Nanos(300 * SECOND),
    )
    return World(setting)


def test_an_adopted_lot_survives_a_crash_and_is_sold_at_its_stop(tmp_path: Path) -> None:
    with a_world(tmp_path, GIFT).start() as world:
        assert world.until(lambda: world.venue_total("ETH") == GIVEN and world.is_ready)
        assert world.until(lambda: world.now_s > 90)  # the gift is known as a flow by then
        beyond = order(world, "adopt", "by hand", subject="ETH-USD 0.6 50 99")
        assert beyond.code == 1
        assert "are free and not ours" in beyond.text

        done = order(world, "adopt", "by hand", subject="ETH-USD 0.4 40 99")
        assert done.code == 0, done

    with a_world(tmp_path).start() as world:
        world.run_to_end()

        adopted = [
            (message.order.reason, message.fill.quantity)
            for _, message in world.messages()
            if isinstance(message, FillBooked)
            and isinstance(message.order, ApprovedExit)
            and message.order.lot.startswith("adopted-")
        ]
        assert {reason for reason, _ in adopted} == {ExitReason.STOP}
        assert sum(quantity for _, quantity in adopted) == Decimal("0.4")
        assert check(world.mode_folder / JOURNAL).problems == ()
        ledger = state_of(world).ledger
        assert ledger is not None
        owned = sum(lot.held for lot in ledger.lots if lot.product == "ETH-USD")
        assert world.venue_total("ETH") == owned + Decimal("0.1")
