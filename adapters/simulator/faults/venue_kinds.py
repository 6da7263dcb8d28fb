"""Faults of the venue itself: orders, fills, books, fees, flags, balances, its clock.

Delays are market time.
"""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from adapters.simulator.faults import forms
from adapters.simulator.faults.base import Condition, Fault, Lasting, MarketFault, OrderFault
from adapters.simulator.faults.forms import member
from domain.model.instants import SECOND
from domain.model.product import ALLOWED_BY_FLAG, ProductId, Side

FLAGS = tuple(ALLOWED_BY_FLAG)
"""In the venue's own words."""
PERCENT = forms.number("-99", "900")

# Orders and fills.


@frozen(kw_only=True)
class LateFill(Condition):
    """Fills are missing from the list of fills at first; orders show them at once."""

    by_ns: int = member("by", forms.PERIOD, "market time")


@frozen(kw_only=True)
class HiddenFill(Lasting):
    """The user channel tells fills late; lists have them at once."""

    by_ns: int = member("by", forms.PERIOD, "market time")


@frozen(kw_only=True)
class HiddenOrder(Condition):
    """New orders are missing from get and list at first."""

    by_ns: int = member("by", forms.PERIOD, "market time")


@frozen(kw_only=True)
class DelayCancel(OrderFault):
    """A cancel is accepted and done late; the order may fill until then."""

    by_ns: int = member("by", forms.PERIOD, "market time")


@frozen(kw_only=True)
class LoseCancel(OrderFault):
    """A cancel is accepted and forgotten; the order stays open."""


@frozen(kw_only=True)
class CancelRejectedFilled(OrderFault):
    """A cancel loses the race: the order fills first, and the cancel is refused for that."""


@frozen(kw_only=True)
class FillAfterCancel(OrderFault):
    """A cancelled order turns out to have been filled."""

    by_ns: int = member("by", forms.DURATION, "market time after the cancel; default 1s", SECOND)
    share: Decimal = member("share", forms.SHARE, "of what was open; default 1", Decimal(1))


@frozen(kw_only=True)
class PartialFills(Lasting):
    """A resting order gets at most a share of what it still wants from each trade."""

    share: Decimal = member(
        "share", forms.SHARE, "of its open quantity; default 0.25", Decimal("0.25")
    )


@frozen(kw_only=True)
class RejectOrder(OrderFault):
    """A new order is refused."""

    reason: str = member(
        "reason", forms.TEXT, "the venue's word; default INSUFFICIENT_FUND", "INSUFFICIENT_FUND"
    )


@frozen(kw_only=True)
class CancelledByVenue(OrderFault):
    """A new order is accepted and then cancelled by the venue itself."""

    by_ns: int = member("by", forms.DURATION, "market time after it was accepted; default 0s", 0)


# Market.


@frozen(kw_only=True)
class PriceJump(MarketFault):
    """Prices jump by `percent` from one step to the next, and back at the end."""

    percent: Decimal = member("percent", PERCENT, "of the price, such as -5")


@frozen(kw_only=True)
class Depeg(MarketFault):
    """A stablecoin is worth another price: what is sold for it costs more of it, and what is paid
    for it in dollars is that price.
    """

    price: Decimal = member("price", forms.number("0.01", "100"), "in USD, such as 0.87")
    currency: str = member("currency", forms.TEXT, "default USDC", "USDC")


@frozen(kw_only=True)
class Gap(MarketFault):
    """The market has no book and no trades, then goes on `percent` away for good."""

    percent: Decimal = member("percent", PERCENT, "of the price, such as -5")

    def problem(self) -> str | None:
        """Return what does not fit together."""
        return "expected `for`: how long there is no market" if self.for_ns is None else None


@frozen(kw_only=True)
class FreezeProduct(MarketFault):
    """Nothing happens on a product any more: its book stands, by stream and by REST."""


@frozen(kw_only=True)
class WideSpread(MarketFault):
    """Bids are lower and offers higher than they were."""

    percent: Decimal = member("percent", forms.number("0.01", "90"), "of the price, on each side")


@frozen(kw_only=True)
class EmptyBook(MarketFault):
    """One side of the book, or both, has no levels; trades go on."""

    side: str = member("side", forms.one_of("bid", "offer", "both"), "default both", "both")


@frozen(kw_only=True)
class ThinBook(MarketFault):
    """Levels have only a share of their quantities."""

    share: Decimal = member("share", forms.SHARE, "of each level")


# Account and catalogue.


@frozen(kw_only=True)
class FeeTier(Condition):
    """Orders accepted from now on pay other fees."""

    maker: Decimal = member("maker", forms.number("0", "0.1"), "a fraction, such as 0.004")
    taker: Decimal = member("taker", forms.number("0", "0.1"), "a fraction, such as 0.006")


@frozen(kw_only=True)
class ProductFlag(Condition):
    """A flag of a product is set, or its status changed."""

    product: ProductId = member("product", forms.PRODUCT, "which")
    flag: str | None = member("flag", forms.one_of(*FLAGS), "what becomes true", None)
    status: str | None = member("status", forms.TEXT, "what its status becomes", None)

    def problem(self) -> str | None:
        """Return what does not fit together."""
        return "expected `flag` or `status`" if self.flag is self.status is None else None


@frozen(kw_only=True)
class Delisting(Fault):
    """A product is delisted: its orders are cancelled and its market is gone for good."""

    product: ProductId = member("product", forms.PRODUCT, "which")


@frozen(kw_only=True)
class BalanceChange(Fault):
    """Money or goods come to the account or leave it (then at most what is available)."""

    currency: str = member("currency", forms.TEXT, "such as USD")
    amount: Decimal = member("amount", forms.AMOUNT, "negative: it leaves")


@frozen(kw_only=True)
class ForeignOrder(Fault):
    """Somebody else places an order on our account."""

    product: ProductId = member("product", forms.PRODUCT, "which")
    side: Side = member("side", forms.SIDE, "BUY or SELL")
    quantity: Decimal = member("quantity", forms.QUANTITY, "of the base")
    price: Decimal | None = member("price", forms.QUANTITY, "a limit; without it at market", None)


# The whole venue.


@frozen(kw_only=True)
class ClockSkew(Condition):
    """The venue's clock is wrong: in `time` and in the stamps of frames."""

    by_ns: int = member("by", forms.SIGNED, "ahead, or with a minus behind")


@frozen(kw_only=True)
class Maintenance(Lasting):
    """Every request is answered 503, streams are closed (1001) and refused."""
