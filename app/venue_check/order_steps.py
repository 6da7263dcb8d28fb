"""One order at the venue: sent, seen, cancelled, read back. It is the smallest, and never fills."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from attrs import evolve

from adapters.venues.coinbase.probe import HarmlessIntent
from app.venue_check.questions import HarmlessSender, Surroundings
from domain.model.instants import Nanos, iso
from domain.model.orders import Accepted, IdKnown, NotSent, OrderSeen, OutcomeLost, Rejected
from domain.system.harmless_order import LIFE_NS
from domain.system.venue_check import AGAIN, CheckedStep, failed, passed, skipped

ORDER, CANCELLED = "order", "cancelled"
A_RESTING, A_CANCEL = "one small post-only buy, seen open", "cancelled, read back, never filled"
WITH_ORDER = f"{AGAIN} --with-order"
LOOK_EVERY_S, SEEN_WITHIN_S, CANCELLED_WITHIN_S = 0.5, 10.0, 30.0
COMPLETE_LISTS = 2
"""So many times in a row an order has to be missing from the list of those that may trade."""

Gate = Callable[[], str | None]


class OrderSteps:
    """Sends one order at most, and does not leave before its end is known or given up."""

    def __init__(self, venue: HarmlessSender, around: Surroundings, gate: Gate) -> None:
        """`gate` is asked directly before the order leaves; a text keeps it here."""
        self._venue = venue
        self._around = around
        self._gate = gate

    def run(self, wanted: HarmlessIntent) -> Generator[CheckedStep, None, None]:
        """Yield what became of the order, and of its cancel."""
        end_ns = Nanos(self._around.wall_ns() + LIFE_NS)
        intent = evolve(wanted, end_ns=end_ns)
        outcome = self._venue.place(intent, self._gate)
        match outcome:
            case Accepted(order_id=order_id):
                yield from self._followed(order_id, intent)
            case OutcomeLost(reason=reason) | IdKnown(reason=reason):
                yield from self._lost(intent, reason)
            case Rejected(reason=reason, text=text):
                yield failed(ORDER, A_RESTING, f"refused: {reason} {text}".strip(), WITH_ORDER)
                yield skipped(CANCELLED, A_CANCEL, "there is no order")
            case NotSent(reason=reason):
                yield failed(ORDER, A_RESTING, f"not sent: {reason}", WITH_ORDER)
                yield skipped(CANCELLED, A_CANCEL, "there is no order")

    def _followed(self, order_id: str, intent: HarmlessIntent) -> Iterator[CheckedStep]:
        """Yield that an order rests and then does not, whatever interrupts that."""
        is_asked = False
        try:
            yield self._seen(order_id, intent)
            is_asked = True
            yield self._ended(order_id, intent)
        finally:
            if not is_asked:
                self._venue.cancel(order_id)

    def _lost(self, intent: HarmlessIntent, reason: str) -> Iterator[CheckedStep]:
        """Yield what is known of an order whose answer was lost; it is not sent again."""
        order_id = self._find(intent)
        if order_id is None:
            mend = f"{AGAIN}: open orders are listed there"
            told = f"{reason}; nobody knows whether it exists; if so, it ends at {_end(intent)}"
            yield failed(ORDER, A_RESTING, told, mend)
            yield skipped(CANCELLED, A_CANCEL, "no order of that id is listed")
            return
        told = f"{reason}; it was found by its id: {order_id}"
        yield failed(ORDER, A_RESTING, told, WITH_ORDER)
        yield self._ended(order_id, intent)

    def _find(self, intent: HarmlessIntent) -> str | None:
        for _ in self._looks(SEEN_WITHIN_S):
            for each in self._venue.open_orders().orders:
                if each.client_order_id == intent.client_order_id:
                    return each.order_id
        return None

    def _seen(self, order_id: str, intent: HarmlessIntent) -> CheckedStep:
        order = intent.order
        what = f"{order.quantity} {order.product} at {order.price}"
        status = "nowhere"
        for _ in self._looks(SEEN_WITHIN_S):
            seen = self._look(order_id)
            status = status if seen is None else str(seen.status)
            if seen is not None and not seen.status.is_terminal:
                return passed(ORDER, A_RESTING, f"{what}, {status}: {order_id}")
            if seen is not None:
                break
        return failed(ORDER, A_RESTING, f"{what} is {status}: {order_id}", WITH_ORDER)

    def _ended(self, order_id: str, intent: HarmlessIntent) -> CheckedStep:
        """Ask for the cancel and read back what became of it."""
        answer, seen, absent = self._venue.cancel(order_id), None, 0
        for _ in self._looks(CANCELLED_WITHIN_S):
            seen = self._look(order_id) or seen
            if seen is None or not seen.status.is_terminal:
                continue
            absent = absent + 1 if self._is_absent(order_id) else 0
            if absent >= COMPLETE_LISTS:
                return self._judged(order_id, seen)
        why = answer.failure or "; ".join(each.reason for each in answer.results)
        state = "not there" if seen is None else seen.status
        told = f"order {order_id} is {state} {why}; it ends by itself at {_end(intent)}"
        return failed(CANCELLED, A_CANCEL, told, f"cancel it at the venue, then {AGAIN}")

    def _judged(self, order_id: str, seen: OrderSeen) -> CheckedStep:
        listed = self._venue.fills(order_id)
        filled = sum((each.quantity for each in listed.fills), seen.filled - seen.filled)
        if seen.filled > 0 or filled > 0:
            told = f"it bought {max(seen.filled, filled)} {seen.product} first"
            return failed(CANCELLED, A_CANCEL, told, "sell or keep that at the venue yourself")
        if listed.failure is not None:
            return failed(CANCELLED, A_CANCEL, f"{seen.status}, its fills: {listed.failure}")
        return passed(CANCELLED, A_CANCEL, f"{seen.status}, in no list of open orders, no fill")

    def _look(self, order_id: str) -> OrderSeen | None:
        listed = self._venue.orders(order_id)
        return next((each for each in listed.orders if each.order_id == order_id), None)

    def _is_absent(self, order_id: str) -> bool:
        listed = self._venue.open_orders()
        whole = listed.is_complete and listed.failure is None
        return whole and all(each.order_id != order_id for each in listed.orders)

    def _looks(self, within_s: float) -> Iterator[None]:
        """Yield until the time is over, with a rest between."""
        ends_s = self._around.machine_s() + within_s
        yield
        while self._around.machine_s() < ends_s:
            self._around.rest(LOOK_EVERY_S)
            yield


def _end(intent: HarmlessIntent) -> str:
    return f"{iso(intent.end_ns)[11:19]} UTC"
