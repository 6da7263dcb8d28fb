"""The reader's law: an odd entry costs nobody but itself, kills nobody, and is never silent.

Generated from the forms of the wire: whatever member a form has is made absent, null, empty, zero,
negative, huge, no number, of another type, of a word that nobody knows. A form that no reader here
reads fails the test of completeness, so that a new one is covered the day it is written.
"""

from __future__ import annotations

import copy
import inspect
import json
import typing
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any

import msgspec
import pytest
from attrs import evolve, frozen

from actors.kernel.envelope import ReplyTo
from adapters.sentinel.gateway import Gateway
from adapters.simulator.market_data.raw import catalogue
from adapters.simulator.market_data.readers import bars_in, changes_in, trades_in
from adapters.venues.coinbase import codec, wire
from adapters.venues.coinbase.answers import previewed
from adapters.venues.coinbase.auth import load_key_file
from adapters.venues.coinbase.server_time import time_in
from domain.messages.conversion import (
    ConversionAnswered,
    ConversionQuoted,
    ConversionRequest,
    ConversionShown,
    QuoteRequest,
)
from domain.messages.market import (
    BookChanged,
    BookLost,
    MarketFrame,
    ProductStatusSeen,
    TradesPrinted,
)
from domain.messages.venue import UserFrame
from domain.model.conversion import Conversion, ConversionSeen, ConversionState
from domain.model.entries import Entries
from domain.model.errors import ProtocolBroken
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos, iso
from domain.model.money import Amount
from tests.builders.messages import BTC, NOW
from tests.builders.recorded import BTC_FORM
from tests.builders.sentinel import as_json, key_file, small_venue
from tests.fakes.inbox import ME
from tests.fakes.scripted_venue import ScriptedVenue

pytestmark = pytest.mark.req("E2", "REC1", "K1")

ABSENT = object()
VALUES: tuple[Any, ...] = (
    ABSENT,
    None,
    "",
    0,
    "0",
    -1,
    "-1",
    10**60,
    "1e400",
    "1e-400",
    "9" * 5000,
    "NaN",
    "Infinity",
    7.5,
    True,
    "true",
    [],
    [None],
    {},
    {"value": 1},
    "A_WORD_THAT_NOBODY_KNOWS",
    "\u202e\x00\x1b[2J",
)
NO_ENTRIES: tuple[Any, ...] = (None, 7, "text", [], {})
"""What stands where an entry should."""
WHEN = iso(NOW)
Entry = dict[str, Any]
Path_ = tuple[str | int, ...]


# From the forms of the wire to odd entries.


def members(form: type, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the place of each member, those of parts included."""
    for field in msgspec.structs.fields(form):
        place = (*path, field.encode_name)
        yield place
        part, is_list = part_of(field.type)
        if part is not None:
            yield from members(part, (*place, 0) if is_list else place)


def part_of(kind: Any) -> tuple[type | None, bool]:
    """Return the form inside a type, and whether it stands in a list."""
    if inspect.isclass(kind) and issubclass(kind, msgspec.Struct):
        return kind, False
    inner = [part_of(each)[0] for each in typing.get_args(kind)]
    found = next((each for each in inner if each is not None), None)
    is_union = typing.get_origin(kind) in (typing.Union, UnionType)
    return found, found is not None and not is_union


def changed(entry: Entry, place: Path_, value: Any) -> Entry:
    """Return `entry` with another value at `place`."""
    odd = copy.deepcopy(entry)
    at: Any = odd
    for step in place[:-1]:
        at = at[step]
    if value is ABSENT:
        at.pop(place[-1], None)
    else:
        at[place[-1]] = value
    return odd


def oddities(form: type, entry: Entry) -> Iterator[tuple[str, Any]]:
    """Yield a name and an odd entry for everything that may be wrong with it."""
    for place in members(form):
        for value in VALUES:
            said = "absent" if value is ABSENT else repr(value)[:30]
            yield f"{'.'.join(map(str, place))}={said}", changed(entry, place, value)
    for value in NO_ENTRIES:
        yield f"entry={value!r}", value


# Readers of lists by REST.


@frozen(kw_only=True)
class ListReader:
    """A question of the client: its entries, and which of them an answer tells of."""

    form: type
    page: type
    entries: str
    good: Callable[[int], Entry]
    ask: Callable[[Any, int, ReplyTo], None]
    seen: Callable[[Any], set[str]]
    may_be_silent: tuple[str, ...] = ()
    """Places at which a value says that there is nothing to read."""


def an_order(number: int) -> Entry:
    return {
        "order_id": f"o-{number}",
        "client_order_id": f"c-{number}",
        "product_id": "BTC-USD",
        "side": "BUY",
        "status": "OPEN",
        "filled_size": "0.5",
        "created_time": WHEN,
    }


def a_fill(number: int) -> Entry:
    return {
        "entry_id": f"e-{number}",
        "trade_id": f"t-{number}",
        "order_id": f"o-{number}",
        "trade_time": WHEN,
        "trade_type": "FILL",
        "price": "100",
        "size": "2",
        "commission": "0.1",
        "product_id": "BTC-USD",
        "liquidity_indicator": "TAKER",
        "size_in_quote": False,
        "side": "BUY",
    }


def a_wallet(number: int) -> Entry:
    return {
        "uuid": f"w-{number}",
        "currency": f"C{number}",
        "available_balance": {"value": "1", "currency": f"C{number}"},
        "hold": {"value": "0.5", "currency": f"C{number}"},
        "type": "ACCOUNT_TYPE_CRYPTO",
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
        "active": True,
        "ready": True,
    }


def a_product(number: int) -> Entry:
    flags = ("is_disabled", "trading_disabled", "cancel_only", "limit_only", "post_only")
    return {
        **BTC_FORM,
        "product_id": f"C{number}-USD",
        "base_currency_id": f"C{number}",
        "product_type": "SPOT",
        "status": "online",
        **dict.fromkeys((*flags, "auction_mode", "view_only"), False),
    }


def a_candle(number: int) -> Entry:
    prices = {"open": "2", "high": "3", "low": "1", "close": "2.5", "volume": "7"}
    return {"start": str((NOW - (10 - number) * MINUTE) // SECOND), **prices}


def a_book(number: int) -> Entry:
    level = {"price": "100", "size": "1"}
    other = {"price": "101", "size": "1"}
    return {"product_id": f"C{number}-USD", "bids": [level], "asks": [other], "time": WHEN}


def names(attribute: str, member: str) -> Callable[[Any], set[str]]:
    return lambda answer: {str(getattr(each, member)) for each in getattr(answer, attribute)}


def list_orders(client: Any, token: int, me: ReplyTo) -> None:
    client.list_orders(since_ns=None, is_live_only=False, token=token, reply_to=me)


def list_live_orders(client: Any, token: int, me: ReplyTo) -> None:
    client.list_orders(since_ns=None, is_live_only=True, token=token, reply_to=me)


def list_fills(client: Any, token: int, me: ReplyTo) -> None:
    client.list_fills(since_ns=None, order_ids=(), token=token, reply_to=me)


def list_candles(client: Any, token: int, me: ReplyTo) -> None:
    start_ns, end_ns = Nanos(NOW - 20 * MINUTE), Nanos(NOW)
    client.list_candles(BTC, Nanos(MINUTE), start_ns, end_ns, token, me)


def cancel(client: Any, token: int, me: ReplyTo) -> None:
    client.cancel(("o-1", "o-2", "o-3"), token, me)


LISTS = {
    "orders": ListReader(
        form=wire.OrderForm,
        page=wire.OrdersPage,
        entries="orders",
        good=an_order,
        ask=list_orders,
        seen=names("orders", "order_id"),
    ),
    "live orders": ListReader(
        form=wire.OrderForm,
        page=wire.OrdersPage,
        entries="orders",
        good=an_order,
        ask=list_live_orders,
        seen=names("orders", "order_id"),
    ),
    "fills": ListReader(
        form=wire.FillForm,
        page=wire.FillsPage,
        entries="fills",
        good=a_fill,
        ask=list_fills,
        seen=names("fills", "order_id"),
    ),
    "accounts": ListReader(
        form=wire.AccountForm,
        page=wire.AccountsPage,
        entries="accounts",
        good=a_wallet,
        ask=lambda client, token, me: client.list_accounts(token, me),
        seen=names("accounts", "currency"),
    ),
    "products": ListReader(
        form=wire.ProductForm,
        page=wire.ProductsPage,
        entries="products",
        good=a_product,
        ask=lambda client, token, me: client.list_products(token, me),
        seen=names("products", "id"),
    ),
    "candles": ListReader(
        form=wire.CandleForm,
        page=wire.CandlesAnswer,
        entries="candles",
        good=a_candle,
        ask=list_candles,
        seen=names("bars", "start_ns"),
    ),
    "quotes": ListReader(
        form=wire.PriceBook,
        page=wire.QuotesAnswer,
        entries="pricebooks",
        good=a_book,
        ask=lambda client, token, me: client.list_quotes((BTC,), token, me),
        seen=names("quotes", "product"),
        may_be_silent=("bids=[]", "asks=[]"),
    ),
    "cancels": ListReader(
        form=wire.CancelForm,
        page=wire.CancelsAnswer,
        entries="results",
        good=lambda number: {"success": True, "order_id": f"o-{number}", "failure_reason": ""},
        ask=cancel,
        seen=names("results", "order_id"),
    ),
}


def answered(reader: ListReader, page: Entry) -> tuple[Any, int]:
    """Return the answer to a question about `page`, and how many entries it leaves out."""
    venue = ScriptedVenue(lambda *_: (200, json.dumps(page).encode()))
    reader.ask(venue.client, 7, ME)
    venue.time.run()
    (answer,) = venue.inbox.messages
    return answer, sum(each.fresh for each in venue.told)


@cache
def told_of(name: str, number: int) -> frozenset[str]:
    """Return what an answer says of the good entry of that number."""
    reader = LISTS[name]
    answer, told = answered(reader, {reader.entries: [reader.good(number)]})
    assert (answer.failure, told) == (None, 0)
    found = frozenset(reader.seen(answer))
    assert len(found) == 1
    return found


@pytest.mark.parametrize("name", LISTS)
def test_an_odd_entry_of_a_list_is_read_or_left_out_alone_and_told(name: str) -> None:
    reader = LISTS[name]
    good = told_of(name, 1) | told_of(name, 3)
    wrong = []
    for what, odd in oddities(reader.form, reader.good(2)):
        answer, told = answered(reader, {reader.entries: [reader.good(1), odd, reader.good(3)]})
        seen = reader.seen(answer)
        has_all_others = answer.failure is None and good <= seen
        is_accounted = bool(seen - good or told or what in reader.may_be_silent)
        if not (has_all_others and is_accounted):
            wrong.append((what, answer))
    assert wrong == []


@pytest.mark.parametrize("name", LISTS)
def test_an_entry_that_is_listed_twice_or_in_another_order_counts_the_same(name: str) -> None:
    reader = LISTS[name]
    entries = [reader.good(number) for number in (1, 2, 3)]
    plain, _ = answered(reader, {reader.entries: entries})
    repeated, _ = answered(reader, {reader.entries: [*entries, entries[1], *reversed(entries)]})
    mixed, told = answered(reader, {reader.entries: [entries[1], entries[2], entries[0]]})
    assert reader.seen(plain) == reader.seen(repeated) == reader.seen(mixed)
    assert told == 0
    if name == "accounts":
        assert set(repeated.accounts) == set(plain.accounts), "a wallet counted twice"


@pytest.mark.parametrize("name", LISTS)
def test_an_odd_page_is_read_or_a_failure_and_never_an_empty_list(name: str) -> None:
    reader = LISTS[name]
    ends = {"has_next": False, "cursor": "", "pagination": {"has_next": False, "next_cursor": ""}}
    page = {reader.entries: [reader.good(1)], **ends}
    for what, odd in oddities(reader.page, page):
        body = {**ends, **odd} if isinstance(odd, dict) and odd else {**ends, reader.entries: odd}
        if body.get(reader.entries) == []:
            continue
        if body.get("has_next") is True or body["pagination"] == {
            "has_next": True,
            "next_cursor": "",
        }:
            continue  # it says that there is more: the paginator's own claims
        answer, told = answered(reader, body)
        assert answer.failure is not None or reader.seen(answer) or told, what


# Readers of single answers.

SINGLE: dict[str, tuple[type, Entry, Callable[[Any, int, ReplyTo], None]]] = {
    "fees": (
        wire.FeesAnswer,
        {"fee_tier": {"maker_fee_rate": "0.006", "taker_fee_rate": "0.012"}},
        lambda client, token, me: client.read_fees(token, me),
    ),
    "permissions": (
        wire.PermissionsAnswer,
        {"can_view": True, "can_trade": True, "can_transfer": False, "portfolio_uuid": "p"},
        lambda client, token, me: client.read_permissions(token, me),
    ),
}


@pytest.mark.parametrize("name", SINGLE)
def test_an_odd_answer_is_read_or_says_what_is_wrong_with_it(name: str) -> None:
    form, good, ask = SINGLE[name]
    for what, odd in oddities(form, good):
        body = json.dumps(odd).encode()
        venue = ScriptedVenue(lambda *_, body=body: (200, body))
        ask(venue.client, 7, ME)
        venue.time.run()
        (answer,) = venue.inbox.messages
        assert answer.failure is None or "not understood" not in answer.failure, what
        if name == "fees" and answer.failure is None:
            assert -1 < answer.maker < 1, what
            assert 0 <= answer.taker < 1, what


A_TIME = {"iso": "", "epochSeconds": "1795350565", "epochMillis": "1795350565123"}


@pytest.mark.req("TIME1")
def test_an_odd_time_is_none_of_the_venue() -> None:
    for what, odd in oddities(wire.TimeAnswer, A_TIME):
        try:
            told_ns = time_in(json.dumps(odd).encode())
        except ProtocolBroken:
            continue
        assert str(told_ns // MILLISECOND) == odd["epochMillis"].lstrip("0") or told_ns == 0, what


A_PREVIEW = {"errs": [], "order_total": "1"}


def test_an_odd_preview_is_no_yes() -> None:
    for what, odd in oddities(wire.PreviewAnswer, A_PREVIEW):
        try:
            against = previewed(json.dumps(odd).encode())
        except ProtocolBroken:
            continue
        assert odd["errs"] == [] or len(against) == len(odd["errs"]), what


# Readers of frames.


def frame(channel: str, *events: Any, **more: Any) -> bytes:
    document = {"channel": channel, "timestamp": WHEN, "sequence_num": 0, "events": events}
    return json.dumps({**document, **more}).encode()


def a_change(number: int) -> Entry:
    level = {"side": "bid", "price_level": "100", "new_quantity": "1"}
    return {"type": "update", "product_id": f"C{number}-USD", "updates": [level]}


def a_public_trade(number: int) -> Entry:
    said = {"price": "100", "size": "1", "side": "BUY", "time": WHEN}
    return {"trade_id": f"t-{number}", "product_id": "BTC-USD", **said}


def a_user_order(number: int) -> Entry:
    return {
        "order_id": f"o-{number}",
        "client_order_id": f"c-{number}",
        "product_id": "BTC-USD",
        "status": "OPEN",
        "order_side": "BUY",
        "cumulative_quantity": "0",
        "creation_time": WHEN,
    }


def market(data: bytes) -> MarketFrame:
    decoded = codec.decode_market(data, 1)
    assert isinstance(decoded, MarketFrame)
    return decoded


def test_an_odd_change_costs_its_own_book_and_no_other() -> None:
    for what, odd in oddities(wire.BookEvent, a_change(2)):
        try:
            seen = market(frame("l2_data", a_change(1), odd, a_change(3)))
        except ProtocolBroken:
            name = odd.get("product_id") if isinstance(odd, dict) else None
            assert not (isinstance(name, str) and name.isprintable() and name), what
            continue  # nobody knows which book it was: all of them are asked for anew
        changes = {each.product for each in seen.events if isinstance(each, BookChanged)}
        lost = [each.product for each in seen.events if isinstance(each, BookLost)]
        assert {"C1-USD", "C3-USD"} <= changes, what
        assert len(seen.events) == 3, what
        assert len(lost) == len(seen.unread), what


def test_an_odd_trade_is_left_out_alone_and_counted() -> None:
    for what, odd in oddities(wire.PublicTrade, a_public_trade(2)):
        trades = [a_public_trade(3), odd, a_public_trade(1)]
        seen = market(frame("market_trades", {"type": "update", "trades": trades}))
        (event,) = seen.events
        assert isinstance(event, TradesPrinted), what
        read = {trade.trade_id for trade in event.trades}
        assert {"t-1", "t-3"} <= read, what
        assert len(read) + len(seen.unread) == 3, what


def a_status(number: int) -> Entry:
    return {"id": f"C{number}-USD", "status": "online", "status_message": ""}


def test_an_odd_product_of_the_status_channel_is_left_out_alone_and_counted() -> None:
    for what, odd in oddities(wire.ProductStatus, a_status(2)):
        products = [a_status(1), odd, a_status(3)]
        seen = market(frame("status", {"type": "snapshot", "products": products}))
        told = {each.product for each in seen.events if isinstance(each, ProductStatusSeen)}
        assert {"C1-USD", "C3-USD"} <= told, what
        assert len(seen.events) + len(seen.unread) == 3, what


def test_an_odd_order_of_the_user_stream_is_left_out_alone_and_counted() -> None:
    for what, odd in oddities(wire.UserOrder, a_user_order(2)):
        orders = [a_user_order(1), odd, a_user_order(3)]
        seen = codec.decode_user(frame("user", {"type": "update", "orders": orders}), 1)
        assert isinstance(seen, UserFrame)
        read = [order.order_id for order in seen.orders]
        assert {"o-1", "o-3"} <= set(read), what
        assert len(read) + len(seen.unread) == 3, what


EVENTS: dict[str, tuple[type, Entry]] = {
    "market_trades": (wire.TradesEvent, {"type": "update", "trades": [a_public_trade(1)]}),
    "status": (wire.StatusEvent, {"type": "snapshot", "products": [a_status(1)]}),
    "heartbeats": (wire.HeartbeatEvent, {"heartbeat_counter": 7}),
    "subscriptions": (wire.SubscriptionsEvent, {"subscriptions": {"level2": ["BTC-USD"]}}),
    "user": (wire.UserEvent, {"type": "update", "orders": [a_user_order(1)]}),
}


@pytest.mark.parametrize("channel", EVENTS)
def test_an_odd_event_costs_no_other_event_of_its_frame(channel: str) -> None:
    form, good = EVENTS[channel]
    for what, odd in oddities(form, good):
        data = frame(channel, odd, good)
        if channel == codec.USER:
            of_user = codec.decode_user(data, 1)
            assert isinstance(of_user, UserFrame)
            assert of_user.orders, what
        else:
            seen = market(data)
            assert len(seen.events) + len(seen.unread) >= 2, what


def test_an_odd_frame_is_read_or_refused_as_none_of_the_protocol() -> None:
    good = {"channel": "heartbeats", "timestamp": WHEN, "sequence_num": 0, "events": []}
    for decode in (codec.decode_market, codec.decode_user):
        for _, odd in oddities(wire.FrameEnvelope, good):
            try:
                decode(json.dumps(odd).encode(), 1)
            except ProtocolBroken:
                continue


# Who only cancels.


@pytest.mark.req("SUP1")
def test_the_sentinel_reads_every_order_that_says_which_it_is(tmp_path: Path) -> None:
    with small_venue() as venue:
        gateway = Gateway(venue.rest, load_key_file(key_file(tmp_path)), None, 10)
        for what, odd in oddities(wire.OrderForm, an_order(2)):
            page = as_json({"orders": [an_order(1), odd, an_order(3)]})
            venue.instead = lambda *_, page=page: page
            live = gateway.live_orders()
            assert {"o-1", "o-3"} <= set(live.clients), what
            names_itself = what.partition("=")[0] not in ("order_id", "client_order_id", "entry")
            assert ("o-2" in live.clients) or not names_itself, what
            assert len(live.clients) == 3 or live.unread, what
        gateway.close()


# Conversions: an odd quote is no offer, an odd trade is not known to be done.

A_HUNDRED = {"value": "100", "currency": "USD"}
A_QUOTE: Entry = {
    "trade": {
        "id": "t-1",
        "user_entered_amount": A_HUNDRED,
        "total_fee": {"amount": {"value": "0", "currency": "USD"}},
        "total": A_HUNDRED,
        "exchange_rate": {"value": "1", "currency": "USDC"},
    }
}
A_TRADE: Entry = {"trade": {"id": "t-1", "status": "TRADE_STATUS_COMPLETED"}}
HUNDRED = Amount(Decimal(100))
ASKED = QuoteRequest("USD", "USDC", HUNDRED)
OFFER = Conversion("t-1", "USD", "USDC", HUNDRED)


def test_an_odd_quote_is_no_offer_or_that_of_what_was_asked_for() -> None:
    for what, odd in oddities(wire.ConvertQuoteAnswer, A_QUOTE):
        venue = ScriptedVenue(lambda *_, odd=odd: (200, json.dumps(odd).encode()))
        venue.client.quote_conversion(ASKED, 7, ME)
        venue.time.run()
        (quoted,) = venue.inbox.of(ConversionQuoted)
        if quoted.conversion is None:
            assert quoted.objection or quoted.failure, what
        else:
            assert evolve(quoted.conversion, trade_id="t-1") == OFFER, what
            assert quoted.conversion.trade_id.isascii(), what
            assert not set(quoted.conversion.trade_id) & set("/?#%. "), what


def test_an_odd_trade_is_not_known_to_be_done() -> None:
    for what, odd in oddities(wire.ConvertTradeAnswer, A_TRADE):
        venue = ScriptedVenue(lambda *_, odd=odd: (200, json.dumps(odd).encode()))
        venue.client.read_conversion(OFFER, 7, ME)
        venue.client.convert(ConversionRequest(OFFER, 1), ME)
        venue.time.run()
        (shown,), (answered,) = venue.inbox.of(ConversionShown), venue.inbox.of(ConversionAnswered)
        assert shown.seen != DONE_THERE or odd == A_TRADE, what
        assert answered.outcome != DONE_THERE or odd == A_TRADE, what


DONE_THERE = ConversionSeen(ConversionState.DONE)


# The mirror: a second opinion of the same protocol.


def an_answer(entries: list[Any], name: str) -> bytes:
    return json.dumps({name: entries}).encode()


MIRROR: dict[str, tuple[type, Callable[[int], Entry], Callable[[list[Any]], Entries[Any]]]] = {
    "products": (
        wire.ProductForm,
        a_product,
        lambda entries: catalogue(an_answer(entries, "products")),
    ),
    "candles": (
        wire.CandleForm,
        a_candle,
        lambda entries: bars_in(BTC, an_answer(entries, "candles")),
    ),
    "books": (wire.BookEvent, a_change, changes_in),
    "trades": (
        wire.PublicTrade,
        a_public_trade,
        lambda entries: trades_in([{"type": "update", "trades": entries}]),
    ),
    "trade events": (
        wire.TradesEvent,
        lambda number: {"type": "update", "trades": [a_public_trade(number)]},
        trades_in,
    ),
}


@pytest.mark.parametrize("name", MIRROR)
def test_the_mirror_reads_an_odd_entry_or_leaves_it_out_alone_and_counts_it(name: str) -> None:
    form, good, read = MIRROR[name]
    others = read([good(1), good(3)])
    assert (len(others.read), others.unread) == (2, ())
    silent = ("product_type=absent", "trades=[]")
    for what, odd in oddities(form, good(2)):
        found = read([good(1), odd, good(3)])
        assert set(map(repr, others.read)) <= set(map(repr, found.read)), what
        assert len(found.read) > 2 or found.unread or what in silent, what


# That nothing is missing here.

PARTS = (
    *(wire.BookUpdate, wire.BookLevel, wire.Money, wire.FeeTierBody, wire.Pages),
    *(wire.ConvertAmount, wire.ConvertFee, wire.ConvertQuote, wire.ConvertTrade),
)
"""Parts of forms: their members are among those of the forms that have them."""
OUTCOMES = (wire.PlaceAnswer, wire.AcceptedBody, wire.RefusalBody)
"""What a POST is answered: never a list, and lost if it is odd (`test_outcomes`)."""


def test_every_form_of_the_wire_has_its_reader_here(
    record_property: Callable[[str, object], None],
) -> None:
    forms = {
        each
        for each in vars(wire).values()
        if inspect.isclass(each) and issubclass(each, msgspec.Struct) and each is not msgspec.Struct
    }
    read: list[tuple[type, Any]] = [(each.form, each.good(1)) for each in LISTS.values()]
    read += [(form, good) for form, good, _ in SINGLE.values()]
    read += [*EVENTS.values(), (wire.BookEvent, a_change(1))]
    read += [(wire.ProductStatus, a_status(1))]
    read += [(wire.PublicTrade, a_public_trade(1)), (wire.UserOrder, a_user_order(1))]
    read += [
        (wire.TimeAnswer, A_TIME),
        (wire.PreviewAnswer, A_PREVIEW),
        (wire.ConvertQuoteAnswer, A_QUOTE),
        (wire.ConvertTradeAnswer, A_TRADE),
        (wire.FrameEnvelope, {}),
        (wire.OrderIds, an_order(1)),
    ]
    read += [(form, good(1)) for form, good, _ in MIRROR.values()]
    covered = {form for form, _ in read} | {each.page for each in LISTS.values()}
    assert forms == covered | set(PARTS) | set(OUTCOMES)
    places = sum(len(list(members(form))) for form, _ in read)
    record_property("cases", f"{len(read)} readers, {places} members, {len(VALUES)} values each")
