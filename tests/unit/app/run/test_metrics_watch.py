"""Metrics are served where they are asked for; what hinders that hinders nobody who trades."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from app.run.metrics_watch import metrics_watch
from domain.model.meters import CountKind
from tests.builders.runtime import VirtualRig

pytestmark = pytest.mark.req("OB1")


@pytest.fixture
def rig() -> Iterator[VirtualRig]:
    found = VirtualRig()
    yield found
    found.close()


def test_without_a_port_nothing_is_served(rig: VirtualRig) -> None:
    assert list(metrics_watch(rig.runtime, None, dict, lambda: True)) == []
    assert rig.log.lines == []


def test_the_address_is_told_once_when_trading_begins(rig: VirtualRig) -> None:
    begun: list[bool] = []
    (watch,) = metrics_watch(rig.runtime, 0, lambda: {"halted": True}, lambda: bool(begun))
    watch.look()
    assert rig.log.lines == []
    begun.append(True)
    for _ in range(3):
        watch.look()
    rig.runtime.meters.count(CountKind.PROCESS_GAPS)

    (line,) = rig.log.of("info")
    text = requests.get(line.text.partition(": ")[2], timeout=10).text
    watch.stop()
    assert "bulkhead_process_gaps_total 1.0" in text
    assert "bulkhead_halted 1.0" in text


def test_a_port_that_is_taken_is_told_with_what_to_do(rig: VirtualRig) -> None:
    (first,) = metrics_watch(rig.runtime, 0, dict, lambda: True)
    first.look()
    port = int(rig.log.of("info")[0].text.rpartition(":")[2].partition("/")[0])

    assert list(metrics_watch(rig.runtime, port, dict, lambda: True)) == []
    first.stop()
    (line,) = rig.log.of("warning")
    assert f"port {port} can't be had" in line.text
    assert "--set app.metrics.port=0" in line.text
