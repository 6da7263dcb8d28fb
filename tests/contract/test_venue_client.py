"""What the port `Venue` promises, with an engine in this process and with a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID

import pytest
from attrs import evolve

from actors.kernel.ports import Leaving
from adapters.clocks.market import MarketClock
from adapters.clocks.system import SystemClock
from adapters.venues.coinbase.auth import load_key_file
from adapters.venues.coinbase.connect import Inside, Wires, connect, connect_in_process
from adapters.venues.coinbase.gateway import CoinbaseGateway
from app.run.virtual_ports import errand
from domain.messages.market import (
    BookSnapshotSeen,
    HeartbeatSeen,
    MarketFrame,
    StreamClosed,
    StreamOpened,
    SubscriptionsSeen,
)
from domain.messages.venue import (
    AccountsListed,
    CancelAnswered,
    CandlesListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    PlaceAnswered,
    ProductsListed,
    QuotesListed,
    UserFrame,
)
from domain.model.approval import Market
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos
from domain.model.market import Quote
from domain.model.money import Quantity, fee, notional
from domain.model.orders import (
    Accepted,
    FillSeen,
    IdKnown,
    NotSent,
    OrderIntent,
    OrderSeen,
    PlaceOutcome,
    Rejected,
    VenueStatus,
)
from domain.model.product import Product, ProductId, Side
from domain.orders.identity import client_order_id
from tests.builders.capability import a_right
from tests.builders.coinbase import a_request
from tests.builders.messages import TAKER, a_limit, approved, approved_sale
from tests.builders.simulator import Client
from tests.builders.simulator_process import venue_process
from tests.builders.steps import START, step
from tests.fakes.clocks import VirtualTime
from tests.fakes.inbox import ME, Inbox
from tests.fakes.log import KeptLog
from tests.fakes.markets import Script

T = TypeVar("T")


class Reply(Protocol):
    """What every answer to a question has."""

    @property
    def token(self) -> int:
        """Which question it answers."""

    @property
    def failure(self) -> str | None:
        """Why there is no answer."""


R = TypeVar("R", bound=Reply)
BTC = ProductId("BTC-USD")
LINEAGES = iter(f"{number:032x}" for number in range(1, 1000))


class Gate:
    """The last gate, open unless a test shuts it."""

    reason: str | None = None

    def __call__(self, request: Leaving) -> str | None:
        return self.reason


class Stand:
    """A client and a way to wait for what it posts."""

    def __init__(
        self,
        venue: CoinbaseGateway,
        inbox: Inbox,
        gate: Gate,
        now_ns: Callable[[], Nanos],
        run: Callable[[Callable[[], object]], None],
    ) -> None:
        self.venue = venue
        self.inbox = inbox
        self.gate = gate
        self.now_ns = now_ns
        self._run = run
        self._token = 0
        self._lineage = next(LINEAGES)
        self._number = 0

    def wait(self, kind: type[T], condition: Callable[[T], object] = lambda _: True) -> T:
        """Return the first message of a kind for which the condition holds."""
        self._run(lambda: any(condition(each) for each in self.inbox.of(kind)))
        return self.inbox.wait(kind, condition)

    def ask(self, kind: type[R], call: Callable[..., None], *arguments: Any, **named: Any) -> R:
        """Return the answer to a question; it must not be a failure."""
        self._token += 1
        token = self._token
        if named:
            call(*arguments, **named, token=token, reply_to=ME)
        else:
            call(*arguments, token, ME)
        answer = self.wait(kind, lambda each: each.token == token)
        assert answer.failure is None
        assert getattr(answer, "is_complete", True)
        return answer

    def product(self) -> Product:
        listed = self.ask(ProductsListed, self.venue.list_products)
        return next(product for product in listed.products if product.id == BTC)

    def quote(self) -> Quote:
        (quote,) = self.ask(QuotesListed, self.venue.list_quotes, (BTC,)).quotes
        return quote

    def orders(self, *, is_live_only: bool) -> dict[str, OrderSeen]:
        since_ns = None if is_live_only else Nanos(self.now_ns() - HOUR)
        listed = self.ask(
            OrdersListed, self.venue.list_orders, since_ns=since_ns, is_live_only=is_live_only
        )
        return {seen.order_id: seen for seen in listed.orders}

    def fills(self, order_id: str) -> tuple[FillSeen, ...]:
        return self.ask(
            FillsListed, self.venue.list_fills, since_ns=None, order_ids=(order_id,)
        ).fills

    def balances(self) -> dict[str, Decimal]:
        accounts = self.ask(AccountsListed, self.venue.list_accounts).accounts
        return {account.currency: account.total for account in accounts}

    def intent(self, **changes: Any) -> OrderIntent:
        self._number += 1
        name = client_order_id(self._lineage, self._number)
        return OrderIntent(self._number, name, approved(product=BTC, **changes), None)

    def place(self, intent: OrderIntent) -> PlaceOutcome:
        before = len(self.inbox.of(PlaceAnswered))
        self.venue.place(a_request(intent), ME)
        self._run(lambda: len(self.inbox.of(PlaceAnswered)) > before)
        answer = self.inbox.wait(PlaceAnswered, count=before + 1)
        assert answer.client_order_id == intent.client_order_id
        return answer.outcome

    def resting(self, price: Decimal | None = None) -> OrderIntent:
        """Return a post-only bid, far below the market if no price is given."""
        product, quote = self.product(), self.quote()
        limit = product.price_down(price or quote.bid / 2)
        quantity = product.quantity_up(Decimal(20) / limit)
        return evolve(
            self.intent(order_type=a_limit(limit), quantity=quantity),
            end_ns=Nanos(self.now_ns() + HOUR),
        )

    def market(self, side: Side, quantity: Quantity) -> OrderIntent:
        intent = self.intent()
        if side is Side.BUY:
            bought = evolve(intent.order, quantity=quantity, order_type=Market())
            return evolve(intent, order=bought)
        return evolve(intent, order=approved_sale("lot", str(quantity), product=BTC))

    def seen(self, client_id: str, status: VenueStatus) -> OrderSeen:
        """Wait until the user stream shows an order in a state."""

        def shows(frame: UserFrame) -> OrderSeen | None:
            found = [
                order
                for order in frame.orders
                if (order.client_order_id, order.status) == (client_id, status)
            ]
            return found[0] if found else None

        order = shows(self.wait(UserFrame, shows))
        assert order is not None
        return order


@contextmanager
def in_process() -> Iterator[Stand]:
    steps = [step(second, ("100.00", "0.5")) for second in range(1, 600, 5)]
    engine = Client(Script(*steps, minutes=120)).engine
    time, inbox, gate = VirtualTime(START + 3 * MINUTE), Inbox(), Gate()

    inside = Inside(
        engine=engine,
        ask=lambda *asked: errand(engine, *asked),
        open_connection=engine.connect,
        after=time.after,
        clock=time,
        post=inbox.post,
        draw=lambda: 0.5,
    )
    venue = connect_in_process(inside, gate, a_right())
    yield Stand(venue, inbox, gate, time.market_ns, lambda until: time.run(until, 60 * SECOND))
    venue.close()
    time.run(limit_ns=SECOND)


@contextmanager
def own_process(folder: Path) -> Iterator[Stand]:
    with venue_process(folder) as running:
        session, inbox, gate = running.session, Inbox(), Gate()
        clock = SystemClock(MarketClock(session.clock))
        wires = Wires(
            rest=session.rest_tls,
            stream=session.ws,
            ca=session.ca,
            key=load_key_file(session.key_file),
            clock=clock,
            post=inbox.post,
            log=KeptLog(),
        )
        venue = connect(wires, gate, a_right(session.rest_tls))
        yield Stand(venue, inbox, gate, clock.market_ns, lambda _: None)
        venue.close()


@pytest.fixture(scope="module", params=["engine", "process"])
def stand(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Stand]:
    if request.param == "engine":
        with in_process() as made:
            yield made
    else:
        with own_process(tmp_path_factory.mktemp("venue")) as made:
            yield made


@pytest.fixture(autouse=True)
def afresh(stand: Stand) -> None:
    stand.inbox.messages.clear()
    stand.gate.reason = None


# Questions.


def test_the_catalogue_has_products_with_steps(stand: Stand) -> None:
    product = stand.product()
    assert (product.base, product.quote) == ("BTC", "USD")
    assert product.price_increment > 0
    assert product.flags.status == "online"


def test_quotes_are_of_now_and_not_crossed(stand: Stand) -> None:
    quote = stand.quote()
    assert 0 < quote.bid < quote.ask
    assert abs(stand.now_ns() - quote.at_ns) < 2 * SECOND


def test_rights_fees_and_balances(stand: Stand) -> None:
    rights = stand.ask(PermissionsRead, stand.venue.read_permissions)
    assert (rights.can_view, rights.can_trade, rights.can_transfer) == (True, True, False)
    assert rights.portfolio_uuid
    fees = stand.ask(FeesRead, stand.venue.read_fees)
    assert (fees.maker, fees.taker) == (Decimal("0.006"), Decimal("0.012"))
    assert stand.balances()["USD"] > 0


def test_candles_are_closed_and_in_order(stand: Stand) -> None:
    end_ns = Nanos(stand.now_ns() + HOUR)
    start_ns = Nanos(end_ns - 8 * HOUR)
    listed = stand.ask(
        CandlesListed, stand.venue.list_candles, BTC, Nanos(MINUTE), start_ns, end_ns
    )
    starts = [bar.start_ns for bar in listed.bars]
    assert starts == sorted(set(starts))
    assert len(starts) >= 2
    assert starts[-1] + MINUTE <= stand.now_ns()
    assert all(bar.low <= min(bar.open, bar.close) for bar in listed.bars)


# Orders.


@pytest.fixture
def user_stream(stand: Stand) -> int:
    """Open the user stream and return the connection's number."""
    stand.venue.open_user_stream(ME)
    opened = stand.wait(StreamOpened, lambda each: each.stream == "user")
    return opened.connection


@pytest.mark.req("X4")
def test_an_order_rests_is_seen_is_listed_and_is_cancelled(stand: Stand, user_stream: int) -> None:
    stand.wait(UserFrame, lambda frame: frame.is_snapshot)
    intent = stand.resting()
    outcome = stand.place(intent)
    assert isinstance(outcome, Accepted)
    seen = stand.seen(intent.client_order_id, VenueStatus.OPEN)
    assert (seen.order_id, seen.side) == (outcome.order_id, Side.BUY)
    assert seen.filled == 0
    assert stand.orders(is_live_only=True)[outcome.order_id].status is VenueStatus.OPEN
    listed = evolve(seen, quantity=intent.order.quantity)  # the stream does not show it
    assert stand.orders(is_live_only=False)[outcome.order_id] == listed
    found = stand.ask(OrdersListed, stand.venue.find_orders, (outcome.order_id,))
    assert found.orders == (listed,)
    unknown = str(UUID(int=7))
    assert stand.ask(OrdersListed, stand.venue.find_orders, (unknown,)).orders == ()
    answer = stand.ask(CancelAnswered, stand.venue.cancel, (outcome.order_id, "no-such-order"))
    results = {result.order_id: result for result in answer.results}
    assert results[outcome.order_id].success
    assert results["no-such-order"].reason == "UNKNOWN_CANCEL_ORDER"
    stand.seen(intent.client_order_id, VenueStatus.CANCELLED)
    assert outcome.order_id not in stand.orders(is_live_only=True)
    assert stand.orders(is_live_only=False)[outcome.order_id].status is VenueStatus.CANCELLED


@pytest.mark.req("X1")
def test_the_same_client_order_id_places_nothing_a_second_time(stand: Stand) -> None:
    intent = stand.resting()
    first, second = stand.place(intent), stand.place(intent)
    assert isinstance(first, Accepted)
    assert first == second
    stand.ask(CancelAnswered, stand.venue.cancel, (first.order_id,))


def test_the_same_id_for_another_order_is_not_taken_for_ours(stand: Stand) -> None:
    intent = stand.resting()
    accepted = stand.place(intent)
    assert isinstance(accepted, Accepted)
    asked = intent.order
    sale = approved_sale("lot", str(asked.quantity), product=BTC, order_type=asked.order_type)
    assert isinstance(stand.place(evolve(intent, order=sale)), IdKnown)
    stand.ask(CancelAnswered, stand.venue.cancel, (accepted.order_id,))


@pytest.mark.req("X2")
def test_a_fill_moves_exactly_its_value_and_fee(stand: Stand) -> None:
    product, quote = stand.product(), stand.quote()
    before = stand.balances()
    quantity = product.quantity_up(Decimal(50) / quote.ask)
    outcome = stand.place(stand.market(Side.BUY, quantity))
    assert isinstance(outcome, Accepted)
    assert stand.orders(is_live_only=False)[outcome.order_id].status is VenueStatus.FILLED
    fills = stand.fills(outcome.order_id)
    assert sum(fill.quantity for fill in fills) == quantity
    assert all(fill.fee == fee(notional(fill.price, fill.quantity), TAKER) for fill in fills)
    assert not any(fill.is_maker for fill in fills)
    spent = sum((notional(fill.price, fill.quantity) + fill.fee for fill in fills), Decimal(0))
    after = stand.balances()
    assert after["USD"] == before["USD"] - spent
    assert after["BTC"] == before["BTC"] + quantity
    assert set(fills) <= set(
        stand.ask(
            FillsListed,
            stand.venue.list_fills,
            since_ns=Nanos(stand.now_ns() - HOUR),
            order_ids=(),
        ).fills
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"order_type": a_limit(Decimal("0.0000001"))}, "INVALID_PRICE_PRECISION"),
        ({"quantity": Quantity(Decimal(1000))}, "INSUFFICIENT_FUND"),
        ({"product": ProductId("NO-USD")}, "INVALID_PRODUCT_ID"),
    ],
)
def test_what_the_venue_refuses_is_rejected_with_its_reason(
    stand: Stand, changes: dict[str, Any], reason: str
) -> None:
    intent = stand.resting()
    outcome = stand.place(evolve(intent, order=evolve(intent.order, **changes)))
    assert isinstance(outcome, Rejected), outcome
    assert reason in outcome.reason


def test_a_post_only_order_that_would_take_is_rejected(stand: Stand) -> None:
    outcome = stand.place(stand.resting(stand.quote().ask * Decimal("1.02")))
    assert isinstance(outcome, Rejected), outcome
    assert "INVALID_LIMIT_PRICE_POST_ONLY" in outcome.reason


@pytest.mark.req("K1")
def test_nothing_leaves_through_a_shut_gate(stand: Stand) -> None:
    intent = stand.resting()
    stand.gate.reason = "killed"
    assert stand.place(intent) == NotSent("killed", is_final=True)
    seen = stand.orders(is_live_only=False).values()
    assert intent.client_order_id not in {order.client_order_id for order in seen}


# Streams.


def test_the_market_stream_has_no_holes_and_can_be_restarted(stand: Stand) -> None:
    stand.venue.open_market_stream((BTC,), ME)
    opened = stand.wait(StreamOpened, lambda each: each.stream == "market")

    def frames(connection: int) -> list[MarketFrame]:
        return [each for each in stand.inbox.of(MarketFrame) if each.connection == connection]

    def is_frame_with(kind: type, connection: int, frame: MarketFrame) -> bool:
        has_kind = any(isinstance(event, kind) for event in frame.events)
        return frame.connection == connection and has_kind

    def check(connection: int) -> None:
        for kind in (BookSnapshotSeen, SubscriptionsSeen, HeartbeatSeen):
            stand.wait(
                MarketFrame,
                partial(is_frame_with, kind, connection),
            )
        got = [frame.sequence for frame in frames(connection)]
        assert got == list(range(len(got)))
        books = [
            event
            for frame in frames(connection)
            for event in frame.events
            if isinstance(event, BookSnapshotSeen)
        ]
        assert books[0].product == BTC
        assert max(level.price for level in books[0].bids) < min(
            level.price for level in books[0].asks
        )

    check(opened.connection)
    stand.venue.restart_market_stream("drill")
    closed = stand.wait(StreamClosed, lambda each: each.stream == "market")
    assert closed == StreamClosed("market", opened.connection, "drill")
    again = stand.wait(
        StreamOpened,
        lambda each: each.stream == "market" and each.connection > opened.connection,
    )
    check(again.connection)


def test_the_user_stream_begins_with_a_snapshot_of_what_rests(
    stand: Stand, user_stream: int
) -> None:
    intent = stand.resting()
    accepted = stand.place(intent)
    assert isinstance(accepted, Accepted)
    stand.inbox.messages.clear()
    stand.venue.restart_user_stream("drill")
    opened = stand.wait(StreamOpened, lambda each: each.connection > user_stream)
    snapshot = stand.wait(
        UserFrame, lambda frame: frame.connection == opened.connection and frame.is_snapshot
    )
    assert intent.client_order_id in {order.client_order_id for order in snapshot.orders}
    stand.ask(CancelAnswered, stand.venue.cancel, (accepted.order_id,))
