"""A person who resumes: a world in virtual time by its control folder, or a board by itself."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from actors.kernel.board import BreakerBoard
from actors.kernel.ports import ControlRequest
from actors.kernel.topology import AUDITOR, OPERATOR
from actors.safety.conversions import Cashier
from actors.safety.operator import POLL_EVERY_NS, Operator
from adapters.control.requests import REPLY
from domain.messages.control import (
    ReconcileFinished,
    ReconcileRequested,
    Settled,
    Synced,
    SyncRequested,
)
from domain.messages.supervision import Revived
from domain.model.breakers import Effect, covering
from domain.model.product import ProductId
from tests.builders.harness import Harness, deliver
from tests.builders.world import World
from tests.fakes.recording_venue import RecordingVenue


@frozen
class Answered:
    """The exit code of `resume` and its lines."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def resume(world: World, reason: str = "looked at it") -> Answered:
    """Ask a running world to resume; return its answer."""
    return order(world, "resume", reason)


def order(world: World, verb: str, reason: str = "looked at it", **more: str) -> Answered:
    """Give a running world an operator's order; return its answer."""
    control = world.mode_folder / "control"
    name = f"r{len(list(control.iterdir()))}-{world.clock.now_ns}"
    asked, reply = control / f"{name}.json", control / f"{name}{REPLY}"
    asked.write_text(json.dumps({"verb": verb, "reason": reason, **more}), encoding="utf-8")
    assert world.until(reply.exists, 10), world.runtime.board.open
    answer: dict[str, Any] = json.loads(reply.read_text(encoding="utf-8"))
    return Answered(int(answer["code"]), tuple(answer["lines"]))


def may_enter(world: World, product: str) -> bool:
    """Tell whether no breaker keeps entries of `product` from being sent."""
    breakers = covering(world.runtime.board.open, ProductId(product))
    return not any(each.effect >= Effect.BLOCK for each in breakers)


def is_open(world: World, name: str) -> bool:
    """Tell whether a breaker of this name is open."""
    return any(each.name == name for each in world.runtime.board.open)


class ControlFolder:
    """A control folder in memory: requests in, answers out, one each."""

    def __init__(self, *requests: ControlRequest) -> None:
        self.requests = list(requests)
        self.answers: dict[str, dict[str, Any]] = {}

    def poll(self) -> tuple[ControlRequest, ...]:
        found, self.requests = tuple(self.requests), []
        return found

    def reply(self, request_id: str, answer: dict[str, object]) -> None:
        assert request_id not in self.answers
        self.answers[request_id] = answer


def a_cashier(
    venue: RecordingVenue | None = None, *, is_dry: bool = False, **known: Any
) -> Cashier:
    """Return where money is changed: at `venue`, or nowhere if nothing may be sent."""
    found = venue or RecordingVenue()
    gateway = None if is_dry else found
    return Cashier(**{"venue": found, "gateway": gateway, "currency": "USD", **known})


def resume_board(board: BreakerBoard) -> Answered:
    """Have the operator's actor resume what is open on `board`, everybody else agreeing."""
    asked = ControlRequest("r1", "resume", "looked at it")
    harness, folder = Harness(board=board), ControlFolder(asked)
    actor = harness.start(Operator, OPERATOR, folder, lambda _: None, a_cashier())
    harness.pass_time(actor, POLL_EVERY_NS)
    deliver(actor, Revived("r1", ()), Settled("r1", (), ()))
    for each in harness.bodies(ReconcileRequested):
        deliver(actor, ReconcileFinished(each.reason, True, ()))
    for _ in range(2):  # the deed is on disk, then the opened latch
        deliver(actor, Synced(AUDITOR, harness.bodies(SyncRequested)[-1].token))
    answer = folder.answers["r1"]
    return Answered(int(answer["code"]), tuple(answer["lines"]))
