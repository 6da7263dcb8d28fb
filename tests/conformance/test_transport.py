"""Items 1 to 8 of the checklist: transport, tokens, limits."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import requests
from coinbase import jwt_generator
from coinbase.rest import RESTClient
from venues import API, BTC, Venue, plain_http, wait_until


def signed_get(venue: Venue, path: str, token: str, **options: Any) -> requests.Response:
    return plain_http().get(
        venue.rest + API + path, headers={"Authorization": f"Bearer {token}"}, timeout=5, **options
    )


def token_for(venue: Venue, path: str, **changes: Any) -> str:
    """Return a token of the SDK for a plain GET, with some of its claims changed."""
    key = json.loads(venue.key_file.read_text())
    host = venue.rest.removeprefix("http://")
    token = jwt_generator.build_rest_jwt(f"GET {host}{API}{path}", key["name"], key["privateKey"])
    if not changes:
        return token
    claims = jwt.decode(token, options={"verify_signature": False})
    head = jwt.get_unverified_header(token)
    return jwt.encode(
        {**claims, **changes},
        key["privateKey"],
        algorithm=head["alg"],
        headers={"kid": head["kid"]},
    )


def test_item_01_serves_plain_and_tls_on_loopback_only_and_keeps_connections(
    venue: Venue, client: RESTClient
) -> None:
    session = plain_http()
    for url, verify in ((venue.rest, None), (venue.tls, venue.ca)):
        answer = session.get(f"{url}{API}/time", timeout=5, verify=verify)
        assert answer.status_code == 200
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        assert answer.raw.version == 11
        assert answer.headers.get("Connection", "keep-alive").lower() == "keep-alive"
    assert client.get_accounts().accounts
    port = int(venue.rest.rpartition(":")[2])
    own = socket.gethostbyname(socket.gethostname())
    if not own.startswith("127."):
        with (
            pytest.raises(ConnectionRefusedError),
            socket.create_connection((own, port), timeout=2),
        ):
            pass


def test_item_02_takes_gets_with_a_body_and_ignores_what_it_does_not_know(
    client: RESTClient,
) -> None:
    assert client.get_product(BTC, nonsense="1").product_id == BTC
    answer = client.preview_market_order_buy(BTC, quote_size="10", nonsense="1")
    assert answer.errs == []


def test_item_03_reads_repeated_keys_single_values_and_booleans_in_any_case(
    client: RESTClient,
) -> None:
    two = client.get_products(product_ids=[BTC, "ETH-USD"])
    assert {product.product_id for product in two.products} == {BTC, "ETH-USD"}
    one = client.get_products(product_ids=[BTC], get_all_products=True, product_type="FUTURE")
    assert [product.product_id for product in one.products] == [BTC]
    assert client.get_products(product_type="FUTURE", get_all_products=False).products == []


def test_item_04_keys_of_both_kinds_sign_exactly_one_request(venue: Venue, strict: Venue) -> None:
    for each in (venue, strict):
        assert each.client().get_accounts().accounts
        good = token_for(each, "/accounts")
        assert signed_get(each, "/accounts", good).status_code == 200
        assert signed_get(each, "/accounts", good, params={"limit": 1}).status_code == 200
        assert signed_get(each, "/portfolios", good).status_code == 401
    assert jwt.get_unverified_header(token_for(venue, "/accounts"))["alg"] == "ES256"
    assert jwt.get_unverified_header(token_for(strict, "/accounts"))["alg"] == "EdDSA"


def test_item_05_bad_tokens_are_401_and_missing_scopes_403(
    venue: Venue, new_id: Callable[[], str]
) -> None:
    now = int(time.time())
    late = {"nbf": now - 200, "exp": now - 80}
    for changes in (late, {"sub": "x"}, {"iss": "x"}, {"exp": now + 999}, {"nbf": now + 60}):
        answer = signed_get(venue, "/accounts", token_for(venue, "/accounts", **changes))
        assert (answer.status_code, answer.text) == (401, "Unauthorized")
    assert plain_http().get(venue.rest + API + "/accounts", timeout=5).status_code == 401
    viewer = venue.client(viewer=True)
    assert viewer.get_api_key_permissions().can_trade is False
    with pytest.raises(requests.HTTPError, match="Missing Required Scopes"):
        viewer.market_order_buy(new_id(), BTC, quote_size="10")
    with pytest.raises(requests.HTTPError, match="Missing Required Scopes"):
        venue.client().create_portfolio("another")


def test_item_06_public_paths_need_no_key_and_take_a_good_one(
    venue: Venue, client: RESTClient
) -> None:
    assert venue.public().get_public_product(BTC).product_id == BTC
    assert client.get_public_product(BTC).product_id == BTC
    assert client.get_unix_time()["iso"]


def test_item_07_writes_compact_json_money_as_texts_and_rate_headers(
    venue: Venue, client: RESTClient
) -> None:
    answer = signed_get(venue, "/accounts", token_for(venue, "/accounts"))
    assert b'": ' not in answer.content
    assert b'", ' not in answer.content
    assert isinstance(answer.json()["accounts"][0]["hold"]["value"], str)
    surfaced = venue.client(rate_limit_headers=True).get_accounts()
    assert int(surfaced.rate_limit_remaining) < int(surfaced.rate_limit_limit)


def test_item_08_limits_requests_of_a_key_and_of_an_address(strict: Venue) -> None:
    public, private = strict.public(), strict.client(rate_limit_headers=True)
    with pytest.raises(requests.HTTPError, match="429") as caught:
        ask_often(public.get_unix_time)
    assert caught.value.response.json() == {
        "errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]
    }
    wait_until(lambda: private.get_api_key_permissions().rate_limit_limit == "30")
    with pytest.raises(requests.HTTPError, match="429"):
        ask_often(private.get_api_key_permissions)
    wait_until(lambda: answers(strict))


def ask_often(ask: Callable[[], Any]) -> None:
    for _ in range(200):
        ask()


def answers(venue: Venue) -> bool:
    return signed_get(venue, "/accounts", token_for(venue, "/accounts")).status_code == 200
