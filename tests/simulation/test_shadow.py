"""A shadow decides beside the trader on the same market, and the trader never knows."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs
import pytest

from actors.kernel.envelope import ReplyTo
from config.effective import Config
from config.mode import Mode
from domain.messages.orders import IntentRaised
from domain.messages.supervision import Drill
from domain.model.breakers import DrillKind
from domain.model.context import Context
from domain.model.instants import SECOND, Nanos
from domain.model.proposal import TradeProposal
from domain.strategies.breakout import Breakout
from tests.builders.price_paths import Line, script
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.world import Setting, World, hand_made, journal_bytes
from tests.fakes.log import KeptLog, LogLine

CRASH_NS = START + 135 * SECOND
LONG_NS = Nanos(420 * SECOND)
GROWS = Line(
    "BTC-USD",
    ((60, "100"), (110, "102"), (128, "102"), (140, "101"), (150, "101"), (200, "132")),
    (1,),
)
"""A lot that is soon worth a third more, and so above its cap."""
TRIMMING = (
    "policy.maintenance.enabled=true",
    "policy.exits.max_hold=1h",
    "strategies.breakout.take_profit_pct=40",
    "strategies.breakout.notional_pct=2.8",
    "policy.caps.position_pct=3",
    "policy.caps.asset_pct=3",
)


def a_config(*sets: str) -> Config:
    return hand_made(sets)


def has_ended(
    folder: Path, shadow: Config | None, *, crashes: tuple[str, ...] = (), **changes: Any
) -> World:
    """Return a world after its run; the actors of `crashes` die while lots are owned."""
    values = {"market": script(), "duration_ns": LONG_NS, **changes}
    setting = Setting(folder=folder, shadow=shadow, **values)
    with World(setting).start() as world:
        for name in crashes:
            crash = partial(world.runtime.post, ReplyTo(name), Drill(DrillKind.CRASH))
            world.runtime.call_at(CRASH_NS, crash)
        assert world.run_to_end() == 0, world.criticals
    return world


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of a run that nobody watches."""
    return journal_bytes(has_ended(tmp_path_factory.mktemp("alone"), None).mode_folder)


def with_code(kind: type[Breakout]) -> Config:
    """Return a configuration whose breakout is of that kind."""
    config = a_config()
    spec = config.strategies["breakout"]
    values = {each.name: getattr(spec.strategy, each.name) for each in attrs.fields(Breakout)}
    strategies = {**config.strategies, "breakout": attrs.evolve(spec, strategy=kind(**values))}
    return attrs.evolve(config, strategies=MappingProxyType(strategies))


class Crashing(Breakout):
    """A strategy with a bug."""

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        raise ZeroDivisionError("a bug")


class Leaving(Breakout):
    """A strategy that tries to end the process."""

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        raise SystemExit(3)


class Slow(Breakout):
    """A strategy that takes its time."""

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        time.sleep(0.05)
        return super().decide(context)


def records(world: World, kind: str) -> list[dict[str, Any]]:
    (file,) = (world.mode_folder / "shadow").iterdir()
    lines = map(json.loads, file.read_text(encoding="ascii").splitlines())
    return [each for each in lines if each["kind"] == kind]


@pytest.mark.req("SH1")
def test_an_identical_configuration_agrees_in_everything(tmp_path: Path, alone: bytes) -> None:
    world = has_ended(tmp_path, a_config())

    assert journal_bytes(world.mode_folder) == alone
    assert records(world, "difference") == []
    last = records(world, "sum")[-1]
    assert last["skipped"] == 0
    assert list(last["counts"]) == ["match"]
    assert last["counts"]["match"] >= 6, "entries and exits"
    assert last["pnl"]["primary"] == last["pnl"]["shadow"] != "0"
    assert [each["how"] for each in records(world, "end")] == ["stopped"]


@pytest.mark.req("SH1")
def test_smaller_entries_are_named_and_seen(tmp_path: Path, alone: bytes) -> None:
    world = has_ended(tmp_path, a_config("strategies.breakout.notional_pct=1"))

    assert journal_bytes(world.mode_folder) == alone
    (begin,) = records(world, "begin")
    assert begin["differs"] == [
        {
            "name": "strategies.breakout.notional_pct",
            "primary": "2",
            "shadow": "1",
            "is_acted_on": True,
        }
    ]
    found = records(world, "difference")
    assert {each["class"] for each in found} == {"size-diff"}
    assert {each["side"] for each in found} == {"BUY", "SELL"}
    assert "match" not in records(world, "sum")[-1]["counts"]
    pnl = records(world, "sum")[-1]["pnl"]
    assert abs(float(pnl["shadow"])) < abs(float(pnl["primary"])), "half as much is at stake"


@pytest.mark.req("SH1")
def test_another_price_is_filled_by_the_market_that_both_see(tmp_path: Path, alone: bytes) -> None:
    world = has_ended(tmp_path, a_config("policy.execution.entry_offset_bps=-10"))

    assert journal_bytes(world.mode_folder) == alone
    classes = {each["class"] for each in records(world, "difference")}
    assert "price-diff" in classes
    assert records(world, "sum")[-1]["pnl"]["shadow"] != "0"


@pytest.mark.req("SH1")
def test_what_only_the_shadow_buys_it_holds_and_sells_on_paper(tmp_path: Path) -> None:
    world = has_ended(tmp_path, a_config(), sets=("strategies.breakout.volume_ratio=90",))

    found = records(world, "difference")
    assert {each["class"] for each in found} == {"only-shadow"}
    assert {each["side"] for each in found} == {"BUY", "SELL"}
    pnl = records(world, "sum")[-1]["pnl"]
    assert pnl["primary"] == "0" != pnl["shadow"]
    assert not any(isinstance(each, IntentRaised) for _, each in world.messages())


@pytest.mark.req("SH1")
def test_a_shadow_without_strategies_only_watches(tmp_path: Path, alone: bytes) -> None:
    world = has_ended(tmp_path, a_config("strategies.breakout.enabled=false"))

    assert journal_bytes(world.mode_folder) == alone
    last = records(world, "sum")[-1]
    assert set(last["counts"]) == {"only-primary"}
    assert last["pnl"]["shadow"] == "0"


@pytest.mark.req("SH1")
@pytest.mark.parametrize(
    "changes",
    [
        {"mode": Mode.DRY_RUN},
        {"seed": 7},
        {"sets": TRIMMING, "market": script((GROWS,))},
        {"faults": (fault("lost_response", at="120s", for_="80s", probability="0.5"),)},
        {"faults": (fault("freeze_stream", at="125s", for_="20s"),)},
        {"faults": (fault("latency", at="120s", for_="80s", p50="200ms", p99="3s"),)},
        {"faults": (fault("disconnect", at="150s"),)},
    ],
    ids=["dry run", "another seed", "trims", "lost answers", "frozen", "slow", "disconnected"],
)
def test_an_identical_configuration_agrees_whatever_happens(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    world = has_ended(tmp_path, a_config(*changes.get("sets", ())), **changes)

    assert records(world, "difference") == []
    last = records(world, "sum")[-1]
    assert list(last["counts"]) == ["match"]
    assert last["pnl"]["primary"] == last["pnl"]["shadow"]


@pytest.mark.req("SH1")
@pytest.mark.parametrize("kind", [Crashing, Leaving])
def test_a_crash_of_the_shadow_is_its_own(
    tmp_path: Path, alone: bytes, kind: type[Breakout]
) -> None:
    lines: list[LogLine] = []
    world = has_ended(tmp_path, with_code(kind), log=lambda name: KeptLog(name, lines))

    assert journal_bytes(world.mode_folder) == alone
    (end,) = records(world, "end")
    assert end["how"].startswith("ShadowFailed: strategy.breakout: ")
    told = [(line.level, line.text) for line in lines if line.actor == "shadow"]
    assert [level for level, _ in told] == ["info", "warning"]
    assert told[1][1].startswith("the shadow has ended, trading goes on without it; type: python")


@pytest.mark.req("SH1")
def test_a_slow_shadow_delays_nothing(tmp_path: Path, alone: bytes) -> None:
    world = has_ended(tmp_path, with_code(Slow))

    assert journal_bytes(world.mode_folder) == alone
    assert list(records(world, "sum")[-1]["counts"]) == ["match"]


@pytest.mark.req("SH1")
@pytest.mark.parametrize("name", ["risk_gate", "strategy.breakout"])
def test_when_an_actor_of_the_trader_dies_the_shadow_changes_nothing(
    tmp_path: Path, name: str
) -> None:
    alone = has_ended(tmp_path / "alone", None, crashes=(name,))
    world = has_ended(tmp_path / "watched", a_config(), crashes=(name,))

    assert journal_bytes(world.mode_folder) == journal_bytes(alone.mode_folder)
    last = records(world, "sum")[-1]
    assert last["rebuilt"] == (1 if name == "risk_gate" else 0)
    assert last["cycles"] >= 6
    assert [each["how"] for each in records(world, "end")] == ["stopped"]
