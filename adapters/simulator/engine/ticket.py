"""New orders as asked for: from the body of a request to a ticket of typed members."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from adapters.simulator.engine.orders import Kind
from adapters.simulator.engine.rejections import (
    RequestRejected,
    bad_config,
    preview_only,
    unsupported,
)
from adapters.simulator.engine.wire import Json, invalid, text
from domain.model.errors import InvalidNumber
from domain.model.instants import parse_iso
from domain.model.product import Action, Product, ProductId, Side

_NUMBER = re.compile(r"\d{1,15}(\.\d{1,20})?", re.ASCII)
_MAX_ID = 128
_DIRECTIONS = {"STOP_DIRECTION_STOP_UP": True, "STOP_DIRECTION_STOP_DOWN": False}
_ATTACHABLE = Kind.BRACKET_GTC.value


@frozen(kw_only=True)
class Bracket:
    """Where what an order buys is to be sold again: at the limit, or beyond the trigger."""

    limit_price: Decimal
    stop_trigger_price: Decimal

    def members(self) -> dict[str, str]:
        """Return the prices as the wire names them."""
        return {
            "limit_price": text(self.limit_price),
            "stop_trigger_price": text(self.stop_trigger_price),
        }


@frozen(kw_only=True)
class Ticket:
    """A new order as asked for; exactly one of the sizes is given.

    `stop_price` is the stop of a stop-limit order or the trigger of a bracket.
    """

    client_order_id: str
    product: Product
    side: Side
    kind: Kind
    base_size: Decimal | None = None
    quote_size: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_is_above: bool = False
    post_only: bool = False
    end_ns: int | None = None
    bracket: Bracket | None = None
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
        RequestRejected: side, product or configuration are none of this venue's.
    """
    name, members = configuration_of(body)
    product_id, side = required_text(body, "product_id"), required_text(body, "side")
    if side not in (Side.BUY, Side.SELL):
        raise RequestRejected("INVALID_SIDE", "PREVIEW_INVALID_SIDE", "side must be BUY or SELL")
    product = products.get(ProductId(product_id))
    if product is None:
        raise RequestRejected("INVALID_PRODUCT_ID", "PREVIEW_INVALID_PRODUCT_ID", "unknown product")
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
    if kind.is_stop:
        ticket = _stopped(ticket, members)
    elif kind.is_bracket:
        ticket = _bracketed(ticket, members)
    ticket = evolve(ticket, bracket=_attached(ticket, body))
    return evolve(ticket, configuration={kind.value: _echo(ticket, members)})


def plain_number(value: object) -> Decimal | None:
    """Return the decimal in a text without sign and exponent, None if `value` is none."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return None
    return Decimal(value)


def _size(members: Json, name: str) -> Decimal | None:
    value = members.get(name)
    if value is None or value == "":
        return None
    size = plain_number(value)
    if size is None:
        raise preview_only("PREVIEW_NON_NUMERIC_ORDER_SIZE", f"{name} must be a plain decimal")
    return size


def _check_sizes_given(ticket: Ticket) -> None:
    if (ticket.base_size is None) == (ticket.quote_size is None):
        raise bad_config("INVALID_REQUEST", "exactly one of base_size and quote_size is needed")
    if ticket.quote_size is None:
        return
    if ticket.kind.is_bracket:
        raise bad_config("QUOTE_SIZE_NOT_ALLOWED_FOR_BRACKET", "a bracket is sized in base")
    if not ticket.kind.is_market or ticket.side is Side.SELL:
        raise unsupported("quote_size is for market buys")


def _price(members: Json, name: str) -> Decimal | None:
    price = plain_number(members.get(name))
    return price if price else None


def _limited(ticket: Ticket, members: Json) -> Ticket:
    price = _price(members, "limit_price")
    if price is None:
        raise RequestRejected(
            "INVALID_LIMIT_PRICE", "PREVIEW_INVALID_LIMIT_PRICE", "limit_price must be above 0"
        )
    post_only = members.get("post_only", False)
    if not isinstance(post_only, bool):
        raise invalid("post_only must be true or false")
    if post_only and ticket.kind is Kind.LIMIT_FOK:
        raise RequestRejected(
            "POST_ONLY_NOT_ALLOWED_WITH_FOK",
            "PREVIEW_POST_ONLY_NOT_ALLOWED_WITH_FOK",
            "an order that fills at once cannot be post only",
        )
    takes_post_only = ticket.kind in (Kind.LIMIT_GTC, Kind.LIMIT_GTD)
    return evolve(
        ticket,
        limit_price=price,
        post_only=post_only and takes_post_only,
        end_ns=_end(members) if ticket.kind.ends else None,
    )


def _stopped(ticket: Ticket, members: Json) -> Ticket:
    stop = _price(members, "stop_price")
    if stop is None:
        raise preview_only("PREVIEW_INVALID_STOP_PRICE", "stop_price must be above 0")
    direction = members.get("stop_direction")
    if not isinstance(direction, str) or direction not in _DIRECTIONS:
        raise bad_config(
            "INVALID_REQUEST", f"stop_direction must be one of {', '.join(_DIRECTIONS)}"
        )
    return evolve(ticket, stop_price=stop, stop_is_above=_DIRECTIONS[direction])


def _bracketed(ticket: Ticket, members: Json) -> Ticket:
    if ticket.side is Side.BUY:
        raise bad_config("BRACKET_ORDER_NOT_SUPPORTED", "on spot a bracket sells")
    trigger = _price(members, "stop_trigger_price")
    if trigger is None:
        raise bad_config("INVALID_BRACKET_STOP_TRIGGER_PRICE", "stop_trigger_price must be above 0")
    return evolve(ticket, stop_price=trigger)


def _attached(ticket: Ticket, body: Json) -> Bracket | None:
    whole = body.get("attached_order_configuration")
    if whole is None or whole == {}:
        return None
    members = whole.get(_ATTACHABLE) if isinstance(whole, dict) and len(whole) == 1 else None
    if not isinstance(members, dict):
        raise invalid(f"attached_order_configuration must have exactly the key {_ATTACHABLE}")
    attachable = not (ticket.kind.is_stop or ticket.kind.is_bracket)
    if ticket.side is Side.SELL or not attachable:
        raise bad_config("BRACKET_ORDER_NOT_SUPPORTED", "a bracket is attached to a plain buy")
    if members.get("base_size") or members.get("quote_size"):
        raise bad_config("INVALID_REQUEST", "an attached bracket has the size of what is bought")
    limit, trigger = _price(members, "limit_price"), _price(members, "stop_trigger_price")
    if limit is None:
        raise bad_config("INVALID_BRACKET_LIMIT_PRICE", "limit_price must be above 0")
    if trigger is None:
        raise bad_config("INVALID_BRACKET_STOP_TRIGGER_PRICE", "stop_trigger_price must be above 0")
    return Bracket(limit_price=limit, stop_trigger_price=trigger)


def _end(members: Json) -> int:
    value = members.get("end_time")
    if not isinstance(value, str) or not value:
        raise RequestRejected(
            "GTD_ORDERS_MUST_HAVE_END_TIME", "PREVIEW_INVALID_END_TIME", "end_time is missing"
        )
    try:
        return parse_iso(value)
    except InvalidNumber as error:
        raise preview_only("PREVIEW_INVALID_END_TIME", "end_time must be RFC 3339") from error


def _echo(ticket: Ticket, members: Json) -> Json:
    """Return the configuration as the venue repeats it."""
    given = {
        "quote_size": ticket.quote_size,
        "base_size": ticket.base_size,
        "limit_price": ticket.limit_price,
        "stop_trigger_price" if ticket.kind.is_bracket else "stop_price": ticket.stop_price,
        "stop_direction": ticket.stop_price if ticket.kind.is_stop else None,
        "end_time": ticket.end_ns,
    }
    echo: dict[str, Any] = {
        name: members[name] for name, value in given.items() if value is not None
    }
    if ticket.kind in (Kind.LIMIT_GTC, Kind.LIMIT_GTD):
        echo["post_only"] = ticket.post_only
    elif ticket.kind in (Kind.MARKET_IOC, Kind.LIMIT_IOC):
        echo["rfq_enabled"] = False
        echo["rfq_disabled"] = members.get("rfq_disabled") is True
    return echo
