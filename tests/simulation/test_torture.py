"""Hostile strategies behind the loader, by the trader's own actors; the venue's books judge."""

from __future__ import annotations

import gc
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pykka
import pytest
from loguru import logger

from app.run import trader
from app.selftest.proof import Proof
from app.torture import hostile, told
from app.torture.cases import HOSTILE, ON_THREADS, Case
from app.torture.outcome import BoundVerdict, TortureOutcome
from app.torture.run import tortured
from config import plugins
from config.loading import load
from domain.model.money import plain
from tests.builders.world import CONFIG

VIRTUAL = sorted(set(HOSTILE) - ON_THREADS)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
RULES_OF_SIZE = {
    "asset_cap",
    "order_cap",
    "position_cap",
    "strategy_cap",
    "theme_cap",
    "tier_cap",
    "total_cap",
    "trade_cap",
    "spacing",
    "cooldown",
    "open_positions",
    "max_trades_per_cycle",
    "already_approved",
}


@pytest.fixture(autouse=True)
def a_process_of_its_own() -> Iterator[None]:
    """Give back what a run takes of the process that a case has for itself elsewhere."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    told.forget()
    hostile.forget()
    yield
    for actor in pykka.ActorRegistry.get_all():  # virtual ones have no thread that could stop
        pykka.ActorRegistry.unregister(actor)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    gc.unfreeze()
    logger.remove()


def an_outcome(folder: Path, name: str) -> TortureOutcome:
    """Return what comes of a short case, as its process would tell it."""
    case = Case(name=name, seed=3, minutes=8, falls_after=5)
    made = tortured(folder, case, load(CONFIG))
    return TortureOutcome(case=case, told=json.loads(json.dumps(made, default=plain)))


@pytest.mark.slow
@pytest.mark.req("E1", "STR1", "STR3", "SUP1", "R2")
@pytest.mark.parametrize("name", VIRTUAL)
def test_no_hostile_strategy_passes_the_bounds_that_the_configuration_states(
    name: str, tmp_path: Path
) -> None:
    found = an_outcome(tmp_path, name)

    assert found.failures == ()
    assert found.verdict is BoundVerdict.HOLDS


@pytest.mark.slow
@pytest.mark.req("E1")
def test_the_judge_sees_a_gate_that_lets_everything_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounds that no broken gate could pass would prove nothing."""
    monkeypatch.setattr(trader, "self_test", lambda _: Proof(()))
    for rule in plugins.rules():
        if rule.CODE in RULES_OF_SIZE:
            monkeypatch.setattr(rule, "judge", lambda *_: None)

    found = an_outcome(tmp_path, "mutator")

    assert found.verdict is BoundVerdict.BROKEN
    assert any("at risk at once" in each for each in found.failures), found.failures
    assert any("lost within one minute" in each for each in found.failures), found.failures
