"""The last gate: asked in the place lane directly before the bytes are written.

Earlier checks are courtesy; this one is the law. It reads the signal file itself, so that no
mailbox stands between the operator and the socket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from actors.kernel.board import BreakerBoard
from actors.kernel.ports import Clock, HaltSignal
from actors.kernel.topology import ORDER_MANAGER
from domain.messages.orders import PlaceRequest
from domain.model.approval import Purpose
from domain.model.breakers import Effect, covering, strongest
from domain.model.instants import MILLISECOND, SECOND

RECEIPT_LIFE_NS = 500 * MILLISECOND
"""Machine time for which a receipt is a licence to send."""

APPROVAL_LIFE_NS = 2 * SECOND
"""Machine time for which an approval is one: what was decided before a gap does not leave after."""


class LastGate:
    """Callable as `LastGate`: returns why a request must not leave, or None."""

    def __init__(
        self,
        board: BreakerBoard,
        clock: Clock,
        signal: HaltSignal,
        epochs: Mapping[str, int],
        is_ending: Callable[[], bool],
    ) -> None:
        self._board = board
        self._clock = clock
        self._signal = signal
        self._epochs = epochs
        self._is_ending = is_ending
        self._used: set[int] = set()

    def __call__(self, request: PlaceRequest) -> str | None:
        """Return the reason why `request` must not leave now, None if it may."""
        order = request.intent.order
        if self._signal.read() is not None:
            return "kill switch"
        if request.epoch != self._epochs[ORDER_MANAGER]:
            return f"fenced: order manager of epoch {request.epoch} is not the current one"
        age_ns = self._clock.machine_ns() - request.receipt.issued_ns
        if not 0 <= age_ns <= RECEIPT_LIFE_NS:
            return f"receipt is {age_ns // MILLISECOND} ms old"
        approved_ns = self._clock.machine_ns() - order.approved_ns
        if not 0 <= approved_ns <= APPROVAL_LIFE_NS:
            return f"approval is {approved_ns // MILLISECOND} ms old"
        if request.receipt.client_order_id != request.intent.client_order_id:
            return "receipt of another order"
        if request.receipt.sequence in self._used:
            return "receipt was used before"
        allowed = Effect.HALT if order.purpose is Purpose.EXIT else Effect.NONE
        breaker = strongest(covering(self._board.open, order.product, order.strategy))
        if breaker is not None and breaker.effect > allowed:
            return f"breaker {breaker.name}: {breaker.reason}"
        if order.purpose is Purpose.ENTRY and self._is_ending():
            return "the run is ending"
        self._used.add(request.receipt.sequence)
        return None
