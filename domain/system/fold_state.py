"""The whole state of a journal's fold as one value, which a snapshot keeps."""

from __future__ import annotations

from attrs import frozen

from domain.messages.orders import OrderAdvanced
from domain.messages.supervision import BootCompleted
from domain.model.breakers import Breaker
from domain.model.instants import Nanos
from domain.model.product import Product, ProductId
from domain.orders.order import Order
from domain.portfolio.ledger import Ledger
from domain.portfolio.losses import EquityMark
from domain.portfolio.proceeds import Proceeds
from domain.risk.past_trades import FilledEntry
from domain.risk.throttle import Counted
from domain.risk.view import ApprovedKey
from domain.system.tally import ClosedBreaker, RunTally
from domain.universe.orders import StandingOrders


@frozen(kw_only=True)
class FoldState:
    """What `JournalFold` knows after some record; everything in the order in which it came.

    `ended` and `booked` are names with the market time of their record.
    """

    quote_currency: str
    lineage: str
    former: tuple[tuple[str, int], ...]
    last_ns: Nanos | None
    orders: tuple[Order, ...]
    ended: tuple[tuple[str, int], ...]
    number: int
    approval: int
    ledger: Ledger | None
    products: tuple[Product, ...]
    booked: tuple[tuple[str, int], ...]
    traded: tuple[ProductId, ...]
    breakers: tuple[Breaker, ...]
    marks: tuple[EquityMark, ...]
    peak: EquityMark | None
    resumed: tuple[tuple[str, EquityMark | None], ...]
    boot: BootCompleted | None
    approved: tuple[ApprovedKey, ...]
    counted: tuple[Counted, ...]
    filled_assets: tuple[tuple[str, Nanos], ...]
    stopped_assets: tuple[tuple[str, Nanos], ...]
    filled_entries: tuple[FilledEntry, ...]
    losses: int
    lost_ns: Nanos | None
    universe: StandingOrders
    runs: int
    world: str
    tally: RunTally
    moved: tuple[OrderAdvanced, ...]
    closed: tuple[ClosedBreaker, ...]
    proceeds: Proceeds
