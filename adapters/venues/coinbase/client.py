"""The venue as the actors see it: every question of the port in the words of Coinbase."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from attrs import frozen

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import Clock, LastGate, Post
from adapters.venues.coinbase import answers, codec
from adapters.venues.coinbase.bodies import cancel_body, order_body
from adapters.venues.coinbase.outcomes import outcome_of
from adapters.venues.coinbase.paginator import Draw, Page, Paginator, RetryingReader
from adapters.venues.coinbase.session import SILENCE_NS, Decode
from adapters.venues.coinbase.streams import Stream, market_subscriptions, user_subscriptions
from adapters.venues.coinbase.wire import PREFIX
from adapters.venues.transport.interface import (
    Answer,
    NoAnswer,
    Query,
    RequestLane,
    StreamKind,
    Transport,
)
from domain.messages.orders import PlaceRequest
from domain.messages.venue import (
    AccountsListed,
    CancelAnswered,
    CancelResult,
    CandlesListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    PlaceAnswered,
    ProductsListed,
    QuotesListed,
)
from domain.model.approval import Purpose
from domain.model.errors import ProtocolBroken
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos, iso
from domain.model.market import Bar
from domain.model.orders import FillSeen, OrderSeen
from domain.model.portfolio import AccountBalance
from domain.model.product import Product, ProductId

T = TypeVar("T")

PLACE_DEADLINE_NS = CANCEL_DEADLINE_NS = 10 * SECOND
CANCELS_PER_CALL = 100
CANDLES_PER_CALL = 300
"""The venue's limit is 350, by some accounts less."""
IDS_PER_CALL = 50
PAGE = 250

# In this order, an order on its way through its life is seen by at least one of the calls.
_LIVE = (("PENDING", "QUEUED"), ("OPEN",), ("CANCEL_QUEUED", "EDIT_QUEUED"))
_GRANULARITIES = {
    MINUTE: "ONE_MINUTE",
    5 * MINUTE: "FIVE_MINUTE",
    15 * MINUTE: "FIFTEEN_MINUTE",
    30 * MINUTE: "THIRTY_MINUTE",
    HOUR: "ONE_HOUR",
    2 * HOUR: "TWO_HOUR",
    6 * HOUR: "SIX_HOUR",
    24 * HOUR: "ONE_DAY",
}


@frozen(kw_only=True)
class VenueTraits:
    """What differs between venues. `token_life_ns` is how long a signed request stays valid.

    A candle counts as closed once `candle_grace_ns` of market time have passed after its end.
    """

    token_life_ns: int
    candle_grace_ns: int = 0


EMBEDDED = VenueTraits(token_life_ns=10 * SECOND)
COINBASE = VenueTraits(token_life_ns=120 * SECOND, candle_grace_ns=2 * SECOND)
REQUEST_GRACE_NS = 10 * SECOND


class CoinbaseVenue:
    """Implements `Venue`. Answers are posted from whichever thread the transport answers on.

    `last_gate` is asked directly before an order leaves; `stream_token` signs stream messages, None
    where the other end trusts us; `draw` is uniform over [0, 1) and spreads retries.
    """

    def __init__(
        self,
        transport: Transport,
        post: Post,
        clock: Clock,
        last_gate: LastGate,
        *,
        traits: VenueTraits,
        draw: Draw,
        stream_token: Callable[[], str] | None = None,
    ) -> None:
        self._transport = transport
        self._post = post
        self._clock = clock
        self._last_gate = last_gate
        self._traits = traits
        self._reader = RetryingReader(transport, draw)
        self._stream_token = stream_token

        def stream(kind: StreamKind, decode: Decode, silence_ns: int | None) -> Stream:
            now_ns = clock.machine_ns
            return Stream(kind, transport, post, now_ns, decode, draw, silence_ns=silence_ns)

        self._market = stream(StreamKind.MARKET, codec.decode_market, SILENCE_NS)
        self._user = stream(StreamKind.USER, codec.decode_user, None)

    @property
    def request_lifetime_ns(self) -> Nanos:
        """Machine time after which a request that was sent can no longer create an order (H)."""
        return Nanos(self._traits.token_life_ns + REQUEST_GRACE_NS)

    def close(self) -> None:
        """End streams and lanes; what waits is answered as not sent."""
        self._market.close()
        self._user.close()
        self._transport.close()

    # Orders.

    def place(self, request: PlaceRequest, reply_to: ReplyTo) -> None:
        """Send an order → `PlaceAnswered`; it leaves at most once."""
        intent = request.intent

        def done(answer: Answer | NoAnswer) -> None:
            outcome = outcome_of(intent, answer)
            answered = PlaceAnswered(intent.client_order_id, outcome, answer.ended_ns)
            self._post(reply_to, answered)

        is_exit = intent.order.purpose is Purpose.EXIT
        self._transport.request(
            RequestLane.EXIT if is_exit else RequestLane.ENTRY,
            "POST",
            f"{PREFIX}/orders",
            (),
            order_body(intent),
            PLACE_DEADLINE_NS,
            done,
            lambda: self._last_gate(request),
        )

    def cancel(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        """Ask to cancel → `CancelAnswered`, after the last of its calls."""
        ids = tuple(dict.fromkeys(each for each in order_ids if each))  # an empty id hangs a call
        parts = [ids[at : at + CANCELS_PER_CALL] for at in range(0, len(ids), CANCELS_PER_CALL)]
        results: list[CancelResult] = []
        failures: list[str] = []

        def send(index: int) -> None:
            if index == len(parts):
                failure = "; ".join(dict.fromkeys(failures)) or None
                self._post(reply_to, CancelAnswered(token, tuple(results), failure))
                return
            self._transport.request(
                RequestLane.CANCEL,
                "POST",
                f"{PREFIX}/orders/batch_cancel",
                (),
                cancel_body(parts[index]),
                CANCEL_DEADLINE_NS,
                lambda answer: done(index, answer),
            )

        def done(index: int, answer: Answer | NoAnswer) -> None:
            found = _cancelled(answer)
            if isinstance(found, str):
                failures.append(found)
            else:
                results.extend(found)
            send(index + 1)

        send(0)

    def list_orders(
        self, *, since_ns: Nanos | None, is_live_only: bool, token: int, reply_to: ReplyTo
    ) -> None:
        """List orders → `OrdersListed`, the newest first."""
        window: Query = (("product_type", "SPOT"), ("limit", str(PAGE)))
        if since_ns is not None:
            window += (("start_date", iso(since_ns)),)
        states = [tuple(("order_status", each) for each in names) for names in _LIVE]
        queries = [window + each for each in states] if is_live_only else [window]
        self._list_orders(queries, None if is_live_only else since_ns, token, reply_to)

    def find_orders(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        """Ask for orders by id → `OrdersListed`."""
        named = tuple(("order_ids", each) for each in order_ids)
        queries = [named[at : at + IDS_PER_CALL] for at in range(0, len(named), IDS_PER_CALL)]
        self._list_orders(queries, None, token, reply_to)

    def _list_orders(
        self, queries: Sequence[Query], since_ns: Nanos | None, token: int, reply_to: ReplyTo
    ) -> None:
        begun_ns = self._clock.machine_ns()

        def done(found: list[OrderSeen], failure: str | None) -> None:
            seen = tuple({order.order_id: order for order in found}.values())
            read = seen, failure is None, begun_ns, failure, since_ns
            self._post(reply_to, OrdersListed(token, *read))

        self._list(RequestLane.QUERY, "/orders/historical/batch", queries, _orders_page, done)

    def list_fills(
        self, *, since_ns: Nanos | None, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo
    ) -> None:
        """List fills → `FillsListed`, the oldest first."""
        window: Query = (("limit", str(PAGE)),)
        if since_ns is not None:
            window += (("start_sequence_timestamp", iso(since_ns)),)
        parts = [order_ids[at : at + IDS_PER_CALL] for at in range(0, len(order_ids), IDS_PER_CALL)]
        queries = [window + tuple(("order_ids", each) for each in ids) for ids in parts or [()]]

        def done(fills: list[FillSeen], failure: str | None) -> None:
            oldest_first = {fill.entry_id: fill for fill in reversed(fills)}.values()
            ordered = tuple(sorted(oldest_first, key=lambda fill: fill.at_ns))
            self._post(reply_to, FillsListed(token, ordered, failure is None, failure))

        self._list(RequestLane.QUERY, "/orders/historical/fills", queries, _fills_page, done)

    # Account.

    def list_accounts(self, token: int, reply_to: ReplyTo) -> None:
        """Read all balances → `AccountsListed`."""

        def done(balances: list[AccountBalance], failure: str | None) -> None:
            accounts = answers.merged(balances)
            self._post(reply_to, AccountsListed(token, accounts, failure is None, failure))

        query = (("limit", str(PAGE)),)
        self._list(RequestLane.QUERY, "/accounts", [query], _accounts_page, done)

    def read_fees(self, token: int, reply_to: ReplyTo) -> None:
        """Read the account's fee rates → `FeesRead`."""

        def read(body: bytes) -> None:
            maker, taker = answers.fees(body)
            self._post(reply_to, FeesRead(token, maker, taker, None))

        def fail(reason: str) -> None:
            self._post(reply_to, FeesRead(token, None, None, reason))

        query = (("product_type", "SPOT"),)
        self._reader.get(RequestLane.QUERY, "/transaction_summary", query, read, fail)

    def read_permissions(self, token: int, reply_to: ReplyTo) -> None:
        """Read what the key may do → `PermissionsRead`."""

        def read(body: bytes) -> None:
            may = answers.read_permissions(body)
            rights = (may.can_view, may.can_trade, may.can_transfer, may.portfolio_uuid)
            self._post(reply_to, PermissionsRead(token, *rights, None))

        def fail(reason: str) -> None:
            nothing = (False, False, False, "")
            self._post(reply_to, PermissionsRead(token, *nothing, reason))

        self._reader.get(RequestLane.QUERY, "/key_permissions", (), read, fail)

    # Market.

    def list_products(self, token: int, reply_to: ReplyTo) -> None:
        """Read the catalogue → `ProductsListed`."""

        def done(products: list[Product], failure: str | None) -> None:
            self._post(reply_to, ProductsListed(token, tuple(products), failure is None, failure))

        query = (("product_type", "SPOT"), ("get_tradability_status", "true"))
        self._list(RequestLane.QUERY, "/products", [query], _products_page, done)

    def list_candles(
        self,
        product: ProductId,
        width_ns: Nanos,
        start_ns: Nanos,
        end_ns: Nanos,
        token: int,
        reply_to: ReplyTo,
    ) -> None:
        """Read closed candles → `CandlesListed`, the oldest first."""
        name = _GRANULARITIES[width_ns]
        queries = [
            (("start", str(first)), ("end", str(last)), ("granularity", name))
            for first, last in _spans(width_ns, start_ns, end_ns)
        ]

        def done(bars: list[Bar], failure: str | None) -> None:
            closed_ns = self._clock.market_ns() - self._traits.candle_grace_ns
            by_start = {
                bar.start_ns: bar
                for bar in bars
                if start_ns <= bar.start_ns < end_ns and bar.start_ns + width_ns <= closed_ns
            }
            ordered = tuple(by_start[at_ns] for at_ns in sorted(by_start))
            answer = CandlesListed(token, product, width_ns, ordered, failure is None, failure)
            self._post(reply_to, answer)

        def page(body: bytes) -> Page[Bar]:
            return Page([answers.bar(product, form) for form in answers.read_candles(body).candles])

        self._list(RequestLane.PUBLIC, f"/market/products/{product}/candles", queries, page, done)

    def list_quotes(self, products: tuple[ProductId, ...], token: int, reply_to: ReplyTo) -> None:
        """Read best bid and ask → `QuotesListed`."""

        def read(body: bytes) -> None:
            self._post(reply_to, QuotesListed(token, answers.quotes(body), None))

        def fail(reason: str) -> None:
            self._post(reply_to, QuotesListed(token, (), reason))

        query = tuple(("product_ids", product) for product in products)
        self._reader.get(RequestLane.QUERY, "/best_bid_ask", query, read, fail)

    # Streams.

    def open_market_stream(self, products: tuple[ProductId, ...], reply_to: ReplyTo) -> None:
        """Connect and subscribe → `StreamOpened`, `MarketFrame`s, `StreamClosed`."""
        self._market.open(reply_to, lambda: market_subscriptions(products))

    def restart_market_stream(self, reason: str) -> None:
        """Drop the market connection and connect anew."""
        self._market.restart(reason)

    def open_user_stream(self, reply_to: ReplyTo) -> None:
        """Connect the user channel → `StreamOpened`, `UserFrame`s, `StreamClosed`."""
        self._user.open(reply_to, lambda: user_subscriptions(self._stream_token))

    def restart_user_stream(self, reason: str) -> None:
        """Drop the user connection and connect anew."""
        self._user.restart(reason)

    def _list(
        self,
        lane: RequestLane,
        path: str,
        queries: Sequence[Query],
        read: Callable[[bytes], Page[T]],
        done: Callable[[list[T], str | None], None],
    ) -> None:
        machine_ns = self._clock.machine_ns
        Paginator(self._reader, machine_ns, lane, path, queries, read, done).start()


def _cancelled(answer: Answer | NoAnswer) -> tuple[CancelResult, ...] | str:
    if isinstance(answer, NoAnswer):
        return answer.reason
    if answer.status != 200:
        return answers.complaint(answer.status, answer.body)
    try:
        return answers.cancel_results(answer.body)
    except ProtocolBroken as error:
        return str(error)


def _spans(width_ns: int, start_ns: int, end_ns: int) -> list[tuple[int, int]]:
    """Return first and last bucket (seconds, inclusive) of each call; newest span last."""
    first_ns = -(-start_ns // width_ns) * width_ns
    last_ns = (end_ns - 1) // width_ns * width_ns
    step_ns = CANDLES_PER_CALL * width_ns
    return [
        (at_ns // SECOND, min(at_ns + step_ns - width_ns, last_ns) // SECOND)
        for at_ns in range(first_ns, last_ns + 1, step_ns)
    ]


def _orders_page(body: bytes) -> Page[OrderSeen]:
    page = answers.read_orders(body)
    orders = [answers.order(form) for form in page.orders]
    return Page(orders, answers.next_cursor(page.has_next, page.cursor))


def _fills_page(body: bytes) -> Page[FillSeen]:
    page = answers.read_fills(body)
    return Page([answers.fill(form) for form in page.fills], page.cursor)


def _accounts_page(body: bytes) -> Page[AccountBalance]:
    page = answers.read_accounts(body)
    balances = (answers.balance(form) for form in page.accounts)
    tradable = [balance for balance in balances if balance is not None]
    return Page(tradable, answers.next_cursor(page.has_next, page.cursor))


def _products_page(body: bytes) -> Page[Product]:
    answer = answers.read_products(body)
    products = (answers.product(form) for form in answer.products)
    pages = answer.pagination
    cursor = "" if pages is None else answers.next_cursor(pages.has_next, pages.next_cursor or "")
    return Page([product for product in products if product is not None], cursor)
