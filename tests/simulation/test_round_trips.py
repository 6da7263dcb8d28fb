"""Whole runs: money to the last digit, every exit for its reason, the same bytes for a seed."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.commands.audit import check
from app.run.recovery import JOURNAL
from config.mode import Mode
from domain.messages.decisions import ExitProposed
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.messages.portfolio import StatementTaken
from domain.model.approval import ApprovedExit, ExitReason
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.product import Side
from domain.system.recovery import fold
from tests.builders.price_paths import (
    RUNS_AWAY,
    TO_MAX_HOLD,
    TO_STOP,
    TO_TARGET,
    USUAL_LINES,
    Line,
    script,
)
from tests.builders.world import Setting, World, journal_bytes

LONG_NS = Nanos(420 * SECOND)
OPENING = Decimal(10_000)


def a_setting(folder: Path, *lines: Line, **changes: Any) -> Setting:
    return Setting(
        folder=folder, market=script(lines or USUAL_LINES), duration_ns=LONG_NS, **changes
    )


def has_ended(folder: Path, *lines: Line, **changes: Any) -> World:
    world = World(a_setting(folder, *lines, **changes)).start()
    assert world.run_to_end() == 0, world.criticals
    return world


def exits_of(world: World) -> dict[str, ExitReason]:
    fills = [message for _, message in world.messages() if isinstance(message, FillBooked)]
    sold = (each.order for each in fills if isinstance(each.order, ApprovedExit))
    return {each.product: each.reason for each in sold}


@pytest.mark.req("X2", "X4", "REC1")
def test_cash_is_the_venues_to_the_last_digit(tmp_path: Path) -> None:
    with has_ended(tmp_path) as world:
        messages = world.messages()
        ledger = fold(messages, "USD").ledger
        assert ledger is not None
        fills = [message.fill for _, message in messages if isinstance(message, FillBooked)]
        paid = sum(
            (one.price * one.quantity * (1 if one.side is Side.BUY else -1) for one in fills),
            Decimal(0),
        )
        fees = sum((one.fee for one in fills), Decimal(0))

        assert {one.side for one in fills} == {Side.BUY, Side.SELL}
        assert ledger.lots == ()
        assert ledger.cash == world.venue_cash() == OPENING - paid - fees
        assert ledger.realised == ledger.cash - OPENING
        last = [m for _, m in messages if isinstance(m, StatementTaken)][-1]
        assert {a.currency: a.total for a in last.accounts}["USD"] == ledger.cash


@pytest.mark.req("X2")
def test_what_the_venue_holds_for_all_owners_is_what_was_paid_in(tmp_path: Path) -> None:
    with has_ended(tmp_path) as world:
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for account in world.books()["accounts"]:
            sums[account["currency"]] += Decimal(account["total"])
        assert world.books()["fills"]

    assert {name: amount for name, amount in sums.items() if amount} == {"USD": OPENING}


@pytest.mark.req("X2")
def test_the_status_says_the_ledgers_figures(tmp_path: Path) -> None:
    with has_ended(tmp_path) as world:
        ledger = fold(world.messages(), "USD").ledger
        status = json.loads((world.mode_folder / "status.json").read_text(encoding="utf-8"))
    assert ledger is not None
    assert Decimal(status["equity"]) == ledger.cash
    assert Decimal(status["fees"]) == ledger.fees


@pytest.mark.req("X6", "PROT1")
def test_lots_leave_by_stop_target_and_longest_hold(tmp_path: Path) -> None:
    with has_ended(tmp_path) as world:
        found = exits_of(world)

    assert found == {
        TO_STOP.name: ExitReason.STOP,
        TO_TARGET.name: ExitReason.TARGET,
        TO_MAX_HOLD.name: ExitReason.MAX_HOLD,
    }


@pytest.mark.req("X6")
def test_the_longest_hold_counts_from_the_first_fill(tmp_path: Path) -> None:
    with has_ended(tmp_path, TO_MAX_HOLD) as world:
        messages = [message for _, message in world.messages()]
        sold_ns = next(at for at, m in world.messages() if isinstance(m, ExitProposed))

    opened_ns = next(m.fill.at_ns for m in messages if isinstance(m, FillBooked))
    assert 3 * MINUTE <= sold_ns - opened_ns <= 3 * MINUTE + 2 * SECOND


@pytest.mark.req("X5")
def test_an_entry_that_nobody_fills_is_cancelled_when_its_time_is_over(tmp_path: Path) -> None:
    with has_ended(tmp_path, RUNS_AWAY) as world:
        moves = [(at, str(m.state)) for at, m in world.messages() if isinstance(m, OrderAdvanced)]
        orders = world.books()["orders"]

    opened_ns = next(at for at, state in moves if state == "OPEN")
    asked_ns = next(at for at, state in moves if state == "PENDING_CANCEL")
    assert 44 * SECOND <= asked_ns - opened_ns <= 46 * SECOND
    assert [order["status"] for order in orders] == ["CANCELLED"]


@pytest.mark.req("AUD1")
def test_the_journal_of_a_whole_run_verifies(tmp_path: Path) -> None:
    with has_ended(tmp_path) as world:
        orders, fills = (len(world.books()[each]) for each in ("orders", "fills"))

    found = check(tmp_path / "data" / "paper" / JOURNAL)
    assert found.problems == ()
    assert found.report is not None
    assert (found.report.orders, found.report.fills) == (orders, fills)


@pytest.mark.req("AUD1", "SCH1")
def test_a_seed_gives_the_same_bytes_in_any_folder(tmp_path: Path) -> None:
    jitter = ("policy.loop.jitter_pct=10",)
    found = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        with has_ended(tmp_path / name, seed=seed, sets=jitter) as world:
            found.append(journal_bytes(world.mode_folder))

    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.mark.req("M1")
def test_a_dry_run_says_what_it_would_place_and_places_nothing(tmp_path: Path) -> None:
    with has_ended(tmp_path, mode=Mode.DRY_RUN) as world:
        messages = [message for _, message in world.messages()]

        assert world.books()["orders"] == []
        assert world.venue_cash() == OPENING
        assert " orders=0 " in world.said[-1]
    assert {m.intent.order.product for m in messages if isinstance(m, WouldPlace)} >= {
        TO_STOP.name,
        TO_TARGET.name,
    }
    assert not [m for m in messages if isinstance(m, IntentRaised)]


@pytest.mark.req("X5", "PROT1")
def test_a_stop_cancels_the_entries_and_keeps_the_lots(tmp_path: Path) -> None:
    setting = a_setting(tmp_path, TO_MAX_HOLD, RUNS_AWAY)
    with World(setting).start() as world:
        assert world.until(lambda: bool(world.live_orders()), seconds=200)

        world.stop_request.ask("signal")
        assert world.run_to_end() == 0

        assert world.live_orders() == []
        assert "STOPPED reason=signal" in world.said[-1]
