"""The first lines say how an instance is, how old that is, and what to do."""

from __future__ import annotations

import pytest

from adapters.control.instances import Holder
from app.status.signs import InstanceState, Signs
from tests.builders.status import DOCUMENT, TAKEN, shown, some_signs, text_of


@pytest.mark.parametrize(
    ("signs", "words"),
    [
        (some_signs(), "paper: trading"),
        (some_signs(InstanceState.BLOCKED), "entries are blocked"),
        (some_signs(InstanceState.FROZEN), "FROZEN: no sign of life for 3.0 s"),
        (
            some_signs(InstanceState.STOPPED, reason="signal", ended_ns=TAKEN),
            "stopped at 2026-11-28 21:40:00 UTC by a signal",
        ),
        (
            some_signs(InstanceState.DIED),
            "DIED without an end of its own, last heard of at 2026-11-28 21:4",
        ),
        (some_signs(InstanceState.STARTING), "starting"),
        (
            some_signs(InstanceState.UNKNOWN),
            "what it does now is NOT KNOWN: its sentinel hears it, its picture stands still",
        ),
    ],
)
def test_how_an_instance_is_is_said_in_the_first_line(signs: Signs, words: str) -> None:
    assert words in " ".join(" ".join(shown(DOCUMENT, signs)[:2]).split())
    assert "picture 3.0 s old" in text_of(DOCUMENT, signs)


def test_one_that_is_suspended_or_hangs_has_the_command_that_helps() -> None:
    who = Holder(4711, "vm", "2026-11-28T21:30:00Z")
    suspended = some_signs(InstanceState.FROZEN, who=who, is_suspended=True)
    hanging = some_signs(InstanceState.FROZEN, who=who)

    assert "it goes on with: kill -CONT 4711" in text_of(DOCUMENT, suspended)
    assert "to end it: kill -KILL 4711" in text_of(DOCUMENT, hanging)


def test_a_kill_and_a_halt_come_with_the_command_that_ends_them() -> None:
    latched = {"halted": True, "halt_reason": "drawdown", "kill_switch": "looks wrong"}

    told = text_of({**DOCUMENT, **latched}, some_signs(InstanceState.HALTED))

    for words in ("KILL_SWITCH is set: looks wrong; to trade again:", "HALTED: drawdown; to trade"):
        assert words in told


def test_what_is_missing_of_the_venue_is_said() -> None:
    odd = {
        "stalled": {"BTC-USD": "silent"},
        "left_out": [{"kind": "orders", "count": 3, "reason": "no side"}],
        "reconcile": "BTC differs",
        "rate_budgets": {"private": {"paused_until": "2025-11-14T12:00:05Z"}, "public": {}},
    }

    told = text_of({**DOCUMENT, **odd}, some_signs(sentinel="clear (cancelled 3)"))

    for words in (
        "no fresh data of BTC-USD: silent",
        "the venue refuses private requests as too many; asked again at 2025-11-14 12:00:05 UTC",
        "left out: 3 of orders: no side",
        "last comparison with the venue: BTC differs",
        "its sentinel says: clear (cancelled 3)",
    ):
        assert words in told


CHECKED = {
    "drift_ms": "-12.34",
    "limit_ms": "150",
    "source": "3 NTP servers",
    "at": "2026-11-28T21:38:00Z",
    "fault": None,
    "doubts": ["pool: no answer"],
}


@pytest.mark.req("TIME1")
def test_how_far_the_clock_is_off_is_said_with_who_says_so_and_when() -> None:
    told = text_of({**DOCUMENT, "clock": CHECKED}, some_signs())

    assert "this machine's clock: 12.3 ms behind by 3 NTP servers, found 2 min 2 s before" in told
    assert "not believed about the time: pool: no answer" in told


@pytest.mark.req("TIME1")
def test_a_clock_that_is_off_is_said_with_the_command_that_sets_it() -> None:
    off = {**CHECKED, "fault": "this machine's clock is 900.0 ms ahead by the venue"}

    told = " ".join(text_of({**DOCUMENT, "clock": off}, some_signs()).split())

    assert "900.0 ms ahead by the venue, found" in told
    assert "to set it: timedatectl set-ntp true" in told


@pytest.mark.parametrize("clock", [None, {}, [], "odd", {"at": 7}])
def test_nothing_is_said_of_a_clock_that_nobody_looks_at(clock: object) -> None:
    assert "clock" not in text_of({**DOCUMENT, "clock": clock}, some_signs())
