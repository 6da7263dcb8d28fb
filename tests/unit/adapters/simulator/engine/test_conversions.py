"""Claims about conversions at the venue: quoted, then carried out once, and never forgotten."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.builders.simulator import Client

PAIR = {"from_account": "USD", "to_account": "USDC"}


def quoted(client: Client, amount: str = "250.25", **pair: str) -> Any:
    return client.post("/convert/quote", {**PAIR, **pair, "amount": amount})["trade"]


def commit(client: Client, trade_id: str, **pair: str) -> Any:
    return client.send("POST", f"/convert/trade/{trade_id}", {**PAIR, **pair})


def moneys(client: Client) -> tuple[Decimal, Decimal]:
    return client.balance("USD")[0], client.balance("USDC")[0]


def test_a_quote_moves_nothing_and_its_commit_all_of_it_one_to_one() -> None:
    client = Client()
    trade = quoted(client)
    assert trade["status"] == "TRADE_STATUS_CREATED"
    assert moneys(client) == (Decimal(10000), Decimal(0))

    assert commit(client, trade["id"]).status == 200

    assert moneys(client) == (Decimal("9749.75"), Decimal("250.25"))
    totals = {(each["owner"], each["currency"]): each["total"] for each in books(client)}
    assert (totals["market", "USD"], totals["market", "USDC"]) == ("250.25", "-250.25")


def books(client: Client) -> Any:
    return client.engine.books()["accounts"]


def test_back_again_is_as_good() -> None:
    client = Client(opening={"USDC": "5"})
    trade = quoted(client, "4.999999", from_account="USDC", to_account="USD")

    assert commit(client, trade["id"], from_account="USDC", to_account="USD").status == 200

    assert moneys(client) == (Decimal("4.999999"), Decimal("0.000001"))


def test_what_was_carried_out_is_not_carried_out_again() -> None:
    client = Client()
    trade = quoted(client)
    assert commit(client, trade["id"]).status == 200
    again = commit(client, trade["id"])

    assert again.status == 400
    assert b"already committed" in again.body
    assert moneys(client)[1] == Decimal("250.25")


def test_a_venue_that_was_killed_knows_both_halves() -> None:
    first = Client()
    done, open_ = quoted(first), quoted(first, "1")
    commit(first, done["id"])
    second = Client(store=first.store)

    assert moneys(second)[1] == Decimal("250.25")
    assert [each["status"] for each in second.engine.books()["conversions"]] == [
        "TRADE_STATUS_COMPLETED",
        "TRADE_STATUS_CREATED",
    ]
    assert quoted(second)["id"] not in (done["id"], open_["id"])
    assert commit(second, open_["id"]).status == 200


def test_what_an_order_holds_is_not_converted() -> None:
    client = Client(opening={"USD": "100"}).to(1)
    trade = quoted(client, "100")
    client.rest("BUY", "10.00", "1")

    refused = commit(client, trade["id"])
    assert (refused.status, b"insufficient funds" in refused.body) == (400, True)
    assert moneys(client)[1] == 0


@pytest.mark.parametrize("amount", ["0", "1.001", "10000.01"])
def test_what_is_nothing_too_fine_or_too_much_is_not_quoted(amount: str) -> None:
    client = Client()
    assert client.send("POST", "/convert/quote", {**PAIR, "amount": amount}).status == 400
    assert client.engine.books()["conversions"] == []
