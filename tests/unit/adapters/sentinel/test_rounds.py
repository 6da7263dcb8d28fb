"""A round has its time, and only the round: no alarm comes when its end is being told."""

from __future__ import annotations

import signal

import pytest

from adapters.sentinel.main import ROUND_S, failure_of
from domain.model.errors import Unreachable

pytestmark = pytest.mark.req("K1")


def left_s() -> float:
    """Return the time until the alarm, 0 if there will be none."""
    return signal.getitimer(signal.ITIMER_REAL)[0]


class Telling(Unreachable):
    """A failure that says how long it is until the alarm when it is put into words."""

    def __str__(self) -> str:
        return f"{left_s():g}"


def test_a_round_that_works_is_no_failure_and_had_its_time() -> None:
    seen: list[float] = []

    assert failure_of(lambda: seen.append(left_s())) is None

    assert 0 < seen[0] <= ROUND_S
    assert left_s() == 0


def test_no_alarm_can_come_while_a_failure_is_told() -> None:
    def fails() -> None:
        raise Telling

    assert failure_of(fails) == "0"


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), KeyError("x"), OSError(24, "")])
def test_whatever_goes_wrong_in_a_round_is_not_the_end(error: Exception) -> None:
    def fails() -> None:
        raise error

    assert failure_of(fails) == type(error).__name__
    assert left_s() == 0
