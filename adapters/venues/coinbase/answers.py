"""REST answers from bytes to messages."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from attrs import frozen

from adapters.venues.coinbase import wire
from adapters.venues.coinbase.aliases import Listing
from adapters.venues.coinbase.entries import UNDECODABLE, EachEntry, each, each_whole, member
from adapters.venues.coinbase.flags import flags_of
from adapters.venues.coinbase.values import (
    instant,
    instant_or_none,
    not_negative,
    number,
    number_from_zero,
    number_or_zero,
    positive,
    side,
    status,
    text,
)
from domain.messages.venue import CancelResult
from domain.model.entries import EntryKind, NotOurs
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND, Nanos
from domain.model.market import Bar, Quote
from domain.model.money import Amount, Price, Quantity, Rate
from domain.model.orders import FillSeen, OrderSeen
from domain.model.portfolio import AccountBalance
from domain.model.product import Product, ProductId

T = TypeVar("T")
_OTHER_PRODUCTS = ("FUTURE", "UNKNOWN_PRODUCT_TYPE")
_SPOT_WALLETS = ("ACCOUNT_TYPE_FIAT", "ACCOUNT_TYPE_CRYPTO", "FIAT", "CRYPTO")
_SPOT_PLATFORMS = ("", "ACCOUNT_PLATFORM_CONSUMER")
VOLUMES_APART = 10
"""How many times one of the two volumes of a product may be the other: prices move in a day."""

# No part can match what the next one does: a hostile page must not keep a request's thread busy.
_TITLE = re.compile(r"<title[^<>]*>([^<]*)</title", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_PAGE_BYTES = 16_384
"""How far a page is looked through for its title."""


@frozen
class Wallet:
    """A wallet that can pay for spot; `uuid` is its identity, "" in older payloads."""

    uuid: str
    balance: AccountBalance


def reader(form: type[T]) -> Callable[[bytes], T]:
    """Return a function that reads `form` from an answer's body and raises `ProtocolBroken`."""
    decoder = msgspec.json.Decoder(form)

    def read(body: bytes) -> T:
        try:
            return decoder.decode(body)
        except UNDECODABLE as error:
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
read_preview = reader(wire.PreviewAnswer)
read_cancels = reader(wire.CancelsAnswer)


def next_cursor(has_next: bool, cursor: str | None) -> str:
    """Return where a listing goes on, "" if it does not.

    Raises:
        ProtocolBroken: there is more but the answer does not say where; such a list is not whole.
    """
    if has_next and not cursor:
        raise ProtocolBroken("expected a cursor with has_next, was none: the list is not whole")
    return cursor or "" if has_next else ""


def order(form: wire.OrderForm) -> OrderSeen:
    """Return an order of a listing."""
    return OrderSeen(
        order_id=member("order_id", text, form.order_id),
        client_order_id=member("client_order_id", text, form.client_order_id),
        product=ProductId(member("product_id", text, form.product_id)),
        side=member("side", side, form.side),
        status=status(form.status),
        filled=Quantity(member("filled_size", not_negative, form.filled_size)),
        created_ns=member("created_time", instant_or_none, form.created_time),
        quantity=_asked(form.order_configuration),
    )


def _asked(configuration: Any) -> Quantity | None:
    """Return the base quantity that was asked for, None where the order does not show one."""
    try:
        (form,) = configuration.values()
        return Quantity(positive(form["base_size"]))
    except (AttributeError, ValueError, TypeError, KeyError, ProtocolBroken):
        return None


def order_ids(form: wire.OrderIds) -> tuple[str, str]:
    """Return order id and client order id."""
    order_id = member("order_id", text, form.order_id)
    return order_id, member("client_order_id", text, form.client_order_id)


def fill(form: wire.FillForm) -> FillSeen:
    """Return a fill in base currency.

    Raises:
        ProtocolBroken: it is no plain fill; corrections of the past need a person.
    """
    if form.trade_type != "FILL":
        raise ProtocolBroken(
            "trade_type: expected FILL (look at the venue's statement), was"
            f" {form.trade_type[:40]!r}"
        )
    price = member("price", positive, form.price)
    size = member("size", positive, form.size)
    trade = form.trade_id and f"{form.order_id}:{form.trade_id}"
    return FillSeen(
        entry_id=member("entry_id", text, form.entry_id or trade),
        order_id=member("order_id", text, form.order_id),
        product=ProductId(member("product_id", text, form.product_id)),
        side=member("side", side, form.side),
        price=Price(price),
        quantity=Quantity(size / price if form.size_in_quote else size),
        fee=Amount(member("commission", number_or_zero, form.commission)),
        is_maker=form.liquidity_indicator == "MAKER",
        at_ns=member("trade_time", instant, form.trade_time),
    )


def balance(form: wire.AccountForm) -> Wallet:
    """Return what a wallet holds.

    Raises:
        NotOurs: what is in it can't buy spot.
    """
    if form.type and form.type not in _SPOT_WALLETS:
        raise NotOurs(f"a wallet of type {form.type[:40]} is no money for spot")
    if form.platform not in _SPOT_PLATFORMS:
        raise NotOurs(f"a wallet at {form.platform[:40]} is no money for spot")
    if not (form.active and form.ready):
        raise NotOurs("the wallet is not active and ready")
    available = member("available_balance", number, form.available_balance.value)
    hold = member("hold", not_negative, form.hold.value)
    currency = member("currency", text, form.currency)
    return Wallet(form.uuid, AccountBalance(currency, available, hold))


def merged(wallets: Iterable[Wallet]) -> tuple[AccountBalance, ...]:
    """Return one balance a currency; a wallet that the venue lists twice counts once."""
    once = {wallet.uuid or place: wallet for place, wallet in enumerate(wallets)}
    totals: dict[str, AccountBalance] = {}
    for wallet in once.values():
        each_one = wallet.balance
        before = totals.get(each_one.currency)
        if before is not None:
            available, hold = before.available + each_one.available, before.hold + each_one.hold
            each_one = AccountBalance(each_one.currency, available, hold)
        totals[each_one.currency] = each_one
    return tuple(totals.values())


def product(form: wire.ProductForm, said: Mapping[str, Any]) -> Listing | None:
    """Return a product as it is listed, None if it is not spot; `said` is all that is said of it.

    Raises:
        ProtocolBroken: it lacks a step or a limit: nothing is guessed.
    """
    if form.product_type in _OTHER_PRODUCTS:
        return None
    if form.product_type != "SPOT":
        raise ProtocolBroken("product_type: expected SPOT or FUTURE")
    has_own_step = form.price_increment != ""
    price_step = form.price_increment if has_own_step else form.quote_increment
    found = Product(
        id=ProductId(member("product_id", text, form.product_id)),
        base=member("base_currency_id", text, form.base_currency_id),
        quote=member("quote_currency_id", text, form.quote_currency_id),
        price_increment=member("price_increment", positive, price_step),
        base_increment=member("base_increment", positive, form.base_increment),
        quote_increment=member("quote_increment", positive, form.quote_increment),
        base_min=member("base_min_size", number_from_zero, form.base_min_size),
        base_max=member("base_max_size", positive, form.base_max_size),
        quote_min=member("quote_min_size", number_from_zero, form.quote_min_size),
        quote_max=member("quote_max_size", positive, form.quote_max_size),
        flags=flags_of({"status": "", **said}),
        volume_24h=_volume(form),
        alias=form.alias or "",
    )
    return Listing(found, form.alias or "")


def _volume(form: wire.ProductForm) -> Decimal | None:
    """Return the 24 h volume in quote currency, None where it can't be read or can't be.

    The venue says it twice, in base and in quote currency; a number in the wrong one of the two
    is off by the price.
    """
    try:
        volume = number_from_zero(form.approximate_quote_24h_volume)
        base, price = number_from_zero(form.volume_24h), positive(form.price)
    except (ProtocolBroken, TypeError, AttributeError):
        return None
    worth = base * price
    is_like = worth <= volume * VOLUMES_APART and volume <= worth * VOLUMES_APART
    return volume if is_like else None


def bar(product_id: ProductId, form: wire.CandleForm) -> Bar:
    """Return a candle as a bar.

    Raises:
        ProtocolBroken: it is none, or contradicts itself.
    """
    found = Bar(
        product_id,
        Nanos(member("start", _whole, form.start) * SECOND),
        Price(member("open", positive, form.open)),
        Price(member("high", positive, form.high)),
        Price(member("low", positive, form.low)),
        Price(member("close", positive, form.close)),
        Quantity(member("volume", not_negative, form.volume)),
    )
    if not found.is_consistent:
        raise ProtocolBroken("expected high and low to hold open and close between them")
    return found


def quote(form: wire.PriceBook) -> Quote | None:
    """Return best bid and ask, None with an empty side: there is no quote."""
    if not form.bids or not form.asks:
        return None
    bid, ask = form.bids[0], form.asks[0]
    at_ns = member("time", instant, form.time)
    return Quote(
        ProductId(member("product_id", text, form.product_id)),
        Price(member("bids", positive, bid.price)),
        Quantity(member("bids", positive, bid.size)),
        Price(member("asks", positive, ask.price)),
        Quantity(member("asks", positive, ask.size)),
        at_ns,
        at_ns,
    )


def fees(body: bytes) -> tuple[Rate, Rate]:
    """Return the account's maker and taker rates.

    Raises:
        ProtocolBroken: a rate is no fraction below one.
    """
    tier = read_fees(body).fee_tier
    maker = member("maker_fee_rate", number, tier.maker_fee_rate)
    taker = member("taker_fee_rate", number, tier.taker_fee_rate)
    if not (-1 < maker < 1 and 0 <= taker < 1):
        raise ProtocolBroken(f"expected fee rates as fractions, were {maker} and {taker}")
    return Rate(maker), Rate(taker)


def previewed(body: bytes) -> tuple[str, ...]:
    """Return what the venue has against an order, in its words; nothing: it would take it.

    Raises:
        ProtocolBroken: it does not say.
    """
    errors = read_preview(body).errs
    return tuple(each if isinstance(each, str) else repr(each)[:80] for each in errors)


def cancel_result(form: wire.CancelForm) -> CancelResult:
    """Return the answer for a single order id."""
    order_id = member("order_id", text, form.order_id)
    return CancelResult(order_id, form.success, form.failure_reason or "")


order_ids_in = each(EntryKind.ORDER, wire.OrderIds, order_ids)
orders_in = each(EntryKind.ORDER, wire.OrderForm, order)
fills_in = each(EntryKind.FILL, wire.FillForm, fill)
wallets_in = each(EntryKind.WALLET, wire.AccountForm, balance)
products_in = each_whole(EntryKind.PRODUCT, wire.ProductForm, product)
quotes_in = each(EntryKind.QUOTE, wire.PriceBook, quote)
cancels_in = each(EntryKind.CANCEL, wire.CancelForm, cancel_result)


def candles_of(product_id: ProductId) -> EachEntry[Bar]:
    """Return what reads candles of one product, which they do not name themselves."""
    return each(EntryKind.CANDLE, wire.CandleForm, lambda form: bar(product_id, form))


UNAUTHORIZED, FORBIDDEN = 401, 403
SCOPES = b"Missing required scopes"


def complaint(status_code: int, body: bytes) -> str:
    """Return what an HTTP error says, short and on one line; the body may be anything."""
    try:
        document: Any = msgspec.json.decode(body)
        said = document.get("message") or document.get("error") or ""
        error = document.get("error") or ""
        detail = f"{error}: {said}" if error and error != said else str(said)
    except (*UNDECODABLE, AttributeError):
        detail = _words_of(body)
    line = " ".join(detail.split())[:160]
    return f"HTTP {status_code} {line}".rstrip()


def refused_question(status_code: int, body: bytes) -> str:
    """Return what an HTTP error says to a question, with what it means of the key, if it does."""
    told = complaint(status_code, body)
    if status_code == FORBIDDEN and SCOPES in body:
        return f"{told}: the key lacks a right; create one that may view and trade"
    if status_code == UNAUTHORIZED:
        return (
            f"{told}: the venue does not accept the key; is it revoked, bound to other addresses, "
            "or this machine's clock wrong?"
        )
    return told


def _words_of(body: bytes) -> str:
    """Return what a body that is no JSON says: a page by its title, anything by its beginning."""
    text = body[:_PAGE_BYTES].decode("utf-8", "replace")
    if not text.lstrip().startswith("<"):
        return text[:60]
    title = _TITLE.search(text)
    shown = _TAG.sub(" ", text) if title is None else title[1]
    return html.unescape(shown.strip()[:60])


def _whole(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and 0 < len(digits.lstrip("0")) <= 11):
        raise ProtocolBroken(f"expected seconds since 1970, was {digits[:40]!r}")
    return int(digits)
