"""Claims about portfolios and about what no key may do."""

from __future__ import annotations

import pytest

from tests.builders.simulator import Client
from tests.builders.steps import step
from tests.fakes.markets import Script


def test_the_breakdown_adds_up_in_display_numbers() -> None:
    client = Client(Script(step(1, ("100.00", "1")))).to(1)
    (portfolio,) = client.get("/portfolios")["portfolios"]
    assert portfolio["type"] == "DEFAULT"
    assert portfolio["uuid"] == client.get("/key_permissions")["portfolio_uuid"]
    found = client.get(f"/portfolios/{portfolio['uuid']}")["breakdown"]
    assert found["portfolio_balances"]["total_balance"] == {"value": "11000", "currency": "USD"}
    worth = {one["asset"]: one["total_balance_fiat"] for one in found["spot_positions"]}
    assert worth == {"BTC": 1000.0, "USD": 10000.0}
    assert sum(one["allocation"] for one in found["spot_positions"]) == pytest.approx(1)


def test_an_unknown_portfolio_is_not_found() -> None:
    assert Client().send("GET", "/portfolios/nope").status == 404
    assert Client().get("/portfolios", portfolio_type="INTX")["portfolios"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/portfolios"),
        ("PUT", "/portfolios/x"),
        ("DELETE", "/portfolios/x"),
        ("POST", "/portfolios/move_funds"),
    ],
)
def test_portfolios_are_not_changed_and_funds_not_moved(method: str, path: str) -> None:
    response = Client().send(method, path, {})
    assert response.status == 403
    assert b'"error_details":"Missing required scopes"' in response.body


def test_spot_positions_are_not_closed_by_this_request() -> None:
    body = {"client_order_id": "c", "product_id": "BTC-USD"}
    answer = Client().post("/orders/close_position", body)
    assert Client().reason(answer)[0] == "UNSUPPORTED_ORDER_CONFIGURATION"
