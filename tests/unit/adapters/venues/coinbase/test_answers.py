"""Claims about reading REST answers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.venues.coinbase import answers
from domain.messages.venue import CancelResult
from domain.model.entries import Entries, Unread
from domain.model.errors import ProtocolBroken
from domain.model.instants import parse_iso
from domain.model.money import plain
from domain.model.orders import VenueStatus
from domain.model.product import ProductId, Side
from tests.builders.numbers import decimals
from tests.builders.recorded import BTC_FORM


def body(**members: Any) -> bytes:
    return json.dumps(members).encode()


ORDER = {
    "order_id": "o-1",
    "client_order_id": "c-1",
    "product_id": "BTC-USD",
    "side": "BUY",
    "status": "OPEN",
    "filled_size": "0.25",
    "created_time": "2026-04-07T14:29:00.5Z",
    "fee": "",
    "edit_history": [],
    "order_configuration": {"limit_limit_gtc": {}},
}
FILL = {
    "entry_id": "e-1",
    "trade_id": "cdc39e45",
    "order_id": "o-1",
    "trade_time": "2023-01-18T01:37:38.091377090Z",
    "trade_type": "FILL",
    "price": "21220.64",
    "size": "0.0046830664333996",
    "commission": "0.0000280983986004",
    "product_id": "BTC-USDT",
    "liquidity_indicator": "TAKER",
    "size_in_quote": True,
    "side": "BUY",
}
PRODUCT = {
    **BTC_FORM,
    "product_type": "SPOT",
    "status": "online",
    "limit_only": True,
    "view_only": False,
    "new_at": None,
}


VOLUME_MEMBERS = ("price", "volume_24h", "approximate_quote_24h_volume")
NO_NUMBERS: tuple[Any, ...] = ("", "NaN", "-1", "1e400", None, 7, True, [], {})


def one(entries: Entries[Any]) -> Any:
    """Return the entry that was read, or the one that was not."""
    return (entries.read + entries.unread)[0]


def fill(**changes: Any) -> Any:
    return one(answers.fills_in(answers.read_fills(body(fills=[FILL | changes], cursor="")).fills))


def product(**changes: Any) -> Any:
    page = answers.read_products(body(products=[PRODUCT | changes], num_products=1))
    found = one(answers.products_in(page.products))
    return found if isinstance(found, Unread) else found.product


def test_an_order_of_a_listing() -> None:
    page = answers.read_orders(body(orders=[ORDER], sequence="0", has_next=True, cursor="x"))
    seen = one(answers.orders_in(page.orders))
    assert (seen.order_id, seen.client_order_id, seen.side) == ("o-1", "c-1", Side.BUY)
    assert (seen.status, seen.filled) == (VenueStatus.OPEN, Decimal("0.25"))
    assert seen.created_ns == parse_iso("2026-04-07T14:29:00.5Z")
    assert (page.has_next, page.cursor) == (True, "x")


ODD_SIZES: list[Any] = [None, "", "NaN", "-1", "0", [], {}]
ODD_CONFIGURATIONS: list[Any] = [
    *(None, {}, [], "x", 7, {"a": None}),
    *({"a": {"base_size": size}} for size in ODD_SIZES),
]


@pytest.mark.parametrize(
    ("configuration", "quantity"),
    [
        ({"limit_limit_gtd": {"base_size": "0.5", "limit_price": "1"}}, Decimal("0.5")),
        ({"market_market_ioc": {"base_size": "2"}}, Decimal(2)),
        ({"market_market_ioc": {"quote_size": "10"}}, None),
        ({"a": {"base_size": "1"}, "b": {"base_size": "1"}}, None),
        *((configuration, None) for configuration in ODD_CONFIGURATIONS),
    ],
)
def test_an_order_shows_what_was_asked_for_or_keeps_it_to_itself(
    configuration: Any, quantity: Decimal | None
) -> None:
    changed = ORDER | {"order_configuration": configuration}

    seen = one(answers.orders_in(answers.read_orders(body(orders=[changed])).orders))

    assert seen.quantity == quantity


def test_an_order_without_time_or_filled_size() -> None:
    changed = ORDER | {"created_time": None, "filled_size": ""}
    seen = one(answers.orders_in(answers.read_orders(body(orders=[changed])).orders))
    assert seen.created_ns is None
    assert seen.filled == 0


def test_a_fill_sized_in_quote_is_turned_into_base() -> None:
    seen = fill()
    assert seen.quantity == Decimal("0.0046830664333996") / Decimal("21220.64")
    assert seen.fee == Decimal("0.0000280983986004")
    assert not seen.is_maker
    assert seen.at_ns == parse_iso("2023-01-18T01:37:38.091377090Z")


def test_a_fill_sized_in_base_stays() -> None:
    seen = fill(size_in_quote=False, size="0.5", liquidity_indicator="MAKER", commission="")
    assert (seen.quantity, seen.fee, seen.is_maker) == (Decimal("0.5"), 0, True)


def test_a_fill_without_entry_id_is_known_by_order_and_trade() -> None:
    assert fill(entry_id="").entry_id == "o-1:cdc39e45"


@pytest.mark.parametrize(
    "changes", [{"trade_type": "REVERSAL"}, {"price": "0"}, {"size": "-1"}, {"side": "BOTH"}]
)
def test_a_fill_that_is_none_is_left_out_and_says_whose_it_is(changes: dict[str, str]) -> None:
    (name,) = changes
    left_out = fill(**changes)
    assert left_out.reason.startswith(f"{name}: expected ")
    assert left_out.order_id == "o-1"


def test_balances_are_one_a_currency_and_vaults_do_not_count() -> None:
    def account(currency: str, available: str, hold: str, kind: str) -> dict[str, Any]:
        return {
            "currency": currency,
            "available_balance": {"value": available, "currency": currency},
            "hold": {"value": hold, "currency": currency},
            "type": kind,
        }

    page = answers.read_accounts(
        body(
            accounts=[
                account("BTC", "1.2300000000000001", "0.005", "ACCOUNT_TYPE_CRYPTO"),
                account("USD", "10", "0", "FIAT"),
                account("BTC", "100", "0", "ACCOUNT_TYPE_VAULT"),
                account("BTC", "1", "0", "ACCOUNT_TYPE_CRYPTO"),
            ],
            has_next=False,
            cursor="",
            size=4,
        )
    )
    wallets = answers.wallets_in(page.accounts)
    assert [(each.name, each.is_foreign) for each in wallets.unread] == [("BTC", True)]
    btc, usd = answers.merged(wallets.read)
    assert (btc.available, btc.hold) == (Decimal("2.2300000000000001"), Decimal("0.005"))
    assert (usd.currency, usd.total) == ("USD", Decimal(10))


@pytest.mark.req("CASH1")
@pytest.mark.parametrize(
    "changes",
    [
        {"platform": "ACCOUNT_PLATFORM_CFM_CONSUMER"},
        {"platform": "ACCOUNT_PLATFORM_INTX"},
        {"type": "ACCOUNT_TYPE_PERP_FUTURES"},
        {"type": "ACCOUNT_TYPE_VAULT"},
        {"active": False},
        {"ready": False},
    ],
    ids=str,
)
def test_only_what_can_buy_spot_is_money_and_the_rest_is_named(changes: dict[str, Any]) -> None:
    money = {"value": "2500", "currency": "USD"}
    wallet = {"uuid": "w", "currency": "USD", "available_balance": money, "hold": money}
    usual = {"type": "ACCOUNT_TYPE_FIAT", "platform": "ACCOUNT_PLATFORM_CONSUMER"}
    page = answers.read_accounts(body(accounts=[wallet | usual, wallet | usual | changes]))

    found = answers.wallets_in(page.accounts)

    assert len(found.read) == 1
    assert [(each.name, each.is_foreign) for each in found.unread] == [("USD", True)]


def test_a_product_with_its_steps_and_flags() -> None:
    seen = product()
    assert (seen.id, seen.base, seen.quote) == ("BTC-USD", "BTC", "USD")
    assert (seen.price_increment, seen.base_max) == (Decimal("0.01"), 3400)
    assert (seen.flags.limit_only, seen.flags.view_only) == (True, False)


def test_the_price_step_falls_back_to_the_quote_step() -> None:
    assert product(price_increment="", quote_increment="0.05").price_increment == Decimal("0.05")


@pytest.mark.parametrize(
    "changes",
    [
        {"base_increment": ""},
        {"quote_min_size": ""},
        {"base_currency_id": ""},
    ],
    ids=str,
)
def test_a_product_that_lacks_something_is_left_out_by_name(changes: dict[str, str]) -> None:
    left_out = product(**changes)
    assert isinstance(left_out, Unread)
    assert left_out.name == "BTC-USD"


def test_what_is_no_spot_product_is_nothing_to_speak_of() -> None:
    page = answers.read_products(body(products=[PRODUCT | {"product_type": "FUTURE"}]))
    assert answers.products_in(page.products) == Entries()


@pytest.mark.req("U1")
def test_the_volume_of_a_day_is_read_in_quote_currency() -> None:
    day = {"price": "64000", "volume_24h": "5000", "approximate_quote_24h_volume": "319000000.5"}

    assert product(**day).volume_24h == Decimal("319000000.5")
    assert product(**{**dict.fromkeys(day, "0"), "price": "64000"}).volume_24h == 0


@pytest.mark.req("U1")
@pytest.mark.parametrize(
    "changes",
    [
        {"approximate_quote_24h_volume": "5000"},  # in base currency
        {"volume_24h": "319000000"},  # in quote currency
        *({name: value} for name in VOLUME_MEMBERS for value in NO_NUMBERS),
        {"price": "0"},
    ],
)
def test_a_volume_that_can_not_be_is_unknown_and_costs_the_product_nothing_else(
    changes: dict[str, Any],
) -> None:
    day = {"price": "64000", "volume_24h": "5000", "approximate_quote_24h_volume": "319000000.5"}

    found = product(**{**day, **changes})

    assert found.id == "BTC-USD"
    assert found.volume_24h is None


def test_a_product_without_a_status_is_not_tradable() -> None:
    assert product(status="").flags.status == ""


def test_quotes_leave_out_an_empty_side() -> None:
    level = {"price": "68923", "size": "0.5"}
    book = {"product_id": "BTC-USD", "bids": [level], "asks": [level], "time": "2026-04-07T00:00Z"}
    page = answers.read_quotes(body(pricebooks=[book, book | {"product_id": "X", "asks": []}]))
    found = answers.quotes_in(page.pricebooks).read
    assert [quote.product for quote in found] == ["BTC-USD"]
    assert found[0].bid == Decimal(68923)
    assert found[0].at_ns == found[0].confirmed_ns == parse_iso("2026-04-07T00:00:00Z")


def test_fees_are_fractions() -> None:
    tier = {"maker_fee_rate": "0.006", "taker_fee_rate": "0.012", "pricing_tier": "Intro 1"}
    assert answers.fees(body(total_fees=0.5, fee_tier=tier)) == (
        Decimal("0.006"),
        Decimal("0.012"),
    )
    with pytest.raises(ProtocolBroken):
        answers.fees(body(fee_tier={"maker_fee_rate": "0.6", "taker_fee_rate": "1.2"}))


def test_a_missing_right_is_no_right() -> None:
    with pytest.raises(ProtocolBroken):
        answers.read_permissions(body(can_view=True, can_trade=True, portfolio_uuid="p"))


def test_cancel_results_carry_their_ids() -> None:
    results = [{"success": False, "failure_reason": "UNKNOWN_CANCEL_ORDER", "order_id": "o-2"}]
    found = answers.cancels_in(answers.read_cancels(body(results=results)).results)
    assert found.read == (CancelResult("o-2", False, "UNKNOWN_CANCEL_ORDER"),)


def test_a_candle_is_a_bar() -> None:
    candle = {"start": "1712192400", "low": "1", "high": "3", "open": "2", "close": "2.5"}
    page = answers.read_candles(body(candles=[candle | {"volume": "0"}]))
    seen = one(answers.candles_of(ProductId("BTC-USD"))(page.candles))
    assert seen.start_ns == 1712192400 * 10**9
    assert (seen.high, seen.volume) == decimals(3, 0)


NO_ANSWERS = [b"", b"<html>", b"[]", b'{"orders":null}', b'{"orders":{}}', b"[" * 100_000]


@pytest.mark.parametrize("data", NO_ANSWERS, ids=lambda data: data[:20].decode())
def test_junk_is_refused_as_such(data: bytes) -> None:
    with pytest.raises(ProtocolBroken):
        answers.read_orders(data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"error":"INVALID","message":"bad\\nid"}', "HTTP 400 INVALID: bad id"),
        (b"<html>Bad\nGateway</html>", "HTTP 400 Bad Gateway"),
        (b"", "HTTP 400"),
        (b"[1]", "HTTP 400 [1]"),
        (b"\xff\xfe", "HTTP 400 \ufffd\ufffd"),
        (b"null", "HTTP 400 null"),
    ],
)
def test_a_complaint_is_one_short_line(data: bytes, text: str) -> None:
    assert answers.complaint(400, data) == text
    assert len(answers.complaint(400, b"x" * 9999)) < 200


@given(st.decimals(min_value="0.00000001", max_value="10000000", places=8))
def test_numbers_survive_the_wire_exactly(value: Decimal) -> None:
    written = plain(value)
    assert "E" not in written
    assert fill(size_in_quote=False, size=written).quantity == value


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("<html><head><title>503 Service\n Unavailable</title>", "503 Service Unavailable"),
        ("<!DOCTYPE html>\n<HTML><TITLE lang=en>Down &amp; out</TITLE>" + "x" * 9999, "Down & out"),
        ("  <html><body>cloud</body></html>", "cloud"),
        ("<title>" + "x" * 9999, "x" * 60),
        ("<title>" + " " * 16_000 + "down", "down"),
        ("<title>" + " " * 16_000 + "</title>now", ""),
        ("<title>&#" + "9" * 9_000 + ";</title>", "\ufffd"),
        ("<title" * 2_700, ("<title" * 10)[:60]),
    ],
)
def test_a_page_is_told_by_its_title(page: str, told: str) -> None:
    assert answers.complaint(503, page.encode()) == f"HTTP 503 {told}".strip()
