"""What can be read of the venue, in the words of Coinbase. There is no way to order in here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import Clock, Meter, Post
from adapters.venues.coinbase import answers, codec, pages
from adapters.venues.coinbase.aliases import (
    Aliases,
    Listing,
    Names,
    has_aliases,
    renamed,
    renamed_quotes,
)
from adapters.venues.coinbase.answers import Wallet
from adapters.venues.coinbase.bodies import preview_body
from adapters.venues.coinbase.conversions import TRADE, ConversionQuestion
from adapters.venues.coinbase.paginator import Draw, Page, Paginator, RetryingReader
from adapters.venues.coinbase.previews import PATH as PREVIEW
from adapters.venues.coinbase.previews import Previews
from adapters.venues.coinbase.session import SILENCE_NS, Decode, Frame
from adapters.venues.coinbase.streams import Stream, market_subscriptions, user_subscriptions
from adapters.venues.coinbase.traits import VenueTraits
from adapters.venues.transport.budgeted import BudgetedTransport
from adapters.venues.transport.interface import (
    Query,
    RequestLane,
    StreamKind,
    Transport,
)
from domain.messages.market import MarketFrame
from domain.messages.venue import (
    AccountsListed,
    CandlesListed,
    EntriesUnread,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
    QuotesListed,
)
from domain.model.approval import ApprovedOrder
from domain.model.conversion import Conversion
from domain.model.entries import Entries, EntryKind, Unread
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND, Nanos, iso
from domain.model.market import Bar
from domain.model.orders import FillSeen, OrderSeen
from domain.model.product import ProductId
from domain.system.rate_budget import BudgetUse
from domain.system.unread import UnreadTally

T = TypeVar("T")

IDS_PER_CALL = 50
PAGE = 250

# In this order, an order on its way through its life is seen by at least one of the calls.
_LIVE = (("PENDING", "QUEUED"), ("OPEN",), ("CANCEL_QUEUED", "EDIT_QUEUED"))


Tell = Callable[[EntriesUnread], None]
"""Called on any thread, must not block."""


def nobody(_: EntriesUnread) -> None:
    """Hear nothing."""


REQUEST_GRACE_NS = 10 * SECOND


class CoinbaseReader:
    """Implements `VenueReader`. Answers are posted from whichever thread the transport answers on.

    `stream_token` signs stream messages, None where the other end trusts us; `draw` is uniform
    over [0, 1) and spreads retries; `tell` hears of entries that were left out;
    `meter` counts and times requests.
    """

    catalogue = (RequestLane.QUERY, "/products")
    """The lane and path by which the catalogue is asked for."""

    def __init__(
        self,
        transport: Transport,
        post: Post,
        clock: Clock,
        *,
        traits: VenueTraits,
        draw: Draw,
        stream_token: Callable[[], str] | None = None,
        tell: Tell = nobody,
        meter: Meter | None = None,
    ) -> None:
        self._unread, self._counting = UnreadTally(), Lock()
        self._tell = tell
        self._transport = BudgetedTransport(
            transport,
            traits.limits,
            machine_ns=clock.machine_ns,
            wall_ns=clock.wall_ns,
            draw=draw,
            meter=meter,
        )
        self._post = post
        self._clock = clock
        self._traits = traits
        self._reader = RetryingReader(self._transport, draw, clock.machine_ns, self._broken)
        self._draw = draw
        self._stream_token = stream_token

        self._aliases = Aliases()
        self._renamed: Names = {}

        def stream(kind: StreamKind, decode: Decode, silence_ns: int | None) -> Stream:
            now_ns, tell = clock.machine_ns, self._post_renamed
            counted = partial(self._counted, decode)
            return Stream(kind, transport, tell, now_ns, counted, draw, silence_ns=silence_ns)

        self._market = stream(StreamKind.MARKET, codec.decode_market, SILENCE_NS)
        self._user = stream(StreamKind.USER, codec.decode_user, None)

    @property
    def request_lifetime_ns(self) -> Nanos:
        """Machine time after which a request that was sent can no longer create an order (H)."""
        return Nanos(self._traits.token_life_ns + REQUEST_GRACE_NS)

    @property
    def budget_uses(self) -> tuple[BudgetUse, ...]:
        """How much of what the venue may be asked is used up."""
        return self._transport.uses()

    def close(self) -> None:
        """End streams and lanes; what waits is answered as not sent."""
        self._market.close()
        self._user.close()
        self._transport.close()

    # Orders.

    def preview(
        self, order: ApprovedOrder, end_ns: Nanos | None, token: int, reply_to: ReplyTo
    ) -> None:
        """Ask what the venue would do with an order → `OrderPreviewed`."""
        asked = Previews(self._transport, partial(self._broken, PREVIEW))
        asked.ask(preview_body(order, end_ns), token, partial(self._post, reply_to))

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

        def done(orders: Entries[OrderSeen], failure: str | None) -> None:
            seen = tuple({order.order_id: order for order in orders.read}.values())
            read = seen, failure is None, begun_ns, failure, since_ns
            self._post(reply_to, OrdersListed(token, *read, orders.unread))

        self._list(RequestLane.QUERY, "/orders/historical/batch", queries, pages.orders, done)

    def list_fills(
        self, *, since_ns: Nanos | None, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo
    ) -> None:
        """List fills → `FillsListed`, the oldest first."""
        window: Query = (("limit", str(PAGE)),)
        if since_ns is not None:
            window += (("start_sequence_timestamp", iso(since_ns)),)
        parts = [order_ids[at : at + IDS_PER_CALL] for at in range(0, len(order_ids), IDS_PER_CALL)]
        queries = [window + tuple(("order_ids", each) for each in ids) for ids in parts or [()]]

        def done(fills: Entries[FillSeen], failure: str | None) -> None:
            oldest_first = {fill.entry_id: fill for fill in reversed(fills.read)}.values()
            ordered = tuple(sorted(oldest_first, key=lambda fill: fill.at_ns))
            listed = FillsListed(token, ordered, failure is None, failure, fills.unread)
            self._post(reply_to, listed)

        self._list(RequestLane.QUERY, "/orders/historical/fills", queries, pages.fills, done)

    # Account.

    def list_accounts(self, token: int, reply_to: ReplyTo) -> None:
        """Read all balances → `AccountsListed`."""

        def done(wallets: Entries[Wallet], failure: str | None) -> None:
            accounts = answers.merged(wallets.read)
            listed = AccountsListed(token, accounts, failure is None, failure, wallets.unread)
            self._post(reply_to, listed)

        self._list(RequestLane.QUERY, "/accounts", [(("limit", str(PAGE)),)], pages.accounts, done)

    def read_fees(self, token: int, reply_to: ReplyTo) -> None:
        """Read the account's fee rates → `FeesRead`."""

        def read(body: bytes) -> None:
            maker, taker = answers.fees(body)
            self._post(reply_to, FeesRead(token, maker, taker, None))

        def fail(reason: str) -> None:
            self._post(reply_to, FeesRead(token, None, None, reason))

        spot = (("product_type", "SPOT"),)
        self._reader.get(RequestLane.QUERY, "/transaction_summary", spot, read, fail)

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

    def read_conversion(self, conversion: Conversion, token: int, reply_to: ReplyTo) -> None:
        """Ask how far a conversion is → `ConversionShown`."""
        asked = ConversionQuestion(self._transport, partial(self._broken, TRADE))
        asked.ask(conversion, token, partial(self._post, reply_to))

    # Market.

    def list_products(self, token: int, reply_to: ReplyTo) -> None:
        """Read the catalogue → `ProductsListed`."""

        def done(listings: Entries[Listing], failure: str | None) -> None:
            self._aliases.learn(listings.read)
            once = tuple({each.product.id: each.product for each in listings.read}.values())
            self._post(reply_to, ProductsListed(token, once, failure is None, failure))

        query = (("product_type", "SPOT"), ("get_tradability_status", "true"))
        lane, path = self.catalogue
        self._list(lane, path, [query], pages.products, done)

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
        name = pages.GRANULARITIES[width_ns]
        queries = [
            (("start", str(first)), ("end", str(last)), ("granularity", name))
            for first, last in pages.spans(width_ns, start_ns, end_ns)
        ]

        def done(bars: Entries[Bar], failure: str | None) -> None:
            closed_ns = self._clock.market_ns() - self._traits.candle_grace_ns
            by_start = {
                bar.start_ns: bar
                for bar in bars.read
                if start_ns <= bar.start_ns < end_ns and bar.start_ns + width_ns <= closed_ns
            }
            ordered = tuple(by_start[at_ns] for at_ns in sorted(by_start))
            answer = CandlesListed(token, product, width_ns, ordered, failure is None, failure)
            self._post(reply_to, answer)

        page = pages.candles(product)
        self._list(RequestLane.PUBLIC, f"/market/products/{product}/candles", queries, page, done)

    def list_quotes(self, products: tuple[ProductId, ...], token: int, reply_to: ReplyTo) -> None:
        """Read best bid and ask → `QuotesListed`."""

        def read(body: bytes) -> None:
            quotes = pages.quotes(body)
            self._leave_out(quotes.unread)
            self._post(reply_to, QuotesListed(token, renamed_quotes(quotes.read, names), None))

        def fail(reason: str) -> None:
            self._post(reply_to, QuotesListed(token, (), reason))

        names = self._aliases.names(products)
        query = tuple(("product_ids", name) for name in names)
        self._reader.get(RequestLane.QUERY, "/best_bid_ask", query, read, fail)

    # Streams.

    def open_market_stream(self, products: tuple[ProductId, ...], reply_to: ReplyTo) -> None:
        """Connect and subscribe → `StreamOpened`, `MarketFrame`s, `StreamClosed`."""
        names = self._aliases.names(products)
        self._renamed = names if has_aliases(names) else {}
        self._market.open(reply_to, lambda: market_subscriptions(tuple(names)))

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
        done: Callable[[Entries[T], str | None], None],
    ) -> None:
        def told(entries: Entries[T], failure: str | None) -> None:
            self._leave_out(entries.unread)
            done(entries, failure)

        machine_ns = self._clock.machine_ns
        Paginator(self._reader, machine_ns, lane, path, queries, read, told).start()

    def _counted(self, decode: Decode, data: bytes, connection: int) -> Frame:
        frame = decode(data, connection)
        if not isinstance(frame, codec.ErrorFrame):
            self._leave_out(frame.unread)
        return frame

    def _post_renamed(self, reply_to: ReplyTo, message: Any) -> None:
        if self._renamed and isinstance(message, MarketFrame):
            message = renamed(message, self._renamed)
        self._post(reply_to, message)

    def _broken(self, path: str, error: ProtocolBroken) -> None:
        """Count and tell an answer that is not the protocol."""
        reason = str(error).partition(" (byte")[0]
        self._leave_out((Unread(kind=EntryKind.ANSWER, reason=reason, name=path),))

    def _leave_out(self, unread: Sequence[Unread]) -> None:
        """Count and tell what was left out, on whichever thread it was read."""
        if unread:
            with self._counting:
                found = self._unread.count(unread)
            for news in found:
                self._tell(news)
