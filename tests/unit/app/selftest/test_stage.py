"""The stage of the self-test: the product's own actors, and nothing that could be sent."""

from __future__ import annotations

from pathlib import Path

import pykka
import pytest
from attrs import evolve

from adapters.venues.coinbase import gateway
from app.selftest.scene import Scene, asked
from app.selftest.stage import SelfTestStage, Walls
from config.loading import load
from domain.messages.decisions import OrderApproved, ProposalRefused
from domain.model.kill import KillOrder
from domain.model.synthetic import SYNTHETIC, SyntheticEntry
from tests.unit.app.selftest.test_proof import CONFIG

pytestmark = pytest.mark.req("M1")

SCENE = Scene(config=load(CONFIG))


def test_what_is_approved_is_synthetic_and_comes_as_far_as_the_gateway() -> None:
    stage = SelfTestStage()
    outcome = stage.play(SCENE, (asked(SCENE),), Walls())

    (verdict,) = outcome.verdicts
    assert isinstance(verdict, OrderApproved)
    assert type(verdict.order) is SyntheticEntry
    assert outcome.ended == (SYNTHETIC,)
    assert stage.close() == 0


def test_each_challenge_finds_the_stage_as_if_it_were_the_first() -> None:
    stage = SelfTestStage()
    halted = evolve(SCENE, is_ready=False)

    kinds = [
        type(stage.play(scene, (asked(scene),), walls).verdicts[0])
        for scene, walls in (
            (SCENE, Walls()),
            (halted, Walls(kill=KillOrder("so"))),
            (SCENE, Walls()),
        )
    ]

    assert kinds == [OrderApproved, ProposalRefused, OrderApproved]
    assert stage.close() == 0


def test_an_order_that_got_through_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "refused_by_type", lambda _: None)
    stage = SelfTestStage()
    outcome = stage.play(SCENE, (asked(SCENE),), Walls())

    assert outcome.ended == ()
    assert stage.close() == 1


def test_it_leaves_nobody_behind(tmp_path: Path) -> None:
    before = len(pykka.ActorRegistry.get_all())
    stage = SelfTestStage()
    stage.play(SCENE, (asked(SCENE),), Walls())
    stage.close()

    assert len(pykka.ActorRegistry.get_all()) == before
    assert list(tmp_path.iterdir()) == []
