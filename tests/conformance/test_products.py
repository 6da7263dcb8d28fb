"""Items 9 to 16 of the checklist: products, market data, account."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
import requests
from coinbase.rest import RESTClient
from venues import BTC, Venue, decimal, wait_until

WIDTHS = {
    "ONE_MINUTE": 60,
    "FIVE_MINUTE": 300,
    "FIFTEEN_MINUTE": 900,
    "THIRTY_MINUTE": 1800,
    "ONE_HOUR": 3600,
    "TWO_HOUR": 7200,
    "FOUR_HOUR": 14400,
    "SIX_HOUR": 21600,
    "ONE_DAY": 86400,
}


def test_item_09_lists_products_with_aliases_limit_only_and_delisted(
    client: RESTClient, strict: Venue
) -> None:
    whole = client.get_products()
    products = {product.product_id: product for product in whole.products}
    assert whole.num_products == len(products)
    assert products[BTC].alias_to == ["BTC-USDC"]
    assert products["BTC-USDC"].alias == BTC
    assert "delisted" in {product.status for product in whole.products}
    assert strict.client().get_product("ETH-USD").limit_only is True
    page = client.get_products(limit=2, offset=1).products
    assert [product.product_id for product in page] == list(products)[1:3]
    bitcoin = products[BTC].to_dict()
    for name in ("price", "base_increment", "quote_min_size", "volume_24h"):
        decimal(bitcoin[name])
    for name in ("is_disabled", "cancel_only", "post_only", "auction_mode", "new"):
        assert isinstance(bitcoin[name], bool)
    assert (bitcoin["product_type"], bitcoin["product_venue"]) == ("SPOT", "CBE")
    public = client.get_public_products().products
    assert {product.product_id for product in public} == set(products)


def test_item_10_a_product_is_flat_and_an_unknown_one_is_not_found(client: RESTClient) -> None:
    assert client.get_product(BTC).base_currency_id == "BTC"
    with pytest.raises(requests.HTTPError) as caught:
        client.get_product("NOPE-USD")
    assert caught.value.response.status_code == 404
    assert caught.value.response.json()["message"] == "Product NOPE-USD not supported"


def test_item_11_books_are_sorted_bounded_and_summed_by_steps(client: RESTClient) -> None:
    for book in (client.get_product_book(BTC), client.get_public_product_book(BTC)):
        bids = [decimal(level.price) for level in book.pricebook.bids]
        asks = [decimal(level["price"]) for level in book.pricebook.to_dict()["asks"]]
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < asks[0]
        assert len(bids) <= 1000
        assert book.pricebook.to_dict()["time"].endswith("Z")
    assert len(client.get_product_book(BTC, limit=3).pricebook.bids) == 3
    wide = client.get_product_book(BTC, aggregation_price_increment="10")
    assert all(decimal(level.price) % 10 == 0 for level in wide.pricebook.bids)
    best = client.get_best_bid_ask([BTC, "ETH-USD"]).pricebooks
    assert [len(one.bids) for one in best] == [1, 1]
    for name, text in (("NOPE-USD", "valid product_id is required"), ("GONE-USD", "no pricebook")):
        with pytest.raises(requests.HTTPError, match=text):
            client.get_product_book(name)


def test_item_12_candles_are_newest_first_at_most_350_and_agree_over_widths(
    client: RESTClient,
) -> None:
    now = int(client.get_unix_time()["epoch_seconds"])
    for name, width in WIDTHS.items():
        end = now // width * width
        found = client.get_candles(BTC, str(end - 3 * width), str(end - 1), name).candles
        starts = [int(candle.start) for candle in found]
        assert starts == sorted(starts, reverse=True)
        assert all(start % width == 0 for start in starts)
    hour = now // 3600 * 3600 - 3600
    (whole,) = client.get_candles(BTC, str(hour), str(hour + 3599), "ONE_HOUR").candles
    parts = client.get_public_candles(BTC, str(hour), str(hour + 3599), "ONE_MINUTE").candles
    assert sum(decimal(part.volume) for part in parts) == decimal(whole.volume)
    assert max(decimal(part.high) for part in parts) == decimal(whole.high)
    with pytest.raises(requests.HTTPError, match="number of candles requested should be less than"):
        client.get_candles(BTC, str(hour - 60 * 351), str(hour), "ONE_MINUTE")
    assert client.get_candles(BTC, str(hour - 60 * 350), str(hour), "ONE_MINUTE").candles


def test_item_13_trades_are_newest_first_numbered_and_the_same_as_streamed(
    venue: Venue, client: RESTClient
) -> None:
    with venue.stream(signed=False) as stream:
        stream.subscribe("market_trades", BTC)
        told = stream.data("market_trades", "update")["trades"][0]
    found = client.get_market_trades(BTC, 100)
    numbers = [int(trade.trade_id) for trade in found.trades]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == len(set(numbers)) <= 100
    asked = {trade.trade_id: trade for trade in found.trades}
    assert told["trade_id"] in asked
    assert Decimal(asked[told["trade_id"]].price) == Decimal(told["price"])
    assert asked[told["trade_id"]].side == told["side"]
    assert decimal(found.best_bid) < decimal(found.best_ask)
    assert len(client.get_public_market_trades(BTC, 1000).trades) <= 100


def test_item_14_time_is_three_texts_of_the_markets_clock(client: RESTClient) -> None:
    first = client.get_unix_time().to_dict()
    assert all(isinstance(value, str) for value in first.values())
    assert int(first["epoch_millis"]) // 1000 == int(first["epoch_seconds"])
    begun = time.monotonic()
    seconds = int(first["epoch_seconds"])
    wait_until(lambda: int(client.get_unix_time()["epoch_seconds"]) >= seconds + 10)
    assert time.monotonic() - begun < 9  # the market runs ten times as fast as life


def test_item_15_accounts_are_paged_and_equal_the_venues_own_ledger(
    venue: Venue, client: RESTClient
) -> None:
    found, cursor = [], None
    while True:
        page = client.get_accounts(limit=3, cursor=cursor)
        found += page.accounts
        if not page.has_next:
            break
        cursor = page.cursor
    assert page.cursor == ""
    assert len({account.uuid for account in found}) == len(found)
    assert client.get_accounts().size == min(49, len(found))
    own = {
        one["currency"]: Decimal(one["total"])
        for one in venue.books()["accounts"]
        if one["owner"] == "own"
    }
    for account in found:
        total = decimal(account.available_balance["value"]) + decimal(account.hold["value"])
        assert total == own.get(account.currency, 0)
        assert account.type in ("ACCOUNT_TYPE_CRYPTO", "ACCOUNT_TYPE_FIAT")
    again = client.get_account(found[0].uuid).account
    assert again.currency == found[0].currency


def test_item_16_portfolio_permissions_and_fee_tier(client: RESTClient) -> None:
    (portfolio,) = client.get_portfolios().portfolios
    permissions = client.get_api_key_permissions()
    assert (permissions.can_view, permissions.can_trade) == (True, True)
    assert permissions.can_transfer is False
    assert permissions.portfolio_uuid == portfolio.uuid
    breakdown = client.get_portfolio_breakdown(portfolio.uuid).breakdown
    assert breakdown.portfolio_balances["total_balance"]["currency"] == "USD"
    for position in breakdown.spot_positions:
        assert isinstance(position.to_dict()["total_balance_fiat"], float)
    summary = client.get_transaction_summary(product_type="SPOT").to_dict()
    assert (summary["fee_tier"]["maker_fee_rate"], summary["fee_tier"]["taker_fee_rate"]) == (
        "0.006",
        "0.012",
    )
    assert isinstance(summary["total_volume"], int | float)
