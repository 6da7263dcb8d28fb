"""A stamp may be a little ahead of our clock and not more; that one is, is told once a while."""

from __future__ import annotations

import pytest

from domain.market.stamps import AHEAD_NS, QUIET_NS, Stamps
from domain.messages.control import AlertRaised
from domain.model.instants import HOUR
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("ST1", "TIME1")


@pytest.mark.parametrize(
    ("stamp_ns", "is_ahead"),
    [(0, False), (NOW, False), (NOW + AHEAD_NS, False), (NOW + HOUR, True)],
)
def test_a_stamp_lies_ahead_beyond_a_few_seconds(stamp_ns: int, is_ahead: bool) -> None:
    assert Stamps().is_ahead(stamp_ns, NOW) is is_ahead
    assert Stamps().is_ahead(NOW + AHEAD_NS + 1, NOW)


def test_refusals_are_counted_and_told_once_until_it_was_quiet() -> None:
    stamps, now_ns, told = Stamps(), int(NOW), list[AlertRaised]()
    for pause_ns in (0, 1, QUIET_NS - 1, QUIET_NS):
        now_ns += pause_ns
        told += stamps.refuse("a frame", now_ns + HOUR, now_ns)

    assert stamps.refused == 4
    assert [alert.what for alert in told] == [
        "a frame is stamped 3600 s ahead; 1 refused in this run",
        "a frame is stamped 3600 s ahead; 4 refused in this run",
    ]
