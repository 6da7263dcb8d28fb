"""The stablecoin that pays falls to 0.87 in the whole system: nothing is bought, lots are sold."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.market_data.stablecoins import WithStablecoins
from domain.messages.decisions import ProposalRefused
from domain.messages.orders import FillBooked
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.product import Side
from tests.builders.price_paths import script
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.world import Setting, World

pytestmark = pytest.mark.req("CASH1")
IN_USDC = ("app.quote=USDC",)
RUN_NS = Nanos(900 * SECOND)
FALLEN = {"for_": "60s", "price": "0.87"}
FAR, OFF, UNKNOWN = "stablecoin_far", "stablecoin_off", "stablecoin_price"


def world(folder: Path, *faults: dict[str, Any], sets: tuple[str, ...] = IN_USDC) -> World:
    played = script()
    setting = Setting(
        folder=folder,
        market=WithStablecoins(played, played, 1),
        opening={"USDC": "10000"},
        sets=sets,
        faults=faults,
        duration_ns=RUN_NS,
    )
    return World(setting)


def fills(world: World) -> list[tuple[int, Side]]:
    return [
        (at_ns, message.fill.side)
        for at_ns, message in world.messages()
        if isinstance(message, FillBooked)
    ]


def codes(world: World) -> list[tuple[str, str]]:
    return [(each["severity"], each["code"]) for each in world.alerts()]


def test_at_one_the_trader_in_usdc_trades_as_the_one_in_dollars(tmp_path: Path) -> None:
    with world(tmp_path).start() as trader:
        assert trader.run_to_end() == 0

        assert {side for _, side in fills(trader)} == {Side.BUY, Side.SELL}
        assert not trader.criticals


def test_fallen_before_the_first_entry_nothing_is_bought_until_it_has_been_back(
    tmp_path: Path,
) -> None:
    with world(tmp_path, fault("depeg", at="30s", **FALLEN)).start() as trader:
        assert trader.run_to_end() == 0

        back_ns = START + 90 * SECOND
        assert all(at_ns >= back_ns + 5 * MINUTE for at_ns, _ in fills(trader))
        refused = [each for _, each in trader.messages() if isinstance(each, ProposalRefused)]
        assert any(FAR in str(each) for each in refused), "something was wanted meanwhile"
        assert ("CRITICAL", f"BREAKER:{FAR}") in codes(trader)
        assert ("WARNING", f"BREAKER:{OFF}") in codes(trader)
        assert not trader.runtime.board.open, "it is back, and has been for long enough"


def test_what_is_owned_is_sold_while_it_is_far_off(tmp_path: Path) -> None:
    fallen = fault("depeg", at="140s", for_="10m", price="0.87")
    with world(tmp_path, fallen).start() as trader:
        assert trader.run_to_end() == 0

        done = [(at_ns, side) for at_ns, side in fills(trader) if at_ns > START + 143 * SECOND]
        assert done
        assert {side for _, side in done} == {Side.SELL}
        assert trader.venue_total("USDC") > Decimal(9_900)


@pytest.mark.parametrize("odd", [fault("empty_book", side="both"), fault("wide_spread", percent=3)])
def test_a_price_that_is_none_lets_nobody_buy(tmp_path: Path, odd: dict[str, Any]) -> None:
    odd = {**odd, "at": "60s", "for": "1000s", "product": "USDT-USDC"}
    with world(tmp_path, odd).start() as trader:
        assert trader.run_to_end() == 0

        assert not [at_ns for at_ns, _ in fills(trader) if at_ns > START + 80 * SECOND]
        assert ("WARNING", f"BREAKER:{UNKNOWN}") in codes(trader)


def test_where_no_market_prices_it_nothing_is_bought_and_it_is_said(tmp_path: Path) -> None:
    setting = Setting(
        folder=tmp_path, opening={"USDC": "10000"}, sets=IN_USDC, duration_ns=Nanos(300 * SECOND)
    )
    with World(setting).start() as trader:
        assert trader.run_to_end() == 0

        assert not fills(trader)
        assert ("WARNING", f"BREAKER:{UNKNOWN}") in codes(trader)
