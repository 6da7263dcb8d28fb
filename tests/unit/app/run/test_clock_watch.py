"""When the clock is looked at, what follows, and what is believed of a clock that is set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import evolve

from app.command_line.options import Folders, TradeOptions
from app.run.clock_watch import AGAIN_NS, EVERY_NS, KNOWN_FOR_NS, ClockWatch
from app.run.thread_ports import clock_watch, venue_of_others
from config.loading import load
from config.mode import Mode
from domain.messages.control import AlertRaised
from domain.messages.supervision import ClockChecked
from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.system.drift import CLOCK, TimeAnswers
from tests.builders.runtime import VirtualRig, breaker
from tests.builders.world import CONFIG
from tests.fakes.time_sources import Sources, ahead

pytestmark = pytest.mark.req("TIME1")

LIMIT = 150 * MILLISECOND
NOBODY = TimeAnswers(silent=("pool: no answer",))
AGAIN_S, EVERY_S, KNOWN_S = (each // SECOND for each in (AGAIN_NS, EVERY_NS, KNOWN_FOR_NS))


class Scene:
    """A watch in virtual time; `leap` sets the clock of the machine."""

    def __init__(self, rig: VirtualRig, monkeypatch: pytest.MonkeyPatch) -> None:
        self._rig = rig
        self.said: list[Any] = []
        self.set_by_ns = 0
        monkeypatch.setattr(rig.runtime, "announce", self.said.append)
        kind = type(rig.runtime.clock)
        right = kind.wall_ns
        monkeypatch.setattr(kind, "wall_ns", lambda clock: Nanos(right(clock) + self.set_by_ns))

    def begin(self, says: TimeAnswers, *, is_live: bool = False) -> Sources:
        self.sources = Sources(says)
        self._watch = ClockWatch(self._rig.runtime, self.sources, LIMIT, is_live=is_live)
        self.look()
        return self.sources

    def look(self) -> bool:
        """Look a few times; tell whether entries are blocked."""
        for _ in range(4):
            self._watch.look()
        found = breaker(self._rig, CLOCK)
        assert found is None or (found.effect, found.is_latched) == (Effect.BLOCK, False)
        return found is not None

    def blocks_after(self, seconds: float) -> bool:
        over: list[bool] = []
        due_ns = self._rig.runtime.clock.market_ns() + int(seconds * SECOND)
        self._rig.runtime.call_at(due_ns, lambda: over.append(True))
        self._rig.until(lambda: bool(over))
        return self.look()

    def checks(self) -> list[ClockChecked]:
        return [each for each in self.said if isinstance(each, ClockChecked)]

    def alerts(self) -> list[AlertRaised]:
        return [each for each in self.said if isinstance(each, AlertRaised)]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    rig = VirtualRig()
    yield Scene(rig, monkeypatch)
    rig.close()


def test_a_clock_that_is_right_is_looked_at_again_and_changes_nothing(scene: Scene) -> None:
    sources = scene.begin(ahead(149))

    assert [scene.blocks_after(EVERY_S - 1), sources.asked] == [False, 1]
    assert [scene.blocks_after(1), sources.asked] == [False, 2]
    assert [each.fault for each in scene.checks()] == [None, None]
    assert scene.alerts() == []


def test_paper_is_warned_at_the_start_and_blocked_at_the_next_look(scene: Scene) -> None:
    scene.begin(ahead(150))

    assert not scene.look()
    assert [each.code for each in scene.alerts()] == ["CLOCK"]
    assert not scene.blocks_after(AGAIN_S - 1)
    assert scene.blocks_after(1)
    assert len(scene.alerts()) == 1


@pytest.mark.parametrize("says", [ahead(5_000), NOBODY], ids=["off", "not known"])
def test_with_real_money_no_entry_is_sent_before_the_clock_was_found_right(
    scene: Scene, says: TimeAnswers
) -> None:
    sources = scene.begin(says, is_live=True)
    assert scene.look()
    assert scene.blocks_after(KNOWN_S)

    sources.says = ahead(3)
    assert not scene.blocks_after(AGAIN_S)


def test_while_somebody_is_still_asked_nothing_is_decided_and_nobody_asked_twice(
    scene: Scene,
) -> None:
    sources = scene.begin(ahead(0))
    sources.is_busy, sources.says = True, ahead(900)

    assert [scene.blocks_after(3 * EVERY_S), sources.asked] == [False, 2]
    sources.is_busy = False
    assert scene.look()


def test_a_right_clock_counts_as_right_for_a_while_when_nobody_answers_any_more(
    scene: Scene,
) -> None:
    scene.begin(ahead(0)).says = NOBODY

    assert not scene.blocks_after(EVERY_S)
    assert not scene.blocks_after(KNOWN_S - EVERY_S)
    assert scene.checks()[-1].drift_ns is None
    assert scene.blocks_after(AGAIN_S)


def test_a_clock_that_was_off_is_not_taken_to_be_right_because_nobody_answers(
    scene: Scene,
) -> None:
    sources = scene.begin(ahead(0))
    sources.says = ahead(151)
    assert scene.blocks_after(EVERY_S)

    sources.says = NOBODY
    assert scene.blocks_after(AGAIN_S)


@pytest.mark.parametrize("leap_s", [1, -1])
def test_a_clock_that_is_set_is_looked_at_at_once(scene: Scene, leap_s: int) -> None:
    sources = scene.begin(ahead(0))
    scene.set_by_ns, sources.says = leap_s * SECOND, ahead(leap_s * 1_000)

    assert [scene.look(), sources.asked] == [True, 2]


def test_what_was_asked_before_the_clock_was_set_is_not_believed(scene: Scene) -> None:
    sources = scene.begin(ahead(0))
    sources.is_busy = True
    scene.blocks_after(EVERY_S)
    scene.set_by_ns, sources.is_busy = SECOND, False
    scene.look()

    was_set, anew = scene.checks()[-2:]
    assert (was_set.drift_ns, was_set.doubts) == (None, ("it was set while it was compared",))
    assert (anew.drift_ns, sources.asked) == (0, 3)


def test_a_clock_that_is_set_during_every_look_blocks_in_the_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = scene.begin(ahead(0))
    answers = sources.answers

    def set_meanwhile() -> TimeAnswers | None:
        scene.set_by_ns += SECOND
        return answers()

    monkeypatch.setattr(sources, "answers", set_meanwhile)

    assert not scene.blocks_after(EVERY_S)
    assert scene.blocks_after(KNOWN_S)


def test_what_was_found_is_told_with_who_was_not_believed(scene: Scene) -> None:
    scene.begin(evolve(ahead(2), silent=("pool: no answer",)))

    (checked,) = scene.checks()
    assert (checked.drift_ns, checked.limit_ns) == (2 * MILLISECOND, LIMIT)
    assert checked.doubts == ("pool: no answer",)


LIVE_PRICES = "mirror:https://api.coinbase.com?products=BTC-USD"


@pytest.mark.parametrize(
    ("market", "name", "venue"),
    [
        (LIVE_PRICES, "coinbase", "https://api.coinbase.com"),
        (LIVE_PRICES, "embedded", "https://api.coinbase.com"),
        ("mirror:http://127.0.0.1:8080?products=BTC-USD", "coinbase", "http://127.0.0.1:8080"),
        ("mirror:http://127.0.0.1:8080?products=BTC-USD", "embedded", None),
        ("mirror:http://localhost:8080", "embedded", None),
        ("generated", "embedded", None),
        ("candles.parquet", "embedded", None),
    ],
)
def test_only_coinbase_and_a_venue_elsewhere_have_a_time_that_is_not_of_our_own_making(
    market: str, name: str, venue: str | None, tmp_path: Path
) -> None:
    folders = Folders(config=CONFIG, data=tmp_path, log=tmp_path)
    options = TradeOptions(
        mode=Mode.PAPER, config=load(CONFIG), folders=folders, market=market, venue=name
    )

    assert venue_of_others(options) == venue

    rig = VirtualRig()
    watches = list(clock_watch(cast("Any", rig.runtime), options))
    rig.close()
    assert [type(each) for each in watches] == ([ClockWatch] if venue else [])
