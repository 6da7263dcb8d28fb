"""A declared range holds wherever an instance is made, and says what it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from attrs import evolve, frozen

from config.plugins import rules
from domain.model.bounds import Invalid
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.settings import REQUIRED, duration, number, setting
from domain.risk.rules.total_cap import TotalCap


@frozen(kw_only=True)
class Sample:
    share_pct: Decimal = number("2.5", "Share", low="0", high="5", unit="%", tighter="lower")
    count: int = number(REQUIRED, "How many", low=1, high=None, mandatory=True, at="some.count")
    pause: Nanos = duration(Nanos(HOUR), "Pause", low=Nanos(MINUTE), high=Nanos(2 * HOUR))
    names: tuple[str, ...] = setting(tuple, "Names", limits="list of names")


def declared(name: str) -> dict[str, Any]:
    return dict(attrs.fields_dict(Sample)[name].metadata)


def test_a_declaration_says_unit_range_direction_and_place() -> None:
    assert declared("share_pct") == {
        "doc": "Share",
        "unit": "%",
        "limits": "0 .. 5",
        "tighter": "lower",
        "mandatory": False,
        "at": "",
    }
    assert (declared("count")["limits"], declared("count")["at"]) == (">= 1", "some.count")
    assert (declared("pause")["unit"], declared("pause")["limits"]) == ("duration", "1m .. 2h")


def test_defaults_are_exact_and_what_has_none_must_be_given() -> None:
    sample = Sample(count=1)

    assert (sample.share_pct, sample.pause, sample.names) == (Decimal("2.5"), HOUR, ())
    with pytest.raises(TypeError, match="count"):
        Sample()


@pytest.mark.req("E1", "C1")
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("share_pct", Decimal("5.1"), "must be <= 5, was 5.1"),
        ("share_pct", Decimal("-0.1"), "must be >= 0, was -0.1"),
        ("count", 0, "must be >= 1, was 0"),
        ("pause", Nanos(3 * HOUR), "must be <= 2h, was 3h"),
    ],
)
def test_beyond_its_hard_limits_nothing_can_be_made(name: str, value: Any, said: str) -> None:
    change: dict[str, Any] = {name: value}

    with pytest.raises(Invalid, match=said):
        evolve(Sample(count=1), **change)


@pytest.mark.req("E1")
def test_no_caller_makes_a_cap_looser_than_the_code_allows() -> None:
    with pytest.raises(Invalid, match="must be <= 15, was 16"):
        TotalCap(total_pct=Decimal(16))


def test_the_shipped_settings_of_each_rule_lie_within_their_own_limits() -> None:
    assert [rule().CODE for rule in rules()] == [rule.CODE for rule in rules()]
