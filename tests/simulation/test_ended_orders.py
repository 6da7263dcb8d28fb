"""What our books call ended, and what they have lost: the venue may know more, after any start."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from app.run.recovery import JOURNAL
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced
from domain.model.instants import SECOND, Nanos
from domain.model.orders import OrderState
from tests.builders.books import assert_we_agree_with_the_venue, state_of
from tests.builders.operator import is_open, resume
from tests.builders.price_paths import RUNS_AWAY, TO_STOP, TO_TARGET, Line, script
from tests.builders.world import Setting, World


def a_setting(folder: Path, *lines: Line, seconds: int = 300) -> Setting:
    return Setting(folder=folder, market=script(lines), duration_ns=Nanos(seconds * SECOND))


def cancelled(world: World) -> list[OrderAdvanced]:
    return [
        message
        for _, message in world.messages()
        if isinstance(message, OrderAdvanced) and message.state is OrderState.CANCELLED
    ]


@pytest.mark.slow
@pytest.mark.req("X4", "REC1", "BOOT1", "PROT1")
def test_an_entry_that_was_cancelled_before_a_crash_and_filled_is_a_lot_after_it(
    tmp_path: Path,
) -> None:
    with World(a_setting(tmp_path, RUNS_AWAY)).start() as world:
        assert world.until(lambda: world.now_s > 180)
        (gone,) = cancelled(world)
        assert gone.order_id is not None

    with World(a_setting(tmp_path, RUNS_AWAY, seconds=60)) as again:
        assert again.engine.world_events().fill_cancelled(gone.order_id, Decimal(10_000))
        again.start()
        assert again.run_to_end() == 0, (again.said, again.alerts())

        (booked,) = [body for _, body in again.messages() if isinstance(body, FillBooked)]
        assert booked.client_order_id == gone.client_order_id
        ledger = state_of(again).ledger
        assert ledger is not None
        (lot,) = ledger.lots
        assert lot.stop_price is not None
        assert again.runtime.board.open == ()
        assert "AFTER_ITS_END" in {alert["code"] for alert in again.alerts()}
        assert_we_agree_with_the_venue(again)


@pytest.mark.slow
@pytest.mark.req("X1", "BOOT1")
def test_an_older_journal_gives_no_number_out_twice_and_books_no_old_fill_for_a_new_order(
    tmp_path: Path,
) -> None:
    lines = (TO_TARGET, TO_STOP)
    journal, copy = tmp_path / "data" / "paper" / JOURNAL, tmp_path / "copy"
    with World(a_setting(tmp_path, *lines)).start() as world:
        assert world.until(lambda: world.now_s > 100)
        shutil.copytree(journal, copy)
        assert world.until(lambda: len(world.books()["fills"]) == 2)
        used = {order["client_order_id"] for order in world.books()["orders"]}
        fills = {fill["entry_id"] for fill in world.books()["fills"]}
    shutil.rmtree(journal)
    copy.rename(journal)

    with World(a_setting(tmp_path, *lines, seconds=180)) as again:
        kept = [body for _, body in again.messages()]
        known = {body.intent.number for body in kept if isinstance(body, IntentRaised)}
        before = {body.fill.entry_id for body in kept if isinstance(body, FillBooked)}
        assert fills > before, "the copy has lost nothing"
        again.start()
        assert again.until(lambda: is_open(again, "lost_orders"), 60)
        assert again.until(lambda: resume(again).code == 0, 60)
        again.run_to_end()

        bodies = [body for _, body in again.messages()]
        raised = [body.intent for body in bodies if isinstance(body, IntentRaised)]
        new = [intent for intent in raised if intent.number not in known]
        assert new, "it is to trade again"
        assert not used & {intent.client_order_id for intent in new}
        booked = {body.fill.entry_id for body in bodies if isinstance(body, FillBooked)}
        assert not booked & (fills - before)
        assert any("lost_orders" in alert["code"] for alert in again.alerts())
