"""The process vanishes at any step: the next start finds the truth and sends nothing twice."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from attrs import evolve

from app.commands.audit import check
from app.run.recovery import JOURNAL
from domain.model.instants import SECOND, Nanos
from tests.builders.books import assert_we_agree_with_the_venue
from tests.builders.price_paths import TO_STOP, TO_TARGET, script
from tests.builders.world import Setting, World, messages_of

LINES = (TO_TARGET, TO_STOP)
END_S = 260
STRETCHES = {
    "start": (0.0, 0.2),
    "entry": (121.9, 122.05),
    "fill": (128.45, 130.6),
    "stop": (182.4, 182.6),
    "target": (192.4, 192.6),
    "end": (END_S, END_S + 0.4),
}
"""Seconds of market time in which the process may vanish, each at several steps."""
POINTS = 5
BLOCKED = re.compile(r"^READY .* entries=(on|blocked by=unknown_order) ")
"""A request cut off blocks its product until the venue has answered what became of it."""


class Vanished(BaseException):
    """The process is gone: nothing of it runs any more."""


def a_setting(folder: Path, seconds: float = END_S) -> Setting:
    market, duration_ns = script(LINES), Nanos(int(seconds * SECOND))
    return Setting(folder=folder, market=market, duration_ns=duration_ns)


def times_of_steps(folder: Path) -> list[float]:
    """Return when each step of an undisturbed run happens, its orderly stop included."""
    times: list[float] = []
    with World(a_setting(folder)).start() as world:
        world.before_step = lambda: times.append(world.now_s)
        assert world.run_to_end() == 0
    return times


def vanish_at(folder: Path, number: int) -> float:
    """Run until step `number` and vanish; return the second at which that was."""
    with World(a_setting(folder)).start() as world:
        steps = count()

        def look() -> None:
            if next(steps) == number:
                raise Vanished

        world.before_step = look
        with pytest.raises(Vanished):
            world.run_to_end()
        return world.now_s


@pytest.mark.slow
@pytest.mark.req("BOOT1", "X1", "X4", "AUD1")
@pytest.mark.parametrize("stretch", STRETCHES)
def test_a_process_that_vanishes_is_recovered(stretch: str, tmp_path: Path) -> None:
    begin_s, end_s = STRETCHES[stretch]
    times = times_of_steps(tmp_path / "whole")
    steps = [number for number, at_s in enumerate(times) if begin_s <= at_s <= end_s]
    assert len(steps) >= POINTS, "the stretch is too short to be worth its name"
    chosen = [steps[number * (len(steps) - 1) // (POINTS - 1)] for number in range(POINTS)]

    for number in chosen:
        folder = tmp_path / str(number)
        vanished_s = vanish_at(folder, number)
        before = len(messages_of(folder / "data" / "paper"))

        with World(a_setting(folder, max(5.0, END_S - vanished_s))).start() as again:
            code = again.run_to_end()

            assert code == 0, (number, again.said, again.alerts())
            assert BLOCKED.search(again.said[0]), again.said
            assert again.runtime.board.open == (), "something is still blocked at the end"
            assert len(again.messages()) > before
            assert_we_agree_with_the_venue(again)
        verified = check(folder / "data" / "paper" / JOURNAL)
        assert verified.problems == (), (number, verified.problems)


PARTS = ("fees", "permissions", "products", "accounts", "fills")


@pytest.mark.way_out("boot")
@pytest.mark.req("M1", "BOOT1", "PROT1")
@pytest.mark.parametrize("part", PARTS)
def test_a_lot_is_sold_at_its_stop_although_the_start_can_not_be_completed(
    part: str, tmp_path: Path
) -> None:
    with World(a_setting(tmp_path)).start() as world:
        assert world.until(lambda: len(owned(world)) == 2)
        if part == "fills":  # else only the venue's list tells of them
            world.until(lambda: False, 2)
    failing = {"at": "0s", "for": "70s", "kind": "http_503_html", "endpoint": part}

    with World(evolve(a_setting(tmp_path), faults=(failing,))).start() as again:
        before = again.now_s
        assert len(owned(again)) == 2
        assert again.until(lambda: len(sales(again)) > 0, 65), again.alerts()
        assert again.now_s - before < 70
        assert {each.name for each in again.runtime.board.open} >= {"boot"}

        assert again.until(lambda: not again.runtime.board.open, 120), again.runtime.board.open
        assert "BREAKER:boot" in {each["code"] for each in again.alerts()}


def sales(world: World) -> list[str]:
    """Return the ids of our sales that are filled at the venue."""
    orders = world.books()["orders"]
    return [o["order_id"] for o in orders if (o["side"], o["status"]) == ("SELL", "FILLED")]


def owned(world: World) -> list[str]:
    """Return the currencies of which our account has something, but for the cash."""
    return [
        each["currency"]
        for each in world.books()["accounts"]
        if each["owner"] == "own" and each["currency"] != "USD" and Decimal(each["total"]) > 0
    ]
