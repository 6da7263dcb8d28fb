"""What a new order must satisfy, in a fixed order, and the venue's reasons when it does not.

The order of the checks is part of the contract; docs/venue.md lists it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from adapters.venue.engine.accounts import EXACT
from adapters.venue.engine.orders import Kind
from adapters.venue.engine.wire import Json, invalid
from domain.errors import InvalidNumber
from domain.instants import DAY, parse_iso
from domain.product import Action, Product, ProductFlags, ProductId, Side

UNKNOWN = "UNKNOWN_FAILURE_REASON"
UNKNOWN_PREVIEW = "UNKNOWN_PREVIEW_FAILURE_REASON"
LONGEST_GTD_NS = 3650 * DAY
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,20})?", re.ASCII)
_MAX_ID = 128


class Rejected(Exception):
    """An order that the venue answers with success false."""

    def __init__(self, error: str, preview: str, message: str) -> None:
        super().__init__(message)
        self.error = error
        self.preview = preview
        self.message = message


@frozen(kw_only=True)
class Ticket:
    """A new order as asked for; exactly one of the sizes is given."""

    client_order_id: str
    product: Product
    side: Side
    kind: Kind
    base_size: Decimal | None = None
    quote_size: Decimal | None = None
    limit_price: Decimal | None = None
    post_only: bool = False
    end_ns: int | None = None
    configuration: Json

    @property
    def action(self) -> Action:
        """Return what the order does as far as product flags care."""
        if self.kind.is_market:
            return Action.MARKET
        return Action.REST if self.post_only else Action.LIMIT


def required_text(body: Json, name: str) -> str:
    """Return a text member of a request body.

    Raises:
        Refused: it is missing, empty, too long or no text.
    """
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID:
        raise invalid(f"{name} must be a text of 1 to {_MAX_ID} characters")
    return value


def configuration_of(body: Json) -> tuple[str, Json]:
    """Return name and members of the one configuration that an order has.

    Raises:
        Refused: there is not exactly one.
    """
    whole = body.get("order_configuration")
    if not isinstance(whole, dict) or len(whole) != 1:
        raise invalid("order_configuration must have exactly one key")
    name, members = next(iter(whole.items()))
    if not isinstance(members, dict):
        raise invalid(f"order_configuration.{name} must be an object")
    return name, members


def ticket_of(body: Json, client_order_id: str, products: Mapping[ProductId, Product]) -> Ticket:
    """Return the order that `body` asks for.

    Raises:
        Refused: the body is malformed.
        Rejected: side, product or configuration are none of this venue's.
    """
    name, members = configuration_of(body)
    product_id, side = required_text(body, "product_id"), required_text(body, "side")
    if side not in (Side.BUY, Side.SELL):
        raise Rejected("INVALID_SIDE", "PREVIEW_INVALID_SIDE", "side must be BUY or SELL")
    product = products.get(ProductId(product_id))
    if product is None:
        raise Rejected("INVALID_PRODUCT_ID", "PREVIEW_INVALID_PRODUCT_ID", "unknown product")
    if name not in tuple(Kind):
        raise unsupported(f"{name} is not supported")
    kind = Kind(name)
    ticket = Ticket(
        client_order_id=client_order_id,
        product=product,
        side=Side(side),
        kind=kind,
        base_size=_size(members, "base_size"),
        quote_size=_size(members, "quote_size"),
        configuration={},
    )
    _check_sizes_given(ticket)
    if not kind.is_market:
        ticket = _limited(ticket, members)
    return evolve(ticket, configuration={kind.value: _echo(ticket, members)})


def unsupported(message: str) -> Rejected:
    """Return the rejection of a kind of order that this venue does not take."""
    return Rejected("UNSUPPORTED_ORDER_CONFIGURATION", "PREVIEW_INVALID_ORDER_CONFIG", message)


def check(ticket: Ticket, flags: ProductFlags, now_ns: int) -> None:
    """Check everything about an order that needs neither book nor balances.

    Raises:
        Rejected: with the first reason found.
    """
    _check_gates(ticket, flags)
    _check_steps(ticket)
    _check_bounds(ticket)
    if ticket.kind is Kind.LIMIT_GTD:
        _check_end(ticket, now_ns)


def check_notional(product: Product, value: Decimal) -> None:
    """Check the worth of an order in quote currency against the product's bounds.

    Raises:
        Rejected: too small or too large.
    """
    if value < product.quote_min:
        raise _preview("PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL", f"below {product.quote_min}")
    if value > product.quote_max:
        raise _preview("PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE", f"above {product.quote_max}")


def insufficient_fund() -> Rejected:
    """Return the rejection of an order that the balance does not cover."""
    return Rejected(
        "INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND", "Insufficient balance in source account"
    )


def no_liquidity() -> Rejected:
    """Return the rejection of a market order against an empty side."""
    return Rejected(
        "INVALID_NO_LIQUIDITY", "PREVIEW_INVALID_NO_LIQUIDITY", "no orders on the other side"
    )


def would_take() -> Rejected:
    """Return the rejection of a post-only order that would take."""
    return Rejected(
        "INVALID_LIMIT_PRICE_POST_ONLY",
        "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
        "post only order would take liquidity",
    )


def too_small() -> Rejected:
    """Return the rejection of an order for less than the smallest base quantity."""
    return _preview("PREVIEW_INVALID_BASE_SIZE_TOO_SMALL", "order size is too small")


def _size(members: Json, name: str) -> Decimal | None:
    value = members.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise _preview("PREVIEW_NON_NUMERIC_ORDER_SIZE", f"{name} must be a plain decimal")
    return Decimal(value)


def _check_sizes_given(ticket: Ticket) -> None:
    if (ticket.base_size is None) == (ticket.quote_size is None):
        raise Rejected(
            "INVALID_REQUEST",
            "PREVIEW_INVALID_ORDER_CONFIG",
            "exactly one of base_size and quote_size is needed",
        )
    if ticket.quote_size is None:
        return
    if not ticket.kind.is_market or ticket.side is Side.SELL:
        raise unsupported("quote_size is for market buys")


def _limited(ticket: Ticket, members: Json) -> Ticket:
    price = members.get("limit_price")
    if not isinstance(price, str) or not _NUMBER.fullmatch(price) or Decimal(price) == 0:
        raise Rejected(
            "INVALID_LIMIT_PRICE", "PREVIEW_INVALID_LIMIT_PRICE", "limit_price must be above 0"
        )
    post_only = members.get("post_only", False)
    if not isinstance(post_only, bool):
        raise invalid("post_only must be true or false")
    return evolve(
        ticket,
        limit_price=Decimal(price),
        post_only=post_only and ticket.kind.rests,
        end_ns=_end(members) if ticket.kind is Kind.LIMIT_GTD else None,
    )


def _end(members: Json) -> int:
    value = members.get("end_time")
    if not isinstance(value, str) or not value:
        raise Rejected(
            "GTD_ORDERS_MUST_HAVE_END_TIME", "PREVIEW_INVALID_END_TIME", "end_time is missing"
        )
    try:
        return parse_iso(value)
    except InvalidNumber as error:
        raise _preview("PREVIEW_INVALID_END_TIME", "end_time must be RFC 3339") from error


def _echo(ticket: Ticket, members: Json) -> Json:
    """Return the configuration as the venue repeats it."""
    given = {
        "quote_size": ticket.quote_size,
        "base_size": ticket.base_size,
        "limit_price": ticket.limit_price,
        "end_time": ticket.end_ns,
    }
    echo: dict[str, Any] = {
        name: members[name] for name, value in given.items() if value is not None
    }
    if ticket.kind.rests:
        echo["post_only"] = ticket.post_only
    else:
        echo["rfq_enabled"] = False
        echo["rfq_disabled"] = members.get("rfq_disabled") is True
    return echo


def _check_gates(ticket: Ticket, flags: ProductFlags) -> None:
    if flags.allows(ticket.action):
        return
    if flags.trading_disabled:
        raise Rejected("TRADING_DISABLED", "PREVIEW_TRADING_DISABLED", "trading is disabled")
    raise Rejected(
        "ORDER_ENTRY_DISABLED",
        "PREVIEW_NOT_ALLOWED_BY_MARKET_STATE",
        "the product does not take this order now",
    )


def _check_steps(ticket: Ticket) -> None:
    product = ticket.product
    price, base, quote = ticket.limit_price, ticket.base_size, ticket.quote_size
    if price is not None and EXACT.remainder(price, product.price_increment) != 0:
        raise Rejected(
            "INVALID_PRICE_PRECISION",
            "PREVIEW_INVALID_PRICE_PRECISION",
            "Too many decimals in order price",
        )
    if base is not None and EXACT.remainder(base, product.base_increment) != 0:
        raise Rejected(
            "INVALID_SIZE_PRECISION",
            "PREVIEW_INVALID_SIZE_PRECISION",
            "Too many decimals in order amount",
        )
    if quote is not None and EXACT.remainder(quote, product.quote_increment) != 0:
        raise _preview("PREVIEW_INVALID_QUOTE_SIZE_PRECISION", "Too many decimals in quote size")


def _check_bounds(ticket: Ticket) -> None:
    product = ticket.product
    if ticket.base_size is not None:
        if ticket.base_size < product.base_min or ticket.base_size == 0:
            raise too_small()
        if ticket.base_size > product.base_max:
            raise _preview("PREVIEW_INVALID_BASE_SIZE_TOO_LARGE", f"above {product.base_max}")
        if ticket.limit_price is not None:
            check_notional(product, EXACT.multiply(ticket.base_size, ticket.limit_price))
    if ticket.quote_size is not None:
        check_notional(product, ticket.quote_size)


def _check_end(ticket: Ticket, now_ns: int) -> None:
    end_ns = ticket.end_ns or 0
    if end_ns <= now_ns:
        raise Rejected(
            "END_TIME_IS_IN_THE_PAST", "PREVIEW_END_TIME_IS_IN_THE_PAST", "end_time has passed"
        )
    if end_ns > now_ns + LONGEST_GTD_NS:
        raise Rejected(
            "END_TIME_TOO_FAR_IN_FUTURE",
            "PREVIEW_END_TIME_TOO_FAR_IN_FUTURE",
            "end_time is more than ten years ahead",
        )


def _preview(reason: str, message: str) -> Rejected:
    return Rejected(UNKNOWN, reason, message)
