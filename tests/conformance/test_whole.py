"""Items 47 and 48 of the checklist: the SDK from order to fill by every way there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from coinbase.rest import RESTClient
from venues import BTC, Venue, decimal, wait_until


class ToHttp(requests.adapters.HTTPAdapter):
    """Sends what the SDK addresses to https over plain HTTP."""

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, *args, **options)


def over_tls(venue: Venue) -> RESTClient:
    return venue.client()


def over_http(venue: Venue) -> RESTClient:
    key = json.loads(venue.key_file.read_text())
    host = venue.rest.removeprefix("http://")
    client = RESTClient(
        api_key=key["name"], api_secret=key["privateKey"], base_url=host, timeout=10
    )
    client.session.trust_env = False
    client.session.mount(f"https://{host}", ToHttp())
    return client


@pytest.mark.parametrize("way", [over_tls, over_http], ids=["TLS", "HTTP"])
@pytest.mark.parametrize("kind", ["ecdsa", "ed25519"])
def test_item_47_order_update_fill_listing_and_cancel_agree(
    venue: Venue,
    strict: Venue,
    way: Callable[[Venue], RESTClient],
    kind: str,
    new_id: Callable[[], str],
) -> None:
    there = venue if kind == "ecdsa" else strict
    client = way(there)

    def shows(order_id: str) -> bool:
        return bool(client.list_orders(order_ids=[order_id]).orders)

    with there.stream() as stream:
        stream.subscribe("user")
        stream.subscribe("heartbeats")
        bought = client.market_order_buy(new_id(), BTC, quote_size="25").success_response
        told = stream.order(bought["order_id"], "FILLED")
        wait_until(lambda: shows(bought["order_id"]))
        order = client.get_order(bought["order_id"]).order
        fills = client.get_fills(order_ids=[bought["order_id"]]).fills
        value = sum(decimal(fill.size) for fill in fills)
        assert value == decimal(order.filled_value) == decimal(told["filled_value"])
        fees = sum(decimal(fill.commission) for fill in fills)
        assert fees == decimal(order.total_fees) == decimal(told["total_fees"])
        made = client.limit_order_gtc_buy(new_id(), BTC, "0.01", "1000").success_response
        client.cancel_orders([made["order_id"]])
        ended = stream.order(made["order_id"], "CANCELLED")
    assert ended["cumulative_quantity"] == "0"
    own = {
        one["currency"]: Decimal(one["total"])
        for one in there.books()["accounts"]
        if one["owner"] == "own"
    }
    for account in client.get_accounts(limit=250).accounts:
        total = decimal(account.available_balance["value"]) + decimal(account.hold["value"])
        assert total == own.get(account.currency, 0)


def test_item_48_listens_on_loopback_only_and_names_throw_away_keys(venue: Venue) -> None:
    for address in (venue.rest, venue.tls, venue.ws):
        assert "://127.0.0.1:" in address
    for path in (venue.key_file, venue.user_key_file):
        assert set(json.loads(path.read_text())) == {"name", "privateKey"}
        assert path.stat().st_mode & 0o077 == 0
    inodes = {
        link.readlink().name
        for link in Path(f"/proc/{venue.process.pid}/fd").iterdir()
        if link.is_symlink() and str(link.readlink()).startswith("socket:")
    }
    foreign = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{venue.process.pid}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if f"socket:[{words[9]}]" in inodes and not words[1].startswith("0100007F:"):
                foreign.add(words[1])
    assert foreign == set()
