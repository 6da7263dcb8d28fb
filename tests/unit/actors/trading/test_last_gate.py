from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import attrs
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.kernel.board import BreakerBoard
from actors.kernel.topology import OPERATOR, ORDER_MANAGER
from actors.trading.approvals import APPROVAL_LIFE_NS, Approvals
from actors.trading.last_gate import RECEIPT_LIFE_NS, LastGate
from adapters.runtime.virtual import VirtualClock
from domain.messages.conversion import ConversionRequest
from domain.messages.orders import PlaceRequest, Receipt
from domain.model.approval import Limit
from domain.model.breakers import Effect
from domain.model.conversion import Conversion
from domain.model.instants import DAY, SECOND, Nanos
from domain.model.kill import KillOrder
from domain.model.money import Amount, Price, Quantity
from domain.model.orders import OrderIntent
from domain.orders.order import END_GRACE_NS
from tests.builders.messages import ETH, NOW, a_breaker, a_limit, an_intent, approved, approved_sale

LIFETIME_NS = Nanos(45 * SECOND)
LIMIT = a_limit(lifetime_ns=LIFETIME_NS)
END_NS = Nanos(NOW + LIFETIME_NS + END_GRACE_NS)
ENTRY = evolve(an_intent(approved(approved_ns=NOW, order_type=LIMIT)), end_ns=END_NS)
EXIT = an_intent(approved_sale("lot-1", approved_ns=NOW), 2)


class Scene:
    """All that the last gate looks at."""

    def __init__(self) -> None:
        self.board = BreakerBoard()
        self.clock = VirtualClock(NOW, machine_ahead_ns=0)
        self.kill: KillOrder | None = None
        self.epochs = {ORDER_MANAGER: 2, OPERATOR: 3}
        self.is_ending = False
        self.approvals = Approvals()
        self.gate = LastGate(
            self.board, self.clock, self, self.epochs, lambda: self.is_ending, self.approvals
        )
        for intent in (ENTRY, EXIT):
            self.approvals.add(intent.order)

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


@pytest.mark.req("X1")
def test_a_receipt_lets_one_request_pass_on_however_many_threads_it_is_asked() -> None:
    scene, passed = Scene(), list[int]()

    def ask() -> None:
        for number in range(300):
            if scene.gate(a_request(EXIT, sequence=number)) is None:
                passed.append(number)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(passed) == list(range(300))


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


# The approval.

CHANGED: dict[str, Any] = {
    "approval": 3,
    "strategy": "another",
    "product": ETH,
    "quantity": Quantity(Decimal(200)),
    "order_type": a_limit(999),
    "worst_case": Amount(Decimal(1)),
    "stop_loss_pct": Decimal(4),
    "take_profit_pct": Decimal(9),
    "max_hold_ns": Nanos(2 * DAY),
    "reason": "target",
    "signal": "another",
    "bar_ns": Nanos(NOW),
    "approved_ns": Nanos(NOW - 1),
    "lot": "lot-2",
    "sold_at_venue": Quantity(Decimal(1)),
    "highest_price": Price(Decimal(500)),
    "replaces": "another",
    "first": "another",
}
NAMING = ("approval", "approved_ns")
"""Fields by which an approval is found: with another value there is none."""


def fields(intent: OrderIntent) -> list[str]:
    return [field.name for field in attrs.fields(type(intent.order))]


@pytest.mark.req("E1", "M1", "X3")
@pytest.mark.parametrize(
    ("intent", "name"), [(intent, name) for intent in (ENTRY, EXIT) for name in fields(intent)]
)
def test_an_order_that_differs_from_its_approval_in_any_field_does_not_leave(
    scene: Scene, intent: OrderIntent, name: str
) -> None:
    changed = evolve(intent, order=evolve(intent.order, **{name: CHANGED[name]}))

    why = scene.gate(a_request(changed))

    if name in NAMING:
        assert why == f"approval {changed.order.approval} was not given"
    else:
        assert why == f"not as approved: {name}"


@pytest.mark.req("E1", "X3")
@given(
    price=st.decimals("0.01", "1000", places=2),
    post_only=st.booleans(),
    lifetime_ns=st.none() | st.integers(1, DAY),
)
def test_a_limit_leaves_only_as_it_was_approved(
    price: Decimal, post_only: bool, lifetime_ns: Nanos | None
) -> None:
    limit = Limit(price=Price(price), post_only=post_only, lifetime_ns=lifetime_ns)
    changed = evolve(ENTRY, order=evolve(ENTRY.order, order_type=limit))

    assert (Scene().gate(a_request(changed)) is None) is (limit == LIMIT)


@pytest.mark.req("E1", "M1")
def test_an_entry_does_not_leave_as_an_exit_of_the_same_number(scene: Scene) -> None:
    order = approved_sale("lot-1", approval=ENTRY.order.approval, approved_ns=NOW)

    why = scene.gate(a_request(evolve(ENTRY, order=order, end_ns=None)))

    assert why == "not as approved: an exit"


@pytest.mark.req("X5")
@pytest.mark.parametrize("end_ns", [None, Nanos(END_NS + 1)], ids=["never", "later"])
def test_an_entry_that_would_rest_longer_at_the_venue_does_not_leave(
    scene: Scene, end_ns: Nanos | None
) -> None:
    assert scene.gate(a_request(evolve(ENTRY, end_ns=end_ns))) == "not as approved: end_ns"


@pytest.mark.req("X5")
def test_an_order_that_the_venue_never_has_to_end_has_no_end(scene: Scene) -> None:
    assert scene.gate(a_request(evolve(EXIT, end_ns=NOW))) == "not as approved: end_ns"


@pytest.mark.req("E1", "X1")
def test_an_approval_is_good_for_one_order_that_may_try_again(scene: Scene) -> None:
    other = evolve(ENTRY, client_order_id="another")

    assert scene.gate(a_request()) is None
    assert scene.gate(a_request(other, sequence=2)) == (
        f"approval 1 was used for order {ENTRY.client_order_id}"
    )
    assert scene.gate(a_request(sequence=3)) is None


@pytest.mark.req("E1")
def test_a_refused_request_does_not_use_its_approval_up(scene: Scene) -> None:
    scene.is_ending = True
    scene.gate(a_request(evolve(ENTRY, client_order_id="another")))
    scene.is_ending = False

    assert scene.gate(a_request()) is None


def test_what_is_used_up_is_remembered_only_while_its_age_would_let_it_pass(scene: Scene) -> None:
    for number in range(1, 101):
        scene.clock.now_ns = Nanos(scene.clock.now_ns + RECEIPT_LIFE_NS)
        order = approved_sale("lot", approval=number, approved_ns=scene.clock.now_ns)
        scene.approvals.add(order)
        request = a_request(an_intent(order, number), issued_ns=scene.clock.now_ns, sequence=number)
        assert scene.gate(request) is None

    assert len(scene.gate._receipts) <= 2
    assert len(scene.gate._approvals_used) <= 1 + APPROVAL_LIFE_NS // RECEIPT_LIFE_NS
    assert scene.approvals.count <= 1 + APPROVAL_LIFE_NS // RECEIPT_LIFE_NS


ONE = Conversion("t-1", "USD", "USDC", Amount(Decimal(100)))


@pytest.mark.req("RB5", "K1")
def test_a_conversion_leaves_while_exits_may_and_only_of_the_operators_actor_that_counts(
    scene: Scene,
) -> None:
    request = ConversionRequest(ONE, epoch=3)
    assert scene.gate(request) is None
    scene.board.trip(a_breaker(Effect.HALT, name="liquidation", is_latched=True))
    assert scene.gate(request) is None

    fenced = scene.gate(ConversionRequest(ONE, epoch=2))
    assert fenced == "fenced: operator of epoch 2 is not the current one"
    scene.kill = KillOrder("")
    assert scene.gate(request) == "kill switch"


@pytest.mark.req("RB5", "K1")
def test_no_conversion_leaves_under_a_kill(scene: Scene) -> None:
    scene.board.trip(a_breaker(Effect.KILL, name="kill", is_latched=True))

    refused = scene.gate(ConversionRequest(ONE, epoch=3))
    assert refused is not None
    assert refused.startswith("breaker kill: ")
