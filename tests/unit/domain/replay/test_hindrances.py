"""Persons, breakers and gaps hold from when to when, and for what."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.messages.control import OperatorActed
from domain.messages.portfolio import CashFlowSeen, LotReleased
from domain.messages.supervision import BreakerReset, BreakerTripped, GapSeen
from domain.messages.universe import AssetBanned, BanCleared, RegimeCleared, RegimeSet
from domain.model.breakers import Effect
from domain.model.context import Regime
from domain.model.instants import SECOND, Nanos
from domain.replay.hindrances import Hinderer, Hindrances, HindrancesFold
from tests.builders.messages import BTC, ETH, NOW, a_breaker
from tests.builders.numbers import amount, quantity

pytestmark = pytest.mark.req("BT4")


def after(*records: tuple[int, Any], **changes: Any) -> Hindrances:
    fold = HindrancesFold(changes.get("breakers", ()), NOW, "USD", Decimal(10_000))
    for seconds, message in records:
        fold.take(at(seconds), message)
    return fold.result()


def at(seconds: int) -> Nanos:
    return Nanos(NOW + seconds * SECOND)


def by(found: Hindrances, seconds: int, product: Any = BTC) -> Hinderer | None:
    held = found.between(at(seconds), at(seconds), product, "breakout")
    return None if held is None else held.by


def reset(name: str, scope: str = "global") -> BreakerReset:
    return BreakerReset(name, scope, "proof", "seen")


def test_a_breaker_holds_until_it_closes_and_in_its_scope() -> None:
    breaker = a_breaker(Effect.BLOCK, f"product:{BTC}", name="stale")
    found = after((10, BreakerTripped(breaker)), (20, reset("stale", f"product:{BTC}")))

    assert [by(found, each) for each in (9, 10, 19, 20)] == [
        None,
        Hinderer.SYSTEM,
        Hinderer.SYSTEM,
        None,
    ]
    assert by(found, 15, ETH) is None
    assert found.own == {"stale"}


def test_what_only_warns_holds_nothing_back() -> None:
    assert by(after((1, BreakerTripped(a_breaker(Effect.NONE)))), 2) is None


@pytest.mark.parametrize("name", ["pause", "kill", "liquidation"])
def test_what_a_person_opens_is_theirs_and_comes_first(name: str) -> None:
    mine, other = a_breaker(Effect.HALT, name=name), a_breaker(Effect.HALT, name="drawdown")
    found = after((1, BreakerTripped(other)), (2, BreakerTripped(mine)))
    assert by(found, 3) is Hinderer.PERSON


def test_a_pause_of_before_the_run_holds_from_its_beginning() -> None:
    found = after((30, reset("pause")), breakers=[a_breaker(Effect.BLOCK, name="pause")])
    assert [by(found, each) for each in (0, 29, 30)] == [Hinderer.PERSON, Hinderer.PERSON, None]
    assert not found.own


def test_a_ban_is_of_its_asset_and_ends_when_it_says() -> None:
    found = after((5, AssetBanned("BTC", "exploit", at(60))))
    assert [by(found, each) for each in (4, 5, 59, 60)] == [
        None,
        Hinderer.PERSON,
        Hinderer.PERSON,
        None,
    ]
    assert by(found, 10, ETH) is None

    found = after((5, AssetBanned("BTC", "exploit", at(60))), (20, BanCleared("BTC", "over")))
    assert by(found, 30) is None


def test_a_regime_that_is_said_holds_for_all() -> None:
    said = RegimeSet(Regime.BEAR, "trouble", at(3600))
    found = after((5, said), (50, RegimeCleared("calm")))
    assert [by(found, each, ETH) for each in (4, 6, 51)] == [None, Hinderer.PERSON, None]


def test_a_gap_held_back_for_its_length() -> None:
    found = after((100, GapSeen(Nanos(60 * SECOND))))
    assert [by(found, each) for each in (39, 41, 99, 101)] == [
        None,
        Hinderer.SYSTEM,
        Hinderer.SYSTEM,
        None,
    ]


def test_breakers_that_open_in_the_replay_too_make_no_difference() -> None:
    found = after((1, BreakerTripped(a_breaker(Effect.HALT, name="daily_loss"))))
    assert by(found.without({"daily_loss"}), 2) is None
    assert by(found.without({"drawdown"}), 2) is Hinderer.SYSTEM


def test_deeds_are_told_and_coins_that_move_are_known() -> None:
    found = after((3, OperatorActed("close", "bad news")))
    assert found.deeds == ((at(3), "close: bad news"),)
    assert not found.coins_moved
    assert after((3, LotReleased("lot-1", BTC, quantity(1), "sold by hand"))).coins_moved


@pytest.mark.parametrize("change", ["-9000", "150"])
def test_money_that_came_or_went_is_a_deed_and_moves_caps_from_then_on(change: str) -> None:
    found = after((5, CashFlowSeen("USD", amount(change), "withdrawal")))
    assert found.funded(at(4)) is None
    flow = found.funded(at(5))
    assert flow is not None
    assert flow.why in found.deeds[0][1]
    assert change.lstrip("-") in flow.why


def test_money_that_came_back_a_trifle_and_another_currency_move_nothing() -> None:
    went, came = (CashFlowSeen("USD", amount(each), "flow") for each in ("-500", "500"))
    assert after((1, went), (2, came)).funded(at(9)) is None
    assert after((1, CashFlowSeen("USD", amount("-99.99"), "flow"))).funded(at(9)) is None
    assert after((1, CashFlowSeen("ETH", amount("-500"), "flow"))).funded(at(9)) is None
