"""Claims about the form of conversions, and about requests for them that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.simulator.engine.auth import TRADE, VIEW, scope_of
from adapters.simulator.engine.wire import PREFIX
from adapters.simulator.faults.requests import endpoint_of
from tests.builders.simulator import Client

BODY = {"from_account": "USD", "to_account": "USDC", "amount": "12.5"}
ZEROS = "00000000-0000-4000-8000-000000000000"


def test_a_trade_names_both_accounts_what_was_entered_and_what_it_costs() -> None:
    client = Client()
    trade = client.post("/convert/quote", BODY)["trade"]
    shown = client.get(f"/convert/trade/{trade['id']}", from_account="USD", to_account="USDC")

    assert shown == {"trade": trade}
    assert trade["user_entered_amount"] == {"value": "12.5", "currency": "USD"}
    assert trade["total"] == {"value": "12.5", "currency": "USDC"}
    assert trade["total_fee"]["amount"] == {"value": "0", "currency": "USD"}
    uuids = {each["currency"]: each["uuid"] for each in client.get("/accounts")["accounts"]}
    assert (trade["source_id"], trade["target_id"]) == (uuids["USD"], uuids["USDC"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**BODY, "to_account": "BTC"}, "Unsupported account in this conversion"),
        ({**BODY, "to_account": "USD"}, "Unsupported account in this conversion"),
        ({**BODY, "from_account": 7}, "from_account must be a text"),
        ({**BODY, "amount": 12.5}, "amount must be a plain decimal"),
        ({**BODY, "amount": "1e3"}, "amount must be a plain decimal"),
        ({**BODY, "amount": "-1"}, "amount must be a plain decimal"),
        ({**BODY, "amount": "NaN"}, "amount must be a plain decimal"),
        ({**BODY, "amount": None}, "amount must be a plain decimal"),
        ({}, "from_account must be a text"),
        (b"[]", "expected a JSON object"),
    ],
)
def test_a_quote_of_nonsense_is_an_invalid_argument(body: Any, said: str) -> None:
    refused = Client().send("POST", "/convert/quote", body)
    assert refused.status == 400
    assert b"INVALID_ARGUMENT" in refused.body
    assert said.encode() in refused.body


def test_what_nobody_quoted_is_not_found_nor_under_other_accounts() -> None:
    client = Client()
    name = client.post("/convert/quote", BODY)["trade"]["id"]
    pair = {"from_account": "USDC", "to_account": "USD"}

    assert client.send("POST", f"/convert/trade/{ZEROS}", BODY).status == 404
    assert client.send("POST", f"/convert/trade/{name}", pair).status == 404
    assert client.send("GET", f"/convert/trade/{name}", **pair).status == 404
    assert client.send("GET", f"/convert/trade/{name}").status == 400


def test_only_a_key_that_may_trade_converts_and_each_step_can_be_made_to_fail_alone() -> None:
    quote, trade = f"{PREFIX}/convert/quote", f"{PREFIX}/convert/trade/{ZEROS}"
    assert [scope_of("POST", quote), scope_of("POST", trade)] == [TRADE, TRADE]
    assert scope_of("GET", trade) == VIEW
    found = [endpoint_of("POST", quote), endpoint_of("POST", trade), endpoint_of("GET", trade)]
    assert found == ["convert_quote", "convert", "conversions"]
