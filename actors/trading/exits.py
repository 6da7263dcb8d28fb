"""Exits of owned lots: stop, target and longest hold, independent of every entry guard.

Where maintenance is on it also sells down to the caps, which never holds up any other exit.
"""

from __future__ import annotations

from attrs import evolve, frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import QuoteReader
from actors.kernel.timers import Timer
from actors.trading.quote_polls import QuotePolls
from actors.trading.trailing import Trailing
from actors.trading.trimming import Trimming
from domain.decisions.exit_prices import TOO_OLD, PriceLimit, Stall, may_act
from domain.decisions.exit_tries import Circumstances
from domain.decisions.exits import OF_NO_PRICE, due_exit
from domain.decisions.trailing import NO_TRAIL, Trail
from domain.decisions.trims import HeldLots, TrimCaps, Upkeep
from domain.decisions.watched_lot import WatchedLot, end_of
from domain.market.bids import Bid, Bids
from domain.market.price_state import ANSWER_WITHIN_NS
from domain.messages.control import CloseOrdered
from domain.messages.decisions import (
    ExitHindered,
    ExitProposed,
    LeaveProposed,
    ProposalRefused,
)
from domain.messages.market import BidMoved, FeedRecovered, FeedStalled, QuoteMoved
from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.messages.portfolio import PortfolioMoved
from domain.messages.supervision import BootCompleted, ProductsChanged
from domain.messages.venue import QuotesListed
from domain.model.approval import ApprovedExit, ExitReason, Purpose
from domain.model.instants import SECOND, Nanos
from domain.model.money import Amount, plain
from domain.model.orders import TERMINAL
from domain.model.portfolio import Lot
from domain.model.product import Product, ProductId
from domain.model.wording import counted
from domain.orders.venue_stops import VenueStops
from domain.risk.dust import what_sells
from domain.system.alerts import (
    fingerprint,
    of_blind_lot,
    of_dust,
    of_hindered_exit,
    without_numbers,
)
from domain.system.rate_budget import PRIVATE_LIMIT

CHECK_EVERY_NS = SECOND
ESCALATE_AFTER_NS = 3 * SECOND
"""Machine time after which an exit that is due and not done is told; market time after which a
lot whose product has lost its price is."""
VENUE_SELLS_WITHIN_NS = 3 * SECOND
"""Market time for which a stop is left to the order that waits for it at the venue (PROT1)."""
_UNANSWERED = "its sale has no outcome yet"


@frozen
class Check(Timer):
    """Time to judge every lot, also where no price moves."""


Inbox = (
    QuoteMoved
    | BidMoved
    | FeedStalled
    | FeedRecovered
    | PortfolioMoved
    | IntentRaised
    | OrderAdvanced
    | ProposalRefused
    | BootCompleted
    | ProductsChanged
    | LeaveProposed
    | CloseOrdered
    | QuotesListed
    | Check
)


class Exits(Actor):
    """Watches every lot against the newest bid and proposes to sell it, once at a time."""

    def __init__(
        self,
        context: ActorContext,
        quotes: QuoteReader,
        quote_limit_ns: Nanos,
        upkeep: Upkeep,
        caps: TrimCaps,
        stops: VenueStops,
        trail: Trail = NO_TRAIL,
    ) -> None:
        super().__init__(context)
        self._polls = QuotePolls(quotes, self.epoch)
        self._stops = stops
        self._trailing = Trailing(self, trail, PriceLimit(quote_limit_ns))
        self._trimming = Trimming(self, upkeep, caps)
        self._nlv: Amount | None = None
        self._prices = PriceLimit(quote_limit_ns)
        self._judged: set[str] | None = None
        self._taken: tuple[Lot, ...] | None = None
        self._lots: dict[str, WatchedLot] = {}
        self._by_product: dict[ProductId, tuple[WatchedLot, ...]] = {}
        self._bids = Bids()
        self._products: dict[ProductId, Product] = {}
        self._stalled: dict[ProductId, Stall] = {}
        # Orders that have ended leave: these are as many as sell something now.
        self._orders: dict[str, str] = {}

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case QuoteMoved() | BidMoved():
                self._price(message)
            case QuotesListed():
                now_ns, ahead_ns = self.clock.market_ns(), self._prices.limit_ns
                for read in self._polls.read(message, now_ns, ahead_ns):
                    self._price(read)
            case PortfolioMoved(view):
                self._nlv = view.nlv
                self._take(view.lots)
            case IntentRaised(intent):
                self._stops.intend(intent)
                if isinstance(intent.order, ApprovedExit):
                    self._ordered(intent.client_order_id, intent.order)
            case OrderAdvanced():
                self._order_moved(message)
            case ProposalRefused():
                self._refused(message)
            case FeedStalled(product, reason):
                self._stalled.setdefault(product, Stall(reason, self.clock.market_ns()))
            case FeedRecovered(product):
                self._stalled.pop(product, None)
            case Check():
                self._check()
            case ProductsChanged(products):
                self._products = {each.id: each for each in products}
            case LeaveProposed(strategy, products):
                self._leave(products, ExitReason.SIGNAL, strategy)
            case CloseOrdered(product):
                self._leave((product,), ExitReason.OPERATOR)
            case BootCompleted():
                self._boot(message)
            case _:
                self.refuse(message)

    def _boot(self, boot: BootCompleted) -> None:
        self._products = {each.id: each for each in boot.products}
        if self._prices.open_ns is None:
            now_ns = self.clock.market_ns()
            self._prices = evolve(self._prices, open_ns=now_ns)
            self._trimming.opened(now_ns)
            self._show()
            self.after(CHECK_EVERY_NS, Check())

    def _take(self, lots: tuple[Lot, ...]) -> None:
        if lots is self._taken:  # only prices have moved
            self._show()
            return
        self._taken, known = lots, self._lots
        self._lots = {lot.id: known.get(lot.id) or WatchedLot(lot) for lot in lots}
        for gone in known.keys() - self._lots.keys():
            self._relax(known[gone])
        for lot in lots:
            watched = self._lots[lot.id]
            watched.lot, watched.leaving = lot, watched.leaving or lot.leaving
        self._trailing.keep(self._lots)
        self._judged = self._judged or set()
        self._show()
        products = sorted({lot.product for lot in lots})
        self._by_product = {
            product: tuple(each for each in self._lots.values() if each.lot.product == product)
            for product in products
        }

    def _price(self, moved: QuoteMoved | BidMoved) -> None:
        product = self._bids.take(moved)
        bid = self._bids.get(product)
        for watched in self._by_product.get(product, ()):
            self._judge(watched, bid)

    def _poll(self) -> None:
        """Ask for the bids of lots whose own is too old."""
        now_ns = self.clock.market_ns()
        held = {each.lot.product for each in self._lots.values() if each.lot.held}
        known = ((product, self._bids.get(product)) for product in held)
        old = {one for one, bid in known if bid is None or not self._prices.is_fresh(bid, now_ns)}
        if old and self._prices.open_ns is not None:
            self._polls.ask(old, self.clock.machine_ns(), self.reply_to())

    def _leave(self, products: tuple[ProductId, ...], why: ExitReason, of: str = "") -> None:
        """Sell these for good, of one strategy where it wants out: only the lots of now."""
        for product in products:
            bid = self._bids.get(product)
            for watched in self._by_product.get(product, ()):
                if of in ("", watched.lot.strategy) and watched.leaving is not why:
                    watched.leaving = why
                    self._judge(watched, bid)

    def _check(self) -> None:
        self.after(CHECK_EVERY_NS, Check())
        for watched in tuple(self._lots.values()):
            bid = self._bids.get(watched.lot.product)
            self._look(watched, bid)
            self._judge(watched, bid)
            self._trailing.look(watched, bid, self._products.get(watched.lot.product))
        self._poll()
        self._trim()

    # Is it due?

    def _judge(self, watched: WatchedLot, bid: Bid | None) -> None:
        if self._prices.open_ns is None:
            return
        if not watched.lot.held:  # there is nothing to sell
            self._show(watched.lot.id)
            self._relax(watched)
            return
        if bid is None:
            return
        lot, now_ns = watched.lot, self.clock.market_ns()
        is_fresh = self._prices.is_fresh(bid, now_ns)
        if is_fresh and not self.is_proven:
            self._show(lot.id)
        reason = due_exit(lot, bid.price, now_ns, leaving=watched.leaving)
        if not is_fresh and reason not in OF_NO_PRICE:
            return  # a price from before a gap decides nothing; the feed is asking for a new one
        if reason is None:
            self._relax(watched)
            return
        if watched.due is None:
            watched.due_machine_ns, watched.due_ns = self.clock.machine_ns(), now_ns
            watched.tries.begin_anew()
        watched.due = reason
        if is_fresh and not may_act(bid, watched.due_ns, now_ns):
            self._doubt(watched, bid)
            return
        if not self._is_parked(watched, bid):
            self._try(watched, reason, bid, now_ns)
            self._escalate(watched, reason, bid)

    def _try(self, watched: WatchedLot, reason: ExitReason, bid: Bid, now_ns: Nanos) -> None:
        lot = watched.lot
        is_protected = reason is ExitReason.STOP and self._stops.is_protected(lot.id)
        if is_protected and now_ns - watched.due_ns < VENUE_SELLS_WITHIN_NS:
            return
        product = self._products.get(lot.product)
        flags = None if product is None else product.flags
        is_limited = any(each.name == PRIVATE_LIMIT for each in self.board.open)
        circumstances = Circumstances(bid.price, lot.held, flags, is_limited)
        if watched.tries.may_begin(circumstances, now_ns):
            watched.tries.begin(circumstances, now_ns)
            reach, what = watched.tries.reach_bps(reason), (lot.id, lot.product, lot.held)
            self.publish(ExitProposed(*what, reason, bid.price, reach_bps=reach))

    def _is_parked(self, watched: WatchedLot, bid: Bid) -> bool:
        """Tell whether the lot is too small to be sold; it is told once."""
        lot, product = watched.lot, self._products.get(watched.lot.product)
        if product is None or product.can_sell(product.sale_of(lot.held), bid.price):
            if watched.is_dust:
                watched.is_dust = False
                self._relax(watched)
            return False
        if not watched.is_dust:
            watched.is_dust = True
            watched.shown = minimum = what_sells(product, lot.held)
            self.publish(ExitHindered(lot.id, lot.product, minimum, is_dust=True))
            self.publish(of_dust(lot, bid.price, minimum))
        return True

    def _doubt(self, watched: WatchedLot, bid: Bid) -> None:
        """Say once that a lot is due at a price that may be wrong."""
        lot, doubt = watched.lot, bid.doubt
        if doubt is not None and watched.doubted_ns != doubt.since_ns:
            watched.doubted_ns = doubt.since_ns
            price = plain(bid.price)
            self.log.warning(
                f"{lot.product}: not sold at {price} yet, it may be wrong: {doubt.text}", lot=lot.id
            )

    def _relax(self, watched: WatchedLot) -> None:
        """Nothing is due any more, or nothing hinders it."""
        watched.due = watched.escalated = None
        if watched.shown is not None:
            watched.shown = watched.tries.hindrance = None
            lot = watched.lot
            self.publish(ExitHindered(lot.id, lot.product, None, is_dust=False))

    # Is it more than a cap allows?

    def _trim(self) -> None:
        """Begin a round of trims if one is due; a lot that is due to be sold anyway is not held."""
        now_ns = self.clock.market_ns()
        if not (self.is_proven and self._trimming.may_begin(now_ns)):
            return
        bids = self._bids.marks(self._by_product, now_ns, self._prices.limit_ns)
        lots = tuple(each.lot for each in self._lots.values() if each.due is None)
        held = HeldLots(lots=lots, bids=bids, products=self._products, nlv=self._nlv)
        self._trimming.begin(held, now_ns)

    # What became of a try.

    def _ordered(self, client_order_id: str, order: ApprovedExit) -> None:
        if order.purpose is not Purpose.EXIT:
            return
        if order.reason is ExitReason.TRIM:  # it keeps no other exit of the lot from being tried
            self._trimming.ordered(client_order_id, order.lot)
            return
        lot = order.lot
        self._orders[client_order_id] = lot
        watched = self._lots.get(lot)
        if watched is not None:
            watched.tries.ordered(client_order_id, self.clock.market_ns())

    def _order_moved(self, moved: OrderAdvanced) -> None:
        self._stops.advance(moved)
        now_ns, has_ended = self.clock.market_ns(), moved.state in TERMINAL
        self._trimming.moved(moved, self._lots)
        if moved.client_order_id not in self._orders:
            if has_ended and moved.purpose is Purpose.EXIT:  # raised before we were here
                for each in self._by_product.get(moved.product, ()):
                    each.tries.freed(now_ns)
            return
        lot = self._orders[moved.client_order_id]
        if has_ended:
            del self._orders[moved.client_order_id]
        watched = self._lots.get(lot)
        if watched is None:
            return
        if not has_ended:
            watched.tries.ordered(moved.client_order_id, now_ns)
        elif watched.tries.goes_on(moved):
            watched.tries.succeeded(now_ns)
        else:
            self._failed(watched, end_of(moved))

    def _refused(self, refused: ProposalRefused) -> None:
        if refused.purpose is not Purpose.EXIT:
            return
        watched = self._lots.get(refused.lot)
        hindrance = ", ".join(f"{each.reason}: {each.observed}" for each in refused.refusals)
        if refused.exit_reason is ExitReason.TRIM:
            self._trimming.failed(refused.lot, hindrance, self._lots)
        elif watched is not None:
            self._failed(watched, hindrance)

    def _failed(self, watched: WatchedLot, hindrance: str) -> None:
        watched.tries.failed(hindrance, self.clock.market_ns())
        self._show_hindrance(watched, hindrance)

    # What is told.

    def _show_hindrance(self, watched: WatchedLot, hindrance: str) -> None:
        """Tell what hinders an exit, once as long as only its numbers change."""
        lot, kind = watched.lot, without_numbers(hindrance)
        if kind == watched.shown:
            return
        watched.shown = kind
        self.log.warning("exit hindered", product=lot.product, lot=lot.id, by=hindrance)
        self.publish(ExitHindered(lot.id, lot.product, hindrance, is_dust=False))

    def _escalate(self, watched: WatchedLot, reason: ExitReason, bid: Bid) -> None:
        age_ns = self.clock.machine_ns() - watched.due_machine_ns
        if age_ns < ESCALATE_AFTER_NS:
            return
        hindrance = watched.tries.hindrance or _UNANSWERED
        alert = of_hindered_exit(watched.lot, reason, hindrance, bid.price, age_ns)
        kind = fingerprint(alert)
        if kind != watched.escalated:
            watched.escalated = kind
            self.publish(alert)

    def _look(self, watched: WatchedLot, bid: Bid | None) -> None:
        """Tell once when there is no price to judge a lot by."""
        market_ns, now_ns = self.clock.market_ns(), self.clock.machine_ns()
        stall = self._stalled.get(watched.lot.product)
        why = self._prices.blindness(watched.lot, bid, stall, market_ns)
        is_aging = bid and not self._prices.is_fresh(bid, market_ns + CHECK_EVERY_NS)
        since_ns = watched.aging_machine_ns or now_ns
        watched.aging_machine_ns = since_ns if is_aging else None
        if why == TOO_OLD and now_ns - since_ns <= ANSWER_WITHIN_NS:
            return  # the feed has not given it up, and may be asking
        if why is not None and not watched.is_blind:
            self.publish(of_blind_lot(watched.lot, None if bid is None else bid.price, why))
        watched.is_blind = why is not None

    def _show(self, lot: str | None = None) -> None:
        """Count what a fresh incarnation has judged; every lot once is its proof."""
        if self.is_proven or self._judged is None:
            return
        if lot is not None:
            self._judged.add(lot)
        if self._prices.open_ns is not None and self._judged >= self._lots.keys():
            self.prove(f"{counted(len(self._lots), 'lot')} judged against fresh quotes")
