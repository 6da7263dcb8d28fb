"""Every order of ours, from intent to its last fill: carries out what the tracker decides.

What is done about an order, and why, stands in `domain/orders/tracker.py`; here effects become
messages, calls of the venue and timers.
"""

from __future__ import annotations

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import OrderGateway, OrderReader
from actors.kernel.questions import Questions
from actors.kernel.timers import Timer
from actors.kernel.topology import AUDITOR
from domain.messages.control import SettleRequested, Synced, SyncRequested
from domain.messages.decisions import OrderApproved, ProtectionWithdrawn
from domain.messages.market import FeedRecovered, FeedStalled, StreamClosed, StreamOpened
from domain.messages.orders import CancelProposed, EntryDropped, PlaceRequest, Receipt
from domain.messages.supervision import BootCompleted, BreakerTripped, GapSeen
from domain.messages.venue import (
    CancelAnswered,
    FillsListed,
    OrderPreviewed,
    OrdersListed,
    PlaceAnswered,
    UserFrame,
)
from domain.model.approval import ApprovedEntry
from domain.model.breakers import Effect as Strength
from domain.model.orders import NotSent, OrderIntent
from domain.orders import effects
from domain.orders.effects import Effect, TimerNews
from domain.orders.inputs import FillsFound, Now, OrderBookState, OrdersFound
from domain.orders.order import good_till
from domain.orders.preview import ANSWER_WITHIN_NS, NO_ANSWER, objection
from domain.orders.tracker import OrderTracker
from domain.system.alerts import of_ended_order

NO_GATEWAY = "dry run: nothing is sent"


@frozen
class OrderTimer(Timer):
    """What the tracker wanted to hear at this time."""

    news: TimerNews


@frozen
class PreviewLate(Timer):
    """Nobody waits for this preview any longer."""

    token: int


Inbox = (
    OrderApproved
    | ProtectionWithdrawn
    | Receipt
    | CancelProposed
    | PlaceAnswered
    | CancelAnswered
    | UserFrame
    | OrdersListed
    | FillsListed
    | StreamOpened
    | StreamClosed
    | FeedStalled
    | FeedRecovered
    | BreakerTripped
    | BootCompleted
    | GapSeen
    | SyncRequested
    | SettleRequested
    | OrderPreviewed
    | PreviewLate
    | OrderTimer
)
Question = (
    effects.Cancel | effects.ListOrders | effects.FindOrders | effects.ListFills | ApprovedEntry
)


class OrderManager(Actor):
    """The only one who asks for orders and their fills."""

    def __init__(
        self,
        context: ActorContext,
        venue: OrderReader,
        state: OrderBookState,
        *,
        gateway: OrderGateway | None,
        previews: bool = False,
    ) -> None:
        """Without a `gateway` this is a dry run: it says what it would send."""
        super().__init__(context)
        is_dry = gateway is None
        self._previews = previews and not is_dry
        self._venue = venue
        self._gateway = gateway
        self._tracker = OrderTracker(state, venue.request_lifetime_ns, is_dry=is_dry)
        self._questions = Questions[Question](context.epoch)
        self._is_open = False

    def starting(self) -> None:
        """Go on with the orders that the journal leaves open."""
        self._carry_out(self._tracker.begin())

    def stopping(self) -> None:
        """Put on record what has never left. Whoever else would hear of it has stopped already."""
        for effect in self._tracker.end():
            self.send(AUDITOR, effect.message)

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case SyncRequested(token):
                orders = (each.intent.order for each in self._tracker.orders.unsettled.values())
                unsettled = tuple((each.product, each.side) for each in orders)
                self.send(self.envelope.sender, Synced(self.name, token, unsettled))
                self.prove("orders and fills of the venue taken in")
                return
            case BootCompleted() if self._is_open:
                return  # a start that was provisional is complete now; all is asked for already
            case OrderApproved(ApprovedEntry() as order) if self._previews:
                self._ask_first(order)
                return
            case OrderPreviewed() | PreviewLate():
                self._previewed(message)
                return
            case OrderTimer(news):
                found = self._tracker.step(news, self._now())
            case OrdersListed(token=token):
                asked = self._questions.answered(token)
                found = self._tracker.step(OrdersFound(message, _reason_of(asked)), self._now())
            case FillsListed(token=token):
                asked = self._questions.answered(token)
                request = asked.request if isinstance(asked, effects.ListFills) else ""
                found_fills = FillsFound(message, request) if request else message
                found = self._tracker.step(found_fills, self._now())
            case CancelAnswered(token=token):
                self._questions.answered(token)
                found = self._tracker.step(message, self._now())
            case _:
                self._is_open = self._is_open or isinstance(message, BootCompleted)
                found = self._tracker.step(message, self._now())
        self._carry_out(found)

    # Before an entry leaves.

    def _ask_first(self, order: ApprovedEntry) -> None:
        token = self._questions.ask(order, self.clock.machine_ns())
        end_ns = good_till(order.order_type, self.clock.market_ns())
        self._venue.preview(order, end_ns, token, self.reply_to())
        self.after_machine(ANSWER_WITHIN_NS, PreviewLate(token))

    def _previewed(self, message: OrderPreviewed | PreviewLate) -> None:
        """Let an entry go on to its intent, or drop it; an answer that comes later is nothing."""
        order = self._questions.answered(message.token)
        if not isinstance(order, ApprovedEntry):
            return
        why = NO_ANSWER if isinstance(message, PreviewLate) else objection(order, message)
        if why is None:
            self._carry_out(self._tracker.step(OrderApproved(order), self._now()))
            return
        self.publish(EntryDropped(order, why))

    def _now(self) -> Now:
        return Now(self.clock.market_ns(), self.clock.machine_ns(), self.board.open)

    def _carry_out(self, wanted: tuple[Effect, ...]) -> None:
        for effect in wanted:
            match effect:
                case effects.Publish(message):
                    self.publish(message)
                case effects.BlockEntries(name, reason, scope, may_flap, is_latched):
                    self.trip(
                        name,
                        reason,
                        effect=Strength.BLOCK,
                        scope=scope,
                        is_latched=is_latched,
                        may_flap=may_flap,
                    )
                case effects.ReleaseEntries(name, evidence, scope):
                    self.close(name, evidence, scope=scope)
                case effects.WakeAt(at_ns, news):
                    self.at(at_ns, OrderTimer(news))
                case effects.WakeAfter(delay_ns, news):
                    self.after_machine(delay_ns, OrderTimer(news))
                case effects.Warn(text, reason, order):
                    self.log.warning(text, reason=reason, order=order)
                case effects.AfterItsEnd(order, what):
                    self.publish(of_ended_order(order, what))
                case _:
                    self._ask_venue(effect)

    def _place(self, intent: OrderIntent, receipt: Receipt) -> None:
        """Send an order; where there is no way to, that is its answer."""
        if self._gateway is None:
            outcome = NotSent(NO_GATEWAY, is_final=True)
            answer = PlaceAnswered(intent.client_order_id, outcome, self.clock.machine_ns())
            self._carry_out(self._tracker.step(answer, self._now()))
            return
        self._gateway.place(PlaceRequest(intent, receipt, self.epoch), self.reply_to())

    def _cancel(self, order_id: str, token: int) -> None:
        """Ask for a cancel; where there is no way to, that is its answer."""
        if self._gateway is None:
            self._questions.answered(token)
            answer = CancelAnswered(token, (), NO_GATEWAY)
            self._carry_out(self._tracker.step(answer, self._now()))
            return
        self._gateway.cancel((order_id,), token, self.reply_to())

    def _ask_venue(self, effect: effects.OfVenue) -> None:
        match effect:
            case effects.Place(intent, receipt):
                self._place(intent, receipt)
            case effects.Cancel(order_id):
                self._cancel(order_id, self._token(effect))
            case effects.ListOrders(since_ns):
                self._venue.list_orders(
                    since_ns=since_ns,
                    is_live_only=False,
                    token=self._token(effect),
                    reply_to=self.reply_to(),
                )
            case effects.FindOrders(order_ids):
                self._venue.find_orders(order_ids, self._token(effect), self.reply_to())
            case effects.ListFills(order_id):
                self._venue.list_fills(
                    since_ns=None,
                    order_ids=(order_id,),
                    token=self._token(effect),
                    reply_to=self.reply_to(),
                )
            case effects.OpenUserStream():
                self._venue.open_user_stream(self.reply_to())
            case effects.RestartUserStream(reason):
                self._venue.restart_user_stream(reason)
            case _:
                self.refuse(effect)

    def _token(self, question: Question) -> int:
        return self._questions.ask(question, self.clock.machine_ns())


def _reason_of(asked: Question | None) -> effects.ListReason | None:
    """Return why a listing was asked for, None if nobody waits for it any more."""
    if isinstance(asked, effects.FindOrders):
        return asked
    return asked.reason if isinstance(asked, effects.ListOrders) else None
