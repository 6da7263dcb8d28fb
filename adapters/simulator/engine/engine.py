"""The venue without sockets: plays a market, answers requests, feeds streams in market time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from adapters.simulator.engine.accounts import FeeRates, VenueAccounts
from adapters.simulator.engine.book import VenueBook
from adapters.simulator.engine.catalogue import Catalogue
from adapters.simulator.engine.conversions import VenueConversions
from adapters.simulator.engine.event_queue import Due, EventQueue, PlayedClock
from adapters.simulator.engine.fault_hooks import FaultHooks, Passage
from adapters.simulator.engine.history import MarketPast
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.matching_engine import MatchingEngine
from adapters.simulator.engine.planning import Planner
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.restore import catch_up, show_present, take_again
from adapters.simulator.engine.states import States
from adapters.simulator.engine.store import MARKET_TIME, OPENED, Batch, FillQuery, OrderQuery, Store
from adapters.simulator.engine.tape import Steps, Tape, Timeline
from adapters.simulator.engine.wire import Request, Response
from adapters.simulator.engine.world_events import WorldEvents
from adapters.simulator.market_data.source import Expander, PlayedMarket, Step
from adapters.simulator.rest_api.account import AccountResource
from adapters.simulator.rest_api.conversions import ConversionsResource
from adapters.simulator.rest_api.market import MarketResource
from adapters.simulator.rest_api.order_form import fill_form, order_form
from adapters.simulator.rest_api.orders import OrdersResource
from adapters.simulator.rest_api.portfolios import PortfoliosResource
from adapters.simulator.rest_api.previews import PreviewsResource
from adapters.simulator.rest_api.router import Router
from adapters.simulator.stream_api.connection import Connection, Verify
from adapters.simulator.stream_api.hub import Hub
from adapters.simulator.stream_api.summaries import Summaries
from domain.model.errors import InvariantBroken
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.money import plain

_ALL = 1_000_000


class Engine:
    """One world. Everything happens in calls: nothing here has a clock, a thread or a socket.

    `start_ns` is where the market begins to trade, or for a stored world where it goes on;
    market time never goes back, so a stored world goes on no earlier than it stopped. `opening`
    (currency → amount) is paid in when the world is new. One thread at a time may call.
    """

    def __init__(
        self,
        *,
        market: PlayedMarket,
        expander: Expander,
        store: Store,
        start_ns: Nanos,
        opening: Mapping[str, Decimal],
        fees: FeeRates,
        ids: Ids,
        level2_interval_ns: int = 0,
        timeline: Steps | None = None,
        quirks: VenueQuirks | None = None,
        hooks: FaultHooks | None = None,
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        """`timeline` brings steps that nobody knows ahead (None: `expander` makes them), `hooks`
        makes the venue misbehave, `wall_ns` tells the UTC ns that it shows (None: the market's).
        """
        self._market, self._expander = market, expander
        self._store, self._ids = store, ids
        stopped = store.meta(MARKET_TIME)
        self._clock = PlayedClock(Nanos(int(stopped)) if stopped else start_ns, wall_ns)
        self._event_queue, self._quirks = EventQueue(), quirks or VenueQuirks()
        self.hooks = hooks or FaultHooks()
        self._catalogue = catalogue = Catalogue(market.products)
        self._books = {name: VenueBook() for name in catalogue.played}
        self._all_books = catalogue.with_aliases(self._books)
        self._ledger = VenueAccounts(store.balances())
        self._conversions = VenueConversions(self._ledger, store, self._clock, ids)
        self._tape = Tape(tuple(catalogue.played))
        self._history = MarketPast(market, self._tape, self._clock)
        self._user_id, self._portfolio = ids.uuid("user", 0), ids.uuid("portfolio", "default")
        self._states = States(market, self._clock, catalogue, self._quirks)
        self._hub = self._make_hub()
        self._hub.level2_interval_ns = level2_interval_ns
        self._matching = self._make_matching(fees)
        if not stopped:
            self._open(opening)
        self._resume(start_ns)
        self._timeline = timeline or Timeline(market, expander, self._clock.now_ns)
        self._router = self._make_router()
        self._saved_ns: int = self._clock.now_ns

    @property
    def now_ns(self) -> Nanos:
        """The market time that has been played up to."""
        return self._clock.now_ns

    @property
    def level2_interval_ns(self) -> int:
        """Least market time between two level2 frames of a product; 0 sends every change."""
        return self._hub.level2_interval_ns

    @level2_interval_ns.setter
    def level2_interval_ns(self, interval_ns: int) -> None:
        self._hub.level2_interval_ns = interval_ns

    @property
    def ended(self) -> bool:
        """Tell whether the market is over; requests are still answered."""
        end_ns = self._market.end_ns
        return end_ns is not None and self.now_ns >= end_ns

    def next_due_ns(self) -> Nanos:
        """Return when something happens next: a step, an expiry, a batch or a heartbeat.

        `event_queue.NEVER` when the market is over and nobody listens.
        """
        market_ns = min(self._timeline.next_ns(), self._event_queue.next_ns())
        return min(market_ns, self.hooks.next_ns())

    def advance(self, now_ns: Nanos) -> None:
        """Play everything due up to `now_ns` in time order; an earlier instant does nothing.

        What it changed is durable when it returns, and only then are its frames taken.
        """
        clock = self._clock
        while (due_ns := self.next_due_ns()) <= now_ns:
            clock.now_ns = max(clock.now_ns, due_ns)
            self._play(due_ns)
        clock.now_ns = max(clock.now_ns, now_ns)
        time_too = clock.now_ns - self._saved_ns >= SECOND
        self._matching.commit(time_too=time_too)
        if time_too:
            self._saved_ns = clock.now_ns

    def handle(self, request: Request) -> Response:
        """Answer a request that is already authorised; what it changed is durable then."""
        response = self._router.answer(request)
        self._matching.commit(also=self._conversions.drain())
        return response

    def passage(self, request: Request) -> Passage:
        """Return what happens to a request on its way; the caller sees to it."""
        return self.hooks.requests.passage(request)

    def world_events(self) -> WorldEvents:
        """Return what the world may do to this venue outside its protocol."""
        return WorldEvents(
            catalogue=self._catalogue,
            books=self._books,
            matching=self._matching,
            ledger=self._ledger,
            states=self._states,
            tape=self._tape,
            hub=self._hub,
        )

    def connect(self, verify: Verify | None = None) -> Connection:
        """Return a new stream; `verify` checks the JWTs of its messages, None trusts them all."""
        return self._hub.connect(verify)

    def books(self) -> dict[str, Any]:
        """Return the venue's own accounts, orders and fills, newest first."""
        orders = self._store.find_orders(OrderQuery(limit=_ALL))
        fills = self._store.find_fills(FillQuery(limit=_ALL))
        user_id, portfolio = self._user_id, self._portfolio
        return {
            "market_time_ns": self.now_ns,
            "accounts": [
                {"owner": owner, "currency": currency, "total": plain(total)}
                for (owner, currency), total in self._ledger.totals().items()
            ],
            "holds": {name: plain(self._ledger.held(name)) for name in self._ledger.currencies()},
            "orders": [order_form(order, user_id, portfolio) for order in orders],
            "conversions": [each.members() for each in self._conversions.all()],
            "fills": [fill_form(fill, user_id, portfolio) for fill in fills],
        }

    def _play(self, due_ns: Nanos) -> None:
        self.hooks.play(due_ns)
        while (date := self._event_queue.pop(due_ns, Due.QUEUED)) is not None:
            self._matching.due(date[1])
        if due_ns >= self._timeline.next_ns():
            steps = self._timeline.steps_at(due_ns)
            if due_ns % MINUTE == 0:
                self._close_uncovered(due_ns)
            for step in steps:
                self._play_step(step)
        while (date := self._event_queue.pop(due_ns, Due.HEARTBEAT)) is not None:
            self._hub.due(*date)

    def _play_step(self, planned: Step) -> None:
        step = self.hooks.market.step(planned)
        if step is None:
            return
        book = self._books[step.product]
        if step.trades:
            self._tape.add(step)
            self._hub.trades_printed(step)
            if self._matching.watches(step.product):
                self._matching.print_trades(step.product, step.trades)
        book.replace(step.bids, step.asks)
        self._matching.work_reached()
        self._hub.book_changed(step.product)
        if step.trades:
            self._hub.ticked(step.product)

    def _close_uncovered(self, minute_ns: Nanos) -> None:
        for product, book in self._books.items():
            if not self._market.covers(product, minute_ns):
                book.replace((), ())
                self._hub.book_changed(product)

    def _open(self, opening: Mapping[str, Decimal]) -> None:
        for currency, amount in sorted(opening.items()):
            self._ledger.deposit(currency, amount)
        self._store.save(Batch(meta={OPENED: str(self._clock.now_ns)}))
        self._matching.commit(time_too=True)

    def _resume(self, start_ns: Nanos) -> None:
        self._matching.restore()
        catch_up(self._market, self._expander, self._matching, self._clock, start_ns)
        replaced = show_present(
            self._market, self._expander, self._books, self._tape, self._clock.now_ns
        )
        take_again(self._store, self._books, replaced, self._catalogue.canonical)
        self._matching.commit(time_too=True)

    def _make_hub(self) -> Hub:
        return Hub(
            books=self._books,
            tape=self._tape,
            event_queue=self._event_queue,
            clock=self._clock,
            user_id=self._user_id,
            portfolio=self._portfolio,
            catalogue=self._catalogue,
            summaries=Summaries(
                products=self._catalogue.played,
                books=self._books,
                history=self._history,
                clock=self._clock,
                flags=self._states.flags,
            ),
            quirks=self._quirks,
            hooks=self.hooks,
        )

    def _make_matching(self, fees: FeeRates) -> MatchingEngine:
        matching = MatchingEngine(
            catalogue=self._catalogue,
            books=self._all_books,
            ledger=self._ledger,
            store=self._store,
            event_queue=self._event_queue,
            clock=self._clock,
            planner=Planner(
                catalogue=self._catalogue,
                books=self._all_books,
                ledger=self._ledger,
                clock=self._clock,
                fees=fees,
                flags=self._states.flags,
                last_price=self._history.last_price,
            ),
            ids=self._ids,
            audience=self._hub,
            quirks=self._quirks,
            hooks=self.hooks,
        )
        self._hub.list_orders_by(matching.live)
        return matching

    def _make_router(self) -> Router:
        opened = self._store.meta(OPENED)
        if opened is None:
            raise InvariantBroken("the venue's store has a market time but no opening")
        tradable = self._catalogue.tradable.values()
        names = {product.base for product in tradable} | {product.quote for product in tradable}
        account = AccountResource(
            ledger=self._ledger,
            matching=self._matching,
            store=self._store,
            clock=self._clock,
            ids=self._ids,
            currencies=tuple(sorted(names | set(self._ledger.currencies()))),
            opened_ns=int(opened),
        )
        market = MarketResource(
            catalogue=self._catalogue,
            states=self._states,
            books=self._books,
            tape=self._tape,
            history=self._history,
            clock=self._clock,
            hooks=self.hooks,
        )
        portfolios = PortfoliosResource(
            account=account,
            ledger=self._ledger,
            catalogue=self._catalogue,
            history=self._history,
            ids=self._ids,
        )
        conversions = ConversionsResource(conversions=self._conversions, ids=self._ids)
        return Router(market, account, portfolios, *self._make_order_resources(), conversions)

    def _make_order_resources(self) -> tuple[OrdersResource, PreviewsResource]:
        orders = OrdersResource(
            matching=self._matching,
            store=self._store,
            catalogue=self._catalogue,
            clock=self._clock,
            quirks=self._quirks,
            hooks=self.hooks,
            user_id=self._user_id,
            portfolio=self._portfolio,
        )
        previews = PreviewsResource(
            matching=self._matching, catalogue=self._catalogue, books=self._all_books, ids=self._ids
        )
        return orders, previews
