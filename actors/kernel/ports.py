"""Everything the actors need of the world, on one page. Adapters implement it.

No call here blocks: what takes time is answered later by a message to the given `ReplyTo`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from attrs import frozen

from actors.kernel.envelope import Envelope, ReplyTo
from domain.messages.conversion import ConversionRequest, QuoteRequest
from domain.messages.orders import PlaceRequest, Receipt
from domain.messages.supervision import BootCompleted, TradingReady
from domain.model.approval import ApprovedOrder
from domain.model.conversion import Conversion
from domain.model.instants import MINUTE, Nanos
from domain.model.kill import KillOrder
from domain.model.market import Bar
from domain.model.meters import CountKind, Timed, TimeKind
from domain.model.product import ProductId
from domain.model.universe import Standing
from domain.system.rate_budget import BudgetUse

Post = Callable[[ReplyTo, Any], None]
"""Delivers a message from outside the actors; never blocks, callable from any thread."""

ANSWER_LIMIT_NS = 5 * MINUTE
"""Machine time after which a question to the venue counts as lost.

Longer than the longest honest answer: a walk through pages may take two minutes, and its last page
may be asked for four times, 30 s each.
"""

Leaving = PlaceRequest | ConversionRequest
"""What moves money at the venue, and so leaves by the last gate alone."""
LastGate = Callable[[Leaving], str | None]
"""Asked in a place lane, so by several threads, directly before the socket write; a text means:
must not leave."""


class Clock(Protocol):
    """The three clocks (ADR 0003), all in nanoseconds."""

    def market_ns(self) -> Nanos:
        """Return market time (UTC): what bars, staleness, cycles and time-to-live go by."""

    def machine_ns(self) -> Nanos:
        """Return monotonic machine time: what time-outs, receipts and kill bounds go by."""

    def wall_ns(self) -> Nanos:
        """Return UTC wall time: for stamps, tokens and key age only."""


class QuoteReader(Protocol):
    """Who shows prices by REST."""

    def list_quotes(self, products: tuple[ProductId, ...], token: int, reply_to: ReplyTo) -> None:
        """Read best bid and ask of `products` in one call → `QuotesListed`."""


class OrderGateway(Protocol):
    """The way to order at the venue of this run. Without a right to there is none: a dry run has
    nobody to ask.
    """

    def place(self, request: PlaceRequest, reply_to: ReplyTo) -> None:
        """Send an order through the lane of entries or that of exits → `PlaceAnswered`."""

    def cancel(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        """Ask to cancel venue order ids through the cancel lane → `CancelAnswered`."""


class Converter(Protocol):
    """The way to change money between the wallets that pay; needs the same right as an order."""

    def quote_conversion(self, request: QuoteRequest, token: int, reply_to: ReplyTo) -> None:
        """Ask what a conversion would be → `ConversionQuoted`; nothing moves."""

    def convert(self, request: ConversionRequest, reply_to: ReplyTo) -> None:
        """Carry out what was quoted → `ConversionAnswered`; it leaves at most once."""


class VenueGateway(OrderGateway, Converter, Protocol):
    """All that a right to order opens."""


class MarketReader(QuoteReader, Protocol):
    """Who shows products and their past. Each call names its answer."""

    def list_products(self, token: int, reply_to: ReplyTo) -> None:
        """Read the catalogue → `ProductsListed`."""

    def list_candles(
        self,
        product: ProductId,
        width_ns: Nanos,
        start_ns: Nanos,
        end_ns: Nanos,
        token: int,
        reply_to: ReplyTo,
    ) -> None:
        """Read closed candles with start_ns <= start < end_ns, in as many calls as needed
        → `CandlesListed`.
        """


class OrderReader(Protocol):
    """Who shows orders and fills of one account, and orders nothing. Each call names its answer."""

    def preview(
        self, order: ApprovedOrder, end_ns: Nanos | None, token: int, reply_to: ReplyTo
    ) -> None:
        """Ask what the venue would do with an order good until `end_ns` → `OrderPreviewed`."""

    def list_orders(
        self, *, since_ns: Nanos | None, is_live_only: bool, token: int, reply_to: ReplyTo
    ) -> None:
        """List orders created since market time `since_ns`, every page → `OrdersListed`.

        Live only: every order that may still trade (pending, queued, open, being cancelled).
        """

    def find_orders(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        """Ask for orders by the venue's ids, however old → `OrdersListed`."""

    def list_fills(
        self, *, since_ns: Nanos | None, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo
    ) -> None:
        """List fills since market time `since_ns`, of `order_ids` or all → `FillsListed`."""

    def open_user_stream(self, reply_to: ReplyTo) -> None:
        """Connect the user channel → `StreamOpened`, `UserFrame`s, `StreamClosed`."""

    def restart_user_stream(self, reason: str) -> None:
        """Drop the user connection and connect anew."""

    @property
    def request_lifetime_ns(self) -> Nanos:
        """Machine time after which a request that was sent can no longer create an order (H)."""


class VenueReader(OrderReader, MarketReader, Protocol):
    """What can be asked of one account at one venue; nothing here orders. Each call names its
    answer.
    """

    def list_accounts(self, token: int, reply_to: ReplyTo) -> None:
        """Read all balances → `AccountsListed`."""

    def read_fees(self, token: int, reply_to: ReplyTo) -> None:
        """Read the account's fee rates → `FeesRead`."""

    def read_permissions(self, token: int, reply_to: ReplyTo) -> None:
        """Read what the key may do → `PermissionsRead`."""

    def read_conversion(self, conversion: Conversion, token: int, reply_to: ReplyTo) -> None:
        """Ask how far a conversion is → `ConversionShown`."""

    def open_market_stream(self, products: tuple[ProductId, ...], reply_to: ReplyTo) -> None:
        """Connect and subscribe; reconnects by itself → `StreamOpened`, `MarketFrame`s,
        `StreamClosed`.
        """

    def restart_market_stream(self, reason: str) -> None:
        """Drop the market connection and connect anew (after a sequence gap or silence)."""

    @property
    def budget_uses(self) -> tuple[BudgetUse, ...]:
        """How much of what the venue may be asked is used up; readable on any thread."""


class Journal(Protocol):
    """The durable, hash-chained record. Any failure to write is final."""

    def append(self, envelope: Envelope) -> None:
        """Write the envelope's body as the next record, not yet durable."""

    def commit(self, client_order_ids: tuple[str, ...]) -> tuple[Receipt, ...]:
        """Make everything appended durable; return a receipt for each of the intents named.

        Raises:
            JournalError: it could not be written; nothing further will be.
        """


class HaltSignal(Protocol):
    """The operator's signal file."""

    def read(self) -> KillOrder | None:
        """Return None only if the file is provably absent, else what it says."""


class Meter(Protocol):
    """Where what happens is counted and timed; any thread may call, and no call blocks."""

    def count(self, what: CountKind, *labels: str) -> None:
        """Count one more; `labels` as that of what is counted says."""

    def time(self, kind: TimeKind, name: str, took_ns: int) -> None:
        """Count how long something took, in machine time."""

    def take(self) -> tuple[Timed, ...]:
        """Return the times of requests and journal since they were last taken."""


class AlertLog(Protocol):
    """Where alerts are written."""

    def write(self, envelope: Envelope) -> None:
        """Append one alert."""


class BarLog(Protocol):
    """Where closed minute bars are kept, for charts and to be played again."""

    def append(self, product: ProductId, bars: tuple[Bar, ...]) -> None:
        """Keep those of `bars`, oldest first, that are newer than all that is kept of `product`.

        Raises:
            OSError: they could not be written; they may be given again.
        """


class BookLog(Protocol):
    """Where it is kept how wide and deep books were, for backtests."""

    def append(self, at_ns: Nanos, standings: Iterable[Standing]) -> None:
        """Keep what the books of `standings` showed at `at_ns`, market time.

        Raises:
            OSError: it could not be written.
        """


class StatusBoard(Protocol):
    """Where the newest status of the instance is published."""

    def publish(self, status: dict[str, object]) -> None:
        """Replace the published status atomically."""

    @property
    def last(self) -> Mapping[str, object]:
        """The status that was published last, empty before the first; nobody changes it any more.

        Readable on any thread.
        """


@frozen
class ControlRequest:
    """What an operator asks for and why; `subject` is what it is about, "" if nothing apart.

    `hours` say how long it shall hold; 0: as long as usual.
    """

    id: str
    verb: str
    reason: str
    subject: str = ""
    hours: int = 0


class ControlInbox(Protocol):
    """The operator's requests."""

    def poll(self) -> tuple[ControlRequest, ...]:
        """Return new requests, oldest first."""

    def reply(self, request_id: str, answer: dict[str, object]) -> None:
        """Answer a request."""


class ActorLifecycle(Protocol):
    """Ends actors and starts fresh incarnations of them."""

    auto_resumes_left: int
    """How often this run may still release itself after a crash; outlives every actor."""

    def down(self) -> tuple[tuple[str, int], ...]:
        """Return name and epoch of the actors that are dead."""

    def retire(self, names: tuple[str, ...]) -> None:
        """End living actors; from now on nothing they say counts."""

    def rebuild(self, names: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        """Start fresh incarnations, from the journal where they need it → `RebuildFinished`."""

    def briefing(self) -> tuple[BootCompleted | None, TradingReady | None]:
        """Return what every newcomer has missed, as far as it has happened."""

    def has_journal_failed(self) -> bool:
        """Tell whether a write or sync has failed: then nobody writes any more."""


class Log(Protocol):
    """The human log (loguru's logger bound to an actor)."""

    def attend(self, clock: Clock, handling: Callable[[], Envelope | None] = ...) -> None:
        """Stamp structured lines with market time and with the message that is being handled."""

    def debug(self, message: str, /, **fields: object) -> None:
        """Detail."""

    def info(self, message: str, /, **fields: object) -> None:
        """Lifecycle and order changes."""

    def warning(self, message: str, /, **fields: object) -> None:
        """Degraded but handled."""

    def error(self, message: str, /, **fields: object) -> None:
        """A person should look."""

    def critical(self, message: str, /, **fields: object) -> None:
        """Halted."""

    def failure(self, cause: str, error: BaseException) -> None:
        """An actor died of `error`: CRITICAL, with the stack for the structured log."""
