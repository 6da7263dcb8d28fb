"""The last gate: asked in a place lane directly before the bytes are written.

Earlier checks are courtesy; this one is the law. It reads the signal file itself, so that no
mailbox stands between the operator and the socket, and compares the order with what the risk gate
approved, so that nobody between the two has a say in it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

import attrs

from actors.kernel.board import BreakerBoard
from actors.kernel.ports import Clock, HaltSignal, Leaving
from actors.kernel.topology import OPERATOR, ORDER_MANAGER
from actors.trading.approvals import APPROVAL_LIFE_NS, Approvals
from domain.messages.conversion import ConversionRequest
from domain.messages.orders import PlaceRequest
from domain.model.approval import ApprovedOrder, Purpose
from domain.model.breakers import Effect, covering, strongest
from domain.model.instants import MILLISECOND
from domain.orders.order import good_till

RECEIPT_LIFE_NS = 500 * MILLISECOND
"""Machine time for which a receipt is a licence to send."""

Key = TypeVar("Key")


class LastGate:
    """Callable as `LastGate`: returns why a request must not leave, or None."""

    def __init__(
        self,
        board: BreakerBoard,
        clock: Clock,
        signal: HaltSignal,
        epochs: Mapping[str, int],
        is_ending: Callable[[], bool],
        approvals: Approvals,
    ) -> None:
        self._approvals = approvals
        self._board = board
        self._clock = clock
        self._signal = signal
        self._epochs = epochs
        self._is_ending = is_ending
        self._asking = threading.Lock()
        self._receipts: dict[int, tuple[int, str]] = {}
        self._approvals_used: dict[tuple[int, int], tuple[int, str]] = {}

    def __call__(self, request: Leaving) -> str | None:
        """Return the reason why `request` must not leave now, None if it may; on any thread."""
        with self._asking:
            if isinstance(request, ConversionRequest):
                return self._judge_conversion(request)
            return self._judge(request)

    def _judge_conversion(self, request: ConversionRequest) -> str | None:
        """A conversion buys and sells nothing: what stops exits stops it too."""
        if self._signal.read() is not None:
            return "kill switch"
        if request.epoch != self._epochs[OPERATOR]:
            return f"fenced: operator of epoch {request.epoch} is not the current one"
        breaker = strongest(self._board.open)
        if breaker is not None and breaker.effect > Effect.HALT:
            return f"breaker {breaker.name}: {breaker.reason}"
        return None

    def _judge(self, request: PlaceRequest) -> str | None:
        if self._signal.read() is not None:
            return "kill switch"
        if request.epoch != self._epochs[ORDER_MANAGER]:
            return f"fenced: order manager of epoch {request.epoch} is not the current one"
        refusal = (
            self._refused_receipt(request)
            or self._refused_approval(request)
            or self._stopped(request.intent.order)
        )
        if refusal is None:
            self._use(request)
        return refusal

    def _refused_receipt(self, request: PlaceRequest) -> str | None:
        receipt = request.receipt
        age_ns = self._clock.machine_ns() - receipt.issued_ns
        if not 0 <= age_ns <= RECEIPT_LIFE_NS:
            return f"receipt is {age_ns // MILLISECOND} ms old"
        if receipt.client_order_id != request.intent.client_order_id:
            return "receipt of another order"
        if receipt.sequence in self._receipts:
            return "receipt was used before"
        return None

    def _refused_approval(self, request: PlaceRequest) -> str | None:
        intent, order = request.intent, request.intent.order
        age_ns = self._clock.machine_ns() - order.approved_ns
        if not 0 <= age_ns <= APPROVAL_LIFE_NS:
            return f"approval is {age_ns // MILLISECOND} ms old"
        approved = self._approvals.find(order)
        if approved is None:
            return f"approval {order.approval} was not given"
        if order != approved:
            return f"not as approved: {_difference(order, approved)}"
        if _outlives(intent.end_ns, good_till(order.order_type, self._clock.market_ns())):
            return "not as approved: end_ns"
        # The same order may try again under its approval; another one may not.
        _, owner = self._approvals_used.get(_name(order), (0, intent.client_order_id))
        if owner != intent.client_order_id:
            return f"approval {order.approval} was used for order {owner}"
        return None

    def _stopped(self, order: ApprovedOrder) -> str | None:
        allowed = Effect.NONE if order.purpose is Purpose.ENTRY else Effect.HALT
        breaker = strongest(covering(self._board.open, order.product, order.strategy))
        if breaker is not None and breaker.effect > allowed:
            return f"breaker {breaker.name}: {breaker.reason}"
        if order.purpose is Purpose.ENTRY and self._is_ending():
            return "the run is ending"
        return None

    def _use(self, request: PlaceRequest) -> None:
        """Remember what is used up for as long as its age would not refuse it anyway."""
        now_ns, owner = self._clock.machine_ns(), request.intent.client_order_id
        self._receipts[request.receipt.sequence] = now_ns, owner
        _forget(self._receipts, now_ns - RECEIPT_LIFE_NS)
        self._approvals_used.setdefault(_name(request.intent.order), (now_ns, owner))
        _forget(self._approvals_used, now_ns - APPROVAL_LIFE_NS)


def _name(order: ApprovedOrder) -> tuple[int, int]:
    return order.approval, order.approved_ns


def _forget(used: dict[Key, tuple[int, str]], before_ns: int) -> None:
    """Drop what was used before `before_ns`; the oldest stand first."""
    while used:
        oldest = next(iter(used))
        if used[oldest][0] >= before_ns:
            return
        del used[oldest]


def _outlives(end_ns: int | None, latest_ns: int | None) -> bool:
    """Tell whether the order would end otherwise than its approved type says, or later."""
    if latest_ns is None:
        return end_ns is not None
    return end_ns is None or end_ns > latest_ns


def _difference(order: ApprovedOrder, approved: ApprovedOrder) -> str:
    """Return the names of the fields that are not as approved."""
    if type(order) is not type(approved):
        return f"an {order.purpose.value}"
    fields = (field.name for field in attrs.fields(type(order)))
    return ", ".join(each for each in fields if getattr(order, each) != getattr(approved, each))
