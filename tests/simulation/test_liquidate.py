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
from domain.messages.conversion import ConversionIntended
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import CashFlowSeen
from domain.model.approval import Purpose
from domain.model.instants import SECOND, Nanos
from domain.portfolio.losses import LIMITS
from tests.builders.books import state_of
from tests.builders.cuts import said
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
        assert world.venue_total("USDC") == converted(done)
        assert world.venue_total("ETH") == FOREIGN
        assert world.venue_total("BTC") == 0
        assert is_open(world, LIQUIDATION)
        raised = len(state_of(world).orders)
        world.run_to_end()
        assert len(state_of(world).orders) == raised, "nothing is bought after it"
        assert world.venue_total("ETH") == FOREIGN
        assert check(world.mode_folder / JOURNAL).problems == ()


def converted(done: Answered) -> Decimal:
    """Return what a liquidation says it has converted."""
    (line,) = [each for each in done.lines if each.startswith("converted ")]
    return Decimal(line.split()[1].replace(",", ""))


CONVERTING: dict[str, tuple[Mapping[str, Any], ...]] = {
    "nothing": (),
    "no answer to the quote": (fault("lost_response", at="134s", endpoint="convert_quote"),),
    "no answer to the commit": (fault("lost_response", at="134s", endpoint="convert"),),
    "carried out and reset": (fault("reset_after", at="134s", endpoint="convert"),),
    "never carried out": (fault("unanswered", at="134s", endpoint="convert"),),
    "a proxy that fails": (fault("http_503_html", at="134s", count=2, endpoint="convert"),),
    "one that fails after it": (
        fault("http_503_html", at="134s", handled=True, endpoint="convert"),
    ),
    "an answer that is none": (fault("garbage_json", at="134s", endpoint="convert"),),
    "two deliveries": (fault("duplicate_request", at="134s", endpoint="convert"),),
    "too many requests": (fault("http_429", at="134s", endpoint="convert"),),
    "questions without an answer": (
        fault("lost_response", at="134s", endpoint="convert"),
        fault("http_503_html", at="134s", count=3, endpoint="conversions"),
    ),
}


@pytest.mark.req("X1", "REC1", "AUD1")
@pytest.mark.parametrize("mishap", some(list(CONVERTING), 4))
def test_the_proceeds_are_converted_once_and_are_neither_profit_nor_loss(
    tmp_path: Path, mishap: str
) -> None:
    with a_world(tmp_path, *CONVERTING[mishap]).start() as world:
        assert world.until(lambda: world.now_s > OWNED_S)

        done = liquidated(world, tries=60)

        assert done.code == 0, done
        proceeds = state_of(world).proceeds
        assert world.venue_total("USDC") == proceeds.converted == converted(done)
        assert 0 <= proceeds.amount - proceeds.converted < Decimal("0.01")
        assert proceeds.pending == ()
        before = world.venue_total("USD") + proceeds.converted
        world.run_to_end()
        ledger = state_of(world).ledger
        assert ledger is not None
        assert ledger.cash == world.venue_total("USD")
        assert ledger.flows == -proceeds.converted
        assert ledger.cash - ledger.capital == ledger.realised, "no profit and no loss of it"
        assert before == ledger.opening_cash + ledger.realised
        assert not any(is_open(world, name) for name in LIMITS)
        assert check(world.mode_folder / JOURNAL).problems == ()
        kinds = {each.currency: each.kind for each in said(world, CashFlowSeen)}
        assert kinds == {"ETH": "deposit", "USD": "converted", "USDC": "converted"}


def test_asked_twice_at_once_each_lot_is_sold_once(tmp_path: Path) -> None:
    with a_world(tmp_path).start() as world:
        assert world.until(lambda: world.now_s > OWNED_S)
        first, second = liquidated(world), liquidated(world)

        assert (first.code, second.code) == (0, 0)
        assert len(said(world, ConversionIntended)) == 1
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
