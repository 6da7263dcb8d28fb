"""Whatever the shadow does, who tells it of something goes on at once and unharmed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, cast

import pytest

from adapters.runtime.binding import Seen
from app.shadow import observer
from app.shadow.comparison import ShadowComparison
from app.shadow.observer import Shadow, ThreadedShadow
from app.shadow.pipeline import Pipeline
from domain.messages.decisions import CycleDue
from domain.messages.market import QuoteMoved
from domain.messages.supervision import TradingReady
from domain.model.instants import Nanos
from tests.builders.messages import NOW, a_quote
from tests.builders.waiting import wait_for
from tests.fakes.log import KeptLog

REPORT = "python run.py shadow report"
CYCLE = CycleDue(1, NOW, NOW)


class Kept:
    """Records in memory, or a full disk."""

    def __init__(self, *, is_full: bool = False) -> None:
        self.records: list[Mapping[str, Any]] = []
        self._is_full = is_full

    def append(self, record: Mapping[str, Any]) -> None:
        if self._is_full:
            raise OSError("no space left on device")
        self.records.append(record)

    def close(self) -> None:
        """Nothing is open."""


class Stuck:
    """A pipeline that begins a message and waits."""

    def __init__(self, *, fails: bool = False) -> None:
        self.go_on, self.begun = threading.Event(), threading.Event()
        self.taken: list[type] = []
        self._fails = fails

    def take(self, seen: Seen) -> None:
        self.begun.set()
        self.go_on.wait(30.0)
        self.taken.append(type(seen.message))
        if self._fails:
            raise ZeroDivisionError("a bug")


def seen(message: object, *, is_said: bool = False) -> Seen:
    return Seen("allocator", 1, message, is_said, Nanos(NOW), ())


def a_shadow(kind: type[Shadow], pipeline: Stuck, kept: Kept, log: KeptLog) -> Shadow:
    return kind(cast("Pipeline", pipeline), ShadowComparison(kept.append), kept, log, REPORT)


@pytest.mark.req("SH1")
def test_nobody_waits_for_a_slow_shadow_and_it_leaves_out_cycles_once_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(observer, "BEHIND", 3)
    stuck, kept, log = Stuck(), Kept(), KeptLog()
    shadow = a_shadow(ThreadedShadow, stuck, kept, log)
    shadow.see(seen(CYCLE))
    assert stuck.begun.wait(30.0)

    for _ in range(10):
        shadow.see(seen(CYCLE))
        shadow.see(seen(QuoteMoved(a_quote())))
    shadow.see(seen(TradingReady("recorded")))
    stuck.go_on.set()
    shadow.end()

    assert stuck.taken == [CycleDue, CycleDue, QuoteMoved, CycleDue, TradingReady]
    assert [line.text for line in log.of("warning")] == [
        f"the shadow does not keep up and leaves out cycles; type: {REPORT}"
    ]
    assert kept.records[-1]["how"] == "stopped"


@pytest.mark.req("SH1")
def test_one_that_would_miss_a_fill_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "LOST", 2)
    stuck, kept, log = Stuck(), Kept(), KeptLog()
    shadow = a_shadow(ThreadedShadow, stuck, kept, log)
    shadow.see(seen(TradingReady("recorded")))
    assert stuck.begun.wait(30.0)
    for _ in range(4):
        shadow.see(seen(TradingReady("recorded")))
    stuck.go_on.set()
    wait_for(lambda: shadow.is_over)
    shadow.end()

    assert kept.records[-1]["how"] == "TooFarBehind: more than 2 messages waited"
    assert len(log.of("warning")) == 1


@pytest.mark.req("SH1")
@pytest.mark.parametrize("kind", [Shadow, ThreadedShadow])
def test_one_that_fails_is_over_and_says_so_once(kind: type[Shadow]) -> None:
    stuck, kept, log = Stuck(fails=True), Kept(), KeptLog()
    stuck.go_on.set()
    shadow = a_shadow(kind, stuck, kept, log)
    for _ in range(3):
        shadow.see(seen(CYCLE))
    shadow.end()

    assert stuck.taken == [CycleDue]
    assert kept.records[-1] == {
        "kind": "end",
        "at": "2023-12-12T04:00:00Z",
        "how": "ZeroDivisionError: a bug",
    }
    assert [line.fields["reason"] for line in log.of("warning")] == ["ZeroDivisionError: a bug"]


@pytest.mark.req("SH1")
def test_a_full_disk_ends_the_shadow_and_nothing_else() -> None:
    stuck, log = Stuck(), KeptLog()
    stuck.go_on.set()
    shadow = a_shadow(Shadow, stuck, Kept(is_full=True), log)
    shadow.end()

    assert [line.text for line in log.of("warning")] == ["the shadow's last record is missing"]


def test_one_that_never_ends_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "STOP_WITHIN_S", 0.01)
    stuck, log = Stuck(), KeptLog()
    shadow = a_shadow(ThreadedShadow, stuck, Kept(), log)
    shadow.see(seen(CYCLE))
    assert stuck.begun.wait(30.0)
    shadow.end()

    assert [line.text for line in log.of("warning")] == [
        f"the shadow is still at work and is left behind; type: {REPORT}"
    ]
    stuck.go_on.set()


def test_what_it_does_not_need_is_not_kept_for_it() -> None:
    stuck = Stuck()
    stuck.go_on.set()
    shadow = a_shadow(Shadow, stuck, Kept(), KeptLog())
    shadow.see(seen(CYCLE, is_said=True))
    shadow.see(seen("a timer"))

    assert stuck.taken == []
