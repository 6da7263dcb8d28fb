"""The heartbeat URL hears of cycles that advance, and of nothing else."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from adapters.courier.pulse import LOOK_S, Pulse
from tests.builders.waiting import wait_for
from tests.fakes.alert_sinks import Sink, http_sink

pytestmark = pytest.mark.req("AL1")


class Scene:
    def __init__(self, folder: Path, sink: Sink) -> None:
        self.folder, self.sink, self.now_s = folder, sink, 0.0
        self.pulse = Pulse(sink.url, folder, 60.0, 180.0)

    def minutes(self, count: int, *cycles: object) -> int:
        """Let minutes pass, each with its number of cycles; return how many calls there were."""
        before = len(self.sink.calls)
        for number in range(count):
            told = cycles[min(number, len(cycles) - 1)]
            (self.folder / "status.json").write_text(json.dumps({"cycles": told}))
            for _ in range(int(60 / LOOK_S)):
                self.now_s += LOOK_S
                expected = len(self.sink.calls)
                self.pulse.step(self.now_s)
                if self.pulse._caller._begun_s is not None:
                    wait_for(partial(self._has_more_than, expected))
                    wait_for(self._is_done)
        return len(self.sink.calls) - before

    def _has_more_than(self, count: int) -> bool:
        return len(self.sink.calls) > count

    def _is_done(self) -> bool:
        self.pulse.step(self.now_s)
        return self.pulse._caller.is_free


def test_it_is_called_each_minute_while_cycles_advance_and_then_no_more(tmp_path: Path) -> None:
    with http_sink() as sink:
        scene = Scene(tmp_path, sink)
        assert scene.minutes(2, 7) == 0
        assert scene.minutes(5, *range(8, 13)) == 5
        assert scene.minutes(3, 12) <= 3
        assert scene.minutes(10, 12) == 0
        assert scene.minutes(1, 13) == 1


@pytest.mark.parametrize("cycles", [None, "9", [1], 1.5])
def test_a_status_that_says_nothing_of_cycles_is_no_sign_of_life(
    tmp_path: Path, cycles: object
) -> None:
    with http_sink() as sink:
        assert Scene(tmp_path, sink).minutes(3, 1, cycles, cycles) == 0


def test_an_answer_that_is_none_is_told(tmp_path: Path) -> None:
    with http_sink() as sink:
        sink.status = 500
        scene = Scene(tmp_path, sink)
        scene.minutes(2, 1, 2)

        assert scene.pulse.failure == "HTTP 500"
