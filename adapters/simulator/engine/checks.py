"""What a new order must satisfy, in a fixed order, and the venue's reasons when it does not.

The order of the checks is part of the contract; docs/venue.md lists it.
"""

from __future__ import annotations

from decimal import Decimal

from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.rejections import (
    RequestRejected,
    bad_config,
    preview_only,
    too_small,
)
from adapters.simulator.engine.ticket import Bracket, Ticket
from domain.model.instants import DAY
from domain.model.product import Product, ProductFlags, Side

LONGEST_GTD_NS = 3650 * DAY


def check(ticket: Ticket, flags: ProductFlags, now_ns: int) -> None:
    """Check everything about an order that needs neither book, last trade nor balances.

    Raises:
        RequestRejected: with the first reason found.
    """
    _check_gates(ticket, flags)
    _check_steps(ticket)
    _check_bounds(ticket)
    if ticket.kind.ends:
        _check_end(ticket, now_ns)
    if ticket.bracket is not None:
        check_bracket_prices(ticket.product, ticket.bracket)


def check_notional(product: Product, value: Decimal) -> None:
    """Check the worth of an order in quote currency against the product's bounds.

    Raises:
        RequestRejected: too small or too large.
    """
    if value < product.quote_min:
        raise preview_only("PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL", f"below {product.quote_min}")
    if value > product.quote_max:
        raise preview_only("PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE", f"above {product.quote_max}")


def check_stop(ticket: Ticket, last: Decimal | None) -> None:
    """Check a stop-limit order against its own prices and the last trade.

    Raises:
        RequestRejected: it would trigger at once, or its limit lies on the wrong side of its stop.
    """
    stop, limit = ticket.stop_price or Decimal(0), ticket.limit_price or Decimal(0)
    if ticket.side is Side.BUY and ticket.stop_is_above and stop > limit:
        raise preview_only("PREVIEW_STOP_PRICE_ABOVE_LIMIT_PRICE", "stop_price above limit_price")
    if ticket.side is Side.SELL and not ticket.stop_is_above and stop < limit:
        raise preview_only("PREVIEW_STOP_PRICE_BELOW_LIMIT_PRICE", "stop_price below limit_price")
    if last is None:
        raise _no_trade()
    if ticket.stop_is_above and stop <= last:
        raise preview_only(
            "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE", f"the last trade was at {last}"
        )
    if not ticket.stop_is_above and stop >= last:
        raise preview_only(
            "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE", f"the last trade was at {last}"
        )


def check_bracket(ticket: Ticket, last: Decimal | None, bid: Decimal | None) -> None:
    """Check a bracket: trigger < last trade, limit above it and above the best bid.

    Raises:
        RequestRejected: its prices do not enclose the market.
    """
    stop, limit = ticket.stop_price or Decimal(0), ticket.limit_price or Decimal(0)
    check_bracket_prices(ticket.product, Bracket(limit_price=limit, stop_trigger_price=stop))
    if last is None:
        raise _no_trade()
    if stop >= last:
        raise bad_config("STOP_TRIGGER_PRICE_OUT_OF_BOUNDS", f"the last trade was at {last}")
    if limit <= last or (bid is not None and limit <= bid):
        raise bad_config("BRACKET_LIMIT_PRICE_OUT_OF_BOUNDS", f"the last trade was at {last}")


def check_bracket_prices(product: Product, bracket: Bracket) -> None:
    """Check that the prices of a bracket are steps of the product and in order.

    Raises:
        RequestRejected: they are not.
    """
    for price in (bracket.limit_price, bracket.stop_trigger_price):
        if EXACT.remainder(price, product.price_increment) != 0:
            raise _too_many_decimals("PREVIEW_INVALID_PRICE_PRECISION")
    if bracket.limit_price <= bracket.stop_trigger_price:
        raise bad_config("INVALID_BRACKET_PRICES", "limit_price must be above stop_trigger_price")


def _check_gates(ticket: Ticket, flags: ProductFlags) -> None:
    if flags.allows(ticket.action):
        return
    if flags.trading_disabled:
        raise RequestRejected("TRADING_DISABLED", "PREVIEW_TRADING_DISABLED", "trading is disabled")
    raise RequestRejected(
        "ORDER_ENTRY_DISABLED",
        "PREVIEW_NOT_ALLOWED_BY_MARKET_STATE",
        "the product does not take this order now",
    )


def _check_steps(ticket: Ticket) -> None:
    product = ticket.product
    price, base, quote = ticket.limit_price, ticket.base_size, ticket.quote_size
    if price is not None and EXACT.remainder(price, product.price_increment) != 0:
        raise _too_many_decimals("PREVIEW_INVALID_PRICE_PRECISION")
    stop = ticket.stop_price
    if stop is not None and EXACT.remainder(stop, product.price_increment) != 0:
        raise _too_many_decimals("PREVIEW_INVALID_STOP_PRICE_PRECISION")
    if base is not None and EXACT.remainder(base, product.base_increment) != 0:
        raise RequestRejected(
            "INVALID_SIZE_PRECISION",
            "PREVIEW_INVALID_SIZE_PRECISION",
            "Too many decimals in order amount",
        )
    if quote is not None and EXACT.remainder(quote, product.quote_increment) != 0:
        raise preview_only(
            "PREVIEW_INVALID_QUOTE_SIZE_PRECISION", "Too many decimals in quote size"
        )


def check_base(product: Product, size: Decimal, price: Decimal | None) -> None:
    """Check a base size, and its worth at `price`, against the product's bounds.

    Raises:
        RequestRejected: too small or too large.
    """
    if size < product.base_min or size == 0:
        raise too_small()
    if size > product.base_max:
        raise preview_only("PREVIEW_INVALID_BASE_SIZE_TOO_LARGE", f"above {product.base_max}")
    if price is not None:
        check_notional(product, EXACT.multiply(size, price))


def _check_bounds(ticket: Ticket) -> None:
    if ticket.base_size is not None:
        check_base(ticket.product, ticket.base_size, ticket.limit_price)
    if ticket.quote_size is not None:
        check_notional(ticket.product, ticket.quote_size)


def _check_end(ticket: Ticket, now_ns: int) -> None:
    end_ns = ticket.end_ns or 0
    if end_ns <= now_ns:
        raise RequestRejected(
            "END_TIME_IS_IN_THE_PAST", "PREVIEW_END_TIME_IS_IN_THE_PAST", "end_time has passed"
        )
    if end_ns > now_ns + LONGEST_GTD_NS:
        raise RequestRejected(
            "END_TIME_TOO_FAR_IN_FUTURE",
            "PREVIEW_END_TIME_TOO_FAR_IN_FUTURE",
            "end_time is more than ten years ahead",
        )


def _too_many_decimals(preview: str) -> RequestRejected:
    return RequestRejected("INVALID_PRICE_PRECISION", preview, "Too many decimals in order price")


def _no_trade() -> RequestRejected:
    return RequestRejected(
        "MISSING_MARKET_TRADE_DATA", "PREVIEW_MISSING_PRODUCT_PRICE_BOOK", "nothing traded yet"
    )
