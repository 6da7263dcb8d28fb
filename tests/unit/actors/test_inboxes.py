"""What the topology sends to an actor stands in its inbox union, so that mypy knows of it."""

from __future__ import annotations

from types import ModuleType
from typing import get_args

import pytest

from actors.kernel import topology
from actors.kernel.topology import ROUTES
from actors.reporting import alerts, projector
from actors.safety import canceller, drop_copy, kill_switch, operator, reconciler, scheduler

INBOXES = {
    topology.ALERTS: alerts,
    topology.PROJECTOR: projector,
    topology.CANCELLER: canceller,
    topology.DROP_COPY: drop_copy,
    topology.KILL_SWITCH: kill_switch,
    topology.OPERATOR: operator,
    topology.RECONCILER: reconciler,
    topology.SCHEDULER: scheduler,
}


def kinds_of(module: ModuleType) -> set[type]:
    """Return the members of a module's `Inbox`, which may be a single class."""
    return set(get_args(module.Inbox)) or {module.Inbox}


@pytest.mark.parametrize("actor", INBOXES)
def test_an_actor_knows_every_kind_that_is_routed_to_it(actor: str) -> None:
    routed = {kind for kind, names in ROUTES.items() if actor in names}

    assert routed <= kinds_of(INBOXES[actor])
