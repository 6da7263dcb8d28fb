"""What a person orders about the universe, and how long it holds."""

from __future__ import annotations

import pytest

from domain.messages.universe import AssetBanned, BanCleared, RegimeCleared, RegimeSet
from domain.model.context import Regime
from domain.model.instants import HOUR, Nanos
from domain.universe.orders import (
    BAN,
    CLEAR_REGIME,
    SET_REGIME,
    UNBAN,
    OrderInvalid,
    StandingOrders,
    deed_of,
    told,
)
from tests.builders.messages import NOW

WHY = "exploit"


@pytest.mark.req("U1")
@pytest.mark.parametrize("subject", ["PUMP-USD", "PUMP", "pump-usdc", " pump "])
def test_a_ban_is_of_an_asset_however_it_is_named_and_lasts_a_week(subject: str) -> None:
    until_ns = Nanos(NOW + 168 * HOUR)

    assert deed_of(BAN, subject, WHY, 0, NOW) == AssetBanned("PUMP", WHY, until_ns)
    assert deed_of(UNBAN, subject, WHY, 0, NOW) == BanCleared("PUMP", WHY)


@pytest.mark.req("U3")
def test_a_regime_is_set_for_a_day_or_as_long_as_was_said() -> None:
    day, hour = Nanos(NOW + 24 * HOUR), Nanos(NOW + HOUR)

    assert deed_of(SET_REGIME, "Bear", WHY, 0, NOW) == RegimeSet(Regime.BEAR, WHY, day)
    assert deed_of(SET_REGIME, "crash", WHY, 1, NOW) == RegimeSet(Regime.CRASH, WHY, hour)
    assert deed_of(CLEAR_REGIME, "", WHY, 0, NOW) == RegimeCleared(WHY)


@pytest.mark.req("U1", "U3")
@pytest.mark.parametrize(
    ("verb", "subject", "hours", "text"),
    [
        (BAN, "", 0, "expected a product like PUMP-USD"),
        (BAN, "€UR", 0, "expected a product like PUMP-USD"),
        (BAN, "PUMP", -1, "expected 1 to 8760 hours, was -1"),
        (BAN, "PUMP", 8761, "expected 1 to 8760 hours, was 8761"),
        (SET_REGIME, "panic", 0, "expected one of bull, chop, bear, crash, was 'panic'"),
        (SET_REGIME, "bear", 169, "expected 1 to 168 hours, was 169"),
        ("dance", "BTC", 0, "unknown request 'dance'"),
    ],
)
def test_an_order_that_says_nothing_is_refused_in_a_sentence(
    verb: str, subject: str, hours: int, text: str
) -> None:
    with pytest.raises(OrderInvalid, match=text.replace("(", r"\(")):
        deed_of(verb, subject, WHY, hours, NOW)


@pytest.mark.req("U1")
def test_a_ban_ends_with_its_time_or_a_word_and_the_newest_counts() -> None:
    first = AssetBanned("PUMP", "a rumour", Nanos(NOW + HOUR))
    second = AssetBanned("PUMP", WHY, Nanos(NOW + 2 * HOUR))
    orders = StandingOrders().apply(first).apply(second)

    assert orders.bans == (second,)
    assert orders.at(NOW).ban("PUMP") == "until 2023-12-12 06:00:00: exploit"
    assert orders.at(NOW).ban("BTC") is None
    assert orders.at(second.until_ns).ban("PUMP") is None
    assert orders.apply(BanCleared("PUMP", "all fine")).bans == ()


@pytest.mark.req("U3")
def test_a_set_regime_ends_with_its_time_or_a_word() -> None:
    said = RegimeSet(Regime.CRASH, WHY, Nanos(NOW + HOUR))
    orders = StandingOrders().apply(said)

    assert orders.at(NOW).regime == said
    assert orders.at(said.until_ns).regime is None
    assert orders.apply(RegimeCleared("over")).regime is None
    assert orders.apply("anything else") is orders


def test_each_deed_is_told_with_what_it_leaves_as_it_is() -> None:
    banned = told(AssetBanned("PUMP", WHY, Nanos(NOW + HOUR)))
    crash = told(RegimeSet(Regime.CRASH, WHY, Nanos(NOW + HOUR)))

    assert banned.startswith("PUMP is banned until 2023-12-12 05:00:00, market time")
    assert "what is owned stays with its stop" in banned
    assert told(BanCleared("PUMP", WHY)) == "PUMP is not banned any more"
    assert crash.endswith("sizes times 0.0; no entries, exits run")
    assert told(RegimeSet(Regime.BEAR, WHY, NOW)).endswith("sizes times 0.6")
    assert told(RegimeCleared(WHY)) == "the regime is the detected one again"
