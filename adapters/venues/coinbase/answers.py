"""REST answers from bytes to messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from adapters.venues.coinbase import wire
from adapters.venues.coinbase.values import (
    instant,
    instant_or_none,
    number,
    number_or_zero,
    positive,
    side,
    status,
)
from domain.messages.venue import CancelResult
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND, Nanos
from domain.model.market import Bar, Quote
from domain.model.money import Amount, Price, Quantity, Rate
from domain.model.orders import FillSeen, OrderSeen
from domain.model.portfolio import AccountBalance
from domain.model.product import Product, ProductFlags, ProductId

T = TypeVar("T")
_UNTRADABLE_ACCOUNTS = ("VAULT",)


def reader(form: type[T]) -> Callable[[bytes], T]:
    """Return a function that reads `form` from an answer's body and raises `ProtocolBroken`."""
    decoder = msgspec.json.Decoder(form)

    def read(body: bytes) -> T:
        try:
            return decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ProtocolBroken(f"not an answer of the protocol: {error}") from error

    return read


read_orders = reader(wire.OrdersPage)
read_fills = reader(wire.FillsPage)
read_accounts = reader(wire.AccountsPage)
read_products = reader(wire.ProductsPage)
read_candles = reader(wire.CandlesAnswer)
read_quotes = reader(wire.QuotesAnswer)
read_fees = reader(wire.FeesAnswer)
read_permissions = reader(wire.PermissionsAnswer)
read_cancels = reader(wire.CancelsAnswer)


def next_cursor(has_next: bool, cursor: str) -> str:
    """Return where a listing goes on, "" if it does not.

    Raises:
        ProtocolBroken: there is more but the answer does not say where; such a list is not whole.
    """
    if has_next and not cursor:
        raise ProtocolBroken("expected a cursor with has_next, was none: the list is not whole")
    return cursor if has_next else ""


def order(form: wire.OrderForm) -> OrderSeen:
    """Return an order of a listing."""
    return OrderSeen(
        order_id=form.order_id,
        client_order_id=form.client_order_id,
        product=ProductId(form.product_id),
        side=side(form.side),
        status=status(form.status),
        filled=Quantity(number_or_zero(form.filled_size)),
        created_ns=instant_or_none(form.created_time),
        quantity=_asked(form.order_configuration),
    )


def _asked(configuration: Any) -> Quantity | None:
    """Return the base quantity that was asked for, None where the order does not show one."""
    try:
        (form,) = configuration.values()
        return Quantity(positive(form["base_size"]))
    except (AttributeError, ValueError, TypeError, KeyError, ProtocolBroken):
        return None


def fill(form: wire.FillForm) -> FillSeen:
    """Return a fill in base currency.

    Raises:
        ProtocolBroken: it is no plain fill; corrections of the past need a person.
    """
    if form.trade_type != "FILL":
        raise ProtocolBroken(
            f"order {form.order_id} has a fill of type {form.trade_type[:40]!r}, expected FILL: "
            "look at the venue's statement"
        )
    price = positive(form.price)
    size = positive(form.size)
    return FillSeen(
        entry_id=form.entry_id or f"{form.order_id}:{form.trade_id}",
        order_id=form.order_id,
        product=ProductId(form.product_id),
        side=side(form.side),
        price=Price(price),
        quantity=Quantity(size / price if form.size_in_quote else size),
        fee=Amount(number_or_zero(form.commission)),
        is_maker=form.liquidity_indicator == "MAKER",
        at_ns=instant(form.trade_time),
    )


def balance(form: wire.AccountForm) -> AccountBalance | None:
    """Return what a wallet holds, None if it can't trade."""
    if form.type.endswith(_UNTRADABLE_ACCOUNTS):
        return None
    available, hold = number(form.available_balance.value), number(form.hold.value)
    return AccountBalance(form.currency, available, hold)


def merged(balances: Iterable[AccountBalance]) -> tuple[AccountBalance, ...]:
    """Return one balance a currency."""
    totals: dict[str, AccountBalance] = {}
    for each in balances:
        before = totals.get(each.currency)
        if before is not None:
            available, hold = before.available + each.available, before.hold + each.hold
            each = AccountBalance(each.currency, available, hold)
        totals[each.currency] = each
    return tuple(totals.values())


def product(form: wire.ProductForm) -> Product | None:
    """Return a product, None if it is not spot or lacks a step or a limit: nothing is guessed."""
    base, quote = form.base_currency_id, form.quote_currency_id
    limits = (form.base_min_size, form.base_max_size, form.quote_min_size, form.quote_max_size)
    steps = (form.price_increment or form.quote_increment, form.base_increment)
    texts = (*steps, form.quote_increment, *limits)
    if form.product_type != "SPOT" or not all((base, quote, *texts)):
        return None
    price_increment, base_increment, quote_increment = (positive(text) for text in texts[:3])
    base_min, base_max, quote_min, quote_max = (number(text) for text in limits)
    return Product(
        id=ProductId(form.product_id),
        base=base,
        quote=quote,
        price_increment=price_increment,
        base_increment=base_increment,
        quote_increment=quote_increment,
        base_min=base_min,
        base_max=base_max,
        quote_min=quote_min,
        quote_max=quote_max,
        flags=_flags(form),
    )


def _flags(form: wire.ProductForm) -> ProductFlags:
    return ProductFlags(
        status=form.status,
        is_disabled=form.is_disabled,
        trading_disabled=form.trading_disabled,
        cancel_only=form.cancel_only,
        limit_only=form.limit_only,
        post_only=form.post_only,
        auction_mode=form.auction_mode,
        view_only=form.view_only,
    )


def bar(product_id: ProductId, form: wire.CandleForm) -> Bar:
    """Return a candle as a bar."""
    return Bar(
        product_id,
        Nanos(_whole(form.start) * SECOND),
        Price(positive(form.open)),
        Price(positive(form.high)),
        Price(positive(form.low)),
        Price(positive(form.close)),
        Quantity(number_or_zero(form.volume)),
    )


def quotes(body: bytes) -> tuple[Quote, ...]:
    """Return best bids and asks; a product with an empty side has no quote."""
    found = []
    for book in read_quotes(body).pricebooks:
        if not book.bids or not book.asks:
            continue
        bid, ask, at_ns = book.bids[0], book.asks[0], instant(book.time)
        found.append(
            Quote(
                ProductId(book.product_id),
                Price(positive(bid.price)),
                Quantity(number(bid.size)),
                Price(positive(ask.price)),
                Quantity(number(ask.size)),
                at_ns,
                at_ns,
            )
        )
    return tuple(found)


def fees(body: bytes) -> tuple[Rate, Rate]:
    """Return the account's maker and taker rates.

    Raises:
        ProtocolBroken: a rate is no fraction below one.
    """
    tier = read_fees(body).fee_tier
    maker, taker = number(tier.maker_fee_rate), number(tier.taker_fee_rate)
    if not (-1 < maker < 1 and 0 <= taker < 1):
        raise ProtocolBroken(f"expected fee rates as fractions, were {maker} and {taker}")
    return Rate(maker), Rate(taker)


def cancel_results(body: bytes) -> tuple[CancelResult, ...]:
    """Return the answers for single order ids."""
    return tuple(
        CancelResult(form.order_id, form.success, form.failure_reason)
        for form in read_cancels(body).results
    )


def complaint(status_code: int, body: bytes) -> str:
    """Return what an HTTP error says, short and on one line; the body may be anything."""
    try:
        document: Any = msgspec.json.decode(body)
        text = document.get("message") or document.get("error") or ""
        error = document.get("error") or ""
        detail = f"{error}: {text}" if error and error != text else str(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, AttributeError):
        detail = body[:60].decode("utf-8", "replace")
    line = " ".join(detail.split())[:160]
    return f"HTTP {status_code} {line}".rstrip()


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ProtocolBroken(f"expected a whole number, was {text[:40]!r}")
    return int(text)
