"""Coins that leave the account without us: known within a minute, never tried, found again."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.commands.audit import check
from app.run.recovery import JOURNAL
from domain.messages.control import AlertRaised
from domain.messages.decisions import ExitProposed
from domain.messages.orders import FillBooked, IntentRaised
from domain.messages.portfolio import CashFlowSeen, LotsListed, LotsMissing
from domain.messages.supervision import BreakerTripped
from domain.model.breakers import Effect, Severity
from domain.model.instants import SECOND, Nanos
from domain.model.product import Side
from tests.builders.books import state_of
from tests.builders.price_paths import TO_STOP, TO_TARGET, script
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.world import Setting, World

pytestmark = [pytest.mark.req("REC1"), pytest.mark.slow]

GONE_S = 135
"""Both lots are owned by then, and neither is due."""


def a_world(folder: Path, *faults: dict[str, Any], run_s: int = 400) -> World:
    setting = Setting(
        exits_alone=True,
        folder=folder,
        market=script((TO_STOP, TO_TARGET)),
        faults=faults,
        duration_ns=Nanos(run_s * SECOND),
    )
    return World(setting)


def taken(currency: str = "ETH", amount: str = "-99999", at_s: int = GONE_S) -> dict[str, Any]:
    return fault("balance_change", at=f"{at_s}s", currency=currency, amount=amount)


def told(world: World, kind: type) -> list[tuple[float, Any]]:
    return [((at - START) / SECOND, e) for at, e in world.messages() if isinstance(e, kind)]


def assert_it_ends_well(world: World) -> None:
    assert world.run_to_end() == 0, world.said
    assert check(world.mode_folder / JOURNAL).problems == ()


def at_and_all(world: World, kind: type) -> tuple[float, list[Any]]:
    """Return when the first message of a kind was said, and all of them."""
    found = told(world, kind)
    return found[0][0], [each for _, each in found]


def test_a_lot_taken_away_is_known_within_a_minute_and_never_tried(tmp_path: Path) -> None:
    with a_world(tmp_path, taken()).start() as world:
        assert_it_ends_well(world)

        at_s, (found,) = at_and_all(world, LotsMissing)
        assert GONE_S < at_s <= GONE_S + 60
        alerts = [each for _, each in told(world, AlertRaised) if each.code == "MISSING"]
        assert [each.severity for each in alerts] == [Severity.CRITICAL]
        assert found.lots[0][0] in alerts[0].command
        exits = [each.product for _, each in told(world, ExitProposed)]
        assert exits == ["BTC-USD"]
        bought = [each.intent.order for at, each in told(world, IntentRaised) if at > at_s]
        assert [
            each for each in bought if each.side is Side.BUY and each.product == "ETH-USD"
        ] == []
        assert [each.name for each in world.runtime.board.open] == ["missing"]
        assert "unprotected=1" in world.said[-1]


@pytest.mark.req("X6")
def test_what_is_left_of_a_lot_is_sold_at_its_stop(tmp_path: Path) -> None:
    with a_world(tmp_path, taken(amount="-1.2")).start() as world:
        assert_it_ends_well(world)

        sales = [e.fill for _, e in told(world, FillBooked) if e.fill.side is Side.SELL]
        (sold,) = [each for each in sales if each.product == "ETH-USD"]
        ledger = state_of(world).ledger
        assert ledger is not None
        (lot,) = ledger.lots
        assert lot.quantity == lot.missing == Decimal("1.2")
        assert sold.price < lot.stop_price + 1


def test_coins_put_back_are_sold_as_if_nothing_had_been(tmp_path: Path) -> None:
    back = taken(amount="1.93772387", at_s=250)
    with a_world(tmp_path, taken(), back).start() as world:
        assert_it_ends_well(world)

        assert [each.lots == () for _, each in told(world, LotsMissing)] == [False, True]
        sales = [e.fill for _, e in told(world, FillBooked) if e.fill.side is Side.SELL]
        assert {each.product for each in sales} == {"BTC-USD", "ETH-USD"}
        ledger = state_of(world).ledger
        assert ledger is not None
        assert ledger.lots == ()
        assert world.runtime.board.open == ()


def test_a_lot_that_its_owner_gives_up_leaves_at_cost_and_frees_the_product(tmp_path: Path) -> None:
    with a_world(tmp_path, taken()).start() as world:
        world.until(lambda: bool(told(world, LotsMissing)))
        (_, found) = told(world, LotsMissing)[0]
        request = {"verb": "release", "reason": "sold by hand", "subject": found.lots[0][0]}
        control = world.mode_folder / "control"
        (control / "r1.json").write_text(json.dumps(request), encoding="utf-8")
        assert world.until((control / "r1.reply.json").exists, 5)

        assert json.loads((control / "r1.reply.json").read_text(encoding="utf-8"))["code"] == 0
        assert_it_ends_well(world)
        assert world.runtime.board.open == ()
        ledger = state_of(world).ledger
        assert ledger is not None
        assert ledger.lots == ()
        assert ledger.cash == ledger.capital + ledger.realised


def test_what_is_missing_is_known_to_the_next_start_and_frozen_there(tmp_path: Path) -> None:
    with a_world(tmp_path, taken(), run_s=190).start() as world:
        assert_it_ends_well(world)

    with a_world(tmp_path, run_s=60).start() as again:
        assert_it_ends_well(again)

        assert [each.name for each in again.runtime.board.open] == ["missing"]
        assert len(told(again, LotsMissing)) == 1
        (start,) = [each for _, each in told(again, LotsListed)[-2:] if each.occasion == "start"]
        assert [each for each in start.unprotected if "missing" in each]


def test_taken_while_nothing_runs_it_is_known_before_trading_begins(tmp_path: Path) -> None:
    with a_world(tmp_path, run_s=140).start() as world:
        assert_it_ends_well(world)

    with a_world(tmp_path, taken(at_s=0), run_s=120).start() as again:
        assert_it_ends_well(again)

        assert len(told(again, LotsMissing)) == 1


@pytest.mark.req("REC1", "DD1")
def test_a_sale_by_hand_and_a_deposit_are_flows_and_trading_goes_on(tmp_path: Path) -> None:
    by_hand = fault(
        "foreign_order", at=f"{GONE_S}s", product="ETH-USD", side="SELL", quantity="1.5"
    )
    with a_world(tmp_path, by_hand, taken("USD", "-9000", 200)).start() as world:
        assert_it_ends_well(world)

        kinds = {(e.currency, e.kind) for _, e in told(world, CashFlowSeen)}
        assert kinds == {
            ("ETH", "sold by hand"),
            ("USD", "sold by hand"),
            ("USD", "withdrawal"),
        }
        assert not any(e.breaker.effect >= Effect.HALT for _, e in told(world, BreakerTripped))
        ledger = state_of(world).ledger
        assert ledger is not None
        assert ledger.cash == world.venue_cash()


@pytest.mark.req("REC1", "X6")
def test_a_list_of_balances_that_is_behind_takes_no_lot_from_its_stop(tmp_path: Path) -> None:
    stale = fault("stale_answer", at="115s", for_="120s", endpoint="accounts")
    with a_world(tmp_path, stale).start() as world:
        assert_it_ends_well(world)

        assert told(world, LotsMissing) == []
        assert told(world, CashFlowSeen) == []
        sales = [(at, e.fill) for at, e in told(world, FillBooked) if e.fill.side is Side.SELL]
        assert {each.product for at, each in sales if at < 235} == {"BTC-USD", "ETH-USD"}
        tripped = {e.breaker.name for _, e in told(world, BreakerTripped)}
        assert "reconcile" in tripped
        assert world.runtime.board.open == ()
