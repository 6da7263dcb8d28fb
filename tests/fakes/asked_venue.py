"""A venue that answers the questions of a check as a test wants it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from attrs import evolve

from adapters.venues.coinbase.probe import HarmlessIntent
from domain.messages.market import BookSnapshotSeen, HeartbeatSeen, MarketFrame, StreamClosed
from domain.messages.venue import (
    AccountsListed,
    CancelAnswered,
    CancelResult,
    CandlesListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
    QuotesListed,
)
from domain.model.errors import Unreachable, VenueError
from domain.model.instants import MILLISECOND, MINUTE, Nanos
from domain.model.market import Bar, Level, Quote
from domain.model.money import Price, Quantity, Rate
from domain.model.orders import Accepted, OrderSeen, PlaceOutcome, VenueStatus
from domain.model.portfolio import AccountBalance
from domain.model.product import ProductId, Side
from domain.system.drift import TimeAnswers, TimeTrip
from domain.system.harmless_order import HarmlessOrder
from tests.builders.messages import BTC, NOW, a_product

PORTFOLIO = "0a1b2c3d-0000-4000-8000-000000000001"
ORDER_ID = "o-1"
BID, ASK = Price(Decimal(100)), Price(Decimal(101))


def a_frame(sequence: int, *events: BookSnapshotSeen | HeartbeatSeen) -> MarketFrame:
    return MarketFrame(1, sequence, Nanos(NOW), events)


def a_book(bid: str = "100", ask: str = "101", product: ProductId = BTC) -> BookSnapshotSeen:
    bids, asks = ((Level(Price(Decimal(each)), Quantity(Decimal(1))),) for each in (bid, ask))
    return BookSnapshotSeen(product, bids, asks)


def a_balance(currency: str, amount: str) -> AccountBalance:
    return AccountBalance(currency, Decimal(amount), Decimal(0))


class AskedVenue:
    """All well, but for what a test replaces; `asked` are the questions in their order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.sent: list[HarmlessIntent] = []
        self.listed = ProductsListed(0, (a_product(),), True, None)
        bar = Bar(BTC, Nanos(NOW - MINUTE), *(BID,) * 4, Quantity(Decimal(1)))
        self.minutes = CandlesListed(0, BTC, Nanos(MINUTE), (bar,), True, None)
        self.frames: list[MarketFrame | StreamClosed | None] = [
            a_frame(0, a_book()),
            a_frame(1, HeartbeatSeen(7)),
            a_frame(2, HeartbeatSeen(8)),
        ]
        self.rights = PermissionsRead(0, True, True, False, PORTFOLIO, None)
        self.money = AccountsListed(0, (a_balance("USD", "800"),), True, None)
        self.rates = FeesRead(0, Rate(Decimal("0.006")), Rate(Decimal("0.012")), None)
        quote = Quote(BTC, BID, Quantity(BID), ASK, Quantity(ASK), Nanos(NOW), Nanos(NOW))
        self.best = QuotesListed(0, (quote,), None)
        self.against: dict[str, tuple[str, ...]] = {}
        """What it has against an order, by its price."""
        self.preview_error: VenueError | None = None
        self.outcome: PlaceOutcome = Accepted(ORDER_ID)
        self.exists = True
        """Whether an order that was sent is there, whatever was answered."""
        self.filled = Quantity(Decimal(0))
        self.cancels_needed = 1
        """So many cancels until one is carried out."""
        self.list_failure: str | None = None

    def products(self) -> ProductsListed:
        self.asked.append("products")
        return self.listed

    def candles(self, product: ProductId) -> CandlesListed:
        self.asked.append(f"candles {product}")
        return self.minutes

    def listen(self, product: ProductId) -> None:
        self.asked.append(f"listen {product}")

    def frame(self, within_s: float) -> MarketFrame | StreamClosed | None:
        assert within_s > 0
        return self.frames.pop(0) if self.frames else None

    def permissions(self) -> PermissionsRead:
        self.asked.append("permissions")
        return self.rights

    def accounts(self) -> AccountsListed:
        self.asked.append("accounts")
        return self.money

    def fees(self) -> FeesRead:
        self.asked.append("fees")
        return self.rates

    def quotes(self, product: ProductId) -> QuotesListed:
        self.asked.append(f"quotes {product}")
        return self.best

    def open_orders(self) -> OrdersListed:
        self.asked.append("open orders")
        seen = [each for each in self._seen() if not each.status.is_terminal]
        return OrdersListed(0, tuple(seen), self.list_failure is None, Nanos(0), self.list_failure)

    def orders(self, order_id: str) -> OrdersListed:
        self.asked.append("orders")
        seen = [each for each in self._seen() if each.order_id == order_id]
        return OrdersListed(0, tuple(seen), True, Nanos(0), None)

    def fills(self, order_id: str) -> FillsListed:
        self.asked.append(f"fills {order_id}")
        return FillsListed(0, (), True, None)

    def cancel(self, order_id: str) -> CancelAnswered:
        self.asked.append(f"cancel {order_id}")
        self.cancels_needed -= 1
        return CancelAnswered(0, (CancelResult(order_id, True, ""),), None)

    def intend(self, order: HarmlessOrder, end_ns: Nanos) -> HarmlessIntent:
        return HarmlessIntent(order, end_ns, "9f2c")

    def preview(self, intent: HarmlessIntent) -> tuple[str, ...]:
        price = f"{intent.order.price.normalize():f}"
        self.asked.append(f"preview {price}")
        if self.preview_error is not None:
            raise self.preview_error
        return self.against.get(price, ())

    def place(self, intent: HarmlessIntent, gate: Callable[[], str | None]) -> PlaceOutcome:
        assert gate() is None, "the test sends no order that its gate refuses"
        self.asked.append("place")
        self.sent.append(intent)
        return self.outcome

    def _seen(self) -> list[OrderSeen]:
        if not self.sent or not self.exists:
            return []
        intent = self.sent[-1]
        is_over = self.cancels_needed <= 0
        seen = OrderSeen(
            order_id=ORDER_ID,
            client_order_id=intent.client_order_id,
            product=intent.order.product,
            side=Side.BUY,
            status=VenueStatus.CANCELLED if is_over else VenueStatus.OPEN,
            filled=Quantity(Decimal(0)),
        )
        return [evolve(seen, filled=self.filled)]


class Around:
    """Time that passes by resting only, and a way to the venue."""

    def __init__(self, *, ahead_ms: int = 0, unreached: str = "") -> None:
        self._ahead_ms = ahead_ms
        self._unreached = unreached
        self.rested_s = 0.0

    def reach(self) -> tuple[str, ...]:
        if self._unreached:
            raise Unreachable(self._unreached)
        return ("venue.example (TLSv1.3)",)

    def times(self) -> TimeAnswers:
        return TimeAnswers((), (TimeTrip(MILLISECOND, -self._ahead_ms * MILLISECOND),))

    def wall_ns(self) -> Nanos:
        return Nanos(NOW)

    def machine_s(self) -> float:
        self.rested_s += 0.001  # asking takes time too
        return self.rested_s

    def rest(self, seconds: float) -> None:
        self.rested_s += seconds
