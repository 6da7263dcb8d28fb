"""From the stored world to the running one: what happened since the store's last instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.book import VenueBook
from adapters.simulator.engine.event_queue import NEVER, PlayedClock
from adapters.simulator.engine.matching_engine import MatchingEngine
from adapters.simulator.engine.orders import Liquidity, VenueOrder
from adapters.simulator.engine.store import FillQuery, Store
from adapters.simulator.engine.tape import Tape, expand
from adapters.simulator.market_data.source import Expander, PlayedMarket
from domain.model.instants import MINUTE, Nanos, bucket_start
from domain.model.market import Bar, Level
from domain.model.money import ZERO, Price, Quantity
from domain.model.product import ProductId, Side

_ALL = 1_000_000


def show_present(
    market: PlayedMarket,
    expander: Expander,
    books: Mapping[ProductId, VenueBook],
    tape: Tape,
    now_ns: Nanos,
) -> dict[ProductId, Nanos]:
    """Give the books of played products, and the tape, what two minutes have shown up to now.

    Returns when each product's book was last replaced.
    """
    minute = bucket_start(now_ns, MINUTE)
    replaced: dict[ProductId, Nanos] = {}
    for start in (Nanos(minute - MINUTE), minute):
        for step in expand(expander, tuple(books), start):
            if step.at_ns <= now_ns:
                if step.trades:
                    tape.add(step)
                books[step.product].replace(step.bids, step.asks)
                replaced[step.product] = step.at_ns
    for product, book in books.items():
        if not market.covers(product, minute):
            book.replace((), ())
    return replaced


def take_again(
    store: Store,
    books: Mapping[ProductId, VenueBook],
    replaced: Mapping[ProductId, Nanos],
    canonical: Callable[[ProductId], ProductId],
) -> None:
    """Remove from the books what our orders took since the books were last replaced."""
    if not replaced:
        return
    for fill in store.find_fills(FillQuery(from_ns=min(replaced.values()), limit=_ALL)):
        product = canonical(fill.product)
        since = replaced.get(product)
        if fill.liquidity is Liquidity.TAKER and since is not None and fill.at_ns >= since:
            level = Level(Price(fill.price), Quantity(fill.quantity))
            books[product].take(fill.side, [level])


def catch_up(
    market: PlayedMarket,
    expander: Expander,
    matching: MatchingEngine,
    clock: PlayedClock,
    until_ns: Nanos,
) -> None:
    """Play to the open orders what the market did while the venue was off.

    The minutes at both ends are played step by step, whole minutes between by their candles:
    an order that the low (high) went strictly through fills at its price, together with all
    others of its product at most the minute's volume. One that expires within a minute gets
    nothing of it. A stop that the minute reached makes a limit order that rests from its end on.
    """
    while clock.now_ns < until_ns and matching.live():
        minute = bucket_start(clock.now_ns, MINUTE)
        end = Nanos(min(minute + MINUTE, until_ns))
        if clock.now_ns == minute and end == minute + MINUTE:
            _play_candles(market, matching, minute, clock)
        else:
            _play_steps(expander, matching, clock, minute, end)
        _expire(matching, clock, end)
        clock.now_ns = end
    clock.now_ns = max(clock.now_ns, until_ns)


def _play_steps(
    expander: Expander, matching: MatchingEngine, clock: PlayedClock, minute: Nanos, end: Nanos
) -> None:
    products = matching.wanted_products()
    begin = clock.now_ns
    for step in expand(expander, products, minute):
        if begin < step.at_ns <= end:
            _expire(matching, clock, step.at_ns)
            clock.now_ns = step.at_ns
            matching.print_trades(step.product, step.trades)
            matching.work_reached()


def _play_candles(
    market: PlayedMarket, matching: MatchingEngine, minute: Nanos, clock: PlayedClock
) -> None:
    end = Nanos(minute + MINUTE)
    _expire(matching, clock, end - 1)
    clock.now_ns = end
    for product in matching.wanted_products():
        bar = market.candle(product, minute)
        if bar is not None:
            reached = matching.reach(product, bar.low, bar.high, minute)
            _fill_through(
                matching, [order for order in matching.on(product) if order not in reached], bar
            )
            matching.work_reached()


def _fill_through(matching: MatchingEngine, orders: list[VenueOrder], bar: Bar) -> None:
    left: Decimal = bar.volume
    for order in sorted((order for order in orders if order.in_book), key=_rank):
        limit = order.limit_price or ZERO
        through = bar.low < limit if order.side is Side.BUY else bar.high > limit
        quantity = min(left, order.leaves)
        if through and quantity > 0:
            left = EXACT.subtract(left, quantity)
            matching.fill_resting(order, quantity)


def _rank(order: VenueOrder) -> tuple[bool, Decimal, tuple[int, int]]:
    price = order.limit_price or ZERO
    buys = order.side is Side.BUY
    return (buys, -price if buys else price, order.priority)


def _expire(matching: MatchingEngine, clock: PlayedClock, until_ns: int) -> None:
    for order in sorted(matching.live(), key=_end):
        if _end(order) <= until_ns:
            clock.now_ns = Nanos(max(clock.now_ns, _end(order)))
            matching.due(order.order_id)


def _end(order: VenueOrder) -> int:
    return min(order.end_ns or NEVER, order.queued_until_ns or NEVER)
