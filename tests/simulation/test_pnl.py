"""Who has earned what, in whole runs: equal to the ledger, before and after a death of any kind."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actors.kernel.envelope import ReplyTo
from actors.kernel.topology import PORTFOLIO, PROJECTOR
from actors.reporting.projector import Projector
from domain.messages.supervision import Drill
from domain.model.breakers import DrillKind
from domain.model.instants import SECOND, Nanos
from domain.model.pnl import total
from domain.portfolio.ledger import Ledger
from domain.results.fold import Results, ResultsFold
from tests.builders.books import state_of
from tests.builders.price_paths import TO_MAX_HOLD, TO_STOP, TO_TARGET, Line, script
from tests.builders.world import Setting, World

LINES = (TO_TARGET, TO_STOP, TO_MAX_HOLD)
GROWS = Line(
    "BTC-USD",
    ((60, "100"), (110, "102"), (128, "102"), (140, "101"), (150, "101"), (200, "132")),
    (1,),
)
HELD_S, SOLD_S = 140, 200
"""Seconds after the start at which two lots are open, and at which they are sold."""
Members = dict[str, Any]


def a_world(folder: Path, seconds: int = 420) -> World:
    duration_ns = Nanos(seconds * SECOND)
    return World(Setting(folder=folder, market=script(LINES), duration_ns=duration_ns))


def a_trimmed_world(folder: Path) -> World:
    """Return a world whose lot grows above its cap, and of which a part is sold."""
    sets = (
        "policy.maintenance.enabled=true",
        "policy.exits.max_hold=1h",
        "strategies.breakout.take_profit_pct=40",
        "strategies.breakout.notional_pct=2.8",
        "policy.caps.position_pct=3",
        "policy.caps.asset_pct=3",
    )
    duration_ns = Nanos(460 * SECOND)
    setting = Setting(folder=folder, market=script((GROWS,)), sets=sets, duration_ns=duration_ns)
    return World(setting)


def status_of(world: World) -> Members:
    actor = world.runtime.members[PROJECTOR]
    assert isinstance(actor, Projector)
    return actor.report()


def ledger_of(world: World) -> Ledger:
    ledger = state_of(world).ledger
    assert ledger is not None
    return ledger


def results_of(world: World) -> Results:
    fold = ResultsFold()
    for at_ns, message in world.messages():
        fold.take(Nanos(at_ns), message)
    found = fold.result()
    assert found is not None
    return found


def added(rows: list[Members], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal(0))


def assert_rows_are_the_accounts(status: Members, ledger: Ledger) -> None:
    rows = status["strategies"]
    for row in rows:
        for name in ("realised", "unrealised", "fees"):
            assert added(row["signals"], name) == Decimal(row[name])
    assert added(rows, "realised") == ledger.realised == Decimal(status["realised"])
    assert added(rows, "fees") == ledger.fees
    assert added(rows, "unrealised") == Decimal(status["unrealised"])
    assert sum(row["lots"] for row in rows) == len(ledger.lots)


@pytest.mark.req("STR3", "X2")
def test_status_and_results_by_strategy_are_the_ledger_to_the_last_digit(tmp_path: Path) -> None:
    with a_world(tmp_path).start() as world:
        world.until(lambda: False, HELD_S)
        assert ledger_of(world).lots
        assert_rows_are_the_accounts(status_of(world), ledger_of(world))
        assert world.run_to_end() == 0
        ledger, status, told = ledger_of(world), status_of(world), results_of(world)

        assert_rows_are_the_accounts(status, ledger)
        (row,) = status["strategies"]
        assert (row["strategy"], row["trips"]) == ("breakout", len(told.closed))
        assert [each["signal"] for each in row["signals"]] == ["breakout"]
        assert row["won"] == told.summary.wins
        assert total(told.origins).realised == ledger.realised
        assert total(told.origins).unrealised == told.unrealised


@pytest.mark.req("STR3", "X2")
def test_at_an_end_with_open_lots_the_results_know_what_is_open_of_whom(tmp_path: Path) -> None:
    with a_world(tmp_path, 150).start() as world:
        assert world.run_to_end() == 0
        told = results_of(world)

        assert told.lots
        assert told.unrealised is not None
        assert total(told.origins).unrealised == told.unrealised
        assert total(told.origins).lots == len(told.lots)


@pytest.mark.req("STR3", "X2")
def test_what_a_part_of_a_lot_has_earned_is_told_before_the_rest_is_sold(tmp_path: Path) -> None:
    with a_trimmed_world(tmp_path).start() as world:
        assert world.run_to_end() == 0
        ledger, status, told = ledger_of(world), status_of(world), results_of(world)

        assert_rows_are_the_accounts(status, ledger)
        (row,) = status["strategies"]
        assert (row["trips"], row["lots"], told.closed) == (0, 1, ())
        assert Decimal(row["realised"]) == ledger.realised > 0
        assert total(told.origins).realised == ledger.realised
        assert total(told.origins).unrealised == told.unrealised == Decimal(row["unrealised"])


@pytest.mark.req("STR3", "SUP1")
@pytest.mark.parametrize("victim", [PROJECTOR, PORTFOLIO])
def test_after_a_crash_the_numbers_are_the_same(victim: str, tmp_path: Path) -> None:
    with a_world(tmp_path).start() as world:
        world.until(lambda: False, SOLD_S)
        before = status_of(world)["strategies"]
        assert before[0]["trips"] > 0
        dead = world.runtime.members[victim]
        world.runtime.post(ReplyTo(victim), Drill(DrillKind.CRASH))
        assert world.until(lambda: world.runtime.members.get(victim) not in (None, dead), 60)
        assert world.until(lambda: bool(status_of(world)["strategies"]), 60)

        after = status_of(world)["strategies"]
        assert [(e["strategy"], e["trips"], e["won"]) for e in after] == [
            (e["strategy"], e["trips"], e["won"]) for e in before
        ]
        assert_rows_are_the_accounts(status_of(world), ledger_of(world))


@pytest.mark.req("STR3", "BOOT1")
def test_after_a_new_start_the_numbers_are_the_same(tmp_path: Path) -> None:
    with a_world(tmp_path, 210).start() as world:
        world.until(lambda: False, SOLD_S)
        before = [(e["strategy"], e["trips"], e["won"]) for e in status_of(world)["strategies"]]
        ledger = ledger_of(world)

    with a_world(tmp_path, 60).start() as again:
        assert again.until(lambda: bool(status_of(again)["strategies"]), 60)
        after = [(e["strategy"], e["trips"], e["won"]) for e in status_of(again)["strategies"]]
        assert after == before
        assert added(status_of(again)["strategies"], "realised") == ledger.realised
