"""A pause is a latched block of entries that `resume` leaves alone."""

from __future__ import annotations

import pytest

from domain.model.breakers import GLOBAL, Effect
from domain.model.instants import Nanos
from domain.system.pause import is_paused, pausing, resumable
from tests.builders.messages import a_breaker

pytestmark = pytest.mark.req("K1")


def test_a_pause_blocks_entries_everywhere_and_is_latched() -> None:
    pause = pausing("news at two", Nanos(7))

    assert (pause.effect, pause.scope, pause.is_latched) == (Effect.BLOCK, GLOBAL, True)
    assert (pause.reason, pause.at_ns) == ("news at two", 7)


def test_resume_may_open_every_latch_but_a_pause() -> None:
    halt, pause = a_breaker(Effect.HALT, name="drawdown"), pausing("x", Nanos(1))

    assert resumable((halt, pause)) == (halt,)
    assert is_paused((halt, pause))
    assert not is_paused((halt,))
