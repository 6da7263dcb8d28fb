"""A person at a world in virtual time: asks by the control folder, as `run.py resume` does."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from adapters.control.requests import REPLY
from domain.model.breakers import Effect, covering
from domain.model.product import ProductId
from tests.builders.world import World


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
    control = world.mode_folder / "control"
    name = f"r{len(list(control.iterdir()))}-{world.clock.now_ns}"
    asked, reply = control / f"{name}.json", control / f"{name}{REPLY}"
    asked.write_text(json.dumps({"verb": "resume", "reason": reason}), encoding="utf-8")
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
