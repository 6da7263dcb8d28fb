"""Size, stop and target of an entry: required, and within limits that no strategy can widen."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import frozen

from domain.decisions.entry_settings import size_of_entry, stop_distance, target_distance

FINE = {"size": "2", "stop": "4", "target": "8"}


@frozen(kw_only=True)
class Entry:
    size: Decimal = size_of_entry()
    stop: Decimal = stop_distance()
    target: Decimal = target_distance()


def entry(**values: str) -> Entry:
    return Entry(**{name: Decimal(value) for name, value in values.items()})


@pytest.mark.parametrize(
    "beyond",
    [
        {"size": "0.009"},
        {"size": "5.01"},
        {"stop": "0.09"},
        {"stop": "25.1"},
        {"target": "0.09"},
        {"target": "100.1"},
    ],
    ids=str,
)
def test_what_is_beyond_the_limits_is_refused(beyond: dict[str, str]) -> None:
    assert entry(**FINE).size == 2

    with pytest.raises(ValueError, match="must be"):
        entry(**{**FINE, **beyond})


@pytest.mark.parametrize("name", FINE)
def test_none_of_them_has_a_default(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        entry(**{key: value for key, value in FINE.items() if key != name})
