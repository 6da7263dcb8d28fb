"""The venue is asked before an entry leaves: what it has against it, or silence, keeps it here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from domain.messages.orders import EntryDropped, FillBooked, IntentRaised
from domain.model.approval import Purpose
from domain.model.instants import SECOND, Nanos
from domain.model.product import Side
from tests.builders.price_paths import TO_STOP, script
from tests.builders.simulator import fault
from tests.builders.world import Setting, World

pytestmark = pytest.mark.req("X2", "X5")
ALWAYS = "policy.execution.preview=always"


def told(folder: Path, *faults: dict[str, Any]) -> list[Any]:
    """Return the journal of a run in which one entry is due, which is stopped out if bought."""
    setting = Setting(
        exits_alone=True,
        folder=folder,
        market=script([TO_STOP]),
        sets=(ALWAYS,),
        faults=faults,
        duration_ns=Nanos(300 * SECOND),
    )
    with World(setting).start() as world:
        assert world.run_to_end() == 0, world.criticals
        return [message for _, message in world.messages()]


def of(messages: list[Any], kind: type) -> list[Any]:
    return [each for each in messages if isinstance(each, kind)]


def test_an_entry_that_the_venue_would_take_is_bought_and_sold(tmp_path: Path) -> None:
    messages = told(tmp_path)

    assert of(messages, EntryDropped) == []
    assert {each.fill.side for each in of(messages, FillBooked)} == {Side.BUY, Side.SELL}


@pytest.mark.parametrize(
    "kind", ["http_500", "reset_before", "http_429"], ids=lambda kind: str(kind)
)
def test_without_an_answer_nothing_leaves_and_it_is_told(tmp_path: Path, kind: str) -> None:
    broken = fault(kind, at="60s", for_="200s", endpoint="preview")

    messages = told(tmp_path, broken)

    assert len(of(messages, EntryDropped)) == 1
    assert of(messages, IntentRaised) == []


def test_exits_ask_nobody(tmp_path: Path) -> None:
    """The preview fails from the moment on at which the entry has been bought."""
    messages = told(tmp_path, fault("http_500", at="145s", for_="200s", endpoint="preview"))

    purposes = {each.intent.order.purpose for each in of(messages, IntentRaised)}
    assert purposes == {Purpose.ENTRY, Purpose.EXIT}
