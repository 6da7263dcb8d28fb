"""Lists that hang or repeat themselves: no other list waits for them, and people hear it once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.simulator.faults.script import parse_fault
from domain.messages.control import ReconcileFinished
from domain.messages.orders import FillBooked
from domain.model.instants import SECOND, parse_iso
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.world import Setting, World

LONG = {"for_": "1h"}
FIRST_PAGE = "YXQ6MA=="
"""The cursor at which a list begins anew."""
REPEATED = tuple(
    fault("odd_content", for_="40s", endpoint="accounts", member=member, value=value)
    for member, value in (("has_next", True), ("cursor", FIRST_PAGE))
)
ALERTED_S, AGREED_S = 30, 6


@pytest.mark.req("REC1", "RB1")
def test_a_list_that_hangs_keeps_no_other_list_from_being_asked_for(tmp_path: Path) -> None:
    hanging = (
        fault("unanswered", at="60s", **LONG, endpoint=["accounts", "fees", "products"]),
        fault("silent_stream", at="60s", **LONG, stream="user"),
    )
    with World(Setting(folder=tmp_path, faults=hanging)).start() as world:
        world.until(lambda: world.now_s > 170)
        booked = {
            each.fill.entry_id: at_ns
            for at_ns, each in world.messages()
            if isinstance(each, FillBooked)
        }
        fills = world.books()["fills"]
        assert fills
        for fill in fills:
            late_ns = booked[fill["entry_id"]] - parse_iso(fill["trade_time"])
            assert late_ns < AGREED_S * SECOND
        assert world.faults.documents()[0]["struck"]


@pytest.mark.req("REC1", "BOOT1")
@pytest.mark.parametrize("endpoint", ["orders", "fills", "accounts", "products"])
def test_what_nobody_answered_is_asked_again_in_a_start_and_later(
    endpoint: str, tmp_path: Path
) -> None:
    silence = tuple(
        fault("unanswered", at=at, for_="20s", endpoint=endpoint) for at in ("0s", "150s")
    )
    with World(Setting(folder=tmp_path, faults=silence)).start() as world:
        assert world.until(lambda: world.is_ready, 90), world.runtime.board.open
        begun_s = world.now_s
        world.until(lambda: world.now_s > 175)
        assert world.faults.documents()[0]["struck"]

        assert world.until(lambda: world.now_s > 260 and not world.runtime.board.open, 200)
        compared = [at_ns for at_ns, each in world.messages() if is_clean(each)]
        assert min(compared) >= START + begun_s * SECOND - SECOND
        assert max(compared) > START + 175 * SECOND, "no comparison since then"


def is_clean(message: object) -> bool:
    return isinstance(message, ReconcileFinished) and message.is_clean


@pytest.mark.req("E2", "AL1")
def test_a_page_that_repeats_itself_at_a_start_is_one_alert_and_paced_questions(
    tmp_path: Path,
) -> None:
    with World(Setting(folder=tmp_path, faults=REPEATED)).start() as world:
        world.until(lambda: world.now_s > ALERTED_S)
        assert not world.is_ready
        (alert,) = world.alerts()
        assert alert["code"] == "BREAKER:boot"
        assert "does not list accounts (the venue repeats a page)" in alert["what"]
        assert world.faults.documents()[0]["struck"] < ALERTED_S / 2

        assert world.until(lambda: world.is_ready, 30)


@pytest.mark.req("E2", "AL1")
def test_a_page_that_repeats_itself_later_is_one_alert_whoever_asks(tmp_path: Path) -> None:
    with World(Setting(folder=tmp_path)).start() as world:
        assert world.until(lambda: world.is_ready, 30)
        for line in REPEATED:
            again = json.dumps({**line, "endpoint": "orders", "for": "200s"})
            world.faults.add(parse_fault(again, "f"))
        world.until(lambda: False, 100)
        told = [each for each in world.alerts() if "does not list" in each["what"]]
        assert len(told) <= 2  # the same again after a minute
        assert {"repeats a page" in each["what"] for each in told} == {True}
