"""A certificate is for one venue, one portfolio and one program, for a while; else it says why."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from domain.model.instants import DAY, HOUR, SECOND, Nanos
from domain.system.certificate import PRODUCTION, certificate_faults
from tests.builders.certificates import PLACE, a_certificate
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("M1", "RH1")


def test_one_for_here_and_now_has_no_fault() -> None:
    assert list(certificate_faults(a_certificate(), PLACE, NOW)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"venue": "kraken"}, "another venue: kraken -> coinbase"),
        ({"environment": PRODUCTION}, "another environment: production -> stand-in"),
        ({"portfolio": "other"}, "another portfolio: other -> 8a7d0a3e"),
        ({"code": "d" * 64}, "the program has changed since: code dddddddddddd -> cccccccccccc"),
        ({"expires_ns": NOW}, "it ran out at"),
        ({"issued_ns": NOW + DAY}, "it is issued in the future"),
    ],
)
def test_what_differs_is_named_with_both_values(changes: dict[str, Any], words: str) -> None:
    (fault,) = certificate_faults(a_certificate(**changes), PLACE, NOW)

    assert words in fault


def test_all_that_differs_is_named_at_once() -> None:
    held = a_certificate(venue="kraken", portfolio="other", expires_ns=Nanos(NOW - 1))

    assert len(list(certificate_faults(held, PLACE, NOW))) == 3


def test_a_portfolio_that_the_venue_does_not_say_is_judged_elsewhere() -> None:
    assert list(certificate_faults(a_certificate(), evolve(PLACE, portfolio=None), NOW)) == []


def test_clocks_may_differ_by_less_than_a_minute() -> None:
    ahead = a_certificate(issued_ns=Nanos(NOW + 59 * SECOND))

    assert list(certificate_faults(ahead, PLACE, NOW)) == []


def test_it_is_a_canary_for_its_first_48_hours() -> None:
    held = a_certificate(issued_ns=NOW)

    assert held.is_canary(NOW)
    assert held.is_canary(NOW + 48 * HOUR - 1)
    assert not held.is_canary(NOW + 48 * HOUR)
