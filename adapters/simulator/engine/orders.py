"""Orders and fills as the venue keeps them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
from attrs import frozen

from adapters.simulator.engine.accounts import EXACT
from domain.model.money import ZERO
from domain.model.product import ProductId, Side


class Kind(StrEnum):
    """The key of an order configuration that this venue takes."""

    MARKET_IOC = "market_market_ioc"
    LIMIT_GTC = "limit_limit_gtc"
    LIMIT_GTD = "limit_limit_gtd"
    LIMIT_IOC = "sor_limit_ioc"
    LIMIT_FOK = "limit_limit_fok"
    STOP_GTC = "stop_limit_stop_limit_gtc"
    STOP_GTD = "stop_limit_stop_limit_gtd"
    BRACKET_GTC = "trigger_bracket_gtc"
    BRACKET_GTD = "trigger_bracket_gtd"

    @property
    def is_market(self) -> bool:
        """Tell whether the order has no price."""
        return self is Kind.MARKET_IOC

    @property
    def is_stop(self) -> bool:
        """Tell whether the order waits for its stop price before it does anything else."""
        return self in (Kind.STOP_GTC, Kind.STOP_GTD)

    @property
    def is_bracket(self) -> bool:
        """Tell whether the order rests at its limit and turns into a stop-limit at its trigger."""
        return self in (Kind.BRACKET_GTC, Kind.BRACKET_GTD)

    @property
    def ends(self) -> bool:
        """Tell whether the order expires at its end time."""
        return self in (Kind.LIMIT_GTD, Kind.STOP_GTD, Kind.BRACKET_GTD)

    @property
    def rests(self) -> bool:
        """Tell whether what is not filled on arrival stays alive."""
        return self not in (Kind.MARKET_IOC, Kind.LIMIT_IOC, Kind.LIMIT_FOK)

    @property
    def time_in_force(self) -> str:
        """Return the venue's name of how long the order lives."""
        return _TIME_IN_FORCE.get(
            self, "GOOD_UNTIL_DATE_TIME" if self.ends else "GOOD_UNTIL_CANCELLED"
        )

    @property
    def order_type(self) -> str:
        """Return the venue's name of the type: MARKET, LIMIT, STOP_LIMIT or BRACKET."""
        if self.is_market:
            return "MARKET"
        if self.is_stop:
            return "STOP_LIMIT"
        return "BRACKET" if self.is_bracket else "LIMIT"


_TIME_IN_FORCE = {
    Kind.MARKET_IOC: "IMMEDIATE_OR_CANCEL",
    Kind.LIMIT_IOC: "IMMEDIATE_OR_CANCEL",
    Kind.LIMIT_FOK: "FILL_OR_KILL",
}


class Status(StrEnum):
    """Where an order stands, in the venue's words."""

    PENDING = "PENDING"
    OPEN = "OPEN"
    CANCEL_QUEUED = "CANCEL_QUEUED"
    EDIT_QUEUED = "EDIT_QUEUED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing can happen to the order any more."""
        return self in (Status.FILLED, Status.CANCELLED, Status.EXPIRED)

    @property
    def is_working(self) -> bool:
        """Tell whether the order has been accepted and may still fill."""
        return not self.is_final and self is not Status.PENDING


class Trigger(StrEnum):
    """Whether a stop price has been reached, in the venue's words."""

    NONE = "INVALID_ORDER_TYPE"
    PENDING = "STOP_PENDING"
    TRIGGERED = "STOP_TRIGGERED"


class Liquidity(StrEnum):
    """Whether a fill rested or took."""

    MAKER = "MAKER"
    TAKER = "TAKER"


@frozen(kw_only=True)
class Edit:
    """New prices and total base size of an order; `at_ns` is when they hold."""

    price: Decimal
    size: Decimal
    stop_price: Decimal | None
    at_ns: int


@attrs.define(kw_only=True, eq=False)
class VenueOrder:
    """One accepted order; `number` counts all orders of this world in the order of acceptance."""

    number: int
    order_id: str
    client_order_id: str
    product: ProductId
    side: Side
    kind: Kind
    configuration: dict[str, Any]
    limit_price: Decimal | None
    base_size: Decimal | None
    quote_size: Decimal | None
    post_only: bool
    end_ns: int | None
    maker_rate: Decimal
    taker_rate: Decimal
    created_ns: int
    updated_ns: int
    status: Status = Status.PENDING
    filled: Decimal = ZERO
    value: Decimal = ZERO
    fees: Decimal = ZERO
    fills: int = 0
    last_fill_ns: int | None = None
    message: str = ""
    stop_price: Decimal | None = None
    stop_is_above: bool = False
    """The stop is reached by a trade at or above its price, else at or below."""
    trigger: Trigger = Trigger.NONE
    queued_until_ns: int | None = None
    """When the cancel or the edit that was asked for is done."""
    next_edit: Edit | None = None
    priority_ns: int | None = None
    """Since when the order has its place in the queue; None: since it was accepted."""
    edits: tuple[Edit, ...] = ()
    bracket: dict[str, str] | None = None
    """Prices of the bracket to be attached to what this order buys."""
    attached_order_id: str = ""
    originating_order_id: str = ""

    @property
    def priority(self) -> tuple[int, int]:
        """Return the order's place among those at its price: the least is served first."""
        return (self.priority_ns or self.created_ns, self.number)

    @property
    def in_book(self) -> bool:
        """Tell whether the order rests in the shown book."""
        waits = self.kind.is_stop and self.trigger is Trigger.PENDING
        return self.status.is_working and not waits

    @property
    def leaves(self) -> Decimal:
        """Return the base quantity that is still to be filled (orders sized in base)."""
        return EXACT.subtract(self.base_size or ZERO, self.filled)

    @property
    def hold(self) -> Decimal:
        """Return what the order holds: quote with the taker's fee for a buy, base for a sale."""
        if not self.status.is_working or self.limit_price is None:
            return ZERO
        if self.side is Side.SELL:
            return self.leaves
        return cost(self.limit_price, self.leaves, self.taker_rate)


@frozen(kw_only=True)
class Fill:
    """One execution of one of our orders; quantity in base, commission in quote currency."""

    number: int
    entry_id: str
    trade_id: str
    order_id: str
    product: ProductId
    side: Side
    kind: Kind
    price: Decimal
    quantity: Decimal
    commission: Decimal
    liquidity: Liquidity
    at_ns: int
    sized_in_quote: bool


def cost(price: Decimal, quantity: Decimal, rate: Decimal) -> Decimal:
    """Return what buying `quantity` at `price` takes from the quote balance, fee included."""
    value = EXACT.multiply(price, quantity)
    return EXACT.add(value, EXACT.multiply(value, rate))
