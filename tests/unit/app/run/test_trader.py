"""A run starts one thing after the other and undoes all of it in reverse, however it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import app.run.trader
from actors.kernel.board import BreakerBoard
from actors.kernel.topology import ROUTES
from adapters.runtime.virtual import VirtualClock, VirtualRuntime
from adapters.telemetry.terminal import Terminal
from app.command_line.options import Folders, TradeOptions
from app.run.ports import NotStarted, RunPorts, VenueFacts
from app.run.stop_request import StopRequest
from app.run.watches import Watch
from config.effective import Config
from config.mode import Mode
from tests.builders.messages import NOW
from tests.fakes.log import KeptLog

FACTS = VenueFacts(venue="v", world="w", prices="invented", has_history=True, end_ns=None)
START = ("ports", "connect", "watch", "start")
STOP = ("publish", "stop", "status", "disconnect", "unwatch", "close")


class Driver:
    def until(self, is_true: Callable[[], bool], limit_ns: int | None) -> bool:
        raise AssertionError("nothing waits here")

    def attend(self, watch: Callable[[], None]) -> None:
        """Nobody looks."""

    def defer(self, call: Callable[[], None]) -> None:
        raise AssertionError("nothing is deferred here")

    def at(self, market_ns: int, call: Callable[[], None]) -> None:
        raise AssertionError("nothing is due here")


class Story:
    """A run whose parts only write down when they begin and end; `breaks` names one that fails."""

    def __init__(self, folder: Path, breaks: str = "") -> None:
        self.told: list[str] = []
        self.orderly: list[bool] = []
        self._breaks = breaks
        self.is_confirmed = True
        self.last: dict[str, object] = {}
        self.begun = threading.Event()
        self.options = TradeOptions(
            mode=Mode.PAPER, config=Config(), folders=Folders(data=folder, log=folder), speed=None
        )

    def tell(self, what: str) -> None:
        self.told.append(what)
        if what == self._breaks:
            raise ValueError(what)

    @contextmanager
    def ports(self, *_: Any) -> Iterator[RunPorts]:
        if self._breaks == "venue":
            raise NotStarted("no venue", 5)
        self.tell("ports")
        clock = VirtualClock(NOW)
        yield RunPorts(
            facts=FACTS,
            system=VirtualRuntime(clock, BreakerBoard(), ROUTES, KeptLog, seed=1),
            driver=Driver(),
            connect=self.connect,
            publish_every_ns=1,
            watches=self.watches,
            stop=lambda: self.tell("stop"),
        )
        self.tell("saved")

    @contextmanager
    def connect(self, _: object) -> Iterator[Any]:
        self.tell("connect")
        try:
            yield object()
        finally:
            self.tell("disconnect")

    def watches(self, _: object) -> Iterator[Watch]:
        story = self

        class Told(Watch):
            def stop(self, *, is_orderly: bool = True) -> None:
                story.orderly.append(is_orderly)
                story.tell("unwatch")

        self.tell("watch")
        yield Told()

    # The guardian's part.

    def start(self, *_: Any) -> Story:
        self.tell("start")
        return self

    def publish(self) -> None:
        self.tell("publish")

    def published(self) -> dict[str, object]:
        return self.last

    def leave_status(self) -> None:
        self.tell("status")

    def live(self) -> None:
        self.tell("live")

    def end(self) -> int:
        self.tell("end")
        return 3


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], int]:
    def go(story: Story) -> int:
        monkeypatch.setattr(app.run.trader, "_ports_of", story.ports)
        monkeypatch.setattr(app.run.trader, "start", story.start)
        monkeypatch.setattr(app.run.trader, "_listen", lambda *_: None)
        monkeypatch.setattr(app.run.trader, "closing", story_closing(story))
        return app.run.trader.run(story.options, lambda _: None, Terminal(None))

    return go


def story_closing(story: Story) -> Callable[[Any], Any]:
    @contextmanager
    def closing(opened: Any) -> Iterator[Any]:
        try:
            yield opened
        finally:
            opened.close()
            story.tell("close")

    return closing


def test_what_was_started_is_stopped_in_reverse(
    tmp_path: Path, run: Callable[[Story], int]
) -> None:
    story = Story(tmp_path)

    assert run(story) == 3
    assert tuple(story.told) == (*START, "live", "end", *STOP, "saved")
    assert story.orderly == [True]


@pytest.mark.req("SUP1")
@pytest.mark.parametrize("where", ["live", "end"])
def test_whatever_breaks_everything_is_stopped_and_no_world_is_saved(
    where: str, tmp_path: Path, run: Callable[[Story], int]
) -> None:
    story = Story(tmp_path, where)
    story.is_confirmed = False

    with pytest.raises(ValueError, match=where):
        run(story)
    assert tuple(story.told[-len(STOP) :]) == STOP
    assert story.orderly == [False], "the sentinel has to know that something may be left"


@pytest.mark.parametrize(
    ("where", "undone"),
    [
        ("connect", ["close"]),
        ("watch", ["disconnect", "close"]),
        ("start", ["stop", "disconnect", "unwatch", "close"]),
    ],
)
def test_a_start_that_fails_half_way_undoes_its_half(
    where: str, undone: list[str], tmp_path: Path, run: Callable[[Story], int]
) -> None:
    story = Story(tmp_path, where)

    with pytest.raises(ValueError, match=where):
        run(story)
    assert story.told[story.told.index(where) + 1 :] == undone


def test_what_cannot_be_had_ends_with_its_own_code_and_words(
    tmp_path: Path, run: Callable[[Story], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(Story(tmp_path, "venue")) == 5
    assert capsys.readouterr().err == "no venue\n"


def test_the_first_reason_wins_except_that_a_kill_overrides() -> None:
    stop = StopRequest()
    for reason in ("duration", "signal", "kill", "error"):
        stop.ask(reason)

    assert stop.reason == "kill"
