"""What is started for alerts: what somebody has asked for, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from adapters.courier.urls import HEARTBEAT, URLS, find_urls
from app.command_line.options import ROOT, Folders, TradeOptions
from app.run.alert_watches import alert_watches, courier_settings
from app.run.courier_watch import CourierWatch, UrlWatch
from app.run.sign_of_life import SignOfLife
from config.loading import load
from config.mode import Mode
from domain.model.breakers import Severity
from tests.builders.runtime import VirtualRig

pytestmark = pytest.mark.req("AL1")

HOOK = {URLS: "https://hooks.example.com/T0KEN"}


@pytest.fixture
def rig() -> Iterator[VirtualRig]:
    made = VirtualRig()
    yield made
    made.close()


def options(home: Path, *sets: str) -> TradeOptions:
    config = load(ROOT / "config", sets)
    return TradeOptions(
        mode=Mode.PAPER, config=config, folders=Folders(data=home / "data", log=home / "logs")
    )


def begun(rig: VirtualRig, home: Path, environment: dict[str, str], *sets: str) -> list[type]:
    return [
        type(each) for each in alert_watches(rig.runtime, options(home, *sets), 1.0, environment)
    ]


def test_without_an_address_nothing_is_started(rig: VirtualRig, tmp_path: Path) -> None:
    assert begun(rig, tmp_path, {}) == []


def test_with_a_channel_a_courier_and_the_daily_word(rig: VirtualRig, tmp_path: Path) -> None:
    assert begun(rig, tmp_path, HOOK) == [CourierWatch, SignOfLife]
    assert begun(rig, tmp_path, HOOK, "app.alerts.sign_of_life=''") == [CourierWatch]
    assert begun(rig, tmp_path, {HEARTBEAT: "https://hc.example"}) == [CourierWatch]


def test_an_address_that_can_not_be_used_is_told(rig: VirtualRig, tmp_path: Path) -> None:
    assert begun(rig, tmp_path, {URLS: "T0KEN"}) == [UrlWatch]
    assert begun(rig, tmp_path, {}, "app.alerts.urls_file=/no/such/file") == [UrlWatch]


def test_the_courier_is_told_where_to_read_and_how_long_cycles_may_stand_still(
    tmp_path: Path,
) -> None:
    chosen = options(tmp_path, "app.alerts.min_severity=CRITICAL")
    chosen = evolve(chosen, folders=evolve(chosen.folders, world="generated-7"))
    told = courier_settings(chosen, find_urls(HOOK, None, ROOT), 60.0)

    assert (told.world, told.mode, told.least) == ("generated-7", "paper", Severity.CRITICAL)
    assert told.urls == ("https://hooks.example.com/T0KEN",)
    assert told.quiet_after_s == 62.0
    assert told.log.is_absolute()
