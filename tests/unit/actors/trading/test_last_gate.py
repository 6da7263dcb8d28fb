from __future__ import annotations

from typing import Any

import pytest

from actors.kernel.board import BreakerBoard
from actors.kernel.topology import ORDER_MANAGER
from actors.trading.last_gate import APPROVAL_LIFE_NS, RECEIPT_LIFE_NS, LastGate
from adapters.runtime.virtual import VirtualClock
from domain.messages.orders import PlaceRequest, Receipt
from domain.model.breakers import Effect
from domain.model.instants import Nanos
from domain.model.kill import KillOrder
from tests.builders.messages import NOW, a_breaker, an_intent, approved, approved_sale

ENTRY = an_intent(approved(approved_ns=NOW))
EXIT = an_intent(approved_sale("lot-1", approved_ns=NOW))


class Scene:
    """All that the last gate looks at."""

    def __init__(self) -> None:
        self.board = BreakerBoard()
        self.clock = VirtualClock(NOW, machine_ahead_ns=0)
        self.kill: KillOrder | None = None
        self.epochs = {ORDER_MANAGER: 2}
        self.is_ending = False
        self.gate = LastGate(self.board, self.clock, self, self.epochs, lambda: self.is_ending)

    def read(self) -> KillOrder | None:
        return self.kill


@pytest.fixture
def scene() -> Scene:
    return Scene()


def a_request(intent: Any = ENTRY, *, issued_ns: Nanos = NOW, **changes: Any) -> PlaceRequest:
    receipt = Receipt(
        changes.get("order_id", intent.client_order_id),
        changes.get("sequence", 1),
        "hash",
        issued_ns,
    )
    return PlaceRequest(intent, receipt, changes.get("epoch", 2))


@pytest.mark.parametrize("intent", [ENTRY, EXIT], ids=["entry", "exit"])
def test_a_request_with_everything_in_order_may_leave(scene: Scene, intent: Any) -> None:
    assert scene.gate(a_request(intent)) is None


@pytest.mark.req("K1")
@pytest.mark.parametrize("text", ["", "stop now"])
@pytest.mark.parametrize("intent", [ENTRY, EXIT], ids=["entry", "exit"])
def test_nothing_leaves_while_the_signal_file_is_there(
    scene: Scene, intent: Any, text: str
) -> None:
    scene.kill = KillOrder(text)

    assert scene.gate(a_request(intent)) == "kill switch"


@pytest.mark.req("SUP1")
@pytest.mark.parametrize("epoch", [1, 3])
def test_a_request_of_another_epoch_is_fenced(scene: Scene, epoch: int) -> None:
    why = scene.gate(a_request(epoch=epoch))

    assert why == f"fenced: order manager of epoch {epoch} is not the current one"


def test_a_receipt_may_be_as_old_as_its_life_and_not_older(scene: Scene) -> None:
    assert scene.gate(a_request(issued_ns=Nanos(NOW - RECEIPT_LIFE_NS))) is None
    assert (
        scene.gate(a_request(issued_ns=Nanos(NOW - RECEIPT_LIFE_NS - 1))) == "receipt is 500 ms old"
    )


def test_a_receipt_from_the_future_is_no_licence(scene: Scene) -> None:
    assert scene.gate(a_request(issued_ns=Nanos(NOW + 1))) is not None


@pytest.mark.req("TIME2")
@pytest.mark.parametrize("intent", [ENTRY, EXIT], ids=["entry", "exit"])
def test_what_was_approved_before_a_gap_does_not_leave_after_it(scene: Scene, intent: Any) -> None:
    scene.clock.now_ns = Nanos(NOW + APPROVAL_LIFE_NS)
    assert scene.gate(a_request(intent, issued_ns=scene.clock.now_ns)) is None

    scene.clock.now_ns = Nanos(NOW + APPROVAL_LIFE_NS + 1)
    why = scene.gate(a_request(intent, issued_ns=scene.clock.now_ns, sequence=2))

    assert why == "approval is 2000 ms old"


def test_a_receipt_of_another_order_is_no_licence(scene: Scene) -> None:
    assert scene.gate(a_request(order_id="another")) == "receipt of another order"


def test_a_receipt_is_good_for_one_order_once(scene: Scene) -> None:
    assert scene.gate(a_request()) is None
    assert scene.gate(a_request()) == "receipt was used before"
    assert scene.gate(a_request(sequence=2)) is None


def test_a_refused_request_does_not_use_its_receipt_up(scene: Scene) -> None:
    scene.kill = KillOrder("")
    scene.gate(a_request())
    scene.kill = None

    assert scene.gate(a_request()) is None


@pytest.mark.parametrize("scope", ["global", "venue", "product:BTC-USD", "strategy:breakout"])
@pytest.mark.parametrize("effect", list(Effect)[1:])
def test_any_open_breaker_that_concerns_it_stops_an_entry(
    scene: Scene, scope: str, effect: Effect
) -> None:
    scene.board.trip(a_breaker(effect, scope))

    assert scene.gate(a_request()) == "breaker drill: the test says so"


@pytest.mark.parametrize("scope", ["product:ETH-USD", "strategy:another"])
def test_a_breaker_that_does_not_concern_it_stops_nothing(scene: Scene, scope: str) -> None:
    scene.board.trip(a_breaker(Effect.KILL, scope))

    assert scene.gate(a_request()) is None


@pytest.mark.parametrize(
    ("effect", "may_leave"),
    [
        (Effect.BLOCK, True),
        (Effect.REDUCE_ONLY, True),
        (Effect.HALT, True),
        (Effect.KILL, False),
    ],
)
def test_an_exit_leaves_unless_the_kill_switch_is_pulled(
    scene: Scene, effect: Effect, may_leave: bool
) -> None:
    scene.board.trip(a_breaker(effect))

    assert (scene.gate(a_request(EXIT)) is None) is may_leave


def test_at_the_end_of_a_run_entries_stay_and_exits_leave(scene: Scene) -> None:
    scene.is_ending = True

    assert scene.gate(a_request()) == "the run is ending"
    assert scene.gate(a_request(EXIT)) is None
