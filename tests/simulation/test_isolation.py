"""Ten strategies at once: one that crashes takes nothing from what the others propose."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.topology import STRATEGY
from domain.messages.decisions import Decide, Proposed
from domain.messages.supervision import BreakerTripped, Drill
from domain.model.breakers import DrillKind
from domain.model.instants import MINUTE, Nanos
from tests.builders.price_paths import Line, script
from tests.builders.world import Setting, World

MINUTES = 9
STRATEGIES = tuple(f"breakout{number}" for number in range(10))
BUSY = tuple(range(MINUTES))
LINES = (
    Line("BTC-USD", ((60, "100"), (540, "112")), BUSY),
    Line("ETH-USD", ((120, "100"), (300, "106"), (420, "103"), (540, "110")), BUSY),
    Line("SOL-USD", ((60, "100"), (180, "97"), (420, "106"), (540, "104")), BUSY),
)
"""Climbs of different lengths: which strategies break out differs from minute to minute."""
ENTRY = (
    "{{use: breakout, enabled: true, notional_pct: 0.1, stop_loss_pct: 4, take_profit_pct: 8,"
    " lookback_minutes: {minutes}, volume_minutes: 1, volume_ratio: 0, pyramids: true}}"
)
"""They pyramid: otherwise who was bought instead of the crashed one would propose no more."""
Victim = Callable[[int], str | None]
"""Who crashes in a cycle of one minute; after its second crash it stays down, and silent."""
CRASHES: dict[str, Victim] = {
    "each minute another": lambda cycle: STRATEGIES[cycle % len(STRATEGIES)],
    "the same each minute": lambda _: STRATEGIES[3],
}


class Overheard(World):
    """A world in which answers are noted, and `victim` of a cycle crashes when it is asked."""

    def __init__(self, setting: Setting, victim: Victim, patch: pytest.MonkeyPatch) -> None:
        super().__init__(setting)
        self.answers: list[Proposed] = []
        self.crashes: list[tuple[int, str]] = []
        self._victim = victim
        self._deliver = self.runtime.deliver
        patch.setattr(self.runtime, "deliver", self._passed)

    def _passed(self, receiver: str, envelope: Envelope) -> None:
        match envelope.body:
            case Proposed():
                self.answers.append(envelope.body)
            case Decide(cycle) if receiver.removeprefix(STRATEGY) == self._victim(cycle):
                self.crashes.append((cycle, receiver.removeprefix(STRATEGY)))
                self.runtime.post(ReplyTo(receiver), Drill(DrillKind.CRASH))
        self._deliver(receiver, envelope)


Answers = dict[tuple[int, str], Proposed]


def lived(folder: Path, victim: Victim) -> tuple[Answers, list[tuple[int, str]], set[str]]:
    """Return the answers by cycle and strategy, the crashes, and whose breakers opened."""
    entries = ((name, ENTRY.format(minutes=n + 1)) for n, name in enumerate(STRATEGIES))
    setting = Setting(
        folder=folder,
        market=script(LINES, minutes=MINUTES),
        sets=("strategies.breakout.enabled=false", *(f"strategies.{k}={v}" for k, v in entries)),
        duration_ns=Nanos((MINUTES - 1) * MINUTE),
    )
    with pytest.MonkeyPatch.context() as patch:
        world = Overheard(setting, victim, patch)
        with world:
            assert world.start().run_to_end() == 0, (world.said, world.alerts())
            answers = {(each.cycle, each.strategy): each for each in world.answers}
            assert len(answers) == len(world.answers), "nobody answers twice"
            trips = [body for _, body in world.messages() if isinstance(body, BreakerTripped)]
            tripped = {each.breaker.name.removeprefix(STRATEGY) for each in trips}
            return answers, world.crashes, tripped & set(STRATEGIES)


@cache
def undisturbed() -> Answers:
    """Return the answers of the run without a crash."""
    with TemporaryDirectory() as folder:
        answers, crashes, tripped = lived(Path(folder), lambda _: None)
    assert not crashes
    assert not tripped
    return answers


@pytest.mark.slow
@pytest.mark.req("STR1", "SUP1")
@pytest.mark.parametrize("crashes", CRASHES)
def test_of_ten_strategies_one_that_crashes_each_minute_changes_no_proposal_of_the_others(
    crashes: str, tmp_path: Path
) -> None:
    answers, crashed, tripped = lived(tmp_path, CRASHES[crashes])

    usual, victims = undisturbed(), {name for _, name in crashed}
    missing = usual.keys() - answers.keys()
    assert tripped == victims
    assert missing >= set(crashed), "who crashes does not answer"
    assert {name for _, name in missing} <= victims
    assert answers == {key: usual[key] for key in usual.keys() - missing}
    cycles = {cycle for cycle, _ in usual}
    assert {cycle for cycle, _ in crashed} == cycles, "one in each minute"
    proposing = {each.strategy for each in usual.values() if each.proposals}
    assert proposing == set(STRATEGIES), "each has proposed something"
