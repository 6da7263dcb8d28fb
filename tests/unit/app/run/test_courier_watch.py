"""The trader's side of the courier: started again when it is gone, its troubles told once."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.courier.settings import write_settings
from adapters.courier.state import FILE
from adapters.processes.courier import CourierProcess
from app.run.courier_watch import (
    LONGEST_PAUSE_NS,
    SILENT_NS,
    STABLE_NS,
    CourierWatch,
    UrlWatch,
)
from domain.model.instants import SECOND, Nanos, iso
from domain.system.courier_alerts import DEAF_NS
from tests.builders.courier import Trader
from tests.builders.messages import NOW
from tests.builders.runtime import VirtualRig
from tests.builders.waiting import wait_for

pytestmark = [pytest.mark.supervision, pytest.mark.req("AL1")]

PATIENCE_S = 30.0


class Scene:
    """A watch whose clock the test moves, and the real couriers that it starts."""

    def __init__(self, rig: VirtualRig, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ns = int(NOW)
        self.said: list[Any] = []
        clock = type(rig.runtime.clock)
        for name in ("machine_ns", "wall_ns"):
            monkeypatch.setattr(clock, name, lambda _: Nanos(self.now_ns))
        monkeypatch.setattr(rig.runtime, "announce", self.said.append)
        self.trader = Trader(home)
        self.is_refused = False
        self.started: list[CourierProcess] = []
        self.begun_ns: list[int] = []
        self.watch = CourierWatch(rig.runtime, self.trader.mode, self._begin)

    def _begin(self) -> CourierProcess:
        self.begun_ns.append(self.now_ns)
        if self.is_refused:
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        line = write_settings(self.trader.settings())
        self.started.append(CourierProcess(line))
        return self.started[-1]

    @property
    def newest(self) -> CourierProcess:
        return self.started[-1]

    def later(self, length_ns: int, step_ns: int = SECOND) -> None:
        for _ in range(length_ns // step_ns):
            self.now_ns += step_ns
            self.watch.look()

    def kill(self) -> None:
        os.kill(self.newest.process_id, signal.SIGKILL)
        wait_for(self.newest.has_ended, PATIENCE_S)

    def hears(self) -> None:
        """Wait until the newest has said something that the watch has still to hear."""
        assert select.select([self.newest._out], [], [], PATIENCE_S)[0]

    @property
    def codes(self) -> list[str]:
        return [each.code for each in self.said]

    def close(self) -> None:
        for each in self.started:
            each.end()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    rig = VirtualRig()
    made = Scene(rig, tmp_path, monkeypatch)
    yield made
    made.close()
    monkeypatch.undo()
    rig.close()


def test_one_that_is_gone_is_told_once_and_started_again(scene: Scene) -> None:
    scene.later(SECOND)
    scene.kill()
    scene.later(2 * SECOND)
    assert (scene.codes, len(scene.started)) == (["COURIER"], 2)

    scene.kill()
    scene.later(3 * SECOND)

    assert (scene.codes, len(scene.started)) == (["COURIER"], 3)


def test_one_that_has_been_back_for_a_while_is_told_of(scene: Scene) -> None:
    scene.later(SECOND)
    scene.kill()
    scene.later(2 * SECOND)
    for _ in range(7):
        scene.hears()
        scene.later(STABLE_NS // 6)

    assert scene.codes == ["COURIER", "RESOLVED"]


def test_one_that_can_not_be_started_is_tried_at_growing_pauses(scene: Scene) -> None:
    scene.is_refused = True
    scene.later(200 * SECOND)

    pauses = [(b - a) // SECOND for a, b in zip(scene.begun_ns, scene.begun_ns[1:], strict=False)]
    assert pauses[:6] == [1, 1, 2, 4, 8, 16]
    assert set(pauses[6:]) == {LONGEST_PAUSE_NS // SECOND}
    assert scene.codes == ["COURIER"]


def test_one_that_is_stopped_is_replaced_and_a_trader_that_was_is_no_reason(scene: Scene) -> None:
    scene.later(SECOND)
    scene.hears()
    os.kill(scene.newest.process_id, signal.SIGSTOP)
    while scene.newest.is_heard():
        continue
    scene.later(2 * SILENT_NS, 2 * SILENT_NS)
    assert len(scene.started) == 1

    scene.later(SILENT_NS + 2 * SECOND)

    assert len(scene.started) == 2
    assert scene.started[0].has_ended()


def channel(scene: Scene, failing_since: int | None, **changes: object) -> None:
    since = None if failing_since is None else iso(failing_since)
    row = {"channel": "c", "label": "https://x.example", "waiting": 3, "failing_since": since}
    told = {"pid": scene.newest.process_id, "channels": [{**row, "failure": "HTTP 500"}], **changes}
    (scene.trader.mode / FILE).write_text(json.dumps(told))


def test_a_channel_that_takes_nothing_for_a_minute_is_told_once_an_outage(scene: Scene) -> None:
    scene.later(SECOND)
    wait_for(scene.trader.state, PATIENCE_S)
    os.kill(scene.newest.process_id, signal.SIGSTOP)  # it says nothing more of its own
    begun_ns = scene.now_ns

    channel(scene, begun_ns)
    scene.later(DEAF_NS // 3, SECOND)
    assert scene.codes == []
    scene.now_ns = begun_ns + DEAF_NS
    channel(scene, begun_ns)
    scene.later(3 * SECOND)
    assert scene.codes == ["CHANNEL"]
    channel(scene, None)
    scene.later(3 * SECOND)

    assert scene.codes == ["CHANNEL", "RESOLVED"]


@pytest.mark.parametrize(
    "changes", [{"channels": "x"}, {"channels": [1]}, {"pid": "x"}, {"channels": [{"label": {}}]}]
)
def test_a_state_that_is_none_says_nothing(scene: Scene, changes: dict[str, object]) -> None:
    scene.later(SECOND)
    wait_for(scene.trader.state, PATIENCE_S)
    os.kill(scene.newest.process_id, signal.SIGSTOP)

    channel(scene, scene.now_ns - DEAF_NS, **changes)
    scene.later(3 * SECOND)

    assert scene.codes == []


def test_after_an_orderly_end_it_ends_too_and_after_another_it_stays_for_the_sentinel(
    scene: Scene,
) -> None:
    scene.later(SECOND)
    scene.hears()
    (scene.trader.mode / "sentinel.json").write_text(json.dumps({"pid": os.getpid()}))
    scene.watch.stop(is_orderly=False)
    assert not scene.newest.has_ended()

    other = CourierWatch(scene.watch._system, scene.trader.mode, scene._begin)
    scene.now_ns += SECOND
    other.look()
    other.stop()

    wait_for(scene.newest.has_ended, PATIENCE_S)


def test_addresses_that_can_not_be_used_are_told_once(scene: Scene) -> None:
    watch = UrlWatch(scene.watch._system, ("one is none", "the file is not yours"))
    for _ in range(3):
        watch.look()

    assert [each.what for each in scene.said] == ["one is none", "the file is not yours"]
