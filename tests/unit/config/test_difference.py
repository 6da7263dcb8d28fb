"""What differs between two configurations is told key by key, with the way that it goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.catalogue import keys
from config.difference import Difference, Way, differences, is_tighter_only
from config.effective import Plain
from config.loading import load

pytestmark = pytest.mark.req("CH1")
SHIPPED = Path(__file__).parents[3] / "config"


def values(*sets: str) -> dict[str, Plain]:
    return {entry.name: entry.value for entry in load(SHIPPED, sets).effective()}


def found(*sets: str, since: tuple[str, ...] = ()) -> tuple[Difference, ...]:
    return differences(values(*since), values(*sets))


@pytest.mark.parametrize(
    ("override", "way", "told"),
    [
        ("policy.max_order_usd=900", Way.TIGHTER, "policy.max_order_usd 1000 -> 900"),
        ("policy.max_order_usd=2000", Way.LOOSER, "policy.max_order_usd 1000 -> 2000"),
        ("policy.cost.min_reward_ratio=4", Way.TIGHTER, "policy.cost.min_reward_ratio 3 -> 4"),
        ("policy.exits.max_hold=23h", Way.TIGHTER, "policy.exits.max_hold 24h -> 23h"),
        ("policy.exits.max_hold=30h", Way.LOOSER, "policy.exits.max_hold 24h -> 30h"),
        ("policy.capital.allotment=500", Way.TIGHTER, "policy.capital.allotment null -> 500"),
        ("app.mode=dry-run", Way.TIGHTER, "app.mode paper -> dry-run"),
        ("app.quote=USDC", Way.OTHER, "app.quote USD -> USDC"),
        ("policy.loop.interval_seconds=30", Way.OTHER, "policy.loop.interval_seconds 60 -> 30"),
        (
            "strategies.breakout.enabled=false",
            Way.TIGHTER,
            "strategies.breakout.enabled true -> false",
        ),
        (
            "strategies.momentum.enabled=true",
            Way.LOOSER,
            "strategies.momentum.enabled false -> true",
        ),
        (
            "policy.max_per_asset_pct={BTC: 2}",
            Way.TIGHTER,
            "policy.max_per_asset_pct.BTC (not there) -> 2",
        ),
        ("policy.max_per_theme_pct.MEME=4", Way.TIGHTER, "policy.max_per_theme_pct.MEME 5 -> 4"),
        ("universe.themes.LAYER2=[OP]", Way.LOOSER, "universe.themes.LAYER2 [OP, ARB] -> [OP]"),
        (
            "universe.themes.LAYER2=[OP, ARB, STRK]",
            Way.TIGHTER,
            "universe.themes.LAYER2 [OP, ARB] -> [OP, ARB, STRK]",
        ),
        (
            "universe.tiers.T1.min_volume=9000000",
            Way.LOOSER,
            "universe.tiers.T1.min_volume 10000000 -> 9000000",
        ),
    ],
)
def test_each_way_is_told(override: str, way: Way, told: str) -> None:
    (one,) = found(override)

    assert (one.way, str(one)) == (way, told)
    assert is_tighter_only([one]) == (way is Way.TIGHTER)


def test_a_cap_that_goes_is_looser_and_one_that_comes_is_tighter() -> None:
    capped = ("policy.max_per_asset_pct={BTC: 2}",)

    assert [each.way for each in found(since=capped)] == [Way.LOOSER]
    assert [each.way for each in found(*capped)] == [Way.TIGHTER]


@pytest.mark.parametrize(
    ("entry", "way"),
    [
        ("{use: baseline, enabled: true, notional_pct: 1}", Way.LOOSER),
        ("{use: baseline, notional_pct: 1}", Way.OTHER),
    ],
)
def test_a_strategy_more_is_looser_if_it_trades_and_one_less_is_tighter(
    entry: str, way: Way
) -> None:
    more = f"strategies.second={entry}"

    assert {each.way for each in found(more)} == {way}
    assert {each.way for each in found(since=(more,))} == {Way.TIGHTER}


def test_equal_configurations_do_not_differ_however_they_are_written() -> None:
    assert found("policy.max_order_usd=1000.0") == ()
    assert found("policy.max_per_asset_pct={}") == ()
    assert is_tighter_only(())


def test_what_the_schema_does_not_know_is_told_and_not_judged() -> None:
    (one, two) = differences({"policy.gone": "1"}, {"policy.new.thing": True})

    assert str(one) == "policy.gone 1 -> (not there)"
    assert str(two) == "policy.new.thing (not there) -> true"
    assert {one.way, two.way} == {Way.OTHER}


SCALES = [key for key in keys() if key.tighter in ("lower", "higher") and "NAME" not in key.path]


@given(st.sampled_from(SCALES), st.integers(1, 10**6), st.integers(1, 10**6))
def test_there_and_back_are_opposite_ways(key: object, one: int, other: int) -> None:
    name = getattr(key, "name", "")
    there = differences({name: str(one)}, {name: str(other)})
    back = differences({name: str(other)}, {name: str(one)})

    opposite = {Way.TIGHTER: Way.LOOSER, Way.LOOSER: Way.TIGHTER, Way.OTHER: Way.OTHER}
    assert [opposite[each.way] for each in there] == [each.way for each in back]


VALUES = st.one_of(
    st.none(), st.booleans(), st.text(max_size=8), st.lists(st.text(max_size=3), max_size=3)
)


@given(
    st.dictionaries(st.sampled_from([key.name for key in keys()]) | st.text(max_size=9), VALUES),
    st.dictionaries(st.sampled_from([key.name for key in keys()]) | st.text(max_size=9), VALUES),
)
def test_no_kept_value_breaks_the_comparison(
    before: dict[str, Plain], after: dict[str, Plain]
) -> None:
    for each in differences(before, after):
        assert str(each)
