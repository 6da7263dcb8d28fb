from __future__ import annotations

import pytest

from adapters.venues.transport.pacing import pace_of
from domain.model.instants import SECOND
from domain.system.rate_budget import UNSAID, Pace

pytestmark = pytest.mark.req("RB1")
NOON_NS = 1_763_121_600 * SECOND
"""14 November 2025, 12:00:00 UTC."""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1", 1),
        (" 30 ", 30),
        ("1.5", 1.5),
        ("86400", 86_400),
        ("Fri, 14 Nov 2025 12:00:07 GMT", 7),
        ("Friday, 14-Nov-25 12:00:07 GMT", 7),
        ("Fri, 14 Nov 2025 11:59:00 GMT", None),
        ("Fri, 14 Nov 9999 12:00:00 GMT", None),
        ("0", None),
        ("-1", None),
        ("", None),
        ("soon", None),
        ("NaN", None),
        ("inf", None),
        ("1e9", None),
        ("99999999999999999999", None),
        ("٣", None),
    ],
)
def test_a_pause_is_read_in_seconds_or_as_a_date_and_nonsense_says_nothing(
    text: str, seconds: float | None
) -> None:
    expected = None if seconds is None else int(seconds * SECOND)
    assert pace_of({"retry-after": text}, NOON_NS).retry_ns == expected


def test_a_date_is_read_by_the_clock_of_who_wrote_it() -> None:
    headers = {
        "retry-after": "Fri, 14 Nov 2025 12:00:07 GMT",
        "date": "Fri, 14 Nov 2025 12:00:03 GMT",
    }
    assert pace_of(headers, NOON_NS + 3600 * SECOND).retry_ns == 4 * SECOND


def test_the_venues_own_count_is_read() -> None:
    headers = {
        "x-ratelimit-limit": "30",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1",
    }
    assert pace_of(headers, 0) == Pace(limit=30, remaining=0, reset_ns=SECOND)


@pytest.mark.parametrize("text", ["", "-3", "many", "30, 30;w=1", "1e3", "9" * 400])
def test_a_count_that_is_none_says_nothing(text: str) -> None:
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    assert pace_of(dict.fromkeys(names, text), 0) == UNSAID


def test_no_requests_at_all_is_no_limit() -> None:
    assert pace_of({"x-ratelimit-limit": "0"}, 0).limit is None
